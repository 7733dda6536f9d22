// SPDX-License-Identifier: BSL-1.0
//
// A name of a type that is made at run time.
// EXPECT: this job type.s job_type has to be a public text known to the compiler
#include <pawl/jobs/job_traits.hpp>

struct work {
#ifdef PAWL_CONTROL
    static constexpr std::string_view job_type = "work";
#else
    static std::string_view job_type;
#endif
    void operator()() {}
};
static_assert(pawl::has_job_traits<work>);
