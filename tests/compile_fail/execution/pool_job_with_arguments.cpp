// SPDX-License-Identifier: BSL-1.0
//
// A callable that cannot be called as a job.
// EXPECT: a job of a pool is called as f\(\) or f\(worker\)
#include <pawl/execution/thread_pool.hpp>

pawl::thread_pool<pawl::pool_limits{.workers = 0}> pool;

#ifdef PAWL_CONTROL
void submit() {
    pool.post([](decltype(pool)::worker&) {});
}
#else
void submit() {
    pool.post([](const char*) {});
}
#endif
