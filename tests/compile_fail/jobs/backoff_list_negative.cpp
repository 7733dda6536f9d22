// SPDX-License-Identifier: BSL-1.0
//
// A rest of less than nothing.
// EXPECT: this_rest_cannot_be_packed_declare_next_retry_in_the_job_type
#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

#ifdef PAWL_CONTROL
constexpr pawl::retry_policy policy = pawl::backoff_list(0s);
#else
constexpr pawl::retry_policy policy = pawl::backoff_list(-1s);
#endif
