// SPDX-License-Identifier: BSL-1.0
//
// What the short and the long test of the job model share: how a program's seeds are gone through,
// and the limits that both have.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.hpp"
#include "scheduler/job_programs.hpp"

namespace job_model {

inline constexpr std::uint32_t operations = 100'000;

template <pawl::limits L>
void programs(std::vector<std::uint32_t> seeds, const program_options& options = {}) {
    if (const char* const more = std::getenv("PAWL_MODEL_SEED")) {
        seeds.push_back(static_cast<std::uint32_t>(std::strtoul(more, nullptr, 10)));
    }
    for (const std::uint32_t seed : seeds) {
        summary seen;
        const std::string wrong = job_model::check<L>(seed, operations, options, &seen);
        INFO(wrong);
        REQUIRE(wrong.empty());
        // The programs do something.
        REQUIRE(seen.runs > operations / 10);
        REQUIRE(seen.events > operations / 2);
    }
}

inline constexpr pawl::limits lean{
    .jobs = 16, .edges = 20, .batches = 4, .recurring = 0, .workers = 0};
inline constexpr pawl::limits strict{.jobs = 32,
                                     .edges = 30,
                                     .batches = 5,
                                     .recurring = 0,
                                     .workers = 0,
                                     .queues = {"critical", "default", "low"},
                                     .bands = 3,
                                     .starvation_bound = 20,
                                     .queue_control = true,
                                     .then_delay = true,
                                     .slices = true,
                                     .reschedule = true};
inline constexpr pawl::limits crowded{.jobs = 10,
                                      .edges = 12,
                                      .batches = 3,
                                      .recurring = 0,
                                      .workers = 0,
                                      .queues = {"critical", "default"},
                                      .bands = 3,
                                      .starvation_bound = 9,
                                      .queue_control = true,
                                      .then_delay = true,
                                      .slices = true,
                                      .reschedule = true,
                                      .deadlines = true,
                                      .owners = true,
                                      .failed = 3,
                                      .keys = 7,
                                      .limiters = {"db", "each"}};

}  // namespace job_model
