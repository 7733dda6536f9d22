// SPDX-License-Identifier: BSL-1.0
//
// The log of format version 1.
//
// Goal: what version 1 has written is read by every later version, and version 1 itself stays as it
// is, byte by byte. What records came to have later is in a log of its own, log_version_1_b.inc.
// Method: golden/log_version_1.inc was written once and never changes. It is read, and every field
// of every record compared; and the same workload has to write the same bytes today.
// byte_order_test.sh does the same on a machine of the other byte order. When there is a version 2,
// it gets a file of its own, the first test stays, and the second one is about the new file.
//
// The case [.write] prints the bytes as they are today: for the file of another version.
#include "catch.hpp"

#include <cstddef>
#include <cstdio>

#include <pawl/durability/log_report.hpp>

#include "golden/workload.hpp"

namespace {

void print(const golden::image& bytes) {
    std::printf("R\"(\n");
    for (std::size_t row = 0; row < bytes.size(); row += 16) {
        bool any = false;
        for (std::size_t i = row; i < row + 16; ++i) {
            any = any || bytes[i] != std::byte{0};
        }
        if (any) {
            std::printf("%04zx ", row);
            for (std::size_t i = row; i < row + 16; ++i) {
                std::printf("%02x", std::to_integer<unsigned>(bytes[i]));
            }
            std::printf("\n");
        }
    }
    std::printf(")\"\n");
}

}  // namespace

TEST_CASE("golden log: version 1 is read, every field of every record") {
    golden::memory memory{};
    golden::load(memory, golden::parsed());
    pawl::log_report report;
    const char* const fault = golden::fault_of(memory, report);
    INFO((fault == nullptr ? "" : fault));
    REQUIRE(fault == nullptr);
    // As the bytes say, by hand: the fourth block has made the first void, sequences 21 to 66
    // count, and of the group behind them one record is there, whose last word is zeros.
    CHECK(report.blocks == 3);
    CHECK(report.records == 46);
    CHECK(report.place.block == 3);
    CHECK(report.place.offset == 0x240);
    CHECK(report.place.sequence == 67);
    CHECK(report.torn == 32);
}

TEST_CASE("golden log: the same workload writes the same bytes") {
    golden::memory memory{};
    REQUIRE(golden::write(memory));
    const golden::image now = golden::save(memory);
    const golden::image then = golden::parsed();
    std::size_t different = 0;
    while (different < now.size() && now[different] == then[different]) {
        ++different;
    }
    INFO("the first byte that differs");
    REQUIRE(different == now.size());
}

TEST_CASE("golden log: a byte that differs is noticed") {
    // The two above would pass on nothing if the text could not be read.
    const golden::image bytes = golden::parsed();
    std::size_t written = 0;
    for (const std::byte each : bytes) {
        written += each != std::byte{0} ? 1U : 0U;
    }
    REQUIRE(written > 1000);
    for (std::size_t at = golden::block_bytes; at < bytes.size(); ++at) {  // the first is void
        if (at % golden::block_bytes >= 104 || bytes[at] == std::byte{0}) {
            continue;  // headers and the first records: of each block something counts
        }
        golden::image rotten = bytes;
        rotten[at] ^= std::byte{0x10};
        golden::memory memory{};
        golden::load(memory, rotten);
        pawl::log_report report;
        INFO("byte " << at);
        CHECK(golden::fault_of(memory, report) != nullptr);
    }
}

TEST_CASE("golden log: what came later is read, every field of every record") {
    golden::memory memory{};
    golden::load(memory, golden::parsed(golden::text_b));
    pawl::log_report report;
    const char* const fault = golden::fault_of_b(memory, report);
    INFO((fault == nullptr ? "" : fault));
    REQUIRE(fault == nullptr);
    CHECK(report.records == 14);  // the twelve, what begins a block, and a mark
}

TEST_CASE("golden log: what came later is written as the same bytes") {
    golden::memory memory{};
    REQUIRE(golden::write_b(memory));
    REQUIRE(golden::save(memory) == golden::parsed(golden::text_b));
}

TEST_CASE("golden log: a byte that differs of what came later is noticed") {
    const golden::image bytes = golden::parsed(golden::text_b);
    std::size_t written = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] == std::byte{0}) {
            continue;
        }
        ++written;
        golden::image rotten = bytes;
        rotten[at] ^= std::byte{0x10};
        golden::memory memory{};
        golden::load(memory, rotten);
        pawl::log_report report;
        INFO("byte " << at);
        CHECK(golden::fault_of_b(memory, report) != nullptr);
    }
    REQUIRE(written > 300);
}

TEST_CASE("golden log: print it", "[.write]") {
    golden::memory memory{};
    REQUIRE(golden::write(memory));
    print(golden::save(memory));
}
TEST_CASE("golden log: print what came later", "[.write_b]") {
    golden::memory memory{};
    REQUIRE(golden::write_b(memory));
    print(golden::save(memory));
}
