// SPDX-License-Identifier: BSL-1.0
//
// From when, until when, how often, and spread how far (features 70, 72, 73).
//
// Goal: no time before `not_before` or after `until`, at most `max_runs`; jitter delays, never
// hastens, does not add up, and is the same in each run. Method: virtual time.
#include "scheduler/recurring_checks.hpp"

#include <set>

#include "catch.hpp"

using namespace recurring;
using std::chrono::sys_days;
using std::chrono::year;

constexpr auto day = sys_days{year{2000} / 1 / 1};  // on which virtual time begins

TEST_CASE("row 73: not_before is the first time of an interval") {
    scheduler jobs;
    times begun;
    const auto start = jobs.platform().now();
    jobs.every(10ms, noting(jobs, begun), {.not_before = start + 25ms});
    jobs.advance(50ms);
    REQUIRE(begun == times{25, 35, 45});
    // It may be sooner than a period, and has no effect once it has passed.
    begun.clear();
    jobs.every(1s, noting(jobs, begun), {.not_before = start + 53ms, .max_runs = 1});
    jobs.every(100ms, noting(jobs, begun), {.not_before = start + 20ms, .max_runs = 1});
    jobs.advance(150ms);
    begun.erase(std::remove_if(begun.begin(), begun.end(), [](auto at) { return at % 10 == 5; }),
                begun.end());
    REQUIRE(begun == times{53, 150});
}

TEST_CASE("row 73: the calendar's first time is the first one that is not before") {
    scheduler jobs;
    std::vector<std::chrono::hours> at;
    const auto note = [&] {
        at.push_back(
            std::chrono::duration_cast<std::chrono::hours>(jobs.platform().wall_now() - day));
    };
    jobs.recurring("on a time", "0 */2 * * *"_cron, note,
                   {.not_before = day + 6h, .until = day + 10h});
    jobs.advance(24h);
    REQUIRE(at == std::vector<std::chrono::hours>{6h, 8h, 10h});
    at.clear();
    jobs.recurring("between", "0 */2 * * *"_cron, note,
                   {.not_before = day + 24h + 6h + 1ms, .until = day + 24h + 10h - 1ms});
    jobs.advance(24h);
    REQUIRE(at == std::vector<std::chrono::hours>{24h + 8h});
    REQUIRE(jobs.find_recurring("between")->finished);
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("row 73: a bound of the other clock is as far away when the job is added") {
    scheduler jobs;
    times begun;
    jobs.platform().elapse(1h);
    const auto start = jobs.platform().now();
    jobs.every(10min, noting(jobs, begun), {.not_before = day + 90min, .until = day + 2h});
    jobs.advance(24h);
    const auto min = std::int64_t{60'000};
    REQUIRE(begun == times{90 * min, 100 * min, 110 * min, 120 * min});
    begun.clear();
    jobs.recurring("c", "0 * * * *"_cron, noting(jobs, begun),
                   {.not_before = start + 25h, .until = start + 26h});
    jobs.advance(24h);
    REQUIRE(begun == times{26 * 60 * min, 27 * 60 * min});
}

TEST_CASE("row 73: until is the last moment, whenever the run is") {
    scheduler jobs;
    times begun;
    const auto start = jobs.platform().now();
    jobs.every(10ms, noting(jobs, begun), {.name = "exact", .until = start + 30ms});
    poll_after(jobs, 1s);
    REQUIRE(begun == times{1000});  // 10, 20 and 30: one late run
    REQUIRE(jobs.find_recurring("exact")->coalesced == 2);
    REQUIRE(jobs.find_recurring("exact")->finished);
    jobs.advance(1s);
    REQUIRE(begun.size() == 1);
    REQUIRE(jobs.every(10ms, noting(jobs, begun),
                       {.name = "nearer", .until = jobs.platform().now() + 9ms})
                .error() == pawl::submit_error::never);
}

TEST_CASE("row 73: at most max_runs, also when many passed at once") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun),
               {.name = "e", .misfire = pawl::misfire::catch_up(10), .max_runs = 3});
    poll_after(jobs, 25ms);
    poll_after(jobs, 100ms);
    REQUIRE(begun == times{25, 25, 125});
    REQUIRE(jobs.find_recurring("e")->finished);
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("row 73: what was skipped was no run") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, taking(jobs, begun, 25ms), {.max_runs = 2});
    jobs.advance(1s);
    REQUIRE(begun == times{10, 40});
}

TEST_CASE("row 70: run_at_start is a first time at once, and the others follow from it") {
    scheduler jobs;
    times begun;
    REQUIRE(jobs.every(100ms, noting(jobs, begun), {.name = "e", .run_at_start = true}));
    jobs.advance(250ms);
    REQUIRE(begun == times{0, 100, 200});
    // To say the same again is no start, to change the rule is one.
    REQUIRE(jobs.every(100ms, noting(jobs, begun), {.name = "e", .run_at_start = true}));
    jobs.advance(50ms);
    REQUIRE(begun == times{0, 100, 200, 300});
    jobs.advance(30ms);
    REQUIRE(jobs.every(50ms, noting(jobs, begun), {.name = "e", .run_at_start = true}));
    jobs.advance(60ms);
    REQUIRE(begun == times{0, 100, 200, 300, 330, 380});
    jobs.remove_recurring("e");

    begun.clear();
    jobs.recurring("c", "* * * * *"_cron, noting(jobs, begun), {.run_at_start = true});
    jobs.advance(2min);
    REQUIRE(begun == times{390, 60'000, 120'000});
}

TEST_CASE("row 70: run_at_start waits for not_before, and a pause") {
    scheduler jobs;
    times begun;
    jobs.every(100ms, noting(jobs, begun),
               {.not_before = jobs.platform().now() + 30ms, .run_at_start = true});
    jobs.advance(130ms);
    REQUIRE(begun == times{30, 130});
}

TEST_CASE("row 72: jitter comes after the time, before the next one, and does not add up") {
    const auto program = [](pawl::name called) {
        scheduler jobs;
        times begun;
        jobs.every(100ms, noting(jobs, begun), {.name = called, .jitter = 60ms});
        jobs.advance(10s + 60ms);
        return begun;
    };
    const times begun = program("e");
    REQUIRE(begun.size() == 100);
    std::set<std::int64_t> delays;
    for (std::size_t i = 0; i < begun.size(); ++i) {
        const std::int64_t delay = begun[i] - static_cast<std::int64_t>(i + 1) * 100;
        REQUIRE(delay >= 0);
        REQUIRE(delay <= 60);
        delays.insert(delay);
    }
    REQUIRE(delays.size() > 30);  // of 61
    REQUIRE(program("e") == begun);
    REQUIRE(program("f") != begun);  // jobs of one period are spread
}

TEST_CASE("row 72: more jitter than there is room for keeps the order of the times") {
    scheduler jobs;
    times begun;
    jobs.every(10ms, noting(jobs, begun), {.name = "e", .jitter = 1h});
    jobs.recurring("c", "* * * * * *"_cron, [] {}, {.jitter = 1h});
    jobs.advance(1s);
    REQUIRE(jobs.find_recurring("e")->coalesced == 0);
    for (std::size_t i = 0; i < begun.size(); ++i) {
        REQUIRE(begun[i] / 10 == static_cast<std::int64_t>(i) + 1);
    }
    jobs.advance(100s);
    REQUIRE(jobs.find_recurring("c")->coalesced == 0);
    REQUIRE(jobs.find_recurring("c")->runs >= 100);
    REQUIRE(jobs.find_recurring("c")->next_by_calendar <= day + 102s);
}

TEST_CASE("row 72: a late poll does not run what jitter still holds back") {
    // Beside a job without jitter, of which each poll runs what has come.
    for (int late_ms = 1; late_ms < 400; late_ms += 7) {
        scheduler jobs;
        times begun;
        jobs.every(100ms, noting(jobs, begun), {.name = "e", .jitter = 99ms});
        std::uint32_t come = 0;
        {
            scheduler prompt;
            times exact;
            prompt.every(100ms, noting(prompt, exact), {.name = "e", .jitter = 99ms});
            prompt.advance(milliseconds{late_ms});
            come = static_cast<std::uint32_t>(exact.size());
        }
        poll_after(jobs, milliseconds{late_ms});
        const auto info = jobs.find_recurring("e");
        REQUIRE(info->runs + info->coalesced == come);
    }
}
