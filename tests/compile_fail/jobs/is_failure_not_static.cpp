// SPDX-License-Identifier: BSL-1.0
//
// An is_failure of an object.
// EXPECT: this job type.s is_failure has to be public and callable as: static bool
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    static bool is_failure(std::uint16_t error) noexcept;
#else
    bool is_failure(std::uint16_t error) noexcept;
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
