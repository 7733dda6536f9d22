// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of queues, batches and deadlines must not get past: a program of its own,
// because one with a test framework takes ten times as long to compile.
//
// Method: virtual time, no threads. (tests/scheduler has the same, and more, to be read.)
#include <chrono>
#include <cstdint>

#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "mutants/check.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::job_state;

using mutants::check;

constexpr pawl::limits of(pawl::queue_weights weights, std::uint32_t bound) {
    return {.jobs = 16,
            .batches = 4,
            .recurring = 1,
            .workers = 0,
            .queues = {"high", "low"},
            .weights = weights,
            .bands = 2,
            .starvation_bound = bound,
            .queue_control = true,
            .deadlines = true,
            .owners = true,
            .failed = 2};
}
template <pawl::limits L>
using scheduler = pawl::scheduler<L, pawl::manual_platform>;
using strict = scheduler<of({}, 0)>;

const auto nothing = [] {};
const auto fails = [] { return pawl::outcome::fail(); };

template <pawl::limits L>
struct lines {
    using queues = pawl::ready_queues<L, pawl::manual_platform>;
    queues ready;
    typename queues::turns turns{};

    lines() {
        for (std::uint32_t line = 0; line < queues::lines; ++line) {
            ready.put(line, line);
        }
    }
    // The line of the next job; it comes again.
    std::uint32_t next() {
        typename queues::taken from;
        check(ready.take(from, turns), "there is something");
        ready.put(from.index, from.index);
        return from.index;
    }
};

void order() {
    lines<of({3, 1}, 0)> weighted;
    for (int cycle = 0; cycle < 3; ++cycle) {
        int high = 0;
        for (int turn = 0; turn < 4; ++turn) {
            high += weighted.next() < 2 ? 1 : 0;
        }
        check(high == 3, "the shares are exact");
    }
    lines<of({}, 8)> fair;
    std::uint32_t seen = 0;
    for (int turn = 0; turn < 8; ++turn) {
        seen |= 1U << fair.next();
    }
    check(seen == 15, "every line has a turn within the bound");
}

void control() {
    lines<of({}, 0)> worker;
    typename decltype(worker)::queues::taken from;
    worker.ready.pause(1);
    worker.ready.limit_running(0, 1);
    check(worker.ready.take(from, worker.turns) && from.counted, "one may run");
    check(!worker.ready.anything(), "nobody is kept awake by what may not start");
    check(!worker.ready.take(from, worker.turns), "and not two");
    worker.ready.leave(0);
    check(worker.ready.anything_in(0), "its place is free");
    check(worker.ready.take(from, worker.turns), "and taken again");
    worker.ready.leave(0);
    check(!worker.ready.take(from, worker.turns), "an empty queue takes no place");
    worker.ready.put(7, 0);
    check(worker.ready.take(from, worker.turns), "and keeps none");
    worker.ready.resume(1);
    check(worker.ready.take(from, worker.turns), "what was paused goes on");
}

void batches() {
    strict jobs;
    auto outer = jobs.batch();
    auto inner = outer.batch();
    pawl::stop_reason seen{};
    inner.enqueue([&](pawl::job_context& job) {
        jobs.cancel(outer.id());
        seen = job.stop_reason();
    });
    const auto after = inner.enqueue(nothing);
    inner.seal();
    outer.seal();
    jobs.poll();
    check(seen == pawl::stop_reason::batch_cancelled, "a member sees it, at any depth");
    check(jobs.state(after) == job_state::deleted, "the next one does not start");

    auto night = jobs.batch();
    auto part = night.batch();
    part.enqueue(fails);
    part.seal();
    night.enqueue_n(2, [](std::uint32_t) { return nothing; });
    check(jobs.state(night.id()) == job_state::awaiting, "it is open");
    night.seal();
    check(jobs.state(night.id()) == job_state::awaiting, "its members have not run");
    jobs.poll();
    check(jobs.state(part.id()) == job_state::failed, "a failure fails it");
    check(jobs.state(night.id()) == job_state::failed, "and all around it");

    auto good = jobs.batch();
    good.enqueue_n(17, [](std::uint32_t) { return nothing; });
    good.seal();
    check(jobs.state(good.id()) == job_state::failed, "what was left out is a failure");
}

void deadlines() {
    strict jobs;
    const auto on_time = jobs.schedule(1s, nothing, {.deadline = 5ms});
    const auto late = jobs.schedule(1s, nothing, {.deadline = 4ms});
    const auto all_the_same =
        jobs.schedule(1s, nothing, {.deadline = 4ms, .late = pawl::late::run});
    std::chrono::microseconds how{};
    jobs.schedule(1s, [&](pawl::job_context& job) { how = job.lateness(); }, {.deadline = 1s});
    jobs.platform().elapse(1s + 5ms);
    jobs.poll();
    check(jobs.state(on_time) == job_state::succeeded, "at its deadline it still begins");
    check(jobs.state(late) == job_state::deleted, "after it, it does not");
    check(jobs.state(all_the_same) == job_state::succeeded, "but if it is to run, it runs");
    check(how == 5ms, "a job knows how late it is");

    bool asked = true;
    jobs.enqueue(
        [&](pawl::job_context& job) {
            jobs.platform().elapse(5ms);
            asked = job.stop_requested();
            jobs.platform().elapse(1ms);
            asked = !asked && job.stop_reason() == pawl::stop_reason::deadline;
        },
        {.run_at_most = 5ms});
    jobs.poll();
    check(asked, "after its time, and not before");
}

void raised() {
    strict jobs;
    for (int round = 0; round < 4; ++round) {
        jobs.enqueue(nothing);
        const auto id = jobs.enqueue(fails);
        check(jobs.raise(id, 1), "it is raised");
        jobs.poll(pawl::poll_budget{.jobs = 1});
        check(jobs.state(id) == job_state::failed, "and goes first");
        jobs.poll();
    }
    check(bool(jobs.enqueue_n(14, [](std::uint32_t) { return nothing; })),
          "all slots but those of failed jobs that are kept are free");
    check(!jobs.enqueue_n(1, [](std::uint32_t) { return nothing; }), "and no others");
}

void owners() {
    strict jobs;
    const auto mine = jobs.new_owner();
    for (int i = 0; i < 16; ++i) {
        jobs.enqueue(nothing, {.owner = mine});
    }
    jobs.poll();
    jobs.every(10ms, nothing);
    jobs.poll();
    jobs.platform().elapse(10ms);
    jobs.poll(pawl::poll_budget{.jobs = 0});
    check(jobs.cancel_all(mine) == 0, "a slot's former owner has no part in it");
}

}  // namespace

int main() {
    order();
    control();
    batches();
    deadlines();
    raised();
    owners();
}
