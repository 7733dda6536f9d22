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

TEST_CASE("the rough clock is right within a factor of two, where there is one") {
    // By parameter: else a name that is not there is an error.
    const auto check = []<class P>(P) {
        if constexpr (requires { P::rough_now(); }) {
            // Once is enough: between two looks the system may have run somebody else.
            bool right = false;
            for (int tries = 0; tries < 1'000 && !right; ++tries) {
                const auto rough_begin = P::rough_now();
                const auto begin = P::now();
                while (P::now() - begin < 1ms) {
                }
                const auto took = P::now() - begin;
                const auto rough_took = P::rough_now() - rough_begin;
                right = took <= 2 * rough_took && rough_took <= 2 * took;
            }
            CHECK(right);
        }
    };
    check(std_platform{});
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
