// SPDX-License-Identifier: BSL-1.0
//
// A job type that may not be inherited from, with a trait that is none.
// EXPECT: this job type.s on_dead has to be public and callable as: static void
#include <pawl/jobs/job_traits.hpp>

#ifdef PAWL_CONTROL
struct work final {
    static void on_dead(pawl::job_context& job) noexcept;
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
#else
struct work final {
    void on_dead(pawl::job_context& job) noexcept;
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
#endif
