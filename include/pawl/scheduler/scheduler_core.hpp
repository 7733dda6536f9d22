// SPDX-License-Identifier: BSL-1.0
//
// scheduler_core: how a job moves from its submission to its end. The inside of `scheduler`.
//
// The places of an index (a job is in exactly one):
//
//          reserve()                     take()                 finish
//   free ---------> being built --+--> ready ring --> running ---------> free
//                                 |       ^  ^           |
//                     schedule    v       |  | due       | retry later
//                               inbox --> wheel          v
//                                 ^-----------------------+
//   A continuation is in no place while it awaits its parents: whoever changes its state away from
//   `awaiting` puts it into a ready ring.
//
// Who may do what: submissions and cancel() touch words and rings only, from any thread or interrupt.
// The wheel and the recurring table belong to the *owner*: whoever entered enter_time(). That is a
// worker or poll() for the moment in which it looks at the time, never while it runs a job.
// A deleted job is destroyed by whoever takes its index from a ready ring, so that callables are
// destroyed in worker or poll context only, and a cascade of deletions is a loop and not a recursion.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/edge_pool.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_table.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/recurring_table.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/time/tick_clock.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class scheduler_core {
public:
    using clock = tick_clock<Platform>;
    using tick = typename clock::tick;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using table = job_table<L, tick, Platform>;
    using edges = edge_pool<L.edges, Platform>;
    using recurrings = recurring_table<L, Platform>;

    static constexpr bool has_workers = L.workers != 0;
    static constexpr std::uint32_t sleeper_count = L.sleepers();

    static_assert(L.jobs >= 1 && L.jobs <= (std::uint32_t{1} << 22),
                  "limits.jobs: a scheduler has 1 to 2^22 job slots");
    static_assert(L.batches <= (std::uint32_t{1} << 22) && L.edges <= (std::uint32_t{1} << 22) &&
                      L.recurring <= 0xFFFF,
                  "limits.batches and limits.edges are at most 2^22, limits.recurring 65,535");
    static_assert(L.job_bytes >= 1 && L.job_align >= 1 &&
                      (L.job_align & (L.job_align - 1)) == 0,
                  "limits.job_align is a power of two, limits.job_bytes at least 1");
    static_assert(!has_workers || Platform::has_threads,
                  "this platform has no threads: set limits.workers to 0, and call poll() and wait()");
    static_assert(L.recurring == 0 || L.job_bytes >= 2 * sizeof(void*),
                  "limits.job_bytes: an occurrence of a recurring job needs room for two pointers "
                  "(or set limits.recurring to 0)");
    static_assert(L.keys == 0 && L.history == 0 && L.error_bytes == 0,
                  "limits.keys, history and error_bytes are of features to come: leave them at 0");

    constexpr scheduler_core() noexcept = default;
    constexpr explicit scheduler_core(Platform machine) noexcept : machine_{machine} {}
    scheduler_core(const scheduler_core&) = delete;
    scheduler_core& operator=(const scheduler_core&) = delete;

    [[nodiscard]] Platform& machine() noexcept { return machine_; }

    // ---- Submission: any thread or interrupt --------------------------------------------------

    job_id refuse(submit_error why) noexcept {
        // relaxed: a count, nothing hangs on it.
        refused_.fetch_add(1, std::memory_order_relaxed);
        return why;
    }

    // Takes a slot for a job and fills in everything but its callable.
    [[nodiscard]] job_id reserve(name called, name queue, retry_policy retry) noexcept {
        if (lot_.glance().phase() != phase::accepting) {
            return refuse(submit_error::stopped);
        }
        const std::uint32_t line = queue_index(queue);
        if (line == L.queues.count) {
            return refuse(submit_error::unknown_queue);
        }
        const job_id id = build(called, line, retry);
        return id ? id : refuse(submit_error::full);
    }

    template <class F>
    void emplace(job_id id, F&& function) noexcept {
        table_.job(id.index()).code.emplace(std::forward<F>(function));
    }

    void join_batch(job_id id, job_id batch) noexcept {
        table_.job(id.index()).batch = batch.index() + 1;
    }

    // Makes a built job ready to run.
    job_id publish_ready(job_id id) noexcept {
        table_.publish(id, job_state::enqueued);
        ready_[table_.queue_of(id.index())].put(id.index());
        const auto seen = lot_.look();
        lot_.wake_one(machine_, seen);
        return confirm(id, seen.phase());
    }

    // Makes a built job wait for its time.
    job_id publish_scheduled(job_id id, time_point due) noexcept {
        const time_point now = machine_.now();
        if (due <= now) {
            return publish_ready(id);
        }
        const tick due_tick = clock::ceil(due);
        table_.job(id.index()).due = due_tick;
        table_.publish(id, job_state::scheduled, state_word::posted);
        inbox_.put(id.index());
        const auto seen = lot_.look();
        lot_.keep_time(machine_, seen, shorten(due_tick, clock::floor(now)));
        return confirm(id, seen.phase());
    }

    // Makes a built job a continuation of `parents`.
    template <class Parents>
    job_id publish_awaiting(job_id id, const Parents& parents, when condition) noexcept {
        table_.expect_parents(id, static_cast<std::uint32_t>(parents.size()));
        table_.publish(id, job_state::awaiting);
        submit_error refusal = submit_error::none;
        bool unmet = false;
        for (const job_id parent : parents) {
            switch (link(parent, id, condition)) {
                case linked::waiting: break;
                case linked::met: static_cast<void>(table_.release_parent(id)); break;
                case linked::unmet: unmet = true; break;
                case linked::gone: refusal = submit_error::gone; break;
                case linked::full: refusal = submit_error::out_of_edges; break;
            }
            if (refusal != submit_error::none) {
                break;
            }
        }
        if (refusal != submit_error::none) {
            return withdraw(id) ? refuse(refusal) : id;
        }
        std::uint32_t released = 0;
        if (unmet) {
            released = delete_awaiting(id);
        } else if (table_.release_parent(id)) {
            released = release_awaiting(id);
        }
        const auto seen = lot_.look();
        if (released != 0) {
            lot_.wake_one(machine_, seen);
        }
        return confirm(id, seen.phase());
    }

    // ---- Batches: any thread or interrupt -----------------------------------------------------

    [[nodiscard]] job_id open_batch() noexcept {
        if (lot_.glance().phase() != phase::accepting) {
            return refuse(submit_error::stopped);
        }
        std::uint32_t index = 0;
        if (!table_.take_batch(index)) {
            return refuse(submit_error::out_of_batches);
        }
        const job_id id = table_.begin(index, 0);
        edges::open(table_.at(index).edges, id.generation());
        // relaxed: published with the state. One for being open.
        table_.at(index).pending.store(1, std::memory_order_relaxed);
        table_.publish(id, job_state::awaiting);
        return id;
    }

    // REQUIRES: the batch is open, or a member of it has not been counted out.
    void add_member(job_id batch) noexcept {
        // relaxed: the count cannot reach zero meanwhile.
        table_.at(batch.index()).pending.fetch_add(1, std::memory_order_relaxed);
    }

    // A member ended, or the batch was sealed. Makes ready what waits for the batch if that was all.
    void count_out(job_id batch, bool succeeded) noexcept {
        wake_for(settle_member(batch.index(), succeeded));
    }

    // ---- Questions and commands: any thread or interrupt --------------------------------------

    [[nodiscard]] job_state state(job_id id) const noexcept { return table_.find(id).state(); }

    // True if this call deleted the job: pending it never runs, running it is asked to stop.
    bool cancel(job_id id) noexcept {
        state_word seen = table_.find(id);
        for (;;) {
            const job_state from = seen.state();
            std::uint32_t flags = 0;
            if (from == job_state::gone || is_final(from) || !seen.is_of(id.generation())) {
                return false;
            }
            if (from == job_state::scheduled) {
                flags = state_word::posted;
            } else if (from == job_state::processing) {
                flags = state_word::running;
            }
            const bool must_post = from == job_state::scheduled && !seen.has(state_word::posted);
            if (!table_.change(id.index(), seen, seen.to(job_state::deleted, flags))) {
                continue;
            }
            if (must_post) {
                // The owner takes it out of the wheel now, and not when its time comes.
                inbox_.put(id.index());
                lot_.keep_time(machine_, lot_.look(), shorten(0, clock::floor(machine_.now())));
            } else if (from == job_state::awaiting && !table::is_batch(id.index())) {
                put_ready(id.index());
                wake_for(1);
            }
            return true;
        }
    }

    [[nodiscard]] job_counts counts() const noexcept {
        job_counts result;
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            const state_word seen = table_.state(index);
            switch (seen.state()) {
                case job_state::awaiting: ++result.awaiting; break;
                case job_state::scheduled: ++result.scheduled; break;
                case job_state::enqueued: ++result.enqueued; break;
                case job_state::processing: ++result.processing; break;
                // Cancelled, and not yet taken out of its place.
                case job_state::deleted: result.deleted += seen.has(state_word::settled) ? 0U : 1U; break;
                default: break;
            }
        }
        for (const context& each : contexts_) {
            result.succeeded += each.succeeded.read();
            result.failed += each.failed.read();
            result.deleted += each.deleted.read();
            result.retried += each.retried.read();
        }
        result.missed = missed_.read();
        result.skipped = skipped_.read();
        result.coalesced = coalesced_.read();
        result.refused = refused_.load(std::memory_order_relaxed);
        return result;
    }

    // ---- Recurring jobs: the owner's table ----------------------------------------------------

    // Adds an entry or replaces the one of this name. `arm(entry, now)` sets its rule and returns
    // whether it has a first time.
    template <class F, class Arm>
    recurring_id add_recurring(name called, F&& function, const recurring_options& options,
                               Arm&& arm) noexcept {
        if (lot_.glance().phase() != phase::accepting) {
            return {refuse(submit_error::stopped).error()};
        }
        const std::uint32_t line = queue_index(options.queue);
        if (line == L.queues.count) {
            return {refuse(submit_error::unknown_queue).error()};
        }
        if (options.overlap == overlap::allow && !callable_as_const<std::decay_t<F>>) {
            return {refuse(submit_error::not_const).error()};
        }
        if (!enter_time_waiting()) {
            return {refuse(submit_error::busy).error()};
        }
        submit_error refusal = submit_error::none;
        std::uint32_t index = 0;
        const std::optional<std::uint32_t> former = recurring_.find(called);
        if (!recurring_.take(index)) {
            refusal = submit_error::recurring_full;
        } else {
            auto& entry = recurring_.at(index);
            entry.called = called;
            entry.queue = static_cast<std::uint8_t>(line);
            entry.retry = options.retry;
            entry.overlap = options.overlap;
            entry.by_calendar = false;
            if constexpr (callable_as_const<std::decay_t<F>>) {
                entry.code.emplace_const(std::forward<F>(function));
            } else {
                entry.code.emplace(std::forward<F>(function));
            }
            refusal = arm(entry, machine_.now());
            calendar_entries_ += entry.by_calendar ? 1 : 0;
            if (refusal == submit_error::none) {
                arm_recurring(index);
            } else {
                unlist(index);
            }
        }
        const recurring_id result =
            refusal == submit_error::none
                ? recurring_id{index, recurring_.at(index).generation}
                : recurring_id{refuse(refusal).error()};
        const bool replaces = result && former;
        if (replaces) {
            unlist(*former);
        }
        leave_time_outside();
        // Outside: dropping the last reference runs the callable's destructor.
        if (replaces) {
            recurring_.release(*former);
        }
        if (!result && refusal != submit_error::recurring_full) {
            recurring_.release(index);
        }
        return result;
    }

    // False if there is no such entry any more, or the owner is interrupted by the caller.
    template <class Key>
    bool remove_recurring(Key key) noexcept {
        if (!enter_time_waiting()) {
            return false;
        }
        const std::optional<std::uint32_t> found = recurring_.find(key);
        if (found) {
            unlist(*found);
        }
        leave_time_outside();
        if (found) {
            recurring_.release(*found);
        }
        return found.has_value();
    }

    // ---- Driving: workers and poll ------------------------------------------------------------

    poll_result poll(poll_budget budget) noexcept {
        // acquire, release: whoever polls next sees what this one did.
        if (polling_.exchange(1, std::memory_order_acquire) != 0) {
            return {.busy = true};
        }
        const poll_result result = poll_entered(budget);
        if (lot_.glance().phase() != phase::accepting) {
            finish_stop_without_workers(time_point::max());
        }
        polling_.store(0, std::memory_order_release);
        return result;
    }

    // Sleeps until something is ready or due, or until `limit`.
    void wait(std::optional<time_point> limit) noexcept { sleep(0, limit); }

    [[nodiscard]] std::optional<time_point> next_wake() noexcept {
        const time_point now = machine_.now();
        if (anything_ready() || !inbox_.empty()) {
            return now;
        }
        const short_deadline due = known_deadline();
        if (!due.exists()) {
            return std::nullopt;
        }
        return std::max(now, time_of(due, now));
    }

    // ---- Life --------------------------------------------------------------------------------

    start_result start() noexcept {
        if (lot_.glance().phase() != phase::accepting) {
            return {start_error::stopped, 0};
        }
        if (started_.exchange(1, std::memory_order_acq_rel) != 0) {
            return {start_error::already_started, 0};
        }
        if constexpr (has_workers) {
            return start_workers();
        } else {
            return {};
        }
    }

    [[nodiscard]] std::uint32_t worker_count() const noexcept {
        return worker_count_.load(std::memory_order_acquire);
    }

    stop_report stop(stop_mode mode, std::optional<duration> timeout) noexcept {
        const std::uint64_t ended_before = ended();
        const std::uint64_t cancelled_before = cancelled_by_stop_.read();
        const phase target = mode == stop_mode::drain ? phase::draining : phase::finishing;
        if (inside_a_job()) {
            request_stop(mode, target);
            return {.status = stop_status::requested, .running = counts().processing};
        }
        if (stopping_.exchange(1, std::memory_order_acquire) != 0) {
            return {.status = stop_status::busy, .running = counts().processing};
        }
        const time_point deadline =
            timeout ? clock::after(machine_.now(), *timeout) : time_point::max();
        request_stop(mode, target);
        bool complete = true;
        if constexpr (has_workers) {
            complete = await_workers(deadline);
        } else {
            polling_.store(1, std::memory_order_relaxed);
            finish_stop_without_workers(deadline);
            polling_.store(0, std::memory_order_relaxed);
        }
        stop_report report{.status = complete ? stop_status::stopped : stop_status::timed_out,
                           .cancelled = cancelled_by_stop_.read() - cancelled_before,
                           .running = complete ? 0 : counts().processing};
        report.finished = ended() - ended_before - report.cancelled;
        stopping_.store(0, std::memory_order_release);
        return report;
    }

private:
    static constexpr auto relaxed = std::memory_order_relaxed;

    // A wall clock that moved by more than this against the monotonic one was set.
    static constexpr wall_time::duration wall_jump{10};

    // What one worker counts, on a cache line of its own where there are caches.
    struct alignas(Platform::has_threads ? 64 : alignof(word)) context {
        event_counter<Platform> succeeded;
        event_counter<Platform> failed;
        event_counter<Platform> deleted;
        event_counter<Platform> retried;
    };
    // Of the workers (or poll), and one more for whoever ends the scheduler's life.
    static constexpr std::uint32_t ending = sleeper_count;

    enum class linked : std::uint8_t { waiting, met, unmet, gone, full };

    // ---- Submission, inside ------------------------------------------------------------------

    [[nodiscard]] static constexpr std::uint32_t queue_index(name queue) noexcept {
        return queue.empty() ? L.default_queue() : L.queues.find(queue.view());
    }

    [[nodiscard]] job_id build(name called, std::uint32_t line, retry_policy retry) noexcept {
        std::uint32_t index = 0;
        if (!table_.take_job(index)) {
            return {};
        }
        const job_id id = table_.begin(index, line);
        edges::open(table_.at(index).edges, id.generation());
        auto& slot = table_.job(index);
        slot.called = called;
        slot.retry = retry;
        slot.batch = table::slot::no_batch;
        return id;
    }

    // The submitter's second look at the phase, after its job is visible. The scheduler stopped
    // meanwhile: whoever changes the state first decides, the submitter or who stops.
    [[nodiscard]] job_id confirm(job_id id, phase seen) noexcept {
        return seen == phase::accepting || !withdraw(id) ? id : refuse(submit_error::stopped);
    }

    // Takes a visible job back before it runs; false if it has been taken or deleted already.
    bool withdraw(job_id id) noexcept {
        state_word seen = table_.find(id);
        for (;;) {
            const job_state from = seen.state();
            const bool pending = from == job_state::enqueued || from == job_state::scheduled ||
                                 from == job_state::awaiting;
            if (!pending || !seen.is_of(id.generation())) {
                return false;
            }
            const std::uint32_t flags = state_word::settled |
                                        (seen.has(state_word::posted) ? state_word::posted : 0);
            // After the change nobody else destroys the callable; it is destroyed here, by its
            // submitter, as if it had never been taken.
            if (table_.change(id.index(), seen, seen.to(job_state::deleted, flags))) {
                table_.job(id.index()).code.reset();
                if (from == job_state::awaiting) {
                    table_.put_free(id.index());  // in no ring; else who finds it there frees it
                }
                return true;
            }
        }
    }

    [[nodiscard]] linked link(job_id parent, job_id child, when condition) noexcept {
        if constexpr (L.edges > 0) {
            if (table_.find(parent).state() == job_state::gone) {
                return linked::gone;
            }
            std::uint32_t edge = 0;
            if (!edges_.take(edge)) {
                return linked::full;
            }
            const auto result = edges_.add(table_.at(parent.index()).edges, parent.generation(),
                                           edge, child, condition);
            if (result == edges::added::waiting) {
                return linked::waiting;
            }
            edges_.put(edge);
            // `sealed` was met: the final state is visible, unless the slot serves another job now.
            const job_state end = table_.find(parent).state();
            if (result == edges::added::gone || !is_final(end)) {
                return linked::gone;
            }
            return meets(end, condition) ? linked::met : linked::unmet;
        } else {
            return linked::full;
        }
    }

    [[nodiscard]] static constexpr bool meets(job_state end, when condition) noexcept {
        const when bit = end == job_state::succeeded ? when::success
                         : end == job_state::failed  ? when::failure
                                                     : when::deletion;
        return (static_cast<unsigned>(condition) & static_cast<unsigned>(bit)) != 0;
    }

    // ---- Ready rings -------------------------------------------------------------------------

    void put_ready(std::uint32_t index) noexcept { ready_[table_.queue_of(index)].put(index); }

    [[nodiscard]] bool anything_ready() const noexcept {
        for (const auto& ring : ready_) {
            if (!ring.empty()) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool take(std::uint32_t& index) noexcept {
        for (auto& ring : ready_) {
            if (ring.get(index)) {
                return true;
            }
        }
        return false;
    }

    // Wakes a sleeper for each of `jobs` that were made ready, as far as there are sleepers.
    void wake_for(std::uint32_t jobs) noexcept {
        for (; jobs != 0; --jobs) {
            const auto seen = lot_.look();
            if (seen.sleepers() == 0) {
                return;
            }
            lot_.wake_one(machine_, seen);
        }
    }

    // The same for a worker that takes the next job itself.
    void wake_for_others(std::uint32_t jobs) noexcept {
        if (jobs > 1) {
            wake_for(jobs - 1);
        }
    }

    // A continuation all of whose parents ended as they should. 1 if it is ready now.
    std::uint32_t release_awaiting(job_id id) noexcept {
        return move_awaiting(id, job_state::enqueued);
    }
    // One whose condition cannot be met any more: whoever takes it ends it, and so what waits for it.
    std::uint32_t delete_awaiting(job_id id) noexcept {
        return move_awaiting(id, job_state::deleted);
    }
    std::uint32_t move_awaiting(job_id id, job_state to) noexcept {
        state_word seen = table_.find(id);
        while (seen.state() == job_state::awaiting && seen.is_of(id.generation())) {
            if (table_.change(id.index(), seen, seen.to(to))) {
                put_ready(id.index());
                return 1;
            }
        }
        return 0;
    }

    // ---- Running -----------------------------------------------------------------------------

    // Deals with an index from a ready ring. True if a callable was run.
    bool process(std::uint32_t index, std::uint32_t self) noexcept {
        state_word seen = table_.state(index);
        for (;;) {
            if (seen.has(state_word::settled)) {
                table_.put_free(index);  // its submitter took it back
                return false;
            }
            if (seen.state() == job_state::deleted) {
                retire(index, job_state::deleted, self);
                return false;
            }
            PAWL_ASSERT(seen.state() == job_state::enqueued);
            const std::uint32_t batch = table_.job(index).batch;
            const bool dropped =
                batch != table::slot::no_batch &&
                table_.state(batch - 1).state() == job_state::deleted;
            const state_word next = dropped
                                        ? seen.to(job_state::deleted)
                                        : seen.to(job_state::processing, state_word::running);
            if (!table_.change(index, seen, next)) {
                continue;
            }
            if (dropped) {
                retire(index, job_state::deleted, self);
                return false;
            }
            run(index, next, self);
            return true;
        }
    }

    void run(std::uint32_t index, state_word seen, std::uint32_t self) noexcept {
        auto& slot = table_.job(index);
        const job_id id = table_.id_of(index);
        const std::uint32_t attempt = table_.attempts(index) + 1;
        table_.set_attempts(index, attempt);
        job_context job{id, attempt, slot.called, this, &asked_to_stop};
        const outcome said = slot.code.run(job);

        switch (said.what()) {
            case outcome::kind::success: end(index, seen, job_state::succeeded, self); return;
            case outcome::kind::fail: end(index, seen, job_state::failed, self); return;
            case outcome::kind::discard: end(index, seen, job_state::deleted, self); return;
            case outcome::kind::snooze:
                table_.set_attempts(index, attempt - 1);
                again(index, seen, said.after(), self);
                return;
            case outcome::kind::retry:
            case outcome::kind::retry_in: break;
        }
        if (attempt > slot.retry.max_retries()) {
            end(index, seen, job_state::failed, self);
            return;
        }
        const bool asked = said.what() == outcome::kind::retry_in;
        if (again(index, seen,
                  asked ? said.after() : slot.retry.delay(attempt, random(id, attempt)), self)) {
            contexts_[self].retried.add();
        }
    }

    // The job ends by itself, unless it was cancelled while it ran.
    void end(std::uint32_t index, state_word seen, job_state final, std::uint32_t self) noexcept {
        while (!table_.change(index, seen, seen.to(final))) {
            final = job_state::deleted;  // only cancel() changes the state of a running job
        }
        retire(index, final, self);
    }

    // The job runs again after a rest; false if it was cancelled meanwhile.
    bool again(std::uint32_t index, state_word seen, std::chrono::microseconds rest,
               std::uint32_t self) noexcept {
        const std::optional<duration> delay = clock::delay(rest);
        const bool at_once = delay && *delay == duration::zero();
        const time_point now = machine_.now();
        table_.job(index).due =
            clock::ceil(clock::after(now, delay ? *delay : clock::delay_max));
        const state_word next = at_once ? seen.to(job_state::enqueued)
                                        : seen.to(job_state::scheduled, state_word::posted);
        if (!table_.change(index, seen, next)) {
            end(index, seen, job_state::deleted, self);
            return false;
        }
        if (at_once) {
            put_ready(index);
        } else {
            inbox_.put(index);  // this worker, or poll, looks into the inbox before it sleeps
        }
        return true;
    }

    // Everything that follows from a job's end. REQUIRES: the caller holds the index.
    void retire(std::uint32_t index, job_state final, std::uint32_t self) noexcept {
        auto& slot = table_.job(index);
        slot.code.reset();
        std::uint32_t ready = resolve(index, final);
        if (slot.batch != table::slot::no_batch) {
            ready += settle_member(slot.batch - 1, final == job_state::succeeded);
        }
        context& counts = contexts_[self];
        (final == job_state::succeeded ? counts.succeeded
         : final == job_state::failed  ? counts.failed
                                       : counts.deleted)
            .add();
        table_.give_back(index);
        wake_for_others(ready);
    }

    // Tells the continuations of a node how it ended; returns how many became ready.
    std::uint32_t resolve(std::uint32_t index, job_state final) noexcept {
        std::uint32_t ready = 0;
        edges_.close(table_.at(index).edges, table_.id_of(index).generation(),
                     [&](job_id child, when condition) noexcept {
                         if (!meets(final, condition)) {
                             ready += delete_awaiting(child);
                         } else if (table_.release_parent(child)) {
                             ready += release_awaiting(child);
                         }
                     });
        return ready;
    }

    // One member less; the last one ends the batch. Returns how many continuations became ready.
    std::uint32_t settle_member(std::uint32_t batch, bool succeeded) noexcept {
        auto& node = table_.at(batch);
        if (!succeeded) {
            // relaxed: ordered before the count below, by the same thread.
            node.info.fetch_or(1, relaxed);
        }
        // acq_rel: the last one sees what every member did.
        if (node.pending.fetch_sub(1, std::memory_order_acq_rel) != 1) {
            return 0;
        }
        job_state final = table_.attempts(batch) != 0 ? job_state::failed : job_state::succeeded;
        state_word seen = table_.state(batch);
        while (seen.state() == job_state::awaiting && !table_.change(batch, seen, seen.to(final))) {
        }
        if (seen.state() == job_state::deleted) {
            final = job_state::deleted;  // it was cancelled
        }
        const std::uint32_t ready = resolve(batch, final);
        table_.give_back(batch);
        return ready;
    }

    static bool asked_to_stop(const void* self, job_id job) noexcept {
        const auto& core = *static_cast<const scheduler_core*>(self);
        return core.ask_.load(std::memory_order_acquire) != 0 ||
               core.table_.find(job).state() != job_state::processing;
    }

    // A number that depends on the job and the attempt alone: the same program spreads its retries
    // the same way each time. (The finalizer of MurmurHash3.)
    [[nodiscard]] static constexpr std::uint32_t random(job_id id, std::uint32_t attempt) noexcept {
        std::uint32_t bits = id.index() * 0x9E37'79B9 + id.generation() * 0x85EB'CA6B + attempt;
        bits = (bits ^ bits >> 16) * 0x85EB'CA6B;
        bits = (bits ^ bits >> 13) * 0xC2B2'AE35;
        return bits ^ bits >> 16;
    }

    // ---- Time: the owner ---------------------------------------------------------------------

    [[nodiscard]] static constexpr short_deadline shorten(tick due, tick now) noexcept {
        using difference = std::make_signed_t<tick>;
        const auto distance = static_cast<difference>(static_cast<tick>(due - now));
        constexpr auto farthest = static_cast<difference>(short_deadline::distance_max);
        if (distance > farthest) {
            return short_deadline::at(static_cast<tick>(now + static_cast<tick>(farthest)));
        }
        return short_deadline::at(distance < 0 ? now : due);
    }

    // The next deadline; none once the scheduler stops, for then nothing waits for its time any more.
    [[nodiscard]] short_deadline known_deadline() const noexcept {
        const short_deadline due{due_.load(std::memory_order_acquire)};
        return lot_.glance().phase() == phase::accepting ? due : short_deadline{};
    }

    [[nodiscard]] static time_point time_of(short_deadline due, time_point now) noexcept {
        const tick present = clock::floor(now);
        return clock::time(static_cast<tick>(
            present + static_cast<tick>(due.ticks_from(present))));
    }

    [[nodiscard]] bool time_wants_attention() const noexcept {
        if (!inbox_.empty()) {
            return lot_.glance().phase() == phase::accepting;
        }
        const short_deadline due = known_deadline();
        return due.exists() && due.ticks_from(clock::floor(machine_.now())) <= 0;
    }

    // Becomes the owner of wheel and recurring table; false if somebody is. An exchange, not a
    // compare-and-swap: a loser's write is what lets the owner see, when it leaves, what the loser
    // had put into the inbox before. acq_rel: pairs with leave_time().
    [[nodiscard]] bool enter_time() noexcept {
        return owner_.exchange(1, std::memory_order_acq_rel) == 0;
    }

    // For callers that are not allowed to fail while another thread looks at the time; false from
    // inside of an interrupt of the owner itself.
    [[nodiscard]] bool enter_time_waiting() noexcept {
        while (!enter_time()) {
            if constexpr (Platform::has_threads) {
                Platform::yield();
            } else {
                return false;
            }
        }
        return true;
    }

    // Publishes the next deadline and stops being the owner.
    void leave_time() noexcept {
        const tick now = wheel_.now();
        short_deadline due;
        if (const std::optional<tick> next = wheel_.next_due()) {
            due = shorten(*next, now);
        }
        if (calendar_entries_ != 0 && Platform::calendar_sleep_max != duration::max()) {
            const tick look_again =
                clock::ceil(clock::time(now) + Platform::calendar_sleep_max);
            const short_deadline cap = shorten(look_again, now);
            due = cap.before(due) ? cap : due;
        }
        due_.store(due.bits(), std::memory_order_release);
        owner_.exchange(0, std::memory_order_acq_rel);
    }

    // For threads that are no workers: they look once more themselves at what came meanwhile, and see
    // to it that somebody keeps the deadline.
    void leave_time_outside() noexcept {
        leave_time();
        wake_for(serve_time());
        lot_.keep_time(machine_, lot_.look(), known_deadline());
    }

    // Empties the inbox into the wheel and hands out what is due. Returns how many jobs became ready.
    std::uint32_t serve_time(std::uint32_t moves = wheel_budget::unlimited) noexcept {
        std::uint32_t ready = 0;
        while (time_wants_attention() && enter_time()) {
            const time_point now = machine_.now();
            ready += drain_inbox();
            notice_wall_jump(now);
            const auto progress = wheel_.advance(
                clock::floor(now),
                [&](std::uint32_t timer) noexcept { ready += fire(timer, now); },
                {.moves = moves});
            leave_time();
            if (!progress.complete) {
                break;
            }
        }
        return ready;
    }

    std::uint32_t drain_inbox() noexcept {
        std::uint32_t ready = 0;
        std::uint32_t index = 0;
        // Bounded: an index comes at most twice, to be armed and to be cancelled.
        for (std::uint32_t left = 2 * L.jobs; left != 0 && inbox_.get(index); --left) {
            state_word seen = table_.state(index);
            for (;;) {
                if (seen.has(state_word::settled)) {
                    wheel_.cancel(index);
                    table_.put_free(index);  // its submitter took it back
                    break;
                }
                const bool lives = seen.state() == job_state::scheduled;
                PAWL_ASSERT(lives || seen.state() == job_state::deleted);
                if (!table_.change(index, seen, seen.to(seen.state()))) {
                    continue;
                }
                if (lives) {
                    wheel_.schedule(index, table_.job(index).due);
                } else {
                    wheel_.cancel(index);
                    put_ready(index);  // to be ended by a worker: no foreign code in here
                    ++ready;
                }
                break;
            }
        }
        return ready;
    }

    // A timer is due. 1 if that made a job ready.
    std::uint32_t fire(std::uint32_t timer, time_point now) noexcept {
        if constexpr (L.recurring > 0) {
            if (timer >= L.jobs) {
                return fire_recurring(timer - L.jobs, now);
            }
        }
        state_word seen = table_.state(timer);
        for (;;) {
            if (seen.has(state_word::settled)) {
                table_.put_free(timer);  // its submitter took it back
                return 0;
            }
            if (seen.state() != job_state::scheduled) {
                return 0;  // cancelled: its index is in the inbox too, and is dealt with there
            }
            if (table_.change(timer, seen, seen.to(job_state::enqueued))) {
                put_ready(timer);
                return 1;
            }
        }
    }

    // ---- Recurring jobs, inside: the owner ------------------------------------------------------

    // Arms an entry's timer. A deadline beyond what a tick can count is armed in steps.
    void arm_recurring(std::uint32_t index) noexcept {
        auto& entry = recurring_.at(index);
        const time_point now = machine_.now();
        duration rest = clock::delay_max;
        if (entry.by_calendar) {
            const auto wall = machine_.wall_now();
            rest = clock::delay(entry.wall_due - wall).value_or(clock::delay_max);
            wall_offset_ = wall_distance(now, wall);
        } else if (entry.due - now < clock::delay_max) {
            rest = entry.due - now;
        }
        const time_point due = entry.by_calendar ? clock::after(now, rest) : now + rest;
        wheel_.schedule(L.jobs + index, clock::ceil(due));
    }

    std::uint32_t fire_recurring(std::uint32_t index, time_point now) noexcept {
        auto& entry = recurring_.at(index);
        std::uint32_t ready = 0;
        if (entry.by_calendar) {
            const auto wall = machine_.wall_now();
            if (wall >= entry.wall_due) {
                ready = spawn(index);
                std::optional<std::chrono::sys_seconds> next =
                    entry.expression.next(entry.wall_due);
                if (next && *next <= wall) {
                    coalesced_.add();
                    next = entry.expression.next(std::chrono::floor<std::chrono::seconds>(wall));
                }
                if (!next) {
                    return ready;  // never again; the entry stays listed, and can be replaced
                }
                entry.wall_due = *next;
            }
        } else if (now >= entry.due) {
            ready = spawn(index);
            entry.due += entry.period;
            if (entry.due <= now) {
                const auto behind = (now - entry.due) / entry.period + 1;
                coalesced_.add(static_cast<std::uint32_t>(
                    std::min<std::common_type_t<decltype(behind), std::int64_t>>(behind,
                                                                                0xFFFF'FFFF)));
                entry.due += entry.period * behind;
            }
        }
        arm_recurring(index);
        return ready;
    }

    // Makes the job of an occurrence. 1 if it is ready.
    std::uint32_t spawn(std::uint32_t index) noexcept {
        auto& entry = recurring_.at(index);
        if (entry.overlap == overlap::skip && recurring_.occupied(index)) {
            skipped_.add();
            return 0;
        }
        if (lot_.glance().phase() != phase::accepting) {
            return 0;
        }
        const job_id id = build(entry.called, entry.queue, entry.retry);
        if (!id) {
            missed_.add();
            return 0;
        }
        recurring_.add_reference(index);
        emplace(id, occurrence<recurrings>{recurring_, index});
        table_.publish(id, job_state::enqueued);
        put_ready(id.index());
        return 1;
    }

    void unlist(std::uint32_t index) noexcept {
        auto& entry = recurring_.at(index);
        entry.listed = false;
        calendar_entries_ -= entry.by_calendar ? 1 : 0;
        wheel_.cancel(L.jobs + index);
    }

    [[nodiscard]] static wall_time::duration wall_distance(time_point now,
                                                           wall_time wall) noexcept {
        return wall.time_since_epoch() -
               std::chrono::floor<wall_time::duration>(now.time_since_epoch());
    }

    // The calendar was set against the monotonic clock: every calendar entry's distance is new.
    void notice_wall_jump(time_point now) noexcept {
        if constexpr (L.recurring > 0) {
            if (calendar_entries_ == 0) {
                return;
            }
            const auto moved = wall_distance(now, machine_.wall_now()) - wall_offset_;
            if (moved <= wall_jump && moved >= -wall_jump) {
                return;
            }
            for (std::uint32_t index = 0; index < L.recurring; ++index) {
                if (recurring_.at(index).by_calendar && wheel_.cancel(L.jobs + index)) {
                    arm_recurring(index);
                }
            }
        }
    }

    // ---- Sleeping ----------------------------------------------------------------------------

    // Sleeps until there is work, a deadline, or `limit`. Decides and sleeps as parking_lot says.
    // True if this sleeper kept the time and others sleep on: it owes them a timekeeper before it
    // turns to a job.
    bool sleep(std::uint32_t self, std::optional<time_point> limit) noexcept {
        auto seen = lot_.announce(self);
        if (!may_sleep(seen.phase())) {
            lot_.retract(self);
            return true;
        }
        if (time_wants_attention() && owner_is_free()) {
            lot_.retract(self);
            return true;
        }
        const bool keeper = lot_.claim_time(self);
        const short_deadline due = known_deadline();
        if (keeper) {
            lot_.arm(due);
            seen = lot_.announce(self);
            // Again, now that a submitter compares with what was armed.
            if (!may_sleep(seen.phase()) || known_deadline() != due ||
                (time_wants_attention() && owner_is_free())) {
                lot_.drop_time();
                return lot_.retract(self).sleepers() != 0;
            }
        } else {
            lot_.keep_time(machine_, seen, due);
        }
        if (keeper && due.exists()) {
            const time_point until = time_of(due, machine_.now());
            lot_.park_until(machine_, self, limit ? std::min(until, *limit) : until);
        } else if (limit) {
            lot_.park_until(machine_, self, *limit);
        } else {
            lot_.park(machine_, self);
        }
        if (keeper) {
            lot_.drop_time();
        }
        return lot_.retract(self).sleepers() != 0 && keeper;
    }

    [[nodiscard]] bool may_sleep(phase seen) const noexcept {
        return seen < phase::finishing && !anything_ready();
    }

    // A read-modify-write, for the same reason as in enter_time(): an owner that is not seen to have
    // left will see what this thread has seen, and look after it.
    [[nodiscard]] bool owner_is_free() noexcept {
        return owner_.fetch_or(0, std::memory_order_acq_rel) == 0;
    }

    // ---- Poll --------------------------------------------------------------------------------

    poll_result poll_entered(poll_budget budget) noexcept {
        poll_result result;
        // Without a budget a poll still ends: one that feeds itself goes on in the next.
        const std::uint32_t jobs_max = std::min(budget.jobs, std::max(L.jobs, std::uint32_t{64}));
        const bool timed = budget.time != std::chrono::nanoseconds::max();
        const time_point end =
            timed ? clock::after(machine_.now(), clock::delay(budget.time).value_or(clock::delay_max))
                  : time_point::max();
        serve_time(budget.moves);
        std::uint32_t index = 0;
        while (result.ran < jobs_max && lot_.glance().phase() < phase::finishing && take(index)) {
            result.ran += process(index, 0) ? 1U : 0U;
            if (timed && machine_.now() >= end) {
                break;
            }
            serve_time(budget.moves);
        }
        result.more = anything_ready() || time_wants_attention();
        return result;
    }

    void finish_stop_without_workers(time_point deadline) noexcept {
        std::uint32_t index = 0;
        while (lot_.glance().phase() == phase::draining && machine_.now() < deadline &&
               take(index)) {
            process(index, 0);
        }
        if (lot_.glance().phase() != phase::stopped) {
            lot_.enter(phase::stopped);
            sweep();
        }
    }

    // ---- Workers -----------------------------------------------------------------------------

    struct worker {
        scheduler_core* core = nullptr;
        std::uint32_t index = 0;
        typename Platform::thread thread = {};
    };
    struct no_worker {};

    start_result start_workers() noexcept
        requires has_workers
    {
        const std::uint32_t wanted =
            L.workers == one_per_core
                ? std::min<std::uint32_t>(machine_.thread_count(), L.workers_max)
                : L.workers;
        std::uint32_t count = 0;
        while (count < wanted) {
            workers_[count].core = this;
            workers_[count].index = count;
            if (!workers_[count].thread.start(&work_entry, &workers_[count])) {
                break;
            }
            ++count;
        }
        // release: the threads' handles, to the workers that wait for this and to stop().
        worker_count_.store(count, std::memory_order_release);
        for (std::uint32_t index = 0; index < count; ++index) {
            lot_.give_permit(machine_, index);
        }
        return {count == 0 ? start_error::no_threads : start_error::none, count};
    }

    static void work_entry(void* argument) noexcept
        requires has_workers
    {
        auto& self = *static_cast<worker*>(argument);
        self.core->work(self.index);
    }

    void work(std::uint32_t self) noexcept
        requires has_workers
    {
        // acquire: all threads have been started, and their handles can be compared.
        while (worker_count_.load(std::memory_order_acquire) == 0) {
            lot_.park(machine_, self);
        }
        bool owes_timekeeper = false;
        for (;;) {
            // A deadline that came nearer through this worker's hands is its business, too.
            const short_deadline before = known_deadline();
            const std::uint32_t ready = serve_time();
            owes_timekeeper = owes_timekeeper || known_deadline() != before;
            wake_for_others(ready);

            if (lot_.glance().phase() >= phase::finishing) {
                break;
            }
            // Counted as busy before taking: while anybody is, what is ready may still grow.
            busy_.fetch_add(1, std::memory_order_acq_rel);
            std::uint32_t index = 0;
            const bool taken = take(index);
            if (taken) {
                if (owes_timekeeper) {
                    lot_.keep_time(machine_, lot_.look(), known_deadline());
                    owes_timekeeper = false;
                }
                process(index, self);
            }
            const bool last = busy_.fetch_sub(1, std::memory_order_acq_rel) == 1;
            if (taken) {
                continue;
            }
            if (lot_.look().phase() == phase::draining && last && !anything_ready()) {
                lot_.enter(phase::finishing);  // drained: nobody is left to make anything ready
                lot_.wake_all(machine_);
                break;
            }
            owes_timekeeper = sleep(self, std::nullopt);
        }
        exit_worker();
    }

    // The last worker to leave ends the scheduler's life.
    void exit_worker() noexcept
        requires has_workers
    {
        // acq_rel: the last one sees what all others did.
        if (exited_.fetch_add(1, std::memory_order_acq_rel) + 1 == worker_count()) {
            lot_.enter(phase::stopped);
            sweep();
            over_.store(1, std::memory_order_release);
            machine_.unpark(stopper_);
        }
    }

    // ---- Stopping ----------------------------------------------------------------------------

    [[nodiscard]] bool inside_a_job() noexcept {
        if constexpr (has_workers) {
            for (std::uint32_t index = 0; index < worker_count(); ++index) {
                if (workers_[index].thread.is_current()) {
                    return true;
                }
            }
            return false;
        } else {
            return polling_.load(std::memory_order_relaxed) != 0;
        }
    }

    void request_stop(stop_mode mode, phase target) noexcept {
        if (mode == stop_mode::abandon) {
            ask_.store(1, std::memory_order_release);
        }
        lot_.enter(target);
        lot_.wake_all(machine_);
    }

    // True once all workers have left and their threads are joined.
    bool await_workers(time_point deadline) noexcept
        requires has_workers
    {
        if (worker_count() == 0) {
            if (lot_.enter(phase::stopped)) {
                sweep();
            }
            return true;
        }
        while (over_.load(std::memory_order_acquire) == 0) {
            if (deadline == time_point::max()) {
                machine_.park(stopper_);
            } else if (machine_.now() < deadline) {
                machine_.park_until(stopper_, deadline);
            } else {
                ask_.store(1, std::memory_order_release);
                lot_.enter(phase::finishing);
                lot_.wake_all(machine_);
                sweep();
                return false;
            }
        }
        if (joined_.exchange(1, std::memory_order_acq_rel) == 0) {
            for (std::uint32_t index = 0; index < worker_count(); ++index) {
                workers_[index].thread.join();
            }
        }
        return true;
    }

    // Deletes everything that has not begun, and destroys its callables. What still runs is left to
    // its worker, and swept when the last one leaves.
    void sweep() noexcept {
        while (sweeping_.exchange(1, std::memory_order_acq_rel) != 0) {
            if constexpr (Platform::has_threads) {
                Platform::yield();
            }
        }
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            state_word seen = table_.state(index);
            for (;;) {
                const job_state from = seen.state();
                const bool waits = from == job_state::awaiting || from == job_state::scheduled ||
                                   from == job_state::enqueued;
                const bool cancelled = from == job_state::deleted &&
                                       !seen.has(state_word::settled | state_word::running);
                if (!waits && !cancelled) {
                    break;
                }
                if (table_.change(index, seen, seen.to(job_state::deleted, state_word::settled))) {
                    table_.job(index).code.reset();
                    contexts_[ending].deleted.add();
                    if (waits) {
                        cancelled_by_stop_.add();
                    }
                    break;
                }
            }
        }
        sweep_batches();
        sweep_recurring();
        sweeping_.store(0, std::memory_order_release);
    }

    void sweep_batches() noexcept {
        for (std::uint32_t index = L.jobs; index < table::node_count; ++index) {
            state_word seen = table_.state(index);
            while (seen.state() == job_state::awaiting &&
                   !table_.change(index, seen, seen.to(job_state::deleted))) {
            }
        }
    }

    void sweep_recurring() noexcept {
        if constexpr (L.recurring > 0) {
            if (!enter_time_waiting()) {
                return;
            }
            for (std::uint32_t index = 0; index < L.recurring; ++index) {
                if (recurring_.at(index).listed) {
                    unlist(index);
                    recurring_.release(index);
                }
            }
            owner_.exchange(0, std::memory_order_acq_rel);
        }
    }

    [[nodiscard]] std::uint64_t ended() const noexcept {
        std::uint64_t result = 0;
        for (const context& each : contexts_) {
            result += each.succeeded.read() + each.failed.read() + each.deleted.read();
        }
        return result;
    }

    // ---- State -------------------------------------------------------------------------------

    PAWL_NO_UNIQUE_ADDRESS Platform machine_ = {};
    table table_;
    PAWL_NO_UNIQUE_ADDRESS edges edges_;
    index_ring<L.jobs, ring_start::empty, Platform> ready_[L.queues.count];
    index_ring<L.jobs, ring_start::empty, Platform> inbox_;
    parking_lot<sleeper_count, Platform> lot_;

    // The owner's.
    timer_wheel<L.jobs + L.recurring, tick> wheel_;
    PAWL_NO_UNIQUE_ADDRESS recurrings recurring_;
    std::uint32_t calendar_entries_ = 0;
    wall_time::duration wall_offset_{};  // wall minus monotonic clock, when a calendar entry was armed
    event_counter<Platform> missed_;
    event_counter<Platform> skipped_;
    event_counter<Platform> coalesced_;

    word owner_;         // 1 while somebody owns the wheel
    word due_;           // the short_deadline of the earliest timer
    word refused_;
    word polling_;       // 1 while poll() runs
    word ask_;           // 1 once running jobs are asked to stop
    word started_;
    word stopping_;      // 1 while a stop() waits
    word busy_;          // workers that may make something ready
    word worker_count_;
    word exited_;        // workers that have left
    word over_;          // 1 once the last one has
    word joined_;
    word sweeping_;
    event_counter<Platform> cancelled_by_stop_;
    context contexts_[sleeper_count + 1];
    typename Platform::parker stopper_ = {};
    std::conditional_t<has_workers, worker, no_worker> workers_[has_workers ? sleeper_count : 1];
};

}  // namespace PAWL_ABI
}  // namespace pawl
