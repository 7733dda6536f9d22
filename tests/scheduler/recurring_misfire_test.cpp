// SPDX-License-Identifier: BSL-1.0
//
// What becomes of times that passed unseen (features 66 to 68, 58 of the counts).
//
// Goal: as many runs as the policy says, and every other time in one count. Method: a poll that
// comes late in virtual time; a pause; a wall clock that is set forward.
#include "scheduler/recurring_checks.hpp"

#include "catch.hpp"

using namespace recurring;
using pawl::misfire;

TEST_CASE(
    "row 66: by default any number of missed times is one run, and the schedule keeps its beat") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e"});
    poll_after(jobs, 47ms);
    REQUIRE(begun == times{47});
    jobs.advance(13ms);
    REQUIRE(begun == times{47, 50, 60});
    REQUIRE(jobs.find_recurring("e")->coalesced == 3);
    REQUIRE(jobs.counts().coalesced == 3);
}

TEST_CASE(
    "row 67: catch_up makes a run of each missed time, one after the other, and never more "
    "than its cap") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 1ms), {.name = "e", .misfire = misfire::catch_up(3)});
    poll_after(jobs, 20ms);  // two times: two runs, the second behind the first
    REQUIRE(begun == times{20});
    REQUIRE(jobs.counts().awaiting == 1);
    jobs.advance(1ms);
    REQUIRE(begun == times{20, 21});
    jobs.advance(5ms);
    poll_after(jobs, 64ms);  // at 90: seven times, three runs
    jobs.advance(4ms);
    REQUIRE(begun == times{20, 21, 90, 91, 92});
    const auto info = jobs.find_recurring("e");
    REQUIRE(info->runs == 5);
    REQUIRE(info->coalesced == 4);
    REQUIRE(info->skipped == 0);
    jobs.advance(6ms);
    REQUIRE(begun.back() == 100);  // in beat
}

TEST_CASE("rows 67 and M 12: downtime of two weeks is no storm") {
    scheduler jobs;
    times begun;
    jobs.every(5s, noting(jobs, begun), {.name = "e", .misfire = misfire::catch_up(10)});
    jobs.recurring("c", "*/5 * * * * *"_cron, [] {}, {.misfire = misfire::catch_up(2)});
    poll_after(jobs, std::chrono::weeks{2});
    REQUIRE(begun.size() == 10);
    REQUIRE(jobs.find_recurring("e")->coalesced == 14 * 24 * 720 - 10);
    // The calendar is not counted through: 64 one by one, and the rest as one.
    REQUIRE(jobs.find_recurring("c")->runs == 2);
    REQUIRE(jobs.find_recurring("c")->coalesced == 65);
}

TEST_CASE("row 67: with overlap::allow all that is caught up with runs at once") {
    scheduler jobs;
    int runs = 0;
    jobs.every(10ms, [&runs] { ++runs; },
               {.name = "e", .overlap = pawl::overlap::allow, .misfire = misfire::catch_up(3)});
    jobs.platform().elapse(30ms);
    jobs.poll({.jobs = 0});
    REQUIRE(jobs.counts().enqueued == 3);
}

TEST_CASE(
    "row 67: catch_up with overlap::queue_one is one that runs and one that waits, with "
    "overlap::replace one") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 1ms),
               {.name = "q", .overlap = pawl::overlap::queue_one, .misfire = misfire::catch_up(5)});
    poll_after(jobs, 40ms);
    jobs.advance(5ms);
    REQUIRE(begun == times{40, 41});
    REQUIRE(jobs.find_recurring("q")->skipped == 1);
    REQUIRE(jobs.find_recurring("q")->coalesced == 1);
    REQUIRE(jobs.remove_recurring("q"));

    begun.clear();
    jobs.every(10ms, taking(jobs, begun, 1ms),
               {.name = "r", .overlap = pawl::overlap::replace, .misfire = misfire::catch_up(5)});
    poll_after(jobs, 40ms);
    jobs.advance(5ms);
    REQUIRE(begun == times{85});
    REQUIRE(jobs.find_recurring("r")->coalesced == 3);
}

TEST_CASE("row 68: skip drops what is later than its grace, and no more") {
    scheduler jobs;
    times begun;
    jobs.every(100ms, noting(jobs, begun), {.name = "e", .misfire = misfire::skip(20ms)});
    poll_after(jobs, 120ms);  // 20 late
    REQUIRE(begun == times{120});
    poll_after(jobs, 101ms);  // at 221: 21 late
    REQUIRE(begun == times{120});
    REQUIRE(jobs.find_recurring("e")->missed == 1);
    poll_after(jobs, 289ms);  // at 510: 300 and 400 are too late, 500 is not
    REQUIRE(begun == times{120, 510});
    REQUIRE(jobs.find_recurring("e")->missed == 3);
    REQUIRE(jobs.find_recurring("e")->coalesced == 0);
    jobs.advance(90ms);
    REQUIRE(begun.back() == 600);
    REQUIRE(jobs.counts().missed == 3);
}

TEST_CASE("row 68: several times within the grace are one run") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e", .misfire = misfire::skip(25ms)});
    poll_after(jobs, 55ms);  // 10 and 20 are too late: 45 and 35 ms; 30, 40 and 50 are not
    REQUIRE(begun == times{55});
    REQUIRE(jobs.find_recurring("e")->missed == 2);
    REQUIRE(jobs.find_recurring("e")->coalesced == 2);
}

TEST_CASE("misfires of the calendar follow the wall clock") {
    scheduler jobs;  // 2000-01-01T00:00Z
    int coalesced = 0;
    int caught_up = 0;
    int graceful = 0;
    jobs.recurring("coalesce", "0 * * * *"_cron, [&] { ++coalesced; });
    jobs.recurring("catch up", "0 * * * *"_cron, [&] { ++caught_up; },
                   {.misfire = misfire::catch_up(2)});
    jobs.recurring("skip", "0 * * * *"_cron, [&] { ++graceful; },
                   {.misfire = misfire::skip(15min)});
    jobs.platform().set_wall(jobs.platform().wall_now() + 5h + 15min);
    jobs.advance(1s);
    REQUIRE(coalesced == 1);
    REQUIRE(caught_up == 2);
    REQUIRE(graceful == 1);
    REQUIRE(jobs.find_recurring("coalesce")->coalesced == 4);
    REQUIRE(jobs.find_recurring("catch up")->coalesced == 3);
    REQUIRE(jobs.find_recurring("skip")->missed == 4);
    // One second later it would have been too late for the last one as well.
    jobs.platform().set_wall(jobs.platform().wall_now() + 1h);
    jobs.advance(1s);
    REQUIRE(graceful == 1);
    REQUIRE(jobs.find_recurring("skip")->missed == 5);
    // What comes in time is no misfire.
    jobs.advance(1h);
    REQUIRE(graceful == 2);
}

TEST_CASE("row 56: what passed during a pause has passed unseen") {
    scheduler jobs;
    times coalesced;
    times caught_up;
    times graceful;
    jobs.every(10ms, noting(jobs, coalesced), {.name = "coalesce"});
    jobs.every(10ms, noting(jobs, caught_up), {.name = "catch", .misfire = misfire::catch_up(2)});
    jobs.every(10ms, noting(jobs, graceful), {.name = "skip", .misfire = misfire::skip(3ms)});
    for (const auto* called : {"coalesce", "catch", "skip"}) {
        REQUIRE(jobs.pause_recurring(pawl::borrowed(called)));
    }
    REQUIRE_FALSE(jobs.next_wake());  // and nobody wakes for it
    jobs.advance(55ms);
    REQUIRE((coalesced.empty() && caught_up.empty() && graceful.empty()));
    for (const auto* called : {"coalesce", "catch", "skip"}) {
        REQUIRE(jobs.resume_recurring(pawl::borrowed(called)));
    }
    jobs.advance(0ms);
    REQUIRE(coalesced == times{55});
    REQUIRE(caught_up == times{55, 55});
    REQUIRE(graceful.empty());
    REQUIRE(jobs.find_recurring("skip")->missed == 5);
    jobs.advance(5ms);
    REQUIRE(coalesced == times{55, 60});
    REQUIRE(graceful == times{60});
}
