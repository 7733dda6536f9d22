// SPDX-License-Identifier: BSL-1.0
//
// cron_format: a cron as the text of an expression, always the same one for equal crons.
//
// What: the way back from cron::parse. "0 0 * * 7", "@weekly" and "00 00 ? * SUN" are all
// "0 0 * * SUN". What parse() makes of the text is equal to the cron, whatever the options were
// that the cron was made with, when they are given again together with years = true. (H and Quartz
// numbers are gone: the text has the chosen values, and days of the week by name.)
//
// Why not keep the text: a cron is 32 bytes of masks and is made by builders, too.
//
// How it is written: 5 fields, 6 if the second is not 0, 7 if there are years. Neighbours become
// ranges, and equal distances steps. Three things are told by the form of a field, not by its
// values, and so the form keeps them:
// - fixed times and intervals differ where clocks are set. Second, minute and hour of a fixed time
//   are lists of single values; in an interval at least one of them has a range or a step.
// - cron::parse with day_match::vixie takes a field that begins with * for a star. If that rule is
//   to read the text, and day and weekday must both match, one of them begins with * if that is
//   possible at all: "*/2 * MON" stays what it is, and "1-7 * MON" is "*/31,2-7 * MON".
// - a cron that never comes is "0 0 31 2 *", which parse() takes for one with
//   impossible_date::never.
//
// Cost: some instructions a value; no memory but the caller's. constexpr, noexcept: any caller.
//
//   char memory[pawl::cron_format_size_max];
//   std::string_view text = pawl::format("*/5 8-17 * * 1,2,3,4,5"_cron, memory);
//                                        // */5 8-17 * * MON-FRI
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/cron_parse.hpp>
#include <pawl/time/cron_values.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// No text is longer. A field is longest as a list of all its values, one by one: a range or a row
// of steps takes the place of three values or more and is not longer than they are. Only a pair
// that has to be a range, and * with a step that has to come first, add three characters.
inline constexpr std::size_t cron_format_size_max =
    2 * (10 * 1 + 50 * 2 + 59 + 3)            // seconds, minutes
    + (10 * 1 + 14 * 2 + 23 + 3)              // hours
    + (9 * 1 + 22 * 2 + 30 + 3 + 5)           // days, and ,L-30
    + (9 * 1 + 3 * 2 + 11 + 3)                // months
    + 7 * (5 * sizeof("MON#1,") - 5 + 5) - 1  // each weekday with each number, and MONL,
    + (sizeof("1000-9999/63") - 1)            // years
    + 6;                                      // blanks

class cron_formatter {
public:
    constexpr cron_formatter(const cron_masks& masks, day_match read_by,
                             std::span<char> memory) noexcept
        : masks_{masks},
          text_{memory},
          star_{read_by == day_match::vixie ? field_to_begin_with_star() : cron_field::expression},
          range_{field_to_be_a_range()} {}

    constexpr std::string_view write() noexcept {
        if (masks_.months == 0) {
            text_.put("0 0 31 2 *");
            return text_.view();
        }
        if (!seconds().only(0) || !masks_.any_year()) {
            put_clock(cron_field::second, seconds());
        }
        put_clock(cron_field::minute, minutes());
        put_clock(cron_field::hour, hours());
        put_days();
        text_.put(' ');
        put_values(months(), star_form::rows);
        text_.put(' ');
        put_weekdays();
        put_years();
        return text_.view();
    }

private:
    [[nodiscard]] constexpr cron_values seconds() const noexcept { return {masks_.seconds, 60}; }
    [[nodiscard]] constexpr cron_values minutes() const noexcept { return {masks_.minutes, 60}; }
    [[nodiscard]] constexpr cron_values hours() const noexcept { return {masks_.hours, 24}; }
    [[nodiscard]] constexpr cron_values days() const noexcept { return {masks_.days, 31, 1}; }
    [[nodiscard]] constexpr cron_values months() const noexcept { return {masks_.months, 12, 1}; }
    [[nodiscard]] constexpr cron_values weekdays() const noexcept { return {masks_.weekdays, 7}; }

    // Where */n may be written: nowhere; for three values or more; or, in the fields of an
    // interval, also for two that go on evenly, as */30 does.
    enum class star_form : std::uint8_t { none, rows, pairs };

    static constexpr bool is_star(const cron_values& values, star_form form) noexcept {
        return form != star_form::none && values.star_step() != 0 &&
               (values.count() > 2 || (form == star_form::pairs && values.cycle_step() != 0));
    }
    static constexpr bool is_row(const cron_values& values) noexcept {
        return values.count() > 2 && values.step() > 1;
    }
    static constexpr bool is_turned_run(const cron_values& values) noexcept {
        return values.count() > 2 && values.turned(0).one_run();
    }
    // Whether a field of the time of day is written with an element that has several values.
    static constexpr bool has_range(const cron_values& values) noexcept {
        return is_star(values, star_form::pairs) || is_row(values) || is_turned_run(values) ||
               values.runs(cron_values::run_length_min) != values.count();
    }

    // The field that makes the expression an interval, where none would do so by itself.
    [[nodiscard]] constexpr cron_field field_to_be_a_range() const noexcept {
        if (!masks_.has(cron_masks::interval) || has_range(seconds()) || has_range(minutes()) ||
            has_range(hours())) {
            return cron_field::expression;
        }
        return !minutes().single() ? cron_field::minute
               : !hours().single() ? cron_field::hour
                                   : cron_field::second;
    }

    // The field that has to begin with * for Vixie's rule to say AND; none where one does anyway,
    // or where none can: then no text that is read by this rule has made the cron.
    [[nodiscard]] constexpr cron_field field_to_begin_with_star() const noexcept {
        const bool nearest = masks_.has(cron_masks::nearest_weekday);
        if (masks_.has(cron_masks::either_day) || days().all() ||
            (weekdays().all() && masks_.nths == 0) ||
            (!nearest && is_star(days(), star_form::rows))) {
            return cron_field::expression;
        }
        if (!nearest && (masks_.days & 1) != 0) {
            return cron_field::day;
        }
        return masks_.nths == 0 && (masks_.weekdays & 1) != 0 ? cron_field::weekday
                                                              : cron_field::expression;
    }

    constexpr void put_clock(cron_field field, const cron_values& values) noexcept {
        if (!masks_.has(cron_masks::interval)) {
            put_list(values, never_a_run);
        } else if (range_ == field) {
            put_pair(values);
        } else {
            put_values(values, star_form::pairs);
        }
        text_.put(' ');
    }

    constexpr void put_days() noexcept {
        if (star_ == cron_field::day) {
            put_with_star(days(), 31);
        } else if (masks_.days != 0) {
            put_values(days(),
                       masks_.has(cron_masks::either_day) ? star_form::none : star_form::rows);
        }
        if (masks_.last_days != 0) {
            text_.put(masks_.days != 0 ? ",L" : "L");
            if (masks_.last_days != 1) {
                text_.put('-');
                text_.put_number(masks_.last_days - 1U);
            }
        }
        if (masks_.has(cron_masks::nearest_weekday)) {
            text_.put('W');
        }
    }

    constexpr void put_weekdays() noexcept {
        if (masks_.nths != 0) {
            put_nths();
        } else if (star_ == cron_field::weekday) {
            put_with_star(weekdays(), 7);
        } else if (weekdays().all()) {
            text_.put('*');
        } else {
            put_weekday_list(weekdays());
        }
    }

    constexpr void put_nths() noexcept {
        bool first = true;
        for (std::uint32_t nth = 0; nth < 6; ++nth) {
            if ((masks_.nths >> nth & 1) == 0) {
                continue;
            }
            weekdays().turned(monday).for_each([this, nth, &first](std::uint32_t day) {
                text_.put(first ? "" : ",");
                first = false;
                put_weekday(day);
                if (nth == 5) {
                    text_.put('L');
                } else {
                    text_.put('#');
                    text_.put_number(nth + 1);
                }
            });
        }
    }

    constexpr void put_years() noexcept {
        if (masks_.any_year()) {
            return;
        }
        const std::uint32_t first = masks_.year_first;
        const std::uint32_t last = masks_.year_last;
        const std::uint32_t step = masks_.year_step();
        text_.put(' ');
        const bool open = last + step > cron_masks::year_max;
        if (first != last && first == step && open) {
            text_.put('*');
        } else {
            text_.put_number(first);
            if (first != last) {
                text_.put('-');
                text_.put_number(open ? cron_masks::year_max : last);
            }
        }
        if (first != last && step != 1) {
            text_.put('/');
            text_.put_number(step);
        }
    }

    // As short as possible.
    constexpr void put_values(const cron_values& values, star_form form) noexcept {
        if (values.all()) {
            text_.put('*');
        } else if (is_star(values, form)) {
            text_.put('*');
            put_step(values.step());
        } else if (is_row(values)) {
            const std::uint32_t high = values.high();
            put_range(values.low(), high + values.step() > values.end() ? values.end() : high);
            put_step(values.step());
        } else {
            put_list(is_turned_run(values) ? values.turned(0) : values,
                     cron_values::run_length_min);
        }
    }

    // The first two as a range.
    constexpr void put_pair(const cron_values& values) noexcept {
        const std::uint64_t behind_first = values.bits() & (values.bits() - 1);
        const std::uint64_t rest = behind_first & (behind_first - 1);
        const cron_values pair{values.bits() & ~rest, values.end() + 1};
        put_range(pair.low(), pair.high());
        if (pair.step() != 1) {
            put_step(pair.step());
        }
        if (rest != 0) {
            text_.put(',');
            put_list({rest, values.end() + 1}, never_a_run);
        }
    }

    // * with the smallest step that selects no other value, which may be the first one alone, and
    // the rest behind it.
    constexpr void put_with_star(const cron_values& values, std::uint32_t size) noexcept {
        const std::uint64_t bits = values.bits();
        std::uint32_t step = 1;
        std::uint64_t starred = 0;
        do {
            ++step;
            starred = 0;
            for (std::uint32_t bit = 0; bit < size; bit += step) {
                starred |= std::uint64_t{1} << bit;
            }
        } while ((starred & ~bits) != 0);
        text_.put('*');
        put_step(step);
        const std::uint64_t rest = bits & ~starred;
        if (rest == 0) {
            return;
        }
        text_.put(',');
        if (size == 7) {
            put_weekday_list({rest, 7});
        } else {
            put_list({rest, size, values.end() + 1 - size}, cron_values::run_length_min);
        }
    }

    constexpr void put_list(const cron_values& values, std::uint32_t run_length_min) noexcept {
        bool first = true;
        values.for_each_run(run_length_min, [this, &first](std::uint32_t low, std::uint32_t high) {
            text_.put(first ? "" : ",");
            first = false;
            put_range(low, high);
        });
    }

    constexpr void put_weekday_list(const cron_values& values) noexcept {
        bool first = true;
        values.turned(monday).for_each_run(cron_values::run_length_min,
                                           [this, &first](std::uint32_t low, std::uint32_t high) {
                                               text_.put(first ? "" : ",");
                                               first = false;
                                               put_weekday(low);
                                               if (high != low) {
                                                   text_.put('-');
                                                   put_weekday(high);
                                               }
                                           });
    }

    constexpr void put_range(std::uint32_t low, std::uint32_t high) noexcept {
        text_.put_number(low);
        if (high != low) {
            text_.put('-');
            text_.put_number(high);
        }
    }
    constexpr void put_step(std::uint32_t step) noexcept {
        text_.put('/');
        text_.put_number(step);
    }
    constexpr void put_weekday(std::uint32_t day) noexcept {
        text_.put(std::string_view{"SUNMONTUEWEDTHUFRISAT"}.substr(std::size_t{day} * 3, 3));
    }

    static constexpr std::uint32_t never_a_run = 64;
    static constexpr std::uint32_t monday = 1;  // a list begins with it

    const cron_masks& masks_;
    text_buffer text_;
    cron_field star_;
    cron_field range_;
};

// Writes the expression into `memory`, and returns it; cut if that is smaller than
// cron_format_size_max and too small. parse() of the text is equal to `value` under the options
// that made it, with years = true. `read_by` is the rule of those options for a day and a weekday.
constexpr std::string_view format(const cron& value, std::span<char> memory,
                                  day_match read_by = day_match::both) noexcept {
    return cron_formatter{value.masks(), read_by, memory}.write();
}

}  // namespace PAWL_ABI
}  // namespace pawl
