// SPDX-License-Identifier: BSL-1.0
//
// A version that each object has.
// EXPECT: this durable job.s job_version has to be a public number from 1 to 255
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
#ifdef PAWL_CONTROL
    static constexpr std::uint8_t job_version = 2;
#else
    std::uint8_t job_version = 2;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
