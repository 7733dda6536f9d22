// SPDX-License-Identifier: BSL-1.0
//
// pool_group: jobs that a job forks, and joins.
//
//   auto group = worker.group();
//   group.spawn([&] { left(); });
//   right();
//   group.wait();                     // the destructor does so, too
//
// Waiting. Who waits for a group runs what lies on top of its own deque, until the group has ended:
// that is what it waits for, and what that spawned, and never what was there before the group. For
// thieves take the oldest: when one of the group's jobs is gone, all that is older is gone, too.
// What others have taken it waits for, and meanwhile helps the one that took it, but only with what
// came out of that job (leapfrogging: Wagner and Calder, "Leapfrogging", PPoPP 1993), at most
// pool_limits.depth deep. Then it sleeps. So an unrelated job never runs inside a wait, what is
// spawned beside an open group goes to the pool's queue, no wait needs anybody who has not begun,
// and the stack is as deep as the program's own nesting, and that many helps. (One exception: if
// the thief ends that job, and begins another that spawns, between two loads and a compare-and-swap
// of the helper.)
//
// Cost: a group is some words on the stack; what it counts is plain unless others took part. Who
// may call: the job that opened it.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/execution/pool_job.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <pool_limits L, platform Platform>
class pool_worker;

// Jobs that a job waits for. Opened by worker.group(); the destructor waits.
template <pool_limits L, platform Platform>
class pool_group {
    using worker_type = pool_worker<L, Platform>;

public:
    // The destructor takes the address away again, which GCC does not see.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
    explicit pool_group(worker_type& worker) noexcept : worker_{worker}, outer_{worker.open_} {
        worker.open_ = this;
    }
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic pop
#endif
    ~pool_group() {
        if (spawned_ != 0) {
            wait();
        }
        worker_.open_ = outer_;
    }
    pool_group(const pool_group&) = delete;
    pool_group& operator=(const pool_group&) = delete;

    // REQUIRES: the job that opened the group, and none that it spawned. Without room the job runs
    // at once.
    template <class F>
    // NOLINTNEXTLINE(misc-no-recursion): as pool_worker::inside()
    PAWL_FAST_PATH void spawn(F&& function) noexcept {
        using object = child<std::decay_t<F>>;
        static_assert(check_pool_job<F, worker_type>());
        ++spawned_;
        object job{std::forward<F>(function), this};
        if (!worker_.push(std::move(job))) {
            // It has not been moved from. NOLINTNEXTLINE(bugprone-use-after-move)
            run_here(passed_aside<object>(std::move(job)));
        }
    }

    // Returns when all of them have ended; true if none of them threw. More may be spawned then.
    bool wait() noexcept {
        for (;;) {
            // acquire: what the others did; pairs with ended().
            const std::uint32_t elsewhere = elsewhere_.load(std::memory_order_acquire);
            if (own_ + (elsewhere >> 1) == spawned_) {
                break;
            }
            if (!worker_.run_top()) {
                worker_.help(*this, elsewhere);
            }
        }
        own_ = spawned_ = 0;
        // relaxed: nobody else knows the group now.
        elsewhere_.store(0, std::memory_order_relaxed);
        const bool good = failed_.load(std::memory_order_relaxed) == 0;
        failed_.store(0, std::memory_order_relaxed);
        return good;
    }

private:
    friend worker_type;

    // For fork_join(): a function that stays where it is. False: there is no room.
    template <class F>
    [[nodiscard]] PAWL_FAST_PATH bool fork(F& function) noexcept {
        ++spawned_;
        return worker_.push(child<by_name<F>>{{&function}, this});
    }
    template <class F>
    struct by_name {
        F* function;
        // NOLINTNEXTLINE(misc-no-recursion): as spawn()
        void operator()(worker_type& worker) const { call_pool_job(*function, worker); }
    };
    // It was taken back, or never put.
    void forget() noexcept { spawned_ = 0; }

    template <class F>
    struct child {
        F function;
        pool_group* group;

        void operator()(worker_type& worker) noexcept {  // NOLINT(misc-no-recursion): as spawn()
            pool_group* const from = group;
            if (&worker != &from->worker_) {
                // relaxed: a hint where to help.
                from->helper_.store(worker.index() + 1, std::memory_order_relaxed);
            }
#if PAWL_HAS_EXCEPTIONS
            try {
                call_pool_job(function, worker);
            } catch (...) {
                // relaxed: comes with ended().
                from->failed_.store(1, std::memory_order_relaxed);
                worker.threw();
            }
#else
            call_pool_job(function, worker);
#endif
            from->ended(worker);
        }
    };

    template <class Job>
    PAWL_OUT_OF_LINE void run_here(Job&& job) noexcept {  // NOLINT(misc-no-recursion): as spawn()
        worker_.inside([&] { job(worker_); });            // NOLINT(misc-no-recursion): as spawn()
        worker_.ran_.add();
    }

    static constexpr std::uint32_t waits = 1;  // in elsewhere_: the owner sleeps, or is about to
    static constexpr std::uint32_t one = 2;

    void ended(worker_type& by) noexcept {
        if (&by == &worker_) {
            ++own_;
            return;
        }
        worker_type& owner = worker_;
        // release: what the job did; pairs with wait(). acquire: so that the owner's sleep comes
        // before its wake. The group may be gone after this.
        if ((elsewhere_.fetch_add(one, std::memory_order_acq_rel) & waits) != 0) {
            owner.wake_from_wait();
        }
    }

    worker_type& worker_;
    pool_group* const outer_;
    std::uint32_t spawned_ = 0;
    std::uint32_t own_ = 0;              // ended by the owner
    typename Platform::word elsewhere_;  // ended by others, and `waits`
    typename Platform::word helper_;     // who took one of them last, and 1
    typename Platform::word failed_;     // 1: one of them threw
};

}  // namespace PAWL_ABI
}  // namespace pawl
