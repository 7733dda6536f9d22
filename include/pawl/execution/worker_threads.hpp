// SPDX-License-Identifier: BSL-1.0
//
// worker_threads: the threads of a pool or a scheduler, from their start to the end of the last.
//
// What: starts them in storage that exists from the beginning, tells whether the caller is one of
// them, lets one that stops wait for the last to leave, as long as its deadline allows, and joins
// them.
//
// Cost: nothing while they run. Who may call: start(), await() and join() one thread at a time;
// wait_for_all() and leave() each of the threads, once; the rest anybody.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/execution/life.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Count, class Owner, platform Platform>
class worker_threads {
public:
    using time_point = typename Platform::time_point;

    // Starts so many threads, or with one_per_core as many as there are cores but at most `most`.
    // Each of them calls owner.work(its number); none gets past wait_for_all() before all are
    // started.
    template <class Lot>
    start_result start(Owner& owner, Platform& machine, Lot& lot, std::uint32_t workers,
                       std::uint32_t most) noexcept {
        const std::uint32_t wanted = workers == one_per_core
                                         ? std::min<std::uint32_t>(Platform::thread_count(), most)
                                         : workers;
        std::uint32_t count = 0;
        while (count < wanted) {
            threads_[count].owner = &owner;
            threads_[count].index = count;
            if (!threads_[count].handle.start(&entry, &threads_[count])) {
                break;
            }
            ++count;
        }
        // release: the threads' handles, to the workers that wait for this and to who stops.
        count_.store(count, std::memory_order_release);
        for (std::uint32_t index = 0; index < count; ++index) {
            lot.give_permit(machine, index);
        }
        return {count == 0 ? start_error::no_threads : start_error::none, count};
    }

    // A new thread's first act: the handles of all of them can be compared from then on.
    template <class Lot>
    void wait_for_all(Platform& machine, Lot& lot, std::uint32_t self) const noexcept {
        // acquire: pairs with start().
        while (count_.load(std::memory_order_acquire) == 0) {
            lot.park(machine, self);
        }
    }

    // The threads that were started; 0 until all are.
    [[nodiscard]] std::uint32_t count() const noexcept {
        return count_.load(std::memory_order_acquire);
    }

    // Which of them the caller is; count() or more: none.
    [[nodiscard]] std::uint32_t current() const noexcept {
        const std::uint32_t all = count();
        std::uint32_t index = 0;
        while (index < all && !threads_[index].handle.is_current()) {
            ++index;
        }
        return index;
    }

    // A thread is about to end. True for the last one, which says over() when all is done.
    [[nodiscard]] bool leave() noexcept {
        // acq_rel: the last one sees what all others did.
        return left_.fetch_add(1, std::memory_order_acq_rel) + 1 == count();
    }
    void over(Platform& machine) noexcept {
        // release: pairs with await().
        over_.store(1, std::memory_order_release);
        machine.unpark(stopper_);
    }

    // Waits for over(). False: the deadline came first (time_point::max(): it never does).
    [[nodiscard]] bool await(Platform& machine, time_point deadline) noexcept {
        // acquire: everything that the workers did.
        while (over_.load(std::memory_order_acquire) == 0) {
            if (deadline == time_point::max()) {
                machine.park(stopper_);
            } else if (!tick_clock<Platform>::reached(deadline, machine.now())) {
                machine.park_until(stopper_, deadline);
            } else {
                return false;
            }
        }
        return true;
    }

    PAWL_OUT_OF_LINE void join() noexcept {
        // relaxed: one thread at a time comes here.
        if (joined_.exchange(1, std::memory_order_relaxed) == 0) {
            for (std::uint32_t index = 0; index < count(); ++index) {
                threads_[index].handle.join();
            }
        }
    }

private:
    struct thread {
        Owner* owner = nullptr;
        std::uint32_t index = 0;
        typename Platform::thread handle = {};
    };

    static void entry(void* argument) noexcept {
        auto& self = *static_cast<thread*>(argument);
        self.owner->work(self.index);
    }

    typename Platform::word count_;
    typename Platform::word left_;
    typename Platform::word over_;
    typename Platform::word joined_;
    typename Platform::parker stopper_ = {};
    thread threads_[Count] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
