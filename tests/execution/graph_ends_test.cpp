// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// graph: how nodes end, and what follows: failures, conditions of edges, choices, graphs in graphs.
//
// Goal: what runs and how it ends is what the edges say, for every end of a parent and every
// condition, alone and at joins; no run hangs, and none leaves anything behind for the next one.
// Method: all combinations on small graphs that record how each node ended, each run twice in a
// row with other ends in between; branches and loops are counted. Larger ones, at random and
// against an oracle, are in graph_random_test.cpp.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/execution/when.hpp>
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
using pawl::when;
using pool_checks::becomes;
using pool_checks::gate;
using u32 = std::uint32_t;

constexpr pawl::graph_options traced{.node_bytes = 32, .trace = true};

// A way to end: a node that begins and fails, and one that waits for it, make a deletion.
constexpr std::array<when, 3> ends{when::success, when::failure, when::deletion};

// Each condition that an edge can have.
constexpr std::array<when, 7> conditions{when::success,
                                         when::failure,
                                         when::deletion,
                                         when::success | when::failure,
                                         when::success | when::deletion,
                                         when::failure | when::deletion,
                                         when::any};

// A node that ends as it is told, run by run: `gone` before it makes it a deletion.
struct told {
    const when* end;
    bool operator()() const noexcept { return *end != when::failure; }
};
struct told_before {
    const when* end;
    bool operator()() const noexcept { return *end != when::deletion; }
};

// Adds a node that ends like this.
template <class Graph>
auto add_told(Graph& graph, const when& end) {
    const auto before = graph.add(told_before{&end});
    return graph.add(told{&end}).after(before);
}

}  // namespace

#define EVERY_POOL manual, polled, one_worker, two_workers, three_workers

TEMPLATE_TEST_CASE("graph ends: every end of a parent and every condition", "", manual,
                   two_workers) {
    typename TestType::pool pool;
    for (const when condition : conditions) {
        when end = when::success;
        u32 runs = 0;
        u32 later = 0;
        typename TestType::template graph<8, 8, traced> graph;
        const auto parent = add_told(graph, end);
        const auto child = graph.add([&] { ++runs; }).after(parent, condition);
        const auto after = graph.add([&] { ++later; });
        child.before(after, when::deletion);
        for (int round = 0; round < 9; ++round) {
            end = ends[static_cast<u32>(round) % 3];
            runs = later = 0;
            const graph_outcome outcome = pool.run(graph).wait();
            const bool met = meets(end, condition);
            CAPTURE(static_cast<int>(end), static_cast<int>(condition));
            REQUIRE(outcome ==
                    (end == when::success ? graph_outcome::succeeded : graph_outcome::failed));
            REQUIRE(graph.end_of(parent.index()) == end);
            REQUIRE(runs == (met ? 1U : 0U));
            REQUIRE(graph.end_of(child.index()) == (met ? when::success : when::deletion));
            REQUIRE(later == (met ? 0U : 1U));
        }
    }
}

TEMPLATE_TEST_CASE("graph ends: joins, met and unmet inputs mixed", "", manual, two_workers) {
    typename TestType::pool pool;
    for (const when first : conditions) {
        for (const when second : conditions) {
            std::array<when, 2> end{};
            u32 runs = 0;
            typename TestType::template graph<8, 8, traced> graph;
            const auto a = add_told(graph, end[0]);
            const auto b = add_told(graph, end[1]);
            const auto join = graph.add([&] { ++runs; });
            a.before(join, first);
            join.after(b, second);
            u32 wrong = 0;
            for (u32 round = 0; round < 18; ++round) {
                // Each pair of ends twice; what is met and what is not follow one another.
                const u32 pair = round * 4 % 9;
                end = {ends[pair % 3], ends[pair / 3]};
                runs = 0;
                pool.run(graph).wait();
                const bool met = meets(end[0], first) && meets(end[1], second);
                wrong += runs == (met ? 1U : 0U) ? 0U : 1U;
                wrong +=
                    graph.end_of(join.index()) == (met ? when::success : when::deletion) ? 0U : 1U;
            }
            CAPTURE(static_cast<int>(first), static_cast<int>(second));
            REQUIRE(wrong == 0);
        }
    }
}

TEMPLATE_TEST_CASE("graph ends: a failure marks the run, and leaves out what waits for success", "",
                   EVERY_POOL) {
    typename TestType::template graph<8, 16> graph;
    history ran{8};
    typename TestType::pool pool;
    bool good = false;
    const auto root = graph.add(step{&ran, 0});
    const auto bad = graph
                         .add([&] {
                             ran.begin(1);
                             ran.end(1);
                             return good;
                         })
                         .after(root);
    const auto beside = graph.add(step{&ran, 2}).after(root);
    const auto join = graph.add(step{&ran, 3}).after(bad, beside);
    graph.add(step{&ran, 4}).after(join);
    const auto repair = graph.add(step{&ran, 5}).after(bad, when::failure);
    graph.add(step{&ran, 6}).after(repair);
    graph.add(step{&ran, 7}).after(join, when::any).after(beside);
    for (int round = 0; round < 50; ++round) {
        good = round % 2 == 0;
        ran.forget();
        REQUIRE(pool.run(graph).wait() ==
                (good ? graph_outcome::succeeded : graph_outcome::failed));
        REQUIRE(ran.runs(0) + ran.runs(1) + ran.runs(2) + ran.runs(7) == 4);
        REQUIRE(ran.runs(3) == (good ? 1U : 0U));
        REQUIRE(ran.runs(4) == (good ? 1U : 0U));
        REQUIRE(ran.runs(5) == (good ? 0U : 1U));
        REQUIRE(ran.runs(6) == (good ? 0U : 1U));
    }
}

#if PAWL_HAS_EXCEPTIONS
TEMPLATE_TEST_CASE("graph ends: an exception is a failure", "", EVERY_POOL) {
    typename TestType::template graph<8, 8, traced> graph;
    history ran{3};
    typename TestType::pool pool;
    const auto bad = graph.add([] { throw 1; });
    const auto worse = graph.add([]() -> bool { throw 2.0; });
    const auto choice = graph.choose([]() -> int { throw 3L; });
    graph.add(step{&ran, 0}).after(bad);
    graph.add(step{&ran, 1}).after(worse, when::failure);
    graph.add(step{&ran, 2}).after(choice);
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::failed);
        REQUIRE(graph.end_of(bad.index()) == when::failure);
        REQUIRE(graph.end_of(worse.index()) == when::failure);
        REQUIRE(graph.end_of(choice.index()) == when::failure);
        REQUIRE(ran.runs(0) == 0);
        REQUIRE(ran.runs(1) == round);
        REQUIRE(ran.runs(2) == 0);
    }
    // Counted as nodes that fail, and not as jobs that throw.
    CHECK(pool.counts().threw == 0);
}
#endif

// ---- Choices ------------------------------------------------------------------------------------

TEMPLATE_TEST_CASE("graph ends: a node chooses one of its successors", "", EVERY_POOL) {
    typename TestType::template graph<16, 16> graph;
    history ran{6};
    typename TestType::pool pool;
    int number = 0;
    const auto root = graph.add(step{&ran, 0});
    const auto choice = graph.choose([&] { return number; }).after(root);
    for (u32 i = 1; i <= 4; ++i) {
        graph.add(step{&ran, i}).after(choice);
    }
    graph.add(step{&ran, 5}).after(root);
    constexpr std::array<int, 10> numbers{0, 1, 2, 3, 4, 5, 100'000'000, -1, -2, -3};
    for (int round = 0; round < 5; ++round) {
        for (const int each : numbers) {
            number = each;
            ran.forget();
            CAPTURE(number);
            REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
            REQUIRE(ran.runs(0) == 1);
            REQUIRE(ran.runs(5) == 1);
            for (u32 i = 1; i <= 4; ++i) {
                REQUIRE(ran.runs(i) == (number == static_cast<int>(i) - 1 ? 1U : 0U));
            }
        }
    }
}

TEST_CASE("graph ends: numbers of every type, and those that no edge has") {
    manual::pool pool;
    const auto runs_after = [&](auto number) {
        manual::graph<3, 2> graph;
        history ran{2};
        const auto choice = graph.choose([number] { return number; });
        graph.add(step{&ran, 0}).after(choice);
        graph.add(step{&ran, 1}).after(choice);
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        return ran.runs(0) + 2 * ran.runs(1);
    };
    CHECK(runs_after(false) == 1);
    CHECK(runs_after(true) == 2);
    CHECK(runs_after(static_cast<signed char>(1)) == 2);
    CHECK(runs_after(static_cast<signed char>(-1)) == 0);
    CHECK(runs_after(std::uint8_t{255}) == 0);
    CHECK(runs_after(-1) == 0);
    CHECK(runs_after(-2) == 0);
    CHECK(runs_after(-3) == 0);
    CHECK(runs_after(-4) == 0);
    CHECK(runs_after(std::numeric_limits<int>::min()) == 0);
    CHECK(runs_after(std::numeric_limits<u32>::max()) == 0);
    CHECK(runs_after(std::numeric_limits<u32>::max() - 2) == 0);
    // Not cut to 32 bits.
    CHECK(runs_after(std::uint64_t{1} << 32) == 0);
    CHECK(runs_after((std::uint64_t{1} << 32) + 1) == 0);
    CHECK(runs_after(std::numeric_limits<std::int64_t>::min()) == 0);
    CHECK(runs_after(std::numeric_limits<std::uint64_t>::max()) == 0);
}

TEMPLATE_TEST_CASE("graph ends: a loop with a counter", "", EVERY_POOL) {
    typename TestType::template graph<16, 16> graph;
    u32 rounds = 0;
    u32 joined = 0;
    std::atomic<u32> bodies{0};
    u32 after = 0;
    typename TestType::pool pool;
    // The body is a fork and a join, whose counter each round needs anew.
    const auto begin = graph.add([&] { rounds = 0; });
    const auto body = graph.add([&] { ++bodies; }).after(begin);
    const auto left = graph.add([&] { ++bodies; }).after(body);
    const auto right = graph.add([&] { ++bodies; }).after(body);
    const auto join = graph.add([&] { ++joined; }).after(left, right);
    const auto again = graph.choose([&] { return ++rounds < 100 ? 0 : 1; }).after(join);
    again.before(body);
    graph.add([&] { ++after; }).after(again);
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(rounds == 100);
        REQUIRE(joined == 100 * round);
        REQUIRE(bodies == 300 * round);
        REQUIRE(after == round);
    }
}

TEMPLATE_TEST_CASE("graph ends: a choosing node with several inputs, in a loop", "", EVERY_POOL) {
    typename TestType::template graph<8, 8> graph;
    u32 rounds = 0;
    std::atomic<u32> bodies{0};
    typename TestType::pool pool;
    const auto begin = graph.add([&] { rounds = 0; });
    const auto body = graph.add([&] { ++bodies; }).after(begin);
    const auto left = graph.add([&] { ++bodies; }).after(body);
    const auto right = graph.add([&] { ++bodies; }).after(body);
    graph.choose([&] { return ++rounds < 100 ? 0 : 1; }).after(left, right).before(body);
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(rounds == 100);
        REQUIRE(bodies == 300 * round);
    }
}

TEMPLATE_TEST_CASE("graph ends: a node that chooses itself, and one that chooses nothing", "",
                   EVERY_POOL) {
    typename TestType::template graph<4, 4> graph;
    u32 runs = 0;
    typename TestType::pool pool;
    const auto begin = graph.add([&] { runs = 0; });
    const auto choice = graph.choose([&] { return ++runs < 1'000 ? 0 : 7; }).after(begin);
    choice.before(choice);
    graph.choose([] { return 0; }).after(begin);
    for (int round = 0; round < 5; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(runs == 1'000);
    }
}

TEMPLATE_TEST_CASE("graph ends: a choosing node with several inputs, run after run", "",
                   EVERY_POOL) {
    typename TestType::template graph<8, 8> graph;
    history ran{4};
    typename TestType::pool pool;
    const auto a = graph.add(step{&ran, 0});
    const auto b = graph.add(step{&ran, 1});
    const auto choice = graph
                            .choose([&] {
                                ran.begin(2);
                                ran.end(2);
                                return 0;
                            })
                            .after(a, b);
    graph.add(step{&ran, 3}).after(choice);
    for (u32 round = 1; round <= 20; ++round) {
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(round));
    }
}

TEMPLATE_TEST_CASE("graph ends: a join of two branches never runs, in no later run either", "",
                   EVERY_POOL) {
    typename TestType::template graph<8, 8, traced> graph;
    history ran{3};
    u32 number = 0;
    typename TestType::pool pool;
    const auto choice = graph.choose([&] { return number; });
    const auto left = graph.add(step{&ran, 0}).after(choice);
    const auto right = graph.add(step{&ran, 1}).after(choice);
    const auto join = graph.add(step{&ran, 2}).after(left, right);
    for (u32 round = 0; round < 20; ++round) {
        number = round % 2;
        ran.forget();
        REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        REQUIRE(ran.runs(number) == 1);
        REQUIRE(ran.runs(1 - number) == 0);
        REQUIRE(ran.runs(2) == 0);
        REQUIRE(graph.end_of(join.index()) == when::any);
        REQUIRE(graph.end_of(number == 0 ? right.index() : left.index()) == when::any);
    }
}

TEMPLATE_TEST_CASE("graph ends: a choosing node that is left out chooses nothing", "", EVERY_POOL) {
    typename TestType::template graph<8, 8, traced> graph;
    history ran{3};
    typename TestType::pool pool;
    bool good = false;
    const auto begin = graph.add([&] { return good; });
    const auto choice = graph
                            .choose([&] {
                                ran.begin(0);
                                ran.end(0);
                                return 0;
                            })
                            .after(begin);
    const auto first = graph.add(step{&ran, 1}).after(choice);
    graph.add(step{&ran, 2}).after(choice);
    for (u32 round = 0; round < 20; ++round) {
        good = round % 2 == 1;
        ran.forget();
        REQUIRE(pool.run(graph).wait() ==
                (good ? graph_outcome::succeeded : graph_outcome::failed));
        REQUIRE(graph.end_of(choice.index()) == (good ? when::success : when::deletion));
        REQUIRE(graph.end_of(first.index()) == (good ? when::success : when::any));
        REQUIRE(ran.runs(0) == (good ? 1U : 0U));
        REQUIRE(ran.runs(1) == (good ? 1U : 0U));
        REQUIRE(ran.runs(2) == 0);
    }
}

TEMPLATE_TEST_CASE("graph ends: a loop that never ends is cancelled", "", EVERY_POOL) {
    typename TestType::template graph<4, 4> graph;
    typename TestType::pool pool;
    graph_run run;
    std::atomic<bool> known{false};
    u32 rounds = 0;
    const auto begin = graph.add([&] {
        while (TestType::has_workers && !known) {
        }
    });
    const auto again = graph
                           .choose([&] {
                               if (++rounds % 500 == 0) {
                                   run.cancel();
                               }
                               return 0;
                           })
                           .after(begin);
    again.before(again);
    for (u32 round = 1; round <= 5; ++round) {
        known = false;
        run = pool.run(graph);
        known = true;
        REQUIRE(run.wait() == graph_outcome::cancelled);
        REQUIRE(rounds == 500 * round);
    }
}

// ---- Graphs in graphs
// -----------------------------------------------------------------------------

TEMPLATE_TEST_CASE("graph ends: a graph in a graph in a graph", "", EVERY_POOL, manual_narrow,
                   two_narrow) {
    typename TestType::template graph<8, 8> innermost;
    typename TestType::template graph<8, 8> middle;
    typename TestType::template graph<8, 8> outer;
    history ran{9};
    typename TestType::pool pool;
    const auto a = innermost.add(step{&ran, 0});
    innermost.add(step{&ran, 1}).after(a);
    innermost.add(step{&ran, 2}).after(a);
    const auto b = middle.add(step{&ran, 3});
    const auto c = middle.add(innermost, "innermost").after(b);
    middle.add(step{&ran, 4}).after(c);
    const auto d = outer.add(step{&ran, 5});
    const auto e = outer.add(middle, "middle").after(d);
    outer.add(step{&ran, 6}).after(e);
    const auto beside = outer.add(step{&ran, 7}).after(d);
    outer.add(step{&ran, 8}).after(beside, e);
    CHECK(outer.name_of(e.index()) == "middle");
    for (u32 round = 1; round <= 50; ++round) {
        ran.forget();
        REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(1));
        REQUIRE(ran.in_order(5, 3));
        REQUIRE(ran.in_order(3, 0));
        REQUIRE(ran.in_order(1, 4));
        REQUIRE(ran.in_order(2, 4));
        REQUIRE(ran.in_order(4, 6));
        REQUIRE(ran.in_order(4, 8));
    }
    // Alone, too, in between.
    ran.forget();
    REQUIRE(pool.run(innermost).wait() == graph_outcome::succeeded);
    REQUIRE(pool.run(middle).wait() == graph_outcome::succeeded);
    REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
    REQUIRE(ran.runs(0) == 3);
    REQUIRE(ran.runs(3) == 2);
    REQUIRE(ran.runs(5) == 1);
}

TEMPLATE_TEST_CASE("graph ends: a fan of graphs, and of graphs with fans in them", "", EVERY_POOL,
                   manual_narrow, two_narrow) {
    constexpr u32 width = 12;
    constexpr u32 depth = 6;
    typename TestType::pool pool;
    using inner_type = typename TestType::template graph<depth, depth>;
    using middle_type = typename TestType::template graph<width, width>;
    std::vector<std::unique_ptr<inner_type>> inner;
    std::vector<std::unique_ptr<middle_type>> middle;
    typename TestType::template graph<width + 2, 2 * width> outer;
    std::atomic<u32> runs{0};
    std::atomic<u32> before{0};
    u32 at_end = 0;
    const auto begin = outer.add([&] { before = runs.load(); });
    const auto end = outer.add([&] { at_end = runs - before; });
    for (u32 m = 0; m < width; ++m) {
        middle.push_back(std::make_unique<middle_type>());
        for (u32 i = 0; i < width; ++i) {
            inner.push_back(std::make_unique<inner_type>());
            const auto root = inner.back()->add([&] { ++runs; });
            for (u32 leaf = 1; leaf < depth; ++leaf) {
                const auto made = inner.back()->add([&] { ++runs; });
                if (i % 2 == 0) {
                    made.after(root);
                }
            }
            middle.back()->add(*inner.back());
        }
        outer.add(*middle.back()).after(begin).before(end);
    }
    for (u32 round = 0; round < 20; ++round) {
        REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
        REQUIRE(at_end == width * width * depth);
    }
}

TEMPLATE_TEST_CASE("graph ends: a failure inside fails the node and the run", "", EVERY_POOL) {
    typename TestType::template graph<4, 4, traced> inner;
    typename TestType::template graph<4, 4, traced> outer;
    history ran{4};
    typename TestType::pool pool;
    bool good = false;
    const auto a = inner.add([&] { return good; });
    const auto b = inner.add(step{&ran, 0}).after(a);
    inner.add(step{&ran, 1}).after(a, when::any);
    const auto node = outer.add(inner);
    const auto after = outer.add(step{&ran, 2}).after(node);
    const auto otherwise = outer.add(step{&ran, 3}).after(node, when::failure);
    for (u32 round = 0; round < 20; ++round) {
        good = round % 2 == 1;
        ran.forget();
        REQUIRE(pool.run(outer).wait() ==
                (good ? graph_outcome::succeeded : graph_outcome::failed));
        REQUIRE(inner.end_of(a.index()) == (good ? when::success : when::failure));
        REQUIRE(inner.end_of(b.index()) == (good ? when::success : when::deletion));
        REQUIRE(outer.end_of(node.index()) == (good ? when::success : when::failure));
        REQUIRE(outer.end_of(after.index()) == (good ? when::success : when::deletion));
        REQUIRE(outer.end_of(otherwise.index()) == (good ? when::deletion : when::success));
        REQUIRE(ran.runs(1) == 1);
        REQUIRE(ran.runs(2) == (good ? 1U : 0U));
        REQUIRE(ran.runs(3) == (good ? 0U : 1U));
    }
}

TEMPLATE_TEST_CASE("graph ends: a cancelled run is cancelled inside, too", "", EVERY_POOL) {
    typename TestType::template graph<4, 4, traced> innermost;
    typename TestType::template graph<4, 4, traced> middle;
    typename TestType::template graph<4, 4, traced> outer;
    history ran{4};
    typename TestType::pool pool;
    graph_run run;
    std::atomic<bool> known{false};
    bool cancels = true;
    const auto a = innermost.add([&] {
        while (TestType::has_workers && !known) {
        }
        if (cancels) {
            run.cancel();
        }
    });
    innermost.add(step{&ran, 0}).after(a);
    const auto b = middle.add(innermost);
    middle.add(step{&ran, 1}).after(b);
    middle.add(step{&ran, 2}).after(b, when::any);
    const auto c = outer.add(middle);
    outer.add(step{&ran, 3}).after(c, when::any);
    for (u32 round = 0; round < 20; ++round) {
        cancels = round % 2 == 0;
        known = false;
        ran.forget();
        run = pool.run(outer);
        known = true;
        REQUIRE(run.wait() == (cancels ? graph_outcome::cancelled : graph_outcome::succeeded));
        REQUIRE(ran.total() == (cancels ? 0U : 4U));
        REQUIRE(outer.end_of(c.index()) == (cancels ? when::deletion : when::success));
        REQUIRE(middle.end_of(b.index()) == (cancels ? when::deletion : when::success));
        REQUIRE(innermost.end_of(a.index()) == when::success);
    }
}

TEMPLATE_TEST_CASE("graph ends: one graph in two nodes, one after the other", "", EVERY_POOL) {
    typename TestType::template graph<4, 4> inner;
    typename TestType::template graph<4, 4> outer;
    history ran{3};
    typename TestType::pool pool;
    const auto root = inner.add(step{&ran, 0});
    inner.add(step{&ran, 1}).after(root);
    inner.add(step{&ran, 2}).after(root);
    const auto first = outer.add(inner);
    const auto second = outer.add(inner).after(first);
    outer.add(inner).after(second);
    for (u32 round = 1; round <= 50; ++round) {
        REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
        REQUIRE(ran.all_ran(3 * round));
    }
}

TEMPLATE_TEST_CASE("graph ends: a graph in a loop", "", EVERY_POOL) {
    typename TestType::template graph<4, 4> inner;
    typename TestType::template graph<4, 4> outer;
    std::atomic<u32> runs{0};
    u32 rounds = 0;
    typename TestType::pool pool;
    const auto root = inner.add([&] { ++runs; });
    inner.add([&] { ++runs; }).after(root);
    inner.add([&] { ++runs; }).after(root);
    const auto begin = outer.add([&] { rounds = 0; });
    const auto body = outer.add(inner).after(begin);
    const auto again = outer.choose([&] { return ++rounds < 50 ? 0 : 1; }).after(body);
    again.before(body);
    for (u32 round = 1; round <= 10; ++round) {
        REQUIRE(pool.run(outer).wait() == graph_outcome::succeeded);
        REQUIRE(runs == 150 * round);
    }
}

TEST_CASE("graph ends: a graph that runs already is a node that fails") {
    two_workers::graph<1, 0> inner;
    two_workers::graph<4, 4, traced> outer;
    gate held;
    u32 after = 0;
    two_workers::pool pool;
    inner.add([&] { held.pass(); });
    const auto node = outer.add(inner);
    const auto good = outer.add([&] { ++after; }).after(node);
    const auto bad = outer.add([&] { ++after; }).after(node, when::failure);
    const graph_run alone = pool.run(inner);
    REQUIRE(becomes([&] { return held.came() == 1; }));
    CHECK(pool.run(outer).wait() == graph_outcome::failed);
    CHECK(outer.end_of(node.index()) == when::failure);
    CHECK(outer.end_of(good.index()) == when::deletion);
    CHECK(outer.end_of(bad.index()) == when::success);
    CHECK(alone.outcome() == graph_outcome::running);
    held.open();
    CHECK(alone.wait() == graph_outcome::succeeded);
    CHECK(pool.run(outer).wait() == graph_outcome::succeeded);
    CHECK(after == 2);
}

TEMPLATE_TEST_CASE("graph ends: one graph in two nodes at once fails one of them, or none", "",
                   EVERY_POOL) {
    typename TestType::template graph<4, 4> inner;
    typename TestType::template graph<4, 4, traced> outer;
    std::atomic<u32> runs{0};
    typename TestType::pool pool;
    inner.add([&] { ++runs; });
    const auto first = outer.add(inner);
    const auto second = outer.add(inner);
    for (u32 round = 0; round < 200; ++round) {
        runs = 0;
        const graph_outcome outcome = pool.run(outer).wait();
        const u32 good = (outer.end_of(first.index()) == when::success ? 1U : 0U) +
                         (outer.end_of(second.index()) == when::success ? 1U : 0U);
        REQUIRE(good >= 1);
        REQUIRE(runs == good);
        REQUIRE(outcome == (good == 2 ? graph_outcome::succeeded : graph_outcome::failed));
    }
}

TEMPLATE_TEST_CASE("graph ends: a graph that has itself inside, or cannot be run", "", EVERY_POOL) {
    typename TestType::template graph<4, 4, traced> outer;
    typename TestType::template graph<4, 4> empty;
    typename TestType::template graph<4, 4> round_trip;
    typename TestType::pool pool;
    const auto a = round_trip.add([] {});
    const auto b = round_trip.add([] {}).after(a);
    a.after(b);
    const auto itself = outer.add(outer);
    const auto nothing = outer.add(empty);
    const auto never = outer.add(round_trip);
    for (int round = 0; round < 3; ++round) {
        REQUIRE(pool.run(outer).wait() == graph_outcome::failed);
        REQUIRE(outer.end_of(itself.index()) == when::failure);
        REQUIRE(outer.end_of(nothing.index()) == when::failure);
        REQUIRE(outer.end_of(never.index()) == when::failure);
    }
    CHECK(round_trip.check() == graph_error::cycle);
}
