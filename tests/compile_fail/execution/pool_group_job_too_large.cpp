// SPDX-License-Identifier: BSL-1.0
//
// A job of a group keeps a pointer to it: what just fits into post() does not fit here.
// EXPECT: pool_job_of_bytes<(24|24UL|24u|24ul), ?(16|16UL|16u|16ul)>
// EXPECT: this callable is larger than a job's cell
#include <pawl/execution/thread_pool.hpp>

#include <array>

using pool_type = pawl::thread_pool<pawl::pool_limits{.workers = 0, .job_bytes = 16}>;

#ifdef PAWL_CONTROL
constexpr std::size_t size = 8;
#else
constexpr std::size_t size = 16;
#endif

void fork(pool_type::worker& worker) {
    auto group = worker.group();
    group.spawn([big = std::array<char, size>{}] { static_cast<void>(big); });
}
