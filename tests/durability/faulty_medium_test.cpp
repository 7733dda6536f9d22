// SPDX-License-Identifier: BSL-1.0
//
// Goal: the operation that is to fail does, with what is to be done of it, and no other.
// Method: a disk below, whose content tells what has reached it.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <vector>

#include "durability/disk_simulator.hpp"
#include "durability/faulty_medium.hpp"
#include "durability/nor_simulator.hpp"

using namespace crash;

static_assert(pawl::journal_medium<faulty_medium<disk_simulator>>);
static_assert(pawl::journal_medium<medium_ref<faulty_medium<nor_simulator>>>);
static_assert(pawl::journal_medium<faulty_medium<medium_ref<nor_simulator>>>);

namespace {

using bytes = std::vector<std::byte>;
using faulty_disk = faulty_medium<disk_simulator>;

constexpr io_status broken{io_error::failed, 5};

std::size_t written(faulty_disk& medium) {
    std::size_t count = 0;
    for (const std::byte each : medium.inner().content()) {
        count += each != std::byte{0};
    }
    return count;
}
faulty_disk opened() {
    faulty_disk medium{disk_simulator{}};
    REQUIRE(medium.open().ok());
    return medium;
}

}  // namespace

TEST_CASE("only the operation with the number fails, and once") {
    faulty_disk medium = opened();
    const bytes data(16, std::byte{1});
    medium.arm({.of = operation::program, .at = 1, .with = {io_error::no_space, 28}});
    CHECK(medium.sync().ok());
    CHECK(medium.program(0, 0, data).ok());
    CHECK(medium.erase(1).ok());
    CHECK_FALSE(medium.has_failed());
    CHECK(medium.program(0, 16, data) == io_status{io_error::no_space, 28});
    CHECK(medium.has_failed());
    CHECK(medium.program(0, 16, data).ok());
    CHECK(medium.failures() == 1);
    CHECK(medium.count(operation::program) == 3);
    CHECK(medium.count(operation::sync) == 1);
    CHECK(medium.count() == 5);
    CHECK(written(medium) == 32);
}

TEST_CASE("for ever is from there on") {
    faulty_disk medium = opened();
    medium.arm({.of = operation::sync, .at = 1, .for_ever = true});
    CHECK(medium.sync().ok());
    CHECK(medium.sync() == broken);
    CHECK(medium.erase(0).ok());
    CHECK(medium.sync() == broken);
    CHECK(medium.failures() == 2);
    medium.disarm();
    CHECK(medium.sync().ok());
}

TEST_CASE("any operation counts for any") {
    faulty_disk medium{disk_simulator{}};
    const bytes data(16, std::byte{1});
    std::array<std::byte, 16> back{};
    const u64 failures = fail_each({}, [&](fault which) {
        medium.close();
        medium.arm(which);
        const std::array<bool, 5> done{medium.open().ok(), medium.erase(0).ok(),
                                       medium.program(0, 0, data).ok(), medium.sync().ok(),
                                       medium.read(0, 0, back).ok()};
        for (std::size_t i = 0; i < done.size() && which.at != 0; ++i) {
            CHECK(done[i] == (i != which.at));
        }
        return medium.has_failed();
    });
    CHECK(failures == 5);
}

TEST_CASE("what is done of it") {
    const bytes data(40, std::byte{1});
    const auto program = [&](done part) {
        faulty_disk medium = opened();
        medium.arm({.of = operation::program, .done = part});
        CHECK(medium.program(0, 0, data) == broken);
        return written(medium);
    };
    CHECK(program(done::nothing) == 0);
    CHECK(program(done::half) == 16);  // whole units
    CHECK(program(done::all) == 40);

    const auto read = [&](done part) {
        faulty_disk medium = opened();
        REQUIRE(medium.program(0, 0, data).ok());
        medium.arm({.of = operation::read, .done = part});
        std::array<std::byte, 40> back{};
        CHECK(medium.read(0, 0, back) == broken);
        std::size_t count = 0;
        for (const std::byte each : back) {
            count += each != std::byte{0};
        }
        return count;
    };
    CHECK(read(done::nothing) == 0);
    CHECK(read(done::half) == 20);
    CHECK(read(done::all) == 40);

    const auto erase = [&](done part) {
        faulty_disk medium = opened();
        REQUIRE(medium.program(0, 0, data).ok());
        medium.arm({.of = operation::erase, .done = part});
        CHECK(medium.erase(0) == broken);
        return written(medium);
    };
    CHECK(erase(done::nothing) == 40);
    CHECK(erase(done::all) == 0);

    const auto open = [&](done part) {
        faulty_disk medium{disk_simulator{}};
        medium.arm({.of = operation::open, .done = part});
        CHECK(medium.open() == broken);
        return medium.open().error;
    };
    CHECK(open(done::nothing) == io_error::none);
    CHECK(open(done::all) == io_error::none);

    // All: it is on the disk, only the answer got lost.
    const auto sync = [&](done part) {
        faulty_disk medium = opened();
        REQUIRE(medium.program(0, 0, bytes(8, std::byte{1})).ok());
        medium.arm({.of = operation::sync, .done = part});
        CHECK(medium.sync() == broken);
        CHECK(medium.sync().ok());
        disk_simulator& disk = medium.inner();
        return disk.for_each_crash_state(disk.last_point().index, {},
                                         [](disk_simulator&, const crash_point&) {});
    };
    CHECK(sync(done::nothing) == 2);
    CHECK(sync(done::all) == 1);
}

TEST_CASE("a medium_ref is the medium") {
    faulty_disk there = opened();
    medium_ref<faulty_disk> here{there};
    CHECK(here.open().error == io_error::busy);
    CHECK(here.geometry() == there.geometry());
    CHECK(here.program(0, 0, bytes(8, std::byte{1})).ok());
    CHECK(written(there) == 8);
    CHECK(here.sync().ok());
    CHECK(here.erase(0).ok());
    CHECK(written(there) == 0);
    // A failed sync is told through it.
    disk_simulator disk;
    faulty_medium<medium_ref<disk_simulator>> medium{medium_ref<disk_simulator>{disk}};
    REQUIRE(medium.open().ok());
    REQUIRE(medium.program(0, 0, bytes(8, std::byte{1})).ok());
    medium.arm({.of = operation::sync});
    CHECK(medium.sync() == broken);
    CHECK(medium.sync().ok());
    CHECK(disk.for_each_crash_state(disk.last_point().index, {},
                                    [](disk_simulator&, const crash_point&) {}) == 2);
}
