// SPDX-License-Identifier: BSL-1.0
//
// A name that has no letter.
// EXPECT: this job type.s job_type has to be a public text known to the compiler, and not empty
#include <pawl/durability/job_types.hpp>

struct work {
#ifdef PAWL_CONTROL
    static constexpr std::string_view job_type = "work";
#else
    static constexpr std::string_view job_type = "";
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
