// SPDX-License-Identifier: BSL-1.0
//
// Goal: occurrences() are the times from `from` on and before `to`, in order, found one by one, as
// a range that the library's algorithms accept. Method: constant expressions; in zones, against a
// loop over next().
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

namespace {

using namespace pawl::literals;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr sys_seconds monday = sys_days{2026y / 11 / 23};

constexpr auto week = "30 9 * * MON-FRI"_cron.occurrences(monday, monday + 168h);
using range_type = std::remove_const_t<decltype(week)>;
static_assert(std::ranges::forward_range<range_type>);
static_assert(std::ranges::distance(week) == 5 && !week.empty());
static_assert(*week.begin() == monday + 9h + 30min);
// From is inside, to is not.
static_assert(std::ranges::distance("0 0 * * *"_cron.occurrences(monday, monday + 24h)) == 1);
static_assert("0 0 * * *"_cron.occurrences(monday + 1s, monday + 24h).empty());
static_assert("0 0 * * *"_cron.occurrences(monday, monday).empty());
static_assert("0 0 * * *"_cron.occurrences(monday + 48h, monday).empty());
static_assert(pawl::cron::never().occurrences(monday, pawl::cron::time_max).empty());
// The last second of the calendar, and no step beyond.
static_assert(std::ranges::distance("* * * * * *"_cron.occurrences(pawl::cron::time_max - 2s,
                                                                   pawl::cron::time_max)) == 2);

}  // namespace

TEST_CASE("a range is lazy, may be run twice, and outlives its expression") {
    const auto all = [] {
        const pawl::cron expression = "* * * * * *"_cron;
        return expression.occurrences(pawl::cron::time_min, pawl::cron::time_max);
    }();
    // 315 billion seconds: only the first three are looked for.
    std::vector<sys_seconds> first;
    for (const sys_seconds time : all) {
        first.push_back(time);
        if (first.size() == 3) {
            break;
        }
    }
    REQUIRE(first == std::vector<sys_seconds>{pawl::cron::time_min, pawl::cron::time_min + 1s,
                                              pawl::cron::time_min + 2s});
    auto at = all.begin();
    REQUIRE(*at++ == pawl::cron::time_min);
    REQUIRE(*at == pawl::cron::time_min + 1s);
    REQUIRE(at != all.begin());
    REQUIRE(++all.begin() == at);
}

TEST_CASE("a range in a zone is what next() finds there") {
    constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
    for (const auto& expression : {"30 2 * * *"_cron, "*/20 1-3 * * SUN"_cron, "0 0 1 * *"_cron}) {
        const sys_seconds from = sys_days{2026y / 3 / 1};
        const sys_seconds to = sys_days{2026y / 11 / 30};
        std::vector<sys_seconds> wanted;
        for (std::optional<sys_seconds> time = expression.at_or_after(from, berlin);
             time && *time < to; time = expression.next(*time, berlin)) {
            wanted.push_back(*time);
        }
        std::vector<sys_seconds> found;
        for (const sys_seconds time : expression.occurrences(from, to, berlin)) {
            found.push_back(time);
        }
        REQUIRE(found == wanted);
        REQUIRE(std::is_sorted(found.begin(), found.end()));
        REQUIRE(found.size() >= 8);
    }
}
