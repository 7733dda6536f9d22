// SPDX-License-Identifier: BSL-1.0
//
// A member that has the name of a trait by accident.
// EXPECT: this job type.s on_dead has to be public and callable as: static void
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    bool dead = false;
    static void on_dead(pawl::job_context& job) noexcept;
#else
    bool on_dead = false;
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
