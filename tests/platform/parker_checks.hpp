// SPDX-License-Identifier: BSL-1.0
//
// What every parker on threads must do; futex_parker_test.cpp and condition_parker_test.cpp run it.
//
// Nothing here measures how late a sleeper wakes: a lost wake-up is a test that never ends.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace parker_checks {

using namespace std::chrono_literals;

template <class Parker>
void permit_given_before() {
    Parker parker;
    parker.unpark();
    parker.park();

    // Two permits are one: the first park takes it, the second has to wait for its deadline.
    parker.unpark();
    parker.unpark();
    parker.park_until(Parker::time_point::max());
    const auto deadline = std::chrono::steady_clock::now() + 2ms;
    parker.park_until(deadline);
    CHECK(std::chrono::steady_clock::now() >= deadline);
}

template <class Parker>
void deadline_in_the_past() {
    Parker parker;
    using time_point = typename Parker::time_point;
    parker.park_until(std::chrono::steady_clock::now() - 1s);
    parker.park_until(time_point{});
    parker.park_until(time_point{-1ns});
    parker.park_until(time_point::min());

    // A permit is taken by a park that need not wait, too.
    parker.unpark();
    parker.park_until(time_point{});
    const auto deadline = std::chrono::steady_clock::now() + 2ms;
    parker.park_until(deadline);
    CHECK(std::chrono::steady_clock::now() >= deadline);
}

// What a permit's giver did before is seen by who takes it: `shared` is plain memory.
template <class Parker>
void permit_given_while_asleep() {
    for (const bool has_deadline : {false, true}) {
        Parker parker;
        int shared = 0;
        int seen = 0;
        std::thread sleeper{[&] {
            if (has_deadline) {
                parker.park_until(Parker::time_point::max());
            } else {
                parker.park();
            }
            seen = shared;
        }};
        std::this_thread::sleep_for(5ms);  // most likely it sleeps by now; it need not
        shared = 42;
        parker.unpark();
        sleeper.join();
        CHECK(seen == 42);
    }
}

// Two threads wake each other in turn, so that permits come before, while and after falling asleep.
template <class Parker>
void ping_pong() {
    constexpr unsigned rounds = 5'000;
    std::array<Parker, 2> parkers;
    unsigned turns = 0;  // whose turn it is owns it
    const auto play = [&](unsigned self) {
        for (unsigned round = 0; round < rounds; ++round) {
            if (round % 3 == 0) {
                parkers[self].park_until(Parker::time_point::max());
            } else {
                parkers[self].park();
            }
            ++turns;
            parkers[1 - self].unpark();
        }
    };
    std::thread first{play, 0U};
    std::thread second{play, 1U};
    parkers[0].unpark();
    first.join();
    second.join();
    CHECK(turns == 2 * rounds);
}

// Many givers, deadlines that nearly always pass just then, and one owner that must see every item.
template <class Parker>
void many_givers() {
    constexpr unsigned givers = 3;
    constexpr unsigned each = 3'000;
    Parker parker;
    std::atomic<unsigned> given{0};
    std::vector<std::thread> threads;
    for (unsigned giver = 0; giver < givers; ++giver) {
        threads.emplace_back([&] {
            for (unsigned i = 0; i < each; ++i) {
                given.fetch_add(1, std::memory_order_relaxed);
                parker.unpark();
            }
        });
    }
    for (unsigned parks = 0; given.load(std::memory_order_relaxed) < givers * each; ++parks) {
        if (parks % 2 == 0) {
            parker.park();
        } else {
            parker.park_until(std::chrono::steady_clock::now() + 20us);
        }
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(given.load() == givers * each);
}

template <class Parker>
void all() {
    SECTION("a permit given before is taken at once, and is one") { permit_given_before<Parker>(); }
    SECTION("a deadline in the past is not waited for") { deadline_in_the_past<Parker>(); }
    SECTION("a permit wakes its owner, who sees what was done before") {
        permit_given_while_asleep<Parker>();
    }
    SECTION("two wake each other in turn") { ping_pong<Parker>(); }
    SECTION("many wake one") { many_givers<Parker>(); }
}

}  // namespace parker_checks
