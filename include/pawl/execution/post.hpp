// SPDX-License-Identifier: BSL-1.0
//
// post: what can be said of a job that is posted to a pool, and what the pool answers. Plain data.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// One certain thread: {.on = pawl::main_thread}, {.on = pawl::on_worker(1)}.
enum class pool_thread : std::uint32_t {
    any = 0xFFFF'FFFF,
    main = 0xFFFF'FFFE,  // the one that calls poll()
};
inline constexpr pool_thread main_thread = pool_thread::main;
[[nodiscard]] constexpr pool_thread on_worker(std::uint32_t index) noexcept {
    return static_cast<pool_thread>(index);
}

struct post_options {
    std::uint32_t priority = 0;
    pool_thread on = pool_thread::any;
};

enum class post_error : std::uint8_t {
    none,
    full,            // no room, and the caller could not run it either
    stopped,         // the pool stops, or has stopped
    no_such_thread,  // post_options.on; none has a number while pool_limits.lane is 0
    no_such_priority,
};

// True: it was accepted, how many of a post_n(). Else why not.
struct post_result {
    post_error reason = post_error::none;
    std::uint32_t count = 1;
    constexpr explicit operator bool() const noexcept { return reason == post_error::none; }
    [[nodiscard]] constexpr post_error error() const noexcept { return reason; }
};

// Since the beginning; these only grow. Taken while the pool runs, the numbers belong to slightly
// different moments.
struct pool_counts {
    std::uint64_t ran = 0;
    std::uint64_t threw = 0;      // of these, by an exception
    std::uint64_t stolen = 0;     // of these, from another worker
    std::uint32_t discarded = 0;  // destroyed by stop() (modulo 2^32)
    std::uint64_t parks = 0;      // sleeps of workers
    std::uint32_t wakes = 0;      // calls to who sleeps (modulo 2^32), and
    std::uint32_t refused = 0;    // jobs that were refused (modulo 2^32)
};

}  // namespace PAWL_ABI
}  // namespace pawl
