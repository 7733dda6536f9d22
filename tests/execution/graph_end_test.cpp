// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// graph: the end of runs, of graphs, and of the pool.
//
// Goal: nobody touches a graph once wait() has returned, so that it may be destroyed at once; a
// pool that stops ends every run, whatever is under way: each wait() returns and says what became
// of the run, no thread hangs, and callables are destroyed. Method: graphs on the heap, destroyed
// and overwritten as soon as their run is over, while workers are still on their way out of it:
// AddressSanitizer and ThreadSanitizer see who comes late. Pools are stopped in each of their ways,
// from inside and outside, while graphs of every size are run, waited for and cancelled.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "execution/graph_checks.hpp"
#include "execution/pool_checks.hpp"

namespace {

using namespace std::chrono_literals;
using graph_checks::insist;
using graph_checks::manual;
using graph_checks::one_worker;
using graph_checks::polled;
using graph_checks::three_workers;
using graph_checks::two_narrow;
using graph_checks::two_workers;
using pawl::graph_error;
using pawl::graph_outcome;
using pawl::graph_run;
using pool_checks::becomes;
using pool_checks::gate;
using u32 = std::uint32_t;

// Whether the run is over, and says what can be true of a pool that has stopped.
bool ended_well(const graph_run& run) {
    if (!run.is_over()) {
        return false;
    }
    const graph_outcome outcome = run.outcome();
    return outcome == graph_outcome::succeeded || outcome == graph_outcome::cancelled;
}

}  // namespace

TEMPLATE_TEST_CASE("graph end: destroyed as soon as wait() has returned", "", one_worker,
                   two_workers, two_narrow, three_workers) {
    // Joins at the end: the worker that comes first is still there when the other one ends the run.
    using graph_type = typename TestType::template graph<12, 24>;
    using inner_type = typename TestType::template graph<4, 4>;
    struct frame {
        inner_type inner;
        graph_type outer;
    };
    std::atomic<u32> runs{0};
    typename TestType::pool pool;
    constexpr u32 rounds = 5'000;
    for (u32 round = 0; round < rounds; ++round) {
        const auto made = std::make_unique<frame>();
        graph_type& graph = made->outer;
        const auto body = [&runs] { runs.fetch_add(1, std::memory_order_relaxed); };
        made->inner.add(body);
        made->inner.add(body);
        const auto root = graph.add(body);
        const auto left = graph.add(body).after(root);
        const auto right = graph.add(body).after(root);
        const auto join = graph.add(body).after(left, right);
        switch (round % 4) {
            case 0: break;
            case 1: graph.add(body).after(left, right, join); break;
            case 2: graph.add(made->inner).after(root); break;
            default: graph.choose([] { return 0; }).after(left, right).before(graph.add(body));
        }
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
    }
    CHECK(runs == rounds * 4 + rounds / 4 + rounds / 2 + rounds / 4);
}

TEST_CASE("graph end: destroyed by who sees that it is over, while others run on") {
    std::atomic<u32> runs{0};
    three_workers::pool pool;
    using graph_type = three_workers::graph<8, 8>;
    constexpr u32 rounds = 2'000;
    for (u32 round = 0; round < rounds; ++round) {
        auto graph = std::make_unique<graph_type>();
        const auto root = graph->add([&] { ++runs; });
        const auto left = graph->add([&] { ++runs; }).after(root);
        const auto right = graph->add([&] { ++runs; }).after(root);
        graph->add([&] { ++runs; }).after(left, right);
        const graph_run run = pool.run(*graph);
        while (!run.is_over()) {
            std::this_thread::yield();
        }
        CHECK(run.outcome() == graph_outcome::succeeded);
        graph.reset();
    }
    CHECK(runs == 4 * rounds);
}

TEMPLATE_TEST_CASE("graph end: stop(finish) and stop(drain) while graphs run", "", one_worker,
                   two_workers, two_narrow) {
    constexpr u32 size = 300;
    using graph_type = typename TestType::template graph<size, size>;
    for (u32 round = 0; round < 60; ++round) {
        const bool drains = round % 2 == 0;
        const auto pool = std::make_unique<typename TestType::pool>();
        std::array<graph_type, 4> graphs;
        std::array<u32, 4> widths{1, 3, 17, size};
        std::atomic<u32> nodes{0};
        for (u32 g = 0; g < 4; ++g) {
            std::vector<typename graph_type::node> all;
            for (u32 i = 0; i < size; ++i) {
                all.push_back(graphs[g].add([&] { ++nodes; }));
                if (i >= widths[g]) {
                    all[i].after(all[i - widths[g]]);
                }
            }
        }
        std::array<graph_run, 4> runs;
        for (u32 g = 0; g < 4; ++g) {
            runs[g] = pool->run(graphs[g]);
            REQUIRE(runs[g]);
        }
        const u32 before = round % 5 * 200;
        for (int tries = 0; nodes < before && tries < 1'000; ++tries) {
            std::this_thread::yield();
        }
        const pawl::stop_report report = pool->stop(drains ? pawl::drain : pawl::finish);
        CHECK(report.status == pawl::stop_status::stopped);
        for (const graph_run& run : runs) {
            REQUIRE(ended_well(run));
            REQUIRE(run.wait() == run.outcome());
            if (drains) {
                REQUIRE(run.outcome() == graph_outcome::succeeded);
            }
        }
        REQUIRE((!drains || nodes == 4 * size));
        REQUIRE(pool->run(graphs[0]).error() == graph_error::stopped);
    }
}

TEMPLATE_TEST_CASE("graph end: a pool stops while several threads run graphs and wait", "",
                   one_worker, two_workers, two_narrow) {
    using graph_type = typename TestType::template graph<100, 100>;
    for (u32 round = 0; round < 40; ++round) {
        const auto pool = std::make_unique<typename TestType::pool>();
        std::atomic<u32> wrong{0};
        std::atomic<u32> runs{0};
        const auto body = [&](u32 width) {
            graph_type graph;
            std::vector<typename graph_type::node> all;
            for (u32 i = 0; i < 100; ++i) {
                all.push_back(graph.add([] {}));
                if (i >= width) {
                    all[i].after(all[i - width]);
                }
            }
            for (;;) {
                const graph_run run = insist(*pool, graph);
                const graph_outcome outcome = run.wait();
                ++runs;
                if (!run) {
                    wrong += run.error() == graph_error::stopped ? 0U : 1U;
                    return;
                }
                wrong += ended_well(run) && outcome == run.outcome() ? 0U : 1U;
            }
        };
        std::thread one{body, 1};
        std::thread two{body, 10};
        const u32 before = 1 + round % 7 * 5;
        REQUIRE(becomes([&] { return runs >= before; }));
        // While a thread waits in the caller's place, stop() may say that it is busy.
        pawl::stop_report report = pool->stop(round % 2 == 0 ? pawl::drain : pawl::finish);
        REQUIRE(becomes([&] {
            if (report.status == pawl::stop_status::busy) {
                report = pool->stop(pawl::finish);
            }
            return report.status == pawl::stop_status::stopped;
        }));
        one.join();
        two.join();
        REQUIRE(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("graph end: a node stops the pool", "", manual, polled, one_worker, two_workers,
                   two_narrow) {
    for (u32 round = 0; round < 40; ++round) {
        const auto pool = std::make_unique<typename TestType::pool>();
        typename TestType::template graph<1'000, 1'000> graph;
        u32 runs = 0;
        const bool drains = round % 2 == 0;
        auto last = graph.add([&] {
            ++runs;
            CHECK(pool->stop(drains ? pawl::drain : pawl::finish).status ==
                  pawl::stop_status::requested);
        });
        for (u32 i = 1; i < 1'000; ++i) {
            last = graph.add([&] { ++runs; }).after(last);
        }
        const graph_run run = pool->run(graph);
        const graph_outcome outcome = run.wait();
        REQUIRE(ended_well(run));
        REQUIRE((!drains || outcome == graph_outcome::succeeded));
        REQUIRE((drains || outcome == graph_outcome::cancelled));
        REQUIRE(runs == (drains ? 1'000U : runs));
        REQUIRE((drains || runs < 1'000));
        REQUIRE(
            becomes([&] { return pool->stop(pawl::finish).status == pawl::stop_status::stopped; }));
    }
}

TEST_CASE("graph end: stop() with a timeout, and a node that takes longer") {
    two_workers::graph<3, 2> graph;
    gate held;
    std::atomic<u32> runs{0};
    const auto pool = std::make_unique<two_workers::pool>();
    const auto a = graph.add([&] {
        ++runs;
        held.pass();
    });
    const auto b = graph.add([&] { ++runs; }).after(a);
    graph.add([&] { ++runs; }).after(b);
    const graph_run run = pool->run(graph);
    REQUIRE(becomes([&] { return held.came() == 1; }));
    CHECK(pool->stop(pawl::drain, 1ms).status == pawl::stop_status::timed_out);
    CHECK(run.outcome() == graph_outcome::running);
    held.open();
    CHECK(pool->stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(ended_well(run));
    CHECK_FALSE(held.forced());
}

TEST_CASE("graph end: what was started and never begun ends with the pool") {
    const auto pool = std::make_unique<manual::pool>();
    manual::graph<2, 1> graph;
    u32 runs = 0;
    const auto a = graph.add([&] { ++runs; });
    graph.add([&] { ++runs; }).after(a, pawl::when::any);
    const graph_run run = pool->run(graph);
    CHECK(pool->stop(pawl::finish).status == pawl::stop_status::stopped);
    CHECK(run.is_over());
    CHECK(run.wait() == graph_outcome::cancelled);
    CHECK(runs == 0);
}

TEST_CASE("graph end: who waits for what lies in the queue of a pool that stops") {
    // The only worker is held by a job that stops the pool; another thread has the caller's place
    // while the graph is started, so that it comes to the queue; then this one waits there.
    for (int round = 0; round < 20; ++round) {
        const auto pool = std::make_unique<one_worker::pool>();
        gate job;
        gate place;
        REQUIRE(pool->post([&] {
            job.pass();
            std::this_thread::sleep_for(1ms);
            pool->stop(pawl::finish);
        }));
        std::thread other{[&] { CHECK(pool->invoke([&](auto&) { place.pass(); })); }};
        REQUIRE(becomes([&] { return job.came() == 1 && place.came() == 1; }));
        one_worker::graph<1, 0> graph;
        graph.add([] {});
        const graph_run run = pool->run(graph);
        REQUIRE(run);
        place.open();
        other.join();
        job.open();
        run.wait();
        CHECK(ended_well(run));
    }
}
