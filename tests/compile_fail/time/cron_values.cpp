// SPDX-License-Identifier: BSL-1.0
//
// A value outside of its field. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::second_0_to_59, .*column<1>
// EXPECT: wrong_cron<.*expected::minute_0_to_59, .*column<3>
// EXPECT: wrong_cron<.*expected::hour_0_to_23, .*column<3>
// EXPECT: wrong_cron<.*expected::day_1_to_31, .*column<5>
// EXPECT: wrong_cron<.*expected::weekday_0_to_7, .*column<9>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "59 * * * * *"_cron;
constexpr pawl::cron b = "1,59 * * * *"_cron;
constexpr pawl::cron c = "0 23 * * *"_cron;
constexpr pawl::cron d = "0 0 1 * *"_cron;
constexpr pawl::cron e = "0 0 * * 7"_cron;
#else
constexpr pawl::cron a = "60 * * * * *"_cron;
constexpr pawl::cron b = "1,60 * * * *"_cron;
constexpr pawl::cron c = "0 24 * * *"_cron;
constexpr pawl::cron d = "0 0 0 * *"_cron;
constexpr pawl::cron e = "0 0 * * 8"_cron;
#endif
