// SPDX-License-Identifier: BSL-1.0
//
// L and W where they have no meaning. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::last_day_offset_0_to_30, .*column<7>
// EXPECT: wrong_cron<.*expected::one_last_day, .*column<7>
// EXPECT: wrong_cron<.*expected::nearest_weekday_alone, .*column<9>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "0 0 L-30 * *"_cron;
constexpr pawl::cron b = "0 0 1,L-1 * *"_cron;
constexpr pawl::cron c = "0 0 15W * *"_cron;
#else
constexpr pawl::cron a = "0 0 L-31 * *"_cron;
constexpr pawl::cron b = "0 0 L,L-1 * *"_cron;
constexpr pawl::cron c = "0 0 1,15W * *"_cron;
#endif
