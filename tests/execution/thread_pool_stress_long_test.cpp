// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: ten minutes of random load, see thread_pool_stress_test.cpp.
//
// Goal: what happens once in many millions of jobs. Method: pool_stress.hpp, a new plan each second
// or so; a failure names the number of its plan.
// labels: concurrent, long
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <random>

#include "execution/pool_stress.hpp"

TEST_CASE("pool stress: ten minutes of random plans") {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{10};
    const auto first = static_cast<std::uint32_t>(std::random_device{}());
    for (std::uint32_t seed = first; std::chrono::steady_clock::now() < end; ++seed) {
        const pool_stress::plan plan = pool_stress::draw(seed, 30'000);
        CAPTURE(plan.seed, plan.workers, plan.posters, plan.burst_max, plan.gap_us_max);
        const pool_stress::result seen = pool_stress::run{plan}();
        REQUIRE_FALSE(seen.stuck);
        REQUIRE(seen.lost == 0);
        REQUIRE(seen.doubled == 0);
        REQUIRE(seen.ran == plan.jobs);
        REQUIRE_FALSE(seen.counts_differ);
    }
}
