// Cron expressions in time zones, around every change of the clock.
//
// Goal: a fixed time comes once in a gap, at its end, and once in an overlap, on the first pass; an
// interval follows real time; with gap_rule::cronos it comes at the gap's end as well. next() and
// prev() see the same instants. Method: a reference that walks from minute to minute through the
// days around each change, knows of the zone only its offset at each of them, and asks the cron
// only whether a minute matches; for the rules of all zones, with one change of half an hour, at
// midnight, backward in summer; and expressions that aim at the changed hours.
#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "oracles/cron_generator.hpp"
#include "time/tz_footers.hpp"

namespace {

using namespace pawl::literals;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

enum class rule { fixed, interval, interval_of_cronos };

// All times of an expression from `begin` on and before `end`.
std::vector<sys_seconds> walk(const pawl::cron& expression, const pawl::posix_tz& zone, rule how,
                              sys_seconds begin, sys_seconds end) {
    const auto matches = [&](sys_seconds local) { return expression.at_or_after(local) == local; };
    std::vector<sys_seconds> times;
    std::set<sys_seconds> shown;
    // A day before the window, so that what an overlap repeats has been seen.
    sys_seconds previous = begin - days{1} - minutes{1};
    sys_seconds last_local = previous + zone.offset_at(previous);
    for (sys_seconds now = previous + minutes{1}; now < end; now += minutes{1}) {
        const sys_seconds local = now + zone.offset_at(now);
        bool fires = matches(local) && (how != rule::fixed || !shown.contains(local));
        for (sys_seconds skipped = last_local + minutes{1}; skipped < local;
             skipped += minutes{1}) {
            fires = fires || (how != rule::interval && matches(skipped));
        }
        shown.insert(local);
        last_local = local;
        if (fires && now >= begin) {
            times.push_back(now);
        }
    }
    return times;
}

void same_times(const pawl::cron& expression, const pawl::posix_tz& zone, rule how,
                sys_seconds begin, sys_seconds end) {
    const std::vector<sys_seconds> expected = walk(expression, zone, how, begin, end);
    sys_seconds at = begin - seconds{1};
    for (const sys_seconds each : expected) {
        const auto next = expression.next(at, zone);
        REQUIRE(next);
        REQUIRE(*next == each);
        REQUIRE(expression.at_or_after(each, zone) == each);
        at = each;
    }
    if (const auto beyond = expression.next(at, zone)) {
        REQUIRE(*beyond >= end);
    }
    at = end;
    for (auto each = expected.rbegin(); each != expected.rend(); ++each) {
        const auto previous = expression.prev(at, zone);
        REQUIRE(previous);
        REQUIRE(*previous == *each);
        REQUIRE(expression.at_or_before(*each, zone) == *each);
        at = *each;
    }
    if (const auto before = expression.prev(at, zone)) {
        REQUIRE(*before < begin);
    }
}

// The instants of a year at which a zone's clock is set.
std::vector<sys_seconds> changes(const pawl::posix_tz& zone, year in) {
    std::vector<sys_seconds> found;
    const sys_seconds end = sys_days{(in + std::chrono::years{1}) / 1 / 1};
    for (sys_seconds at = sys_days{in / 1 / 1}; at < end; at += minutes{1}) {
        if (zone.offset_at(at) != zone.offset_at(at - minutes{1})) {
            found.push_back(at);
        }
    }
    return found;
}

constexpr std::string_view fixed_times[] = {
    "0 0 * * *",  "30 0 * * *", "30 1 * * *",  "0 2 * * *",       "15 2 * * *", "30 2 * * *",
    "59 2 * * *", "0 3 * * *",  "45 23 * * *", "15,45 1,2 * * *", "0 2 L * *",  "30 2 * * SUN",
};
constexpr std::string_view intervals[] = {
    "* * * * *",   "*/5 * * * *",     "*/15 2 * * *", "0 * * * *",   "30 * * * *",
    "0 */2 * * *", "10-20 1-3 * * *", "45 0-2 * * *", "0 2/1 * * *", "59 23-2 * * *",
};

void around(const pawl::posix_tz& zone, sys_seconds change, std::string_view text) {
    CAPTURE(text);
    const sys_seconds begin = change - std::chrono::hours{27};
    const sys_seconds end = change + std::chrono::hours{27};
    const pawl::cron plain = *pawl::cron::parse(text);
    const pawl::cron cronos = *pawl::cron::parse(text, {.gaps = pawl::gap_rule::cronos});
    // A fixed time has no other way; a minute is an interval, if there is a star or a range.
    const std::string_view clock = text.substr(0, text.find(' ', text.find(' ') + 1));
    const bool interval = clock.find_first_of("*/-") != clock.npos;
    same_times(plain, zone, interval ? rule::interval : rule::fixed, begin, end);
    same_times(cronos, zone, interval ? rule::interval_of_cronos : rule::fixed, begin, end);
}

// The rows of the header's table.
constexpr pawl::posix_tz berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
constexpr sys_seconds spring = sys_days{year{2026} / 3 / 29} + std::chrono::hours{1};   // 2:00
constexpr sys_seconds autumn = sys_days{year{2026} / 10 / 25} + std::chrono::hours{1};  // 3:00
static_assert("30 2 * * *"_cron.next(spring - minutes{1}, berlin) == spring);
static_assert("30 2 * * *"_cron.next(spring, berlin) > spring + std::chrono::hours{22});
static_assert("*/5 * * * *"_cron.next(spring - minutes{1}, berlin) == spring, "3:00");
static_assert("*/5 2 * * *"_cron.next(spring - minutes{1}, berlin) > spring + minutes{1});
static_assert(
    pawl::checked_cron<"*/5 2 * * *", pawl::cron_options{.gaps = pawl::gap_rule::cronos}>().next(
        spring - minutes{1}, berlin) == spring);
static_assert("30 2 * * *"_cron.next(autumn - minutes{40}, berlin) == autumn - minutes{30});
static_assert("30 2 * * *"_cron.next(autumn - minutes{30}, berlin) > autumn + days{1});
static_assert("30 * * * *"_cron.next(autumn - minutes{30}, berlin) == autumn + minutes{30});

// Without a change, a zone is an offset.
static_assert("0 9 * * *"_cron.next({}, pawl::fixed_offset{std::chrono::hours{2}}) ==
              sys_seconds{std::chrono::hours{7}});
static_assert("0 9 * * *"_cron.next({}, pawl::utc_zone{}) == "0 9 * * *"_cron.next({}));
static_assert(!pawl::cron{}.next({}, berlin) && !pawl::cron{}.prev({}, berlin));

}  // namespace

TEST_CASE("cron: in every zone's rules, around each change of the clock of a year") {
    std::size_t turn = 0;  // a third of the expressions for each zone
    for (const std::string_view text : pawl_test::tz_footers) {
        CAPTURE(text);
        ++turn;
        const pawl::posix_tz zone = *pawl::posix_tz::parse(text);
        if (zone.offset_at(sys_days{year{2026} / 1 / 1}) ==
                zone.offset_at(sys_days{year{2026} / 7 / 1}) &&
            text.find(',') == text.npos) {
            around(zone, sys_days{year{2026} / 7 / 1}, "30 2 * * *");  // no change
            continue;
        }
        const std::vector<sys_seconds> found = changes(zone, year{2026});
        REQUIRE(found.size() == 2);
        for (const sys_seconds change : found) {
            for (std::size_t i = turn % 3; i < std::size(fixed_times); i += 3) {
                around(zone, change, fixed_times[i]);
            }
            for (std::size_t i = turn % 3; i < std::size(intervals); i += 3) {
                around(zone, change, intervals[i]);
            }
        }
    }
}

TEST_CASE("cron: random expressions around changes of the clock") {
    std::mt19937 random{4};
    const auto below = [&](std::uint32_t limit) {
        return static_cast<std::uint32_t>(random()) % limit;
    };
    const std::string_view zones[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",  // Lord Howe: half an hour
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",       // Nuuk: changes on the day before
        "IST-1GMT0,M10.5.0,M3.5.0/1",            // Dublin: winter is the exception
        "EET-2EEST,M4.5.5/0,M10.5.4/24",         // Cairo: at midnight
        "<-04>4<-03>,M9.1.6/24,M4.1.6/24",       // Santiago
    };
    for (const std::string_view text : zones) {
        CAPTURE(text);
        const pawl::posix_tz zone = *pawl::posix_tz::parse(text);
        for (const sys_seconds change : changes(zone, year{2027})) {
            for (int i = 0; i < 20; ++i) {
                const auto number = [&](std::uint32_t limit) {
                    return std::to_string(below(limit));
                };
                std::string expression;
                switch (below(4)) {
                    case 0: expression = "*/" + std::to_string(7 + below(40)); break;
                    case 1: expression = number(30) + "-" + std::to_string(30 + below(30)); break;
                    default: expression = number(60) + "," + number(60); break;
                }
                switch (below(4)) {
                    case 0: expression += " *"; break;
                    case 1:
                        expression += " " + number(3) + "-" + std::to_string(3 + below(3));
                        break;
                    default: expression += " " + number(24) + "," + number(4); break;
                }
                around(zone, change, expression + " * * *");
            }
        }
    }
}

namespace {

// The zone without its third question.
struct without_spans {
    const pawl::posix_tz& zone;
    [[nodiscard]] seconds offset_at(sys_seconds instant) const noexcept {
        return zone.offset_at(instant);
    }
    [[nodiscard]] pawl::local_info info(pawl::local_seconds local) const noexcept {
        return zone.info(local);
    }
};
static_assert(pawl::time_zone<without_spans> && !pawl::spanning_zone<without_spans>);
static_assert(pawl::spanning_zone<pawl::posix_tz>);

}  // namespace

TEST_CASE("cron: the short way through a span of one offset leads to the same times") {
    std::mt19937 random{5};
    oracle::cron_generator generator{random};
    int compared = 0;
    for (const std::string_view text : pawl_test::tz_footers) {
        const pawl::posix_tz zone = *pawl::posix_tz::parse(text);
        const without_spans plain{zone};
        for (int i = 0; i < 60; ++i) {
            const std::string expression_text = generator.expression();
            const pawl::cron_result expression = pawl::cron::parse(expression_text);
            if (!expression) {
                continue;
            }
            INFO("'" << expression_text << "' in " << text);
            // In these days, and around each New Year.
            const sys_seconds at = sys_days{year{2000 + static_cast<int>(random() % 60)} / 1 / 1} +
                                   seconds{i % 4 == 0 ? random() % 400'000 : random() % 31'000'000};
            INFO("from " << at.time_since_epoch().count());
            REQUIRE(expression->next(at, zone) == expression->next(at, plain));
            REQUIRE(expression->prev(at, zone) == expression->prev(at, plain));
            ++compared;
        }
    }
    REQUIRE(compared > 4000);
    // The only time of an expression is on the first pass, asked from the second.
    const auto once =
        pawl::checked_cron<"0 30 2 25 10 * 2026", pawl::cron_options{.years = true}>();
    REQUIRE(once.prev(autumn + minutes{10}, berlin) == autumn - minutes{30});
}

TEST_CASE("a zone's first and last hours stay within the years 1 to 9999 of UTC") {
    const pawl::fixed_offset east{std::chrono::hours{14}};
    const pawl::fixed_offset west{-std::chrono::hours{12}};
    const auto hourly = "0 * * * *"_cron;
    // 0001-01-01 14:00 in the east is the first time of all; midnight there was before it.
    REQUIRE(hourly.prev(pawl::cron::time_min + std::chrono::hours{1}, east) ==
            pawl::cron::time_min);
    REQUIRE_FALSE(hourly.prev(pawl::cron::time_min, east));
    REQUIRE_FALSE("0 0 1 1 *"_cron.prev(pawl::cron::time_min + std::chrono::hours{1}, east));
    REQUIRE_FALSE("0 23 31 12 *"_cron.next(pawl::cron::time_max - std::chrono::hours{1}, west));
    REQUIRE(hourly.next(pawl::cron::time_max - std::chrono::hours{1}, west) ==
            pawl::cron::time_max - std::chrono::seconds{3599});
}
