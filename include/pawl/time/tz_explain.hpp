// SPDX-License-Identifier: BSL-1.0
//
// tz_explain: what is wrong with a POSIX time zone, in one line for the person who wrote it.
//
// What: "13 at column 11: expected a month, 1-12". The offending piece as it stands in the text,
// its column, and what was expected, in short.
//
// Why apart from cron_explain: who has no zones needs no zones' words.
//
// Cost: linear in the piece, of which at most 24 characters are shown, harmless ones only (see
// error_place.hpp). constexpr, noexcept: any caller.
//
//   const pawl::tz_result result = pawl::posix_tz::parse(text);
//   if (!result) {
//       char memory[pawl::tz_explanation_size_max];
//       report(pawl::explain(result.error(), text, memory));
//   }
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/error_place.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// No explanation is longer.
inline constexpr std::size_t tz_explanation_size_max =
    error_place::size_max + sizeof ": expected " +
    sizeof "the day on which daylight saving begins, such as ,M3.5.0";

// What was expected, in short.
constexpr std::string_view tz_expected_words(tz_expected code) noexcept {
    switch (code) {
        case tz_expected::nothing: return "nothing";
        case tz_expected::name_of_3_letters_or_more: return "a name of 3 letters or more";
        case tz_expected::name_to_end_with_a_bracket: return "a letter, a digit, +, - or >";
        case tz_expected::offset: return "an offset such as -1 or 5:30";
        case tz_expected::hours_0_to_24: return "hours, 0-24";
        case tz_expected::minutes_0_to_59: return "minutes, 00-59";
        case tz_expected::seconds_0_to_59: return "seconds, 00-59";
        case tz_expected::rules_of_daylight_saving:
            return "the day on which daylight saving begins, such as ,M3.5.0";
        case tz_expected::end_of_daylight_saving:
            return "the day on which daylight saving ends, such as ,M10.5.0";
        case tz_expected::month_1_to_12: return "a month, 1-12";
        case tz_expected::week_1_to_5: return "a dot and a week, 1-5";
        case tz_expected::weekday_0_to_6: return "a dot and a day of the week, 0-6";
        case tz_expected::day_1_to_365: return "a day of the year, 1-365";
        case tz_expected::day_0_to_365: return "a day of the year, 0-365";
        case tz_expected::hours_up_to_167: return "hours, -167 to 167";
        case tz_expected::end_of_text: return "the end of the text";
    }
    return "something else";
}

// Writes what is wrong with `text` into `memory`, and returns it; cut if that is smaller than
// tz_explanation_size_max and too small. `text` is the one that was parsed.
constexpr std::string_view explain(const tz_error& error, std::string_view text,
                                   std::span<char> memory) noexcept {
    text_buffer out{memory};
    if (error.code == tz_expected::nothing) {
        out.put("no error");
        return out.view();
    }
    const error_place place{text, error.position};
    place.put(out, "", place.piece());
    out.put(": expected ");
    out.put(tz_expected_words(error.code));
    return out.view();
}

}  // namespace PAWL_ABI
}  // namespace pawl
