// Deadlines: to have begun by, to have run at most.
//
// Goal: a reader finds here from when each time counts and what becomes of a job that is late.
// Method: virtual time; a job that takes long moves the clock itself.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

constexpr pawl::limits with(bool times) {
    return {.jobs = 16,
            .workers = 0,
            .queue_control = true,
            .then_delay = true,
            .reschedule = true,
            .deadlines = true,
            .times = times,
            .events = 16};
}
using scheduler = pawl::scheduler<with(false), pawl::manual_platform>;

const auto nothing = [] {};

}  // namespace

TEST_CASE("deadline: counts from the due time and not from the creation (row 51)") {
    scheduler jobs;
    const auto id = jobs.schedule(1h, nothing, {.deadline = 5ms});
    jobs.advance(1h);
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(jobs.snapshot().expired == 0);
}

TEST_CASE("deadline: at it a job still begins, a tick later it does not (row 51)") {
    for (const auto& [late, end] :
         {std::pair{5ms, job_state::succeeded}, std::pair{6ms, job_state::deleted}}) {
        scheduler jobs;
        const auto now = jobs.enqueue(nothing, {.deadline = 5ms});
        const auto later = jobs.schedule(10ms, nothing, {.deadline = 5ms});
        jobs.poll(pawl::poll_budget{.jobs = 0});
        jobs.platform().elapse(late);
        jobs.poll();
        CHECK(jobs.state(now) == end);
        jobs.platform().elapse(10ms);  // past 10 ms by `late`
        jobs.poll();
        CHECK(jobs.state(later) == end);
    }
}

TEST_CASE("deadline: late::skip deletes, counts, and says why (row 51)") {
    scheduler jobs;
    bool told = false;
    const auto id = jobs.enqueue(nothing, {.deadline = 5ms});
    jobs.then(id, [&] { told = true; }, {.when = pawl::when::deletion});
    jobs.platform().elapse(6ms);
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::deleted);
    REQUIRE(told);
    REQUIRE(jobs.snapshot().expired == 1);
    REQUIRE(jobs.snapshot().late == 0);
    REQUIRE(jobs.counts().deleted == 1);
    auto reader = jobs.events();
    pawl::job_event event;
    bool said = false;
    while (reader.next(event)) {
        said = said || (event.id() == id && event.why == pawl::end_reason::expired);
    }
    REQUIRE(said);
}

TEST_CASE("deadline: late::run runs, is counted, and knows how late it is (row 51)") {
    scheduler jobs;
    std::chrono::microseconds late{};
    const auto id = jobs.enqueue([&](pawl::job_context& job) { late = job.lateness(); },
                                 {.deadline = 5ms, .late = pawl::late::run});
    jobs.platform().elapse(8ms);
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(late == 8ms);
    REQUIRE(jobs.snapshot().late == 1);
    REQUIRE(jobs.snapshot().expired == 0);
}

TEST_CASE("deadline: a retry has its own, from its own due time (row 51)") {
    scheduler jobs;
    std::vector<std::chrono::microseconds> late;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            late.push_back(job.lateness());
            return job.attempt() < 3 ? pawl::outcome::retry_in(1s) : pawl::outcome::success();
        },
        {.deadline = 5ms});
    jobs.advance(1s);
    jobs.platform().elapse(1s + 4ms);
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(late == std::vector<std::chrono::microseconds>{0ms, 0ms, 4ms});
}

TEST_CASE("deadline: a snoozed job that comes back too late is skipped") {
    scheduler jobs;
    int runs = 0;
    const auto id = jobs.enqueue(
        [&] {
            ++runs;
            return pawl::outcome::snooze(1s);
        },
        {.deadline = 5ms});
    jobs.poll();
    jobs.platform().elapse(1s + 6ms);
    jobs.poll();
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(id) == job_state::deleted);
}

TEST_CASE("deadline: of a continuation, from the end of its parents and its delay (row 51)") {
    scheduler jobs;
    const auto parent = jobs.schedule(1h, nothing);
    const auto child = jobs.then(parent, nothing, {.deadline = 5ms});
    const auto rested = jobs.then(parent, nothing, {.delay = 1s, .deadline = 5ms});
    jobs.advance(1h);
    REQUIRE(jobs.state(child) == job_state::succeeded);
    jobs.advance(1s);
    REQUIRE(jobs.state(rested) == job_state::succeeded);
}

TEST_CASE("deadline: counts while the queue is paused, and moves with reschedule() (row 51)") {
    scheduler jobs;
    jobs.pause("default");
    const auto waits = jobs.enqueue(nothing, {.deadline = 5ms});
    jobs.advance(6ms);
    jobs.resume("default");
    jobs.poll();
    REQUIRE(jobs.state(waits) == job_state::deleted);

    const auto moved = jobs.schedule(1h, nothing, {.deadline = 5ms});
    jobs.poll();
    REQUIRE(jobs.reschedule(moved, 2h));
    jobs.advance(2h);
    REQUIRE(jobs.state(moved) == job_state::succeeded);
    const auto soon = jobs.schedule(1h, nothing, {.deadline = 5ms});
    jobs.poll();
    REQUIRE(jobs.run_now(soon));
    jobs.platform().elapse(5ms);
    jobs.poll();
    REQUIRE(jobs.state(soon) == job_state::succeeded);
}

TEST_CASE("deadline: none is none, however late") {
    scheduler jobs;
    const auto id = jobs.enqueue(nothing);
    jobs.platform().elapse(240h);
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("run_at_most: after it the job is asked to stop, and may go on (row 50)") {
    scheduler jobs;
    std::vector<pawl::stop_reason> seen;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            for (int look = 0; look < 3; ++look) {
                seen.push_back(job.stop_reason());
                REQUIRE(job.stop_requested() == (seen.back() != pawl::stop_reason::none));
                jobs.platform().elapse(5ms);
            }
            jobs.cancel(job.id());
            seen.push_back(job.stop_reason());
        },
        {.run_at_most = 5ms});
    jobs.advance(1h);
    using enum pawl::stop_reason;
    REQUIRE(seen == std::vector{none, none, deadline, cancelled});
    REQUIRE(jobs.state(id) == job_state::deleted);
    REQUIRE(jobs.snapshot().overran == 1);
}

TEST_CASE("run_at_most: each attempt has all of it, and waiting is no running (row 50)") {
    scheduler jobs;
    jobs.schedule(1s,
                  [&](pawl::job_context& job) {
                      jobs.platform().elapse(4ms);
                      REQUIRE_FALSE(job.stop_requested());
                      return job.attempt() < 3 ? pawl::outcome::retry_in(1ms)
                                               : pawl::outcome::success();
                  },
                  {.run_at_most = 5ms});
    jobs.advance(2s);
    REQUIRE(jobs.counts().succeeded == 1);
    REQUIRE(jobs.snapshot().overran == 0);
}

TEST_CASE("retry_for: no retry begins later than that after the first attempt (row 46)") {
    scheduler jobs;
    int runs = 0;
    const auto id = jobs.enqueue(
        [&] {
            ++runs;
            return pawl::outcome::retry();
        },
        {.retry = pawl::fixed_backoff(10ms).max_retries(100), .retry_for = 35ms});
    jobs.advance(1s);
    REQUIRE(runs == 4);  // at 0, 10, 20 and 30 ms
    REQUIRE(jobs.state(id) == job_state::failed);
}

TEST_CASE("lateness: with limits.times of every job, without only of those with a deadline") {
    const auto late_of = [](auto& jobs) {
        std::chrono::microseconds late{-1};
        jobs.schedule(10ms, [&](pawl::job_context& job) { late = job.lateness(); });
        jobs.platform().elapse(30ms);
        jobs.poll();
        return late;
    };
    pawl::scheduler<with(true), pawl::manual_platform> timed;
    scheduler untimed;
    REQUIRE(late_of(timed) == 20ms);
    REQUIRE(late_of(untimed) == 0ms);
}
