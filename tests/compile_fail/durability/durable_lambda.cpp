// SPDX-License-Identifier: BSL-1.0
//
// A lambda that is to outlive the program.
// EXPECT: a durable job is a class with .static constexpr std::string_view job_type., plain data or encode and decode, listed in pawl::job_types<...>; a lambda has no name that a log could keep
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() {}
};
using types = pawl::job_types<work>;

const auto lambda = [] {};
#ifdef PAWL_CONTROL
static_assert(pawl::check_durable<types, work>());
#else
static_assert(pawl::check_durable<types, decltype(lambda)>());
#endif
