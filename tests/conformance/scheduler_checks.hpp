// SPDX-License-Identifier: BSL-1.0
//
// What a scheduler without workers promises, checked on the platform that it will run on.
//
// Goal: each kind of job does what is said of it, on every core and every clock, with few limits
// and with all of them: at once, delayed, periodic, by the calendar, cancelled, after others, in
// batches, retried, in slices; submitted by interrupts between and within the main loop's steps.
// Method: small programs, each on a scheduler of its own. Where time is real, delays are short, and
// nothing is said of how late a job is: only that none is early, and in which order they come.
//
// Who may call: one thread, or the main loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/scheduler.hpp>
#include <pawl/time/tick_clock.hpp>

#include "conformance/beside.hpp"
#include "conformance/checks.hpp"
#include "conformance/queue_checks.hpp"

namespace conformance {

// As little as there can be.
inline constexpr pawl::limits lean_limits{.jobs = 8,
                                          .job_bytes = 3 * sizeof(void*),
                                          .job_align = alignof(void*),
                                          .edges = 0,
                                          .batches = 0,
                                          .recurring = 4,
                                          .workers = 0,
                                          .names = false,
                                          .retries = false};
// So many timers that they are in a wheel, and not in a list.
inline constexpr pawl::limits wide_limits{.jobs = 72,
                                          .job_bytes = 3 * sizeof(void*),
                                          .job_align = alignof(void*),
                                          .edges = 0,
                                          .batches = 0,
                                          .recurring = 4,
                                          .workers = 0,
                                          .names = false,
                                          .retries = false};
// What most programs have.
inline constexpr pawl::limits usual_limits{.jobs = 10,
                                           .job_bytes = 3 * sizeof(void*),
                                           .job_align = alignof(void*),
                                           .edges = 6,
                                           .batches = 2,
                                           .recurring = 4,
                                           .workers = 0};
// Everything there is.
inline constexpr pawl::limits rich_limits{.jobs = 10,
                                          .job_bytes = 3 * sizeof(void*),
                                          .job_align = alignof(void*),
                                          .edges = 6,
                                          .batches = 2,
                                          .recurring = 4,
                                          .workers = 0,
                                          .queues = {"critical", "default"},
                                          .bands = 2,
                                          .queue_control = true,
                                          .recurring_policies = true,
                                          .then_delay = true,
                                          .slices = true,
                                          .reschedule = true,
                                          .deadlines = true,
                                          .times = true,
                                          .owners = true,
                                          .progress = true,
                                          .failed = 3,
                                          .error_bytes = 16,
                                          .result_bytes = 8,
                                          .history = 4,
                                          .events = 8,
                                          .types = 4,
                                          .keys = 6,
                                          .limiters = {"bus"}};

template <pawl::limits L, class P, class Others>
class scheduler_checks {
    using scheduler = pawl::scheduler<L, P>;
    using clock = pawl::tick_clock<P>;
    using duration = typename P::duration;
    using time_point = typename P::time_point;

public:
    scheduler_checks(checks& check, Others& others) noexcept : check_{check}, other_{others} {}

    void run() noexcept {
        in_order();
        fills_up();
        handles();
        budgets();
        inside_itself();
        at_their_times();
        at_once();
        too_late();
        cancels();
        next_wake();
        waits();
        drains();
        many_at_once();
        outcomes();
        stops();
        periodic();
        full_of_periods();
        by_the_calendar();
        from_interrupts();
        at_any_moment();
        for (const std::uint32_t seed : {1U, 2U, 3U}) {
            walk(seed);
        }
        if constexpr (L.retries) {
            retries();
        }
        if constexpr (L.edges > 0) {
            continuations();
            too_many_continuations();
        }
        if constexpr (L.batches > 0) {
            batches();
        }
        if constexpr (L.queues.count > 1) {
            queues();
        }
        if constexpr (L.queue_control) {
            paused_queues();
        }
        if constexpr (L.slices) {
            slices();
        }
        if constexpr (L.reschedule) {
            other_times();
        }
        if constexpr (L.deadlines) {
            deadlines();
        }
        if constexpr (L.then_delay) {
            rests_after_parent();
        }
        if constexpr (L.recurring_policies) {
            by_hand();
        }
        if constexpr (L.keys > 0 && L.reschedule) {
            keys();
        }
        if constexpr (L.limiters.count > 0) {
            limiters();
        }
        if constexpr (L.failed > 0) {
            requeues();
        }
        if constexpr (L.result_bytes > 0) {
            results();
        }
        if constexpr (L.owners) {
            owners();
        }
    }

private:
    static constexpr bool is_manual = requires { P::is_manual; };

    // A short time: some ticks; short enough where it is real.
    static constexpr auto unit = [] {
        if constexpr (std::ratio_less_v<typename P::tick::period, std::milli>) {
            return std::chrono::microseconds{300};
        } else {
            return std::chrono::milliseconds{1};
        }
    }();
    // What takes longer does not happen. (A calendar that was set is noticed within a minute.)
    static constexpr auto patience = std::chrono::minutes{3};
    static constexpr auto an_hour = std::chrono::hours{1};

    // What a test's jobs leave behind.
    struct trace {
        std::uint32_t order = 0;  // each job a digit
        std::uint32_t count = 0;
        bool early = false;
        bool wrong = false;

        void note(std::uint32_t digit) noexcept {
            order = order * 10 + digit;
            ++count;
        }
    };

    // A callable that is counted as long as it lives.
    struct counted_job {
        trace* to;
        counted_item token;

        void operator()() noexcept {
            to->wrong = to->wrong || token.number() != to->count;
            ++to->count;
        }
    };

    // ---- Time -----------------------------------------------------------------------------------

    [[nodiscard]] static time_point now(scheduler& jobs) noexcept { return jobs.platform().now(); }
    template <class Rep, class Period>
    [[nodiscard]] static time_point after(time_point begin,
                                          std::chrono::duration<Rep, Period> step) noexcept {
        return clock::add(begin, std::chrono::ceil<duration>(step));
    }
    [[nodiscard]] static bool reached(scheduler& jobs, time_point due) noexcept {
        return clock::reached(due, now(jobs));
    }

    // Polls and sleeps until something is true, or can be no more.
    template <class Done>
    static bool run_until(scheduler& jobs, Done&& done) noexcept {
        const time_point end = after(now(jobs), patience);
        for (;;) {
            jobs.poll();
            if (done()) {
                return true;
            }
            if (reached(jobs, end)) {
                return false;
            }
            pass(jobs);
        }
    }
    static void pass(scheduler& jobs) noexcept {
        if constexpr (is_manual) {
            const time_point step = after(now(jobs), unit);
            const auto wake = jobs.next_wake();
            const bool soon = wake && clock::reached(*wake, step) && !reached(jobs, *wake);
            jobs.platform().elapse_until(soon ? *wake : step);
        } else {
            jobs.wait(patience);
        }
    }
    // The same for a time.
    template <class Rep, class Period>
    static void run_for(scheduler& jobs, std::chrono::duration<Rep, Period> time) noexcept {
        const time_point end = after(now(jobs), time);
        while (!reached(jobs, end)) {
            jobs.poll();
            if constexpr (is_manual) {
                pass(jobs);
            } else {
                jobs.wait(unit);
            }
        }
        jobs.poll();
    }
    // Time in which nobody polls.
    template <class Rep, class Period>
    static void stand_still(scheduler& jobs, std::chrono::duration<Rep, Period> time) noexcept {
        const time_point end = after(now(jobs), time);
        while (!reached(jobs, end)) {
            if constexpr (is_manual) {
                jobs.platform().elapse_until(end);
            } else if constexpr (pawl::interrupt_platform<P>) {
                jobs.platform().sleep_until(end, []() noexcept { return false; });
            }
        }
    }
    // Everything that is ready, however many polls it takes.
    static std::uint32_t poll_all(scheduler& jobs) noexcept {
        std::uint32_t ran = 0;
        for (pawl::poll_result now{.more = true}; now.more;) {
            now = jobs.poll();
            ran += now.ran;
        }
        return ran;
    }

    // ---- What all schedulers have ---------------------------------------------------------------

    PAWL_OUT_OF_LINE void in_order() noexcept {
        scheduler jobs;
        trace all;
        for (std::uint32_t i = 1; i <= 5; ++i) {
            jobs.enqueue([&all, i] { all.note(i); });
        }
        check_.equal(all.count, 0, "nothing runs before a poll");
        check_.equal(jobs.counts().enqueued, 5, "what waits is counted");
        const pawl::poll_result done = jobs.poll();
        check_.that(done.ran == 5 && !done.more && !done.busy, "a poll runs what is ready");
        check_.equal(all.order, 12345, "in the order of submission");
        check_.equal(jobs.poll().ran, 0, "then there is nothing left");
        const pawl::job_counts counts = jobs.counts();
        check_.that(counts.succeeded == 5 && counts.enqueued == 0 && counts.processing == 0,
                    "what has run is counted");
    }

    PAWL_OUT_OF_LINE void fills_up() noexcept {
        counted_item::alive = 0;
        scheduler jobs;
        bool accepted = true;
        bool refused = true;
        bool kept = true;
        bool all_ran = true;
        trace all;
        for (std::uint32_t round = 0; round < 3; ++round) {
            all.count = 0;
            for (std::uint32_t i = 0; i < L.jobs; ++i) {
                accepted = jobs.enqueue(counted_job{&all, counted_item{i}}) && accepted;
            }
            counted_job extra{&all, counted_item{77}};
            const pawl::job_id none = jobs.enqueue(std::move(extra));
            refused = !none && none.error() == pawl::submit_error::full && refused;
            kept = extra.token.number() == 77 && kept;
            all_ran = poll_all(jobs) == L.jobs && all.count == L.jobs && all_ran;
        }
        check_.that(accepted, "as many jobs as the limits say are accepted");
        check_.that(refused, "one more is refused: full");
        check_.that(kept, "what is refused is not moved from");
        check_.that(all_ran && !all.wrong, "all of them run, in order, and their slots come back");
        check_.equal(jobs.counts().refused, 3, "what is refused is counted");
        check_.equal(counted_item::alive, 0, "callables are destroyed when they have run");
    }

    PAWL_OUT_OF_LINE void handles() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            pawl::job_id id;
            bool right = false;
        } seen{&jobs, {}, false};
        const pawl::job_id first = jobs.enqueue([&seen](pawl::job_context& job) {
            seen.id = job.id();
            seen.right = seen.jobs->state(job.id()) == pawl::job_state::processing &&
                         job.attempt() == 1 && !job.stop_requested();
        });
        check_.that(first && first.error() == pawl::submit_error::none, "a handle");
        check_.equal(jobs.state(first), pawl::job_state::enqueued, "it waits in its queue");
        jobs.poll();
        check_.that(seen.right && seen.id == first, "a job knows itself, and that it runs");
        check_.equal(jobs.state(first), pawl::job_state::succeeded, "it has ended");
        check_.that(!jobs.cancel(first), "what has ended cannot be cancelled");
        check_.equal(jobs.state(pawl::job_id{}), pawl::job_state::gone, "no handle, no job");
        check_.that(!jobs.cancel(pawl::job_id{}), "and nothing to cancel");
        bool twice = false;
        for (std::uint32_t i = 0; i < L.jobs; ++i) {
            const pawl::job_id other = jobs.enqueue([] {});
            twice = other == first || twice;
            jobs.poll();
        }
        check_.that(!twice, "no two jobs have the same handle");
        check_.equal(jobs.state(first), pawl::job_state::gone, "its slot served another one");
        check_.that(!jobs.cancel(first), "an old handle cancels nothing");
    }

    PAWL_OUT_OF_LINE void budgets() noexcept {
        scheduler jobs;
        trace all;
        for (std::uint32_t i = 1; i <= 6; ++i) {
            jobs.enqueue([&all, i] { all.note(i); });
        }
        pawl::poll_result done = jobs.poll({.jobs = 0});
        check_.that(done.ran == 0 && done.more, "a budget of no job");
        done = jobs.poll({.jobs = 2});
        check_.that(done.ran == 2 && done.more && all.order == 12, "a budget of two jobs");
        done = jobs.poll({.jobs = 3});
        check_.that(done.ran == 3 && done.more && all.order == 12345, "of three more");
        done = jobs.poll(an_hour);
        check_.that(done.ran == 1 && !done.more && all.order == 123456, "a budget of time");
    }

    PAWL_OUT_OF_LINE void inside_itself() noexcept {
        scheduler jobs;
        struct {
            scheduler_checks* self;
            scheduler* jobs;
            pawl::poll_result inner;
            pawl::poll_result below;
            bool more = false;
        } seen{this, &jobs, {}, {}, false};
        jobs.enqueue([&seen] {
            seen.inner = seen.jobs->poll();
            if constexpr (beside<P, Others>::cuts_in) {
                seen.self->other_.run([&seen] { seen.below = seen.jobs->poll(); });
            }
            seen.jobs->enqueue([&seen] { seen.more = true; });
        });
        const pawl::poll_result outer = jobs.poll();
        check_.that(seen.inner.busy && seen.inner.ran == 0, "a poll within a job is busy");
        check_.that(!beside<P, Others>::cuts_in || (seen.below.busy && seen.below.ran == 0),
                    "a poll by an interrupt of a poll is busy");
        check_.that(outer.ran == 2 && !outer.busy && seen.more, "what a job submits runs");
    }

    // Order is only there among timers that were armed before the first was due.
    PAWL_OUT_OF_LINE void at_their_times() noexcept {
        trace all;
        bool in_time = false;
        for (std::uint32_t lead = 8; !in_time && lead < 8'000; lead *= 2) {
            scheduler jobs;
            all = {};
            const time_point begin = after(now(jobs), lead * unit);
            struct {
                scheduler* jobs;
                trace* all;
            } world{&jobs, &all};
            const auto at = [&](std::uint32_t units, std::uint32_t digit) {
                const time_point due = after(begin, units * unit);
                return jobs.schedule(due, [&world, due, digit] {
                    world.all->early = world.all->early || !reached(*world.jobs, due);
                    world.all->note(digit);
                });
            };
            const pawl::job_id fourth = at(4, 4);
            at(2, 2);
            at(3, 3);
            at(1, 1);
            at(2, 5);
            at(2, 6);
            in_time = jobs.poll().ran == 0 && !reached(jobs, begin);
            const bool waits = jobs.state(fourth) == pawl::job_state::scheduled;
            const bool came = run_until(jobs, [&] { return all.count == 6; });
            all.wrong = !waits || !came;
        }
        check_.that(in_time, "there was time to arm them");
        check_.that(!all.wrong, "delayed jobs wait, and come");
        check_.that(!all.early, "no job is early");
        check_.equal(all.order, 125634, "in the order of their times, and of submission");
    }

    PAWL_OUT_OF_LINE void at_once() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, {}};
        jobs.schedule(std::chrono::seconds{0}, [&world] { world.all.note(1); });
        jobs.schedule(std::chrono::seconds{-5}, [&world] { world.all.note(2); });
        jobs.schedule(after(now(jobs), -unit), [&world] { world.all.note(3); });
        check_.that(run_until(jobs, [&] { return world.all.count == 3; }),
                    "no delay, or less, is at once");
        // A delay counts from now, whatever the clock has rounded away.
        constexpr auto delay = 2 * unit + std::chrono::nanoseconds{1};
        world.due = after(now(jobs), delay) + P::now_error;
        jobs.schedule(delay, [&world] { world.all.early = !reached(*world.jobs, world.due); });
        check_.that(run_until(jobs, [&] { return jobs.counts().succeeded == 4; }), "a delay");
        check_.that(!world.all.early, "a delay is never shorter than said");
    }

    PAWL_OUT_OF_LINE void too_late() noexcept {
        scheduler jobs;
        const pawl::job_id never = jobs.schedule(std::chrono::hours{24 * 365 * 250}, [] {});
        check_.that(!never && never.error() == pawl::submit_error::too_late,
                    "a delay that cannot be counted is refused");
        check_.that(static_cast<bool>(jobs.schedule(clock::delay_max - P::now_error, [] {})),
                    "the longest one is accepted");
        check_.that(!jobs.schedule(clock::delay_max + typename P::tick{1}, [] {}),
                    "and a tick more is not");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void cancels() noexcept {
        counted_item::alive = 0;
        scheduler jobs;
        trace all;
        const pawl::job_id ready = jobs.enqueue(counted_job{&all, counted_item{0}});
        const pawl::job_id later = jobs.schedule(unit, counted_job{&all, counted_item{0}});
        const pawl::job_id far = jobs.schedule(an_hour, counted_job{&all, counted_item{0}});
        check_.that(jobs.cancel(ready) && !jobs.cancel(ready), "a job that waits, once");
        check_.that(jobs.cancel(later) && jobs.cancel(far), "jobs that wait for their time");
        check_.equal(jobs.state(far), pawl::job_state::deleted, "they are deleted");
        run_for(jobs, 3 * unit);
        check_.equal(all.count, 0, "what was cancelled does not run");
        check_.equal(counted_item::alive, 0, "its callable is destroyed");
        check_.that(!jobs.next_wake(), "and nothing is waited for");
        check_.equal(jobs.counts().deleted, 3, "it is counted");

        // While it runs: it is deleted, and told.
        struct {
            scheduler* jobs;
            bool won = false;
            bool told = false;
        } world{&jobs, false, false};
        const pawl::job_id self = jobs.enqueue([&world](pawl::job_context& job) {
            world.won = world.jobs->cancel(job.id());
            world.told = job.stop_requested() && job.stop_reason() == pawl::stop_reason::cancelled;
        });
        jobs.poll();
        check_.that(world.won && world.told, "a job that runs is told");
        check_.equal(jobs.state(self), pawl::job_state::deleted, "and is deleted");
        // All slots are there.
        bool accepted = true;
        for (std::uint32_t i = 0; i < L.jobs; ++i) {
            accepted = jobs.enqueue([] {}) && accepted;
        }
        check_.that(accepted && poll_all(jobs) == L.jobs, "every slot has come back");
    }

    PAWL_OUT_OF_LINE void next_wake() noexcept {
        scheduler jobs;
        check_.that(!jobs.next_wake(), "nothing to wake for");
        const time_point begin = now(jobs);
        const pawl::job_id far = jobs.schedule(an_hour, [] {});
        const auto wake = jobs.next_wake();
        check_.that(wake && clock::reached(begin, *wake), "a wake in the future");
        jobs.poll();
        const auto armed = jobs.next_wake();
        check_.that(armed && clock::reached(*armed, after(now(jobs), an_hour + 2 * unit)),
                    "not after the job is due");
        jobs.enqueue([] {});
        const auto ready = jobs.next_wake();
        check_.that(ready && reached(jobs, *ready), "a job that is ready: now");
        jobs.poll();
        jobs.cancel(far);
        jobs.poll();
        check_.that(!jobs.next_wake(), "nothing any more");
        check_.that(jobs.lateness() == duration::zero(), "and nothing is late");
    }

    PAWL_OUT_OF_LINE void waits() noexcept {
        scheduler jobs;
        trace all;
        const time_point end = after(now(jobs), patience);
        jobs.enqueue([&all] { all.note(1); });
        jobs.wait(patience);
        check_.that(!reached(jobs, end), "wait() does not sleep while a job is ready");
        jobs.poll();
        jobs.schedule(2 * unit, [&all] { all.note(2); });
        check_.that(run_until(jobs, [&] { return all.count == 2; }), "wait() ends for a deadline");
        check_.that(!reached(jobs, end), "and not long after it");
        jobs.wait(unit);  // nothing to wait for but this
        check_.equal(all.order, 12, "both have run");
    }

    PAWL_OUT_OF_LINE void drains() noexcept {
        scheduler jobs;
        trace all;
        for (std::uint32_t i = 1; i <= 3; ++i) {
            jobs.schedule(i * unit, [&all, i] { all.note(i); });
        }
        jobs.enqueue([&all] { all.note(4); });
        const pawl::drain_result done = jobs.drain();
        check_.that(done.runs == 4 && done.succeeded == 4 && done.complete, "drain() runs all");
        check_.equal(all.count, 4, "each once");
        jobs.schedule(an_hour, [] {});
        const pawl::drain_result not_yet = jobs.drain({.scheduled = false});
        check_.that(not_yet.runs == 0 && not_yet.complete, "or only what is ready");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void many_at_once() noexcept {
        scheduler jobs;
        trace all;
        pawl::job_id ids[4];
        const auto make = [&all](std::uint32_t i) { return [&all, i] { all.note(i + 1); }; };
        const pawl::bulk_result made = jobs.enqueue_n(4, make, {}, ids);
        check_.that(made && made.count == 4 && ids[3], "several together");
        check_.that(!jobs.enqueue_n(L.jobs - 3, make), "all of them, or none");
        check_.that(jobs.cancel(ids[1]), "each has its handle");
        poll_all(jobs);
        check_.equal(all.order, 134, "in order");
    }

    PAWL_OUT_OF_LINE void outcomes() noexcept {
        scheduler jobs;
        const pawl::job_id failed = jobs.enqueue([] { return pawl::outcome::fail(7); });
        const pawl::job_id discarded = jobs.enqueue([] { return pawl::outcome::discard(); });
        const pawl::job_id succeeded = jobs.enqueue([] { return pawl::outcome::success(); });
        jobs.poll();
        check_.equal(jobs.state(failed), pawl::job_state::failed, "a job may fail");
        check_.equal(jobs.state(discarded), pawl::job_state::deleted, "or not be needed");
        check_.equal(jobs.state(succeeded), pawl::job_state::succeeded, "or succeed");
        if constexpr (!L.retries) {
            const pawl::job_id again = jobs.enqueue([] { return pawl::outcome::retry(); });
            jobs.poll();
            check_.equal(jobs.state(again), pawl::job_state::failed,
                         "without retries the first failure is the last");
        }
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, {}};
        const pawl::job_id snoozes = jobs.enqueue([&world](pawl::job_context& job) {
            if (world.all.count != 0) {
                world.all.early = world.all.early || !reached(*world.jobs, world.due);
            }
            world.all.wrong = world.all.wrong || job.attempt() != 1;
            world.due = after(now(*world.jobs), 2 * unit);
            return ++world.all.count < 4 ? pawl::outcome::snooze(2 * unit)
                                         : pawl::outcome::success();
        });
        check_.that(run_until(jobs, [&] { return world.all.count == 4; }), "a job may sleep");
        check_.that(!world.all.early, "not less than it said");
        check_.that(!world.all.wrong, "which is no attempt");
        check_.equal(jobs.state(snoozes), pawl::job_state::succeeded, "in the end it succeeds");
    }

    PAWL_OUT_OF_LINE void stops() noexcept {
        counted_item::alive = 0;
        trace all;
        {
            scheduler jobs;
            jobs.enqueue(counted_job{&all, counted_item{0}});
            jobs.enqueue(counted_job{&all, counted_item{1}});
            const pawl::job_id far = jobs.schedule(an_hour, counted_job{&all, counted_item{9}});
            jobs.every(an_hour, counted_job{&all, counted_item{9}});
            const pawl::stop_report report = jobs.stop(pawl::drain);
            check_.equal(report.status, pawl::stop_status::stopped, "stop");
            check_.that(report.finished == 2 && all.count == 2 && !all.wrong,
                        "what is ready runs before a stop that drains");
            check_.equal(report.cancelled, 1, "what waits for its time is cancelled");
            check_.equal(jobs.state(far), pawl::job_state::deleted, "and deleted");
            const pawl::job_id late = jobs.enqueue([] {});
            check_.that(!late && late.error() == pawl::submit_error::stopped,
                        "nothing is accepted any more");
            check_.equal(counted_item::alive, 0, "all callables are destroyed");
        }
        {
            scheduler jobs;
            all.count = 0;
            jobs.enqueue(counted_job{&all, counted_item{0}});
            const pawl::stop_report report = jobs.stop(pawl::finish);
            check_.that(report.cancelled == 1 && all.count == 0, "a stop that starts nothing");
            check_.equal(counted_item::alive, 0, "its callable is destroyed");
        }
    }

    // ---- Again and again ------------------------------------------------------------------------

    PAWL_OUT_OF_LINE void periodic() noexcept {
        counted_item::alive = 0;
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point begin;
        } world{&jobs, {}, now(jobs)};
        const pawl::recurring_id id = jobs.every(2 * unit, [&world] {
            ++world.all.count;
            const time_point due = after(world.begin, 2 * world.all.count * unit);
            world.all.early = world.all.early || !reached(*world.jobs, due);
        });
        check_.that(static_cast<bool>(id), "a period");
        check_.that(run_until(jobs, [&] { return world.all.count >= 5; }), "comes again and again");
        check_.that(!world.all.early, "never before so many periods have passed");
        if constexpr (is_manual) {
            const std::uint32_t before = world.all.count;
            jobs.advance(20 * unit);
            check_.equal(world.all.count - before, 10, "without drift");
        }
        check_.that(jobs.remove(id) && !jobs.remove(id), "until it is removed, once");
        poll_all(jobs);  // an occurrence that waited still ends
        const std::uint32_t before = world.all.count;
        run_for(jobs, 5 * unit);
        check_.equal(world.all.count, before, "then it comes no more");
        check_.that(!jobs.next_wake(), "and nothing is waited for");

        // Slower than its period: what passed unseen is one run.
        trace late;
        jobs.every(unit, [&late] { ++late.count; });
        stand_still(jobs, 10 * unit);
        check_.equal(jobs.poll({.jobs = 1}).ran, 1, "periods that passed unseen are one run");
        check_.that(jobs.counts().coalesced >= 5, "and counted");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void full_of_periods() noexcept {
        scheduler jobs;
        check_.equal(jobs.every(std::chrono::seconds{0}, [] {}).error(),
                     pawl::submit_error::bad_period, "no period");
        check_.equal(jobs.every(std::chrono::hours{24 * 365 * 250}, [] {}).error(),
                     pawl::submit_error::too_late, "a period that cannot be counted");
        pawl::recurring_id ids[L.recurring];
        bool accepted = true;
        for (pawl::recurring_id& each : ids) {
            each = jobs.every(an_hour, [] {});
            accepted = each && accepted;
        }
        check_.that(accepted, "as many entries as the limits say");
        check_.equal(jobs.every(an_hour, [] {}).error(), pawl::submit_error::recurring_full,
                     "one more is refused");
        check_.that(jobs.remove(ids[1]), "one is removed");
        check_.that(static_cast<bool>(jobs.every(an_hour, [] {})), "and another one fits");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void by_the_calendar() noexcept {
        if constexpr (requires(P & machine) { machine.set_wall(std::chrono::sys_seconds{}); }) {
            using namespace pawl::literals;
            using std::chrono::sys_days;
            using std::chrono::year;
            scheduler jobs;
            struct {
                scheduler* jobs;
                std::uint32_t years = 0;
                std::uint32_t seconds = 0;
                bool early = false;
            } world{&jobs, 0, 0, false};
            jobs.platform().set_wall(std::chrono::sys_seconds{sys_days{year{2026} / 12 / 31}} +
                                     std::chrono::hours{24} - std::chrono::seconds{3});
            check_.that(static_cast<bool>(jobs.recurring("new year", "0 0 0 1 1 *"_cron,
                                                         [&world] {
                                                             ++world.years;
                                                             world.early =
                                                                 world.jobs->platform().wall_now() <
                                                                 sys_days{year{2027} / 1 / 1};
                                                         })),
                        "a cron expression");
            check_.that(static_cast<bool>(
                            jobs.recurring("second", "* * * * * *", [&world] { ++world.seconds; })),
                        "one that is read at run time");
            check_.equal(jobs.recurring("wrong", "* * * *", [] {}).error(),
                         pawl::submit_error::bad_expression, "a wrong one is refused");
            check_.that(run_until(jobs, [&] { return world.years == 1; }), "a new year comes");
            check_.that(!world.early, "and is not early");
            check_.that(world.seconds >= 2 && world.seconds <= 4, "as do seconds");

            // An administrator sets the clock: back by a day, which is a new year once more.
            jobs.platform().set_wall(std::chrono::sys_seconds{sys_days{year{2027} / 12 / 31}} +
                                     std::chrono::hours{24} - std::chrono::seconds{2});
            check_.that(run_until(jobs, [&] { return world.years == 2; }),
                        "a clock that is set is followed");
            jobs.stop(pawl::finish);
        }
    }

    // ---- Interrupts, or others ------------------------------------------------------------------

    PAWL_OUT_OF_LINE void from_interrupts() noexcept {
        scheduler jobs;
        struct {
            scheduler_checks* self;
            scheduler* jobs;
            trace all;
            time_point due;
            pawl::job_id id;
        } world{this, &jobs, {}, {}, {}};
        for (std::uint32_t i = 1; i <= 3; ++i) {
            other_.run([&] { jobs.enqueue([&world, i] { world.all.note(i); }); });
        }
        jobs.enqueue([&world] { world.all.note(4); });
        check_.equal(jobs.poll().ran, 4, "what interrupts submit runs");
        check_.equal(world.all.order, 1234, "in order");

        other_.run([&] {
            world.due = after(now(jobs), 2 * unit);
            world.id = jobs.schedule(2 * unit, [&world] {
                world.all.early = !reached(*world.jobs, world.due);
                world.all.note(5);
            });
        });
        check_.equal(jobs.state(world.id), pawl::job_state::scheduled, "a delayed job, too");
        check_.that(run_until(jobs, [&] { return world.all.count == 5; }), "it comes");
        check_.that(!world.all.early, "and is not early");

        bool cancelled = false;
        const pawl::job_id ready = jobs.enqueue([&world] { world.all.note(9); });
        const pawl::job_id later = jobs.schedule(unit, [&world] { world.all.note(9); });
        other_.run([&] { cancelled = jobs.cancel(ready) && jobs.cancel(later); });
        check_.that(cancelled, "an interrupt cancels");
        run_for(jobs, 3 * unit);
        check_.equal(world.all.order, 12345, "what it has cancelled does not run");

        // While a job runs.
        jobs.enqueue([&world] {
            world.self->other_.run(
                [&world] { world.jobs->enqueue([&world] { world.all.note(6); }); });
        });
        poll_all(jobs);
        check_.equal(world.all.order, 123456, "an interrupt of a job submits");

        bool refused = false;
        std::uint32_t accepted = 0;
        other_.run([&] {
            while (jobs.enqueue([&world] { ++world.all.count; })) {
                ++accepted;
            }
            refused = jobs.enqueue([] {}).error() == pawl::submit_error::full;
        });
        check_.that(refused && accepted == L.jobs, "an interrupt fills it, and is refused");
        check_.equal(poll_all(jobs), L.jobs, "all of it runs");

        // A wait that an interrupt ends, or that does not begin.
        const time_point end = after(now(jobs), patience);
        for (std::uint32_t i = 0; i < 8; ++i) {
            world.all.count = 0;
            other_.run([&] { jobs.enqueue([&world] { ++world.all.count; }); });
            jobs.wait(patience);
            jobs.poll();
            world.all.wrong = world.all.wrong || world.all.count != 1;
        }
        check_.that(!world.all.wrong && !reached(jobs, end),
                    "no submission of an interrupt is slept through");
    }

    PAWL_OUT_OF_LINE void at_any_moment() noexcept {
        if constexpr (beside<P, Others>::calls_on) {
            scheduler jobs;
            struct {
                scheduler* jobs;
                typename P::word accepted;
                typename P::word wrong;
                std::uint32_t ran = 0;
                bool in_order = true;
            } world{&jobs, {}, {}, 0, true};
            bool came = false;
            other_.again_and_again(
                [&world] {
                    using std::memory_order_relaxed;
                    const std::uint32_t next = world.accepted.load(memory_order_relaxed);
                    // Counted before it may run.
                    world.accepted.store(next + 1, memory_order_relaxed);
                    const pawl::job_id id = world.jobs->enqueue([&world, next] {
                        world.in_order = world.in_order && world.ran == next;
                        ++world.ran;
                    });
                    if (!id) {
                        world.accepted.store(next, memory_order_relaxed);
                        if (id.error() != pawl::submit_error::full) {
                            world.wrong.store(1, memory_order_relaxed);
                        }
                    }
                    // What is taken back is never missed.
                    const pawl::job_id later =
                        world.jobs->schedule(an_hour, [&world] { world.in_order = false; });
                    if (later && !world.jobs->cancel(later)) {
                        world.wrong.store(2, memory_order_relaxed);
                    }
                },
                [&] { came = run_until(jobs, [&] { return world.ran >= 64; }); });
            poll_all(jobs);
            check_.that(came, "what interrupts submit at any moment runs");
            check_.equal(world.wrong.load(std::memory_order_acquire), 0,
                         "they are refused only if it is full, and can cancel");
            check_.that(world.in_order, "it runs in order");
            check_.equal(world.ran, world.accepted.load(std::memory_order_acquire),
                         "each job once, and none is lost");
            const pawl::job_counts counts = jobs.counts();
            check_.that(counts.enqueued == 0 && counts.scheduled == 0 && counts.processing == 0,
                        "nothing is left");
        }
    }

    // A seeded program: each job that was accepted runs once, or was cancelled.
    PAWL_OUT_OF_LINE void walk(std::uint32_t seed) noexcept {
        constexpr std::uint32_t jobs_max = 120;
        scheduler jobs;
        struct {
            scheduler* jobs;
            std::uint8_t runs[jobs_max] = {};
            bool early = false;
        } world{&jobs, {}, false};
        pawl::job_id ids[jobs_max];
        bool cancelled[jobs_max] = {};
        seeded random{seed};
        std::uint32_t made = 0;
        std::uint32_t refused = 0;
        std::uint32_t wrong = 0;
        while (made < jobs_max && refused < 10 * jobs_max) {
            const auto act = [&] {
                const std::uint32_t what = random.below(8);
                pawl::job_id& next = ids[made];
                if (what < 3) {
                    next = jobs.enqueue([&world, n = made] { ++world.runs[n]; });
                } else if (what < 6) {
                    const auto delay = random.below(6) * unit;
                    const time_point due = after(now(jobs), delay);
                    next = jobs.schedule(delay, [&world, due, n = made] {
                        ++world.runs[n];
                        world.early = world.early || !reached(*world.jobs, due);
                    });
                } else {
                    const std::uint32_t some = made == 0 ? 0 : random.below(made);
                    const bool won = jobs.cancel(ids[some]);
                    wrong += won && (cancelled[some] || world.runs[some] != 0) ? 1U : 0U;
                    cancelled[some] = cancelled[some] || won;
                    return;
                }
                made += next ? 1U : 0U;
                refused += next ? 0U : 1U;
                wrong += next || next.error() == pawl::submit_error::full ? 0U : 1U;
            };
            random.below(4) == 0 ? other_.run(act) : act();
            if (random.below(3) == 0 || refused % 4 == 3) {
                jobs.poll({.jobs = 1 + random.below(3)});
            }
            if (random.below(8) == 0 || refused % 4 == 3) {
                run_for(jobs, unit);
            }
        }
        // Until nothing is waited for.
        check_.that(run_until(jobs,
                              [&] {
                                  const pawl::job_counts counts = jobs.counts();
                                  return counts.enqueued == 0 && counts.scheduled == 0;
                              }),
                    "a walk comes to its end");
        for (std::uint32_t i = 0; i < made; ++i) {
            wrong += world.runs[i] == (cancelled[i] ? 0 : 1) ? 0U : 1U;
        }
        check_.equal(made, jobs_max, "many jobs are accepted");
        check_.equal(wrong, 0, "each job runs once, or was cancelled");
        check_.that(!world.early, "and none is early");
        bool accepted = true;
        for (std::uint32_t i = 0; i < L.jobs; ++i) {
            accepted = jobs.enqueue([] {}) && accepted;
        }
        check_.that(accepted && !jobs.enqueue([] {}), "every slot has come back, and no other one");
        check_.equal(poll_all(jobs), L.jobs, "and serves");
    }

    // ---- What only some have --------------------------------------------------------------------

    PAWL_OUT_OF_LINE void retries() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, {}};
        const auto attempt = [&world](pawl::job_context& job) {
            world.all.note(job.attempt());
            world.all.early =
                world.all.early || (job.attempt() != 1 && !reached(*world.jobs, world.due));
            world.due = after(now(*world.jobs), 2 * unit);
            return world.all.count == 7 ? pawl::outcome::success() : pawl::outcome::retry(5);
        };
        const auto policy = pawl::fixed_backoff(2 * unit).max_retries(3);
        const pawl::job_id fails = jobs.enqueue(attempt, {.retry = policy});
        check_.that(run_until(jobs, [&] { return pawl::is_final(jobs.state(fails)); }), "it ends");
        check_.equal(world.all.order, 1234, "an attempt and three retries");
        check_.equal(jobs.state(fails), pawl::job_state::failed, "the last failure is final");
        check_.equal(jobs.counts().retried, 3, "retries are counted");
        const pawl::job_id works = jobs.enqueue(attempt, {.retry = policy});
        check_.that(run_until(jobs, [&] { return pawl::is_final(jobs.state(works)); }), "it ends");
        check_.equal(world.all.order, 1234123, "an attempt and two retries");
        check_.equal(jobs.state(works), pawl::job_state::succeeded, "the last one succeeds");
        check_.that(!world.all.early, "no retry is early");
        const pawl::job_id once =
            jobs.enqueue([] { return pawl::outcome::retry(); }, {.retry = pawl::no_retry()});
        jobs.poll();
        check_.equal(jobs.state(once), pawl::job_state::failed, "no retry");
    }

    PAWL_OUT_OF_LINE void continuations() noexcept {
        scheduler jobs;
        trace all;
        const auto note = [&all](std::uint32_t digit) {
            return [&all, digit] { all.note(digit); };
        };
        // A chain, then one of two parents.
        const pawl::job_id first = jobs.schedule(2 * unit, note(1));
        const pawl::job_id second = jobs.then(first, note(2));
        const pawl::job_id third = jobs.then(second, note(3));
        const pawl::job_id both = jobs.then({first, third}, note(4));
        check_.equal(jobs.state(both), pawl::job_state::awaiting, "a continuation waits");
        check_.that(run_until(jobs, [&] { return all.count == 4; }), "and comes");
        check_.equal(all.order, 1234, "after its parents");
        // Of one that has ended already.
        jobs.then(both, note(5));
        poll_all(jobs);
        check_.equal(all.order, 12345, "at once, if the parent has ended");

        // How the parent ends decides.
        all = {};
        const pawl::job_id fails = jobs.enqueue([] { return pawl::outcome::fail(); });
        const pawl::job_id not_met = jobs.then(fails, note(1));
        const pawl::job_id behind = jobs.then(not_met, note(2));
        jobs.then(fails, note(3), {.when = pawl::when::failure});
        jobs.then(fails, note(4), {.when = pawl::when::any});
        poll_all(jobs);
        check_.equal(all.order, 34, "those whose condition is met");
        check_.equal(jobs.state(not_met), pawl::job_state::deleted, "the others are deleted");
        check_.equal(jobs.state(behind), pawl::job_state::deleted, "and what waits for those");

        // A parent that is cancelled; one that is gone.
        all = {};
        const pawl::job_id parent = jobs.schedule(an_hour, note(1));
        const pawl::job_id child = jobs.then(parent, note(2));
        check_.that(jobs.cancel(parent), "a parent is cancelled");
        poll_all(jobs);
        check_.equal(jobs.state(child), pawl::job_state::deleted, "its continuation is deleted");
        check_.equal(all.count, 0, "nothing runs");
        for (std::uint32_t i = 0; i <= L.jobs; ++i) {
            jobs.enqueue([] {});
            jobs.poll();
        }
        check_.equal(jobs.then(parent, note(1)).error(), pawl::submit_error::gone,
                     "of a parent that is gone");
        // By an interrupt, while the parent runs.
        all = {};
        struct {
            scheduler_checks* self;
            scheduler* jobs;
            trace* all;
        } world{this, &jobs, &all};
        jobs.enqueue([&world](pawl::job_context& job) {
            world.self->other_.run([&world, id = job.id()] {
                world.jobs->then(id, [&world] { world.all->note(2); });
            });
            world.all->note(1);
        });
        poll_all(jobs);
        check_.equal(all.order, 12, "an interrupt adds a continuation");
    }

    PAWL_OUT_OF_LINE void too_many_continuations() noexcept {
        scheduler jobs;
        const pawl::job_id parent = jobs.schedule(an_hour, [] {});
        bool accepted = true;
        for (std::uint32_t i = 0; i < L.edges; ++i) {
            accepted = jobs.then(parent, [] {}) && accepted;
        }
        check_.that(accepted, "as many continuations as the limits say");
        check_.equal(jobs.then(parent, [] {}).error(), pawl::submit_error::out_of_edges,
                     "one more is refused");
        check_.that(jobs.cancel(parent), "their parent is cancelled");
        poll_all(jobs);
        check_.equal(jobs.counts().deleted, L.edges + 1, "and with it all of them");
        bool again = true;
        for (std::uint32_t i = 0; i < L.jobs; ++i) {
            again = jobs.enqueue([] {}) && again;
        }
        check_.that(again && poll_all(jobs) == L.jobs, "every slot has come back");
    }

    PAWL_OUT_OF_LINE void batches() noexcept {
        scheduler jobs;
        trace all;
        {
            auto members = jobs.batch();
            check_.that(static_cast<bool>(members), "a batch");
            for (std::uint32_t i = 1; i <= 3; ++i) {
                members.enqueue([&all, i] { all.note(i); });
            }
            const pawl::job_id id = members.id();
            members.enqueue([&all] { all.note(4); });
            members.seal();
            jobs.then(id, [&all] { all.note(5); });
            check_.equal(members.enqueue([] {}).error(), pawl::submit_error::sealed,
                         "a batch that is sealed takes no member");
            jobs.poll({.jobs = 3});
            check_.equal(jobs.state(id), pawl::job_state::awaiting, "it ends with its last member");
            poll_all(jobs);
            check_.equal(all.order, 12345, "and what waits for it comes last");
            check_.equal(jobs.state(id), pawl::job_state::succeeded, "it has succeeded");
        }
        {
            all = {};
            auto members = jobs.batch();
            members.enqueue([] { return pawl::outcome::fail(); });
            members.enqueue([&all] { all.note(1); });
            const pawl::job_id id = members.seal();
            const pawl::job_id not_met = jobs.then(id, [&all] { all.note(2); });
            jobs.then(id, [&all] { all.note(3); }, {.when = pawl::when::any});
            poll_all(jobs);
            check_.equal(jobs.state(id), pawl::job_state::failed, "one that fails fails its batch");
            check_.equal(jobs.state(not_met), pawl::job_state::deleted, "which is not success");
            check_.equal(all.order, 13, "but an end");
        }
        {
            all = {};
            auto delayed = jobs.batch();
            delayed.schedule(2 * unit, [&all] { all.note(6); });
            jobs.then(delayed.seal(), [&all] { all.note(7); });
            check_.that(run_until(jobs, [&] { return all.count == 2; }), "a member may be delayed");
            check_.equal(all.order, 67, "and what waits for its batch comes after it");
        }
        {
            all = {};
            auto members = jobs.batch();
            members.enqueue([&all] { all.note(1); });
            members.schedule(unit, [&all] { all.note(2); });
            check_.that(jobs.cancel(members.seal()), "a batch is cancelled");
            run_for(jobs, 3 * unit);
            check_.equal(all.count, 0, "and its members with it");
        }
        auto one = jobs.batch();
        auto two = jobs.batch();
        auto three = jobs.batch();
        check_.that(one && two && !three, "as many batches as the limits say");
        check_.equal(three.error(), pawl::submit_error::out_of_batches, "one more is refused");
        const pawl::job_id empty = one.seal();
        check_.equal(jobs.state(empty), pawl::job_state::succeeded, "an empty one succeeds");
        two.seal();
    }

    PAWL_OUT_OF_LINE void queues() noexcept {
        scheduler jobs;
        trace all;
        jobs.enqueue([&all] { all.note(3); });
        jobs.enqueue([&all] { all.note(2); }, {.priority = 1});
        jobs.enqueue([&all] { all.note(1); }, {.queue = "critical"});
        jobs.enqueue([&all] { all.note(4); }, {.queue = "default"});
        const pawl::job_id raised = jobs.enqueue([&all] { all.note(5); });
        check_.that(jobs.raise(raised, 1), "a job that waits is raised");
        poll_all(jobs);
        check_.equal(all.order, 12534, "queues in their order, and the urgent first");
        check_.equal(jobs.enqueue([] {}, {.queue = "nowhere"}).error(),
                     pawl::submit_error::unknown_queue, "there is no such queue");
    }

    PAWL_OUT_OF_LINE void paused_queues() noexcept {
        scheduler jobs;
        trace all;
        check_.that(jobs.pause("default") && jobs.is_paused("default"), "a queue is paused");
        jobs.enqueue([&all] { all.note(2); });
        jobs.enqueue([&all] { all.note(1); }, {.queue = "critical"});
        poll_all(jobs);
        check_.equal(all.order, 1, "what waits in it does not start");
        check_.that(jobs.resume("default") && !jobs.is_paused("default"), "until it goes on");
        poll_all(jobs);
        check_.equal(all.order, 12, "then it does");
    }

    PAWL_OUT_OF_LINE void slices() noexcept {
        scheduler jobs;
        trace all;
        jobs.enqueue([&all](pawl::job_context& job) {
            all.note(1 + job.cursor());
            all.wrong = all.wrong || job.attempt() != 1;
            return job.cursor() == 3 ? pawl::outcome::success()
                                     : pawl::outcome::yield(job.cursor() + 1);
        });
        jobs.enqueue([&all] { all.note(9); });
        poll_all(jobs);
        check_.equal(all.order, 19234, "a job in slices lets others through");
        check_.that(!all.wrong, "a slice is no attempt");
    }

    PAWL_OUT_OF_LINE void other_times() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, {}};
        const pawl::job_id far = jobs.schedule(an_hour, [&world] { world.all.note(1); });
        check_.that(jobs.run_now(far), "a job that waits for its time is due now");
        check_.that(run_until(jobs, [&] { return world.all.count == 1; }), "and comes");
        check_.that(!jobs.run_now(far), "once");
        const pawl::job_id moved = jobs.schedule(an_hour, [&world] {
            world.all.early = !reached(*world.jobs, world.due);
            world.all.note(2);
        });
        jobs.poll();
        world.due = after(now(jobs), 3 * unit);
        check_.that(jobs.reschedule(moved, 3 * unit), "it is due at another time");
        check_.that(run_until(jobs, [&] { return world.all.count == 2; }), "and comes");
        check_.that(!world.all.early, "not before that");
        // In time, which where time is real may take more than one try.
        bool put_off = false;
        bool came = true;
        for (std::uint32_t lead = 4; !put_off && lead < 8'000; lead *= 2) {
            came = false;
            const pawl::job_id later = jobs.schedule(lead * unit, [&came] { came = true; });
            put_off = jobs.reschedule(later, an_hour);
            run_for(jobs, (lead + 2) * unit);
        }
        check_.that(put_off, "it is put off");
        check_.that(!came, "and does not come");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void deadlines() noexcept {
        scheduler jobs;
        trace all;
        const pawl::job_id skipped =
            jobs.enqueue([&all] { all.note(1); }, {.deadline = unit, .late = pawl::late::skip});
        jobs.enqueue([&all] { all.note(2); }, {.deadline = unit, .late = pawl::late::run});
        jobs.enqueue([&all] { all.note(3); }, {.deadline = an_hour});
        stand_still(jobs, 4 * unit);
        poll_all(jobs);
        check_.equal(all.order, 23, "a job whose deadline has passed is left out, or late");
        check_.equal(jobs.state(skipped), pawl::job_state::deleted, "as it was said");
        check_.equal(jobs.snapshot().expired, 1, "and counted");
    }

    PAWL_OUT_OF_LINE void rests_after_parent() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, {}};
        const pawl::job_id parent =
            jobs.enqueue([&world] { world.due = after(now(*world.jobs), 2 * unit); });
        jobs.then(parent,
                  [&world] {
                      world.all.early = !reached(*world.jobs, world.due);
                      world.all.note(1);
                  },
                  {.delay = 2 * unit});
        check_.that(run_until(jobs, [&] { return world.all.count == 1; }), "it comes");
        check_.that(!world.all.early, "so long after its parent");
    }

    PAWL_OUT_OF_LINE void by_hand() noexcept {
        scheduler jobs;
        trace all;
        const pawl::recurring_id id = jobs.every(
            an_hour, [&all](pawl::job_context& job) { all.note(job.triggered_by_hand() ? 1 : 2); });
        check_.that(static_cast<bool>(jobs.trigger(id)), "an occurrence by hand");
        poll_all(jobs);
        check_.equal(all.order, 1, "runs");
        const pawl::recurring_id often = jobs.every(unit, [&all] { all.note(3); });
        check_.that(jobs.pause(often), "an entry is paused");
        poll_all(jobs);  // what was due before still ends
        const std::uint32_t before = all.count;
        run_for(jobs, 5 * unit);
        check_.equal(all.count, before, "and does not come");
        check_.that(jobs.resume(often), "it goes on");
        check_.that(run_until(jobs, [&] { return all.count > before; }), "and comes");
        const auto known = jobs.find_recurring(often);
        check_.that(known.has_value() && !jobs.find_recurring(pawl::recurring_id{}),
                    "an entry is found");
        jobs.stop(pawl::finish);
    }

    PAWL_OUT_OF_LINE void keys() noexcept {
        scheduler jobs;
        trace all;
        const pawl::job_id first =
            jobs.enqueue([&all] { all.note(1); }, {.unique = pawl::key{"mail"}});
        check_.equal(jobs.enqueue([&all] { all.note(9); }, {.unique = pawl::key{"mail"}}).error(),
                     pawl::submit_error::not_unique, "one job of a key exists");
        check_.that(jobs.enqueue([] {}, {.unique = pawl::key{"mail"},
                                         .conflict = pawl::conflict::existing}) == first,
                    "or its handle is the answer");
        poll_all(jobs);
        check_.that(
            static_cast<bool>(jobs.enqueue([&all] { all.note(2); }, {.unique = pawl::key{"mail"}})),
            "when it has ended, the key is free");
        poll_all(jobs);
        check_.equal(all.order, 12, "both have run");

        // A chain keeps its key while it sleeps.
        all = {};
        const pawl::job_id chain = jobs.enqueue(
            [&all] {
                all.note(1);
                return all.count < 2 ? pawl::outcome::snooze(an_hour) : pawl::outcome::success();
            },
            {.key = pawl::key{"bus"}, .chain = true});
        jobs.enqueue([&all] { all.note(2); }, {.key = pawl::key{"bus"}});
        jobs.enqueue([&all] { all.note(3); }, {.key = pawl::key{"other"}});
        poll_all(jobs);
        check_.equal(all.order, 13, "who has to wait waits in line, others do not");
        check_.that(jobs.run_now(chain), "who has the key sleeps");
        check_.that(run_until(jobs, [&] { return all.count == 4; }), "all of them run");
        check_.equal(all.order, 1312, "in the end it gives its key on");
    }

    PAWL_OUT_OF_LINE void limiters() noexcept {
        scheduler jobs;
        struct {
            scheduler* jobs;
            trace all;
            time_point due;
        } world{&jobs, {}, now(jobs)};
        check_.that(jobs.set_limit("bus", {.tokens = 1, .period = 16 * unit}), "a rate");
        for (std::uint32_t i = 1; i <= 3; ++i) {
            jobs.enqueue(
                [&world, i] {
                    world.all.early = world.all.early || !reached(*world.jobs, world.due);
                    world.due = after(now(*world.jobs), 2 * unit);
                    world.all.note(i);
                },
                {.limit = "bus"});
        }
        jobs.enqueue([&world] { world.all.wrong = world.all.count == 3; });
        check_.that(run_until(jobs, [&] { return world.all.count == 3; }), "all of them run");
        check_.equal(world.all.order, 123, "in their order");
        check_.that(!world.all.wrong, "who is not limited does not wait");
        check_.that(!world.all.early, "with time in between");
        check_.equal(jobs.enqueue([] {}, {.limit = "nothing"}).error(),
                     pawl::submit_error::unknown_limiter, "there is no such limiter");
    }

    PAWL_OUT_OF_LINE void requeues() noexcept {
        scheduler jobs;
        trace all;
        const pawl::job_id first = jobs.enqueue(
            [&all](pawl::job_context& job) {
                all.note(job.requeued() ? 2 : 1);
                return job.requeued() ? pawl::outcome::success() : job.fail(7, "no bus");
            },
            {.retry = pawl::no_retry()});
        poll_all(jobs);
        const auto known = jobs.info(first);
        check_.that(known && known->state == pawl::job_state::failed, "it has failed");
        const pawl::job_id again = jobs.requeue(first);
        check_.that(again && again != first, "a failed job is queued again");
        poll_all(jobs);
        check_.equal(all.order, 12, "and runs");
        check_.equal(jobs.state(again), pawl::job_state::succeeded, "this time well");
        check_.equal(jobs.requeue(first).error(), pawl::submit_error::not_kept, "once");
    }

    PAWL_OUT_OF_LINE void results() noexcept {
        scheduler jobs;
        trace all;
        const pawl::job_id sum =
            jobs.enqueue([](pawl::job_context& job) { job.result(std::uint32_t{42}); });
        jobs.then(sum, [&all](pawl::job_context& job) {
            all.count = job.parent_result<std::uint32_t>().value_or(0);
            all.wrong = job.parent_result<std::int32_t>().has_value();
        });
        poll_all(jobs);
        check_.equal(all.count, 42, "a result comes to the continuation");
        check_.that(!all.wrong, "as what it is");
    }

    PAWL_OUT_OF_LINE void owners() noexcept {
        scheduler jobs;
        trace all;
        const pawl::owner_ref mine = jobs.new_owner();
        const pawl::owner_ref other = jobs.new_owner();
        jobs.enqueue([&all] { all.note(1); }, {.owner = mine});
        jobs.schedule(unit, [&all] { all.note(2); }, {.owner = mine});
        jobs.enqueue([&all] { all.note(3); }, {.owner = other});
        check_.equal(jobs.cancel_all(mine), 2, "all jobs of an owner are cancelled");
        run_for(jobs, 3 * unit);
        check_.equal(all.order, 3, "and of nobody else");
    }

    checks& check_;
    beside<P, Others> other_;
};

}  // namespace conformance
