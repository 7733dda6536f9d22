// SPDX-License-Identifier: BSL-1.0
//
// Goal: the calendar of the years 1 to 9999, every day of it.
// Method: std::chrono's calendar counts along, day by day, in both directions.
#include "catch.hpp"

#include <chrono>
#include <cstdint>

#include <pawl/time/civil.hpp>

static_assert(pawl::civil_from_days(0) == pawl::civil_day{0, 3, 1});
static_assert(pawl::civil_from_days(pawl::civil_epoch) == pawl::civil_day{1970, 1, 1});
static_assert(pawl::days_before_month(1970, 1) == pawl::civil_epoch);
static_assert(pawl::month_length(2000, 2) == 29);
static_assert(pawl::month_length(2100, 2) == 28);

TEST_CASE("every day of the years 1 to 9999 agrees with std::chrono") {
    using namespace std::chrono;
    const sys_days begin = year{1} / 1 / 1;
    const sys_days end_day = year{9999} / 12 / 31;
    std::uint64_t wrong = 0;
    for (sys_days day = begin; day <= end_day; day += days{1}) {
        const auto number =
            static_cast<std::uint32_t>(day.time_since_epoch().count() + int{pawl::civil_epoch});
        const year_month_day date{day};
        const year_month_day_last end{date.year(), month_day_last{date.month()}};
        const pawl::civil_day civil = pawl::civil_from_days(number);
        wrong += civil.year != static_cast<std::uint32_t>(static_cast<int>(date.year()));
        wrong += civil.month != static_cast<unsigned>(date.month());
        wrong += civil.day != static_cast<unsigned>(date.day());
        wrong += pawl::days_before_month(civil.year, civil.month) + civil.day - 1 != number;
        wrong += pawl::month_length(civil.year, civil.month) != static_cast<unsigned>(end.day());
        wrong += pawl::weekday_from_days(number) != weekday{day}.c_encoding();
    }
    CHECK(wrong == 0);
}
