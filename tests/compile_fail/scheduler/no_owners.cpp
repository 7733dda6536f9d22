// SPDX-License-Identifier: BSL-1.0
//
// To cancel the jobs of an owner, where jobs have none.
// EXPECT: limits.owners is false: jobs have no owners
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .owners = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.cancel_all(pawl::owner_ref{1});
}
