// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of graphs must not get past: a program of its own, for the reasons that
// policies.cpp names.
//
// Method: random graphs against their oracle (graph_random.hpp), in a pool without threads, once
// with deques that hold next to nothing, and with two workers; cancelled ones, too; graphs that are
// changed between runs; and a node that ends only when others have run beside it. What hangs is
// dead, too.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "execution/graph_checks.hpp"
#include "execution/graph_random.hpp"

namespace {

using namespace graph_checks;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("check failed: %s\n", what);
        std::exit(1);
    }
}

template <class Kind>
void random_graphs() {
    check(run_random_graphs<Kind>(1, 300, 10, 4).wrong == 0, "small graphs equal the oracle");
    check(run_random_graphs<Kind>(2, 30, 300, 4).wrong == 0, "larger graphs equal the oracle");
    check(cancel_random_graphs<Kind>(3, 100, 40, 4).wrong == 0, "cancelled ones come to their end");
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
    random_graphs<manual>();
    random_graphs<manual_narrow>();
    random_graphs<two_workers>();
    many_to_one();
    changed_between_runs();
    long_node_beside_others();
}
