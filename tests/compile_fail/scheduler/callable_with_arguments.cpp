// SPDX-License-Identifier: BSL-1.0
//
// A callable that cannot be called as a job.
// EXPECT: a job is called as f\(\) or f\(pawl::job_context&\)
#include <pawl/pawl.hpp>

pawl::scheduler<pawl::limits{.jobs = 4, .job_bytes = 16, .workers = 0}> jobs;

#ifdef PAWL_CONTROL
void submit() {
    jobs.enqueue([](pawl::job_context&) {});
}
#else
void submit() {
    jobs.enqueue([](int) {});
}
#endif
