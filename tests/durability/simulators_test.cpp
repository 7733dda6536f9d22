// SPDX-License-Identifier: BSL-1.0
//
// Goal: a storage simulator is worth what it can show. So each fault that a log may have is put
// into a toy log, and must be seen; and nothing must be seen in the one without faults.
// Method: run, cut everywhere, recover, compare with what had been acknowledged.
#include "catch.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "durability/disk_simulator.hpp"
#include "durability/faulty_medium.hpp"
#include "durability/nor_simulator.hpp"
#include "durability/toy_log.hpp"

using namespace crash;

namespace {

constexpr disk_shape small_disk{.block_bytes = 512, .block_count = 4};
constexpr disk_budget few{.states_max = 512, .masks_max = 16};

toy_result on_disk(toy_fault fault) {
    return cut_everywhere(disk_simulator{small_disk}, fault, 24, 3, few);
}
toy_result on_disk_twice(toy_fault fault) {
    return cut_and_go_on(disk_simulator{small_disk}, fault, 12, 4, 2, few);
}
toy_result on_flash(toy_fault fault, u32 write_unit) {
    return cut_everywhere(nor_simulator{{.write_unit = write_unit}}, fault, 24, 3, nor_budget{});
}
toy_result on_flash_twice(toy_fault fault, nor_shape shape) {
    return cut_and_go_on(nor_simulator{shape}, fault, 12, 3, 3, nor_budget{});
}

// Logs that are wrong in what they believe about order: a mark in one place says how many records
// are in another.
template <class Medium>
bool append_marked(Medium& medium, u32 number, bool sync_between) {
    const toy_record record{number, toy_value(1, number)};
    const std::array<std::byte, 8> mark = std::bit_cast<std::array<std::byte, 8>>(u64{number});
    return medium.program(1, (number - 1) * 32, record.bytes()).ok() &&
           (!sync_between || medium.sync().ok()) &&
           medium.program(0, (number - 1) * 8, mark).ok() && medium.sync().ok();
}
template <class Medium>
bool read_marked(Medium& medium) {
    u64 count = 0;
    for (u32 number = 1; number <= 8; ++number) {
        std::array<std::byte, 8> mark{};
        if (!medium.read(0, (number - 1) * 8, mark)) {
            return false;
        }
        count = std::max(count, std::bit_cast<u64>(mark));
    }
    for (u32 number = 1; number <= count; ++number) {
        std::array<std::byte, 32> bytes{};
        if (!medium.read(1, (number - 1) * 32, bytes) ||
            bytes != toy_record{number, toy_value(1, number)}.bytes()) {
            return false;
        }
    }
    return true;
}
u64 wrong_marks(bool sync_between) {
    disk_simulator disk{small_disk};
    REQUIRE(disk.open().ok());
    for (u32 number = 1; number <= 8; ++number) {
        REQUIRE(append_marked(disk, number, sync_between));
    }
    u64 wrong = 0;
    disk.for_each_crash_state({}, [&](disk_simulator& medium, const crash_point&) {
        wrong += !medium.open().ok() || !read_marked(medium);
    });
    return wrong;
}

// A single record that every recovery moves to the other block.
template <class Medium>
bool find(Medium& medium, u32& block) {
    for (block = 0; block < 2; ++block) {
        std::array<std::byte, 32> bytes{};
        const bool read = medium.read(block, 0, bytes).ok();
        const toy_record record = std::bit_cast<toy_record>(bytes);
        if (read && record.value == 42 && record.check == record.right_check()) {
            return true;
        }
    }
    return false;
}
template <class Medium>
void move_it(Medium& medium, bool erase_first) {
    toy_record record{1, 42};
    record.check = record.right_check();
    u32 from = 0;
    if (!medium.open() || !find(medium, from)) {
        return;
    }
    const u32 to = 1 - from;
    const auto write = [&] {
        return medium.erase(to).ok() && medium.program(to, 0, record.bytes()).ok() &&
               medium.sync().ok();
    };
    const auto erase = [&] { return medium.erase(from).ok() && medium.sync().ok(); };
    static_cast<void>(erase_first ? erase() && write() : write() && erase());
}
// Cuts the move, and the move that recovers from the cut, and so on.
template <class Simulator, class Budget>
void cut_moves(Simulator& simulator, const Budget& budget, bool erase_first, int depth,
               toy_result& result) {
    simulator.start_recording();
    move_it(simulator, erase_first);
    simulator.for_each_crash_state(budget, [&](Simulator& medium, const crash_point&) {
        ++result.states;
        if (depth > 1) {
            cut_moves(medium, budget, erase_first, depth - 1, result);
            return;
        }
        u32 block = 0;
        result.wrong += !medium.open().ok() || !find(medium, block);
        result.double_programs += medium.double_programs();
    });
}
template <class Simulator, class Budget>
toy_result moves(Simulator simulator, const Budget& budget, bool erase_first, int depth) {
    toy_record record{1, 42};
    record.check = record.right_check();
    REQUIRE(simulator.open().ok());
    REQUIRE(simulator.program(0, 0, record.bytes()).ok());
    simulator.close();
    toy_result result;
    cut_moves(simulator, budget, erase_first, depth, result);
    return result;
}

}  // namespace

TEST_CASE("a toy log without faults survives every cut on a disk", "[crash]") {
    const toy_result once = on_disk(toy_fault::none);
    CHECK(once.states > 2'500);
    CHECK(once.wrong == 0);
    const toy_result twice = on_disk_twice(toy_fault::none);
    CHECK(twice.states > 1'500);
    CHECK(twice.wrong == 0);
    CHECK(twice.double_programs == 0);
}

TEST_CASE("a toy log without faults survives every cut on flash", "[crash]") {
    for (const u32 write_unit : {4U, 8U, 16U, 32U}) {
        const toy_result once = on_flash(toy_fault::none, write_unit);
        CHECK(once.states > 24);
        CHECK(once.wrong == 0);
        const toy_result twice = on_flash_twice(toy_fault::none, {.write_unit = write_unit});
        CHECK(twice.wrong == 0);
        CHECK(twice.double_programs == 0);
    }
}

TEST_CASE("a disk shows what was acknowledged too early", "[crash]") {
    CHECK(on_disk(toy_fault::early_ack).wrong > 0);
}

TEST_CASE("torn records show where there is no checksum", "[crash]") {
    CHECK(on_disk(toy_fault::no_checksum).wrong > 0);
    CHECK(on_flash(toy_fault::no_checksum, 4).wrong > 0);
    // A whole record is one unit, but the unit itself may be half programmed.
    CHECK(on_flash(toy_fault::no_checksum, 32).wrong > 0);
}

TEST_CASE("tears within a sector show where there is no checksum", "[crash]") {
    // One sector of 512 bytes with eight records: tears within it are all there is.
    const toy_result result =
        cut_everywhere(disk_simulator{{.block_bytes = 512, .sector_bytes = 512}},
                       toy_fault::no_checksum, 8, 8, few);
    CHECK(result.wrong > 0);
}

TEST_CASE("old records come back behind a torn tail", "[crash]") {
    CHECK(on_disk_twice(toy_fault::same_block).wrong > 0);
    CHECK(on_disk_twice(toy_fault::same_block).double_programs > 0);
}

TEST_CASE("a weak unit shows who goes on in a block after a cut", "[crash]") {
    const auto violations = [](bool weak_units) {
        return on_flash_twice(toy_fault::same_block, {.write_unit = 32, .weak_units = weak_units})
            .double_programs;
    };
    CHECK(violations(true) > 0);
    // It looks where it writes, and a partial unit it sees.
    CHECK(violations(false) == 0);
}

TEST_CASE("a half erased block shows who does not erase again", "[crash]") {
    // The first session erases a used block and is cut in it; the second writes there.
    const auto violations = [](bool erase_again, bool weak_erases) {
        nor_simulator flash{{.weak_erases = weak_erases}};
        const std::vector<std::byte> full(512, std::byte{0x12});
        REQUIRE(flash.open().ok());
        REQUIRE(flash.program(0, 0, full).ok());
        flash.start_recording();
        REQUIRE(flash.erase(0).ok());
        u64 found = 0;
        flash.for_each_crash_state(0, {}, [&](nor_simulator& medium, const crash_point&) {
            REQUIRE(medium.open().ok());
            std::array<std::byte, 4> first{};
            REQUIRE(medium.read(0, 0, first).ok());
            if (erase_again || first[0] != std::byte{0xFF}) {
                REQUIRE(medium.erase(0).ok());
            }
            REQUIRE(medium.program(0, 0, full).ok());
            found += medium.double_programs();
        });
        return found;
    };
    CHECK(violations(false, false) > 0);  // the second half is not erased
    CHECK(violations(false, true) > violations(false, false));
    CHECK(violations(true, true) == 0);
}

TEST_CASE("two sectors without a sync between them have no order", "[crash]") {
    CHECK(wrong_marks(false) > 0);
    CHECK(wrong_marks(true) == 0);
}

TEST_CASE("a failed sync that is tried again has lost records", "[crash]") {
    const auto lost = [](toy_fault how) {
        faulty_medium medium{disk_simulator{small_disk}};
        medium.arm({.of = operation::sync, .at = 2});
        const std::vector<toy_ack> acks = run_toy(medium, how, 1, 12, 3, medium.inner());
        REQUIRE(medium.failures() == 1);
        u64 wrong = 0;
        medium.inner().for_each_crash_state(few, [&](disk_simulator& after, const crash_point& at) {
            toy_log<disk_simulator> log{after};
            wrong += !log.open() || !is_right(log.values(), acks, at, 1);
        });
        return wrong;
    };
    CHECK(lost(toy_fault::stubborn_sync) > 0);
    CHECK(lost(toy_fault::none) == 0);
}

TEST_CASE("every operation fails once in turn", "[crash]") {
    const auto wrong_after = [](toy_fault how, fault each, u64& operations) {
        u64 wrong = 0;
        operations = fail_each(each, [&](fault which) {
            faulty_medium medium{disk_simulator{small_disk}};
            medium.arm(which);
            const std::vector<toy_ack> acks = run_toy(medium, how, 1, 20, 3, medium.inner());
            const bool failed = medium.has_failed();
            disk_simulator& disk = medium.inner();
            const crash_point last = disk.last_point();
            disk.for_each_crash_state(
                last.index, few, [&](disk_simulator& after, const crash_point& at) {
                    toy_log<disk_simulator> log{after};
                    wrong += !log.open() || !is_right(log.values(), acks, at, 1);
                });
            return failed;
        });
        return wrong;
    };
    for (const done part : {done::nothing, done::half, done::all}) {
        u64 operations = 0;
        // Reading is left out: the toy takes a failed read for the end of the log.
        for (const operation of :
             {operation::open, operation::program, operation::erase, operation::sync}) {
            CHECK(wrong_after(toy_fault::none, {.of = of, .done = part}, operations) == 0);
            CHECK(operations > 0);
        }
    }
    u64 operations = 0;
    CHECK(wrong_after(toy_fault::hidden_errors, {.of = operation::program}, operations) > 0);
    CHECK(operations == 20);
}

TEST_CASE("cuts within recovery show who erases before he has copied", "[crash]") {
    const disk_simulator disk{small_disk};
    for (const int depth : {1, 2, 3}) {
        const disk_budget some{.states_max = depth == 3 ? 6U : 64U, .masks_max = 14};
        CHECK(moves(disk, some, false, depth).wrong == 0);
        CHECK(moves(disk, some, true, depth).wrong > 0);
        const nor_simulator flash{{.write_unit = 16, .weak_erases = true}};
        const toy_result right = moves(flash, nor_budget{.partials = 2}, false, depth);
        CHECK(right.wrong == 0);
        CHECK(right.double_programs == 0);
        CHECK(moves(flash, nor_budget{.partials = 2}, true, depth).wrong > 0);
    }
}

TEST_CASE("generations of crashes lose nothing", "[crash]") {
    // Long runs, each state grown from a random one before it.
    for (u64 seed = 1; seed <= 20; ++seed) {
        numbers random{seed};
        disk_simulator disk{{.block_bytes = 256, .block_count = 8}};
        nor_simulator flash{{.block_count = 8}};
        const auto live = [&](auto& simulator) {
            std::vector<u64> before;
            for (u64 generation = 1; generation <= 4; ++generation) {
                simulator.cut_after(random.below(7));
                const std::vector<toy_ack> acks =
                    run_toy(simulator, toy_fault::none, generation, 6, 2, simulator);
                const u64 acknowledged = acks.empty() ? 0 : acks.back().number;
                CHECK(simulator.is_cut());
                simulator.crash(random.next());
                CHECK_FALSE(simulator.is_cut());
                toy_log<std::remove_reference_t<decltype(simulator)>> log{simulator};
                REQUIRE(log.open());
                simulator.close();
                CHECK(log.values().size() >= acknowledged);
                REQUIRE(log.values().size() >= before.size());
                CHECK(std::equal(before.begin(), before.end(), log.values().begin()));
                before = log.values();
            }
        };
        live(disk);
        live(flash);
        CHECK(flash.double_programs() == 0);
    }
}

TEST_CASE("a flipped bit is found wherever it is", "[crash]") {
    const auto noticed = [](toy_fault fault) {
        disk_simulator disk{small_disk};
        run_toy(disk, fault, 1, 8, 1, disk);
        u64 wrong = 0;
        const u64 flips = for_each_flip(disk, 0, 8 * 32 * 8, [&](disk_simulator& medium, u64) {
            toy_log<disk_simulator> log{medium, fault};
            const std::vector<toy_ack> none;
            wrong += !log.open() || !is_right(log.values(), none, {}, 1);
        });
        CHECK(flips == 8 * 32 * 8);
        return wrong;
    };
    CHECK(noticed(toy_fault::none) == 0);
    CHECK(noticed(toy_fault::no_checksum) == 8 * 64);  // every bit of the values
}
