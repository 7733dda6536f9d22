// SPDX-License-Identifier: BSL-1.0
//
// What the test of graphs that are built in stages shares with their mutants.
//
// A model knows of each node its successors, and computes in the order of their ranks who runs.
// Edges lead from a lower rank to a higher one; ranks are the nodes' numbers, or random. Between
// two stages the graph is looked at, checked and run, so that the next edges meet one whose edges
// have been laid out, and whose counts have been used.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <pawl/execution/graph.hpp>

#include "graph_checks.hpp"
#include "graph_random.hpp"

namespace graph_checks {

// Of one graph: how often it was not as the model says.
template <class Kind>
class staged_graph {
public:
    explicit staged_graph(u32 seed) : random_{seed}, by_number_{seed % 2 == 0} {}

    [[nodiscard]] u32 run() {
        const u32 stages = 1 + random_.below(5);
        for (u32 stage = 0; stage < stages; ++stage) {
            grow();
            look();
            if (const bool checked_first = random_.one_in(2); checked_first) {
                static_cast<void>(graph_.check());
                look();
            }
            for (u32 times = random_.below(3); times != 0; --times) {
                compare_run();
            }
        }
        compare_run();
        return wrong_;
    }

private:
    static constexpr u32 nodes_max = 24;
    static constexpr u32 edges_max = 72;
    using graph_type = typename Kind::template graph<nodes_max, edges_max>;
    using node_type = decltype(std::declval<graph_type&>().add([] {}));

    enum class end { never, success, failure, deletion };
    struct link {
        u32 to;
        pawl::when condition;
    };
    struct node_model {
        node_type node;
        u32 rank;
        bool chooses;
        bool is_chosen;  // by one node that chooses, if at all: it has no other inputs
        bool has_inputs;
        bool fails;
        u32 choice;
        std::vector<link> links;
    };

    void grow() {
        for (u32 added = random_.below(8); added != 0 && nodes_.size() < nodes_max; --added) {
            add_node();
        }
        if (nodes_.empty()) {
            add_node();
        }
        for (u32 added = random_.below(24); added != 0 && edges_ < edges_max; --added) {
            // One in three times the same parent as before: rows that lie together.
            const u32 from = added % 3 == 0 ? last_ : random_.below(size());
            last_ = from;
            if (random_.one_in(4)) {
                add_edges(random_.below(size()));
            } else {
                add_edge(from, random_.below(size()));
            }
        }
    }
    void add_node() {
        const u32 index = size();
        const bool chooses = random_.one_in(choosers_one_in_);
        const bool fails = !chooses && random_.one_in(8);
        const node_type made = chooses ? graph_.choose([this, index] {
            ++ran_[index];
            return nodes_[index].choice;
        })
                                       : graph_.add([this, index] {
                                             ++ran_[index];
                                             return !nodes_[index].fails;
                                         });
        const u32 rank = by_number_ ? index : random_.below(1000) * nodes_max + index;
        nodes_.push_back(
            {made, rank, chooses, random_.one_in(6), false, fails, random_.below(4), {}});
    }
    void add_edge(u32 from, u32 to) {
        if (nodes_[from].rank > nodes_[to].rank) {
            std::swap(from, to);
        }
        node_model& parent = nodes_[from];
        if (from == to || parent.chooses != nodes_[to].is_chosen ||
            (parent.chooses && nodes_[to].has_inputs)) {
            return;
        }
        nodes_[to].has_inputs = true;
        const pawl::when condition = parent.chooses || !random_.one_in(5) ? pawl::when::success
                                     : random_.one_in(2)                  ? pawl::when::any
                                                                          : pawl::when::failure;
        nodes_[to].node.after(parent.node, condition);
        parent.links.push_back({to, condition});
        ++edges_;
    }

    // Two or three inputs at once; an input may be there twice.
    void add_edges(u32 to) {
        const u32 count = 2 + random_.below(2);
        node_model& child = nodes_[to];
        std::array<u32, 3> from{};
        for (u32 i = 0; i < count; ++i) {
            from[i] = random_.below(size());
            if (nodes_[from[i]].chooses || nodes_[from[i]].rank >= child.rank) {
                return;
            }
        }
        if (child.is_chosen || edges_ + count > edges_max) {
            return;
        }
        if (count == 2) {
            child.node.after(nodes_[from[0]].node, nodes_[from[1]].node);
        } else {
            child.node.after(nodes_[from[0]].node, nodes_[from[1]].node, nodes_[from[2]].node);
        }
        for (u32 i = 0; i < count; ++i) {
            nodes_[from[i]].links.push_back({to, pawl::when::success});
        }
        child.has_inputs = true;
        edges_ += count;
    }

    // Whether the graph tells the model's edges.
    void look() {
        u32 from = 0;
        u32 of = 0;
        u32 seen = 0;
        graph_.for_each_edge([&](const auto& edge) {
            if (edge.from != from) {
                from = edge.from;
                of = 0;
            }
            const node_model& parent = nodes_[edge.from];
            wrong_ += of >= parent.links.size() || parent.links[of].to != edge.to ||
                      parent.links[of].condition != edge.condition || parent.chooses != edge.chosen;
            ++of;
            ++seen;
        });
        wrong_ += seen != edges_ || graph_.edge_count() != edges_;
    }

    void compare_run() {
        std::vector<u32> waits(nodes_.size());
        for (const node_model& each : nodes_) {
            for (const link& edge : each.links) {
                ++waits[edge.to];
            }
        }
        std::vector<u32> order(nodes_.size());
        for (u32 i = 0; i < size(); ++i) {
            order[i] = i;
        }
        std::sort(order.begin(), order.end(),
                  [this](u32 a, u32 b) { return nodes_[a].rank < nodes_[b].rank; });
        // What comes to each node, from those before it.
        std::vector<bool> blocked(nodes_.size());
        std::vector<bool> unmet(nodes_.size());
        std::vector<bool> chosen(nodes_.size());
        std::array<u32, nodes_max> expected{};
        bool any_root = false;
        bool failed = false;
        for (const u32 index : order) {
            const node_model& self = nodes_[index];
            any_root = any_root || waits[index] == 0;
            const bool called = waits[index] == 0 || (self.is_chosen ? chosen[index] : true);
            const end ended = !called || blocked[index] ? end::never
                              : unmet[index]            ? end::deletion
                              : self.fails              ? end::failure
                                                        : end::success;
            const bool runs = ended == end::success || ended == end::failure;
            expected[index] = runs ? 1 : 0;
            failed = failed || ended == end::failure;
            for (u32 i = 0; i < self.links.size(); ++i) {
                const link& edge = self.links[i];
                if (self.chooses) {
                    chosen[edge.to] = chosen[edge.to] || (runs && self.choice == i);
                } else if (ended == end::never) {
                    blocked[edge.to] = true;
                } else {
                    const pawl::when as = ended == end::success   ? pawl::when::success
                                          : ended == end::failure ? pawl::when::failure
                                                                  : pawl::when::deletion;
                    unmet[edge.to] = unmet[edge.to] || !pawl::meets(as, edge.condition);
                }
            }
        }
        ran_ = {};
        const pawl::graph_run result = pool_.run(graph_);
        if (!any_root) {
            wrong_ += result.error() != pawl::graph_error::no_start;
            return;
        }
        const auto outcome = failed ? pawl::graph_outcome::failed : pawl::graph_outcome::succeeded;
        wrong_ += result.wait() != outcome;
        for (u32 i = 0; i < size(); ++i) {
            wrong_ += ran_[i] != expected[i];
        }
    }

    [[nodiscard]] u32 size() const { return static_cast<u32>(nodes_.size()); }

    random_source random_;
    const bool by_number_;
    const u32 choosers_one_in_ = random_.one_in(2) ? 0 : 5;
    typename Kind::pool pool_;
    graph_type graph_;
    std::vector<node_model> nodes_;
    std::array<u32, nodes_max> ran_{};
    u32 edges_ = 0;
    u32 last_ = 0;
    u32 wrong_ = 0;
};

// Several, each with another seed.
template <class Kind>
[[nodiscard]] u32 build_in_stages(u32 first_seed, u32 graphs) {
    u32 wrong = 0;
    for (u32 i = 0; i < graphs; ++i) {
        staged_graph<Kind> each{first_seed + i};
        wrong += each.run();
    }
    return wrong;
}

}  // namespace graph_checks
