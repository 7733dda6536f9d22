// SPDX-License-Identifier: BSL-1.0
//
// far_clock: delays of any length on a clock of few bits.
//
// What: what a scheduler does with a delay between the call and its timer, in one of two ways.
// Without laps a delay is a duration of the platform's, a deadline one of its time_points, and all
// of this is tick_clock. With laps (lap_timers.hpp) a delay has 64 bits, and a deadline is a
// far_tick.
//
// Cost: without laps none; with them shifts by a constant. Who may call: anyone.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/coarse_deadline.hpp>
#include <pawl/time/lap_timers.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Whether a platform's clock counts ticks, in 32 bits, so that laps can help it; and whether they
// are so fine that 32 bits are soon over.
template <platform Platform>
inline constexpr bool has_short_ticks =
    sizeof(typename Platform::duration::rep) == sizeof(std::uint32_t) &&
    std::is_same_v<typename Platform::duration, typename Platform::tick>;
template <platform Platform>
inline constexpr bool has_fine_ticks =
    has_short_ticks<Platform>&& std::ratio_less_v<typename Platform::tick::period, std::milli>;

template <platform Platform, bool Laps>
struct far_clock {
    using clock = tick_clock<Platform>;
    using tick = typename clock::tick;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using deadline = time_point;
    using timer = tick;  // a deadline as timers know it
    using length = tick;
    using shared = coarse_deadline<tick>;  // one that anybody may say, in one word

    static constexpr bool counts_laps = false;
    static constexpr duration delay_max = clock::delay_max;

    // As tick_clock says of each.
    template <class Rep, class Period>
    [[nodiscard, gnu::always_inline]] static constexpr std::optional<duration> delay(
        std::chrono::duration<Rep, Period> asked) noexcept {
        return clock::delay(asked);
    }
    [[nodiscard, gnu::always_inline]] static constexpr deadline after(time_point now,
                                                                      duration delay) noexcept {
        return clock::after(now, delay);
    }
    [[nodiscard, gnu::always_inline]] static constexpr deadline add(deadline due,
                                                                    duration step) noexcept {
        return clock::add(due, step);
    }
    [[nodiscard, gnu::always_inline]] static constexpr bool reached(deadline due,
                                                                    time_point now) noexcept {
        return clock::reached(due, now);
    }
    [[nodiscard, gnu::always_inline]] static constexpr duration between(time_point from,
                                                                        deadline to) noexcept {
        return clock::between(from, to);
    }
    // So far from now, or before; a time of this period.
    [[nodiscard, gnu::always_inline]] static constexpr deadline from(time_point now, duration rest,
                                                                     duration) noexcept {
        return clock::add(now, rest);
    }

    // A time of the clock's own, seen from now; empty if it is beyond delay_max.
    [[nodiscard, gnu::always_inline]] static constexpr std::optional<deadline> at(
        time_point due, time_point now) noexcept {
        return clock::between(now, due) > delay_max ? std::nullopt : std::optional<deadline>{due};
    }

    [[nodiscard, gnu::always_inline]] static constexpr timer timer_of(deadline due) noexcept {
        return clock::ceil(due);
    }
    // When it is due in the end, as a tick and as a time; and when to look at it first.
    [[nodiscard, gnu::always_inline]] static constexpr tick last(timer due) noexcept { return due; }
    [[nodiscard, gnu::always_inline]] static constexpr time_point time(deadline due) noexcept {
        return due;
    }
    [[nodiscard, gnu::always_inline]] static constexpr tick first(timer due) noexcept {
        return due;
    }
    // So many ticks after another one; and a timer as it was set.
    [[nodiscard]] static constexpr timer timer_after(tick from, length ticks) noexcept {
        return static_cast<tick>(from + ticks);
    }
    [[nodiscard]] static constexpr timer later(timer due, tick ticks) noexcept {
        return static_cast<tick>(due + ticks);
    }
    template <class Timers>
    [[nodiscard]] static constexpr timer timer_at(const Timers& timers,
                                                  std::uint32_t timer) noexcept {
        return timers.due(timer);
    }
    template <class Timers>
    [[nodiscard]] static constexpr deadline deadline_of(const Timers& timers,
                                                        std::uint32_t timer) noexcept {
        return clock::time(timers.due(timer));
    }
};

// A far_tick that anybody may say, in one word. A near one is exact, one with laps rounded up, by
// at most a 2^23rd of its distance.
//
// How: near, 31 bits of the tick. Far, five bits of an exponent, and so many ticks are the unit of
// the time of the first lap, modulo four laps; the fewer bits that takes, the more are there for
// the number of laps. Both are read as the nearest such times to the present of who reads them: the
// far one up to a lap after its time.
class shared_far_tick {
public:
    constexpr explicit shared_far_tick(std::uint32_t bits) noexcept : bits_{bits} {}
    // REQUIRES: due.first is less than two laps after now.
    constexpr shared_far_tick(far_tick due, std::uint32_t) noexcept : bits_{due.first << 1} {
        if (due.laps != 0) {
            const auto digits = static_cast<unsigned>(std::bit_width(due.laps));
            const unsigned exponent = digits + (window_bits - field_bits);
            const std::uint32_t unit = std::uint32_t{1} << exponent;
            const std::uint32_t place = ((due.first + (unit - 1)) & window_mask) >> exponent;
            const std::uint32_t fields = due.laps << (field_bits - digits) | place;
            bits_ = fields << (exponent_bits + 1) | exponent << 1 | 1;
        }
    }

    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }

    // The deadline that is meant, seen from now.
    [[nodiscard]] constexpr far_tick seen_from(std::uint32_t now) const noexcept {
        if ((bits_ & 1) == 0) {
            // To the upper end and back, which extends the sign.
            const auto ahead = static_cast<std::int32_t>(bits_ - (now << 1)) >> 1;
            return now + static_cast<std::uint32_t>(ahead);
        }
        const unsigned exponent = (bits_ >> 1) & exponent_mask;
        const unsigned digits = exponent - (window_bits - field_bits);
        const std::uint32_t fields = bits_ >> (exponent_bits + 1);
        const std::uint32_t place = (fields << exponent) & window_mask;
        const std::uint32_t present = now >> exponent << exponent;
        std::uint32_t ahead = (place - present) & window_mask;
        if (ahead >= window_mask - far_tick::lap) {
            ahead -= window_mask + 1;
        }
        return {present + ahead, fields >> (field_bits - digits)};
    }

private:
    static constexpr unsigned exponent_bits = 5;
    static constexpr std::uint32_t exponent_mask = (1U << exponent_bits) - 1;
    static constexpr unsigned field_bits = 32 - 1 - exponent_bits;  // place and laps
    static constexpr unsigned window_bits = far_tick::lap_bits + 2;
    static constexpr std::uint32_t window_mask = (std::uint32_t{1} << window_bits) - 1;
    static_assert(std::bit_width(far_tick::laps_max) + (window_bits - field_bits) <=
                  static_cast<int>(exponent_mask));

    std::uint32_t bits_ = 0;
};

template <platform Platform>
struct far_clock<Platform, true> {
    static_assert(has_short_ticks<Platform>, "laps are for clocks that count ticks in 32 bits");

    using clock = tick_clock<Platform>;
    using tick = typename clock::tick;
    using duration = std::chrono::duration<std::int64_t, typename Platform::duration::period>;
    using time_point = typename Platform::time_point;
    using deadline = far_tick;
    using timer = far_tick;
    using length = std::uint64_t;
    using shared = shared_far_tick;

    static constexpr bool counts_laps = true;
    static constexpr duration delay_max{static_cast<std::int64_t>(far_tick::length_max)};

    template <class Rep, class Period>
    [[nodiscard]] static constexpr std::optional<duration> delay(
        std::chrono::duration<Rep, Period> asked) noexcept {
        return clock::template fit<std::int64_t, delay_max.count()>(asked);
    }
    [[nodiscard]] static constexpr deadline after(time_point now, duration delay) noexcept {
        return after(clock::floor(now), delay.count() > 0 ? delay + Platform::now_error : delay);
    }
    [[nodiscard]] static constexpr deadline add(deadline due, duration step) noexcept {
        return after(due.last(), step);
    }
    [[nodiscard]] static constexpr bool reached(deadline due, time_point now) noexcept {
        return due.laps == 0 && static_cast<std::int32_t>(clock::floor(now) - due.first) >= 0;
    }
    [[nodiscard]] static constexpr duration between(time_point from, deadline to) noexcept {
        const tick now = clock::floor(from);
        return duration{(std::int64_t{to.laps} << far_tick::lap_bits) +
                        static_cast<std::int32_t>(to.first - now)};
    }

    // What is longer ago than the clock can say was the last time of its period, or a lap ago.
    [[nodiscard]] static constexpr deadline from(time_point now, duration rest,
                                                 duration period) noexcept {
        constexpr duration longest_ago{-std::int64_t{far_tick::lap}};
        if (rest.count() >= 0) {
            return after(clock::floor(now), rest);
        }
        const duration kept = rest < longest_ago ? std::max(rest % period, longest_ago) : rest;
        return clock::floor(now) + static_cast<tick>(kept.count());
    }

    [[nodiscard]] static constexpr std::optional<deadline> at(time_point due,
                                                              time_point now) noexcept {
        const auto rest = clock::between(now, due);
        return rest.count() < 0 ? deadline{clock::ceil(due)} : after(clock::floor(now), rest);
    }

    [[nodiscard]] static constexpr timer timer_of(deadline due) noexcept { return due; }
    [[nodiscard]] static constexpr tick last(timer due) noexcept { return due.last(); }
    [[nodiscard]] static constexpr time_point time(deadline due) noexcept {
        return clock::time(due.last());
    }
    [[nodiscard]] static constexpr tick first(timer due) noexcept { return due.first; }
    [[nodiscard]] static constexpr timer timer_after(tick from, length ticks) noexcept {
        return far_tick::after(from, ticks);
    }
    [[nodiscard]] static constexpr timer later(timer due, tick ticks) noexcept {
        return {due.first + ticks, due.laps};
    }
    template <class Timers>
    [[nodiscard]] static constexpr timer timer_at(const Timers& timers,
                                                  std::uint32_t timer) noexcept {
        return timers.far_due(timer);
    }
    template <class Timers>
    [[nodiscard]] static constexpr deadline deadline_of(const Timers& timers,
                                                        std::uint32_t timer) noexcept {
        return timers.far_due(timer);
    }

private:
    [[nodiscard]] static constexpr deadline after(tick from, duration step) noexcept {
        constexpr duration most = delay_max;
        return far_tick::after(from, static_cast<std::uint64_t>(std::min(step, most).count()));
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
