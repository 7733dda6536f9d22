// SPDX-License-Identifier: BSL-1.0
//
// Random graphs, and an oracle that says what runs in them and how it ends.
//
// A graph is a list of nodes, each with inputs from nodes before it: so one pass in that order
// computes what each of them has to do. Some nodes choose one of their successors, some are random
// graphs themselves. Which nodes fail, and what is chosen, is drawn anew for each run.
//
// What a node knows of its inputs it reads from plain memory, which they wrote: a run that does not
// order them is a data race, which ThreadSanitizer sees, and a wrong number else.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/when.hpp>

#include "execution/graph_checks.hpp"

namespace graph_checks {

class random_source {
public:
    explicit random_source(u32 seed) noexcept : engine_{seed} {}
    [[nodiscard]] u32 below(u32 limit) noexcept {
        return limit == 0 ? 0 : static_cast<u32>(engine_() % limit);
    }
    [[nodiscard]] bool one_in(u32 count) noexcept { return count != 0 && below(count) == 0; }

private:
    std::mt19937 engine_;
};

// What a random graph looks like. One in so many; 0: none.
struct shape {
    u32 nodes = 100;
    u32 inputs_max = 3;
    u32 window = 20;  // an input is at most so many nodes before
    u32 roots_one_in = 0;
    u32 conditions_one_in = 4;
    u32 choosers_one_in = 0;
    u32 graphs_one_in = 0;
};

// Inputs of a random graph's nodes, at most, for each node on average.
constexpr u32 edges_a_node = 5;

template <class Platform, u32 Nodes, u32 Depth = 1, bool Traced = false>
class random_graph {
    static constexpr u32 inner_nodes = 24;
    using inner_type = random_graph<Platform, inner_nodes, (Depth == 0 ? 0 : Depth - 1), Traced>;
    static constexpr pawl::graph_options options{.names = false, .trace = Traced};

public:
    using graph_type = pawl::graph<Nodes, edges_a_node * Nodes, options, Platform>;

    random_graph(random_source& random, const shape& like)
        : graph_{std::make_unique<graph_type>()} {
        records_.reserve(like.nodes);
        std::vector<typename graph_type::node> nodes;
        nodes.reserve(like.nodes);
        for (u32 i = 0; i < like.nodes; ++i) {
            records_.emplace_back();
            nodes.push_back(add_node(random, like, i));
            connect(random, like, nodes);
        }
    }
    random_graph(const random_graph&) = delete;
    random_graph& operator=(const random_graph&) = delete;

    [[nodiscard]] graph_type& graph() noexcept { return *graph_; }
    [[nodiscard]] u32 size() const noexcept { return static_cast<u32>(records_.size()); }

    // Draws what fails, and what is chosen, in the next run, and computes what then follows.
    // Returns how it will end, if nobody cancels it.
    pawl::graph_outcome draw(random_source& random, u32 failures_one_in) {
        ++epoch_;
        bool failed = false;
        for (record& each : records_) {
            each.fails = random.one_in(failures_one_in);
            each.choice = random.below(static_cast<u32>(each.targets.size()) + 1);
            const bool inner_fails =
                each.inner != nullptr &&
                each.inner->draw(random, failures_one_in) == pawl::graph_outcome::failed;
            each.end = end_of(each, inner_fails);
            failed = failed || each.end == ending::failure;
        }
        return failed ? pawl::graph_outcome::failed : pawl::graph_outcome::succeeded;
    }

    // What is wrong after a run. If it was cancelled, not everything has to have run.
    [[nodiscard]] u32 faults(bool cancelled = false) const { return faults_of(true, cancelled); }
    // Whether everything has run that should have.
    [[nodiscard]] bool complete() const {
        return std::all_of(records_.begin(), records_.end(), [this](const record& each) {
            return !runs(each) ||
                   (each.inner != nullptr ? each.inner->complete() : each.done == epoch_);
        });
    }
    // How many nodes will run, but for what is inside nodes.
    [[nodiscard]] u32 to_run() const {
        return static_cast<u32>(std::count_if(records_.begin(), records_.end(),
                                              [](const record& each) { return runs(each); }));
    }

    // Called by each node of this graph, before its end.
    void on_node(void (*call)(void*), void* context) noexcept {
        call_ = call;
        context_ = context;
    }

private:
    template <class, u32, u32, bool>
    friend class random_graph;

    enum class ending : std::uint8_t { success, failure, deletion, never };

    struct input {
        u32 from;
        pawl::when condition;
    };
    struct record {
        std::vector<input> inputs;
        std::vector<u32> targets;  // of a node that chooses
        std::unique_ptr<inner_type> inner;
        bool chooses = false;
        bool fails = false;
        ending end = ending::never;
        u32 choice = 0;
        u32 done = 0;  // the epoch of its latest run
    };

    struct body {
        random_graph* of;
        u32 node;
        bool operator()() const noexcept { return of->pass(node); }
    };
    struct choosing_body {
        random_graph* of;
        u32 node;
        u32 operator()() const noexcept {
            of->pass(node);
            return of->records_[node].choice;
        }
    };

    [[nodiscard]] static bool runs(const record& each) noexcept {
        return each.end == ending::success || each.end == ending::failure;
    }

    auto add_node(random_source& random, const shape& like, u32 index) {
        record& made = records_.back();
        if (random.one_in(like.choosers_one_in)) {
            made.chooses = true;
            return graph_->choose(choosing_body{this, index});
        }
        if constexpr (Depth != 0) {
            if (random.one_in(like.graphs_one_in)) {
                shape smaller = like;
                smaller.nodes = 1 + random.below(inner_nodes);
                made.inner = std::make_unique<inner_type>(random, smaller);
                return graph_->add(made.inner->graph());
            }
        }
        return graph_->add(body{this, index});
    }

    // Inputs for the node that was added last.
    template <class Handles>
    void connect(random_source& random, const shape& like, const Handles& nodes) {
        const u32 index = size() - 1;
        if (index == 0 || random.one_in(like.roots_one_in)) {
            return;
        }
        const u32 reach = std::min(index, std::max(like.window, 1U));
        const u32 count = 1 + random.below(std::min(like.inputs_max, edges_a_node));
        for (u32 i = 0; i < count; ++i) {
            const u32 from = index - 1 - random.below(reach);
            record& parent = records_[from];
            record& self = records_[index];
            if (parent.chooses) {
                // What is chosen has no other input: it would not be waited for.
                if (self.inputs.empty()) {
                    self.inputs.push_back({from, pawl::when::success});
                    parent.targets.push_back(index);
                    nodes[index].after(nodes[from]);
                    return;
                }
                continue;
            }
            const auto condition = random.one_in(like.conditions_one_in)
                                       ? static_cast<pawl::when>(1 + random.below(7))
                                       : pawl::when::success;
            self.inputs.push_back({from, condition});
            if (i % 2 == 0) {
                nodes[index].after(nodes[from], condition);
            } else {
                nodes[from].before(nodes[index], condition);
            }
        }
    }

    [[nodiscard]] static pawl::when as_when(ending end) noexcept {
        return end == ending::success   ? pawl::when::success
               : end == ending::failure ? pawl::when::failure
                                        : pawl::when::deletion;
    }

    // The oracle: of a node all of whose inputs are known.
    [[nodiscard]] ending end_of(const record& node, bool inner_fails) const {
        const auto index = static_cast<u32>(&node - records_.data());
        bool met = true;
        for (const input& each : node.inputs) {
            const record& from = records_[each.from];
            if (from.chooses) {
                const bool chosen = from.end == ending::success &&
                                    from.choice < from.targets.size() &&
                                    from.targets[from.choice] == index;
                if (!chosen) {
                    return ending::never;
                }
            } else if (from.end == ending::never) {
                return ending::never;
            } else {
                met = met && pawl::meets(as_when(from.end), each.condition);
            }
        }
        if (!met) {
            return ending::deletion;
        }
        const bool fails = node.inner != nullptr ? inner_fails : node.fails && !node.chooses;
        return fails ? ending::failure : ending::success;
    }

    // A node runs: it should, it has not yet, and what it waits for has. Returns how it ends.
    bool pass(u32 node) noexcept {
        record& self = records_[node];
        u32 wrong = runs(self) && self.done != epoch_ ? 0U : 1U;
        for (const input& each : self.inputs) {
            const record& from = records_[each.from];
            if (runs(from)) {
                const bool over =
                    from.inner != nullptr ? from.inner->complete() : from.done == epoch_;
                wrong += over ? 0U : 1U;
            }
        }
        self.done = epoch_;
        if (wrong != 0) {
            wrong_.fetch_add(wrong, std::memory_order_relaxed);
        }
        if (call_ != nullptr) {
            call_(context_);
        }
        return !self.fails;
    }

    [[nodiscard]] u32 faults_of(bool begun, bool cancelled) const {
        u32 wrong = wrong_.load();
        for (u32 i = 0; i < size(); ++i) {
            const record& each = records_[i];
            if (each.inner != nullptr) {
                wrong += each.inner->faults_of(begun && runs(each), cancelled);
            } else if (cancelled) {
                wrong += each.done != epoch_ || (begun && runs(each)) ? 0U : 1U;
            } else {
                wrong += (each.done == epoch_) == (begun && runs(each)) ? 0U : 1U;
            }
            if constexpr (Traced) {
                if (begun && !cancelled) {
                    const pawl::when expected =
                        each.end == ending::never ? pawl::when::any : as_when(each.end);
                    wrong += graph_->end_of(i) == expected ? 0U : 1U;
                }
            }
        }
        return wrong;
    }

    std::unique_ptr<graph_type> graph_;
    std::vector<record> records_;
    u32 epoch_ = 0;
    std::atomic<u32> wrong_{0};
    void (*call_)(void*) = nullptr;
    void* context_ = nullptr;
};

// Shapes of every manner: chains, trees, thick and thin ones, with choices and graphs in them.
inline shape any_shape(random_source& random, u32 nodes_max) {
    constexpr u32 windows[] = {1, 2, 5, 40, 1'000'000};
    constexpr u32 rates[] = {0, 0, 3, 8, 30};
    shape made;
    made.nodes = 1 + random.below(nodes_max);
    made.inputs_max = 1 + random.below(edges_a_node);
    made.window = windows[random.below(5)];
    made.roots_one_in = rates[random.below(5)];
    made.conditions_one_in = rates[random.below(5)];
    made.choosers_one_in = rates[random.below(5)];
    made.graphs_one_in = rates[random.below(5)];
    return made;
}

// How many nodes have failed on average: none, few, many.
inline u32 any_failure_rate(random_source& random) {
    constexpr u32 rates[] = {0, 200, 20, 4};
    return rates[random.below(4)];
}

// Room for the graphs of the programs below.
constexpr u32 room = 300;

// What random runs came to.
struct run_counts {
    u32 wrong = 0;
    u32 cancelled = 0;  // did not run everything
    u32 complete = 0;
    std::uint64_t nodes = 0;
};

// Runs random graphs, each several times, one after the other.
template <class Kind, u32 Nodes = room, bool Traced = false>
run_counts run_random_graphs(u32 seed, u32 graphs, u32 nodes_max, u32 runs_each) {
    const auto pool = std::make_unique<typename Kind::pool>();
    random_source random{seed};
    run_counts counts;
    for (u32 made = 0; made < graphs; ++made) {
        random_graph<typename Kind::platform, Nodes, 2, Traced> graph{random,
                                                                      any_shape(random, nodes_max)};
        for (u32 i = 0; i < runs_each; ++i) {
            const pawl::graph_outcome expected = graph.draw(random, any_failure_rate(random));
            const pawl::graph_run run = pool->run(graph.graph());
            const pawl::graph_outcome outcome = run.wait();
            counts.wrong += run && outcome == expected && graph.faults() == 0 ? 0U : 1U;
            counts.complete += graph.complete() ? 1U : 0U;
            counts.nodes += graph.to_run();
        }
    }
    return counts;
}

// The same, and one of its nodes cancels the run.
template <class Kind>
run_counts cancel_random_graphs(u32 seed, u32 graphs, u32 nodes_max, u32 runs_each) {
    struct canceller {
        pawl::graph_run run;
        std::atomic<bool> known{false};
        std::atomic<u32> left{0};
        static void node(void* context) {
            auto& self = *static_cast<canceller*>(context);
            if (self.left.fetch_sub(1, std::memory_order_relaxed) == 1) {
                while (!self.known.load(std::memory_order_acquire)) {
                }
                self.run.cancel();
            }
        }
    };
    const auto pool = std::make_unique<typename Kind::pool>();
    random_source random{seed};
    run_counts counts;
    for (u32 made = 0; made < graphs; ++made) {
        random_graph<typename Kind::platform, room, 2> graph{random, any_shape(random, nodes_max)};
        canceller by;
        graph.on_node(&canceller::node, &by);
        for (u32 i = 0; i < runs_each; ++i) {
            const pawl::graph_outcome expected = graph.draw(random, any_failure_rate(random));
            by.known = false;
            by.left = 1 + random.below(graph.to_run() + graph.to_run() / 4 + 1);
            by.run = pool->run(graph.graph());
            by.known.store(true, std::memory_order_release);
            const pawl::graph_outcome outcome = by.run.wait();
            const bool all = graph.complete();
            bool right = graph.faults(outcome == pawl::graph_outcome::cancelled ||
                                      outcome == pawl::graph_outcome::failed) == 0;
            // What failed may have been left out, and something is left out, or nothing.
            if (outcome == pawl::graph_outcome::cancelled) {
                right = right && !all;
            } else {
                right = right && expected == outcome;
            }
            if (outcome == pawl::graph_outcome::succeeded) {
                right = right && all;
            }
            counts.wrong += right ? 0U : 1U;
            counts.cancelled += all ? 0U : 1U;
            counts.complete += all ? 1U : 0U;
            counts.nodes += graph.to_run();
        }
    }
    return counts;
}

}  // namespace graph_checks
