// SPDX-License-Identifier: BSL-1.0
//
// A program of one thread: the system's clocks, and nothing atomic.
//
// Goal: what polls there works as elsewhere, and sleeps until its deadline. Method: a scheduler and
// a pool on it; its word is memory of four bytes that a compiler may keep in a register.
#include "catch.hpp"

#include <chrono>
#include <concepts>
#include <type_traits>

#include <pawl/pawl.hpp>
#include <pawl/platform/loop_platform.hpp>

using namespace std::chrono_literals;
using machine = pawl::loop_platform;

static_assert(pawl::platform<machine> && pawl::calendar_platform<machine>);
static_assert(std::same_as<machine::word, pawl::plain_word> && !machine::has_threads);
static_assert(
    std::is_trivially_destructible_v<pawl::thread_pool<pawl::pool_limits{.workers = 0}, machine>>);

TEST_CASE("loop_platform: a scheduler sleeps until its deadline, and not longer") {
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0}, machine> jobs;
    const machine::time_point begun = machine::now();
    machine::time_point ran{};
    jobs.schedule(3ms, [&ran] { ran = machine::now(); });
    while (ran == machine::time_point{}) {
        jobs.wait(1h);
        jobs.poll();
    }
    REQUIRE(ran - begun >= 3ms);
    jobs.wait();  // for nothing: nobody could end it
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("loop_platform: a pool runs what is posted, what that spawns, and graphs") {
    pawl::thread_pool<pawl::pool_limits{.workers = 0, .queue = 4, .local = 4}, machine> pool;
    int ran = 0;
    for (int i = 0; i < 10; ++i) {
        REQUIRE(pool.post([&ran](auto& worker) {
            ++ran;
            auto group = worker.group();
            for (int k = 0; k < 10; ++k) {
                group.spawn([&ran] { ++ran; });
            }
        }));
    }
    while (pool.poll().ran != 0) {
    }
    REQUIRE(ran == 110);

    pawl::graph<2, 1, pawl::graph_options{}, machine> graph;
    graph.add([&ran] { ++ran; }).before(graph.add([&ran] { ran *= 2; }));
    REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
    REQUIRE(ran == 222);
    REQUIRE(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
}
