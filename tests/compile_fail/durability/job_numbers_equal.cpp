// SPDX-License-Identifier: BSL-1.0
//
// Two names whose 32 bits of FNV-1a are the same.
// EXPECT: happen to have one number, of 32 bits; choose another name for the newer
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "costarring";
    void operator()() {}
};
struct other_work {
#ifdef PAWL_CONTROL
    static constexpr std::string_view job_type = "fluid";
#else
    static constexpr std::string_view job_type = "liquid";
#endif
    void operator()() {}
};
using types = pawl::job_types<work, other_work>;
static_assert(types::count == 2);
