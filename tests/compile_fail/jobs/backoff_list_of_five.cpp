// SPDX-License-Identifier: BSL-1.0
//
// A list of five rests.
// EXPECT: a backoff_list has one to four rests
#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

#ifdef PAWL_CONTROL
constexpr pawl::retry_policy policy = pawl::backoff_list(1s, 2s, 3s, 4s);
#else
constexpr pawl::retry_policy policy = pawl::backoff_list(1s, 2s, 3s, 4s, 5s);
#endif
