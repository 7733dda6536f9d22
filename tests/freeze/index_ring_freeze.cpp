// SPDX-License-Identifier: BSL-1.0
//
// Goal: a put or a get of index_ring that is stopped at any instruction, for ever, harms nobody.
// Method: freeze.hpp, queue_program.hpp. Zero bad boundaries, and enough of them to believe it.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/containers/index_ring.hpp>

#include "freeze/freeze.hpp"
#include "freeze/queue_program.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

template <std::uint32_t Capacity, pawl::ring_start Start, std::uint32_t First>
struct ring {
    static constexpr std::uint32_t capacity = Capacity;
    static constexpr std::uint32_t slots_in_hand = 0;
    static constexpr bool owns_numbers = true;

    bool push(std::uint32_t number) {
        tested.put(number);
        return true;
    }
    bool pop(std::uint32_t& number) { return tested.get(number); }

    pawl::index_ring<Capacity, Start, freeze::platform<First>> tested;
};

// A ring's words start three cycles before 2^32, and positions in cycle 1.
constexpr std::uint32_t before_wrap(std::uint32_t capacity) {
    return ~(4 * std::bit_ceil(capacity) - 1);
}

}  // namespace

int main() {
    using pawl::ring_start;
    freeze::freezer ice;
    freeze::report report{"index_ring"};
    freeze::stop_everywhere<ring<4, ring_start::empty, 0>>(ice, report, "index_ring<4>", {0, 3});
    freeze::stop_everywhere<ring<3, ring_start::full, 0>>(ice, report, "index_ring<3>, full", {0});
    // The tail, or the head, passes 2^32 in the stopped call, or in what others do meanwhile.
    freeze::stop_everywhere<ring<4, ring_start::empty, before_wrap(4)>>(
        ice, report, "index_ring<4>, wraps", {8, 9, 10, 11});
    freeze::stop_everywhere<ring<3, ring_start::full, before_wrap(3)>>(ice, report,
                                                                       "index_ring<3>, wraps", {9});
    return report.end(10'000);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
