// SPDX-License-Identifier: BSL-1.0
//
// Times and durations as a user writes and reads them. UTC, or with an offset that is given; never
// the C library's zone.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace crontab {

// 2026-02-27T22:00:00 of a time that a clock shows.
inline std::string clock_text(std::chrono::sys_seconds shown) {
    const auto day = std::chrono::floor<std::chrono::days>(shown);
    const std::chrono::year_month_day date{day};
    const auto second = static_cast<int>((shown - day).count());
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  second / 3600, second / 60 % 60, second % 60);
    return text;
}

// 2026-02-27T22:00:00Z
inline std::string to_text(std::chrono::sys_seconds time) { return clock_text(time) + 'Z'; }

// 2026-02-27T23:00:00+01:00, seconds of the offset only if there are some.
inline std::string to_text(std::chrono::sys_seconds time, std::chrono::seconds offset) {
    const auto ahead = static_cast<int>(std::chrono::abs(offset).count());
    char text[32];
    std::snprintf(text, sizeof text, "%c%02d:%02d", offset.count() < 0 ? '-' : '+', ahead / 3600,
                  ahead / 60 % 60);
    std::string result = clock_text(time + offset) + text;
    if (ahead % 60 != 0) {
        std::snprintf(text, sizeof text, ":%02d", ahead % 60);
        result += text;
    }
    return result;
}

namespace detail {

// Takes exactly `digits` digits from the front of the text.
inline bool take_number(std::string_view& text, std::size_t digits, int& value) {
    if (text.size() < digits) {
        return false;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits || value < 0) {
        return false;
    }
    text.remove_prefix(digits);
    return true;
}

inline bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace detail

// 2026-02-27, 2026-02-27T22:00 or 2026-02-27T22:00:00, each with a Z behind it or without.
inline std::optional<std::chrono::sys_seconds> time_from_text(std::string_view text) {
    using detail::take;
    using detail::take_number;
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) ||
        !take(text, '-') || !take_number(text, 2, day)) {
        return std::nullopt;
    }
    if (take(text, 'T') || take(text, ' ')) {
        if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) ||
            (take(text, ':') && !take_number(text, 2, second))) {
            return std::nullopt;
        }
    }
    take(text, 'Z');
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!text.empty() || !date.ok() || year < 1 || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

// 90s, 30m, 72h, 7d, 2w, or several, the longer unit first: 1h30m. At most 100 years.
inline std::optional<std::chrono::seconds> duration_from_text(std::string_view text) {
    constexpr std::int64_t seconds_max = std::int64_t{36525} * 86400;
    std::int64_t total = 0;
    std::int64_t unit_before = seconds_max;
    if (text.empty()) {
        return std::nullopt;
    }
    while (!text.empty()) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (error != std::errc{} || count < 0 || count > seconds_max || text.empty()) {
            return std::nullopt;
        }
        const std::int64_t unit = text[0] == 's'   ? 1
                                  : text[0] == 'm' ? 60
                                  : text[0] == 'h' ? 3600
                                  : text[0] == 'd' ? 86400
                                  : text[0] == 'w' ? 604800
                                                   : 0;
        if (unit == 0 || unit >= unit_before || count > seconds_max / unit) {
            return std::nullopt;
        }
        unit_before = unit;
        total += count * unit;
        text.remove_prefix(1);
    }
    if (total > seconds_max) {
        return std::nullopt;
    }
    return std::chrono::seconds{total};
}

}  // namespace crontab
