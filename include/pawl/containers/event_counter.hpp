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
// half wraps; a reader tries again a few times, and then takes it that the writer is stopped in
// there: the size of the lower half says which upper half it belongs to. So no reader ever waits.
//
// Cost: add two relaxed memory accesses (four each 2^32 events); read three loads.
// Who may call: add() one thread at a time; read() anyone. (The bound: a reader that meets a wrap
// in every try, while 2^31 events are counted in its last one, may be wrong by 2^32.)
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
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
            high_first_.store(high, std::memory_order_relaxed);
            // release, here and below: who sees the new value sees the stores before; pairs with
            // read().
            low_.store(low + events, std::memory_order_release);
            high_last_.store(high, std::memory_order_release);
        } else {
            low_.store(low + events, std::memory_order_release);
        }
    }

    [[nodiscard]] std::uint64_t read() const noexcept {
        for (int tries = 1;; ++tries) {
            // acquire: the reverse order of add()'s stores.
            const std::uint32_t last = high_last_.load(std::memory_order_acquire);
            const std::uint32_t low = low_.load(std::memory_order_acquire);
            const std::uint32_t first = high_first_.load(std::memory_order_relaxed);
            if (first == last || tries == tries_max) {
                // While the lower half wraps it goes from above events_max to below.
                const std::uint32_t high = low > events_max ? last : first;
                return std::uint64_t{high} << 32 | low;
            }
        }
    }

private:
    static constexpr int tries_max = 8;

    typename Platform::word high_first_;
    typename Platform::word low_;
    typename Platform::word high_last_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
