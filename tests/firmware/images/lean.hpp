// SPDX-License-Identifier: BSL-1.0
//
// The lean configuration, which the gate keeps small: 12 bytes a callable, one queue, no
// continuations, names or retries.
#pragma once

#include <cstdint>

#include <pawl/jobs/limits.hpp>
#include <pawl/platform/bare_metal.hpp>

// Whether rings and words are critical sections: always so on a core without compare-and-swap.
#ifdef BOARD_MASKED
constexpr bool masked_board = true;
#else
constexpr bool masked_board = pawl::core_lacks_compare_exchange;
#endif

constexpr pawl::limits lean(std::uint32_t jobs, std::uint32_t recurring) {
    return {.jobs = jobs,
            .job_bytes = 12,
            .job_align = 4,
            .edges = 0,
            .batches = 0,
            .recurring = recurring,
            .workers = 0,
            .names = false,
            .retries = false};
}
