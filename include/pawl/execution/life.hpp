// SPDX-License-Identifier: BSL-1.0
//
// life: what a pool and a scheduler answer to start, poll and stop. Plain data.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// As many threads as the system has cores.
inline constexpr std::uint32_t one_per_core = 0xFFFF'FFFF;

// Constructs a pool or a scheduler that accepts jobs and runs none before start().
struct deferred_start_t {};
inline constexpr deferred_start_t deferred_start{};

// How far a pool or a scheduler goes before it stops. Also as pawl::finish, pawl::drain and
// pawl::abandon.
enum class stop_mode : std::uint8_t {
    finish,   // what runs, runs to its end; nothing else starts
    drain,    // and everything that is ready or due by then, and what that makes ready
    abandon,  // what runs is asked to stop at once, and is not waited for beyond the timeout
};
using enum stop_mode;

enum class stop_status : std::uint8_t {
    stopped,    // nothing runs any more; every job has its final state
    timed_out,  // some jobs still run: they were asked to stop; a further stop() waits for them
    requested,  // called from inside a job: stops when that job returns
    busy,       // another thread is stopping it
};

// What became of everything.
struct stop_report {
    stop_status status = stop_status::stopped;
    std::uint64_t finished = 0;   // jobs that came to an end by themselves while stopping
    std::uint64_t cancelled = 0;  // jobs that were deleted because of the stop
    std::uint32_t running = 0;    // jobs that still run (timed_out, requested)
};

enum class start_error : std::uint8_t {
    none,
    already_started,
    stopped,     // a pool, or a scheduler, starts once
    no_threads,  // the system refused to start a single thread
};

// True: it runs, with this many threads (maybe fewer than asked for, if the system refused some).
struct start_result {
    start_error reason = start_error::none;
    std::uint32_t workers = 0;

    constexpr explicit operator bool() const noexcept { return reason == start_error::none; }
    [[nodiscard]] constexpr start_error error() const noexcept { return reason; }
};

// How much one poll() may do. A time is looked at between jobs: one job may exceed it.
struct poll_budget {
    static constexpr std::uint32_t unlimited = 0xFFFF'FFFF;
    std::uint32_t jobs = unlimited;
    std::uint32_t moves = unlimited;  // timers moved inside the wheel
    std::chrono::nanoseconds time = std::chrono::nanoseconds::max();
};

struct poll_result {
    std::uint32_t ran = 0;  // attempts that were run
    bool more = false;      // something is ready, or due, and the budget ended the poll
    bool busy = false;  // called from inside a job or an interrupt of poll() itself: did nothing
};

}  // namespace PAWL_ABI
}  // namespace pawl
