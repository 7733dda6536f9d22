// SPDX-License-Identifier: BSL-1.0
//
// Graphs as drawings, and their errors in words.
//
// Goal: every node and every edge is drawn once, with what is known of it; the text is cut and
// never overruns. Method: texts that are compared as a whole; memory of every size.
#include "catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/graph_text.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

namespace {

template <class Graph>
std::string drawn(const Graph& graph) {
    std::vector<char> memory(4096);
    pawl::text_buffer text{memory};
    pawl::write_dot(graph, text);
    REQUIRE_FALSE(text.was_cut());
    return std::string{text.view()};
}

}  // namespace

TEST_CASE("graph_text: nodes, edges, conditions and choices") {
    pawl::graph<5, 6> graph;
    const auto a = graph.add([] {}, "say \"a\\b\"");
    const auto b = graph.add([] {}).after(a);
    const auto c = graph.choose([] { return 0; }, "c").after(b, pawl::when::failure);
    graph.add([] {}, "d").after(c).after(a, pawl::when::any);
    graph.add([] {}, "e").after(a, pawl::when::failure | pawl::when::deletion);
    REQUIRE(drawn(graph) ==
            "digraph {\n"
            "    n0 [label=\"say \\\"a\\\\b\\\"\"];\n"
            "    n1 [label=\"#1\"];\n"
            "    n2 [label=\"c\"];\n"
            "    n3 [label=\"d\"];\n"
            "    n4 [label=\"e\"];\n"
            "    n0 -> n1;\n"
            "    n0 -> n3 [label=\"any\"];\n"
            "    n0 -> n4 [label=\"failure, deletion\"];\n"
            "    n1 -> n2 [label=\"failure\"];\n"
            "    n2 -> n3 [style=dashed];\n"
            "}\n");
}

TEST_CASE("graph_text: how long nodes took, and how they ended") {
    using machine = pawl::manual_platform;
    pawl::thread_pool<pawl::pool_limits{.workers = 0}, machine> pool;
    pawl::graph<4, 2, pawl::graph_options{.trace = true}, machine> graph;
    struct takes {
        machine* time;
        int us;
        bool good;
        bool operator()() const {
            time->elapse(std::chrono::microseconds{us});
            return good;
        }
    };
    static_assert(sizeof(takes) <= 16);
    const auto works = graph.add(takes{&pool.platform(), 3, true}, "works");
    const auto fails = graph.add(takes{&pool.platform(), 5, false}, "fails").after(works);
    graph.add([] {}, "left out").after(fails);
    const std::string before = drawn(graph);
    REQUIRE(before.find(" ns") == std::string::npos);
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::failed);
    REQUIRE(drawn(graph) ==
            "digraph {\n"
            "    n0 [label=\"works\\n3000 ns\"];\n"
            "    n1 [label=\"fails\\n5000 ns\", style=filled, fillcolor=salmon];\n"
            "    n2 [label=\"left out\", style=filled, fillcolor=lightgrey];\n"
            "    n0 -> n1;\n"
            "    n1 -> n2;\n"
            "}\n");
}

TEST_CASE("graph_text: a cycle, in words") {
    pawl::graph<4, 4> graph;
    const auto input = graph.add([] {}, "input");
    const auto physics = graph.add([] {}, "physics").after(input);
    const auto render = graph.add([] {}, "render").after(physics);
    std::vector<char> memory(100);
    pawl::text_buffer none{memory};
    REQUIRE(graph.check() == pawl::graph_error::none);
    pawl::write_cycle(graph, none);
    REQUIRE(none.view().empty());
    physics.after(render);
    REQUIRE(graph.check() == pawl::graph_error::cycle);
    pawl::text_buffer text{memory};
    pawl::write_cycle(graph, text);
    REQUIRE((text.view() == "physics -> render -> physics" ||
             text.view() == "render -> physics -> render"));
    REQUIRE_FALSE(to_string(graph.check()).empty());
}

TEST_CASE("graph_text: too little memory cuts the text, and says so") {
    pawl::graph<2, 1> graph;
    graph.add([] {}, "one").before(graph.add([] {}, "two"));
    const std::string all = drawn(graph);
    for (std::size_t size = 0; size < all.size(); ++size) {
        std::vector<char> memory(size);
        pawl::text_buffer text{memory};
        pawl::write_dot(graph, text);
        REQUIRE(text.was_cut());
        REQUIRE(text.view() == std::string_view{all}.substr(0, size));
    }
}
