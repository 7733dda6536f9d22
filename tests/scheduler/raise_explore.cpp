// SPDX-License-Identifier: BSL-1.0
//
// Goal: a ready job that was raised lies in two lines; whichever of the two workers that find it
// there is the first looks closer at it (its deadline, its rest), and the other one leaves it
// alone, even though it still counts as ready. It runs once, and its slot comes back once.
// Method: the real scheduler under the explorer (worker_sleep_explore.cpp says how). The job is
// raised before two workers start, so that every schedule begins with both entries; whatever may be
// done only once is counted, or wrong if it is done in the middle of the other one's look.
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

constexpr std::uint32_t slots = 2;
constexpr pawl::limits two_bands{.jobs = slots,
                                 .job_bytes = 32,
                                 .edges = 2,
                                 .batches = 1,
                                 .recurring = 0,
                                 .workers = 2,
                                 .local = 0,
                                 .bands = 2,
                                 .starvation_bound = 0,
                                 .then_delay = true,
                                 .deadlines = true};
using scheduler = pawl::scheduler<two_bands, explore::platform<true>>;

// The first job: ready, and in both lines.
template <class Job>
void enqueue_raised(scheduler& jobs, Job job, const scheduler::options_type& options) {
    const auto id = jobs.enqueue(job, options);
    check(jobs.raise(id, 1), "it is raised");
}

// Waits until the workers have nothing to do, and asks for every slot: each is there, and none
// twice. Virtual time moves only when nobody can go on, so what is due next comes after all that
// they do now.
void check_slots(scheduler& jobs) {
    finish_line all_quiet{1};
    check(bool(jobs.schedule(1ms, [&] { all_quiet.pass(); })), "there is a slot besides");
    all_quiet.wait();
    pawl::job_id ids[slots];
    for (pawl::job_id& id : ids) {
        while (!id) {
            id = jobs.schedule(1h, [] {});
            machine::yield();  // that last job gives its own slot back a moment later
        }
    }
    check(ids[0].index() != ids[1].index(), "no slot is given to two");
    check(jobs.schedule(1h, [] {}).error() == pawl::submit_error::full, "there are no more");
}

// In time: it runs.
void in_time() {
    scheduler jobs{pawl::deferred_start};
    unsigned ran = 0;
    enqueue_raised(jobs, [&] { ++ran; }, {.deadline = 1h});
    check(bool(jobs.start()), "it starts");
    check_slots(jobs);
    check(ran == 1, "it runs once");
    check(jobs.counts().succeeded == 2, "it and the last one have ended");
    jobs.stop(pawl::finish);
    check(jobs.snapshot().expired + jobs.snapshot().late == 0, "it was in time");
}

// Too late: who looks says so, and counts it.
template <pawl::late Late>
void too_late() {
    constexpr bool runs = Late == pawl::late::run;
    scheduler jobs{pawl::deferred_start};
    unsigned ran = 0;
    enqueue_raised(jobs, [&] { ++ran; }, {.deadline = 1ms, .late = Late});
    explore::elapse(5ms);
    check(bool(jobs.start()), "it starts");
    check_slots(jobs);
    check(ran == (runs ? 1 : 0), "it does what was asked for");
    const auto seen = jobs.snapshot();
    check(seen.expired == (runs ? 0 : 1), "it is expired once");
    check(seen.late == (runs ? 1 : 0), "it is late once");
    jobs.stop(pawl::finish);
}

// A continuation that rests once its parent has ended. Whoever takes it makes it rest, and it has
// no attribute any more while it is still ready: the other one must not take it for a plain job.
void after_a_rest() {
    scheduler jobs{pawl::deferred_start};
    unsigned ran = 0;
    auto parent = jobs.batch();
    const auto id = jobs.then(parent.id(),
                              [&] {
                                  check(machine::now().time_since_epoch() >= 3ms, "it has rested");
                                  ++ran;
                              },
                              {.delay = 3ms});
    parent.seal();  // of nothing: it has ended
    check(jobs.raise(id, 1), "it is raised");
    check(bool(jobs.start()), "it starts");
    explore::elapse(2ms);
    while (ran == 0) {
        machine::yield();
    }
    check_slots(jobs);
    check(ran == 1, "it runs once");
    jobs.stop(pawl::finish);
}

}  // namespace

int main() {
    must_pass_bounded("in time", 1, 300, in_time);
    must_pass_bounded("too late, and deleted", 1, 300, too_late<pawl::late::skip>);
    must_pass_bounded("too late, and run", 1, 300, too_late<pawl::late::run>);
    must_pass_bounded("after a rest", 1, 300, after_a_rest);
    must_pass_random("in time, random", in_time);
    must_pass_random("too late, and deleted, random", too_late<pawl::late::skip>);
    must_pass_random("after a rest, random", after_a_rest);
}
