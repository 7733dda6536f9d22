// SPDX-License-Identifier: BSL-1.0
//
// Random programs of jobs on a scheduler and on its model, without a framework: fails if anything
// differs (see scheduler/job_programs.hpp).
#include <cstdint>
#include <cstdio>

#include "scheduler/job_programs.hpp"

namespace {

constexpr pawl::limits crowded{.jobs = 12,
                               .edges = 14,
                               .batches = 4,
                               .recurring = 0,
                               .workers = 0,
                               .queues = {"critical", "default"},
                               .bands = 2,
                               .starvation_bound = 9,
                               .queue_control = true,
                               .then_delay = true,
                               .slices = true,
                               .reschedule = true,
                               .deadlines = true,
                               .owners = true,
                               .failed = 3,
                               .keys = 4,
                               .limiters = {"db", "each"}};

}  // namespace

int main() {
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
        // With more keys than there are cells, and with few.
        const job_model::program_options options{
            .keys = seed % 2 == 0 ? 6U : 2U, .unique_keys = 4, .per_key = seed % 2 == 0};
        const auto found =
            job_model::compare<crowded>(job_model::random_program(seed, 50'000), options);
        if (found) {
            std::printf("seed %u, operation %zu:\n%s\n", unsigned{seed}, found->at,
                        found->what.c_str());
            return 1;
        }
    }
    return 0;
}
