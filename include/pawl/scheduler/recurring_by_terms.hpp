// SPDX-License-Identifier: BSL-1.0
//
// recurring_by_terms: recurring jobs with policies: what becomes of each time of an entry.
//
// What: recurring_jobs with limits.recurring_policies. An entry's options (recurring_options.hpp)
// say how many runs stand for what passed unseen, what becomes of a run whose predecessor has not
// ended, and what if there is no room; an entry can be paused, triggered by hand, and asked.
//
// Why occurrences that must not run at once are a chain of continuations, and not a count of runs
// that are owed: the later one is a job from the moment on in which it was due. It can be asked and
// cancelled as any other, its slot is its own, and it starts when the one before ends, without
// anybody looking at the time. What it costs is a slot and an edge while it waits.
//
// A fixed delay is looked at once a period while the run goes on: it ends after the look before, so
// one period after its end is not before the next look.
//
// Cost: firing O(1) and one step of the expression for each time that has passed (bounded: see
// recurring_times.hpp). Who may call: the wheel's owner (see timekeeper.hpp); release() anyone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <span>

#include <pawl/config.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/recurring_info.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/jobs/recurring_table.hpp>
#include <pawl/jobs/recurring_times.hpp>
#include <pawl/scheduler/lost_job.hpp>
#include <pawl/scheduler/recurring_jobs.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class recurring_by_terms : public recurring_jobs<L, Platform> {
    using base = recurring_jobs<L, Platform>;
    using base::announce;
    using base::arm;
    using base::calendar_;
    using base::due_of;
    using base::entries;
    using base::is_going_on;
    using base::is_written;
    using base::table_;
    using base::unlist;

public:
    using typename base::clock;
    using typename base::duration;
    using typename base::entry_type;
    using typename base::flow_type;
    using typename base::interval_rule;
    using typename base::options_type;
    using typename base::table_type;
    using typename base::time_point;
    using typename base::times;
    using typename base::wheel_type;
    using info_type = basic_recurring_info<time_point>;

    using base::coalesced;
    using base::id_of;
    using base::missed;
    using base::nothing_to_release;
    using base::skipped;

    static_assert(L.edges > 0,
                  "limits.recurring_policies needs limits.edges: an occurrence waits for the one "
                  "before it as a continuation");

    // ---- Adding, in the three steps of recurring_jobs -----------------------------------------

    [[nodiscard]] bool begin(std::uint32_t& index, const name& called, std::uint32_t line,
                             const options_type& options) noexcept {
        if (!has_room(called) || !base::begin(index, called, line, options)) {
            return false;
        }
        settle_ends(index);
        set_terms(index, options);
        return true;
    }

    // Gives the entry its rule, and arms it in the place of the former one of its name, whose next
    // time it takes over if that has the same rule. `to_release`: the entry whose callable the
    // caller has to release() once it is not the owner any more, or `nothing_to_release`. If the
    // rule is refused, it is this entry.
    recurring_id commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                        duration period, std::uint32_t& to_release) noexcept {
        ::new (&table_.at(index).interval) interval_rule{period, time_point{}};
        return replace(machine, wheel, index, to_release);
    }
    recurring_id commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                        const calendar_rule& rule, std::uint32_t& to_release) noexcept {
        this->add_calendar(machine, index, rule);
        return replace(machine, wheel, index, to_release);
    }

    // ---- By hand ------------------------------------------------------------------------------

    // Makes an occurrence now, and leaves the next time alone. Its handle, or why there is none.
    template <class Key>
    job_id trigger(flow_type& flow, Key key) noexcept {
        const std::optional<std::uint32_t> found = table_.find(key);
        if (!found) {
            return submit_error::gone;
        }
        std::uint32_t ready = 0;
        const job_id made = spawn(flow, *found, {.by_hand = true}, ready);
        if (!made) {
            return made;
        }
        ++table_.at(*found).more.course.triggered;
        this->tell(flow.machine, table_.at(*found));
        const auto seen = flow.lot.look();
        if (ready != 0) {
            flow.lot.wake_one(flow.machine, seen);
        }
        return flow.confirm(made, seen.phase());
    }

    // While an entry is paused none of its times becomes a run. Afterwards those that passed have
    // passed unseen.
    template <class Key>
    bool pause(wheel_type& wheel, Key key, bool paused, const Platform& machine) noexcept {
        const std::optional<std::uint32_t> found = table_.find(key);
        if (!found) {
            return false;
        }
        auto& course = table_.at(*found).more.course;
        if (course.paused != paused) {
            course.paused = paused;
            course.defers = false;
            wheel.cancel(L.jobs + *found);
            arm(machine, wheel, *found);
        }
        return true;
    }

    // ---- Asked --------------------------------------------------------------------------------

    template <class Key>
    [[nodiscard]] std::optional<info_type> find(const flow_type& flow, Key key) noexcept {
        const std::optional<std::uint32_t> found = table_.find(key);
        return found ? std::optional<info_type>{info(flow, *found)} : std::nullopt;
    }
    // Fills in as many as there is room for; returns how many there are.
    [[nodiscard]] std::uint32_t list(const flow_type& flow, std::span<info_type> into) noexcept {
        std::uint32_t count = 0;
        for (std::uint32_t index = 0; index < entries; ++index) {
            if (table_.at(index).listed) {
                if (count < into.size()) {
                    into[count] = info(flow, index);
                }
                ++count;
            }
        }
        return count;
    }

    // How a running occurrence is cancelled (overlap::replace): known to who joins the parts, and
    // told only where it is asked for.
    void cancel_by(void* runner, bool (*cancel)(void*, job_id) noexcept) noexcept {
        canceller_ = {runner, cancel};
    }

    // ---- Its time -----------------------------------------------------------------------------

    // An entry's timer is due. Returns how many jobs that made ready.
    std::uint32_t fire(flow_type& flow, wheel_type& wheel, std::uint32_t index,
                       time_point) noexcept {
        entry_type& entry = table_.at(index);
        auto& course = entry.more.course;
        const auto now = times::present(flow.machine);
        if (course.awaits_end && !is_going_on(flow, course.timed)) {
            times::go_to(entry, after_end(entry));
        }
        std::uint32_t ready = 0;
        [[maybe_unused]] const job_id before = entry.last.get();
        if constexpr (is_written) {
            make_anew(flow, index, ready);
        }
        if (!course.awaits_end && times::has_come(entry, now)) {
            ready += come(flow, index, now);
        } else {
            course.defers = false;  // its bounds were moved meanwhile
        }
        if (course.awaits_end || course.defers) {
            if constexpr (is_written) {
                if (!(entry.last.get() == before)) {
                    this->tell(flow.machine, entry);
                }
            }
            look_later(wheel, index, now.now);
        } else {
            arm(flow.machine, wheel, index);
        }
        return ready;
    }

private:
    // How the job of an occurrence is made.
    struct manner {
        bool by_hand = false;
        bool in_line = false;  // behind the one before, whatever the overlap says
        bool again = false;    // it is the one that was cut off
    };
    struct canceller {
        void* runner = nullptr;
        bool (*cancel)(void*, job_id) noexcept = nullptr;
    };

    // ---- Adding -------------------------------------------------------------------------------

    // The entry to spare is for updates.
    [[nodiscard]] bool has_room(name called) noexcept {
        std::uint32_t listed = 0;
        for (std::uint32_t index = 0; index < entries; ++index) {
            listed += table_.at(index).listed ? 1U : 0U;
        }
        return listed < L.recurring || table_.find(called);
    }

    // A new entry takes the place of one that an update has taken off, and with it the word in
    // which its last run noted its end. That has ended, or the place would not be free.
    void settle_ends(std::uint32_t taken) noexcept {
        for (std::uint32_t index = 0; index < entries; ++index) {
            entry_type& entry = table_.at(index);
            auto& course = entry.more.course;
            if (index != taken && entry.listed && course.awaits_end &&
                course.timed_entry == taken) {
                times::go_to(entry, after_end(entry));
            }
        }
    }

    // The next time of an entry whose run has ended.
    [[nodiscard]] time_point after_end(const entry_type& entry) const noexcept {
        return clock::add(table_.end_of(entry.more.course.timed_entry), entry.interval.period);
    }

    void set_terms(std::uint32_t index, const options_type& options) noexcept {
        auto& entry = table_.at(index);
        auto& terms = entry.more.terms;
        terms.misfire = options.misfire;
        terms.when_full = options.when_full;
        terms.run_at_start = options.run_at_start;
        terms.fixed_delay = options.fixed_delay;
        terms.max_runs = options.max_runs;
        terms.jitter = options.jitter;
        terms.jitter_seed = times::seed_of(entry.called, index);
        terms.not_before = options.not_before;
        terms.until = options.until;
        entry.more.course = {};
        // relaxed: nobody runs it yet.
        entry.more.inside.store(0, std::memory_order_relaxed);
        entry.more.said.store(0, std::memory_order_relaxed);
    }

    // Arms a new entry, and takes a former one of the same name off.
    recurring_id replace(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                         std::uint32_t& to_release) noexcept {
        entry_type& entry = table_.at(index);
        const std::uint32_t former = this->former_of(index);
        auto change = recurring_change::created;
        const submit_error refusal = follow_on(
            machine, index, former == nothing_to_release ? nullptr : &table_.at(former), change);
        if (refusal != submit_error::none) {
            entry.listed = false;
            this->forget_calendar(entry);
            to_release = index;
            return refusal;
        }
        if (former != nothing_to_release) {
            if constexpr (is_written) {
                entry.cut_off = table_.at(former).cut_off;
            }
            unlist(wheel, former);
        } else {
            this->resume(machine, index);
        }
        to_release = former;
        arm(machine, wheel, index);
        return id_of(index, change);
    }

    // Goes on with the time of the former entry, if the rule is the same.
    static bool take_over(entry_type& entry, const entry_type& former) noexcept {
        bool same = entry.by_calendar == former.by_calendar;
        if (same && entry.by_calendar) {
            same = entry.calendar.times == former.calendar.times;
            entry.calendar.due = same ? former.calendar.due : entry.calendar.due;
        } else if (same) {
            same = entry.interval.period == former.interval.period;
            entry.interval.due = same ? former.interval.due : entry.interval.due;
        }
        return same;
    }

    // What a new entry has from the former one of its name, and its first time.
    submit_error follow_on(const Platform& machine, std::uint32_t index, const entry_type* former,
                           recurring_change& change) noexcept {
        entry_type& entry = table_.at(index);
        auto& course = entry.more.course;
        const bool by_end = entry.more.terms.fixed_delay && !entry.by_calendar;
        entry.more.terms.fixed_delay = by_end;
        course.by_end = by_end;
        if (by_end) {
            table_.use_clock(machine);
        }
        const auto now = times::present(machine);
        if (former == nullptr) {
            return times::begin(entry, now);
        }
        const auto& before = former->more.course;
        entry.last.set(former->last.get());
        if (before.by_end != by_end || !take_over(entry, *former)) {
            // The rule is new; a pause, and an occurrence that has not ended, are not.
            change = recurring_change::updated;
            course.paused = before.paused;
            return times::begin(entry, now);
        }
        change = recurring_change::unchanged;
        course = before;
        // Its bounds may be new. One that was at its end goes on, if there is a time from now on.
        course.finished =
            entry.more.terms.max_runs != 0 && course.runs >= entry.more.terms.max_runs;
        const submit_error refusal = before.finished && !course.finished
                                         ? times::go_on_from(entry, now)
                                         : times::keep_bounds(entry, now);
        return refusal == submit_error::never ? submit_error::none : refusal;
    }

    // ---- Firing -------------------------------------------------------------------------------

    // An entry that waits for the end of a run is looked at one period from now, before which the
    // next time cannot come, whenever the run ends. One that waits for room, after a part of the
    // time that it has waited.
    void look_later(wheel_type& wheel, std::uint32_t index, time_point now) noexcept {
        const entry_type& entry = table_.at(index);
        duration rest;
        if (entry.more.course.defers) {
            const duration waited = clock::between(entry.more.course.defers_since, now);
            rest = std::max(waited / defers_part, times::a_tick);
        } else {
            rest = entry.interval.period;
            if constexpr (sizeof(typename clock::tick) > sizeof(std::uint32_t)) {
                // Within what the low bits of a tick can tell apart: recurring_table::end_of().
                rest = std::min(rest, std::chrono::duration_cast<duration>(typename Platform::tick{
                                          std::numeric_limits<std::int32_t>::max()}));
            }
        }
        wheel.schedule(L.jobs + index, clock::ceil(clock::add(now, rest)));
    }

    // At least one time has come: makes runs of it, as misfire, overlap and when_full say, and goes
    // on to the next time. Returns how many jobs that made ready.
    std::uint32_t come(flow_type& flow, std::uint32_t index,
                       const typename times::moment& now) noexcept {
        entry_type& entry = table_.at(index);
        auto& course = entry.more.course;
        const auto& terms = entry.more.terms;
        bool deferred = course.defers;
        course.defers = false;
        if (terms.misfire.what() == misfire::kind::skip) {
            const auto limit = times::before_grace(now, terms.misfire.grace());
            if (!course.by_end) {
                count_missed(course, times::pass(entry, limit));
            } else if (times::has_come(entry, limit)) {
                count_missed(course, 1);
                times::go_to(entry, clock::add(now.now, entry.interval.period));
            }
        }
        std::uint32_t ready = 0;
        manner how;
        for (std::uint32_t left = runs_max(entry); left != 0 && times::has_come(entry, now);
             --left) {
            const job_id made = spawn(flow, index, how, ready);
            course.error = made ? submit_error::none : made.error();
            if (made) {
                ++course.runs;
                deferred = false;
                how.in_line = entry.overlap == overlap::skip;
            } else if (course.error == submit_error::overlapping) {
                ++course.skipped;
                skipped.add();
                left = 1;  // so would the others be
            } else if (terms.when_full == when_full::defer) {
                ++course.deferred;
                course.defers_since = deferred ? course.defers_since : now.now;
                course.defers = true;
                return ready;
            } else {
                count_missed(course, 1);
            }
            go_on(entry, index, made, now.now);
        }
        if (!course.by_end) {
            const std::uint32_t rest = times::pass(entry, now);
            course.coalesced += rest;
            coalesced.add(rest);
        }
        return ready;
    }

    // With a fixed delay there is only ever one time; with overlap::replace only the last run would
    // be left of several.
    [[nodiscard]] static std::uint32_t runs_max(const entry_type& entry) noexcept {
        const bool one = entry.more.course.by_end || entry.overlap == overlap::replace;
        return one ? 1 : entry.more.terms.misfire.runs_max();
    }

    // Goes on to the next time after this one became the job `made`, or none.
    void go_on(entry_type& entry, std::uint32_t index, job_id made, time_point now) noexcept {
        auto& course = entry.more.course;
        if (made && course.runs == entry.more.terms.max_runs) {
            course.finished = true;
        } else if (!course.by_end) {
            times::step(entry);
        } else if (!made) {
            times::go_to(entry, clock::add(now, entry.interval.period));
        } else {
            course.awaits_end = true;
            course.timed = made;
            course.timed_entry = index;
        }
    }

    // Of the run that the end of the program cut off.
    void make_anew(flow_type& flow, std::uint32_t index,
                   std::uint32_t& ready) noexcept requires is_written {
        entry_type& entry = table_.at(index);
        entry.cut_off.comes_now = false;
        if (!entry.cut_off.is_owed) {
            return;
        }
        const job_id made = spawn(flow, index, {.again = true}, ready);
        entry.cut_off.is_owed = !made;  // no room: with the next time
        auto& course = entry.more.course;
        if (made && course.by_end) {
            course.awaits_end = true;
            course.timed = made;
            course.timed_entry = index;
        }
    }

    void count_missed(recurring_course<Platform>& course, std::uint32_t count) noexcept {
        course.missed += count;
        missed.add(count);
    }

    // ---- Occurrences --------------------------------------------------------------------------

    // Makes the job of an occurrence, or says why there is none: `overlapping`, `full` or
    // `stopped`. `ready` grows by one if it is ready now, and not behind another one.
    job_id spawn(flow_type& flow, std::uint32_t index, manner how, std::uint32_t& ready) noexcept {
        entry_type& entry = table_.at(index);
        if (flow.lot.glance().phase() != phase::accepting) {
            return submit_error::stopped;
        }
        job_id behind;
        if (entry.overlap != overlap::allow && is_going_on(flow, entry.last.get())) {
            if (!how.in_line && !gives_way(flow, entry)) {
                return submit_error::overlapping;
            }
            behind = entry.last.get();
        }
        job_id id = build(flow, index, how);
        if (id && behind) {
            id = flow.publish_awaiting(id, std::span<const job_id>{&behind, 1}, when::any, {});
            if (id.error() == submit_error::gone) {
                // It has ended meanwhile, and its slot serves another job.
                behind = {};
                id = build(flow, index, how);
            }
        }
        if (!id) {
            return id.error() == submit_error::stopped ? id : job_id{submit_error::full};
        }
        if (!behind) {
            if (how.by_hand) {
                flow.publish_quietly(id);
            } else {
                this->note_scheduled(flow, index, id);
                flow.publish_released(id);
            }
            ++ready;
        }
        entry.last.set(id);
        entry.more.course.last_run = flow.machine.now();
        entry.more.course.has_run = true;
        return id;
    }

    // A job that is complete, and not published. REQUIRES: as spawn().
    job_id build(flow_type& flow, std::uint32_t index, manner how) noexcept {
        entry_type& entry = table_.at(index);
        const job_id id = flow.build(entry.queue);
        if (!id) {
            return id;
        }
        flow.describe(id, entry.called, entry.retry.get());
        if constexpr (table_type::has_occurrence_options) {
            flow.describe_more(id, entry.of_each.get());
        }
        if (how.by_hand) {
            flow.table.job(id.index()).more.add(attribute::by_hand);
        }
        if (entry.more.terms.fixed_delay && !how.by_hand) {
            // If it never runs, it ends now.
            table_.note_end(index, flow.machine.now());
        }
        if (announce(flow, entry, id, how.again)) {
            table_.add_reference(index);
            flow.emplace(id, occurrence<table_type>{table_, index, how.by_hand});
        } else {
            flow.emplace(id, lost_job::poisoned());
        }
        return id;
    }

    // Whether an occurrence may be made behind the one before, which has not ended. One that waits
    // itself is waited for by nobody: there is one in line already.
    bool gives_way(const flow_type& flow, const entry_type& entry) noexcept {
        const job_id before = entry.last.get();
        if (entry.overlap == overlap::skip ||
            flow.table.find(before).state() == job_state::awaiting) {
            return false;
        }
        if (entry.overlap == overlap::replace && canceller_.cancel != nullptr) {
            canceller_.cancel(canceller_.runner, before);
        }
        return true;
    }

    [[nodiscard]] info_type info(const flow_type& flow, std::uint32_t index) noexcept {
        entry_type& entry = table_.at(index);
        const auto& course = entry.more.course;
        if (course.awaits_end && !is_going_on(flow, course.timed)) {
            times::go_to(entry, after_end(entry));  // the timer looks before that
        }
        info_type result;
        result.id = id_of(index);
        result.called = entry.called;
        if (!course.paused && !course.finished) {
            if (!course.awaits_end) {
                result.next = due_of(flow.machine, entry);
            }
            if (entry.by_calendar) {
                result.next_by_calendar = entry.calendar.due;
            }
        }
        if (course.has_run) {
            result.last_run = course.last_run;
        }
        result.runs = course.runs;
        result.missed = course.missed;
        result.skipped = course.skipped;
        result.coalesced = course.coalesced;
        result.deferred = course.deferred;
        result.triggered = course.triggered;
        result.paused = course.paused;
        result.finished = course.finished;
        result.last = entry.last.get();
        result.last_state = flow.table.find(result.last).state();
        // relaxed: a view.
        if (const std::uint32_t said = entry.more.said.load(std::memory_order_relaxed); said != 0) {
            constexpr std::uint32_t kind_mask = (1U << table_type::said_code_shift) - 1;
            result.last_said = static_cast<outcome::kind>((said & kind_mask) - 1);
            result.last_code = static_cast<std::uint16_t>(said >> table_type::said_code_shift);
        }
        result.error = course.error;
        return result;
    }

    static constexpr int defers_part = 4;

    canceller canceller_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
