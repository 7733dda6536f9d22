// SPDX-License-Identifier: BSL-1.0
//
// A cycle, a node that is not there, a name twice, and more edges than a graph has room for.
// EXPECT: the_edges_make_a_cycle
// EXPECT: an_edge_names_a_node_that_is_not_there
// EXPECT: two_nodes_have_the_same_name
// EXPECT: this shape has more nodes or edges than the graph has room for
// EXPECT: a graph of a shape needs one callable for each node
#include <pawl/execution/graph.hpp>

using pawl::graph_shape;

#ifdef PAWL_CONTROL
constexpr graph_shape a{{"x", "y"}, {{"x", "y"}}};
constexpr graph_shape b{{"x", "y"}, {{"y", "x"}}};
constexpr graph_shape c{{"x", "z"}, {{"x", "z"}}};
pawl::graph<2, 1> d{a, [] {}, [] {}};
pawl::graph e{b, [] {}, [] {}};
#else
constexpr graph_shape a{{"x", "y"}, {{"x", "y"}, {"y", "x"}}};
constexpr graph_shape b{{"x", "y"}, {{"x", "zebra"}}};
constexpr graph_shape c{{"x", "x"}, {{"x", "x"}}};
constexpr graph_shape two{{"x", "y", "z"}, {{"x", "y"}, {"x", "z"}}};
pawl::graph<3, 1> d{two, [] {}, [] {}, [] {}};
pawl::graph e{two, [] {}};
#endif
