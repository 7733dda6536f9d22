// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// graph: random graphs against an oracle.
//
// Goal: in every graph, whatever fails, is chosen, is inside or is cancelled, each node runs as
// often as the edges say, once or not at all, after all that it waits for, and ends so; run after
// run, on pools of every size, also if next to nothing fits into the deques. Method: random graphs
// of up to 10,000 nodes, thin and thick, whose runs are compared with one pass in topological order
// (graph_random.hpp); several graphs in one pool at once, run and waited for by several threads and
// jobs. graph_random_long_test.cpp does more of the same.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pawl/execution/thread_pool.hpp>

#include "execution/graph_checks.hpp"
#include "execution/graph_random.hpp"
#include "execution/pool_checks.hpp"

namespace {

using graph_checks::any_failure_rate;
using graph_checks::any_shape;
using graph_checks::cancel_random_graphs;
using graph_checks::insist;
using graph_checks::manual;
using graph_checks::manual_narrow;
using graph_checks::one_worker;
using graph_checks::polled;
using graph_checks::random_graph;
using graph_checks::random_source;
using graph_checks::room;
using graph_checks::run_counts;
using graph_checks::run_random_graphs;
using graph_checks::shape;
using graph_checks::three_workers;
using graph_checks::two_narrow;
using graph_checks::two_workers;
using pool_checks::becomes;
using u32 = std::uint32_t;

using four_narrow = graph_checks::kind<4, pawl::std_platform, 2>;

}  // namespace

#define EVERY_POOL                                                                                 \
    manual, manual_narrow, polled, one_worker, two_workers, two_narrow, three_workers, four_narrow

TEMPLATE_TEST_CASE("graph: random ones equal the oracle", "", EVERY_POOL) {
    run_counts counts = run_random_graphs<TestType>(1, 1'000, 10, 5);
    CHECK(counts.wrong == 0);
    CHECK(counts.nodes > 10'000);
    counts = run_random_graphs<TestType>(2, 100, 300, 5);
    CHECK(counts.wrong == 0);
    CHECK(counts.nodes > 10'000);
}

TEMPLATE_TEST_CASE("graph: random ones say how each node ended", "", manual, two_narrow) {
    CHECK(run_random_graphs<TestType, room, true>(3, 500, 10, 5).wrong == 0);
    CHECK(run_random_graphs<TestType, room, true>(4, 50, 300, 5).wrong == 0);
}

TEMPLATE_TEST_CASE("graph: random ones of ten thousand nodes", "", manual_narrow, two_workers,
                   four_narrow) {
    constexpr u32 nodes = 10'000;
    const auto pool = std::make_unique<typename TestType::pool>();
    random_source random{5};
    for (const u32 window : {1U, 3U, 100U, 10'000U}) {
        for (const u32 inputs : {1U, 5U}) {
            const shape like{.nodes = nodes,
                             .inputs_max = inputs,
                             .window = window,
                             .roots_one_in = 100,
                             .conditions_one_in = 50,
                             .choosers_one_in = inputs == 1 ? 50U : 0U,
                             .graphs_one_in = 200};
            random_graph<typename TestType::platform, nodes> graph{random, like};
            for (int round = 0; round < 3; ++round) {
                const pawl::graph_outcome expected = graph.draw(random, round == 0 ? 0 : 1'000);
                CAPTURE(window, inputs, round, graph.to_run());
                REQUIRE(pool->run(graph.graph()).wait() == expected);
                REQUIRE(graph.faults() == 0);
            }
        }
    }
}

TEMPLATE_TEST_CASE("graph: random ones, cancelled", "", EVERY_POOL) {
    run_counts counts = cancel_random_graphs<TestType>(6, 1'000, 10, 5);
    CHECK(counts.wrong == 0);
    CHECK(counts.cancelled > 500);
    CHECK(counts.complete > 500);
    counts = cancel_random_graphs<TestType>(7, 100, 300, 5);
    CHECK(counts.wrong == 0);
    CHECK(counts.cancelled > 100);
}

TEMPLATE_TEST_CASE("graph: random ones in one pool at once", "", one_worker, two_workers,
                   two_narrow, three_workers) {
    constexpr u32 threads = 3;
    constexpr u32 graphs_each = 3;
    using graph_type = random_graph<typename TestType::platform, room>;
    const auto pool = std::make_unique<typename TestType::pool>();
    std::atomic<u32> wrong{0};
    std::atomic<u32> jobs{0};
    const auto body = [&](u32 seed) {
        random_source random{seed};
        for (u32 round = 0; round < 10; ++round) {
            std::vector<std::unique_ptr<graph_type>> graphs;
            for (u32 i = 0; i < graphs_each; ++i) {
                graphs.push_back(std::make_unique<graph_type>(random, any_shape(random, 100)));
            }
            for (u32 again = 0; again < 3; ++again) {
                std::vector<pawl::graph_outcome> expected;
                std::vector<pawl::graph_run> runs;
                for (const auto& each : graphs) {
                    expected.push_back(each->draw(random, any_failure_rate(random)));
                    runs.push_back(insist(*pool, each->graph()));
                }
                for (u32 i = 0; i < graphs_each; ++i) {
                    const u32 which = (i + again) % graphs_each;
                    const bool right =
                        runs[which].wait() == expected[which] && graphs[which]->faults() == 0;
                    wrong += right ? 0U : 1U;
                }
            }
        }
    };
    // And one that runs and waits inside a job, again and again.
    struct in_job {
        random_source random{99};
        graph_type graph{random, shape{.graphs_one_in = 10}};
        typename TestType::pool* pool;
        std::atomic<u32>* wrong;
        std::atomic<u32>* jobs;
        explicit in_job(typename TestType::pool& of, std::atomic<u32>& faults,
                        std::atomic<u32>& count)
            : pool{&of}, wrong{&faults}, jobs{&count} {}
        void run() {
            const pawl::graph_outcome expected = graph.draw(random, any_failure_rate(random));
            const bool right =
                insist(*pool, graph.graph()).wait() == expected && graph.faults() == 0;
            *wrong += right ? 0U : 1U;
            if (++*jobs < 50) {
                *wrong += pool->post([this] { run(); }) ? 0U : 1U;
            }
        }
    };
    in_job inside{*pool, wrong, jobs};
    REQUIRE(pool->post([&inside] { inside.run(); }));
    std::vector<std::thread> callers;
    for (u32 i = 0; i < threads; ++i) {
        callers.emplace_back(body, i);
    }
    for (std::thread& each : callers) {
        each.join();
    }
    CHECK(becomes([&] { return jobs == 50; }));
    CHECK(pool->stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(wrong == 0);
}
