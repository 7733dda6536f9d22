// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: 1 to 23 threads on any machine, random bursts and idle gaps.
//
// Goal: no job is lost or doubled, and the pool never sleeps with work. Method: pool_stress.hpp,
// some seconds of it; thread_pool_stress_long_test.cpp goes on for ten minutes.
//
// labels: concurrent
#include "catch.hpp"

#include <cstdint>

#include "execution/pool_stress.hpp"

namespace {

void check(const pool_stress::plan& plan) {
    CAPTURE(plan.seed, plan.workers, plan.posters, plan.burst_max, plan.gap_us_max);
    const pool_stress::result seen = pool_stress::run{plan}();
    CAPTURE(seen.ran, seen.counts.ran, seen.counts.parks, seen.counts.wakes, seen.counts.refused);
    REQUIRE_FALSE(seen.stuck);
    REQUIRE(seen.lost == 0);
    REQUIRE(seen.doubled == 0);
    REQUIRE(seen.ran == plan.jobs);
    REQUIRE_FALSE(seen.counts_differ);
}

}  // namespace

TEST_CASE("pool stress: every number of workers") {
    for (std::uint32_t workers = 1; workers <= 23; ++workers) {
        check({.seed = workers,
               .workers = workers,
               .posters = 1 + workers % 3,
               .jobs = 3'000,
               .burst_max = 50,
               .gap_us_max = 60});
    }
}

TEST_CASE("pool stress: single posts, so that workers sleep and wake all the time") {
    for (const std::uint32_t workers : {1U, 2U, 3U, 8U}) {
        check({.seed = 100 + workers,
               .workers = workers,
               .posters = 1,
               .jobs = 3'000,
               .burst_max = 2,
               .gap_us_max = 100});
    }
}

TEST_CASE("pool stress: nothing stays behind after any burst") {
    for (const std::uint32_t workers : {1U, 2U, 4U}) {
        check({.seed = 300 + workers,
               .workers = workers,
               .posters = 1,
               .jobs = 10'000,
               .burst_max = 2,
               .gap_us_max = 40,
               .rests = true});
    }
}

TEST_CASE("pool stress: no gap at all") {
    for (const std::uint32_t workers : {1U, 2U, 4U, 23U}) {
        check({.seed = 200 + workers,
               .workers = workers,
               .posters = 3,
               .jobs = 30'000,
               .burst_max = 200,
               .gap_us_max = 0});
    }
}

TEST_CASE("pool stress: random plans") {
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        check(pool_stress::draw(seed, 3'000));
    }
}
