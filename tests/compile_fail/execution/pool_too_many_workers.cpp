// SPDX-License-Identifier: BSL-1.0
//
// More workers than a pool can have.
// EXPECT: pool_limits.workers: a pool has at most 23 threads
#include <pawl/execution/thread_pool.hpp>

#ifdef PAWL_CONTROL
pawl::thread_pool<pawl::pool_limits{.workers = 23, .queue = 8, .local = 8}> pool;
#else
pawl::thread_pool<pawl::pool_limits{.workers = 24, .queue = 8, .local = 8}> pool;
#endif
