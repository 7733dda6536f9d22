// SPDX-License-Identifier: BSL-1.0
//
// masked_word: a platform's word on a core without compare-and-swap.
//
// What: the interface of std::atomic<std::uint32_t> that pawl uses. A load and a store are one
// instruction each, everything else is a critical section of a few: on a Cortex-M0 the library's
// atomics do not link for these, and std::atomic_flag compiles to something that is not atomic.
//
// It serves single words, such as a job's state. A ring of indices is not made of these, but is one
// critical section an operation: see masked_ring.hpp.
//
// Critical: constructed, it keeps every interrupt away that submits; destroyed, it restores what
// was before. It nests. If it says `between_cores`, it keeps other cores away too (core_lock.hpp),
// and loads and stores outside of it are fenced for their sake.
//
// Cost: a read-modify-write masks interrupts for a few instructions. Who may call: main loop and
// interrupts of one core, as far as Critical masks them.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Critical>
concept critical_between_cores = Critical::between_cores;

template <class Critical>
class masked_word {
public:
    constexpr masked_word() noexcept = default;
    masked_word(const masked_word&) = delete;
    masked_word& operator=(const masked_word&) = delete;

    // A fence keeps the compiler from moving accesses of what the word publishes; the core itself
    // shows an interrupt everything in program order, but not another core.
    [[gnu::always_inline]] std::uint32_t load(std::memory_order order) const noexcept {
        if (order == std::memory_order_seq_cst) {
            fence(order);  // after a change of another word, too
        }
        const std::uint32_t value = value_.load(std::memory_order_relaxed);
        fence(order);
        return value;
    }
    [[gnu::always_inline]] void store(std::uint32_t value, std::memory_order order) noexcept {
        if constexpr (critical_between_cores<Critical>) {
            // Between another core's reading and writing of a change it would be lost.
            const Critical masked;
            set(value);
            return;
        }
        fence(order);
        value_.store(value, std::memory_order_relaxed);
        if (order == std::memory_order_seq_cst) {
            fence(order);  // before a load of another word, too
        }
    }

    [[gnu::always_inline]] std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        return replace([value](std::uint32_t) { return value; });
    }
    [[gnu::always_inline]] std::uint32_t fetch_add(std::uint32_t value,
                                                   std::memory_order) noexcept {
        return replace([value](std::uint32_t old) { return old + value; });
    }
    [[gnu::always_inline]] std::uint32_t fetch_sub(std::uint32_t value,
                                                   std::memory_order) noexcept {
        return replace([value](std::uint32_t old) { return old - value; });
    }
    [[gnu::always_inline]] std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        return replace([value](std::uint32_t old) { return old | value; });
    }
    [[gnu::always_inline]] std::uint32_t fetch_and(std::uint32_t value,
                                                   std::memory_order) noexcept {
        return replace([value](std::uint32_t old) { return old & value; });
    }

    [[gnu::always_inline]] bool compare_exchange_strong(std::uint32_t& expected,
                                                        std::uint32_t desired, std::memory_order,
                                                        std::memory_order) noexcept {
        const Critical masked;
        const std::uint32_t old = get();
        if (old != expected) {
            expected = old;
            return false;
        }
        set(desired);
        return true;
    }
    [[gnu::always_inline]] bool compare_exchange_weak(std::uint32_t& expected,
                                                      std::uint32_t desired,
                                                      std::memory_order success,
                                                      std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    [[gnu::always_inline]] static void fence(std::memory_order order) noexcept {
        if constexpr (critical_between_cores<Critical>) {
            std::atomic_thread_fence(order);
        } else {
            std::atomic_signal_fence(order);
        }
    }

    // Inside of a critical section, whose ends the compiler moves nothing across.
    [[nodiscard]] std::uint32_t get() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }
    void set(std::uint32_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

    template <class Change>
    std::uint32_t replace(Change change) noexcept {
        const Critical masked;
        const std::uint32_t old = get();
        set(change(old));
        return old;
    }

    std::atomic<std::uint32_t> value_{0};
};

}  // namespace PAWL_ABI
}  // namespace pawl
