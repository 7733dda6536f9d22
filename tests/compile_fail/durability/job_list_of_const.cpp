// SPDX-License-Identifier: BSL-1.0
//
// A list of constants.
// EXPECT: pawl::job_types<...> lists classes, without const, reference or pointer
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() const {}
};
#ifdef PAWL_CONTROL
using types = pawl::job_types<work>;
#else
using types = pawl::job_types<const work>;
#endif
static_assert(types::count == 1);
