// SPDX-License-Identifier: BSL-1.0
//
// scheduler: background jobs in fixed memory.
//
// What: every kind of job that a job server gives a web application (fire and forget, delayed,
// recurring, continuations, batches, with retries and states) in a program that has no server: a
// game, a daemon, a microcontroller. All memory is inside the object, its size a consequence of
// `limits`.
//
//   pawl::scheduler<> jobs;                                      // 1024 slots, one worker per core
//   jobs.enqueue([] { std::puts("now"); });
//   auto photo = jobs.schedule(200ms, [] { std::puts("later"); });
//   jobs.then(photo, [] { std::puts("after that"); });
//   jobs.recurring("heartbeat", "* * * * * *"_cron, [] { std::puts("each second"); });
//
// Two ways to run:
//   limits.workers > 0   threads run the jobs; idle ones sleep until the next deadline
//   limits.workers = 0   poll() runs what is due, on the caller's thread; wait() sleeps until there
//                        is something to poll. No thread is created, and the type needs no
//                        destructor: call stop() to destroy the callables of jobs that have not
//                        run.
//
// Delivery: while the program lives, each job starts once for each attempt, and ends in exactly one
// of succeeded, failed and deleted. A job is never early, and late by at most a tick beyond the
// poll or the system's wake. Within a queue jobs start in the order in which they became ready, and
// queues in the order of limits.queues.
//
// Cost: a submission takes an index from a ring, builds the callable in place and puts the index
// into another ring: no lock, no allocation, no system call unless a worker sleeps. cancel() of a
// waiting job, and then(), are O(1).
//
// Who may call what:
//   enqueue, schedule, then, batch, cancel, state: any thread or interrupt, and a job. Stopped at
//   any
//     instruction they harm nobody else (where the platform's unpark is lock-free: Linux, bare
//     metal).
//   poll, wait, next_wake, advance (limits.workers = 0): one thread at a time.
//   every, recurring, remove: any thread, and a job. They wait for whoever looks at the time just
//     then; without threads they answer `busy` from an interrupt of it instead.
//   start, stop: any thread. stop() from inside a job requests the stop.
//
// Callables are destroyed in worker or poll context, or by stop(). They see the end of everything
// that was submitted before them by the same thread only as far as queues and workers order it.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/no_journal.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/scheduler/batch.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/scheduler/scheduler_core.hpp>
#include <pawl/time/cron.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Constructs a scheduler that accepts jobs and runs none before start().
struct deferred_start_t {};
inline constexpr deferred_start_t deferred_start{};

// Stops the workers of a scheduler that has some before its memory goes. A base of its own, because
// a scheduler without workers is trivially destructible.
template <class Core, bool HasWorkers>
class scheduler_lifetime {
protected:
    constexpr scheduler_lifetime() noexcept = default;
    template <class Platform>
    constexpr explicit scheduler_lifetime(Platform machine) noexcept : core_{machine} {}

    Core core_;
};

template <class Core>
class scheduler_lifetime<Core, true> {
protected:
    scheduler_lifetime() noexcept = default;
    template <class Platform>
    explicit scheduler_lifetime(Platform machine) noexcept : core_{machine} {}
    ~scheduler_lifetime() { core_.stop(stop_mode::finish, std::nullopt); }

    Core core_;
};

template <limits L = limits{}, platform Platform = default_platform, class Journal = no_journal>
class scheduler : private scheduler_lifetime<scheduler_core<L, Platform>, (L.workers != 0)> {
    static_assert(std::same_as<Journal, no_journal>,
                  "this version keeps jobs in memory only: the journal is pawl::no_journal");

public:
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using batch_type = batch_builder<scheduler>;

    // What can be said about a job: what the limits have room for.
    using options_type = basic_job_options<name_option<L.names>, retry_option<L.retries>>;
    using then_options_type = basic_then_options<name_option<L.names>, retry_option<L.retries>>;
    using recurring_options_type = basic_recurring_options<retry_option<L.retries>>;

    static constexpr limits capacity = L;
    static constexpr bool has_workers = L.workers != 0;

    // Starts the workers, if there are any.
    constexpr scheduler() noexcept : scheduler{deferred_start} { start_if_threaded(); }
    constexpr explicit scheduler(Platform machine) noexcept : scheduler{machine, deferred_start} {
        start_if_threaded();
    }
    // Runs nothing before start().
    constexpr explicit scheduler(deferred_start_t) noexcept {}
    constexpr scheduler(Platform machine, deferred_start_t) noexcept : base{machine} {}

    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    // ---- Submit: from any thread, interrupt or job ------------------------------------------
    // A callable is called as f() or f(pawl::job_context&) and returns nothing or a pawl::outcome.
    // All of these return a handle, or one that tests false and says why (submit_error). What was
    // refused for want of room has not been moved from. What was in its slot already, because a
    // parent was gone, edges ran out or the scheduler stopped meanwhile, is destroyed by the call.

    // Runs `function` as soon as a worker, or poll(), comes to it.
    template <class F>
    job_id enqueue(F&& function, options_type options = {}) noexcept {
        return enqueue_into(job_id{}, std::forward<F>(function), options);
    }

    // Runs it after a delay of any std::chrono unit; zero or less is at once.
    template <class Rep, class Period, class F>
    job_id schedule(std::chrono::duration<Rep, Period> delay, F&& function,
                    options_type options = {}) noexcept {
        return schedule_into(job_id{}, delay, std::forward<F>(function), options);
    }

    // Runs it at a time of the monotonic clock.
    template <class F>
    job_id schedule(time_point due, F&& function, options_type options = {}) noexcept {
        return schedule_at(job_id{}, due, std::forward<F>(function), options);
    }

    // Runs it at a time of the wall clock, as far away as it is now: a clock that is set later does
    // not move it. (For times that follow the calendar, see recurring().)
    template <class Duration, class F>
    job_id schedule(std::chrono::sys_time<Duration> due, F&& function,
                    options_type options = {}) noexcept {
        return schedule(due - platform().wall_now(), std::forward<F>(function), options);
    }

    // Runs it when the parent (a job or a batch) ends as options.when says, by default when it
    // succeeded. If the parent ends otherwise, the continuation is deleted, and so are those that
    // wait for its success. A parent that has ended already is evaluated at once; one whose slot
    // serves another job is `gone`; a parent that was refused passes its reason on.
    template <class F>
    job_id then(job_id parent, F&& function, then_options_type options = {}) noexcept {
        return then(std::span<const job_id>{&parent, 1}, std::forward<F>(function), options);
    }
    // Runs it when all parents ended as options.when says.
    template <class F>
    job_id then(std::initializer_list<job_id> parents, F&& function,
                then_options_type options = {}) noexcept {
        return then(std::span<const job_id>{parents.begin(), parents.size()},
                    std::forward<F>(function), options);
    }
    template <class F>
    job_id then(std::span<const job_id> parents, F&& function,
                then_options_type options = {}) noexcept {
        static_assert(L.edges > 0, "limits.edges is 0: this scheduler has no continuations");
        if (parents.size() > core_type::table_type::parents_max) {
            return flow().refuse(submit_error::out_of_edges);
        }
        for (const job_id parent : parents) {
            if (!parent) {
                return flow().refuse(parent.error());
            }
        }
        const options_type common{options.name, options.queue, options.retry};
        return submit(job_id{}, common, std::forward<F>(function), [&](job_id id) {
            return flow().publish_awaiting(id, parents, options.when);
        });
    }

    // Jobs that end together; see batch.hpp.
    [[nodiscard]] batch_type batch() noexcept {
        static_assert(L.batches > 0, "limits.batches is 0: this scheduler has no batches");
        return batch_type{*this};
    }

    // ---- Ask and cancel: from any thread, interrupt or job -----------------------------------

    // Where the job, or batch, is; `gone` if its slot serves another one or there never was one.
    [[nodiscard]] job_state state(job_id id) const noexcept {
        return flow().table.find(id).state();
    }

    // Deletes a job that has not ended; true if this call did. A waiting job never runs; a running
    // one is `deleted` at once, sees job_context::stop_requested(), and what it returns is ignored.
    // Its callable is destroyed later, by a worker or poll().
    bool cancel(job_id id) noexcept { return core().runner.cancel(id); }

    // O(limits.jobs) loads.
    [[nodiscard]] job_counts counts() const noexcept { return core().runner.counts(); }

    // ---- Recurring jobs: from any thread or job ------------------------------------------------

    // Runs `function` each `period`, for the first time one period from now. Without drift: each
    // time is the one before plus the period, however late a job was. Times that passed unseen are
    // one occurrence, and counted as coalesced.
    template <class Rep, class Period, class F>
    recurring_id every(std::chrono::duration<Rep, Period> period, F&& function,
                       recurring_options_type options = {}) noexcept {
        check_recurring<F>();
        const std::optional<duration> step = core_type::clock::delay(period);
        if (!step || *step <= duration::zero()) {
            return {
                flow().refuse(step ? submit_error::bad_period : submit_error::too_late).error()};
        }
        return add_recurring(options.name, std::forward<F>(function), options, *step);
    }

    // Runs `function` at the times of a cron expression, in UTC by the platform's wall clock. A
    // name that is in use is updated: the new rule counts from now, and an occurrence of the old
    // one that runs, or waits, still ends. `called` should not be empty.
    template <class F>
    recurring_id recurring(name called, cron expression, F&& function,
                           recurring_options_type options = {}) noexcept {
        check_recurring<F>();
        return add_recurring(called, std::forward<F>(function), options, expression);
    }

    // Takes a recurring job off the table; false if it is not there. An occurrence that waits or
    // runs still ends; the callable is destroyed after it.
    bool remove(recurring_id id) noexcept {
        return core().runner.time.remove_recurring(flow(), id);
    }
    bool remove_recurring(name called) noexcept {
        return core().runner.time.remove_recurring(flow(), called);
    }

    // ---- Drive, with limits.workers = 0: one thread at a time -----------------------------------

    // Runs what is ready or due, until nothing is, but at most limits.jobs jobs (64 if that is
    // less).
    poll_result poll() noexcept {
        static_assert(!has_workers, "this scheduler has workers: poll() is for limits.workers = 0");
        return core().poll(poll_budget::unlimited, poll_budget::unlimited, time_point::max());
    }
    // The same, for about this long: the time is looked at after each job.
    template <class Rep, class Period>
    poll_result poll(std::chrono::duration<Rep, Period> time) noexcept {
        static_assert(!has_workers, "this scheduler has workers: poll() is for limits.workers = 0");
        return core().poll(poll_budget::unlimited, poll_budget::unlimited, after(time));
    }
    poll_result poll(poll_budget budget) noexcept {
        static_assert(!has_workers, "this scheduler has workers: poll() is for limits.workers = 0");
        return core().poll(
            budget.jobs, budget.moves,
            budget.time == budget.time.max() ? time_point::max() : after(budget.time));
    }

    // Sleeps until there is something to poll: a job that is ready, a deadline, or a submission,
    // which may come from another thread or an interrupt at any moment of the call. May return
    // early.
    void wait() noexcept {
        static_assert(!has_workers, "this scheduler has workers: wait() is for limits.workers = 0");
        sleep(std::nullopt);
    }
    // The same, but not longer than this.
    template <class Rep, class Period>
    void wait(std::chrono::duration<Rep, Period> longest) noexcept {
        static_assert(!has_workers, "this scheduler has workers: wait() is for limits.workers = 0");
        sleep(after(longest));
    }

    // When the next poll() will have something to do, or earlier; nothing if only a submission can
    // change that. The present if something is ready.
    [[nodiscard]] std::optional<time_point> next_wake() noexcept {
        static_assert(!has_workers, "this scheduler has workers, which wake themselves");
        return core().runner.next_wake();
    }

    // How late the jobs are whose time has come and that no poll() has made ready yet: zero, unless
    // a poll's budget of moves has ended it, or none has come for so long.
    [[nodiscard]] duration lateness() noexcept {
        static_assert(!has_workers, "this scheduler has workers, which keep the time themselves");
        return core().runner.time.lateness(core().runner.flow);
    }

    // With virtual time: moves the clock forward, and runs every job on the way at its own time.
    // Returns how many attempts were run.
    template <class Rep, class Period>
    std::uint64_t advance(std::chrono::duration<Rep, Period> step) noexcept {
        static_assert(
            requires { Platform::is_manual; },
            "advance() moves virtual time: it needs pawl::manual_platform");
        const auto delay = core_type::clock::delay(step).value_or(core_type::clock::delay_max);
        const time_point end = platform().now() + delay;
        std::uint64_t ran = poll_all();
        for (auto wake = next_wake(); wake && *wake <= end; wake = next_wake()) {
            const time_point now = platform().now();
            if (*wake <= now) {
                // Ready even now: a job feeds itself at this instant. Time goes on all the same.
                if (now >= end) {
                    break;
                }
                wake = std::min(end, now + typename Platform::tick{1});
            }
            platform().elapse_until(*wake);
            ran += poll_all();
        }
        platform().elapse_until(end);
        return ran + poll_all();
    }

    // ---- Life ---------------------------------------------------------------------------------

    // Starts the workers. Needed after deferred_start only; without workers there is nothing to
    // start.
    start_result start() noexcept { return core().start(); }
    // The threads that run: 0 before start().
    [[nodiscard]] std::uint32_t worker_count() const noexcept { return core().worker_count(); }

    // Stops for good. Submissions are refused from now on; jobs that do not run any more are
    // deleted and their callables destroyed, scheduled and recurring ones always; continuations of
    // those do not run. Waits for what stop_mode says: without a timeout as long as it takes, else
    // jobs that still run at its end are asked to stop and `timed_out` is returned. A second call
    // waits on, or returns at once. From inside a job: `requested`, and the scheduler stops when
    // the job returns. From another thread while one stops: `busy`. The destructor is stop(finish).
    stop_report stop(stop_mode mode) noexcept { return core().stop(mode, std::nullopt); }
    template <class Rep, class Period>
    stop_report stop(stop_mode mode, std::chrono::duration<Rep, Period> timeout) noexcept {
        return core().stop(mode,
                           core_type::clock::delay(timeout).value_or(core_type::clock::delay_max));
    }

    [[nodiscard]] Platform& platform() noexcept { return flow().machine; }

private:
    using core_type = scheduler_core<L, Platform>;
    using base = scheduler_lifetime<core_type, (L.workers != 0)>;
    friend batch_type;

    // Polls at one instant before virtual time goes on: a job that feeds itself without delay does
    // not hold time for ever.
    static constexpr int polls_at_once_max = 100;

    [[nodiscard]] core_type& core() noexcept { return this->core_; }
    [[nodiscard]] const core_type& core() const noexcept { return this->core_; }
    [[nodiscard]] auto& flow() noexcept { return core().runner.flow; }
    [[nodiscard]] const auto& flow() const noexcept { return core().runner.flow; }

    constexpr void start_if_threaded() noexcept {
        if constexpr (has_workers) {
            start();
        }
    }

    // That long from now, or as far as the clock can count.
    template <class Rep, class Period>
    [[nodiscard]] time_point after(std::chrono::duration<Rep, Period> time) noexcept {
        return core_type::clock::after(
            platform().now(), core_type::clock::delay(time).value_or(core_type::clock::delay_max));
    }

    void sleep(std::optional<time_point> limit) noexcept {
        if constexpr (interrupt_platform<Platform>) {
            core().runner.sleep_until(limit.value_or(time_point::max()));
        } else {
            core().runner.sleep(0, limit, phase::accepting);
        }
    }

    // What every submission does: reserve a slot, place the callable, publish.
    template <class F, class Publish>
    job_id submit(job_id batch, const options_type& options, F&& function,
                  Publish&& publish) noexcept {
        static_assert(check_callable<F, L.job_bytes, L.job_align>());
        const job_id id = flow().reserve(flow().queue_index(options.queue));
        if (!id) {
            return id;
        }
        flow().describe(id, options.name, options.retry);
        flow().emplace(id, std::forward<F>(function));
        if constexpr (L.batches > 0) {
            if (batch) {
                flow().join_batch(id, batch);
            }
        }
        return publish(id);
    }

    template <class F>
    job_id enqueue_into(job_id batch, F&& function, const options_type& options) noexcept {
        return submit(batch, options, std::forward<F>(function),
                      [this](job_id id) { return flow().publish_ready(id); });
    }

    template <class Rep, class Period, class F>
    job_id schedule_into(job_id batch, std::chrono::duration<Rep, Period> delay, F&& function,
                         const options_type& options) noexcept {
        const std::optional<duration> rest = core_type::clock::delay(delay);
        if (!rest) {
            return flow().refuse(submit_error::too_late);
        }
        return schedule_at(batch, core_type::clock::after(platform().now(), *rest),
                           std::forward<F>(function), options);
    }

    template <class F>
    job_id schedule_at(job_id batch, time_point due, F&& function,
                       const options_type& options) noexcept {
        if (core_type::clock::between(platform().now(), due) > core_type::clock::delay_max) {
            return flow().refuse(submit_error::too_late);
        }
        return submit(batch, options, std::forward<F>(function),
                      [this, due](job_id id) { return core().runner.publish_scheduled(id, due); });
    }

    template <class F>
    static constexpr void check_recurring() noexcept {
        static_assert(L.recurring > 0,
                      "limits.recurring is 0: this scheduler has no recurring jobs");
        static_assert(check_callable<F, L.job_bytes, L.job_align>());
    }

    // Only the middle step is made anew for each callable.
    template <class F, class Rule>
    recurring_id add_recurring(name called, F&& function, const recurring_options_type& options,
                               const Rule& rule) noexcept {
        auto& time = core().runner.time;
        std::uint32_t index = 0;
        const submit_error refusal =
            options.overlap == overlap::allow && !callable_as_const<std::decay_t<F>>
                ? submit_error::not_const
                : time.begin_recurring(flow(), index, called, flow().queue_index(options.queue),
                                       options);
        if (refusal != submit_error::none) {
            return {flow().refuse(refusal).error()};
        }
        time.recurring.emplace(index, std::forward<F>(function));
        const recurring_id id = time.commit_recurring(flow(), index, rule);
        return id ? id : recurring_id{flow().refuse(id.error()).error()};
    }

    std::uint64_t poll_all() noexcept {
        std::uint64_t ran = 0;
        poll_result result{.more = true};
        for (int polls = 0; result.more && !result.busy && polls < polls_at_once_max; ++polls) {
            result = poll();
            ran += result.ran;
        }
        return ran;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
