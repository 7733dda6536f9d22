// SPDX-License-Identifier: BSL-1.0
//
// loop_platform: the system's clocks for a program of one thread. Nothing is atomic.
//
// For a game loop or a tool that polls, and in which no other thread and no signal handler submits:
// pawl then compiles to plain loads and stores (plain_word.hpp). Sleeping is the system's sleep
// until a deadline, which nobody cuts short.
//
//   pawl::thread_pool<pawl::pool_limits{.workers = 0}, pawl::loop_platform> jobs;
//   while (running) { frame(); jobs.poll(2ms); }
//
// Who may call: one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/platform/std_platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class basic_loop_platform {
    using system = basic_std_platform<Tick>;

public:
    using word = plain_word;
    using duration = typename system::duration;
    using time_point = typename system::time_point;
    using tick = Tick;
    using parker = typename system::parker;

    static constexpr bool has_threads = false;
    static constexpr duration now_error = system::now_error;
    static constexpr duration calendar_sleep_max = system::calendar_sleep_max;

    static time_point now() noexcept { return system::now(); }
    static wall_time wall_now() noexcept { return system::wall_now(); }

    // Nobody could end a sleep without a deadline: it returns at once, as if called.
    static void park(parker&) noexcept {}
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        sleeper.park_until(deadline);
    }
    static void unpark(parker&) noexcept {}
};

using loop_platform =
    basic_loop_platform<std::chrono::duration<std::int64_t, std::ratio<1, 100'000>>>;

static_assert(platform<loop_platform>);

}  // namespace PAWL_ABI
}  // namespace pawl
