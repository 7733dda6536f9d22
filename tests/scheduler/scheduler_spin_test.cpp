// SPDX-License-Identifier: BSL-1.0
//
// Goal: a worker that has run something looks for more before it sleeps: a job that comes
// meanwhile costs no sleep and no wake, a deadline is kept; and it lets itself be stopped. One
// worker does so, not all. Method: a platform that would look for an hour, and counts how often
// anybody sleeps. No time is measured.
// labels: concurrent
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

struct patient_platform : pawl::std_platform {
    static constexpr duration spin_max = 1h;

    static void park(parker& sleeper) noexcept {
        ++sleeps;
        ++asleep;
        pawl::std_platform::park(sleeper);
        --asleep;
    }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        ++sleeps;
        ++asleep;
        pawl::std_platform::park_until(sleeper, deadline);
        --asleep;
    }

    static inline std::atomic<std::uint32_t> sleeps{0};
    static inline std::atomic<std::uint32_t> asleep{0};
};

template <class Condition>
void wait_for(Condition condition) {
    while (!condition()) {
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("spin: a worker that ran something sleeps for nothing that comes soon") {
    std::atomic<int> runs{0};
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 1}, patient_platform> jobs;
    wait_for([] { return patient_platform::sleeps != 0; });  // it has run nothing yet
    REQUIRE(jobs.enqueue([&] { ++runs; }));
    wait_for([&] { return runs == 1; });
    const std::uint32_t sleeps = patient_platform::sleeps;
    for (int i = 2; i <= 200; ++i) {
        REQUIRE(jobs.enqueue([&] { ++runs; }));
        wait_for([&] { return runs == i; });
    }
    CHECK(patient_platform::sleeps == sleeps);
    // A deadline is kept, too.
    REQUIRE(jobs.schedule(1ms, [&] { ++runs; }));
    wait_for([&] { return runs == 201; });
    jobs.stop(pawl::drain);
    CHECK(runs == 201);
}

TEST_CASE("spin: one worker looks, the others sleep") {
    std::atomic<int> runs{0};
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 4}, patient_platform> jobs;
    for (int round = 1; round <= 20; ++round) {
        for (int i = 0; i < 16; ++i) {
            REQUIRE(jobs.enqueue([&] { ++runs; }));
        }
        wait_for([&] { return runs == 16 * round; });
        wait_for([] { return patient_platform::asleep == 3; });
    }
    std::this_thread::sleep_for(20ms);
    CHECK(patient_platform::asleep == 3);
    jobs.stop(pawl::abandon);
    CHECK(patient_platform::asleep == 0);
}
