// SPDX-License-Identifier: BSL-1.0
//
// cron_search: the next and the previous time that a cron expression's masks select, in UTC.
//
// What: the calendar arithmetic behind `cron`, apart from its language and from time zones.
//
// Why masks and no walk: the next time of the day is at most three shifts and counts of zeros. If
// every day counts, that is all. Else the day is turned into a date, all matching days of the month
// are computed as one mask (cron_masks.hpp), and months follow by the mask of months, years by
// their step.
//
// Cost: one loop, over months. Without a field of years it ends after at most 40 years (29 February
// on a given weekday, across a century without a leap year), so 480 steps; with one, after at most
// 400 selected years, for the calendar repeats. A step is some 20 instructions. `Steps` counts
// them, in the test that shows this.
// Who may call: anybody, anywhere.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/time/civil.hpp>
#include <pawl/time/cron_masks.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a search tells of its steps, one for each month that it looks at.
struct cron_steps_uncounted {
    static constexpr void step() noexcept {}
};

template <class Steps = cron_steps_uncounted>
class cron_search {
public:
    using time_point = std::chrono::sys_seconds;
    using result = std::optional<time_point>;

    // The years 1 to 9999.
    static constexpr time_point time_min{std::chrono::seconds{-62135596800}};
    static constexpr time_point time_max{std::chrono::seconds{253402300799}};

    constexpr explicit cron_search(const cron_masks& masks, Steps steps = {}) noexcept
        : masks_{masks}, steps_{steps} {}

    // The first selected time from `time` on, time_point::max() if there is none; and the last one
    // up to `time`, time_point::min() if there is none. Not an optional: that is copied through
    // memory between functions, and a processor waits for it.
    [[nodiscard]] PAWL_FAST_PATH constexpr time_point first_from(time_point time) const noexcept {
        return first_of(count_of(time), time >= time_min);
    }
    [[nodiscard]] PAWL_FAST_PATH constexpr time_point last_to(time_point time) const noexcept {
        return last_of(count_of(time), time <= time_max);
    }

    // The same, strictly after and before.
    [[nodiscard]] PAWL_FAST_PATH constexpr time_point first_after(time_point time) const noexcept {
        return first_of(count_of(time) + 1, time >= time_min);
    }
    [[nodiscard]] PAWL_FAST_PATH constexpr time_point last_before(time_point time) const noexcept {
        return last_of(count_of(time) - 1, time <= time_max);
    }

    // The first matching day from this one on, in days since 0000-03-01; beyond the year 9999 if
    // there is none. For masks that have cron_masks::plain, and for all.
    [[nodiscard]] static constexpr std::uint32_t plain_day_at_or_after(const cron_masks& masks,
                                                                       std::uint32_t day) noexcept {
        return search_forward<true>(masks, {}, day, day_max);
    }
    [[nodiscard]] static constexpr std::uint32_t any_day_at_or_after(const cron_masks& masks,
                                                                     std::uint32_t day) noexcept {
        return masks.any_year() ? search_forward<false>(masks, {}, day, day_max)
                                : search_years_forward(masks, {}, day);
    }

    // The same, for users.
    [[nodiscard]] constexpr result at_or_after(time_point time) const noexcept {
        return unless_none(first_from(time));
    }
    [[nodiscard]] constexpr result at_or_before(time_point time) const noexcept {
        return unless_none(last_to(time));
    }
    [[nodiscard]] PAWL_FAST_PATH static constexpr result unless_none(time_point time) noexcept {
        return time != time_point::max() && time != time_point::min() ? result{time} : std::nullopt;
    }
    // In a zone, the first hours of the year 1 may be before time_min, and the last ones of 9999
    // after time_max.
    [[nodiscard]] PAWL_FAST_PATH static constexpr result in_time(time_point time) noexcept {
        return time >= time_min && time <= time_max ? result{time} : std::nullopt;
    }

private:
    static constexpr std::uint32_t second_per_hour = 3600;
    static constexpr std::uint32_t second_per_day = 86400;
    static constexpr std::uint32_t day_min = 306;                    // 0001-01-01
    static constexpr std::uint32_t day_max = civil_epoch + 2932896;  // 9999-12-31

    // Seconds since 0000-03-01, which are positive. In and out of functions they travel in a
    // register, an optional in memory.
    using count = std::uint64_t;
    static constexpr count count_min = count{day_min} * second_per_day;
    static constexpr count count_max = count{day_max} * second_per_day + (second_per_day - 1);

    static constexpr count shift = count{civil_epoch} * second_per_day;
    // Of times far out of the range, something else that is out of it.
    static constexpr count count_of(time_point time) noexcept {
        return static_cast<count>(time.time_since_epoch().count()) + shift;
    }
    static constexpr time_point point_of(count time) noexcept {
        return time_point{std::chrono::seconds{static_cast<std::int64_t>(time - shift)}};
    }
    static constexpr bool in_range(count time) noexcept {
        return time - count_min <= count_max - count_min;
    }

    [[nodiscard]] PAWL_FAST_PATH constexpr time_point first_of(count time,
                                                               bool late) const noexcept {
        if (masks_.months == 0) {
            return time_point::max();
        }
        if (!in_range(time)) {
            if (late) {
                return time_point::max();
            }
            time = count_min;
        }
        const count found = forward(time);
        return found <= count_max ? point_of(found) : time_point::max();
    }
    [[nodiscard]] PAWL_FAST_PATH constexpr time_point last_of(count time,
                                                              bool early) const noexcept {
        if (masks_.months == 0) {
            return time_point::min();
        }
        if (!in_range(time)) {
            if (early) {
                return time_point::min();
            }
            time = count_max;
        }
        const count found = backward(time);
        return found >= count_min ? point_of(found) : time_point::min();
    }

    // In 32 bits, which a small core divides without a library: a day is 675 times 128 s, and the
    // last second of the year 9999 divided by 128 is less than 2^32.
    static constexpr std::uint32_t day_of(count time) noexcept {
        return static_cast<std::uint32_t>(time >> 7) / (second_per_day >> 7);
    }

    [[nodiscard]] PAWL_FAST_PATH constexpr count forward(count from) const noexcept {
        if (short_ways && masks_.hours == cron_masks::all_hours &&
            masks_.has(cron_masks::every_day)) {
            return forward_hourly(from);
        }
        const std::uint32_t today = day_of(from);
        const std::uint32_t second =
            static_cast<std::uint32_t>(from - count{today} * second_per_day);
        if (short_ways && masks_.has(cron_masks::one_time)) {
            const std::uint32_t time = first_time();
            return count{day_at_or_after(today + (second > time ? 1 : 0))} * second_per_day + time;
        }
        // Each unit is this one or the next, whether something is left in it; and then there is.
        const std::uint32_t from_minute = minute_at_or_after(second);
        const std::uint32_t hour = from_minute / 60;
        const std::uint32_t from_hour =
            hour + (masks_.minutes >> (from_minute - hour * 60) == 0 ? 1 : 0);
        // Hour 24 is tomorrow.
        const std::uint32_t found_hour =
            from_hour + lowest((masks_.hours | std::uint32_t{1} << 24) >> from_hour);
        const std::uint32_t hour_start = found_hour * 60;
        const std::uint32_t minute_start =
            (hour_start +
             at_or_after(masks_.minutes, from_minute > hour_start ? from_minute - hour_start : 0)) *
            60;
        const std::uint32_t time = minute_start + second_at_or_after(second, minute_start);
        const std::uint32_t day = today + (found_hour == 24 ? 1 : 0);
        const std::uint32_t found = day_at_or_after(day);
        return count{found} * second_per_day + choose(found == today, time, first_time());
    }
    // 64-bit divisions by a constant are multiplications where registers have 64 bits.
    [[nodiscard]] constexpr count forward_hourly(count from) const noexcept {
        const count hour_start = from / second_per_hour * second_per_hour;
        const std::uint32_t second = static_cast<std::uint32_t>(from - hour_start);
        const std::uint32_t from_minute = minute_at_or_after(second);
        const std::uint64_t rest = masks_.minutes >> from_minute;
        if (rest == 0) {
            return hour_start + second_per_hour + lowest(masks_.minutes) * 60 +
                   lowest(masks_.seconds);
        }
        const std::uint32_t minute_start = (from_minute + lowest(rest)) * 60;
        return hour_start + minute_start + second_at_or_after(second, minute_start);
    }

    [[nodiscard]] PAWL_FAST_PATH constexpr count backward(count from) const noexcept {
        const std::uint32_t today = day_of(from);
        if (short_ways && masks_.has(cron_masks::one_time)) {
            const std::uint32_t time = first_time();
            const bool early = from < count{today} * second_per_day + time;
            return count{day_at_or_before(today - (early ? 1 : 0))} * second_per_day + time;
        }
        const count yesterday = count{today - 1} * second_per_day;
        const std::uint32_t second = static_cast<std::uint32_t>(from - yesterday);
        // With the hours of both days, there is always something left.
        const std::uint32_t to_minute = (second - lowest(masks_.seconds)) / 60;
        const std::uint32_t to_hour = (to_minute - lowest(masks_.minutes)) / 60;
        const std::uint32_t hour_start = at_or_before(two_days(), to_hour) * 60;
        const std::uint32_t minute_start =
            (hour_start + at_or_before(masks_.minutes, up_to_59(to_minute - hour_start))) * 60;
        const std::uint32_t time =
            minute_start + at_or_before(masks_.seconds, up_to_59(second - minute_start));
        const std::uint32_t day = today - (time < second_per_day ? 1 : 0);
        const std::uint32_t found = day_at_or_before(day);
        return count{found} * second_per_day +
               choose(found == today, time - second_per_day, last_time());
    }
    static constexpr std::uint32_t up_to_59(std::uint32_t value) noexcept {
        return value < 59 ? value : 59;
    }

    // Without a branch, for which way to take is as good as random.
    static constexpr std::uint32_t choose(bool first, std::uint32_t one,
                                          std::uint32_t other) noexcept {
        return other + ((one - other) & (0 - std::uint32_t{first}));
    }

    // The lowest and the highest bit of a mask that is not zero.
    template <typename Mask>
    static constexpr std::uint32_t lowest(Mask mask) noexcept {
        PAWL_ASSUME(mask != 0);
        return static_cast<std::uint32_t>(std::countr_zero(mask));
    }
    template <typename Mask>
    static constexpr std::uint32_t highest(Mask mask) noexcept {
        PAWL_ASSUME(mask != 0);
        return static_cast<std::uint32_t>(std::bit_width(mask)) - 1;
    }

    [[nodiscard]] constexpr std::uint32_t first_time() const noexcept {
        return (lowest(std::uint32_t{masks_.hours}) * 60 + lowest(masks_.minutes)) * 60 +
               lowest(masks_.seconds);
    }
    [[nodiscard]] constexpr std::uint32_t last_time() const noexcept {
        return (highest(std::uint32_t{masks_.hours}) * 60 + highest(masks_.minutes)) * 60 +
               highest(masks_.seconds);
    }

    // The lowest bit from this one on. REQUIRES: there is one.
    PAWL_ONE_COPY static constexpr std::uint32_t at_or_after(std::uint64_t mask,
                                                             std::uint32_t bit) noexcept {
        return bit + lowest(mask >> bit);
    }
    // The highest bit up to this one. REQUIRES: there is one.
    PAWL_ONE_COPY static constexpr std::uint32_t at_or_before(std::uint64_t mask,
                                                              std::uint32_t bit) noexcept {
        return highest(mask & ((std::uint64_t{2} << bit) - 1));
    }

    [[nodiscard]] constexpr std::uint64_t two_days() const noexcept {
        return masks_.hours * std::uint64_t{0x1000001};
    }

    // The first minute that has a second left, this one or the next.
    [[nodiscard]] constexpr std::uint32_t minute_at_or_after(std::uint32_t second) const noexcept {
        const std::uint32_t minute = second / 60;
        return minute + (masks_.seconds >> (second - minute * 60) == 0 ? 1 : 0);
    }
    [[nodiscard]] constexpr std::uint32_t second_at_or_after(
        std::uint32_t second, std::uint32_t minute_start) const noexcept {
        return at_or_after(masks_.seconds, second > minute_start ? second - minute_start : 0);
    }

    // The first matching day from this one on; after day_max: none.
    [[nodiscard]] PAWL_FAST_PATH constexpr std::uint32_t day_at_or_after(
        std::uint32_t day) const noexcept {
        if (short_ways && masks_.has(cron_masks::weekly)) {
            const std::uint32_t two_weeks = masks_.weekdays * std::uint32_t{0x81};
            return day + lowest(two_weeks >> weekday_from_days(day));
        }
        if (masks_.has(cron_masks::every_day)) {
            return day;
        }
        if (short_ways && masks_.has(cron_masks::plain)) {
            return search_forward<true>(masks_, steps_, day, day_max);
        }
        return masks_.any_year() ? search_forward<false>(masks_, steps_, day, day_max)
                                 : search_years_forward(masks_, steps_, day);
    }
    // The last matching day up to this one; before day_min: none.
    [[nodiscard]] PAWL_FAST_PATH constexpr std::uint32_t day_at_or_before(
        std::uint32_t day) const noexcept {
        if (short_ways && masks_.has(cron_masks::weekly)) {
            const std::uint32_t two_weeks = masks_.weekdays * std::uint32_t{0x81};
            const std::uint32_t weekday = weekday_from_days(day) + 7;
            return day - weekday + highest(two_weeks & ((std::uint32_t{2} << weekday) - 1));
        }
        if (masks_.has(cron_masks::every_day)) {
            return day;
        }
        if (short_ways && masks_.has(cron_masks::plain)) {
            return search_backward<true>(masks_, steps_, day, day_min);
        }
        return masks_.any_year() ? search_backward<false>(masks_, steps_, day, day_min)
                                 : search_years_backward(masks_, steps_, day);
    }

    // Year by year, those that are selected.
    PAWL_OUT_OF_LINE static constexpr std::uint32_t search_years_forward(
        const cron_masks& masks, Steps steps, std::uint32_t day) noexcept {
        std::uint32_t year = civil_from_days(day).year;
        for (;;) {
            year = masks.year_at_or_after(year);
            if (year > cron_masks::year_max) {
                return day_max + 1;
            }
            const std::uint32_t first = days_before_month(year, 1);
            const std::uint32_t last = days_before_month(year, 12) + 30;
            const std::uint32_t found =
                search_forward<false>(masks, steps, day < first ? first : day, last);
            if (found <= last) {
                return found;
            }
            ++year;
        }
    }
    PAWL_OUT_OF_LINE static constexpr std::uint32_t search_years_backward(
        const cron_masks& masks, Steps steps, std::uint32_t day) noexcept {
        std::uint32_t year = civil_from_days(day).year;
        for (;;) {
            year = masks.year_at_or_before(year);
            if (year == 0) {
                return 0;
            }
            const std::uint32_t first = days_before_month(year, 1);
            const std::uint32_t last = days_before_month(year, 12) + 30;
            const std::uint32_t found =
                search_backward<false>(masks, steps, day > last ? last : day, first);
            if (found >= first) {
                return found;
            }
            --year;
        }
    }

    // January, in a year that begins with March.
    static constexpr std::uint32_t january = 10;

    // Bit 0 is March.
    [[nodiscard]] static constexpr std::uint32_t months_of(const cron_masks& masks) noexcept {
        const std::uint32_t months = masks.months;
        return months >> 2 | (months & 3) << january;
    }

    static constexpr std::uint32_t length_of(std::uint32_t year, std::uint32_t month,
                                             std::uint32_t first) noexcept {
        constexpr std::uint32_t months_of_30 = 0b1'0100'1010;
        return month == 11 ? days_before_march(year + 1) - first : 31 - (months_of_30 >> month & 1);
    }

    // The first matching day from `day` on, which is after `last` if there is none until then.
    // Years begin with March: then the length of all months but the last one is known, and the leap
    // day is the end.
    template <bool Plain>
    [[nodiscard]] PAWL_OUT_OF_LINE static constexpr std::uint32_t search_forward(
        const cron_masks& masks, Steps steps, std::uint32_t day, std::uint32_t last) noexcept {
        const march_day date = march_from_days(day);
        const std::uint32_t all_months = months_of(masks);
        std::uint32_t year = date.year;
        std::uint32_t new_year = day - date.day_of_year;
        std::uint32_t month = date.month;
        std::uint32_t first = day - date.day;
        // In the first month, only the days that are left.
        std::uint32_t left = (all_months >> month & 1) != 0 ? ~std::uint32_t{0} << date.day : 0;
        std::uint32_t months = all_months >> (month + 1) << (month + 1);
        // Where only leap days matter, every fourth year.
        std::uint32_t to_leap_year = 0;
        if (masks.leap_days_only()) {
            to_leap_year = 3;
            left = year % 4 == 3 ? left : 0;
            months = year % 4 == 3 ? months : all_months;
            year |= 3;
            new_year = days_before_march(year);
        }
        for (;;) {
            if (left != 0) {
                steps.step();
            }
            if constexpr (Plain) {
                std::uint32_t days = masks.days & left;
                if (masks.weekdays != cron_masks::all_weekdays && days != 0) {
                    days &= masks.weekdays_of(weekday_from_days(first));
                }
                if (days != 0) {
                    const std::uint32_t found = lowest(days);
                    if (found < 28 || found < length_of(year, month, first)) {
                        return first + found;
                    }
                }
            } else {
                const std::uint32_t days =
                    masks.days_of(length_of(year, month, first), weekday_from_days(first)) & left;
                if (days != 0) {
                    return first + lowest(days);
                }
            }
            if (months == 0) {
                year = (year + 1) | to_leap_year;
                new_year = days_before_march(year);
                months = all_months;
            }
            month = lowest(months);
            months &= months - 1;
            first = new_year + day_of_march_year(month);
            if (first > last) {
                return first;
            }
            left = ~std::uint32_t{0};
        }
    }

    // The last matching day up to `day`, which is before `earliest` if there is none until then.
    template <bool Plain>
    [[nodiscard]] PAWL_OUT_OF_LINE static constexpr std::uint32_t search_backward(
        const cron_masks& masks, Steps steps, std::uint32_t day, std::uint32_t earliest) noexcept {
        const march_day date = march_from_days(day);
        const std::uint32_t all_months = months_of(masks);
        std::uint32_t year = date.year;
        std::uint32_t new_year = day - date.day_of_year;
        std::uint32_t month = date.month;
        std::uint32_t first = day - date.day;
        std::uint32_t left =
            (all_months >> month & 1) != 0 ? (std::uint32_t{2} << date.day) - 1 : 0;
        std::uint32_t months = all_months & ((std::uint32_t{1} << month) - 1);
        const bool leap_days_only = masks.leap_days_only();
        for (;;) {
            if (left != 0) {
                steps.step();
            }
            std::uint32_t days = 0;
            if constexpr (Plain) {
                days = masks.days & left;
                if (masks.weekdays != cron_masks::all_weekdays && days != 0) {
                    days &= masks.weekdays_of(weekday_from_days(first));
                }
            } else {
                days =
                    masks.days_of(length_of(year, month, first), weekday_from_days(first)) & left;
            }
            if (days != 0) {
                return first + highest(days);
            }
            if (months == 0) {
                // The leap year before, of which the number divides by four next March.
                const std::uint32_t step = leap_days_only ? (year & 3) + 1 : 1;
                if (new_year <= earliest || year < step) {
                    return 0;
                }
                year -= step;
                new_year = days_before_march(year);
                months = all_months;
            }
            month = highest(months);
            months ^= std::uint32_t{1} << month;
            first = new_year + day_of_march_year(month);
            left = ~std::uint32_t{0} >> (Plain ? 32 - length_of(year, month, first) : 0);
        }
    }

#ifdef __OPTIMIZE_SIZE__
    static constexpr bool short_ways = false;
#else
    static constexpr bool short_ways = true;
#endif

    const cron_masks& masks_;
    PAWL_NO_UNIQUE_ADDRESS Steps steps_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
