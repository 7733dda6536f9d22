// SPDX-License-Identifier: BSL-1.0
//
// job_runs: one attempt of a job, and what follows from its outcome.
//
// What: calls the callable; then the job ends, or rests before it runs again. Also how many ended
// in which way, in one `context` of counters for each who runs jobs, and the failed jobs that are
// kept.
//
// How a job ends: the state changes from processing by one compare-and-swap; cancel() may have been
// first, and then the job is deleted whatever it says. Whoever holds the index then destroys the
// callable, tells the continuations and the batch, counts, and gives the slot back.
//
// Cost: O(1) besides the call, and a step for each continuation and each batch around the job;
// counts O(limits.jobs). Who may call: run and retire one thread for each context, holding the
// job's index; the counts any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/jobs/admission_request.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/job_traits.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/optional_member.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/jobs/type_table.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/job_changes.hpp>
#include <pawl/scheduler/job_services.hpp>
#include <pawl/scheduler/results.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class job_runs : public job_changes<L, Platform> {
    using base = job_changes<L, Platform>;

public:
    using base::flow;
    using base::time;
    using typename base::clock;
    using typename base::far;
    using typename base::flow_type;
    using typename base::table_type;
    using typename base::tick;
    using typename base::word;

    // ---- What has become of jobs: any thread ----------------------------------------------------

    [[nodiscard]] job_counts counts() const noexcept {
        return counts([](std::uint32_t, state_word) noexcept {});
    }
    // Calls look(index, state) besides, for every slot.
    template <class Look>
    [[nodiscard]] job_counts counts(Look&& look) const noexcept {
        job_counts result;
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            const state_word seen = flow.table.state(index);
            look(index, seen);
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
            result.succeeded += each.of(job_state::succeeded).read();
            result.failed += each.of(job_state::failed).read();
            result.deleted += each.of(job_state::deleted).read();
            if constexpr (L.retries) {
                result.retried += each.retried.read();
            }
        }
        if constexpr (L.queue_control) {
            result.dropped = flow.dropped.load(std::memory_order_relaxed);
            result.deleted += result.dropped;
        }
        result.missed = time.recurring.missed.read();
        result.skipped = time.recurring.skipped.read();
        result.coalesced = time.recurring.coalesced.read();
        result.refused = flow.refused.load(std::memory_order_relaxed);
        return result;
    }

    // Adds what deadlines have come to.
    void add_deadlines(std::uint64_t& expired, std::uint64_t& late,
                       std::uint64_t& overran) const noexcept requires(L.deadlines) {
        for (const context& each : contexts_) {
            expired += each.deadlines.expired.read();
            late += each.deadlines.late.read();
            overran += each.deadlines.overran.read();
        }
    }

    // Jobs that came to an end so far.
    [[nodiscard]] std::uint64_t ended() const noexcept {
        std::uint64_t result = 0;
        for (const context& each : contexts_) {
            for (const auto& of_one_end : each.ended) {
                result += of_one_end.read();
            }
        }
        if constexpr (L.queue_control) {
            result += flow.dropped.load(std::memory_order_relaxed);
        }
        return result;
    }

    // A job that had failed in an earlier run of the program has, and is kept again: two steps, for
    // the oldest is to be kept first. REQUIRES: it is built, and nothing runs yet.
    void fail_again(job_id id, [[maybe_unused]] std::uint16_t code,
                    [[maybe_unused]] std::span<const std::byte> text) noexcept {
        if constexpr (L.failed > 0) {
            job_error<L.error_bytes> error{};
            error.code = code;
            if constexpr (L.error_bytes > 0) {
                error.size =
                    static_cast<std::uint16_t>(std::min<std::size_t>(text.size(), L.error_bytes));
                std::transform(text.begin(), text.begin() + error.size, error.text,
                               [](std::byte each) { return static_cast<char>(each); });
            }
            flow.table.job(id.index()).more.error.set(error);
        }
        flow.table.publish(id, job_state::failed, end_flag);
        // Who continues it now is answered at once.
        flow.resolve(id.index(), job_state::failed, time.rests());
    }
    void keep_again(std::uint32_t index) noexcept requires(L.failed > 0) { keep(index); }

    // ---- The scheduler's end --------------------------------------------------------------------

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
            const bool kept = from == job_state::failed && seen.has(state_word::kept);
            if (!waits && !cancelled && !kept) {
                return false;
            }
            const job_state to = kept ? from : job_state::deleted;
            if (flow.table.change(index, seen, table_type::moved(seen, to, state_word::settled))) {
                flow.table.job(index).code.reset();
                if (!kept) {
                    if (waits) {
                        flow.note(flow.table.id_of(index), from, to, end_reason::shutdown);
                    }
                    contexts_[ending].of(job_state::deleted).add();
                }
                return waits;
            }
        }
    }

protected:
    using base::call_out;
    using base::end_flag;
    using base::give_slot_back;
    using base::tell;

    // What one worker counts, on cache lines of its own where there are threads.
    static constexpr std::size_t line_bytes = 64;
    struct nothing_counted {};
    struct deadline_counters {
        event_counter<Platform> expired;  // deleted, because they could not begin by their deadline
        event_counter<Platform> late;     // the same, but they ran
        event_counter<Platform> overran;  // ran longer than run_at_most
    };
    struct no_deadline_counters {};
    struct end_cause {
        end_reason why = end_reason::none;
        std::uint16_t error = 0;
    };
    struct no_cause {};
    struct alignas(Platform::has_threads ? line_bytes : alignof(event_counter<Platform>)) context {
        // succeeded, failed, deleted: the last three states.
        event_counter<Platform> ended[3];
        [[nodiscard]] event_counter<Platform>& of(job_state end) noexcept {
            return ended[place_of(end)];
        }
        [[nodiscard]] const event_counter<Platform>& of(job_state end) const noexcept {
            return ended[place_of(end)];
        }
        static constexpr std::uint32_t place_of(job_state end) noexcept {
            return static_cast<std::uint32_t>(end) -
                   static_cast<std::uint32_t>(job_state::succeeded);
        }
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<L.retries, event_counter<Platform>, nothing_counted> retried;
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<L.deadlines, deadline_counters, no_deadline_counters> deadlines;
        PAWL_NO_UNIQUE_ADDRESS typename flow_type::queues_type::turns turns;
        PAWL_NO_UNIQUE_ADDRESS std::conditional_t<flow_type::notes, end_cause, no_cause> cause;
        PAWL_NO_UNIQUE_ADDRESS optional_member<std::uint32_t, (L.types > 0), 40>
            type_of_run;  // its place in the table of types
    };
    [[nodiscard]] context& context_of(std::uint32_t self) noexcept {
        return contexts_[Platform::has_threads ? self : 0];
    }
    // The context of whoever ends the scheduler's life: without threads, of the same one who runs
    // its jobs.
    static constexpr std::uint32_t ending = Platform::has_threads ? L.sleepers() : 0;

    [[nodiscard]] admission_request request_of(std::uint32_t index) const noexcept
        requires(L.admission()) {
        const auto& more = flow.table.job(index).more;
        const std::uint32_t flags = more.flags.get_own();
        const std::uint32_t limiter = (flags & attribute::limiter_mask) >> attribute::limiter_shift;
        // Without a key the slot has the one of an earlier job.
        const bool has_key = L.keys > 0 && (flags & attribute::keyed) != 0;
        return {
            .key = has_key ? more.key.get() : 0,
            .limiter = limiter == 0 ? admission_request::no_limiter
                                    : static_cast<std::uint8_t>(limiter - 1),
            .busy = static_cast<on_busy>((flags & attribute::busy_mask) >> attribute::busy_shift),
            .chain = (flags & attribute::chain) != 0,
            .exclusive = (flags & attribute::shared_key) == 0};
    }

    // ---- A run and its outcome ------------------------------------------------------------------

    // Calls a job that is `processing`, as `seen` says, and does what follows from its outcome.
    void run(std::uint32_t index, state_word seen, std::uint32_t self) noexcept {
        auto& slot = flow.table.job(index);
        // Without retries every attempt is the first one: a snooze is none.
        const std::uint32_t attempt = L.retries ? flow.table.attempts(index) + 1 : 1;
        if constexpr (L.retries) {
            flow.table.set_attempts(index, attempt);
        }
        begin_run(index, attempt);
        if constexpr (flow_type::notes) {
            flow.note(flow.table.id_of(index), job_state::enqueued, job_state::processing,
                      end_reason::none, attempt);
        }
        const outcome_bits said = slot.code.run(this, index);
        end_run(index, self);
        if (said == to_bits(outcome::success())) [[likely]] {
            because(self, end_reason::succeeded, outcome::success());
            count_type(type_end::succeeded, self);
            end(index, seen, job_state::succeeded, self);
        } else {
            slot.code.conclude(this, {index, seen.bits(), attempt, self, said});
        }
    }

    // The same for a job of which nothing was said, and that is in no batch, where that is worth
    // code of its own. (While it runs such a job adds no attribute but an error, of which its
    // success takes no notice.)
    static constexpr bool runs_alone =
        table_type::slot::attributes_exist && !flow_type::is_one_core;
    [[gnu::always_inline]] void run_alone(std::uint32_t index, state_word seen,
                                          std::uint32_t self) noexcept requires runs_alone {
        auto& slot = flow.table.job(index);
        std::uint32_t attempt = 1;
        if constexpr (L.retries) {
            attempt = flow.table.begin_attempt(index);
        }
        if constexpr (L.times) {
            slot.more.began.set(clock::floor(flow.machine.now()));
        }
        if constexpr (L.progress) {
            slot.more.progress.set(0);
        }
        flow.note(flow.table.id_of(index), job_state::enqueued, job_state::processing,
                  end_reason::none, attempt);
        const outcome_bits said = slot.code.run(this, index);
        if constexpr (L.types > 0) {
            time_type_of(index, self);
        }
        if (said != to_bits(outcome::success())) [[unlikely]] {
            slot.code.conclude(this, {index, seen.bits(), attempt, self, said});
            return;
        }
        because(self, end_reason::succeeded, outcome::success());
        count_type(type_end::succeeded, self);
        state_word expected = seen;
        if (!flow.table.change(index, expected,
                               table_type::moved(seen, job_state::succeeded, end_flag)))
            [[unlikely]] {
            end(index, seen, job_state::succeeded, self);  // cancel() was first
            return;
        }
        note_end(index, job_state::succeeded, self);
        slot.code.destroy();
        const std::uint32_t ready = flow.resolve(index, job_state::succeeded, time.rests());
        context_of(self).of(job_state::succeeded).add();
        give_slot_back(index);
        flow.wake_for_others(ready);
    }

    // The same without what attributes, retries, times and events ask for. True: it succeeded; else
    // all has been done that follows.
    [[gnu::always_inline]] bool run_plain(std::uint32_t index, state_word seen) noexcept {
        auto& code = flow.table.job(index).code;
        const outcome_bits said = code.run(this, index);
        if (said != to_bits(outcome::success())) [[unlikely]] {
            code.conclude(this, {index, seen.bits(), 1, 0, said});
            return false;
        }
        return true;
    }

    // What follows from another outcome than success.
    void conclude(const run_result& result) noexcept {
        const std::uint32_t index = result.index;
        const std::uint32_t self = result.self;
        const outcome said = from_bits(result.said);
        [[maybe_unused]] const std::uint32_t attempt = result.attempt;
        const state_word seen{result.state};
        [[maybe_unused]] auto& slot = flow.table.job(index);
        switch (said.what()) {
            case outcome::kind::success: return;
            case outcome::kind::fail:
                because(self, end_reason::failed, said);
                fail(index, seen, self, said);
                return;
            case outcome::kind::discard:
                because(self, end_reason::discarded, said);
                count_type(type_end::deleted, self);
                end(index, seen, job_state::deleted, self);
                return;
            case outcome::kind::yield:
                if constexpr (L.slices) {
                    slot.more.cursor.set(said.cursor());
                    slot.more.add(attribute::cursor);
                } else {
                    because(self, end_reason::failed, said);
                    fail(index, seen, self, said);
                    return;
                }
                [[fallthrough]];
            case outcome::kind::snooze:
                if constexpr (L.retries) {
                    flow.table.set_attempts(index, attempt - 1);
                }
                because(self,
                        said.what() == outcome::kind::snooze ? end_reason::snoozed
                                                             : end_reason::yielded,
                        said);
                again(index, seen, said.rest().template to<typename far::duration>(), self);
                return;
            case outcome::kind::retry:
            case outcome::kind::retry_in: break;
        }
        retry(index, seen, self, attempt, said);
    }

    // act(job), with a context of the job that runs in this slot.
    template <class Act>
    auto with_context(std::uint32_t index, Act&& act) noexcept {
        job_context job{flow.table.id_of(index), L.retries ? flow.table.attempts(index) : 1,
                        flow.table.job(index).called.get_own(), static_cast<base*>(this),
                        &job_services<L, Platform>::serve};
        return act(job);
    }

    // Everything that follows from a job's end. REQUIRES: the caller holds the index.
    void retire(std::uint32_t index, job_state final, std::uint32_t self) noexcept {
        auto& slot = flow.table.job(index);
        bool keeps = false;
        if constexpr (L.failed > 0) {
            keeps = final == job_state::failed;
        }
        if constexpr (table_type::slot::attributes_exist) {
            if (slot.more.flags.get_own() != 0) {
                leave_gates(index, true);
                flow.leave_unique(index);
            }
        }
        if (!keeps) {
            slot.code.destroy();
        }
        const std::uint32_t ready = tell(index, final);
        context_of(self).of(final).add();
        if (keeps) {
            keep(index);
        } else {
            give_slot_back(index);
        }
        flow.wake_for_others(ready);
    }

private:
    // What a job's attributes ask for at its begin.
    [[gnu::always_inline]] void begin_run(std::uint32_t index,
                                          [[maybe_unused]] std::uint32_t attempt) noexcept {
        [[maybe_unused]] auto& more = flow.table.job(index).more;
        if constexpr (L.times) {
            more.began.set(clock::floor(flow.machine.now()));
        }
        if constexpr (table_type::slot::attributes_exist) {
            if (const std::uint32_t flags = more.flags.get_own(); flags != 0) {
                begin_special(more, flags, index, attempt);
            }
        }
        if constexpr (L.progress) {
            if (!L.slices || !more.has(attribute::cursor)) {
                more.progress.set(0);
            }
        }
    }
    template <class More>
    void begin_special(More& more, std::uint32_t flags, [[maybe_unused]] std::uint32_t index,
                       [[maybe_unused]] std::uint32_t attempt) noexcept {
        if constexpr (L.deadlines && !L.times) {
            if ((flags & (attribute::run_at_most | attribute::deadline)) != 0) {
                more.began.set(clock::floor(flow.machine.now()));
            }
        }
        if constexpr (L.deadlines) {
            if ((flags & attribute::retry_for) != 0 && attempt == 1) {
                more.first_began.set(clock::floor(flow.machine.now()));
            }
        }
        if constexpr (L.keys > 0) {
            if ((flags & attribute::unique_until_start) != 0) {
                flow.leave_unique(index);
            }
        }
        more.drop(attribute::error);
    }

    [[gnu::always_inline]] void end_run([[maybe_unused]] std::uint32_t index,
                                        [[maybe_unused]] std::uint32_t self) noexcept {
        if constexpr (L.types > 0) {
            time_type_of(index, self);
        }
        if constexpr (L.deadlines) {
            const auto& more = flow.table.job(index).more;
            if (more.has(attribute::run_at_most) &&
                more.runs_too_long(clock::floor(flow.machine.now()))) {
                context_of(self).deadlines.overran.add();
                flow.note(flow.table.id_of(index), job_state::processing, job_state::processing,
                          end_reason::overran);
            }
        }
    }

    // The attempt's times, for the numbers of its type.
    void time_type_of(std::uint32_t index, std::uint32_t self) noexcept requires(L.types > 0) {
        auto& slot = flow.table.job(index);
        const tick began = slot.more.began.get_own();
        const auto length = [](tick from, tick to) {
            return static_cast<std::uint32_t>(
                std::min<std::uint64_t>(flow_type::attributes_type::length(from, to), 0xFFFF'FFFF));
        };
        const job_traits* const traits = slot.code.traits();
        const name called = traits != nullptr && !traits->job_type.empty()
                                ? borrowed(traits->job_type)
                                : slot.called.get_own();
        context_of(self).type_of_run.set(
            flow.types.add(slot.code.type(), called, length(slot.more.due.get_own(), began),
                           length(began, clock::floor(flow.machine.now()))));
    }
    // What came of it.
    void count_type([[maybe_unused]] type_end how, [[maybe_unused]] std::uint32_t self) noexcept {
        if constexpr (L.types > 0) {
            flow.types.count(context_of(self).type_of_run.get(), how);
        }
    }

    // The attempt failed and asks for another one.
    void retry(std::uint32_t index, state_word seen, std::uint32_t self,
               [[maybe_unused]] std::uint32_t attempt, outcome said) noexcept {
        if constexpr (L.retries) {
            auto& slot = flow.table.job(index);
            const retry_policy policy = slot.retry.get();
            const job_traits* const traits = slot.code.traits();
            bool retries = attempt <= policy.max_retries();
            typename far::duration rest{};
            if (traits != nullptr && traits->is_failure != nullptr &&
                !traits->is_failure(said.error())) {
                because(self, end_reason::filtered, said);
                fail(index, seen, self, said);
                return;
            }
            if (traits != nullptr && traits->next_retry != nullptr) {
                const outcome next = traits->next_retry(attempt, said.error());
                retries = next.what() == outcome::kind::retry_in;
                rest = next.rest().template to<typename far::duration>();
            } else if (retries && said.what() != outcome::kind::retry_in) {
                rest = policy.template delay<typename far::duration>(
                    attempt, random(flow.table.id_of(index), attempt));
            }
            if (said.what() == outcome::kind::retry_in) {
                rest = said.rest().template to<typename far::duration>();
            }
            if (retries && comes_in_time(index, rest)) {
                if constexpr (L.error_bytes > 0 || L.failed > 0) {
                    set_error(index, said.error());
                }
                because(self, end_reason::retried, said);
                count_type(type_end::retried, self);
                if (again(index, seen, rest, self)) {
                    context_of(self).retried.add();
                }
                return;
            }
            if (policy.after_last() == after_last::discard) {
                count_type(type_end::deleted, self);
                because(self, end_reason::discarded, said);
                end(index, seen, job_state::deleted, self);
                return;
            }
        }
        because(self, end_reason::exhausted, said);
        fail(index, seen, self, said);
    }

    // Whether a retry after this rest begins before the job's last time for one.
    [[nodiscard]] bool comes_in_time([[maybe_unused]] std::uint32_t index,
                                     [[maybe_unused]] typename far::duration rest) const noexcept {
        if constexpr (L.deadlines) {
            const auto& more = flow.table.job(index).more;
            // Bounds are short: no longer than delay_max of the clock, of which rest may be more.
            return !more.has(attribute::retry_for) ||
                   (rest <= clock::delay_max && more.may_retry(far::last(due_after(rest))));
        } else {
            return true;
        }
    }

    // When a rest is over that begins now; a longer one than the clock can say is as long as that.
    [[nodiscard]] typename far::timer due_after(typename far::duration rest) const noexcept {
        const auto kept = rest.count() < far::delay_max.count() ? rest : far::delay_max;
        return far::timer_of(far::after(flow.machine.now(), kept));
    }

    // Why the attempt ended as it did, for who keeps events: until the change of state is made.
    [[gnu::always_inline]] void because([[maybe_unused]] std::uint32_t self,
                                        [[maybe_unused]] end_reason why,
                                        [[maybe_unused]] outcome said) noexcept {
        if constexpr (flow_type::notes) {
            context_of(self).cause = {why, said.error()};
        }
    }
    void note_end([[maybe_unused]] std::uint32_t index, [[maybe_unused]] job_state to,
                  [[maybe_unused]] std::uint32_t self) noexcept {
        if constexpr (flow_type::notes) {
            const auto cause = context_of(self).cause;
            flow.note(flow.table.id_of(index), job_state::processing, to, cause.why,
                      std::uint32_t{cause.error} << 16 | flow.table.attempts(index));
        }
    }

    // The job ends by itself, unless it was cancelled while it ran.
    void end(std::uint32_t index, state_word seen, job_state final, std::uint32_t self) noexcept {
        bool cancelled = seen.state() == job_state::deleted;
        while (!flow.table.change(index, seen, table_type::moved(seen, final, end_flag))) {
            cancelled = seen.state() == job_state::deleted;  // cancel() was first
            final = cancelled ? job_state::deleted : final;
        }
        if (flow_type::notes && !cancelled) {
            note_end(index, final, self);
        }
        retire(index, final, self);
    }

    // The job fails for good; its type may have a last word.
    void fail(std::uint32_t index, state_word seen, std::uint32_t self,
              [[maybe_unused]] outcome said) noexcept {
        count_type(type_end::failed, self);
        if constexpr (L.error_bytes > 0 || L.failed > 0) {
            set_error(index, said.error());
        }
        if constexpr (L.retries) {
            const job_traits* const traits = flow.table.job(index).code.traits();
            if (traits != nullptr && traits->on_dead != nullptr &&
                flow.table.state(index).state() == job_state::processing) {
                with_context(index, [&](job_context& job) noexcept {
                    traits->on_dead(job);
                    return true;
                });
            }
        }
        end(index, seen, job_state::failed, self);
    }

    // The code beside the text that the job may have said itself.
    void set_error(std::uint32_t index, std::uint16_t code) noexcept
        requires(L.error_bytes > 0 || L.failed > 0) {
        auto& more = flow.table.job(index).more;
        auto error =
            more.has(attribute::error) ? more.error.get_own() : decltype(more.error.get_own()){};
        error.code = code;
        more.error.set(error);
    }

    // The job runs again after a rest; false if it was cancelled meanwhile.
    bool again(std::uint32_t index, state_word seen, typename far::duration rest,
               std::uint32_t self) noexcept {
        const bool at_once = rest.count() == 0;
        leave_gates(index, false);
        const auto due = due_after(rest);
        flow.set_released(index, far::last(due));
        time.set_due(index, due);
        if (const state_word now = flow.table.state(index);
            flow_type::notes && now.state() == job_state::deleted) {
            end(index, now, job_state::deleted, self);
            return false;
        }
        // Told before it is visible: afterwards it may be running already. (Who cancels the job
        // just here has told before, and then this is one event too many.)
        note_end(index, at_once ? job_state::enqueued : job_state::scheduled, self);
        while (!(at_once ? flow.make_ready(index, seen)
                         : flow.table.change(index, seen,
                                             table_type::moved(seen, job_state::scheduled,
                                                               state_word::posted)))) {
            if (seen.state() == job_state::deleted) {
                end(index, seen, job_state::deleted, self);
                return false;
            }
        }
        if (!at_once) {
            time.post(index);  // this worker, or poll, looks into the inbox before it sleeps
            flow.call_if_alone();
        }
        return true;
    }

    // The job has left what it held: at the end of an attempt, or of the job.
    void leave_gates([[maybe_unused]] std::uint32_t index,
                     [[maybe_unused]] bool is_final) noexcept {
        if constexpr (L.admission()) {
            auto& more = flow.table.job(index).more;
            if (!more.has(attribute::asked)) {
                return;
            }
            const admission_request asked = request_of(index);
            if (is_final || !asked.chain) {
                more.drop(attribute::asked);
            }
            flow.gates.done(index, asked, is_final, clock::floor(flow.machine.now()),
                            [this](std::uint32_t next) noexcept { call_out(next); });
        }
    }

    // ---- Failed jobs that are kept --------------------------------------------------------------

    // A failed job goes into the ring of those, and the oldest out of it if there are too many.
    void keep([[maybe_unused]] std::uint32_t index) noexcept {
        if constexpr (L.failed > 0) {
            const bool was_requeued = flow.table.job(index).more.has(attribute::requeued);
            state_word seen = flow.table.state(index);
            // Who was raised stays `twice`: it lies in its old line, and in here.
            while (!flow.table.change(
                index, seen,
                was_requeued ? seen.to(job_state::failed, state_word::kept)
                             : table_type::moved(seen, job_state::failed, state_word::kept))) {
            }
            if (was_requeued && seen.has(state_word::twice)) {
                return;  // it was requeued, and lies there still
            }
            // relaxed, all: a count, of no fewer than are inside. Of two who look at it at once one
            // may take out one too many.
            word& size = flow.failed.size;
            size.fetch_add(1, std::memory_order_relaxed);
            if (!flow.failed.ring.put(index)) [[unlikely]] {
                // Others are about to take as many out, and stand still.
                size.fetch_sub(1, std::memory_order_relaxed);
                this->evict(index);
                return;
            }
            while (size.load(std::memory_order_relaxed) > L.failed && evict_oldest()) {
            }
        }
    }

    // Takes the oldest of the ring of failed jobs out of it. False: others have them all in hand.
    bool evict_oldest() noexcept requires(L.failed > 0) {
        std::uint32_t index = 0;
        if (!flow.failed.ring.get(index)) {
            return false;
        }
        flow.failed.size.fetch_sub(1, std::memory_order_relaxed);
        this->evict(index);
        return true;
    }
    // A number that depends on the job and the attempt alone: the same program spreads its retries
    // the same way each time.
    [[nodiscard]] static constexpr std::uint32_t random(job_id id, std::uint32_t attempt) noexcept {
        return spread_bits(id.index() * 0x9E37'79B9 + id.generation() * 0x85EB'CA6B + attempt);
    }

    friend job_host<L, Platform>;

    context contexts_[Platform::has_threads ? ending + 1 : 1];
};

// What callables ask of their scheduler's job_runs; see callable.hpp.
template <limits L, platform Platform>
struct job_host {
    using runs = job_runs<L, Platform>;

    template <class Act>
    static auto with_context(void* host, std::uint32_t index, Act&& act) noexcept {
        return static_cast<runs*>(host)->with_context(index, std::forward<Act>(act));
    }
    static void conclude(void* host, const run_result& result) noexcept {
        static_cast<runs*>(host)->conclude(result);
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
