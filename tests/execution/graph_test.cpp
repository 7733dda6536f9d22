// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// graph: building, running, and the handle of a run.
//
// Goal: a node runs once a run, after all that it waits for, on pools of every kind and size; a
// handle says what became of its own run, and of no other, whoever asks, waits or cancels, and
// whenever. Method: small graphs whose nodes write down when they began and ended
// (graph_checks.hpp), in virtual time and on threads, held at gates where a moment matters. How
// nodes end is in graph_ends_test.cpp, what is refused in graph_errors_test.cpp, large graphs are
// in graph_random_test.cpp and graph_limits_test.cpp.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "execution/graph_checks.hpp"
#include "execution/pool_checks.hpp"

namespace {

using namespace std::chrono_literals;
using graph_checks::history;
using graph_checks::manual;
using graph_checks::manual_narrow;
using graph_checks::one_worker;
using graph_checks::polled;
using graph_checks::step;
using graph_checks::three_workers;
using graph_checks::two_narrow;
using graph_checks::two_workers;
using pawl::graph_error;
using pawl::graph_outcome;
using pawl::graph_run;
using pool_checks::becomes;
using pool_checks::gate;
using u32 = std::uint32_t;

constexpr int reruns = 200;

}  // namespace

#define EVERY_POOL manual, polled, one_worker, two_workers, three_workers

TEMPLATE_TEST_CASE("graph: one node", "", EVERY_POOL) {
    typename TestType::template graph<1, 0> graph;
    typename TestType::pool pool;
    int runs = 0;
    const auto node = graph.add([&] { ++runs; }, "alone");
    CHECK(node);
    CHECK(node.index() == 0);
    CHECK(graph.node_count() == 1);
    CHECK(graph.edge_count() == 0);
    CHECK(graph.name_of(0) == "alone");
    CHECK(graph.name_of(1).empty());
    CHECK(graph.check() == graph_error::none);
    for (int round = 1; round <= reruns; ++round) {
        const graph_run run = pool.run(graph);
        REQUIRE(run);
        CHECK(run.error() == graph_error::none);
        REQUIRE(run.wait() == graph_outcome::succeeded);
        REQUIRE(run.is_over());
        REQUIRE(runs == round);
    }
}

TEMPLATE_TEST_CASE("graph: a chain runs in its order", "", EVERY_POOL) {
    typename TestType::template graph<200, 199> graph;
    history ran{200};
    typename TestType::pool pool;
    auto last = graph.add(step{&ran, 0});
    for (u32 i = 1; i < 200; ++i) {
        last = graph.add(step{&ran, i}).after(last);
    }
    for (int round = 0; round < reruns; ++round) {
        ran.forget();
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(1));
        bool ordered = true;
        for (u32 i = 1; i < 200; ++i) {
            ordered = ordered && ran.in_order(i - 1, i);
        }
        REQUIRE(ordered);
    }
}

TEMPLATE_TEST_CASE("graph: after() and before(), of one and of several", "", EVERY_POOL) {
    typename TestType::template graph<8, 16> graph;
    history ran{8};
    typename TestType::pool pool;
    // 0 and 1 begin; 2 waits for both, 3 for 1; 4 for 2, 3 and 0; 5 and 6 for 4; 7 for 6.
    const auto n0 = graph.add(step{&ran, 0});
    const auto n1 = graph.add(step{&ran, 1});
    const auto n4 = graph.add(step{&ran, 2});
    const auto n2 = graph.add(step{&ran, 3}).after(n0, n1).before(n4);
    const auto n3 = graph.add(step{&ran, 4}).after(n1);
    n3.before(n4);
    n0.before(n4);
    const auto n7 = graph.add(step{&ran, 5});
    const auto n5 = graph.add(step{&ran, 6});
    const auto n6 = graph.add(step{&ran, 7}).before(n7);
    n4.before(n5, n6);
    CHECK(graph.edge_count() == 9);
    CHECK(n2.index() == 3);
    constexpr std::array<std::pair<u32, u32>, 9> edges{
        {{0, 3}, {1, 3}, {3, 2}, {1, 4}, {4, 2}, {0, 2}, {7, 5}, {2, 6}, {2, 7}}};
    for (int round = 0; round < reruns; ++round) {
        ran.forget();
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(1));
        for (const auto& [from, to] : edges) {
            REQUIRE(ran.in_order(from, to));
        }
    }
}

TEMPLATE_TEST_CASE("graph: a fan and its join, again and again", "", EVERY_POOL) {
    // More than a deque holds.
    constexpr u32 width = 100;
    auto graph = std::make_unique<typename TestType::template graph<width + 2, 2 * width>>();
    history ran{width + 2};
    typename TestType::pool pool;
    const auto first = graph->add(step{&ran, 0});
    const auto last = graph->add(step{&ran, 1});
    for (u32 i = 0; i < width; ++i) {
        graph->add(step{&ran, i + 2}).after(first).before(last);
    }
    for (int round = 0; round < reruns; ++round) {
        ran.forget();
        REQUIRE(pool.run(*graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(1));
        bool ordered = true;
        for (u32 i = 0; i < width; ++i) {
            ordered = ordered && ran.in_order(0, i + 2) && ran.in_order(i + 2, 1);
        }
        REQUIRE(ordered);
    }
}

TEMPLATE_TEST_CASE("graph: a fan of every width, alone and with one that is not like the others",
                   "", EVERY_POOL, manual_narrow, two_narrow) {
    // What is handed on as a range (graph_core::wide_min), what is too narrow, and what must not
    // be: at each place one that waits for something else besides, or for a failure.
    constexpr u32 widest = 21;
    enum class odd { none, two_inputs, on_failure };
    for (u32 width = 1; width <= widest; width += width < 8 ? 3 : 1) {
        for (const odd kind : {odd::none, odd::two_inputs, odd::on_failure}) {
            for (u32 place = 0; place < (kind == odd::none ? 1 : width); place += 3) {
                typename TestType::template graph<widest + 2, 2 * widest> graph;
                history ran{widest + 2};
                typename TestType::pool pool;
                const auto first = graph.add(step{&ran, 0});
                const auto second = graph.add(step{&ran, 1}).after(first);
                for (u32 i = 0; i < width; ++i) {
                    const bool is_odd = kind != odd::none && i == place;
                    const auto each = graph.add(step{&ran, i + 2});
                    each.after(first, is_odd && kind == odd::on_failure ? pawl::when::failure
                                                                        : pawl::when::success);
                    if (is_odd && kind == odd::two_inputs) {
                        each.after(second);
                    }
                }
                for (u32 round = 1; round <= 3; ++round) {
                    REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
                    for (u32 i = 0; i < width; ++i) {
                        const bool runs = kind != odd::on_failure || i != place;
                        REQUIRE(ran.runs(i + 2) == (runs ? round : 0));
                    }
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("graph: a node of a chain cancels the run", "", EVERY_POOL) {
    // In turn at each place: nothing of the run begins after that.
    constexpr u32 length = 150;
    for (u32 place = 0; place < length; place += 7) {
        typename TestType::template graph<length, length> graph;
        typename TestType::pool pool;
        gate begun;
        graph_run run;
        std::atomic<u32> ran{0};
        auto before = graph.add([&] { begun.pass(); });
        for (u32 i = 1; i < length; ++i) {
            before = graph
                         .add([&] {
                             if (++ran == place) {
                                 run.cancel();
                             }
                         })
                         .after(before);
        }
        run = pool.run(graph);
        begun.open();
        const graph_outcome end = run.wait();
        REQUIRE(end == (place == 0 ? graph_outcome::succeeded : graph_outcome::cancelled));
        REQUIRE(ran == (place == 0 ? length - 1 : place));
    }
}

TEMPLATE_TEST_CASE("graph: many that begin, and none that follows", "", EVERY_POOL) {
    typename TestType::template graph<100, 0> graph;
    history ran{100};
    typename TestType::pool pool;
    for (u32 i = 0; i < 100; ++i) {
        graph.add(step{&ran, i});
    }
    for (u32 round = 1; round <= reruns; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(round));
    }
}

TEMPLATE_TEST_CASE("graph: an edge twice waits once", "", EVERY_POOL) {
    typename TestType::template graph<2, 3> graph;
    history ran{2};
    typename TestType::pool pool;
    const auto parent = graph.add(step{&ran, 0});
    graph.add(step{&ran, 1}).after(parent, parent).after(parent);
    for (u32 round = 1; round <= 3; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(round));
    }
}

TEMPLATE_TEST_CASE("graph: nodes and edges may be added between runs", "", EVERY_POOL) {
    typename TestType::template graph<20, 40> graph;
    history ran{20};
    std::vector<u32> indices;
    typename TestType::pool pool;
    auto last = graph.add(step{&ran, 0});
    const auto first = last;
    for (u32 i = 1; i < 20; ++i) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.total() == i);
        ran.forget();
        // From now on the former last one has two inputs more, and one successor.
        last = graph.add(step{&ran, i}).after(last, first);
    }
    REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
    REQUIRE(ran.all_ran(1));
    REQUIRE(ran.in_order(18, 19));
}

TEST_CASE("graph: without workers nothing runs but in poll() and wait()") {
    manual::pool pool;
    manual::graph<3, 2> graph;
    int runs = 0;
    const auto a = graph.add([&] { ++runs; });
    const auto b = graph.add([&] { ++runs; }).after(a);
    graph.add([&] { ++runs; }).after(b);
    const graph_run run = pool.run(graph);
    CHECK(runs == 0);
    CHECK_FALSE(run.is_over());
    CHECK(run.outcome() == graph_outcome::running);
    while (pool.poll().ran != 0) {
    }
    CHECK(runs == 3);
    CHECK(run.is_over());
    CHECK(run.outcome() == graph_outcome::succeeded);
    CHECK(run.wait() == graph_outcome::succeeded);
    CHECK(runs == 3);
}

TEST_CASE("graph: before start() only who waits runs it") {
    using pool_type = two_workers::pool;
    two_workers::graph<2, 1> graph;
    std::vector<std::thread::id> threads;
    pool_type pool{pawl::deferred_start};
    const auto a = graph.add([&] { threads.push_back(std::this_thread::get_id()); });
    graph.add([&] { threads.push_back(std::this_thread::get_id()); }).after(a);
    const graph_run run = pool.run(graph);
    CHECK(run.outcome() == graph_outcome::running);
    CHECK(run.wait() == graph_outcome::succeeded);
    CHECK(threads == std::vector<std::thread::id>(2, std::this_thread::get_id()));
    pool.start();
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(threads.size() == 4);
}

TEMPLATE_TEST_CASE("graph: workers run it, nobody waits", "", one_worker, two_workers) {
    typename TestType::template graph<50, 49> graph;
    std::atomic<u32> runs{0};
    typename TestType::pool pool;
    const auto root = graph.add([&] { ++runs; });
    for (u32 i = 1; i < 50; ++i) {
        graph.add([&] { ++runs; }).after(root);
    }
    for (u32 round = 1; round <= 20; ++round) {
        const graph_run run = pool.run(graph);
        REQUIRE(becomes([&] { return run.is_over(); }));
        REQUIRE(run.outcome() == graph_outcome::succeeded);
        REQUIRE(runs == round * 50);
    }
}

TEMPLATE_TEST_CASE("graph: wait inside a job", "", EVERY_POOL) {
    typename TestType::template graph<20, 40> graph;
    history ran{20};
    std::atomic<u32> succeeded{0};
    std::atomic<u32> done{0};
    typename TestType::pool pool;
    auto last = graph.add(step{&ran, 0});
    for (u32 i = 1; i < 20; ++i) {
        auto next = graph.add(step{&ran, i}).after(last);
        last = i % 3 == 0 ? next : last;
    }
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.post([&] {
            succeeded += pool.run(graph).wait() == graph_outcome::succeeded ? 1 : 0;
            ++done;
        }));
        REQUIRE(becomes([&] {
            pool.poll();
            return done == round;
        }));
    }
    CHECK(succeeded == 20);
    CHECK(ran.all_ran(20));
}

TEMPLATE_TEST_CASE("graph: wait for the first of several that were started", "", EVERY_POOL) {
    constexpr u32 count = 5;
    std::array<typename TestType::template graph<3, 2>, count> graphs;
    history ran{count * 3};
    typename TestType::pool pool;
    for (u32 i = 0; i < count; ++i) {
        const auto a = graphs[i].add(step{&ran, 3 * i});
        const auto b = graphs[i].add(step{&ran, 3 * i + 1}).after(a);
        graphs[i].add(step{&ran, 3 * i + 2}).after(b);
    }
    // Every order in which to wait for five: the one that is waited for lies under the others.
    for (u32 start = 0; start < count; ++start) {
        for (u32 stride = 1; stride < count; ++stride) {
            ran.forget();
            std::array<graph_run, count> runs;
            for (u32 i = 0; i < count; ++i) {
                runs[i] = pool.run(graphs[i]);
                REQUIRE(runs[i]);
            }
            for (u32 i = 0; i < count; ++i) {
                REQUIRE(runs[(start + i * stride) % count].wait() == graph_outcome::succeeded);
            }
            REQUIRE(ran.all_ran(1));
        }
    }
}

TEMPLATE_TEST_CASE("graph: wait inside a job for what lies under other jobs", "", EVERY_POOL) {
    typename TestType::template graph<3, 2> one;
    typename TestType::template graph<3, 2> other;
    history ran{6};
    std::atomic<u32> spawned{0};
    std::atomic<bool> done{false};
    std::atomic<bool> right{false};
    typename TestType::pool pool;
    const auto a = one.add(step{&ran, 0});
    one.add(step{&ran, 1}).after(a);
    one.add(step{&ran, 2}).after(a);
    const auto b = other.add(step{&ran, 3});
    other.add(step{&ran, 4}).after(b);
    other.add(step{&ran, 5}).after(b);
    REQUIRE(pool.post([&](auto& worker) {
        worker.spawn([&] { ++spawned; });
        const graph_run first = pool.run(one);
        const graph_run second = pool.run(other);
        worker.spawn([&] { ++spawned; });
        right =
            first.wait() == graph_outcome::succeeded && second.wait() == graph_outcome::succeeded;
        done = true;
    }));
    REQUIRE(becomes([&] {
        pool.poll();
        return done && spawned == 2;
    }));
    CHECK(right);
    CHECK(ran.all_ran(1));
}

TEMPLATE_TEST_CASE("graph: run and wait inside a job whose deque is full", "",
                   graph_checks::manual_narrow, graph_checks::two_narrow,
                   (graph_checks::kind<1, pawl::std_platform, 2>)) {
    typename TestType::template graph<9, 8> graph;
    history ran{9};
    std::atomic<u32> spawned{0};
    std::atomic<u32> done{0};
    typename TestType::pool pool;
    const auto root = graph.add(step{&ran, 0});
    for (u32 i = 1; i < 9; ++i) {
        graph.add(step{&ran, i}).after(root);
    }
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.post([&](auto& worker) {
            for (int i = 0; i < 3; ++i) {
                worker.spawn([&] { ++spawned; });
            }
            done += pool.run(graph).wait() == graph_outcome::succeeded ? 1 : 0;
        }));
        REQUIRE(becomes([&] {
            pool.poll();
            return done == round && spawned == 3 * round;
        }));
        REQUIRE(ran.all_ran(round));
    }
}

TEMPLATE_TEST_CASE("graph: a node that runs another graph and waits for it", "", EVERY_POOL) {
    typename TestType::template graph<4, 3> inner;
    typename TestType::template graph<3, 2> outer;
    history ran{6};
    typename TestType::pool pool;
    const auto root = inner.add(step{&ran, 0});
    for (u32 i = 1; i < 4; ++i) {
        inner.add(step{&ran, i}).after(root);
    }
    const auto begin = outer.add(step{&ran, 4});
    const auto middle =
        outer.add([&] { return pool.run(inner).wait() == graph_outcome::succeeded; }).after(begin);
    outer.add(step{&ran, 5}).after(middle);
    for (u32 round = 1; round <= 50; ++round) {
        REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(round));
    }
    CHECK(ran.in_order(4, 0));
    CHECK(ran.in_order(3, 5));
}

TEST_CASE("graph: a run that goes on is running, and cannot be run again") {
    two_workers::graph<2, 1> graph;
    gate held;
    std::atomic<u32> runs{0};
    two_workers::pool pool;
    const auto a = graph.add([&] {
        ++runs;
        held.pass();
    });
    graph.add([&] { ++runs; }).after(a);

    const graph_run run = pool.run(graph);
    REQUIRE(becomes([&] { return held.came() == 1; }));
    CHECK_FALSE(run.is_over());
    CHECK(run.outcome() == graph_outcome::running);

    const graph_run second = pool.run(graph);
    CHECK_FALSE(second);
    CHECK(second.error() == graph_error::busy);
    CHECK(second.is_over());
    CHECK(second.outcome() == graph_outcome::cancelled);
    CHECK(second.wait() == graph_outcome::cancelled);
    second.cancel();  // of nothing

    held.open();
    CHECK(run.wait() == graph_outcome::succeeded);
    CHECK(runs == 2);
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(runs == 4);
    CHECK_FALSE(held.forced());
}

TEST_CASE("graph: several threads wait for one run, inside jobs and outside") {
    // Rounds: who waits comes before, at and after the end.
    for (int round = 0; round < 30; ++round) {
        three_workers::graph<64, 63> graph;
        std::atomic<u32> runs{0};
        std::atomic<u32> right{0};
        three_workers::pool pool;
        const auto root = graph.add([&] { ++runs; });
        for (u32 i = 1; i < 64; ++i) {
            graph.add([&] { ++runs; }).after(root);
        }
        const graph_run run = pool.run(graph);
        const auto look = [&] {
            right += run.wait() == graph_outcome::succeeded && runs == 64 ? 1 : 0;
        };
        REQUIRE(pool.post(look));
        REQUIRE(pool.post(look));
        std::thread one{look};
        std::thread two{look};
        one.join();
        two.join();
        REQUIRE(becomes([&] { return right == 4; }));
    }
}

TEST_CASE("graph: cancelled before it begins, nothing runs") {
    manual::pool pool;
    manual::graph<4, 3> graph;
    history ran{4};
    const auto a = graph.add(step{&ran, 0});
    const auto b = graph.add(step{&ran, 1}).after(a);
    // Not even what waits for the deletion of another one.
    graph.add(step{&ran, 2}).after(b, pawl::when::deletion);
    graph.add(step{&ran, 3}).after(b, pawl::when::any);
    const graph_run run = pool.run(graph);
    run.cancel();
    run.cancel();
    CHECK(run.wait() == graph_outcome::cancelled);
    CHECK(ran.total() == 0);
    // The next run knows nothing of it.
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(ran.runs(0) + ran.runs(1) + ran.runs(3) == 3);
    CHECK(ran.runs(2) == 0);
}

TEST_CASE("graph: cancelled while it runs, what has not begun is left out") {
    two_workers::graph<5, 8> graph;
    history ran{5};
    gate held;
    two_workers::pool pool;
    const auto a = graph.add(step{&ran, 0});
    const auto b = graph
                       .add([&] {
                           ran.begin(1);
                           held.pass();
                           ran.end(1);
                       })
                       .after(a);
    const auto c = graph.add(step{&ran, 2}).after(b);
    const auto d = graph.add(step{&ran, 3}).after(b, a);
    graph.add(step{&ran, 4}).after(c, d);
    const graph_run run = pool.run(graph);
    REQUIRE(becomes([&] { return held.came() == 1; }));
    run.cancel();
    CHECK_FALSE(run.is_over());
    held.open();
    CHECK(run.wait() == graph_outcome::cancelled);
    CHECK(ran.runs(0) == 1);
    CHECK(ran.runs(1) == 1);
    CHECK(ran.total() == 2);
    ran.forget();
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(ran.all_ran(1));
}

TEMPLATE_TEST_CASE("graph: a node cancels its own run", "", EVERY_POOL) {
    typename TestType::template graph<3, 2> graph;
    history ran{3};
    typename TestType::pool pool;
    graph_run run;
    std::atomic<bool> known{false};
    const auto a = graph.add(step{&ran, 0});
    const auto b = graph
                       .add([&] {
                           while (TestType::has_workers && !known) {
                           }
                           run.cancel();
                       })
                       .after(a);
    graph.add(step{&ran, 2}).after(b);
    for (u32 round = 1; round <= 20; ++round) {
        known = false;
        run = pool.run(graph);
        known = true;
        REQUIRE(run.wait() == graph_outcome::cancelled);
        REQUIRE(ran.runs(0) == round);
        REQUIRE(ran.runs(2) == 0);
    }
}

TEMPLATE_TEST_CASE("graph: a node cancels the run that its graph is a node of", "", EVERY_POOL) {
    typename TestType::template graph<3, 2> inner;
    typename TestType::template graph<2, 1> outer;
    history ran{4};
    typename TestType::pool pool;
    graph_run run;
    std::atomic<bool> known{false};
    const auto a = inner.add([&] {
        while (TestType::has_workers && !known) {
        }
        ran.begin(0);
        run.cancel();
    });
    const auto b = inner.add(step{&ran, 1}).after(a);
    inner.add(step{&ran, 2}).after(b);
    outer.add(step{&ran, 3}).after(outer.add(inner));
    for (u32 round = 1; round <= 20; ++round) {
        known = false;
        run = pool.run(outer);
        known = true;
        REQUIRE(run.wait() == graph_outcome::cancelled);
        REQUIRE(ran.runs(0) == round);
        REQUIRE(ran.total() == round);
    }
}

TEMPLATE_TEST_CASE("graph: a cancel that leaves nothing out changes nothing", "", EVERY_POOL) {
    typename TestType::template graph<1, 0> graph;
    typename TestType::pool pool;
    graph_run run;
    std::atomic<bool> known{false};
    graph.add([&] {
        while (TestType::has_workers && !known) {
        }
        run.cancel();
    });
    run = pool.run(graph);
    known = true;
    CHECK(run.wait() == graph_outcome::succeeded);
    run.cancel();
    CHECK(run.outcome() == graph_outcome::succeeded);
}

TEMPLATE_TEST_CASE("graph: an older handle knows nothing of a newer run", "", EVERY_POOL) {
    typename TestType::template graph<2, 1> graph;
    history ran{2};
    std::atomic<bool> closed{false};
    typename TestType::pool pool;
    const auto a = graph.add([&] {
        while (closed) {
        }
        ran.begin(0);
        ran.end(0);
    });
    graph.add(step{&ran, 1}).after(a);
    const graph_run older = pool.run(graph);
    REQUIRE(older.wait() == graph_outcome::succeeded);
    closed = TestType::has_workers;
    const graph_run newer = pool.run(graph);
    CHECK(older.is_over());
    CHECK(older.wait() == older.outcome());  // returns at once
    older.cancel();
    CHECK_FALSE(newer.is_over());
    closed = false;
    CHECK(newer.wait() == graph_outcome::succeeded);
    CHECK(ran.all_ran(2));
}

TEST_CASE("graph: a late cancel() never meets the next run") {
    two_workers::graph<4, 3> graph;
    history ran{4};
    two_workers::pool pool;
    auto last = graph.add(step{&ran, 0});
    for (u32 i = 1; i < 4; ++i) {
        last = graph.add(step{&ran, i}).after(last);
    }
    // The canceller holds the handles of runs that were over before it learned of them.
    std::atomic<graph_run*> old{nullptr};
    std::atomic<bool> stop{false};
    std::thread canceller{[&] {
        while (!stop) {
            if (const graph_run* const run = old.exchange(nullptr)) {
                run->cancel();
                delete run;
            }
        }
    }};
    u32 cancelled = 0;
    for (u32 round = 1; round <= 5'000; ++round) {
        const graph_run run = pool.run(graph);
        cancelled += run.wait() == graph_outcome::succeeded ? 0U : 1U;
        delete old.exchange(new graph_run{run});
    }
    stop = true;
    canceller.join();
    delete old.load();
    CHECK(cancelled == 0);
    CHECK(ran.all_ran(5'000));
}

TEST_CASE("graph: of two threads that run it at once one is refused") {
    two_workers::graph<3, 2> graph;
    std::atomic<u32> inside{0};
    std::atomic<u32> wrong{0};
    std::atomic<u32> ran{0};
    two_workers::pool pool;
    const auto a = graph.add([&] { wrong += inside.exchange(1); });
    const auto b = graph.add([&] { ++ran; }).after(a);
    graph.add([&] { wrong += 1 - inside.exchange(0); }).after(b);
    REQUIRE(graph.check() == graph_error::none);
    std::atomic<u32> accepted{0};
    const auto body = [&] {
        for (int mine = 0; mine < 1'000;) {
            const graph_run run = pool.run(graph);
            if (run) {
                ++accepted;
                ++mine;
            } else {
                wrong += run.error() == graph_error::busy ? 0U : 1U;
            }
            run.wait();
        }
    };
    std::thread other{body};
    body();
    other.join();
    CHECK(wrong == 0);
    CHECK(ran == accepted);
    CHECK(accepted == 2'000);
}

TEST_CASE("graph: who waits takes part, and the caller's jobs are not run by it") {
    gate held;
    std::atomic<bool> unrelated{false};
    one_worker::graph<10, 9> graph;
    u32 here = 0;
    one_worker::pool pool;
    REQUIRE(pool.post([&] { held.pass(); }));
    REQUIRE(becomes([&] { return held.came() == 1; }));
    REQUIRE(pool.post([&] { unrelated = true; }));
    // The only worker is away: this thread runs all of it, and not what is queued.
    const auto self = std::this_thread::get_id();
    const auto root = graph.add([&] { here += std::this_thread::get_id() == self ? 1U : 0U; });
    for (u32 i = 1; i < 10; ++i) {
        graph.add([&] { here += std::this_thread::get_id() == self ? 1U : 0U; }).after(root);
    }
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(here == 10);
    CHECK_FALSE(unrelated);
    held.open();
    CHECK(becomes([&] { return unrelated.load(); }));
    CHECK_FALSE(held.forced());
}

TEST_CASE("graph: several at once in one pool") {
    constexpr u32 count = 6;
    constexpr u32 size = 40;
    std::array<three_workers::graph<size, size>, count> graphs;
    history ran{count * size};
    three_workers::pool pool;
    for (u32 g = 0; g < count; ++g) {
        auto last = graphs[g].add(step{&ran, g * size});
        for (u32 i = 1; i < size; ++i) {
            const auto next = graphs[g].add(step{&ran, g * size + i}).after(last);
            last = i % 5 == 0 ? next : last;
        }
    }
    for (u32 round = 1; round <= 100; ++round) {
        std::array<graph_run, count> runs;
        for (u32 g = 0; g < count; ++g) {
            runs[g] = pool.run(graphs[g]);
            REQUIRE(runs[g]);
        }
        for (const graph_run& run : runs) {
            REQUIRE(run.wait() == graph_outcome::succeeded);
        }
        REQUIRE(ran.all_ran(round));
    }
}
