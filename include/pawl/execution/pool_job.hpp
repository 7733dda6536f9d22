// SPDX-License-Identifier: BSL-1.0
//
// pool_job: a callable in its cell, that leaves the cell before it runs.
//
// What: one pointer to code, and the callable's bytes; no allocation, no table. One call does
// everything: moves the callable to the stack, says that its cell is free, and runs it. So a job
// that takes long keeps no cell, and one that captures nothing moves no byte.
//
// A callable is called once, as f() or f(worker), and returns nothing. It must fit (size,
// alignment), and be nothrow movable. Where exceptions are on, one that leaves it is caught, and
// counted by the worker.
//
// Cost: one indirect call. Who may call: who has taken the job from its queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/vacancy.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Named so that a compile error reads as a sentence: pool_job_of_bytes<72, 48>.
template <std::size_t Size, std::size_t Limit>
struct pool_job_of_bytes {
    static_assert(Size <= Limit,
                  "pawl: this callable is larger than a job's cell. Capture less, or a pointer to "
                  "it, or raise pool_limits.job_bytes; both sizes stand in the name above");
    static constexpr bool fits = Size <= Limit;
};
template <std::size_t Align, std::size_t Limit>
struct pool_job_aligned_to {
    static_assert(Align <= Limit,
                  "pawl: this callable needs a stricter alignment than a job's cell has. Raise "
                  "pool_limits.job_align; both alignments stand in the name above");
    static constexpr bool fits = Align <= Limit;
};

template <class F, class Worker>
constexpr bool check_pool_job() {
    using object = std::decay_t<F>;
    constexpr bool takes_worker = std::is_invocable_v<object&&, Worker&>;
    static_assert(takes_worker || std::is_invocable_v<object&&>,
                  "pawl: a job of a pool is called as f() or f(worker), once; this object can be "
                  "called in neither way");
    static_assert(
        std::is_nothrow_constructible_v<object, F> && std::is_nothrow_move_constructible_v<object>,
        "pawl: putting this callable into its cell could throw. Pass it with std::move, "
        "or capture what owns memory by std::move or as a pointer");
    static_assert(std::is_nothrow_destructible_v<object>,
                  "pawl: the destructor of a job's callable must not throw");
    return true;
}

template <class F, class Worker>
void call_pool_job(F& function, Worker& worker) {  // NOLINT(misc-no-recursion): it may fork
    if constexpr (std::is_invocable_v<F&&, Worker&>) {
        static_assert(std::is_void_v<std::invoke_result_t<F&&, Worker&>>,
                      "pawl: a job of a pool returns nothing; what it computes it has to store");
        std::move(function)(worker);
    } else {
        static_assert(std::is_void_v<std::invoke_result_t<F&&>>,
                      "pawl: a job of a pool returns nothing; what it computes it has to store");
        std::move(function)();
    }
}

template <std::uint32_t Bytes, std::uint32_t Align, class Worker, platform Platform>
class pool_job {
public:
    template <class F>
    // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): it is constrained
    requires(!std::is_same_v<std::decay_t<F>, pool_job>) explicit pool_job(F&& function) noexcept
        : code_{&code<std::decay_t<F>>} {
        using object = std::decay_t<F>;
        static_assert(check<F>());
        ::new (static_cast<void*>(bytes_)) object(std::forward<F>(function));
    }
    pool_job(const pool_job&) = delete;
    pool_job& operator=(const pool_job&) = delete;

    // Moves the callable out, announces the vacancy, and runs it.
    void run(Worker& worker, vacancy<Platform> cell) noexcept { code_(*this, worker, cell, false); }

    // Destroys the callable instead, after drop(worker) if it has that: others may wait for it.
    void discard(Worker& worker, vacancy<Platform> cell) noexcept {
        code_(*this, worker, cell, true);
    }

    // Runs a callable for which there is no cell: as if it had been in one.
    template <class F>
    static void run_here(F&& function, Worker& worker) noexcept {
        static_assert(check<F>());
        std::decay_t<F> here{std::forward<F>(function)};
        call(here, worker);
    }

    // REQUIRES: it was made from an F, which is trivial.
    template <class F>
    [[nodiscard]] const F& peek() const noexcept {
        static_assert(std::is_trivially_destructible_v<F>);
        return *std::launder(reinterpret_cast<const F*>(bytes_));
    }

private:
    template <class F>
    static constexpr bool check() {
        using object = std::decay_t<F>;
        return check_pool_job<F, Worker>() && pool_job_of_bytes<sizeof(object), Bytes>::fits &&
               pool_job_aligned_to<alignof(object), Align>::fits;
    }

    template <class F>
    static void code(pool_job& self, Worker& worker, vacancy<Platform> cell,
                     bool discards) noexcept {
        F& stored = *std::launder(reinterpret_cast<F*>(self.bytes_));
        F function{std::move(stored)};
        stored.~F();  // NOLINT(bugprone-use-after-move): as it is after a move
        cell.announce();
        if (discards) [[unlikely]] {
            if constexpr (requires { function.drop(worker); }) {
                function.drop(worker);
            }
            return;
        }
        call(function, worker);
    }

    template <class F>
    // NOLINTNEXTLINE(misc-no-recursion)
    static void call(F& function, Worker& worker) noexcept {
#if PAWL_HAS_EXCEPTIONS
        try {
            call_pool_job(function, worker);
        } catch (...) {
            worker.threw();
        }
#else
        call_pool_job(function, worker);
#endif
    }

    void (*code_)(pool_job&, Worker&, vacancy<Platform>, bool) noexcept;
    alignas(Align) unsigned char bytes_[Bytes];
};

}  // namespace PAWL_ABI
}  // namespace pawl
