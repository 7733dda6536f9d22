// SPDX-License-Identifier: BSL-1.0
//
// A node that chooses, and does not say what.
// EXPECT: a node that chooses returns the number of a successor
#include <pawl/execution/graph.hpp>

pawl::graph<4, 4> frame;

#ifdef PAWL_CONTROL
void build() {
    frame.add([] {});
}
#else
void build() {
    frame.choose([] {});
}
#endif
