// SPDX-License-Identifier: BSL-1.0
//
// A feature whose capacity is 0. The error names the limit.
// EXPECT: limits.edges is 0: this scheduler has no continuations
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .edges = 1, .workers = 0}> jobs;
void submit() {
    jobs.then(pawl::job_id{}, [] {});
}
#else
pawl::scheduler<pawl::limits{.jobs = 4, .edges = 0, .workers = 0}> jobs;
void submit() {
    jobs.then(pawl::job_id{}, [] {});
}
#endif
