// SPDX-License-Identifier: BSL-1.0
//
// A function that is to outlive the program.
// EXPECT: a durable job is a class with .static constexpr std::string_view job_type.
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() {}
};
using types = pawl::job_types<work>;

#ifdef PAWL_CONTROL
static_assert(pawl::check_durable<types, const work&>());
#else
static_assert(pawl::check_durable<types, void (*)()>());
#endif
