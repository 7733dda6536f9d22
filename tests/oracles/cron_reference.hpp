// SPDX-License-Identifier: BSL-1.0
//
// A second cron, to compare the first one with: simple where the other is fast.
//
// Goal: to share no idea with include/pawl/time. No masks, no arithmetic on months, no own
// calendar: the text is split into strings, each field is a set of numbers, dates are
// std::chrono's, and the next time is found by looking at one day after the other, and in a
// matching day at one minute after the other. Whatever the parser of pawl accepts, this accepts; it
// is not meant to find wrong texts.
#pragma once

#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace oracle {

enum class day_rule { both, either, vixie };

class cron_reference {
public:
    explicit cron_reference(std::string text, day_rule rule = day_rule::both) {
        for (char& c : text) {
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        std::vector<std::string> fields = split(text, " \t");
        if (fields.size() == 1 && fields[0][0] == '@') {
            fields = split(macro(fields[0]), " ");
        }
        if (fields.size() == 5) {
            fields.insert(fields.begin(), "0");
        }
        if (fields.size() != 6) {
            give_up("5 or 6 fields, not: " + text);
        }
        seconds_ = numbers(fields[0], 0, 59, 60, {});
        minutes_ = numbers(fields[1], 0, 59, 60, {});
        hours_ = numbers(fields[2], 0, 23, 24, {});
        days_ = split(fields[3], ",");
        months_ = numbers(fields[4], 1, 12, 12,
                          {"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT",
                           "NOV", "DEC"});
        weekdays_ = split(fields[5], ",");
        const auto is_star = [rule](const std::string& field) {
            return rule == day_rule::vixie ? field[0] == '*' || field[0] == '?'
                                           : field == "*" || field == "?";
        };
        or_ = rule != day_rule::both && !is_star(fields[3]) && !is_star(fields[5]);
    }

    [[nodiscard]] bool matches_day(std::chrono::year_month_day date) const {
        if (!months_.contains(static_cast<int>(static_cast<unsigned>(date.month())))) {
            return false;
        }
        bool by_day = false;
        for (const std::string& element : days_) {
            by_day = by_day || matches_day_of_month(element, date);
        }
        bool by_weekday = false;
        for (const std::string& element : weekdays_) {
            by_weekday = by_weekday || matches_weekday(element, date);
        }
        return or_ ? by_day || by_weekday : by_day && by_weekday;
    }

    [[nodiscard]] bool matches_time(long long second_of_day) const {
        return matches_minute(second_of_day) &&
               seconds_.contains(static_cast<int>(second_of_day % 60));
    }

    [[nodiscard]] bool matches(std::chrono::sys_seconds time) const {
        const auto day = std::chrono::floor<std::chrono::days>(time);
        return matches_day(day) && matches_time((time - day).count());
    }

    // The first time at or after `from`, looking at no day from `end` on.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds from, std::chrono::sys_days end) const {
        auto day = std::chrono::floor<std::chrono::days>(from);
        long long second = (from - day).count();
        for (; day < end; day += std::chrono::days{1}, second = 0) {
            if (!matches_day(day)) {
                continue;
            }
            // Minute after minute; the seconds of one minute are looked at one after the other.
            for (; second < 86400; second = (second / 60 + 1) * 60) {
                if (!matches_minute(second)) {
                    continue;
                }
                const long long next_minute = (second / 60 + 1) * 60;
                for (long long s = second; s < next_minute; ++s) {
                    if (seconds_.contains(static_cast<int>(s % 60))) {
                        return day + std::chrono::seconds{s};
                    }
                }
            }
        }
        return std::nullopt;
    }

    // The last time at or before `from`, looking at no day before `begin`.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds from, std::chrono::sys_days begin) const {
        auto day = std::chrono::floor<std::chrono::days>(from);
        long long second = (from - day).count();
        for (; day >= begin; day -= std::chrono::days{1}, second = 86399) {
            if (!matches_day(day)) {
                continue;
            }
            for (; second >= 0; second = second / 60 * 60 - 1) {
                if (!matches_minute(second)) {
                    continue;
                }
                for (long long s = second; s >= second / 60 * 60; --s) {
                    if (seconds_.contains(static_cast<int>(s % 60))) {
                        return day + std::chrono::seconds{s};
                    }
                }
            }
        }
        return std::nullopt;
    }

private:
    // Not an exception, so that it builds without them.
    [[noreturn]] static void give_up(const std::string& text) {
        std::fprintf(stderr, "the reference knows %s\n", text.c_str());
        std::abort();
    }

    static std::vector<std::string> split(const std::string& text, const std::string& separators) {
        std::vector<std::string> parts;
        std::string part;
        for (const char c : text + separators[0]) {
            if (separators.find(c) == std::string::npos) {
                part += c;
            } else if (!part.empty()) {
                parts.push_back(part);
                part.clear();
            }
        }
        return parts;
    }

    static std::string macro(const std::string& name) {
        if (name == "@YEARLY" || name == "@ANNUALLY") return "0 0 1 1 *";
        if (name == "@MONTHLY") return "0 0 1 * *";
        if (name == "@WEEKLY") return "0 0 * * 0";
        if (name == "@DAILY" || name == "@MIDNIGHT") return "0 0 * * *";
        if (name == "@HOURLY") return "0 * * * *";
        if (name == "@EVERY_MINUTE") return "* * * * *";
        if (name == "@EVERY_SECOND") return "* * * * * *";
        give_up("no macro " + name);
    }

    static int number(const std::string& text, const std::vector<std::string>& names) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (text == names[i]) {
                return static_cast<int>(i);
            }
        }
        return std::stoi(text);
    }

    // All numbers of a list of ranges with steps. A range that runs backwards goes around `size`.
    static std::set<int> numbers(const std::string& field, int first, int last, int size,
                                 const std::vector<std::string>& names) {
        std::set<int> found;
        for (const std::string& element : split(field, ",")) {
            const std::size_t slash = element.find('/');
            const int step = slash == std::string::npos ? 1 : std::stoi(element.substr(slash + 1));
            const std::string range = element.substr(0, slash);
            int low = first;
            int high = last;
            if (range != "*" && range != "?") {
                const std::size_t dash = range.find('-');
                low = number(range.substr(0, dash), names);
                high = dash != std::string::npos    ? number(range.substr(dash + 1), names)
                       : slash != std::string::npos ? last
                                                    : low;
            }
            if (low > high && size == 7 && low == 7) {
                low = 0;
            }
            // Walks around the circle one number at a time and keeps each step-th one.
            const int length = low <= high ? high - low : high + size - low;
            for (int offset = 0; offset <= length; offset += step) {
                int value = low + offset;
                if (low > high && value >= first + size) {
                    value -= size;
                }
                found.insert(value);
            }
        }
        return found;
    }

    static unsigned weekday(std::chrono::sys_days day) {
        return std::chrono::weekday{day}.c_encoding();
    }

    static bool matches_day_of_month(const std::string& element, std::chrono::year_month_day date) {
        using namespace std::chrono;
        const auto day = static_cast<int>(static_cast<unsigned>(date.day()));
        const year_month_day_last last{date.year(), month_day_last{date.month()}};
        const auto length = static_cast<int>(static_cast<unsigned>(last.day()));
        const bool nearest = element.back() == 'W';
        const std::string plain = nearest ? element.substr(0, element.size() - 1) : element;
        if (plain[0] != 'L' && !nearest) {
            return numbers(plain, 1, 31, 31, {}).contains(day);
        }
        int wanted = 0;
        if (plain[0] == 'L') {
            wanted = length - (plain.size() > 1 ? std::stoi(plain.substr(2)) : 0);
        } else {
            wanted = std::stoi(plain);
        }
        if (wanted < 1 || wanted > length) {
            return false;
        }
        if (nearest) {
            // The nearest weekday within the month, the earlier one of two: try distance after
            // distance.
            for (const int distance : {0, -1, 1, -2, 2}) {
                const int other = wanted + distance;
                if (other < 1 || other > length) {
                    continue;
                }
                const unsigned of_week = weekday(date.year() / date.month() /
                                                 std::chrono::day{static_cast<unsigned>(other)});
                if (of_week != 0 && of_week != 6) {
                    return day == other;
                }
            }
        }
        return day == wanted;
    }

    static bool matches_weekday(const std::string& element, std::chrono::year_month_day date) {
        const std::vector<std::string> names{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
        const int of_week = static_cast<int>(weekday(date));
        const auto day = static_cast<int>(static_cast<unsigned>(date.day()));
        const std::size_t hash = element.find('#');
        if (hash != std::string::npos) {
            return number(element.substr(0, hash), names) % 7 == of_week &&
                   std::stoi(element.substr(hash + 1)) == (day + 6) / 7;
        }
        if (element.size() > 1 && element.back() == 'L') {
            const std::chrono::year_month_day in_a_week{std::chrono::sys_days{date} +
                                                        std::chrono::days{7}};
            return number(element.substr(0, element.size() - 1), names) % 7 == of_week &&
                   in_a_week.month() != date.month();
        }
        const std::set<int> wanted = numbers(element, 0, 7, 7, names);
        return wanted.contains(of_week) || (of_week == 0 && wanted.contains(7));
    }

    [[nodiscard]] bool matches_minute(long long second_of_day) const {
        return hours_.contains(static_cast<int>(second_of_day / 3600)) &&
               minutes_.contains(static_cast<int>(second_of_day / 60 % 60));
    }

    std::set<int> seconds_;
    std::set<int> minutes_;
    std::set<int> hours_;
    std::vector<std::string> days_;
    std::set<int> months_;
    std::vector<std::string> weekdays_;
    bool or_ = false;
};

}  // namespace oracle
