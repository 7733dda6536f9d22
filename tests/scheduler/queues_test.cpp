// What queues are: order, pause, limits.
//
// Goal: a reader finds the semantics of several queues here. Method: virtual time and no threads,
// so that every turn is known. (ready_queues_test.cpp has the order as a container's,
// queues_workers_test.cpp what workers do, queue_control_explore.cpp that none sleeps through it.)
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

constexpr pawl::limits strict{.jobs = 64,
                              .workers = 0,
                              .queues = {"critical", "default", "low"},
                              .bands = 2,
                              .starvation_bound = 0,
                              .queue_control = true};
using scheduler = pawl::scheduler<strict, pawl::manual_platform>;

constexpr pawl::limits weighted{.jobs = 64,
                                .workers = 0,
                                .queues = {"critical", "default", "low"},
                                .weights = {3, 2, 1},
                                .starvation_bound = 0};
constexpr pawl::limits fair{
    .jobs = 64, .workers = 0, .queues = {"critical", "low"}, .bands = 2, .starvation_bound = 8};

template <class Scheduler>
void put(Scheduler& jobs, std::string& order, char letter, pawl::name queue, int count) {
    for (; count != 0; --count) {
        REQUIRE(jobs.enqueue([&order, letter] { order += letter; }, {.queue = queue}));
    }
}

const auto nothing = [] {};

}  // namespace

TEST_CASE("queues: named at compile time, an unknown one is refused (row 77)") {
    scheduler jobs;
    REQUIRE(jobs.enqueue(nothing, {.queue = "nope"}).error() == pawl::submit_error::unknown_queue);
    REQUIRE_FALSE(jobs.pause("nope"));
    REQUIRE_FALSE(jobs.resume("nope"));
    REQUIRE_FALSE(jobs.limit_running("nope", 1));
    REQUIRE_FALSE(jobs.is_paused("nope"));
    REQUIRE(jobs.info(jobs.enqueue(nothing))->queue == 1);  // "default", wherever it stands
    REQUIRE(jobs.snapshot().queues[2].called == "low");
}

TEST_CASE("queues: strict order is the declared one, not the alphabet's (row 78)") {
    scheduler jobs;
    std::string order;
    put(jobs, order, 'l', "low", 2);
    put(jobs, order, 'd', "default", 2);
    put(jobs, order, 'c', "critical", 2);
    jobs.poll(pawl::poll_budget{.jobs = 3});
    put(jobs, order, 'c', "critical", 1);
    jobs.poll();
    REQUIRE(order == "ccdcdll");
}

TEST_CASE("queues: weighted shares are exact over a cycle, and FIFO in each (row 78)") {
    pawl::scheduler<weighted, pawl::manual_platform> jobs;
    std::string order;
    put(jobs, order, 'l', "low", 4);
    put(jobs, order, 'd', "default", 8);
    put(jobs, order, 'c', "critical", 12);
    jobs.poll();
    REQUIRE(order == "cccddlcccddlcccddlcccddl");
}

TEST_CASE("queues: bands of priority, first in first out within each (rows 79 and 81)") {
    scheduler jobs;
    std::string order;
    const auto add = [&](char letter, std::uint8_t priority, pawl::name queue) {
        jobs.enqueue([&order, letter] { order += letter; }, {.queue = queue, .priority = priority});
    };
    add('e', 0, "low");
    add('c', 0, "default");
    add('a', 1, "default");
    add('d', 0, "default");
    add('b', 9, "default");  // above the highest is the highest
    add('f', 1, "low");
    jobs.poll();
    REQUIRE(order == "abcdfe");
}

TEST_CASE("queues: the order is that of becoming ready, not of submission (row 81)") {
    scheduler jobs;
    std::string order;
    jobs.schedule(5ms, [&] { order += 'c'; });
    jobs.schedule(3ms, [&] { order += 'b'; });
    jobs.poll();
    jobs.enqueue([&] { order += 'a'; });
    jobs.platform().elapse(5ms);
    jobs.poll();
    REQUIRE(order == "abc");
}

TEST_CASE("queues: a retry keeps its queue and its band (row 48)") {
    scheduler jobs;
    std::string order;
    const auto twice = [&](char letter) {
        return [&order, letter](pawl::job_context& job) {
            order += letter;
            return job.attempt() == 1 ? pawl::outcome::retry_in(5ms) : pawl::outcome::success();
        };
    };
    jobs.enqueue(twice('l'), {.queue = "low", .priority = 1});
    jobs.enqueue(twice('c'), {.queue = "critical"});
    jobs.poll();
    put(jobs, order, '.', "default", 1);
    put(jobs, order, '-', "low", 1);
    jobs.platform().elapse(5ms);
    jobs.poll();
    REQUIRE(order == "clc.l-");
}

TEST_CASE("queues: nothing waits longer than starvation_bound turns, in any line (rows 78, 80)") {
    using fair_scheduler = pawl::scheduler<fair, pawl::manual_platform>;
    for (std::uint32_t queue = 0; queue < 2; ++queue) {
        for (std::uint8_t band = 0; band < 2; ++band) {
            for (std::uint32_t moment = 0; moment < 16; ++moment) {
                fair_scheduler jobs;
                // All lines have something at every moment: each of these comes again.
                const auto again = [](pawl::job_context&) { return pawl::outcome::snooze(0ms); };
                for (const char* name : {"critical", "low"}) {
                    for (std::uint8_t other = 0; other < 2; ++other) {
                        jobs.enqueue(again, {.queue = pawl::borrowed(name), .priority = other});
                    }
                }
                jobs.poll(pawl::poll_budget{.jobs = moment});
                bool ran = false;
                jobs.enqueue(
                    [&] { ran = true; },
                    {.queue = pawl::borrowed(queue == 0 ? "critical" : "low"), .priority = band});
                // One job of its own line is before it.
                jobs.poll(pawl::poll_budget{.jobs = 2 * fair.starvation_bound});
                REQUIRE(ran);
            }
        }
    }
}

TEST_CASE("pause: jobs still come in, what is due becomes ready, nothing starts (row 85)") {
    scheduler jobs;
    int ran = 0;
    REQUIRE(jobs.pause("low"));
    REQUIRE(jobs.is_paused("low"));
    const auto now = jobs.enqueue([&] { ++ran; }, {.queue = "low"});
    const auto later = jobs.schedule(5ms, [&] { ++ran; }, {.queue = "low"});
    bool other = false;
    jobs.enqueue([&] { other = true; });
    jobs.advance(10ms);
    REQUIRE(other);
    REQUIRE(ran == 0);
    REQUIRE(jobs.state(now) == job_state::enqueued);
    REQUIRE(jobs.state(later) == job_state::enqueued);
    REQUIRE(jobs.snapshot().queues[2].paused);
    REQUIRE(jobs.snapshot().queues[2].ready == 2);
    REQUIRE_FALSE(jobs.next_wake());  // nobody is kept from sleeping by it
    REQUIRE_FALSE(jobs.poll().more);
    REQUIRE(jobs.resume("low"));
    REQUIRE(jobs.next_wake());
    REQUIRE(jobs.poll().ran == 2);
}

TEST_CASE("pause: what runs goes on, a job pauses its own queue (row 85)") {
    scheduler jobs;
    int ran = 0;
    jobs.enqueue([&] {
        jobs.pause("default");
        ++ran;
    });
    const auto next = jobs.enqueue([&] { ++ran; });
    jobs.poll();
    REQUIRE(ran == 1);
    REQUIRE(jobs.cancel(next));
    REQUIRE(jobs.state(next) == job_state::deleted);
    jobs.resume("default");
    jobs.poll();
    REQUIRE(ran == 1);
}

TEST_CASE("pause: who is cancelled meanwhile keeps its slot until resume() (row 85)") {
    scheduler jobs;
    jobs.pause("low");
    std::uint32_t taken = 0;
    for (; const auto id = jobs.enqueue([] {}, {.queue = "low"}); ++taken) {
        REQUIRE(jobs.cancel(id));
    }
    REQUIRE(taken == strict.jobs);
    REQUIRE(jobs.enqueue([] {}).error() == pawl::submit_error::full);
    jobs.resume("low");
    jobs.poll();
    REQUIRE(jobs.enqueue([] {}, {.queue = "low"}));
    REQUIRE(jobs.poll().ran == 1);
}

TEST_CASE("pause: a stop that drains does not wait for it (rows 85 and 104)") {
    scheduler jobs;
    int ran = 0;
    jobs.pause("low");
    const auto left = jobs.enqueue([&] { ++ran; }, {.queue = "low"});
    jobs.enqueue([&] { ++ran; });
    const auto report = jobs.stop(pawl::drain);
    REQUIRE(report.status == pawl::stop_status::stopped);
    REQUIRE(ran == 1);
    REQUIRE(report.cancelled == 1);
    REQUIRE(jobs.state(left) == job_state::deleted);
}

TEST_CASE("limit_running: the place is free after each, however it ended (row 86)") {
    scheduler jobs;
    REQUIRE(jobs.limit_running("low", 1));
    REQUIRE(jobs.snapshot().queues[2].running_max == 1);
    int ran = 0;
    for (int i = 0; i < 5; ++i) {
        jobs.enqueue([&] { ++ran; }, {.queue = "low"});
    }
    REQUIRE(jobs.poll().ran == 5);
    jobs.enqueue([] { return pawl::outcome::fail(); }, {.queue = "low"});
    jobs.enqueue([] { return pawl::outcome::retry_in(1ms); }, {.queue = "low"});
    jobs.cancel(jobs.enqueue(nothing, {.queue = "low"}));
    jobs.poll();
    jobs.enqueue([&] { ++ran; }, {.queue = "low"});
    jobs.poll();
    REQUIRE(ran == 6);
}
