// SPDX-License-Identifier: BSL-1.0
//
// A job that has no name.
// EXPECT: a class in pawl::job_types<...> needs a name that the log keeps
#include <pawl/durability/job_types.hpp>

struct work {
#ifdef PAWL_CONTROL
    static constexpr std::string_view job_type = "work";
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
