// SPDX-License-Identifier: BSL-1.0
//
// cron_builders: the masks of the usual schedules, from numbers instead of text.
//
// What: what cron::hourly(30), cron::weekly(std::chrono::Friday, 17) and so on consist of. They are
// equal to what the parser makes of the same schedule.
//
// Wrong numbers: in a constant expression they do not compile, and the message names the function
// that was reached, such as the_hour_must_be_0_to_23. At run time they make an expression that
// never comes, and stop the program where PAWL_CHECKS is on; check what comes from a user.
//
// Cost: some twenty instructions. constexpr, noexcept: any caller.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/time/cron_masks.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A month or a day of the week, by its name in std::chrono or by its number in cron.
struct cron_month {
    constexpr cron_month(std::chrono::month month) noexcept  // NOLINT: either is what is meant
        : number{static_cast<unsigned>(month)} {}
    constexpr cron_month(unsigned month) noexcept : number{month} {}  // NOLINT
    unsigned number;                                                  // 1 to 12
};
struct cron_weekday {
    constexpr cron_weekday(std::chrono::weekday day) noexcept  // NOLINT
        : number{day.c_encoding()} {}
    constexpr cron_weekday(unsigned day) noexcept : number{day} {}  // NOLINT
    unsigned number;                                                // 0 to 7, 0 and 7 are Sunday
};

class cron_builder {
public:
    constexpr cron_builder& minute(unsigned value) noexcept {
        if (value > 59) {
            the_minute_must_be_0_to_59();
            wrong_ = true;
        }
        masks_.minutes = std::uint64_t{1} << value % 60;
        return *this;
    }
    constexpr cron_builder& hour(unsigned value) noexcept {
        if (value > 23) {
            the_hour_must_be_0_to_23();
            wrong_ = true;
        }
        masks_.hours = std::uint32_t{1} << value % 24 & cron_masks::all_hours;
        return *this;
    }
    constexpr cron_builder& day(unsigned value) noexcept {
        if (value < 1 || value > 31) {
            the_day_must_be_1_to_31();
            wrong_ = true;
        }
        masks_.days = std::uint32_t{1} << (value + 30) % 31;
        return *this;
    }
    constexpr cron_builder& month(cron_month value) noexcept {
        if (value.number < 1 || value.number > 12) {
            the_month_must_be_1_to_12();
            wrong_ = true;
        }
        masks_.months = std::uint32_t{1} << (value.number + 11) % 12 & cron_masks::all_months;
        return *this;
    }
    constexpr cron_builder& weekday(cron_weekday value) noexcept {
        if (value.number > 7) {
            the_weekday_must_be_0_to_7();
            wrong_ = true;
        }
        masks_.weekdays = std::uint32_t{1} << value.number % 7 & cron_masks::all_weekdays;
        return *this;
    }

    [[nodiscard]] constexpr cron_masks build() const noexcept {
        cron_masks masks = masks_;
        masks.set_ways();
        if (masks.hours == cron_masks::all_hours) {
            masks.set(cron_masks::interval);
        }
        if (!masks.possible()) {
            this_day_is_in_no_month();
            return {};
        }
        return wrong_ ? cron_masks{} : masks;
    }

private:
    // Not constexpr: their names are what a compiler says about a wrong number.
    static void the_minute_must_be_0_to_59() noexcept { PAWL_ASSERT(false); }
    static void the_hour_must_be_0_to_23() noexcept { PAWL_ASSERT(false); }
    static void the_day_must_be_1_to_31() noexcept { PAWL_ASSERT(false); }
    static void the_month_must_be_1_to_12() noexcept { PAWL_ASSERT(false); }
    static void the_weekday_must_be_0_to_7() noexcept { PAWL_ASSERT(false); }
    static void this_day_is_in_no_month() noexcept { PAWL_ASSERT(false); }

    // Every minute.
    cron_masks masks_{.seconds = 1,
                      .minutes = (std::uint64_t{1} << 60) - 1,
                      .hours = cron_masks::all_hours,
                      .days = cron_masks::all_days,
                      .months = cron_masks::all_months,
                      .weekdays = cron_masks::all_weekdays};
    bool wrong_ = false;
};

}  // namespace PAWL_ABI
}  // namespace pawl
