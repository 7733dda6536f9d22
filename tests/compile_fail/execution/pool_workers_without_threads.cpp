// SPDX-License-Identifier: BSL-1.0
//
// Workers on a platform that has no threads.
// EXPECT: this platform has no threads: set pool_limits.workers to 0
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#ifdef PAWL_CONTROL
pawl::thread_pool<pawl::pool_limits{.workers = 0}, pawl::manual_platform> pool;
#else
pawl::thread_pool<pawl::pool_limits{.workers = 2}, pawl::manual_platform> pool;
#endif
