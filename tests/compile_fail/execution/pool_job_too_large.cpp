// SPDX-License-Identifier: BSL-1.0
//
// A callable that does not fit into its cell. The error names both sizes.
// EXPECT: pool_job_of_bytes<(24|24UL|24u|24ul), ?(16|16UL|16u|16ul)>
// EXPECT: this callable is larger than a job's cell
#include <pawl/execution/thread_pool.hpp>

#include <array>

pawl::thread_pool<pawl::pool_limits{.workers = 0, .job_bytes = 16}> pool;

#ifdef PAWL_CONTROL
void submit() {
    pool.post([big = std::array<char, 16>{}] { static_cast<void>(big); });
}
#else
void submit() {
    pool.post([big = std::array<char, 24>{}] { static_cast<void>(big); });
}
#endif
