// SPDX-License-Identifier: BSL-1.0
//
// packed_delay: a length of time in five bytes: 32 bits of microseconds, milliseconds or seconds.
//
// Why not std::chrono::microseconds: 64 bits have to be divided to become the milliseconds of a
// firmware's clock, and on a Cortex-M that alone is a kilobyte of library. This converts by 32-bit
// arithmetic where the clock has 32 bits.
//
// What does not fit is kept in the next larger unit, rounded up: exact up to 71 minutes in
// microseconds, 49 days in milliseconds and 136 years in seconds; more is 136 years.
//
// Cost: none for a constant; to() a multiplication or a division by a constant. Who may call:
// anyone.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class packed_delay {
public:
    enum class unit : std::uint8_t { microseconds, milliseconds, seconds };

    static constexpr std::uint32_t count_max = 0xFFFF'FFFF;

    constexpr packed_delay() noexcept = default;
    constexpr packed_delay(std::uint32_t count, unit in) noexcept : count_{count}, unit_{in} {}

    // Rounded up: never shorter than asked for. What is negative is zero.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr packed_delay from(
        std::chrono::duration<Rep, Period> asked) noexcept {
        if (asked <= asked.zero()) {
            return {};
        }
        if constexpr (std::is_floating_point_v<Rep>) {
            constexpr double most_us = 0x1p50;
            const double us = std::chrono::duration<double, std::micro>{asked}.count();
            return from_us(us < most_us ? static_cast<std::uint64_t>(us) + 1
                                        : static_cast<std::uint64_t>(most_us));
        } else if constexpr (is_multiple<Period, std::ratio<1>>) {
            return from_s(counted<std::chrono::seconds>(asked));
        } else if constexpr (is_multiple<Period, std::milli>) {
            return from_ms(counted<std::chrono::milliseconds>(asked));
        } else {
            return from_us(counted<std::chrono::microseconds>(asked));
        }
    }

    [[nodiscard]] constexpr std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] constexpr unit counted_in() const noexcept { return unit_; }

    // In a duration with an integral count, rounded up; its maximum if that is less.
    template <class Duration>
    [[nodiscard]] constexpr Duration to() const noexcept {
        switch (unit_) {
            case unit::microseconds: return scaled<Duration, std::micro>();
            case unit::milliseconds: return scaled<Duration, std::milli>();
            case unit::seconds: break;
        }
        return scaled<Duration, std::ratio<1>>();
    }

    friend constexpr bool operator==(packed_delay, packed_delay) noexcept = default;

private:
    template <class Period, class Unit>
    static constexpr bool is_multiple = std::ratio_divide<Period, Unit>::den == 1;

    // In 64 bits, which hold 292,000 years of microseconds; beyond that the maximum.
    template <class Unit, class Given>
    static constexpr std::uint64_t counted(Given asked) noexcept {
        using wide = std::chrono::duration<std::int64_t, typename Unit::period>;
        using scale = std::ratio_divide<typename Given::period, typename Unit::period>;
        if constexpr (scale::num > 1) {
            if (asked.count() > std::numeric_limits<std::int64_t>::max() / scale::num) {
                return static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            }
        }
        return static_cast<std::uint64_t>(std::chrono::ceil<wide>(asked).count());
    }
    static constexpr packed_delay from_us(std::uint64_t count) noexcept {
        return count <= count_max
                   ? packed_delay{static_cast<std::uint32_t>(count), unit::microseconds}
                   : from_ms(count / 1000 + (count % 1000 != 0 ? 1 : 0));
    }
    static constexpr packed_delay from_ms(std::uint64_t count) noexcept {
        return count <= count_max
                   ? packed_delay{static_cast<std::uint32_t>(count), unit::milliseconds}
                   : from_s(count / 1000 + (count % 1000 != 0 ? 1 : 0));
    }
    static constexpr packed_delay from_s(std::uint64_t count) noexcept {
        return {count < count_max ? static_cast<std::uint32_t>(count) : count_max, unit::seconds};
    }

    template <class Duration, class Unit>
    [[nodiscard]] constexpr Duration scaled() const noexcept {
        using rep = typename Duration::rep;
        using wide = std::common_type_t<std::make_unsigned_t<rep>, std::uint32_t>;
        using scale = std::ratio_divide<Unit, typename Duration::period>;
        static_assert(scale::num == 1 || scale::den == 1);
        constexpr auto most = static_cast<wide>(std::numeric_limits<rep>::max());
        wide result = count_;
        if constexpr (scale::den > 1) {
            // In 32 bits, if they are enough: a small core has a library for 64.
            using narrow = std::conditional_t<(scale::den <= count_max), std::uint32_t, wide>;
            constexpr auto divisor = static_cast<narrow>(scale::den);
            result = count_ / divisor + (count_ % divisor != 0 ? 1U : 0U);
        } else {
            constexpr auto factor = static_cast<wide>(scale::num);
            result = result > most / factor ? most : result * factor;
        }
        return Duration{static_cast<rep>(result < most ? result : most)};
    }

    std::uint32_t count_ = 0;
    unit unit_ = unit::microseconds;
};

}  // namespace PAWL_ABI
}  // namespace pawl
