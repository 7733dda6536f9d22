// SPDX-License-Identifier: BSL-1.0
//
// cron_explain: what is wrong with a cron expression, in one line for the person who wrote it.
//
// What: "minute 60 at column 1: expected 0-59". The field, the offending piece as it stands in the
// text, its column, and what was expected, in short.
//
// Why not cron_error::message(): that one is static text, fit for a core without a printf, and
// cannot show the piece. Here the text is needed, and some memory.
//
// Cost: linear in the piece, of which at most 24 characters are shown, harmless ones only (see
// error_place.hpp). constexpr, noexcept: any caller.
//
//   const pawl::cron_result result = pawl::cron::parse(text);
//   if (!result) {
//       char memory[pawl::cron_explanation_size_max];
//       report(pawl::explain(result.error(), text, memory));
//   }
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron_error.hpp>
#include <pawl/time/error_place.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// No explanation is longer: the longest field, the place, and the longest of what may be expected.
inline constexpr std::size_t cron_explanation_size_max =
    sizeof "weekday" + error_place::size_max + sizeof ": expected " +
    sizeof "@yearly, @monthly, @weekly, @daily, @hourly, @every_minute or @every_second";

class cron_explainer {
public:
    constexpr cron_explainer(const cron_error& error, std::string_view text,
                             std::span<char> memory) noexcept
        : error_{error}, place_{text, error.position}, text_{memory} {}

    constexpr std::string_view write() noexcept {
        if (error_.code == cron_expected::nothing) {
            text_.put("no error");
            return text_.view();
        }
        place_.put(text_, field(), piece());
        text_.put(": expected ");
        text_.put(expected());
        return text_.view();
    }

private:
    [[nodiscard]] constexpr std::string_view field() const noexcept {
        switch (error_.field) {
            case cron_field::expression: return "";
            case cron_field::second: return "second";
            case cron_field::minute: return "minute";
            case cron_field::hour: return "hour";
            case cron_field::day: return "day";
            case cron_field::month: return "month";
            case cron_field::weekday: return "weekday";
            case cron_field::year: return "year";
        }
        return "";
    }

    // As much as is wrong: a value, an element of the list, or the whole field.
    [[nodiscard]] constexpr std::string_view piece() const noexcept {
        if (place_.nothing_follows()) {
            return "";
        }
        switch (error_.code) {
            case cron_expected::one_weekday_before_nth:
            case cron_expected::nth_for_all_weekdays:
            case cron_expected::years_in_order:
            case cron_expected::range_for_h:
            case cron_expected::seed_for_h: return place_.piece_up_to(", \t");
            case cron_expected::five_or_six_fields:
            case cron_expected::five_to_seven_fields:
            case cron_expected::same_nth_for_all_weekdays:
            case cron_expected::known_macro:
            case cron_expected::interval_with_units:
            case cron_expected::calendar_not_interval:
            case cron_expected::calendar_not_reboot:
            case cron_expected::existing_date: return place_.piece_up_to(" \t");
            case cron_expected::nothing:
            case cron_expected::second_0_to_59:
            case cron_expected::minute_0_to_59:
            case cron_expected::hour_0_to_23:
            case cron_expected::day_1_to_31:
            case cron_expected::month_1_to_12:
            case cron_expected::weekday_0_to_7:
            case cron_expected::weekday_1_to_7:
            case cron_expected::year_1_to_9999:
            case cron_expected::step_1_to_59:
            case cron_expected::step_1_to_23:
            case cron_expected::step_1_to_31:
            case cron_expected::step_1_to_12:
            case cron_expected::step_1_to_7:
            case cron_expected::step_1_to_63:
            case cron_expected::step_of_1_or_more:
            case cron_expected::comma_or_blank:
            case cron_expected::last_day_offset_0_to_30:
            case cron_expected::one_last_day:
            case cron_expected::nearest_weekday_alone:
            case cron_expected::nth_1_to_5:
            case cron_expected::one_year_or_range: return place_.piece();
        }
        return place_.piece();
    }

    [[nodiscard]] constexpr std::string_view expected() const noexcept {
        switch (error_.code) {
            case cron_expected::nothing: return "nothing";
            case cron_expected::five_or_six_fields: return "5 or 6 fields";
            case cron_expected::five_to_seven_fields: return "5 to 7 fields";
            case cron_expected::second_0_to_59:
            case cron_expected::minute_0_to_59: return "0-59";
            case cron_expected::hour_0_to_23: return "0-23";
            case cron_expected::day_1_to_31: return "1-31 or L";
            case cron_expected::month_1_to_12: return "1-12 or JAN-DEC";
            case cron_expected::weekday_0_to_7: return "0-7 or SUN-SAT";
            case cron_expected::weekday_1_to_7: return "1-7 or SUN-SAT";
            case cron_expected::year_1_to_9999: return "1-9999";
            case cron_expected::step_1_to_59: return "a step of 1-59";
            case cron_expected::step_1_to_23: return "a step of 1-23";
            case cron_expected::step_1_to_31: return "a step of 1-31";
            case cron_expected::step_1_to_12: return "a step of 1-12";
            case cron_expected::step_1_to_7: return "a step of 1-7";
            case cron_expected::step_1_to_63: return "a step of 1-63";
            case cron_expected::step_of_1_or_more: return "a step of 1-999";
            case cron_expected::comma_or_blank: return "a comma or the end of the field";
            case cron_expected::last_day_offset_0_to_30: return "0-30 days before the last one";
            case cron_expected::one_last_day: return "at most one L in the list";
            case cron_expected::nearest_weekday_alone: return "one day with W, alone in its field";
            case cron_expected::nth_1_to_5: return "1-5 behind #";
            case cron_expected::one_weekday_before_nth: return "a single weekday before # or L";
            case cron_expected::nth_for_all_weekdays:
                return "# or L behind every weekday or behind none";
            case cron_expected::same_nth_for_all_weekdays:
                return "the same # or L behind every weekday";
            case cron_expected::one_year_or_range: return "one year or range of years";
            case cron_expected::years_in_order: return "a range that does not run backwards";
            case cron_expected::seed_for_h: return "a seed in the options, for H";
            case cron_expected::range_for_h: return "a range such as (0-29)";
            case cron_expected::known_macro:
                return "@yearly, @monthly, @weekly, @daily, @hourly, @every_minute or "
                       "@every_second";
            case cron_expected::interval_with_units: return "an interval such as 90s or 1h30m";
            case cron_expected::calendar_not_interval:
            case cron_expected::calendar_not_reboot: return "a time by the calendar";
            case cron_expected::existing_date: return "a date that exists";
        }
        return "something else";
    }

    const cron_error& error_;
    error_place place_;
    text_buffer text_;
};

// Writes what is wrong with `text` into `memory`, and returns it; cut if that is smaller than
// cron_explanation_size_max and too small. `text` is the one that was parsed.
constexpr std::string_view explain(const cron_error& error, std::string_view text,
                                   std::span<char> memory) noexcept {
    return cron_explainer{error, text, memory}.write();
}

}  // namespace PAWL_ABI
}  // namespace pawl
