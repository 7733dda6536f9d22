// SPDX-License-Identifier: BSL-1.0
//
// Goal: no permit of a condition_parker is lost, and no deadline is waited for that has passed.
// Method: parker_checks.hpp.
// labels: concurrent
#include "platform/parker_checks.hpp"

#include <pawl/platform/condition_parker.hpp>

TEST_CASE("condition_parker") { parker_checks::all<pawl::condition_parker>(); }
