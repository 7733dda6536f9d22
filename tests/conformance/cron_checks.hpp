// SPDX-License-Identifier: BSL-1.0
//
// What cron and time zones promise, on the core that they will run on.
//
// Goal: a core of 32 bits, with division in software, finds the same times as a server, far away
// and over every kind of month. Method: known pairs of expression and time; days found by going
// through the calendar of std::chrono one by one; there and back; zones with a gap and an overlap.
//
// Who may call: one thread, or the main loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "conformance/beside.hpp"
#include "conformance/checks.hpp"

namespace conformance {

class cron_checks {
    using sys_seconds = std::chrono::sys_seconds;
    using sys_days = std::chrono::sys_days;

public:
    explicit cron_checks(checks& check) noexcept : check_{check} {}

    void run() noexcept {
        known_times();
        by_hand();
        there_and_back();
        zones();
        texts();
    }

private:
    static constexpr sys_seconds at(int year, unsigned month, unsigned day, int hour = 0,
                                    int minute = 0, int second = 0) noexcept {
        return sys_seconds{sys_days{std::chrono::year{year} / std::chrono::month{month} /
                                    std::chrono::day{day}}} +
               std::chrono::hours{hour} + std::chrono::minutes{minute} +
               std::chrono::seconds{second};
    }

    struct known {
        std::string_view text;
        sys_seconds from;
        sys_seconds next;
    };
    void known_times() noexcept {
        static constexpr known table[] = {
            {"* * * * * *", at(2026, 12, 31, 23, 59, 59), at(2027, 1, 1)},
            {"* * * * *", at(2026, 1, 31, 23, 59, 30), at(2026, 2, 1)},
            {"*/15 * * * *", at(2026, 5, 5, 12, 44, 59), at(2026, 5, 5, 12, 45)},
            {"*/15 * * * *", at(2026, 5, 5, 12, 45), at(2026, 5, 5, 13)},
            {"30 9 * * MON-FRI", at(2026, 11, 20, 9, 30), at(2026, 11, 23, 9, 30)},
            {"0 0 13 * FRI", at(2026, 11, 22), at(2027, 8, 13)},
            {"0 0 29 2 *", at(2026, 1, 1), at(2028, 2, 29)},
            {"0 0 29 2 *", at(2096, 3, 1), at(2104, 2, 29)},
            {"0 0 29 2 MON", at(2026, 1, 1), at(2044, 2, 29)},
            {"0 0 31 * *", at(2026, 1, 31), at(2026, 3, 31)},
            {"0 0 L * *", at(2026, 2, 1), at(2026, 2, 28)},
            {"0 0 L * *", at(2028, 2, 1), at(2028, 2, 29)},
            {"0 0 * * MON#1", at(2026, 11, 22), at(2026, 12, 7)},
            {"0 0 * * FRIL", at(2026, 11, 22), at(2026, 11, 27)},
            {"0 0 15W * *", at(2026, 8, 1), at(2026, 8, 14)},
            {"0 12 1 1 *", at(9998, 1, 1, 12), at(9999, 1, 1, 12)},
            {"0 0 1 1 *", at(1, 1, 1), at(2, 1, 1)},
            {"5 4 * * SUN", at(1969, 7, 20, 4, 5), at(1969, 7, 27, 4, 5)},
            {"@hourly", at(2038, 1, 19, 3, 14, 8), at(2038, 1, 19, 4)},
            {"@yearly", at(2106, 2, 7, 6, 28, 16), at(2107, 1, 1)},
        };
        std::uint32_t wrong = 0;
        for (const known& each : table) {
            const pawl::cron_result parsed = pawl::cron::parse(each.text);
            const bool found = parsed && parsed->next(each.from) == each.next &&
                               parsed->at_or_after(each.next) == each.next &&
                               parsed->prev(each.next + std::chrono::seconds{1}) == each.next;
            wrong += found ? 0U : 1U;
        }
        check_.equal(wrong, 0, "expressions come at their known times");

        using namespace pawl::literals;
        const auto last = "0 0 1 1 *"_cron;
        check_.that(!last.next(at(9999, 1, 1)), "nothing comes after the year 9999");
        check_.that(!last.prev(at(1, 1, 1)), "nothing came before the year 1");
        check_.that(!pawl::cron{}.next(at(2026, 1, 1)) && pawl::cron::never().never_comes(),
                    "what never comes says so");
        check_.that(pawl::cron::daily(9, 30) == "30 9 * * *"_cron, "from numbers");
    }

    // Days that a calendar finds by looking at each of them, for four years.
    void by_hand() noexcept {
        using namespace pawl::literals;
        using namespace std::chrono;
        walk("0 6 13 * FRI"_cron, hours{6}, [](year_month_day date, weekday day) {
            return date.day() == std::chrono::day{13} && day == Friday;
        });
        walk("0 0 L 2,4,6 *"_cron, hours{0}, [](year_month_day date, weekday) {
            const bool month =
                date.month() == February || date.month() == April || date.month() == June;
            return month && year_month_day_last{date.year(), date.month() / last} == date;
        });
        walk("59 23 */7 * *"_cron, hours{23} + minutes{59}, [](year_month_day date, weekday) {
            return (static_cast<unsigned>(date.day()) - 1) % 7 == 0;
        });
        walk("30 1 * * TUE#2"_cron, hours{1} + minutes{30}, [](year_month_day date, weekday day) {
            const auto number = static_cast<unsigned>(date.day());
            return day == Tuesday && number >= 8 && number <= 14;
        });
    }
    template <class Matches>
    void walk(const pawl::cron& expression, std::chrono::seconds time, Matches&& matches) noexcept {
        using namespace std::chrono;
        sys_seconds found = at(2027, 1, 1) - seconds{1};
        std::uint32_t wrong = 0;
        std::uint32_t days_found = 0;
        for (sys_days day{year{2027} / 1 / 1}; day < sys_days{year{2031} / 1 / 1}; day += days{1}) {
            if (matches(year_month_day{day}, weekday{day})) {
                const auto next = expression.next(found);
                wrong += next && *next == day + time ? 0U : 1U;
                found = day + time;
                ++days_found;
            }
        }
        check_.equal(wrong, 0, "the days are those that a calendar finds one by one");
        check_.that(days_found >= 6, "and there are some");
    }

    // From any second: the time before the next time is not after this one, and so on.
    void there_and_back() noexcept {
        using namespace pawl::literals;
        constexpr pawl::cron expressions[] = {"*/7 3-22/5 * * * *"_cron, "0 0 1-5 */2 *"_cron,
                                              "15 10 * * MON,WED"_cron, "0 0 29 2 *"_cron};
        seeded random{1};
        std::uint32_t wrong = 0;
        for (std::uint32_t i = 0; i < steps_max / 8; ++i) {
            const pawl::cron& each = expressions[i % 4];
            const sys_seconds from = at(1900, 1, 1) + std::chrono::days{random.of_any_size(16)} +
                                     std::chrono::seconds{random.of_any_size(16)};
            const auto next = each.next(from);
            const auto here = each.at_or_before(from);
            const bool right = next && here && *next > from && *here <= from &&
                               each.prev(*next) == here && each.next(*here) == next &&
                               each.at_or_after(*next) == next;
            wrong += right ? 0U : 1U;
        }
        check_.equal(wrong, 0, "there and back again");
    }

    void zones() noexcept {
        using namespace pawl::literals;
        constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
        constexpr auto half_past_two = "30 2 * * *"_cron;
        // On 28 March 2027 clocks go from 2:00 to 3:00, on 31 October from 3:00 to 2:00.
        check_.that(half_past_two.next(at(2027, 3, 26, 12), berlin) == at(2027, 3, 27, 1, 30),
                    "an hour east of Greenwich in winter");
        check_.that(half_past_two.next(at(2027, 3, 27, 12), berlin) == at(2027, 3, 28, 1),
                    "a time that is skipped comes when the clocks have gone on");
        check_.that(half_past_two.next(at(2027, 6, 1), berlin) == at(2027, 6, 1, 0, 30),
                    "two hours in summer");
        check_.that(half_past_two.next(at(2027, 10, 30, 12), berlin) == at(2027, 10, 31, 0, 30),
                    "a time that comes twice comes at first");
        check_.that(half_past_two.next(at(2027, 10, 31, 0, 30), berlin) == at(2027, 11, 1, 1, 30),
                    "and once only");
        constexpr auto half_hours = "ACST-9:30ACDT,M10.1.0,M4.1.0/3"_tz;
        constexpr auto noon = "0 12 * * *"_cron;
        check_.that(noon.next(at(2027, 1, 1), half_hours) == at(2027, 1, 1, 1, 30),
                    "half hours, on the other side of the world");
    }

    void texts() noexcept {
        check_.that(!pawl::cron::parse("61 * * * *"), "a minute too many");
        check_.that(!pawl::cron::parse("* * * *"), "a field too few");
        check_.that(!pawl::cron::parse("0 0 31 2 *"), "a date that never comes");
        const auto wrong = pawl::cron::parse("0 25 * * *");
        check_.equal(wrong.error().position, 2, "and where it is wrong");
        const auto read = pawl::cron::parse("0 0 * * 7");
        check_.that(read && *read == *pawl::cron::parse("@weekly"), "two ways to write a week");
    }

    checks& check_;
};

}  // namespace conformance
