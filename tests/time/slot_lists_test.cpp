// Lists of timers against std::list.
//
// Goal: every operation does to a list what it says and nothing to the others; whichever timers a
// list has, in the first and the last row and column, with links of 16 and 32 bits.
// Method: random operations on both, and every answer compared after each of them. A mistake in a
// link shows when the list is taken apart.
#include "catch.hpp"

#include <cstdint>
#include <type_traits>

#include <pawl/time/slot_lists.hpp>

#include "time/slot_lists_checks.hpp"

using u32 = std::uint32_t;
using u64 = std::uint64_t;

TEST_CASE("slot_lists: random operations equal those of std::list") {
    for (u64 seed = 0; seed < 3; ++seed) {
        wheel_checks::random_lists<1, 2, 2, u32, true>(seed, 500);
        wheel_checks::random_lists<2, 2, 2, u64, false>(seed, 1'000);
        wheel_checks::random_lists<16, 16, 8, u32, false>(seed, 40'000);
        wheel_checks::random_lists<300, 13, 64, u64, true>(seed, 40'000);
        wheel_checks::random_lists<40, 7, 64, u32, true>(seed, 40'000);
        wheel_checks::random_lists<24, 32, 8, u64, false>(seed, 40'000);
    }
}

// The most timers that 16-bit links can tell, and one more.
TEST_CASE("slot_lists: random operations at the ends of the links' ranges") {
    for (u64 seed = 0; seed < 3; ++seed) {
        wheel_checks::random_lists<1'023, 7, 64, u32, true>(seed, 20'000);
        wheel_checks::random_lists<1'024, 7, 64, u32, true>(seed, 20'000);
        wheel_checks::random_lists<4'095, 16, 16, u32, false>(seed, 20'000);
        wheel_checks::random_lists<4'096, 16, 16, u32, true>(seed, 20'000);
        wheel_checks::random_lists<1'000'000, 13, 64, u64, true>(seed, 20'000);
    }
}

template <u32 Capacity, u32 Columns, class Tick>
using link_of = typename pawl::slot_lists<Capacity, 7, Columns, Tick, true>::link;
static_assert(std::is_same_v<link_of<1'023, 64, u32>, std::uint16_t>);
static_assert(std::is_same_v<link_of<1'024, 64, u32>, u32>);
static_assert(std::is_same_v<link_of<2'047, 32, u32>, std::uint16_t>);
static_assert(std::is_same_v<link_of<2'048, 32, u32>, u32>);
static_assert(std::is_same_v<link_of<4'095, 16, u32>, std::uint16_t>);
static_assert(std::is_same_v<link_of<4'096, 16, u32>, u32>);
static_assert(std::is_same_v<link_of<16, 16, u64>, u32>);

// A value of the compiler's, too.
constexpr u32 order_at_compile_time() {
    pawl::slot_lists<8, 4, 8, u32, true> lists;
    const pawl::slot_place coarse{.row = 1, .column = 3};
    const pawl::slot_place fine{.row = 0, .column = 7};
    lists.push_back(coarse, 1);
    lists.push_back(coarse, 2);
    lists.push_back(coarse, 3);
    lists.push_back(fine, 4);
    lists.remove(2);
    lists.move_back_to_front(coarse, fine);
    lists.move_back_to_front(coarse, fine);
    u32 order = 0;
    while (!lists.empty(fine)) {
        order = order * 10 + lists.pop_front(fine);
    }
    return order;
}
static_assert(order_at_compile_time() == 134);
