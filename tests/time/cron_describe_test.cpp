// SPDX-License-Identifier: BSL-1.0
//
// Goal: the words of a cron are English, say what it does, and say it of no other cron. Method: a
// table, read by people; then hundreds of thousands of expressions, random ones and every
// combination of many fields, of which no two that come at different times may have the same words;
// and the longest words that there are. The seed is printed.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_describe.hpp>

#include "cron_words.hpp"

namespace {

using namespace pawl::literals;
using pawl::cron;
using pawl::cron_options;
using pawl::day_match;

struct line {
    std::string_view text;
    std::string_view words;
    day_match days = day_match::both;
};

constexpr cron_options options_for(day_match days) {
    return {.days = days,
            .impossible = pawl::impossible_date::never,
            .steps = pawl::step_limit::any,
            .years = true};
}

// clang-format off
constexpr line table[] = {
    // Every minute, and rows that divide the hour.
    {"* * * * *", "Every minute"},
    {"*/1 * * * *", "Every minute"},
    {"*/2 * * * *", "Every 2 minutes"},
    {"*/5 * * * *", "Every 5 minutes"},
    {"*/15 * * * *", "Every 15 minutes"},
    {"*/20 * * * *", "Every 20 minutes"},
    {"*/30 * * * *", "Every 30 minutes"},
    {"0 */15 * * * *", "Every 15 minutes"},
    {"0,10,20,30,40,50 * * * *", "Every 10 minutes"},
    // Minutes of every hour.
    {"0 * * * *", "Every hour"},
    {"30 * * * *", "At minute 30 past every hour"},
    {"*/60 * * * *", "Every hour"},
    {"5,20,47 * * * *", "At minutes 5, 20 and 47 past every hour"},
    {"0-10 * * * *", "At minutes 0 through 10 past every hour"},
    {"0-10,30 * * * *", "At minutes 0 through 10 and 30 past every hour"},
    {"50-10 * * * *", "At minutes 0 through 10 and 50 through 59 past every hour"},
    {"5/15 * * * *", "At minutes 5, 20, 35 and 50 past every hour"},
    {"*/25 * * * *", "At minutes 0, 25 and 50 past every hour"},
    {"*/40 * * * *", "At minutes 0 and 40 past every hour"},
    // Rows that do not go on evenly say where they end.
    {"*/7 * * * *", "Every 7 minutes from minute 0 through 56 past every hour"},
    {"3/4 * * * *", "Every 4 minutes from minute 3 through 59 past every hour"},
    {"1-59/2 * * * *", "Every 2 minutes from minute 1 through 59 past every hour"},
    {"10-50/5 * * * *", "Every 5 minutes from minute 10 through 50 past every hour"},
    // Hours.
    {"0 */2 * * *", "Every 2 hours"},
    {"0 */3 * * *", "Every 3 hours"},
    {"0 */8 * * *", "Every 8 hours"},
    {"0 */12 * * *", "At 00:00 and 12:00"},
    {"0 */5 * * *", "Every 5 hours from 00:00 to 20:00"},
    {"0 */7 * * *", "At 00:00, 07:00, 14:00 and 21:00"},
    {"30 */2 * * *", "Every 2 hours from 00:30 to 22:30"},
    {"30 */8 * * *", "At 00:30, 08:30 and 16:30"},
    {"15 1-23/2 * * *", "Every 2 hours from 01:15 to 23:15"},
    {"0 9-17 * * *", "Every hour from 09:00 to 17:00"},
    {"0 9-12 * * *", "At 09:00, 10:00, 11:00 and 12:00"},
    {"0 9-11 * * *", "At 09:00, 10:00 and 11:00"},
    {"30 9-17 * * *", "Every hour from 09:30 to 17:30"},
    {"0 22-4 * * *", "Every hour from 22:00 to 04:00"},
    {"0 22-4 * * MON", "At 00:00, 01:00, 02:00, 03:00, 04:00, 22:00 and 23:00, on Monday"},
    {"0 0,4,5,9 * * *", "At 00:00, 04:00, 05:00 and 09:00"},
    {"0 0,4,5,9,13 * * *", "At 00:00, 04:00, 05:00, 09:00 and 13:00"},
    {"7 0,1,3,4,6,7,9,10,12 * * *", "At minute 7 past hours 0, 1, 3, 4, 6, 7, 9, 10 and 12"},
    {"7 0-3,5-10,20 * * *", "At minute 7 past hours 0 through 3, 5 through 10 and 20"},
    // Times of the day.
    {"30 9 * * *", "At 09:30"},
    {"0 0 * * *", "At 00:00"},
    {"59 23 * * *", "At 23:59"},
    {"30 9,17 * * *", "At 09:30 and 17:30"},
    {"0,30 9,17 * * *", "At 09:00, 09:30, 17:00 and 17:30"},
    {"0,30 9,13,17 * * *", "At 09:00, 09:30, 13:00, 13:30, 17:00 and 17:30"},
    {"5,20 9,17 * * *", "At 09:05, 09:20, 17:05 and 17:20"},
    {"5,20,47 7 * * *", "At 07:05, 07:20 and 07:47"},
    {"5,20,47 9,13,17 * * *", "At minutes 5, 20 and 47 past hours 9, 13 and 17"},
    {"5,20,47 9-17 * * *", "At minutes 5, 20 and 47 past every hour from 9 through 17"},
    {"5,20,47 */2 * * *", "At minutes 5, 20 and 47 past every 2nd hour"},
    {"5,20,47 9-21/3 * * *", "At minutes 5, 20 and 47 past every 3rd hour from 9 through 21"},
    // Minutes within some hours.
    {"* 9 * * *", "Every minute from 09:00 to 09:59"},
    {"* 9-17 * * *", "Every minute from 09:00 to 17:59"},
    {"*/15 9 * * *", "Every 15 minutes from 09:00 to 09:59"},
    {"*/15 9-17 * * *", "Every 15 minutes from 09:00 to 17:59"},
    {"*/10 22-4 * * *", "Every 10 minutes from 22:00 to 04:59"},
    {"*/10 22-4 * * SAT",
     "Every 10 minutes from 00:00 to 04:59 and from 22:00 to 23:59, on Saturday"},
    {"*/10 22-4 * 6 *",
     "Every 10 minutes from 00:00 to 04:59 and from 22:00 to 23:59, in June"},
    {"0 */10 22-4 * * * 2026",
     "Every 10 minutes from 00:00 to 04:59 and from 22:00 to 23:59, in 2026"},
    {"0-30 9 * * *", "Every minute from 09:00 to 09:30"},
    {"0-3 9 * * *", "At 09:00, 09:01, 09:02 and 09:03"},
    {"10-50/5 9 * * *", "Every 5 minutes from 09:10 to 09:50"},
    {"* 9-11,14-16 * * *", "Every minute from 09:00 to 11:59 and from 14:00 to 16:59"},
    {"*/5 9,13 * * *", "Every 5 minutes from 09:00 to 09:59 and from 13:00 to 13:59"},
    {"* 9,13,17 * * *", "Every minute in hours 9, 13 and 17"},
    {"*/30 9,13,17 * * *", "At 09:00, 09:30, 13:00, 13:30, 17:00 and 17:30"},
    {"* */2 * * *", "Every minute in every 2nd hour"},
    {"*/5 */2 * * *", "Every 5 minutes in every 2nd hour"},
    {"*/5 */6 * * *", "Every 5 minutes in hours 0, 6, 12 and 18"},
    {"*/5 9-21/3 * * *", "Every 5 minutes in every 3rd hour from 9 through 21"},
    {"*/7 9-17 * * *",
     "Every 7 minutes from minute 0 through 56 past every hour from 9 through 17"},
    // Seconds.
    {"* * * * * *", "Every second"},
    {"*/10 * * * * *", "Every 10 seconds"},
    {"*/30 * * * * *", "Every 30 seconds"},
    {"*/7 * * * * *", "Every 7 seconds from second 0 through 56 of every minute"},
    {"15 * * * * *", "At second 15 of every minute"},
    {"15,45 * * * * *", "At seconds 15 and 45 of every minute"},
    {"0-10 * * * * *", "At seconds 0 through 10 of every minute"},
    {"15 30 * * * *", "At second 15 of minute 30 of every hour"},
    {"15 0 * * * *", "At second 15 of minute 0 of every hour"},
    {"15 */5 * * * *", "At second 15 of every 5th minute of every hour"},
    {"15 */7 * * * *", "At second 15 of every 7th minute from 0 through 56 of every hour"},
    {"15 */15 * * * *", "At second 15 of minutes 0, 15, 30 and 45 of every hour"},
    {"15 0-20 * * * *", "At second 15 of every minute from 0 through 20 of every hour"},
    {"15 30 9 * * *", "At 09:30:15"},
    {"15 30 9,17 * * *", "At 09:30:15 and 17:30:15"},
    {"15 30 9-17 * * *", "Every hour from 09:30:15 to 17:30:15"},
    {"15 * 9-17 * * *", "At second 15 of every minute from 09:00 to 17:59"},
    {"15 * 9,11,13 * * *", "At second 15 of every minute of hours 9, 11 and 13"},
    {"15 */15 9 * * *", "At 09:00:15, 09:15:15, 09:30:15 and 09:45:15"},
    {"* * 9-17 * * *", "Every second from 09:00:00 to 17:59:59"},
    {"* * 9 * * *", "Every second from 09:00:00 to 09:59:59"},
    {"* 30 9 * * *", "Every second from 09:30:00 to 09:30:59"},
    {"* 30-45 9 * * *", "Every second from 09:30:00 to 09:45:59"},
    {"* 30 * * * *", "Every second of minute 30 of every hour"},
    {"* */5 * * * *", "Every second of every 5th minute of every hour"},
    {"*/10 */5 9-17 * * MON-FRI",
     "Every 10 seconds of every 5th minute of every hour from 9 through 17, Monday through "
     "Friday"},
    {"*/10 30 9 * * *", "Every 10 seconds from 09:30:00 to 09:30:59"},
    {"5-55/10 30 9 * * *", "Every 10 seconds from 09:30:05 to 09:30:55"},
    {"0-30 30 9 * * *", "Every second from 09:30:00 to 09:30:30"},
    {"0-30 30,31 9 * * *", "At seconds 0 through 30 of minutes 30 and 31 of hour 9"},
    {"*/20 * */2 * * *", "Every 20 seconds in every 2nd hour"},
    {"1,2,3 4,5,6 7,8,9 * * *",
     "At seconds 1 through 3 of every minute from 4 through 6 of every hour from 7 through "
     "9"},
    {"*/7 5-59/7 * * * *",
     "Every 7 seconds from second 0 through 56 of every 7th minute from 5 through 54 of "
     "every hour"},
    // Days of the week.
    {"30 9 * * MON-FRI", "At 09:30, Monday through Friday"},
    {"* 9-17 * * MON-FRI", "Every minute from 09:00 to 17:59, Monday through Friday"},
    {"*/15 9-17 * * MON-FRI", "Every 15 minutes from 09:00 to 17:59, Monday through Friday"},
    {"0 0 * * 0", "At 00:00, on Sunday"},
    {"0 0 * * 7", "At 00:00, on Sunday"},
    {"0 0 * * 6,0", "At 00:00, on Saturday and Sunday"},
    {"0 0 * * MON,WED,FRI", "At 00:00, on Monday, Wednesday and Friday"},
    {"0 0 * * FRI-MON", "At 00:00, Friday through Monday"},
    {"0 0 * * SUN-THU", "At 00:00, Sunday through Thursday"},
    {"0 0 * * MON-WED,FRI", "At 00:00, on Monday through Wednesday and Friday"},
    {"0 0 * * SAT-MON,WED", "At 00:00, on Saturday through Monday and Wednesday"},
    {"0 0 * * */2", "At 00:00, on Tuesday, Thursday, Saturday and Sunday"},
    {"0 0 * * MON#1", "At 00:00, on the first Monday of the month"},
    {"0 0 * * MON#1,MON#3", "At 00:00, on the first and third Monday of the month"},
    {"0 0 * * MON#1,FRI#1", "At 00:00, on the first Monday and on the first Friday of the month"},
    {"0 0 * * FRIL", "At 00:00, on the last Friday of the month"},
    {"0 0 * * MON#2,MONL,FRI#2,FRIL",
     "At 00:00, on the second and last Monday and on the second and last Friday of the "
     "month"},
    {"0 0 * 9 MON#1", "At 00:00, on the first Monday of September"},
    {"0 0 * 11 4#4", "At 00:00, on the fourth Thursday of November"},
    // Days of the month.
    {"0 0 1 * *", "At 00:00, on the 1st of the month"},
    {"0 0 31 * *", "At 00:00, on the 31st of the month"},
    {"0 0 1,15 * *", "At 00:00, on the 1st and 15th of the month"},
    {"0 0 11,12,13 * *", "At 00:00, on the 11th through 13th of the month"},
    {"0 0 1,2,3,21,22,23 * *",
     "At 00:00, on the 1st through 3rd and 21st through 23rd of the month"},
    {"0 0 1-7,15,20-22 * *",
     "At 00:00, on the 1st through 7th, 15th and 20th through 22nd of the month"},
    {"0 0 */2 * *", "At 00:00, on every 2nd day from the 1st through the 31st of the month"},
    {"0 0 */10 * *", "At 00:00, on the 1st, 11th, 21st and 31st of the month"},
    {"0 0 2/3 * *", "At 00:00, on every 3rd day from the 2nd through the 29th of the month"},
    {"0 0 28-3 * *", "At 00:00, on the 1st through 3rd and 28th through 31st of the month"},
    {"0 0 L * *", "At 00:00, on the last day of the month"},
    {"0 0 L-1 * *", "At 00:00, 1 day before the last day of the month"},
    {"0 0 L-3 * *", "At 00:00, 3 days before the last day of the month"},
    {"0 0 1,L * *", "At 00:00, on the 1st and last day of the month"},
    {"0 0 1,15,L-2 * *", "At 00:00, on the 1st, 15th and 2 days before the last day of the month"},
    {"0 0 1-5,L-2 * *",
     "At 00:00, on the 1st through 5th and 2 days before the last day of the month"},
    {"0 0 LW * *", "At 00:00, on the last weekday of the month"},
    {"0 0 L-1W * *", "At 00:00, on the weekday nearest 1 day before the last day of the month"},
    {"0 0 L-3W * *", "At 00:00, on the weekday nearest 3 days before the last day of the month"},
    {"0 0 15W * *", "At 00:00, on the weekday nearest the 15th of the month"},
    {"0 0 1W 1-6 *", "At 00:00, on the weekday nearest the 1st of January through June"},
    // Months.
    {"0 0 1 1 *", "At 00:00, on the 1st of January"},
    {"0 0 29 2 *", "At 00:00, on the 29th of February"},
    {"59 23 31 12 *", "At 23:59, on the 31st of December"},
    {"0 0 1 1,7 *", "At 00:00, on the 1st of January and July"},
    {"0 0 1 */3 *", "At 00:00, on the 1st of January, April, July and October"},
    {"0 0 L 2 *", "At 00:00, on the last day of February"},
    {"0 0 * 6 *", "At 00:00, in June"},
    {"0 0 * 6,7 *", "At 00:00, in June and July"},
    {"0 0 * 6-8 *", "At 00:00, from June through August"},
    {"0 0 * 11-2 *", "At 00:00, from November through February"},
    {"0 0 * 1-3,7 *", "At 00:00, in January through March and July"},
    {"* * * JUN-AUG MON-FRI", "Every minute, Monday through Friday, from June through August"},
    {"0 0 * 6 MON", "At 00:00, on Monday, in June"},
    // Both days must match.
    {"0 0 13 * FRI", "At 00:00, on the 13th of the month if it is a Friday"},
    {"0 0 1-7 * MON", "At 00:00, on the 1st through 7th of the month if it is a Monday"},
    {"0 0 13,31 * FRI,SUN",
     "At 00:00, on the 13th and 31st of the month if it is a Friday or Sunday"},
    {"0 0 */2 * MON-FRI",
     "At 00:00, on every 2nd day from the 1st through the 31st of the month if it is a "
     "Monday, Tuesday, Wednesday, Thursday or Friday"},
    {"0 0 L * FRI", "At 00:00, on the last day of the month if it is a Friday"},
    {"0 0 1,L * FRI", "At 00:00, on the 1st and last day of the month if it is a Friday"},
    {"0 0 15W * FRI", "At 00:00, on the weekday nearest the 15th of the month if it is a Friday"},
    {"0 0 LW * FRIL",
     "At 00:00, on the last weekday of the month if it is the last Friday of the month"},
    {"0 0 1-7 * MON#1",
     "At 00:00, on the 1st through 7th of the month if it is the first Monday of the month"},
    {"0 0 20-31 * MONL,FRIL",
     "At 00:00, on the 20th through 31st of the month if it is the last Monday or the last "
     "Friday of the month"},
    {"0 0 8-21 * MON#2,MON#3",
     "At 00:00, on the 8th through 21st of the month if it is the second or third Monday "
     "of the month"},
    {"0 0 13 1 FRI", "At 00:00, on the 13th of January if it is a Friday"},
    {"0 0 13 1,7 FRI#2",
     "At 00:00, on the 13th of the month if it is the second Friday of the month, in "
     "January and July"},
    {"0 0 */2 * MON",
     "At 00:00, on every 2nd day from the 1st through the 31st of the month if it is a "
     "Monday", day_match::vixie},
    // One of them is enough.
    {"0 0 13 * FRI", "At 00:00, on the 13th of the month or on Friday", day_match::either},
    {"0 0 1,15 * MON-FRI",
     "At 00:00, on the 1st and 15th of the month or on Monday through Friday", day_match::either},
    {"0 0 15W * SAT,SUN",
     "At 00:00, on the weekday nearest the 15th of the month or on Saturday and Sunday",
     day_match::either},
    {"0 0 L * MON#1",
     "At 00:00, on the last day of the month or on the first Monday of the month",
     day_match::either},
    {"0 0 13 1 FRI",
     "At 00:00, on the 13th of the month or on Friday, in January", day_match::either},
    {"0 0 L-3 6 MON#1,MONL",
     "At 00:00, 3 days before the last day of the month or on the first and last Monday of "
     "the month, in June", day_match::either},
    {"0 0 13 * *", "At 00:00, on the 13th of the month", day_match::either},
    {"0 0 1-31 * FRI", "At 00:00", day_match::either},
    {"0 0 1-31/2 * MON",
     "At 00:00, on every 2nd day from the 1st through the 31st of the month or on Monday",
     day_match::vixie},
    // Years.
    {"0 30 9 * * * 2026", "At 09:30, in 2026"},
    {"0 30 9 * * * 2024-2030", "At 09:30, from 2024 to 2030"},
    {"0 30 9 * * * 2024-2030/2", "At 09:30, in every 2nd year from 2024 to 2030"},
    {"0 30 9 * * * 2024/4", "At 09:30, in every 4th year from 2024 on"},
    {"0 30 9 * * * */4", "At 09:30, in years divisible by 4"},
    {"0 30 9 * * * 4-100/4", "At 09:30, in every 4th year from 4 to 100"},
    {"0 30 9 * * * 9995-9997/2", "At 09:30, in every 2nd year from 9995 to 9997"},
    {"0 30 9 * * * 2026-9999", "At 09:30, from 2026 on"},
    {"0 30 9 * * * 1-2030", "At 09:30, from 1 to 2030"},
    {"0 30 9 1 1 * 2026", "At 09:30, on the 1st of January 2026"},
    {"0 30 9 * 6 * 2026", "At 09:30, in June 2026"},
    {"0 30 9 * 6 MON-FRI 2026", "At 09:30, Monday through Friday, in June 2026"},
    {"0 30 9 * 11-2 * 2026", "At 09:30, in January, February, November and December 2026"},
    {"0 30 9 13 2 FRI 2026", "At 09:30, on the 13th of February if it is a Friday, in 2026"},
    {"0 30 9 1-14 1 FRI#2 2026",
     "At 09:30, on the 1st through 14th of the month if it is the second Friday of the "
     "month, in January 2026"},
    {"0 30 9 * 6 MON-FRI 2025-2026", "At 09:30, Monday through Friday, in June, from 2025 to 2026"},
    {"0 * * * * * 2026", "Every minute, in 2026"},
    // Never.
    {"0 0 31 2 *", "Never"},
    {"0 30 9 13 1 FRI 2026", "Never"},
    // Macros.
    {"@every_second", "Every second"},
    {"@every_minute", "Every minute"},
    {"@hourly", "Every hour"},
    {"@daily", "At 00:00"},
    {"@weekly", "At 00:00, on Sunday"},
    {"@monthly", "At 00:00, on the 1st of the month"},
    {"@yearly", "At 00:00, on the 1st of January"},
};
// clang-format on

constexpr bool holds(const line& each) {
    std::array<char, pawl::cron_description_size_max> memory{};
    const pawl::cron_result parsed = cron::parse(each.text, options_for(each.days));
    return parsed && pawl::describe(*parsed, memory) == each.words;
}
// In parts: a compiler takes only so many steps for one assertion.
constexpr std::size_t table_size = sizeof table / sizeof table[0];
constexpr bool quarter_holds(std::size_t quarter) {
    for (std::size_t i = quarter * table_size / 4; i < (quarter + 1) * table_size / 4; ++i) {
        if (!holds(table[i])) {
            return false;
        }
    }
    return true;
}
static_assert(quarter_holds(0));
static_assert(quarter_holds(1));
static_assert(quarter_holds(2));
static_assert(quarter_holds(3));
static_assert(table_size >= 200);

std::string words_of(const cron& value) {
    std::array<char, pawl::cron_description_size_max> memory{};
    return std::string{pawl::describe(value, memory)};
}

bool is_well_formed(std::string_view words) {
    const char last = words.empty() ? ' ' : words.back();
    const bool ends_well = (last >= '0' && last <= '9') || (last >= 'a' && last <= 'z');
    return ends_well && words.front() >= 'A' && words.front() <= 'Z' &&
           words.find("  ") == std::string_view::npos &&
           words.find(" ,") == std::string_view::npos &&
           words.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
               " ,:") == std::string_view::npos &&
           // All of it fits, and there was place for more.
           words.size() < pawl::cron_description_size_max;
}

// Everything that was ever described. Two crons may share their words if they come at the same
// times.
class dictionary {
public:
    // What is wrong with the words of `value`, or nothing.
    std::string add(const cron& value, const std::string& text) {
        std::string words = words_of(value);
        if (!is_well_formed(words)) {
            return text + " is told as: " + words;
        }
        const auto [entry, is_new] = entries_.try_emplace(std::move(words), value, text);
        if (!is_new && !words::come_together(entry->second.value, value)) {
            return text + " and " + entry->second.text + " are both: " + entry->first;
        }
        return {};
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct known {
        known(const cron& of, const std::string& from) : value{of}, text{from} {}
        cron value;
        std::string text;
    };
    std::unordered_map<std::string, known> entries_;
};

constexpr day_match rules[] = {day_match::both, day_match::either, day_match::vixie};

std::string parse_and_add(dictionary& all, const std::string& text, cron_options options) {
    const pawl::cron_result parsed = cron::parse(text, options);
    return parsed ? all.add(*parsed, text) : std::string{};
}

}  // namespace

TEST_CASE("the words of an expression") {
    for (const line& each : table) {
        const pawl::cron_result parsed = cron::parse(each.text, options_for(each.days));
        INFO(each.text);
        REQUIRE(parsed);
        CHECK(words_of(*parsed) == each.words);
        CHECK(is_well_formed(each.words));
    }
    CHECK(words_of(cron{}) == "Never");
    CHECK(words_of(cron::weekly(std::chrono::Friday, 17, 30)) == "At 17:30, on Friday");
}

TEST_CASE("random crons that come at different times have different words") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    words::generator generator{random};
    dictionary all;
    for (int round = 0; round < 40'000; ++round) {
        const std::string text = generator.expression();
        cron_options options = generator.options();
        for (const day_match rule : rules) {
            options.days = rule;
            const std::string wrong = parse_and_add(all, text, options);
            INFO(wrong);
            REQUIRE(wrong.empty());
        }
    }
    CHECK(all.size() > 40'000);
}

TEST_CASE("the words of the time of the day, for all combinations of many fields") {
    const std::vector<std::string> sixties{
        "0",     "1",       "15",      "59",     "*",      "*/2",  "*/5",   "*/10",
        "*/12",  "*/15",    "*/20",    "*/30",   "*/7",    "*/25", "*/40",  "1/2",
        "3/4",   "5/15",    "0-10",    "0-58",   "1-59",   "50-5", "10,11", "10-12",
        "10,12", "5-55/10", "5-45/10", "5-50/5", "0,1,59", "0,29", "1,30",  "0-2,30,31,40-45",
        "55-59"};
    const std::vector<std::string> hours{"0",          "9",
                                         "23",         "*",
                                         "*/2",        "*/3",
                                         "*/4",        "*/5",
                                         "*/6",        "*/8",
                                         "*/12",       "*/7",
                                         "1/2",        "1/3",
                                         "9-17",       "9-10",
                                         "9,10",       "9-12",
                                         "9-11",       "0-22",
                                         "1-23",       "22-4",
                                         "23-0",       "23-1",
                                         "10-8",       "9,17",
                                         "9-11,14-16", "9,11",
                                         "9,11,13",    "9,11,14",
                                         "9-21/3",     "9-21/2",
                                         "0-3,5-7,20", "0-4,6-9,11-14,20-23"};
    dictionary all;
    std::size_t different = 0;
    for (const std::string& second : sixties) {
        for (const std::string& minute : sixties) {
            for (const std::string& hour : hours) {
                const std::string time = second + " " + minute + " " + hour;
                for (const char* const days : {" * * *", " * * MON"}) {
                    const std::string wrong =
                        parse_and_add(all, time + days, options_for(day_match::both));
                    INFO(wrong);
                    REQUIRE(wrong.empty());
                    ++different;
                }
            }
        }
    }
    // Nearly every one is a set of its own: 9-10 and 9,10 are the same hours.
    CHECK(all.size() > different * 9 / 10);
}

TEST_CASE("the words of the days, for all combinations of many fields") {
    const std::vector<std::string> days{"*",      "1",
                                        "2",      "3",
                                        "11",     "13",
                                        "21",     "22",
                                        "23",     "31",
                                        "1,2",    "1-3",
                                        "1-7",    "1,15",
                                        "1-31/2", "*/2",
                                        "*/3",    "2/2",
                                        "*/10",   "1-30",
                                        "2-31",   "28-3",
                                        "29,30",  "15W",
                                        "1W",     "31W",
                                        "LW",     "L-1W",
                                        "L-3W",   "L",
                                        "L-1",    "L-3",
                                        "1,L",    "1,L-3",
                                        "1-3,L",  "1-3,L-1",
                                        "*/2,L",  "15,16,17,20,L-2"};
    const std::vector<std::string> months{"*",   "1",    "2",    "12",   "1,7", "1-3",    "11-2",
                                          "*/2", "2-12", "1-11", "12-1", "1,2", "1-3,7-9"};
    const std::vector<std::string> weekdays{"*",
                                            "SUN",
                                            "MON",
                                            "FRI",
                                            "MON-FRI",
                                            "SAT,SUN",
                                            "FRI-MON",
                                            "SUN-TUE",
                                            "MON,WED,FRI",
                                            "MON-WED,FRI",
                                            "SUN,WED",
                                            "MON-SAT",
                                            "*/2",
                                            "MON#1",
                                            "MON#5",
                                            "MONL",
                                            "FRI#1",
                                            "MON#1,FRI#1",
                                            "MON#1,MON#3",
                                            "MON#1,MONL",
                                            "MON#1,FRI#1,MONL,FRIL",
                                            "SAT#1,SUN#1,MON#1",
                                            "FRI#2,FRI#3,FRI#4"};
    const std::vector<std::string> years{"", " 2026", " 2026-2030", " 2026/4"};
    dictionary all;
    std::size_t different = 0;
    for (const day_match rule : rules) {
        for (const std::string& day : days) {
            for (const std::string& month : months) {
                for (const std::string& weekday : weekdays) {
                    for (const std::string& year : years) {
                        const std::string date = day + " " + month + " " + weekday + year;
                        const std::string wrong =
                            parse_and_add(all, "0 30 9 " + date, options_for(rule));
                        INFO(wrong);
                        REQUIRE(wrong.empty());
                        ++different;
                    }
                }
            }
        }
    }
    CHECK(all.size() > different / 2);  // without * and both days, the rules are two
}

TEST_CASE("every set of weekdays, months, hours and years has its words") {
    dictionary all;
    const auto list = [](std::uint32_t bits, std::uint32_t first) {
        std::string text;
        for (std::uint32_t value = first; bits != 0; ++value, bits >>= 1) {
            if ((bits & 1) != 0) {
                text += (text.empty() ? "" : ",") + std::to_string(value);
            }
        }
        return text;
    };
    const auto add = [&all](const std::string& text) {
        const std::string wrong = parse_and_add(all, text, options_for(day_match::both));
        INFO(wrong);
        REQUIRE(wrong.empty());
    };
    for (std::uint32_t bits = 1; bits < 128; ++bits) {
        add("0 0 * * " + list(bits, 0));
    }
    for (std::uint32_t bits = 1; bits < 4096; ++bits) {
        add("0 0 1 " + list(bits, 1) + " *");
        add("0 0 * " + list(bits, 1) + " *");
        add("7 " + list(bits, 0) + " * * *");
        add("* " + list(bits, 6) + " * * *");
        add("5,6 " + list(bits, 12) + " * * *");
        add(list(bits, 0) + " 8 * * *");
        add(list(bits, 0) + " * * * *");
        add(list(bits, 48) + " 7-8 3 * * *");
        add("0 0 " + list(bits, 20) + " * *");
    }
    for (std::uint32_t first = 2020; first < 2030; ++first) {
        for (std::uint32_t length = 0; length < 20; ++length) {
            for (std::uint32_t step = 1; step <= 20; ++step) {
                const std::string from = "0 0 0 1 1 * " + std::to_string(first);
                add(from + "-" + std::to_string(first + length) + "/" + std::to_string(step));
                add(from + "/" + std::to_string(step));
            }
        }
    }
    for (std::uint32_t step = 1; step < 64; ++step) {
        add("0 0 0 1 1 * */" + std::to_string(step));
        add("0 0 0 1 1 * 1/" + std::to_string(step));
        add("0 0 0 1 1 * " + std::to_string(step) + "-100/" + std::to_string(step));
        add("0 0 0 1 1 * 9900-9990/" + std::to_string(step));
        add("0 0 0 1 1 * 9900/" + std::to_string(step));
    }
    CHECK(all.size() > 9 * 4095);
}

TEST_CASE("another value in one field makes other words") {
    const std::vector<std::vector<std::string>> bases{{"0", "30", "9", "*", "*", "MON-FRI", "2026"},
                                                      {"0", "*/15", "9-17", "1,15", "*", "*", "*"},
                                                      {"*/10", "*", "*", "*", "6", "FRI#1", "*/4"},
                                                      {"5", "7,8", "*/2", "L-2", "1-3", "2", "*"},
                                                      {"*", "*", "*", "*", "*", "*", "*"},
                                                      {"0", "0", "0", "15W", "1", "1-5", "2000/7"}};
    for (const std::vector<std::string>& base : bases) {
        const auto words_with = [&base](std::size_t field, const std::string& value) {
            std::string text;
            for (std::size_t i = 0; i < base.size(); ++i) {
                text += (i == field ? value : base[i]) + " ";
            }
            const pawl::cron_result parsed = cron::parse(text, options_for(day_match::either));
            return parsed ? words_of(*parsed) : "wrong: " + text;
        };
        constexpr std::uint32_t bounds[][2] = {{0, 59}, {0, 59}, {0, 23},     {1, 31},
                                               {1, 12}, {0, 6},  {2001, 2060}};
        for (std::size_t field = 0; field < 7; ++field) {
            std::unordered_map<std::string, std::string> seen;
            for (std::uint32_t value = bounds[field][0]; value <= bounds[field][1]; ++value) {
                const std::string single = std::to_string(value);
                const std::string words = words_with(field, single);
                const auto [entry, is_new] = seen.try_emplace(words, single);
                INFO(words << ": " << single << " and " << entry->second);
                REQUIRE((is_new || words == "Never"));  // a 29 February, not in 2026
            }
            CHECK(seen.size() > (bounds[field][1] - bounds[field][0]) / 2);
        }
    }
}

TEST_CASE("the longest words have place, and a smaller place cuts them") {
    const auto pattern = [](std::uint32_t first, std::uint32_t last) {
        std::string text;  // three and a gap
        for (std::uint32_t value = first; value <= last; ++value) {
            if ((last - value) % 4 != 3) {
                text += (text.empty() ? "" : ",") + std::to_string(value);
            }
        }
        return text;
    };
    std::string nths;
    for (const char* const nth : {"#1", "#2", "#3", "#4", "#5", "L"}) {
        for (const char* const day : {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}) {
            nths += (nths.empty() ? "" : ",") + std::string{day} + nth;
        }
    }
    const std::string text = pattern(0, 59) + " " + pattern(0, 59) + " " + pattern(0, 23) + " " +
                             pattern(1, 31) + ",L-30 1-3,5-7,9,11 " + nths + " 1000-9938/63";
    std::size_t longest = 0;
    for (const day_match rule : rules) {
        const pawl::cron_result parsed = cron::parse(text, options_for(rule));
        REQUIRE(parsed);
        const std::string words = words_of(*parsed);
        CHECK(is_well_formed(words));
        longest = words.size() > longest ? words.size() : longest;
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{200}}) {
            std::string memory(size + 1, '#');
            CHECK(pawl::describe(*parsed, std::span{memory}.first(size)) == words.substr(0, size));
            CHECK(memory[size] == '#');
        }
    }
    // The bound is not far from it.
    CHECK(longest + longest / 10 > pawl::cron_description_size_max);
}
