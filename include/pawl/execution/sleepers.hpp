// SPDX-License-Identifier: BSL-1.0
//
// sleepers: the permits of a fixed number of sleepers, and which of them to wake.
//
// Who sleeps is known by a set of bits that the owner of this keeps in a word of its own; a sleeper
// sets and clears its own bit, and nobody else does. Here is the rest: a parker for each, and a
// hint, in another word, of who has been called already, so that two calls wake two of them.
//
// Why a hint and no more: a caller that took the sleeper's bit away, and is stopped before it gives
// the permit, would leave others nobody to wake. When all that sleep have been called already, all
// of them are called again.
//
// Cost: waking one a read-modify-write, and the system's wake. Who may call: park and awake the
// sleeper itself, everything else any thread or interrupt.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Count, platform Platform>
class sleepers {
    static_assert(Count >= 1 && Count <= 32, "sleepers are the bits of a word");

public:
    static constexpr std::uint32_t bit(std::uint32_t sleeper) noexcept {
        return std::uint32_t{1} << sleeper;
    }

    // Wakes one of those asleep: rather one that nobody has called yet, and rather none of `last`.
    void call_one(Platform& machine, std::uint32_t asleep, std::uint32_t last = 0) noexcept {
        while (asleep != 0) {
            // relaxed: a hint; the call is ordered by the parker's own word.
            const std::uint32_t fresh = asleep & ~called_.load(std::memory_order_relaxed);
            const std::uint32_t best = fresh & ~last;
            const std::uint32_t from = best != 0 ? best : fresh;
            if (from == 0) {
                // All have been called, but any of those who called may stand before the permit.
                call_all(machine, asleep);
                return;
            }
            const auto chosen = static_cast<std::uint32_t>(std::countr_zero(from));
            if ((called_.fetch_or(bit(chosen), std::memory_order_relaxed) & bit(chosen)) == 0) {
                call(machine, chosen);
                return;
            }
        }
    }

    void call_all(Platform& machine, std::uint32_t asleep) noexcept {
        for (; asleep != 0; asleep &= asleep - 1) {
            call(machine, static_cast<std::uint32_t>(std::countr_zero(asleep)));
        }
    }

    // A permit for this one, asleep or not.
    void call(Platform& machine, std::uint32_t sleeper) noexcept {
        machine.unpark(parkers_[sleeper]);
    }

    void park(Platform& machine, std::uint32_t self) noexcept { machine.park(parkers_[self]); }
    void park_until(Platform& machine, std::uint32_t self,
                    typename Platform::time_point deadline) noexcept {
        machine.park_until(parkers_[self], deadline);
    }

    // To be called before the sleeper clears its bit.
    void awake(std::uint32_t self) noexcept {
        // relaxed: a hint.
        called_.fetch_and(~bit(self), std::memory_order_relaxed);
    }

private:
    typename Platform::word called_;  // who is about to be woken, or has been
    typename Platform::parker parkers_[Count] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
