// SPDX-License-Identifier: BSL-1.0
//
// A wrong text that is parsed in a constant expression, without the literal: no constant.
// EXPECT: the_text_is_not_a_cron_expression
#include <pawl/time/cron.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::cron schedule = *pawl::cron::parse("59 * * * *");
#else
constexpr pawl::cron schedule = *pawl::cron::parse("60 * * * *");
#endif
