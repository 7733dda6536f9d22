// SPDX-License-Identifier: BSL-1.0
//
// graph_text: a graph as a drawing in the DOT language of Graphviz, and a cycle in words.
//
//   char memory[4096];
//   pawl::text_buffer text{memory};
//   pawl::write_dot(frame, text);                 // dot -Tsvg draws it
//   if (frame.check() == pawl::graph_error::cycle) pawl::write_cycle(frame, text);
//                                                 // physics -> render -> physics
//
// Edges say on which end they follow, where that is not success; chosen ones are dashed. Where the
// graph records it (graph_options.trace), nodes show how long they took when it last ran, and what
// did not succeed is coloured.
//
// Cost: linear. Memory is the caller's; text that finds no place is cut, and text_buffer says so.
// Who may call: who may build the graph.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/execution/graph.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class graph_writer {
public:
    constexpr explicit graph_writer(text_buffer& out) noexcept : out_{out} {}

    template <class Graph>
    void dot(const Graph& graph) noexcept {
        out_.put("digraph {\n");
        for (std::uint32_t i = 0; i < graph.node_count(); ++i) {
            out_.put("    n");
            out_.put_number(i);
            out_.put(" [label=\"");
            label(graph, i, true);
            details(graph, i);
            out_.put("];\n");
        }
        graph.for_each_edge([this](const auto& each) { this->edge(each); });
        out_.put("}\n");
    }

    template <class Graph>
    void cycle(const Graph& graph) noexcept {
        const auto nodes = graph.cycle();
        for (const std::uint32_t node : nodes) {
            label(graph, node, false);
            out_.put(" -> ");
        }
        if (!nodes.empty()) {
            label(graph, nodes.front(), false);
        }
    }

private:
    // A node's name, or its number.
    template <class Graph>
    void label(const Graph& graph, std::uint32_t node, bool quoted) noexcept {
        const std::string_view name = graph.name_of(node);
        for (const char c : name) {
            if (quoted && (c == '"' || c == '\\')) {
                out_.put('\\');
            }
            out_.put(c);
        }
        if (name.empty()) {
            out_.put('#');
            out_.put_number(node);
        }
    }

    // The rest of the label, and the colour.
    template <class Graph>
    void details(const Graph& graph, std::uint32_t node) noexcept {
        if constexpr (Graph::options.trace) {
            const auto took =
                std::chrono::duration_cast<std::chrono::nanoseconds>(graph.took(node));
            const when end = graph.end_of(node);
            if (end == when::success || end == when::failure) {
                out_.put("\\n");
                out_.put_number(static_cast<std::uint64_t>(took.count()));
                out_.put(" ns");
            }
            out_.put('"');
            if (end == when::failure) {
                out_.put(", style=filled, fillcolor=salmon");
            } else if (end == when::deletion) {
                out_.put(", style=filled, fillcolor=lightgrey");
            }
        } else {
            out_.put('"');
        }
    }

    template <class Edge>
    void edge(const Edge& edge) noexcept {
        out_.put("    n");
        out_.put_number(edge.from);
        out_.put(" -> n");
        out_.put_number(edge.to);
        if (edge.chosen) {
            out_.put(" [style=dashed]");
        } else if (edge.condition != when::success) {
            out_.put(" [label=\"");
            condition(edge.condition);
            out_.put("\"]");
        }
        out_.put(";\n");
    }

    void condition(when condition) noexcept {
        if (condition == when::any) {
            out_.put("any");
            return;
        }
        std::string_view before;
        const auto end = [&](when one, std::string_view word) {
            if (meets(one, condition)) {
                out_.put(before);
                out_.put(word);
                before = ", ";
            }
        };
        end(when::success, "success");
        end(when::failure, "failure");
        end(when::deletion, "deletion");
    }

    text_buffer& out_;
};

// The graph in the DOT language.
template <class Graph>
void write_dot(const Graph& graph, text_buffer& out) noexcept {
    graph_writer{out}.dot(graph);
}

// "physics -> render -> physics"; nothing if check() has found no cycle.
template <class Graph>
void write_cycle(const Graph& graph, text_buffer& out) noexcept {
    graph_writer{out}.cycle(graph);
}

// Why a graph cannot be run, as a sentence.
[[nodiscard]] constexpr std::string_view to_string(graph_error error) noexcept {
    switch (error) {
        case graph_error::none: return "nothing is wrong with the graph";
        case graph_error::too_many_nodes: return "the graph has no room for another node";
        case graph_error::too_many_edges: return "the graph has no room for another edge";
        case graph_error::no_such_node: return "an edge leads from or to a node of another graph";
        case graph_error::cycle: return "some nodes wait for one another (graph::cycle())";
        case graph_error::no_start: return "every node waits for another one, none can begin";
        case graph_error::busy: return "the graph is running already";
        case graph_error::stopped: return "the pool stops, or has stopped";
        case graph_error::full: return "the pool has no room for another job (pool_limits.queue)";
    }
    return "unknown";
}

}  // namespace PAWL_ABI
}  // namespace pawl
