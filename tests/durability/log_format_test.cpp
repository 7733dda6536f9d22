// SPDX-License-Identifier: BSL-1.0
//
// The bytes of a log.
//
// Goal: what log_format.hpp says about each byte is so, on machines of either byte order, and stays
// so. Method: its worked example, byte by byte, encoded and decoded; every bit of it flipped.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <pawl/durability/log_format.hpp>

namespace {

namespace log_format = pawl::log_format;

constexpr pawl::crc_table table = pawl::crc_table::byte;

// As in the header's comment.
constexpr std::array<std::uint8_t, 112> example{
    0x70, 0x61, 0x77, 0x6C, 0x0D, 0x0A, 0x1A, 0x0A, 0x01, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x80, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC9, 0x2C, 0x7B, 0xDF,
    0x58, 0x98, 0xB7, 0xC5, 0x08, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3A, 0x6B, 0xFF, 0xCC, 0x02, 0x00, 0x10, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x68, 0x69, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

using image = std::array<std::byte, example.size()>;

image bytes_of_example() {
    image result{};
    for (std::size_t i = 0; i < example.size(); ++i) {
        result[i] = static_cast<std::byte>(example[i]);
    }
    return result;
}

image encode_example() {
    image result{};
    log_format::block_header header{
        .number = 1, .first_sequence = 1, .block_bytes = 128, .write_unit = 8, .payload_max = 64};
    log_format::encode<table>(header, result.data());
    std::byte* const ready = result.data() + 64;
    log_format::encode_head({.length = 8, .type = log_format::ready, .sequence = 1, .distance = 1},
                            ready);
    pawl::store_little(ready, log_format::crc_of<table>(ready, 8, header.crc));
    std::byte* const hi = result.data() + 88;
    log_format::encode_head({.length = 2, .type = 16, .sequence = 2, .distance = 1}, hi);
    std::memcpy(hi + 16, "hi", 2);
    pawl::store_little(hi, log_format::crc_of<table>(hi, 2, header.crc));
    return result;
}

}  // namespace

TEST_CASE("log format: the worked example, byte by byte") {
    const image made = encode_example();
    const image wanted = bytes_of_example();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        INFO("byte " << i);
        CHECK(std::to_integer<unsigned>(made[i]) == std::to_integer<unsigned>(wanted[i]));
    }
}

TEST_CASE("log format: the worked example, read") {
    const image bytes = bytes_of_example();
    log_format::block_header header;
    REQUIRE(log_format::decode<table>(bytes.data(), header) == log_format::header_state::good);
    REQUIRE(header.number == 1);
    REQUIRE(header.first_sequence == 1);
    REQUIRE(header.previous == 0);
    REQUIRE(header.block_bytes == 128);
    REQUIRE(header.write_unit == 8);
    REQUIRE(header.payload_max == 64);
    const auto ready = log_format::decode_head(bytes.data() + 64);
    REQUIRE(ready.type == log_format::ready);
    REQUIRE(log_format::crc_of<table>(bytes.data() + 64, ready.length, header.crc) == ready.crc);
    const auto hi = log_format::decode_head(bytes.data() + 88);
    REQUIRE(hi.length == 2);
    REQUIRE(hi.type == 16);
    REQUIRE(hi.sequence == 2);
    REQUIRE(hi.distance == 1);
    REQUIRE(log_format::crc_of<table>(bytes.data() + 88, hi.length, header.crc) == hi.crc);
}

TEST_CASE("log format: every flipped bit is noticed, but in the padding") {
    for (std::size_t bit = 0; bit < 8 * example.size(); ++bit) {
        image bytes = bytes_of_example();
        bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        log_format::block_header header;
        const bool good_header =
            log_format::decode<table>(bytes.data(), header) == log_format::header_state::good;
        bool good = good_header;
        for (const std::size_t at : {std::size_t{64}, std::size_t{88}}) {
            const auto head = log_format::decode_head(bytes.data() + at);
            good =
                good && at + log_format::head_bytes + head.length <= bytes.size() &&
                log_format::crc_of<table>(bytes.data() + at, head.length, header.crc) == head.crc;
        }
        INFO("bit " << bit);
        const bool padding = bit >= 8 * (88 + 16 + 2);
        REQUIRE(good == padding);
    }
}

TEST_CASE("log format: a later version is told from a bad header") {
    image bytes = bytes_of_example();
    bytes[8] = std::byte{2};
    pawl::store_little(bytes.data() + log_format::crc_place,
                       pawl::crc32c_software<table>(
                           std::span<const std::byte>{bytes.data(), log_format::crc_place}));
    log_format::block_header header;
    REQUIRE(log_format::decode<table>(bytes.data(), header) == log_format::header_state::newer);
    bytes[8] = std::byte{1};
    REQUIRE(log_format::decode<table>(bytes.data(), header) == log_format::header_state::bad);
}

TEST_CASE("log format: bytes that were never written are no record") {
    REQUIRE_FALSE(log_format::is_type(0x00));
    REQUIRE_FALSE(log_format::is_type(0xFF));
    REQUIRE(log_format::is_type(log_format::ready));
    REQUIRE(log_format::is_type(log_format::user_first));
    REQUIRE(log_format::is_type(log_format::user_last));
}
