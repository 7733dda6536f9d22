// SPDX-License-Identifier: BSL-1.0
//
// Durable jobs: whatever moment the power goes at, the next program runs what was acknowledged.
//
// Goal: through the scheduler, not only its log: jobs, delays, retries, continuations, batches and
// cancelled jobs, on a disk and on flash, cuts within the next start included.
// Method: a program in virtual time is cut everywhere, and the next one is run to its end
// (durable_crash.hpp says what has to be true). At large: durable_crash_long_test.cpp.
#include "catch.hpp"

#include "durability/disk_simulator.hpp"
#include "durability/nor_simulator.hpp"
#include "scheduler/durable_crash.hpp"

using namespace durable_crash;

namespace {

using crash::disk_budget;
using crash::disk_simulator;
using crash::nor_budget;
using crash::nor_simulator;

void require_right(const tally& what) {
    INFO("at operation " << what.at.operations);
    REQUIRE(what.fault == nullptr);
    REQUIRE(what.jobs > 60);
}

}  // namespace

TEST_CASE("durable jobs survive every cut on a disk", "[crash]") {
    const tally what = cut_everywhere(disk_simulator{{.block_count = 8}},
                                      disk_budget{.states_max = 20, .masks_max = 8}, {},
                                      plan{.seed = 2, .steps = 150, .each = 2});
    require_right(what);
    REQUIRE(what.states > 500);
}

TEST_CASE("durable jobs survive every cut on flash", "[crash]") {
    const tally what = cut_everywhere(
        nor_simulator{
            {.write_unit = 8, .block_bytes = 1024, .block_count = 8, .weak_erases = true}},
        nor_budget{.partials = 1}, {}, plan{.seed = 3, .steps = 150, .each = 4});
    require_right(what);
    REQUIRE(what.states > 500);
}

TEST_CASE("durable jobs survive cuts in the next start", "[crash]") {
    const tally what = cut_everywhere(disk_simulator{{.block_count = 8}},
                                      disk_budget{.states_max = 6, .masks_max = 4},
                                      disk_budget{.states_max = 6, .masks_max = 4},
                                      plan{.seed = 4, .steps = 150, .each = 4, .nested_each = 4});
    require_right(what);
    REQUIRE(what.nested > 300);
}

TEST_CASE("a durable continuation that was refused does not run in the next program") {
    runs.clear();
    durable_world::behaviour = nullptr;
    durable_world::memory log{};
    {
        durable_world::world first{log};
        const auto parent = first->enqueue(task{1});
        first->poll();
        // All other slots are taken, so the child gets its parent's.
        for (int i = 0; i < 15; ++i) {
            REQUIRE(first->schedule(1h, [] {}));
        }
        REQUIRE(first->then(parent, task{2}).error() == pawl::submit_error::gone);
        first->sync();
        first.crash();
    }
    durable_world::world second{log};
    REQUIRE(second.start);
    REQUIRE(second.start.recovered.jobs == 0);
}
