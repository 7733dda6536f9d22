// SPDX-License-Identifier: BSL-1.0
//
// A callable that needs a stricter alignment than a node has.
// EXPECT: a node's callable is aligned to 8 at most
#include <pawl/execution/graph.hpp>

#ifdef PAWL_CONTROL
struct alignas(8) task {
#else
struct alignas(16) task {
#endif
    void operator()() {}
};

pawl::graph<4, 4> frame;

void build() { frame.add(task{}); }
