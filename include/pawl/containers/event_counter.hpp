// SPDX-License-Identifier: BSL-1.0
//
// event_counter: a 64-bit total that only grows, from 32-bit words.
//
// Why not std::atomic<std::uint64_t>: it does not link on a Cortex-M. Why no read-modify-write:
// each writer has a counter of its own, so counting is a load and a store on a line nobody else
// writes.
//
// How it works (after Lamport, "Concurrent Reading and Writing", 1977): the writer stores the upper
// half, the lower half, the upper half again, and a reader reads them in the other order. If it
// finds the two upper halves equal, what it read belongs together. They differ only while the lower
// half wraps: then the lower half, read once more, says by its size which upper half it belongs to,
// if the wrap that was met still is the last one; else the reader tries again. So no reader waits
// for a writer that is stopped; it only repeats when 2^32 events went by.
//
// Cost: add two relaxed memory accesses (four each 2^32 events); read three loads.
// Who may call: add() one thread at a time; read() anyone.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
class event_counter {
public:
    static constexpr std::uint32_t events_max = 0x7FFF'FFFF;

    // REQUIRES: events <= events_max.
    void add(std::uint32_t events = 1) noexcept {
        PAWL_ASSERT(events <= events_max);
        // relaxed: only this thread writes.
        const std::uint32_t low = low_.load(std::memory_order_relaxed);
        if (low + events < low) {
            const std::uint32_t high = high_first_.load(std::memory_order_relaxed) + 1;
            // release, here and below: who sees the new value sees the stores before; pairs with
            // read().
            high_first_.store(high, std::memory_order_release);
            low_.store(low + events, std::memory_order_release);
            high_last_.store(high, std::memory_order_release);
        } else {
            low_.store(low + events, std::memory_order_release);
        }
    }

    [[nodiscard]] std::uint64_t read() const noexcept {
        for (;;) {
            // acquire, everywhere: the reverse order of add()'s stores.
            const std::uint32_t last = high_last_.load(std::memory_order_acquire);
            const std::uint32_t low = low_.load(std::memory_order_acquire);
            const std::uint32_t first = high_first_.load(std::memory_order_acquire);
            if (first == last) {
                return std::uint64_t{first} << 32 | low;
            }
            const std::uint32_t wrapping = low_.load(std::memory_order_acquire);
            if (high_last_.load(std::memory_order_acquire) == last) {
                // It goes from above events_max to below.
                return std::uint64_t{wrapping > events_max ? last : first} << 32 | wrapping;
            }
        }
    }

private:
    typename Platform::word high_first_;
    typename Platform::word low_;
    typename Platform::word high_last_;
};

// Where nothing runs beside the caller.
template <platform Platform>
requires(is_alone_on<Platform>) class event_counter<Platform> {
public:
    static constexpr std::uint32_t events_max = 0x7FFF'FFFF;

    void add(std::uint32_t events = 1) noexcept {
        PAWL_ASSERT(events <= events_max);
        count_ += events;
    }
    [[nodiscard]] std::uint64_t read() const noexcept { return count_; }

private:
    std::uint64_t count_ = 0;
};

// One core and its interrupts: nobody reads between the two stores of a critical section. Counting
// is a load and a store; a reader that is interrupted by the writer reads again.
template <platform Platform>
requires(interrupt_platform<Platform>) class event_counter<Platform> {
public:
    static constexpr std::uint32_t events_max = 0x7FFF'FFFF;

    [[gnu::always_inline]] void add(std::uint32_t events = 1) noexcept {
        PAWL_ASSERT(events <= events_max);
        const std::uint32_t before = low_.load(std::memory_order_relaxed);
        if (before + events < before) [[unlikely]] {
            carry(before + events);
        } else {
            low_.store(before + events, std::memory_order_relaxed);
        }
    }

    [[nodiscard]] std::uint64_t read() const noexcept {
        for (;;) {
            const std::uint32_t high = high_.load(std::memory_order_acquire);
            const std::uint32_t low = low_.load(std::memory_order_acquire);
            if (high_.load(std::memory_order_acquire) == high) {
                return std::uint64_t{high} << 32 | low;
            }
        }
    }

private:
    PAWL_OUT_OF_LINE void carry(std::uint32_t low) noexcept {
        const typename Platform::critical masked;
        high_.store(high_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        low_.store(low, std::memory_order_relaxed);
    }

    typename Platform::word high_;
    typename Platform::word low_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
