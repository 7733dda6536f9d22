// SPDX-License-Identifier: BSL-1.0
//
// A feature whose capacity is 0. The error names the limit.
// EXPECT: limits.recurring is 0: this scheduler has no recurring jobs
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 1, .workers = 0}> jobs;
void submit() {
    jobs.every(std::chrono::seconds{1}, [] {});
}
#else
pawl::scheduler<pawl::limits{.jobs = 4, .recurring = 0, .workers = 0}> jobs;
void submit() {
    jobs.every(std::chrono::seconds{1}, [] {});
}
#endif
