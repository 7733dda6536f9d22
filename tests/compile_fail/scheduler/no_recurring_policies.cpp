// SPDX-License-Identifier: BSL-1.0
//
// A policy that the limits leave out. The error names the limit.
// EXPECT: limits_recurring_policies_is_false
#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0, .recurring_policies = true}>
    jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0}> jobs;
#endif
void submit() {
    jobs.every(1s, [] {}, {.jitter = 1ms});
}
