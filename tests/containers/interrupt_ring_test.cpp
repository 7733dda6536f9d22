// SPDX-License-Identifier: BSL-1.0
//
// interrupt_ring: what index_ring is on one core with compare-and-swap.
//
// Goal: the same ring: first in, first out, ascending when it starts full, of any capacity, and
// zero bytes are valid. Method: a random walk against std::deque, through index_ring's name, that
// takes now by get() and now by get_alone(). What interrupts do to it is tried by
// tests/scheduler/interrupts_explore.cpp.
#include "catch.hpp"

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <type_traits>

#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/interrupt_ring.hpp>

#include "explore/interrupt_board.hpp"

namespace {

using board = explore::interrupt_board<false>;
using pawl::ring_start;

template <std::uint32_t Capacity, ring_start Start>
using ring = pawl::index_ring<Capacity, Start, board>;

static_assert(std::is_base_of_v<pawl::interrupt_ring<4, true, board>, ring<4, ring_start::full>>);
static_assert(sizeof(ring<16, ring_start::empty>) == 4 * 16 + 8);

template <std::uint32_t Capacity, ring_start Start>
void walk() {
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    alignas(8) unsigned char memory[sizeof(ring<Capacity, Start>)];
    std::memset(memory, 0, sizeof memory);
    auto& tested = *reinterpret_cast<ring<Capacity, Start>*>(memory);
    std::deque<std::uint32_t> inside;
    std::deque<std::uint32_t> outside;
    for (std::uint32_t i = 0; i < Capacity; ++i) {
        (Start == ring_start::full ? inside : outside).push_back(i);
    }
    std::uint32_t puts = 0;
    std::mt19937 random{42};
    for (int step = 0; step < 20'000; ++step) {
        const auto chance = random();
        if ((chance & 1) != 0 && !outside.empty()) {
            const std::size_t chosen = random() % outside.size();
            const std::uint32_t index = outside[chosen];
            outside.erase(outside.begin() + static_cast<std::ptrdiff_t>(chosen));
            tested.put(index);
            ++puts;
            inside.push_back(index);
        } else {
            std::uint32_t index = Capacity;
            const bool taken = (chance & 2) != 0 ? tested.get(index) : tested.get_alone(index);
            REQUIRE(taken == !inside.empty());
            if (!inside.empty()) {
                REQUIRE(index == inside.front());
                inside.pop_front();
                outside.push_back(index);
            }
        }
        REQUIRE(tested.approx_size() == inside.size());
        REQUIRE(tested.empty() == inside.empty());
        REQUIRE(tested.put_count() == puts);
        REQUIRE((inside.empty() || tested.guess_next() == inside.front()));
    }
}

}  // namespace

TEST_CASE("interrupt_ring: first in, first out, from zero bytes") {
    walk<1, ring_start::empty>();
    walk<1, ring_start::full>();
    walk<2, ring_start::full>();
    walk<5, ring_start::empty>();
    walk<5, ring_start::full>();
    walk<64, ring_start::empty>();
    walk<64, ring_start::full>();
    walk<80, ring_start::full>();
}
