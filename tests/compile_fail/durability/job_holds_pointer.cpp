// SPDX-License-Identifier: BSL-1.0
//
// A pointer into a run of the program that is over.
// EXPECT: this durable job holds a pointer, a reference, a std::string_view or a union
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
#ifdef PAWL_CONTROL
    std::uint32_t data;
#else
    const char* data;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
