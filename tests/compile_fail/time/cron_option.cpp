// SPDX-License-Identifier: BSL-1.0
//
// A date that never comes under AND, but would under OR: the options decide.
// EXPECT: wrong_cron<.*expected::existing_date, .*column<5>
#include <pawl/time/cron.hpp>

#ifdef PAWL_CONTROL
constexpr auto match = pawl::day_match::either;
#else
constexpr auto match = pawl::day_match::both;
#endif
constexpr pawl::cron schedule =
    pawl::checked_cron<"0 0 31 2 MON", pawl::cron_options{.days = match}>();
