// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of durable jobs must not get past: a program of its own, because one with a test
// framework takes ten times as long to compile.
//
// Method: the scenes of scheduler/durable_crash_test.cpp in short.
#include <cstdio>
#include <cstdlib>

#include "durability/disk_simulator.hpp"
#include "durability/nor_simulator.hpp"
#include "scheduler/durable_crash.hpp"

namespace {

void check(const durable_crash::tally& what) {
    if (what.fault != nullptr || what.states < 100) {
        std::printf("%s\n", what.fault != nullptr ? what.fault : "too few states");
        std::exit(1);
    }
}

}  // namespace

int main() {
    // Each of these finds something that the others do not.
    for (const unsigned seed : {2U, 3U, 4U, 9U, 15U, 46U}) {
        check(durable_crash::cut_everywhere(
            crash::disk_simulator{{.block_count = 8}},
            crash::disk_budget{.states_max = 12, .masks_max = 8},
            crash::disk_budget{.states_max = 6, .masks_max = 4},
            {.seed = seed, .lives = 3, .steps = 120, .nested_each = 15}));
        check(durable_crash::cut_everywhere(
            crash::nor_simulator{{.write_unit = 8, .block_bytes = 1024, .block_count = 8}},
            crash::nor_budget{.partials = 1}, crash::nor_budget{.partials = 1},
            {.seed = seed, .lives = 3, .steps = 120, .each = 3}));
    }
}
