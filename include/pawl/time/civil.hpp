// SPDX-License-Identifier: BSL-1.0
//
// civil: from a number of days to year, month and day, and back, without a table or a loop.
//
// What: the proleptic Gregorian calendar for the years 1 to 9999, in 32-bit arithmetic.
//
// Why not <chrono>'s year_month_day: it does the same in signed arithmetic with wider divisions,
// and a cron expression asks for a calendar date in every call of next().
//
// How it works: the algorithms of Cassio Neri and Lorenz Schneider, "Euclidean affine functions and
// their application to calendar algorithms" (Software: Practice and Experience, 2022). Years begin
// in March inside, so that the leap day is the last one. Days are counted from 0000-03-01, which
// makes every number here positive.
//
// Cost: a handful of multiplications and shifts. constexpr, noexcept, no state: any caller,
// anywhere.
//
//   constexpr pawl::civil_day leap = pawl::civil_from_days(pawl::days_before_month(2028, 2) + 28);
//   static_assert(leap.year == 2028 && leap.month == 2 && leap.day == 29);
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A date. month is 1 to 12, day is 1 to 31.
struct civil_day {
    std::uint32_t year;
    std::uint32_t month;
    std::uint32_t day;

    friend constexpr bool operator==(civil_day, civil_day) noexcept = default;
};

// Day number 0 is 0000-03-01, so this is the number of 1970-01-01.
inline constexpr std::uint32_t civil_epoch = 719468;

// A date in years that begin with March and end with the leap day.
struct march_day {
    std::uint32_t year;
    std::uint32_t day_of_year;
    std::uint32_t month;  // 0 is March, 11 is February of the next calendar year
    std::uint32_t day;    // 0 is the first
};

// REQUIRES: days <= 2^28.
constexpr march_day march_from_days(std::uint32_t days) noexcept {
    const std::uint32_t quarters = 4 * days + 3;
    const std::uint32_t century = quarters / 146097;
    const std::uint32_t century_quarters = (quarters % 146097) | 3;
    // 2939745 / 2^32 is 1 / 1461, the quarter days of four years, from above and close enough.
    const std::uint64_t product = std::uint64_t{2939745} * century_quarters;
    const std::uint32_t year_of_century = static_cast<std::uint32_t>(product >> 32);
    const std::uint32_t day_of_year = static_cast<std::uint32_t>(product) / 2939745 / 4;
    const std::uint32_t months = 2141 * day_of_year + 1305;
    return {100 * century + year_of_century, day_of_year, months >> 16, (months & 0xffff) / 2141};
}

// REQUIRES: days <= 3652364 (9999-12-31).
constexpr civil_day civil_from_days(std::uint32_t days) noexcept {
    const march_day date = march_from_days(days);
    const bool next_year = date.month >= 10;
    return {date.year + (next_year ? 1 : 0), next_year ? date.month - 9 : date.month + 3,
            date.day + 1};
}

// The day number of the first of March.
constexpr std::uint32_t days_before_march(std::uint32_t year) noexcept {
    const std::uint32_t century = year / 100;
    return 1461 * year / 4 - century + century / 4;
}
// The day of the year that begins with March, 0 is the first. REQUIRES: month <= 11.
constexpr std::uint32_t day_of_march_year(std::uint32_t month) noexcept {
    return (979 * month + 18) / 32;
}

// The day number of the first of a month. REQUIRES: 1 <= year <= 9999, 1 <= month <= 12.
constexpr std::uint32_t days_before_month(std::uint32_t year, std::uint32_t month) noexcept {
    const bool next_year = month <= 2;
    return days_before_march(year - (next_year ? 1 : 0)) +
           day_of_march_year(next_year ? month + 9 : month - 3);
}

constexpr bool is_leap_year(std::uint32_t year) noexcept {
    // A multiple of 25 that divides by 16 divides by 400: one division instead of three.
    return (year % 25 == 0 ? year & 15 : year & 3) == 0;
}

constexpr std::uint32_t month_length(std::uint32_t year, std::uint32_t month) noexcept {
    return month == 2 ? (is_leap_year(year) ? 29 : 28) : 30 | (month ^ (month >> 3));
}

// 0 is Sunday. REQUIRES: as civil_from_days.
constexpr std::uint32_t weekday_from_days(std::uint32_t days) noexcept {
    // 0000-03-01 was a Wednesday. The fraction of a seventh, in 32 bits, from above and close
    // enough for 2^29 days.
    const std::uint32_t sevenths = (days + 3) * std::uint32_t{613566757};
    return static_cast<std::uint32_t>(std::uint64_t{sevenths} * 7 >> 32);
}

}  // namespace PAWL_ABI
}  // namespace pawl
