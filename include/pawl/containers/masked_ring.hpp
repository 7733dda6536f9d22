// SPDX-License-Identifier: BSL-1.0
//
// masked_ring: index_ring for a core without compare-and-swap.
//
// What: the same first-in-first-out ring of the numbers 0 to Capacity - 1, each in it at most once,
// where every operation is one critical section of the platform. index_ring is this class where the
// platform says that it has no compare-and-swap; use it by that name.
//
// Why not index_ring over an emulated word: each of its operations would be several critical
// sections, and its entries 32 bits wide for the sake of a cycle number that nobody needs here.
//
// How it works: a linked list of indices, kept as index + 1 so that zero bytes are an empty ring.
// In a ring that starts full, the numbers that were never taken are not linked: they come in
// ascending order from a counter, before the list.
//
// Cost: put and get some 12 instructions with interrupts masked; approx_size and empty one load. 2
// bytes an entry (4 for more than 65,534). Who may call: whoever the critical section keeps apart.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Capacity, bool Full, platform Platform>
class masked_ring {
public:
    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 24;
    static_assert(Capacity >= 1 && Capacity <= capacity_max, "a ring holds 1 to 2^24 numbers");

    // Puts a number that is in no ring: never full.
    void put(std::uint32_t index) noexcept {
        PAWL_ASSERT(index < Capacity);
        const link me = static_cast<link>(index + 1);
        const critical masked;
        next_[index] = 0;
        (tail_ != 0 ? next_[tail_ - 1] : head_) = me;
        tail_ = me;
        set_size(size() + 1);
    }

    // Takes the oldest number; false when there is none.
    [[nodiscard]] bool get(std::uint32_t& index) noexcept {
        const critical masked;
        const std::uint32_t left = size();
        if (left == 0) {
            return false;
        }
        set_size(left - 1);
        if constexpr (Full) {
            if (fresh_ != Capacity) {
                index = fresh_++;
                return true;
            }
        }
        index = head_ - 1U;
        head_ = next_[index];
        if (head_ == 0) {
            tail_ = 0;
        }
        return true;
    }

    // The same for the only one who takes, who has something of it where there is compare-and-swap.
    [[nodiscard]] bool get_alone(std::uint32_t& index) noexcept { return get(index); }

    // How many numbers were in the ring at one instant of the call.
    [[nodiscard]] std::uint32_t approx_size() const noexcept { return size(); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    static constexpr std::uint32_t capacity() noexcept { return Capacity; }

private:
    using critical = typename Platform::critical;
    using word = typename Platform::word;
    using link = std::conditional_t<(Capacity < 0xFFFF), std::uint16_t, std::uint32_t>;

    static constexpr std::uint32_t size_start = Full ? Capacity : 0;

    // Kept as the difference to the first one. relaxed: alone it says nothing, and changes happen
    // in critical sections.
    [[nodiscard]] std::uint32_t size() const noexcept {
        return size_.load(std::memory_order_relaxed) + size_start;
    }
    void set_size(std::uint32_t size) noexcept {
        size_.store(size - size_start, std::memory_order_relaxed);
    }

    word size_;
    link head_ = 0;   // index + 1
    link tail_ = 0;   // index + 1
    link fresh_ = 0;  // of a ring that starts full: numbers that were taken for the first time
    link next_[Capacity] = {};  // index + 1
};

}  // namespace PAWL_ABI
}  // namespace pawl
