// SPDX-License-Identifier: BSL-1.0
//
// A macro that does not exist, or is no time of the calendar. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::known_macro, .*column<1>
// EXPECT: wrong_cron<.*expected::calendar_not_reboot, .*column<2>
// EXPECT: wrong_cron<.*expected::calendar_not_interval, .*column<3>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "@weekly"_cron;
constexpr pawl::cron b = " @daily"_cron;
constexpr pawl::cron c = "  @every_minute"_cron;
#else
constexpr pawl::cron a = "@fortnightly"_cron;
constexpr pawl::cron b = " @reboot"_cron;
constexpr pawl::cron c = "  @every 90s"_cron;
#endif
