// SPDX-License-Identifier: BSL-1.0
//
// An overlap that needs policies, where the limits leave them out. The error names the limit.
// EXPECT: it_needs_limits_recurring_policies
#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0}> jobs;
void submit() {
#ifdef PAWL_CONTROL
    jobs.every(1s, [] {}, {.overlap = pawl::overlap::allow});
#else
    jobs.every(1s, [] {}, {.overlap = pawl::overlap::queue_one});
#endif
}
