// SPDX-License-Identifier: BSL-1.0
//
// Goal: in the real scheduler no worker sleeps through work, a deadline or the end; every accepted
// job runs once or is deleted, whatever the threads do meanwhile.
// (tests/scheduler/scheduler_explore.cpp has the races for one job.)
// Method: workers and submitters are threads of the explorer. A program of a scheduler has hundreds
// of steps, so the schedules are those with one or two preemptions, and some thousand at random.
// Who waits for a job parks without a deadline: a job that is slept through is a deadlock. Virtual
// time moves only when nobody can go on: a job that is late was slept through, too.
// requires: posix
#include <array>
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

namespace {

using namespace std::chrono_literals;
using explore::check;

using machine = explore_platform;

constexpr pawl::limits limits_of(std::uint32_t workers) {
    return {
        .jobs = 4, .job_bytes = 32, .edges = 4, .batches = 1, .recurring = 1, .workers = workers};
}

template <std::uint32_t Workers>
using scheduler = pawl::scheduler<limits_of(Workers), explore::platform<(Workers > 0)>>;

// Waits, without a deadline, until this many jobs have run.
class finish_line {
public:
    explicit finish_line(unsigned runners) { left_.store(runners, std::memory_order_relaxed); }

    void pass() {
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            machine::unpark(waiting_);
        }
    }
    void wait() { machine::park(waiting_); }

private:
    machine::word left_;
    machine::parker waiting_;
};

// Within the tick after its time.
bool on_time(std::chrono::nanoseconds due) {
    const auto now = machine::now().time_since_epoch();
    return due <= now && now <= due + 1ms;
}

// ---- submissions and sleep ----

template <std::uint32_t Workers>
void enqueue_from_two_threads() {
    scheduler<Workers> jobs{pawl::deferred_start};
    finish_line all{2};
    check(bool(jobs.start()), "it starts");
    const auto submit = [&] { check(bool(jobs.enqueue([&] { all.pass(); })), "it is accepted"); };
    explore::threads(submit, submit);
    all.wait();
    check(jobs.stop(pawl::finish).status == pawl::stop_status::stopped, "it stops");
    check(jobs.counts().succeeded == 2, "both have ended");
}

template <std::uint32_t Workers>
void schedule_the_later_one_first() {
    scheduler<Workers> jobs{pawl::deferred_start};
    finish_line all{2};
    check(bool(jobs.start()), "it starts");
    const auto submit = [&](std::chrono::milliseconds due) {
        return [&jobs, &all, due] {
            check(bool(jobs.schedule(explore::time_point{due},
                                     [&all, due] {
                                         check(on_time(due), "it runs at its time");
                                         all.pass();
                                     })),
                  "it is accepted");
        };
    };
    explore::threads(submit(9ms), submit(3ms));
    all.wait();
    jobs.stop(pawl::finish);
}

void a_job_waits_for_one_it_submits() {
    scheduler<2> jobs{pawl::deferred_start};
    finish_line all{2};
    machine::parker until_the_other_ran;
    check(bool(jobs.start()), "it starts");
    jobs.enqueue([&] {
        jobs.enqueue([&] {
            machine::unpark(until_the_other_ran);
            all.pass();
        });
        machine::park(until_the_other_ran);
        all.pass();
    });
    all.wait();
    jobs.stop(pawl::finish);
}

void cancel_while_it_starts() {
    scheduler<1> jobs{pawl::deferred_start};
    unsigned ran = 0;
    check(bool(jobs.start()), "it starts");
    const auto id = jobs.enqueue([&] { ++ran; });
    const bool cancelled = jobs.cancel(id);
    jobs.stop(pawl::drain);
    check(ran == 1 || cancelled, "it ran or was cancelled");
    const auto counts = jobs.counts();
    check(counts.succeeded + counts.deleted == 1, "it has one end");
    check((counts.deleted == 1) == cancelled, "the one that cancel() said");
}

// A thread that is stopped while it edits the recurring jobs must not make an idle worker spin.
void edit_recurring_beside_a_sleeper() {
    scheduler<1> jobs{pawl::deferred_start};
    finish_line one{1};
    bool first = true;
    check(bool(jobs.start()), "it starts");
    const auto id = jobs.every(3ms, [&] {
        if (first) {
            first = false;
            one.pass();
        }
    });
    check(bool(id), "it is accepted");
    one.wait();
    check(jobs.remove(id), "it is there");
    jobs.stop(pawl::finish);
}

// ---- the end ----

template <std::uint32_t Workers>
void drain_at_once() {
    scheduler<Workers> jobs{pawl::deferred_start};
    unsigned ran = 0;
    check(bool(jobs.start()), "it starts");
    check(bool(jobs.enqueue([&] { ++ran; })), "it is accepted");
    check(jobs.stop(pawl::drain).status == pawl::stop_status::stopped, "it stops");
    check(ran == 1, "what was ready has run");
}

template <std::uint32_t Workers>
void stop_while_another_thread_submits(pawl::stop_mode mode) {
    scheduler<Workers> jobs{pawl::deferred_start};
    std::array<unsigned, 2> ran{};
    std::array<pawl::job_id, 2> ids{};
    check(bool(jobs.start()), "it starts");
    explore::threads(
        [&] {
            ids[0] = jobs.enqueue([&] { ++ran[0]; });
            ids[1] = jobs.schedule(1ms, [&] { ++ran[1]; });
        },
        [&] { check(jobs.stop(mode).status == pawl::stop_status::stopped, "it stops"); });
    const auto counts = jobs.counts();
    std::uint64_t accepted = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        accepted += ids[i] ? 1U : 0U;
        check(ran[i] <= (ids[i] ? 1U : 0U), "what was refused does not run, nothing runs twice");
        if (ids[i]) {
            const auto end = jobs.state(ids[i]);
            check(end == (ran[i] == 1 ? pawl::job_state::succeeded : pawl::job_state::deleted),
                  "what was accepted has an end");
        }
    }
    check(counts.succeeded + counts.deleted == accepted, "the counts add up");
    check(counts.enqueued + counts.scheduled + counts.processing == 0, "nothing is left");
}

void drain_while_another_thread_submits() { stop_while_another_thread_submits<1>(pawl::drain); }
void finish_while_another_thread_submits() { stop_while_another_thread_submits<1>(pawl::finish); }

// Every schedule with at most so many preemptions.
void explore_bounded(const char* name, unsigned preemptions_max, std::uint64_t schedules_min,
                     void (*body)()) {
    explore::must_pass(name, {.preemptions_max = preemptions_max, .schedules_min = schedules_min},
                       body);
}

void explore_random(const char* name, void (*body)()) {
    explore::must_pass(name, {.random_schedules = 2'000}, body);
}

}  // namespace

int main() {
    explore_bounded("drain at once, 1 worker", 2, 3'000, drain_at_once<1>);
    explore_bounded("drain at once, 2 workers", 1, 300, drain_at_once<2>);
    explore_bounded("enqueue from two threads, 1 worker", 1, 2'000, enqueue_from_two_threads<1>);
    explore_bounded("schedule the later one first, 1 worker", 1, 2'000,
                    schedule_the_later_one_first<1>);
    explore_bounded("a job waits for one it submits", 1, 800, a_job_waits_for_one_it_submits);
    explore_bounded("cancel while it starts", 2, 3'000, cancel_while_it_starts);
    explore_bounded("drain while another thread submits", 1, 800,
                    drain_while_another_thread_submits);
    explore_bounded("finish while another thread submits", 1, 800,
                    finish_while_another_thread_submits);

    explore::must_pass(
        "edit recurring jobs beside a sleeper",
        {.preemptions_max = 1, .time = explore::deadlines::any_time, .schedules_min = 300},
        edit_recurring_beside_a_sleeper);

    explore_random("drain at once, 2 workers, random", drain_at_once<2>);
    explore_random("enqueue from two threads, 2 workers, random", enqueue_from_two_threads<2>);
    explore_random("schedule the later one first, 2 workers, random",
                   schedule_the_later_one_first<2>);
}
