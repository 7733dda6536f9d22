// SPDX-License-Identifier: BSL-1.0
//
// coarse_deadline: a point in time in one word that any thread can store: exact when it is near,
// rounded up when it is far.
//
// Why: a tick may have 64 bits, which no small core stores at once. This is a floating-point number
// of 27 bits and an exponent of 5: what is less than 2^26 ticks away is exact (eleven minutes at
// 10 us), and what is further is late by at most a 2^26th of its distance: a day by 1.3 ms.
//
// How it works: the mantissa is the deadline divided by 2^exponent, modulo 2^27; it means the
// nearest such time to the present of who reads it. So it holds until it lies 2^26 units of its own
// in the past.
//
// Cost: a few shifts. Who may call: anyone.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class coarse_deadline {
public:
    static constexpr unsigned mantissa_bits = 27;

    constexpr coarse_deadline() noexcept = default;
    constexpr explicit coarse_deadline(std::uint32_t bits) noexcept : bits_{bits} {}
    // REQUIRES: due is not before now, and at most half of Tick's range after it.
    constexpr coarse_deadline(Tick due, Tick now) noexcept {
        if constexpr (!is_coarse) {
            bits_ = due;
        } else {
            unsigned exponent = 0;
            // Rounding two times up keeps it below 2^26, where the past begins.
            for (auto distance = static_cast<Tick>(due - now); distance >> (mantissa_bits - 2) != 0;
                 distance >>= 1U) {
                ++exponent;
            }
            const auto round = static_cast<Tick>((Tick{1} << exponent) - 1);
            bits_ = (static_cast<std::uint32_t>((due + round) >> exponent) & mantissa_mask) |
                    exponent << mantissa_bits;
        }
    }

    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }

    // The time that is meant, seen from `now`.
    [[nodiscard]] constexpr Tick seen_from(Tick now) const noexcept {
        if constexpr (!is_coarse) {
            return bits_;
        } else {
            const unsigned exponent = bits_ >> mantissa_bits;
            const Tick present = now >> exponent;
            // To the upper end and back, which extends the sign.
            const auto ahead =
                static_cast<std::int32_t>((bits_ - static_cast<std::uint32_t>(present))
                                          << exponent_bits) >>
                exponent_bits;
            return (present + static_cast<Tick>(std::int64_t{ahead})) << exponent;
        }
    }

private:
    static constexpr bool is_coarse = sizeof(Tick) > sizeof(std::uint32_t);
    static constexpr unsigned exponent_bits = 32 - mantissa_bits;
    static constexpr std::uint32_t mantissa_mask = (std::uint32_t{1} << mantissa_bits) - 1;

    std::uint32_t bits_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
