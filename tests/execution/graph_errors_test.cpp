// SPDX-License-Identifier: BSL-1.0
//
// graph: what is refused and why, what a node holds, and what is recorded.
//
// Goal: a graph that cannot be run says why, with the nodes of a cycle, and is never half run; a
// node's callable is built and destroyed once; names, sizes and recordings are as the options say.
// Method: each error by itself, cycles of every length inside larger graphs, callables that tell
// their fate (pool_checks.hpp), virtual time for what a node took. Random cycles: every graph of up
// to four nodes is compared with a search for one.
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
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
using graph_checks::step;
using graph_checks::two_workers;
using pawl::graph_error;
using pawl::graph_outcome;
using pawl::graph_run;
using pawl::when;
using pool_checks::fate;
using pool_checks::ticket;
using u32 = std::uint32_t;

// Whether the nodes are a cycle of the graph: an edge from each to the next, and from the last to
// the first.
template <class Graph, class Nodes>
bool is_cycle(const Graph& graph, const Nodes& nodes) {
    if (nodes.empty()) {
        return false;
    }
    u32 last = nodes.back();
    for (const u32 node : nodes) {
        bool found = false;
        graph.for_each_edge([&](const auto& edge) {
            found = found || (!edge.chosen && edge.from == last && edge.to == node);
        });
        if (!found) {
            return false;
        }
        last = node;
    }
    return true;
}

void refused(graph_run run, graph_error why) {
    CHECK_FALSE(run);
    CHECK(run.error() == why);
    CHECK(run.is_over());
    CHECK(run.outcome() == graph_outcome::cancelled);
    CHECK(run.wait() == graph_outcome::cancelled);
    run.cancel();
}

}  // namespace

static_assert(!std::is_copy_constructible_v<pawl::graph<1, 0>>);
static_assert(!std::is_move_constructible_v<pawl::graph<1, 0>>);
static_assert(std::is_nothrow_default_constructible_v<pawl::graph<1, 0>>);
static_assert(std::is_trivially_copyable_v<graph_run>);
static_assert(sizeof(pawl::graph<1'000, 2'000, pawl::graph_options{.names = false}>) <=
              40 * 1'000 + 12 * 2'000 + 512);

TEST_CASE("graph errors: an empty graph has no start") {
    manual::pool pool;
    manual::graph<4, 4> graph;
    CHECK(graph.check() == graph_error::no_start);
    refused(pool.run(graph), graph_error::no_start);
}

TEST_CASE("graph errors: a handle of nothing") { refused(graph_run{}, graph_error::no_start); }

TEST_CASE("graph errors: too many nodes") {
    manual::pool pool;
    manual::graph<2, 4> graph;
    int runs = 0;
    const auto a = graph.add([&] { ++runs; });
    const auto b = graph.add([&] { ++runs; });
    CHECK(graph.check() == graph_error::none);
    const auto c = graph.add([&] { ++runs; });
    CHECK(a);
    CHECK(b);
    CHECK_FALSE(c);
    CHECK(graph.node_count() == 2);
    CHECK(graph.check() == graph_error::too_many_nodes);
    c.after(a);  // harmless
    a.after(c);
    CHECK(graph.check() == graph_error::too_many_nodes);
    CHECK_FALSE(graph.choose([] { return 0; }));
    manual::graph<1, 1> inner;
    CHECK_FALSE(graph.add(inner));
    refused(pool.run(graph), graph_error::too_many_nodes);
    CHECK(runs == 0);
}

TEST_CASE("graph errors: too many edges") {
    manual::pool pool;
    manual::graph<4, 2> graph;
    int runs = 0;
    const auto a = graph.add([&] { ++runs; });
    const auto b = graph.add([&] { ++runs; }).after(a);
    const auto c = graph.add([&] { ++runs; }).after(b);
    CHECK(graph.check() == graph_error::none);
    CHECK(graph.edge_count() == 2);
    c.after(a);
    CHECK(graph.edge_count() == 2);
    CHECK(graph.check() == graph_error::too_many_edges);
    refused(pool.run(graph), graph_error::too_many_edges);
    CHECK(runs == 0);
}

TEST_CASE("graph errors: room for no edge") {
    manual::pool pool;
    manual::graph<2, 0> graph;
    int runs = 0;
    const auto a = graph.add([&] { ++runs; });
    const auto b = graph.add([&] { ++runs; });
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(runs == 2);
    b.after(a);
    refused(pool.run(graph), graph_error::too_many_edges);
}

TEST_CASE("graph errors: a node of another graph") {
    manual::pool pool;
    for (const bool child : {false, true}) {
        manual::graph<2, 2> graph;
        manual::graph<2, 2> other;
        const auto mine = graph.add([] {});
        const auto foreign = other.add([] {});
        if (child) {
            mine.before(foreign);
        } else {
            mine.after(foreign);
        }
        CHECK(graph.check() == graph_error::no_such_node);
        refused(pool.run(graph), graph_error::no_such_node);
        CHECK(pool.run(other).wait() == graph_outcome::succeeded);
    }
}

TEST_CASE("graph errors: three inputs at once are as three one by one") {
    // Of four nodes, one of another graph and one for which there was no room, any three are the
    // inputs of any one; after up to three other edges, with room for five. One may choose: its
    // second edge, if it has that, which may be a loop, and none from the fourth time on.
    using graph_type = manual::graph<4, 5>;
    struct built {
        graph_type graph;
        std::array<u32, 4> runs{};
        std::vector<graph_type::node> nodes;

        built(graph_type& others, bool chooses, bool lacks) {
            for (u32 i = 0; i < 4; ++i) {
                const auto count = [this, i] { ++runs[i]; };
                nodes.push_back(chooses && i == 1 ? graph.choose([this, count] {
                    count();
                    return runs[1] < 4 ? 1 : 9;
                })
                                                  : graph.add(count));
            }
            nodes.push_back(others.add([] {}));
            if (lacks) {
                nodes.push_back(graph.add([] {}));
            }
        }
        void add_others(u32 count) {
            const std::array<std::array<u32, 2>, 3> edges{{{0, 3}, {1, 2}, {0, 2}}};
            for (u32 i = 0; i < count; ++i) {
                nodes[edges[i][1]].after(nodes[edges[i][0]]);
            }
        }
        [[nodiscard]] std::vector<std::array<u32, 3>> edges() const {
            std::vector<std::array<u32, 3>> result;
            graph.for_each_edge([&](const auto& each) {
                result.push_back({each.from, each.to, each.chosen ? 1U : 0U});
            });
            return result;
        }
    };
    manual::pool pool;
    u32 wrong = 0;
    u32 good = 0;
    for (u32 code = 0; code < 6 * 6 * 6 * 6 * 16; ++code) {
        const bool chooses = code % 2 == 1;
        const bool lacks = code / 2 % 2 == 1;
        const u32 others = code / 4 % 4;
        const std::array<u32, 4> which{code / 16 % 6, code / 96 % 6, code / 576 % 6,
                                       code / 3456 % 6};
        if (!lacks && std::count(which.begin(), which.end(), 5U) != 0) {
            continue;
        }
        const auto foreign = std::make_unique<manual::graph<4, 5>>();
        built once{*foreign, chooses, lacks};
        built one_by_one{*foreign, chooses, lacks};
        once.add_others(others);
        one_by_one.add_others(others);
        if (which[0] != 4) {
            once.nodes[which[0]].after(once.nodes[which[1]], once.nodes[which[2]],
                                       once.nodes[which[3]]);
            for (u32 i = 1; i < 4; ++i) {
                one_by_one.nodes[which[0]].after(one_by_one.nodes[which[i]]);
            }
        }
        const graph_error error = one_by_one.graph.check();
        wrong += once.graph.check() != error ? 1U : 0U;
        wrong += once.edges() != one_by_one.edges() ? 1U : 0U;
        wrong += once.graph.edge_count() != one_by_one.graph.edge_count() ? 1U : 0U;
        if (error == graph_error::none) {
            ++good;
            for (int times = 0; times < 2; ++times) {
                wrong += pool.run(once.graph).wait() != pool.run(one_by_one.graph).wait() ? 1U : 0U;
                wrong += once.runs != one_by_one.runs ? 1U : 0U;
            }
        }
    }
    CHECK(wrong == 0);
    CHECK(good > 500);
}

TEST_CASE("graph errors: a node that waits for itself") {
    manual::pool pool;
    manual::graph<3, 4> graph;
    const auto a = graph.add([] {});
    const auto b = graph.add([] {}).after(a);
    b.after(b);
    graph.add([] {}).after(b);
    CHECK(graph.check() == graph_error::cycle);
    const auto cycle = graph.cycle();
    REQUIRE(cycle.size() == 1);
    CHECK(cycle.front() == b.index());
    refused(pool.run(graph), graph_error::cycle);
}

TEST_CASE("graph errors: cycles of every length, with much before, beside and after them") {
    manual::pool pool;
    for (u32 length = 2; length <= 12; ++length) {
        manual::graph<32, 64> graph;
        std::vector<manual::graph<32, 64>::node> nodes;
        for (u32 i = 0; i < 20; ++i) {
            nodes.push_back(graph.add([] {}));
        }
        CHECK(graph.cycle().empty());
        // 0 and 1 come before, the cycle is 2 to length + 1, the others after it or beside.
        for (u32 i = 0; i < length; ++i) {
            nodes[2 + (i + 1) % length].after(nodes[2 + i]);
        }
        nodes[2].after(nodes[0]);
        nodes[3].after(nodes[1], when::any);
        for (u32 i = length + 2; i < 20; ++i) {
            nodes[i].after(nodes[2 + i % length]);
            nodes[i].after(nodes[i % 2]);
        }
        CAPTURE(length);
        REQUIRE(graph.check() == graph_error::cycle);
        const auto cycle = graph.cycle();
        REQUIRE(cycle.size() == length);
        REQUIRE(is_cycle(graph, cycle));
        refused(pool.run(graph), graph_error::cycle);
    }
}

TEST_CASE("graph errors: every graph of three nodes, and whether it has a cycle") {
    // Three nodes, of which each may choose, and nine possible edges.
    manual::pool pool;
    u32 wrong = 0;
    u32 cycles = 0;
    u32 no_starts = 0;
    for (u32 choosers = 0; choosers < 8; ++choosers) {
        for (u32 edges = 0; edges < 512; ++edges) {
            manual::graph<3, 9> graph;
            std::array<u32, 3> runs{};
            std::vector<manual::graph<3, 9>::node> nodes;
            for (u32 i = 0; i < 3; ++i) {
                if ((choosers >> i & 1) != 0) {
                    nodes.push_back(graph.choose([&runs, i] {
                        ++runs[i];
                        return -1;  // a loop would not end
                    }));
                } else {
                    nodes.push_back(graph.add([&runs, i] { ++runs[i]; }));
                }
            }
            // Which node waits for which, over any number of edges.
            std::array<u32, 3> before{};
            u32 inputs = 0;
            for (u32 edge = 0; edge < 9; ++edge) {
                if ((edges >> edge & 1) != 0) {
                    nodes[edge % 3].after(nodes[edge / 3]);
                    inputs |= 1U << (edge % 3);
                    before[edge % 3] |= (choosers >> (edge / 3) & 1) != 0 ? 0 : 1U << (edge / 3);
                }
            }
            for (int pass = 0; pass < 3; ++pass) {
                for (u32 i = 0; i < 3; ++i) {
                    for (u32 j = 0; j < 3; ++j) {
                        before[i] |= (before[i] >> j & 1) != 0 ? before[j] : 0;
                    }
                }
            }
            const bool has_cycle = (before[0] & 1) + (before[1] & 2) + (before[2] & 4) != 0;
            const graph_error expected = has_cycle     ? graph_error::cycle
                                         : inputs == 7 ? graph_error::no_start
                                                       : graph_error::none;
            const graph_error error = graph.check();
            wrong += error == expected ? 0U : 1U;
            cycles += has_cycle ? 1U : 0U;
            no_starts += expected == graph_error::no_start ? 1U : 0U;
            wrong += is_cycle(graph, graph.cycle()) == has_cycle ? 0U : 1U;
            const graph_run run = pool.run(graph);
            wrong += run.error() == expected ? 0U : 1U;
            wrong += run.wait() == (expected == graph_error::none ? graph_outcome::succeeded
                                                                  : graph_outcome::cancelled)
                         ? 0U
                         : 1U;
            for (u32 i = 0; i < 3; ++i) {
                const bool begins = error == graph_error::none && (inputs >> i & 1) == 0;
                wrong += !begins || runs[i] == 1 ? 0U : 1U;
                wrong += error == graph_error::none || runs[i] == 0 ? 0U : 1U;
            }
        }
    }
    CHECK(wrong == 0);
    CHECK(cycles > 1'000);
    CHECK(no_starts > 100);
}

TEST_CASE("graph errors: a cycle over a chosen edge is a loop") {
    manual::pool pool;
    manual::graph<4, 4> graph;
    u32 runs = 0;
    const auto begin = graph.add([] {});
    const auto body = graph.add([&] { ++runs; }).after(begin);
    graph.choose([&] { return runs < 10 ? 0 : -1; }).after(body).before(body);
    CHECK(graph.check() == graph_error::none);
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(runs == 10);
}

TEST_CASE("graph errors: every node waits for a choice") {
    manual::pool pool;
    manual::graph<2, 2> graph;
    const auto a = graph.choose([] { return 0; });
    const auto b = graph.choose([] { return 0; });
    a.before(b);
    b.before(a);
    CHECK(graph.check() == graph_error::no_start);
    refused(pool.run(graph), graph_error::no_start);
}

TEST_CASE("graph errors: a pool that has stopped") {
    two_workers::pool pool;
    two_workers::graph<1, 0> graph;
    int runs = 0;
    graph.add([&] { ++runs; });
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    pool.stop(pawl::drain);
    refused(pool.run(graph), graph_error::stopped);
    CHECK(runs == 1);
    two_workers::pool another;
    CHECK(another.run(graph).wait() == graph_outcome::succeeded);
    CHECK(runs == 2);
}

TEST_CASE("graph errors: a pool without room") {
    // A deque of two, a queue of two, and a job inside a job only once.
    using pool_type =
        pawl::thread_pool<pawl::pool_limits{.workers = 0, .queue = 2, .local = 2, .depth = 0},
                          pawl::manual_platform>;
    pool_type pool;
    std::array<manual::graph<1, 0>, 5> graphs;
    u32 runs = 0;
    for (auto& each : graphs) {
        each.add([&] { ++runs; });
    }
    CHECK(pool.run(graphs[0]));
    CHECK(pool.run(graphs[1]));
    const graph_run third = pool.run(graphs[2]);
    refused(third, graph_error::full);
    CHECK(pool.counts().refused == 1);
    while (pool.poll().ran != 0) {
    }
    CHECK(runs == 2);
    CHECK(pool.run(graphs[2]).wait() == graph_outcome::succeeded);
    CHECK(runs == 3);
}

// ---- Callables ----------------------------------------------------------------------------------

TEST_CASE("graph errors: a callable is built once, run often, and destroyed once") {
    std::array<fate, 4> fates;
    {
        manual::pool pool;
        manual::graph<4, 4> graph;
        const auto a = graph.add(ticket{fates[0]});
        const auto b = graph.add(ticket{fates[1]}).after(a);
        graph.add(ticket{fates[2]}).after(b, when::failure);
        graph.choose([own = ticket{fates[3]}] {
            own();
            return 0;
        });
        for (int round = 0; round < 3; ++round) {
            REQUIRE(pool.run(graph).wait() == graph_outcome::succeeded);
        }
        for (const fate& each : fates) {
            CHECK(each.ends == 0);
        }
    }
    CHECK(fates[0].runs == 3);
    CHECK(fates[1].runs == 3);
    CHECK(fates[2].runs == 0);
    CHECK(fates[3].runs == 3);
    for (const fate& each : fates) {
        CHECK(each.ends == 1);
    }
}

TEST_CASE("graph errors: what finds no room stays the caller's") {
    std::array<fate, 2> fates;
    {
        ticket second{fates[1]};
        {
            manual::graph<1, 0> graph;
            CHECK(graph.add(ticket{fates[0]}));
            CHECK_FALSE(graph.add(std::move(second)));
        }
        CHECK(fates[0].ends == 1);
        CHECK(second.whole());
        CHECK(fates[1].ends == 0);
    }
    CHECK(fates[1].ends == 1);
}

TEST_CASE("graph errors: a callable keeps what it changes from run to run") {
    manual::pool pool;
    manual::graph<1, 0> graph;
    u32 seen = 0;
    graph.add([&seen, calls = u32{0}]() mutable { seen = ++calls; });
    for (u32 round = 1; round <= 5; ++round) {
        pool.run(graph).wait();
        CHECK(seen == round);
    }
}

TEST_CASE("graph errors: larger callables, and nodes without names") {
    constexpr pawl::graph_options options{.node_bytes = 64, .names = false};
    manual::pool pool;
    manual::graph<2, 1, options> graph;
    std::array<std::uint64_t, 7> numbers{1, 2, 3, 4, 5, 6, 7};
    std::uint64_t sum = 0;
    const auto a = graph.add([&sum, numbers] {
        for (const std::uint64_t each : numbers) {
            sum += each;
        }
    });
    graph.add([&sum] { sum *= 2; }, "not kept").after(a);
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(sum == 56);
    CHECK(graph.name_of(1).empty());
}

TEST_CASE("graph errors: functions, and references to callables, are nodes") {
    static u32 calls = 0;
    calls = 0;
    struct local {
        static void function() { ++calls; }
    };
    manual::pool pool;
    manual::graph<3, 0> graph;
    const auto named = [] { ++calls; };
    graph.add(&local::function);
    graph.add(local::function);
    graph.add(named);
    CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
    CHECK(calls == 3);
}

// ---- Recordings ---------------------------------------------------------------------------------

TEST_CASE("graph errors: how long a node took, and how it ended") {
    constexpr pawl::graph_options traced{.trace = true};
    manual::pool pool;
    manual::graph<2, 2, traced> inner;
    manual::graph<8, 8, traced> graph;
    bool good = true;
    const auto work = [&](std::chrono::nanoseconds time) { pool.platform().elapse(time); };
    const auto first = inner.add([&] { work(10us); });
    inner.add([&] { work(20us); }).after(first);
    const auto a = graph.add([&] {
        work(3us);
        return good;
    });
    const auto b = graph.add([&] { work(5us); }).after(a);
    const auto c = graph.add(inner).after(b);
    const auto d = graph.add([&] { work(7us); }).after(a, when::failure);
    for (u32 i = 0; i < 4; ++i) {
        CHECK(graph.end_of(i) == when::any);
        CHECK(graph.took(i) == 0ns);
    }
    for (int round = 0; round < 4; ++round) {
        good = round % 2 == 0;
        pool.run(graph).wait();
        CHECK(graph.took(a.index()) == 3us);
        CHECK(graph.end_of(a.index()) == (good ? when::success : when::failure));
        CHECK(graph.took(b.index()) == (good ? 5us : 0us));
        CHECK(graph.end_of(b.index()) == (good ? when::success : when::deletion));
        CHECK(graph.took(c.index()) == (good ? 30us : 0us));
        CHECK(graph.end_of(c.index()) == (good ? when::success : when::deletion));
        CHECK(graph.took(d.index()) == (good ? 0us : 7us));
        CHECK(graph.end_of(d.index()) == (good ? when::deletion : when::success));
    }
}

TEST_CASE("graph errors: the edges of a graph, by the node that they lead from") {
    manual::graph<4, 4> graph;
    const auto a = graph.add([] {}, "a");
    const auto b = graph.choose([] { return 0; }, "b");
    const auto c = graph.add([] {}, "c");
    c.after(a, when::failure | when::deletion);
    a.before(b);
    b.before(c);
    REQUIRE(graph.edge_count() == 3);
    const auto check_edges = [&] {
        u32 index = 0;
        graph.for_each_edge([&](const auto& edge) {
            const auto is = [&](u32 from, u32 to, when condition, bool chosen) {
                return edge.from == from && edge.to == to && edge.condition == condition &&
                       edge.chosen == chosen;
            };
            CHECK((index != 0 || is(0, 2, when::failure | when::deletion, false)));
            CHECK((index != 1 || is(0, 1, when::success, false)));
            CHECK((index != 2 || is(1, 2, when::success, true)));
            ++index;
        });
        CHECK(index == 3);
    };
    check_edges();
    REQUIRE(graph.check() == graph_error::none);
    check_edges();
    CHECK(graph.name_of(1) == "b");
}

TEST_CASE("graph errors: nodes and edges that are added after a run") {
    // One edge of a node, several, none, and a cycle at last.
    manual::pool pool;
    manual::graph<6, 12> graph;
    std::vector<int> order;
    const auto node = [&](int number) {
        return graph.add([&order, number] { order.push_back(number); });
    };
    const auto runs = [&](const std::vector<int>& expected) {
        order.clear();
        CHECK(pool.run(graph).wait() == graph_outcome::succeeded);
        CHECK(order == expected);
    };
    const auto zero = node(0);
    const auto one = node(1).after(zero);
    runs({0, 1});
    const auto two = node(2).after(one);
    runs({0, 1, 2});
    const auto three = node(3).after(zero, two);
    runs({0, 1, 2, 3});
    runs({0, 1, 2, 3});
    const auto four = node(4);
    two.after(four);
    runs({0, 1, 4, 2, 3});
    four.after(one);
    runs({0, 1, 4, 2, 3});
    zero.after(three);
    CHECK(graph.check() == graph_error::cycle);
    node(5);
    CHECK(pool.run(graph).error() == graph_error::cycle);
}
