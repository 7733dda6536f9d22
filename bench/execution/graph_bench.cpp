// SPDX-License-Identifier: BSL-1.0
//
// part: graph
//
// Graphs of jobs beside those of others, with one and with two workers: to run them once more, and
// to build them. Goal: a node of a graph costs less than a job, and no allocation ever. Method:
// nodes that do nothing but count themselves. A graph is run many times in a row, so that the
// figure is not that of a wake, nor of a cold cache.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "../harness.hpp"
#include "graph_peers.hpp"

namespace {

using namespace std::chrono_literals;
using namespace bench::graphs;
using bench::tally;

// --- Shapes --------------------------------------------------------------------------------------

// What add() returns is kept here while a graph is built; nobody has to allocate for it.
template <class Graph>
auto& handles() {
    static std::vector<decltype(std::declval<Graph&>().add(std::declval<tally&>()))> kept;
    kept.clear();
    return kept;
}

// From two nodes to a third: at once where these graphs can say so.
template <class Graph, class Node>
void edges_of_two(Graph& graph, const Node& first, const Node& second, const Node& to) {
    if constexpr (requires { graph.edges(first, second, to); }) {
        graph.edges(first, second, to);
    } else {
        graph.edge(first, to);
        graph.edge(second, to);
    }
}

template <std::uint32_t Length>
struct chain_of {
    static constexpr std::uint32_t nodes = Length;
    static constexpr std::uint32_t edges = Length - 1;

    template <class Graph>
    static void build(Graph& graph, tally& done) {
        auto before = graph.add(done);
        for (std::uint32_t i = 1; i < nodes; ++i) {
            auto node = graph.add(done);
            graph.edge(before, node);
            before = node;
        }
    }
};

// One, so many, and one again.
struct fan {
    static constexpr std::uint32_t width = 1000;
    static constexpr std::uint32_t nodes = width + 2;
    static constexpr std::uint32_t edges = 2 * width;

    template <class Graph>
    static void build(Graph& graph, tally& done) {
        auto& middle = handles<Graph>();
        auto first = graph.add(done);
        for (std::uint32_t i = 0; i < width; ++i) {
            middle.push_back(graph.add(done));
            graph.edge(first, middle.back());
        }
        auto last = graph.add(done);
        for (const auto& each : middle) {
            graph.edge(each, last);
        }
    }
};

struct tree {
    static constexpr std::uint32_t nodes = (1 << 17) - 1;
    static constexpr std::uint32_t edges = nodes - 1;

    template <class Graph>
    static void build(Graph& graph, tally& done) {
        auto& made = handles<Graph>();
        made.push_back(graph.add(done));
        for (std::uint32_t i = 1; i < nodes; ++i) {
            made.push_back(graph.add(done));
            graph.edge(made[(i - 1) / 2], made[i]);
        }
    }
};

// Each node of a square after the ones above and to the left.
struct wavefront {
    static constexpr std::uint32_t side = 256;
    static constexpr std::uint32_t nodes = side * side;
    static constexpr std::uint32_t edges = 2 * side * (side - 1);

    template <class Graph>
    static void build(Graph& graph, tally& done) {
        auto& made = handles<Graph>();
        for (std::uint32_t i = 0; i < nodes; ++i) {
            made.push_back(graph.add(done));
            const bool has_left = i % side != 0;
            if (i >= side && has_left) {
                edges_of_two(graph, made[i - side], made[i - 1], made[i]);
            } else if (i >= side) {
                graph.edge(made[i - side], made[i]);
            } else if (has_left) {
                graph.edge(made[i - 1], made[i]);
            }
        }
    }
};

using chain = chain_of<1'000'000>;

// The chain that these graphs can run.
template <class Graphs, class Shape>
struct fitting {
    using type = Shape;
};
template <class Graphs>
requires requires { Graphs::chain_max; }
struct fitting<Graphs, chain> {
    using type = chain_of<Graphs::chain_max>;
};

// --- Laps ----------------------------------------------------------------------------------------

template <class Graphs, class Shape>
struct site {
    using graph_type = typename Graphs::template graph<Shape::nodes, Shape::edges>;

    Graphs pool;
    tally done;
    std::optional<graph_type> graph;

    void build() {
        graph.emplace(pool);
        Shape::build(*graph, done);
    }
    void run(std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            graph->run();
        }
    }
};

template <class Graphs, class Wanted>
bench::lap rerun() {
    using Shape = typename fitting<Graphs, Wanted>::type;
    auto at = std::make_shared<site<Graphs, Shape>>();
    at->build();
    at->graph->seal();
    return [at](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t times = Shape::nodes < 10'000 ? 20 : 1;
        const std::uint64_t before = at->done.sum();
        watch.start();
        at->run(times);
        watch.stop();
        at->graph->settle();
        bench::check(at->done.sum() - before == std::uint64_t{Shape::nodes} * times,
                     "a graph left a node out");
        return std::uint64_t{Shape::nodes} * times;
    };
}

// Ready to run; ours also without the check for cycles, which nobody else makes. In memory that was
// a graph's before, so that the figure is not that of the system's pages.
template <class Graphs, class Shape, bool Sealed = true>
bench::lap build() {
    return [at = std::make_shared<site<Graphs, Shape>>()](bench::stopwatch& watch) {
        at->graph.reset();
        watch.start();
        at->build();
        if (Sealed) {
            at->graph->seal();
        }
        watch.stop();
        return std::uint64_t{Shape::nodes};
    };
}

// --- Rows ----------------------------------------------------------------------------------------

template <std::uint32_t Workers, class Shape>
void add_rerun(bench::report& report, const char* shape, double best_peers_times,
               const char* rival = "") {
    bench::contest row{report, std::string{shape} + ", a node, " + std::to_string(Workers) +
                                   (Workers == 1 ? " worker" : " workers")};
    row.ours(rerun<pawl_graphs<Workers>, Shape>());
    row.target_peer(rival, best_peers_times);
    each_peer<Workers>(
        [&]<class Graphs>(const char* name) { row.peer(name, rerun<Graphs, Shape>()); });
    row.rest(2ms);
    row.warm_slices(300us);
    row.run();
}

template <class Shape>
void add_build(bench::report& report, const char* shape) {
    bench::contest row{report, std::string{"build, "} + shape + ", a node"};
    row.ours(build<pawl_graphs<1>, Shape>());
    row.target_peer("taskflow", 1 / 5.);
    row.also(std::string{"build, "} + shape + ", a node, not checked");
    row.ours(build<pawl_graphs<1>, Shape, false>());
    each_peer<1>([&]<class Graphs>(const char* name) { row.peer(name, build<Graphs, Shape>()); });
    row.warm_slices(300us);
    row.run();
}

template <std::uint32_t Workers>
void add_reruns(bench::report& report) {
    add_rerun<Workers, chain>(report, "chain of 1e6", 1 / 1.35, "marl");
    add_rerun<Workers, fan>(report, "fan 1 > 1000 > 1", 1 / 2.7);
    add_rerun<Workers, tree>(report, "binary tree of 2^17", 1 / 4.);
    add_rerun<Workers, wavefront>(report, "wavefront 256 x 256", Workers == 1 ? 1 / 2.7 : 1 / 3.4);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"graph", argc, argv};
    add_reruns<1>(report);
    add_reruns<2>(report);
    add_build<fan>(report, "fan");
    add_build<tree>(report, "binary tree");
    add_build<wavefront>(report, "wavefront");
    note_graphs(report);
    return bench::finish(report);
}
