// SPDX-License-Identifier: BSL-1.0
//
// A retry policy for a job of a scheduler whose slots have no room for one.
// EXPECT: limits_retries_is_false
#include <pawl/pawl.hpp>

int main() {
    pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0, .retries = false}> jobs;
#ifdef PAWL_CONTROL
    jobs.enqueue([] {}, {.name = "resize"});
#else
    jobs.enqueue([] {}, {.retry = pawl::no_retry()});
#endif
}
