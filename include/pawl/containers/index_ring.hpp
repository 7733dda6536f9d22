// SPDX-License-Identifier: BSL-1.0
//
// index_ring: a first-in-first-out ring of small integers that no frozen thread can block.
//
// What: holds each of the numbers 0 to Capacity - 1 at most once. A pool of slots is such a ring of
// free numbers beside an array; a ready list is another one. Many producers, many consumers.
//
// Why this one: the usual bounded queue gives a producer a ticket, and whoever holds a ticket and
// is stopped (preempted, interrupted, suspended) hides every item behind it. Here an entry becomes
// visible in one compare-and-swap, and anybody who finds the counter behind an entry moves it on:
// stop an operation at any instruction, for ever, and every other one still gets through. The
// algorithm is the naive circular queue of Ruslan Nikolaev, "A Scalable, Portable, and
// Memory-Efficient Lock-Free FIFO Queue" (DISC 2019); with 32-bit words only.
//
// How it works: the ring has a power of two of entries, at least Capacity. A position is a 32-bit
// counter; its low bits choose the entry, its high bits are the cycle. An entry holds the cycle in
// which it was written and the number. put() writes {cycle of tail, number} over an entry of the
// cycle before, then moves tail; get() reads an entry of head's cycle, then moves head.
//   Invariant (1): an entry's cycle only grows (modulo 2^32).
//   Invariant (2): a number is in at most one ring, and its holder is the only one to put it. So a
//   put always finds room and needs no result; a number put twice would overwrite, which is
//   asserted where the program can see it (the scheduler's states).
// Words are stored xored with their first value, so that zero bytes are the initial ring, empty or
// full, and a ring in .bss needs no constructor to run.
//
// Bound on aliasing: an operation that is stopped while exactly a multiple of 2^32 positions go by
// takes an old word for a new one. At 100 million operations a second that is 43 s of standing
// still and then one position in 4 billion.
//
// Cost: put two read-modify-writes, get one; a failed get two loads. `approx_size` two loads.
// Who may call: any thread or interrupt, all members.
//
//   pawl::index_ring<256, pawl::ring_start::full> free;      // 0, 1, 2, ... 255
//   std::uint32_t slot;
//   if (free.get(slot)) { /* slot is mine */ free.put(slot); }
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/masked_ring.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a new ring holds: nothing, or every number in ascending order.
enum class ring_start : bool { empty, full };

template <std::uint32_t Capacity, ring_start Start = ring_start::empty,
          platform Platform = default_platform>
class index_ring {
public:
    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 24;
    static_assert(Capacity >= 1 && Capacity <= capacity_max,
                  "an index_ring holds 1 to 2^24 numbers: at least 8 bits of cycle stay in a word");

    // Puts a number that is in no ring: never full, by invariant (2).
    void put(std::uint32_t index) noexcept {
        PAWL_ASSERT(index < Capacity);
        std::uint32_t tail = load(tail_, tail_start);
        for (;;) {
            word& entry = entries_[tail & mask];
            const std::uint32_t first = entry_start(tail & mask);
            std::uint32_t seen = load(entry, first);
            if (cycle(seen) == cycle(tail)) {
                // Somebody wrote this entry and has not moved the tail yet: move it for them.
                help(tail_, tail_start, tail);
                tail = load(tail_, tail_start);
                continue;
            }
            if (cycle(seen) + entry_count != cycle(tail)) {
                tail = load(tail_, tail_start);  // the ring went on while we looked
                continue;
            }
            // release: what the caller wrote to the slot is visible to the get() that acquires this
            // entry. Also acquire, so that a chain of helpers keeps the order of entry and tail.
            std::uint32_t stored = seen ^ first;
            if (entry.compare_exchange_strong(stored, (cycle(tail) | index) ^ first,
                                              std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
                help(tail_, tail_start, tail);
                return;
            }
        }
    }

    // Takes the oldest number; false when there is none. Never fails spuriously.
    [[nodiscard]] bool get(std::uint32_t& index) noexcept {
        std::uint32_t head = load(head_, head_start);
        for (;;) {
            const std::uint32_t seen = load(entries_[head & mask], entry_start(head & mask));
            if (cycle(seen) != cycle(head)) {
                if (cycle(seen) + entry_count == cycle(head)) {
                    return false;  // not yet written in this cycle: empty at this instant
                }
                head = load(head_, head_start);  // others went past us
                continue;
            }
            if (help(head_, head_start, head)) {
                index = seen & mask;
                return true;
            }
            head = load(head_, head_start);
        }
    }

    // How many numbers are in the ring: exact when nothing else runs, else a moment's guess between
    // 0 and Capacity.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        // In this order: a head that is read later is further on, so the difference never exceeds
        // what was in the ring. It may even be past the tail that was read.
        const std::uint32_t tail = load(tail_, tail_start);
        const std::uint32_t size = tail - load(head_, head_start);
        return size <= entry_count ? size : 0;
    }

    // True if no number was in the ring at some instant of the call. An entry that was written
    // counts even if its writer has not moved the tail. For a sleeper that looks before it parks
    // this is enough only if both sides have changed a common word in between, as parking_lot does.
    [[nodiscard]] bool empty() const noexcept {
        std::uint32_t head = load(head_, head_start);
        for (;;) {
            const std::uint32_t seen = load(entries_[head & mask], entry_start(head & mask));
            if (cycle(seen) == cycle(head)) {
                return false;
            }
            if (cycle(seen) + entry_count == cycle(head)) {
                return true;
            }
            head = load(head_, head_start);
        }
    }

    static constexpr std::uint32_t capacity() noexcept { return Capacity; }

private:
    using word = typename Platform::word;

    static constexpr std::uint32_t entry_count = std::bit_ceil(Capacity);
    static constexpr std::uint32_t mask = entry_count - 1;

    // Positions start in cycle 1, entries in cycle 0; in a full ring the first ones are in cycle 1.
    static constexpr std::uint32_t head_start = entry_count;
    static constexpr std::uint32_t tail_start =
        entry_count + (Start == ring_start::full ? Capacity : 0);

    static constexpr std::uint32_t entry_start(std::uint32_t entry) noexcept {
        return Start == ring_start::full && entry < Capacity ? entry_count | entry : 0;
    }

    static constexpr std::uint32_t cycle(std::uint32_t position) noexcept {
        return position & ~mask;
    }

    static std::uint32_t load(const word& stored, std::uint32_t start) noexcept {
        // acquire: pairs with the release of the compare-and-swap that wrote the word, so that a
        // counter is never seen ahead of the entries it passed, nor an entry ahead of its slot.
        return stored.load(std::memory_order_acquire) ^ start;
    }

    // Moves a counter on by one, unless somebody did. True if it was this call.
    static bool help(word& counter, std::uint32_t start, std::uint32_t position) noexcept {
        std::uint32_t stored = position ^ start;
        // release: hands on the entry's visibility with the counter; acquire on both ways, because
        // the caller goes on with what the winner saw. Pairs with load().
        return counter.compare_exchange_strong(
            stored, (position + 1) ^ start, std::memory_order_acq_rel, std::memory_order_acquire);
    }

    word head_;
    word tail_;
    word entries_[entry_count];
};

// Without compare-and-swap: a critical section an operation.
template <std::uint32_t Capacity, ring_start Start, platform Platform>
requires(Capacity > 0 && masking_platform<Platform>) class index_ring<Capacity, Start, Platform>
    : public masked_ring<Capacity, Start == ring_start::full, Platform> {
};

// Room for nothing: no bytes, and never an index.
template <ring_start Start, platform Platform>
class index_ring<0, Start, Platform> {
public:
    static void put(std::uint32_t) noexcept { PAWL_ASSERT(false); }
    [[nodiscard]] static bool get(std::uint32_t&) noexcept { return false; }
    [[nodiscard]] static std::uint32_t approx_size() noexcept { return 0; }
    [[nodiscard]] static bool empty() noexcept { return true; }
    static constexpr std::uint32_t capacity() noexcept { return 0; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
