// SPDX-License-Identifier: BSL-1.0
//
// A limiter for a job of a scheduler that has none.
// EXPECT: limits_limiters_is_empty
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .limiters = {"smtp"}};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.limit = "smtp"});
}
