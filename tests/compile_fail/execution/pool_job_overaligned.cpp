// SPDX-License-Identifier: BSL-1.0
//
// A callable that needs a stricter alignment than a cell has.
// EXPECT: pool_job_aligned_to<(32|32UL|32u|32ul), ?(8|8UL|8u|8ul)>
// EXPECT: stricter alignment
#include <pawl/execution/thread_pool.hpp>

pawl::thread_pool<pawl::pool_limits{.workers = 0, .job_bytes = 64}> pool;

#ifdef PAWL_CONTROL
struct alignas(8) work {
    void operator()() const noexcept {}
};
#else
struct alignas(32) work {
    void operator()() const noexcept {}
};
#endif

void submit() { pool.post(work{}); }
