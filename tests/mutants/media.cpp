// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of the journal's media and of their conformance check must not get past: a
// program of its own, because one with a test framework takes ten times as long to compile.
//
// Method: the scenes of durability/{file,flash,ram}_medium_test.cpp and medium_conformance_test.cpp
// in short; the calls to the system, and the operations of a chip, are the witnesses.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/flash_medium.hpp>
#include <pawl/durability/medium_conformance.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>

#include "durability/faulty_system.hpp"
#include "durability/nor_chip.hpp"
#include "durability/temporary_folder.hpp"

namespace {

using faulty::fault;
using pawl::io_error;
using pawl::io_status;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

// ---- files ----

constexpr pawl::file_options small{.block_bytes = 4096, .block_count = 4};
constexpr std::size_t small_bytes = std::size_t{4096} * 4;

std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}
void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

io_status session(const std::string& path) {
    faulty::medium medium{path.c_str(), small};
    const std::vector<std::byte> bytes(1000, std::byte{7});
    std::vector<std::byte> seen(1000);
    if (const io_status opened = medium.open(); !opened) {
        check(faulty::system::files == 0, "open() fails and leaves a file open");
        return opened;
    }
    io_status said = medium.erase(1);
    said = said ? medium.program(1, 8, bytes) : said;
    said = said ? medium.sync() : said;
    said = said ? medium.read(1, 8, seen) : said;
    check(!said || seen == bytes, "a file does not return what was written");
    medium.close();
    check(faulty::system::files == 0, "close() leaves a file open");
    return said;
}

void every_call_fails(const std::string& path) {
    for (const std::size_t old_size : {std::size_t{0}, std::size_t{4100}}) {
        const auto begin = [&] { write_file(path, std::string(old_size, '\0')); };
        begin();
        faulty::system::reset();
        check(session(path).ok(), "a session fails by itself");
        const int calls = faulty::system::calls;
        const std::string after = contents(path);
        int stopped = 0;
        for (int at = 1; at <= calls; ++at) {
            begin();
            faulty::system::reset(at, fault::error, EIO);
            const io_status said = session(path);
            const bool closing = said.ok();
            check(closing || said == io_status{io_error::failed, EIO}, "EIO is not failed");
            const std::string& trace = faulty::system::said;
            check(!closing || trace.find("dF") != trace.npos || trace.back() == 'F',
                  "a call fails and nobody says so");
            begin();
            faulty::system::reset(at, fault::error, EINTR);
            check(session(path).ok() && contents(path) == after, "an interrupted call is an error");
            begin();
            faulty::system::reset(at, fault::shorter);
            check(session(path).ok() && contents(path) == after, "half a call is taken for one");
            begin();
            faulty::system::reset(at, fault::nothing);
            stopped += session(path) ? 0 : 1;
        }
        check(stopped == 7, "a read or write of nothing is taken for success");
    }
}

void files() {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    {
        faulty::medium one{path.c_str(), small};
        faulty::medium two{path.c_str(), small};
        faulty::system::reset();
        const auto verdict = pawl::check_medium(one, two);
        check(verdict.ok(), "a file is not what a medium should be");
        check(contents(path) == std::string(small_bytes, '\0'), "not all of a file is zeros");
    }
    {
        pawl::basic_file_medium<faulty::system> medium{path.c_str(), small};
        faulty::system::reset();
        check(medium.open().ok() && faulty::system::said == "OLTsodc",
              "open() does not sync the file and then its directory");
        check(medium.open().error == io_error::busy, "an open medium opens again");
        faulty::system::reset(1, fault::error, EIO);
        check(!medium.sync().ok() && faulty::system::said == "F", "sync() is tried again");
        medium.close();
        faulty::system::reset();
        check(medium.open().ok() && faulty::system::said == "OLTsodcG", "the cache is trusted");
        medium.close();
        std::byte one[8]{};
        check(medium.read(0, 0, one).error == io_error::closed, "a closed medium reads");
    }
    every_call_fails(path);

    const auto opens_as = [&](const std::string& bytes, pawl::file_options options) {
        write_file(path, bytes);
        return pawl::file_medium{path.c_str(), options}.open().error;
    };
    check(opens_as(std::string(small_bytes + 4096, 'x'), small) == io_error::bad_geometry,
          "a longer file is taken");
    check(opens_as(std::string(5000, 'x'), small) == io_error::bad_geometry,
          "a file of another kind is taken");
    check(contents(path) == std::string(5000, 'x'), "a file of another kind is changed");
    check(opens_as(std::string(4096, 'x') + std::string(4, '\0'), small) == io_error::none &&
              contents(path) == std::string(4096, 'x') + std::string(small_bytes - 4096, '\0'),
          "a file that was cut short is not completed");
    check(pawl::file_medium{"/dev/null", small}.open().error == io_error::bad_geometry,
          "a device is taken for a file");

    write_file(path, std::string(4096, 'x'));
    faulty::system::reset(7, fault::error, ENOSPC);
    check(faulty::medium{path.c_str(), small}.open() == io_status{io_error::no_space, ENOSPC},
          "a full disk is not no_space");
    check(contents(path) == std::string(4096, 'x'), "a file keeps what it grew by in vain");

    pawl::file_medium moved_from{path.c_str(), small};
    check(moved_from.open().ok(), "open() fails");
    pawl::file_medium taker{std::move(moved_from)};
    moved_from.close();  // NOLINT(bugprone-use-after-move): which is nothing any more
    check(taker.sync().ok(), "what was moved from closes the file");
    const pawl::file_medium& same = taker;
    pawl::file_medium copy{same};
    check(copy.sync().error == io_error::closed, "a copy is open");
    const std::string long_path = folder.path() + std::string(1100, '/') + "a";
    check(
        pawl::file_medium{long_path.c_str()}.open() == io_status{io_error::not_found, ENAMETOOLONG},
        "a path is cut off");
}

// ---- flash ----

using driver = nor::driver<512, 12, 4, 64>;
using chip = driver::chip_type;

void flash() {
    const pawl::flash_options ours{.first_sector = 2, .sectors_per_block = 2, .block_count = 4};
    {
        const auto device = std::make_unique<chip>();
        pawl::flash_medium<driver> medium{{device.get()}, ours};
        check(pawl::check_medium<256>(medium).ok() && device->misuses == 0,
              "flash is not what a medium should be");
        for (std::uint32_t sector = 0; sector < 12; ++sector) {
            check((device->erases[sector] != 0) == (sector >= 2 && sector < 10),
                  "a sector of somebody else's is erased");
        }
        std::byte one[4]{};
        check(medium.read(0, 0, one).error == io_error::closed, "a closed chip is read");
    }
    for (int at = 1; at <= 2 + 3; ++at) {
        const auto device = std::make_unique<chip>();
        device->fail_at = at;
        pawl::flash_options trusting = ours;
        trusting.verify = false;
        pawl::flash_medium<driver> medium{{device.get()}, trusting};
        const std::vector<std::byte> bytes(128, std::byte{0x0F});
        check(medium.open().ok() && !(medium.erase(1).ok() && medium.program(1, 480, bytes).ok()),
              "a driver fails and nobody says so");
    }
    for (int way = 0; way < 2; ++way) {
        for (int at = 1; at <= 2 + 3 + 32 + 4; ++at) {
            const auto device = std::make_unique<chip>();
            (way == 0 ? device->fail_at : device->silently_at) = at;
            pawl::flash_medium<driver> medium{{device.get()}, ours};
            const std::vector<std::byte> bytes(128, std::byte{0x0F});
            check(medium.open().ok(), "flash does not open");
            check(medium.open().error == io_error::busy, "flash opens twice");
            const bool all = medium.erase(1).ok() && medium.program(1, 480, bytes).ok();
            const bool writes = at == 1 || at == 18 || at == 35 || at == 37 || at == 40;
            check(all == (way == 1 && !writes), "a chip fails and nobody says so");
        }
    }
    const auto device = std::make_unique<chip>();
    const auto opens = [&](pawl::flash_options options) {
        pawl::flash_medium<driver> medium{{device.get()}, options};
        return medium.open().ok();
    };
    check(opens({}) && opens({.first_sector = 9}), "flash does not open");
    check(!opens({.block_count = 13}) && !opens({.first_sector = 13, .block_count = 3}) &&
              !opens({.sectors_per_block = 5}) && !opens({.sectors_per_block = 0}) &&
              !opens({.sectors_per_block = 0x80'0001, .block_count = 3}),
          "more sectors are used than there are");
}

// ---- the conformance check ----

constexpr std::uint32_t unit = 8;
constexpr std::uint32_t block_bytes = 512;
using right = pawl::ram_medium<block_bytes, 4, unit>;

template <class M>
void caught(const char* expected) {
    static M medium;
    const auto verdict = pawl::check_medium(medium);
    check(!verdict && std::string{verdict.violation} == expected, expected);
}

struct bare {
    right of;
    io_status open() noexcept { return of.open(); }
    void close() noexcept {}
    [[nodiscard]] pawl::medium_geometry geometry() const noexcept { return right::geometry(); }
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        return of.read(block, offset, into);
    }
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        return of.program(block, offset, from);
    }
    io_status erase(std::uint32_t block) noexcept { return of.erase(block); }
    io_status sync() noexcept { return of.sync(); }

    std::byte* cell(std::uint32_t block, std::uint32_t offset) noexcept {
        return reinterpret_cast<std::byte*>(&of) + std::size_t{block} * block_bytes + offset;
    }
};
struct erases_nothing : bare {
    io_status erase(std::uint32_t block) noexcept {
        return block < 4 ? io_status{} : of.erase(block);
    }
    io_status open() noexcept {
        std::fill_n(cell(0, 0), sizeof of, std::byte{});
        return {};
    }
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        const io_status allowed = of.read(block, offset, seen().first(from.size()));
        if (!allowed || (offset | from.size()) % unit != 0) {
            return {io_error::out_of_bounds, 0};
        }
        std::copy_n(from.data(), from.size(), cell(block, offset));
        return {};
    }
    static std::span<std::byte> seen() {
        static std::byte bytes[8192];
        return bytes;
    }
};
struct erases_the_next : bare {
    io_status erase(std::uint32_t block) noexcept {
        const io_status done = of.erase(block);
        if (done && block + 1 < 4) {
            *cell(block + 1, 0) = std::byte{};
        }
        return done;
    }
};
struct erases_the_one_before : bare {
    io_status erase(std::uint32_t block) noexcept {
        const io_status done = of.erase(block);
        if (done && block == 2) {
            *cell(1, 0) = std::byte{};
        }
        return done;
    }
};
struct fills_up : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        const io_status done = of.program(block, offset, from);
        const std::uint32_t end = offset + static_cast<std::uint32_t>(from.size());
        if (done && end < block_bytes) {
            *cell(block, end) = std::byte{1};
        }
        return done;
    }
};
struct changes_before : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        const io_status done = of.program(block, offset, from);
        if (done && offset != 0) {
            *cell(block, offset - 1) ^= std::byte{1};
        }
        return done;
    }
};
struct programs_elsewhere_too : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        const io_status done = of.program(block, offset, from);
        if (done && block == 3 && offset == 0) {
            *cell(0, 100) ^= std::byte{1};
        }
        return done;
    }
};
struct reads_whole_units : bare {
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        return of.read(block, offset / unit * unit, into);
    }
};
struct reads_words : bare {
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        const io_status done = of.read(block, offset, into);
        if (done && into.size() % 4 != 0) {
            into.data()[into.size()] = std::byte{};
        }
        return done;
    }
};
struct reads_short : bare {
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        const io_status all = of.read(block, offset, buffer().first(into.size()));
        return all ? of.read(block, offset, into.first(std::min<std::size_t>(into.size(), 100)))
                   : all;
    }
    static std::span<std::byte> buffer() {
        static std::byte bytes[8192];
        return bytes;
    }
};
struct wraps_round : bare {
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        return of.read(block % 4, offset % block_bytes, into);
    }
};
struct writes_over_the_end : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        return offset == block_bytes - unit && from.size() == 2 * unit
                   ? io_status{}
                   : of.program(block, offset, from);
    }
};
struct writes_and_refuses : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        if (offset == block_bytes - unit && from.size() == 2 * unit) {
            *cell(block + 1, 0) ^= std::byte{1};
        }
        return of.program(block, offset, from);
    }
};
struct erases_beyond : bare {
    io_status erase(std::uint32_t block) noexcept {
        return block < 4 ? of.erase(block) : io_status{};
    }
};
struct takes_parts : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        return from.size() % unit != 0 ? io_status{} : of.program(block, offset, from);
    }
};
struct takes_odd_places : bare {
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        return offset % unit != 0 ? io_status{} : of.program(block, offset, from);
    }
};
struct forgets : bare {
    void close() noexcept { *cell(3, block_bytes - 1) ^= std::byte{1}; }
};
struct cannot_sync : bare {
    static io_status sync() noexcept { return {io_error::failed, 5}; }
};
struct changes_shape : bare {
    std::uint32_t blocks = 4;
    [[nodiscard]] pawl::medium_geometry geometry() const noexcept {
        auto shape = right::geometry();
        shape.block_count = blocks;
        return shape;
    }
    io_status sync() noexcept {
        blocks = 3;
        return {};
    }
};

void conformance() {
    static right good;
    check(pawl::check_medium(good).ok() && pawl::check_medium<unit>(good).ok(),
          "a right medium is refused");
    check(!pawl::check_medium<unit - 1>(good).ok(), "too little scratch is overrun");
    check(std::all_of(reinterpret_cast<std::byte*>(&good),
                      reinterpret_cast<std::byte*>(&good) + sizeof good,
                      [](std::byte value) { return value == std::byte{}; }),
          "the check does not leave the medium erased");
    pawl::medium_ref other{good};
    check(std::string{pawl::check_medium(good, other).violation} == "a second open() succeeds",
          "a second open() is not noticed");
    caught<erases_nothing>("erase() leaves bytes that are not erased");
    caught<erases_the_next>("erase() changes another block");
    caught<erases_the_one_before>("erase() changes another block");
    caught<fills_up>("program() changes the unit behind");
    caught<changes_before>("program() changes the unit before");
    caught<programs_elsewhere_too>("program() changes another block");
    caught<reads_whole_units>("read() of a part of a block returns other bytes");
    caught<reads_words>("read() writes beyond the bytes that it was given");
    caught<reads_short>("erase() leaves bytes that are not erased");
    caught<wraps_round>("read() of what is beyond the medium or its block succeeds");
    caught<writes_over_the_end>("program() over the end of a block succeeds");
    caught<writes_and_refuses>("what is refused changes the medium");
    caught<erases_beyond>("erase() beyond the medium succeeds");
    caught<takes_parts>("program() of a part of a write unit succeeds");
    caught<takes_odd_places>("program() that begins within a write unit succeeds");
    caught<forgets>("close() and open() change the medium");
    caught<cannot_sync>("sync() fails");
    caught<changes_shape>("geometry() changes while the medium is open");
}

}  // namespace

int main() {
    conformance();
    files();
    flash();
}
