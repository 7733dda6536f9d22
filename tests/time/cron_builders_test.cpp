// SPDX-License-Identifier: BSL-1.0
//
// Goal: a builder makes the very value that the parser makes of the same schedule. Method: constant
// expressions, then every number of every parameter against a text with that number.
#include "catch.hpp"

#include <chrono>
#include <string>

#include <pawl/time/cron.hpp>

namespace {

using namespace pawl::literals;
using pawl::cron;

static_assert(cron::never().never_comes() && cron::never() == cron{});
static_assert(cron::minutely() == "* * * * *"_cron && cron::minutely() == "@every_minute"_cron);
static_assert(cron::hourly() == "@hourly"_cron && cron::hourly(30) == "30 * * * *"_cron);
static_assert(cron::daily() == "@daily"_cron && cron::daily(9, 30) == "30 9 * * *"_cron);
static_assert(cron::weekly() == "0 0 * * MON"_cron);
static_assert(cron::weekly(std::chrono::Friday, 17) == "0 17 * * FRI"_cron);
static_assert(cron::weekly(7) == "@weekly"_cron && cron::weekly(0) == "@weekly"_cron);
static_assert(cron::monthly() == "@monthly"_cron &&
              cron::monthly(31, 23, 59) == "59 23 31 * *"_cron);
static_assert(cron::yearly() == "@yearly"_cron);
static_assert(cron::yearly(std::chrono::February, 29) == "0 0 29 2 *"_cron);
static_assert(cron::yearly(12, 24, 18, 5) == "5 18 24 12 *"_cron);
static_assert(sizeof(cron) ==
              (pawl::cron_is_compact ? 40 : 32) && noexcept(cron::yearly(12, 24, 18, 5)));

cron parsed(const std::string& text) { return *cron::parse(text); }

}  // namespace

TEST_CASE("every number of a builder is the number in the text") {
    for (unsigned minute = 0; minute < 60; ++minute) {
        const std::string m = std::to_string(minute);
        REQUIRE(cron::hourly(minute) == parsed(m + " * * * *"));
        for (unsigned hour = 0; hour < 24; ++hour) {
            REQUIRE(cron::daily(hour, minute) == parsed(m + " " + std::to_string(hour) + " * * *"));
        }
    }
    for (unsigned day = 0; day < 8; ++day) {
        REQUIRE(cron::weekly(day, 1, 2) == parsed("2 1 * * " + std::to_string(day)));
        REQUIRE(cron::weekly(std::chrono::weekday{day}) ==
                parsed("0 0 * * " + std::to_string(day)));
    }
    int dates = 0;
    for (unsigned day = 1; day < 32; ++day) {
        REQUIRE(cron::monthly(day, 3, 4) == parsed("4 3 " + std::to_string(day) + " * *"));
        for (unsigned month = 1; month < 13; ++month) {
            const auto wanted =
                cron::parse("6 5 " + std::to_string(day) + " " + std::to_string(month) + " *");
            if (wanted) {
                REQUIRE(cron::yearly(month, day, 5, 6) == *wanted);
                ++dates;
            }
        }
    }
    CHECK(dates == 366);
}
