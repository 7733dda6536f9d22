// SPDX-License-Identifier: BSL-1.0
//
// A callable that does not fit into its slot. The error names both sizes.
// EXPECT: callable_of_bytes<(24|24UL|24u|24ul)>.*job_bytes<16
// EXPECT: this callable is larger than a job slot
#include <pawl/pawl.hpp>

#include <array>

pawl::scheduler<pawl::limits{.jobs = 4, .job_bytes = 16, .workers = 0}> jobs;

#ifdef PAWL_CONTROL
void submit() {
    jobs.enqueue([big = std::array<char, 16>{}] { static_cast<void>(big); });
}
#else
void submit() {
    jobs.enqueue([big = std::array<char, 24>{}] { static_cast<void>(big); });
}
#endif
