// SPDX-License-Identifier: BSL-1.0
//
// The ring of failed jobs that are kept.
//
// Goal: first in, first out, of any numbers; full is said, and nothing is lost by it. Method: a
// deque beside it; threads that hand numbers round.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include <pawl/jobs/kept_jobs.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

namespace {

// Of few of many jobs, and of so many that it is a ring of all.
using few = pawl::kept_jobs<1000, 20, pawl::manual_platform>;
using most = pawl::kept_jobs<32, 20, pawl::manual_platform>;

static_assert(sizeof(few) < 1000 * 4 / 4);
static_assert(sizeof(most) <= 32 * 4 + 64);

}  // namespace

TEST_CASE("kept jobs: the oldest first, whatever their numbers") {
    few kept;
    std::deque<std::uint32_t> model;
    std::uint32_t random = 1;
    std::uint32_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        random = random * 1'664'525 + 1'013'904'223;
        const std::uint32_t number = (random >> 8) % 1000;
        if ((random >> 30) != 0) {
            const bool has_room = model.size() < 20;
            REQUIRE(kept.put(number) == has_room);
            if (has_room) {
                model.push_back(number);
            } else {
                ++refused;
            }
        }
        if ((random >> 29 & 1) != 0) {
            std::uint32_t got = 0xFFFF;
            REQUIRE(kept.get(got) == !model.empty());
            if (!model.empty()) {
                REQUIRE(got == model.front());
                model.pop_front();
            }
        }
    }
    REQUIRE(refused > 100);
}

TEST_CASE("kept jobs: as many places as jobs are a plain ring") {
    most kept;
    for (std::uint32_t number = 32; number-- > 0;) {
        REQUIRE(kept.put(number));
    }
    std::uint32_t got = 0;
    for (std::uint32_t number = 32; number-- > 0;) {
        REQUIRE(kept.get(got));
        REQUIRE(got == number);
    }
    REQUIRE_FALSE(kept.get(got));
}

TEST_CASE("kept jobs: threads that take and put lose and double nothing") {
    constexpr std::uint32_t numbers = 12;
    static pawl::kept_jobs<1000, numbers + 4, pawl::std_platform> kept;
    for (std::uint32_t i = 0; i < numbers; ++i) {
        REQUIRE(kept.put(i * 80));
    }
    std::atomic<bool> refused{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                std::uint32_t number = 0;
                if (kept.get(number) && !kept.put(number)) {
                    refused = true;
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE_FALSE(refused);
    std::vector<bool> seen(numbers);
    std::uint32_t got = 0;
    for (std::uint32_t i = 0; i < numbers; ++i) {
        REQUIRE(kept.get(got));
        REQUIRE(got % 80 == 0);
        REQUIRE_FALSE(seen[got / 80]);
        seen[got / 80] = true;
    }
    REQUIRE_FALSE(kept.get(got));
}
