// SPDX-License-Identifier: BSL-1.0
//
// Adding, updating and removing recurring jobs (features 53, 54, 57, 69).
//
// Goal: to say the same again changes nothing of the schedule, and to say something else starts it
// from now. Method: updates in virtual time, between two times.
#include "scheduler/recurring_checks.hpp"

#include <memory>
#include <string>

#include <pawl/time/posix_tz.hpp>

#include "catch.hpp"

using namespace recurring;
using pawl::recurring_change;

TEST_CASE("row 53: the same rule again leaves the next time alone, and takes the new callable") {
    scheduler jobs;
    std::string order;
    const auto first = jobs.every(100ms, [&] { order += 'a'; }, {.name = "e"});
    REQUIRE(first.change() == recurring_change::created);
    jobs.advance(150ms);
    const auto again = jobs.every(100ms, [&] { order += 'b'; }, {.name = "e"});
    REQUIRE(again.change() == recurring_change::unchanged);
    jobs.advance(50ms);  // at 200, not at 250
    REQUIRE(order == "ab");
    REQUIRE(jobs.find_recurring("e")->runs == 2);
    // A handle names what one call added; a name goes on.
    REQUIRE_FALSE(first == again);
    REQUIRE_FALSE(jobs.remove(first));
    REQUIRE(jobs.find_recurring(again)->id == again);
}

TEST_CASE(
    "row 53: an application that says it all again at each start does not put a job off for "
    "ever") {
    scheduler jobs;
    int runs = 0;
    for (int start = 0; start < 20; ++start) {
        jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++runs; });
        jobs.every(1h, [&] { ++runs; }, {.name = "each hour"});
        jobs.advance(30min);
    }
    REQUIRE(runs == 20);
}

TEST_CASE("rows 53 and 69: another rule counts from now") {
    scheduler jobs;
    times begun;
    jobs.every(100ms, noting(jobs, begun), {.name = "e"});
    jobs.advance(150ms);
    REQUIRE(jobs.every(70ms, noting(jobs, begun), {.name = "e"}).change() ==
            recurring_change::updated);
    REQUIRE(jobs.find_recurring("e")->runs == 0);
    jobs.advance(150ms);
    REQUIRE(begun == times{100, 220, 290});
    // From an interval to the calendar and back; from a period to a fixed delay.
    REQUIRE(jobs.recurring("e", "* * * * * *"_cron, [] {}).change() == recurring_change::updated);
    REQUIRE(jobs.every(70ms, [] {}, {.name = "e"}).change() == recurring_change::updated);
    REQUIRE(jobs.every(70ms, [] {}, {.name = "e", .fixed_delay = true}).change() ==
            recurring_change::updated);
}

TEST_CASE("row 69: a changed expression makes no runs of the past, even if it catches up") {
    scheduler jobs;
    int runs = 0;
    const auto count = [&] { ++runs; };
    jobs.recurring("e", "0 0 1 * *"_cron, count, {.misfire = pawl::misfire::catch_up(100)});
    jobs.platform().elapse(20 * 24h);
    jobs.recurring("e", "* * * * *"_cron, count, {.misfire = pawl::misfire::catch_up(100)});
    jobs.poll();
    REQUIRE(runs == 0);
    jobs.advance(1min);
    REQUIRE(runs == 1);
}

TEST_CASE("rows 53 and 57: the zone belongs to the rule") {
    scheduler jobs;
    static constexpr auto& berlin = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">;
    const auto nothing = [] {};
    jobs.recurring("e", "30 2 * * *"_cron, nothing);
    REQUIRE(jobs.recurring("e", "30 2 * * *"_cron, nothing, {.zone = berlin}).change() ==
            recurring_change::updated);
    REQUIRE(jobs.recurring("e", "30 2 * * *"_cron, nothing, {.zone = berlin}).change() ==
            recurring_change::unchanged);
    // However it is written.
    REQUIRE(jobs.recurring("e", "30 02 * * 0-6"_cron, nothing, {.zone = berlin}).change() ==
            recurring_change::unchanged);
}

TEST_CASE("options are no part of the rule, and are the new ones") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e", .max_runs = 5});
    jobs.advance(35ms);
    REQUIRE(jobs.every(10ms, noting(jobs, begun), {.name = "e", .max_runs = 4}).change() ==
            recurring_change::unchanged);
    jobs.advance(100ms);
    REQUIRE(begun == times{10, 20, 30, 40});
    REQUIRE(jobs.find_recurring("e")->finished);
    // Finished stays finished, if nothing else is said.
    REQUIRE(jobs.every(10ms, noting(jobs, begun), {.name = "e", .max_runs = 4}).change() ==
            recurring_change::unchanged);
    jobs.advance(100ms);
    REQUIRE(begun.size() == 4);
    // And goes on from now, if its end was put off.
    REQUIRE(jobs.every(10ms, noting(jobs, begun), {.name = "e", .max_runs = 5}));
    jobs.advance(100ms);
    REQUIRE(begun == times{10, 20, 30, 40, 245});
}

TEST_CASE("an update leaves a pause and an occurrence that waits alone") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    jobs.pause_recurring("e");
    jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    jobs.every(20ms, noting(jobs, begun), {.name = "e"});
    REQUIRE(jobs.find_recurring("e")->paused);
    jobs.advance(50ms);
    REQUIRE(begun.empty());
    REQUIRE(jobs.resume_recurring("e"));
    jobs.advance(0ms);
    REQUIRE(begun == times{50});
    // A removal forgets.
    jobs.pause_recurring("e");
    REQUIRE(jobs.remove_recurring("e"));
    REQUIRE(jobs.every(20ms, noting(jobs, begun), {.name = "e"}).change() ==
            recurring_change::created);
    REQUIRE_FALSE(jobs.find_recurring("e")->paused);
}

TEST_CASE("a full table takes updates, and nothing else") {
    scheduler jobs;
    for (const char* called : {"a", "b", "c", "d"}) {
        REQUIRE(jobs.every(1s, [] {}, {.name = pawl::borrowed(called)}));
    }
    auto owned = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = owned;
    for (int i = 0; i < 10; ++i) {
        REQUIRE(jobs.every(1s, [owned] {}, {.name = "c"}));
    }
    REQUIRE(jobs.every(1s, [] {}, {.name = "e"}).error() == pawl::submit_error::recurring_full);
    REQUIRE(jobs.every(1s, [] {}).error() == pawl::submit_error::recurring_full);
    owned.reset();
    REQUIRE_FALSE(alive.expired());
    REQUIRE(jobs.every(1s, [] {}, {.name = "c"}));
    REQUIRE(alive.expired());  // each former callable was destroyed
    scheduler::recurring_info_type list[8];
    REQUIRE(jobs.list_recurring(list) == 4);
}

TEST_CASE("jobs without a name are never the same") {
    scheduler jobs;
    REQUIRE(jobs.every(1s, [] {}).change() == recurring_change::created);
    REQUIRE(jobs.every(1s, [] {}).change() == recurring_change::created);
    scheduler::recurring_info_type list[8];
    REQUIRE(jobs.list_recurring(list) == 2);
}

TEST_CASE("a refused update leaves the former job as it was") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    REQUIRE(jobs.recurring("e", pawl::cron{}, [] {}).error() == pawl::submit_error::never);
    REQUIRE(jobs.recurring("e", "61 * * * *", [] {}).error() == pawl::submit_error::bad_expression);
    REQUIRE(jobs.every(5ms, [] {}, {.name = "e", .queue = "no such"}).error() ==
            pawl::submit_error::unknown_queue);
    REQUIRE(jobs.every(5ms, [] {}, {.name = "e", .until = jobs.platform().now()}).error() ==
            pawl::submit_error::never);
    jobs.advance(20ms);
    REQUIRE(begun == times{10, 20});
}

TEST_CASE("row 54: removal takes the schedule off, and what was made stays") {
    scheduler jobs;
    times begun;
    const auto id = jobs.every(10ms, taking(jobs, begun, 15ms), {.name = "e"});
    jobs.advance(10ms);
    const pawl::job_id made = jobs.find_recurring(id)->last;
    REQUIRE(jobs.remove(id));
    REQUIRE_FALSE(jobs.find_recurring(id));
    REQUIRE_FALSE(jobs.pause(id));
    REQUIRE_FALSE(jobs.resume(id));
    REQUIRE(jobs.trigger(id).error() == pawl::submit_error::gone);
    REQUIRE(jobs.state(made) == pawl::job_state::scheduled);
    jobs.advance(100ms);
    REQUIRE(jobs.state(made) == pawl::job_state::succeeded);
    REQUIRE(begun == times{10});
}
