// SPDX-License-Identifier: BSL-1.0
//
// tick_clock: a platform's clock, counted in the ticks of the timer wheel.
//
// Every conversion rounds so that nothing is ever early: the present is rounded down, a deadline is
// rounded up. Where the platform's clock already counts in ticks, all of it compiles to nothing.
//
// Cost: one division by a constant. Who may call: anyone.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
struct tick_clock {
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using tick_duration = typename Platform::tick;
    using tick = std::make_unsigned_t<typename tick_duration::rep>;
    using rep = typename duration::rep;
    using length = tick;

    static_assert(
        std::ratio_greater_equal_v<typename tick_duration::period, typename duration::period>,
        "a tick is at least as coarse as the clock it is counted from");

    // The longest delay: a quarter of what the narrower of clock and tick can count, so that sums
    // and differences of two deadlines never wrap.
    static constexpr duration delay_max = [] {
        constexpr auto clock_max = duration::max() / 4;
        constexpr auto ticks_max = tick_duration::max() / 4;
        if constexpr (sizeof(typename tick_duration::rep) < sizeof(typename duration::rep)) {
            return std::chrono::duration_cast<duration>(ticks_max);
        } else {
            return std::chrono::floor<tick_duration>(clock_max) < ticks_max
                       ? clock_max
                       : std::chrono::duration_cast<duration>(ticks_max);
        }
    }();

    [[nodiscard, gnu::always_inline]] static constexpr tick floor(time_point time) noexcept {
        if constexpr (counts_ticks) {
            return static_cast<tick>(time.time_since_epoch().count());
        } else {
            return static_cast<tick>(
                std::chrono::floor<tick_duration>(time.time_since_epoch()).count());
        }
    }
    [[nodiscard, gnu::always_inline]] static constexpr tick ceil(time_point time) noexcept {
        if constexpr (counts_ticks) {
            return static_cast<tick>(time.time_since_epoch().count());
        } else {
            return static_cast<tick>(
                std::chrono::ceil<tick_duration>(time.time_since_epoch()).count());
        }
    }
    [[nodiscard, gnu::always_inline]] static constexpr time_point time(tick at) noexcept {
        return time_point{std::chrono::duration_cast<duration>(
            tick_duration{static_cast<typename tick_duration::rep>(at)})};
    }

    // A delay of any duration type in the clock's own, rounded up; empty if it is beyond delay_max.
    // A negative delay is none.
    template <class Rep, class Period>
    [[nodiscard, gnu::always_inline]] static constexpr std::optional<duration> delay(
        std::chrono::duration<Rep, Period> asked) noexcept {
        return fit<rep, delay_max.count()>(asked);
    }
    // The same in a count of another type, empty if it is beyond `Most`.
    template <class Count, Count Most, class Rep, class Period,
              class Kept = std::chrono::duration<Count, typename duration::period>>
    [[nodiscard, gnu::always_inline]] static constexpr std::optional<Kept> fit(
        std::chrono::duration<Rep, Period> asked) noexcept {
        constexpr Kept most{Most};
        if (asked.count() <= Rep{0}) {
            return Kept::zero();
        }
        // Compared in the coarser of the two, for the conversion to the finer one could overflow.
        if constexpr (std::is_floating_point_v<Rep>) {
            using seconds = std::chrono::duration<double>;
            if (seconds{asked} > seconds{most}) {
                return std::nullopt;
            }
        } else if constexpr (std::ratio_less_v<Period, typename duration::period>) {
            using wide = std::chrono::duration<std::int64_t, typename duration::period>;
            if (std::chrono::ceil<wide>(asked) > most) {
                return std::nullopt;
            }
        } else {
            using given = std::chrono::duration<std::common_type_t<Rep, Count>, Period>;
            constexpr given longest = std::chrono::floor<given>(most);
            if (given{asked} > longest) {
                return std::nullopt;
            }
        }
        return rounded_up<Kept>(asked);
    }

    // A clock of few bits wraps: sums and differences are taken modulo its range, and two times are
    // compared by their difference.
    [[nodiscard, gnu::always_inline]] static constexpr time_point add(time_point time,
                                                                      duration step) noexcept {
        return time_point{duration{static_cast<rep>(bits(time.time_since_epoch()) + bits(step))}};
    }
    [[nodiscard, gnu::always_inline]] static constexpr duration between(time_point from,
                                                                        time_point to) noexcept {
        return duration{
            static_cast<rep>(bits(to.time_since_epoch()) - bits(from.time_since_epoch()))};
    }
    [[nodiscard, gnu::always_inline]] static constexpr bool reached(time_point due,
                                                                    time_point now) noexcept {
        return between(due, now).count() >= 0;
    }

    // How often a period goes into a length of time. REQUIRES: none is negative, nor the period
    // zero: so a core without division needs its routine for unsigned numbers alone.
    [[nodiscard, gnu::always_inline]] static constexpr rep whole(duration length,
                                                                 duration period) noexcept {
        return static_cast<rep>(bits(length) / bits(period));
    }

    // The deadline of a delay from now on: never early, whatever the clock has rounded away.
    [[nodiscard, gnu::always_inline]] static constexpr time_point after(time_point now,
                                                                        duration delay) noexcept {
        return add(now, delay.count() > 0 ? delay + Platform::now_error : delay);
    }

private:
    // As std::chrono::ceil, of what is positive and not too long; in line, so that of a constant a
    // constant comes.
    template <class Kept, class Rep, class Period>
    [[nodiscard, gnu::always_inline]] static constexpr Kept rounded_up(
        std::chrono::duration<Rep, Period> asked) noexcept {
        using count_type = typename Kept::rep;
        using factor = std::ratio_divide<Period, typename Kept::period>;
        if constexpr (std::is_floating_point_v<Rep> || std::is_floating_point_v<count_type> ||
                      (factor::num != 1 && factor::den != 1)) {
            return std::chrono::ceil<Kept>(asked);
        } else {
            using wide = std::common_type_t<Rep, count_type>;
            const auto count = static_cast<wide>(asked.count());
            const auto factor_of = static_cast<wide>(factor::num);
            const auto part_of = static_cast<wide>(factor::den);
            return Kept{static_cast<count_type>(
                factor::den == 1 ? count * factor_of
                                 : count / part_of + (count % part_of != 0 ? 1 : 0))};
        }
    }

    // The clock's own unit is a tick: comparing and converting is then nothing at all.
    static constexpr bool counts_ticks =
        std::is_same_v<typename duration::period, typename tick_duration::period>;

    static constexpr std::make_unsigned_t<rep> bits(duration time) noexcept {
        return static_cast<std::make_unsigned_t<rep>>(time.count());
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
