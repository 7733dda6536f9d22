// SPDX-License-Identifier: BSL-1.0
//
// parallel_invoke: two or more functions at once, if another thread has time for them.
//
//   std::uint64_t fib(auto& worker, std::uint32_t n) {
//       if (n < 2) {
//           return n;
//       }
//       std::uint64_t one = 0;
//       std::uint64_t two = 0;
//       pawl::parallel_invoke(worker, [&](auto& here) { one = fib(here, n - 1); },
//                                     [&](auto& here) { two = fib(here, n - 2); });
//       return one + two;
//   }
//   pawl::parallel_invoke(pool, [&] { sort(left); }, [&] { sort(right); });    // not inside a job
//
// Why beside a group, which can do the same: here the number of functions is known, and so is who
// waits. What no other thread has taken is called by name, where it lies: nothing is moved, nothing
// is called by a pointer, and no word is counted. That makes a fork and its join a third cheaper.
//
// How it works: a word about the second function goes into the worker's deque; the first one is
// called; if the word is on top of the deque then, it is taken back, and the second one is called.
// Else somebody has it, or something lies above it: then it is waited for as a group is, with the
// same promises (pool_group.hpp). Of more than two all but the first are one, and so on.
// Source of the idea: Mohr, Kranz and Halstead, "Lazy Task Creation" (1990).
//
// Cost: a place in the deque, and of it a push and a pop; no allocation. A function that its own
// caller runs is no job in pool_counts::ran.
// Who may call: a job, with its worker; any thread, with a pool. Returns when all have ended; false
// if one of them threw.
#pragma once

#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/execution/pool_core.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class F, class Worker>
inline constexpr bool is_called_in_pool = std::is_invocable_v<F, Worker&> || std::is_invocable_v<F>;

// Inside a job: each is called once, as f() or f(worker).
template <pool_limits L, platform Platform, class First, class Second, class... Rest>
// NOLINTNEXTLINE(misc-no-recursion): as deep as the program forks
bool parallel_invoke(pool_worker<L, Platform>& worker, First&& first, Second&& second,
                     Rest&&... rest) noexcept {
    using worker_type = pool_worker<L, Platform>;
    static_assert(
        is_called_in_pool<First, worker_type> && is_called_in_pool<Second, worker_type> &&
            (is_called_in_pool<Rest, worker_type> && ...),
        "pawl: parallel_invoke() calls functions as f() or f(worker); one of these can be "
        "called in neither way");
    if constexpr (sizeof...(Rest) == 0) {
        return worker.fork_join(first, second);
    } else {
        bool good = true;
        // NOLINTNEXTLINE(misc-no-recursion): as above
        auto others = [&](worker_type& here) noexcept {
            good = parallel_invoke(here, second, rest...);
        };
        return worker.fork_join(first, others) && good;
    }
}

// From anywhere: each is called once, as f(). While another thread has the caller's place in the
// pool, and after its end, they are called here, one after the other.
template <pool_limits L, platform Platform, class First, class Second, class... Rest>
bool parallel_invoke(pool_core<L, Platform>& pool, First&& first, Second&& second,
                     Rest&&... rest) noexcept {
    static_assert(
        std::is_invocable_v<First&> && std::is_invocable_v<Second&> &&
            (std::is_invocable_v<Rest&> && ...),
        "pawl: parallel_invoke(pool, ...) calls functions as f(). For functions that take "
        "a worker: pool.invoke([&](auto& worker) { parallel_invoke(worker, ...); })");
    bool good = true;
    const bool placed = pool.invoke(
        [&](auto& worker) noexcept { good = parallel_invoke(worker, first, second, rest...); });
    if (!placed) {
        const auto guarded = [&](auto& function) noexcept {
#if PAWL_HAS_EXCEPTIONS
            try {
                function();
            } catch (...) {
                good = false;
            }
#else
            function();
#endif
        };
        guarded(first);
        guarded(second);
        (guarded(rest), ...);
    }
    return good;
}

}  // namespace PAWL_ABI
}  // namespace pawl
