// SPDX-License-Identifier: BSL-1.0
//
// graph_shape: the nodes and edges of a graph that is known beforehand, checked by the compiler.
//
//   constexpr pawl::graph_shape frame_shape{{"input", "physics", "audio", "render"},
//                                           {{"input", "physics"},
//                                            {"input", "audio"},
//                                            {"physics", "render"},
//                                            {"audio", "render"}}};
//   pawl::graph frame{frame_shape, read_input, step_physics, mix_audio, render};
//
// An edge that names a node that is not there, a name twice, and a cycle do not compile, nor does a
// graph with more or fewer callables than the shape has nodes. The graph has just as much room as
// the shape needs.
//
// Cost: none at run time beyond the graph's own. Who may call: the compiler.
#pragma once

#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/execution/when.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// `to` waits for `from`.
struct shape_edge {
    std::string_view from;
    std::string_view to;
    when condition = when::success;
};

template <std::uint32_t Nodes, std::uint32_t Edges>
class graph_shape {
public:
    struct edge {
        std::uint32_t from = 0;
        std::uint32_t to = 0;
        when condition = when::success;
    };

    consteval graph_shape(const char* const (&names)[Nodes], const shape_edge (&edges)[Edges]) {
        for (std::uint32_t i = 0; i < Nodes; ++i) {
            names_[i] = names[i];
            if (find(names[i]) != i) {
                two_nodes_have_the_same_name();
            }
        }
        for (std::uint32_t i = 0; i < Edges; ++i) {
            edges_[i] = {find(edges[i].from), find(edges[i].to), edges[i].condition};
            if (edges_[i].from == Nodes || edges_[i].to == Nodes) {
                an_edge_names_a_node_that_is_not_there();
            }
        }
        if (!has_order()) {
            the_edges_make_a_cycle();
        }
    }

    [[nodiscard]] constexpr const char* name_of(std::uint32_t node) const noexcept {
        return names_[node];
    }
    [[nodiscard]] constexpr const edge& operator[](std::uint32_t index) const noexcept {
        return edges_[index];
    }

private:
    // The first node of this name, or Nodes.
    [[nodiscard]] constexpr std::uint32_t find(std::string_view called) const noexcept {
        std::uint32_t index = 0;
        while (index < Nodes && (names_[index] == nullptr || called != names_[index])) {
            ++index;
        }
        return index;
    }

    // Whether all nodes can run, one after the other.
    [[nodiscard]] constexpr bool has_order() const noexcept {
        bool ran[Nodes]{};
        for (std::uint32_t round = 0; round < Nodes; ++round) {
            std::uint32_t next = Nodes;
            for (std::uint32_t node = 0; node < Nodes && next == Nodes; ++node) {
                bool ready = !ran[node];
                for (const edge& each : edges_) {
                    ready = ready && (each.to != node || ran[each.from]);
                }
                next = ready ? node : next;
            }
            if (next == Nodes) {
                return false;
            }
            ran[next] = true;
        }
        return true;
    }

    // Not constexpr: calling one in a constant expression is the compile error.
    static void two_nodes_have_the_same_name() {}
    static void an_edge_names_a_node_that_is_not_there() {}
    static void the_edges_make_a_cycle() {}

    const char* names_[Nodes] = {};
    edge edges_[Edges] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
