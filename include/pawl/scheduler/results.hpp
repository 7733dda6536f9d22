// SPDX-License-Identifier: BSL-1.0
//
// What a scheduler answers to counts. Plain data; for start, stop and poll see life.hpp.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/execution/life.hpp>
#include <pawl/jobs/job_id.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What became of several jobs that were submitted together: all of them, or none and why.
struct bulk_result {
    submit_error reason = submit_error::none;
    std::uint32_t count = 0;

    constexpr explicit operator bool() const noexcept { return reason == submit_error::none; }
    [[nodiscard]] constexpr submit_error error() const noexcept { return reason; }
};

// How far drain() goes: so many runs, and deadlines within so much time from now.
struct drain_limits {
    std::uint64_t runs = 1'000'000;
    std::chrono::nanoseconds time = std::chrono::hours{24 * 365};
    bool scheduled = true;  // false: only what is ready now, and what that makes ready
};
// What it came to.
struct drain_result {
    std::uint64_t runs = 0;  // attempts
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t deleted = 0;
    std::uint64_t retried = 0;
    bool complete = true;  // false: a limit ended it
};

// How many jobs are in each state, and what happened so far. Taken while the scheduler runs, the
// numbers belong to slightly different moments; at rest they add up.
struct job_counts {
    // Now.
    std::uint32_t awaiting = 0;
    std::uint32_t scheduled = 0;
    std::uint32_t enqueued = 0;
    std::uint32_t processing = 0;
    // Since the beginning; these only grow.
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t deleted = 0;  // cancelled, discarded, condition not met, or stopped
    std::uint64_t retried = 0;  // attempts that failed and were followed by another one
    std::uint64_t missed = 0;   // occurrences of recurring jobs that found no free slot
    std::uint64_t skipped = 0;  // occurrences left out because the one before had not finished
    std::uint64_t coalesced =
        0;  // occurrences whose time had passed unseen, together with a later one
    std::uint32_t dropped = 0;  // of the deleted ones: by drop_oldest (modulo 2^32)
    std::uint32_t refused = 0;  // submissions that were refused (modulo 2^32)
};

}  // namespace PAWL_ABI
}  // namespace pawl
