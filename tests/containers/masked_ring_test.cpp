// masked_ring: what index_ring is on a core without compare-and-swap.
//
// Goal: the same ring: first in, first out, ascending when it starts full, and zero bytes are
// valid. Method: a random walk against std::deque, through index_ring's name. What interrupts do to
// it is tried by tests/scheduler/interrupts_explore.cpp.
#include "catch.hpp"

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <type_traits>

#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/masked_ring.hpp>

#include "explore/interrupt_board.hpp"

namespace {

using board = explore::interrupt_board<true>;
using pawl::ring_start;

template <std::uint32_t Capacity, ring_start Start>
using ring = pawl::index_ring<Capacity, Start, board>;

static_assert(std::is_base_of_v<pawl::masked_ring<4, true, board>, ring<4, ring_start::full>>);
static_assert(
    !std::is_base_of_v<pawl::masked_ring<4, true, board>,
                       pawl::index_ring<4, ring_start::full, explore::interrupt_board<false>>>);
// Two bytes an entry, and 12 for the rest.
static_assert(sizeof(ring<16, ring_start::empty>) == 2 * 16 + 12);

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
    std::mt19937 random{42};
    for (int step = 0; step < 20'000; ++step) {
        if ((random() & 1) != 0 && !outside.empty()) {
            const std::size_t chosen = random() % outside.size();
            const std::uint32_t index = outside[chosen];
            outside.erase(outside.begin() + static_cast<std::ptrdiff_t>(chosen));
            tested.put(index);
            inside.push_back(index);
        } else {
            std::uint32_t index = Capacity;
            REQUIRE(tested.get(index) == !inside.empty());
            if (!inside.empty()) {
                REQUIRE(index == inside.front());
                inside.pop_front();
                outside.push_back(index);
            }
        }
        REQUIRE(tested.approx_size() == inside.size());
        REQUIRE(tested.empty() == inside.empty());
    }
}

}  // namespace

TEST_CASE("masked_ring: first in, first out, from zero bytes") {
    walk<1, ring_start::empty>();
    walk<1, ring_start::full>();
    walk<5, ring_start::empty>();
    walk<5, ring_start::full>();
    walk<64, ring_start::full>();
}

TEST_CASE("masked_ring: more entries than a 16-bit link can name") {
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    static ring<70'000, ring_start::full> large;
    std::uint32_t index = 0;
    for (std::uint32_t i = 0; i < 70'000; ++i) {
        REQUIRE(large.get(index));
        REQUIRE(index == i);
    }
    REQUIRE_FALSE(large.get(index));
    large.put(69'999);
    REQUIRE(large.get(index));
    REQUIRE(index == 69'999);
}
