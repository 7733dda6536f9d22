// SPDX-License-Identifier: BSL-1.0
//
// job_runner: runs what is ready, and decides what follows from a job's outcome.
//
// What: the steps that workers and poll() are made of: take an index and run its job, look at the
// time, sleep until there is something to do. One `context` of counters for each who does so.
//
// How a job ends: the state changes from processing by one compare-and-swap; cancel() may have been
// first, and then the job is deleted whatever it says. Whoever holds the index then destroys the
// callable, tells the continuations and the batch, counts, and gives the slot back.
//
// Cost: taking, running and ending an empty job a dozen read-modify-writes, none of them contended
// unless others take at the same time. Who may call: process, poll and sleep one thread for each
// context; the rest any thread or interrupt.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/scheduler/job_flow.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/scheduler/timekeeper.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class job_runner {
public:
    using clock = tick_clock<Platform>;
    using tick = typename clock::tick;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using flow_type = job_flow<L, Platform>;
    using table_type = typename flow_type::table_type;
    using time_type = timekeeper<L, Platform>;
    using lot_type = typename flow_type::lot_type;

    // ---- Submissions and commands that need the time: any thread or interrupt -------------------

    // Makes a built job wait for its time.
    job_id publish_scheduled(job_id id, time_point due) noexcept {
        const time_point now = flow.machine.now();
        if (clock::reached(due, now)) {
            return flow.publish_ready(id);
        }
        const tick due_tick = clock::ceil(due);
        time.set_due(id.index(), due_tick);
        flow.table.publish(id, job_state::scheduled, state_word::posted);
        time.post(id.index());
        const auto seen = flow.lot.look();
        flow.lot.keep_time(flow.machine, seen, time_type::shorten(due_tick, clock::floor(now)));
        return flow.confirm(id, seen.phase());
    }

    // True if this call deleted the job: pending it never runs, running it is asked to stop.
    bool cancel(job_id id) noexcept {
        state_word seen = flow.table.find(id);
        for (;;) {
            const job_state from = seen.state();
            std::uint32_t flags = 0;
            if (from == job_state::gone || is_final(from) || !seen.is_of(id.generation())) {
                return false;
            }
            if (from == job_state::scheduled) {
                flags = state_word::posted;
            } else if (from == job_state::processing) {
                flags = state_word::held;
            }
            const bool must_post = from == job_state::scheduled && !seen.has(state_word::posted);
            if (!flow.table.change(id.index(), seen, seen.to(job_state::deleted, flags))) {
                continue;
            }
            if (from == job_state::scheduled) {
                // The owner takes it out of the wheel now, and not when its time comes; or out of
                // the inbox, which nobody may have looked into for the sake of a late deadline.
                if (must_post) {
                    time.post(id.index());
                }
                flow.lot.keep_time(flow.machine, flow.lot.look(), soonest());
            } else if (from == job_state::awaiting && !table_type::is_batch(id.index())) {
                flow.put_ready(id.index());
                flow.wake_for(1);
            }
            return true;
        }
    }

    [[nodiscard]] job_counts counts() const noexcept {
        job_counts result;
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            const state_word seen = flow.table.state(index);
            switch (seen.state()) {
                case job_state::awaiting: ++result.awaiting; break;
                case job_state::scheduled: ++result.scheduled; break;
                case job_state::enqueued: ++result.enqueued; break;
                case job_state::processing: ++result.processing; break;
                case job_state::deleted:
                    // Cancelled, and not yet taken out of its place.
                    result.deleted += seen.has(state_word::settled) ? 0U : 1U;
                    break;
                default: break;
            }
        }
        for (const context& each : contexts_) {
            result.succeeded += each.succeeded.read();
            result.failed += each.failed.read();
            result.deleted += each.deleted.read();
            if constexpr (L.retries) {
                result.retried += each.retried.read();
            }
        }
        result.missed = time.recurring.missed.read();
        result.skipped = time.recurring.skipped.read();
        result.coalesced = time.recurring.coalesced.read();
        result.refused = flow.refused.load(std::memory_order_relaxed);
        return result;
    }

    // ---- Driving: one thread a context ----------------------------------------------------------

    // Deals with an index from a ready ring. True if a callable was run.
    bool process(std::uint32_t index, std::uint32_t self) noexcept {
        state_word seen = flow.table.state(index);
        for (;;) {
            if (seen.has(state_word::settled)) {
                flow.table.put_free(index);  // its submitter took it back
                return false;
            }
            PAWL_ASSERT(seen.state() == job_state::enqueued || seen.state() == job_state::deleted);
            const bool dropped = seen.state() == job_state::deleted || batch_deleted(index);
            const state_word next = dropped ? seen.to(job_state::deleted, end_flag)
                                            : seen.to(job_state::processing, state_word::held);
            if (!flow.table.change(index, seen, next)) {
                continue;
            }
            if (dropped) {
                retire(index, job_state::deleted, self);
            } else {
                run(index, next, self);
            }
            return !dropped;
        }
    }

    // Runs what is ready or due: at most so many jobs and moves of timers, and none after `end`
    // (time_point::max(): no end).
    poll_result poll(std::uint32_t jobs, std::uint32_t moves, time_point end) noexcept {
        poll_result result;
        // Without a budget a poll still ends: one that feeds itself goes on in the next.
        const std::uint32_t jobs_max = std::min(jobs, std::max(L.jobs, std::uint32_t{64}));
        do {
            const bool all_served = time.serve(flow, moves).left == 0;
            std::uint32_t index = 0;
            if (result.ran == jobs_max || flow.lot.glance().phase() >= phase::finishing) {
                break;
            }
            if (!flow.take(index)) {
                result.more = !all_served;
                return result;  // nothing was ready just now: what has come since is seen by wait()
            }
            result.ran += process(index, 0) ? 1U : 0U;
        } while (end == time_point::max() || !clock::reached(end, flow.machine.now()));
        result.more = flow.anything_ready() || time.wants_attention(flow);
        return result;
    }

    [[nodiscard]] std::optional<time_point> next_wake() noexcept {
        const time_point now = flow.machine.now();
        if (flow.anything_ready() || time.wants_attention(flow)) {
            return now;
        }
        const short_deadline due = time.known_deadline(flow);
        if (!due.exists()) {
            return std::nullopt;
        }
        const time_point next = time_type::time_of(due, now);
        return clock::reached(next, now) ? now : next;
    }

    // Sleeps until there is work, a deadline, or `limit`, as parking_lot says. `known` is the phase
    // in which the caller has found nothing to do: if it has gone on, the caller has to look again.
    // True if others may sleep without a timekeeper now: who turns to a job sees to one first.
    bool sleep(std::uint32_t self, std::optional<time_point> limit, phase known) noexcept
        requires(!interrupt_platform<Platform>) {
        if (!may_sleep(flow.lot.announce(self), known)) {
            flow.lot.retract(self);
            return true;
        }
        const bool keeper = flow.lot.claim_time(self);
        const short_deadline due = time.known_deadline(flow);
        // A deadline that has passed although the owner is at work is the owner's: it tells us of
        // the next one when it leaves. To sleep until it would be to spin.
        const bool passed = due.exists() && due.ticks_from(clock::floor(flow.machine.now())) <= 0;
        const bool timed = keeper && due.exists() && !passed;
        if (keeper) {
            flow.lot.arm(timed ? due : short_deadline{});
            // Again, now that a submitter compares with what was armed.
            if (!may_sleep(flow.lot.announce(self), known) || time.known_deadline(flow) != due) {
                flow.lot.drop_time();
                flow.lot.retract(self);
                return true;
            }
        } else {
            flow.lot.keep_time(flow.machine, flow.lot.look(), due);
        }
        if (timed) {
            const time_point until = time_type::time_of(due, flow.machine.now());
            flow.lot.park_until(flow.machine, self, limit ? std::min(until, *limit) : until);
        } else if (limit) {
            flow.lot.park_until(flow.machine, self, *limit);
        } else {
            flow.lot.park(flow.machine, self);
        }
        if (keeper) {
            flow.lot.drop_time();
        }
        return flow.lot.retract(self).sleepers() != 0 && keeper;
    }

    // The same where any interrupt wakes: it is the platform that looks once more.
    void sleep_until(time_point limit) noexcept requires(interrupt_platform<Platform>) {
        time_point until = limit;
        if (const short_deadline due = time.known_deadline(flow); due.exists()) {
            const time_point next = time_type::time_of(due, flow.machine.now());
            until = limit == time_point::max() || clock::reached(next, limit) ? next : limit;
        }
        flow.machine.sleep_until(until, [this]() noexcept {
            return flow.anything_ready() || time.wants_attention(flow);
        });
    }

    // ---- The scheduler's end --------------------------------------------------------------------

    // Running jobs see stop_requested() from now on.
    void ask_to_stop() noexcept {
        // release: pairs with asked_to_stop().
        ask_.store(1, std::memory_order_release);
    }

    // Deletes a job that has not begun, and destroys its callable, for good; also the callable of
    // one that was cancelled before. True if it was this call that deleted the job. Continuations
    // are not told: they are deleted, too.
    bool sweep(std::uint32_t index) noexcept {
        state_word seen = flow.table.state(index);
        for (;;) {
            const job_state from = seen.state();
            const bool waits = from == job_state::awaiting || from == job_state::scheduled ||
                               from == job_state::enqueued;
            const bool cancelled = from == job_state::deleted && !seen.has(state_word::settled) &&
                                   !seen.has(state_word::held);
            if (!waits && !cancelled) {
                return false;
            }
            if (flow.table.change(index, seen, seen.to(job_state::deleted, state_word::settled))) {
                flow.table.job(index).code.reset();
                contexts_[ending].deleted.add();
                return waits;
            }
        }
    }

    // Jobs that came to an end so far.
    [[nodiscard]] std::uint64_t ended() const noexcept {
        std::uint64_t result = 0;
        for (const context& each : contexts_) {
            result += each.succeeded.read() + each.failed.read() + each.deleted.read();
        }
        return result;
    }

    flow_type flow;
    time_type time;

private:
    // What one worker counts, on cache lines of its own where there are threads.
    static constexpr std::size_t line_bytes = 64;
    struct nothing_counted {};
    struct alignas(Platform::has_threads ? line_bytes : alignof(word)) context {
        event_counter<Platform> succeeded;
        event_counter<Platform> failed;
        event_counter<Platform> deleted;
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<L.retries, event_counter<Platform>, nothing_counted> retried;
    };
    [[nodiscard]] context& context_of(std::uint32_t self) noexcept {
        return contexts_[Platform::has_threads ? self : 0];
    }
    // The context of whoever ends the scheduler's life: without threads, of the same one who runs
    // its jobs.
    static constexpr std::uint32_t ending = Platform::has_threads ? L.sleepers() : 0;

    [[nodiscard]] bool batch_deleted(std::uint32_t index) noexcept {
        if constexpr (L.batches > 0) {
            const std::uint32_t batch = flow.table.job(index).batch.get();
            return batch != table_type::slot::no_batch &&
                   flow.table.state(batch - 1).state() == job_state::deleted;
        } else {
            return false;
        }
    }

    // A deadline that has come: the timekeeper should look now.
    [[nodiscard]] short_deadline soonest() const noexcept {
        return short_deadline::at(clock::floor(flow.machine.now()));
    }

    // Whether there is nothing to do for a sleeper that has announced itself.
    [[nodiscard]] bool may_sleep(typename lot_type::view seen, phase known) noexcept {
        return seen.phase() == known && known < phase::finishing && !flow.anything_ready() &&
               !(time.wants_attention(flow) && time.owner_is_free());
    }

    void run(std::uint32_t index, state_word seen, std::uint32_t self) noexcept {
        auto& slot = flow.table.job(index);
        const job_id id = flow.table.id_of(index);
        // Without retries every attempt is the first one: a snooze is none.
        const std::uint32_t attempt = L.retries ? flow.table.attempts(index) + 1 : 1;
        if constexpr (L.retries) {
            flow.table.set_attempts(index, attempt);
        }
        job_context job{id, attempt, slot.called.get(), this, &asked_to_stop};
        const outcome said = slot.code.run(job);

        switch (said.what()) {
            case outcome::kind::success: end(index, seen, job_state::succeeded, self); return;
            case outcome::kind::fail: end(index, seen, job_state::failed, self); return;
            case outcome::kind::discard: end(index, seen, job_state::deleted, self); return;
            case outcome::kind::snooze:
                if constexpr (L.retries) {
                    flow.table.set_attempts(index, attempt - 1);
                }
                again(index, seen, said.rest().template to<duration>(), self);
                return;
            case outcome::kind::retry:
            case outcome::kind::retry_in: break;
        }
        if constexpr (L.retries) {
            const retry_policy policy = slot.retry.get();
            if (attempt <= policy.max_retries()) {
                const duration rest =
                    said.what() == outcome::kind::retry_in
                        ? said.rest().template to<duration>()
                        : policy.template delay<duration>(attempt, random(id, attempt));
                if (again(index, seen, rest, self)) {
                    context_of(self).retried.add();
                }
                return;
            }
        }
        end(index, seen, job_state::failed, self);
    }

    // The flag of a job that has ended and is still in hand; where nothing can be asked of it or be
    // waiting for it, it is settled at once.
    static constexpr std::uint32_t end_flag =
        table_type::has_edges ? state_word::held : state_word::settled;

    // The job ends by itself, unless it was cancelled while it ran.
    void end(std::uint32_t index, state_word seen, job_state final, std::uint32_t self) noexcept {
        while (!flow.table.change(index, seen, seen.to(final, end_flag))) {
            final = job_state::deleted;  // only cancel() changes the state of a running job
        }
        retire(index, final, self);
    }

    // The job runs again after a rest; false if it was cancelled meanwhile.
    bool again(std::uint32_t index, state_word seen, duration rest, std::uint32_t self) noexcept {
        const bool at_once = rest.count() == 0;
        const duration kept = rest.count() < clock::delay_max.count() ? rest : clock::delay_max;
        time.set_due(index, clock::ceil(clock::after(flow.machine.now(), kept)));
        const state_word next = at_once ? seen.to(job_state::enqueued)
                                        : seen.to(job_state::scheduled, state_word::posted);
        if (!flow.table.change(index, seen, next)) {
            end(index, seen, job_state::deleted, self);
            return false;
        }
        if (at_once) {
            flow.put_ready(index);
        } else {
            time.post(index);  // this worker, or poll, looks into the inbox before it sleeps
        }
        return true;
    }

    // Everything that follows from a job's end. REQUIRES: the caller holds the index.
    void retire(std::uint32_t index, job_state final, std::uint32_t self) noexcept {
        auto& slot = flow.table.job(index);
        slot.code.reset();
        std::uint32_t ready = flow.resolve(index, final);
        if constexpr (L.batches > 0) {
            if (const std::uint32_t batch = slot.batch.get(); batch != table_type::slot::no_batch) {
                ready += flow.settle_member(batch - 1, final == job_state::succeeded);
            }
        }
        context& counts = context_of(self);
        (final == job_state::succeeded ? counts.succeeded
         : final == job_state::failed  ? counts.failed
                                       : counts.deleted)
            .add();
        if constexpr (table_type::has_edges) {
            flow.table.give_back(index);
        } else {
            flow.table.put_free(index);
        }
        flow.wake_for_others(ready);
    }

    static bool asked_to_stop(const void* self, job_id job) noexcept {
        const auto& runner = *static_cast<const job_runner*>(self);
        return runner.ask_.load(std::memory_order_acquire) != 0 ||
               runner.flow.table.find(job).state() != job_state::processing;
    }

    // A number that depends on the job and the attempt alone: the same program spreads its retries
    // the same way each time. (The finalizer of MurmurHash3.)
    [[nodiscard]] static constexpr std::uint32_t random(job_id id, std::uint32_t attempt) noexcept {
        std::uint32_t bits = id.index() * 0x9E37'79B9 + id.generation() * 0x85EB'CA6B + attempt;
        bits = (bits ^ bits >> 16) * 0x85EB'CA6B;
        bits = (bits ^ bits >> 13) * 0xC2B2'AE35;
        return bits ^ bits >> 16;
    }

    word ask_;  // 1 once running jobs are asked to stop
    context contexts_[Platform::has_threads ? ending + 1 : 1];
};

}  // namespace PAWL_ABI
}  // namespace pawl
