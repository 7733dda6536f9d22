// SPDX-License-Identifier: BSL-1.0
//
// Goal: std_platform is the system's clocks, sleeping and threads, and takes no room.
// Method: its clocks are read between two readings of the system's; its parker and thread are used
// through the platform as a scheduler does. Their own tests are more thorough.
// labels: concurrent
#include <chrono>
#include <type_traits>

#include "catch.hpp"

#include <pawl/platform/std_platform.hpp>

using namespace std::chrono_literals;
using pawl::std_platform;

static_assert(std::is_empty_v<std_platform>);
static_assert(std_platform::has_threads);
static_assert(std_platform::tick{1} >= std_platform::duration{1});

TEST_CASE("the clocks are the system's") {
    const auto before = std::chrono::steady_clock::now();
    const auto now = std_platform::now();
    CHECK(before <= now);
    CHECK(now <= std::chrono::steady_clock::now());

    const auto wall_before =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto wall = std_platform::wall_now();
    if (std::chrono::system_clock::now() >= wall_before) {  // else somebody set the clock just now
        CHECK(wall_before <= wall);
        CHECK(wall <= std::chrono::system_clock::now() + 1min);
    }
}

TEST_CASE("a thread sleeps until its deadline or its permit") {
    struct sleeper {
        std_platform::parker parker;
        std_platform::thread thread;
        bool late_enough = false;
        bool woken = false;

        static void run(void* self) {
            auto& mine = *static_cast<sleeper*>(self);
            const auto deadline = std_platform::now() + 2ms;
            std_platform::park_until(mine.parker, deadline);
            mine.late_enough = std_platform::now() >= deadline;
            std_platform::unpark(mine.parker);
            std_platform::park(mine.parker);
            mine.woken = true;
        }
    };
    sleeper one;
    REQUIRE(one.thread.start(&sleeper::run, &one));
    one.thread.join();
    CHECK(one.late_enough);
    CHECK(one.woken);
    CHECK(std_platform::thread_count() >= 1);
    std_platform::yield();
}
