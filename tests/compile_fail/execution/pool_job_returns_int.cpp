// SPDX-License-Identifier: BSL-1.0
//
// A callable whose result would be lost.
// EXPECT: a job of a pool returns nothing
#include <pawl/execution/thread_pool.hpp>

pawl::thread_pool<pawl::pool_limits{.workers = 0}> pool;

#ifdef PAWL_CONTROL
void submit() {
    pool.post([] {});
}
#else
void submit() {
    pool.post([] { return 42; });
}
#endif
