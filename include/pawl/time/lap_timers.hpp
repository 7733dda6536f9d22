// SPDX-License-Identifier: BSL-1.0
//
// lap_timers: deadlines that are farther away than a short tick can count.
//
// What: a timer_wheel or timer_list with one more number for each timer: how many laps it still has
// to go once its deadline has come. A lap is a 16th of the range of a 32-bit tick. When a timer is
// due and has laps left, it is armed again for one lap after its deadline, and nobody is told.
//
// Why: 32 bits of microseconds wrap after 71 minutes, and two deadlines can only be compared if
// they are less than half of that apart. Ticks of 64 bits would count for ever; but they are twice
// the bytes for each timer, a wheel of more levels, and arithmetic that a small core does in a
// library. Here only who waits for long pays, with a look at each lap.
//
// Nothing drifts: a lap is added to the deadline before it, never to the time at which it was
// noticed. A call that comes late, by more than a lap even, finds the laps that have passed one
// after the other.
// Order: a timer that has laps to go comes to its last lap in that order in which it was armed, and
// so before any that is armed then. But one that is armed in the moment in which a lap has ended
// and nobody has looked yet comes first among equal deadlines.
//
// Cost: two bytes a timer; what the timers cost, and one schedule() more for each lap. Who may
// call: as the timers say.
//
//   pawl::lap_timers<pawl::timer_list<16, std::uint32_t>, 16> timers;   // ticks of a microsecond
//   timers.schedule(3, pawl::far_tick::after(now, 7'200'000'000));      // in two hours
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A deadline in 32-bit ticks that may be farther away than those can count: so many laps after
// `first`, which is near. One that is near itself has none.
struct far_tick {
    using tick = std::uint32_t;
    static constexpr unsigned lap_bits = 28;
    static constexpr tick lap = tick{1} << lap_bits;
    static constexpr std::uint32_t laps_max = 0xFFFF;
    // The longest way to a deadline. At a microsecond that is 203 days.
    static constexpr std::uint64_t length_max = ((std::uint64_t{laps_max} + 1) << lap_bits) - 1;

    constexpr far_tick() noexcept = default;
    constexpr far_tick(tick near) noexcept : first{near} {}  // NOLINT: a deadline like any other
    constexpr far_tick(tick near, std::uint32_t more) noexcept : first{near}, laps{more} {}

    // REQUIRES: length <= length_max.
    [[nodiscard]] static constexpr far_tick after(tick from, std::uint64_t length) noexcept {
        return {from + (static_cast<tick>(length) & (lap - 1)),
                static_cast<std::uint32_t>(length >> lap_bits)};
    }

    // The deadline itself, as the tick counts it.
    [[nodiscard]] constexpr tick last() const noexcept { return first + (laps << lap_bits); }
    [[nodiscard]] constexpr std::uint64_t length_from(tick now) const noexcept {
        return (std::uint64_t{laps} << lap_bits) + static_cast<tick>(first - now);
    }

    tick first = 0;
    std::uint32_t laps = 0;
};

// Timers: with 32-bit ticks, so many.
template <class Timers, std::uint32_t Capacity>
class lap_timers : public Timers {
    static_assert(std::is_same_v<typename Timers::tick, far_tick::tick>,
                  "ticks of more bits need no laps");

public:
    using tick = far_tick::tick;
    using progress = typename Timers::progress;

    // As the timers say of each. REQUIRES: due.first is near, due.laps at most far_tick::laps_max.
    constexpr void set_due(std::uint32_t timer, far_tick due) noexcept {
        PAWL_ASSERT(timer < Capacity && due.laps <= far_tick::laps_max);
        laps_[timer] = static_cast<std::uint16_t>(due.laps);
        Timers::set_due(timer, due.first);
    }
    constexpr bool schedule(std::uint32_t timer, far_tick due) noexcept {
        set_due(timer, due);
        return Timers::schedule(timer);
    }
    using Timers::schedule;  // of one whose deadline was set
    constexpr bool schedule(std::uint32_t timer, tick due) noexcept {
        return schedule(timer, far_tick{due});
    }
    constexpr bool reschedule(std::uint32_t, far_tick, wheel_reschedule = {}) noexcept = delete;

    // Its deadline, as far as it has not come.
    [[nodiscard]] constexpr far_tick far_due(std::uint32_t timer) const noexcept {
        return {Timers::due(timer), laps_[timer]};
    }

    // The progress, and a budget of fires, count the end of a lap, too.
    template <class Fire>
    constexpr progress advance(tick target, Fire&& fire, wheel_budget budget = {}) noexcept {
        return Timers::advance(
            target,
            [&](std::uint32_t timer) noexcept {
                if (!goes_on(timer)) {
                    fire(timer);
                }
            },
            budget);
    }

    // Of a list: as take_due() there says.
    constexpr std::uint32_t take_due(tick target) noexcept requires requires(Timers& timers) {
        timers.take_due(tick{});
    }
    {
        for (;;) {
            const std::uint32_t timer = Timers::take_due(target);
            if (timer == Timers::nothing || !goes_on(timer)) {
                return timer;
            }
        }
    }

private:
    // Whether a lap has ended, and not the last one: then it is armed again.
    constexpr bool goes_on(std::uint32_t timer) noexcept {
        if (laps_[timer] == 0) {
            return false;
        }
        --laps_[timer];
        Timers::schedule(timer, Timers::due(timer) + far_tick::lap);
        return true;
    }

    std::uint16_t laps_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
