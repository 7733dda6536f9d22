// SPDX-License-Identifier: BSL-1.0
//
// A key for a job of a scheduler that has no room for keys.
// EXPECT: limits_keys_is_0
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .keys = 2};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.key = pawl::key{1}});
}
