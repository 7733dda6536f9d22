// SPDX-License-Identifier: BSL-1.0
//
// labels: long
//
// The job model, random programs: job_model_test with more limits and more seeds.
//
// Goal: as there; what one seed in twenty meets is met.
// Method: as there, with programs of 100,000 operations for each of twenty seeds.
#include "catch.hpp"

#include <cstdint>
#include <vector>

#include <pawl/pawl.hpp>

#include "scheduler/job_model_checks.hpp"

using job_model::crowded;
using job_model::lean;
using job_model::programs;
using job_model::strict;

namespace {

constexpr pawl::limits no_retries{
    .jobs = 12, .edges = 12, .batches = 2, .recurring = 0, .workers = 0, .retries = false};
constexpr pawl::limits deadlines{.jobs = 8,
                                 .edges = 10,
                                 .batches = 3,
                                 .recurring = 0,
                                 .workers = 0,
                                 .reschedule = true,
                                 .deadlines = true};
constexpr pawl::limits keyed{.jobs = 32,
                             .edges = 40,
                             .batches = 4,
                             .recurring = 0,
                             .workers = 0,
                             .then_delay = true,
                             .slices = true,
                             .reschedule = true,
                             .keys = 7};
constexpr pawl::limits limited{.jobs = 32,
                               .edges = 40,
                               .batches = 4,
                               .recurring = 0,
                               .workers = 0,
                               .then_delay = true,
                               .slices = true,
                               .reschedule = true,
                               .limiters = {"db", "smtp"}};
constexpr pawl::limits everything{.jobs = 48,
                                  .edges = 60,
                                  .batches = 6,
                                  .recurring = 0,
                                  .workers = 0,
                                  .queues = {"critical", "default", "low"},
                                  .weights = {3, 2, 1},
                                  .bands = 2,
                                  .starvation_bound = 12,
                                  .queue_control = true,
                                  .then_delay = true,
                                  .slices = true,
                                  .reschedule = true,
                                  .deadlines = true,
                                  .times = true,
                                  .owners = true,
                                  .failed = 6,
                                  .keys = 7,
                                  .limiters = {"db", "smtp", "each"}};

// The short test has the first ones.
std::vector<std::uint32_t> seeds() {
    std::vector<std::uint32_t> result;
    for (std::uint32_t seed = 3; seed < 23; ++seed) {
        result.push_back(seed);
    }
    return result;
}

}  // namespace

TEST_CASE("job model, long: without retries") { programs<no_retries>(seeds()); }
TEST_CASE("job model, long: lean") { programs<lean>(seeds()); }
TEST_CASE("job model, long: deadlines, a small pool") { programs<deadlines>(seeds()); }
TEST_CASE("job model, long: queues and bands") { programs<strict>(seeds()); }
TEST_CASE("job model, long: keys") { programs<keyed>(seeds()); }
TEST_CASE("job model, long: limiters") { programs<limited>(seeds()); }
TEST_CASE("job model, long: everything") {
    programs<everything>(seeds(), {.keys = 6, .per_key = true});
}
TEST_CASE("job model, long: everything, a small pool") {
    programs<crowded>(seeds(), {.keys = 6, .per_key = true});
}
