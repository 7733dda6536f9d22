// labels: concurrent
//
// Pause, resume and limits of queues with workers.
//
// Goal: a limit is never exceeded and always used up; a sleeping worker wakes at resume(); a stop
// that drains does not wait for a paused queue. Method: real threads; what must happen is waited
// for as long as only something that never happens takes. (queue_control_explore.cpp has the
// interleavings.)
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/pawl.hpp>

#include "await.hpp"

using namespace std::chrono_literals;
using tests::await;

namespace {

constexpr pawl::limits crew{
    .jobs = 512, .recurring = 0, .workers = 3, .queues = {"urgent", "limited"}, .bands = 2};
using scheduler = pawl::scheduler<crew>;

}  // namespace

TEST_CASE("limit_running: never exceeded, while jobs fail, rest and are cancelled (row 86)") {
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    scheduler jobs;
    REQUIRE(jobs.limit_running("limited", 2));
    constexpr int count = 400;
    for (int i = 0; i < count; ++i) {
        const auto id = jobs.enqueue(
            [&, i](pawl::job_context& job) {
                const int now = ++running;
                int highest = most.load();
                while (now > highest && !most.compare_exchange_weak(highest, now)) {
                }
                std::this_thread::yield();
                --running;
                return i % 5 == 0 && job.attempt() == 1 ? pawl::outcome::retry_in(20us)
                       : i % 7 == 0                     ? pawl::outcome::fail()
                                                        : pawl::outcome::success();
            },
            {.queue = "limited", .priority = static_cast<std::uint8_t>(i % 2)});
        REQUIRE(id);
        if (i % 9 == 0) {
            jobs.cancel(id);
        }
        if (i % 4 == 0) {
            jobs.raise(id, 1);
        }
    }
    REQUIRE(await(20s, [&] {
        const auto counts = jobs.counts();
        return counts.succeeded + counts.failed + counts.deleted == count;
    }));
    REQUIRE(most <= 2);
}

TEST_CASE("limit_running: all of it is used: two that wait for each other (row 86)") {
    std::atomic<int> met{0};
    std::atomic<int> failures{0};
    scheduler jobs;  // ends before what its jobs still touch
    REQUIRE(jobs.limit_running("limited", 2));
    constexpr int pairs = 100;
    for (int i = 0; i < 2 * pairs; ++i) {
        REQUIRE(jobs.enqueue(
            [&, pair = i / 2] {
                ++met;
                // Those of the pairs before have met: of each two that run, both are needed.
                failures += await(20s, [&] { return met >= 2 * (pair + 1); }) ? 0 : 1;
            },
            {.queue = "limited"}));
    }
    REQUIRE(await(20s, [&] { return met == 2 * pairs; }));
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(failures == 0);
}

TEST_CASE("resume: wakes who sleeps, as often as it is needed (row 85)") {
    std::atomic<int> ran{0};
    scheduler jobs;
    for (int round = 1; round <= 100; ++round) {
        REQUIRE(jobs.pause("limited"));
        // One that was about to be taken at that moment may still be.
        for (int i = 0; i < 3; ++i) {
            REQUIRE(jobs.enqueue([&] { ++ran; }, {.queue = "limited"}));
        }
        if (round % 2 == 0) {
            std::this_thread::sleep_for(100us);  // they sleep
        }
        REQUIRE(jobs.resume("limited"));
        REQUIRE(await(20s, [&] { return ran == 3 * round; }));
    }
}

TEST_CASE("pause: a stop that drains does not wait for it (rows 85 and 104)") {
    std::atomic<int> ran{0};
    scheduler jobs;
    REQUIRE(jobs.pause("limited"));
    const auto left = jobs.enqueue([&] { ran += 100; }, {.queue = "limited"});
    for (int i = 0; i < 20; ++i) {
        REQUIRE(jobs.enqueue([&] { ++ran; }, {.queue = "urgent"}));
    }
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(ran == 20);
    REQUIRE(jobs.state(left) == pawl::job_state::deleted);
}
