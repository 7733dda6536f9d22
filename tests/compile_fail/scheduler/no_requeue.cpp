// SPDX-License-Identifier: BSL-1.0
//
// To begin a failed job anew, where none is kept.
// EXPECT: limits.failed is 0: this scheduler keeps no failed jobs
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .failed = 2};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.requeue(pawl::job_id{});
}
