// SPDX-License-Identifier: BSL-1.0
//
// graph: no stack for what follows one another.
//
// Goal: a chain of a million nodes, and thousands of graphs one after the other in one graph, use
// no more stack than a few nodes, also if the deque is full. Method: nodes take the address of
// something on their stack. That nothing is allocated is in graph_allocation_test.cpp, how runs end
// with their pool or their graph in graph_end_test.cpp.
#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "execution/graph_checks.hpp"

namespace {

using graph_checks::manual;
using graph_checks::manual_narrow;
using pawl::graph_outcome;
using u32 = std::uint32_t;

// How much of the stack lies between the nodes that ran on one thread.
class stack_meter {
public:
    void here() noexcept {
        const char mark = 0;
        const auto at = reinterpret_cast<std::uintptr_t>(&mark);
        lowest_ = std::min(lowest_, at);
        highest_ = std::max(highest_, at);
    }
    [[nodiscard]] std::uintptr_t used() const noexcept {
        return highest_ > lowest_ ? highest_ - lowest_ : 0;
    }

private:
    std::uintptr_t lowest_ = UINTPTR_MAX;
    std::uintptr_t highest_ = 0;
};

// Some frames, and not one for each node.
constexpr std::uintptr_t stack_bytes_max = 16'384;

}  // namespace

TEMPLATE_TEST_CASE("graph limits: a chain of a million nodes uses no stack", "", manual,
                   manual_narrow) {
    constexpr u32 length = 1'000'000;
    using graph_type =
        typename TestType::template graph<length, length, pawl::graph_options{.names = false}>;
    const auto graph = std::make_unique<graph_type>();
    typename TestType::pool pool;
    stack_meter stack;
    u32 runs = 0;
    const auto body = [&] {
        ++runs;
        stack.here();
    };
    auto last = graph->add(body);
    for (u32 i = 1; i < length; ++i) {
        last = graph->add(body).after(last);
    }
    for (u32 round = 1; round <= 2; ++round) {
        REQUIRE(pool.run(*graph).wait() == graph_outcome::succeeded);
        REQUIRE(runs == round * length);
    }
    CHECK(stack.used() < stack_bytes_max);
}

TEMPLATE_TEST_CASE("graph limits: graphs in a graph use no stack, however many follow", "", manual,
                   manual_narrow) {
    // A chain, and a tree with three children each: the deque is full, and each node a graph.
    constexpr u32 count = 30'000;
    using graph_type =
        typename TestType::template graph<count, count, pawl::graph_options{.names = false}>;
    typename TestType::pool pool;
    for (const u32 children : {1U, 3U}) {
        const auto graph = std::make_unique<graph_type>();
        const auto inner = std::make_unique<std::vector<typename TestType::template graph<4, 4>>>(
            children == 1 ? 1 : count);
        stack_meter stack;
        u32 runs = 0;
        const auto body = [&] {
            ++runs;
            stack.here();
        };
        for (auto& each : *inner) {
            each.add(body);
            each.add(body);
            each.add(body);
        }
        std::vector<typename graph_type::node> nodes;
        for (u32 i = 0; i < count; ++i) {
            nodes.push_back(graph->add((*inner)[i % inner->size()]));
            if (i != 0) {
                nodes[i].after(nodes[(i - 1) / children]);
            }
        }
        CAPTURE(children);
        REQUIRE(pool.run(*graph).wait() == graph_outcome::succeeded);
        REQUIRE(runs == 3 * count);
        CHECK(stack.used() < stack_bytes_max);
    }
}
