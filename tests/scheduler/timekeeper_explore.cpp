// SPDX-License-Identifier: BSL-1.0
//
// Goal: time goes on in a crew of workers whatever they are busy with, deadlines are kept that are
// so far away that the wheel has to be looked at on the way, the slot of what is cancelled comes
// back at once, and of a cancellation and a firing exactly one wins.
// Method: the real scheduler on the explorer's platform. Jobs wait for each other without a
// deadline, so time that stands still is a deadlock; virtual time moves only when nobody can go on,
// so whoever runs late, or waits for a deadline that is not its own, was slept through. Beside them
// a few programs of one thread, for the mutants of the budgets (timekeeper_test.cpp has all).
// requires: posix
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

namespace {

using namespace std::chrono_literals;
using explore::check;

using machine = explore_platform;
using word = machine::word;

constexpr auto relaxed = std::memory_order_relaxed;

template <std::uint32_t Workers>
using scheduler = pawl::scheduler<pawl::limits{.jobs = 3,
                                               .job_bytes = 32,
                                               .edges = 0,
                                               .batches = 0,
                                               .recurring = 1,
                                               .workers = Workers,
                                               .local = 0},
                                  explore::platform<(Workers > 0)>>;
using driven = scheduler<0>;

// A mutant has to be dead soon; that it dies of these is checked by tests/mutants.
constexpr std::uint64_t samples = PAWL_MUTANT ? 500 : 3'000;

std::chrono::nanoseconds now() { return machine::now().time_since_epoch(); }

// Within the tick after its time.
bool on_time(std::chrono::nanoseconds due) { return due <= now() && now() <= due + 1ms; }

auto counting(word& runs) {
    return [&runs] { runs.fetch_add(1, relaxed); };
}

// A callable whose end can be waited for: its slot is about to be free then. Moves once.
class told {
public:
    explicit told(machine::parker& waiting) noexcept : waiting_{&waiting} {}
    told(told&& other) noexcept : waiting_{std::exchange(other.waiting_, nullptr)} {}
    told& operator=(told&&) = delete;
    ~told() {
        if (waiting_ != nullptr) {
            machine::unpark(*waiting_);
        }
    }
    void operator()() const noexcept { check(false, "it was cancelled in time"); }

private:
    machine::parker* waiting_;
};

// ---- One cancellation against one firing ----

// `in_wheel`: the job has been filed before; else it fires on its way through the inbox, or is
// armed and fires in the same look.
void cancel_against_firing(bool in_wheel, std::chrono::milliseconds delay) {
    driven jobs;
    word runs;
    word won;
    const pawl::job_id id = jobs.schedule(delay, counting(runs));
    if (in_wheel) {
        jobs.poll();
    }
    explore::elapse(delay);
    // The firing alone: the job that it makes ready is run when both are done, so that no
    // cancellation can come while it runs.
    auto cancel = [&] { won.store(jobs.cancel(id) ? 1 : 0, relaxed); };
    auto fire = [&] { jobs.poll(pawl::poll_budget{.jobs = 0}); };
    explore::threads(cancel, fire);
    const std::uint32_t cancelled = won.load(relaxed);
    check(cancelled == 1, "a job that does not run yet can be cancelled, fired or not");
    jobs.poll();
    check(runs.load(relaxed) == 0, "and never runs");
    check(jobs.counts().deleted == 1 && jobs.counts().succeeded == 0, "it has one end");
    check(!jobs.next_wake(), "its timer is gone");
    for (int slot = 0; slot < 3; ++slot) {
        check(static_cast<bool>(jobs.enqueue([] {})), "every slot came back");
    }
    check(!jobs.enqueue([] {}), "and no slot twice");
}

// The same with the run: it ran, or it was cancelled. Cancelled while it ran, it is deleted.
void cancel_against_run(bool in_wheel) {
    driven jobs;
    word runs;
    word won;
    const pawl::job_id id = jobs.schedule(1ms, counting(runs));
    if (in_wheel) {
        jobs.poll();
    }
    explore::elapse(1ms);
    auto cancel = [&] { won.store(jobs.cancel(id) ? 1 : 0, relaxed); };
    auto poll = [&] { jobs.poll(); };
    explore::threads(cancel, poll);
    jobs.poll();
    const std::uint32_t cancelled = won.load(relaxed);
    check(runs.load(relaxed) <= 1, "it ran once at most");
    check(runs.load(relaxed) + cancelled >= 1, "it ran, or was cancelled");
    const auto counts = jobs.counts();
    check(counts.deleted == cancelled && counts.succeeded == 1 - cancelled, "one of both has won");
    check(!jobs.next_wake(), "its timer is gone");
    for (int slot = 0; slot < 3; ++slot) {
        check(static_cast<bool>(jobs.enqueue([] {})), "every slot came back");
    }
    check(!jobs.enqueue([] {}), "and no slot twice");
}

// Three want to end one job.
void two_cancellations_against_the_firing() {
    driven jobs;
    word runs;
    word won;
    const pawl::job_id id = jobs.schedule(1ms, counting(runs));
    jobs.poll();
    explore::elapse(1ms);
    auto cancel = [&] { won.fetch_add(jobs.cancel(id) ? 1 : 0, relaxed); };
    auto poll = [&] { jobs.poll(); };
    explore::threads(cancel, cancel, poll);
    jobs.poll();
    const std::uint32_t cancelled = won.load(relaxed);
    check(cancelled <= 1, "it was cancelled once at most");
    check(runs.load(relaxed) + cancelled >= 1, "it ran, or was cancelled");
    const auto counts = jobs.counts();
    check(counts.deleted == cancelled && counts.succeeded == 1 - cancelled, "one of them has won");
    check(!jobs.next_wake(), "its timer is gone");
}

// ---- The slot of what is cancelled ----

// Its deadline goes with it, be the next one in its slot any time.
void a_cancelled_job_leaves_the_wheel() {
    driven jobs;
    word runs;
    const pawl::job_id id = jobs.schedule(1h, counting(runs));
    jobs.poll();
    check(jobs.cancel(id), "nobody else ends it");
    jobs.poll();
    check(!jobs.next_wake(), "its timer is gone");
    for (int slot = 0; slot < 3; ++slot) {
        jobs.schedule(1ms, counting(runs));
    }
    jobs.poll();
    explore::elapse(1ms);
    jobs.poll();
    check(runs.load(relaxed) == 3, "others run in its slot");
}

// The timekeeper sleeps for half an hour, and a job in an hour does not wake it; that it is
// cancelled again does.
template <std::uint32_t Workers>
void a_cancelled_job_leaves_at_once() {
    scheduler<Workers> jobs{pawl::deferred_start};
    machine::parker gone;
    check(bool(jobs.start()), "it starts");
    jobs.schedule(30min, [] {});
    const pawl::job_id id = jobs.schedule(1h, told{gone});
    check(jobs.cancel(id), "nobody else ends it");
    machine::park(gone);
    check(now() < 1ms, "its slot does not wait for anybody's deadline");
    jobs.stop(pawl::finish);
}

// ---- A long job never stops time ----

// 200 and 300 ms are so far away that the wheel is looked at before: a worker that sleeps until
// then, and is woken for the wheel's sake, goes on to sleep.
template <std::uint32_t Workers>
void deadlines_beyond_the_lowest_level() {
    scheduler<Workers> jobs{pawl::deferred_start};
    machine::parker all;
    check(bool(jobs.start()), "it starts");
    word left;
    left.store(2, relaxed);
    const auto at = [&](std::chrono::milliseconds due) {
        return [&all, &left, due] {
            check(on_time(due), "it runs at its time");
            if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                machine::unpark(all);
            }
        };
    };
    // Absolute, for time may pass between the two.
    check(bool(jobs.schedule(explore::time_point{300ms}, at(300ms))), "it is accepted");
    check(bool(jobs.schedule(explore::time_point{200ms}, at(200ms))), "it is accepted");
    machine::park(all);
    jobs.stop(pawl::finish);
}

// The timekeeper's own deadline brings it the long job; the other worker has to keep the next one,
// and the wheel's looks on the way there.
void the_timekeeper_gets_the_long_job() {
    scheduler<2> jobs{pawl::deferred_start};
    machine::parker ended;
    machine::parker ran;
    check(bool(jobs.start()), "it starts");
    jobs.schedule(explore::time_point{100ms}, [&] { machine::park(ended); });
    jobs.schedule(explore::time_point{200ms}, [&] {
        check(on_time(200ms), "the long job does not delay it");
        machine::unpark(ended);
        machine::unpark(ran);
    });
    machine::park(ran);
    jobs.stop(pawl::finish);
}

// Whoever takes it, timekeeper or not.
void an_enqueued_job_is_long() {
    scheduler<2> jobs{pawl::deferred_start};
    machine::parker ended;
    machine::parker ran;
    check(bool(jobs.start()), "it starts");
    jobs.schedule(explore::time_point{5ms}, [&] {
        check(on_time(5ms), "the long job does not delay it");
        machine::unpark(ended);
        machine::unpark(ran);
    });
    jobs.enqueue([&] { machine::park(ended); });
    machine::park(ran);
    jobs.stop(pawl::finish);
}

// A job that rests is put into the inbox by a worker that goes straight on with a long one.
void the_worker_of_a_resting_job_gets_the_long_one() {
    scheduler<2> jobs{pawl::deferred_start};
    machine::parker ended;
    machine::parker ran;
    unsigned attempts = 0;
    jobs.enqueue([&] {
        if (++attempts == 1) {
            return pawl::outcome::snooze(2ms);
        }
        machine::unpark(ended);
        machine::unpark(ran);
        return pawl::outcome::success();
    });
    jobs.enqueue([&] { machine::park(ended); });
    check(bool(jobs.start()), "it starts");
    machine::park(ran);
    check(now() <= 3ms, "the long job does not delay it");
    jobs.stop(pawl::finish);
}

// The sleeper has armed a later deadline, be it a job's or a look at the wheel.
template <std::uint32_t Workers>
void an_earlier_deadline_is_kept(std::chrono::milliseconds later) {
    scheduler<Workers> jobs{pawl::deferred_start};
    machine::parker ran;
    check(bool(jobs.start()), "it starts");
    jobs.schedule(later, [] {});
    jobs.schedule(explore::time_point{3ms}, [&] {
        check(on_time(3ms), "it does not wait for the later one");
        machine::unpark(ran);
    });
    machine::park(ran);
    jobs.stop(pawl::finish);
}

// An earlier deadline comes while one worker is in a long job and the other one keeps a later time.
void an_earlier_deadline_beside_a_long_job() {
    scheduler<2> jobs{pawl::deferred_start};
    machine::parker ended;
    machine::parker ran;
    check(bool(jobs.start()), "it starts");
    jobs.schedule(1h, [] {});
    jobs.enqueue([&] {
        jobs.schedule(3ms, [&] {
            check(now() <= 4ms, "it does not wait for the later one");
            machine::unpark(ended);
            machine::unpark(ran);
        });
        machine::park(ended);
    });
    machine::park(ran);
    jobs.stop(pawl::finish);
}

// ---- Two who look at the time ----

// What is posted while somebody looks at the time is seen by him, or by who posted it.
void a_submission_against_a_look() {
    driven jobs;
    word runs;
    jobs.schedule(1h, [] {});
    auto submit = [&] { jobs.schedule(1ms, counting(runs)); };
    auto look = [&] { jobs.poll(); };
    explore::threads(submit, look);
    const auto wake = jobs.next_wake();
    check(wake && wake->time_since_epoch() <= 1ms, "no deadline is overlooked");
    explore::elapse(1ms);
    jobs.poll();
    check(runs.load(relaxed) == 1, "it runs at its time");
}

// While the table is edited by another thread, which looks at the time afterwards.
void a_submission_against_an_edit() {
    scheduler<1> jobs{pawl::deferred_start};
    word runs;
    machine::parker ran;
    check(bool(jobs.start()), "it starts");
    auto submit = [&] {
        jobs.schedule(explore::time_point{3ms}, [&] {
            check(on_time(3ms), "it runs at its time");
            machine::unpark(ran);
        });
    };
    auto edit = [&] { check(bool(jobs.every(1h, counting(runs))), "it is accepted"); };
    explore::threads(submit, edit);
    machine::park(ran);
    jobs.stop(pawl::finish);
}

// ---- Budgets of moves, on one thread ----

using polled = pawl::scheduler<
    pawl::limits{
        .jobs = 64, .job_bytes = 16, .edges = 0, .batches = 0, .recurring = 0, .workers = 0},
    explore::platform<false>>;
constexpr std::uint32_t many = 40;

pawl::poll_budget moves(std::uint32_t count) { return {.moves = count}; }

void schedule_many(polled& jobs, std::chrono::milliseconds delay, word& runs) {
    for (std::uint32_t i = 0; i < many; ++i) {
        check(bool(jobs.schedule(delay, counting(runs))), "it is accepted");
    }
}

std::uint32_t polls_until_done(polled& jobs, std::uint32_t budget) {
    std::uint32_t polls = 1;
    while (jobs.poll(moves(budget)).more) {
        check(++polls <= 1000, "polls come to an end");
    }
    return polls;
}

void a_budget_bounds_the_inbox() {
    polled jobs;
    word runs;
    schedule_many(jobs, 1h, runs);
    check(jobs.poll(moves(0)).more, "nothing was filed");
    check(polls_until_done(jobs, 8) == many / 8, "8 a poll");
    check(jobs.next_wake()->time_since_epoch() > 0ms, "all were filed");
}

// Among them polls that run jobs, and so look at the time more than once.
void a_budget_is_the_whole_polls() {
    polled jobs;
    word runs;
    for (int i = 0; i < 8; ++i) {
        jobs.enqueue(counting(runs));
    }
    schedule_many(jobs, 1h, runs);
    check(polls_until_done(jobs, 8) == many / 8, "8 a poll");
    check(runs.load(relaxed) == 8, "what is ready runs");
}

std::uint32_t polls_after_a_jump(std::uint32_t budget) {
    polled jobs;
    word runs;
    schedule_many(jobs, 5s, runs);
    jobs.poll();
    check(jobs.lateness() == 0ms, "nothing is late");
    explore::elapse(6s);
    const std::uint32_t polls = 1 + (jobs.poll(moves(budget)).more ? 1 : 0);
    if (polls == 2) {
        check(runs.load(relaxed) == 0, "nothing has come down yet");
        check(jobs.lateness() >= 1s, "they should have run a second ago");
    }
    const std::uint32_t rest = polls == 2 ? polls_until_done(jobs, budget) : 0;
    check(runs.load(relaxed) == many, "they run");
    check(jobs.lateness() == 0ms, "nothing is late any more");
    return 1 + rest;
}

void a_budget_bounds_the_wheel() {
    const std::uint32_t total = polls_after_a_jump(1);
    check(total >= many, "they had been in a coarse slot");
    check(polls_after_a_jump(8) == (total + 7) / 8, "8 a poll");
}

// Four a poll, and a poll in each tick that next_wake() says, is enough for all of them.
void a_program_sleeps_from_wake_to_wake() {
    polled jobs;
    word runs;
    schedule_many(jobs, 5s, runs);
    jobs.poll();
    std::uint32_t polls = 0;
    while (runs.load(relaxed) == 0) {
        const auto wake = jobs.next_wake();
        check(wake && wake->time_since_epoch() > now(), "it sleeps");
        explore::elapse(wake->time_since_epoch() - now());
        check(!jobs.poll(moves(4)).more, "no poll has more to do than its budget");
        check(++polls < 200, "it sleeps");
    }
    check(now() == 5s && runs.load(relaxed) == many, "all run at their time");
    check(polls >= 2 * many / 4, "each was moved twice on the way");
}

void explore_all(const char* name, std::uint64_t schedules_min, void (*body)()) {
    explore::must_pass(name, {.schedules_min = schedules_min}, body);
}

// Every schedule with one preemption, and some at random.
void explore_some(const char* name, std::uint64_t schedules_min, void (*body)()) {
    explore::must_pass(name, {.preemptions_max = 1, .schedules_min = schedules_min}, body);
    explore::must_pass("  the same, at random", {.random_schedules = samples}, body);
}

}  // namespace

int main() {
    explore_all("a budget bounds the inbox", 1, a_budget_bounds_the_inbox);
    explore_all("a budget bounds the wheel", 1, a_budget_bounds_the_wheel);
    explore_all("a program sleeps from wake to wake", 1, a_program_sleeps_from_wake_to_wake);
    explore_all("a budget is the whole poll's", 1, a_budget_is_the_whole_polls);

    explore_all("cancel against the firing, from the wheel", 10,
                [] { cancel_against_firing(true, 1ms); });
    explore_all("cancel against the firing, from the inbox", 20,
                [] { cancel_against_firing(false, 1ms); });
    explore_all("cancel against the firing, from a coarse slot", 10,
                [] { cancel_against_firing(true, 3000ms); });
    explore_all("cancel against the run, from the wheel", 40, [] { cancel_against_run(true); });
    explore_all("cancel against the run, from the inbox", 100, [] { cancel_against_run(false); });
    explore_all("two cancellations against the firing", 6'000,
                two_cancellations_against_the_firing);
    explore_all("a submission against a look", 3, a_submission_against_a_look);

    explore_all("a cancelled job leaves the wheel", 1, a_cancelled_job_leaves_the_wheel);
    explore_some("a cancelled job leaves at once, 1 worker", 100,
                 a_cancelled_job_leaves_at_once<1>);
    explore_some("a cancelled job leaves at once, 2 workers", 2'500,
                 a_cancelled_job_leaves_at_once<2>);
    explore_some("far deadlines, 1 worker", 60, deadlines_beyond_the_lowest_level<1>);
    explore_some("far deadlines, 2 workers", 1'000, deadlines_beyond_the_lowest_level<2>);
    explore_some("the timekeeper gets the long job", 2'000, the_timekeeper_gets_the_long_job);
    explore_some("an enqueued job is long", 2'000, an_enqueued_job_is_long);
    explore_some("the worker of a resting job gets the long one", 1'400,
                 the_worker_of_a_resting_job_gets_the_long_one);
    explore_some("an earlier deadline than a job's, 1 worker", 70,
                 [] { an_earlier_deadline_is_kept<1>(9ms); });
    explore_some("an earlier deadline than a look's, 2 workers", 2'000,
                 [] { an_earlier_deadline_is_kept<2>(3600'000ms); });
    explore_some("an earlier deadline beside a long job", 2'000,
                 an_earlier_deadline_beside_a_long_job);
    explore_some("a submission against an edit, 1 worker", 2'500, a_submission_against_an_edit);
}
