// SPDX-License-Identifier: BSL-1.0
//
// Years, H and Quartz's numbers, each without its option or with a wrong value.
// EXPECT: wrong_cron<.*expected::five_or_six_fields, .*column<14>
// EXPECT: wrong_cron<.*expected::one_year_or_range, .*column<17>
// EXPECT: wrong_cron<.*expected::existing_date, .*column<14>
// EXPECT: wrong_cron<.*expected::seed_for_h, .*column<1>
// EXPECT: wrong_cron<.*expected::weekday_1_to_7, .*column<9>
#include <pawl/time/cron.hpp>

using pawl::checked_cron;

constexpr pawl::cron_options years{.years = true};
constexpr pawl::cron_options seeded{.seed = pawl::cron_seed("job")};
constexpr pawl::cron_options quartz{.numbers = pawl::weekday_numbers::quartz};

#ifdef PAWL_CONTROL
constexpr pawl::cron a = checked_cron<"0 0 0 1 1 ? 2026", years>();
constexpr pawl::cron b = checked_cron<"0 0 0 1 1 ? 2026-2027", years>();
constexpr pawl::cron c = checked_cron<"0 0 0 29 2 ? 2028", years>();
constexpr pawl::cron d = checked_cron<"H * * * *", seeded>();
constexpr pawl::cron e = checked_cron<"0 0 * * 7", quartz>();
#else
constexpr pawl::cron a = checked_cron<"0 0 0 1 1 ?  2026">();
constexpr pawl::cron b = checked_cron<"0 0 0 1 1 ? 2026,2027", years>();
constexpr pawl::cron c = checked_cron<"0 0 0 29 2 ? 2027", years>();
constexpr pawl::cron d = checked_cron<"H * * * *">();
constexpr pawl::cron e = checked_cron<"0 0 * * 0", quartz>();
#endif
