// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// Durable jobs and the power: what durable_crash_test.cpp does in short, with many seeds.
#include "catch.hpp"

#include "durability/disk_simulator.hpp"
#include "durability/nor_simulator.hpp"
#include "scheduler/durable_crash.hpp"

using namespace durable_crash;

TEST_CASE("durable jobs survive every cut on a disk and on flash, at large", "[crash]") {
    u64 states = 0;
    for (u64 seed = 1; seed <= 10; ++seed) {
        const u32 sector_bytes = seed % 2 == 0 ? 64 : 512;
        const u32 write_unit = u32{4} << seed % 4;
        const plan how{.seed = seed, .lives = 4, .steps = 120, .nested_each = 31};
        const tally disk =
            cut_everywhere(crash::disk_simulator{{.block_count = 8, .sector_bytes = sector_bytes}},
                           crash::disk_budget{.states_max = 40, .masks_max = 8, .seed = seed},
                           crash::disk_budget{.states_max = 8, .masks_max = 4}, how);
        const tally flash = cut_everywhere(crash::nor_simulator{{.write_unit = write_unit,
                                                                 .block_bytes = 2048,
                                                                 .block_count = 8,
                                                                 .weak_erases = true}},
                                           crash::nor_budget{.partials = 2, .seed = seed},
                                           crash::nor_budget{.partials = 1}, how);
        for (const tally& what : {disk, flash}) {
            INFO("seed " << seed << ", at operation " << what.at.operations);
            REQUIRE(what.fault == nullptr);
            states += what.states + what.nested;
        }
    }
    REQUIRE(states > 50'000);
}
