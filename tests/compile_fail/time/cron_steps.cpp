// SPDX-License-Identifier: BSL-1.0
//
// A step of nothing, or one as long as its field, which would not mean what it says. Each message
// names cause and column.
// EXPECT: wrong_cron<.*expected::step_1_to_59, .*column<3>
// EXPECT: wrong_cron<.*expected::step_1_to_59, .*column<5>
// EXPECT: wrong_cron<.*expected::step_1_to_23, .*column<5>
// EXPECT: wrong_cron<.*expected::step_1_to_12, .*column<9>
// EXPECT: wrong_cron<.*expected::step_1_to_7, .*column<11>
#include <pawl/time/cron.hpp>

using namespace pawl::literals;

#ifdef PAWL_CONTROL
constexpr pawl::cron a = "*/1 * * * *"_cron;
constexpr pawl::cron b = "1-9/59 * * * *"_cron;
constexpr pawl::cron c = "0 */23 * * *"_cron;
constexpr pawl::cron d = "0 0 1 */12 *"_cron;
constexpr pawl::cron e = "0 0 * * */7"_cron;
#else
constexpr pawl::cron a = "*/0 * * * *"_cron;
constexpr pawl::cron b = "1-9/60 * * * *"_cron;
constexpr pawl::cron c = "0 */24 * * *"_cron;
constexpr pawl::cron d = "0 0 1 */13 *"_cron;
constexpr pawl::cron e = "0 0 * * */8"_cron;
#endif
