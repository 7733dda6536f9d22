// SPDX-License-Identifier: BSL-1.0
//
// Bytes that a destructor is needed for, and no codec.
// EXPECT: this durable job is not trivially copyable, so that its bytes alone do not make it again
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
#ifndef PAWL_CONTROL
    ~work() {}
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
