// SPDX-License-Identifier: BSL-1.0
//
// A node whose result could be taken for a choice.
// EXPECT: a node returns nothing, or a bool: whether it succeeded
#include <pawl/execution/graph.hpp>

pawl::graph<4, 4> frame;

#ifdef PAWL_CONTROL
void build() {
    frame.choose([] { return 1; });
}
#else
void build() {
    frame.add([] { return 1; });
}
#endif
