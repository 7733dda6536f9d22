// SPDX-License-Identifier: BSL-1.0
//
// Another time for a waiting job, where no job has room for one.
// EXPECT: limits.reschedule is false: the time of a waiting job cannot be changed
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .reschedule = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0, .reschedule = false};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.reschedule(pawl::job_id{}, std::chrono::seconds{1});
}
