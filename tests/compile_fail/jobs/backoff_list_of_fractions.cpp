// SPDX-License-Identifier: BSL-1.0
//
// A rest with a fraction.
// EXPECT: the rests of a backoff_list are whole numbers
#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

#ifdef PAWL_CONTROL
constexpr pawl::retry_policy policy = pawl::backoff_list(1500ms);
#else
constexpr pawl::retry_policy policy = pawl::backoff_list(1.5s);
#endif
