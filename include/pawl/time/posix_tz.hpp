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

    // From one change of the clock to the other, but within a year that begins with March.
    [[nodiscard]] PAWL_FAST_PATH constexpr zone_span span_at(
        std::chrono::sys_seconds instant) const noexcept {
        using std::chrono::seconds;
        if (!saves_) {
            return {.offset = seconds{standard_s_}, .jump = seconds{0}};
        }
        const position at = position_of(instant.time_since_epoch().count());
        if (changes_mix_) {
            const std::int32_t offset_s = offset_near(instant.time_since_epoch().count(), at.year);
            return {seconds{offset_s}, instant, instant + seconds{1}};
        }
        const std::int32_t begin = second_of(begin_, at.first_weekday);
        const std::int32_t end = second_of(end_, at.first_weekday);
        const std::int32_t first = begin < end ? begin : end;
        const std::int32_t second = begin < end ? end : begin;
        const std::int32_t later = all_bits_if_less(first - 1, at.second);
        const std::int32_t last = all_bits_if_less(second - 1, at.second);
        const std::int32_t from = (first & later) + ((second - first) & last);
        const std::int32_t leap_day_s = day_s & all_bits_if_less(year_s - 1, at.second);
        const std::int32_t to =
            first + ((second - first) & later) + ((year_s + leap_day_s - second) & last);
        const std::int32_t jump = daylight_s_ - standard_s_;
        const std::int32_t standard = later ^ last ^ all_bits_if_less(begin, end);
        return {seconds{daylight_s_ - (jump & standard)}, instant + seconds{from - at.second},
                instant + seconds{to - at.second}, seconds{jump < 0 ? -jump : jump}};
    }

    // The same rules, whatever the names.
    friend constexpr bool operator==(const posix_tz&, const posix_tz&) noexcept = default;

private:
    friend class tz_parser;

    // When the clock is set, in years that begin with March: then each day of a rule is as far from
    // the year's first day in leap years as in others.
    struct change {
        // From midnight in UTC of the first of March; the earliest, if a weekday is asked for.
        std::int32_t earliest_s = 0;
        std::uint8_t weekday = 0;     // as if the year began on a Sunday
        std::uint8_t days_later = 0;  // 7: up to 6 days, until it is the weekday; 0: it is this day

        friend constexpr bool operator==(const change&, const change&) noexcept = default;
    };

    static constexpr std::int32_t day_s = 86400;
    static constexpr std::int32_t week_s = 7 * day_s;
    static constexpr std::int32_t year_s = 365 * day_s;

    // Within a year that begins with March.
    struct position {
        std::uint32_t year;
        std::uint32_t first_weekday;
        std::int32_t second;
    };
    // Of a number of seconds since 1970; what is out of the calendar's range is its end.
    static constexpr position position_of(std::int64_t time) noexcept {
        constexpr std::int64_t shift = std::int64_t{civil_epoch} * day_s;
        constexpr std::int64_t first = std::int64_t{306} * day_s;
        constexpr std::int64_t last = (std::int64_t{civil_epoch} + 2932897) * day_s;
        time += shift;
        const auto within = static_cast<std::uint64_t>(time < first  ? first
                                                       : time > last ? last
                                                                     : time);
        // In 32 bits, see cron_search.hpp.
        const std::uint32_t day = static_cast<std::uint32_t>(within >> 7) / (day_s >> 7);
        const march_day date = march_from_days(day);
        const std::uint32_t new_year = day - date.day_of_year;
        return {date.year, weekday_from_days(new_year),
                static_cast<std::int32_t>(static_cast<std::uint32_t>(within) -
                                          new_year * std::uint32_t{day_s})};
    }

    // From the first of March of a year that begins on this weekday.
    static constexpr std::int32_t second_of(const change& rule,
                                            std::uint32_t first_weekday) noexcept {
        const std::int32_t days = rule.weekday - static_cast<std::int32_t>(first_weekday);
        return rule.earliest_s +
               ((days + (all_bits_if_less(days, 0) & 7)) & rule.days_later) * day_s;
    }

    // -1 or 0. Without a branch, for the seasons are as good as random. REQUIRES: their difference
    // is less than 2^31.
    static constexpr std::int32_t all_bits_if_less(std::int32_t one, std::int32_t other) noexcept {
        return (one - other) >> 31;
    }

    // In seconds since 1970.
    static constexpr std::int64_t instant_of(const change& rule, std::uint32_t year) noexcept {
        const std::uint32_t first = days_before_march(year);
        return (std::int64_t{first} - std::int64_t{civil_epoch}) * day_s +
               second_of(rule, weekday_from_days(first));
    }

    // The offset at an instant. REQUIRES: saves_.
    [[nodiscard]] constexpr std::int32_t offset_of(std::int64_t time) const noexcept {
        const position at = position_of(time);
        if (changes_mix_) {
            return offset_near(time, at.year);
        }
        const std::int32_t begin = second_of(begin_, at.first_weekday);
        const std::int32_t end = second_of(end_, at.first_weekday);
        const std::int32_t standard = all_bits_if_less(begin - 1, at.second) ^
                                      all_bits_if_less(end - 1, at.second) ^
                                      all_bits_if_less(begin, end);
        return daylight_s_ - ((daylight_s_ - standard_s_) & standard);
    }

    // The same by the last change before it. One may come from the year before the last, as the
    // 300th day does; where both changes are at one instant, daylight saving goes on.
    static constexpr std::uint32_t years_back = 2;
    [[nodiscard]] constexpr std::int32_t offset_near(std::int64_t time,
                                                     std::uint32_t year) const noexcept {
        constexpr std::int64_t none = INT64_MIN;
        std::int64_t begin = none;
        std::int64_t end = none;
        for (std::uint32_t each = year > years_back ? year - years_back : 0; each <= year + 1;
             ++each) {
            const std::int64_t next_begin = instant_of(begin_, each);
            const std::int64_t next_end = instant_of(end_, each);
            begin = next_begin <= time ? next_begin : begin;
            end = next_end <= time ? next_end : end;
        }
        if (begin == none && end == none) {  // the beginning of the year 1
            return instant_of(begin_, year) < instant_of(end_, year) ? standard_s_ : daylight_s_;
        }
        return begin >= end ? daylight_s_ : standard_s_;
    }

    // The gap or overlap that a local time is in.
    [[nodiscard]] constexpr local_info around(std::int64_t time, local_kind kind) const noexcept {
        const std::uint32_t year = position_of(time).year;
        for (std::uint32_t each = year > years_back ? year - years_back : 0; each <= year + 1;
             ++each) {
            for (const bool begins : {true, false}) {
                const std::int64_t at = instant_of(begins ? begin_ : end_, each);
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

    // Whether the changes of a year may be outside of it, or in one order or the other.
    [[nodiscard]] constexpr bool mixes() const noexcept {
        const std::int32_t begin_last_s = begin_.earliest_s + (begin_.days_later == 0 ? 0 : week_s);
        const std::int32_t end_last_s = end_.earliest_s + (end_.days_later == 0 ? 0 : week_s);
        return begin_.earliest_s < 0 || end_.earliest_s < 0 || begin_last_s >= year_s ||
               end_last_s >= year_s ||
               (begin_last_s >= end_.earliest_s && end_last_s >= begin_.earliest_s);
    }

    std::int32_t standard_s_ = 0;  // ahead of UTC
    std::int32_t daylight_s_ = 0;
    change begin_;  // of daylight saving
    change end_;
    bool saves_ = false;
    bool changes_mix_ = false;  // see mixes()
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
        zone.begin_.earliest_s -= zone.standard_s_;
        zone.end_.earliest_s -= zone.daylight_s_;
        zone.changes_mix_ = zone.mixes();
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
        if (!take(',') || !(is('M') || is('J') || is_digit())) {
            return failed(expected);
        }
        // Days from the first of March; those before it belong to the March before.
        constexpr std::int32_t january = 306;
        std::int32_t day = 0;
        if (take('M')) {
            std::int32_t month = 0;
            std::int32_t week = 0;
            std::int32_t weekday = 0;
            if (!number(month, 1, 12, tz_expected::month_1_to_12) ||
                !dot(tz_expected::week_1_to_5) || !number(week, 1, 5, tz_expected::week_1_to_5) ||
                !dot(tz_expected::weekday_0_to_6) ||
                !number(weekday, 0, 6, tz_expected::weekday_0_to_6)) {
                return false;
            }
            // The last one is that of the seven days before the next month. Leap or not, those
            // before March are next to it.
            const auto from = static_cast<std::uint32_t>(month + (week == 5 ? 10 : 9)) % 12;
            day = static_cast<std::int32_t>(day_of_march_year(from)) +
                  (week == 5 ? -7 : 7 * (week - 1));
            rule.weekday = static_cast<std::uint8_t>((weekday - day % 7 + 7) % 7);
            rule.days_later = 7;
        } else if (take('J')) {
            if (!number(day, 1, 365, tz_expected::day_1_to_365)) {
                return false;
            }
            day += day < 60 ? january - 1 : -60;
        } else {
            if (!number(day, 0, 365, tz_expected::day_0_to_365)) {
                return false;
            }
            day += january;
        }
        std::int32_t time_s = 2 * hour_s;
        if (take('/') && !clock(time_s, change_hours_max, tz_expected::hours_up_to_167)) {
            return false;
        }
        rule.earliest_s = day * posix_tz::day_s + time_s;
        return true;
    }
    constexpr bool dot(tz_expected expected) noexcept { return take('.') || failed(expected); }

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

// A wrong text does not compile.
template <literal_text Text>
constexpr posix_tz checked_tz() noexcept {
    constexpr tz_result result = posix_tz::parse(Text.view());
    if constexpr (result.has_value()) {
        return *result;
    } else {
        static_cast<void>(
            sizeof(wrong_tz<result.error().code, column<result.error().position + 1>>));
        return {};
    }
}

// A zone that lives as long as the program, for whatever keeps a reference to it (zone_ref.hpp):
// tz<"CET-1CEST,M3.5.0,M10.5.0/3">.
template <literal_text Text>
inline constexpr posix_tz tz = checked_tz<Text>();

namespace literals {

// A wrong text does not compile.
template <literal_text Text>
constexpr posix_tz operator""_tz() noexcept {
    constexpr posix_tz zone = checked_tz<Text>();
    return zone;
}

}  // namespace literals

}  // namespace PAWL_ABI
}  // namespace pawl
