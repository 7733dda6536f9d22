// SPDX-License-Identifier: BSL-1.0
//
// Goal: the simulated flash shows exactly what its model says, and counts what a chip forbids.
// Method: runs so small that their states can be listed by hand.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "durability/nor_simulator.hpp"

using namespace crash;

namespace {

using bytes = std::vector<std::byte>;

bytes filled(std::size_t size, int with) { return bytes(size, static_cast<std::byte>(with)); }
bytes head(const nor_simulator& medium, std::size_t size, std::size_t from = 0) {
    const auto part = medium.content().subspan(from, size);
    return {part.begin(), part.end()};
}
bytes of(std::initializer_list<int> values) {
    bytes all;
    for (const int each : values) {
        all.push_back(static_cast<std::byte>(each));
    }
    return all;
}
nor_simulator opened(nor_shape shape = {}) {
    nor_simulator flash{shape};
    REQUIRE(flash.open().ok());
    return flash;
}
// Whether programming this unit is a violation.
bool is_spent(const nor_simulator& medium, u32 block, u32 offset) {
    nor_simulator copy = medium;
    copy.close();
    REQUIRE(copy.open().ok());
    const u64 before = copy.double_programs();
    REQUIRE(copy.program(block, offset, filled(copy.geometry().write_unit, 0)).ok());
    return copy.double_programs() != before;
}

constexpr nor_budget no_partials{.partials = 0};

}  // namespace

TEST_CASE("bits only fall") {
    nor_simulator flash = opened();
    REQUIRE(flash.program(0, 0, filled(4, 0xF0)).ok());
    CHECK(flash.double_programs() == 0);
    REQUIRE(flash.program(0, 0, filled(4, 0x3F)).ok());
    CHECK(head(flash, 4) == filled(4, 0x30));
    CHECK(flash.double_programs() == 1);
    REQUIRE(flash.erase(0).ok());
    CHECK(head(flash, 4) == filled(4, 0xFF));
    REQUIRE(flash.program(0, 0, filled(8, 0x12)).ok());
    CHECK(flash.double_programs() == 1);
    CHECK(flash.wear(0) == 1);
    CHECK(flash.wear(1) == 0);
    CHECK(flash.wear_spread() == 1);
}

TEST_CASE("a unit programmed with ones is programmed") {
    nor_simulator flash = opened();
    REQUIRE(flash.program(0, 0, filled(4, 0xFF)).ok());
    CHECK(is_spent(flash, 0, 0));
    CHECK_FALSE(is_spent(flash, 0, 4));
}

TEST_CASE("rot makes a unit one that must be erased") {
    nor_simulator flash = opened();
    CHECK_FALSE(is_spent(flash, 0, 0));
    flip_bit(flash.content(), 7);
    CHECK(is_spent(flash, 0, 0));
}

TEST_CASE("units are programmed in ascending order") {
    nor_simulator flash = opened();
    REQUIRE(flash.program(0, 8, filled(4, 1)).ok());
    REQUIRE(flash.program(1, 0, filled(4, 1)).ok());
    CHECK(flash.out_of_order_programs() == 0);
    REQUIRE(flash.program(0, 4, filled(4, 1)).ok());
    CHECK(flash.out_of_order_programs() == 1);
    CHECK(flash.double_programs() == 0);
}

TEST_CASE("a cut program is weak, partial or complete in one unit") {
    nor_simulator flash = opened();
    REQUIRE(flash.program(0, 0, filled(8, 0x0F)).ok());
    std::vector<bytes> seen;
    std::vector<std::array<bool, 2>> spent;
    const auto look = [&](nor_simulator& medium, const crash_point& at) {
        CHECK(at.operations == 0);
        seen.push_back(head(medium, 8));
        spent.push_back({is_spent(medium, 0, 0), is_spent(medium, 0, 4)});
        CHECK(head(medium, 504, 8) == filled(504, 0xFF));
    };
    // With a pattern: the first half of the unit's bytes.
    CHECK(flash.for_each_crash_state(0, {.partials = 1}, look) == 7);
    const bytes erased = filled(4, 0xFF);
    const bytes half = of({0x0F, 0x0F, 0xFF, 0xFF});
    const bytes whole = filled(4, 0x0F);
    const auto both = [](bytes first, const bytes& second) {
        first.insert(first.end(), second.begin(), second.end());
        return first;
    };
    CHECK(seen == std::vector<bytes>{both(erased, erased), both(erased, erased), both(half, erased),
                                     both(whole, erased), both(whole, erased), both(whole, half),
                                     both(whole, whole)});
    using pairs = std::vector<std::array<bool, 2>>;
    CHECK(spent == pairs{{false, false},
                         {true, false},
                         {true, false},
                         {true, false},
                         {true, true},
                         {true, true},
                         {true, true}});
    CHECK(flash.point_count() == 2);
    CHECK(flash.for_each_crash_state(1, {}, [](nor_simulator&, const crash_point& at) {
        CHECK(at.operations == 1);
    }) == 1);
}

TEST_CASE("the number of states of a program") {
    const auto count = [](u32 write_unit, bool weak, u32 partials, int value) {
        nor_simulator flash = opened({.write_unit = write_unit, .weak_units = weak});
        REQUIRE(flash.program(0, 0, filled(64, value)).ok());
        return flash.count_crash_states(0, {.partials = partials});
    };
    for (const u32 write_unit : {4U, 8U, 16U, 32U}) {
        const u32 units = 64 / write_unit;
        CHECK(count(write_unit, true, 0, 0) == 1 + units * 2);
        CHECK(count(write_unit, false, 0, 0) == 1 + units);
        CHECK(count(write_unit, true, 6, 0) == 1 + units * 8);
        CHECK(count(write_unit, true, 10, 0) == 1 + units * 12);
        CHECK(count(write_unit, false, 6, 0) == 1 + units * 7);
        CHECK(count(write_unit, true, 6, 0xFF) == 1 + units);
    }
}

TEST_CASE("partial units have some of the bits that fall and all are different") {
    nor_simulator flash = opened({.write_unit = 16});
    const bytes data = of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
    REQUIRE(flash.program(2, 32, data).ok());
    std::set<bytes> seen;
    flash.for_each_crash_state(0, {.partials = 20}, [&](nor_simulator& medium, const crash_point&) {
        const bytes now = head(medium, 16, 2 * 512 + 32);
        for (std::size_t i = 0; i < 16; ++i) {
            CHECK((now[i] & data[i]) == data[i]);
        }
        seen.insert(now);
    });
    CHECK(seen.size() == 2 + 20);  // erased (twice: untouched and weak), complete, partial

    // Of two bits there are two patterns, however many are asked for.
    nor_simulator little = opened();
    REQUIRE(little.program(0, 0, of({0xFC, 0xFF, 0xFF, 0xFF})).ok());
    CHECK(little.count_crash_states(0, {.partials = 20}) == 1 + 1 + 2 + 1);
}

TEST_CASE("a cut erase") {
    for (const bool weak : {false, true}) {
        nor_simulator flash = opened({.weak_erases = weak});
        REQUIRE(flash.program(1, 0, filled(512, 0x12)).ok());
        flash.start_recording();
        REQUIRE(flash.erase(1).ok());
        std::vector<std::array<bool, 2>> spent;
        std::vector<u32> wear;
        std::vector<bytes> contents;
        CHECK(flash.for_each_crash_state(0, {}, [&](nor_simulator& medium, const crash_point&) {
            contents.push_back(head(medium, 512, 512));
            spent.push_back({is_spent(medium, 1, 0), is_spent(medium, 1, 508)});
            wear.push_back(medium.wear(1));
            CHECK(head(medium, 512) == filled(512, 0xFF));
            CHECK(head(medium, 1024, 1024) == filled(1024, 0xFF));
        }) == 5);
        CHECK(contents[0] == filled(512, 0x12));
        CHECK(contents[1] == filled(512, 0xFF));
        bytes halves = filled(512, 0xFF);
        std::fill(halves.begin() + 256, halves.end(), std::byte{0x12});
        CHECK(contents[2] == halves);
        std::rotate(halves.begin(), halves.begin() + 256, halves.end());
        CHECK(contents[3] == halves);
        CHECK(std::set<std::byte>(contents[4].begin(), contents[4].end()).size() > 100);
        using pairs = std::vector<std::array<bool, 2>>;
        CHECK(spent == pairs{{true, true}, {weak, weak}, {weak, true}, {true, weak}, {true, true}});
        CHECK(wear == std::vector<u32>{0, 1, 1, 1, 1});
    }
}

TEST_CASE("what was done before the cut is done") {
    nor_simulator flash = opened();
    REQUIRE(flash.program(0, 0, filled(8, 1)).ok());
    REQUIRE(flash.program(1, 0, filled(8, 2)).ok());
    REQUIRE(flash.erase(0).ok());
    REQUIRE(flash.program(1, 8, filled(4, 3)).ok());
    CHECK(flash.operations() == 4);
    CHECK(flash.point_count() == 5);
    CHECK(flash.for_each_crash_state(3, no_partials,
                                     [](nor_simulator& medium, const crash_point& at) {
                                         CHECK(at.operations == 3);
                                         CHECK(head(medium, 8) == filled(8, 0xFF));
                                         CHECK(head(medium, 8, 512) == filled(8, 2));
                                         CHECK(medium.wear(0) == 1);
                                         CHECK_FALSE(is_spent(medium, 0, 0));
                                     }) == 3);
    // Backwards as well.
    CHECK(flash.for_each_crash_state(1, no_partials, [](nor_simulator& medium, const crash_point&) {
        CHECK(head(medium, 8) == filled(8, 1));
        CHECK(medium.wear(0) == 0);
        CHECK(is_spent(medium, 0, 0));
    }) == 5);
    CHECK(flash.for_each_crash_state(no_partials, [](nor_simulator&, const crash_point&) {}) ==
          5 + 5 + 5 + 3 + 1);
}

TEST_CASE("what a visitor does to the flash is gone in the next state") {
    nor_simulator flash = opened();
    numbers random{1};
    for (u32 i = 0; i < 40; ++i) {
        REQUIRE(
            flash.program(i % 4, i / 4 * 8, filled(8, static_cast<int>(random.below(255)))).ok());
    }
    REQUIRE(flash.erase(2).ok());
    std::vector<bytes> plain;
    flash.for_each_crash_state({}, [&](nor_simulator& medium, const crash_point&) {
        plain.push_back(head(medium, 2048));
    });
    std::size_t next = 0;
    flash.for_each_crash_state({}, [&](nor_simulator& medium, const crash_point&) {
        REQUIRE(next < plain.size());
        CHECK(head(medium, 2048) == plain[next++]);
        CHECK(medium.operations() == 0);
        CHECK(medium.double_programs() == 0);
        CHECK(medium.wear(0) == 0);
        REQUIRE(medium.open().ok());
        switch (random.below(5)) {
            case 0: REQUIRE(medium.program(0, 0, filled(64, 0)).ok()); break;
            case 1: REQUIRE(medium.erase(0).ok()); break;
            case 2: flip_bit(medium.content(), random.below(2048 * 8)); break;
            case 3:
                medium.start_recording();
                medium.cut_after(1);
                REQUIRE(medium.erase(3).ok());
                REQUIRE_FALSE(medium.program(3, 0, filled(64, 0)).ok());
                medium.crash(random.next());
                break;
            default: break;
        }
    });
    CHECK(next == plain.size());
}

TEST_CASE("the power goes off within an operation") {
    nor_simulator flash{};
    flash.cut_after(1);
    REQUIRE(flash.open().ok());
    CHECK(flash.program(0, 0, filled(4, 1)).ok());
    CHECK(flash.sync().ok());
    CHECK(flash.program(0, 4, filled(8, 2)).error == io_error::failed);
    CHECK(flash.is_cut());
    std::array<std::byte, 4> read{};
    CHECK(flash.read(0, 0, read).error == io_error::failed);
    CHECK(flash.program(0, 4, filled(4, 2)).error == io_error::failed);
    CHECK(flash.erase(0).error == io_error::failed);
    CHECK(flash.sync().error == io_error::failed);
    flash.close();
    CHECK(flash.open().error == io_error::failed);
    CHECK(flash.operations() == 1);
    CHECK(flash.point_count() == 2);
    CHECK(flash.last_point().operations == 1);
    std::set<bytes> all;
    CHECK(flash.for_each_crash_state(flash.last_point().index, no_partials,
                                     [&](nor_simulator& medium, const crash_point&) {
                                         CHECK(head(medium, 4) == filled(4, 1));
                                         all.insert(head(medium, 12));
                                     }) == 5);
    std::set<bytes> seen;
    for (u64 seed = 0; seed < 60; ++seed) {
        nor_simulator copy = flash;
        copy.crash(seed, no_partials);
        REQUIRE(copy.open().ok());
        seen.insert(head(copy, 12));
    }
    CHECK(seen == all);
}

TEST_CASE("flash is a medium") {
    nor_simulator flash{{.write_unit = 16}};
    std::array<std::byte, 16> data{};
    CHECK(flash.read(0, 0, data).error == io_error::closed);
    CHECK(flash.program(0, 0, data).error == io_error::closed);
    CHECK(flash.erase(0).error == io_error::closed);
    CHECK(flash.sync().error == io_error::closed);
    CHECK(flash.open().ok());
    CHECK(flash.open().error == io_error::busy);
    CHECK(flash.geometry() == pawl::medium_geometry{16, 512, 4, std::byte{0xFF}});
    CHECK(flash.read(4, 0, data).error == io_error::out_of_bounds);
    CHECK(flash.read(0, 497, data).error == io_error::out_of_bounds);
    CHECK(flash.program(0, 8, data).error == io_error::out_of_bounds);
    CHECK(flash.program(0, 0, std::span{data}.first(8)).error == io_error::out_of_bounds);
    CHECK(flash.erase(4).error == io_error::out_of_bounds);
    CHECK(flash.operations() == 0);
    CHECK(nor_simulator{{.write_unit = 12}}.open().error == io_error::bad_geometry);
}
