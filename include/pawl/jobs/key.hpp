// SPDX-License-Identifier: BSL-1.0
//
// key: what jobs have in common that must not run twice at once, or not exist twice: a device, an
// account, a file.
//
// A number of 32 bits, which is the key itself, or a text, which is hashed to one (FNV-1a); a text
// and a number together are a key of a kind of their own:
//
//   {.key = pawl::key{device_number}}
//   {.key = pawl::key{"orders", order_number}}
//   {.unique = pawl::key{"reindex"}}
//
// Two texts may have the same hash: with a thousand keys in use at once, that happens once in
// 8,600 programs, and then two jobs exclude each other that need not. Who cannot have that uses
// numbers. Key 0 is no key; a hash or a number that would be 0 is 2^32 - 1.
//
// Cost: none for a constant. Who may call: anyone.
#pragma once

#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/containers/hash.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class key {
public:
    // No key.
    constexpr key() noexcept = default;
    constexpr explicit key(std::uint32_t number) noexcept : value_{some(number)} {}
    constexpr explicit key(std::string_view text) noexcept : value_{some(fnv_1a(text))} {}
    constexpr key(std::string_view kind, std::uint32_t number) noexcept
        : value_{some(fnv_1a(number, fnv_1a(kind)))} {}

    constexpr explicit operator bool() const noexcept { return value_ != 0; }
    [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }

    friend constexpr bool operator==(key, key) noexcept = default;

private:
    static constexpr std::uint32_t some(std::uint32_t number) noexcept {
        return number == 0 ? 0xFFFF'FFFF : number;
    }

    std::uint32_t value_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
