// SPDX-License-Identifier: BSL-1.0
//
// To set a limiter, where there is none.
// EXPECT: limits.limiters is empty: there is nothing to limit
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .limiters = {"smtp"}};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.set_limit("smtp", {.running_max = 1});
}
