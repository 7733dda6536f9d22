// SPDX-License-Identifier: BSL-1.0
//
// The data of a job that no log could hold.
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
const auto size = pawl::encode_job<types>(work{}, {});
#else
const auto size = pawl::encode_job<types>(other_work{}, {});
#endif
