// SPDX-License-Identifier: BSL-1.0
//
// Asking how a node ended, where that is not recorded.
// EXPECT: graph_options.trace is false: nothing is recorded
#include <pawl/execution/graph.hpp>

#ifdef PAWL_CONTROL
pawl::graph<4, 4, pawl::graph_options{.trace = true}> frame;
#else
pawl::graph<4, 4> frame;
#endif

auto ended() { return frame.end_of(0); }
