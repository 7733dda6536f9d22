// SPDX-License-Identifier: BSL-1.0
//
// A waiting job is to run now, where no job has room for another time.
// EXPECT: limits.reschedule is false: the time of a waiting job cannot be changed
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .reschedule = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.run_now(pawl::job_id{});
}
