// SPDX-License-Identifier: BSL-1.0
//
// An on_dead that could throw.
// EXPECT: this job type.s on_dead has to be public and callable as: static void
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    static void on_dead(pawl::job_context& job) noexcept;
#else
    static void on_dead(pawl::job_context& job);
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
