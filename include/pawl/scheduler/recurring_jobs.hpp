// SPDX-License-Identifier: BSL-1.0
//
// recurring_jobs: arms the entries of the recurring table, and makes their occurrences.
//
// What: the rules by which an entry's next time follows from the one before. An interval counts on
// the monotonic clock: due + period, whenever the job was run. A calendar entry counts on the wall
// clock: the next time of its expression after the scheduled one. What was passed unseen is one
// occurrence, and counted.
//
// Calendars and clocks that are set: an entry is armed at the distance that wall and monotonic
// clock have to its time. Before it fires the wall is compared, and an entry that is early (the
// clock was set back) is armed again. When the distance of the two clocks changes by more than
// `wall_jump`, all calendar entries are armed anew.
//
// Cost: firing O(1) and one step of the expression; a jump of the wall clock O(limits.recurring).
// Who may call: the wheel's owner (see timekeeper.hpp); release() anyone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/recurring_table.hpp>
#include <pawl/scheduler/job_flow.hpp>
#include <pawl/time/tick_clock.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class recurring_jobs {
public:
    using clock = tick_clock<Platform>;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = timer_wheel<L.jobs + L.recurring, typename clock::tick>;

    // What an add() came to: the new entry or the reason against it, and an entry whose callable
    // the caller has to release() once it is not the owner any more.
    struct addition {
        recurring_id id;
        std::optional<std::uint32_t> to_release;
    };

    // Adds an entry, in the place of the one of the same name. `set_rule(entry, now)` fills in when
    // it fires, or returns why it never does.
    template <class F, class SetRule>
    addition add(flow_type& flow, wheel_type& wheel, name called, std::uint32_t queue, F&& function,
                 const recurring_options& options, SetRule&& set_rule) noexcept {
        const std::optional<std::uint32_t> former = table_.find(called);
        std::uint32_t index = 0;
        if (!table_.take(index)) {
            return {{submit_error::recurring_full}, std::nullopt};
        }
        auto& entry = table_.at(index);
        entry.called = called;
        entry.queue = static_cast<std::uint8_t>(queue);
        entry.retry = options.retry;
        entry.overlap = options.overlap;
        entry.by_calendar = false;
        if constexpr (callable_as_const<std::decay_t<F>>) {
            entry.code.emplace_const(std::forward<F>(function));
        } else {
            entry.code.emplace(std::forward<F>(function));
        }
        const submit_error refusal = set_rule(entry, flow.machine.now());
        calendar_entries_ += entry.by_calendar ? 1U : 0U;
        if (refusal != submit_error::none) {
            unlist(wheel, index);
            return {{refusal}, index};
        }
        arm(flow.machine, wheel, index);
        if (former) {
            unlist(wheel, *former);
        }
        return {{index, entry.generation}, former};
    }

    // Takes an entry off the table, by its handle or its name. The caller releases what is
    // returned.
    template <class Key>
    std::optional<std::uint32_t> remove(wheel_type& wheel, Key key) noexcept {
        const std::optional<std::uint32_t> found = table_.find(key);
        if (found) {
            unlist(wheel, *found);
        }
        return found;
    }

    void release(std::uint32_t entry) noexcept { table_.release(entry); }

    // Takes all entries off, and releases them.
    void clear(wheel_type& wheel) noexcept {
        for (std::uint32_t index = 0; index < L.recurring; ++index) {
            if (table_.at(index).listed) {
                unlist(wheel, index);
                table_.release(index);
            }
        }
    }

    // An entry's timer is due. Returns how many jobs that made ready: 0 or 1.
    std::uint32_t fire(flow_type& flow, wheel_type& wheel, std::uint32_t index,
                       time_point now) noexcept {
        auto& entry = table_.at(index);
        std::uint32_t ready = 0;
        if (!entry.by_calendar) {
            if (now >= entry.due) {
                ready = spawn(flow, index);
                step_interval(entry, now);
            }
        } else if (const wall_time wall = flow.machine.wall_now(); wall >= entry.wall_due) {
            ready = spawn(flow, index);
            if (!step_calendar(entry, wall)) {
                return ready;  // never again; it stays listed, and can be replaced
            }
        }
        arm(flow.machine, wheel, index);
        return ready;
    }

    // Whether the wall clock was set since calendar entries were armed.
    [[nodiscard]] bool wall_jumped(const Platform& machine, time_point now) const noexcept {
        if (calendar_entries_ == 0) {
            return false;
        }
        const auto moved = wall_distance(now, machine.wall_now()) - wall_offset_;
        return moved > wall_jump || moved < -wall_jump;
    }

    // Arms all calendar entries for the wall clock as it is now.
    void arm_calendars(const Platform& machine, wheel_type& wheel) noexcept {
        for (std::uint32_t index = 0; index < L.recurring; ++index) {
            if (table_.at(index).by_calendar && wheel.cancel(L.jobs + index)) {
                arm(machine, wheel, index);
            }
        }
    }

    [[nodiscard]] bool any_calendar() const noexcept { return calendar_entries_ != 0; }

    event_counter<Platform> missed;     // no job slot was free
    event_counter<Platform> skipped;    // the occurrence before had not ended
    event_counter<Platform> coalesced;  // passed unseen, together with a later one

private:
    using table_type = recurring_table<L, Platform>;
    using entry_type = typename table_type::entry;

    // Two readings of two clocks are never of the same moment; more than this is a clock that was
    // set.
    static constexpr wall_time::duration wall_jump{10};

    // A deadline beyond what a tick can count is armed in steps.
    void arm(const Platform& machine, wheel_type& wheel, std::uint32_t index) noexcept {
        const entry_type& entry = table_.at(index);
        const time_point now = machine.now();
        time_point due = now + clock::delay_max;
        if (entry.by_calendar) {
            const wall_time wall = machine.wall_now();
            const auto rest = clock::delay(entry.wall_due - wall).value_or(clock::delay_max);
            due = clock::after(now, rest);
            wall_offset_ = wall_distance(now, wall);
        } else if (entry.due < due) {
            due = entry.due;
        }
        wheel.schedule(L.jobs + index, clock::ceil(due));
    }

    void step_interval(entry_type& entry, time_point now) noexcept {
        entry.due += entry.period;
        if (entry.due <= now) {
            const auto behind = (now - entry.due) / entry.period + 1;
            entry.due += entry.period * behind;
            count_coalesced(static_cast<std::uint64_t>(behind));
        }
    }

    // False if the expression has no further time.
    bool step_calendar(entry_type& entry, wall_time wall) noexcept {
        auto next = entry.expression.next(entry.wall_due);
        if (next && *next <= wall) {
            count_coalesced(1);
            next = entry.expression.next(std::chrono::floor<std::chrono::seconds>(wall));
        }
        entry.wall_due = next.value_or(entry.wall_due);
        return next.has_value();
    }

    void count_coalesced(std::uint64_t occurrences) noexcept {
        constexpr std::uint64_t most = event_counter<Platform>::events_max;
        coalesced.add(static_cast<std::uint32_t>(std::min(occurrences, most)));
    }

    // Makes the job of an occurrence.
    std::uint32_t spawn(flow_type& flow, std::uint32_t index) noexcept {
        const entry_type& entry = table_.at(index);
        if (entry.overlap == overlap::skip && table_.occupied(index)) {
            skipped.add();
            return 0;
        }
        if (flow.lot.glance().phase() != phase::accepting) {
            return 0;
        }
        const job_id id = flow.build(entry.called, entry.queue, entry.retry);
        if (!id) {
            missed.add();
            return 0;
        }
        table_.add_reference(index);
        flow.emplace(id, occurrence<table_type>{table_, index});
        flow.table.publish(id, job_state::enqueued);
        flow.put_ready(id.index());
        return 1;
    }

    void unlist(wheel_type& wheel, std::uint32_t index) noexcept {
        entry_type& entry = table_.at(index);
        entry.listed = false;
        calendar_entries_ -= entry.by_calendar ? 1U : 0U;
        wheel.cancel(L.jobs + index);
    }

    [[nodiscard]] static wall_time::duration wall_distance(time_point now,
                                                           wall_time wall) noexcept {
        return wall.time_since_epoch() -
               std::chrono::floor<wall_time::duration>(now.time_since_epoch());
    }

    table_type table_;
    std::uint32_t calendar_entries_ = 0;
    wall_time::duration wall_offset_{};  // wall minus monotonic clock, when an entry was last armed
};

// limits.recurring = 0: no recurring jobs, no bytes.
template <limits L, platform Platform>
requires(L.recurring == 0) class recurring_jobs<L, Platform> {
public:
    using time_point = typename Platform::time_point;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = timer_wheel<L.jobs, typename tick_clock<Platform>::tick>;

    static std::uint32_t fire(flow_type&, wheel_type&, std::uint32_t, time_point) noexcept {
        return 0;
    }
    static bool wall_jumped(const Platform&, time_point) noexcept { return false; }
    static void arm_calendars(const Platform&, wheel_type&) noexcept {}
    static bool any_calendar() noexcept { return false; }
    static void clear(wheel_type&) noexcept {}

    struct nothing_counted {
        static std::uint64_t read() noexcept { return 0; }
    };
    static constexpr nothing_counted missed{};
    static constexpr nothing_counted skipped{};
    static constexpr nothing_counted coalesced{};
};

}  // namespace PAWL_ABI
}  // namespace pawl
