// SPDX-License-Identifier: BSL-1.0
//
// work_deque: a bounded deque from which one owner takes what it put last, and thieves the oldest.
//
// What: 32-bit values, such as the indices of job cells. A worker of a pool pushes what its jobs
// spawn and pops it; a worker that has nothing steals from the others. Fixed memory; zero bytes are
// an empty deque, so that one in .bss needs no constructor to run.
//
// Why not a ring as of Go and Tokio, where the owner takes the oldest, too: what was spawned last
// is what the caches hold, and a tree of jobs run depth first needs room for its depth times its
// breadth, breadth first for a whole level. A thief gets the oldest: the largest part of a tree.
// And there every pop is a compare-and-swap, here that of the only value. In turn a thief can take
// half of such a ring at once; here it would take what the owner pops without a race. Who wants
// several steals several times.
//
// How it works: the deque of David Chase and Yossi Lev, "Dynamic Circular Work-Stealing Deque"
// (SPAA 2005), in the memory orders of Nhat Minh Le and others, "Correct and Efficient
// Work-Stealing for Weak Memory Models" (PPoPP 2013), without its fences: the orders are on the
// operations. Values lie at the positions from top to bottom, 32-bit counters that wrap. A thief
// takes the value at top by moving top. The owner announces a pop by lowering bottom, then looks at
// top: if more than one value was left it has what it announced, else it competes for top as a
// thief does.
//   Invariant (1): only the owner writes bottom and the entries; top only grows, by one, by a
//   compare-and-swap.
//   Invariant (2): of an announcement and a thief's taking of that position one sees the other.
//   Either the owner sees a top that has come there, or the thief sees the lowered bottom. That is
//   the one place for sequential consistency: bottom's store and top's load in pop(), against the
//   compare-and-swap that brings top there, and the loads of top and bottom in steal().
//   Invariant (3): who moves top from a position has taken its value, whatever bottom is. So the
//   owner need not announce anything when it sees one value alone: then a pop is one
//   compare-and-swap.
//   Invariant (4): an entry is written only after the owner saw that top has left its last value.
// On a platform with a fence that one side pays for both (membarrier_platform.hpp) the owner
// announces without a fence of its own as long as nobody steals: thieves.hpp.
//
// No operation has a loop or waits: stop one at any instruction, for ever, and it has at most the
// one value in its hand that it was about to take.
//
// Bound on aliasing: a thief that stands still in steal() while exactly a multiple of 2^32 values
// are stolen, or popped as the only one, takes an old value for a new one, which is lost. At 100
// million a second that is 43 s of standing still and then one number in 4 billion.
//
// Cost: push two loads and two stores. pop one store with a full barrier (on a membarrier_platform,
// where nobody steals, a plain store) or, of the only value, one compare-and-swap, and three loads;
// both only if a thief comes at that moment. steal three loads and a compare-and-swap. Pop and
// steal of an empty deque two loads. 4 bytes a value, and a cache line. Where the platform's words
// are plain memory all of it is plain loads and stores.
// Who may call: push and pop the owner, which is one thread at a time, and never an interrupt of
// it; the others any thread or interrupt. Without compare-and-swap every operation is one critical
// section, and any caller that this keeps apart may be the owner.
//
//   pawl::work_deque<256> mine;
//   if (!mine.push(cell)) { run(cell); }                        // full: no allocation, no waiting
//   while (mine.pop(cell)) { run(cell); }                       // the owner
//   while (others.steal(cell) == pawl::steal_result::lost_race) {}    // a thief
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/containers/thieves.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class steal_result : std::uint8_t {
    empty,      // nothing was there at some instant of the call
    taken,      // the oldest value
    lost_race,  // somebody else took that value meanwhile; there may be more
};

template <std::uint32_t Capacity, platform Platform = default_platform>
class work_deque {
    static_assert(std::has_single_bit(Capacity) && Capacity <= (std::uint32_t{1} << 30),
                  "a work_deque has room for a power of two of values, from 1 to 2^30");

public:
    using value_type = std::uint32_t;

    // The owner's. False: Capacity values were inside, and this one is not.
    [[nodiscard]] bool push(std::uint32_t value) noexcept {
        // relaxed: nobody else writes it.
        const std::uint32_t bottom = bottom_.load(std::memory_order_relaxed);
        // acquire: pairs with the release in steal()'s compare-and-swap. Who took the value that
        // this entry had has read it before it is written.
        if (bottom - top_.load(std::memory_order_acquire) >= Capacity) [[unlikely]] {
            return false;
        }
        push_at(bottom, value);
        return true;
    }

    // The owner's: the place, from 0 to Capacity - 1, at which the next push() puts its value. So
    // who keeps cells beside the deque can fill the cell of this number and push the number. False:
    // there is no room; true stays true until that push(), or push_there().
    [[nodiscard]] bool place(std::uint32_t& next) const noexcept {
        const std::uint32_t bottom = mark();
        next = bottom & mask;
        // acquire: as in push().
        return bottom - top_.load(std::memory_order_acquire) < Capacity;
    }

    // The owner's: pushes the number of that place. REQUIRES: place() said that there is room.
    void push_there() noexcept {
        const std::uint32_t bottom = mark();
        push_at(bottom, bottom & mask);
    }

    // The owner's: what is pushed from now on is pushed since this mark.
    [[nodiscard]] std::uint32_t mark() const noexcept {
        return bottom_.load(std::memory_order_relaxed);
    }

    // The owner's: takes what it pushed last. False: nothing is inside, and `value` is as it was.
    [[nodiscard]] PAWL_FAST_PATH bool pop(std::uint32_t& value) noexcept {
        return pop_if([](std::uint32_t) noexcept { return true; }, value);
    }

    // The same, but only if accepts(value) says so of that; else nothing is taken. It is asked
    // before it is sure that a thief does not have it.
    template <class Accepts>
    [[nodiscard]] PAWL_FAST_PATH bool pop_if(Accepts&& accepts, std::uint32_t& value) noexcept {
        const std::uint32_t bottom = bottom_.load(std::memory_order_relaxed);
        // relaxed: a top that is too old shows more values than there are. Then it is looked at
        // again, or a compare-and-swap fails.
        std::uint32_t top = top_.load(std::memory_order_relaxed);
        if (top == bottom) {
            return false;
        }
        const std::uint32_t last = bottom - 1;
        // relaxed: the owner wrote it.
        const std::uint32_t newest = entries_[last & mask].load(std::memory_order_relaxed);
        if (!accepts(newest)) {
            return false;
        }
        if (top == last) {
            if (!take(top)) {
                return false;
            }
        } else {
            // seq_cst, both, or the fence: invariant (2). release, in each case: who acquires this
            // bottom in steal() sees the entries below it, as with push().
            if constexpr (others::any) {
                bottom_.store(last, std::memory_order_release);
                others_.own_fence(top_);
            } else if constexpr (requires { Platform::store_seq_cst(bottom_, last); }) {
                Platform::store_seq_cst(bottom_, last);  // the next push loads it
            } else {
                bottom_.store(last, std::memory_order_seq_cst);
            }
            top = top_.load(std::memory_order_seq_cst);
            if (static_cast<std::int32_t>(last - top) <= 0) [[unlikely]] {
                // Thieves came as far as this.
                const bool mine = top == last && take(top);
                // relaxed: top is there as well, so that no value lies below it. Not before the
                // take: who says "empty" because of the announcement must stay right.
                bottom_.store(bottom, std::memory_order_relaxed);
                if (!mine) {
                    return false;
                }
            }
        }
        value = newest;
        return true;
    }

    // The owner's: how many values are inside, or more, if thieves have come. Then a pop() looks
    // once more.
    [[nodiscard]] std::uint32_t size_at_most() const noexcept {
        // relaxed: as in pop_if().
        return bottom_.load(std::memory_order_relaxed) - top_.load(std::memory_order_relaxed);
    }

    // The owner's: takes the oldest value, as a thief would. Never for a race with itself.
    [[nodiscard]] bool pop_oldest(std::uint32_t& value) noexcept {
        std::uint32_t top = 0;
        std::uint32_t bottom = 0;
        return !looks_empty(top, bottom) && steal_at(top, value) == steal_result::taken;
    }

    // Anybody's: takes the oldest value; `value` is as it was if none is taken. What its pusher
    // wrote before is visible.
    [[nodiscard]] steal_result steal(std::uint32_t& value) noexcept {
        return steal_that([](std::uint32_t) noexcept { return true; }, value);
    }

    // The same, but nothing that was pushed before a mark() of the owner's: that counts as empty.
    [[nodiscard]] steal_result steal_since(std::uint32_t mark, std::uint32_t& value) noexcept {
        return steal_that(
            [&](std::uint32_t top) noexcept { return static_cast<std::int32_t>(top - mark) >= 0; },
            value);
    }

    // The same, but only if accepts(value) says so of the oldest; else that counts as empty. The
    // owner may put another value in its place between the question and the taking.
    template <class Accepts>
    [[nodiscard]] steal_result steal_if(Accepts&& accepts, std::uint32_t& value) noexcept {
        // relaxed: as in steal_at().
        return steal_that(
            [&](std::uint32_t top) noexcept {
                return accepts(entries_[top & mask].load(std::memory_order_relaxed));
            },
            value);
    }

    // Whether a thief takes nothing from the owner that this would have at once: there are several
    // values, or one that has been alone since this was asked before, as far as positions tell.
    // `seen` belongs to the thief. A hint.
    [[nodiscard]] bool worth_stealing(std::uint32_t& seen) const noexcept {
        std::uint32_t top = 0;
        std::uint32_t bottom = 0;
        if (looks_empty(top, bottom)) {
            return false;
        }
        const bool waited = seen == bottom;
        seen = bottom;
        return waited || bottom - top > 1;
    }

    // True: nothing was inside at some instant of the call. For a sleeper that looks before it
    // parks this is enough only if both sides have changed a common word in between. False:
    // something was, or somebody took the last value meanwhile.
    [[nodiscard]] bool empty() const noexcept {
        std::uint32_t top = 0;
        std::uint32_t bottom = 0;
        return looks_empty(top, bottom);
    }

    // How many values are inside: exact when nothing else runs, else a guess from 0 to Capacity.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        // acquire: so that top is read later, and is further on; it may even be past this bottom.
        const std::uint32_t bottom = bottom_.load(std::memory_order_acquire);
        const std::uint32_t size = bottom - top_.load(std::memory_order_relaxed);
        return size <= Capacity ? size : 0;
    }

    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }

private:
    using word = typename Platform::word;
    using others = thieves<Platform>;
    static constexpr std::uint32_t mask = Capacity - 1;

    void push_at(std::uint32_t bottom, std::uint32_t value) noexcept {
        // relaxed: who reads it has acquired bottom, or fails to move top.
        entries_[bottom & mask].store(value, std::memory_order_relaxed);
        // release: the entry, and what the caller wrote to the cell that it names, are visible to
        // who acquires this bottom in steal().
        bottom_.store(bottom + 1, std::memory_order_release);
    }

    // A thief's, if accepts(top) says so of the position. Where the owner has to be told of
    // thieves, it is only for what can be taken.
    template <class Accepts>
    [[nodiscard]] steal_result steal_that(Accepts&& accepts, std::uint32_t& value) noexcept {
        std::uint32_t top = 0;
        std::uint32_t bottom = 0;
        if (looks_empty(top, bottom) || !accepts(top)) {
            return steal_result::empty;
        }
        if constexpr (others::any) {
            others_.enter();
            const steal_result result = steal_at(top, value);
            others_.leave();
            return result;
        } else {
            return steal_at(top, value);
        }
    }

    // Of a position that held a value when it was looked at.
    [[nodiscard]] steal_result steal_at(std::uint32_t top, std::uint32_t& value) noexcept {
        // relaxed: it is this position's value if top has not moved until it is taken.
        const std::uint32_t oldest = entries_[top & mask].load(std::memory_order_relaxed);
        // seq_cst: invariant (2), and release: pairs with push()'s acquire, for it has read the
        // entry. relaxed, if it fails: what was read is thrown away.
        if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                          std::memory_order_relaxed)) {
            return steal_result::lost_race;
        }
        value = oldest;
        return steal_result::taken;
    }

    // The owner's way to the last value: `top` is its position.
    [[nodiscard]] bool take(std::uint32_t top) noexcept {
        // release: a thief that sees this top sees bottom as it is now, and not as it was before
        // other pops; pairs with looks_empty(). acquire, if it fails: the thief's steal() comes
        // before what the owner does next; pairs with its compare-and-swap.
        return top_.compare_exchange_strong(top, top + 1, std::memory_order_release,
                                            std::memory_order_acquire);
    }

    // In this order: top only grows, so that at the moment of bottom's load nothing is inside if
    // bottom is not above it. It is one below while the owner looks whether the last is its own.
    [[nodiscard]] bool looks_empty(std::uint32_t& top, std::uint32_t& bottom) const noexcept {
        // seq_cst, both: invariant (2); acquire: bottom's pairs with push()'s release, top's with
        // take()'s.
        top = top_.load(std::memory_order_seq_cst);
        bottom = bottom_.load(std::memory_order_seq_cst);
        return bottom - top + 1 <= 1;
    }

    // The entries first: then one address serves for all. Top and bottom on one line: owner and
    // thieves need both, and on two lines two would go from core to core. (Beside a thief a value
    // cost 50 ns with two lines, 31 with one.)
    word entries_[Capacity];
    alignas(padding_bytes<Platform, alignof(word)>) word top_;
    word bottom_;
    PAWL_NO_UNIQUE_ADDRESS others others_;
};

// Without compare-and-swap: a critical section an operation. With no workers there is nobody to
// steal, and what is left is a stack.
template <std::uint32_t Capacity, platform Platform>
requires masking_platform<Platform>
class work_deque<Capacity, Platform> {
    static_assert(std::has_single_bit(Capacity) && Capacity <= (std::uint32_t{1} << 30),
                  "a work_deque has room for a power of two of values, from 1 to 2^30");

public:
    using value_type = std::uint32_t;

    [[nodiscard]] bool push(std::uint32_t value) noexcept {
        const critical masked;
        const std::uint32_t size = approx_size();
        if (size == Capacity) {
            return false;
        }
        entries_[(first_ + size) & mask] = value;
        set_size(size + 1);
        return true;
    }

    [[nodiscard]] bool pop(std::uint32_t& value) noexcept {
        return pop_if([](std::uint32_t) noexcept { return true; }, value);
    }
    template <class Accepts>
    [[nodiscard]] bool pop_if(Accepts&& accepts, std::uint32_t& value) noexcept {
        const critical masked;
        const std::uint32_t size = approx_size();
        if (size == 0 || !accepts(entries_[(first_ + size - 1) & mask])) {
            return false;
        }
        value = entries_[(first_ + size - 1) & mask];
        set_size(size - 1);
        return true;
    }

    [[nodiscard]] std::uint32_t size_at_most() const noexcept { return approx_size(); }

    [[nodiscard]] bool pop_oldest(std::uint32_t& value) noexcept {
        return steal(value) == steal_result::taken;
    }

    // Never a lost race.
    [[nodiscard]] steal_result steal(std::uint32_t& value) noexcept {
        const critical masked;
        const std::uint32_t size = approx_size();
        if (size == 0) {
            return steal_result::empty;
        }
        value = entries_[first_++ & mask];
        set_size(size - 1);
        return steal_result::taken;
    }

    [[nodiscard]] bool place(std::uint32_t& next) const noexcept {
        const critical masked;
        next = (first_ + approx_size()) & mask;
        return approx_size() < Capacity;
    }
    void push_there() noexcept {
        std::uint32_t next = 0;
        static_cast<void>(place(next) && push(next));
    }
    [[nodiscard]] std::uint32_t mark() const noexcept {
        const critical masked;
        return first_ + approx_size();
    }
    [[nodiscard]] steal_result steal_since(std::uint32_t mark, std::uint32_t& value) noexcept {
        const critical masked;
        return static_cast<std::int32_t>(first_ - mark) < 0 ? steal_result::empty : steal(value);
    }
    template <class Accepts>
    [[nodiscard]] steal_result steal_if(Accepts&& accepts, std::uint32_t& value) noexcept {
        const critical masked;
        return empty() || !accepts(entries_[first_ & mask]) ? steal_result::empty : steal(value);
    }
    [[nodiscard]] bool worth_stealing(std::uint32_t& seen) const noexcept {
        seen = mark();
        return !empty();
    }

    // How many values were inside at one instant of the call. relaxed: alone it says nothing, and
    // changes happen in critical sections.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool empty() const noexcept { return approx_size() == 0; }

    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }

private:
    using critical = typename Platform::critical;
    static constexpr std::uint32_t mask = Capacity - 1;

    void set_size(std::uint32_t size) noexcept { size_.store(size, std::memory_order_relaxed); }

    typename Platform::word size_;
    std::uint32_t first_ = 0;
    std::uint32_t entries_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
