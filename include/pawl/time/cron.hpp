// SPDX-License-Identifier: BSL-1.0
//
// cron: a calendar schedule of 32 bytes that knows its next and its previous time.
//
// What: a trivially copyable value, made by the compiler from a literal or at run time from text.
//
//   using namespace pawl::literals;
//   constexpr pawl::cron workdays = "30 9 * * MON-FRI"_cron;      // a wrong one does not compile
//   auto next = workdays.next(now);                               // strictly after now, or nothing
//
//   if (auto parsed = pawl::cron::parse(text, {.days = pawl::day_match::vixie})) {
//       use(*parsed);
//   } else {
//       report(parsed.error().position, parsed.error().message());
//   }
//
// Why this one: the usual engines keep lists, walk from minute to minute, allocate, ask the C
// library for the calendar, or give up after a few years. This one is right from the year 1 to
// 9999, also on 29 February after 2096, in tens of nanoseconds, and it needs neither heap nor
// atomics.
//
// The language: see cron_parse.hpp. A day of the month and a day of the week must *both* match by
// default, as in Hangfire: "0 0 13 * FRI" is Friday the 13th. `cron_options` offers the other
// rules. A date that never comes ("0 0 31 2 *") is an error, or by option an expression whose
// next() is nothing, at no cost. Without a zone, fields are UTC; with one, as in
//   auto next = workdays.next(now, "CET-1CEST,M3.5.0,M10.5.0/3"_tz);      // posix_tz.hpp
// they are what a clock on the wall there shows.
//
// How it works: the next time of the day is at most three shifts and counts of zeros. If every day
// counts, that is all. Else the day is turned into a date, all matching days of the month are
// computed as one mask, and months follow by the mask of months.
//
// Cost: next() and the others take no loop but the one over months, which ends after at most 40
// years (29 February on a given weekday, across a century without a leap year) and so after 480
// steps; a step is some 20 instructions. Expressions that never come are known as such and take one
// comparison.
//
// Who may call: anybody, anywhere, interrupts included; a cron is a value and nothing is shared.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/civil.hpp>
#include <pawl/time/cron_error.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/cron_parse.hpp>
#include <pawl/time/cron_zone.hpp>
#include <pawl/time/literal_text.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class cron_result;

class cron {
public:
    // The earliest and the latest time that any expression can have: the years 1 to 9999, in UTC.
    static constexpr std::chrono::sys_seconds time_min{std::chrono::seconds{-62135596800}};
    static constexpr std::chrono::sys_seconds time_max{std::chrono::seconds{253402300799}};

    // Never comes. Zero bytes are such a cron too.
    constexpr cron() noexcept = default;

    // Reads 5 or 6 fields or a macro. The text is not kept. Linear in its length.
    [[nodiscard]] static constexpr cron_result parse(std::string_view text,
                                                     cron_options options = {}) noexcept;

    // The first time strictly after `time`; nothing if there is none until the end of the year
    // 9999.
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> next(
        std::chrono::sys_seconds time) const noexcept {
        return time >= time_max ? std::nullopt : at_or_after(time + std::chrono::seconds{1});
    }

    // The last time strictly before `time`; nothing if there is none since the beginning of year 1.
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> prev(
        std::chrono::sys_seconds time) const noexcept {
        return time <= time_min ? std::nullopt : at_or_before(time - std::chrono::seconds{1});
    }

    // `time` itself if the expression matches it, else as next().
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds time) const noexcept {
        if (time > time_max || masks_.months == 0) {
            return std::nullopt;
        }
        const instant from = split(time < time_min ? time_min : time);
        const std::uint32_t later = time_at_or_after(from.second);
        const bool today = later != no_time;
        const std::uint32_t day = masks_.has(cron_masks::every_day)
                                      ? (today ? from.day : from.day + 1)
                                      : search_forward(from.day, today);
        if (day > day_max) {
            return std::nullopt;
        }
        return join(day, today && day == from.day ? later : first_time());
    }

    // `time` itself if the expression matches it, else as prev().
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds time) const noexcept {
        if (time < time_min || masks_.months == 0) {
            return std::nullopt;
        }
        const instant from = split(time > time_max ? time_max : time);
        const std::uint32_t earlier = time_at_or_before(from.second);
        const bool today = earlier != no_time;
        const std::uint32_t day = masks_.has(cron_masks::every_day)
                                      ? (today ? from.day : from.day - 1)
                                      : search_backward(from.day, today);
        if (day < day_min) {
            return std::nullopt;
        }
        return join(day, today && day == from.day ? earlier : last_time());
    }

    // The same four in a time zone: `time` and the result are instants, the fields are what a clock
    // on the wall there shows. Where the clock is set, see cron_zone.hpp.
    template <time_zone Zone>
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> next(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time >= time_max ? std::nullopt : at_or_after(time + std::chrono::seconds{1}, zone);
    }
    template <time_zone Zone>
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> prev(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time <= time_min ? std::nullopt : at_or_before(time - std::chrono::seconds{1}, zone);
    }
    template <time_zone Zone>
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time > time_max ? std::nullopt
                               : in(zone).at_or_after(time < time_min ? time_min : time);
    }
    template <time_zone Zone>
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time < time_min ? std::nullopt
                               : in(zone).at_or_before(time > time_max ? time_max : time);
    }

    // True if no time matches, ever.
    [[nodiscard]] constexpr bool never_comes() const noexcept { return masks_.months == 0; }

    // The same fields, however they were written: "0 0 * * 7" and "@weekly" are equal. Different
    // ones that happen to select the same days are not, such as "0 0 1-7 * MON" and "0 0 * *
    // MON#1".
    friend constexpr bool operator==(const cron&, const cron&) noexcept = default;

private:
    friend class cron_result;

    struct instant {
        std::uint32_t day;     // since 0000-03-01
        std::uint32_t second;  // of the day
    };

    template <time_zone Zone>
    [[nodiscard]] constexpr cron_in_zone<cron, Zone> in(const Zone& zone) const noexcept {
        const bool interval = masks_.has(cron_masks::interval);
        return {*this, zone, interval, !interval || masks_.has(cron_masks::at_gap_end)};
    }

    static constexpr std::uint32_t second_per_day = 86400;
    static constexpr std::uint32_t no_time = second_per_day;
    static constexpr std::uint32_t day_min = 306;                    // 0001-01-01
    static constexpr std::uint32_t day_max = civil_epoch + 2932896;  // 9999-12-31

    constexpr explicit cron(const cron_masks& masks) noexcept : masks_{masks} {}

    static constexpr instant split(std::chrono::sys_seconds time) noexcept {
        const auto seconds = static_cast<std::uint64_t>(time.time_since_epoch().count() +
                                                        std::int64_t{civil_epoch} * second_per_day);
        // In 32 bits, which a small core divides without a library: a day is 675 times 128 s, and
        // the last second of the year 9999 divided by 128 is less than 2^32.
        const std::uint32_t day = static_cast<std::uint32_t>(seconds >> 7) / (second_per_day >> 7);
        return {day, static_cast<std::uint32_t>(seconds) - day * second_per_day};
    }

    static constexpr std::optional<std::chrono::sys_seconds> join(std::uint32_t day,
                                                                  std::uint32_t second) noexcept {
        return std::chrono::sys_seconds{std::chrono::seconds{
            (std::int64_t{day} - std::int64_t{civil_epoch}) * second_per_day + second}};
    }

    // The lowest and the highest bit of a mask that is not zero.
    template <typename Mask>
    static constexpr std::uint32_t lowest(Mask mask) noexcept {
        return static_cast<std::uint32_t>(std::countr_zero(mask));
    }
    template <typename Mask>
    static constexpr std::uint32_t highest(Mask mask) noexcept {
        return static_cast<std::uint32_t>(std::bit_width(mask)) - 1;
    }
    // The bits under `bit`. These stand before their use: clang 14 evaluates no later template.
    template <typename Mask>
    static constexpr Mask below(Mask mask, std::uint32_t bit) noexcept {
        return static_cast<Mask>(mask & ((Mask{1} << bit) - 1));
    }

    [[nodiscard]] constexpr std::uint32_t first_time() const noexcept {
        return (lowest(masks_.hours) * 60 + lowest(masks_.minutes)) * 60 + lowest(masks_.seconds);
    }
    [[nodiscard]] constexpr std::uint32_t last_time() const noexcept {
        return (highest(masks_.hours) * 60 + highest(masks_.minutes)) * 60 +
               highest(masks_.seconds);
    }

    // The lowest bit of a mask from this one on, or 64.
    PAWL_ONE_COPY static constexpr std::uint32_t at_or_after(std::uint64_t mask,
                                                             std::uint32_t bit) noexcept {
        const std::uint64_t rest = mask >> bit;
        return rest != 0 ? bit + lowest(rest) : 64;
    }

    [[nodiscard]] constexpr std::uint32_t time_at_or_after(std::uint32_t time) const noexcept {
        const std::uint32_t minutes = time / 60;
        std::uint32_t hour = minutes / 60;
        std::uint32_t minute = minutes - hour * 60;
        std::uint32_t second = time - minutes * 60;
        // Each unit as it is or the next; from the first larger one that moves, the lowest follow.
        if ((masks_.hours >> hour & 1) != 0) {
            if ((masks_.minutes >> minute & 1) != 0) {
                second = at_or_after(masks_.seconds, second);
                if (second < 60) {
                    return minutes * 60 + second;
                }
            }
            minute = at_or_after(masks_.minutes, minute + 1);
            if (minute < 60) {
                return (hour * 60 + minute) * 60 + lowest(masks_.seconds);
            }
        }
        hour = at_or_after(masks_.hours, hour + 1);
        return hour < 24 ? (hour * 60 + lowest(masks_.minutes)) * 60 + lowest(masks_.seconds)
                         : no_time;
    }

    [[nodiscard]] constexpr std::uint32_t time_at_or_before(std::uint32_t time) const noexcept {
        const std::uint32_t minutes = time / 60;
        const std::uint32_t hour = minutes / 60;
        const std::uint32_t minute = minutes - hour * 60;
        const std::uint32_t second = time - minutes * 60;
        if ((masks_.hours >> hour & 1) != 0) {
            if ((masks_.minutes >> minute & 1) != 0) {
                if (const std::uint64_t rest = below(masks_.seconds, second + 1); rest != 0) {
                    return minutes * 60 + highest(rest);
                }
            }
            if (const std::uint64_t rest = below(masks_.minutes, minute); rest != 0) {
                return (hour * 60 + highest(rest)) * 60 + highest(masks_.seconds);
            }
        }
        if (const std::uint32_t rest = below(masks_.hours, hour); rest != 0) {
            return (highest(rest) * 60 + highest(masks_.minutes)) * 60 + highest(masks_.seconds);
        }
        return no_time;
    }

    // The matching days of a month, and the number of the day before its first one.
    struct month_days {
        std::uint32_t mask;
        std::uint32_t first;
    };
    [[nodiscard]] constexpr month_days days_of(std::uint32_t year,
                                               std::uint32_t month) const noexcept {
        const std::uint32_t first = days_before_month(year, month);
        return {masks_.days_of(month_length(year, month), weekday_from_days(first)), first};
    }

    // The first matching day from `day` on, or after it if that is not `included`. no_later_day:
    // none.
    static constexpr std::uint32_t no_later_day = 0xFFFF'FFFF;
    [[nodiscard]] constexpr std::uint32_t search_forward(std::uint32_t day,
                                                         bool included) const noexcept {
        const civil_day date = civil_from_days(day);
        std::uint32_t year = date.year;
        std::uint32_t months = std::uint32_t{masks_.months} >> (date.month - 1) << (date.month - 1);
        // In the first month, only the days that are left; bit 0 is the first, so none is shifted
        // by more than 31.
        const std::uint32_t days_left = ~std::uint32_t{0} << (date.day - (included ? 1 : 0));
        std::uint32_t first_month = date.month - 1;
        for (;;) {
            for (; months != 0; months &= months - 1) {
                const std::uint32_t month = lowest(months);
                const month_days found = days_of(year, month + 1);
                const std::uint32_t days =
                    month == first_month ? found.mask & days_left : found.mask;
                if (days != 0) {
                    return found.first + lowest(days);
                }
            }
            if (year == 9999) {
                return no_later_day;
            }
            ++year;
            months = masks_.months;
            first_month = 12;  // none
        }
    }

    // The last matching day up to `day`, or before it if that is not `included`. 0: none.
    [[nodiscard]] constexpr std::uint32_t search_backward(std::uint32_t day,
                                                          bool included) const noexcept {
        const civil_day date = civil_from_days(day);
        std::uint32_t year = date.year;
        std::uint32_t months = below(std::uint32_t{masks_.months}, date.month);
        const std::uint32_t days_left = (std::uint32_t{1} << (date.day - (included ? 0 : 1))) - 1;
        std::uint32_t first_month = date.month - 1;
        for (;;) {
            for (; months != 0; months = below(months, highest(months))) {
                const std::uint32_t month = highest(months);
                const month_days found = days_of(year, month + 1);
                const std::uint32_t days =
                    month == first_month ? found.mask & days_left : found.mask;
                if (days != 0) {
                    return found.first + highest(days);
                }
            }
            if (year == 1) {
                return 0;
            }
            --year;
            months = masks_.months;
            first_month = 12;  // none
        }
    }

    cron_masks masks_{};
};

static_assert(sizeof(cron) == 32);

// What cron::parse returns: tests true and dereferences to the cron, or has an error.
class cron_result {
public:
    constexpr explicit cron_result(const cron_parsed& parsed) noexcept
        : cron_{parsed.masks}, error_{parsed.error} {}

    [[nodiscard]] constexpr bool has_value() const noexcept {
        return error_.code == cron_expected::nothing;
    }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // REQUIRES: has_value(). A constant expression that breaks this does not compile. At run time
    // it is a cron that never comes, and stops the program where PAWL_CHECKS is on.
    [[nodiscard]] constexpr const cron& operator*() const noexcept {
        if (!has_value()) {
            the_text_is_not_a_cron_expression();
        }
        return cron_;
    }
    [[nodiscard]] constexpr const cron* operator->() const noexcept { return &**this; }
    [[nodiscard]] constexpr cron value_or(const cron& other) const noexcept {
        return has_value() ? cron_ : other;
    }

    // code is cron_expected::nothing if there is a value.
    [[nodiscard]] constexpr const cron_error& error() const noexcept { return error_; }

private:
    // Not constexpr: its name is what a compiler says about a wrong text in a constant expression.
    static void the_text_is_not_a_cron_expression() noexcept { PAWL_ASSERT(false); }

    cron cron_;
    cron_error error_;
};

constexpr cron_result cron::parse(std::string_view text, cron_options options) noexcept {
    return cron_result{cron_parser{text, options}.parse()};
}

// Instantiated for a wrong literal: the compiler's message shows the template arguments.
template <cron_expected Expected, typename Column>
struct wrong_cron {
    static_assert(
        Expected == cron_expected::nothing,
        "this text is not a cron expression: wrong_cron<EXPECTED, column<N>> in this message "
        "tells what was expected, and where");
};

// A literal with options, which a literal operator cannot take:
//   constexpr auto fridays_and_13ths =
//       pawl::checked_cron<"0 0 13 * FRI", pawl::cron_options{.days = pawl::day_match::either}>();
template <literal_text Text, cron_options Options = cron_options{}>
constexpr cron checked_cron() noexcept {
    constexpr cron_result result = cron::parse(Text.view(), Options);
    if constexpr (result.has_value()) {
        return *result;
    } else {
        static_cast<void>(
            sizeof(wrong_cron<result.error().code, column<result.error().position + 1>>));
        return {};
    }
}

namespace literals {

// A wrong text does not compile, and neither does a date that never comes. (Not consteval, which
// clang 14 forgets about inside of templates; the text is read at compile time all the same.)
template <literal_text Text>
constexpr cron operator""_cron() noexcept {
    constexpr cron value = checked_cron<Text>();
    return value;
}

}  // namespace literals

}  // namespace PAWL_ABI
}  // namespace pawl
