// SPDX-License-Identifier: BSL-1.0
//
// Goal: a search looks at a bounded number of months: at most 480 without a field of years, which
// are 40 years; and one that never comes at none. Method: the months are counted. The calendar
// repeats after 400 years, so the greatest gaps of all dates that may be rare are in them: every
// day of the end of February on every weekday, both ways, from every one of their times; then
// random expressions.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include <pawl/time/cron.hpp>

#include "oracles/cron_generator.hpp"

namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::uint32_t months_max = 480;

struct counted_steps {
    std::uint32_t* months = nullptr;
    constexpr void step() const noexcept { ++*months; }
};

struct meter {
    std::uint32_t most = 0;

    std::optional<sys_seconds> next(const pawl::cron& expression, sys_seconds from) {
        std::uint32_t months = 0;
        const auto found =
            pawl::cron_search{expression.masks(), counted_steps{&months}}.at_or_after(from + 1s);
        REQUIRE(found == expression.next(from));
        most = std::max(most, months);
        return found;
    }
    std::optional<sys_seconds> prev(const pawl::cron& expression, sys_seconds from) {
        std::uint32_t months = 0;
        const auto found =
            pawl::cron_search{expression.masks(), counted_steps{&months}}.at_or_before(from - 1s);
        REQUIRE(found == expression.prev(from));
        most = std::max(most, months);
        return found;
    }
};

pawl::cron parsed(const std::string& text) {
    return *pawl::cron::parse(text, {.impossible = pawl::impossible_date::never});
}

}  // namespace

TEST_CASE("the rarest dates: at most 40 years of months") {
    meter meter;
    std::chrono::years longest{0};
    for (const std::string day : {"29", "29,30,31", "L-28"}) {
        for (const std::string months : {"2", "*"}) {
            for (int weekday = 0; weekday < 7; ++weekday) {
                // In every month that has such a day too: nothing then is rare.
                const pawl::cron expression =
                    parsed("0 0 " + day + " " + months + " " + std::to_string(weekday) + "#5");
                const pawl::cron alone =
                    parsed("0 0 " + day + " " + months + " " + std::to_string(weekday));
                for (const pawl::cron& each : {expression, alone}) {
                    sys_seconds time = sys_days{1600y / 1 / 1};
                    const sys_seconds end = sys_days{2040y / 1 / 1};
                    while (time < end) {
                        const auto found = meter.next(each, time);
                        if (!found) {
                            break;
                        }
                        longest = std::max(longest,
                                           std::chrono::floor<std::chrono::years>(*found - time));
                        meter.prev(each, *found);
                        time = *found;
                    }
                }
            }
        }
    }
    REQUIRE(longest >= 39y - 0y);
    REQUIRE(meter.most <= months_max);
    REQUIRE(meter.most >= 10);
}

TEST_CASE("30 February in a rule for every month: at most 480 months") {
    // All months are looked at, though only one of them is rare.
    meter meter;
    const pawl::cron every_leap_monday = parsed("0 0 29 2 MON");
    meter.next(every_leap_monday, sys_days{2072y / 2 / 29});
    REQUIRE(meter.most <= 41);  // February is the only month of the expression
}

TEST_CASE("what never comes is known: no month is looked at") {
    meter meter;
    REQUIRE_FALSE(meter.next(parsed("0 0 31 2 *"), sys_days{2026y / 1 / 1}));
    REQUIRE_FALSE(meter.prev(parsed("0 0 30 2 *"), sys_days{2026y / 1 / 1}));
    REQUIRE_FALSE(meter.next(parsed("0 0 31 4,6,9,11 *"), sys_days{2026y / 1 / 1}));
    REQUIRE(meter.most == 0);
}

TEST_CASE("random expressions stay within 480 months, with years within 400 of them") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    oracle::cron_generator generator{random};
    meter plain;
    meter with_years;
    for (int round = 0; round < 5000; ++round) {
        const std::string text = generator.expression();
        const auto expression = pawl::cron::parse(text);
        if (!expression) {
            continue;
        }
        INFO("expression '" << text << "'");
        const sys_seconds from =
            sys_days{1y / 1 / 1} + std::chrono::hours{random() % (9998 * 8766U)};
        plain.next(*expression, from);
        plain.prev(*expression, from);
        const std::string years =
            " " + std::to_string(random() % 4000 + 1) + "/" + std::to_string(random() % 63 + 1);
        const auto limited = pawl::cron::parse("0 0 0 29 2 " + std::to_string(random() % 7) + years,
                                               {.years = true});
        if (limited) {
            with_years.next(*limited, from);
            with_years.prev(*limited, from);
        }
    }
    CHECK(plain.most <= months_max);
    CHECK(with_years.most <= 400);
    CHECK(with_years.most > 40);
}
