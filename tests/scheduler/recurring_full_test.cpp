// SPDX-License-Identifier: BSL-1.0
//
// A firing that finds no free job slot (feature 75).
//
// Goal: drop counts it as missed; defer tries until it fits, counts, and coalesces with the next
// time. Method: slots that other jobs hold, in virtual time.
#include "scheduler/recurring_checks.hpp"

#include "catch.hpp"

using namespace recurring;
using pawl::when_full;

using one_slot =
    pawl::scheduler<pawl::limits{
                        .jobs = 1, .recurring = 2, .workers = 0, .recurring_policies = true},
                    pawl::manual_platform>;

TEST_CASE("row 75: dropped by default, counted as missed, and the schedule goes on") {
    one_slot jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    jobs.schedule(25ms, [] {});
    jobs.advance(30ms);
    REQUIRE(begun == times{30});
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->missed == 2);
    REQUIRE(info->runs == 1);
    REQUIRE(jobs.counts().missed == 2);
}

TEST_CASE("row 75: deferred, it comes when there is room, and its schedule does not move") {
    one_slot jobs;
    times begun;
    jobs.every(100ms, noting(jobs, begun), {.name = "e", .when_full = when_full::defer});
    jobs.schedule(110ms, [] {});
    jobs.advance(109ms);
    REQUIRE(begun.empty());
    REQUIRE(jobs.find_recurring("e")->error == pawl::submit_error::full);
    REQUIRE(jobs.find_recurring("e")->deferred > 3);
    jobs.advance(6ms);  // late by a quarter of what it has waited, and a tick
    REQUIRE(begun.size() == 1);
    REQUIRE(begun[0] >= 110);
    REQUIRE(begun[0] <= 115);
    jobs.advance(85ms);
    REQUIRE(begun.size() == 2);
    REQUIRE(begun[1] == 200);
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->missed == 0);
    REQUIRE(info->coalesced == 0);
    REQUIRE(info->runs == 2);
}

TEST_CASE("row 75: deferred beyond the next time it is one run") {
    one_slot jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e", .when_full = when_full::defer});
    jobs.schedule(34ms, [] {});
    jobs.advance(60ms);
    REQUIRE(begun[0] >= 34);
    REQUIRE(begun[0] <= 34 + 6 + 1);
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->coalesced >= 2);
    REQUIRE(info->runs + info->coalesced == 6);
    REQUIRE(info->missed == 0);
}

TEST_CASE("row 75: a job that is deferred does not wake the machine at each tick") {
    one_slot jobs;
    jobs.every(1h, [] {}, {.name = "e", .when_full = when_full::defer});
    jobs.schedule(24h, [] {});
    jobs.advance(10h);
    REQUIRE(jobs.find_recurring("e")->deferred < 100);
}

TEST_CASE("row 75: deferred for longer than misfire::skip allows, it is missed") {
    one_slot jobs;
    times begun;
    jobs.every(100ms, noting(jobs, begun),
               {.name = "e", .misfire = pawl::misfire::skip(10ms), .when_full = when_full::defer});
    jobs.schedule(150ms, [] {});
    jobs.advance(200ms);
    REQUIRE(begun == times{200});
    REQUIRE(jobs.find_recurring("e")->missed == 1);
}

TEST_CASE("row 75: catch_up makes as many as fit, and the rest when there is room") {
    pawl::scheduler<pawl::limits{
                        .jobs = 3, .recurring = 1, .workers = 0, .recurring_policies = true},
                    pawl::manual_platform>
        jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun),
               {.name = "e", .misfire = pawl::misfire::catch_up(5), .when_full = when_full::defer});
    poll_after(jobs, 55ms);
    REQUIRE(begun.size() == 3);
    REQUIRE(jobs.find_recurring("e")->deferred == 1);
    jobs.advance(2ms);
    REQUIRE(begun.size() == 5);
    REQUIRE(jobs.find_recurring("e")->coalesced == 0);
}

TEST_CASE("row 75: a pause ends the waiting for room, a resume begins it anew") {
    one_slot jobs;
    times begun;
    jobs.every(1h, noting(jobs, begun), {.name = "e", .when_full = when_full::defer});
    const auto holder = jobs.schedule(1000h, [] {});
    jobs.advance(1h);
    jobs.pause_recurring("e");
    jobs.advance(100h);
    jobs.cancel(holder);
    jobs.poll();
    jobs.resume_recurring("e");
    jobs.advance(1ms);
    REQUIRE(begun.size() == 1);
}
