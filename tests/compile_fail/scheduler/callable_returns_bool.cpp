// SPDX-License-Identifier: BSL-1.0
//
// A callable whose result would be lost.
// EXPECT: a job returns nothing or a pawl::outcome
#include <pawl/pawl.hpp>

pawl::scheduler<pawl::limits{.jobs = 4, .job_bytes = 16, .workers = 0}> jobs;

#ifdef PAWL_CONTROL
void submit() {
    jobs.enqueue([] { return pawl::outcome::success(); });
}
#else
void submit() {
    jobs.enqueue([] { return true; });
}
#endif
