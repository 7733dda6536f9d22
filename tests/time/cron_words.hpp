// SPDX-License-Identifier: BSL-1.0
//
// For the tests of what is written about a cron: more random expressions than the oracles
// understand, with years, H and crowded lists, and whether two crons come at the same times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/time/civil.hpp>
#include <pawl/time/cron.hpp>

#include "oracles/cron_generator.hpp"

namespace words {

class generator {
public:
    explicit generator(std::mt19937& random) : random_{random}, plain_{random} {}

    std::string expression() {
        std::vector<std::string> fields = split(plain_.expression());
        if (one_in(3) && fields.size() == 5) {
            fields.insert(fields.begin(), one_in(2) ? "0" : crowd(0, 59));
        }
        const std::size_t minute = fields.size() - 5;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            static constexpr std::uint32_t bounds[][2] = {{0, 59}, {0, 23}, {1, 31},
                                                          {1, 12}, {0, 6},  {0, 59}};
            const std::uint32_t* bound = bounds[i < minute ? 5 : i - minute];
            if (one_in(12)) {
                fields[i] = crowd(bound[0], bound[1]);
            } else if (one_in(20)) {
                fields[i] = hash(bound[0], bound[1]);
            } else if (one_in(12) && fields[i].find_first_of("WwLl#") == std::string::npos) {
                fields[i] = "*/" + number(1, one_in(8) ? 999 : bound[1] + 1) + "," + fields[i];
            } else if (one_in(12) && i - minute == 2) {
                fields[i] = "*/" + number(1, 31) + ",L-" + number(0, 30);
            } else if (one_in(20) && i - minute == 4) {
                fields[i] = product();
            }
        }
        if (fields.size() == 6 && one_in(3)) {
            fields.push_back(years());
        }
        std::string text;
        for (const std::string& field : fields) {
            text += text.empty() ? "" : " ";
            text += field;
        }
        return text;
    }

    // All options but the rule of the days; right ones for what expression() makes.
    pawl::cron_options options() {
        return {.impossible = pawl::impossible_date::never,
                .steps = one_in(2) ? pawl::step_limit::any : pawl::step_limit::field,
                .gaps = one_in(2) ? pawl::gap_rule::real_time : pawl::gap_rule::cronos,
                .numbers = one_in(4) ? pawl::weekday_numbers::quartz : pawl::weekday_numbers::posix,
                .years = true,
                .seed = static_cast<std::uint32_t>(random_()) | 1U};
    }

private:
    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_()) % end; }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    std::string number(std::uint32_t low, std::uint32_t high) {
        return std::to_string(low + below(high - low + 1));
    }

    static std::vector<std::string> split(const std::string& text) {
        std::vector<std::string> fields;
        std::size_t at = 0;
        while ((at = text.find_first_not_of(" \t", at)) != std::string::npos) {
            const std::size_t end = text.find_first_of(" \t", at);
            fields.push_back(text.substr(at, end - at));
            at = end;
        }
        return fields;
    }

    // A list of many single values, or of nearly all.
    std::string crowd(std::uint32_t low, std::uint32_t high) {
        const std::uint32_t of_8 = 1 + below(8);
        std::string text = number(low, high);
        for (std::uint32_t value = low; value <= high; ++value) {
            if (below(8) < of_8) {
                text += "," + std::to_string(value);
            }
        }
        return text;
    }

    std::string hash(std::uint32_t low, std::uint32_t high) {
        std::string text = "H";
        if (one_in(2)) {
            const std::uint32_t first = low + below(high - low);
            text += "(" + std::to_string(first) + "-" + number(first, high) + ")";
        }
        return one_in(2) ? text : text + "/" + number(1, high);
    }

    // Every one of some days with every one of some numbers.
    std::string product() {
        const std::uint32_t days = 1 + below(127);
        const std::uint32_t nths = 1 + below(63);
        std::string text;
        for (std::uint32_t pair = 0; pair < 42; ++pair) {
            if ((days >> pair % 7 & 1) != 0 && (nths >> pair / 7 & 1) != 0) {
                text += text.empty() ? "" : ",";
                text += std::string{"SUNMONTUEWEDTHUFRISAT"}.substr(pair % 7 * 3, 3);
                text += pair / 7 == 5 ? "L" : "#" + std::to_string(pair / 7 + 1);
            }
        }
        return text;
    }

    std::string years() {
        const std::string first = one_in(2) ? number(1, 9999) : number(2020, 2030);
        switch (below(5)) {
            case 0: return first;
            case 1: return first + "-9999";
            case 2: return number(1, 50) + "-" + number(50, 99) + "/" + number(1, 63);
            case 3: return first + "/" + number(1, 63);
            default: return "*/" + number(1, 63);
        }
    }

    std::mt19937& random_;
    oracle::cron_generator plain_;
};

// Whether two crons come at the same times, in a zone whose clock is never set. Exact: there are 14
// kinds of years, by the weekday of their first day and by their length.
inline bool come_together(const pawl::cron& one, const pawl::cron& other) {
    const pawl::cron_masks& a = one.masks();
    const pawl::cron_masks& b = other.masks();
    if (one == other) {
        return true;
    }
    if (one.never_comes() || other.never_comes()) {
        return one.never_comes() && other.never_comes();
    }
    if (a.seconds != b.seconds || a.minutes != b.minutes || a.hours != b.hours) {
        return false;
    }
    // For each kind, a bit for: such a year is in both, in `a` alone, in `b` alone.
    std::uint32_t kinds[14]{};
    const auto is_in = [](const pawl::cron_masks& masks, std::uint32_t year) {
        return masks.any_year() || masks.year_at_or_after(year) == year;
    };
    for (std::uint32_t year = 1; year <= (a.any_year() && b.any_year() ? 400U : 9999U); ++year) {
        const std::uint32_t who = (is_in(a, year) ? 2U : 0U) + (is_in(b, year) ? 1U : 0U);
        const std::uint32_t first = pawl::weekday_from_days(pawl::days_before_month(year, 1));
        kinds[first + (pawl::is_leap_year(year) ? 7 : 0)] |= 1U << who;
    }
    const auto days_of = [](const pawl::cron_masks& masks, std::uint32_t month,
                            std::uint32_t length, std::uint32_t first) {
        return (masks.months >> (month - 1) & 1) != 0 ? masks.days_of(length, first) : 0;
    };
    for (std::uint32_t kind = 0; kind < 14; ++kind) {
        std::uint32_t weekday = kind % 7;
        for (std::uint32_t month = 1; month <= 12; ++month) {
            const std::uint32_t length = pawl::month_length(kind < 7 ? 2001 : 2000, month);
            const std::uint32_t of_a = days_of(a, month, length, weekday);
            const std::uint32_t of_b = days_of(b, month, length, weekday);
            if (((kinds[kind] & 8) != 0 && of_a != of_b) || ((kinds[kind] & 4) != 0 && of_a != 0) ||
                ((kinds[kind] & 2) != 0 && of_b != 0)) {
                return false;
            }
            weekday = (weekday + length) % 7;
        }
    }
    return true;
}

}  // namespace words
