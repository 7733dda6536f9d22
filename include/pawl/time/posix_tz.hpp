// SPDX-License-Identifier: BSL-1.0
//
// posix_tz: a time zone from a string of rules, as POSIX has them in the variable TZ.
//
// What: "CET-1CEST,M3.5.0,M10.5.0/3" is a whole zone: names and offsets of standard and of daylight
// saving time, and when the clock is set. A value of 32 bytes, made by the compiler from a literal
// or at run time from text; it needs no database, no heap, and nothing of the C library's.
//
// Why: every file of the tz database ends in such a string, which says what holds from now on. What
// it cannot say is the past, and rules that are decreed anew each year (Morocco's Ramadan); those
// are a user's own time_zone.
//
// The language: POSIX 2024 (IEEE 1003.1, 8.3), with hours of a rule from -167 to 167 and names in
// <>. `std offset [dst [offset] , start [/time] , end [/time]]`; a day is Mm.w.d (the w-th d-day of
// month m, 5 is the last), Jn (1 to 365, 29 February is not counted) or n (0 to 365, it is
// counted). Offsets are west of Greenwich where they are positive. Names are checked and not kept.
// Daylight saving without rules is refused: POSIX leaves to the implementation which they are.
//
// How it works: the two instants of a year at which the clock is set are computed, and the nearest
// one before the instant decides. Years whose rules reach over New Year are looked at with their
// neighbours.
//
// Cost: offset_at two calendar computations; info twice that, more in a gap or overlap.
// Who may call: anybody, anywhere.
//
//   constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;   // a wrong one does not compile
//   if (auto zone = pawl::posix_tz::parse(text)) { use(*zone); } else { report(zone.error()); }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/civil.hpp>
#include <pawl/time/literal_text.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What the parser expected where it stopped; `nothing` is: no error.
enum class tz_expected : std::uint8_t {
    nothing,
    name_of_3_letters_or_more,
    name_to_end_with_a_bracket,
    offset,
    hours_0_to_24,
    minutes_0_to_59,
    seconds_0_to_59,
    rules_of_daylight_saving,
    end_of_daylight_saving,
    month_1_to_12,
    week_1_to_5,
    weekday_0_to_6,
    day_1_to_365,
    day_0_to_365,
    hours_up_to_167,
    end_of_text,
};

struct tz_error {
    tz_expected code = tz_expected::nothing;
    std::size_t position = 0;  // bytes from the start of the text

    // A sentence without position, with static lifetime and a terminating zero behind it.
    [[nodiscard]] constexpr std::string_view message() const noexcept {
        switch (code) {
            case tz_expected::nothing: return "no error";
            case tz_expected::name_of_3_letters_or_more:
                return "expected the name of a zone: 3 letters or more, or 3 characters or more "
                       "in <>";
            case tz_expected::name_to_end_with_a_bracket:
                return "expected a letter, a digit, + or -, or the > that ends the name";
            case tz_expected::offset:
                return "expected the offset from UTC, in hours to the west, as -1 or 5:30";
            case tz_expected::hours_0_to_24: return "expected hours, 0-24";
            case tz_expected::minutes_0_to_59: return "expected minutes, 00-59";
            case tz_expected::seconds_0_to_59: return "expected seconds, 00-59";
            case tz_expected::rules_of_daylight_saving:
                return "expected a comma and the day on which daylight saving begins, as in "
                       ",M3.5.0,M10.5.0/3";
            case tz_expected::end_of_daylight_saving:
                return "expected a comma and the day on which daylight saving ends";
            case tz_expected::month_1_to_12: return "expected a month, 1-12";
            case tz_expected::week_1_to_5:
                return "expected a dot and which week, 1-5 (5 is the last)";
            case tz_expected::weekday_0_to_6:
                return "expected a dot and a day of the week, 0-6 (0 is Sunday)";
            case tz_expected::day_1_to_365: return "expected a day of the year, 1-365";
            case tz_expected::day_0_to_365: return "expected a day of the year, 0-365";
            case tz_expected::hours_up_to_167:
                return "expected the time of the change, in hours from -167 to 167";
            case tz_expected::end_of_text: return "expected the end of the text";
        }
        return "unknown error";
    }

    friend constexpr bool operator==(const tz_error&, const tz_error&) noexcept = default;
};

class tz_result;

class posix_tz {
public:
    // UTC.
    constexpr posix_tz() noexcept = default;

    // Linear in the length of the text, which is not kept.
    [[nodiscard]] static constexpr tz_result parse(std::string_view text) noexcept;

    // Right for the years 1 to 9999.
    [[nodiscard]] constexpr std::chrono::seconds offset_at(
        std::chrono::sys_seconds instant) const noexcept {
        return std::chrono::seconds{saves_ ? offset_of(instant.time_since_epoch().count())
                                           : standard_s_};
    }

    [[nodiscard]] constexpr local_info info(local_seconds local) const noexcept {
        const std::int64_t time = local.time_since_epoch().count();
        const bool standard = !saves_ || offset_of(time - standard_s_) == standard_s_;
        const bool daylight = saves_ && offset_of(time - daylight_s_) == daylight_s_;
        if (standard != daylight || standard_s_ == daylight_s_) {
            const std::chrono::seconds only{standard ? standard_s_ : daylight_s_};
            return {local_kind::unique, only, only, {}};
        }
        return around(time, standard ? local_kind::overlap : local_kind::gap);
    }

    // The same rules, whatever the names.
    friend constexpr bool operator==(const posix_tz&, const posix_tz&) noexcept = default;

private:
    friend class tz_parser;

    enum class day_rule : std::uint8_t { month_week_day, without_leap_day, with_leap_day };

    // When the clock is set: a day of the year, and seconds from its midnight, in the time that
    // holds before.
    struct change {
        std::int32_t time_s = 0;
        std::uint16_t day = 0;  // of the year; or the month
        std::uint8_t week = 0;
        std::uint8_t weekday : 4 = 0;
        std::uint8_t rule : 4 = 0;  // a day_rule

        friend constexpr bool operator==(const change&, const change&) noexcept = default;
    };

    static constexpr std::int64_t day_s = 86400;
    static constexpr std::int64_t year_min = 1;
    static constexpr std::int64_t year_max = 9999;

    // The instant of a change in a year, in seconds since 1970, seen from the offset before it.
    static constexpr std::int64_t instant_of(const change& rule, std::uint32_t year,
                                             std::int32_t offset_s) noexcept {
        std::uint32_t day = 0;
        if (rule.rule == static_cast<std::uint8_t>(day_rule::month_week_day)) {
            const std::uint32_t first = days_before_month(year, rule.day);
            day = (rule.weekday + 7U - weekday_from_days(first)) % 7 + 7U * (rule.week - 1U);
            day = first + (day < month_length(year, rule.day) ? day : day - 7);
        } else {
            const bool counts = rule.rule == static_cast<std::uint8_t>(day_rule::with_leap_day);
            day = days_before_month(year, 1) + rule.day;
            day += !counts && rule.day >= 59 && is_leap_year(year) ? 1U : 0U;
        }
        return (std::int64_t{day} - std::int64_t{civil_epoch}) * day_s + rule.time_s - offset_s;
    }
    [[nodiscard]] constexpr std::int64_t begin_of(std::uint32_t year) const noexcept {
        return instant_of(begin_, year, standard_s_);
    }
    [[nodiscard]] constexpr std::int64_t end_of(std::uint32_t year) const noexcept {
        return instant_of(end_, year, daylight_s_);
    }

    // The year of a number of seconds since 1970, within the calendar's range.
    static constexpr std::uint32_t year_of(std::int64_t time) noexcept {
        constexpr std::int64_t first = (std::int64_t{306} - std::int64_t{civil_epoch}) * day_s;
        constexpr std::int64_t last = std::int64_t{2932896} * day_s;  // 9999-12-31
        const std::int64_t within = time < first ? first : time > last ? last : time;
        const auto seconds = static_cast<std::uint64_t>(within + std::int64_t{civil_epoch} * day_s);
        return civil_from_days(static_cast<std::uint32_t>(seconds / day_s)).year;
    }

    // The offset at an instant. REQUIRES: saves_.
    [[nodiscard]] constexpr std::int32_t offset_of(std::int64_t time) const noexcept {
        const std::uint32_t year = year_of(time + standard_s_);
        const std::int64_t begin = begin_of(year);
        const std::int64_t end = end_of(year);
        const bool in_order = begin < end;
        const std::int64_t first = in_order ? begin : end;
        const std::int64_t second = in_order ? end : begin;
        if (crosses_year_ || time < first) {
            return offset_near(time, year);
        }
        const bool daylight = time < second ? in_order : !in_order;
        return daylight ? daylight_s_ : standard_s_;
    }

    // The same by the last change before it, in this year and its neighbours. Where both changes
    // are at one instant, daylight saving goes on.
    [[nodiscard]] constexpr std::int32_t offset_near(std::int64_t time,
                                                     std::uint32_t year) const noexcept {
        constexpr std::int64_t none = INT64_MIN;
        std::int64_t begin = none;
        std::int64_t end = none;
        for (std::uint32_t each = year > year_min ? year - 1 : year;
             each <= year + 1 && each <= year_max; ++each) {
            const std::int64_t next_begin = begin_of(each);
            const std::int64_t next_end = end_of(each);
            begin = next_begin <= time ? next_begin : begin;
            end = next_end <= time ? next_end : end;
        }
        if (begin == none && end == none) {  // the beginning of the year 1
            return begin_of(year) < end_of(year) ? standard_s_ : daylight_s_;
        }
        return begin >= end ? daylight_s_ : standard_s_;
    }

    // The gap or overlap that a local time is in.
    [[nodiscard]] constexpr local_info around(std::int64_t time, local_kind kind) const noexcept {
        const std::uint32_t year = year_of(time);
        for (std::uint32_t each = year > year_min ? year - 1 : year;
             each <= year + 1 && each <= year_max; ++each) {
            for (const bool begins : {true, false}) {
                const std::int64_t at = begins ? begin_of(each) : end_of(each);
                const std::int32_t before = begins ? standard_s_ : daylight_s_;
                const std::int32_t after = begins ? daylight_s_ : standard_s_;
                const std::int64_t from = at + (before < after ? before : after);
                const std::int64_t to = at + (before < after ? after : before);
                if ((before < after) == (kind == local_kind::gap) && from <= time && time < to) {
                    return {kind, std::chrono::seconds{before}, std::chrono::seconds{after},
                            std::chrono::sys_seconds{std::chrono::seconds{at}}};
                }
            }
        }
        const std::chrono::seconds standard{standard_s_};
        return {local_kind::unique, standard, standard, {}};
    }

    std::int32_t standard_s_ = 0;  // ahead of UTC
    std::int32_t daylight_s_ = 0;
    change begin_;  // of daylight saving
    change end_;
    bool saves_ = false;
    bool crosses_year_ = false;  // a change may be in another year than its rule's, as seen in UTC
};

static_assert(sizeof(posix_tz) <= 32 && time_zone<posix_tz>);

// What posix_tz::parse returns: tests true and dereferences to the zone, or has an error.
class tz_result {
public:
    constexpr explicit tz_result(const posix_tz& zone) noexcept : zone_{zone} {}
    constexpr explicit tz_result(tz_error error) noexcept : error_{error} {}

    [[nodiscard]] constexpr bool has_value() const noexcept {
        return error_.code == tz_expected::nothing;
    }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // REQUIRES: has_value(). A constant expression that breaks this does not compile. At run time
    // it is UTC, and stops the program where PAWL_CHECKS is on.
    [[nodiscard]] constexpr const posix_tz& operator*() const noexcept {
        if (!has_value()) {
            the_text_is_not_a_posix_time_zone();
        }
        return zone_;
    }
    [[nodiscard]] constexpr const posix_tz* operator->() const noexcept { return &**this; }

    // code is tz_expected::nothing if there is a value.
    [[nodiscard]] constexpr const tz_error& error() const noexcept { return error_; }

private:
    // Not constexpr: its name is what a compiler says about a wrong text in a constant expression.
    static void the_text_is_not_a_posix_time_zone() noexcept { PAWL_ASSERT(false); }

    posix_tz zone_;
    tz_error error_;
};

// Reads the text from left to right; the first thing that is wrong ends it.
class tz_parser {
public:
    constexpr explicit tz_parser(std::string_view text) noexcept : text_{text} {}

    constexpr tz_result parse() noexcept {
        posix_tz zone;
        std::int32_t west_s = 0;
        if (!name() || !clock(west_s, offset_hours_max, tz_expected::offset)) {
            return tz_result{error_};
        }
        zone.standard_s_ = -west_s;
        zone.daylight_s_ = zone.standard_s_;
        if (at_ == text_.size()) {
            return tz_result{zone};
        }
        zone.saves_ = true;
        if (!name()) {
            return tz_result{error_};
        }
        zone.daylight_s_ = zone.standard_s_ + hour_s;
        if (!is(',')) {
            if (at_ == text_.size()) {
                return fail(tz_expected::rules_of_daylight_saving);
            }
            if (!clock(west_s, offset_hours_max, tz_expected::offset)) {
                return tz_result{error_};
            }
            zone.daylight_s_ = -west_s;
        }
        if (!change(zone.begin_, tz_expected::rules_of_daylight_saving) ||
            !change(zone.end_, tz_expected::end_of_daylight_saving)) {
            return tz_result{error_};
        }
        if (at_ != text_.size()) {
            return fail(tz_expected::end_of_text);
        }
        zone.crosses_year_ = near_new_year(zone.begin_) || near_new_year(zone.end_);
        return tz_result{zone};
    }

private:
    static constexpr std::int32_t hour_s = 3600;
    static constexpr std::int32_t offset_hours_max = 24;
    static constexpr std::int32_t change_hours_max = 167;
    static constexpr std::size_t name_size_min = 3;

    [[nodiscard]] constexpr bool is(char letter) const noexcept {
        return at_ < text_.size() && text_[at_] == letter;
    }
    [[nodiscard]] constexpr bool is_digit() const noexcept {
        return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9';
    }
    [[nodiscard]] constexpr bool is_letter() const noexcept {
        return at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') ||
                                      (text_[at_] >= 'A' && text_[at_] <= 'Z'));
    }
    constexpr bool take(char letter) noexcept {
        const bool there = is(letter);
        at_ += there ? 1 : 0;
        return there;
    }
    constexpr tz_result fail(tz_expected expected) noexcept {
        error_ = {expected, at_};
        return tz_result{error_};
    }
    constexpr bool failed(tz_expected expected) noexcept {
        error_ = {expected, at_};
        return false;
    }

    constexpr bool name() noexcept {
        const std::size_t from = at_;
        const bool quoted = take('<');
        const std::size_t first = at_;
        while (is_letter() || (quoted && (is_digit() || is('+') || is('-')))) {
            ++at_;
        }
        const std::size_t size = at_ - first;
        if (quoted && !take('>')) {
            return failed(tz_expected::name_to_end_with_a_bracket);
        }
        if (size < name_size_min) {
            at_ = from;
            return failed(tz_expected::name_of_3_letters_or_more);
        }
        return true;
    }

    // A number of at most three digits, from `least` to `most`. On failure the place is its first.
    constexpr bool number(std::int32_t& value, std::int32_t least, std::int32_t most,
                          tz_expected expected) noexcept {
        const std::size_t from = at_;
        value = 0;
        while (is_digit() && at_ - from < 3) {
            value = value * 10 + (text_[at_] - '0');
            ++at_;
        }
        if (at_ == from || is_digit() || value < least || value > most) {
            at_ = from;
            return failed(expected);
        }
        return true;
    }

    // [+-]hh[:mm[:ss]], in seconds.
    constexpr bool clock(std::int32_t& seconds, std::int32_t hours_max,
                         tz_expected expected) noexcept {
        const bool negative = is('-');
        if (negative || is('+')) {
            ++at_;
        }
        if (!is_digit()) {
            return failed(expected);
        }
        std::int32_t hours = 0;
        std::int32_t minutes = 0;
        std::int32_t rest = 0;
        if (!number(hours, 0, hours_max,
                    hours_max == offset_hours_max ? tz_expected::hours_0_to_24
                                                  : tz_expected::hours_up_to_167)) {
            return false;
        }
        if (take(':') && (!number(minutes, 0, 59, tz_expected::minutes_0_to_59) ||
                          (take(':') && !number(rest, 0, 59, tz_expected::seconds_0_to_59)))) {
            return false;
        }
        seconds = (hours * 60 + minutes) * 60 + rest;
        seconds = negative ? -seconds : seconds;
        return true;
    }

    // ,day[/time]
    constexpr bool change(posix_tz::change& rule, tz_expected expected) noexcept {
        using day_rule = posix_tz::day_rule;
        if (!take(',') || !(is('M') || is('J') || is_digit())) {
            return failed(expected);
        }
        std::int32_t day = 0;
        day_rule kind = day_rule::with_leap_day;
        if (take('M')) {
            kind = day_rule::month_week_day;
            std::int32_t week = 0;
            std::int32_t weekday = 0;
            if (!number(day, 1, 12, tz_expected::month_1_to_12) || !dot(tz_expected::week_1_to_5) ||
                !number(week, 1, 5, tz_expected::week_1_to_5) ||
                !dot(tz_expected::weekday_0_to_6) ||
                !number(weekday, 0, 6, tz_expected::weekday_0_to_6)) {
                return false;
            }
            rule.week = static_cast<std::uint8_t>(week);
            rule.weekday = static_cast<std::uint8_t>(weekday) & 7U;
        } else if (take('J')) {
            kind = day_rule::without_leap_day;
            if (!number(day, 1, 365, tz_expected::day_1_to_365)) {
                return false;
            }
            --day;
        } else if (!number(day, 0, 365, tz_expected::day_0_to_365)) {
            return false;
        }
        rule.day = static_cast<std::uint16_t>(day);
        rule.rule = static_cast<std::uint8_t>(kind) & 7U;
        rule.time_s = 2 * hour_s;
        return !take('/') || clock(rule.time_s, change_hours_max, tz_expected::hours_up_to_167);
    }
    constexpr bool dot(tz_expected expected) noexcept { return take('.') || failed(expected); }

    // Whether the instant may be in another year than the day: not so from 10 January to 20
    // December, with 167 hours and the offset of a day either way.
    static constexpr bool near_new_year(const posix_tz::change& rule) noexcept {
        if (rule.rule == static_cast<std::uint8_t>(posix_tz::day_rule::month_week_day)) {
            return rule.day == 1 || rule.day == 12;
        }
        return rule.day < 10 || rule.day > 353;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    tz_error error_;
};

constexpr tz_result posix_tz::parse(std::string_view text) noexcept {
    return tz_parser{text}.parse();
}

// Instantiated for a wrong literal: the compiler's message shows the template arguments.
template <tz_expected Expected, typename Column>
struct wrong_tz {
    static_assert(Expected == tz_expected::nothing,
                  "this text is not a POSIX time zone: wrong_tz<EXPECTED, column<N>> in this "
                  "message tells what was expected, and where");
};

namespace literals {

// A wrong text does not compile.
template <literal_text Text>
constexpr posix_tz operator""_tz() noexcept {
    constexpr tz_result result = posix_tz::parse(Text.view());
    if constexpr (result.has_value()) {
        return *result;
    } else {
        static_cast<void>(
            sizeof(wrong_tz<result.error().code, column<result.error().position + 1>>));
        return {};
    }
}

}  // namespace literals

}  // namespace PAWL_ABI
}  // namespace pawl
