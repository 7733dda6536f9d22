// SPDX-License-Identifier: BSL-1.0
//
// An on_dead that nobody may call.
// EXPECT: this job type.s on_dead has to be public and callable as: static void
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    static void on_dead(pawl::job_context& job) noexcept;
#else
private:
    static void on_dead(pawl::job_context& job) noexcept;

public:
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
