// SPDX-License-Identifier: BSL-1.0
//
// record_log: whatever moment the power goes at, what was durable is there, and nothing is
// invented.
//
// Goal: on a disk that writes what it likes in any order, and on flash that programs half a unit.
// Method: a run of several lives with groups, long-lived records and several turns of the ring; all
// states that a cut may leave of it are opened (log_crash.hpp says what has to be true), some are
// written to and opened again, and in some the recovery is cut as well. The same at large is in
// record_log_crash_long_test.cpp; that faults show is in tests/mutants.
#include "catch.hpp"

#include <algorithm>
#include <type_traits>
#include <vector>

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

void require_right(const tally& what) {
    INFO("at operation " << what.at.operations);
    REQUIRE(what.fault == nullptr);
}

}  // namespace

TEST_CASE("a record_log survives every cut on a disk", "[crash]") {
    for (const u32 sector_bytes : {64U, 512U}) {
        const tally what = cut_everywhere(disk_simulator{{.sector_bytes = sector_bytes}},
                                          disk_budget{.states_max = 500, .masks_max = 24}, {},
                                          plan{.lives = 5, .steps = 90});
        require_right(what);
        REQUIRE(what.states > 10'000);
        REQUIRE(what.blocks >= 12);  // the ring has turned
        REQUIRE(what.copied > 8);
    }
}

TEST_CASE("a record_log survives every cut on flash", "[crash]") {
    for (const u32 write_unit : {4U, 8U, 16U, 32U}) {
        const tally what = cut_everywhere(
            nor_simulator{{.write_unit = write_unit, .block_bytes = 1024, .weak_erases = true}},
            nor_budget{}, {}, plan{.seed = write_unit, .lives = 5, .steps = 60});
        require_right(what);
        REQUIRE(what.states > 2'500);
        REQUIRE(what.blocks > 8);
        REQUIRE(what.wear_spread <= 1);
    }
}

TEST_CASE("a record_log survives cuts in its recovery", "[crash]") {
    const tally disk = cut_everywhere(
        disk_simulator{}, disk_budget{.states_max = 20, .masks_max = 8},
        disk_budget{.states_max = 6, .masks_max = 4}, plan{.seed = 3, .nested_each = 5});
    require_right(disk);
    REQUIRE(disk.nested > 8'000);
    for (const u32 write_unit : {4U, 32U}) {
        const tally flash = cut_everywhere(
            nor_simulator{{.write_unit = write_unit, .block_bytes = 1024, .weak_erases = true}},
            nor_budget{.partials = 1}, nor_budget{.partials = 1},
            plan{.seed = 3, .steps = 50, .nested_each = 37});
        require_right(flash);
        REQUIRE(flash.nested > 500);
    }
}

TEST_CASE("a record_log survives a cut while it is made", "[crash]") {
    u64 states = 0;
    const char* const fault = log_crash::cut_the_making(
        disk_simulator{}, disk_budget{.states_max = 64, .masks_max = 16}, 2, states, 20'000);
    REQUIRE(fault == nullptr);
    REQUIRE(states >= 20'000);

    // On flash a cut erase may leave noise, which is refused unless the program says otherwise. It
    // is the first operation, when nothing is there that could be lost.
    nor_simulator flash{{.block_bytes = 1024}};
    REQUIRE(log_crash::run(flash, 1, 1, 0).fault == nullptr);
    u64 refused = 0;
    flash.for_each_crash_state({}, [&](nor_simulator& after, const crash::crash_point& at) {
        log_crash::log_on<nor_simulator> log{pawl::medium_ref{after}};
        log_crash::client<log_crash::log_on<nor_simulator>> user{&log};
        pawl::log_report report = log.open(user);
        if (!report) {
            REQUIRE(at.operations == 0);
            REQUIRE(report.error == pawl::open_error::not_a_log);
            ++refused;
            report = log.open(user, pawl::recovery::tolerate_tail, pawl::format_when::if_no_log);
        }
        REQUIRE(report);
        REQUIRE(user.replayed == 0);
    });
    REQUIRE(refused <= 3);
}

TEST_CASE("a record_log survives generations of cuts", "[crash]") {
    // Each life begins with what a random cut of the one before has left.
    u32 spread = 0;
    for (u64 seed = 1; seed <= 6; ++seed) {
        crash::numbers random{seed};
        const auto live = [&](auto& medium) {
            using medium_type = std::remove_reference_t<decltype(medium)>;
            log_crash::history past;
            log_crash::workload<medium_type> work{medium, past, seed};
            REQUIRE(work.live(10));
            for (int generation = 0; generation < 40; ++generation) {
                medium.cut_after(medium.operations() + random.below(40));
                static_cast<void>(work.live(50));
                REQUIRE(past.fault == nullptr);
                const crash::crash_point at = medium.last_point();
                medium.crash(random.next());
                medium_type copy = medium;
                const char* const fault = log_crash::check(copy, past, at);
                REQUIRE(fault == nullptr);
                // The next one counts its operations from 0.
                for (auto& each : past.acks) {
                    each.operations = each.operations <= at.operations ? 0 : ~u64{0};
                }
                std::erase_if(past.acks, [](const auto& each) { return each.operations != 0; });
                for (auto& each : past.events) {
                    each.operations = 0;
                }
            }
            REQUIRE(medium.double_programs() == 0);
        };
        disk_simulator disk{};
        live(disk);
        nor_simulator flash{{.write_unit = 8, .block_bytes = 1024, .weak_erases = true}};
        live(flash);
        spread = std::max(spread, flash.wear_spread());
    }
    // A cut between two blocks makes one be erased again, no more.
    REQUIRE(spread < 40);
}
