// SPDX-License-Identifier: BSL-1.0
//
// index_ring: a first-in-first-out ring of small integers that no frozen thread can block.
//
// What: holds each of the numbers 0 to Capacity - 1 at most once. A pool of slots is such a ring of
// free numbers beside an array; a ready list is another one. Many producers, many consumers.
//
// Why this one: the usual bounded queue gives a producer a ticket, and whoever holds a ticket and
// is stopped (preempted, interrupted, suspended) hides every item behind it. Here an entry becomes
// visible in one compare-and-swap, and nothing else has to follow: stop an operation at any
// instruction, for ever, and every other one still gets through. The algorithm is the naive
// circular queue of Ruslan Nikolaev, "A Scalable, Portable, and Memory-Efficient Lock-Free FIFO
// Queue" (DISC 2019), with 32-bit words only, and with a tail that is a guess: there everybody who
// finds the tail behind moves it by a compare-and-swap, which is a third of the cost of a pair.
//
// How it works: the ring has a power of two of entries, at least Capacity. A position is a 32-bit
// counter; its low bits choose the entry, its high bits are the cycle. An entry holds the cycle in
// which it was written and the number. get() reads the entry of head's cycle, and takes it by
// moving head. put() writes {cycle, number} over an entry of the cycle before, at the first
// position that is not written: it looks where the guess says, and seeks from there if the guess is
// old.
//   Invariant (1): an entry's cycle only grows (modulo 2^32).
//   Invariant (2): a position is written only if the one before it is; put() has seen both. So the
//   entries alone say where the ring ends, and any guess would do.
//   Invariant (3): a number is in at most one ring, and its holder is the only one to put it. So a
//   put always finds room and needs no result; a number put twice would overwrite, which is
//   asserted where the program can see it (the scheduler's states).
// Zero bytes are the initial ring, empty or full, so that a ring in .bss needs no constructor to
// run: counters are stored xored with their first value, and a number as its difference to its
// entry's own place. An empty ring is a full one whose head has come to the tail.
//
// Bound on aliasing: an operation that is stopped while exactly a multiple of 2^32 positions go by
// takes an old word for a new one. At 100 million operations a second that is 43 s of standing
// still and then one position in 4 billion.
//
// Cost: put and get one read-modify-write each; a failed get two loads. A put whose guess is d
// positions old (d others came between somebody's write and its guess) looks at some 2 log2(d)
// entries more; `approx_size` at two, and as many more.
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
#include <pawl/containers/interrupt_ring.hpp>
#include <pawl/containers/masked_ring.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a new ring holds: nothing, or every number in ascending order.
enum class ring_start : bool { empty, full };

// The entries and who puts them: one code for rings of either start.
template <std::uint32_t Capacity, platform Platform>
class index_ring_entries {  // NOLINT(clang-analyzer-optin.performance.Padding): on purpose
public:
    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 24;
    static_assert(Capacity >= 1 && Capacity <= capacity_max,
                  "an index_ring holds 1 to 2^24 numbers: at least 8 bits of cycle stay in a word");

    // Puts a number that is in no ring: never full, by invariant (3).
    void put(std::uint32_t index) noexcept {
        PAWL_ASSERT(index < Capacity);
        std::uint32_t tail = tail_guess();
        for (;;) {
            word& entry = entries_[tail & mask];
            // relaxed: only its cycle counts, and the compare-and-swap says whether it still holds.
            std::uint32_t seen = entry.load(std::memory_order_relaxed);
            // seq_cst: see where the entry is written.
            const std::uint32_t before =
                entries_[(tail - 1) & mask].load(std::memory_order_seq_cst);
            if (cycle(before) == cycle(tail - 1) && cycle(seen) == cycle(tail - entry_count))
                [[likely]] {
                // As release: what the caller wrote to the slot, and the entry before that was
                // seen, are visible to who acquires this entry in load(). So nobody sees a position
                // written and one before it not. seq_cst for the sake of who sleeps: a seq_cst load
                // after put() needs no fence in between, see parking_lot::look_after_put().
                if (entry.compare_exchange_weak(seen, cycle(tail) | coded(index, tail),
                                                std::memory_order_seq_cst,
                                                std::memory_order_relaxed)) [[likely]] {
                    // relaxed: a guess.
                    tail_.store((tail + 1) ^ entry_count, std::memory_order_relaxed);
                    return;
                }
            }
            tail = find_tail(tail);
        }
    }

    // How many numbers have been put, modulo 2^32, by the caller's put()s at least.
    [[nodiscard]] std::uint32_t put_count() const noexcept {
        return find_tail(tail_guess()) - entry_count;
    }

    static constexpr std::uint32_t capacity() noexcept { return Capacity; }

protected:
    using word = typename Platform::word;

    // Positions start in cycle 1: tail there, and head there or Capacity positions before. All
    // entries start in cycle 0, with the last Capacity of them holding 0 to Capacity - 1.
    static constexpr std::uint32_t entry_count = std::bit_ceil(Capacity);
    static constexpr std::uint32_t mask = entry_count - 1;

    static constexpr std::uint32_t cycle(std::uint32_t position) noexcept {
        return position & ~mask;
    }

    // A number in the entry of a position, and back: zero in the entries that are never written.
    static constexpr std::uint32_t coded(std::uint32_t index, std::uint32_t position) noexcept {
        return (index - position - Capacity) & mask;
    }
    static constexpr std::uint32_t decoded(std::uint32_t seen, std::uint32_t position) noexcept {
        return (seen + position + Capacity) & mask;
    }

    // The entry of a position, as it is now. acquire: pairs with the release of put().
    [[nodiscard, gnu::always_inline]] std::uint32_t load(std::uint32_t position) const noexcept {
        return entries_[position & mask].load(std::memory_order_acquire);
    }

    // Where the tail is, or was. relaxed: any guess would do.
    [[nodiscard]] std::uint32_t tail_guess() const noexcept {
        return tail_.load(std::memory_order_relaxed) ^ entry_count;
    }

    // The first position that is not written, from a guess of any age.
    [[nodiscard, gnu::noinline]] std::uint32_t find_tail(std::uint32_t tail) const noexcept {
        if (!written(tail - 1)) {
            // So old that it seems to lie ahead; but this has been written:
            tail = (cycle(load(tail - 1)) | ((tail - 1) & mask)) + 1;
        }
        // In steps that double until one goes too far, and are then halved.
        std::uint32_t step = 1;
        for (; written(tail + step - 1); step *= 2) {
            tail += step;
        }
        while (step > 1) {
            step /= 2;
            if (written(tail + step - 1)) {
                tail += step;
            }
        }
        return tail;
    }

private:
    [[nodiscard, gnu::noinline]] bool written(std::uint32_t position) const noexcept {
        return static_cast<std::int32_t>(cycle(load(position)) - cycle(position)) >= 0;
    }

protected:
    // The entries first: then one address serves for all. Who takes and who puts write no common
    // line.
    word entries_[entry_count];
    alignas(padding_bytes<Platform, alignof(word)>) word head_;
    alignas(padding_bytes<Platform, alignof(word)>) word tail_;
};

template <std::uint32_t Capacity, ring_start Start = ring_start::empty,
          platform Platform = default_platform>
class index_ring : public index_ring_entries<Capacity, Platform> {
    using base = index_ring_entries<Capacity, Platform>;
    using base::cycle;
    using base::entry_count;
    using base::head_;

public:
    // Takes the oldest number; false when there is none. Never fails spuriously.
    [[nodiscard]] bool get(std::uint32_t& index) noexcept {
        for (;;) {
            std::uint32_t stored = head_stored();
            const std::uint32_t head = stored ^ head_start;
            const std::uint32_t seen = this->load(head);
            if (cycle(seen) == cycle(head)) [[likely]] {
                // release: what this thread knows to be in the ring is visible to who meets the new
                // head in head_stored(). What comes with the number comes with its entry. relaxed,
                // if it fails: all is looked at again.
                if (head_.compare_exchange_weak(stored, (head + 1) ^ head_start,
                                                std::memory_order_release,
                                                std::memory_order_relaxed)) [[likely]] {
                    index = base::decoded(seen, head);
                    return true;
                }
            } else if (cycle(seen) == cycle(head - entry_count)) {
                return false;  // not yet written in this cycle: empty at this instant
            }
            // Others went past us.
        }
    }

    // The same for the only one who takes, who has something of it on one core.
    [[nodiscard]] bool get_alone(std::uint32_t& index) noexcept { return get(index); }

    // What get() would take next, or any other number: for who fetches memory ahead.
    [[nodiscard]] std::uint32_t guess_next() const noexcept {
        // relaxed: nothing is looked at that comes with the number.
        const std::uint32_t head = head_.load(std::memory_order_relaxed) ^ head_start;
        return base::decoded(this->entries_[head & base::mask].load(std::memory_order_relaxed),
                             head);
    }

    // How many numbers are in the ring: exact when nothing else runs, else a moment's guess between
    // 0 and Capacity.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        // In this order: a head that is read later is further on, so the difference never exceeds
        // what was in the ring. It may even be past the tail that was found.
        const std::uint32_t tail = this->find_tail(this->tail_guess());
        const std::uint32_t size = tail - (head_stored() ^ head_start);
        return size <= entry_count ? size : 0;
    }

    // True if no number was in the ring at some instant of the call. For a sleeper that looks
    // before it parks this is enough only if both sides have changed a common word in between, as
    // parking_lot does.
    [[nodiscard]] bool empty() const noexcept {
        for (;;) {
            const std::uint32_t head = head_stored() ^ head_start;
            // relaxed: nothing is looked at that comes with the number.
            const std::uint32_t seen =
                this->entries_[head & base::mask].load(std::memory_order_relaxed);
            if (cycle(seen) == cycle(head)) {
                return false;
            }
            if (cycle(seen) == cycle(head - entry_count)) {
                return true;
            }
        }
    }

private:
    // acquire: pairs with the release in get(). Who sees that a number was taken sees what the
    // taker knew to be behind it. Without it, `empty` could be said of a ring that has not been
    // empty since the caller's own put.
    [[nodiscard]] std::uint32_t head_stored() const noexcept {
        return head_.load(std::memory_order_acquire);
    }

    static constexpr std::uint32_t head_start =
        entry_count - (Start == ring_start::full ? Capacity : 0);
};

// Without compare-and-swap: a critical section an operation.
template <std::uint32_t Capacity, ring_start Start, platform Platform>
requires(Capacity > 0 && masking_platform<Platform>) class index_ring<Capacity, Start, Platform>
    : public masked_ring<Capacity, Start == ring_start::full, Platform> {
};

// One core and its interrupts: less to look at.
template <std::uint32_t Capacity, ring_start Start, platform Platform>
requires(Capacity > 0 && interrupt_platform<Platform> &&
         !masking_platform<Platform>) class index_ring<Capacity, Start, Platform>
    : public interrupt_ring<Capacity, Start == ring_start::full, Platform> {
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
