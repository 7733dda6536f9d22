// SPDX-License-Identifier: BSL-1.0
//
// A callable whose destructor could throw.
// EXPECT: the destructor of a job's callable must not throw|could throw
#include <pawl/execution/thread_pool.hpp>

#ifdef PAWL_CONTROL
constexpr bool safe = true;
#else
constexpr bool safe = false;
#endif

struct work {
    work() = default;
    work(work&&) noexcept {}
    ~work() noexcept(safe) {}
    void operator()() const noexcept {}
};

pawl::thread_pool<pawl::pool_limits{.workers = 0}> pool;
void submit() { pool.post(work{}); }
