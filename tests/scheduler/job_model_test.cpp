// SPDX-License-Identifier: BSL-1.0
//
// The job model, random programs: everything that a scheduler does equals what the model does.
//
// Goal: states, events, answers, handles, order and times are right whatever features meet.
// Method: job_programs.hpp: programs of 100,000 operations in virtual time, on schedulers of
// several limits, from small ones that are full most of the time to ones that have room. A program
// that fails is shortened and printed. PAWL_MODEL_SEED adds a seed to those that are fixed.
#include "catch.hpp"

#include <pawl/pawl.hpp>

#include "scheduler/job_model_checks.hpp"

using job_model::crowded;
using job_model::lean;
using job_model::programs;
using job_model::strict;

namespace {

constexpr pawl::limits timed{.jobs = 24,
                             .edges = 30,
                             .batches = 5,
                             .recurring = 0,
                             .workers = 0,
                             .then_delay = true,
                             .slices = true,
                             .reschedule = true,
                             .deadlines = true,
                             .times = true,
                             .owners = true};
constexpr pawl::limits weighted{.jobs = 64,
                                .edges = 64,
                                .batches = 8,
                                .recurring = 0,
                                .workers = 0,
                                .queues = {"critical", "default", "low"},
                                .weights = {3, 2, 1},
                                .bands = 2,
                                .starvation_bound = 0,
                                .queue_control = true,
                                .owners = true};
constexpr pawl::limits keeping{.jobs = 20,
                               .edges = 20,
                               .batches = 4,
                               .recurring = 0,
                               .workers = 0,
                               .slices = true,
                               .reschedule = true,
                               .deadlines = true,
                               .owners = true,
                               .failed = 4};

}  // namespace

TEST_CASE("job model: lean") { programs<lean>({1, 2}); }
TEST_CASE("job model: times, deadlines, slices, owners") { programs<timed>({1, 2}); }
TEST_CASE("job model: queues and bands, strict") { programs<strict>({1, 2}); }
TEST_CASE("job model: queues and bands, weighted") { programs<weighted>({1, 2}); }
TEST_CASE("job model: failed jobs that are kept") { programs<keeping>({1, 2}); }
TEST_CASE("job model: everything, a small pool") {
    programs<crowded>({1, 2}, {.keys = 6, .per_key = true});
}
