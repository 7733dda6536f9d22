// SPDX-License-Identifier: BSL-1.0
//
// Fixed rate and fixed delay (feature 65).
//
// Goal: a rate does not drift, whatever runs take; a delay counts from the end of the last attempt
// of the run before. Method: jobs that take virtual time.
#include "scheduler/recurring_checks.hpp"

#include "catch.hpp"

using namespace recurring;

TEST_CASE("row 65: a fixed rate counts from the times, a fixed delay from the ends") {
    scheduler jobs;
    times rate;
    times delay;
    jobs.every(10ms, taking(jobs, rate, 4ms), {.name = "rate"});
    jobs.every(10ms, taking(jobs, delay, 4ms), {.name = "delay", .fixed_delay = true});
    jobs.advance(60ms);
    REQUIRE(rate == times{10, 20, 30, 40, 50, 60});
    REQUIRE(delay == times{10, 24, 38, 52});
}

TEST_CASE("row 65: a run may take many periods, and retries") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 37ms), {.name = "e", .fixed_delay = true});
    jobs.advance(200ms);
    REQUIRE(begun == times{10, 57, 104, 151, 198});
    REQUIRE(jobs.find_recurring("e")->skipped == 0);
    REQUIRE(jobs.find_recurring("e")->coalesced == 0);

    scheduler retries;
    times attempts;
    retries.every(10ms,
                  [&](pawl::job_context& job) {
                      attempts.push_back(now_ms(retries));
                      return job.attempt() < 3 ? pawl::outcome::retry() : pawl::outcome::success();
                  },
                  {.retry = pawl::fixed_backoff(7ms), .fixed_delay = true});
    retries.advance(60ms);
    REQUIRE(attempts == times{10, 17, 24, 34, 41, 48, 58});
}

TEST_CASE("row 65: time that passes inside a run counts") {
    scheduler jobs;
    times begun;
    jobs.every(10ms,
               [&] {
                   begun.push_back(now_ms(jobs));
                   jobs.platform().elapse(25ms);
               },
               {.fixed_delay = true});
    jobs.advance(10ms);
    jobs.advance(100ms);
    REQUIRE(begun.size() >= 3);
    for (std::size_t i = 1; i < begun.size(); ++i) {
        REQUIRE(begun[i] == begun[i - 1] + 35);
    }
}

TEST_CASE("row 65: a late poll is late once") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e", .fixed_delay = true});
    poll_after(jobs, 95ms);
    jobs.advance(25ms);
    REQUIRE(begun == times{95, 105, 115});
    REQUIRE(jobs.find_recurring("e")->coalesced == 0);
}

TEST_CASE("row 65: a trigger by hand does not move a fixed delay") {
    scheduler jobs;
    times begun;
    const auto id = jobs.every(20ms, taking(jobs, begun, 5ms), {.fixed_delay = true});
    jobs.advance(26ms);  // 20 to 25: the next one at 45
    REQUIRE(jobs.trigger(id));
    jobs.advance(34ms);
    REQUIRE(begun == times{20, 26, 45});
    // One that runs when the time has come: left out, and counted on from there.
    jobs.advance(9ms);  // the one of 45 ended at 50, the next one at 70
    REQUIRE(jobs.trigger(id));
    jobs.advance(30ms);
    REQUIRE(begun == times{20, 26, 45, 69, 90});
    REQUIRE(jobs.find_recurring(id)->skipped == 1);
}

TEST_CASE("row 65: a run that never began ends when it was made") {
    scheduler jobs;
    times begun;
    const auto id = jobs.every(10ms, noting(jobs, begun), {.fixed_delay = true});
    jobs.platform().elapse(10ms);
    jobs.poll({.jobs = 0});
    REQUIRE(jobs.cancel(jobs.find_recurring(id)->last));
    jobs.advance(10ms);
    REQUIRE(begun == times{20});
}

TEST_CASE("row 65: an update by the same rule does not lose the end it waits for") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 35ms), {.name = "e", .fixed_delay = true});
    jobs.advance(12ms);
    REQUIRE(jobs.every(10ms, noting(jobs, begun), {.name = "e", .fixed_delay = true}).change() ==
            pawl::recurring_change::unchanged);
    REQUIRE_FALSE(jobs.find_recurring("e")->next);
    jobs.advance(43ms);
    REQUIRE(begun == times{10, 55});
}

TEST_CASE("row 65: bounds, pause and jitter of a fixed delay") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 5ms),
               {.name = "e", .until = jobs.platform().now() + 40ms, .fixed_delay = true});
    jobs.advance(12ms);
    jobs.pause_recurring("e");
    jobs.advance(20ms);  // at 15 it ended, so it was due at 25
    jobs.resume_recurring("e");
    jobs.advance(100ms);
    REQUIRE(begun == times{10, 32});  // ends at 37: the next one would be at 47
    REQUIRE(jobs.find_recurring("e")->finished);

    begun.clear();
    jobs.every(10ms, noting(jobs, begun), {.name = "j", .jitter = 5ms, .fixed_delay = true});
    const std::int64_t start = now_ms(jobs);
    jobs.advance(1s);
    std::int64_t before = start;
    for (const std::int64_t at : begun) {
        REQUIRE(at >= before + 10);
        REQUIRE(at <= before + 15);
        before = at;
    }
}

TEST_CASE("row 65: with misfire::skip a fixed delay that is too late waits once more") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun),
               {.name = "e", .misfire = pawl::misfire::skip(2ms), .fixed_delay = true});
    poll_after(jobs, 15ms);
    REQUIRE(begun.empty());
    REQUIRE(jobs.find_recurring("e")->missed == 1);
    jobs.advance(20ms);
    REQUIRE(begun == times{25, 35});
}
