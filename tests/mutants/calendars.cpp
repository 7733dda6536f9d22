// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of calendars must not get past: a program of its own, because one with a test
// framework takes ten times as long to compile.
//
// Method: cron beside a walk from day to day and from minute to minute that knows the rules in
// their plainest form; zones beside their offsets, asked minute by minute; the scheduler's calendar
// in virtual time, with a clock that is set.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include <pawl/pawl.hpp>
#include <pawl/time/tzif.hpp>

namespace {

using namespace pawl::literals;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

// Numbers that are the same in every run.
class numbers {
public:
    std::uint32_t below(std::uint32_t limit) {
        state_ = state_ * 1'664'525 + 1'013'904'223;
        return (state_ >> 8) % limit;
    }

private:
    std::uint32_t state_ = 1;
};

// ---- The search: every selected day of some years, in both directions -------------------------

using selects = bool (*)(std::chrono::year_month_day date, unsigned weekday);

unsigned day_of(std::chrono::year_month_day date) { return static_cast<unsigned>(date.day()); }
unsigned length_of(std::chrono::year_month_day date) {
    return day_of(std::chrono::sys_days{date.year() / date.month() / std::chrono::last});
}

// Expression: at noon on some days.
void days_are(const pawl::cron& expression, selects selected, int first_year, int last_year) {
    sys_seconds at = sys_days{std::chrono::year{first_year} / 1 / 1} - 1s;
    const sys_seconds end = sys_days{std::chrono::year{last_year + 1} / 1 / 1};
    std::optional<sys_seconds> before;
    for (sys_days day = std::chrono::floor<days>(at) + days{1}; day < end; day += days{1}) {
        if (!selected(day, std::chrono::weekday{day}.c_encoding())) {
            continue;
        }
        const sys_seconds noon = day + 12h;
        check(expression.next(at) == noon, "next() misses a day or makes one up");
        check(expression.next(noon - 1s) == noon, "next() from a second before");
        check(expression.at_or_after(noon) == noon, "a time is its own");
        check(expression.at_or_before(noon) == noon, "a time is its own, back");
        check(expression.prev(noon + 1s) == noon, "prev() from a second after");
        if (before) {
            check(expression.prev(noon) == before, "prev() misses a day or makes one up");
        }
        before = noon;
        at = noon;
    }
    check(before.has_value(), "the test selects nothing");
}

void days_of_months() {
    days_are(
        "0 12 * * *"_cron, [](auto, unsigned) { return true; }, 2023, 2025);
    days_are(
        "0 12 * * MON-FRI"_cron, [](auto, unsigned w) { return w >= 1 && w <= 5; }, 2023, 2025);
    days_are(
        "0 12 13 * FRI"_cron, [](auto date, unsigned w) { return day_of(date) == 13 && w == 5; },
        2000, 2030);
    days_are(
        "0 12 29 2 *"_cron,
        [](auto date, unsigned) {
            return day_of(date) == 29 && date.month() == std::chrono::February;
        },
        2088, 2112);
    days_are(
        "0 12 31 * *"_cron, [](auto date, unsigned) { return day_of(date) == 31; }, 2023, 2025);
    days_are(
        "0 12 L * *"_cron, [](auto date, unsigned) { return day_of(date) == length_of(date); },
        2023, 2025);
    days_are(
        "0 12 L-3 * *"_cron,
        [](auto date, unsigned) { return day_of(date) == length_of(date) - 3; }, 2023, 2025);
    days_are(
        "0 12 * * 2#3"_cron,
        [](auto date, unsigned w) { return w == 2 && (day_of(date) + 6) / 7 == 3; }, 2023, 2025);
    days_are(
        "0 12 * * 5L"_cron,
        [](auto date, unsigned w) { return w == 5 && day_of(date) + 7 > length_of(date); }, 2023,
        2025);
    const auto nearest = [](unsigned wanted) {
        return [wanted](std::chrono::year_month_day date, unsigned) {
            unsigned day = wanted == 0 ? length_of(date) : wanted;
            if (day > length_of(date)) {
                return false;
            }
            const auto weekday = [&date](unsigned of) {
                return std::chrono::weekday{date.year() / date.month() / std::chrono::day{of}}
                    .c_encoding();
            };
            if (weekday(day) == 6) {
                day = day == 1 ? 3 : day - 1;
            } else if (weekday(day) == 0) {
                day = day == length_of(date) ? day - 2 : day + 1;
            }
            return day_of(date) == day;
        };
    };
    static const auto first = nearest(1);
    static const auto middle = nearest(15);
    static const auto last = nearest(0);
    static const auto long_months = nearest(31);
    days_are(
        "0 12 1W * *"_cron, [](auto date, unsigned w) { return first(date, w); }, 2020, 2028);
    days_are(
        "0 12 15W * *"_cron, [](auto date, unsigned w) { return middle(date, w); }, 2020, 2028);
    days_are(
        "0 12 LW * *"_cron, [](auto date, unsigned w) { return last(date, w); }, 2020, 2028);
    days_are(
        "0 12 31W * *"_cron, [](auto date, unsigned w) { return long_months(date, w); }, 2020,
        2028);
    constexpr pawl::cron_options years{.years = true};
    days_are(
        pawl::checked_cron<"0 0 12 * 3 * 2023/3", years>(),
        [](auto date, unsigned) {
            return date.month() == std::chrono::March &&
                   (static_cast<int>(date.year()) - 2023) % 3 == 0;
        },
        2023, 2040);
    const auto limited = pawl::checked_cron<"0 0 12 * * * 2024-2031/3", years>();
    check(limited.next(sys_days{2030y / 12 / 31} + 12h) == std::nullopt, "beyond the last year");
    check(limited.prev(sys_days{2024y / 1 / 1} + 12h) == std::nullopt, "before the first year");
    check(limited.prev(sys_days{2040y / 1 / 1}) == sys_days{2030y / 12 / 31} + 12h,
          "the last year of a row of steps");
    check("* * * * * *"_cron.next(pawl::cron::time_max - 1s) == pawl::cron::time_max,
          "the last second");
    check(!"* * * * * *"_cron.next(pawl::cron::time_max), "after the last second");
    int noons = 0;
    for (const sys_seconds each : "0 12 * * *"_cron.occurrences(sys_days{2026y / 1 / 1} + 12h,
                                                                sys_days{2026y / 1 / 4} + 12h)) {
        check(each >= sys_days{2026y / 1 / 1} && ++noons <= 3, "a range's end is not inside");
    }
    check(noons == 3, "a range's beginning is inside");
}

// ---- The time of the day
// -------------------------------------------------------------------------

void times_of_day() {
    constexpr auto expression = "5,30-32,59 0,7,58 3,4,22 * * *"_cron;
    const auto selected = [](sys_seconds time) {
        const auto of_day = (time - std::chrono::floor<days>(time)).count();
        const auto has = [](long value, std::initializer_list<long> values) {
            for (const long each : values) {
                if (each == value) {
                    return true;
                }
            }
            return false;
        };
        return has(of_day / 3600, {3, 4, 22}) && has(of_day / 60 % 60, {0, 7, 58}) &&
               has(of_day % 60, {5, 30, 31, 32, 59});
    };
    const sys_seconds begin = sys_days{2026y / 2 / 28};
    std::optional<sys_seconds> before = expression.prev(begin);
    for (sys_seconds at = begin; at < begin + 48h; at += 1s) {
        check(expression.at_or_before(at) == (selected(at) ? at : before),
              "a time of the day, back");
        if (selected(at)) {
            check(expression.next(at - 1s) == at, "a time of the day");
            if (before) {
                check(expression.next(*before) == at, "a time of the day is left out");
            }
            before = at;
        }
    }
}

// ---- The language
// --------------------------------------------------------------------------------

bool same(std::string_view left, std::string_view right, pawl::cron_options options = {}) {
    const auto first = pawl::cron::parse(left, options);
    const auto second = pawl::cron::parse(right);
    return first && second && first->masks().seconds == second->masks().seconds &&
           first->masks().minutes == second->masks().minutes &&
           first->masks().hours == second->masks().hours &&
           first->masks().days == second->masks().days &&
           first->masks().months == second->masks().months &&
           first->masks().weekdays == second->masks().weekdays;
}

void language() {
    check(same("22-2/2 0 * * *",
               "0,2,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58 0 * * *"),
          "a range that wraps around, with a step");
    check(same("0 22-2 * * *", "0 22,23,0,1,2 * * *"), "a range that wraps around");
    check(same("0 0 * NOV-FEB *", "0 0 * 11,12,1,2 *"), "months that wrap around");
    check(same("0 0 * * FRI-MON", "0 0 * * 5,6,0,1"), "weekdays that wrap around");
    check(same("0 0 * * 7", "0 0 * * 0"), "7 is Sunday");
    check(same("5/20 * * * *", "5,25,45 * * * *"), "from a value on");
    check(same("0 0 * * 2-6", "0 0 * * 1-5", {.numbers = pawl::weekday_numbers::quartz}),
          "Quartz counts from 1");
    check(same("0 0 * * 7", "0 0 * * 6", {.numbers = pawl::weekday_numbers::quartz}),
          "Quartz's Saturday");
    const auto refused = [](std::string_view text, pawl::cron_expected code, std::size_t position) {
        const auto result = pawl::cron::parse(text);
        return !result && result.error().code == code && result.error().position == position;
    };
    check(refused("60 * * * *", pawl::cron_expected::minute_0_to_59, 0), "minute 60");
    check(refused("0 0 0 * *", pawl::cron_expected::day_1_to_31, 4), "day 0");
    check(refused("* * * * * * *", pawl::cron_expected::five_or_six_fields, 12), "seven fields");
    check(refused("0 0 31 4,6 *", pawl::cron_expected::existing_date, 4), "31 June");
    check(refused("0 0 30 2 *", pawl::cron_expected::existing_date, 4), "30 February");
    check(refused("0 0 * * 1#6", pawl::cron_expected::nth_1_to_5, 10), "the sixth Monday");
    check(refused("H * * * *", pawl::cron_expected::seed_for_h, 0), "H without a seed");
    for (std::uint32_t seed = 1; seed < 500; ++seed) {
        const auto masks = pawl::cron::parse("H(10-19) H * * *", {.seed = seed})->masks();
        check((masks.minutes & ~(std::uint64_t{0x3FF} << 10)) == 0 && masks.minutes != 0,
              "H(10-19)");
        check(masks.hours != 0 && (masks.hours & (masks.hours - 1)) == 0, "H is one value");
        check(pawl::cron::parse("0 0 H * *", {.seed = seed})->masks().days < 1U << 28,
              "H is a day that every month has");
    }
    const pawl::cron_options either{.days = pawl::day_match::either};
    check(pawl::cron::parse("0 0 13 * FRI", either)->next(sys_days{2026y / 11 / 13}) ==
              sys_days{2026y / 11 / 20},
          "either");
    check(pawl::cron::parse("0 0 */2 * FRI", {.days = pawl::day_match::vixie})
                  ->next(sys_days{2026y / 11 / 13}) == sys_days{2026y / 11 / 27},
          "a field that begins with a star, after Vixie");
}

// ---- Zones
// ---------------------------------------------------------------------------------------

// Times of an expression in a zone from a day on, as UTC in minutes behind it; both directions.
void times_are(const pawl::cron& expression, const pawl::posix_tz& zone, sys_seconds from,
               std::initializer_list<int> minutes, const char* what) {
    sys_seconds at = from - 1s;
    for (const int each : minutes) {
        const sys_seconds wanted = from + std::chrono::minutes{each};
        check(expression.next(at, zone) == wanted, what);
        check(expression.at_or_before(wanted, zone) == wanted, what);
        if (at > from) {
            check(expression.prev(wanted, zone) == at, what);
        }
        at = wanted;
    }
}

void zones() {
    constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
    constexpr sys_seconds spring = sys_days{2026y / 3 / 29};   // 2:00 is 3:00, at 1:00 UTC
    constexpr sys_seconds autumn = sys_days{2026y / 10 / 25};  // 3:00 is 2:00, at 1:00 UTC
    times_are("30 2 * * *"_cron, berlin, spring, {60, 60 + 1410}, "a fixed time in a gap");
    times_are("0 3 * * *"_cron, berlin, spring, {60, 60 + 1440}, "the end of a gap");
    times_are("30 1 * * *"_cron, berlin, spring, {30, 30 + 1380}, "before a gap");
    times_are("*/30 1-3 * * *"_cron, berlin, spring, {0, 30, 60, 90, 1380},
              "an interval over a gap");
    times_are("*/30 2 * * *"_cron, berlin, spring, {1440, 1470}, "an interval in a gap");
    times_are(
        pawl::checked_cron<"*/30 2 * * *", pawl::cron_options{.gaps = pawl::gap_rule::cronos}>(),
        berlin, spring, {60, 1440, 1470}, "an interval in a gap, after Cronos");
    times_are("30 2 * * *"_cron, berlin, autumn, {30, 1440 + 90}, "a fixed time in an overlap");
    times_are("0 30 2 * * *"_cron, berlin, autumn, {30, 1440 + 90}, "the same by the long way");
    times_are("*/30 2-3 * * *"_cron, berlin, autumn, {0, 30, 60, 90, 120, 150, 1440 + 60},
              "an interval in an overlap");
    times_are("0 3 * * *"_cron, berlin, autumn, {120, 1440 + 120}, "the end of an overlap");
    const auto from_second_pass = "30 2 * * *"_cron.next(autumn + 60min, berlin);
    check(from_second_pass == autumn + 1440min + 90min, "from the second pass on");
    check("30 2 * * *"_cron.prev(autumn + 100min, berlin) == autumn + 30min,
          "back from the second pass");

    const auto offset = [](const pawl::posix_tz& zone, sys_seconds time) {
        return std::chrono::duration_cast<std::chrono::minutes>(zone.offset_at(time)).count();
    };
    for (int year = 2000; year < 2030; ++year) {
        // The last Sundays, counted by hand.
        sys_days march = std::chrono::year{year} / 3 / 31;
        sys_days october = std::chrono::year{year} / 10 / 31;
        for (; std::chrono::weekday{march} != std::chrono::Sunday; march -= days{1}) {
        }
        for (; std::chrono::weekday{october} != std::chrono::Sunday; october -= days{1}) {
        }
        check(offset(berlin, march + 1h - 1s) == 60 && offset(berlin, march + 1h) == 120,
              "the last Sunday of March");
        check(offset(berlin, october + 1h - 1s) == 120 && offset(berlin, october + 1h) == 60,
              "the last Sunday of October");
    }
    constexpr auto sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3"_tz;  // over New Year
    check(offset(sydney, sys_days{2026y / 1 / 1}) == 660, "summer in January");
    check(offset(sydney, sys_days{2026y / 7 / 1}) == 600, "winter in July");
    check(offset(sydney, sys_days{2026y / 10 / 3} + 16h - 1s) == 600, "before the first Sunday");
    check(offset(sydney, sys_days{2026y / 10 / 3} + 16h) == 660, "the first Sunday of October");
    constexpr auto nuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"_tz;  // an hour before the day
    check(offset(nuuk, sys_days{2026y / 3 / 29} + 1h - 1s) == -120, "a rule with a negative time");
    check(offset(nuuk, sys_days{2026y / 3 / 29} + 1h) == -60, "a rule with a negative time");
    constexpr auto julian = "AAA0BBB,J60/0,59/0"_tz;  // from 1 March, to 1 March or 29 February
    check(offset(julian, sys_days{2024y / 2 / 29} - 1h - 1s) == 60, "day 59 from 0 in a leap year");
    check(offset(julian, sys_days{2024y / 2 / 29} - 1h) == 0, "day 59 from 0 in a leap year");
    check(offset(julian, sys_days{2024y / 3 / 1} - 1s) == 0, "J60 is 1 March in every year");
    check(offset(julian, sys_days{2024y / 3 / 1}) == 60, "J60 is 1 March in every year");
    // A file of two types, with one transition at 1000 s.
    constexpr unsigned char file[] = {
        'T', 'Z', 'i', 'f',  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0,   0,   0,   0, 0,
        0,   0,   0,   0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 1,    0,    0, 0, 2,   0,   0,   0, 4,
        0,   0,   3,   0xE8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x0E, 0x10, 0, 0, 'A', 'B', 'C', 0};
    const auto from_file = pawl::tzif::parse(std::as_bytes(std::span{file}));
    check(from_file.has_value(), "a zone file does not parse");
    check(from_file->offset_at(sys_seconds{999s}) == 0s &&
              from_file->offset_at(sys_seconds{1000s}) == 3600s,
          "the instant of a transition");
    check(pawl::posix_tz::parse("CET-1CEST").error().code ==
              pawl::tz_expected::rules_of_daylight_saving,
          "no rules");
    check(pawl::posix_tz::parse("CET-1CEST,M3.6.0,M10.5.0").error().position == 13, "week 6");
}

// ---- The scheduler's calendar ----------------------------------------------------------------

using virtual_jobs = pawl::scheduler<pawl::limits{.workers = 0}, pawl::manual_platform>;

void calendar_jobs() {
    {
        virtual_jobs jobs{pawl::manual_platform{sys_days{2026y / 3 / 28}}};
        int berlin = 0;
        int utc = 0;
        jobs.recurring("berlin", "30 2 * * *"_cron, [&] { ++berlin; },
                       {.zone = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">});
        jobs.recurring("utc", "30 2 * * *"_cron, [&] { ++utc; });
        jobs.advance(95min);
        check(berlin == 1 && utc == 0, "a job's own zone");
        jobs.advance(25h);
        check(berlin == 2 && utc == 2, "a job's own zone, over a gap");
    }
    {
        virtual_jobs jobs{pawl::manual_platform{sys_days{2036y / 1 / 1}}};
        int hourly = 0;
        jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++hourly; });
        jobs.advance(30min);
        jobs.platform().set_wall(sys_days{2026y / 1 / 1} + 30min);
        jobs.advance(1ms);
        jobs.advance(2h);
        check(hourly == 2, "a clock that was years ahead");
        jobs.platform().set_wall(jobs.platform().wall_now() - 2h);
        jobs.advance(1ms);
        jobs.advance(2h);
        check(hourly == 2, "a clock that is set back by two hours");
    }
    {
        virtual_jobs jobs;
        int runs = 0;
        jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++runs; });
        jobs.advance(10min);
        jobs.platform().set_wall(jobs.platform().wall_now() + 3h);
        jobs.recurring("yearly", "@yearly"_cron, [] {});
        jobs.advance(1s);
        check(runs == 1 && jobs.counts().coalesced == 1, "a clock that is set forward");
        jobs.advance(1h);
        check(runs == 2, "after a clock was set forward");
    }
}

}  // namespace

int main() {
    days_of_months();
    times_of_day();
    language();
    zones();
    calendar_jobs();
    std::puts("calendars: all is well");
}
