// SPDX-License-Identifier: BSL-1.0
//
// interrupt_ring: index_ring for one core with compare-and-swap, and its interrupts.
//
// What: the same first-in-first-out ring of the numbers 0 to Capacity - 1, each in it at most once,
// where whoever comes in between is an interrupt, and has left before the interrupted one goes on.
// index_ring is this class where the platform says so; use it by that name.
//
// Why not index_ring as it is for threads: there any number of others may stand still for ever, so
// that a put has to look behind and ahead of its guess of the tail. Here those who stand still are
// the interrupted ones, a few, each a priority below the next; the guess is never ahead, and a
// third of the code and some instructions of each operation are not needed.
//
// How it works: as in index_ring (an entry holds the cycle in which it was written and the number,
// and is written and becomes visible by one compare-and-swap). The tail says where to begin to
// look. It is stored after the entry: an interrupt in between finds that entry written, and goes on
// to the next one; then it is behind by as many as came in between, and who puts next steps over
// them. It is never ahead, for what is stored is one beyond an entry that the same put has written.
// What is stored of a number is its bits that differ from those of the position a lap further on:
// what in its turn differs from them is the number, if the entry is written, and else too much. So
// one step tells both, and zero bytes are the initial ring, empty or full.
//
// Bound on aliasing: an operation that is interrupted while exactly a multiple of 2^32 positions go
// by takes an old word for a new one.
//
// Cost: put and get one compare-and-swap each, some 20 instructions; get_alone() none. A put looks
// at one entry more for each put by an interrupt that came between another one's write and its
// store. Who may call: main loop and interrupts, of one core.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The entries and who puts them: one code for rings of either start.
template <std::uint32_t Capacity, platform Platform>
class interrupt_ring_entries {
public:
    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 24;
    static_assert(Capacity >= 1 && Capacity <= capacity_max, "a ring holds 1 to 2^24 numbers");

    // Puts a number that is in no ring: never full.
    void put(std::uint32_t index) noexcept {
        PAWL_ASSERT(index < Capacity);
        // relaxed, here and below: what matters is said by the compare-and-swap.
        std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        for (;; ++tail) {
            word& entry = entries_[tail & mask];
            std::uint32_t seen = entry.load(std::memory_order_relaxed);
            while (((seen ^ tail) & ~mask) == 0) {  // as the cycle before this one has left it
                // release: what the caller wrote to the slot is visible to who acquires the entry.
                if (entry.compare_exchange_weak(seen, entry_of(index, tail),
                                                std::memory_order_release,
                                                std::memory_order_relaxed)) [[likely]] {
                    tail_.store(tail + 1, std::memory_order_relaxed);
                    return;
                }
            }
        }
    }

    // How many numbers have been put, modulo 2^32, by the caller's put()s at least.
    [[nodiscard]] std::uint32_t put_count() const noexcept {
        std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        while (is_written(load(tail), tail)) {
            ++tail;  // by who was interrupted, and those who came then
        }
        return tail;
    }

    static constexpr std::uint32_t capacity() noexcept { return Capacity; }

protected:
    using word = typename Platform::word;

    static constexpr std::uint32_t entry_count = std::bit_ceil(Capacity);
    static constexpr std::uint32_t mask = entry_count - 1;

    // Numbers end where a lap does, so that a full ring begins with 0.
    static constexpr std::uint32_t number_start = entry_count - Capacity;

    // The entry of a number at a position, and back.
    static constexpr std::uint32_t entry_of(std::uint32_t index, std::uint32_t position) noexcept {
        return (index + number_start) ^ (position + entry_count);
    }
    static constexpr std::uint32_t number_in(std::uint32_t seen, std::uint32_t position) noexcept {
        return (seen ^ (position + entry_count)) - number_start;
    }
    // Whether an entry that was seen at this position is written in the position's cycle.
    static constexpr bool is_written(std::uint32_t seen, std::uint32_t position) noexcept {
        return (seen ^ (position + entry_count)) <= mask;
    }
    // acquire: pairs with the release of put().
    [[nodiscard, gnu::always_inline]] std::uint32_t load(std::uint32_t position) const noexcept {
        return entries_[position & mask].load(std::memory_order_acquire);
    }

    // The entries first: then one address serves for all.
    word entries_[entry_count];
    word head_;
    word tail_;
};

template <std::uint32_t Capacity, bool Full, platform Platform>
class interrupt_ring : public interrupt_ring_entries<Capacity, Platform> {
    using base = interrupt_ring_entries<Capacity, Platform>;
    using base::entry_count;
    using base::head_;
    using base::is_written;
    using base::number_in;

public:
    // Takes the oldest number; false when there is none.
    [[nodiscard]] bool get(std::uint32_t& index) noexcept {
        for (;;) {
            std::uint32_t stored = head_.load(std::memory_order_acquire);
            const std::uint32_t head = stored - start;
            const std::uint32_t seen = this->load(head);
            if (is_written(seen, head)) [[likely]] {
                // release: pairs with the load above in who takes next.
                if (head_.compare_exchange_weak(stored, stored + 1, std::memory_order_release,
                                                std::memory_order_relaxed)) [[likely]] {
                    index = number_in(seen, head);
                    return true;
                }
            } else if (is_written(seen, head - entry_count)) {
                return false;
            }
            // An interrupt has taken what was there.
        }
    }

    // The same for the only one who takes. REQUIRES: nobody else does, meanwhile.
    [[nodiscard, gnu::always_inline]] bool get_alone(std::uint32_t& index) noexcept {
        const std::uint32_t stored = head_.load(std::memory_order_relaxed);
        const std::uint32_t head = stored - start;
        const std::uint32_t seen = this->load(head);
        if (!is_written(seen, head)) {
            return false;
        }
        head_.store(stored + 1, std::memory_order_release);
        index = number_in(seen, head);
        return true;
    }

    // What get() would take next, or any other number.
    [[nodiscard]] std::uint32_t guess_next() const noexcept {
        const std::uint32_t head = head_.load(std::memory_order_relaxed) - start;
        return number_in(this->load(head), head);
    }

    // How many numbers are in the ring: exact when nothing else runs, else a moment's guess.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        const std::uint32_t head = head_.load(std::memory_order_acquire) - start;
        std::uint32_t size = this->tail_.load(std::memory_order_relaxed) - head;
        size = size <= entry_count ? size : 0;
        while (size < entry_count && is_written(this->load(head + size), head + size)) {
            ++size;  // by who was interrupted, and those who came then
        }
        return size;
    }

    // True if no number was in the ring at some instant of the call.
    [[nodiscard]] bool empty() const noexcept {
        for (;;) {
            const std::uint32_t head = head_.load(std::memory_order_acquire) - start;
            const std::uint32_t seen = this->load(head);
            if (is_written(seen, head)) {
                return false;
            }
            if (is_written(seen, head - entry_count)) {
                return true;
            }
        }
    }

private:
    // Of a full ring, the head is this much behind the tail in the beginning.
    static constexpr std::uint32_t start = Full ? Capacity : 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
