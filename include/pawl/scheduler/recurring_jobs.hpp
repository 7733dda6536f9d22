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
// `wall_jump`, all calendar entries are armed anew. (On one core with interrupts each entry is
// looked at once a minute instead, which is less code.)
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
#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The timers of a scheduler: jobs first, then recurring entries. Short ticks are a small machine's:
// few timers in a list, more in a wheel of narrow digits, for the sake of its memory.
inline constexpr std::uint32_t listed_timers_max = 64;

template <limits L, platform Platform>
using scheduler_wheel = std::conditional_t<
    (sizeof(typename tick_clock<Platform>::tick) > sizeof(std::uint32_t)),
    timer_wheel<L.jobs + L.recurring, typename tick_clock<Platform>::tick>,
    std::conditional_t<(L.jobs + L.recurring <= listed_timers_max),
                       timer_list<std::min(L.jobs + L.recurring, listed_timers_max), std::uint32_t>,
                       timer_wheel<L.jobs + L.recurring, std::uint32_t, 2>>>;

template <limits L, platform Platform>
class recurring_jobs {
public:
    using clock = tick_clock<Platform>;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = scheduler_wheel<L, Platform>;
    using options_type = basic_recurring_options<retry_option<L.retries>>;
    using table_type = recurring_table<L, Platform>;
    using entry_type = typename table_type::entry;

    // An entry is added in three steps, so that only the middle one, in which its callable is
    // built, is made anew for each callable: begin(), emplace() into entry(), commit().

    // Takes an entry and fills in everything but its callable and its rule. False: no room.
    [[nodiscard]] bool begin(std::uint32_t& index, name called, std::uint32_t queue,
                             const options_type& options) noexcept {
        if (!table_.take(index)) {
            return false;
        }
        auto& entry = table_.at(index);
        entry.called = called;
        entry.queue = static_cast<std::uint8_t>(queue);
        entry.retry.set(options.retry);
        entry.overlap = options.overlap;
        entry.by_calendar = false;
        return true;
    }

    template <class F>
    void emplace(std::uint32_t index, F&& function) noexcept {
        auto& entry = table_.at(index);
        if constexpr (callable_as_const<std::decay_t<F>>) {
            entry.code.emplace_const(std::forward<F>(function));
        } else {
            entry.code.emplace(std::forward<F>(function));
        }
    }

    // Gives the entry its rule, and arms it in the place of the former one of its name. Returns the
    // entry whose callable the caller has to release() once it is not the owner any more, or
    // `nothing_to_release`.
    std::uint32_t commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                         duration period) noexcept {
        auto& entry = table_.at(index);
        entry.period = period;
        entry.due = clock::after(machine.now(), period);
        return replace(machine, wheel, index);
    }
    // The same for an entry of the calendar; `never` if its time never comes, and then the entry
    // itself is to be released.
    std::uint32_t commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                         const cron& expression, submit_error& refusal) noexcept {
        static_assert(calendar_platform<Platform>,
                      "this platform does not know the date: give it wall_now()");
        auto& entry = table_.at(index);
        const auto first = expression.next(calendar_of_wall::seconds(machine));
        if (!first) {
            refusal = submit_error::never;
            entry.listed = false;
            return index;
        }
        calendar_ = &calendar_of_wall::table;
        ++calendar_entries_;
        entry.by_calendar = true;
        entry.expression = expression;
        entry.wall_due = *first;
        return replace(machine, wheel, index);
    }

    static constexpr std::uint32_t nothing_to_release = 0xFFFF'FFFF;

    [[nodiscard]] recurring_id id_of(std::uint32_t index) noexcept {
        return {index, table_.at(index).generation};
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
            if (clock::reached(entry.due, now)) {
                ready = spawn(flow, index);
                step_interval(entry, now);
            }
        } else if (calendar_->has_come(entry, flow.machine)) {
            ready = spawn(flow, index);
            if (!calendar_->step(*this, entry, flow.machine)) {
                return ready;  // never again; it stays listed, and can be replaced
            }
        }
        arm(flow.machine, wheel, index);
        return ready;
    }

    // Whether the wall clock was set since calendar entries were armed.
    [[nodiscard]] bool wall_jumped(const Platform& machine, time_point now) const noexcept {
        if constexpr (looks_each_minute) {
            return false;
        } else {
            return calendar_entries_ != 0 && calendar_->jumped(*this, machine, now);
        }
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
    static constexpr bool looks_each_minute = interrupt_platform<Platform>;
    static constexpr std::int64_t look_max_s = 60;

    // What the entries of the calendar need; behind pointers, so that a program without such
    // entries has none of it.
    struct calendar_functions {
        bool (*has_come)(const entry_type&, const Platform&) noexcept;
        // False if the expression has no further time.
        bool (*step)(recurring_jobs&, entry_type&, const Platform&) noexcept;
        // When to look at the entry, seen from now.
        time_point (*due)(recurring_jobs&, const entry_type&, const Platform&, time_point) noexcept;
        bool (*jumped)(const recurring_jobs&, const Platform&, time_point) noexcept;  // or null
    };

    struct calendar_of_wall {
        static auto wall(const Platform& machine) noexcept { return machine.wall_now(); }
        static std::chrono::sys_seconds seconds(const Platform& machine) noexcept {
            return std::chrono::floor<std::chrono::seconds>(wall(machine));
        }

        static bool has_come(const entry_type& entry, const Platform& machine) noexcept {
            return (wall(machine) - entry.wall_due).count() >= 0;
        }

        static bool step(recurring_jobs& self, entry_type& entry,
                         const Platform& machine) noexcept {
            const std::chrono::sys_seconds present = seconds(machine);
            auto next = entry.expression.next(entry.wall_due);
            if (next && (*next - present).count() <= 0) {
                self.count_coalesced(1);
                next = entry.expression.next(present);
            }
            entry.wall_due = next.value_or(entry.wall_due);
            return next.has_value();
        }

        static time_point due(recurring_jobs& self, const entry_type& entry,
                              const Platform& machine, time_point now) noexcept {
            const auto present = wall(machine);
            if constexpr (looks_each_minute) {
                const std::int64_t rest_s = (entry.wall_due - present).count();
                const auto look_s = static_cast<std::int32_t>(rest_s <= 0           ? 0
                                                              : rest_s < look_max_s ? rest_s
                                                                                    : look_max_s);
                using seconds = std::chrono::duration<std::int32_t>;
                return clock::after(now, std::chrono::ceil<duration>(seconds{look_s}));
            } else {
                self.wall_offset_ = distance(now, present);
                return clock::after(
                    now, clock::delay(entry.wall_due - present).value_or(clock::delay_max));
            }
        }

        static bool jumped(const recurring_jobs& self, const Platform& machine,
                           time_point now) noexcept {
            const auto moved = distance(now, wall(machine)) - self.wall_offset_;
            return moved > wall_jump || moved < -wall_jump;
        }

        // How far the wall clock is ahead of the monotonic one.
        template <class Wall>
        static typename Wall::duration distance(time_point now, Wall wall) noexcept {
            // Divided in the bits of the monotonic clock: a small core has a library for 64.
            using up_time = std::chrono::duration<typename duration::rep, typename Wall::period>;
            return wall.time_since_epoch() - std::chrono::floor<up_time>(now.time_since_epoch());
        }

        static constexpr calendar_functions table{&has_come, &step, &due,
                                                  looks_each_minute ? nullptr : &jumped};
    };

    // Two readings of two clocks are never of the same moment; more than this is a clock that was
    // set.
    static constexpr auto wall_jump =
        std::chrono::ceil<wall_duration<Platform>>(std::chrono::milliseconds{10});

    // Arms a new entry, and takes a former one of the same name off.
    std::uint32_t replace(const Platform& machine, wheel_type& wheel,
                          std::uint32_t index) noexcept {
        const name called = table_.at(index).called;
        std::uint32_t former = nothing_to_release;
        for (std::uint32_t other = 0; other < L.recurring && !called.empty(); ++other) {
            if (other != index && table_.is_listed_as(other, called)) {
                unlist(wheel, other);
                former = other;
            }
        }
        arm(machine, wheel, index);
        return former;
    }

    // A deadline beyond what a tick can count is armed in steps.
    void arm(const Platform& machine, wheel_type& wheel, std::uint32_t index) noexcept {
        const entry_type& entry = table_.at(index);
        const time_point now = machine.now();
        time_point due = clock::add(now, clock::delay_max);
        if (entry.by_calendar) {
            due = calendar_->due(*this, entry, machine, now);
        } else if (clock::reached(entry.due, due)) {
            due = entry.due;
        }
        wheel.schedule(L.jobs + index, clock::ceil(due));
    }

    void step_interval(entry_type& entry, time_point now) noexcept {
        entry.due = clock::add(entry.due, entry.period);
        if (clock::reached(entry.due, now)) {
            const auto behind = clock::between(entry.due, now) / entry.period + 1;
            entry.due = clock::add(entry.due, entry.period * behind);
            count_coalesced(behind);
        }
    }

    template <class Count>
    void count_coalesced(Count occurrences) noexcept {
        constexpr auto most = static_cast<Count>(event_counter<Platform>::events_max);
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
        const job_id id = flow.build(entry.queue);
        if (!id) {
            missed.add();
            return 0;
        }
        flow.describe(id, entry.called, entry.retry.get());
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

    table_type table_;
    std::uint32_t calendar_entries_ = 0;
    const calendar_functions* calendar_ = nullptr;  // there if there was ever such an entry
    wall_duration<Platform> wall_offset_{};  // of the two clocks, when an entry was last armed
};

// limits.recurring = 0: no recurring jobs, no bytes.
template <limits L, platform Platform>
requires(L.recurring == 0) class recurring_jobs<L, Platform> {
public:
    using time_point = typename Platform::time_point;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = scheduler_wheel<L, Platform>;

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
