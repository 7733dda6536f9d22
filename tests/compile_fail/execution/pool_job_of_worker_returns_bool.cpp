// SPDX-License-Identifier: BSL-1.0
//
// A callable that gets the worker, and whose result would be lost.
// EXPECT: a job of a pool returns nothing
#include <pawl/execution/thread_pool.hpp>

using pool_type = pawl::thread_pool<pawl::pool_limits{.workers = 0}>;

#ifdef PAWL_CONTROL
void fork(pool_type::worker& worker) {
    worker.spawn([](pool_type::worker&) {});
}
#else
void fork(pool_type::worker& worker) {
    worker.spawn([](pool_type::worker&) { return true; });
}
#endif
