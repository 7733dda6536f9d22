// SPDX-License-Identifier: BSL-1.0
//
// cron_error: what a cron expression should have been, and at which byte.
//
// What: a code that says what was expected, the byte offset, the field, and a sentence. One code
// serves both worlds: run time, where `cron::parse` returns the error, and compile time, where the
// code's name and the column stand in the compiler's message, as in
//   wrong_cron<cron_expected::minute_0_to_59, column<2>>
//
// Why the sentence is static text: an error must outlive the parsed text and needs no memory. The
// offset tells where the offending characters are, whoever prints them has the text at hand.
//
// Cost: message() one table look-up. constexpr, noexcept: any caller, anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class cron_field : std::uint8_t {
    expression,
    second,
    minute,
    hour,
    day,
    month,
    weekday,
    year
};

// What the parser expected where it stopped; `nothing` is: no error.
enum class cron_expected : std::uint8_t {
    nothing,
    five_or_six_fields,
    five_to_seven_fields,
    second_0_to_59,
    minute_0_to_59,
    hour_0_to_23,
    day_1_to_31,
    month_1_to_12,
    weekday_0_to_7,
    weekday_1_to_7,
    year_1_to_9999,
    step_1_to_59,
    step_1_to_23,
    step_1_to_31,
    step_1_to_12,
    step_1_to_7,
    step_1_to_63,
    step_of_1_or_more,
    comma_or_blank,
    last_day_offset_0_to_30,
    one_last_day,
    nearest_weekday_alone,
    nth_1_to_5,
    one_weekday_before_nth,
    nth_for_all_weekdays,
    same_nth_for_all_weekdays,
    one_year_or_range,
    years_in_order,
    seed_for_h,
    range_for_h,
    known_macro,
    interval_with_units,
    calendar_not_interval,
    calendar_not_reboot,
    existing_date,
};

struct cron_error {
    cron_expected code = cron_expected::nothing;
    cron_field field = cron_field::expression;
    std::size_t position =
        0;  // bytes from the start of the text; its length if the text ends too early

    // A sentence without position, with static lifetime and a terminating zero behind it.
    [[nodiscard]] constexpr std::string_view message() const noexcept {
        switch (code) {
            case cron_expected::nothing: return "no error";
            case cron_expected::five_or_six_fields:
                return "expected 5 fields (minute hour day month weekday), or 6, a second first";
            case cron_expected::five_to_seven_fields:
                return "expected 5 fields (minute hour day month weekday), 6, a second first, or "
                       "7, and a year last";
            case cron_expected::second_0_to_59: return "expected a second, 0-59";
            case cron_expected::minute_0_to_59: return "expected a minute, 0-59";
            case cron_expected::hour_0_to_23: return "expected an hour, 0-23";
            case cron_expected::day_1_to_31: return "expected a day of the month, 1-31 or L";
            case cron_expected::month_1_to_12: return "expected a month, 1-12 or JAN-DEC";
            case cron_expected::weekday_0_to_7:
                return "expected a day of the week, 0-7 or SUN-SAT (0 and 7 are Sunday)";
            case cron_expected::weekday_1_to_7:
                return "expected a day of the week, 1-7 or SUN-SAT (1 is Sunday)";
            case cron_expected::year_1_to_9999: return "expected a year, 1-9999";
            case cron_expected::step_1_to_59: return "expected a step, 1-59";
            case cron_expected::step_1_to_23: return "expected a step, 1-23";
            case cron_expected::step_1_to_31: return "expected a step, 1-31";
            case cron_expected::step_1_to_12: return "expected a step, 1-12";
            case cron_expected::step_1_to_7: return "expected a step, 1-7";
            case cron_expected::step_1_to_63: return "expected a step of years, 1-63";
            case cron_expected::step_of_1_or_more:
                return "expected a step of 1 or more, at most 999";
            case cron_expected::comma_or_blank: return "expected a comma or the end of the field";
            case cron_expected::last_day_offset_0_to_30:
                return "expected a number of days before the last one, 0-30";
            case cron_expected::one_last_day: return "expected at most one L in the list";
            case cron_expected::nearest_weekday_alone:
                return "expected a day with W to stand alone in its field";
            case cron_expected::nth_1_to_5: return "expected which one in the month, 1-5";
            case cron_expected::one_weekday_before_nth:
                return "expected a single day of the week before # or L";
            case cron_expected::nth_for_all_weekdays:
                return "expected # or L behind every day of the week in the list, or behind none";
            case cron_expected::same_nth_for_all_weekdays:
                return "expected the same # or L behind every day of the week in the list";
            case cron_expected::one_year_or_range:
                return "expected one year or one range of years, with or without a step";
            case cron_expected::years_in_order:
                return "expected a range of years that does not run backwards";
            case cron_expected::seed_for_h:
                return "expected a seed in the options: H is a value chosen by it";
            case cron_expected::range_for_h:
                return "expected a range in parentheses, low to high, as in H(0-29)";
            case cron_expected::known_macro:
                return "expected @yearly, @annually, @monthly, @weekly, @daily, @midnight, "
                       "@hourly, @every_minute or @every_second";
            case cron_expected::interval_with_units:
                return "expected numbers with the units h, m, s or ms, as in 90s or 1h30m";
            case cron_expected::calendar_not_interval:
                return "expected a calendar expression: @every is a fixed interval, see every()";
            case cron_expected::calendar_not_reboot:
                return "expected a calendar expression: @reboot is no time, submit it at the start";
            case cron_expected::existing_date:
                return "expected a date that exists: this one never comes";
        }
        return "unknown error";
    }

    friend constexpr bool operator==(const cron_error&, const cron_error&) noexcept = default;
};

}  // namespace PAWL_ABI
}  // namespace pawl
