// SPDX-License-Identifier: BSL-1.0
//
// A job that nothing can be done with.
// EXPECT: a job is called as f.. or f.pawl::job_context&., more than once
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
#ifdef PAWL_CONTROL
    void operator()(pawl::job_context& job);
#else
    void operator()(int number);
#endif
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
