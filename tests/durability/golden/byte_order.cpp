// SPDX-License-Identifier: BSL-1.0
//
// The log of format version 1, and its example, on a machine of whatever order of bytes: read, and
// written again. A program without a framework, for an emulator. Prints what is wrong.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>

#include <pawl/durability/byte_codec.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_report.hpp>

#include "workload.hpp"

namespace {

int faults = 0;

void check(bool fact, const char* what) {
    if (!fact) {
        std::printf("wrong: %s\n", what);
        ++faults;
    }
}

// The example of log_format.hpp.
void check_example() {
    namespace log_format = pawl::log_format;
    constexpr pawl::crc_table table = pawl::crc_table::slicing_by_8;
    std::array<std::byte, 112> bytes{};
    log_format::block_header header{
        .number = 1, .first_sequence = 1, .block_bytes = 128, .write_unit = 8, .payload_max = 64};
    log_format::encode<table>(header, bytes.data());
    check(header.crc == 0xDF7B'2CC9, "the crc of the example's header");
    std::byte* const hi = bytes.data() + 88;
    log_format::encode_head({.length = 2, .type = 16, .sequence = 2, .distance = 1}, hi);
    std::memcpy(hi + log_format::head_bytes, "hi", 2);
    check(log_format::crc_of<table>(hi, 2, header.crc) == 0xCCFF'6B3A,
          "the crc of the example's record");
    log_format::block_header read;
    check(log_format::decode<table>(bytes.data(), read) == log_format::header_state::good &&
              read.block_bytes == 128 && read.payload_max == 64,
          "the example's header, read");
    const std::uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    check(pawl::crc32c<table>(std::as_bytes(std::span{digits})) == 0xE306'9283,
          "the crc of the digits");
}

void check_codec() {
    std::byte bytes[32]{};
    pawl::byte_writer out{bytes};
    out.u16(0x0102);
    out.u64(0x0304'0506'0708'090A);
    out.f64(-2.5);
    const std::uint8_t wanted[] = {2, 1, 10, 9, 8, 7, 6, 5, 4, 3, 0, 0, 0, 0, 0, 0, 4, 0xC0};
    check(out.ok() && std::memcmp(bytes, wanted, sizeof wanted) == 0, "numbers of a codec");
    pawl::byte_reader in{bytes};
    check(in.u16() == 0x0102 && in.u64() == 0x0304'0506'0708'090A && in.f64() == -2.5,
          "numbers of a codec, read");
}

}  // namespace

int main() {
    check_example();
    check_codec();
    static golden::memory memory{};
    golden::load(memory, golden::parsed());
    pawl::log_report report;
    const char* const fault = golden::fault_of(memory, report);
    check(fault == nullptr, fault == nullptr ? "" : fault);
    check(report.blocks == 3 && report.records == 46 && report.torn == 32, "the report");

    static golden::memory later{};
    golden::load(later, golden::parsed(golden::text_b));
    const char* const fault_b = golden::fault_of_b(later, report);
    check(fault_b == nullptr, fault_b == nullptr ? "" : fault_b);
    static golden::memory later_again{};
    check(golden::write_b(later_again), "the later workload");
    check(golden::save(later_again) == golden::parsed(golden::text_b), "its bytes");

    static golden::memory again{};
    check(golden::write(again), "the workload");
    check(golden::save(again) == golden::parsed(), "the bytes that are written");
    std::printf("%s-endian: %s\n", std::endian::native == std::endian::big ? "big" : "little",
                faults == 0 ? "reads and writes version 1" : "differs");
    return faults == 0 ? 0 : 1;
}
