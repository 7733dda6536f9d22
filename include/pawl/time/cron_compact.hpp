// SPDX-License-Identifier: BSL-1.0
//
// cron_compact: the next time of a cron expression in few bytes of code, for machines of 32 bits.
//
// What: what cron_search.hpp finds, forward, by code of which a program has only the part that its
// expressions need. An expression carries the address of the search for its days, chosen where it
// is made, which for a literal is at compile time: "0 */15 * * * *" links no calendar at all,
// "0 9 * * MON" one line of it, and only L, W, #, years and either-day rules link all of it.
//
// Why not on every machine: where there is room, what is inlined is faster, and an expression stays
// 32 bytes.
//
// How it works: seconds, minutes and hours are one loop over three masks. A unit that does not
// match goes on to its next match, or to its end, which is a carry; smaller units begin at zero,
// and the loop begins again. Time is two numbers of 32 bits, a day and a second: a day is 675 times
// 128 s, so that neither the way in nor the way out divides or multiplies 64 bits.
//
// Cost: at most seven rounds of at most three units for each day that days() finds, which are one
// or two. constexpr, noexcept: any caller, anywhere.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/civil.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/cron_search.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Whether an expression of this machine carries the search for its days.
inline constexpr bool cron_is_compact = sizeof(void*) < 8;

// The first matching day from this one on; beyond cron_compact::day_max if there is none.
using cron_days = std::uint32_t(const cron_masks&, std::uint32_t day) noexcept;

// What finds the next times of an expression in a table: a zone, or the search for its days.
union cron_place {
    const void* zone;
    cron_days* days;
};

// `Divides`, `CountsZeros`: whether the core has an instruction for that. In a library it is longer
// and slower than what is here.
template <bool Divides, bool CountsZeros>
class basic_cron_compact {
public:
    static constexpr std::uint32_t day_max = civil_epoch + 2932896;  // 9999-12-31

    // Times are seconds since 1970, in registers: a time_point is returned through memory.
    static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

    // What finds the days of these masks; null if they never come.
    static constexpr cron_days* days_of(const cron_masks& masks) noexcept {
        return masks.months == 0                  ? nullptr
               : masks.has(cron_masks::every_day) ? &every_day
               : masks.has(cron_masks::weekly)    ? &weekly
               : masks.has(cron_masks::plain)     ? &cron_search<>::plain_day_at_or_after
                                                  : &cron_search<>::any_day_at_or_after;
    }

    static constexpr std::uint32_t every_day(const cron_masks&, std::uint32_t day) noexcept {
        return day;
    }
    static constexpr std::uint32_t weekly(const cron_masks& masks, std::uint32_t day) noexcept {
        const std::uint32_t two_weeks = masks.weekdays * std::uint32_t{0x81};
        return day + trailing_zeros(two_weeks >> weekday_from_days(day));
    }

    // The first time strictly after `time`, or `none`. REQUIRES: `place` is a search for days, and
    // `time` is in the years 1 to 9999 or the second before.
    PAWL_OUT_OF_LINE static constexpr std::int64_t first_after(const cron_masks& masks,
                                                               cron_place place,
                                                               std::int64_t time) noexcept {
        cron_days* const days = place.days;
        if (days == nullptr) {
            return none;
        }
        const std::uint64_t count = static_cast<std::uint64_t>(time) + after;
        const auto parts = static_cast<std::uint32_t>(count >> part_bits);
        std::uint32_t day = parts / parts_per_day;
        std::uint32_t second = (parts - day * parts_per_day) << part_bits |
                               (static_cast<std::uint32_t>(count) & part_mask);
        for (;;) {
            const std::uint32_t found = days(masks, day);
            if (found > day_max) {
                return none;
            }
            second = second_from(masks, found == day ? second : 0);
            day = found;
            if (second < second_per_day) {
                break;
            }
            ++day;
            second = 0;
        }
        // Negative before 1970.
        const auto since_1970 =
            static_cast<std::int32_t>((day - civil_epoch) * parts_per_day + (second >> part_bits));
        return since_1970 * part + (second & part_mask);
    }

private:
    static constexpr std::uint32_t second_per_day = 86400;
    static constexpr unsigned part_bits = 7;
    static constexpr std::int64_t part = std::int64_t{1} << part_bits;
    static constexpr std::uint32_t part_mask = part - 1;
    static constexpr std::uint32_t parts_per_day = second_per_day >> part_bits;
    // From seconds since 1970 to those since 0000-03-01, which are positive, and the next one.
    static constexpr std::uint64_t after = std::uint64_t{civil_epoch} * second_per_day + 1;

    // The first matching second of a day from this one on; second_per_day or more if there is none.
    static constexpr std::uint32_t second_from(const cron_masks& masks,
                                               std::uint32_t second) noexcept {
        std::uint32_t place = 0;
        std::uint32_t unit = 1;
        std::uint32_t rest = second;
        do {
            const std::uint32_t next = by_60(rest);
            const std::uint32_t left = distance(bits_of(masks, place), rest - next * 60);
            if (left == 0) {
                rest = next;
                ++place;
                unit *= 60;
            } else {
                // The end of a unit is bit 60, also of the hours: beyond the day, all is tomorrow.
                second = (rest + left) * unit;
                rest = second;
                place = 0;
                unit = 1;
            }
        } while (place < 3 && (Divides || second < second_per_day));
        return second;
    }

    // The product is right below 299,580.
    static constexpr std::uint32_t by_60(std::uint32_t count) noexcept {
        return Divides ? count / 60 : (count >> 2) * 34953 >> 19;
    }

    // Bit 60 and, of the hours, what is above bit 23 is the end of the unit.
    static constexpr std::uint64_t bits_of(const cron_masks& masks, std::uint32_t place) noexcept {
        constexpr std::uint64_t end = std::uint64_t{1} << 60;
#ifdef __GNUC__
        // They lie one after the other, which compilers do not find out.
        if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
            const auto* bytes = reinterpret_cast<const unsigned char*>(&masks);
            std::uint64_t bits = 0;
            __builtin_memcpy(&bits, __builtin_assume_aligned(bytes + place * sizeof bits, 8),
                             sizeof bits);
            return bits | end;
        }
#endif
        return (place == 0 ? masks.seconds : place == 1 ? masks.minutes : masks.hours) | end;
    }

    // From this bit to the first one that is set. REQUIRES: there is one.
    static constexpr std::uint32_t distance(std::uint64_t mask, std::uint32_t from) noexcept {
        auto rest = static_cast<std::uint32_t>(mask >> 32);
        std::uint32_t passed = 0;
        if (from < 32) {
            const std::uint32_t low = static_cast<std::uint32_t>(mask) >> from;
            passed = low != 0 ? 0 : 32 - from;
            rest = low != 0 ? low : rest;
        } else {
            rest >>= from - 32;
        }
        return passed + trailing_zeros(rest);
    }

    static constexpr std::uint32_t trailing_zeros(std::uint32_t bits) noexcept {
        if constexpr (CountsZeros) {
            return static_cast<std::uint32_t>(std::countr_zero(bits));
        } else {
            std::uint32_t zeros = 0;
            for (; (bits & 1) == 0; bits >>= 1) {
                ++zeros;
            }
            return zeros;
        }
    }
};

#if defined(__arm__) && !defined(__ARM_FEATURE_IDIV)
inline constexpr bool core_divides = false;
#elif defined(__riscv) && !defined(__riscv_div)
inline constexpr bool core_divides = false;
#else
inline constexpr bool core_divides = true;
#endif
#if defined(__arm__) && !defined(__ARM_FEATURE_CLZ)
inline constexpr bool core_counts_zeros = false;
#elif defined(__riscv) && !defined(__riscv_zbb)
inline constexpr bool core_counts_zeros = false;
#else
inline constexpr bool core_counts_zeros = true;
#endif
using cron_compact = basic_cron_compact<core_divides, core_counts_zeros>;

// In the place of that address, on other machines.
struct cron_no_days {
    constexpr cron_no_days() noexcept = default;
    constexpr explicit cron_no_days(cron_days*) noexcept {}
    friend constexpr bool operator==(cron_no_days, cron_no_days) noexcept = default;
};

// cron_search, with the way forward of cron_compact.
class cron_compact_search : public cron_search<> {
public:
    constexpr cron_compact_search(const cron_masks& masks, cron_days* days) noexcept
        : cron_search{masks}, fields_{masks}, days_{days} {}

    [[nodiscard]] constexpr time_point first_after(time_point time) const noexcept {
        if (time >= time_max) {
            return time_point::max();
        }
        const time_point from = time < time_min ? time_min - std::chrono::seconds{1} : time;
        return time_point{std::chrono::seconds{
            cron_compact::first_after(fields_, {.days = days_}, from.time_since_epoch().count())}};
    }
    [[nodiscard]] constexpr time_point first_from(time_point time) const noexcept {
        return first_after((time < time_min ? time_min : time) - std::chrono::seconds{1});
    }

private:
    const cron_masks& fields_;
    cron_days* days_;
};

constexpr cron_compact_search search_in(const cron_masks& masks, cron_days* days) noexcept {
    return {masks, days};
}
PAWL_FAST_PATH constexpr cron_search<> search_in(const cron_masks& masks, cron_no_days) noexcept {
    return cron_search<>{masks};
}

}  // namespace PAWL_ABI
}  // namespace pawl
