// SPDX-License-Identifier: BSL-1.0
//
// A callable whose copy into the cell could throw: it has to be moved.
// EXPECT: Pass it with std::move
#include <pawl/execution/thread_pool.hpp>

#include <utility>

struct may_throw {
    may_throw() = default;
    may_throw(const may_throw&) {}
    may_throw(may_throw&&) noexcept {}
    void operator()() const noexcept {}
} work;

using pool_type = pawl::thread_pool<pawl::pool_limits{.workers = 0}>;

#ifdef PAWL_CONTROL
void fork(pool_type::worker& worker) { worker.group().spawn(std::move(work)); }
#else
void fork(pool_type::worker& worker) { worker.group().spawn(work); }
#endif
