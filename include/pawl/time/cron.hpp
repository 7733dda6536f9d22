// SPDX-License-Identifier: BSL-1.0
//
// cron: a calendar schedule that knows its next and its previous time, in 32 bytes; in 40 where
// pointers have 32 bits.
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
// From numbers: cron::daily(9, 30), cron::monthly(1) and so on. In words, and back to text: the
// optional headers cron_describe.hpp, cron_format.hpp and cron_explain.hpp.
//
// Cost: tens of nanoseconds; one loop over months, with a bound (cron_search.hpp). Expressions that
// never come are known as such and take one comparison.
//
// Who may call: anybody, anywhere, interrupts included; a cron is a value and nothing is shared.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/cron_builders.hpp>
#include <pawl/time/cron_compact.hpp>
#include <pawl/time/cron_error.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/cron_parse.hpp>
#include <pawl/time/cron_range.hpp>
#include <pawl/time/cron_search.hpp>
#include <pawl/time/cron_usual.hpp>
#include <pawl/time/cron_zone.hpp>
#include <pawl/time/literal_text.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class cron_result;

class cron {
    using search = std::conditional_t<cron_is_compact, cron_compact_search, cron_search<>>;
    // Constants, so that a machine that does not need the functions does not have them either.
    struct compact_days {
        static constexpr cron_days* every_day =
            cron_is_compact ? &cron_compact::every_day : nullptr;
        static constexpr cron_days* weekly = cron_is_compact ? &cron_compact::weekly : nullptr;
        static constexpr cron_days* plain =
            cron_is_compact ? &cron_search<>::plain_day_at_or_after : nullptr;
    };

public:
    // The earliest and the latest time that any expression can have: the years 1 to 9999, in UTC.
    static constexpr std::chrono::sys_seconds time_min = cron_search<>::time_min;
    static constexpr std::chrono::sys_seconds time_max = cron_search<>::time_max;

    // Never comes. Zero bytes are such a cron too.
    constexpr cron() noexcept = default;

    // Reads 5 or 6 fields, 7 by option, or a macro. The text is not kept. Linear in its length.
    [[nodiscard]] static constexpr cron_result parse(std::string_view text,
                                                     cron_options options = {}) noexcept;

    // The usual ones from numbers, as after checks of one's own or in a loop. Wrong numbers: see
    // cron_builders.hpp.
    [[nodiscard]] static constexpr cron never() noexcept { return {}; }
    [[nodiscard]] static constexpr cron minutely() noexcept {
        return {cron_builder{}.build(), compact_days::every_day};
    }
    [[nodiscard]] static constexpr cron hourly(unsigned minute = 0) noexcept {
        return {cron_builder{}.minute(minute).build(), compact_days::every_day};
    }
    [[nodiscard]] static constexpr cron daily(unsigned hour = 0, unsigned minute = 0) noexcept {
        return {cron_builder{}.minute(minute).hour(hour).build(), compact_days::every_day};
    }
    [[nodiscard]] static constexpr cron weekly(cron_weekday day = std::chrono::Monday,
                                               unsigned hour = 0, unsigned minute = 0) noexcept {
        return {cron_builder{}.minute(minute).hour(hour).weekday(day).build(),
                compact_days::weekly};
    }
    // Not in months that are shorter.
    [[nodiscard]] static constexpr cron monthly(unsigned day = 1, unsigned hour = 0,
                                                unsigned minute = 0) noexcept {
        return {cron_builder{}.minute(minute).hour(hour).day(day).build(), compact_days::plain};
    }
    // 29 February comes in leap years.
    [[nodiscard]] static constexpr cron yearly(cron_month month = std::chrono::January,
                                               unsigned day = 1, unsigned hour = 0,
                                               unsigned minute = 0) noexcept {
        return {cron_builder{}.minute(minute).hour(hour).day(day).month(month).build(),
                compact_days::plain};
    }

    // The first time strictly after `time`; nothing if there is none until the end of the year
    // 9999.
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> next(
        std::chrono::sys_seconds time) const noexcept {
        return search::unless_none(search_in(masks_, days_).first_after(time));
    }

    // The last time strictly before `time`; nothing if there is none since the beginning of year 1.
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> prev(
        std::chrono::sys_seconds time) const noexcept {
        return search::unless_none(search_in(masks_, days_).last_before(time));
    }

    // `time` itself if the expression matches it, else as next().
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds time) const noexcept {
        return search::unless_none(search_in(masks_, days_).first_from(time));
    }
    // `time` itself if the expression matches it, else as prev().
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds time) const noexcept {
        return search::unless_none(search_in(masks_, days_).last_to(time));
    }

    // The same four in a time zone: `time` and the result are instants, the fields are what a clock
    // on the wall there shows. Where the clock is set, see cron_zone.hpp.
    template <time_zone Zone>
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> next(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time >= time_max ? std::nullopt : at_or_after(time + std::chrono::seconds{1}, zone);
    }
    template <time_zone Zone>
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> prev(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time <= time_min ? std::nullopt : at_or_before(time - std::chrono::seconds{1}, zone);
    }
    template <time_zone Zone>
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time > time_max
                   ? std::nullopt
                   : search::in_time(in(zone).first_from(time < time_min ? time_min : time));
    }
    template <time_zone Zone>
    [[nodiscard]] PAWL_FAST_PATH constexpr std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds time, const Zone& zone) const noexcept {
        return time < time_min
                   ? std::nullopt
                   : search::in_time(in(zone).last_to(time > time_max ? time_max : time));
    }

    // All times from `from` on and before `to`, found one by one as a loop goes on.
    template <time_zone Zone = utc_zone>
    [[nodiscard]] constexpr cron_range<cron, Zone> occurrences(
        std::chrono::sys_seconds from, std::chrono::sys_seconds to,
        const Zone& zone = {}) const noexcept {
        return {*this, from, to, zone};
    }

    // True if no time matches, ever.
    [[nodiscard]] constexpr bool never_comes() const noexcept { return masks_.months == 0; }

    // The fields, for whoever writes them out.
    [[nodiscard]] constexpr const cron_masks& masks() const noexcept { return masks_; }

    // What finds its days, where a cron carries that: see cron_compact.hpp.
    [[nodiscard]] constexpr auto day_search() const noexcept { return days_; }

    // The same fields, however they were written: "0 0 * * 7" and "@weekly" are equal. Different
    // ones that happen to select the same days are not, such as "0 0 1-7 * MON" and "0 0 * *
    // MON#1".
    friend constexpr bool operator==(const cron&, const cron&) noexcept = default;

private:
    friend class cron_result;
    friend class zone_ref;

    template <time_zone Zone>
    [[nodiscard]] PAWL_FAST_PATH constexpr cron_in_zone<search, Zone> in(
        const Zone& zone) const noexcept {
        const bool interval = masks_.has(cron_masks::interval);
        return {search_in(masks_, days_), zone, interval,
                !interval || masks_.has(cron_masks::at_gap_end)};
    }

    constexpr explicit cron(const cron_masks& masks) noexcept
        : cron{masks, cron_is_compact ? cron_compact::days_of(masks) : nullptr} {}
    // `days`: what cron_compact::days_of() would say, so that nothing has to ask it at run time.
    constexpr cron(const cron_masks& masks, cron_days* days) noexcept
        : masks_{masks}, days_{masks.months != 0 ? days : nullptr} {}

    cron_masks masks_{};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<cron_is_compact, cron_days*, cron_no_days> days_{};
};

static_assert(sizeof(cron) == (cron_is_compact ? 40 : 32));

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
    friend class cron;

    constexpr cron_result() noexcept = default;

    // Not constexpr: its name is what a compiler says about a wrong text in a constant expression.
    static void the_text_is_not_a_cron_expression() noexcept { PAWL_ASSERT(false); }

    cron cron_;
    cron_error error_;
};

constexpr cron_result cron::parse(std::string_view text, cron_options options) noexcept {
#ifndef __OPTIMIZE_SIZE__
    // The other options say nothing about what it reads.
    if (options.days == day_match::both && options.numbers == weekday_numbers::posix &&
        options.gaps == gap_rule::real_time) {
        cron_result result;
        if (cron_usual::parse(text, result.cron_.masks_)) {
            if constexpr (cron_is_compact) {
                result.cron_ = cron{result.cron_.masks_};
            }
            return result;
        }
    }
#endif
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

// One object for all places that write the same text, so that none of them copies it.
template <literal_text Text>
inline constexpr cron cron_literal = checked_cron<Text>();

namespace literals {

// A wrong text does not compile, and neither does a date that never comes. (Not consteval, which
// clang 14 forgets about inside of templates; the text is read at compile time all the same.)
template <literal_text Text>
constexpr const cron& operator""_cron() noexcept {
    return cron_literal<Text>;
}

}  // namespace literals

}  // namespace PAWL_ABI
}  // namespace pawl
