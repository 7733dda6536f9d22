// SPDX-License-Identifier: BSL-1.0
//
// Two jobs of one name.
// EXPECT: another class in pawl::job_types<...> has the same job_type as this one
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() {}
};
struct other_work {
#ifdef PAWL_CONTROL
    static constexpr std::string_view job_type = "other_work";
#else
    static constexpr std::string_view job_type = "work";
#endif
    void operator()() {}
};
using types = pawl::job_types<work, other_work>;
static_assert(types::count == 2);
