// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of the log must not get past: a program of its own, because one with a test
// framework takes ten times as long to compile.
//
// Method: the scenes of durability/record_log_crash_test.cpp and record_log_test.cpp in short.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "durability/disk_simulator.hpp"
#include "durability/log_crash.hpp"
#include "durability/log_rot.hpp"
#include "durability/nor_simulator.hpp"

namespace {

using crash::disk_budget;
using crash::disk_simulator;
using crash::nor_budget;
using crash::nor_simulator;
using log_crash::cut_everywhere;
using log_crash::plan;
using log_crash::tally;

void check(const tally& what) {
    if (what.fault != nullptr || what.states < 100) {
        std::printf("%s\n", what.fault != nullptr ? what.fault : "too few states");
        std::exit(1);
    }
}
void check(const char* fault) {
    if (fault != nullptr) {
        std::printf("%s\n", fault);
        std::exit(1);
    }
}

}  // namespace

int main() {
    check(log_rot::flip_all());
    check(log_rot::splice());
    crash::u64 states = 0;
    check(log_crash::cut_the_making(
        disk_simulator{}, disk_budget{.states_max = 64, .masks_max = 16}, 2, states, 20'000));
    for (unsigned seed = 1; seed <= 3; ++seed) {
        check(cut_everywhere(disk_simulator{}, disk_budget{.states_max = 100, .masks_max = 16}, {},
                             plan{.seed = seed, .steps = 90}));
        check(cut_everywhere(disk_simulator{{.sector_bytes = 512}},
                             disk_budget{.states_max = 100, .masks_max = 16}, {},
                             plan{.seed = seed, .steps = 90}));
        const nor_simulator flash{{.write_unit = 8, .block_bytes = 1024, .weak_erases = true}};
        const tally what = cut_everywhere(flash, nor_budget{}, {}, plan{.seed = seed, .steps = 90});
        check(what);
        check(what.wear_spread <= 1 ? nullptr : "blocks wear unevenly");
    }
    check(cut_everywhere(disk_simulator{}, disk_budget{.states_max = 20, .masks_max = 8},
                         disk_budget{.states_max = 6, .masks_max = 4},
                         plan{.steps = 50, .nested_each = 9}));
}
