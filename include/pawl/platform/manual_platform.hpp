// SPDX-License-Identifier: BSL-1.0
//
// manual_platform: virtual time, moved by the program. For tests, games and replay.
//
// Nothing happens until the clock is moved, and then everything happens in the same order on every
// run: a day of jobs takes milliseconds, and a test never sleeps. Sleeping until a deadline moves
// the clock there. There are no threads (`limits.workers` must be 0), so the words are plain
// memory.
//
//   pawl::scheduler<pawl::limits{.workers = 0}, pawl::manual_platform> jobs;
//   jobs.schedule(1h, [] { std::puts("an hour later"); });
//   jobs.advance(24h);                       // runs a day of jobs, each at its own time
//
// The calendar starts at 2000-01-01T00:00Z and moves with the clock; set_wall() sets it as an
// administrator or a time server would, which does not move the monotonic clock.
//
// Who may call: one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class basic_manual_platform {
public:
    using word = plain_word;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<basic_manual_platform, duration>;
    using tick = Tick;

    // Nobody else could give a permit while the one thread sleeps: only the deadline matters.
    struct parker {};

    static constexpr bool has_threads = false;
    static constexpr bool is_manual = true;

    // Virtual time is exact.
    static constexpr duration now_error{0};

    // The program that sets the calendar also polls: no sleep is cut short.
    static constexpr duration calendar_sleep_max = duration::max();

    static constexpr wall_time default_wall{
        std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1}};

    constexpr basic_manual_platform() noexcept = default;
    constexpr explicit basic_manual_platform(wall_time wall) noexcept
        : wall_origin_{wall.time_since_epoch()} {}

    [[nodiscard]] constexpr time_point now() const noexcept { return time_point{elapsed_}; }

    [[nodiscard]] constexpr wall_time wall_now() const noexcept {
        return wall_time{wall_origin_ + std::chrono::floor<std::chrono::milliseconds>(elapsed_)};
    }

    // Moves both clocks forward without running anything: what a program sees that was stopped in a
    // debugger, or that polled late. To run the jobs on the way, use scheduler::advance().
    constexpr void elapse(duration step) noexcept {
        if (step > duration::zero()) {
            elapsed_ += step;
        }
    }

    constexpr void elapse_until(time_point time) noexcept { elapse(time - now()); }

    // Sets the calendar, forward or back; the monotonic clock does not move.
    constexpr void set_wall(wall_time wall) noexcept {
        wall_origin_ =
            wall.time_since_epoch() - std::chrono::floor<std::chrono::milliseconds>(elapsed_);
    }

    // With no deadline there is nothing to wait for: returns at once.
    constexpr void park(parker&) noexcept {}
    constexpr void park_until(parker&, time_point deadline) noexcept { elapse_until(deadline); }
    constexpr void unpark(parker&) noexcept {}

private:
    duration elapsed_{0};
    wall_time::duration wall_origin_ = default_wall.time_since_epoch();
};

using manual_platform = basic_manual_platform<std::chrono::milliseconds>;

static_assert(platform<manual_platform>);

}  // namespace PAWL_ABI
}  // namespace pawl
