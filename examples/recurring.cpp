// SPDX-License-Identifier: BSL-1.0
//
// Recurring jobs: what becomes of a time that passed unseen, of a run that takes too long, of a
// name that is said again. In virtual time, so that a day takes no time and every run prints the
// same.
//
//   c++ -std=c++20 -Iinclude examples/recurring.cpp -o recurring && ./recurring
#include <chrono>
#include <cstdio>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

using scheduler =
    pawl::scheduler<pawl::limits{.jobs = 32, .workers = 0, .recurring_policies = true},
                    pawl::manual_platform>;

long long seconds(scheduler& jobs) {
    return std::chrono::duration_cast<std::chrono::seconds>(
               jobs.platform().now().time_since_epoch())
        .count();
}

void says_when(scheduler& jobs, const char* what) {
    std::printf("  %5lld s  %s\n", seconds(jobs), what);
}

// At each start a program says what recurs. To say the same again changes nothing.
void add_or_update() {
    std::puts("add or update:");
    scheduler jobs;
    const auto say = [](pawl::recurring_id id) {
        switch (id.change()) {
            case pawl::recurring_change::created: std::puts("  created"); break;
            case pawl::recurring_change::updated: std::puts("  updated: counts from now"); break;
            case pawl::recurring_change::unchanged: std::puts("  unchanged: its time stays"); break;
        }
    };
    const auto report = [&jobs] { says_when(jobs, "report"); };
    say(jobs.recurring("report", "0 * * * *"_cron, report));
    jobs.advance(45min);
    say(jobs.recurring("report", "0 * * * *"_cron, report));
    jobs.advance(15min);
    say(jobs.recurring("report", "*/30 * * * *"_cron, report));
    jobs.advance(30min);
}

// The machine was asleep for an hour.
void misfires() {
    std::puts("an hour unseen, of a job each ten minutes:");
    scheduler jobs;
    jobs.every(10min, [&] { says_when(jobs, "coalesce: one run for all"); });
    jobs.every(10min, [&] { says_when(jobs, "catch up: one for each, two at most"); },
               {.misfire = pawl::misfire::catch_up(2)});
    jobs.every(10min, [&] { says_when(jobs, "skip: only what is not too late"); },
               {.misfire = pawl::misfire::skip(1min)});
    jobs.platform().elapse(60min + 30s);
    jobs.poll();
}

// Each run takes 25 s, and there is one each 10 s.
void overlaps() {
    std::puts("runs of 25 s, each 10 s, for 40 s:");
    const auto run = [](pawl::overlap overlap, const char* what) {
        scheduler jobs;
        const auto id =
            jobs.every(10s,
                       [&jobs, what, rests = pawl::job_id{}](pawl::job_context& job) mutable {
                           if (rests == job.id()) {
                               return pawl::outcome::success();
                           }
                           rests = job.id();
                           says_when(jobs, what);
                           return pawl::outcome::snooze(25s);
                       },
                       {.overlap = overlap});
        jobs.advance(40s);
        const auto info = *jobs.find_recurring(id);
        std::printf("           %u made, %u skipped, %llu cancelled\n", info.runs, info.skipped,
                    static_cast<unsigned long long>(jobs.counts().deleted));
    };
    run(pawl::overlap::skip, "skip");
    run(pawl::overlap::queue_one, "queue one");
    run(pawl::overlap::replace, "replace");
}

void by_hand() {
    std::puts("by hand:");
    scheduler jobs;
    const auto id =
        jobs.every(60s,
                   [&](pawl::job_context& job) {
                       says_when(jobs, job.triggered_by_hand() ? "triggered" : "in time");
                   },
                   {.name = "backup", .max_runs = 3});
    jobs.advance(90s);
    jobs.trigger(id);
    jobs.advance(30s);
    jobs.pause(id);
    jobs.advance(5min);
    jobs.resume(id);
    jobs.advance(5min);

    scheduler::recurring_info_type list[8];
    const std::uint32_t count = jobs.list_recurring(list);
    for (std::uint32_t i = 0; i < count; ++i) {
        std::printf("  %s: %u runs, %u triggered, %u coalesced%s\n", list[i].called.view().data(),
                    list[i].runs, list[i].triggered, list[i].coalesced,
                    list[i].finished ? ", finished" : "");
    }
}

void delays() {
    std::puts("a period, a delay, and some jitter, for runs of 4 s:");
    scheduler jobs;
    const auto takes_4_s = [&jobs](const char* what) {
        return [&jobs, what] {
            says_when(jobs, what);
            jobs.platform().elapse(4s);
        };
    };
    const auto rate = jobs.every(10s, takes_4_s("each 10 s"));
    jobs.advance(30s);
    jobs.remove(rate);
    const auto delay =
        jobs.every(10s, takes_4_s("10 s after the one before"), {.fixed_delay = true});
    jobs.advance(45s);
    jobs.remove(delay);
    jobs.every(10s, takes_4_s("each 10 s, up to 5 s later"), {.name = "spread", .jitter = 5s});
    jobs.advance(35s);
}

}  // namespace

int main() {
    add_or_update();
    misfires();
    overlaps();
    by_hand();
    delays();
}
