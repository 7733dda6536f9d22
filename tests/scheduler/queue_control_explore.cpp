// SPDX-License-Identifier: BSL-1.0
//
// Goal: no worker sleeps while a job may start, whatever pauses, resumes and limits its queue
// meanwhile, and in whichever of several queues it is the first. Method: the real scheduler under
// the explorer (worker_sleep_explore.cpp says how): who waits for a job parks without a deadline,
// so that one that is slept through is a deadlock.
// requires: posix
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/finish_line.hpp"
#include "explore/suite.hpp"

namespace {

using namespace std::chrono_literals;
using explore::check;
using explore::finish_line;
using explore::must_pass_bounded;
using explore::must_pass_random;

using machine = explore_platform;

constexpr pawl::limits limits_of(std::uint32_t workers) {
    return {.jobs = 6,
            .job_bytes = 32,
            .edges = 0,
            .batches = 0,
            .recurring = 0,
            .workers = workers,
            .local = 0,
            .queues = {"urgent", "limited"},
            .starvation_bound = 0,
            .queue_control = true};
}

template <std::uint32_t Workers>
using scheduler = pawl::scheduler<limits_of(Workers), explore::platform<true>>;

// ---- more queues than are looked at for nothing ----

constexpr pawl::limits three_queues(std::uint32_t workers) {
    pawl::limits result = limits_of(workers);
    result.queues = {"urgent", "limited", "last"};
    return result;
}

// The first job of two queues, the second one of one of them.
template <std::uint32_t Workers>
void first_of_their_queues() {
    pawl::scheduler<three_queues(Workers), explore::platform<true>> jobs{pawl::deferred_start};
    finish_line all{3};
    check(bool(jobs.start()), "it starts");
    explore::threads(
        [&] {
            jobs.enqueue([&] { all.pass(); }, {.queue = "urgent"});
            jobs.enqueue([&] { all.pass(); }, {.queue = "last"});
        },
        [&] { jobs.enqueue([&] { all.pass(); }, {.queue = "urgent"}); });
    all.wait();
    jobs.stop(pawl::finish);
}

// ---- pause and resume ----

template <std::uint32_t Workers>
void resume_beside_a_submission() {
    scheduler<Workers> jobs{pawl::deferred_start};
    finish_line all{2};
    jobs.pause("limited");
    jobs.enqueue([&] { all.pass(); }, {.queue = "limited"});
    check(bool(jobs.start()), "it starts");
    explore::threads([&] { jobs.resume("limited"); },
                     [&] { jobs.enqueue([&] { all.pass(); }, {.queue = "limited"}); });
    all.wait();
    jobs.stop(pawl::finish);
}

void pause_and_resume_beside_submissions() {
    scheduler<1> jobs{pawl::deferred_start};
    finish_line all{2};
    check(bool(jobs.start()), "it starts");
    explore::threads(
        [&] {
            jobs.pause("limited");
            jobs.resume("limited");
        },
        [&] {
            jobs.enqueue([&] { all.pass(); }, {.queue = "limited"});
            jobs.enqueue([&] { all.pass(); }, {.queue = "urgent"});
        });
    all.wait();
    jobs.stop(pawl::finish);
}

void drain_with_a_paused_queue() {
    scheduler<2> jobs{pawl::deferred_start};
    unsigned ran = 0;
    jobs.pause("limited");
    const auto left = jobs.enqueue([&] { ++ran; }, {.queue = "limited"});
    check(bool(jobs.start()), "it starts");
    explore::threads([&] { jobs.stop(pawl::drain); }, [&] { jobs.resume("limited"); });
    const auto end = jobs.state(left);
    check(end == (ran == 1 ? pawl::job_state::succeeded : pawl::job_state::deleted),
          "it ran or was deleted");
}

// ---- a limit ----

// Two of a queue of which one may run, and one beside that needs the second to have run.
void turn_to_something_else_when_the_place_is_free() {
    scheduler<2> jobs{pawl::deferred_start};
    finish_line all{3};
    machine::parker until_the_second;
    machine::word running;
    jobs.limit_running("limited", 1);
    check(bool(jobs.start()), "it starts");
    const auto begin = [&] {
        check(running.fetch_add(1, std::memory_order_acq_rel) == 0, "one at a time");
    };
    const auto end = [&] { running.fetch_sub(1, std::memory_order_acq_rel); };
    explore::threads(
        [&] {
            jobs.enqueue([&] { begin(), end(), all.pass(); }, {.queue = "limited"});
            jobs.enqueue(
                [&] {
                    begin();
                    machine::unpark(until_the_second);
                    end();
                    all.pass();
                },
                {.queue = "limited"});
        },
        [&] {
            jobs.enqueue(
                [&] {
                    machine::park(until_the_second);
                    all.pass();
                },
                {.queue = "urgent"});
        });
    all.wait();
    jobs.stop(pawl::finish);
}

// The first runs until the second has: that needs the limit to go.
void lift_the_limit() {
    scheduler<2> jobs{pawl::deferred_start};
    finish_line all{2};
    machine::parker until_the_second;
    jobs.limit_running("limited", 1);
    check(bool(jobs.start()), "it starts");
    explore::threads(
        [&] {
            jobs.enqueue(
                [&] {
                    machine::park(until_the_second);
                    all.pass();
                },
                {.queue = "limited"});
            jobs.enqueue(
                [&] {
                    machine::unpark(until_the_second);
                    all.pass();
                },
                {.queue = "limited"});
        },
        [&] { jobs.limit_running("limited", 2); });
    all.wait();
    jobs.stop(pawl::finish);
}

}  // namespace

int main() {
    must_pass_bounded("resume beside a submission, 1 worker", 1, 500,
                      resume_beside_a_submission<1>);
    must_pass_bounded("pause and resume beside submissions", 1, 500,
                      pause_and_resume_beside_submissions);
    must_pass_bounded("the first jobs of their queues, 1 worker", 1, 500, first_of_their_queues<1>);
    must_pass_random("the first jobs of their queues, 2 workers", first_of_their_queues<2>);
    must_pass_random("resume beside a submission, 2 workers", resume_beside_a_submission<2>);
    must_pass_random("drain with a paused queue", drain_with_a_paused_queue);
    must_pass_random("turn to something else when the place is free",
                     turn_to_something_else_when_the_place_is_free);
    must_pass_random("lift the limit", lift_the_limit);
}
