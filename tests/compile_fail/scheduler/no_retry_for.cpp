// SPDX-License-Identifier: BSL-1.0
//
// A latest time for retries, where jobs have no deadlines.
// EXPECT: limits_deadlines_is_false
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .deadlines = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.retry_for = std::chrono::hours{1}});
}
