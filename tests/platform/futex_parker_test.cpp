// SPDX-License-Identifier: BSL-1.0
//
// Goal: no permit of a futex_parker is lost, and no deadline is waited for that has passed.
// Method: parker_checks.hpp; what is no Linux has no futex and checks nothing here.
// labels: concurrent
// requires: posix
#include "platform/parker_checks.hpp"

#if defined(__linux__)
#include <pawl/platform/futex_parker.hpp>

static_assert(sizeof(pawl::futex_parker) == 4, "a single word");

TEST_CASE("futex_parker") { parker_checks::all<pawl::futex_parker>(); }
#endif
