// SPDX-License-Identifier: BSL-1.0
//
// cron_describe: a cron in words, for people who do not read five columns of stars.
//
// What: "30 9 * * MON-FRI" is "At 09:30, Monday through Friday". English, a 24-hour clock, no full
// stop. Every cron has its words, and two that come at different times have different ones: nothing
// is rounded, left out or "more or less". A row that does not go on evenly says where it ends:
// "*/7" is "Every 7 minutes from minute 0 through 56 past every hour".
//
// Why from the masks and not from the text: "0 9-17/4" and "0 9,13,17" are the same schedule and
// get the same words; a cron from a builder has no text; and what is told is what will happen.
//
// How: the time of the day, then the days, then the years. The words of the day fields say how they
// go together: "on the 13th of the month if it is a Friday" is AND, "on the 13th of the month or on
// Friday" is OR. Few times are told by the clock ("At 09:30 and 17:30"), regular ones by their
// distance ("Every 15 minutes from 09:00 to 17:59"), all others by their fields ("At minutes 5, 20
// and 47 past every hour").
//
// Cost: some instructions a value, no memory but the caller's. constexpr, noexcept: any caller.
//
//   char memory[pawl::cron_description_size_max];
//   std::string_view words = pawl::describe("0 0 13 * FRI"_cron, memory);
//                            // At 00:00, on the 13th of the month if it is a Friday
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/cron_values.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The characters of the longest list of a field: all its values one by one, or runs of three with
// one value left out between them, as in "10 through 12, 14 through 16". `single` and `run` are the
// longest elements with their ", ". Two neighbours are listed, and so cost two of three places.
constexpr std::size_t cron_longest_list(std::size_t values, std::size_t single,
                                        std::size_t run) noexcept {
    const std::size_t twelfths = 8 * single > 3 * run ? 8 * single : 3 * run;
    return ((values + 1) * twelfths + 11) / 12 + sizeof " and" - sizeof ",";
}

// No description is longer: the longest words of each part, whether they go together or not.
inline constexpr std::size_t cron_description_size_max =
    sizeof "At seconds " + sizeof " of minutes " + sizeof " of hours " +
    2 * cron_longest_list(60, sizeof "59, " - 1, sizeof "10 through 12, " - 1) +
    cron_longest_list(24, sizeof "23, " - 1, sizeof "10 through 12, " - 1) +  //
    sizeof ", on the " + sizeof ", 30 days before the last day" + sizeof " of the month" +
    cron_longest_list(31, sizeof "31st, " - 1, sizeof "11th through 13th, " - 1) +
    sizeof " if it is " + sizeof " of the month" +
    7 * (sizeof "the first, second, third, fourth, fifth and last Wednesday and on " - 1) +
    sizeof ", from " +
    cron_longest_list(12, sizeof "September, " - 1, sizeof "September through November, " - 1) +
    sizeof ", in every 63rd year from 1000 to 9999";

class cron_describer {
public:
    constexpr cron_describer(const cron_masks& masks, std::span<char> memory) noexcept
        : masks_{masks}, text_{memory} {
        // Day or weekday, where one of them is any: that is any day. (The parser knows that, too.)
        const bool either = masks.has(cron_masks::either_day);
        any_day_ = masks.days == cron_masks::all_days;
        any_weekday_ = masks.weekdays == cron_masks::all_weekdays && masks.nths == 0;
        if (either && (any_day_ || any_weekday_)) {
            any_day_ = true;
            any_weekday_ = true;
        }
        // From 22 to 4 goes on into the next day only where that one is selected, too.
        const cron_values turned = hours_.turned(0);
        if (any_day_ && any_weekday_ && months_.all() && masks.any_year() && turned.one_run()) {
            hours_ = turned;
        }
        if (masks.any_year()) {
            months_ = months_.turned(0);
        }
    }

    constexpr std::string_view write() noexcept {
        if (masks_.months == 0) {
            text_.put("Never");
        } else {
            put_time();
            put_days();
            put_years();
        }
        return text_.view();
    }

private:
    static constexpr std::uint32_t run_length_min = cron_values::run_length_min;

    // ---- lists (first: clang 14 evaluates no later template) ----

    template <typename Put>
    constexpr void put_list(const cron_values& values, std::string_view word, Put&& put) noexcept {
        const std::uint32_t total = values.runs(run_length_min);
        std::uint32_t place = 0;
        values.for_each_run(run_length_min, [&](std::uint32_t low, std::uint32_t high) {
            put_separator(place++, total, word);
            put(low, high);
        });
    }

    // What stands before the element at this place: nothing, ", " or " and ".
    constexpr void put_separator(std::uint32_t place, std::uint32_t total,
                                 std::string_view word) noexcept {
        if (place == 0) {
            return;
        }
        if (place + 1 != total) {
            text_.put(", ");
            return;
        }
        text_.put(' ');
        text_.put(word);
        text_.put(' ');
    }

    // "1st", "22nd", "13th"
    constexpr void put_ordinal(std::uint32_t number) noexcept {
        text_.put_number(number);
        const std::uint32_t digit = number / 10 == 1 ? 0 : number % 10;
        text_.put(digit == 1 ? "st" : digit == 2 ? "nd" : digit == 3 ? "rd" : "th");
    }

    // ---- the time of the day ----

    // How many times are told one by one, where a row would do as well, and where none would.
    static constexpr std::uint32_t few_times = 4;
    static constexpr std::uint32_t some_times = 8;
    // From how many values on a row is told by its distance.
    static constexpr std::uint32_t hours_in_row_min = 4;
    static constexpr std::uint32_t values_in_row_min = 5;

    constexpr void put_time() noexcept {
        const std::uint32_t times = seconds_.count() * minutes_.count() * hours_.count();
        if (seconds_.only(0) && minutes_.only(0) && hours_.cycle_step() != 0 &&
            hours_.count() >= 3) {
            put_every(hours_.cycle_step(), "hour");
        } else if (times <= few_times && !is_frequent(minutes_, 4) && !is_frequent(seconds_, 4)) {
            put_clock_times();
        } else if (seconds_.single() && minutes_.single()) {
            put_hours_of_one_minute(times);
        } else if (seconds_.only(0)) {
            put_minutes(times);
        } else {
            put_seconds(times);
        }
    }

    // One time in each hour.
    constexpr void put_hours_of_one_minute(std::uint32_t times) noexcept {
        if (!hours_.all() && is_row(hours_, hours_in_row_min)) {
            put_every(hours_.step(), "hour");
            put_from_to(hours_.low(), minutes_.low(), seconds_.low(), hours_.high(), minutes_.low(),
                        seconds_.low());
        } else if (times <= some_times) {
            put_clock_times();
        } else if (seconds_.only(0)) {
            put_at(minutes_, "minute");
            put_hours(" past ");
        } else {
            put_at(seconds_, "second");
            put_of_minutes();
        }
    }

    // Several minutes in an hour, and second 0.
    constexpr void put_minutes(std::uint32_t times) noexcept {
        if (is_frequent(minutes_, 2) && has_few_runs(hours_)) {
            put_every(minutes_.cycle_step(), "minute");
            put_spans(59, 0);
        } else if (hours_.single() && (is_row(minutes_, values_in_row_min))) {
            put_every(minutes_.step(), "minute");
            put_from_to(hours_.low(), minutes_.low(), 0, hours_.low(), minutes_.high(), 0);
        } else if (times <= some_times) {
            put_clock_times();
        } else if (is_frequent(minutes_, 2)) {
            put_every(minutes_.cycle_step(), "minute");
            put_hours(" in ");
        } else {
            put_at(minutes_, "minute");
            put_hours(" past ");
        }
    }

    // Several seconds, or one that is not 0 in several minutes.
    constexpr void put_seconds(std::uint32_t times) noexcept {
        const bool frequent = is_frequent(seconds_, 2);
        if (frequent && minutes_.all() && has_few_runs(hours_)) {
            put_every(seconds_.cycle_step(), "second");
            put_spans(59, 59);
        } else if (frequent && hours_.single() && minutes_.one_run()) {
            put_every(seconds_.cycle_step(), "second");
            put_from_to(hours_.low(), minutes_.low(), 0, hours_.low(), minutes_.high(), 59);
        } else if (minutes_.single() && hours_.single() && is_row(seconds_, values_in_row_min)) {
            put_every(seconds_.step(), "second");
            put_from_to(hours_.low(), minutes_.low(), seconds_.low(), hours_.low(), minutes_.low(),
                        seconds_.high());
        } else if (times <= some_times) {
            put_clock_times();
        } else if (frequent) {
            put_every(seconds_.cycle_step(), "second");
            if (minutes_.all()) {
                put_hours(" in ");
            } else {
                put_of_minutes();
            }
        } else {
            put_at(seconds_, "second");
            put_of_minutes();
        }
    }

    // All, or a row that goes on evenly in the next minute, hour or day.
    static constexpr bool is_frequent(const cron_values& values, std::uint32_t count_min) noexcept {
        return values.cycle_step() != 0 && values.count() >= count_min;
    }
    static constexpr bool is_row(const cron_values& values, std::uint32_t count_min) noexcept {
        return values.step() != 0 && values.count() >= count_min;
    }
    static constexpr bool has_few_runs(const cron_values& values) noexcept {
        return values.runs(1) <= 2;
    }

    // "Every minute", "Every 15 minutes"
    constexpr void put_every(std::uint32_t step, std::string_view unit) noexcept {
        text_.put("Every ");
        if (step != 1) {
            text_.put_number(step);
            text_.put(' ');
        }
        text_.put(unit);
        text_.put(step != 1 ? "s" : "");
    }

    // "At minute 5", "At minutes 0 through 10 and 30", "Every 7 minutes from minute 0 through 56"
    constexpr void put_at(const cron_values& values, std::string_view unit) noexcept {
        if (is_frequent(values, 2)) {
            put_every(values.cycle_step(), unit);
        } else if (values.step() != 1 && is_row(values, values_in_row_min)) {
            put_every(values.step(), unit);
            text_.put(" from ");
            text_.put(unit);
            text_.put(' ');
            put_through(values.low(), values.high());
        } else {
            text_.put("At ");
            put_units(values, unit);
        }
    }

    constexpr void put_of_minutes() noexcept {
        text_.put(" of ");
        put_each(minutes_, "minute");
        if (!minutes_.all() || !has_few_runs(hours_)) {
            put_hours(" of ");
        } else {
            with_seconds_ = false;
            put_spans(59, 0);
        }
    }
    constexpr void put_hours(std::string_view word) noexcept {
        text_.put(word);
        put_each(hours_, "hour");
    }

    // "every hour", "every 2nd hour", "every hour from 9 through 17", "hours 9, 11 and 14"
    constexpr void put_each(const cron_values& values, std::string_view unit) noexcept {
        const bool is_run = values.step() == 1 && values.count() >= run_length_min;
        if (!is_run && !is_row(values, values_in_row_min)) {
            put_units(values, unit);
            return;
        }
        text_.put("every ");
        if (values.step() != 1) {
            put_ordinal(values.step());
            text_.put(' ');
        }
        text_.put(unit);
        if (values.cycle_step() == 0) {
            text_.put(" from ");
            put_through(values.low(), values.high());
        }
    }

    // "minute 5", "minutes 0 through 10 and 30"
    constexpr void put_units(const cron_values& values, std::string_view unit) noexcept {
        text_.put(unit);
        text_.put(values.single() ? " " : "s ");
        put_list(values, "and", [this](std::uint32_t low, std::uint32_t high) {
            if (low == high) {
                text_.put_number(low);
            } else {
                put_through(low, high);
            }
        });
    }

    constexpr void put_through(std::uint32_t low, std::uint32_t high) noexcept {
        text_.put_number(low);
        text_.put(" through ");
        text_.put_number(high);
    }

    // " from 09:00 to 17:59", for each run of hours; nothing for all of them.
    constexpr void put_spans(std::uint32_t last_minute, std::uint32_t last_second) noexcept {
        if (hours_.all()) {
            return;
        }
        bool first = true;
        hours_.for_each_run(1, [&](std::uint32_t low, std::uint32_t high) {
            text_.put(first ? "" : " and");
            first = false;
            put_from_to(low, 0, 0, high, last_minute, last_second);
        });
    }

    constexpr void put_from_to(std::uint32_t from_hour, std::uint32_t from_minute,
                               std::uint32_t from_second, std::uint32_t to_hour,
                               std::uint32_t to_minute, std::uint32_t to_second) noexcept {
        text_.put(" from ");
        put_clock(from_hour, from_minute, from_second);
        text_.put(" to ");
        put_clock(to_hour, to_minute, to_second);
    }

    // "At 09:30 and 17:30"
    constexpr void put_clock_times() noexcept {
        text_.put("At ");
        const std::uint32_t times = seconds_.count() * minutes_.count() * hours_.count();
        std::uint32_t time = 0;
        cron_values{masks_.hours, 24}.for_each([&](std::uint32_t hour) {
            minutes_.for_each([&](std::uint32_t minute) {
                seconds_.for_each([&](std::uint32_t second) {
                    put_separator(time++, times, "and");
                    put_clock(hour, minute, second);
                });
            });
        });
    }

    // With seconds if the expression has any but 0 and they are not told otherwise.
    constexpr void put_clock(std::uint32_t hour, std::uint32_t minute,
                             std::uint32_t second) noexcept {
        text_.put_two_digits(hour);
        text_.put(':');
        text_.put_two_digits(minute);
        if (with_seconds_) {
            text_.put(':');
            text_.put_two_digits(second);
        }
    }

    // ---- the days ----

    constexpr void put_days() noexcept {
        const bool both_given = !any_day_ && !any_weekday_;
        // The months take the place of "the month" where that stands once: on the 1st of January.
        const bool either = masks_.has(cron_masks::either_day);
        months_in_place_ = !months_.all() && (both_given ? !either && masks_.nths == 0
                                              : any_day_ ? masks_.nths != 0
                                                         : true);
        if (!any_day_) {
            text_.put(", ");
            put_days_of_month();
        } else if (!any_weekday_) {
            text_.put(", ");
            put_weekdays(false);
        }
        if (both_given && either) {
            text_.put(" or ");
            put_weekdays(true);
        } else if (both_given) {
            put_condition();
        }
        if (!months_.all() && !months_in_place_) {
            const bool run = months_.one_run() && months_.count() >= run_length_min;
            text_.put(run ? ", from " : ", in ");
            put_months();
        }
        ends_with_month_ = !months_.all() && !(months_in_place_ && both_given);
    }

    // "on the 1st and 15th of the month"
    constexpr void put_days_of_month() noexcept {
        if (masks_.has(cron_masks::nearest_weekday)) {
            if (masks_.last_days == 1) {
                text_.put("on the last weekday");
            } else {
                text_.put("on the weekday nearest ");
                text_.put(masks_.last_days == 0 ? "the " : "");
                put_day_list();
            }
        } else if (masks_.last_days == 0 && days_.step() > 1 && is_row(days_, values_in_row_min)) {
            text_.put("on every ");
            put_ordinal(days_.step());
            text_.put(" day from the ");
            put_ordinal(days_.low());
            text_.put(" through the ");
            put_ordinal(days_.high());
        } else {
            text_.put(masks_.days == 0 && masks_.last_days > 1 ? "" : "on the ");
            put_day_list();
        }
        put_of_the_month();
    }

    // "1st, 5th through 9th and last day", "3 days before the last day"
    constexpr void put_day_list() noexcept {
        const std::uint32_t listed = days_.runs(run_length_min);
        const std::uint32_t total = listed + (masks_.last_days != 0 ? 1 : 0);
        std::uint32_t place = 0;
        days_.for_each_run(run_length_min, [&](std::uint32_t low, std::uint32_t high) {
            put_separator(place++, total, "and");
            put_ordinal(low);
            if (low != high) {
                text_.put(" through ");
                put_ordinal(high);
            }
        });
        if (masks_.last_days == 0) {
            return;
        }
        put_separator(place, total, "and");
        if (masks_.last_days == 1) {
            text_.put("last day");
        } else {
            text_.put_number(masks_.last_days - 1U);
            text_.put(masks_.last_days == 2 ? " day before the last day"
                                            : " days before the last day");
        }
    }

    // "Monday through Friday", "on Monday", "on the first and third Monday of the month"
    constexpr void put_weekdays(bool behind_days) noexcept {
        if (masks_.nths != 0) {
            text_.put("on ");
            put_nths("and", " and on ");
            put_of_the_month();
            return;
        }
        const bool run = weekdays_.one_run() && weekdays_.count() >= run_length_min;
        text_.put(run && !behind_days ? "" : "on ");
        put_list(weekdays_, "and", [this](std::uint32_t low, std::uint32_t high) {
            put_weekday(low);
            if (low != high) {
                text_.put(" through ");
                put_weekday(high);
            }
        });
    }

    // " if it is a Monday or Friday", " if it is the first Monday of the month"
    constexpr void put_condition() noexcept {
        text_.put(" if it is ");
        if (masks_.nths != 0) {
            put_nths("or", " or ");
            text_.put(" of the month");
            return;
        }
        text_.put("a ");
        std::uint32_t place = 0;
        weekdays_.for_each([&](std::uint32_t day) {
            put_separator(place++, weekdays_.count(), "or");
            put_weekday(day);
        });
    }

    // "the first and third Monday and on the first and third Friday"
    constexpr void put_nths(std::string_view word, std::string_view between_days) noexcept {
        bool first = true;
        weekdays_.for_each([&](std::uint32_t day) {
            text_.put(first ? "" : between_days);
            first = false;
            text_.put("the ");
            const cron_values nths{masks_.nths, 6};
            std::uint32_t place = 0;
            nths.for_each([&](std::uint32_t nth) {
                constexpr std::string_view names[] = {"first",  "second", "third",
                                                      "fourth", "fifth",  "last"};
                put_separator(place++, nths.count(), word);
                text_.put(names[nth]);
            });
            text_.put(' ');
            put_weekday(day);
        });
    }

    constexpr void put_weekday(std::uint32_t day) noexcept {
        constexpr std::string_view names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};
        text_.put(names[day]);
    }

    // " of the month", " of January and July"
    constexpr void put_of_the_month() noexcept {
        text_.put(" of ");
        if (months_in_place_) {
            put_months();
        } else {
            text_.put("the month");
        }
    }

    constexpr void put_months() noexcept {
        constexpr std::string_view names[] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
        put_list(months_, "and", [&](std::uint32_t low, std::uint32_t high) {
            text_.put(names[low - 1]);
            if (low != high) {
                text_.put(" through ");
                text_.put(names[high - 1]);
            }
        });
    }

    // ---- the years ----

    constexpr void put_years() noexcept {
        if (masks_.any_year()) {
            return;
        }
        const std::uint32_t first = masks_.year_first;
        const std::uint32_t last = masks_.year_last;
        const std::uint32_t step = masks_.year_step();
        const bool open = last + step > cron_masks::year_max;
        if (first == last) {
            text_.put(ends_with_month_ ? " " : ", in ");  // in June 2026
            text_.put_number(first);
            return;
        }
        if (step != 1 && step == first && open) {
            text_.put(", in years divisible by ");
            text_.put_number(step);
            return;
        }
        text_.put(", ");
        if (step != 1) {
            text_.put("in every ");
            put_ordinal(step);
            text_.put(" year ");
        }
        text_.put("from ");
        text_.put_number(first);
        if (open) {
            text_.put(" on");
        } else {
            text_.put(" to ");
            text_.put_number(last);
        }
    }

    const cron_masks& masks_;
    text_buffer text_;
    cron_values seconds_{masks_.seconds, 60};
    cron_values minutes_{masks_.minutes, 60};
    cron_values hours_{masks_.hours, 24};
    cron_values days_{masks_.days, 31, 1};
    cron_values months_{masks_.months, 12, 1};
    cron_values weekdays_ = cron_values{masks_.weekdays, 7}.turned(1);  // begins on Monday
    bool with_seconds_ = !seconds_.only(0);
    bool any_day_ = false;
    bool any_weekday_ = false;
    bool months_in_place_ = false;
    bool ends_with_month_ = false;
};

// Writes what `value` means into `memory`, and returns it; cut if that is smaller than
// cron_description_size_max and too small.
constexpr std::string_view describe(const cron& value, std::span<char> memory) noexcept {
    return cron_describer{value.masks(), memory}.write();
}

}  // namespace PAWL_ABI
}  // namespace pawl
