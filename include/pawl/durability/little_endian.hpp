// SPDX-License-Identifier: BSL-1.0
//
// little_endian: numbers as bytes, least significant first, on every machine.
//
// Compilers make one load or store of it where the machine's order is the same. Any alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Integer>
constexpr void store_little(std::byte* to, Integer value) noexcept {
    static_assert(std::is_unsigned_v<Integer>);
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        to[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
}

template <class Integer>
[[nodiscard]] constexpr Integer load_little(const std::byte* from) noexcept {
    static_assert(std::is_unsigned_v<Integer>);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
    }
    return static_cast<Integer>(value);
}

}  // namespace PAWL_ABI
}  // namespace pawl
