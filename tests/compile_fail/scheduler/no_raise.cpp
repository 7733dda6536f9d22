// SPDX-License-Identifier: BSL-1.0
//
// To raise a waiting job, where there is one band.
// EXPECT: limits.bands is 1: this scheduler has no priorities
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .bands = 2};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.raise(pawl::job_id{}, 1);
}
