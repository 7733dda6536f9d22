// Time zones from a string of rules.
//
// Goal: every zone's current rules, as the tz database has them, give the offset that they mean,
// at every transition and between; a local time is told to be one instant, none or two, and which;
// and a wrong text is told from a right one, with the place. Method: the C library beside it, where
// it is a POSIX one, at random instants and at both sides of every transition of eight decades; and
// offset_at() and info() against each other.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/time/posix_tz.hpp>

#include "time/tz_footers.hpp"

namespace {

using pawl::local_kind;
using pawl::tz_expected;
using std::chrono::seconds;
using std::chrono::sys_seconds;

sys_seconds at(std::int64_t time) { return sys_seconds{seconds{time}}; }
pawl::local_seconds local(sys_seconds time, seconds offset) {
    return pawl::local_seconds{time.time_since_epoch() + offset};
}

constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t from_2020_s = 1'577'836'800;
constexpr std::int64_t to_2100_s = 4'102'444'800;

// The instants at which the offset changes, found by bisection between days.
std::vector<sys_seconds> transitions(const pawl::posix_tz& zone) {
    std::vector<sys_seconds> found;
    for (std::int64_t day = from_2020_s; day < to_2100_s; day += day_s) {
        std::int64_t low = day;
        std::int64_t high = day + day_s;
        const seconds offset = zone.offset_at(at(low));
        if (zone.offset_at(at(high)) == offset) {
            continue;
        }
        while (high - low > 1) {
            const std::int64_t middle = (low + high) / 2;
            (zone.offset_at(at(middle)) == offset ? low : high) = middle;
        }
        found.push_back(at(high));
    }
    return found;
}

// What offset_at() and info() say of one instant belongs together.
void agree_at(const pawl::posix_tz& zone, sys_seconds time) {
    const seconds offset = zone.offset_at(time);
    const pawl::local_info info = zone.info(local(time, offset));
    switch (info.kind) {
        case local_kind::unique:
            REQUIRE(info.before == offset);
            REQUIRE(info.after == offset);
            break;
        case local_kind::gap: FAIL("an instant whose local time is never shown"); break;
        case local_kind::overlap:
            REQUIRE(offset == (time < info.transition ? info.before : info.after));
            // The other instant that shows the same.
            const sys_seconds other =
                time + offset - (time < info.transition ? info.after : info.before);
            REQUIRE(zone.offset_at(other) == time + offset - other);
            break;
    }
}

// What each text lacks, and where.
struct wrong {
    std::string_view text;
    tz_expected expected;
    std::size_t position;
};
constexpr wrong wrong_texts[] = {
    {"", tz_expected::name_of_3_letters_or_more, 0},
    {"CE-1", tz_expected::name_of_3_letters_or_more, 0},
    {"<+1>-1", tz_expected::name_of_3_letters_or_more, 0},
    {"<+01-1", tz_expected::name_to_end_with_a_bracket, 6},
    {"<+0 1>-1", tz_expected::name_to_end_with_a_bracket, 3},
    {"CET", tz_expected::offset, 3},
    {"CET-", tz_expected::offset, 4},
    {"CET-25", tz_expected::hours_0_to_24, 4},
    {"CET-1:60", tz_expected::minutes_0_to_59, 6},
    {"CET-1:", tz_expected::minutes_0_to_59, 6},
    {"CET-1:30:99", tz_expected::seconds_0_to_59, 9},
    {"CET-1CEST", tz_expected::rules_of_daylight_saving, 9},
    {"CET-1CEST,", tz_expected::rules_of_daylight_saving, 10},
    {"CET-1CEST,X", tz_expected::rules_of_daylight_saving, 10},
    {"CET-1CEST,M3.5.0", tz_expected::end_of_daylight_saving, 16},
    {"CET-1CEST,M13.5.0,M10.5.0", tz_expected::month_1_to_12, 11},
    {"CET-1CEST,M3.0.0,M10.5.0", tz_expected::week_1_to_5, 13},
    {"CET-1CEST,M3.5.7,M10.5.0", tz_expected::weekday_0_to_6, 15},
    {"CET-1CEST,M3.5,M10.5.0", tz_expected::weekday_0_to_6, 14},
    {"CET-1CEST,J0,J300", tz_expected::day_1_to_365, 11},
    {"CET-1CEST,366,300", tz_expected::day_0_to_365, 10},
    {"CET-1CEST,M3.5.0/168,M10.5.0", tz_expected::hours_up_to_167, 17},
    {"CET-1CEST,M3.5.0,M10.5.0 ", tz_expected::end_of_text, 24},
    {"Europe/Berlin", tz_expected::offset, 6},
};
constexpr bool all_are_refused() {
    for (const wrong& each : wrong_texts) {
        const auto parsed = pawl::posix_tz::parse(each.text);
        if (parsed || parsed.error().code != each.expected ||
            parsed.error().position != each.position) {
            return false;
        }
    }
    return true;
}
static_assert(all_are_refused());

// Values of the compiler's.
using namespace pawl::literals;
constexpr pawl::posix_tz berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
static_assert(berlin.offset_at(sys_seconds{std::chrono::sys_days{std::chrono::year{2026} / 7 /
                                                                 1}}) == std::chrono::hours{2});
static_assert(berlin == *pawl::posix_tz::parse("<abc>-1<def>-2,M3.5.0/2,M10.5.0/3"));
static_assert(pawl::posix_tz{}.offset_at({}) == seconds{0});

}  // namespace

TEST_CASE("posix_tz: a wrong text is refused, with the place and what was expected") {
    for (const wrong& each : wrong_texts) {
        CAPTURE(each.text);
        const auto parsed = pawl::posix_tz::parse(each.text);
        REQUIRE_FALSE(parsed);
        REQUIRE(parsed.error().code == each.expected);
        REQUIRE(parsed.error().position == each.position);
        REQUIRE(parsed.error().message().size() > 10);
    }
}

TEST_CASE("posix_tz: local times of every zone are one instant, none or two") {
    for (const std::string_view text : pawl_test::tz_footers) {
        CAPTURE(text);
        const auto parsed = pawl::posix_tz::parse(text);
        REQUIRE(parsed);
        const pawl::posix_tz zone = *parsed;
        std::mt19937_64 random{1};
        for (int i = 0; i < 200; ++i) {
            agree_at(zone, at(static_cast<std::int64_t>(random() %
                                                        static_cast<std::uint64_t>(to_2100_s))));
        }
        for (const sys_seconds time : transitions(zone)) {
            agree_at(zone, time - seconds{1});
            agree_at(zone, time);
            const seconds before = zone.offset_at(time - seconds{1});
            const seconds after = zone.offset_at(time);
            const local_kind expected = before < after ? local_kind::gap : local_kind::overlap;
            const pawl::local_seconds first = local(time, std::min(before, after));
            const pawl::local_seconds last = local(time, std::max(before, after)) - seconds{1};
            for (const pawl::local_seconds each : {first, last}) {
                const pawl::local_info info = zone.info(each);
                REQUIRE(info.kind == expected);
                REQUIRE(info.transition == time);
                REQUIRE(info.before == before);
                REQUIRE(info.after == after);
            }
            REQUIRE(zone.info(first - seconds{1}).kind == local_kind::unique);
            REQUIRE(zone.info(last + seconds{1}).kind == local_kind::unique);
        }
    }
}

TEST_CASE("posix_tz: daylight saving that never ends, and a year's first and last second") {
    // Begins at New Year and ends when the year does.
    const auto always = *pawl::posix_tz::parse("XXX3EDT4,0/0,J365/23");
    std::mt19937_64 random{2};
    for (int i = 0; i < 2'000; ++i) {
        const auto time =
            at(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to_2100_s)));
        REQUIRE(always.offset_at(time) == std::chrono::hours{-4});
    }
    // The ends of the calendar.
    for (const std::int64_t time : {-62'135'596'800, 253'402'300'799}) {
        REQUIRE(berlin.offset_at(at(time)) == std::chrono::hours{1});
        REQUIRE(berlin.info(local(at(time), std::chrono::hours{1})).kind == local_kind::unique);
    }
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("posix_tz: every zone's rules, as the C library reads them") {
    for (const std::string_view text : pawl_test::tz_footers) {
        CAPTURE(text);
        const auto parsed = pawl::posix_tz::parse(text);
        REQUIRE(parsed);
        setenv("TZ", std::string{text}.c_str(), 1);
        tzset();
        const auto same = [&](std::int64_t time) {
            const auto c_time = static_cast<std::time_t>(time);
            std::tm c_local{};
            REQUIRE(localtime_r(&c_time, &c_local) != nullptr);
            REQUIRE(parsed->offset_at(at(time)).count() == c_local.tm_gmtoff);
        };
        std::mt19937_64 random{3};
        for (int i = 0; i < 300; ++i) {
            same(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to_2100_s)));
            same(static_cast<std::int64_t>(random() % 253'402'300'799));
        }
        for (const sys_seconds time : transitions(*parsed)) {
            same(time.time_since_epoch().count() - 1);
            same(time.time_since_epoch().count());
        }
    }
    unsetenv("TZ");
    tzset();
}
#endif

TEST_CASE("posix_tz: a span has one offset, and holds the instant") {
    std::mt19937 random{6};
    for (const std::string_view text : pawl_test::tz_footers) {
        CAPTURE(text);
        const pawl::posix_tz zone = *pawl::posix_tz::parse(text);
        std::int64_t longest_s = 0;
        const auto look = [&](std::int64_t time) {
            const pawl::zone_span span = zone.span_at(at(time));
            REQUIRE(span.begin <= at(time));
            REQUIRE(at(time) < span.end);
            REQUIRE(zone.offset_at(at(time)) == span.offset);
            if (span.end == sys_seconds::max()) {
                return;
            }
            const std::int64_t length_s = (span.end - span.begin).count();
            longest_s = std::max(longest_s, length_s);
            REQUIRE(zone.offset_at(span.begin) == span.offset);
            REQUIRE(zone.offset_at(span.end - seconds{1}) == span.offset);
            REQUIRE(zone.offset_at(span.begin + seconds{length_s / 2}) == span.offset);
        };
        for (int i = 0; i < 300; ++i) {
            look(from_2020_s + static_cast<std::int64_t>(random() % (80ULL * 365 * 86'400)));
        }
        for (const sys_seconds change : transitions(zone)) {
            look(change.time_since_epoch().count());
            look(change.time_since_epoch().count() - 1);
        }
        // Half a year at least, where the clock is set at all and not at New Year.
        REQUIRE((longest_s == 0 || longest_s > 150 * day_s || text.find("M12") != text.npos ||
                 text.find("M1.") != text.npos || text.find("J1/") != text.npos ||
                 text.find(",0/0") != text.npos));
    }
}
