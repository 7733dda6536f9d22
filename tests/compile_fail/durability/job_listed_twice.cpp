// SPDX-License-Identifier: BSL-1.0
//
// One job twice in a list.
// EXPECT: or this one is listed twice; the log could not tell them apart
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() {}
};
#ifdef PAWL_CONTROL
using types = pawl::job_types<work>;
#else
using types = pawl::job_types<work, work>;
#endif
static_assert(types::data_max == 0);
