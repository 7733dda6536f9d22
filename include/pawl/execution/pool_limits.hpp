// SPDX-License-Identifier: BSL-1.0
//
// pool_limits: every capacity of a thread pool, in one value that is a template argument.
//
//   pawl::thread_pool<pawl::pool_limits{.workers = 3, .priorities = 2}> pool;
#pragma once

#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/execution/life.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What becomes of a job for which there is no room.
enum class overflow : std::uint8_t {
    run_inline,  // who submits it runs it at once, instead of waiting
    refuse,      // it is refused, and stays the caller's
};

struct pool_limits {
    // Threads: a number, `one_per_core`, or 0: poll() runs everything on the caller's.
    std::uint32_t workers = one_per_core;
    // At most this many when `workers` is one_per_core. At most 23.
    std::uint32_t workers_max = 16;
    // Jobs from outside that wait, for each priority; a power of two.
    std::uint32_t queue = 1024;
    // Jobs of a worker's own that wait; a power of two.
    std::uint32_t local = 256;
    // Jobs that wait for one certain thread, for each thread; a power of two, or 0: none can.
    std::uint32_t lane = 0;
    // 1 to 4; 0 is the most urgent.
    std::uint32_t priorities = 1;
    // Bytes of a job's callable, its captures included, and its strictest alignment.
    std::uint32_t job_bytes = 48;
    std::uint32_t job_align = 8;
    // Who waits inside a job runs what others took from it, up to this many deep, and then sleeps.
    // So deep does a job that finds no room run inside another one, too.
    std::uint32_t depth = 16;
    overflow when_full = overflow::run_inline;
    // Whether the threads are a scheduler's; see pool_core.hpp.
    bool hosted = false;

    // Threads at most, and who else runs jobs: one thread that waits for them.
    [[nodiscard]] constexpr std::uint32_t threads() const noexcept {
        return workers == one_per_core ? workers_max : workers;
    }
    [[nodiscard]] constexpr std::uint32_t runners() const noexcept { return threads() + 1; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
