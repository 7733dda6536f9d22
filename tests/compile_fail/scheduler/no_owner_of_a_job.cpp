// SPDX-License-Identifier: BSL-1.0
//
// An owner for a job of a scheduler whose jobs have none.
// EXPECT: limits_owners_is_false
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .owners = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    jobs.enqueue([] {}, {.owner = pawl::owner_ref{1}});
}
