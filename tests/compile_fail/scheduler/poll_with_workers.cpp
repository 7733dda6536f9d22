// SPDX-License-Identifier: BSL-1.0
//
// poll() of a scheduler that has workers.
// EXPECT: this scheduler has workers: poll\(\) is for limits.workers = 0
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}> jobs;
void drive() { jobs.poll(); }
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1}> jobs;
void drive() { jobs.poll(); }
#endif
