// SPDX-License-Identifier: BSL-1.0
//
// spsc_queue: a bounded queue from one producer to one consumer, of loads and stores only.
//
// What: what an interrupt needs to hand things to the main loop, or one thread to another. Each
// operation ends after a fixed number of steps, whatever the other side does, on every core: there
// is no read-modify-write, which a Cortex-M0 does not have.
//
// How it works (after Lamport): two counters that only grow, modulo 2^32. The producer writes the
// item and then its counter, the consumer reads that counter and then the item. Each side remembers
// how much room, or how many items, it saw last, and looks at the other's counter only when that is
// used up: as long as it is not, the two touch no line of each other.
//
// Cost: a push and a pop one store and a load or two each. Items in a power of two of slots, at
// least Capacity.
// Who may call: try_push and try_emplace one thread or interrupt, try_pop one other; the rest
// anyone.
//
//   constinit pawl::spsc_queue<std::uint16_t, 64> samples;
//   void on_sample(std::uint16_t value) { if (!samples.try_push(value)) ++lost; }  // interrupt
//   while (auto sample = samples.try_pop()) filter(*sample);                       // main loop
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class T, std::uint32_t Capacity, platform Platform>
class spsc_queue_base {
protected:
    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 30;
    static_assert(
        Capacity >= 1 && Capacity <= capacity_max,
        "an spsc_queue has 1 to 2^30 slots: differences of its counters stay unambiguous");

    template <class... Arguments>
    bool push(Arguments&&... arguments) noexcept {
        // relaxed: only this side writes it.
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (room_known_ == 0) {
            // acquire: the consumer is done with these slots; pairs with pop()'s release.
            room_known_ = Capacity - (tail - head_.load(std::memory_order_acquire));
            if (room_known_ == 0) {
                return false;
            }
        }
        --room_known_;
        items_.emplace(tail & mask, std::forward<Arguments>(arguments)...);
        // release: the item; pairs with pop()'s acquire.
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    template <class Take>
    bool pop(Take&& take) noexcept {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        if (items_known_ == 0) {
            // acquire: the items; pairs with push()'s release.
            items_known_ = tail_.load(std::memory_order_acquire) - head;
            if (items_known_ == 0) {
                return false;
            }
        }
        --items_known_;
        take(items_[head & mask]);
        items_.destroy(head & mask);
        // release: the slot is free; pairs with push()'s acquire.
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

    [[nodiscard]] std::uint32_t size() const noexcept {
        // acquire, in this order: a head that is read later is further on. It may be past the tail.
        const std::uint32_t tail = tail_.load(std::memory_order_acquire);
        const std::uint32_t size = tail - head_.load(std::memory_order_acquire);
        return size <= Capacity ? size : 0;
    }

private:
    using word = typename Platform::word;
    static constexpr std::uint32_t slot_count = std::bit_ceil(Capacity);
    static constexpr std::uint32_t mask = slot_count - 1;

    // The producer's line, and the consumer's.
    alignas(padding_bytes<Platform, alignof(word)>) word tail_;
    std::uint32_t room_known_ = 0;
    alignas(padding_bytes<Platform, alignof(word)>) word head_;
    std::uint32_t items_known_ = 0;
    alignas(padding_bytes<Platform, alignof(T)>) item_slots<T, slot_count> items_;
};

template <class T, std::uint32_t Capacity, platform Platform, bool Trivial>
class spsc_queue_lifetime : protected spsc_queue_base<T, Capacity, Platform> {};

template <class T, std::uint32_t Capacity, platform Platform>
class spsc_queue_lifetime<T, Capacity, Platform, false>
    : protected spsc_queue_base<T, Capacity, Platform> {
protected:
    constexpr spsc_queue_lifetime() noexcept = default;
    ~spsc_queue_lifetime() {
        while (this->pop([](T&) noexcept {})) {
        }
    }
};

template <class T, std::uint32_t Capacity, platform Platform = default_platform>
class spsc_queue : spsc_queue_lifetime<T, Capacity, Platform, std::is_trivially_destructible_v<T>> {
public:
    using value_type = T;

    constexpr spsc_queue() noexcept = default;
    spsc_queue(const spsc_queue&) = delete;
    spsc_queue& operator=(const spsc_queue&) = delete;

    // Puts an item at the end. False: the queue is full, and the argument is as it was.
    [[nodiscard]] bool try_push(const T& item) noexcept { return this->push(item); }
    [[nodiscard]] bool try_push(T&& item) noexcept { return this->push(std::move(item)); }
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

    // Exact for the two sides while the other rests, else a guess between 0 and capacity().
    [[nodiscard]] std::uint32_t approx_size() const noexcept { return this->size(); }
    [[nodiscard]] bool empty() const noexcept { return this->size() == 0; }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
