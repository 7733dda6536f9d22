// SPDX-License-Identifier: BSL-1.0
//
// Graphs that are built in stages, in any order, and looked at, checked and run in between.
//
// Goal: it does not matter when, and in what order, edges are made: what has been laid out, marked
// and counted as they came, is what all of them say. Method: a model (graph_stages.hpp).
#include "catch.hpp"

#include <cstdint>
#include <vector>

#include <pawl/execution/graph.hpp>

#include "graph_checks.hpp"
#include "graph_stages.hpp"

using namespace graph_checks;

TEMPLATE_TEST_CASE("graph stages: random edges, some at a time", "", manual, manual_narrow,
                   polled) {
    CHECK(build_in_stages<TestType>(1, 2000) == 0);
}

TEST_CASE("graph stages: two rows that grow in turn, before and after a check") {
    manual::pool pool;
    manual::graph<30, 60> graph;
    std::vector<u32> ran(30);
    const auto add = [&](u32 index) { return graph.add([&ran, index] { ++ran[index]; }); };
    const auto left = add(0);
    const auto right = add(1);
    u32 nodes = 2;
    for (int stage = 0; stage < 3; ++stage) {
        for (int i = 0; i < 4; ++i) {
            add(nodes++).after(left);
            add(nodes++).after(right, left);
        }
        for (int times = 0; times < 2; ++times) {
            ran.assign(ran.size(), 0);
            REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
            for (u32 i = 0; i < ran.size(); ++i) {
                CHECK(ran[i] == (i < nodes ? 1 : 0));
            }
        }
    }
    CHECK(graph.edge_count() == 36);
}

TEST_CASE("graph stages: the second input of a node comes after others of its first parent") {
    // One edge, two, and a row: each is marked when its node gets another input.
    for (const u32 others : {0U, 1U, 2U, 5U}) {
        manual::pool pool;
        manual::graph<10, 20> graph;
        u32 ran = 0;
        u32 late_ran = 0;
        const auto parent = graph.add([&ran] { ++ran; });
        const auto late = graph.add([&] {
            CHECK(ran == 2);
            ++late_ran;
        });
        late.after(parent);
        for (u32 i = 0; i < others; ++i) {
            graph.add([] {}).after(parent);
        }
        late.after(graph.add([&ran] { ++ran; }));
        for (u32 times = 1; times <= 3; ++times) {
            ran = 0;
            REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
            CHECK(late_ran == times);
        }
    }
}

TEST_CASE("graph stages: one parent twice") {
    manual::pool pool;
    manual::graph<4, 8> graph;
    u32 ran = 0;
    const auto parent = graph.add([] {});
    const auto child = graph.add([&ran] { ++ran; }).after(parent, parent);
    for (u32 times = 1; times <= 2; ++times) {
        REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
        CHECK(ran == times);
    }
    child.after(parent, parent);
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
    CHECK(ran == 3);
    CHECK(graph.edge_count() == 4);
}
