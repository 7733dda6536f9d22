// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// Durable jobs and the power: what durable_crash_test.cpp does in short, with many seeds: a million
// states of a disk that a scheduler starts on again, and a hundred thousand of flash.
#include "catch.hpp"

#include "durability/disk_simulator.hpp"
#include "durability/nor_simulator.hpp"
#include "scheduler/durable_crash.hpp"

using namespace durable_crash;

TEST_CASE("durable jobs survive every cut on a disk, at large", "[crash]") {
    u64 states = 0;
    for (u64 seed = 1; states < 1'000'000; ++seed) {
        const u32 sector_bytes = seed % 2 == 0 ? 64 : 512;
        const plan how{.seed = seed, .lives = 4, .steps = 120, .nested_each = 31};
        const tally disk =
            cut_everywhere(crash::disk_simulator{{.block_count = 8, .sector_bytes = sector_bytes}},
                           crash::disk_budget{.states_max = 40, .masks_max = 8, .seed = seed},
                           crash::disk_budget{.states_max = 8, .masks_max = 4}, how);
        INFO("seed " << seed << ", at operation " << disk.at.operations);
        REQUIRE(disk.fault == nullptr);
        states += disk.states;
    }
}

TEST_CASE("durable jobs survive every cut on flash, at large", "[crash]") {
    u64 states = 0;
    for (u64 seed = 1; states < 100'000; ++seed) {
        const plan how{.seed = seed, .lives = 4, .steps = 120, .nested_each = 31};
        const tally flash = cut_everywhere(crash::nor_simulator{{.write_unit = u32{4} << seed % 4,
                                                                 .block_bytes = 2048,
                                                                 .block_count = 8,
                                                                 .weak_erases = true}},
                                           crash::nor_budget{.partials = 2, .seed = seed},
                                           crash::nor_budget{.partials = 1}, how);
        INFO("seed " << seed << ", at operation " << flash.at.operations);
        REQUIRE(flash.fault == nullptr);
        states += flash.states;
    }
}
