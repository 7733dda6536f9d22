// SPDX-License-Identifier: BSL-1.0
//
// Goal: over any driver of a NOR chip flash_medium keeps what a medium promises, never programs a
// unit twice nor over the end of a page, stays within its sectors, and notices a chip that says it
// has done what it has not. Method: the conformance check over simulated chips of several shapes,
// which count what a real one would answer with damage; each operation of the chip fails once,
// loudly and silently.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/durability/flash_medium.hpp>
#include <pawl/durability/medium_conformance.hpp>

#include "durability/nor_chip.hpp"

namespace {

using pawl::flash_medium;
using pawl::flash_options;
using pawl::io_error;
using pawl::io_status;

std::string_view text(const pawl::medium_verdict& verdict) {
    return verdict ? "nothing" : verdict.violation;
}

// The chip of the scenes below: 12 sectors of 512 bytes, pages of 64, units of 4.
using driver = nor::driver<512, 12, 4, 64>;
using chip = driver::chip_type;

template <std::uint32_t SectorBytes, std::uint32_t SectorCount, std::uint32_t WriteUnit,
          std::uint32_t PageBytes>
void check_shape(flash_options options) {
    using this_driver = nor::driver<SectorBytes, SectorCount, WriteUnit, PageBytes>;
    const auto device = std::make_unique<typename this_driver::chip_type>();
    flash_medium<this_driver> medium{{device.get()}, options};
    CHECK(text(pawl::check_medium<256>(medium)) == "nothing");
    CHECK(device->misuses == 0);
}

static_assert(pawl::journal_medium<flash_medium<driver>>);
static_assert(pawl::named_medium<flash_medium<driver>>);

}  // namespace

TEST_CASE("flash_medium: keeps what a medium promises, over chips of several shapes") {
    for (const bool verify : {true, false}) {
        check_shape<512, 12, 4, 64>({.verify = verify});
        check_shape<512, 12, 1, 256>({.sectors_per_block = 4, .verify = verify});
        check_shape<1024, 9, 32, 32>({.first_sector = 1, .sectors_per_block = 2, .verify = verify});
        check_shape<256, 3, 256, 256>({.verify = verify});
        check_shape<4096, 5, 8, 256>({.first_sector = 1, .block_count = 3, .verify = verify});
    }
}

TEST_CASE("flash_medium: touches the sectors that it was given, and no other") {
    const auto device = std::make_unique<chip>();
    std::fill(device->bytes.begin(), device->bytes.end(), std::byte{0x33});
    flash_medium<driver> medium{{device.get()},
                                {.first_sector = 2, .sectors_per_block = 2, .block_count = 4}};
    CHECK(text(pawl::check_medium<256>(medium)) == "nothing");
    for (std::uint32_t sector = 0; sector < 12; ++sector) {
        const bool ours = sector >= 2 && sector < 10;
        CHECK((device->erases[sector] != 0) == ours);
        CHECK(device->bytes[sector * 512] == (ours ? std::byte{0xFF} : std::byte{0x33}));
        CHECK(device->bytes[sector * 512 + 511] == (ours ? std::byte{0xFF} : std::byte{0x33}));
    }
}

TEST_CASE("flash_medium: what does not fit on the chip does not open") {
    const auto device = std::make_unique<chip>();
    const auto open = [&](flash_options options) {
        flash_medium<driver> medium{{device.get()}, options};
        return medium.open().error;
    };
    CHECK(open({}) == io_error::none);
    CHECK(open({.sectors_per_block = 4}) == io_error::none);
    CHECK(open({.sectors_per_block = 5}) == io_error::bad_geometry);  // two blocks
    CHECK(open({.sectors_per_block = 0}) == io_error::bad_geometry);
    CHECK(open({.sectors_per_block = 0, .block_count = 4}) == io_error::bad_geometry);
    CHECK(open({.first_sector = 9}) == io_error::none);
    CHECK(open({.first_sector = 10}) == io_error::bad_geometry);
    CHECK(open({.first_sector = 13}) == io_error::bad_geometry);
    CHECK(open({.first_sector = 0xFFFF'FFFF, .block_count = 4}) == io_error::bad_geometry);
    CHECK(open({.block_count = 12}) == io_error::none);
    CHECK(open({.block_count = 13}) == io_error::bad_geometry);
    CHECK(open({.sectors_per_block = 0x80'0000, .block_count = 3}) == io_error::bad_geometry);
    CHECK(open({.sectors_per_block = 0x80'0001, .block_count = 3}) == io_error::bad_geometry);
    CHECK(open({.erased = std::byte{0x55}}) == io_error::bad_geometry);
    CHECK(device->operations == 0);
}

TEST_CASE("flash_medium: nothing works while it is closed, and one open() is enough") {
    const auto device = std::make_unique<chip>();
    flash_medium<driver> medium{{device.get()}};
    std::byte bytes[8]{};
    const auto all_closed = [&] {
        return medium.read(0, 0, bytes).error == io_error::closed &&
               medium.program(0, 0, bytes).error == io_error::closed &&
               medium.erase(0).error == io_error::closed && medium.sync().error == io_error::closed;
    };
    CHECK(all_closed());
    REQUIRE(medium.open().ok());
    CHECK(medium.open().error == io_error::busy);
    CHECK(medium.sync().ok());
    medium.close();
    CHECK(all_closed());
    CHECK(device->operations == 0);
}

// ---- a chip that fails ----

namespace {

struct answers {
    io_status erase{};
    io_status program{};
    io_status read{};
};

answers use(chip& device, bool verify, std::uint32_t size = 128) {
    flash_medium<driver> medium{{&device}, {.sectors_per_block = 2, .verify = verify}};
    std::vector<std::byte> bytes(size, std::byte{0x0F});
    REQUIRE(medium.open().ok());
    answers said;
    said.erase = medium.erase(1);
    said.program = said.erase ? medium.program(1, 480, bytes) : said.erase;
    said.read = said.program ? medium.read(1, 480, bytes) : said.program;
    medium.close();
    return said;
}

}  // namespace

TEST_CASE("flash_medium: whatever operation fails, the answer is that it failed") {
    for (const bool verify : {true, false}) {
        const auto untouched = std::make_unique<chip>();
        REQUIRE(use(*untouched, verify).read.ok());
        // Two sectors, three pages, one read; 16 reads of 32 bytes a sector, and one for each 32
        // bytes or part of them in a page.
        CHECK(untouched->operations == 2 + 3 + 1 + (verify ? 32 + 4 : 0));
        for (int at = 1; at <= untouched->operations; ++at) {
            const auto device = std::make_unique<chip>();
            device->fail_at = at;
            CHECK(use(*device, verify).read == io_status{io_error::failed, 0});
            CHECK(device->misuses == 0);
            CHECK(device->operations == at);  // nothing is tried again, nothing goes on
        }
    }
}

TEST_CASE("flash_medium: a chip that leaves something out is found out, if asked") {
    for (int at = 1; at <= 5 + 36; ++at) {
        const auto device = std::make_unique<chip>();
        device->silently_at = at;
        const answers said = use(*device, true);
        const bool writes = at == 1 || at == 18 || at == 35 || at == 37 || at == 40;
        CHECK(said.read.ok() == !writes);
        CHECK((said.erase.ok() || at == 1 || at == 18));
    }
    const auto device = std::make_unique<chip>();
    device->silently_at = 3;
    CHECK(use(*device, false).read.ok());
}

// ---- what a driver may have ----

namespace {

struct rich_driver {
    std::uint32_t sector_bytes = 0;  // open() fills it in
    std::uint32_t sector_count = 0;
    std::uint32_t write_unit = 1;
    chip* device;
    io_status opens{};

    explicit rich_driver(chip& of) : device{&of} {}
    io_status open() noexcept {
        if (opens) {
            sector_bytes = 512;
            sector_count = 12;
            write_unit = 4;
            device->powered = true;
        }
        return opens;
    }
    void close() noexcept { device->powered = false; }
    bool sync() noexcept { return ++device->syncs != 2; }
    [[nodiscard]] const char* name() const noexcept { return "W25Q"; }
    io_status read(std::uint32_t address, std::span<std::byte> into) noexcept {
        return {device->read(address, into) ? io_error::none : io_error::failed, 42};
    }
    io_status program(std::uint32_t address, std::span<const std::byte> from) noexcept {
        return {device->program(address, from) ? io_error::none : io_error::failed, 43};
    }
    io_status erase(std::uint32_t address) noexcept {
        return {device->erase(address) ? io_error::none : io_error::failed, 44};
    }
};

}  // namespace

TEST_CASE("flash_medium: a driver may open, close, sync, have a name and codes of its own") {
    const auto device = std::make_unique<chip>();
    flash_medium<rich_driver> medium{rich_driver{*device}};
    CHECK(std::string{medium.name()} == "W25Q");
    REQUIRE(medium.open().ok());
    CHECK(device->powered);
    CHECK(medium.geometry() ==
          pawl::medium_geometry{
              .write_unit = 4, .block_bytes = 512, .block_count = 12, .erased = std::byte{0xFF}});
    CHECK(medium.sync().ok());
    CHECK(medium.sync() == io_status{io_error::failed, 0});
    device->fail_at = device->operations + 1;
    CHECK(medium.erase(0) == io_status{io_error::failed, 44});
    medium.close();
    CHECK_FALSE(device->powered);
    CHECK(device->syncs == 2);

    medium.driver().opens = {io_error::busy, 3};
    CHECK(medium.open() == io_status{io_error::busy, 3});
    CHECK(medium.sync().error == io_error::closed);
    CHECK(medium.driver().device == device.get());
}

TEST_CASE("flash_medium: a driver whose chip is not what was asked is closed again") {
    const auto device = std::make_unique<chip>();
    flash_medium<rich_driver> medium{rich_driver{*device}, {.first_sector = 11}};
    CHECK(medium.open().error == io_error::bad_geometry);
    CHECK_FALSE(device->powered);
}

TEST_CASE("flash_medium: one without a name is called flash") {
    const auto device = std::make_unique<chip>();
    const flash_medium<driver> medium{{device.get()}};
    CHECK(std::string{medium.name()} == "flash");
    CHECK(sizeof medium <= sizeof(void*) + sizeof(flash_options) + 8);
}
