// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// record_log and the power: what record_log_crash_test.cpp does in short, with many seeds: a
// million states of a disk, and some hundred thousand of flash.
#include "catch.hpp"

#include "durability/disk_simulator.hpp"
#include "durability/log_crash.hpp"
#include "durability/nor_simulator.hpp"

namespace {

using crash::disk_budget;
using crash::disk_simulator;
using crash::nor_budget;
using crash::nor_simulator;
using log_crash::cut_everywhere;
using log_crash::plan;
using log_crash::tally;
using log_crash::u32;
using log_crash::u64;

void require_right(const tally& what, u64 seed) {
    INFO("seed " << seed << ", at operation " << what.at.operations);
    REQUIRE(what.fault == nullptr);
    REQUIRE(what.wear_spread <= 1);
}

}  // namespace

TEST_CASE("a record_log survives a million cuts on a disk", "[crash]") {
    u64 states = 0;
    for (u64 seed = 1; states < 1'000'000; ++seed) {
        REQUIRE(seed < 200);
        const tally what =
            cut_everywhere(disk_simulator{{.sector_bytes = seed % 3 == 0 ? 512U : 64U}},
                           disk_budget{.states_max = 2'000, .masks_max = 64, .seed = seed}, {},
                           plan{.seed = seed, .lives = 6, .steps = 120, .again_each = 8});
        require_right(what, seed);
        states += what.states;
    }
}

TEST_CASE("a record_log survives a hundred thousand cuts on flash", "[crash]") {
    u64 states = 0;
    for (u64 seed = 1; states < 200'000; ++seed) {
        REQUIRE(seed < 200);
        const tally what = cut_everywhere(nor_simulator{{.write_unit = u32{4} << seed % 4,
                                                         .block_bytes = 1024,
                                                         .weak_erases = seed % 2 == 0}},
                                          nor_budget{.partials = 10, .randoms = 3, .seed = seed},
                                          {}, plan{.seed = seed, .lives = 6, .steps = 90});
        require_right(what, seed);
        states += what.states;
    }
}

TEST_CASE("a record_log survives cuts in the recovery of a recovery", "[crash]") {
    for (u64 seed = 1; seed <= 3; ++seed) {
        require_right(
            cut_everywhere(disk_simulator{}, disk_budget{.states_max = 12, .masks_max = 6},
                           disk_budget{.states_max = 5, .masks_max = 4},
                           plan{.seed = seed, .nested_each = 13, .nested_depth = 2}),
            seed);
        require_right(
            cut_everywhere(
                nor_simulator{
                    {.write_unit = u32{4} << seed % 4, .block_bytes = 1024, .weak_erases = true}},
                nor_budget{.partials = 1}, nor_budget{.partials = 1},
                plan{.seed = seed, .steps = 40, .nested_each = 97, .nested_depth = 2}),
            seed);
    }
}
