// SPDX-License-Identifier: BSL-1.0
//
// A graph whose words are plain memory, in a pool with threads.
// EXPECT: this graph is made for another platform than the pool
#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

pawl::thread_pool<pawl::pool_limits{.workers = 2}> pool;

#ifdef PAWL_CONTROL
pawl::graph<4, 4> frame;
#else
pawl::graph<4, 4, pawl::graph_options{}, pawl::manual_platform> frame;
#endif

void run() { pool.run(frame).wait(); }
