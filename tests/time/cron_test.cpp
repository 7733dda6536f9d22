// SPDX-License-Identifier: BSL-1.0
//
// Goal: the value pawl::cron: its size, its times at the edges of the calendar, and its literals.
// Method: what a literal means is checked while compiling; what needs a loop over years runs and is
// compared with a list that std::chrono makes.
#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <pawl/time/cron.hpp>

using namespace pawl::literals;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                         int second = 0) {
    return sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
           std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second};
}

constexpr pawl::cron parsed(std::string_view text, pawl::cron_options options = {}) {
    return *pawl::cron::parse(text, options);
}

// Up to `count` times after `from`, and the same ones backwards, which must be the same.
std::vector<sys_seconds> times(pawl::cron cron, sys_seconds from, int count) {
    std::vector<sys_seconds> found;
    for (auto time = cron.next(from); time && count > 0; time = cron.next(*time), --count) {
        found.push_back(*time);
    }
    for (std::size_t i = found.size(); i-- > 1;) {
        CHECK(cron.prev(found[i]) == found[i - 1]);
        CHECK(cron.at_or_before(found[i]) == found[i]);
        CHECK(cron.at_or_after(found[i]) == found[i]);
        CHECK(cron.at_or_after(found[i - 1] + 1s) == found[i]);
        CHECK(cron.at_or_before(found[i] - 1s) == found[i - 1]);
    }
    return found;
}

// The value.
static_assert(sizeof(pawl::cron) <= (pawl::cron_is_compact ? 40 : 32));
static_assert(std::is_trivially_copyable_v<pawl::cron>);
static_assert(std::is_nothrow_default_constructible_v<pawl::cron>);
static_assert(noexcept(pawl::cron::parse(std::string_view{})));
static_assert(noexcept(pawl::cron{}.next(pawl::cron::time_min)));
static_assert(noexcept(pawl::cron{}.at_or_before(pawl::cron::time_min)));
static_assert(
    std::is_same_v<decltype(pawl::cron{}.next(sys_seconds{})), std::optional<sys_seconds>>);
static_assert(pawl::cron{}.never_comes());
static_assert(!pawl::cron{}.next(sys_seconds{}) && !pawl::cron{}.prev(sys_seconds{}));

// Time of the day.
static_assert("* * * * *"_cron.next(at(2026, 2, 27, 22, 0)) == at(2026, 2, 27, 22, 1));
static_assert("* * * * *"_cron.next(at(2026, 2, 27, 22, 0, 59)) == at(2026, 2, 27, 22, 1));
static_assert("* * * * *"_cron.at_or_after(at(2026, 2, 27, 22, 0)) == at(2026, 2, 27, 22, 0));
static_assert("* * * * *"_cron.prev(at(2026, 2, 27, 22, 0)) == at(2026, 2, 27, 21, 59));
static_assert("* * * * * *"_cron.next(at(2026, 2, 28, 23, 59, 59)) == at(2026, 3, 1));
static_assert("* * * * * *"_cron.prev(at(2026, 3, 1)) == at(2026, 2, 28, 23, 59, 59));
static_assert("*/5 * * * *"_cron.next(at(2026, 2, 27, 22, 57)) == at(2026, 2, 27, 23, 0));
static_assert("30 9 * * MON-FRI"_cron.next(at(2026, 2, 27, 9, 30)) == at(2026, 3, 2, 9, 30));
static_assert("15 10,20 * * *"_cron.next(at(2026, 1, 1, 20, 15)) == at(2026, 1, 2, 10, 15));
static_assert("15 10,20 * * *"_cron.prev(at(2026, 1, 1, 20, 15)) == at(2026, 1, 1, 10, 15));
static_assert("0 22-2 * * *"_cron.next(at(2026, 1, 1, 2, 0)) == at(2026, 1, 1, 22, 0));
static_assert("0 22-2/3 * * *"_cron.next(at(2026, 1, 1, 22, 0)) == at(2026, 1, 2, 1, 0));
static_assert("7/20 * * * *"_cron.next(at(2026, 1, 1, 0, 27)) == at(2026, 1, 1, 0, 47));

// Days. 2026-03-01 is a Sunday.
static_assert("0 0 * * 0"_cron == "0 0 * * 7"_cron);
static_assert("0 0 * * SUN"_cron == "0 0 * * sun"_cron);
static_assert("0 0 * * FRI-SUN"_cron == "0 0 * * 5,6,0"_cron);
static_assert("0 0 * * 5-7"_cron == "0 0 * * FRI-SUN"_cron);
static_assert("0 0 * NOV-FEB *"_cron == "0 0 * 11,12,1,2 *"_cron);
static_assert("0 0 ? * MON"_cron == "0 0 * * 1"_cron);
static_assert("0 0 13 * FRI"_cron.next(at(2026, 3, 13)) == at(2026, 11, 13));
static_assert("0 0 L * *"_cron.next(at(2028, 2, 1)) == at(2028, 2, 29));
static_assert("0 0 L-3 * *"_cron.next(at(2026, 2, 1)) == at(2026, 2, 25));
static_assert("0 0 LW * *"_cron.next(at(2026, 2, 1)) == at(2026, 2, 27));
static_assert("0 0 1W * *"_cron.next(at(2026, 2, 28)) == at(2026, 3, 2));
static_assert("0 0 15W * *"_cron.next(at(2026, 2, 1)) == at(2026, 2, 16));
static_assert("0 0 * * MON#2"_cron.next(at(2026, 3, 1)) == at(2026, 3, 9));
static_assert("0 0 * * FRIL"_cron.next(at(2026, 3, 1)) == at(2026, 3, 27));
static_assert("0 0 * * 5L"_cron == "0 0 * * FRIL"_cron);
static_assert("0 0 1,15,L * *"_cron.next(at(2026, 2, 15)) == at(2026, 2, 28));
static_assert("0 0 * * MON#1,MON#3"_cron.next(at(2026, 3, 2)) == at(2026, 3, 16));
static_assert("0 0 * * MON#1,FRI#1"_cron.next(at(2026, 3, 2)) == at(2026, 3, 6));

// The three rules for two day fields.
constexpr pawl::cron_options either{.days = pawl::day_match::either};
constexpr pawl::cron_options vixie{.days = pawl::day_match::vixie};
static_assert(parsed("0 0 13 * FRI", either).next(at(2026, 3, 1)) == at(2026, 3, 6));
static_assert(parsed("0 0 13 * FRI", vixie).next(at(2026, 3, 6)) == at(2026, 3, 13));
static_assert(parsed("0 0 13 * *", either) == "0 0 13 * *"_cron);
static_assert(parsed("0 0 */2 * MON", vixie) == "0 0 */2 * MON"_cron);
static_assert(parsed("0 0 */2 * MON", either).next(at(2026, 3, 1)) == at(2026, 3, 2));
static_assert(parsed("0 0 */2 * MON", either).next(at(2026, 3, 2)) == at(2026, 3, 3));
static_assert(parsed("0 0 1-31 * MON", vixie) == "@daily"_cron);
static_assert(parsed("0 0 15 * 0-6", vixie) == "@daily"_cron);
static_assert(parsed("0 0 15,L * 0-6", either) == "@daily"_cron);
static_assert("0 0 *,L * *"_cron == "@daily"_cron && "0 0 1-31 * 0-7"_cron == "@daily"_cron);
static_assert(parsed("0 0 31 2 MON", vixie).next(at(2026, 2, 1)) == at(2026, 2, 2));
static_assert(pawl::checked_cron<"0 0 13 * FRI", either>() == parsed("0 0 13 * FRI", either));

// Macros.
static_assert("@yearly"_cron == "0 0 1 1 *"_cron && "@annually"_cron == "@YEARLY"_cron);
static_assert("@monthly"_cron == "0 0 1 * *"_cron);
static_assert("@weekly"_cron == "0 0 * * 0"_cron);
static_assert("@daily"_cron == "0 0 * * *"_cron && "@midnight"_cron == "@daily"_cron);
static_assert("@hourly"_cron == "0 * * * *"_cron);
static_assert("@every_minute"_cron == "* * * * *"_cron);
static_assert(" @every_second "_cron == "* * * * * *"_cron);
static_assert("0\t9  * * *"_cron == " 0 9 * * * "_cron);

// Dates that never come.
constexpr pawl::cron_options never{.impossible = pawl::impossible_date::never};
static_assert(!pawl::cron::parse("0 0 31 2 *"));
static_assert(pawl::cron::parse("0 0 31 2 *").error().code == pawl::cron_expected::existing_date);
static_assert(parsed("0 0 31 2 *", never).never_comes());
static_assert(parsed("0 0 31 2 *", never) == pawl::cron{});
static_assert(parsed("0 0 31 2,4,6,9,11 *", never).never_comes());
static_assert(!parsed("0 0 30 2,4 *").never_comes());
static_assert(parsed("0 0 8-31 * MON#1", never).never_comes());
static_assert(parsed("0 0 15W * SAT", never).never_comes());
static_assert(parsed("0 0 L-29 2 *", never).never_comes());
static_assert(!parsed("0 0 L-28 2 *").never_comes());

// Steps beyond the field, as system crontabs have them.
constexpr pawl::cron_options any_step{.steps = pawl::step_limit::any};
static_assert(parsed("*/60 */24 * * *", any_step) == "@daily"_cron);
static_assert(!pawl::cron::parse("*/60 * * * *"));

// The end and the beginning of time.
constexpr sys_seconds last = pawl::cron::time_max;
constexpr sys_seconds first = pawl::cron::time_min;
static_assert(last == at(9999, 12, 31, 23, 59, 59) && first == at(1, 1, 1));
static_assert("* * * * * *"_cron.next(last - 1s) == last);
static_assert(!"* * * * * *"_cron.next(last));
static_assert("* * * * * *"_cron.at_or_after(last) == last);
static_assert(!"* * * * *"_cron.next(last - 1s));
static_assert(!"* * * * *"_cron.next(sys_seconds::max()) &&
              !"0 0 1 1 *"_cron.next(sys_seconds::max()));
static_assert("* * * * *"_cron.next(sys_seconds::min()) == first);
static_assert("0 0 1 1 *"_cron.next(sys_seconds::min()) == first);
static_assert("59 59 23 31 12 *"_cron.prev(sys_seconds::max()) == last);
static_assert("0 0 31 12 *"_cron.next(at(9999, 12, 30)) == at(9999, 12, 31));
static_assert(!"0 0 31 12 *"_cron.next(at(9999, 12, 31)));
static_assert("* * * * * *"_cron.prev(first + 1s) == first);
static_assert(!"* * * * * *"_cron.prev(first) && !"@yearly"_cron.prev(first));
static_assert(!"* * * * * *"_cron.prev(sys_seconds::min()));
static_assert(!"0 12 * * *"_cron.prev(first + 1h) && !"0 12 * * *"_cron.next(last - 1h));
static_assert("0 0 * * 7-2"_cron == "0 0 * * 0-2"_cron &&
              "0 0 * * 6-1/2"_cron == "0 0 * * 6,1"_cron);
static_assert("30 12 1 6 *"_cron.next(at(1969, 12, 31)) == at(1970, 6, 1, 12, 30));
static_assert("30 12 1 6 *"_cron.next(at(1582, 10, 4)) == at(1583, 6, 1, 12, 30));

}  // namespace

TEST_CASE("29 February: every leap day until 9999, across the centuries without one") {
    std::vector<sys_seconds> leap_days;
    for (int year = 1; year <= 9999; ++year) {
        if (std::chrono::year{year}.is_leap()) {
            leap_days.push_back(at(year, 2, 29));
        }
    }
    CHECK(times("0 0 29 2 *"_cron, first, 10000) == leap_days);
}

TEST_CASE("29 February on a weekday: every one until 9999, with gaps of up to 40 years") {
    for (unsigned weekday = 0; weekday < 7; ++weekday) {
        const std::string text = "0 0 29 2 " + std::to_string(weekday);
        std::vector<sys_seconds> wanted;
        int gap_years_max = 0;
        int year_before = 0;
        for (int year = 1; year <= 9999; ++year) {
            const sys_days last_of_february = std::chrono::year{year} / 2 / std::chrono::last;
            if (std::chrono::year{year}.is_leap() &&
                std::chrono::weekday{last_of_february}.c_encoding() == weekday) {
                if (year_before != 0 && year - year_before > gap_years_max) {
                    gap_years_max = year - year_before;
                }
                year_before = year;
                wanted.push_back(at(year, 2, 29));
            }
        }
        CHECK(gap_years_max == 40);
        CHECK(times(parsed(text), first, 10000) == wanted);
    }
}

TEST_CASE("next and prev see the same times") {
    CHECK(times("7/20 3-5 * * *"_cron, at(2026, 2, 27), 1000).size() == 1000);
    CHECK(times("13 59 23 L-1 */2 *"_cron, at(2096, 1, 1), 1000).size() == 1000);
    CHECK(times("0 12 15W * *"_cron, at(2026, 2, 27), 1000).size() == 1000);
    CHECK(times(parsed("0 0 13 * FRI", either), at(2026, 2, 27), 1000).size() == 1000);
    CHECK(times("@hourly"_cron, at(9999, 12, 31, 12), 1000).size() == 11);
}

TEST_CASE("a result tests true and dereferences, or carries the error") {
    const pawl::cron_result right = pawl::cron::parse("0 9 * * *");
    REQUIRE(right);
    CHECK(right.has_value());
    CHECK(*right == "0 9 * * *"_cron);
    CHECK(right->next(at(2026, 1, 1)) == at(2026, 1, 1, 9));
    CHECK(right.error().code == pawl::cron_expected::nothing);

    const pawl::cron_result wrong = pawl::cron::parse("0 24 * * *");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == pawl::cron_expected::hour_0_to_23);
    CHECK(wrong.error().position == 2);
    CHECK(wrong.error().field == pawl::cron_field::hour);
    CHECK(wrong.error().message() == "expected an hour, 0-23");
    CHECK(wrong.value_or("@daily"_cron) == "@daily"_cron);
}
