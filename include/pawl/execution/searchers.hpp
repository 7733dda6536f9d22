// SPDX-License-Identifier: BSL-1.0
//
// searchers: how many look for work, so that a burst of jobs wakes one thread and not one a job.
//
// What: a wake of a sleeping core costs who gives it as much as a thousand jobs. So who brings a
// job wakes nobody while somebody is looking for work already: that one finds it, or looks once
// more before it sleeps. Who finds work and was the last to look sees to a successor, if there is
// more: the calls form a chain, one after the other, and nobody is called for nothing. (Go's
// scheduler calls it throttled unparking.) A thread that has been called counts as looking, from
// the call on.
//
// Only for queues whose users go on: a thread that is stopped for ever while it looks would keep
// the others asleep. A scheduler's rings do without it (parking_lot.hpp).
//
// How it works: beside the parking lot's word, which says who sleeps, a count of those who look and
// a bit: one has been called and does not look yet.
//
//   brings a job: put it in a queue; fence, or what stands for one there; if somebody sleeps and
//                 nobody looks: set the bit, and if it was not set, look again who sleeps, and call
//                 one                                                            (wake)
//   looks:        has found something: count down; was it the last, fence, and if there is more,
//                 do as who brings a job                                         (found)
//   sleeps:       count down; announce (parking lot); fence; look into every queue; park
//   awake:        retract (parking lot); count up; clear the bit                 (begin)
//
//   Invariant: while a queue holds a job whose bringer came through wake(), somebody looks or will
//   look into every queue, or nobody sleeps. The bit is set only by who then calls somebody, or
//   finds nobody asleep, clears it and looks again.
//
// Cost: a read-modify-write for each change between looking and working; none for a job that is
// found without looking. Who may call: any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
class searchers {
public:
    // Looks for work from now on.
    void begin() noexcept {
        // acq_rel, here and below: the order among themselves; that against jobs is the fence's.
        word_.fetch_add(1, std::memory_order_acq_rel);
    }
    // The same for one that may have been called. In this order: never nobody in between.
    void begin_awake() noexcept {
        begin();
        if ((word_.load(std::memory_order_relaxed) & called) != 0) {
            word_.fetch_and(~called, std::memory_order_acq_rel);
        }
    }
    // Does not look any more. True if that leaves nobody.
    [[nodiscard]] bool end() noexcept { return word_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    // About: how many.
    [[nodiscard]] std::uint32_t count() const noexcept {
        return word_.load(std::memory_order_relaxed) & ~called;
    }

    // Whether somebody looks, or has been called: who has put a job by try_emplace_before_look()
    // then needs nobody else. seq_cst: as parking_lot::look_after_put(), against the fence of who
    // found something and was the last.
    [[nodiscard]] bool anybody() const noexcept {
        return word_.load(std::memory_order_seq_cst) != 0;
    }

    // Calls somebody of those asleep in the lot, if nobody looks. REQUIRES: a fence since the job
    // was put; `seen` was looked at after it. True if somebody was called.
    template <class Lot>
    bool wake(Lot& lot, Platform& machine, typename Lot::view seen) noexcept {
        while (seen.sleepers() != 0) {
            // relaxed: as a failing exchange, which would take the line from who looks.
            std::uint32_t nobody = word_.load(std::memory_order_relaxed);
            if (nobody != 0 ||
                !word_.compare_exchange_strong(nobody, called, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)) {
                return false;
            }
            // Again: of those who slept then, some may be awake and past looking.
            seen = lot.look();
            if (seen.sleepers() != 0) {
                lot.wake_one(machine, seen);
                return true;
            }
            // Others may have relied on the bit meanwhile.
            word_.fetch_and(~called, std::memory_order_acq_rel);
            seen = lot.look();
        }
        return false;
    }

private:
    static constexpr std::uint32_t called = std::uint32_t{1} << 31;

    alignas(padding_bytes<Platform, alignof(typename Platform::word)>)
        typename Platform::word word_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
