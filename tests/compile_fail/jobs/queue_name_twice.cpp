// SPDX-License-Identifier: BSL-1.0
//
// Two queues of one name.
// EXPECT: two_have_the_same_name
#include <pawl/jobs/limits.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits capacity{.queues = {"a", "b"}};
#else
constexpr pawl::limits capacity{.queues = {"a", "a"}};
#endif
