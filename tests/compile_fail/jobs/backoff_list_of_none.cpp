// SPDX-License-Identifier: BSL-1.0
//
// A list without a rest.
// EXPECT: a backoff_list has one to four rests
#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

#ifdef PAWL_CONTROL
constexpr pawl::retry_policy policy = pawl::backoff_list(0s);
#else
constexpr pawl::retry_policy policy = pawl::backoff_list();
#endif
