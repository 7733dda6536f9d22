// SPDX-License-Identifier: BSL-1.0
//
// A command that needs policies, where the limits leave them out. The error names the limit.
// EXPECT: limits.recurring_policies is false
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0, .recurring_policies = true}>
    jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0}> jobs;
#endif
void stop() { jobs.pause_recurring("e"); }
