// SPDX-License-Identifier: BSL-1.0
//
// recurring_jobs: arms the entries of the recurring table, and makes their occurrences.
//
// What: the rules by which an entry's next time follows from the one before. An interval counts on
// the monotonic clock: due + period, whenever the job was run. A calendar entry counts on the wall
// clock: the next time of its expression after the scheduled one. What was passed unseen is one
// occurrence, and counted. (With limits.recurring_policies that is one of the choices: then
// recurring_by_terms.hpp takes the place of adding, firing and making occurrences here.)
//
// Calendars and clocks that are set: an entry is armed at the distance that wall and monotonic
// clock have to its time. Before it fires the wall is compared, and an entry that is early (the
// clock was set back) is armed again. When the distance of the two clocks changes by more than
// `wall_jump`, because one was set or because the monotonic one stood still in a suspend, all
// calendar entries are armed anew. (On one core with interrupts each entry is looked at once a
// minute instead, which is less code.)
//
// With a journal a named entry's next time is written down when it is armed, with the handle of its
// latest occurrence; the end of that is written as of any job. An occurrence that had not ended
// when the program did is made once more by the next one, when it adds the entry: before the times
// that passed meanwhile, and with its count of recoveries; after too many, it fails instead.
//
// Cost: firing O(1) and one step of the expression; a jump of the wall clock O(limits.recurring).
// Who may call: the wheel's owner (see timekeeper.hpp); release() anyone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/jobs/recurring_table.hpp>
#include <pawl/jobs/recurring_times.hpp>
#include <pawl/scheduler/job_flow.hpp>
#include <pawl/scheduler/lost_job.hpp>
#include <pawl/time/lap_timers.hpp>
#include <pawl/time/tick_clock.hpp>
#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The timers of a scheduler: jobs first, then recurring entries. Short ticks are a small machine's:
// few timers in a list, more in a wheel of narrow digits, for the sake of its memory.
inline constexpr std::uint32_t listed_timers_max = 64;

template <limits L>
inline constexpr std::uint32_t timer_count = L.jobs + L.recurring +
                                             (L.recurring_policies && L.recurring > 0 ? 1 : 0);

template <limits L, platform Platform>
using near_timers = std::conditional_t<
    (sizeof(typename tick_clock<Platform>::tick) > sizeof(std::uint32_t)),
    timer_wheel<timer_count<L>, typename tick_clock<Platform>::tick>,
    std::conditional_t<(timer_count<L> <= listed_timers_max),
                       timer_list<std::min(timer_count<L>, listed_timers_max), std::uint32_t>,
                       timer_wheel<timer_count<L>, std::uint32_t, 2>>>;

template <limits L, platform Platform, bool Laps = counts_laps<L, Platform>>
struct scheduler_timers {
    using type = near_timers<L, Platform>;
};
template <limits L, platform Platform>
struct scheduler_timers<L, Platform, true> {
    using type = lap_timers<near_timers<L, Platform>, timer_count<L>>;
};
template <limits L, platform Platform>
using scheduler_wheel = typename scheduler_timers<L, Platform>::type;

template <limits L, platform Platform>
class recurring_jobs {
public:
    using clock = tick_clock<Platform>;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = scheduler_wheel<L, Platform>;
    using options_type = recurring_options_of<L, Platform>;
    using table_type = recurring_table<L, Platform>;
    using entry_type = typename table_type::entry;
    using interval_rule = typename table_type::interval_rule;
    using far = typename table_type::far;

    using times = recurring_times<L, Platform>;
    static constexpr bool has_policies = L.recurring_policies;
    static constexpr bool is_written = table_type::is_written;

    // An entry is added in three steps, so that only the middle one, in which its callable is
    // built, is made anew for each callable: begin(), emplace() into entry(), commit().

    // Takes an entry and fills in everything but its callable and its rule. False: no room.
    [[nodiscard]] bool begin(std::uint32_t& index, const name& called, std::uint32_t queue,
                             const options_type& options) noexcept {
        if (!table_.take(index)) {
            return false;
        }
        auto& entry = table_.at(index);
        entry.called = borrowed(called.view());  // as a block it would be a call of memcpy
        entry.queue = static_cast<std::uint8_t>(queue);
        entry.retry.set(options.retry);
        entry.last.set({});
        entry.overlap = options.overlap;
        entry.by_calendar = false;
        if constexpr (is_written) {
            entry.cut_off = {};
        }
        if constexpr (table_type::has_occurrence_options) {
            entry.of_each.set(occurrence_options<job_options_of<L>>(options));
        }
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
    // `nothing_to_release`. `named`: the entry may have a name.
    std::uint32_t commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                         typename far::duration period, submit_error&, bool named = true) noexcept {
        auto& entry = table_.at(index);
        ::new (&entry.interval) interval_rule{period, far::after(machine.now(), period)};
        return replace(machine, wheel, index, named);
    }
    // The same for an entry of the calendar, whose rule has no time yet; `never` if its time never
    // comes, and then the entry itself is to be released.
    std::uint32_t commit(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                         const calendar_rule& rule, submit_error& refusal,
                         bool named = true) noexcept {
        entry_type& entry = add_calendar(machine, index, rule);
        if (!calendar_of_wall::step(*this, entry.calendar, machine)) {
            refusal = submit_error::never;
            entry.listed = false;
            forget_calendar(entry);
            return index;
        }
        return replace(machine, wheel, index, named);
    }

    static constexpr std::uint32_t nothing_to_release = 0xFFFF'FFFF;

    [[nodiscard]] recurring_id id_of(std::uint32_t index, recurring_change change = {}) noexcept {
        return {index, table_.at(index).generation, change};
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
        for (std::uint32_t index = 0; index < entries; ++index) {
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
        if constexpr (is_written) {
            entry.cut_off.comes_now = false;
            ready += entry.cut_off.is_owed ? spawn(flow, index, true) : 0;
        }
        if (!entry.by_calendar) {
            if (clock::reached(far::time(entry.interval.due), now)) {
                ready += spawn(flow, index);
                step_interval(entry.interval, now);
            }
        } else if (calendar_->due(*this, entry.calendar.due, flow.machine, now) == now) {
            ready += spawn(flow, index);
            if (!calendar_->step(*this, entry.calendar, flow.machine)) {
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
    void arm_calendars([[maybe_unused]] const Platform& machine,
                       [[maybe_unused]] wheel_type& wheel) noexcept {
        if constexpr (!looks_each_minute) {
            calendar_->follow(*this, machine);
            for (std::uint32_t index = 0; index < entries; ++index) {
                if (table_.at(index).by_calendar && wheel.cancel(L.jobs + index)) {
                    arm(machine, wheel, index);
                }
            }
        }
    }

    [[nodiscard]] bool any_calendar() const noexcept { return calendar_entries_ != 0; }

    event_counter<Platform> missed;     // no job slot was free
    event_counter<Platform> skipped;    // the occurrence before had not ended
    event_counter<Platform> coalesced;  // passed unseen, together with a later one

protected:
    static constexpr std::uint32_t entries = table_type::entry_count;
    using wall_point = std::chrono::sys_time<wall_duration<Platform>>;
    // A reference where the rule says it all: a small core has few registers for 64 bits.
    using when_due = std::conditional_t<has_policies, wall_point, const std::chrono::sys_seconds&>;

    static constexpr bool looks_each_minute = interrupt_platform<Platform>;
    static constexpr std::chrono::seconds look_max{60};
    // Somebody asks whether there is an entry of the calendar.
    static constexpr bool counts_calendars =
        !looks_each_minute || Platform::calendar_sleep_max != duration::max();

    // What the entries of the calendar need; behind pointers, so that a program without such
    // entries has none of it.
    struct calendar_looked_at {
        // When to look at a time of the wall clock, seen from now: now, if it has come.
        time_point (*due)(recurring_jobs&, when_due, const Platform&, time_point) noexcept;
        // Goes on to the next time. False if the expression has no further one.
        bool (*step)(recurring_jobs&, calendar_entry&, const Platform&) noexcept;
    };
    struct calendar_followed : calendar_looked_at {
        // Remembers how the clocks stand.
        void (*mark)(recurring_jobs&, const Platform&) noexcept;
        // Whether they stand otherwise now.
        bool (*jumped)(const recurring_jobs&, const Platform&, time_point) noexcept;
        // The same, and gives every entry a new time if the wall clock was set far back.
        void (*follow)(recurring_jobs&, const Platform&) noexcept;
    };
    using calendar_functions =
        std::conditional_t<looks_each_minute, calendar_looked_at, calendar_followed>;

    struct calendar_of_wall {
        static auto wall(const Platform& machine) noexcept { return machine.wall_now(); }

        // Where each entry is looked at once a minute: at the last look.
        static std::chrono::sys_seconds present(const recurring_jobs& self,
                                                const Platform& machine) noexcept {
            if constexpr (looks_each_minute) {
                return seconds(wall_point{self.wall_mark_});
            } else {
                return seconds(wall(machine));
            }
        }
        template <class Wall>
        static std::chrono::sys_seconds seconds(Wall wall) noexcept {
            if constexpr (std::is_same_v<Wall, std::chrono::sys_seconds>) {
                return wall;
            } else {
                return std::chrono::floor<std::chrono::seconds>(wall);
            }
        }

        static bool step(recurring_jobs& self, calendar_entry& entry,
                         const Platform& machine) noexcept {
            const std::int64_t now = present(self, machine).time_since_epoch().count();
            std::int64_t next = entry.times.first_after(entry.due.time_since_epoch().count());
            if (next <= now) {
                self.count_coalesced(1);
                next = entry.times.first_after(now);
            }
            if (next == zoned_cron::no_time) {
                return false;
            }
            entry.due = std::chrono::sys_seconds{std::chrono::seconds{next}};
            return true;
        }

        static time_point due(recurring_jobs& self, when_due time, const Platform& machine,
                              time_point now) noexcept {
            if constexpr (looks_each_minute) {
                follow(self, machine);
                // Clamped in 64 bits, and converted in 32.
                const auto left = time - wall_point{self.wall_mark_};
                constexpr auto most = std::remove_cv_t<decltype(left)>{look_max}.count();
                using narrow = std::chrono::duration<std::int32_t, typename decltype(left)::period>;
                const narrow rest{static_cast<std::int32_t>(left.count() <= 0     ? 0
                                                            : left.count() < most ? left.count()
                                                                                  : most)};
                return clock::after(now, std::chrono::ceil<duration>(rest));
            } else {
                return clock::after(now,
                                    clock::delay(time - wall(machine)).value_or(clock::delay_max));
            }
        }

        static void mark(recurring_jobs& self, const Platform& machine) noexcept {
            self.wall_mark_ = stand(machine.now(), wall(machine));
        }

        static bool jumped(const recurring_jobs& self, const Platform& machine,
                           time_point now) noexcept {
            const auto moved = stand(now, wall(machine)) - self.wall_mark_;
            return moved > wall_jump || moved < -wall_jump;
        }

        PAWL_ONE_COPY static void follow(recurring_jobs& self, const Platform& machine) noexcept {
            const auto moved = stand(machine.now(), wall(machine)) - self.wall_mark_;
            self.wall_mark_ += moved;
            if (moved < -wall_set_back_max) {
                for (std::uint32_t index = 0; index < entries; ++index) {
                    if (entry_type& entry = self.table_.at(index);
                        entry.listed && entry.by_calendar) {
                        entry.calendar.due = present(self, machine);
                        step(self, entry.calendar, machine);
                    }
                }
            }
        }

        // How far the wall clock is ahead of the monotonic one; or of its own beginning, where each
        // entry is looked at once a minute.
        template <class Wall>
        static typename Wall::duration stand([[maybe_unused]] time_point now, Wall seen) noexcept {
            if constexpr (looks_each_minute) {
                return seen.time_since_epoch();
            } else {
                return distance(now, seen);
            }
        }

        // How far the wall clock is ahead of the monotonic one.
        template <class Wall>
        static typename Wall::duration distance(time_point now, Wall wall) noexcept {
            // Divided in the bits of the monotonic clock: a small core has a library for 64.
            using up_time = std::chrono::duration<typename duration::rep, typename Wall::period>;
            return wall.time_since_epoch() - std::chrono::floor<up_time>(now.time_since_epoch());
        }

        static constexpr calendar_functions table = [] {
            if constexpr (looks_each_minute) {
                return calendar_looked_at{&due, &step};
            } else {
                return calendar_followed{{&due, &step}, &mark, &jumped, &follow};
            }
        }();
    };

    // Two readings of two clocks are never of the same moment; more than this is a clock that was
    // set.
    static constexpr auto wall_jump =
        std::chrono::ceil<wall_duration<Platform>>(std::chrono::milliseconds{10});

    // A clock that is set back by less fires nothing twice: an entry waits for its time. By more,
    // it was wrong before, and waiting could take years: entries take their next time from now. The
    // limit is that of Vixie's cron.
    static constexpr wall_duration<Platform> wall_set_back_max = std::chrono::hours{3};

    // Its time is the present; the next one is still to be found.
    entry_type& add_calendar(const Platform& machine, std::uint32_t index,
                             const calendar_rule& rule) noexcept {
        static_assert(calendar_platform<Platform>,
                      "this platform does not know the date: give it wall_now()");
        entry_type& entry = table_.at(index);
        calendar_ = &calendar_of_wall::table;
        if constexpr (counts_calendars) {
            if (calendar_entries_++ == 0) {
                calendar_of_wall::mark(*this, machine);
            }
        }
        if constexpr (looks_each_minute) {
            calendar_of_wall::follow(*this, machine);
        }
        entry.by_calendar = true;
        ::new (&entry.calendar)
            calendar_entry{{rule.expression, rule.zone}, calendar_of_wall::present(*this, machine)};
        return entry;
    }
    void forget_calendar(const entry_type& entry) noexcept {
        if constexpr (counts_calendars) {
            calendar_entries_ -= entry.by_calendar ? 1U : 0U;
        }
    }

    // Arms a new entry, and takes a former one of the same name off.
    std::uint32_t replace(const Platform& machine, wheel_type& wheel, std::uint32_t index,
                          bool named) noexcept {
        const std::uint32_t former = named ? former_of(index) : nothing_to_release;
        if (former != nothing_to_release) {
            if constexpr (is_written) {
                table_.at(index).last.set(table_.at(former).last.get());
                table_.at(index).cut_off = table_.at(former).cut_off;
            }
            unlist(wheel, former);
        } else {
            resume(machine, index);
        }
        arm(machine, wheel, index);
        return former;
    }

    // With a journal: the next time of an entry that an earlier run of the program had by this name
    // and rule. What has passed meanwhile has passed unseen, as if the program had slept.
    void resume([[maybe_unused]] const Platform& machine,
                [[maybe_unused]] std::uint32_t index) noexcept {
        if constexpr (is_written) {
            auto& entry = table_.at(index);
            recurring_note known;
            if (entry.called.empty() || !machine.known_recurring(key_of(entry), known)) {
                return;
            }
            if (known.cut_off) {
                entry.cut_off = {
                    .is_owed = true, .comes_now = true, .recoveries = known.recoveries};
            }
            const std::chrono::duration<std::int64_t, std::nano> since_1970{known.due_ns};
            if (entry.by_calendar) {
                const std::chrono::sys_seconds due{
                    std::chrono::duration_cast<std::chrono::seconds>(since_1970)};
                // One that is no time of this rule was another rule's.
                const auto here = entry.calendar.times.next(due - std::chrono::seconds{1});
                if (here != due) {
                    return;
                }
                entry.calendar.due = due;
            } else if constexpr (calendar_platform<Platform>) {
                const auto rest = since_1970 - machine.wall_now().time_since_epoch();
                entry.interval.due = far::from(
                    machine.now(), std::chrono::duration_cast<typename far::duration>(rest),
                    entry.interval.period);
            }
            if constexpr (has_policies) {
                entry.more.course.paused = known.paused;
            }
        }
    }

    // What an entry is called in a journal: by its name, and if it has a period, by that.
    [[nodiscard]] static std::uint64_t key_of(const entry_type& entry) noexcept {
        const std::uint32_t named = fnv_1a(entry.called.view());
        const std::int64_t period =
            entry.by_calendar
                ? 0
                : std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::micro>>(
                      entry.interval.period)
                      .count();
        const auto low = static_cast<std::uint32_t>(period);
        const auto high = static_cast<std::uint32_t>(period >> 32);
        return std::uint64_t{named} << 32 | fnv_1a(low, fnv_1a(high, entry.by_calendar ? 1U : 2U));
    }

    // Tells the journal when an entry is due next, and which run of it may not have ended.
    void tell([[maybe_unused]] const Platform& machine,
              [[maybe_unused]] const entry_type& entry) noexcept {
        if constexpr (is_written) {
            if (entry.called.empty()) {
                return;
            }
            using ns = std::chrono::duration<std::int64_t, std::nano>;
            ns due{0};
            bool paused = false;
            if constexpr (has_policies) {
                paused = entry.more.course.paused;
            }
            if (entry.by_calendar) {
                due = entry.calendar.due.time_since_epoch();
            } else if constexpr (calendar_platform<Platform>) {
                due =
                    machine.wall_now().time_since_epoch() +
                    std::chrono::duration_cast<ns>(far::between(machine.now(), entry.interval.due));
            }
            machine.on_recurring({.called = key_of(entry),
                                  .due_ns = due.count(),
                                  .run = entry.last.get(),
                                  .paused = paused,
                                  .cut_off = entry.cut_off.is_owed,
                                  .recoveries = entry.cut_off.recoveries});
        }
    }

    // Of an occurrence that is built and not published: the journal is told of its end, too.
    // `again`: it is the one that was cut off. False: that has been so too often, it is to fail.
    [[nodiscard]] bool announce([[maybe_unused]] flow_type& flow,
                                [[maybe_unused]] entry_type& entry, [[maybe_unused]] job_id id,
                                [[maybe_unused]] bool again) noexcept {
        if constexpr (is_written) {
            if (entry.called.empty()) {
                return true;
            }
            auto& cut_off = entry.cut_off;
            cut_off.recoveries = again || cut_off.is_owed ? cut_off.recoveries : std::uint8_t{0};
            const bool may_run =
                flow.machine.on_occurrence(id, again ? cut_off.recoveries : std::uint8_t{0});
            if (again) {
                // Known to the log before it can begin: it may be what ends the program.
                cut_off.is_owed = false;
                entry.last.set(id);
                tell(flow.machine, entry);
            }
            return may_run;
        } else {
            return true;
        }
    }

    [[nodiscard]] std::uint32_t former_of(std::uint32_t index) noexcept {
        const name& called = table_.at(index).called;
        std::uint32_t former = nothing_to_release;
        for (std::uint32_t other = 0; other < entries && !called.empty(); ++other) {
            if (other != index && table_.is_listed_as(other, called)) {
                former = other;
            }
        }
        return former;
    }

    // A deadline beyond what a tick can count is armed in steps.
    void arm(const Platform& machine, wheel_type& wheel, std::uint32_t index) noexcept {
        const entry_type& entry = table_.at(index);
        tell(machine, entry);
        if constexpr (is_written) {
            bool may_come = entry.cut_off.comes_now;
            if constexpr (has_policies) {
                may_come = may_come && !entry.more.course.paused;
            }
            if (may_come) {
                wheel.schedule(L.jobs + index, clock::floor(machine.now()));
                return;
            }
        }
        if constexpr (has_policies) {
            const auto& course = entry.more.course;
            if (course.paused || course.finished) {
                return;
            }
            if (course.awaits_end || course.defers) {
                // What it waits for may be there by now.
                wheel.schedule(L.jobs + index, clock::floor(machine.now()));
                return;
            }
        }
        if constexpr (far::counts_laps) {
            if (!entry.by_calendar) {
                wheel.schedule(L.jobs + index, entry.interval.due);
                return;
            }
        }
        wheel.schedule(L.jobs + index, clock::ceil(due_of(machine, entry)));
    }

    // When to look at an entry, as far as can be said now.
    [[nodiscard]] time_point due_of(const Platform& machine, const entry_type& entry) noexcept {
        const time_point now = machine.now();
        if (entry.by_calendar) {
            if constexpr (has_policies) {
                return calendar_->due(*this, times::due_wall(entry), machine, now);
            } else {
                return calendar_->due(*this, entry.calendar.due, machine, now);
            }
        }
        time_point time = far::time(entry.interval.due);
        if constexpr (has_policies) {
            time = times::due_time(entry);
        }
        const time_point farthest = clock::add(now, clock::delay_max);
        return clock::reached(time, farthest) ? time : farthest;
    }

    void step_interval(interval_rule& rule, time_point now) noexcept requires far::counts_laps {
        const std::uint32_t passed = clock::floor(now) - rule.due.last();
        if (rule.period.count() <= passed) {
            const std::uint32_t count = passed / static_cast<std::uint32_t>(rule.period.count());
            rule.due = far::add(rule.due, rule.period * count);
            count_coalesced(count);
        }
        rule.due = far::add(rule.due, rule.period);
    }
    void step_interval(interval_rule& rule, time_point now) noexcept {
        rule.due = clock::add(rule.due, rule.period);
        if (clock::reached(rule.due, now)) {
            const auto behind = clock::whole(clock::between(rule.due, now), rule.period) + 1;
            rule.due = clock::add(rule.due, rule.period * behind);
            count_coalesced(behind);
        }
    }

    template <class Count>
    void count_coalesced(Count occurrences) noexcept {
        constexpr auto most = static_cast<Count>(event_counter<Platform>::events_max);
        coalesced.add(static_cast<std::uint32_t>(std::min(occurrences, most)));
    }

    // An occurrence is due when its entry's time was, and not when somebody looked.
    void note_scheduled([[maybe_unused]] flow_type& flow, [[maybe_unused]] std::uint32_t index,
                        [[maybe_unused]] job_id id) noexcept {
        if constexpr (L.times || L.deadlines) {
            const entry_type& entry = table_.at(index);
            const time_point now = flow.machine.now();
            time_point due = now;
            if (!entry.by_calendar) {
                if constexpr (has_policies) {
                    due = times::due_time(entry);
                } else {
                    due = far::time(entry.interval.due);
                }
            } else if constexpr (calendar_platform<Platform>) {
                const auto present = flow.machine.wall_now();
                if constexpr (has_policies) {
                    due = before(now, present - times::due_wall(entry));
                } else {
                    due = before(now, present - entry.calendar.due);
                }
            }
            flow.set_released(id.index(), clock::ceil(due));
        }
    }
    template <class Length>
    [[nodiscard]] static time_point before(time_point now, Length length) noexcept {
        return clock::add(now, -clock::delay(length).value_or(clock::delay_max));
    }

    // Makes the job of an occurrence; `again`: of the one that was cut off.
    std::uint32_t spawn(flow_type& flow, std::uint32_t index, bool again = false) noexcept {
        entry_type& entry = table_.at(index);
        if (entry.overlap == overlap::skip && is_occupied(flow, index)) {
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
        if constexpr (table_type::has_occurrence_options) {
            flow.describe_more(id, entry.of_each.get());
        }
        if (announce(flow, entry, id, again)) {
            table_.add_reference(index);
            flow.emplace(id, occurrence<table_type>{table_, index});
        } else {
            flow.emplace(id, lost_job::poisoned());
        }
        note_scheduled(flow, index, id);
        flow.publish_released(id);
        entry.last.set(id);
        return 1;
    }

    // Whether the occurrence before has not ended.
    [[nodiscard]] bool is_occupied(const flow_type& flow, std::uint32_t index) noexcept {
        if constexpr (table_type::knows_last) {
            return is_going_on(flow, table_.at(index).last.get());
        } else {
            return table_.occupied(index);
        }
    }

    // Not what was cancelled while it ran until its callable has returned. What has failed and is
    // kept has ended, though its callable is alive.
    [[nodiscard]] static bool is_going_on(const flow_type& flow, job_id id) noexcept {
        const state_word seen = flow.table.find(id);
        if (seen.state() == job_state::deleted) {
            return seen.has(state_word::held);
        }
        return seen.state() != job_state::gone && !is_final(seen.state());
    }

    void unlist(wheel_type& wheel, std::uint32_t index) noexcept {
        entry_type& entry = table_.at(index);
        entry.listed = false;
        forget_calendar(entry);
        wheel.cancel(L.jobs + index);
    }

    table_type table_;
    std::uint32_t calendar_entries_ = 0;
    const calendar_functions* calendar_ = nullptr;  // there if there was ever such an entry
    wall_duration<Platform> wall_mark_{};  // how the clocks stood when calendars last followed
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
