// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of recurring jobs must not get past: a program of its own, because one with a
// test framework takes ten times as long to compile.
//
// Method: each scenario of tests/scheduler/recurring_*_test.cpp that a mutant gets wrong, once.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;
using pawl::misfire;
using pawl::overlap;

namespace {

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

template <std::uint32_t Jobs>
using jobs_of =
    pawl::scheduler<pawl::limits{
                        .jobs = Jobs, .recurring = 2, .workers = 0, .recurring_policies = true},
                    pawl::manual_platform>;
using virtual_jobs = jobs_of<16>;

// Rests so long in each run.
template <class Rest>
auto resting(int& runs, Rest length) {
    return [&runs, length, rests = false]() mutable {
        rests = !rests;
        runs += rests ? 1 : 0;
        return rests ? pawl::outcome::snooze(length) : pawl::outcome::success();
    };
}

void poll_after(virtual_jobs& jobs, std::chrono::milliseconds time) {
    jobs.platform().elapse(time);
    jobs.poll();
}

void misfires() {
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e"});
        poll_after(jobs, 55ms);
        check(runs == 1 && jobs.find_recurring("e")->coalesced == 4, "coalesce");
        jobs.advance(5ms);
        check(runs == 2, "in beat after a misfire");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e", .misfire = misfire::catch_up(3)});
        poll_after(jobs, 55ms);
        check(runs == 3 && jobs.find_recurring("e")->coalesced == 2, "catch up, capped");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e", .misfire = misfire::skip(5ms)});
        poll_after(jobs, 25ms);
        check(runs == 1 && jobs.find_recurring("e")->missed == 1, "skip: just within its grace");
        poll_after(jobs, 11ms);
        check(runs == 1 && jobs.find_recurring("e")->missed == 2, "skip: just beyond it");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.recurring("c", "* * * * * *"_cron, [&] { ++runs; });
        poll_after(jobs, 1h);
        check(runs == 1 && jobs.find_recurring("c")->coalesced == 65, "the calendar, coalesced");
        jobs.advance(1s);
        check(runs == 2, "the calendar, in beat");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e", .misfire = misfire::catch_up(9)});
        jobs.pause_recurring("e");
        jobs.advance(35ms);
        check(runs == 0, "a pause");
        jobs.resume_recurring("e");
        jobs.advance(0ms);
        check(runs == 3, "after a pause");
    }
}

void overlaps() {
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, resting(runs, 35ms), {.name = "e", .overlap = overlap::queue_one});
        jobs.advance(40ms);
        check(jobs.counts().awaiting == 1 && jobs.find_recurring("e")->skipped == 2, "queue one");
        jobs.advance(5ms);
        check(runs == 2, "the one that waited");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, resting(runs, 1h), {.overlap = overlap::replace});
        jobs.advance(10ms);
        jobs.advance(10ms);
        check(jobs.counts().deleted == 1, "replace");
    }
    {
        virtual_jobs jobs;
        bool refused = false;
        pawl::recurring_id id;
        id = jobs.every(10ms, [&](pawl::job_context& job) {
            jobs.cancel(job.id());
            refused = !jobs.trigger(id);
        });
        jobs.advance(10ms);
        check(refused, "one that was cancelled and still runs");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, resting(runs, 25ms), {.name = "e"});
        jobs.advance(10ms);
        jobs.every(10ms, [&] { ++runs; }, {.name = "e"});
        jobs.advance(20ms);
        check(runs == 1, "an update beside an occurrence");
        jobs.advance(20ms);
        jobs.remove_recurring("e");
        // What takes an entry that was removed knows nothing of its occurrence.
        jobs.every(10ms, resting(runs, 1h), {.name = "old"});
        jobs.advance(10ms);
        jobs.every(10ms, [] {}, {.name = "old"});
        jobs.remove_recurring("old");
        runs = 0;
        for (int i = 0; i < 4; ++i) {
            jobs.every(10ms, [&] { ++runs; }, {.name = "new"});
            jobs.advance(10ms);
            jobs.remove_recurring("new");
        }
        check(runs == 4, "a new entry in an old place");
    }
}

void updates_and_bounds() {
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e", .max_runs = 2});
        jobs.advance(7ms);
        check(jobs.every(10ms, [&] { ++runs; }, {.name = "e", .max_runs = 2}).change() ==
                  pawl::recurring_change::unchanged,
              "unchanged");
        jobs.advance(3ms);
        check(runs == 1, "its next time stays");
        jobs.advance(100ms);
        check(runs == 2, "max_runs");
        const auto later = pawl::manual_platform::default_wall + 1h;
        jobs.recurring("c", "* * * * * *"_cron, [] {}, {.max_runs = 1});
        jobs.advance(2s);
        jobs.recurring("c", "* * * * * *"_cron, [] {}, {.not_before = later, .max_runs = 1});
        check(jobs.find_recurring("c")->finished, "finished stays finished");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; },
                   {.name = "e", .until = jobs.platform().now() + 30ms, .run_at_start = true});
        jobs.advance(0ms);
        check(runs == 1, "run at start");
        jobs.advance(1s);
        check(runs == 4, "until");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.every(10ms, [&] { ++runs; }, {.name = "e", .jitter = 1h});
        jobs.advance(1s);
        check(runs >= 99 && jobs.find_recurring("e")->coalesced == 0,
              "jitter before the next time");
    }
}

void delays_and_room() {
    {
        virtual_jobs jobs;
        int runs = 0;
        const auto id = jobs.every(20ms, resting(runs, 5ms), {.fixed_delay = true});
        jobs.advance(26ms);
        jobs.trigger(id);
        jobs.advance(18ms);
        check(runs == 2, "a trigger does not hasten");
        jobs.advance(1ms);
        check(runs == 3, "a trigger does not delay");
    }
    {
        jobs_of<1> jobs;
        int runs = 0;
        jobs.every(1h, [&] { ++runs; }, {.name = "e", .when_full = pawl::when_full::defer});
        const auto holder = jobs.schedule(24h, [] {});
        jobs.advance(90min);
        const auto deferred = jobs.find_recurring("e")->deferred;
        check(deferred > 10 && deferred < 100, "deferred");
        jobs.pause_recurring("e");
        jobs.advance(10min);
        jobs.resume_recurring("e");
        jobs.advance(1ms);
        jobs.cancel(holder);
        jobs.advance(5ms);
        check(runs == 1, "room after a pause");
    }
}

}  // namespace

int main() {
    misfires();
    overlaps();
    updates_and_bounds();
    delays_and_room();
    std::puts("recurring jobs: as they should be");
}
