// SPDX-License-Identifier: BSL-1.0
//
// A next_retry that could throw.
// EXPECT: this job type.s next_retry has to be public and callable as: static std::optional
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    static std::optional<std::chrono::seconds> next_retry(std::uint32_t, std::uint16_t) noexcept;
#else
    static std::optional<std::chrono::seconds> next_retry(std::uint32_t, std::uint16_t);
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
