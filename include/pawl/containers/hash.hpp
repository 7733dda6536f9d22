// SPDX-License-Identifier: BSL-1.0
//
// hash: 32-bit numbers of texts and numbers, the same on every machine and in every version.
//
// Why not std::hash: its values differ between standard libraries and it is not constexpr, while
// keys are constants here, and what hangs on a seed (the minute of an H in a cron expression,
// jitter, the rest before a retry) must not move with the machine or an update.
//
// fnv_1a (Fowler, Noll and Vo) takes byte after byte, a number from its lowest; a result is the
// start of what follows:
//
//   fnv_1a(42, fnv_1a("orders"))
//
// spread_bits (the finalizer of MurmurHash3, by Austin Appleby) is a permutation of the numbers
// that sends near ones far apart. Neither withstands somebody who looks for texts with one hash.
//
// Cost: fnv_1a a multiplication a byte, spread_bits two; none for a constant. Who may call: anyone.
#pragma once

#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

inline constexpr std::uint32_t fnv_start = 0x811C'9DC5;
inline constexpr std::uint32_t fnv_prime = 0x0100'0193;

[[nodiscard]] constexpr std::uint32_t fnv_1a(std::string_view text,
                                             std::uint32_t start = fnv_start) noexcept {
    for (const char letter : text) {
        start = (start ^ static_cast<unsigned char>(letter)) * fnv_prime;
    }
    return start;
}
[[nodiscard]] constexpr std::uint32_t fnv_1a(std::uint32_t number,
                                             std::uint32_t start = fnv_start) noexcept {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        start = (start ^ (number >> shift & 0xFF)) * fnv_prime;
    }
    return start;
}

[[nodiscard]] constexpr std::uint32_t spread_bits(std::uint32_t bits) noexcept {
    bits = (bits ^ bits >> 16) * 0x85EB'CA6B;
    bits = (bits ^ bits >> 13) * 0xC2B2'AE35;
    return bits ^ bits >> 16;
}

}  // namespace PAWL_ABI
}  // namespace pawl
