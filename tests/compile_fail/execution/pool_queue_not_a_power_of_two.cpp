// SPDX-License-Identifier: BSL-1.0
//
// A queue whose length is no power of two.
// EXPECT: power of two
#include <pawl/execution/thread_pool.hpp>

#ifdef PAWL_CONTROL
pawl::thread_pool<pawl::pool_limits{.workers = 0, .queue = 128}> pool;
#else
pawl::thread_pool<pawl::pool_limits{.workers = 0, .queue = 100}> pool;
#endif
