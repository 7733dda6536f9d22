// SPDX-License-Identifier: BSL-1.0
//
// Numbers that no clock and no calendar shows, in builders.
// EXPECT: the_minute_must_be_0_to_59
// EXPECT: the_hour_must_be_0_to_23
// EXPECT: the_weekday_must_be_0_to_7
// EXPECT: the_day_must_be_1_to_31
// EXPECT: the_month_must_be_1_to_12
// EXPECT: this_day_is_in_no_month
#include <pawl/time/cron.hpp>

using pawl::cron;

#ifdef PAWL_CONTROL
constexpr cron a = cron::hourly(59);
constexpr cron b = cron::daily(23, 0);
constexpr cron c = cron::weekly(7);
constexpr cron d = cron::monthly(31);
constexpr cron e = cron::yearly(12, 31);
constexpr cron f = cron::yearly(std::chrono::February, 29);
#else
constexpr cron a = cron::hourly(60);
constexpr cron b = cron::daily(24, 0);
constexpr cron c = cron::weekly(8);
constexpr cron d = cron::monthly(0);
constexpr cron e = cron::yearly(13, 31);
constexpr cron f = cron::yearly(std::chrono::February, 30);
#endif
