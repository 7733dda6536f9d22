// SPDX-License-Identifier: BSL-1.0
//
// What becomes of an occurrence whose predecessor has not ended (feature 71, pain 4 of section M).
//
// Goal: skip, allow, queue one, replace, each with its counts; never two runs at once but with
// allow; what waits, rests or runs has not ended, and what failed has. Method: jobs that rest
// between two attempts in virtual time, and triggers from inside a run.
#include "scheduler/recurring_checks.hpp"

#include "catch.hpp"

using namespace recurring;
using pawl::overlap;

TEST_CASE("row 71: skip leaves an occurrence out while the one before has not ended") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 25ms), {.name = "e"});
    jobs.advance(60ms);
    REQUIRE(begun == times{10, 40});
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->runs == 2);
    REQUIRE(info->skipped == 4);
    REQUIRE(info->error == pawl::submit_error::overlapping);
    REQUIRE(jobs.counts().skipped == 4);
    REQUIRE(jobs.counts().failed == 0);  // M 4: it is not a failure
}

TEST_CASE("row 71: an occurrence that waits for its retry, or in its queue, has not ended") {
    scheduler jobs;
    int attempts = 0;
    jobs.every(10ms,
               [&] {
                   ++attempts;
                   return attempts < 3 ? pawl::outcome::retry() : pawl::outcome::success();
               },
               {.name = "e", .retry = pawl::fixed_backoff(12ms)});
    jobs.advance(39ms);  // attempts at 10, 22, 34
    REQUIRE(attempts == 3);
    REQUIRE(jobs.find_recurring("e")->runs == 1);
    REQUIRE(jobs.find_recurring("e")->skipped == 2);
    jobs.advance(1ms);
    REQUIRE(jobs.find_recurring("e")->runs == 2);
    jobs.platform().elapse(10ms);
    jobs.poll({.jobs = 0});
    jobs.platform().elapse(10ms);
    jobs.poll({.jobs = 0});  // the one of 50 is still in its queue
    REQUIRE(jobs.find_recurring("e")->skipped == 3);
}

TEST_CASE("row 71: queue_one has at most one wait behind the running one") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 35ms), {.name = "e", .overlap = overlap::queue_one});
    jobs.advance(20ms);
    REQUIRE(jobs.counts().awaiting == 1);
    REQUIRE(jobs.state(jobs.find_recurring("e")->last) == pawl::job_state::awaiting);
    jobs.advance(20ms);
    REQUIRE(jobs.find_recurring("e")->skipped == 2);  // 30 and 40
    jobs.advance(5ms);                                // at 45 the first one ends
    REQUIRE(begun == times{10, 45});
    jobs.advance(5ms);
    REQUIRE(jobs.counts().awaiting == 1);  // the one of 50
    jobs.advance(30ms);
    REQUIRE(begun == times{10, 45, 80});
    REQUIRE(jobs.find_recurring("e")->runs == 3);  // at 80 the one of 50 still waited
}

TEST_CASE("row 71: the one that waits runs whatever became of the one before") {
    for (const auto end : {pawl::outcome::fail(), pawl::outcome::discard()}) {
        scheduler jobs;
        int runs = 0;
        bool first = true;
        jobs.every(10ms,
                   [&]() {
                       ++runs;
                       return std::exchange(first, false) ? pawl::outcome::snooze(15ms) : end;
                   },
                   {.name = "e", .overlap = overlap::queue_one});
        jobs.advance(25ms);
        REQUIRE(runs == 3);  // 10; at 25 its second attempt, and the one of 20
    }
}

TEST_CASE("row 71: replace cancels the one before and runs when it has ended") {
    scheduler jobs;
    times begun;
    bool rests = true;
    jobs.every(10ms,
               [&] {
                   begun.push_back(now_ms(jobs));
                   return rests ? pawl::outcome::snooze(1h) : pawl::outcome::success();
               },
               {.name = "e", .overlap = overlap::replace});
    jobs.advance(30ms);
    REQUIRE(begun == times{10, 20, 30});
    REQUIRE(jobs.counts().deleted == 2);
    rests = false;
    jobs.advance(20ms);
    REQUIRE(begun == times{10, 20, 30, 40, 50});
    REQUIRE(jobs.counts().deleted == 3);
    REQUIRE(jobs.find_recurring("e")->skipped == 0);
}

TEST_CASE("row 71: replace asks a running one to stop, and never runs beside it") {
    scheduler jobs;
    int inside = 0;
    int runs = 0;
    pawl::recurring_id id;
    id = jobs.every(10ms,
                    [&](pawl::job_context& job) {
                        REQUIRE(++inside == 1);
                        if (++runs == 1) {
                            REQUIRE_FALSE(job.stop_requested());
                            REQUIRE(jobs.trigger(id));  // the next one, while this one runs
                            REQUIRE(job.stop_requested());
                            jobs.poll();  // a poll within a poll does nothing
                            REQUIRE(runs == 1);
                            // One waits to replace this one already.
                            REQUIRE(jobs.trigger(id).error() == pawl::submit_error::overlapping);
                        }
                        --inside;
                    },
                    {.overlap = overlap::replace});
    jobs.advance(10ms);
    REQUIRE(runs == 2);
    REQUIRE(jobs.counts().deleted == 1);
    REQUIRE(jobs.counts().succeeded == 1);
}

TEST_CASE("row 71: skip, too, waits for the callable of one that was cancelled while it ran") {
    scheduler jobs;
    int runs = 0;
    pawl::recurring_id id;
    id = jobs.every(10ms, [&](pawl::job_context& job) {
        ++runs;
        REQUIRE(jobs.cancel(job.id()));
        REQUIRE(jobs.trigger(id).error() == pawl::submit_error::overlapping);
    });
    jobs.advance(10ms);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(jobs.find_recurring(id)->last) == pawl::job_state::deleted);
    jobs.advance(10ms);
    REQUIRE(runs == 2);
}

TEST_CASE("an occurrence that failed and is kept to be requeued has ended") {
    pawl::scheduler<
        pawl::limits{
            .jobs = 8, .recurring = 2, .workers = 0, .recurring_policies = true, .failed = 4},
        pawl::manual_platform>
        jobs;
    int runs = 0;
    jobs.every(10ms,
               [&] {
                   ++runs;
                   return pawl::outcome::fail();
               },
               {.name = "e", .retry = pawl::no_retry()});
    jobs.advance(100ms);
    REQUIRE(runs == 10);
    REQUIRE(jobs.find_recurring("e")->last_state == pawl::job_state::failed);
    REQUIRE(jobs.find_recurring("e")->last_said == pawl::outcome::kind::fail);
    REQUIRE(jobs.find_recurring("e")->skipped == 0);

    // The same without policies.
    pawl::scheduler<pawl::limits{.jobs = 8, .recurring = 2, .workers = 0, .failed = 4},
                    pawl::manual_platform>
        simple;
    runs = 0;
    simple.every(10ms,
                 [&] {
                     ++runs;
                     return pawl::outcome::fail();
                 },
                 {.retry = pawl::no_retry()});
    simple.advance(100ms);
    REQUIRE(runs == 10);
}

TEST_CASE("row 71: an update does not run beside an occurrence of the entry before") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 25ms), {.name = "e"});
    jobs.advance(10ms);
    int runs = 0;
    REQUIRE(jobs.every(10ms, [&] { ++runs; }, {.name = "e"}).change() ==
            pawl::recurring_change::unchanged);
    jobs.advance(20ms);
    REQUIRE(runs == 0);
    REQUIRE(jobs.find_recurring("e")->skipped == 2);
    REQUIRE(jobs.every(5ms, [&] { ++runs; }, {.name = "e"}).change() ==
            pawl::recurring_change::updated);
    jobs.advance(4ms);
    REQUIRE(runs == 0);
    jobs.advance(6ms);  // at 35 the first one ends, and so it is skipped; at 40 it is not
    REQUIRE(runs == 1);
}
