// SPDX-License-Identifier: BSL-1.0
//
// mpmc_queue: a bounded queue that no stopped thread and no interrupt can block.
//
// What: first in, first out, for any number of producers and consumers, threads and interrupts
// alike, in memory fixed at compile time. Stop an operation at any instruction, for ever: every
// other one still gets through, and no item that was accepted is lost or hidden.
//
// Why not the usual ticket queue (a counter, and a sequence number in each cell): there a producer
// that is stopped between its two steps hides every item behind its own, and a consumer makes the
// queue look full; an interrupt that meets such a queue cannot get through, and must not wait. That
// queue is here too, where throughput counts for more: ticket_queue.hpp.
//
// How it works: a ring of free slots, a ring of filled ones (index_ring.hpp), and the items beside
// them. A push takes a free slot, builds the item there, and puts the slot into the other ring; a
// pop does the reverse. Whoever is stopped has at most one slot in its hand, and nothing else.
//
// What a failure says. try_pop() fails if at some instant of the call no item was in the queue; an
// item counts from the moment in which its push is visible. try_push() fails if at some instant no
// slot was free: Capacity slots held items or were in the hands of operations under way. So a push
// beside a pop may fail while fewer than Capacity items are inside, by as many as there are
// operations under way, or stopped; alone, it fails on a full queue only. Neither fails for any
// other reason.
//
// Cost: push and pop two read-modify-writes each; a failing one two loads. 8 bytes a slot beside
// the item (4 on a core without compare-and-swap), rounded up to a power of two.
// Who may call: any thread or interrupt, all members; the destructor alone.
//
//   constinit pawl::mpmc_queue<message, 256> inbox;
//   if (!inbox.try_push(std::move(mine))) { /* full, and `mine` is as it was */ }
//   while (std::optional<message> next = inbox.try_pop()) { handle(*next); }
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The members, in a base of their own: a queue of trivially destructible items is trivially
// destructible, and registers no destructor.
template <class T, std::uint32_t Capacity, platform Platform>
class mpmc_queue_base {
protected:
    template <class... Arguments>
    bool push(Arguments&&... arguments) noexcept {
        std::uint32_t slot = 0;
        if (!free_.get(slot)) {
            return false;
        }
        items_.emplace(slot, std::forward<Arguments>(arguments)...);
        filled_.put(slot);
        return true;
    }

    // take(item) moves the item out, or looks at it.
    template <class Take>
    bool pop(Take&& take) noexcept {
        std::uint32_t slot = 0;
        if (!filled_.get(slot)) {
            return false;
        }
        take(items_[slot]);
        items_.destroy(slot);
        free_.put(slot);
        return true;
    }

    index_ring<Capacity, ring_start::full, Platform> free_;
    index_ring<Capacity, ring_start::empty, Platform> filled_;
    item_slots<T, Capacity> items_;
};

template <class T, std::uint32_t Capacity, platform Platform, bool Trivial>
class mpmc_queue_lifetime : protected mpmc_queue_base<T, Capacity, Platform> {};

template <class T, std::uint32_t Capacity, platform Platform>
class mpmc_queue_lifetime<T, Capacity, Platform, false>
    : protected mpmc_queue_base<T, Capacity, Platform> {
protected:
    constexpr mpmc_queue_lifetime() noexcept = default;
    ~mpmc_queue_lifetime() {
        while (this->pop([](T&) noexcept {})) {
        }
    }
};

template <class T, std::uint32_t Capacity, platform Platform = default_platform>
class mpmc_queue : mpmc_queue_lifetime<T, Capacity, Platform, std::is_trivially_destructible_v<T>> {
public:
    using value_type = T;

    constexpr mpmc_queue() noexcept = default;
    mpmc_queue(const mpmc_queue&) = delete;
    mpmc_queue& operator=(const mpmc_queue&) = delete;

    // Puts an item at the end. False: no slot is free, and the argument is as it was.
    [[nodiscard]] bool try_push(const T& item) noexcept { return this->push(item); }
    [[nodiscard]] bool try_push(T&& item) noexcept { return this->push(std::move(item)); }
    // The same, made in its slot from these; not looked at if there is none.
    template <class... Arguments>
    [[nodiscard]] bool try_emplace(Arguments&&... arguments) noexcept {
        return this->push(std::forward<Arguments>(arguments)...);
    }

    // Takes the first item. False: there is none, and `item` is as it was.
    [[nodiscard]] bool try_pop(T& item) noexcept {
        static_assert(std::is_nothrow_move_assignable_v<T>,
                      "pawl: this item cannot be assigned without throwing; use the optional that "
                      "try_pop() returns");
        return this->pop([&](T& first) noexcept { item = std::move(first); });
    }
    [[nodiscard]] std::optional<T> try_pop() noexcept {
        std::optional<T> item;
        this->pop([&](T& first) noexcept { item.emplace(std::move(first)); });
        return item;
    }

    // Exact when nothing else runs, else a guess between 0 and capacity().
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        const std::uint32_t size = this->filled_.approx_size();
        return size < Capacity ? size : Capacity;
    }
    // True if at some instant of the call no item was there.
    [[nodiscard]] bool empty() const noexcept { return this->filled_.empty(); }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
