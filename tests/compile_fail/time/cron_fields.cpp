// SPDX-License-Identifier: BSL-1.0
//
// Too few fields, too many, or an unfinished one. Each message names cause and column.
// EXPECT: wrong_cron<.*expected::five_or_six_fields, .*column<1>
// EXPECT: wrong_cron<.*expected::five_or_six_fields, .*column<8>
// EXPECT: wrong_cron<.*expected::five_or_six_fields, .*column<13>
// EXPECT: wrong_cron<.*expected::minute_0_to_59, .*column<4>
// EXPECT: wrong_cron<.*expected::comma_or_blank, .*column<3>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "* * * * *"_cron;
constexpr pawl::cron b = "0 0 * * *"_cron;
constexpr pawl::cron c = "0 0 0 * * *"_cron;
constexpr pawl::cron d = "10-20 * * * *"_cron;
constexpr pawl::cron e = "10 * * * *"_cron;
#else
constexpr pawl::cron a = ""_cron;
constexpr pawl::cron b = "0 0 * *"_cron;
constexpr pawl::cron c = "0 0 0 * * * 2026"_cron;
constexpr pawl::cron d = "10- * * * *"_cron;
constexpr pawl::cron e = "10x * * * *"_cron;
#endif
