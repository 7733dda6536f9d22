// SPDX-License-Identifier: BSL-1.0
//
// Time zones that are none. Each message names cause and column.
// EXPECT: wrong_tz<.*expected::offset, .*column<7>
// EXPECT: wrong_tz<.*expected::rules_of_daylight_saving, .*column<10>
// EXPECT: wrong_tz<.*expected::month_1_to_12, .*column<12>
// EXPECT: wrong_tz<.*expected::end_of_text, .*column<25>
#include <pawl/time/posix_tz.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::posix_tz a = "<+0530>-5:30"_tz;
constexpr pawl::posix_tz b = "CET-1"_tz;
constexpr pawl::posix_tz c = "CET-1CEST,M3.5.0,M10.5.0"_tz;
constexpr pawl::posix_tz d = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
#else
constexpr pawl::posix_tz a = "Europe/Berlin"_tz;
constexpr pawl::posix_tz b = "CET-1CEST"_tz;
constexpr pawl::posix_tz c = "CET-1CEST,M13.5.0,M10.5.0"_tz;
constexpr pawl::posix_tz d = "CET-1CEST,M3.5.0,M10.5.0;3"_tz;
#endif
