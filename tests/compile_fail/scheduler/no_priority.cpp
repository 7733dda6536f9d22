// SPDX-License-Identifier: BSL-1.0
//
// A priority for a job of a scheduler that has one band.
// EXPECT: limits_bands_is_1
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .bands = 2};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.priority = 1});
}
