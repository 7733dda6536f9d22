// SPDX-License-Identifier: BSL-1.0
//
// A name for a job of a scheduler whose slots have no room for one.
// EXPECT: limits_names_is_false
#include <pawl/pawl.hpp>

int main() {
    pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0, .names = false}> jobs;
#ifdef PAWL_CONTROL
    jobs.enqueue([] {}, {.queue = "default"});
#else
    jobs.enqueue([] {}, {.name = "resize"});
#endif
}
