// SPDX-License-Identifier: BSL-1.0
//
// A queue name of 16 characters.
// EXPECT: a name has 1 to 15 characters
#include <pawl/jobs/limits.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits capacity{.queues = {"123456789012345"}};
#else
constexpr pawl::limits capacity{.queues = {"1234567890123456"}};
#endif
