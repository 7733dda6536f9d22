// SPDX-License-Identifier: BSL-1.0
//
// # where it has no meaning. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::nth_1_to_5, .*column<13>
// EXPECT: wrong_cron<.*expected::one_weekday_before_nth, .*column<9>
// EXPECT: wrong_cron<.*expected::nth_for_all_weekdays, .*column<13>
// EXPECT: wrong_cron<.*expected::same_nth_for_all_weekdays, .*column<9>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "0 0 * * MON#5"_cron;
constexpr pawl::cron b = "0 0 * * 1#1"_cron;
constexpr pawl::cron c = "0 0 * * 1#1,2#1"_cron;
constexpr pawl::cron d = "0 0 * * 1#2,2#2"_cron;
#else
constexpr pawl::cron a = "0 0 * * MON#6"_cron;
constexpr pawl::cron b = "0 0 * * 1-5#1"_cron;
constexpr pawl::cron c = "0 0 * * 1#1,2"_cron;
constexpr pawl::cron d = "0 0 * * 1#1,2#2"_cron;
#endif
