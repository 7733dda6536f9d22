// SPDX-License-Identifier: BSL-1.0
//
// A callable that needs a stricter alignment than a slot has.
// EXPECT: callable_aligned_to<32.*job_align<8
// EXPECT: stricter alignment
#include <pawl/pawl.hpp>

pawl::scheduler<pawl::limits{.jobs = 4, .job_bytes = 64, .workers = 0}> jobs;

#ifdef PAWL_CONTROL
struct alignas(8) work {
    void operator()() const noexcept {}
};
void submit() { jobs.enqueue(work{}); }
#else
struct alignas(32) work {
    void operator()() const noexcept {}
};
void submit() { jobs.enqueue(work{}); }
#endif
