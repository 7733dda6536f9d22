// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of graphs must not get past: a program of its own, for the reasons that
// policies.cpp names.
//
// Method: random graphs against their oracle (graph_random.hpp), in a pool without threads, once
// with deques that hold next to nothing, and with two workers; cancelled ones, too; graphs that are
// changed between runs; a node that ends only when others have run beside it; and functions that
// lie in the same deque. What hangs is dead, too.
#include <atomic>
#include <cstdint>
#include <thread>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "execution/graph_checks.hpp"
#include "execution/graph_random.hpp"
#include "execution/graph_stages.hpp"
#include "mutants/check.hpp"

namespace {

using namespace graph_checks;

using mutants::check;

template <class Kind>
void random_graphs() {
    check(run_random_graphs<Kind>(1, 300, 10, 4).wrong == 0, "small graphs equal the oracle");
    check(run_random_graphs<Kind>(2, 30, 300, 4).wrong == 0, "larger graphs equal the oracle");
    check(cancel_random_graphs<Kind>(3, 100, 40, 4).wrong == 0, "cancelled ones come to their end");
}

// As in "graph stages: random edges, some at a time".
void graphs_in_stages() {
    check(build_in_stages<manual>(1, 500) == 0, "graphs that are built in stages equal the model");
}

void many_to_one() {
    manual_narrow::pool pool;
    manual_narrow::graph<42, 80> graph;
    std::uint32_t before = 0;
    std::uint32_t at_the_end = 0;
    const auto first = graph.add([] {});
    const auto last = graph.add([&] { at_the_end = before; });
    for (int i = 0; i < 40; ++i) {
        last.after(graph.add([&] { ++before; }).after(first));
    }
    for (int run = 0; run < 3; ++run) {
        before = 0;
        check(pool.run(graph).wait() == pawl::graph_outcome::succeeded, "a fan succeeds");
        check(at_the_end == 40, "the last node comes after all it waits for");
    }
}

// As in "graph: a fan of every width, alone and with one that is not like the others".
void fans_with_an_odd_one() {
    manual::pool pool;
    for (std::uint32_t width = 1; width <= 21; ++width) {
        for (std::uint32_t odd = 0; odd < 2 * width; ++odd) {
            pawl::graph<23, 42, pawl::graph_options{.node_bytes = 40}, pawl::manual_platform> graph;
            std::uint32_t ran[21] = {};
            bool ordered = true;
            bool second_ran = false;
            const auto first = graph.add([&] { second_ran = false; });
            const auto second = graph.add([&] { second_ran = true; });
            for (std::uint32_t i = 0; i < width; ++i) {
                const auto each = graph.add([&, i, two = odd == i] {
                    ++ran[i];
                    ordered = ordered && (!two || second_ran);
                });
                each.after(first, odd == width + i ? pawl::when::failure : pawl::when::success);
                if (odd == i) {
                    each.after(second);
                }
            }
            second.after(first);
            check(pool.run(graph).wait() == pawl::graph_outcome::succeeded, "a fan succeeds");
            check(ordered, "what waits for another node as well runs after it");
            for (std::uint32_t i = 0; i < width; ++i) {
                check(ran[i] == (odd == width + i ? 0 : 1), "each runs as its edge says");
            }
        }
    }
}

// As in "parallel_invoke: what the first one leaves behind is not taken for the second".
void two_functions_and_a_graph() {
    manual::pool pool;
    manual::graph<1, 1> graph;
    std::uint32_t nodes = 0;
    std::uint32_t second = 0;
    graph.add([&] { ++nodes; });
    check(pool.invoke([&](auto& worker) {
        pawl::graph_run run;
        pawl::parallel_invoke(
            worker, [&](auto& here) { run = here.pool().run(graph); }, [&] { ++second; });
        check(second == 1, "the second function has ended");
        check(run.wait() == pawl::graph_outcome::succeeded, "so does the graph");
    }),
          "nobody else does");
    check(nodes == 1 && second == 1, "each is run once");
}

// As in "parallel_invoke: with hardly any room".
void functions_without_room() {
    manual_narrow::pool pool;
    std::uint32_t calls = 0;
    const auto call = [&] { ++calls; };
    check(pool.invoke([&](auto& worker) {
        const auto inner = [&](auto& here) { pawl::parallel_invoke(here, call, call); };
        const auto middle = [&](auto& here) { pawl::parallel_invoke(here, inner, call); };
        pawl::parallel_invoke(worker, middle, call);
    }),
          "nobody else does");
    check(calls == 4, "each is called once");
}

// One that chooses, and many at once.
void a_choice_and_a_fan() {
    manual::pool pool;
    manual::graph<40, 40> graph;
    std::uint32_t ran = 0;
    std::uint32_t* const counter = &ran;
    const auto first = graph.add([] {});
    const auto chooser = graph.choose([] { return 1; }).after(first);
    graph.add([counter] { ++*counter; }).after(chooser);
    graph.add([counter] { ++*counter; }).after(chooser);
    for (int i = 0; i < 30; ++i) {
        graph.add([counter] { ++*counter; }).after(first);
    }
    for (std::uint32_t run = 1; run <= 3; ++run) {
        check(pool.run(graph).wait() == pawl::graph_outcome::succeeded, "it succeeds");
        check(ran == 31 * run, "all ran but what was not chosen, before the end");
    }
}

// As in "graph: a node of a chain cancels the run".
void cancelled_by_a_node() {
    manual::pool pool;
    manual::graph<40, 40> graph;
    pawl::graph_run run;
    std::uint32_t ran = 0;
    auto before = graph.add([&] { ++ran; });
    for (int i = 1; i < 40; ++i) {
        before = graph
                     .add([&] {
                         if (++ran == 10) {
                             run.cancel();
                         }
                     })
                     .after(before);
    }
    run = pool.run(graph);
    check(run.wait() == pawl::graph_outcome::cancelled, "a run is cancelled");
    check(ran == 10, "nothing of it begins after that");
}

// As in "graph: a node cancels the run that its graph is a node of".
void cancelled_by_a_node_inside() {
    manual::pool pool;
    manual::graph<3, 2> inner;
    manual::graph<2, 1> outer;
    pawl::graph_run run;
    std::uint32_t ran = 0;
    const auto a = inner.add([&] { run.cancel(); });
    inner.add([&] { ++ran; }).after(inner.add([&] { ++ran; }).after(a));
    outer.add([&] { ++ran; }).after(outer.add(inner));
    run = pool.run(outer);
    check(run.wait() == pawl::graph_outcome::cancelled, "the run is cancelled from inside");
    check(ran == 0, "nothing of it begins after that, be it inside or outside");
}

void changed_between_runs() {
    manual::pool pool;
    manual::graph<40, 80> graph;
    random_source random{4};
    std::uint32_t ran = 0;
    auto before = graph.add([&] { ++ran; });
    for (std::uint32_t nodes = 2; nodes <= 40; ++nodes) {
        const auto added = graph.add([&] { ++ran; });
        if (!random.one_in(3)) {
            added.after(before);
        }
        if (random.one_in(2)) {
            before = added;
        }
        ran = 0;
        check(pool.run(graph).wait() == pawl::graph_outcome::succeeded, "a changed graph runs");
        check(ran == nodes, "each of its nodes runs");
    }
}

// As in "graph errors: cycles of every length, with much before, beside and after them".
void cycles() {
    manual::graph<6, 6> graph;
    const auto a = graph.add([] {});
    const auto b = graph.add([] {}).after(a);
    const auto c = graph.add([] {}).after(a, b);
    const auto d = graph.add([] {});
    c.after(d);
    d.after(c);
    check(graph.check() == pawl::graph_error::cycle, "two nodes that wait for each other");
    check(graph.cycle().size() == 2 && graph.cycle()[0] + graph.cycle()[1] == 5, "are named");

    manual::graph<1, 1> itself;
    const auto alone = itself.add([] {});
    alone.after(alone);
    check(itself.check() == pawl::graph_error::cycle, "a node that waits for itself");
    check(itself.cycle().size() == 1, "is named");
}

// As in "conserving: a node that runs long keeps none from what its worker has set free".
void long_node_beside_others() {
    constexpr int looks_max = 2'000'000;
    two_workers::pool pool;
    for (int round = 0; round < 2'000; ++round) {
        std::atomic<bool> ran{false};
        bool seen = false;
        two_workers::graph<5, 5> graph;
        const auto root = graph.add([] {});
        const auto one = graph.add([] {}).after(root);
        const auto two = graph.add([] {}).after(root);
        graph
            .add([&] {
                for (int looks = 0; !seen && looks < looks_max; ++looks) {
                    seen = ran.load();
                    std::this_thread::yield();
                }
            })
            .after(root);
        graph.add([&] { ran = true; }).after(one, two);
        static_cast<void>(pool.run(graph).wait());
        check(seen, "a node that runs long keeps none from what is ready");
    }
}

}  // namespace

int main() {
    two_functions_and_a_graph();
    functions_without_room();
    random_graphs<manual>();
    random_graphs<manual_narrow>();
    random_graphs<two_workers>();
    graphs_in_stages();
    many_to_one();
    fans_with_an_odd_one();
    a_choice_and_a_fan();
    cancelled_by_a_node();
    cancelled_by_a_node_inside();
    changed_between_runs();
    cycles();
    long_node_beside_others();
}
