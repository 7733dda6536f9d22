// SPDX-License-Identifier: BSL-1.0
//
// A node that captures more than a node has room for.
// EXPECT: this callable is larger than a node
// EXPECT: node_of_bytes<24, *16>
#include <cstdint>

#include <pawl/execution/graph.hpp>

struct numbers {
    std::uint64_t each[3];
};

#ifdef PAWL_CONTROL
pawl::graph<4, 4, pawl::graph_options{.node_bytes = 24}> frame;
#else
pawl::graph<4, 4> frame;
#endif

void build(numbers& of) {
    frame.add([of] { static_cast<void>(of); });
}
