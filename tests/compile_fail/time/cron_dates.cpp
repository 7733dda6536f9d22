// SPDX-License-Identifier: BSL-1.0
//
// A date that never comes. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::existing_date, .*column<5>
// EXPECT: wrong_cron<.*expected::existing_date, .*column<7>
// EXPECT: wrong_cron<.*expected::existing_date, .*column<6>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "0 0 29 2 *"_cron;
constexpr pawl::cron b = "0 0 0 31 3,6,9,11 *"_cron;
constexpr pawl::cron c = "30 8 8 * SUN#2"_cron;
#else
constexpr pawl::cron a = "0 0 31 2 *"_cron;
constexpr pawl::cron b = "0 0 0 31 4,6,9,11 *"_cron;
constexpr pawl::cron c = "30 8 1-7 * SUN#2"_cron;
#endif
