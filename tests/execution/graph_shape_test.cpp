// SPDX-License-Identifier: BSL-1.0
//
// Shapes that the compiler checks; what it refuses is in tests/compile_fail/execution.
//
// Goal: a graph of a shape runs as one that was built by hand. Method: the shape is a constant and
// is looked at by static_assert; the graph writes down the order in which it ran.
#include "catch.hpp"

#include <string>
#include <string_view>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

namespace {

constexpr pawl::graph_shape diamond{{"top", "left", "right", "bottom", "rescue"},
                                    {{"top", "left"},
                                     {"top", "right"},
                                     {"left", "bottom"},
                                     {"right", "bottom"},
                                     {"right", "rescue", pawl::when::failure}}};

static_assert(diamond.name_of(3) == std::string_view{"bottom"});
static_assert(diamond[4].from == 2 && diamond[4].to == 4 &&
              diamond[4].condition == pawl::when::failure);

}  // namespace

TEST_CASE("graph_shape: a graph of it runs as the shape says") {
    pawl::thread_pool<pawl::pool_limits{.workers = 0}> pool;
    std::string order;
    bool fail = false;
    pawl::graph graph{diamond,
                      [&order] { order += 't'; },
                      [&order] { order += 'l'; },
                      [&order, &fail] {
                          order += 'r';
                          return !fail;
                      },
                      [&order] { order += 'b'; },
                      [&order] { order += '!'; }};
    REQUIRE(graph.node_count() == 5);
    REQUIRE(graph.edge_count() == 5);
    REQUIRE(graph.name_of(1) == "left");
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
    REQUIRE((order == "tlrb" || order == "trlb"));
    order.clear();
    fail = true;
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::failed);
    REQUIRE(order.size() == 4);
    REQUIRE(order.find('!') > order.find('r'));
    REQUIRE(order.find('b') == std::string::npos);
}

TEST_CASE("graph_shape: a graph with room for more takes it, too, and grows") {
    pawl::thread_pool<pawl::pool_limits{.workers = 0}> pool;
    int ran = 0;
    const auto count = [&ran] { ++ran; };
    pawl::graph<6, 6> graph{diamond, count, count, count, count, count};
    const auto more = graph.add(count, "more");
    REQUIRE(more);
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
    REQUIRE(ran == 5);  // not the rescue
}
