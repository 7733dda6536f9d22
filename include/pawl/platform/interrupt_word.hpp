// SPDX-License-Identifier: BSL-1.0
//
// interrupt_word: a platform's word on one core, shared by a main loop and its interrupts.
//
// What: the interface of std::atomic<std::uint32_t> that pawl uses, made of the same instructions
// (load and store exclusive on an ARM), without the barriers. An interrupt sees what its own core
// has done in program order, so all that an order has to forbid is the compiler's moving of
// accesses: a signal fence, which is no instruction. On a Cortex-M3 that is two `dmb` less an
// operation, 4 bytes each.
//
// Not for two cores that share memory: their platform's word is std::atomic<std::uint32_t>.
//
// Inlined always: an order is a constant only then.
//
// Cost: one plain load or store, or a loop of exclusive ones. Who may call: main loop and
// interrupts of any priority, of one core.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class interrupt_word {
public:
    constexpr interrupt_word() noexcept = default;
    interrupt_word(const interrupt_word&) = delete;
    interrupt_word& operator=(const interrupt_word&) = delete;

    [[gnu::always_inline]] std::uint32_t load(std::memory_order order) const noexcept {
        const std::uint32_t value = value_.load(std::memory_order_relaxed);
        std::atomic_signal_fence(order);
        return value;
    }
    [[gnu::always_inline]] void store(std::uint32_t value, std::memory_order order) noexcept {
        std::atomic_signal_fence(order);
        value_.store(value, std::memory_order_relaxed);
        if (order == std::memory_order_seq_cst) {
            std::atomic_signal_fence(order);  // before a load of another word, too
        }
    }

    [[gnu::always_inline]] std::uint32_t exchange(std::uint32_t value,
                                                  std::memory_order order) noexcept {
        const fences ordered{order};
        return value_.exchange(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] std::uint32_t fetch_add(std::uint32_t value,
                                                   std::memory_order order) noexcept {
        const fences ordered{order};
        return value_.fetch_add(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] std::uint32_t fetch_sub(std::uint32_t value,
                                                   std::memory_order order) noexcept {
        const fences ordered{order};
        return value_.fetch_sub(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] std::uint32_t fetch_or(std::uint32_t value,
                                                  std::memory_order order) noexcept {
        const fences ordered{order};
        return value_.fetch_or(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] std::uint32_t fetch_and(std::uint32_t value,
                                                   std::memory_order order) noexcept {
        const fences ordered{order};
        return value_.fetch_and(value, std::memory_order_relaxed);
    }

    [[gnu::always_inline]] bool compare_exchange_strong(std::uint32_t& expected,
                                                        std::uint32_t desired,
                                                        std::memory_order success,
                                                        std::memory_order failure) noexcept {
        const fences ordered{success, failure};
        // Both orders: the library finds the second one by a function that -Os may not put in line,
        // and an order that is not known is the strongest one, barriers and all.
        return value_.compare_exchange_strong(expected, desired, std::memory_order_relaxed,
                                              std::memory_order_relaxed);
    }
    [[gnu::always_inline]] bool compare_exchange_weak(std::uint32_t& expected,
                                                      std::uint32_t desired,
                                                      std::memory_order success,
                                                      std::memory_order failure) noexcept {
        const fences ordered{success, failure};
        return value_.compare_exchange_weak(expected, desired, std::memory_order_relaxed,
                                            std::memory_order_relaxed);
    }

private:
    // Before a read-modify-write that releases, and after one that acquires. No more than that: a
    // fence between a compare-and-swap and the branch on its result makes the compiler keep the
    // result in a register, and compare it once more: 5 instructions.
    struct fences {
        [[gnu::always_inline]] explicit fences(std::memory_order order) noexcept
            : fences{order, order} {}
        [[gnu::always_inline]] fences(std::memory_order order, std::memory_order failure) noexcept
            : acquires_{acquires(order) || acquires(failure)} {
            if (order != std::memory_order_relaxed && order != std::memory_order_acquire) {
                std::atomic_signal_fence(std::memory_order_seq_cst);
            }
        }
        [[gnu::always_inline]] ~fences() {
            if (acquires_) {
                std::atomic_signal_fence(std::memory_order_seq_cst);
            }
        }
        fences(const fences&) = delete;
        fences& operator=(const fences&) = delete;

    private:
        [[gnu::always_inline]] static constexpr bool acquires(std::memory_order order) noexcept {
            return order != std::memory_order_relaxed && order != std::memory_order_release;
        }

        bool acquires_;
    };

    std::atomic<std::uint32_t> value_{0};
};

}  // namespace PAWL_ABI
}  // namespace pawl
