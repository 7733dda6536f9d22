// SPDX-License-Identifier: BSL-1.0
//
// A job that is to be the only one of its key, without room for keys.
// EXPECT: limits_keys_is_0
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .keys = 2};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.unique = pawl::key{1}});
}
