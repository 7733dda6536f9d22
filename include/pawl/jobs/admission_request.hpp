// SPDX-License-Identifier: BSL-1.0
//
// admission_request: what a job asks of admission.hpp, what it is told, and what limits there are.
//
// Plain data. Cost: none. Who may call: anyone.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a job does whose key has another one.
enum class on_busy : std::uint8_t {
    wait,     // stands in line
    skip,     // is to be deleted
    fail,     // fails
    replace,  // has the other one cancelled, and waits at the front of the line for its end
};

// What a job asks for: plain data, the same at each of its calls.
struct admission_request {
    static constexpr std::uint8_t no_limiter = 0xFF;

    std::uint32_t key = 0;  // 0: none
    std::uint8_t limiter = no_limiter;
    on_busy busy = on_busy::wait;
    // Keeps the key from its first attempt to its end: over retries, snoozes and yields.
    bool chain = false;
    // Whether the key excludes. If not, it only says whose limits count, those of a limiter that
    // has them for each key.
    bool exclusive = true;
};

// What is to be done with a job that has asked.
enum class verdict : std::uint8_t {
    run,      // it may start now
    waiting,  // it stands in a line: the caller must not touch it any more
    replace,  // the same; the job that has the key has been named to cancel()
    later,    // it is the next one: to come again at `due`, or when it is called before
    skip,     // another one of its key runs: it is to be deleted. It holds nothing, no done()
    fail,     // another one of its key runs: it fails. The same
    no_cell,  // no cell for its key: to come again, later. It holds nothing
};

template <class Tick>
struct admission_answer {
    static constexpr std::uint32_t nobody = 0xFFFF'FFFF;

    verdict what = verdict::run;
    Tick due = 0;  // with `later`
    std::uint32_t dropped =
        nobody;  // with `replace`: who waited to replace the same job. It is out
                 // of the line, and to be deleted, by done()
};

// Limits of a limiter. Zero bytes: none.
template <class Tick>
struct admission_limit {
    std::uint32_t running_max = 0;  // at once; 0: any number
    std::uint32_t tokens = 0;       // starts in `period` ticks; 0: any number
    Tick period = 0;
    std::uint32_t burst = 0;  // of these, at once; 0: 1
    bool per_key = false;     // each key has these limits for itself; who has no key, the limiter's
};

// How many run (hold what is limited: some are about to, or wait for their token), and how many
// stand in line.
struct admission_load {
    std::uint32_t running = 0;
    std::uint32_t waiting = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
