// SPDX-License-Identifier: BSL-1.0
//
// recurring_times: which times of a recurring job have come, and which is the next one.
//
// What: the arithmetic of entries with policies, and nothing else: rule, bounds and jitter in,
// times out. What becomes of a time that has come, recurring_jobs decides.
//
// Jitter is added to a time when it is compared or armed, and is no part of it: the times
// themselves do not move. It is less than the distance to the next time, so that occurrences keep
// their order.
//
// Cost: a few additions for an interval, whatever passed; a step of the expression for each time of
// the calendar, at most `counted_max` and one, and one more for jitter. Who may call: the wheel's
// owner.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/packed_delay.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/jobs/recurring_table.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
struct recurring_times {
    using table_type = recurring_table<L, Platform>;
    using entry = typename table_type::entry;
    using clock = tick_clock<Platform>;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using wall_step = wall_duration<Platform>;
    using wall_point = std::chrono::sys_time<wall_step>;
    using bound = recurring_bound<time_point>;

    // The same moment on both clocks.
    struct moment {
        time_point now = {};
        wall_point wall = {};
    };

    static constexpr duration a_tick = std::chrono::ceil<duration>(typename Platform::tick{1});
    static constexpr wall_step a_wall_tick =
        std::max(wall_step{1}, std::chrono::ceil<wall_step>(typename Platform::tick{1}));

    // So many times of the calendar are counted one by one when they have passed.
    static constexpr std::uint32_t counted_max = 64;

    static moment present(const Platform& machine) noexcept {
        if constexpr (calendar_platform<Platform>) {
            return {machine.now(), machine.wall_now()};
        } else {
            return {machine.now(), {}};
        }
    }

    // The moment before which a time has passed more than `grace` ago.
    static moment before_grace(const moment& seen, packed_delay grace) noexcept {
        const duration rest = std::min(grace.to<duration>(), clock::delay_max);
        const wall_step wall_rest = std::min(grace.to<wall_step>(), wall_step::max() / 4);
        return {clock::add(seen.now, -rest - duration{1}), seen.wall - wall_rest - wall_step{1}};
    }

    // ---- The time that is due next ------------------------------------------------------------

    // When it comes, its jitter included.
    static time_point due_time(const entry& self) noexcept {
        const auto& rule = self.interval;
        return clock::add(rule.due, jitter(self, self.more.course.number, rule.period - a_tick));
    }
    static wall_point due_wall(const entry& self) noexcept {
        wall_step most = wall_step::max();
        if (self.more.terms.jitter) {
            if (const auto next = next_of(self, self.calendar.due)) {
                most = wall_step{*next - self.calendar.due} - a_wall_tick;
            }
        }
        return wall_point{self.calendar.due} + jitter(self, self.more.course.number, most);
    }

    [[nodiscard]] static bool has_come(const entry& self, const moment& seen) noexcept {
        if (self.more.course.finished) {
            return false;
        }
        return self.by_calendar ? due_wall(self) <= seen.wall
                                : clock::reached(due_time(self), seen.now);
    }

    // Goes on to the next time; or there is none, and the entry is finished.
    static void step(entry& self) noexcept {
        if (self.by_calendar) {
            go_to(self, next_of(self, self.calendar.due));
        } else {
            self.interval.due = clock::add(self.interval.due, self.interval.period);
        }
        ++self.more.course.number;
        end_at_bound(self);
    }

    // Goes on to the first time that has not come at this moment. Returns how many it passed.
    static std::uint32_t pass(entry& self, const moment& seen) noexcept {
        if (!has_come(self, seen)) {
            return 0;
        }
        return self.by_calendar ? pass_calendar(self, seen) : pass_interval(self, seen);
    }

    // The time that a fixed delay gives.
    static void go_to(entry& self, time_point due) noexcept {
        self.more.course.awaits_end = false;
        self.interval.due = due;
        ++self.more.course.number;
        end_at_bound(self);
    }

    // ---- A new entry --------------------------------------------------------------------------

    // Finds the first time of a rule, within its bounds; or says why there is none.
    [[nodiscard]] static submit_error begin(entry& self, const moment& seen) noexcept {
        return begin(self, seen, self.more.terms.run_at_start);
    }
    // The same for one that had come to its end, and goes on by the same rule.
    [[nodiscard]] static submit_error go_on_from(entry& self, const moment& seen) noexcept {
        return begin(self, seen, false);
    }

    // Moves the next time into the bounds, which are new.
    [[nodiscard]] static submit_error keep_bounds(entry& self, const moment& seen,
                                                  bool starts = false) noexcept {
        const submit_error refusal =
            self.by_calendar ? keep_calendar(self, seen, starts) : keep_interval(self, seen);
        if (refusal == submit_error::none && !self.more.course.awaits_end) {
            end_at_bound(self);
        }
        return self.more.course.finished ? submit_error::never : refusal;
    }

private:
    // `starts`: the first time is at once.
    [[nodiscard]] static submit_error begin(entry& self, const moment& seen, bool starts) noexcept {
        if (self.by_calendar) {
            const std::chrono::sys_seconds now =
                std::chrono::floor<std::chrono::seconds>(seen.wall);
            self.calendar.due = now;
            if (!starts && !go_to(self, next_of(self, now))) {
                return submit_error::never;
            }
        } else {
            const duration rest =
                until_then(self.more.terms.not_before, seen).value_or(duration::zero());
            self.interval.due = rest.count() > 0 ? clock::add(seen.now, rest)
                                : starts         ? seen.now
                                                 : clock::after(seen.now, self.interval.period);
        }
        return keep_bounds(self, seen, starts);
    }

    static std::optional<std::chrono::sys_seconds> next_of(const entry& self,
                                                           std::chrono::sys_seconds time) noexcept {
        return self.calendar.times.next(time);
    }

    static bool go_to(entry& self, std::optional<std::chrono::sys_seconds> due) noexcept {
        self.calendar.due = due.value_or(self.calendar.due);
        self.more.course.finished = self.more.course.finished || !due.has_value();
        return due.has_value();
    }

    static void end_at_bound(entry& self) noexcept {
        const auto& terms = self.more.terms;
        const bool over = self.by_calendar
                              ? self.calendar.due > terms.until_wall
                              : clock::between(terms.until_time, self.interval.due).count() > 0;
        self.more.course.finished = self.more.course.finished || (terms.has_until && over);
    }

    static std::uint32_t pass_interval(entry& self, const moment& seen) noexcept {
        auto& rule = self.interval;
        auto& course = self.more.course;
        const auto& terms = self.more.terms;
        // Further times up to now, or to the end.
        auto more = clock::whole(clock::between(rule.due, seen.now), rule.period);
        if (terms.has_until) {
            more = std::min(more,
                            clock::whole(clock::between(rule.due, terms.until_time), rule.period));
        }
        if (more > 0 && terms.jitter) {
            const std::uint32_t number = course.number + static_cast<std::uint32_t>(more);
            const time_point last = clock::add(rule.due, rule.period * more);
            if (!clock::reached(clock::add(last, jitter(self, number, rule.period - a_tick)),
                                seen.now)) {
                --more;
            }
        }
        rule.due = clock::add(rule.due, rule.period * (more + 1));
        course.number += static_cast<std::uint32_t>(more) + 1;
        end_at_bound(self);
        constexpr decltype(more) most = 0x7FFF'FFFE;
        return static_cast<std::uint32_t>(std::min(more, most)) + 1;
    }

    static std::uint32_t pass_calendar(entry& self, const moment& seen) noexcept {
        std::uint32_t count = 0;
        while (count < counted_max && has_come(self, seen)) {
            step(self);
            ++count;
        }
        if (has_come(self, seen)) {
            // The rest at once.
            go_to(self, next_of(self, std::chrono::floor<std::chrono::seconds>(seen.wall)));
            ++self.more.course.number;
            end_at_bound(self);
            ++count;
        }
        return count;
    }

    [[nodiscard]] static submit_error keep_calendar(entry& self, const moment& seen,
                                                    bool starts) noexcept {
        auto& terms = self.more.terms;
        if (terms.not_before.what() != bound::kind::none) {
            const auto first =
                std::chrono::ceil<std::chrono::seconds>(on_wall(terms.not_before, seen));
            if (self.calendar.due < first) {
                self.calendar.due = first;
                if (!starts && !go_to(self, next_of(self, first - std::chrono::seconds{1}))) {
                    return submit_error::never;
                }
            }
        }
        terms.has_until = terms.until.what() != bound::kind::none;
        terms.until_wall = std::chrono::floor<std::chrono::seconds>(on_wall(terms.until, seen));
        return submit_error::none;
    }

    [[nodiscard]] static submit_error keep_interval(entry& self, const moment& seen) noexcept {
        auto& terms = self.more.terms;
        const std::optional<duration> start = until_then(terms.not_before, seen);
        if (!start) {
            return submit_error::too_late;
        }
        const time_point first = clock::add(seen.now, *start);
        if (start->count() > 0 && clock::between(self.interval.due, first).count() > 0) {
            self.interval.due = first;
        }
        const std::optional<duration> end = until_then(terms.until, seen);
        // What is beyond the clock's range is no bound.
        terms.has_until = terms.until.what() != bound::kind::none && end.has_value();
        terms.until_time = clock::add(seen.now, end.value_or(duration::zero()));
        return submit_error::none;
    }

    // How far away a bound is: negative if it has passed, nothing if beyond the clock's range.
    static std::optional<duration> until_then(bound limit, const moment& seen) noexcept {
        if (limit.what() == bound::kind::wall) {
            const auto rest = limit.wall() - seen.wall;
            return rest.count() < 0 ? duration{-1} : clock::delay(rest);
        }
        if (limit.what() == bound::kind::none) {
            return duration::zero();
        }
        const duration rest = clock::between(seen.now, limit.time());
        return rest > clock::delay_max ? std::nullopt : std::optional<duration>{rest};
    }
    static typename bound::wall_point on_wall(bound limit, const moment& seen) noexcept {
        using microseconds = std::chrono::microseconds;
        return limit.what() == bound::kind::monotonic
                   ? seen.wall +
                         std::chrono::floor<microseconds>(clock::between(seen.now, limit.time()))
                   : limit.wall();
    }

    // At most `most`.
    template <class Duration>
    static Duration jitter(const entry& self, std::uint32_t number, Duration most) noexcept {
        const auto& terms = self.more.terms;
        if (!terms.jitter) {
            return Duration::zero();
        }
        const Duration range = std::min((*terms.jitter).template to<Duration>(), most);
        if (range <= Duration::zero()) {
            return Duration::zero();
        }
        // A 32-bit fraction of the range.
        const auto steps = static_cast<std::uint64_t>(range.count()) + 1;
        const std::uint64_t part = spread_bits(terms.jitter_seed + number);
        const std::uint64_t result = (steps >> 32) * part + ((steps & 0xFFFF'FFFF) * part >> 32);
        return Duration{static_cast<typename Duration::rep>(result)};
    }

public:
    // A number of a name, or of a place in the table for an entry without one.
    static constexpr std::uint32_t seed_of(name called, std::uint32_t index) noexcept {
        return called.empty() ? fnv_start ^ index * 0x9E37'79B9 : fnv_1a(called.view());
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
