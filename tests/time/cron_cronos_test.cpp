// SPDX-License-Identifier: BSL-1.0
//
// Cronos, the parser of Hangfire: what its documentation and its tests say of clocks that are set.
//
// Goal: with gap_rule::cronos a cron answers as Cronos does, and everything in which it does not,
// or does not by default, is known and listed here.
// Method: Cronos's rules one by one, in examples of our own: a row says what Cronos answers, what
// cron answers with the option, and what by default, if that is different. Then Cronos's way of
// finding times, written down anew from its description, beside ours: the rules of all zones, both
// changes of a year, all ways to ask, from many times before and after each change.
//
// The deliberate differences:
//   gap_end     by default only: an interval, such as */30, does not come once more for the times
//               that a gap swallowed. The option brings that back.
//   backward    Cronos's way back knows other times than its way forward: for a gap, the second
//               before it; or, if that is of the day before, the swallowed time as the later offset
//               would count it, which is before the gap as well. Here both ways find the gap's end.
//   is_a_time   from the end of a gap, "inclusive", Cronos does not find what it moved there. Here
//               it is a time like others.
//   single      5-5 and 59/9 are intervals to Cronos, for how they are written. Here one value is a
//               fixed time.
#include "catch.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "time/tz_footers.hpp"

namespace {

using namespace pawl::literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

enum class ask { next, at_or_after, prev, at_or_before };

template <typename Zone>
std::optional<sys_seconds> answer(const pawl::cron& cron, const Zone& zone, ask how,
                                  sys_seconds from) {
    switch (how) {
        case ask::next: return cron.next(from, zone);
        case ask::at_or_after: return cron.at_or_after(from, zone);
        case ask::prev: return cron.prev(from, zone);
        default: return cron.at_or_before(from, zone);
    }
}

pawl::cron parse(std::string_view text, pawl::gap_rule gaps, std::uint32_t seed = 0) {
    const auto parsed = pawl::cron::parse(text, {.gaps = gaps, .seed = seed});
    REQUIRE(parsed);
    return *parsed;
}

// "2027-03-28 01:45:30 +01:00", seconds or not.
sys_seconds at(std::string_view text) {
    const auto number = [&](std::size_t begin, std::size_t length) {
        int value = 0;
        for (const char digit : text.substr(begin, length)) {
            value = value * 10 + (digit - '0');
        }
        return value;
    };
    const bool with_seconds = text[16] == ':';
    const std::size_t sign = with_seconds ? 20 : 17;
    REQUIRE(text.size() == sign + 6);
    const minutes offset = hours{number(sign + 1, 2)} + minutes{number(sign + 4, 2)};
    const sys_days day = std::chrono::year{number(0, 4)} / number(5, 2) / number(8, 2);
    return day + hours{number(11, 2)} + minutes{number(14, 2)} +
           seconds{with_seconds ? number(17, 2) : 0} - (text[sign] == '-' ? -offset : offset);
}

constexpr pawl::posix_tz berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
constexpr pawl::posix_tz lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"_tz;  // half an hour
constexpr pawl::posix_tz beirut = "EET-2EEST,M3.5.0/0,M10.5.0/0"_tz;             // midnight
constexpr pawl::posix_tz santiago = "<-04>4<-03>,M9.1.6/24,M4.1.6/24"_tz;        // midnight
constexpr pawl::posix_tz new_york = "EST5EDT,M3.2.0,M11.1.0"_tz;

struct row {
    const pawl::posix_tz& zone;
    std::string_view expression;
    ask how;
    std::string_view from;
    std::string_view cronos;
    std::string_view ours{};      // with the option; as Cronos if empty
    std::string_view standard{};  // by default; as with the option if empty
};

template <std::size_t Size>
void check(const std::array<row, Size>& rows) {
    for (const row& each : rows) {
        CAPTURE(each.expression, each.from, static_cast<int>(each.how));
        const std::string_view ours = each.ours.empty() ? each.cronos : each.ours;
        const std::string_view standard = each.standard.empty() ? ours : each.standard;
        const sys_seconds from = at(each.from);
        const pawl::cron as_cronos = parse(each.expression, pawl::gap_rule::cronos);
        REQUIRE(answer(as_cronos, each.zone, each.how, from) == at(ours));
        const pawl::cron as_it_is = parse(each.expression, pawl::gap_rule::real_time);
        REQUIRE(answer(as_it_is, each.zone, each.how, from) == at(standard));
    }
}

}  // namespace

// "During a spring transition, we don't skip occurrences scheduled to invalid time."
TEST_CASE("Cronos: a fixed time in a gap comes at the gap's end, and once") {
    check(std::to_array<row>({
        {berlin, "15 2 * * *", ask::next, "2027-03-27 02:15 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "15 2 * * *", ask::next, "2027-03-28 01:59:59 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "15 2 * * *", ask::next, "2027-03-28 03:00 +02:00", "2027-03-29 02:15 +02:00"},
        // All that fell into it are one.
        {berlin, "5,10,50 2 * * *", ask::next, "2027-03-27 12:00 +01:00",
         "2027-03-28 03:00 +02:00"},
        {berlin, "5,10,50 2 * * *", ask::next, "2027-03-28 03:00 +02:00",
         "2027-03-29 02:05 +02:00"},
        {berlin, "30 45 2,14 * * *", ask::next, "2027-03-28 00:00 +01:00",
         "2027-03-28 03:00 +02:00"},
        {berlin, "30 45 2,14 * * *", ask::next, "2027-03-28 03:00 +02:00",
         "2027-03-28 14:45:30 +02:00"},
        // The first and the last second of the gap, and of what is around it.
        {berlin, "0 2 * * *", ask::next, "2027-03-28 01:00 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "59 59 2 * * *", ask::next, "2027-03-28 01:00 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "59 59 1 * * *", ask::next, "2027-03-28 01:00 +01:00",
         "2027-03-28 01:59:59 +01:00"},
        {berlin, "0 3 * * *", ask::next, "2027-03-28 01:00 +01:00", "2027-03-28 03:00 +02:00"},
        // By the date of the time that was asked for.
        {berlin, "20 2 28 3 *", ask::next, "2027-03-01 00:00 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "20 2 ? 3 SUNL", ask::next, "2027-03-01 00:00 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "20 2 L-3 * *", ask::next, "2027-03-01 00:00 +01:00", "2027-03-28 03:00 +02:00"},
        // Half an hour, and midnight.
        {lord_howe, "10 2 * * *", ask::next, "2027-10-03 01:59 +10:30", "2027-10-03 02:30 +11:00"},
        {lord_howe, "10,40 2 * * *", ask::next, "2027-10-03 02:30 +11:00",
         "2027-10-03 02:40 +11:00"},
        {beirut, "40 0 28 * *", ask::next, "2027-03-27 23:59:59 +02:00", "2027-03-28 01:00 +03:00"},
        {beirut, "0 0 * * SUN", ask::next, "2027-03-21 00:00 +02:00", "2027-03-28 01:00 +03:00"},
        {beirut, "0 0 * * SUN", ask::next, "2027-03-28 01:00 +03:00", "2027-04-04 00:00 +03:00"},
    }));
}

// "We expect they occur given number of times per day."
TEST_CASE("Cronos: a fixed time in an overlap comes on the first pass") {
    check(std::to_array<row>({
        {berlin, "45 2 * * *", ask::next, "2027-10-30 02:45 +02:00", "2027-10-31 02:45 +02:00"},
        {berlin, "45 2 * * *", ask::next, "2027-10-31 02:45 +02:00", "2027-11-01 02:45 +01:00"},
        {berlin, "45 2 * * *", ask::at_or_after, "2027-10-31 02:45 +01:00",
         "2027-11-01 02:45 +01:00"},
        {berlin, "10,50 1,2 * * *", ask::next, "2027-10-31 02:10 +02:00",
         "2027-10-31 02:50 +02:00"},
        {berlin, "10,50 1,2 * * *", ask::next, "2027-10-31 02:50 +02:00",
         "2027-11-01 01:10 +01:00"},
        // Ranges and steps of days, months and weekdays make no interval.
        {berlin, "45 2 */2 1-12 0/1", ask::at_or_after, "2027-10-31 02:45 +01:00",
         "2027-11-01 02:45 +01:00"},
        // 3:00 is there once.
        {berlin, "0 3 * * *", ask::next, "2027-10-31 02:50 +02:00", "2027-10-31 03:00 +01:00"},
        {berlin, "59 59 2 * * *", ask::at_or_after, "2027-10-31 02:59:59 +01:00",
         "2027-11-01 02:59:59 +01:00"},
        {lord_howe, "40 1 * * *", ask::at_or_after, "2027-04-04 01:40 +11:00",
         "2027-04-04 01:40 +11:00"},
        {lord_howe, "40 1 * * *", ask::at_or_after, "2027-04-04 01:40 +10:30",
         "2027-04-05 01:40 +10:30"},
        {santiago, "15 23 * * *", ask::next, "2027-04-03 23:59:59 -03:00",
         "2027-04-04 23:15 -04:00"},
        {santiago, "15 23 3 * *", ask::next, "2027-04-03 23:15 -03:00", "2027-05-03 23:15 -04:00"},
    }));
}

// "Interval expressions: occurrences will be before and after clock shifts." What makes one is *,
// a range or a step in second, minute or hour.
TEST_CASE("Cronos: an interval comes on both passes of an overlap") {
    check(std::to_array<row>({
        {berlin, "*/20 * * * *", ask::next, "2027-10-31 02:40 +02:00", "2027-10-31 02:00 +01:00"},
        {berlin, "*/20 * * * *", ask::next, "2027-10-31 02:00 +01:00", "2027-10-31 02:20 +01:00"},
        {berlin, "*/20 * * * *", ask::next, "2027-10-31 02:40 +01:00", "2027-10-31 03:00 +01:00"},
        {berlin, "25 * * * *", ask::next, "2027-10-31 02:25 +02:00", "2027-10-31 02:25 +01:00"},
        {berlin, "25 2-4 * * *", ask::next, "2027-10-31 02:25 +02:00", "2027-10-31 02:25 +01:00"},
        {berlin, "25 0/2 * * *", ask::next, "2027-10-31 02:25 +02:00", "2027-10-31 02:25 +01:00"},
        {berlin, "5-7 2 * * *", ask::next, "2027-10-31 02:07 +02:00", "2027-10-31 02:05 +01:00"},
        {berlin, "*/20 5 2 * * *", ask::next, "2027-10-31 02:05:40 +02:00",
         "2027-10-31 02:05 +01:00"},
        {berlin, "?/20 5 2 * * *", ask::next, "2027-10-31 02:05:40 +01:00",
         "2027-11-01 02:05 +01:00"},
        // Not at 3:00 of the first pass: the clock never shows it.
        {berlin, "0 3-5 * * *", ask::next, "2027-10-31 02:59 +02:00", "2027-10-31 03:00 +01:00"},
        {lord_howe, "*/15 * * * *", ask::next, "2027-04-04 01:45 +11:00",
         "2027-04-04 01:30 +10:30"},
        {lord_howe, "*/15 1 * * *", ask::next, "2027-04-04 01:45 +10:30",
         "2027-04-05 01:00 +10:30"},
        {santiago, "10 22-23 * * *", ask::next, "2027-04-03 23:10 -03:00",
         "2027-04-03 23:10 -04:00"},
        {new_york, "@hourly", ask::next, "2027-11-07 01:00 -04:00", "2027-11-07 01:00 -05:00"},
    }));
}

TEST_CASE("Cronos: an interval comes at a gap's end for what is in it: only by option") {
    check(std::to_array<row>({
        {berlin, "*/20 2 * * *", ask::next, "2027-03-28 01:50 +01:00", "2027-03-28 03:00 +02:00",
         "", "2027-03-29 02:00 +02:00"},
        {berlin, "25 * * * *", ask::next, "2027-03-28 01:25 +01:00", "2027-03-28 03:00 +02:00", "",
         "2027-03-28 03:25 +02:00"},
        {berlin, "25 * * * *", ask::next, "2027-03-28 03:00 +02:00", "2027-03-28 03:25 +02:00"},
        {berlin, "0 */2 * * *", ask::next, "2027-03-28 00:00 +01:00", "2027-03-28 03:00 +02:00", "",
         "2027-03-28 04:00 +02:00"},
        {berlin, "5-10 */2 * * *", ask::next, "2027-03-28 00:10 +01:00", "2027-03-28 03:00 +02:00",
         "", "2027-03-28 04:05 +02:00"},
        {lord_howe, "10 * * * *", ask::next, "2027-10-03 01:10 +10:30", "2027-10-03 02:30 +11:00",
         "", "2027-10-03 03:10 +11:00"},
        {beirut, "30 0/3 * * *", ask::next, "2027-03-27 21:30 +02:00", "2027-03-28 01:00 +03:00",
         "", "2027-03-28 03:30 +03:00"},
        // No more than once, and the same if the gap's end is one of its times.
        {berlin, "*/20 * * * *", ask::next, "2027-03-28 01:40 +01:00", "2027-03-28 03:00 +02:00"},
        {berlin, "*/20 * * * *", ask::next, "2027-03-28 03:00 +02:00", "2027-03-28 03:20 +02:00"},
    }));
}

TEST_CASE("Cronos: backward over an overlap") {
    check(std::to_array<row>({
        {berlin, "45 2 * * *", ask::prev, "2027-10-31 04:00 +01:00", "2027-10-31 02:45 +02:00"},
        {berlin, "45 2 * * *", ask::prev, "2027-10-31 02:45 +02:00", "2027-10-30 02:45 +02:00"},
        {berlin, "*/30 2 31 10 *", ask::prev, "2027-10-31 03:00 +01:00", "2027-10-31 02:30 +01:00"},
        {berlin, "*/30 2 31 10 *", ask::prev, "2027-10-31 02:00 +01:00", "2027-10-31 02:30 +02:00"},
        {lord_howe, "40 1 * * *", ask::prev, "2027-04-05 01:40 +10:30", "2027-04-04 01:40 +11:00"},
        {lord_howe, "*/20 1 * * *", ask::prev, "2027-04-04 01:40 +10:30",
         "2027-04-04 01:40 +11:00"},
        {santiago, "15 23 * * *", ask::prev, "2027-04-04 23:15 -04:00", "2027-04-03 23:15 -03:00"},
    }));
}

TEST_CASE("Cronos: backward over a gap, where its two ways do not see the same times") {
    check(std::to_array<row>({
        {berlin, "15 2 * * *", ask::prev, "2027-03-28 05:00 +02:00", "2027-03-28 01:59:59 +01:00",
         "2027-03-28 03:00 +02:00"},
        {berlin, "15 2 * * *", ask::prev, "2027-03-28 03:00 +02:00", "2027-03-28 01:59:59 +01:00",
         "2027-03-27 02:15 +01:00"},
        {berlin, "0 */2 * * *", ask::prev, "2027-03-28 03:30 +02:00", "2027-03-28 01:59:59 +01:00",
         "2027-03-28 03:00 +02:00", "2027-03-28 00:00 +01:00"},
        // The second before the gap is of the day before: 0:40 of summer time is 23:40 of winter.
        {beirut, "40 0 28 * *", ask::prev, "2027-04-28 00:40 +03:00", "2027-03-28 00:40 +03:00",
         "2027-03-28 01:00 +03:00"},
        {beirut, "40 0 28 * *", ask::prev, "2027-03-28 01:00 +03:00", "2027-03-28 00:40 +03:00",
         "2027-02-28 00:40 +02:00"},
    }));
}

TEST_CASE("Cronos: what is moved to a gap's end is a time from which to ask") {
    check(std::to_array<row>({
        {berlin, "15 2 * * *", ask::at_or_after, "2027-03-28 03:00 +02:00",
         "2027-03-29 02:15 +02:00", "2027-03-28 03:00 +02:00"},
        {berlin, "25 * * * *", ask::at_or_after, "2027-03-28 03:00 +02:00",
         "2027-03-28 03:25 +02:00", "2027-03-28 03:00 +02:00", "2027-03-28 03:25 +02:00"},
        {beirut, "40 0 28 * *", ask::at_or_after, "2027-03-28 01:00 +03:00",
         "2027-04-28 00:40 +03:00", "2027-03-28 01:00 +03:00"},
    }));
}

TEST_CASE("Cronos: a range or a step of one value is an interval there") {
    check(std::to_array<row>({
        {berlin, "15 2-2 * * *", ask::next, "2027-10-31 02:15 +02:00", "2027-10-31 02:15 +01:00",
         "2027-11-01 02:15 +01:00"},
        {berlin, "59/9 2 * * *", ask::next, "2027-10-31 02:59 +02:00", "2027-10-31 02:59 +01:00",
         "2027-11-01 02:59 +01:00"},
        // In a gap they come all the same.
        {berlin, "15 2-2 * * *", ask::next, "2027-03-28 01:00 +01:00", "2027-03-28 03:00 +02:00"},
    }));
}

namespace {

// Cronos's way: local times as if they were UTC, from the local time of the instant asked from;
// beginning in an overlap, first what is left of it; then a look at what was found.
class cronos_reference {
public:
    cronos_reference(const pawl::cron& cron, const pawl::posix_tz& zone, bool interval)
        : cron_{cron}, zone_{zone}, interval_{interval} {}

    [[nodiscard]] std::optional<sys_seconds> after(sys_seconds from, bool inclusive) const {
        sys_seconds start = local(from);
        if (const pawl::local_info here = info(start); here.kind == pawl::local_kind::overlap) {
            const sys_seconds end = here.transition + here.before;
            if (from < here.transition) {
                if (const auto found = forward(start, inclusive); found && *found < end) {
                    return *found - here.before;
                }
                start = here.transition + here.after;
                inclusive = true;
            }
            if (interval_) {
                if (const auto found = forward(start, inclusive); found && *found < end) {
                    return *found - here.after;
                }
            }
            start = end;
            inclusive = true;
        }
        const auto found = forward(start, inclusive);
        if (!found) {
            return std::nullopt;
        }
        const pawl::local_info there = info(*found);
        return there.kind == pawl::local_kind::gap ? there.transition : *found - there.before;
    }

    [[nodiscard]] std::optional<sys_seconds> before(sys_seconds from, bool inclusive) const {
        sys_seconds start = local(from);
        if (const pawl::local_info here = info(start); here.kind == pawl::local_kind::overlap) {
            const sys_seconds begin = here.transition + here.after;
            if (from >= here.transition) {
                if (interval_) {
                    if (const auto found = backward(start, inclusive); found && *found >= begin) {
                        return *found - here.after;
                    }
                }
                start = here.transition + here.before - seconds{1};
                inclusive = true;
            }
            if (const auto found = backward(start, inclusive); found && *found >= begin) {
                return *found - here.before;
            }
            start = begin - seconds{1};
            inclusive = true;
        }
        const auto found = backward(start, inclusive);
        if (!found) {
            return std::nullopt;
        }
        const pawl::local_info there = info(*found);
        if (there.kind != pawl::local_kind::gap) {
            return *found - (interval_ ? there.after : there.before);
        }
        const sys_seconds last = there.transition - seconds{1};
        const auto day = [](sys_seconds time) { return std::chrono::floor<days>(time); };
        return day(last + there.before) < day(*found) ? *found - there.after : last;
    }

    // What Cronos answers is no time of the clock: it came out of this gap, which ends there.
    [[nodiscard]] std::optional<sys_seconds> end_of_gap(sys_seconds from, bool inclusive) const {
        const auto found = backward(local(from), inclusive);
        const pawl::local_info there = found ? info(*found) : pawl::local_info{};
        return there.kind == pawl::local_kind::gap ? std::optional{there.transition} : std::nullopt;
    }

private:
    [[nodiscard]] sys_seconds local(sys_seconds time) const { return time + zone_.offset_at(time); }
    [[nodiscard]] pawl::local_info info(sys_seconds local) const {
        return zone_.info(pawl::local_seconds{local.time_since_epoch()});
    }
    [[nodiscard]] std::optional<sys_seconds> forward(sys_seconds from, bool inclusive) const {
        return inclusive ? cron_.at_or_after(from) : cron_.next(from);
    }
    [[nodiscard]] std::optional<sys_seconds> backward(sys_seconds from, bool inclusive) const {
        return inclusive ? cron_.at_or_before(from) : cron_.prev(from);
    }

    const pawl::cron& cron_;
    const pawl::posix_tz& zone_;
    bool interval_;
};

struct timed {
    std::string_view text;
    bool interval;
};
constexpr timed expressions[] = {
    {"0 0 * * *", false},      {"15 2 * * *", false},     {"0 3 * * *", false},
    {"10,40 0-3 * * *", true}, {"30 1,2,3 * * *", false}, {"*/15 * * * *", true},
    {"25 * * * *", true},      {"0 */2 * * *", true},     {"58-2/2 22-3 * * *", true},
    {"*/20 2 * * *", true},    {"59 59 23 * * *", false}, {"0 0 1 * *", false},
    {"30 0 L * *", false},     {"30 2 * * SUN", false},   {"5 0,1,2 * * SUN#1", false},
    {"H/30 * * * *", true},    {"H H * * *", false},      {"H 0,1,2,3 * * *", false},
    {"@daily", false},         {"@hourly", true},         {"*/30 15 0-2 * * *", true},
    {"45 23 LW * *", false},   {"0 12 * * 1-5", false},   {"20-25 0/1 ? 3,10 ?", true},
};

}  // namespace

TEST_CASE("Cronos: the same times in every zone's rules, but for what is listed above") {
    std::size_t turn = 0;
    std::size_t same = 0;
    std::size_t backward = 0;
    std::size_t is_a_time = 0;
    std::size_t gap_end = 0;
    for (const std::string_view text : pawl_test::tz_footers) {
        const pawl::posix_tz zone = *pawl::posix_tz::parse(text);
        for (const int month : {1, 7}) {
            // The one change within half a year.
            sys_seconds low = sys_days{std::chrono::year{2027} / month / 1};
            sys_seconds change = low + days{184};
            if (zone.offset_at(low) == zone.offset_at(change)) {
                continue;
            }
            const seconds offset = zone.offset_at(low);
            while (change - low > seconds{1}) {
                const sys_seconds middle = low + (change - low) / 2;
                (zone.offset_at(middle) == offset ? low : change) = middle;
            }
            for (std::size_t i = turn++ % 3; i < std::size(expressions); i += 3) {
                const timed& each = expressions[i];
                CAPTURE(text, each.text);
                const pawl::cron cron = parse(each.text, pawl::gap_rule::cronos, 3);
                const pawl::cron plain = parse(each.text, pawl::gap_rule::real_time, 3);
                const cronos_reference cronos{cron, zone, each.interval};
                for (sys_seconds from = change - hours{27};
                     from<change + hours{27}; from += from> change - minutes{1} &&
                             from < change + minutes{1}
                         ? seconds{1}
                         : minutes{15}) {
                    CAPTURE(from.time_since_epoch().count());
                    const auto next = cron.next(from, zone);
                    REQUIRE(next == cronos.after(from, false));
                    ++same;
                    if (const auto real = plain.next(from, zone); real != next) {
                        REQUIRE((each.interval && next == change));
                        ++gap_end;
                    }
                    const auto inclusive = cron.at_or_after(from, zone);
                    if (inclusive != cronos.after(from, true)) {
                        REQUIRE((inclusive == from && from == change &&
                                 cron.prev(change + seconds{1}, zone) == change));
                        ++is_a_time;
                    }
                    const auto prev = cron.prev(from, zone);
                    if (const auto theirs = cronos.before(from, false); prev != theirs) {
                        const auto end = cronos.end_of_gap(from, false);
                        REQUIRE(end == change);
                        REQUIRE(theirs < change);
                        REQUIRE(prev == (from > change ? change
                                                       : cronos.before(change - seconds{1}, true)));
                        ++backward;
                    }
                    const auto at_or_before = cron.at_or_before(from, zone);
                    if (const auto theirs = cronos.before(from, true); at_or_before != theirs) {
                        REQUIRE(cronos.end_of_gap(from, true) == change);
                        REQUIRE((theirs < change && at_or_before == change));
                        ++backward;
                    }
                }
            }
        }
    }
    CAPTURE(same, gap_end, is_a_time, backward);
    REQUIRE(same > 20000);
    REQUIRE((gap_end > 100 && is_a_time > 100 && backward > 100));
    REQUIRE(gap_end + is_a_time + backward < same);
}
