// SPDX-License-Identifier: BSL-1.0
//
// By hand: trigger, pause, resume, and what can be asked (features 55, 56, 124, pain 6 of section
// M).
//
// Goal: a trigger makes a job now and moves nothing; a pause lets no time become a run; the answers
// are right. Method: virtual time, commands between two times and from inside jobs.
#include "scheduler/recurring_checks.hpp"

#include <array>
#include <string>

#include "catch.hpp"

using namespace recurring;

TEST_CASE("row 55: a trigger runs the job now, tells it so, and does not move the schedule") {
    scheduler jobs;
    std::string order;
    const auto id = jobs.every(
        100ms, [&](pawl::job_context& job) { order += job.triggered_by_hand() ? 'h' : 's'; },
        {.name = "e"});
    jobs.advance(30ms);
    const pawl::job_id made = jobs.trigger(id);
    REQUIRE(made);
    REQUIRE(jobs.state(made) == pawl::job_state::enqueued);
    jobs.poll();
    REQUIRE(jobs.trigger_recurring("e"));
    jobs.advance(70ms);
    REQUIRE(order == "hhs");
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->runs == 1);
    REQUIRE(info->triggered == 2);
    REQUIRE(info->next == jobs.platform().now() + 100ms);
    REQUIRE(jobs.trigger_recurring("no such").error() == pawl::submit_error::gone);
}

TEST_CASE(
    "row 55: a trigger counts for no limit of runs, and works on what is paused or finished") {
    scheduler jobs;
    times begun;
    const auto id = jobs.every(10ms, noting(jobs, begun), {.max_runs = 2});
    jobs.trigger(id);
    jobs.pause(id);
    jobs.trigger(id);
    jobs.advance(5ms);
    jobs.resume(id);
    jobs.advance(100ms);
    REQUIRE(begun == times{0, 10, 20});  // one trigger overlapped, and was refused
    REQUIRE(jobs.find_recurring(id)->finished);
    REQUIRE(jobs.trigger(id));
    jobs.advance(0ms);
    REQUIRE(begun == times{0, 10, 20, 105});
}

TEST_CASE("row 55: a trigger respects the overlap, in both directions") {
    scheduler jobs;
    times begun;
    const auto skips = jobs.every(10ms, taking(jobs, begun, 15ms), {.name = "skip"});
    REQUIRE(jobs.trigger(skips));
    REQUIRE(jobs.trigger(skips).error() == pawl::submit_error::overlapping);
    jobs.advance(10ms);
    REQUIRE(begun == times{0});
    REQUIRE(jobs.find_recurring(skips)->skipped == 1);
    REQUIRE(jobs.counts().refused == 1);
    jobs.remove(skips);
    jobs.advance(50ms);

    begun.clear();
    const auto queues =
        jobs.every(1h, taking(jobs, begun, 15ms), {.overlap = pawl::overlap::queue_one});
    REQUIRE(jobs.trigger(queues));
    REQUIRE(jobs.trigger(queues));
    REQUIRE(jobs.trigger(queues).error() == pawl::submit_error::overlapping);
    jobs.advance(50ms);
    REQUIRE(begun == times{60, 75});
}

TEST_CASE("a trigger that finds no slot says so") {
    pawl::scheduler<pawl::limits{.jobs = 1, .workers = 0, .recurring_policies = true},
                    pawl::manual_platform>
        jobs;
    const auto id = jobs.every(1h, [] {});
    jobs.schedule(1h, [] {});
    REQUIRE(jobs.trigger(id).error() == pawl::submit_error::full);
    REQUIRE(jobs.find_recurring(id)->missed == 0);
}

TEST_CASE("row 56: pause and resume, by handle and by name, once and twice") {
    scheduler jobs;
    times begun;
    const auto id = jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    jobs.advance(10ms);
    REQUIRE(jobs.pause(id));
    REQUIRE(jobs.pause_recurring("e"));
    REQUIRE(jobs.find_recurring(id)->paused);
    REQUIRE_FALSE(jobs.find_recurring(id)->next);
    jobs.advance(4ms);
    REQUIRE(jobs.resume(id));
    REQUIRE(jobs.resume(id));
    jobs.advance(16ms);
    REQUIRE(begun == times{10, 20, 30});  // a pause between two times is none
    REQUIRE_FALSE(jobs.pause_recurring("no such"));
    REQUIRE_FALSE(jobs.resume_recurring("no such"));
}

TEST_CASE("row 56: a job can pause itself") {
    scheduler jobs;
    int runs = 0;
    jobs.every(10ms, [&] { REQUIRE((++runs, jobs.pause_recurring("e"))); }, {.name = "e"});
    jobs.advance(1s);
    REQUIRE(runs == 1);
}

TEST_CASE("a paused job of the calendar stays so when the clock is set") {
    scheduler jobs;
    int runs = 0;
    jobs.recurring("e", "0 * * * *"_cron, [&] { ++runs; });
    jobs.pause_recurring("e");
    jobs.platform().set_wall(jobs.platform().wall_now() + 5h);
    jobs.advance(1min);
    jobs.platform().set_wall(jobs.platform().wall_now() - 10h);
    jobs.advance(2h);
    REQUIRE(runs == 0);
    jobs.resume_recurring("e");
    jobs.advance(1h);
    REQUIRE(runs >= 1);
}

TEST_CASE("row 124: what a list of recurring jobs shows") {
    scheduler jobs;
    const auto interval = jobs.every(10ms, [] { return pawl::outcome::retry(7); },
                                     {.name = "often", .retry = pawl::no_retry()});
    const auto calendar = jobs.recurring("hourly", "0 * * * *"_cron, [] {});
    jobs.advance(25ms);

    std::array<scheduler::recurring_info_type, 4> list;
    REQUIRE(jobs.list_recurring(list) == 2);
    REQUIRE(list[0].id == interval);
    REQUIRE(list[0].called.view() == "often");
    REQUIRE(list[0].runs == 2);
    REQUIRE(list[0].last_run == jobs.platform().now() - 5ms);
    REQUIRE(list[0].next == jobs.platform().now() + 5ms);
    REQUIRE_FALSE(list[0].next_by_calendar);
    REQUIRE(list[0].last_said == pawl::outcome::kind::retry);
    REQUIRE(list[0].last_code == 7);
    REQUIRE(list[0].last_state == pawl::job_state::failed);
    REQUIRE(list[0].error == pawl::submit_error::none);

    REQUIRE(list[1].id == calendar);
    REQUIRE(list[1].next == jobs.platform().now() + 1h - 25ms);
    REQUIRE(list[1].next_by_calendar ==
            std::chrono::sys_days{std::chrono::year{2000} / 1 / 1} + 1h);
    REQUIRE_FALSE(list[1].last_run);
    REQUIRE_FALSE(list[1].last_said);
    REQUIRE(list[1].last_state == pawl::job_state::gone);

    // Less room than jobs: what fits, and how many there are.
    std::array<scheduler::recurring_info_type, 1> one;
    REQUIRE(jobs.list_recurring(one) == 2);
    REQUIRE(one[0].id == interval);
    REQUIRE_FALSE(jobs.find_recurring("no such"));
    REQUIRE_FALSE(jobs.find_recurring(""));
}
