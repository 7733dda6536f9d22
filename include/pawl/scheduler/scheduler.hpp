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
// into another ring: two read-modify-writes, no fence, no lock, no allocation, no system call
// unless a worker sleeps. To run a job takes five, whatever else is declared; cancel() of a waiting
// one two at most (counted in tests/scheduler/scheduler_exchanges_test.cpp). then() is O(1).
//
// Who may call what:
//   enqueue, schedule, then, batch, cancel, state: any thread or interrupt, and a job. Stopped at
//   any
//     instruction they harm nobody else (where the platform's unpark is lock-free: Linux, bare
//     metal).
//   run, pool: any thread, and a job; not an interrupt.
//   poll, and with limits.workers = 0 wait, next_wake, advance: one thread at a time.
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
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/durability.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_ticket.hpp>
#include <pawl/durability/no_journal.hpp>
#include <pawl/durability/recovery_report.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/recurring_info.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/scheduler/batch.hpp>
#include <pawl/scheduler/job_commands.hpp>
#include <pawl/scheduler/job_views.hpp>
#include <pawl/scheduler/journal_part.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/scheduler/scheduler_core.hpp>
#include <pawl/scheduler/unique_jobs.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/interval_text.hpp>

namespace pawl {
inline namespace PAWL_ABI {

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
class scheduler : private journal_part<L, Platform, Journal>,
                  private scheduler_lifetime<
                      scheduler_core<L, typename journal_part<L, Platform, Journal>::machine_type>,
                      (L.workers != 0)>,
                  public job_commands<scheduler<L, Platform, Journal>, L>,
                  public job_views<scheduler<L, Platform, Journal>, L,
                                   typename Platform::time_point, typename Platform::duration> {
    using journal_base = journal_part<L, Platform, Journal>;
    using machine_type = typename journal_base::machine_type;

public:
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using batch_type = batch_builder<scheduler>;

    // What can be said about a job: what the limits have room for.
    using options_type = job_options_of<L>;
    using then_options_type = options_type;
    using recurring_options_type = recurring_options_of<L, machine_type>;
    using recurring_info_type = basic_recurring_info<time_point>;

    using platform_type = Platform;
    using clock_type = tick_clock<machine_type>;
    using far_clock_type = far_clock_of<L, machine_type>;

    // A scheduler with a journal takes one more option of types that the journal knows.
    static constexpr bool has_journal = journal_base::exists;
    template <class F>
    static constexpr bool is_durable_type = journal_base::template listed<std::decay_t<F>>;
    template <class F>
    using options_for =
        std::conditional_t<is_durable_type<F>, job_options_of<L, durability_option>, options_type>;

    static constexpr limits capacity = L;
    static constexpr bool has_workers = L.workers != 0;

    // Starts the workers, if there are any.
    constexpr scheduler() noexcept : scheduler{deferred_start} { start_if_threaded(); }
    constexpr explicit scheduler(Platform machine) noexcept : scheduler{machine, deferred_start} {
        start_if_threaded();
    }
    // Runs nothing before start().
    constexpr explicit scheduler(deferred_start_t) noexcept {}
    constexpr scheduler(Platform machine, deferred_start_t) noexcept
        : base{machine_type{machine}} {}
    // With a journal, on this medium. Without deferred_start it is opened here; last_start() says
    // what that came to.
    template <class Medium>
    requires(has_journal&& std::same_as<
             Medium, typename journal_base::medium_type>) explicit scheduler(Medium medium) noexcept
        : scheduler{std::move(medium), deferred_start} {
        start();
    }
    template <class Medium>
    requires(has_journal&& std::same_as<
             Medium,
             typename journal_base::medium_type>) constexpr scheduler(Medium medium,
                                                                      deferred_start_t) noexcept
        : journal_base{std::move(medium)} {}
    template <class Medium>
    requires(has_journal&& std::same_as<
             Medium,
             typename journal_base::medium_type>) constexpr scheduler(Medium medium,
                                                                      Platform machine,
                                                                      deferred_start_t) noexcept
        : journal_base{std::move(medium)}, base{machine_type{machine}} {}

    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    // ---- Submit: from any thread, interrupt or job ------------------------------------------
    // A callable is called as f() or f(pawl::job_context&) and returns nothing or a pawl::outcome.
    // All of these return a handle, or one that tests false and says why (submit_error). What was
    // refused for want of room has not been moved from. What was in its slot already, because a
    // parent was gone, edges ran out or the scheduler stopped meanwhile, is destroyed by the call.

    // Runs `function` as soon as a worker, or poll(), comes to it.
    template <class F>
    PAWL_FAST_PATH job_id enqueue(F&& function, options_for<F> options = {}) noexcept {
        return enqueue_into(job_id{}, std::forward<F>(function), options);
    }

    // Runs make(0)() to make(count - 1)(): all of them are accepted, or none is and nothing was
    // made. Their handles go into `ids`, as far as it reaches. One wake for each sleeper at most.
    // Not with `unique`.
    template <class Make>
    bulk_result enqueue_n(std::uint32_t count, Make&& make,
                          options_for<std::invoke_result_t<Make&, std::uint32_t>> options = {},
                          std::span<job_id> ids = {}) noexcept {
        return enqueue_all(job_id{}, count, make, options, ids);
    }

    // Runs it after a delay of any std::chrono unit; zero or less is at once.
    template <class Rep, class Period, class F>
    job_id schedule(std::chrono::duration<Rep, Period> delay, F&& function,
                    options_for<F> options = {}) noexcept {
        return schedule_into(job_id{}, delay, std::forward<F>(function), options);
    }

    // Runs it at a time of the monotonic clock.
    template <class F>
    job_id schedule(time_point due, F&& function, options_for<F> options = {}) noexcept {
        const time_point now = platform().now();
        const auto at = far_clock_type::at(due, now);
        return at ? submit_due(job_id{}, *at, now, far_clock_type::between(now, *at).count() <= 0,
                               std::forward<F>(function), options)
                  : flow().refuse(submit_error::too_late);
    }

    // Runs it at a time of the wall clock, as far away as it is now: a clock that is set later does
    // not move it. (For times that follow the calendar, see recurring().)
    template <class Duration, class F>
    job_id schedule(std::chrono::sys_time<Duration> due, F&& function,
                    options_for<F> options = {}) noexcept {
        return schedule(due - platform().wall_now(), std::forward<F>(function), options);
    }

    // Runs it when the parent (a job or a batch) ends as options.when says, by default when it
    // succeeded. If the parent ends otherwise, the continuation is deleted, and so are those that
    // wait for its success. A parent that has ended already is evaluated at once; one whose slot
    // serves another job is `gone`; a parent that was refused passes its reason on.
    template <class F>
    job_id then(job_id parent, F&& function, options_for<F> options = {}) noexcept {
        return then(std::span<const job_id>{&parent, 1}, std::forward<F>(function), options);
    }
    // Runs it when all parents ended as options.when says.
    template <class F>
    job_id then(std::initializer_list<job_id> parents, F&& function,
                options_for<F> options = {}) noexcept {
        return then(std::span<const job_id>{parents.begin(), parents.size()},
                    std::forward<F>(function), options);
    }
    template <class F>
    job_id then(std::span<const job_id> parents, F&& function,
                options_for<F> options = {}) noexcept {
        return then_into(job_id{}, parents, std::forward<F>(function), options);
    }

    // Jobs that end together; see batch.hpp.
    [[nodiscard]] batch_type batch() noexcept {
        static_assert(L.batches > 0, "limits.batches is 0: this scheduler has no batches");
        return batch_type{*this};
    }
    // The batch that a running job belongs to, to add members to it: it does not end before this
    // builder is sealed. `no_batch` if the job is in none.
    [[nodiscard]] batch_type own_batch(const job_context& job) noexcept {
        static_assert(L.batches > 0, "limits.batches is 0: this scheduler has no batches");
        return batch_type{*this, flow().batch_of(job.id())};
    }

    // ---- Graphs, and jobs without a state: from any thread or job
    // --------------------------------

    // Runs a graph (execution/graph.hpp) on this scheduler's workers, or with workers = 0 in poll()
    // and in wait() of what is returned. Inside a job, too.
    template <class Graph>
    graph_run run(Graph& graph) noexcept {
        return pool().run(graph);
    }
    // The pool that it runs on: post(), invoke(), and for parallel_for(). What is posted there has
    // no handle, state, retry or name, and costs less; not for interrupts.
    [[nodiscard]] auto& pool() noexcept {
        static_assert(L.local > 0,
                      "limits.local is 0: this scheduler has no room for graphs and "
                      "posted jobs");
        return flow().pool;
    }

    // ---- Recurring jobs: from any thread or job ------------------------------------------------

    // An entry has a rule, a callable and options (recurring_options.hpp), and mostly a name. A
    // name that is in use is updated: recurring_id::change() says `unchanged` if its rule is the
    // same (of the calendar: expression and zone), and then its next time and its counts stay, with
    // the new callable and options; `updated` if it is another one, which counts from now. An
    // occurrence that runs or waits still ends with the callable it was made with, and a pause
    // stays. (With limits.recurring_policies = false an update always counts from now, and change()
    // says nothing.)

    // Runs `function` each `period`, for the first time one period from now. Without drift: each
    // time is the one before plus the period, however late a job was. Times that passed unseen are
    // one occurrence, and counted as coalesced, unless options.misfire says otherwise.
    template <class Rep, class Period, class F>
    recurring_id every(std::chrono::duration<Rep, Period> period, F&& function,
                       recurring_options_type options = {}) noexcept {
        check_recurring<F>();
        const auto step = recurring_clock_of<L, machine_type>::delay(period);
        if (!step || step->count() <= 0) {
            return {
                flow().refuse(step ? submit_error::bad_period : submit_error::too_late).error()};
        }
        return add_recurring(options.name, std::forward<F>(function), options, *step);
    }

    // Runs `function` at the times of a cron expression, by the platform's wall clock, in UTC or in
    // the zone of the options (where clocks there are set: cron_zone.hpp). `called` should not be
    // empty.
    template <class F>
    recurring_id recurring(name called, const cron& expression, F&& function,
                           recurring_options_type options = {}) noexcept {
        check_recurring<F>();
        return add_recurring(called, std::forward<F>(function), options,
                             calendar_rule{expression, options.zone});
    }

    // The same from a text that is read at run time: a cron expression, or a fixed interval such as
    // "@every 90s" (interval_text.hpp), which has no zone. To tell a user what is wrong with a
    // text, or for cron_options, parse it first.
    template <class F>
    recurring_id recurring(name called, std::string_view text, F&& function,
                           recurring_options_type options = {}) noexcept {
        if (const interval_result interval = parse_interval(text)) {
            options.name = called;
            return every(*interval, std::forward<F>(function), options);
        }
        const cron_result expression = cron::parse(text, {.impossible = impossible_date::never});
        return expression ? recurring(called, *expression, std::forward<F>(function), options)
                          : recurring_id{flow().refuse(submit_error::bad_expression).error()};
    }

    // Takes a recurring job off the table; false if it is not there. An occurrence that waits or
    // runs still ends; the callable is destroyed after it.
    bool remove(recurring_id id) noexcept {
        return core().runner.time.remove_recurring(flow(), id);
    }
    bool remove_recurring(name called) noexcept {
        return core().runner.time.remove_recurring(flow(), called);
    }

    // Makes an occurrence now, even of an entry that is paused or finished; the schedule does not
    // move, and job_context::triggered_by_hand() says so to the job. The handle of the job, or why
    // there is none: `gone` (no such entry), `full`, or `overlapping` if the one before has not
    // ended and the entry's overlap leaves this one out.
    job_id trigger(recurring_id id) noexcept { return trigger_by(id); }
    job_id trigger_recurring(name called) noexcept { return trigger_by(called); }

    // While it is paused no time of an entry becomes a run. resume(): those that passed meanwhile
    // have passed unseen, and options.misfire says how many runs that is. False: it is not there.
    using job_commands<scheduler, L>::pause;  // of a queue
    using job_commands<scheduler, L>::resume;
    bool pause(recurring_id id) noexcept { return pause_by(id, true); }
    bool pause_recurring(name called) noexcept { return pause_by(called, true); }
    bool resume(recurring_id id) noexcept { return pause_by(id, false); }
    bool resume_recurring(name called) noexcept { return pause_by(called, false); }

    // What is known of an entry; nothing if it is not there.
    [[nodiscard]] std::optional<recurring_info_type> find_recurring(recurring_id id) noexcept {
        return find_by(id);
    }
    [[nodiscard]] std::optional<recurring_info_type> find_recurring(name called) noexcept {
        return find_by(called);
    }
    // The same of all, into memory of the caller's, in the order of the table. Returns how many
    // there are, which may be more than there was room for. O(limits.recurring).
    std::uint32_t list_recurring(std::span<recurring_info_type> into) noexcept {
        check_policies();
        std::uint32_t count = 0;
        core().runner.time.ask_recurring(
            flow(), [&](auto& recurring) { count = recurring.list(flow(), into); });
        return count;
    }

    // ---- Drive: one thread at a time ------------------------------------------------------------

    // With limits.workers = 0: runs what is ready or due, until nothing is, but at most limits.jobs
    // jobs (64 if that is less). With workers: runs what was posted for the main thread.
    [[gnu::always_inline]] poll_result poll() noexcept {
        if constexpr (has_workers) {
            return pool().poll();
        } else {
            if constexpr (interrupt_platform<Platform>) {
                return poll_core(typename core_type::runner_type::without_budget{});
            } else {
                return poll_core(
                    poll_end{poll_budget::unlimited, poll_budget::unlimited, time_point::max()});
            }
        }
    }
    // The same, for about this long: the time is looked at after each job.
    template <class Rep, class Period>
    poll_result poll(std::chrono::duration<Rep, Period> time) noexcept {
        if constexpr (has_workers) {
            return pool().poll(time);
        } else {
            return poll_core(poll_end{poll_budget::unlimited, poll_budget::unlimited, after(time)});
        }
    }
    poll_result poll(poll_budget budget) noexcept {
        if constexpr (has_workers) {
            return pool().poll(budget);
        } else {
            return poll_core(poll_end{
                budget.jobs, budget.moves,
                budget.time == budget.time.max() ? time_point::max() : after(budget.time)});
        }
    }

    // Sleeps until there is something to poll: a job that is ready, a deadline, a submission, which
    // may come from another thread or an interrupt at any moment of the call, or something that a
    // journal has to write. May return early.
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

    // For tests: runs everything that is ready, and with it everything that becomes due, until
    // nothing is left or a limit is reached, and says what came of it. In virtual time the clock
    // moves to each deadline; in real time it sleeps until then. A recurring job never comes to an
    // end by itself: give it a limit.
    drain_result drain(drain_limits until = {}) noexcept {
        static_assert(!has_workers,
                      "this scheduler has workers: drain() is for limits.workers = 0");
        const job_counts before = this->counts();
        drain_result result;
        const time_point end = after(until.time);
        for (;;) {
            const std::uint64_t left = until.runs - result.runs;
            const poll_result polled =
                poll(poll_budget{.jobs = static_cast<std::uint32_t>(
                                     std::min<std::uint64_t>(left, poll_budget::unlimited))});
            result.runs += polled.ran;
            if (result.runs >= until.runs || polled.busy) {
                result.complete = false;
                break;
            }
            if (polled.ran != 0 || polled.more) {
                continue;
            }
            const auto wake = until.scheduled ? next_wake() : std::nullopt;
            if (!wake) {
                break;
            }
            if (core_type::clock::between(end, *wake) > duration::zero()) {
                result.complete = false;
                break;
            }
            if constexpr (requires { Platform::is_manual; }) {
                platform().elapse_until(*wake);
            } else {
                wait();
            }
        }
        const job_counts now = this->counts();
        result.succeeded = now.succeeded - before.succeeded;
        result.failed = now.failed - before.failed;
        result.deleted = now.deleted - before.deleted;
        result.retried = now.retried - before.retried;
        return result;
    }

    // ---- Life ---------------------------------------------------------------------------------

    // Starts the workers. Needed after deferred_start only; without workers there is nothing to
    // start.
    start_result start() noexcept requires(!has_journal) { return core().start(); }
    // With a journal: opens it, takes its jobs over, and only then starts the workers. Nothing is
    // accepted before, or if it fails.
    durable_start start(recovery_options how = {}) noexcept requires has_journal {
        start_ = start_durably(how);
        return start_;
    }
    // What the last start() came to, for who constructed it without deferred_start.
    [[nodiscard]] const durable_start& last_start() const noexcept requires has_journal {
        return start_;
    }
    // The threads that run: 0 before start().
    [[nodiscard]] std::uint32_t worker_count() const noexcept { return core().worker_count(); }

    // Stops for good. Submissions are refused from now on; jobs that do not run any more are
    // deleted and their callables destroyed, scheduled and recurring ones always; continuations of
    // those do not run. Waits for what stop_mode says: without a timeout as long as it takes, else
    // jobs that still run at its end are asked to stop and `timed_out` is returned. A second call
    // waits on, or returns at once. From inside a job: `requested`, and the scheduler stops when
    // the job returns. From another thread while one stops: `busy`. The destructor is stop(finish).
    // With a journal: what has not ended is still in the log, scheduled and recurring jobs too, and
    // runs after the next start.
    stop_report stop(stop_mode mode) noexcept { return stop_core(mode, std::nullopt); }
    template <class Rep, class Period>
    stop_report stop(stop_mode mode, std::chrono::duration<Rep, Period> timeout) noexcept {
        return stop_core(mode,
                         core_type::clock::delay(timeout).value_or(core_type::clock::delay_max));
    }

    // ---- Durable jobs: any thread ---------------------------------------------------------------

    // Whether the log has this job, or will have; also after its end, until its slot is used again.
    [[nodiscard]] bool in_journal(job_id id) const noexcept requires has_journal {
        return id && id.index() < core_type::table_type::node_count &&
               this->durable_.is_durable(id);
    }
    // Returns when all that was submitted before is on the disk, or why it is not. (A job's end is
    // told at about the time at which its state changes: who sees the state may be a moment ahead.)
    io_status sync() noexcept requires has_journal { return this->durable_.sync(); }
    // How far the log is on the disk, and what has been submitted so far, by the caller at least:
    // to ask later, without waiting (journal_ticket.hpp). Also by interrupts. A job that was
    // refused for want of room counts as written: it is deleted.
    [[nodiscard]] journal_ticket durable_seq() const noexcept requires has_journal {
        return this->durable_.writer.durable_seq();
    }
    [[nodiscard]] journal_ticket ticket() const noexcept requires has_journal {
        return this->durable_.writer.ticket();
    }
    [[nodiscard]] bool is_durable(journal_ticket what) const noexcept requires has_journal {
        return durable_seq().covers(what);
    }
    // Asks for a sync and does not wait: whoever writes next does it (within flush_interval_us, or
    // in the next poll). Also by interrupts. False: the hand-off is full, or the log is not open.
    [[nodiscard]] bool request_sync() noexcept requires has_journal {
        return this->durable_.request_sync();
    }
    // Returns when it is on the disk, or why it is not; many who wait share a sync. With a timeout
    // `timed_out`, if it is not by then (without threads a sync takes as long as it takes).
    io_status wait_durable(journal_ticket what) noexcept requires has_journal {
        return this->durable_.wait(what);
    }
    template <class Rep, class Period>
    io_status wait_durable(journal_ticket what, std::chrono::duration<Rep, Period> timeout) noexcept
        requires has_journal {
        if constexpr (machine_type::has_threads && L.workers != 0) {
            using clock = typename core_type::clock;
            return this->durable_.wait_until(
                what, clock::after(platform().now(),
                                   clock::delay(timeout).value_or(core_type::clock::delay_max)));
        } else {
            return this->durable_.wait(what);
        }
    }
    // Why nothing is written any more; `none` while it is. In-memory jobs go on; to go on with
    // durable ones the scheduler has to be made anew.
    [[nodiscard]] io_error journal_failure() const noexcept requires has_journal {
        return this->durable_.failure();
    }

    [[nodiscard]] Platform& platform() noexcept { return flow().machine; }

private:
    using core_type = scheduler_core<L, machine_type>;
    using base = scheduler_lifetime<core_type, (L.workers != 0)>;
    friend batch_type;
    friend job_commands<scheduler, L>;
    friend job_views<scheduler, L, time_point, duration>;

    // Polls at one instant before virtual time goes on: a job that feeds itself without delay does
    // not hold time for ever.
    static constexpr int polls_at_once_max = 100;

    using poll_end = typename core_type::runner_type::poll_end;
    template <class Budget>
    [[gnu::always_inline]] poll_result poll_core(Budget budget) noexcept {
        if constexpr (has_journal) {
            this->durable_.serve();
            const poll_result result = core().poll(budget);
            this->durable_.serve();
            return result;
        } else {
            return core().poll(budget);
        }
    }
    stop_report stop_core(stop_mode mode, std::optional<duration> timeout) noexcept {
        const stop_report result = core().stop(mode, timeout);
        if constexpr (has_journal) {
            if (result.status == stop_status::stopped) {
                this->end_journal();
            }
        }
        return result;
    }

    // ---- With a journal -----------------------------------------------------------------------

    durable_start start_durably(const recovery_options& how) noexcept requires has_journal {
        durable_start result;
        if (this->durable_.is_open()) {
            result.started = {start_error::already_started, worker_count()};
            return result;
        }
        flow().machine.listener = &this->durable_;
        result.medium = this->durable_.medium_name();
        result.recovered.log = this->durable_.open(
            how,
            {.owner = this,
             .release = [](void* self, job_id id) noexcept { own(self).release(id); },
             .refuse = [](void* self, job_id id) noexcept { own(self).core().runner.cancel(id); },
             .due_ns = [](void* self,
                          std::uint32_t index) noexcept { return own(self).due_ns(index); },
             .from_now_ns =
                 [](void* self, std::chrono::nanoseconds rest) noexcept {
                     return own(self).to_wall_ns(rest);
                 },
             .cursor = [](void* self,
                          std::uint32_t index) noexcept { return own(self).cursor_of(index); },
             .error_text = [](void* self, std::uint32_t index,
                              std::byte* to) noexcept { return own(self).error_text(index, to); },
             .batch_of = [](void* self,
                            std::uint32_t index) noexcept { return own(self).batch_of(index); },
             .call_writer =
                 [](void* self) noexcept {
                     auto& flow = own(self).flow();
                     flow.lot.wake_one(flow.machine, flow.lot.look_after_put());
                 }});
        if (!result.recovered.log.ok()) {
            return result;
        }
        job_recovery<L, core_type, std::remove_reference_t<decltype(this->durable_)>> all{
            core(), this->durable_};
        all.run(result.recovered);
        static_cast<void>(this->durable_.sync());
        if (!this->begin_writing()) {
            this->end_journal();
            result.recovered.log.error = open_error::no_thread;
            return result;
        }
        result.started = core().start();
        return result;
    }
    [[nodiscard]] static scheduler& own(void* self) noexcept {
        return *static_cast<scheduler*>(self);
    }
    void release([[maybe_unused]] job_id id) noexcept {
        if constexpr (L.edges > 0) {
            flow().let_go(id, rests());
        }
    }
    // Nanoseconds since 1970 of a time to come.
    [[nodiscard]] std::int64_t to_wall_ns(typename far_clock_type::deadline due) noexcept {
        return to_wall_ns(far_clock_type::between(platform().now(), due));
    }
    [[nodiscard]] std::int64_t to_wall_ns(std::chrono::nanoseconds rest) noexcept {
        // Never 0, which is "at once".
        return flow().wall_ns() + std::int64_t{rest.count()} + 1;
    }
    [[nodiscard]] std::int64_t due_ns([[maybe_unused]] std::uint32_t index) noexcept {
        return to_wall_ns(core().runner.time.due_time(index));
    }
    [[nodiscard]] std::uint32_t cursor_of([[maybe_unused]] std::uint32_t index) noexcept {
        if constexpr (L.slices) {
            const auto& more = flow().table.job(index).more;
            return more.has(attribute::cursor) ? more.cursor.get() : 0;
        } else {
            return 0;
        }
    }
    // Of a job that has just failed, and is in the caller's hand.
    [[nodiscard]] std::uint32_t error_text([[maybe_unused]] std::uint32_t index,
                                           [[maybe_unused]] std::byte* to) noexcept {
        if constexpr (L.error_bytes > 0) {
            const auto error = flow().table.job(index).more.error.get_own();
            std::transform(error.text, error.text + error.size, to,
                           [](char each) { return static_cast<std::byte>(each); });
            return error.size;
        } else {
            return 0;
        }
    }
    [[nodiscard]] job_id batch_of([[maybe_unused]] std::uint32_t index) noexcept {
        if constexpr (L.batches > 0) {
            const std::uint32_t outer = core_type::table_type::is_batch(index)
                                            ? flow().table.outer_of(index)
                                            : flow().table.job(index).batch.get();
            return outer == 0 ? job_id{} : flow().table.id_of(outer - 1);
        } else {
            return {};
        }
    }

    [[nodiscard]] core_type& core() noexcept { return this->core_; }
    [[nodiscard]] const core_type& core() const noexcept { return this->core_; }
    [[nodiscard]] auto& flow() noexcept { return core().runner.flow; }
    [[nodiscard]] const auto& flow() const noexcept { return core().runner.flow; }
    [[nodiscard]] auto rests() noexcept { return core().runner.time.rests(); }

    constexpr void start_if_threaded() noexcept {
        if constexpr (has_workers && !has_journal) {
            start();
        }
    }

    // That long from now, or as far as the clock can count.
    template <class Rep, class Period>
    [[nodiscard]] time_point after(std::chrono::duration<Rep, Period> time) noexcept {
        return core_type::clock::after(
            platform().now(), core_type::clock::delay(time).value_or(core_type::clock::delay_max));
    }

    [[nodiscard]] bool in_job() const noexcept { return core().in_job(); }

    void sleep(std::optional<time_point> limit) noexcept {
        if constexpr (interrupt_platform<Platform>) {
            core().runner.sleep_until(limit.value_or(time_point::max()));
        } else {
            core().runner.sleep(0, limit, phase::accepting);
        }
    }

    // What a submission says besides: when it is due, and what it waits for.
    struct terms {
        std::span<const job_id> parents = {};
        bool has_due = false;
        typename far_clock_type::deadline due = {};
    };

    // What every submission does: reserve a slot, place the callable, publish. (publish(id, more):
    // `more` things that are no parents are awaited besides.)
    template <class F, class Options, class Publish>
    PAWL_FAST_PATH job_id submit(job_id batch, const Options& options, std::uint32_t line,
                                 F&& function, Publish&& publish,
                                 [[maybe_unused]] const terms& about = {}) noexcept {
        static_assert(check_callable<F, L.job_bytes, L.job_align>());
        if (!knows_limiter(options)) {
            return flow().refuse(submit_error::unknown_limiter);
        }
        const job_id id = flow().reserve(line);
        if (!id) {
            return job_id::from_value(id.value());  // as a block it would be a call of memcpy
        }
        flow().describe(id, options.name, options.retry);
        flow().describe_more(id, options);
        flow().emplace(id, std::forward<F>(function));
        if constexpr (L.batches > 0) {
            if (batch) {
                flow().join_batch(id, batch);
            }
        }
        if constexpr (L.keys > 0) {
            if (options.unique) {
                const job_id holder = enter_unique(
                    core().runner, id,
                    {options.unique.value(), options.unique_until, options.unique_for,
                     options.conflict},
                    about.has_due ? about.due : far_clock_type::after(platform().now(), {}));
                if (holder != id) {
                    return give_way(id, batch, holder);
                }
            }
        }
        if constexpr (is_durable_type<F>) {
            if (options.durability != durability::none) {
                return submit_durably<std::decay_t<F>>(id, batch, options, publish, about);
            }
        }
        return publish(id, 0);
    }

    // A job that is built, and is not to run before the log has it.
    template <class F, class Options, class Publish>
    job_id submit_durably(job_id id, job_id batch, const Options& options, Publish&& publish,
                          const terms& about) noexcept {
        if (batch) {
            this->durable_.write_batch(batch);
        }
        submit_error refusal = submit_error::none;
        auto* const record = this->durable_.describe(
            id, flow().table.job(id.index()).code.template as<F>(), options,
            {about.has_due, about.has_due ? to_wall_ns(about.due) : 0, batch, about.parents},
            refusal);
        if constexpr (L.edges > 0) {
            const bool is_late = options.durability == durability::sync_later;
            if (record != nullptr && (is_late || !about.parents.empty())) {
                // It awaits the disk as well, and is in no ring until then. So what its parents
                // say is known before anything is written: a job that is refused never was.
                const job_id made = publish(id, 1);
                if (!made) {
                    this->durable_.give_back(*record, id);
                    return made;
                }
                refusal = this->durable_.write(*record, id, options.durability);
                if (is_late) {
                    return made;
                }
                if (refusal != submit_error::none) {
                    core().runner.cancel(id);
                    return flow().refuse(refusal);
                }
                flow().let_go(id, rests());
                return made;
            }
        }
        if (record != nullptr) {
            refusal = this->durable_.write(*record, id, options.durability);
        }
        if (refusal != submit_error::none) {
            flow().leave_unique(id.index(), true);
            return give_way(id, batch, refusal);
        }
        return publish(id, 0);
    }

    template <class Make, class Options>
    bulk_result enqueue_all(job_id batch, std::uint32_t count, Make& make, const Options& options,
                            std::span<job_id> ids) noexcept {
        using callable = decltype(make(std::uint32_t{}));
        static_assert(check_callable<callable, L.job_bytes, L.job_align>());
        submit_error refusal = submit_error::none;
        if constexpr (L.keys > 0) {
            refusal = options.unique ? submit_error::bad_option : submit_error::none;
        }
        if constexpr (L.limiters.count > 0) {
            if (!options.limit.empty() &&
                L.limiters.find(options.limit.view()) == L.limiters.count) {
                refusal = submit_error::unknown_limiter;
            }
        }
        job_id first;
        if (refusal == submit_error::none && count != 0) {
            first = flow().reserve_chain(line_of(options), count);
            refusal = first.error();
        }
        if (refusal != submit_error::none) {
            if (refusal != submit_error::wrong_priority) {
                flow().refuse(refusal);  // that one is not counted: that, too, would be unsafe
            }
            return {refusal, 0};
        }
        if constexpr (L.batches > 0) {
            if (batch) {
                flow().add_member(batch, count);
            }
        }
        // So many are looked after together, for a look costs as much as a job.
        constexpr std::size_t at_once = 16;
        job_id together[at_once];
        std::size_t gathered = 0;
        std::uint32_t next = first.index();
        std::uint32_t taken_back = 0;
        for (std::uint32_t made = 0; made < count; ++made) {
            const std::uint32_t index = next;
            next = flow().table.job(index).code.parked();
            const job_id id = flow().table.id_of(index);
            flow().describe(id, options.name, options.retry);
            flow().describe_more(id, options);
            flow().emplace(id, make(made));
            if constexpr (L.batches > 0) {
                if (batch) {
                    flow().join_batch(id, batch);
                }
            }
            if (made < ids.size()) {
                ids[made] = id;
            }
            if constexpr (is_durable_type<callable>) {
                if (options.durability != durability::none) {
                    const one_of_many is =
                        write_one_of_many<std::decay_t<callable>>(id, batch, options);
                    taken_back += is == one_of_many::taken_back ? 1U : 0U;
                    if (is != one_of_many::to_publish) {
                        continue;
                    }
                }
            }
            flow().publish_quietly(id);
            together[gathered++] = id;
            if (gathered == at_once) {
                taken_back += flow().confirm_all(together) ? 0U : 1U;
                gathered = 0;
            }
        }
        taken_back += flow().confirm_all(std::span<const job_id>{together, gathered}) ? 0U : 1U;
        flow().wake_for(count);
        if constexpr (is_durable_type<callable>) {
            if (options.durability == durability::synced && !this->durable_.sync().ok()) {
                return {submit_error::journal_failed, count};
            }
        }
        return {taken_back == 0 ? submit_error::none : submit_error::stopped, count};
    }

    enum class one_of_many : std::uint8_t { to_publish, published, taken_back };
    // All or none: it waits for room, if there is none. What is to be synced first awaits that, and
    // is cancelled if it fails; it is published here. What else cannot be written runs all the
    // same, and the caller is told.
    template <class F, class Options>
    [[nodiscard]] one_of_many write_one_of_many(job_id id, job_id batch,
                                                const Options& options) noexcept {
        if (batch) {
            this->durable_.write_batch(batch);
        }
        submit_error refusal = submit_error::none;
        auto* const record =
            this->durable_.describe(id, flow().table.job(id.index()).code.template as<F>(), options,
                                    {false, 0, batch, {}}, refusal, true);
        if (record == nullptr) {
            return one_of_many::to_publish;
        }
        record->sync = false;
        auto result = one_of_many::to_publish;
        if constexpr (L.edges > 0) {
            if (options.durability >= durability::synced) {
                record->sync = true;
                if (!flow().publish_awaiting(id, std::span<const job_id>{}, when::any, rests(),
                                             1)) {
                    this->durable_.give_back(*record, id);
                    return one_of_many::taken_back;
                }
                result = one_of_many::published;
            }
        }
        static_cast<void>(this->durable_.write(*record, id, durability::buffered));
        return result;
    }

    template <class F, class Options>
    job_id then_into(job_id batch, std::span<const job_id> parents, F&& function,
                     const Options& options) noexcept {
        static_assert(L.edges > 0, "limits.edges is 0: this scheduler has no continuations");
        if (parents.size() > core_type::table_type::parents_max) {
            return flow().refuse(submit_error::out_of_edges);
        }
        for (const job_id parent : parents) {
            if (!parent) {
                return flow().refuse(parent.error());
            }
        }
        return submit(batch, options, line_of(options), std::forward<F>(function),
                      [&](job_id id, std::uint32_t more) {
                          flow().describe_rest(id, options, rests());
                          return flow().publish_awaiting(id, parents, options.when, rests(), more);
                      },
                      {.parents = parents});
    }

    // A job that is built and not wanted: another one has its key, or it is refused.
    job_id give_way(job_id id, job_id batch, job_id holder) noexcept {
        flow().table.job(id.index()).code.reset();
        flow().table.put_free(id.index());
        if constexpr (L.batches > 0) {
            if (holder && batch) {
                flow().count_out(batch, true, rests());  // the other one is no member
            }
        }
        return holder ? holder : flow().refuse(holder.error());
    }

    template <class Options>
    [[nodiscard, gnu::always_inline]] static constexpr bool knows_limiter(
        [[maybe_unused]] const Options& options) noexcept {
        if constexpr (L.limiters.count > 0) {
            return options.limit.empty() ||
                   L.limiters.find(options.limit.view()) != L.limiters.count;
        } else {
            return true;
        }
    }
    template <class Options>
    [[nodiscard, gnu::always_inline]] static constexpr std::uint32_t line_of(
        const Options& options) noexcept {
        if constexpr (L.bands > 1) {
            return core_type::runner_type::flow_type::line_named(options.queue, options.priority);
        } else {
            return core_type::runner_type::flow_type::line_named(options.queue);
        }
    }

    template <class F, class Options>
    PAWL_FAST_PATH job_id enqueue_into(job_id batch, F&& function,
                                       const Options& options) noexcept {
        const std::uint32_t line = line_of(options);
        if constexpr (L.queue_control) {
            if (line != flow().no_line && flow().ready.full(line)) [[unlikely]] {
                const submit_error refusal = make_room(line);
                if (refusal == submit_error::ran_inline) {
                    run_in_place(std::forward<F>(function), options.name);
                }
                if (refusal != submit_error::none) {
                    return flow().refuse(refusal);
                }
            }
        }
        return submit(batch, options, line, std::forward<F>(function),
                      [this, line](job_id id, [[maybe_unused]] std::uint32_t more) {
                          if constexpr (is_durable_type<F> && L.edges > 0) {
                              if (more != 0) {
                                  return flow().publish_awaiting(id, std::span<const job_id>{},
                                                                 when::success, rests(), more);
                              }
                          }
                          return flow().publish_ready(id, line);
                      });
    }

    // A queue that is full: its policy decides. (Without the job and its options, which would have
    // to be in memory for this.)
    PAWL_OUT_OF_LINE submit_error make_room(std::uint32_t line) noexcept requires(L.queue_control) {
        const std::uint32_t queue = flow().ready.queue_of(line);
        switch (static_cast<queue_full>(
            flow().overflow.policy[queue].load(std::memory_order_relaxed))) {
            case queue_full::reject: break;
            case queue_full::drop_newest: return submit_error::dropped;
            case queue_full::run_inline: return submit_error::ran_inline;
            case queue_full::drop_oldest:
                return drop_oldest(core().runner, line) ? submit_error::none
                                                        : submit_error::queue_full;
            case queue_full::block:
                return wait_for_room(line, queue) ? submit_error::none : submit_error::queue_full;
        }
        return submit_error::queue_full;
    }
    [[nodiscard]] bool wait_for_room(std::uint32_t line, std::uint32_t queue) noexcept {
        const time_point end = after(std::chrono::microseconds{
            flow().overflow.timeout_us[queue].load(std::memory_order_relaxed)});
        for (std::uint32_t times = 0; flow().ready.full(line); ++times) {
            if (!has_workers || core_type::clock::reached(end, platform().now()) ||
                flow().lot.glance().phase() != phase::accepting) {
                return false;
            }
            rest_a_little(platform(), times);
        }
        return true;
    }

    template <class Rep, class Period, class F, class Options>
    job_id schedule_into(job_id batch, std::chrono::duration<Rep, Period> delay, F&& function,
                         const Options& options) noexcept {
        const auto rest = far_clock_type::delay(delay);
        if (!rest) {
            return flow().refuse(submit_error::too_late);
        }
        const time_point now = platform().now();
        return submit_due(batch, far_clock_type::after(now, *rest), now, rest->count() <= 0,
                          std::forward<F>(function), options);
    }

    template <class F, class Options>
    [[gnu::always_inline]] job_id submit_due(job_id batch, typename far_clock_type::deadline due,
                                             typename core_type::runner_type::caller_time now,
                                             bool at_once, F&& function,
                                             const Options& options) noexcept {
        return submit(batch, options, line_of(options), std::forward<F>(function),
                      [this, due, now, at_once](job_id id, std::uint32_t) {
                          return at_once ? flow().publish_ready(id)
                                         : core().runner.publish_scheduled(id, due, now);
                      },
                      {.has_due = true, .due = due});
    }

    template <class F>
    static constexpr void check_recurring() noexcept {
        static_assert(L.recurring > 0,
                      "limits.recurring is 0: this scheduler has no recurring jobs");
        static_assert(check_callable<F, L.job_bytes, L.job_align>());
    }

    static constexpr void check_policies() noexcept {
        static_assert(L.recurring > 0,
                      "limits.recurring is 0: this scheduler has no recurring jobs");
        static_assert(L.recurring_policies,
                      "limits.recurring_policies is false: this scheduler's recurring jobs have no "
                      "policies, pause or counts, and are not triggered by hand");
    }

    template <class Key>
    job_id trigger_by(Key key) noexcept {
        check_policies();
        const job_id made = core().runner.time.trigger_recurring(flow(), key);
        return made ? made : flow().refuse(made.error());
    }
    template <class Key>
    bool pause_by(Key key, bool paused) noexcept {
        check_policies();
        return core().runner.time.pause_recurring(flow(), key, paused);
    }
    template <class Key>
    [[nodiscard]] std::optional<recurring_info_type> find_by(Key key) noexcept {
        check_policies();
        std::optional<recurring_info_type> result;
        core().runner.time.ask_recurring(
            flow(), [&](auto& recurring) { result = recurring.find(flow(), key); });
        return result;
    }

    // Only the middle step is made anew for each callable.
    template <class F, class Rule>
    recurring_id add_recurring(const name& called, F&& function,
                               const recurring_options_type& options, const Rule& rule) noexcept {
        auto& time = core().runner.time;
        std::uint32_t index = 0;
        if (!knows_limiter(options)) {
            return {flow().refuse(submit_error::unknown_limiter).error()};
        }
        const submit_error refusal =
            options.overlap == overlap::allow && !callable_as_const<std::decay_t<F>>
                ? submit_error::not_const
                : time.begin_recurring(flow(), index, called, line_of(options), options);
        if (refusal != submit_error::none) {
            return {flow().refuse(refusal).error()};
        }
        if constexpr (L.recurring_policies) {
            if (options.overlap == overlap::replace) {
                time.recurring.cancel_by(&core().runner, [](void* runner, job_id job) noexcept {
                    return static_cast<typename core_type::runner_type*>(runner)->cancel(job);
                });
            }
        }
        time.recurring.emplace(index, std::forward<F>(function));
        const recurring_id id = time.commit_recurring(flow(), index, rule, !called.empty());
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

    struct nothing {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<has_journal, durable_start, nothing> start_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
