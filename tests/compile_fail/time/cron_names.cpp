// SPDX-License-Identifier: BSL-1.0
//
// A name that is none, or written in full. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::month_1_to_12, .*column<7>
// EXPECT: wrong_cron<.*expected::month_1_to_12, .*column<9>
// EXPECT: wrong_cron<.*expected::comma_or_blank, .*column<12>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "0 0 1 JAN *"_cron;
constexpr pawl::cron b = "0 0 1 1-12 *"_cron;
constexpr pawl::cron c = "0 0 * * MON"_cron;
#else
constexpr pawl::cron a = "0 0 1 JAM *"_cron;
constexpr pawl::cron b = "0 0 1 1-13 *"_cron;
constexpr pawl::cron c = "0 0 * * MONDAY"_cron;
#endif
