// SPDX-License-Identifier: BSL-1.0
//
// game_platform: a game's clock. It runs at the speed the game says, and stands still in a pause.
//
// What: the time of a world beside real time. A menu, a network and an autosave go on while the
// world is paused; bullets, cooldowns and spawns slow down with it. So a game has two schedulers of
// one thread, one on real time (loop_platform.hpp, or a pool) and one on this:
//
//   pawl::scheduler<pawl::limits{.workers = 0}, pawl::loop_platform> menu;
//   pawl::scheduler<pawl::limits{.workers = 0}, pawl::game_platform> world;
//   world.every(5s, spawn);
//   while (running) {
//       const auto dt = frame_time();
//       menu.poll();
//       world.platform().step(dt);            // nothing in a pause, half of it in slow motion
//       world.poll();
//       draw();
//   }
//
// Why not a factor on each delay: it would be that of the moment in which the delay was given. Here
// the clock changes its speed, and with it all that waits for it: nothing is moved or computed
// anew.
//
// How it works: step(dt) moves the clock by dt times the scale, a fraction of two integers. What is
// left of a nanosecond is kept for the next step, so that a thousand steps at a third of the speed
// are a third of their sum, on every machine. A change of the scale counts from the next step on;
// the clock never jumps and never goes back.
//
// Two ways to run the jobs of a step. step() and poll(): all that is due runs at the frame's time,
// as late as the frame is long, and an every() of several periods in one frame fires once. Or
// scheduler::advance(), which is told the game's own time: each job runs at its time, whatever the
// frames are, and a replay with other frames is the same world:
//
//   world.advance(world.platform().scaled(dt));
//
// Sleeping: nobody but the caller moves this clock, so a sleep would never end, and a step in it
// would be an invention. Both parks return at once, and so does scheduler::wait(): it is the frames
// that pace a game. Therefore nothing can wait for a deadline of this clock inside of a call, such
// as blocking_queue's waits. And a poll takes no time of this clock: bound it by jobs,
// poll({.jobs = 50}), not by a duration.
//
// The calendar starts at 2000-01-01T00:00Z, runs with the clock (so a world may have its own
// nights: recurring("dusk", "0 0 18 * * *"_cron, ...)), and may be set.
//
// Cost: a step two divisions; now() a load. Who may call: one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class basic_game_platform {
    using virtual_time = basic_manual_platform<Tick>;

public:
    using word = plain_word;
    using duration = typename virtual_time::duration;
    // A type of its own: the game's times are not comparable with real ones.
    using time_point = std::chrono::time_point<basic_game_platform, duration>;
    using tick = Tick;
    using parker = typename virtual_time::parker;

    static constexpr bool has_threads = false;
    static constexpr bool is_manual = true;
    static constexpr duration now_error = virtual_time::now_error;
    static constexpr duration calendar_sleep_max = virtual_time::calendar_sleep_max;
    static constexpr wall_time default_wall = virtual_time::default_wall;

    // No step is longer, whatever the scale: 73 years.
    static constexpr duration step_max = duration::max() / 4;

    constexpr basic_game_platform() noexcept = default;
    constexpr explicit basic_game_platform(wall_time wall) noexcept : time_{wall} {}

    [[nodiscard]] constexpr time_point now() const noexcept {
        return time_point{time_.now().time_since_epoch()};
    }
    [[nodiscard]] constexpr wall_time wall_now() const noexcept { return time_.wall_now(); }

    // ---- The game's loop ------------------------------------------------------------------------

    // `real` has passed: moves the clock by as much of it as scaled() says, and returns that.
    template <class Rep, class Period>
    constexpr duration step(std::chrono::duration<Rep, Period> real) noexcept {
        const duration game = scaled(real);
        elapse(game);
        return game;
    }

    // How much the game's time is for so much of real time: nothing in a pause or if it is
    // negative, else `real` times the scale, at most step_max. Does not move the clock, but counts
    // as a step for the fraction of a nanosecond that is left: ask once for each step. What is
    // finer than a nanosecond in `real` itself is dropped.
    template <class Rep, class Period>
    [[nodiscard]] constexpr duration scaled(std::chrono::duration<Rep, Period> real) noexcept {
        const auto nanoseconds = std::chrono::duration_cast<duration>(real).count();
        if (paused_ || nanoseconds <= 0) {
            return duration::zero();
        }
        const auto passed = static_cast<std::uint64_t>(nanoseconds);
        // whole * numerator + (part * numerator + fraction) / denominator, where the product in
        // parentheses fits 64 bits because all of it are below 2^32.
        const std::uint64_t whole = passed / denominator_;
        const std::uint64_t part = passed % denominator_ * numerator_ + fraction_;
        constexpr auto longest = static_cast<std::uint64_t>(step_max.count());
        if (numerator_ != 0 && whole > (longest - part / denominator_) / numerator_) {
            return step_max;
        }
        fraction_ = static_cast<std::uint32_t>(part % denominator_);
        return duration{
            static_cast<typename duration::rep>(whole * numerator_ + part / denominator_)};
    }

    // The speed from the next step on, as a fraction: (1, 2) is half of real time, (3) three times
    // as fast, (0) stands still. False, and no change, if the denominator is 0.
    constexpr bool set_scale(std::uint32_t numerator, std::uint32_t denominator = 1) noexcept {
        if (denominator == 0) {
            return false;
        }
        // The fraction of a nanosecond in the new denominator, rounded down: time is not invented.
        fraction_ =
            static_cast<std::uint32_t>(std::uint64_t{fraction_} * denominator / denominator_);
        numerator_ = numerator;
        denominator_ = denominator;
        return true;
    }
    [[nodiscard]] constexpr std::uint32_t scale_numerator() const noexcept { return numerator_; }
    [[nodiscard]] constexpr std::uint32_t scale_denominator() const noexcept {
        return denominator_;
    }

    // In a pause steps do nothing; the scale is kept. Neither is counted: a second pause() changes
    // nothing, and one resume() ends it.
    constexpr void pause() noexcept { paused_ = true; }
    constexpr void resume() noexcept { paused_ = false; }
    [[nodiscard]] constexpr bool paused() const noexcept { return paused_; }

    // ---- The game's own time --------------------------------------------------------------------

    // Moves the clock by the game's time, in a pause and at any scale, too: a loaded game, a time
    // machine. Never back. Runs nothing; see scheduler::advance().
    constexpr void elapse(duration step) noexcept { time_.elapse(step); }
    constexpr void elapse_until(time_point time) noexcept { elapse(time - now()); }

    // Sets the calendar, forward or back; the clock does not move.
    constexpr void set_wall(wall_time wall) noexcept { time_.set_wall(wall); }

    // ---- For the scheduler ----------------------------------------------------------------------

    // Nobody could end them: see above.
    constexpr void park(parker&) noexcept {}
    constexpr void park_until(parker&, time_point) noexcept {}
    constexpr void unpark(parker&) noexcept {}

private:
    virtual_time time_;
    std::uint32_t numerator_ = 1;
    std::uint32_t denominator_ = 1;
    std::uint32_t fraction_ = 0;  // of a nanosecond, in units of 1 / denominator_
    bool paused_ = false;
};

using game_platform = basic_game_platform<std::chrono::milliseconds>;

static_assert(platform<game_platform>);

}  // namespace PAWL_ABI
}  // namespace pawl
