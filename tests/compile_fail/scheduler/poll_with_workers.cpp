// SPDX-License-Identifier: BSL-1.0
//
// poll() of a scheduler that has workers, and no pool in which jobs wait for the main thread; and
// the pool itself, and a graph.
// EXPECT: limits.local is 0: this scheduler has no room for graphs and posted jobs
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1}> jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1, .local = 0}> jobs;
#endif
void drive() { jobs.poll(); }
void post() {
    jobs.pool().post([] {});
}
