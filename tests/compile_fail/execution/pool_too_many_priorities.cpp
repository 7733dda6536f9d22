// SPDX-License-Identifier: BSL-1.0
//
// More priorities than a pool can have.
// EXPECT: pool_limits.priorities is 1 to 4
#include <pawl/execution/thread_pool.hpp>

#ifdef PAWL_CONTROL
pawl::thread_pool<pawl::pool_limits{.workers = 0, .priorities = 4}> pool;
#else
pawl::thread_pool<pawl::pool_limits{.workers = 0, .priorities = 5}> pool;
#endif
