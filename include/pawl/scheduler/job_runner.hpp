// SPDX-License-Identifier: BSL-1.0
//
// job_runner: takes what is ready, and decides whether it may run now.
//
// What: the steps that workers and poll() are made of: take an index and run its job, look at the
// time, sleep until there is something to do. One `context` for each who does so. What a run leads
// to: see job_runs.hpp; what can be done to a job from outside: see job_changes.hpp.
//
// How a job begins: it was cancelled, is too late, or has to wait for a key or a limiter; else the
// state changes to processing by one compare-and-swap, and whoever has made it holds the job.
//
// Cost: taking, running and ending an empty job a dozen read-modify-writes, none of them contended
// unless others take at the same time. Who may call: process, poll and sleep one thread for each
// context; the rest any thread or interrupt.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/admission.hpp>
#include <pawl/jobs/admission_request.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/job_runs.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/time/coarse_deadline.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class job_runner : public job_runs<L, Platform> {
    using base = job_runs<L, Platform>;

public:
    using base::cancel;
    using base::flow;
    using base::time;
    using typename base::clock;
    using typename base::far;
    using typename base::flow_type;
    using typename base::table_type;
    using typename base::tick;
    using typename base::time_point;
    using typename base::time_type;
    using taken = typename flow_type::queues_type::taken;

    // Where a poll ends: after so many jobs, or moves of timers, or at a time.
    struct poll_end {
        std::uint32_t jobs;
        std::uint32_t moves;
        time_point end;
    };
    // Without a budget a poll still ends: one that feeds itself goes on in the next.
    static constexpr std::uint32_t poll_jobs_max = std::max(L.jobs, std::uint32_t{64});
    // The same in constants, where a poll without a budget is code of its own.
    struct without_budget {
        static constexpr std::uint32_t jobs = poll_jobs_max;
        static constexpr typename time_type::unlimited_moves moves{};
        static constexpr time_point end = time_point::max();
    };

    // ---- Driving: one thread a context ----------------------------------------------------------

    // Takes from the ready rings, as this worker.
    [[nodiscard, gnu::always_inline]] bool take(taken& result, std::uint32_t self) noexcept {
        return flow.ready.take(result, context_of(self).turns);
    }

    // Deals with an index from a ready ring. True if a callable was run.
    [[gnu::always_inline]] bool process(const taken& from, std::uint32_t self) noexcept {
        if constexpr (L.queue_control) {
            if (from.counted) [[unlikely]] {
                return process_counted(from.index, self);
            }
        }
        return process_index(from.index, self);
    }

    // A poll_result in one word, for what is larger a small core returns through memory.
    class packed_poll {
    public:
        constexpr packed_poll(std::uint32_t ran, bool more, bool busy = false) noexcept
            : bits_{ran << 2 | (more ? 2U : 0U) | (busy ? 1U : 0U)} {}
        [[nodiscard]] constexpr poll_result unpacked() const noexcept {
            return {.ran = bits_ >> 2, .more = (bits_ & 2) != 0, .busy = (bits_ & 1) != 0};
        }

    private:
        std::uint32_t bits_;
    };

    // Whether a poll would find nothing, without a look into any ring: nobody has called, and no
    // deadline has come. Where interrupts submit. (What was ready and is not taken yet has called.)
    [[nodiscard, gnu::always_inline]] bool is_quiet() const noexcept
        requires(interrupt_platform<Platform>) {
        return !flow.lot.is_called() && !time.has_come(flow) && !flow.pool.anything();
    }

    // Runs what is ready or due: at most so many jobs and moves of timers, and none after `end`
    // (time_point::max(): no end).
    // `Budget`: a poll_end, or without_budget.
    template <class Budget>
    [[gnu::always_inline]] auto poll(Budget budget) noexcept {
        forget_keys();
        if constexpr (requires { budget.jobs = poll_jobs_max; }) {
            budget.jobs = std::min(budget.jobs, poll_jobs_max);
        }
        if constexpr (interrupt_platform<Platform>) {
            return poll_alone(budget);
        } else {
            return poll_among_others(budget.jobs, budget.moves, budget.end);
        }
    }

    [[nodiscard]] std::optional<time_point> next_wake() noexcept {
        const time_point now = flow.machine.now();
        if constexpr (interrupt_platform<Platform>) {
            if (flow.lot.is_called() || flow.pool.anything() || wants_service()) {
                return now;
            }
        } else {
            if (flow.anything_ready() || time.wants_attention(flow) || wants_service()) {
                return now;
            }
        }
        const std::optional<time_point> next = time.next_look(flow);
        return next && clock::reached(*next, now) ? now : next;
    }

    // Sleeps until there is work, a deadline, or `limit`, as parking_lot says. `known` is the phase
    // in which the caller has found nothing to do: if it has gone on, the caller has to look again.
    // True if others may sleep without a timekeeper now: who turns to a job sees to one first.
    bool sleep(std::uint32_t self, std::optional<time_point> limit, phase known) noexcept
        requires(!interrupt_platform<Platform>) {
        forget_keys();
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
        if (const std::optional<time_point> next = time.next_look(flow)) {
            until = limit == time_point::max() || clock::reached(*next, limit) ? *next : limit;
        }
        flow.machine.sleep_until(until,
                                 [this]() noexcept { return !is_quiet() || wants_service(); });
    }

private:
    using lot_type = typename flow_type::lot_type;
    using base::call_out;
    using base::context_of;
    using base::end_flag;
    using base::request_of;
    using base::retire;
    using base::run;
    using base::take_other_place;

    // Of a queue with a limit: its place is given back.
    PAWL_OUT_OF_LINE bool process_counted(std::uint32_t index, std::uint32_t self) noexcept
        requires(L.queue_control) {
        const std::uint32_t line = flow.line_of(index);
        const bool ran = process_index(index, self);
        flow.ready.leave(line);
        // As after a put: either this sees what a sleeper has left, or the sleeper sees the place
        // that is free.
        static_cast<void>(flow.lot.look());
        if (flow.ready.anything_in(line)) {
            flow.wake_for(1);
        }
        return ran;
    }

    poll_result poll_among_others(std::uint32_t jobs_max, std::uint32_t moves,
                                  time_point end) noexcept {
        poll_result result;
        do {
            const bool all_served = time.serve(flow, moves).left == 0;
            taken next;
            if (result.ran == jobs_max || flow.lot.glance().phase() >= phase::finishing) {
                break;
            }
            if (!take(next, 0)) {
                if (flow.pool.run_here()) {
                    ++result.ran;
                    continue;
                }
                result.more = !all_served;
                return result;  // nothing was ready just now: what has come since is seen by wait()
            }
            result.ran += process(next, 0) ? 1U : 0U;
        } while (end == time_point::max() || !clock::reached(end, flow.machine.now()));
        result.more = flow.anything_ready() || time.wants_attention(flow);
        return result;
    }

    // The same on one core: between two jobs a look at whether anybody has called, and at the
    // clock. What a poll leaves behind calls for the next one. REQUIRES: there is something to look
    // at.
    template <class Budget>
    packed_poll poll_alone(Budget budget) noexcept {
        std::uint32_t ran = 0;
        bool all_served = true;
        for (;;) {
            flow.lot.take_call();
            if (flow.lot.accepts()) {
                all_served = time.serve_alone(flow, budget.moves);
            } else if (flow.lot.glance().phase() >= phase::finishing) {
                break;
            }
            do {
                if (ran == budget.jobs) {
                    return end_early(ran, all_served);
                }
                const found next = take_next();
                if (next.nothing) {
                    if (!all_served) {
                        flow.lot.call();
                    }
                    return {ran, !all_served};
                }
                ran += next.is_done || process_here(next.job) ? 1U : 0U;
                if (budget.end != time_point::max() &&
                    clock::reached(budget.end, flow.machine.now())) {
                    return end_early(ran, all_served && is_quiet());
                }
            } while (is_quiet());
        }
        return end_early(ran, all_served);
    }
    [[gnu::always_inline]] bool process_here(taken from) noexcept {
        if constexpr (has_plain_jobs && !L.queue_control) {
            return process_plain(from.index);
        } else {
            return process(from, 0);
        }
    }
    // Who has called since the last look has brought something that is still there.
    [[gnu::always_inline]] packed_poll end_early(std::uint32_t ran, bool all_seen) noexcept {
        const bool more = !all_seen || flow.anything_ready();
        if (more) {
            flow.lot.call();
        }
        return {ran, more};
    }
    struct found {
        bool nothing;
        bool is_done;  // it was the pool's, and has run
        taken job;
    };
    [[nodiscard, gnu::always_inline]] found take_next() noexcept {
        if constexpr (flow_type::queues_type::is_taken_alone && !decltype(flow.pool)::exists) {
            const std::uint32_t index = flow.ready.take_alone();
            return {index == flow.ready.nothing, false, {index}};
        } else {
            found result{};
            if (!take(result.job, 0)) {
                result.is_done = flow.pool.run_here();
                result.nothing = !result.is_done;
            }
            return result;
        }
    }

    // Now and then one that was unique for a time.
    void forget_keys() noexcept {
        if constexpr (L.keys > 0) {
            flow.unique.sweep_next([this]() noexcept { return flow.unique_now(); });
        }
    }

    // Whether there is nothing to do for a sleeper that has announced itself.
    [[nodiscard]] bool may_sleep(typename lot_type::view seen, phase known) noexcept {
        return seen.phase() == known && known < phase::finishing && !flow.anything_ready() &&
               !(time.wants_attention(flow) && time.owner_is_free()) && !wants_service();
    }

    // Whether who polls has something to write: a journal's, and without workers.
    [[nodiscard]] bool wants_service() const noexcept {
        if constexpr (L.workers == 0 && requires { flow.machine.wants_service(); }) {
            return flow.machine.wants_service();
        } else {
            return false;
        }
    }

    // ---- Before a job runs ----------------------------------------------------------------------

    // Who finds the entry besides of a job that was raised makes no difference to who has claimed
    // the job: it has looked closer and counted what it saw, and does not do so again. False: the
    // job is not ready any more.
    [[nodiscard, gnu::always_inline]] bool insist([[maybe_unused]] std::uint32_t index,
                                                  [[maybe_unused]] state_word& seen,
                                                  [[maybe_unused]] state_word& next) noexcept {
        if constexpr (L.bands > 1) {
            while (seen.state() == job_state::enqueued) {
                const std::uint32_t flags = next.bits() & (state_word::held | state_word::settled);
                next = table_type::moved(seen, next.state(), flags);
                if (flow.table.change(index, seen, next)) {
                    return true;
                }
            }
        }
        return false;
    }

    // Whether a job that is ready is run, unless it was cancelled, ends, unless it was cancelled
    // meanwhile, and there is nothing else to it.
    static constexpr bool has_plain_jobs =
        flow_type::is_one_core && end_flag == state_word::settled && !L.retries && !L.times &&
        L.types == 0 && !flow_type::notes && !table_type::slot::attributes_exist;

    // process() of such a job.
    PAWL_ONE_COPY bool process_plain(std::uint32_t index) noexcept requires has_plain_jobs {
        state_word seen = flow.table.state(index);
        job_state final = job_state::deleted;
        bool runs = false;
        for (;;) {
            if (seen.state() == job_state::deleted) [[unlikely]] {
                flow.table.settle_deleted(index, seen);
                break;
            }
            PAWL_ASSERT(seen.state() == job_state::enqueued);
            state_word mine = seen.to(job_state::processing, state_word::held);
            if (!flow.table.change(index, seen, mine)) {
                continue;
            }
            runs = true;
            if (!this->run_plain(index, mine)) {
                return true;
            }
            const state_word end = mine.to(job_state::succeeded, end_flag);
            if (flow.table.change(index, mine, end)) [[likely]] {
                final = job_state::succeeded;
            } else {
                flow.table.settle_deleted(index, mine);  // cancel() was first
            }
            break;
        }
        retire(index, final, 0);
        return runs;
    }

    // Most jobs have none of what the limits would allow: a job of which nothing was said, and to
    // which nothing has happened, begins and ends by a few steps of its own (job_runs::run_alone).
    [[gnu::always_inline]] bool process_index(std::uint32_t index, std::uint32_t self) noexcept {
        if constexpr (base::runs_alone) {
            const auto& slot = flow.table.job(index);
            const state_word seen = flow.table.state(index);
            if (seen.is_just(job_state::enqueued) &&
                (slot.more.flags.get_own() | slot.batch.get()) == 0) [[likely]] {
                state_word expected = seen;
                const state_word mine = seen.to(job_state::processing, state_word::held);
                if (flow.table.change(index, expected, mine)) [[likely]] {
                    this->run_alone(index, mine, self);
                    return true;
                }
            }
        }
        return process_any(index, self);
    }
    bool process_any(std::uint32_t index, std::uint32_t self) noexcept {
        state_word seen = flow.table.state(index);
        for (;;) {
            if constexpr (L.bands > 1) {
                if (seen.has(state_word::twice) && is_elsewhere(seen) &&
                    !flow.table.job(index).more.has(attribute::requeued)) {
                    if (take_other_place(index, seen)) {
                        return false;
                    }
                    continue;
                }
            }
            if constexpr (flow_type::is_one_core && !table_type::has_twice) {
                PAWL_ASSERT(!seen.has(state_word::settled));  // nobody takes back: see confirm()
            } else if (seen.has(state_word::settled)) {
                if (flow.put_back(index, seen)) {
                    return false;  // its submitter took it back
                }
                continue;
            }
            PAWL_ASSERT(seen.state() == job_state::enqueued || seen.state() == job_state::deleted);
            bool fails = false;
            end_reason why = seen.state() == job_state::deleted ? end_reason::cancelled
                             : flow.batch_deleted(index)        ? end_reason::cancelled
                                                                : end_reason::none;
            if constexpr (table_type::slot::attributes_exist) {
                if (why == end_reason::none && flow.table.job(index).more.flags.get_own() != 0) {
                    if constexpr (L.bands > 1) {
                        if (!claim(index, seen)) {
                            continue;
                        }
                    }
                    switch (look_closer(index, seen, self, why)) {
                        case closer::go_on: break;
                        case closer::fails: fails = true; break;
                        case closer::again: continue;
                        case closer::not_now: return false;
                    }
                }
            }
            const bool runs = why == end_reason::none;
            const job_state final = fails ? job_state::failed : job_state::deleted;
            state_word next = runs
                                  ? table_type::moved(seen, job_state::processing, state_word::held)
                                  : table_type::moved(seen, final, end_flag);
            const bool was_deleted = seen.state() == job_state::deleted;
            const bool is_mine = seen.has(state_word::claimed);
            if (!flow.table.change(index, seen, next) && !(is_mine && insist(index, seen, next))) {
                continue;
            }
            if (runs) {
                run(index, next, self);
                return true;
            }
            if (!was_deleted) {
                flow.note(flow.table.id_of(index), job_state::enqueued, final, why);
            }
            retire(index, final, self);
            return false;
        }
    }

    // Of a job that lies in a ready ring besides: whether its place is another one by now, and the
    // entry that was found not to be followed.
    [[nodiscard]] static constexpr bool is_elsewhere(state_word seen) noexcept {
        switch (seen.state()) {
            case job_state::enqueued: return seen.has(state_word::claimed);
            case job_state::deleted:
                return seen.has(state_word::claimed | state_word::held | state_word::settled |
                                state_word::posted);
            default: return true;
        }
    }
    // Makes who has found the job the only one to look at it. False: look again.
    [[nodiscard]] bool claim(std::uint32_t index, state_word& seen) noexcept {
        const state_word mine{seen.bits() | state_word::claimed};
        if (!seen.has(state_word::claimed)) {
            if (!flow.table.change(index, seen, mine)) {
                return false;
            }
            seen = mine;
        }
        return true;
    }

    // How long a job rests that found no cell for its key (limits.keys).
    static constexpr tick no_cell_rest = static_cast<tick>(
        std::chrono::ceil<typename clock::tick_duration>(std::chrono::milliseconds{1}).count());

    enum class closer : std::uint8_t { go_on, fails, again, not_now };

    // Whether a job with attributes may run now. `why`: it does not run at all. `again`: its state
    // was changed meanwhile.
    PAWL_ONE_COPY closer look_closer(std::uint32_t index, state_word& seen, std::uint32_t self,
                                     end_reason& why) noexcept {
        auto& more = flow.table.job(index).more;
        if constexpr (L.then_delay) {
            if (more.has(attribute::delayed)) {
                more.drop(attribute::delayed);
                return rest(index, seen);
            }
        }
        if constexpr (L.deadlines) {
            if (more.has(attribute::deadline)) {
                if (more.is_late(clock::floor(flow.machine.now()))) {
                    if (more.has(attribute::run_when_late)) {
                        context_of(self).deadlines.late.add();
                    } else {
                        context_of(self).deadlines.expired.add();
                        why = end_reason::expired;
                        return closer::go_on;
                    }
                }
            }
        }
        if constexpr (L.admission()) {
            if (more.has(attribute::admission)) {
                return admit(index, seen, self, why);
            }
        }
        return closer::go_on;
    }

    // The job goes back to waiting for its time.
    [[nodiscard]] closer rest_until(std::uint32_t index, state_word& seen,
                                    typename far::timer due) noexcept {
        time.set_due(index, due);
        return rest(index, seen);
    }
    // After set_due().
    [[nodiscard]] closer rest(std::uint32_t index, state_word& seen) noexcept {
        while (!flow.table.change(
            index, seen, table_type::moved(seen, job_state::scheduled, state_word::posted))) {
            // Who finds the entry besides makes no difference: what was looked at is so still.
            if (seen.state() != job_state::enqueued) {
                return closer::again;
            }
        }
        flow.note(flow.table.id_of(index), job_state::enqueued, job_state::scheduled,
                  end_reason::waits);
        time.post(index);
        flow.call_if_alone();
        return closer::not_now;
    }

    // ---- Keys and limiters ----------------------------------------------------------------------

    [[nodiscard]] closer admit(std::uint32_t index, state_word& seen, std::uint32_t self,
                               end_reason& why) noexcept requires(L.admission()) {
        auto& more = flow.table.job(index).more;
        const job_id id = flow.table.id_of(index);
        const admission_request asked = request_of(index);
        const tick now = clock::floor(flow.machine.now());
        // Before it asks, for afterwards it may be somebody else's already.
        more.add(attribute::asked);
        const auto answer = flow.gates.ask(
            index, asked, now, [this](std::uint32_t next) noexcept { call_out(next); },
            [this](std::uint32_t other) noexcept {
                cancel(flow.table.id_of(other), end_reason::replaced);
            });
        switch (answer.what) {
            case verdict::run: return closer::go_on;
            case verdict::replace:
                if (answer.dropped != answer.nobody) {
                    drop_waiting(answer.dropped, self);
                }
                [[fallthrough]];
            case verdict::waiting:
                flow.note(id, job_state::enqueued, job_state::enqueued, end_reason::waits);
                return closer::not_now;
            case verdict::later: return rest_until(index, seen, answer.due);
            case verdict::no_cell:
                more.drop(attribute::asked);
                return rest_until(index, seen, static_cast<tick>(now + no_cell_rest));
            case verdict::skip:
                more.drop(attribute::asked);
                why = end_reason::busy;
                return closer::go_on;
            case verdict::fail:
                more.drop(attribute::asked);
                why = end_reason::busy;
                return closer::fails;
        }
        return closer::go_on;
    }

    // Who waited to replace somebody, and is replaced now.
    void drop_waiting(std::uint32_t index, std::uint32_t self) noexcept requires(L.admission()) {
        state_word seen = flow.table.state(index);
        while (!flow.table.change(index, seen,
                                  table_type::moved(seen, job_state::deleted, end_flag))) {
        }
        if (seen.state() != job_state::deleted) {
            flow.note(flow.table.id_of(index), seen.state(), job_state::deleted,
                      end_reason::replaced);
        }
        retire(index, job_state::deleted, self);
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
