// SPDX-License-Identifier: BSL-1.0
//
// cron_masks: the 32 bytes of a cron expression, and which days of one month it selects.
//
// What: one bit per second, minute, hour, day, month and day of the week, and the few numbers of L,
// W, # and the years. It is what the parser writes and what the search reads; users see `cron`.
//
// Why masks and not lists or a walk over the days: the next hour is one shift and one count of
// zeros, and all days of a month are computed at once, so that a search touches months, never days.
//
// How the days of a month come about: seven bits of weekdays are repeated over 31 days by one
// multiplication and shifted by the weekday of the first; # keeps a band of seven days of it. The
// result is joined with the days of the month, by AND or by OR. Bit 0 is the first of the month.
//
// Cost: days_of() some ten instructions, constexpr, noexcept.
#pragma once

#include <bit>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct cron_masks {
    // All zero is the expression that never comes.
    std::uint64_t seconds = 0;             // 60 bits
    std::uint64_t minutes = 0;             // 60 bits
    std::uint32_t hours : 24 = 0;          //
    std::uint32_t flags : 8 = 0;           // see below
    std::uint32_t days = 0;                // 31 bits, bit 0 is the first
    std::uint32_t months : 12 = 0;         // bit 0 is January
    std::uint32_t weekdays : 7 = 0;        // bit 0 is Sunday
    std::uint32_t nths : 6 = 0;            // #1 to #5 in bits 0 to 4, L in bit 5; 0: any
    std::uint32_t last_days : 5 = 0;       // L is 1, L-n is n + 1; 0: no L
    std::uint32_t year_step_high : 2 = 0;  // see year_step()
    std::uint32_t year_first : 14 = 0;     // 0: every year
    std::uint32_t year_last : 14 = 0;      // is reached by steps from the first
    std::uint32_t year_step_low : 4 = 0;

    static constexpr std::uint8_t every_day = 1;   // no calendar needed: all days of all months
    static constexpr std::uint8_t either_day = 2;  // day or weekday, else both must match
    static constexpr std::uint8_t nearest_weekday = 4;  // W: the one day moves off the weekend
    static constexpr std::uint8_t plain = 8;            // no L, W, # nor years, and both must match
    static constexpr std::uint8_t interval = 16;    // *, range or step in second, minute or hour
    static constexpr std::uint8_t at_gap_end = 32;  // an interval fires at the end of a gap, too
    static constexpr std::uint8_t weekly = 64;      // all days of all months but for the weekday
    static constexpr std::uint8_t one_time = 128;   // at most once a day

    static constexpr std::uint32_t all_hours = 0xffffff;
    static constexpr std::uint32_t all_days = 0x7fffffff;
    static constexpr std::uint16_t all_months = 0x0fff;
    static constexpr std::uint8_t all_weekdays = 0x7f;
    static constexpr std::uint8_t nth_last = 0x20;
    static constexpr std::uint8_t all_nths = 0x3f;
    static constexpr std::uint16_t all_years = 0x3fff;  // bits of a year

    static constexpr std::uint32_t year_max = 9999;
    static constexpr std::uint32_t year_step_max = 63;

    friend constexpr bool operator==(const cron_masks&, const cron_masks&) noexcept = default;

    [[nodiscard]] constexpr bool has(std::uint8_t flag) const noexcept {
        return (flags & flag) != 0;
    }

    constexpr void set(std::uint8_t flag) noexcept { flags = (flags | flag) & 0xFFU; }

    // Every `step`-th bit from `low` to `high`. REQUIRES: low <= high < 63, 1 <= step.
    static constexpr std::uint64_t from_to(std::uint32_t low, std::uint32_t high,
                                           std::uint32_t step) noexcept {
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): high < 63
        const std::uint64_t range = (std::uint64_t{2} << high) - (std::uint64_t{1} << low);
        if (step == 1) {
            return range;
        }
        std::uint64_t bits = std::uint64_t{1} << low;
        for (std::uint32_t width = step; width < 64; width *= 2) {
            bits |= bits << width;
        }
        return bits & range;
    }

    // Finds out which of the short ways the search may take.
    constexpr void set_ways() noexcept {
        if ((seconds & (seconds - 1)) == 0 && (minutes & (minutes - 1)) == 0 &&
            (hours & (hours - 1)) == 0) {
            set(one_time);
        }
        if (nths != 0 || last_days != 0 || has(either_day) || has(nearest_weekday) || !any_year()) {
            return;
        }
        set(plain);
        if (days == all_days && months == all_months) {
            set(weekdays == all_weekdays ? every_day : weekly);
        }
    }

    // Whether 29 February is all that is selected, perhaps on some weekdays. REQUIRES: months != 0.
    [[nodiscard]] constexpr bool leap_days_only() const noexcept {
        return months == 2 && (days & 0xfffffff) == 0 && has(plain);
    }

    [[nodiscard]] constexpr bool any_year() const noexcept { return year_first == 0; }

    // REQUIRES: 1 <= first <= last <= year_max, 1 <= step <= year_step_max.
    constexpr void set_years(std::uint32_t first, std::uint32_t last, std::uint32_t step) noexcept {
        year_first = first & all_years;
        year_last = last & all_years;
        year_step_low = step & 15U;
        year_step_high = step >> 4 & 3U;
    }
    [[nodiscard]] constexpr std::uint32_t year_step() const noexcept {
        return std::uint32_t{year_step_low} | std::uint32_t{year_step_high} << 4;
    }

    // The first selected year from `year` on; beyond year_max if there is none.
    // REQUIRES: !any_year().
    [[nodiscard]] constexpr std::uint32_t year_at_or_after(std::uint32_t year) const noexcept {
        const std::uint32_t first = year_first;
        if (year <= first) {
            return first;
        }
        const std::uint32_t past = (year - first) % year_step();
        year += past == 0 ? 0 : year_step() - past;
        return year <= year_last ? year : year_max + 1;
    }

    // The last selected year up to `year`; 0 if there is none. REQUIRES: !any_year().
    [[nodiscard]] constexpr std::uint32_t year_at_or_before(std::uint32_t year) const noexcept {
        if (year < year_first) {
            return 0;
        }
        return year >= year_last ? year_last : year - (year - year_first) % year_step();
    }

    [[nodiscard]] constexpr std::uint32_t weekdays_of(std::uint32_t first_weekday) const noexcept {
        constexpr std::uint64_t every_seventh = 0x40810204081;  // bits 0, 7, 14, ... 42
        return static_cast<std::uint32_t>((weekdays * every_seventh) >> first_weekday) & all_days;
    }

    // The selected days of a month of `length` days whose first is a `first_weekday` (0: Sunday).
    [[nodiscard]] constexpr std::uint32_t days_of(std::uint32_t length,
                                                  std::uint32_t first_weekday) const noexcept {
        const std::uint32_t month = all_days >> (31 - length);
        std::uint32_t by_weekday = weekdays_of(first_weekday);
        if (has(plain)) {
            return days & by_weekday & month;
        }
        if (nths != 0) {
            // Bit n of nths becomes bit 7n: the product has it there and no other bit; then seven.
            const std::uint32_t nth = nths & ~std::uint32_t{nth_last};
            std::uint32_t band = (nth * 0x1041041 & 0x10204081) * 0x7f;
            if ((nths & nth_last) != 0) {
                band |= std::uint32_t{0x7f} << (length - 7);
            }
            by_weekday &= band;
        }
        const std::uint32_t by_day = month_days_of(length, first_weekday);
        return (has(either_day) ? by_day | by_weekday : by_day & by_weekday) & month;
    }

    // False if no year has a day for this expression. Every month of each length begins on every
    // weekday in some year, leap years too, so that those cases are all there are.
    [[nodiscard]] constexpr bool possible() const noexcept {
        constexpr std::uint16_t months_of_30 = 0b0101'0010'1000;
        constexpr std::uint16_t february = 0b10;
        const bool has_30 = (months & months_of_30) != 0;
        const bool has_31 = (months & ~(months_of_30 | february)) != 0;
        const std::uint32_t length = has_31 ? 31 : has_30 ? 30 : 29;
        if (has(plain)) {
            return months != 0 && weekdays != 0 && (days & (all_days >> (31 - length))) != 0;
        }
        if (months == 0) {
            return false;
        }
        for (std::uint32_t first_weekday = 0; first_weekday < 7; ++first_weekday) {
            if ((has_31 && days_of(31, first_weekday) != 0) ||
                (has_30 && days_of(30, first_weekday) != 0) ||
                ((months & february) != 0 &&
                 (days_of(29, first_weekday) | days_of(28, first_weekday)) != 0)) {
                return true;
            }
        }
        return false;
    }

private:
    [[nodiscard]] constexpr std::uint32_t month_days_of(
        std::uint32_t length, std::uint32_t first_weekday) const noexcept {
        std::uint32_t selected = days;
        if (last_days != 0 && last_days <= length) {
            selected |= std::uint32_t{1} << (length - last_days);
        }
        if (!has(nearest_weekday) || selected == 0) {
            return selected;
        }
        // W: Saturday moves to Friday and Sunday to Monday, but never out of the month.
        const std::uint32_t day = static_cast<std::uint32_t>(std::countr_zero(selected));
        if (day >= length) {
            return 0;
        }
        const std::uint32_t weekday = (first_weekday + day) % 7;
        if (weekday == 6) {
            return day == 0 ? std::uint32_t{1} << 2 : selected >> 1;
        }
        if (weekday == 0) {
            return day + 1 == length ? selected >> 2 : selected << 1;
        }
        return selected;
    }
};

static_assert(sizeof(cron_masks) == 32, "a cron expression is 32 bytes: it is copied, not shared");

}  // namespace PAWL_ABI
}  // namespace pawl
