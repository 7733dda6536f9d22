// SPDX-License-Identifier: BSL-1.0
//
// A job that the journal's list does not have.
// EXPECT: this class is not listed in the journal.s pawl::job_types<...>
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() {}
};
using types = pawl::job_types<work>;

struct other_work {
    static constexpr std::string_view job_type = "other_work";
    void operator()() {}
};
#ifdef PAWL_CONTROL
static_assert(pawl::check_durable<types, work&&>());
#else
static_assert(pawl::check_durable<types, other_work&&>());
#endif
