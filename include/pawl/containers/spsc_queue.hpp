// SPDX-License-Identifier: BSL-1.0
//
// spsc_queue: a bounded queue from one producer to one consumer, of loads and stores only.
//
// What: what an interrupt needs to hand things to the main loop, or one thread to another. Each
// operation ends after a fixed number of steps, whatever the other side does, on every core: there
// is no read-modify-write, which a Cortex-M0 does not have.
//
// How it works (after Lamport): two positions that go round (downwards: it is a step less). The
// producer writes the item and then its position, the consumer reads that position and then the
// item. The producer remembers where it saw the consumer last, and looks again only when it has
// come round to there; a consumer that did the same would look at both, mostly, for it is right
// behind.
//
// Cost: a push and a pop one store and two loads each, beside the item. Capacity + 1 slots: one
// stays free, so that a full queue is not an empty one.
// Who may call: try_push and try_emplace one thread or interrupt, try_pop one other; the rest
// anyone.
//
//   constinit pawl::spsc_queue<std::uint16_t, 64> samples;
//   void on_sample(std::uint16_t value) { if (!samples.try_push(value)) ++lost; }  // interrupt
//   while (auto sample = samples.try_pop()) filter(*sample);                       // main loop
#pragma once

#include <atomic>
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
        "an spsc_queue has room for 1 to 2^30 items: a position and one more fit its words");

    template <class... Arguments>
    bool push(Arguments&&... arguments) noexcept {
        // relaxed: only this side writes it.
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        const std::uint32_t next = after(tail);
        if (next == head_seen_) [[unlikely]] {
            // acquire: the consumer is done with these slots; pairs with pop()'s release.
            head_seen_ = head_.load(std::memory_order_acquire);
            if (next == head_seen_) {
                return false;
            }
        }
        items_.emplace(tail, std::forward<Arguments>(arguments)...);
        // release: the item; pairs with pop()'s acquire.
        tail_.store(next, std::memory_order_release);
        return true;
    }

    template <class Take>
    bool pop(Take&& take) noexcept {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        // acquire: the item; pairs with push()'s release.
        if (tail_.load(std::memory_order_acquire) == head) {
            return false;
        }
        take(items_[head]);
        items_.destroy(head);
        // release: the slot is free; pairs with push()'s acquire.
        head_.store(after(head), std::memory_order_release);
        return true;
    }

    [[nodiscard]] std::uint32_t size() const noexcept {
        // relaxed: one of the two is the caller's own, and the other side's is not older than what
        // the caller knows of it. No item is looked at.
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        return head >= tail ? head - tail : head + slot_count - tail;
    }

private:
    using word = typename Platform::word;
    // One slot stays free, so that a full queue is not an empty one.
    static constexpr std::uint32_t slot_count = Capacity + 1;

    static constexpr std::uint32_t after(std::uint32_t position) noexcept {
        return position == 0 ? Capacity : position - 1;
    }

    // The producer's line, and the consumer's.
    alignas(padding_bytes<Platform, alignof(word)>) word tail_;
    std::uint32_t head_seen_ = 0;
    alignas(padding_bytes<Platform, alignof(word)>) word head_;
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

    // Exact for either side while the other one rests, else a guess between 0 and capacity(). So is
    // empty(), but the consumer can rely on false, and the producer on true.
    [[nodiscard]] std::uint32_t approx_size() const noexcept { return this->size(); }
    [[nodiscard]] bool empty() const noexcept { return this->size() == 0; }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
