// SPDX-License-Identifier: BSL-1.0
//
// job_changes: what can be done to a job from outside, from its submission to its end.
//
// What: make it wait for its time, cancel it, give it another time or a higher priority, begin a
// failed one anew, set the limits that it waits for. The base of those who run jobs (job_runs.hpp),
// and the place of what they share: the flow of jobs and the keeper of the time.
//
// How: a command only changes the state word, by compare-and-swap, and says where it lies so that
// somebody looks. Whoever holds the job's index does the rest: destroys the callable, or files the
// job anew. So a command never waits, and it knows by its compare-and-swap whether it was first.
//
// Cost: a few read-modify-writes each. Who may call: any thread or interrupt; drop() who holds the
// index.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/job_flow.hpp>
#include <pawl/scheduler/timekeeper.hpp>
#include <pawl/time/coarse_deadline.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class job_changes {
public:
    using clock = tick_clock<Platform>;
    using far = far_clock_of<L, Platform>;
    using deadline = typename far::deadline;
    using tick = typename clock::tick;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using flow_type = job_flow<L, Platform>;
    using table_type = typename flow_type::table_type;
    using time_type = timekeeper<L, Platform>;

    // Why, for who wants to know; else it is not even passed on.
    struct nobody_asks {
        constexpr nobody_asks(end_reason) noexcept {}  // NOLINT: stands for one
        constexpr operator end_reason() const noexcept { return end_reason::none; }  // NOLINT
    };
    using why_ended = std::conditional_t<flow_type::notes, end_reason, nobody_asks>;

    // Whether a waiting job's time can be changed.
    static constexpr bool moves_time = L.reschedule;

    // What publish_scheduled() wants to know of the time, which is dear: the caller has it at hand.
    struct no_time {
        constexpr no_time(time_point) noexcept {}  // NOLINT: stands for it
    };
    using caller_time = std::conditional_t<flow_type::is_one_core, no_time, time_point>;

    // Makes a built job wait for its time. `now`: a moment since the caller was called.
    [[gnu::always_inline]] job_id publish_scheduled(job_id id, deadline due,
                                                    [[maybe_unused]] caller_time now) noexcept {
        if constexpr (flow_type::is_one_core) {
            publish_and_call(id.index(), due);
            return id;  // nothing can have come in between: see parking_lot
        } else {
            return publish_and_look(id, due, now);
        }
    }
    PAWL_ONE_COPY void publish_and_call(std::uint32_t index, deadline due) noexcept {
        const auto timer = far::timer_of(due);
        flow.set_released(index, far::last(timer));
        if constexpr (flow_type::notes) {
            flow.note(flow.table.id_of(index), job_state::gone, job_state::scheduled,
                      end_reason::none);
        }
        if constexpr (!far::counts_laps) {
            if (time.file_at_once(flow, index, timer)) {
                return;
            }
        }
        time.set_due(index, timer);
        flow.table.publish_at(index, job_state::scheduled, state_word::posted);
        time.post(index);
        flow.call_if_alone();
    }
    job_id publish_and_look(job_id id, deadline due, time_point now) noexcept {
        if (far::reached(due, now)) {
            return flow.publish_ready(id);
        }
        const auto timer = far::timer_of(due);
        time.set_due(id.index(), timer);
        flow.set_released(id.index(), far::last(timer));
        flow.note(id, job_state::gone, job_state::scheduled, end_reason::none);
        flow.table.publish(id, job_state::scheduled, state_word::posted);
        time.post(id.index());
        const auto seen = flow.lot.look_after_put();
        flow.lot.keep_time(flow.machine, seen,
                           time_type::shorten(far::first(timer), clock::floor(now)));
        return flow.confirm(id, seen.phase());
    }

    // True if this call deleted the job: pending it never runs, running it is asked to stop.
    bool cancel(job_id id, why_ended why = end_reason::cancelled) noexcept {
        state_word seen = flow.table.find(id);
        for (;;) {
            const job_state from = seen.state();
            std::uint32_t flags = 0;
            if (from == job_state::gone || is_final(from) || !seen.is_of(id.generation())) {
                return false;
            }
            if (from == job_state::scheduled) {
                flags = state_word::posted;
            } else if (from == job_state::enqueued) {
                flags = seen.bits() & state_word::claimed;
            } else if (from == job_state::processing) {
                flags = state_word::held;
            }
            const bool must_post = from == job_state::scheduled && !seen.has(state_word::posted);
            if (!flow.table.change(id.index(), seen,
                                   table_type::moved(seen, job_state::deleted, flags))) {
                continue;
            }
            flow.note(id, from, job_state::deleted, why);
            if (from == job_state::scheduled) {
                // The owner takes it out of the wheel now, and not when its time comes; or out of
                // the inbox, which nobody may have looked into for the sake of a late deadline.
                post_and_call(id.index(), must_post);
            } else if (table_type::has_edges && from == job_state::awaiting &&
                       !table_type::is_batch(id.index())) {
                flow.put_ready(id.index());
                flow.wake_for(1);
            }
            return true;
        }
    }

    // Ends a job that was taken from its line and has not begun, in the place of its submitter.
    // False: it is somebody else's to end.
    bool drop(std::uint32_t index) noexcept requires(L.queue_control) {
        auto& slot = flow.table.job(index);
        state_word seen = flow.table.state(index);
        do {
            if (seen.state() != job_state::enqueued ||
                seen.has(state_word::settled | state_word::twice | state_word::claimed)) {
                return false;
            }
            if constexpr (table_type::slot::attributes_exist) {
                if (slot.more.has(attribute::asked)) {
                    return false;
                }
            }
        } while (
            !flow.table.change(index, seen, table_type::moved(seen, job_state::deleted, end_flag)));
        flow.note(flow.table.id_of(index), job_state::enqueued, job_state::deleted,
                  end_reason::dropped);
        // relaxed: a count.
        flow.dropped.fetch_add(1, std::memory_order_relaxed);
        flow.leave_unique(index);
        flow.table.job(index).code.reset();
        flow.wake_for(tell(index, job_state::deleted));
        give_slot_back(index);
        return true;
    }

    // Gives a job that waits for its time another one. False: it does not wait for its time.
    bool move_due(job_id id, deadline due) noexcept requires(L.reschedule) {
        if (flow.table.find(id).state() != job_state::scheduled) {
            return false;  // a batch, for one, which has no slot to look into
        }
        const time_point now = flow.machine.now();
        const tick present = clock::floor(now);
        const typename far::timer wanted = far::reached(due, now) ? present : far::timer_of(due);
        auto& moved = flow.table.job(id.index()).more.moved_due;
        for (;;) {
            // acquire, and before the state: who comes late, with what was true of another job in
            // this slot, does not overwrite what has been said since.
            std::uint32_t before = moved.load(std::memory_order_acquire);
            state_word seen = flow.table.find(id);
            if (seen.state() != job_state::scheduled || !seen.is_of(id.generation())) {
                return false;
            }
            // release: pairs with the owner, which looks here when the state says so.
            if (!moved.compare_exchange_strong(before, typename far::shared{wanted, present}.bits(),
                                               std::memory_order_release,
                                               std::memory_order_relaxed)) {
                continue;
            }
            const std::uint32_t again =
                seen.has(state_word::time_moved_again) ? 0 : state_word::time_moved_again;
            const state_word next = table_type::moved(
                seen, job_state::scheduled, state_word::posted | state_word::time_moved | again);
            if (!flow.table.change(id.index(), seen, next)) {
                continue;
            }
            post_and_call(id.index(), !seen.has(state_word::posted));
            return true;
        }
    }

    // The same, for who says when the job is due: where it is durable, the log is told.
    bool reschedule(job_id id, deadline due) noexcept requires(L.reschedule) {
        if constexpr (listening_platform<Platform>) {
            // Of the job as it waits: when it is told, it may have begun.
            const bool waits = flow.table.find(id).state() == job_state::scheduled;
            const std::uint32_t attempts = waits ? flow.table.attempts(id.index()) : 0;
            const bool moved = waits && move_due(id, due);
            if (moved) {
                flow.machine.on_moved(id, attempts, far::between(flow.machine.now(), due));
            }
            return moved;
        } else {
            return move_due(id, due);
        }
    }

    // Puts a waiting job into a higher band of its queue; if it is ready already, before those of
    // its old one. Once for each time that it waits. False: not waiting in its queue (it may wait
    // for a key or a limiter), not higher, done before, or requeued.
    bool raise(job_id id, std::uint32_t band) noexcept requires(L.bands > 1) {
        const std::uint32_t index = id.index();
        state_word seen = flow.table.find(id);
        for (;;) {
            const job_state from = seen.state();
            const bool ready = from == job_state::enqueued;
            if (!seen.is_of(id.generation()) || seen.has(state_word::twice) ||
                !(ready || from == job_state::scheduled || from == job_state::awaiting) ||
                (ready && seen.has(state_word::claimed)) || table_type::is_batch(index)) {
                return false;
            }
            if constexpr (L.admission()) {
                // What is called out of a line goes before others anyway, and lies elsewhere.
                if (ready && flow.table.job(index).more.has(attribute::admission)) {
                    return false;
                }
            }
            if constexpr (L.failed > 0) {
                // The flag `twice` says something else of those.
                if (flow.table.job(index).more.has(attribute::requeued)) {
                    return false;
                }
            }
            const std::uint32_t line = flow.table.line_of(index);
            const std::uint32_t higher = flow_type::queues_type::line_of(
                flow_type::queues_type::queue_of(line), std::min(band, L.bands - 1));
            if (higher >= line) {
                return false;
            }
            if (!ready) {
                const bool raised = flow.table.change_line(index, line, higher);
                if (raised) {
                    tell_raised(id, band);
                }
                return raised;
            }
            if (flow.table.change(index, seen, seen.to(job_state::enqueued, state_word::twice))) {
                static_cast<void>(flow.table.change_line(index, line, higher));
                flow.ready.put(index, higher);
                flow.wake_for(1);
                tell_raised(id, band);
                return true;
            }
        }
    }

    // Begins a failed job that was kept anew: as a new job in the same slot, with the callable and
    // everything that was said about it, but no batch and no parents. `keep_attempts`: goes on
    // counting them, so that a job whose retries are used up has one run. At once if it is the
    // oldest of those that are kept, else a few read-modify-writes for each of them.
    job_id requeue(job_id id, bool keep_attempts) noexcept requires(L.failed > 0) {
        if (flow.lot.glance().phase() != phase::accepting) {
            return flow.refuse(submit_error::stopped);
        }
        const std::uint32_t index = id.index();
        state_word seen = flow.table.find(id);
        do {
            if (seen.state() != job_state::failed || !seen.has(state_word::kept) ||
                !seen.is_of(id.generation())) {
                return flow.refuse(submit_error::not_kept);
            }
            if (seen.has(state_word::twice)) {
                // It was raised, and lies in its old line still, for a while.
                return flow.refuse(submit_error::busy);
            }
            // It stays in the ring of failed jobs, too, until it is taken out of there.
        } while (!flow.table.change(
            index, seen, seen.to(job_state::failed, state_word::held | state_word::twice)));
        leave_failed(index);
        auto& slot = flow.table.job(index);
        auto& more = slot.more;
        const std::uint32_t attempts = flow.table.attempts(index);
        const job_id next = flow.table.begin_anew(index);
        flow_type::edge_type::open(flow.table.at(index), next.generation());
        slot.batch.set(table_type::slot::no_batch);
        more.flags.set((more.flags.get_own() & attribute::of_the_job) | attribute::requeued);
        if (keep_attempts) {
            flow.table.set_attempts(index, attempts);
        }
        flow.set_released(index, clock::floor(flow.machine.now()));
        flow.note(next, job_state::gone, job_state::enqueued, end_reason::requeued,
                  flow.table.attempts(index));
        flow.table.publish_anew(next, job_state::enqueued);
        flow.put_ready(index);
        const auto known = flow.lot.look();
        flow.lot.wake_one(flow.machine, known);
        return flow.confirm(next, known.phase());
    }

    // Whether somebody has this slot's job in hand: inside its callable, or ending it.
    [[nodiscard]] bool is_inside(std::uint32_t index) const noexcept {
        const state_word seen = flow.table.state(index);
        return seen.has(state_word::held) && !seen.has(state_word::settled) &&
               (seen.state() == job_state::processing || seen.state() == job_state::deleted);
    }

    // Running jobs see stop_requested() from now on.
    void ask_to_stop() noexcept {
        // release: pairs with job_services.
        stop_asked.store(1, std::memory_order_release);
    }

    // Sets a limiter. False: there is none, or a tick cannot say this rate.
    bool set_limit(std::uint32_t limiter, std::uint32_t running_max, std::uint32_t tokens,
                   std::chrono::nanoseconds period, std::uint32_t burst, bool per_key) noexcept
        requires(L.limiters.count > 0) {
        const auto length = clock::delay(period);
        if (limiter == L.limiters.count || !length) {
            return false;
        }
        const tick now = clock::floor(flow.machine.now());
        const auto ticks = std::chrono::ceil<typename clock::tick_duration>(*length).count();
        const bool set =
            flow.gates.set_limit(limiter,
                                 {.running_max = running_max,
                                  .tokens = tokens,
                                  .period = static_cast<tick>(ticks),
                                  .burst = burst,
                                  .per_key = per_key},
                                 now, [this](std::uint32_t next) noexcept { call_out(next); });
        if constexpr (moves_time) {
            // Who was told to come when its token does, comes now, and is told anew.
            if (set) {
                flow.gates.told_later(limiter, [this](std::uint32_t index) noexcept {
                    move_due(flow.table.id_of(index), far::after(flow.machine.now(), {}));
                });
            }
        }
        return set;
    }

    flow_type flow;
    time_type time;
    word stop_asked;  // 1 once running jobs are asked to stop

protected:
    // ---- What follows, for who holds the index --------------------------------------------------

    // The flag of a job that has ended and is still in hand; where nothing can be asked of it or be
    // waiting for it, it is settled at once.
    static constexpr std::uint32_t end_flag =
        table_type::has_edges || table_type::has_twice ? state_word::held : state_word::settled;
    // The slot of a job that has ended with this flag, when all has been done that follows.
    [[gnu::always_inline]] void give_slot_back(std::uint32_t index) noexcept {
        if constexpr (end_flag == state_word::held) {
            flow.table.give_back(index);
        } else {
            flow.table.put_free(index);
        }
    }

    // Who finds an index in the place where it lies besides. False: look again.
    [[nodiscard]] bool take_other_place(std::uint32_t index, state_word& seen) noexcept {
        const state_word alone{seen.bits() & ~state_word::twice};
        if (!flow.table.change(index, seen, alone)) {
            return false;
        }
        if (seen.has(state_word::settled)) {
            flow.table.put_free(index);  // it has ended, and was left to us
        }
        return true;
    }
    // The job that came out of the ring of failed jobs is none that is kept (any more), and that is
    // all of it.
    [[nodiscard]] bool has_left_failed(std::uint32_t index, state_word& seen) noexcept
        requires(L.failed > 0) {
        while (seen.state() != job_state::failed || !seen.has(state_word::kept)) {
            if (!seen.has(state_word::twice)) {
                PAWL_ASSERT(seen.has(state_word::settled));
                flow.table.put_free(index);  // swept
                return true;
            }
            if (take_other_place(index, seen)) {
                return true;
            }
        }
        return false;
    }
    // A failed job that is not in the ring of these (any more) is gone for good, unless it was
    // requeued.
    void evict(std::uint32_t index) noexcept requires(L.failed > 0) {
        state_word seen = flow.table.state(index);
        while (!has_left_failed(index, seen)) {
            if (flow.table.change(index, seen,
                                  table_type::moved(seen, job_state::failed, state_word::held))) {
                flow.note(flow.table.id_of(index), job_state::failed, job_state::failed,
                          end_reason::evicted);
                flow.failed.evicted.fetch_add(1, std::memory_order_relaxed);
                flow.table.job(index).code.reset();
                flow.table.give_back(index);
                return;
            }
        }
    }

    // Takes a job that is not kept any more out of the ring of failed jobs, whose order stays. (It
    // may be in the hand of another one who does this now: then it is found there later.)
    void leave_failed(std::uint32_t index) noexcept requires(L.failed > 0) {
        bool is_first = true;
        // relaxed: a guess; what comes meanwhile comes behind.
        for (auto left = flow.failed.size.load(std::memory_order_relaxed); left != 0; --left) {
            std::uint32_t each = 0;
            if (!flow.failed.ring.get(each)) {
                return;
            }
            state_word seen = flow.table.state(each);
            if (!has_left_failed(each, seen)) {
                is_first = false;
                if (flow.failed.ring.put(each)) [[likely]] {
                    continue;
                }
                evict(each);  // as in job_runs::keep()
            }
            flow.failed.size.fetch_sub(1, std::memory_order_relaxed);
            if (each == index && is_first) {
                return;
            }
        }
    }

    // Tells who waits for the job how it ended; returns how many became ready by that.
    std::uint32_t tell(std::uint32_t index, job_state final) noexcept {
        std::uint32_t ready = flow.resolve(index, final, time.rests());
        if constexpr (L.batches > 0) {
            const std::uint32_t batch = flow.table.job(index).batch.get();
            if (batch != table_type::slot::no_batch) {
                ready += flow.settle_member(batch - 1, final == job_state::succeeded, time.rests());
            }
        }
        return ready;
    }

    // Somebody who waited for a key or a limiter, and whose turn has come.
    void call_out(std::uint32_t index) noexcept requires(L.admission()) {
        flow.put_ready(index);
        flow.wake_for(1);
    }

private:
    // Where it is durable, the log is told.
    void tell_raised([[maybe_unused]] job_id id, [[maybe_unused]] std::uint32_t band) noexcept
        requires(L.bands > 1) {
        if constexpr (listening_platform<Platform>) {
            flow.machine.on_raised(id, std::min(band, L.bands - 1));
        }
    }

    // The timekeeper should look at a timer now, as at one whose deadline has come. If it is posted
    // already it may not have been looked at since.
    [[gnu::always_inline]] void post_and_call(std::uint32_t index, bool must_post) noexcept {
        if (must_post) {
            time.post(index);
        }
        if constexpr (flow_type::is_one_core) {
            flow.lot.call();
        } else {
            const auto seen = must_post ? flow.lot.look_after_put() : flow.lot.look();
            if (seen.sleepers() != 0) {  // else nobody needs the time, which is dear
                flow.lot.keep_time(flow.machine, seen,
                                   short_deadline::at(clock::floor(flow.machine.now())));
            }
        }
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
