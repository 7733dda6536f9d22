// SPDX-License-Identifier: BSL-1.0
//
// Goal: the simulated disk shows exactly what its model says, no less and no more.
// Method: runs so small that their states can be counted and listed by hand; for larger ones a
// check of every state against the versions that were written.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "durability/disk_simulator.hpp"

using namespace crash;

namespace {

using bytes = std::vector<std::byte>;

bytes filled(std::size_t size, int with) { return bytes(size, static_cast<std::byte>(with)); }

// Of one byte for each 8-byte unit of the first sectors: units that are torn in themselves are "?".
std::string picture(const disk_simulator& medium, std::size_t units) {
    std::string all;
    for (std::size_t unit = 0; unit < units; ++unit) {
        const auto part = medium.content().subspan(unit * 8, 8);
        bool same = true;
        for (const std::byte each : part) {
            same = same && each == part[0];
        }
        all += same ? static_cast<char>('0' + static_cast<int>(part[0])) : '?';
    }
    return all;
}

struct found {
    std::vector<std::string> order;
    std::set<std::string> set;
    u64 states = 0;
};
found states_of(disk_simulator& disk, std::size_t point, std::size_t units,
                disk_budget budget = {}) {
    found result;
    result.states = disk.for_each_crash_state(point, budget,
                                              [&](disk_simulator& medium, const crash_point& at) {
                                                  CHECK(at.index == point);
                                                  result.order.push_back(picture(medium, units));
                                                  result.set.insert(result.order.back());
                                              });
    CHECK(result.order.size() == result.states);
    CHECK(result.set.size() == result.states);  // no state twice
    return result;
}

disk_simulator opened(disk_shape shape = {}) {
    disk_simulator disk{shape};
    REQUIRE(disk.open().ok());
    return disk;
}

// A run over everything, with the content after each step of it.
void scribble(disk_simulator& disk, u64 seed, int operations) {
    numbers random{seed};
    for (int i = 0; i < operations; ++i) {
        const u32 block = static_cast<u32>(random.below(4));
        const u64 what = random.below(10);
        if (what == 0) {
            REQUIRE(disk.erase(block).ok());
        } else if (what == 1) {
            REQUIRE(disk.sync().ok());
        } else {
            const u32 unit = static_cast<u32>(random.below(30));
            const std::size_t units = 1 + static_cast<std::size_t>(random.below(2));
            const int with = 1 + static_cast<int>(random.below(9));
            const bytes data = filled(8 * units, with);
            REQUIRE(disk.program(block, unit * 8, data).ok());
        }
    }
}

}  // namespace

TEST_CASE("nothing written leaves one state") {
    disk_simulator disk = opened();
    CHECK(disk.point_count() == 1);
    CHECK(states_of(disk, 0, 4).order == std::vector<std::string>{"0000"});
    REQUIRE(disk.sync().ok());
    CHECK(disk.point_count() == 2);
    CHECK(states_of(disk, 1, 4).states == 1);
}

TEST_CASE("a sector of one changed unit is old or new") {
    disk_simulator disk = opened();
    REQUIRE(disk.program(0, 8, filled(8, 1)).ok());
    REQUIRE(disk.point_count() == 2);
    CHECK(states_of(disk, 0, 3).set == std::set<std::string>{"000"});
    CHECK(states_of(disk, 1, 3).set == std::set<std::string>{"000", "010"});
    REQUIRE(disk.sync().ok());
    CHECK(states_of(disk, 2, 3).set == std::set<std::string>{"010"});
    // And back, in any order of looking.
    CHECK(states_of(disk, 1, 3).states == 2);
}

TEST_CASE("two sectors have four states and each unit may be torn from the others") {
    disk_simulator disk = opened();
    REQUIRE(
        disk.program(0, 56, filled(16, 1)).ok());  // the last unit of one, the first of the next
    CHECK(disk.point_count() == 3);
    CHECK(disk.point(1).inside);
    CHECK(disk.point(1).operations == 0);
    CHECK_FALSE(disk.point(2).inside);
    CHECK(disk.point(2).operations == 1);
    CHECK(states_of(disk, 1, 9).states == 2);
    CHECK(states_of(disk, 2, 9).set ==
          std::set<std::string>{"000000000", "000000010", "000000001", "000000011"});
    // Two and three differing units: 2^2 * 2^3.
    REQUIRE(disk.program(0, 40, filled(8, 2)).ok());
    REQUIRE(disk.program(0, 72, filled(16, 3)).ok());
    disk_simulator once = opened();
    REQUIRE(once.program(0, 48, filled(40, 1)).ok());
    CHECK(states_of(once, 2, 11).states == 32);
}

TEST_CASE("versions between two syncs are all there and tears are of each") {
    disk_simulator disk = opened();
    REQUIRE(disk.program(0, 0, filled(8, 1)).ok());
    REQUIRE(disk.program(0, 8, filled(8, 2)).ok());
    // 00 (old), 10, 12 whole; 02 is the second version torn over the durable one.
    CHECK(states_of(disk, 2, 2).set == std::set<std::string>{"00", "10", "12", "02"});
    CHECK(states_of(disk, 2, 2).order == std::vector<std::string>{"00", "10", "12", "02"});
    REQUIRE(disk.sync().ok());
    REQUIRE(disk.erase(0).ok());
    REQUIRE(disk.program(0, 0, filled(16, 3)).ok());
    // Durable 12, erased 00, then 33: tears of 00 over 12, of 33 over 00, of 33 over 12.
    CHECK(states_of(disk, disk.last_point().index, 2).set ==
          std::set<std::string>{"12", "00", "33", "10", "02", "30", "03", "32", "13"});
}

TEST_CASE("sectors of 512 bytes") {
    disk_simulator disk = opened({.block_bytes = 1024, .sector_bytes = 512});
    REQUIRE(disk.program(0, 0, filled(24, 1)).ok());
    REQUIRE(disk.program(1, 0, filled(8, 1)).ok());
    CHECK(states_of(disk, 2, 129).states == 16);
}

TEST_CASE("writing what is there already is no version") {
    disk_simulator disk = opened();
    REQUIRE(disk.erase(2).ok());
    REQUIRE(disk.program(0, 0, filled(64, 0)).ok());
    CHECK(disk.operations() == 2);
    CHECK(disk.point_count() == 3);
    CHECK(states_of(disk, 2, 8).states == 1);
}

TEST_CASE("an erase is zeros sector by sector") {
    disk_simulator disk = opened({.block_bytes = 128});
    REQUIRE(disk.program(1, 0, filled(128, 5)).ok());
    REQUIRE(disk.sync().ok());
    disk.start_recording();
    REQUIRE(disk.erase(1).ok());
    CHECK(disk.point_count() == 3);
    u64 whole = 0;
    const u64 states = disk.for_each_crash_state(
        2, {.states_max = 1'000'000, .masks_max = 254}, [&](disk_simulator& medium, const auto&) {
            const std::string now = picture(medium, 32).substr(16);
            CHECK(now.find_first_not_of("05") == std::string::npos);
            whole += now.find("05") == std::string::npos && now.find("50") == std::string::npos;
        });
    CHECK(states == 256 * 256);
    CHECK(whole == 2);
}

TEST_CASE("a sample has the extremes and is within the model") {
    disk_simulator disk = opened();
    // Sixteen sectors of eight units: 256^16 states.
    REQUIRE(disk.program(0, 0, filled(1024, 1)).ok());
    const std::size_t last = disk.last_point().index;
    const found some = states_of(disk, last, 128, {.states_max = 3000});
    CHECK(some.states == 3000);
    CHECK(some.set.count(std::string(128, '0')) == 1);
    CHECK(some.set.count(std::string(128, '1')) == 1);
    for (std::size_t sector = 0; sector < 16; ++sector) {
        const std::string old(8, '0');
        const std::string one(8, '1');
        CHECK(some.set.count(std::string(128, '0').replace(8 * sector, 8, one)) == 1);
        CHECK(some.set.count(std::string(128, '1').replace(8 * sector, 8, old)) == 1);
        CHECK(some.set.count(std::string(8 * sector, '1') + std::string(128 - 8 * sector, '0')) ==
              1);
        CHECK(some.set.count(std::string(8 * sector, '0') + std::string(128 - 8 * sector, '1')) ==
              1);
        // Torn with the ones before it written and the ones behind it not: at every unit.
        for (std::size_t unit = 1; unit < 8; ++unit) {
            const std::size_t cut = 8 * sector + unit;
            CHECK(some.set.count(std::string(cut, '1') + std::string(128 - cut, '0')) == 1);
        }
    }
    std::size_t torn_twice = 0;
    for (const std::string& each : some.order) {
        std::size_t torn = 0;
        for (std::size_t sector = 0; sector < 16; ++sector) {
            const std::string part = each.substr(8 * sector, 8);
            CHECK(part.find_first_not_of("01") == std::string::npos);
            torn += part != std::string(8, part[0]);
        }
        torn_twice += torn == 2;
    }
    CHECK(torn_twice > 10);
    // However small it is.
    for (const u32 room : {2U, 3U, 10U, 50U}) {
        const found few = states_of(disk, last, 128, {.states_max = room});
        CHECK(few.states == room);
        CHECK(few.set.count(std::string(128, '0')) == 1);
        CHECK(few.set.count(std::string(128, '1')) == 1);
    }
}

TEST_CASE("the same seed gives the same states and another one others") {
    disk_simulator a = opened();
    disk_simulator b = opened();
    scribble(a, 7, 60);
    scribble(b, 7, 60);
    REQUIRE(a.point_count() == b.point_count());
    bool seeds_differ = false;
    for (std::size_t point = 0; point < a.point_count(); ++point) {
        const disk_budget first{.states_max = 200, .masks_max = 8, .seed = 3};
        const disk_budget second{.states_max = 200, .masks_max = 8, .seed = 4};
        const found one = states_of(a, point, 512, first);
        CHECK(one.order == states_of(b, point, 512, first).order);
        seeds_differ = seeds_differ || one.order != states_of(a, point, 512, second).order;
    }
    CHECK(seeds_differ);
}

TEST_CASE("no state holds what was never written there since the last sync") {
    for (u64 seed = 1; seed <= 5; ++seed) {
        disk_simulator disk = opened({.block_bytes = 256});
        // What each unit has held, by the run's operations; a sync leaves the last only.
        std::vector<std::set<char>> held(128, std::set<char>{'0'});
        numbers random{seed};
        for (int round = 0; round < 12; ++round) {
            scribble(disk, random.next(), 1);
            const std::string now = picture(disk, 128);
            const bool one = states_of(disk, disk.last_point().index, 128).states == 1;
            for (std::size_t unit = 0; unit < 128; ++unit) {
                if (one) {
                    held[unit].clear();
                }
                held[unit].insert(now[unit]);
            }
            std::vector<std::set<char>> shown(128);
            disk.for_each_crash_state(disk.last_point().index, {.states_max = 500},
                                      [&](disk_simulator& medium, const crash_point&) {
                                          const std::string state = picture(medium, 128);
                                          for (std::size_t unit = 0; unit < 128; ++unit) {
                                              shown[unit].insert(state[unit]);
                                          }
                                      });
            CHECK(shown == held);
        }
    }
}

TEST_CASE("what a visitor writes is gone in the next state") {
    disk_simulator disk = opened();
    scribble(disk, 11, 40);
    const disk_budget budget{.states_max = 100};
    std::vector<std::string> plain;
    disk.for_each_crash_state(budget, [&](disk_simulator& medium, const crash_point&) {
        plain.push_back(picture(medium, 512));
    });
    std::size_t next = 0;
    numbers random{5};
    disk.for_each_crash_state(budget, [&](disk_simulator& medium, const crash_point&) {
        REQUIRE(next < plain.size());
        CHECK(plain[next++] == picture(medium, 512));
        CHECK(medium.operations() == 0);
        CHECK(medium.double_programs() == 0);
        REQUIRE(medium.open().ok());
        switch (random.below(5)) {
            case 0: scribble(medium, random.next(), 5); break;
            case 1:
                medium.start_recording();
                scribble(medium, random.next(), 5);
                medium.crash(random.next());
                break;
            case 2: flip_bit(medium.content(), random.below(512 * 64)); break;
            case 3:
                medium.cut_after(0);
                CHECK_FALSE(medium.erase(1).ok());
                break;
            default: break;
        }
    });
    CHECK(next == plain.size());
}

TEST_CASE("a visitor may stop") {
    disk_simulator disk = opened();
    scribble(disk, 3, 40);
    u64 seen = 0;
    const u64 states = disk.for_each_crash_state(
        {}, [&](disk_simulator&, const crash_point&) { return ++seen < 17; });
    CHECK(seen == 17);
    CHECK(states == 17);
}

TEST_CASE("after a failed sync a sync that succeeds promises nothing for what was there") {
    disk_simulator disk = opened();
    REQUIRE(disk.program(0, 0, filled(8, 1)).ok());
    REQUIRE(disk.program(1, 0, filled(8, 1)).ok());
    const io_status failed = disk.fail_sync({io_error::failed, 5});
    CHECK(failed == io_status{io_error::failed, 5});
    CHECK(disk.operations() == 3);
    CHECK(states_of(disk, disk.last_point().index, 129).states == 4);
    REQUIRE(disk.program(2, 0, filled(8, 1)).ok());
    REQUIRE(disk.sync().ok());
    std::set<std::string> set;
    const auto three = [&](disk_simulator& medium, const crash_point&) {
        const std::string all = picture(medium, 257);
        set.insert({all[0], all[128], all[256]});
    };
    disk.for_each_crash_state(disk.last_point().index, {}, three);
    CHECK(set == std::set<std::string>{"001", "011", "101", "111"});
    // Written again, with the same content even, it gets its second chance.
    REQUIRE(disk.program(0, 0, filled(8, 1)).ok());
    REQUIRE(disk.sync().ok());
    set.clear();
    disk.for_each_crash_state(disk.last_point().index, {}, three);
    CHECK(set == std::set<std::string>{"101", "111"});
}

TEST_CASE("the power goes off after so many operations") {
    disk_simulator disk{};
    disk.cut_after(2);
    REQUIRE(disk.open().ok());
    CHECK(disk.program(0, 0, filled(8, 1)).ok());
    CHECK(disk.sync().ok());
    CHECK_FALSE(disk.is_cut());
    std::array<std::byte, 8> read{};
    CHECK(disk.read(0, 0, read).ok());
    CHECK(disk.program(0, 8, filled(8, 1)).error == io_error::failed);
    CHECK(disk.is_cut());
    CHECK(disk.read(0, 0, read).error == io_error::failed);
    CHECK(disk.erase(0).error == io_error::failed);
    CHECK(disk.sync().error == io_error::failed);
    disk.close();
    CHECK(disk.open().error == io_error::failed);
    CHECK(disk.operations() == 2);
    CHECK(disk.last_point().operations == 2);
    CHECK(states_of(disk, disk.last_point().index, 2).set == std::set<std::string>{"10"});
    disk.crash(1);
    REQUIRE(disk.open().ok());
    CHECK(picture(disk, 2) == "10");

    disk.cut_after(0, 2);  // two sectors of three
    CHECK_FALSE(disk.program(1, 0, filled(192, 1)).ok());
    CHECK(disk.last_point().inside);
    CHECK(disk.last_point().operations == 0);
    CHECK(picture(disk, 152).substr(128) == "111111111111111100000000");
    CHECK(disk.for_each_crash_state(disk.last_point().index,
                                    {.states_max = 100'000, .masks_max = 254},
                                    [](disk_simulator&, const crash_point&) {}) == 65536);
}

TEST_CASE("a crash is one of the states") {
    std::set<std::string> seen;
    disk_simulator disk = opened();
    REQUIRE(disk.program(0, 48, filled(32, 1)).ok());
    const found all = states_of(disk, disk.last_point().index, 10);
    CHECK(all.states == 16);
    for (u64 seed = 0; seed < 3000; ++seed) {
        disk_simulator copy = disk;
        copy.crash(seed);
        seen.insert(picture(copy, 10));
        CHECK(copy.open().ok());
        CHECK(copy.operations() == 0);
    }
    CHECK(seen == all.set);
}

TEST_CASE("it is a medium") {
    disk_simulator disk{{.write_unit = 16}};
    std::array<std::byte, 16> data{};
    CHECK(disk.read(0, 0, data).error == io_error::closed);
    CHECK(disk.program(0, 0, data).error == io_error::closed);
    CHECK(disk.erase(0).error == io_error::closed);
    CHECK(disk.sync().error == io_error::closed);
    CHECK(disk.open().ok());
    CHECK(disk.open().error == io_error::busy);
    CHECK(disk.read(4, 0, data).error == io_error::out_of_bounds);
    CHECK(disk.read(0, 1009, data).error == io_error::out_of_bounds);
    CHECK(disk.read(0, 1008, data).ok());
    CHECK(disk.program(0, 8, data).error == io_error::out_of_bounds);
    CHECK(disk.program(0, 0, std::span{data}.first(8)).error == io_error::out_of_bounds);
    CHECK(disk.erase(4).error == io_error::out_of_bounds);
    CHECK(disk.operations() == 0);
    CHECK(disk_simulator{{.sector_bytes = 60}}.open().error == io_error::bad_geometry);
    CHECK(disk_simulator{{.block_count = 2}}.open().error == io_error::bad_geometry);
    disk.close();
    CHECK(disk.open().ok());
}

TEST_CASE("misuse is counted") {
    disk_simulator disk = opened();
    REQUIRE(disk.program(0, 8, filled(16, 1)).ok());
    CHECK(disk.double_programs() == 0);
    CHECK(disk.out_of_order_programs() == 0);
    REQUIRE(disk.program(0, 0, filled(8, 1)).ok());
    CHECK(disk.double_programs() == 0);
    CHECK(disk.out_of_order_programs() == 1);
    REQUIRE(disk.program(0, 16, filled(16, 1)).ok());
    CHECK(disk.double_programs() == 1);
    REQUIRE(disk.erase(0).ok());
    REQUIRE(disk.program(0, 0, filled(32, 1)).ok());
    CHECK(disk.double_programs() == 1);
    CHECK(disk.out_of_order_programs() == 2);
}

TEST_CASE("a flip is one bit of the content and made good again") {
    disk_simulator disk = opened();
    REQUIRE(disk.program(1, 0, filled(8, 1)).ok());
    const bytes before(disk.content().begin(), disk.content().end());
    u64 next = 1024 * 8;
    const u64 flips = for_each_flip(
        disk, 1024 * 8, 1024 * 8 + 70,
        [&](disk_simulator& medium, u64 bit) {
            CHECK(bit == next);
            next += 5;
            bytes right(medium.content().begin(), medium.content().end());
            flip_bit(right, bit);
            CHECK(right == before);
            CHECK(medium.operations() == 0);
            REQUIRE(medium.open().ok());
            REQUIRE(medium.erase(1).ok());
        },
        5);
    CHECK(flips == 14);
}
