// SPDX-License-Identifier: BSL-1.0
//
// byte_writer and byte_reader: values as bytes, in one order for all machines.
//
// Goal: what is written is read, at the limits of every type; the bytes are those that the header
// names and never change; nothing is written or read beyond an end, wherever it is; a failure
// leaves no trace, and lasts. Method: a fixture of bytes, written and read in a constant
// expression; the limits; memory that is cut off at every length, as a copy that ends where its
// memory ends, so that AddressSanitizer sees a byte too many; values that a generator chooses.
#include "catch.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/durability/byte_codec.hpp>

namespace {

using pawl::byte_reader;
using pawl::byte_writer;

template <std::size_t Count>
using block = std::array<std::byte, Count>;

template <class... Numbers>
constexpr block<sizeof...(Numbers)> hex(Numbers... numbers) {
    return {static_cast<std::byte>(numbers)...};
}

// One of each, and the bytes that they have had since version 1.
constexpr void write_each(byte_writer& to) noexcept {
    to.u8(0x01);
    to.u16(0x0203);
    to.u32(0x04050607);
    to.u64(0x08090A0B0C0D0E0F);
    to.i8(-1);
    to.i16(-2);
    to.i32(-3);
    to.i64(-4);
    to.f32(-1.5F);
    to.f64(0.1);
    to.boolean(true);
    to.boolean(false);
    to.text("h\xE9!");
    to.bytes(hex(0xAA, 0xBB));
}
constexpr auto each_as_bytes = hex(0x01,                                            // u8
                                   0x03, 0x02,                                      // u16
                                   0x07, 0x06, 0x05, 0x04,                          // u32
                                   0x0F, 0x0E, 0x0D, 0x0C, 0x0B, 0x0A, 0x09, 0x08,  // u64
                                   0xFF,                                            // i8
                                   0xFE, 0xFF,                                      // i16
                                   0xFD, 0xFF, 0xFF, 0xFF,                          // i32
                                   0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,  // i64
                                   0x00, 0x00, 0xC0, 0xBF,                          // f32
                                   0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F,  // f64
                                   0x01, 0x00,                                      // boolean
                                   0x03, 0x00, 0x68, 0xE9, 0x21,                    // text
                                   0xAA, 0xBB);                                     // bytes

constexpr bool reads_each(byte_reader& from) noexcept {
    bool same = from.u8() == 0x01;
    same &= from.u16() == 0x0203;
    same &= from.u32() == 0x04050607;
    same &= from.u64() == 0x08090A0B0C0D0E0F;
    same &= from.i8() == -1;
    same &= from.i16() == -2;
    same &= from.i32() == -3;
    same &= from.i64() == -4;
    same &= from.f32() == -1.5F;
    same &= from.f64() == 0.1;
    same &= from.boolean();
    same &= !from.boolean();
    char letters[4] = {'x', 'x', 'x', 'x'};
    same &= from.text(letters) == "h\xE9!" && letters[3] == '\0';
    block<2> two{};
    from.bytes(two);
    return same && two == hex(0xAA, 0xBB);
}

static_assert([] {
    block<each_as_bytes.size()> bytes{};
    byte_writer to{bytes};
    write_each(to);
    return to.ok() && to.size() == bytes.size() && bytes == each_as_bytes;
}());
static_assert([] {
    byte_reader from{each_as_bytes};
    return reads_each(from) && from.ok() && from.left() == 0;
}());

// Of exactly these bytes, on the heap: one beyond is not there.
std::vector<std::byte> just(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

template <class Value>
Value there_and_back(Value value, void (byte_writer::*write)(Value) noexcept,
                     Value (byte_reader::*read)() noexcept) {
    std::vector<std::byte> bytes(sizeof(Value));
    byte_writer to{bytes};
    (to.*write)(value);
    REQUIRE(to.ok());
    REQUIRE(to.size() == sizeof(Value));
    byte_reader from{bytes};
    const Value result = (from.*read)();
    REQUIRE(from.ok());
    REQUIRE(from.left() == 0);
    return result;
}

template <class Value>
void keeps_limits(void (byte_writer::*write)(Value) noexcept,
                  Value (byte_reader::*read)() noexcept) {
    using limits = std::numeric_limits<Value>;
    const Value middle = limits::max() / 2;
    for (const int step : {-1, 0, 1}) {
        for (const Value value : {limits::min(), Value{0}, middle, limits::max()}) {
            const auto near = static_cast<Value>(value + static_cast<Value>(step));
            CHECK(there_and_back(near, write, read) == near);
        }
    }
    for (int bit = 0; bit < limits::digits; ++bit) {
        const auto value = static_cast<Value>(Value{1} << bit);
        CHECK(there_and_back(value, write, read) == value);
    }
}

template <class Bits, class Value>
void keeps_bits(std::initializer_list<Value> values, void (byte_writer::*write)(Value) noexcept,
                Value (byte_reader::*read)() noexcept) {
    for (const Value value : values) {
        CHECK(std::bit_cast<Bits>(there_and_back(value, write, read)) ==
              std::bit_cast<Bits>(value));
    }
}

TEST_CASE("byte_codec: integers keep their values at the limits") {
    keeps_limits(&byte_writer::u8, &byte_reader::u8);
    keeps_limits(&byte_writer::u16, &byte_reader::u16);
    keeps_limits(&byte_writer::u32, &byte_reader::u32);
    keeps_limits(&byte_writer::u64, &byte_reader::u64);
    keeps_limits(&byte_writer::i8, &byte_reader::i8);
    keeps_limits(&byte_writer::i16, &byte_reader::i16);
    // A step beyond the largest int would overflow: what comes around is tried one size up.
    using four = std::numeric_limits<std::int32_t>;
    for (const std::int32_t value : {four::min(), four::min() + 1, -1, 0, 1, four::max()}) {
        CHECK(there_and_back(value, &byte_writer::i32, &byte_reader::i32) == value);
    }
    using eight = std::numeric_limits<std::int64_t>;
    for (const std::int64_t value :
         {eight::min(), eight::min() + 1, std::int64_t{four::min()} - 1, std::int64_t{-1},
          std::int64_t{0}, std::int64_t{four::max()} + 1, eight::max()}) {
        CHECK(there_and_back(value, &byte_writer::i64, &byte_reader::i64) == value);
    }
    CHECK(there_and_back(true, &byte_writer::boolean, &byte_reader::boolean));
    CHECK_FALSE(there_and_back(false, &byte_writer::boolean, &byte_reader::boolean));
}

TEST_CASE("byte_codec: floating-point numbers keep their bits") {
    using single = std::numeric_limits<float>;
    keeps_bits<std::uint32_t>(
        {0.0F, -0.0F, 1.0F, single::min(), single::denorm_min(), single::max(), single::lowest(),
         single::infinity(), -single::infinity(), single::quiet_NaN(),
         std::bit_cast<float>(std::uint32_t{0xFFC12345})},
        &byte_writer::f32, &byte_reader::f32);
    using twice = std::numeric_limits<double>;
    keeps_bits<std::uint64_t>(
        {0.0, -0.0, 1.0, twice::min(), twice::denorm_min(), twice::max(), twice::lowest(),
         twice::infinity(), -twice::infinity(), twice::quiet_NaN(),
         std::bit_cast<double>(std::uint64_t{0xFFF8'1234'5678'9ABC})},
        &byte_writer::f64, &byte_reader::f64);
}

TEST_CASE("byte_codec: a writer stops at the end of its memory, whole values only") {
    // Where a value may end.
    const std::vector<std::size_t> ends{
        0, 1, 3, 7, 15, 16, 18, 22, 30, 34, 42, 43, 44, 49, each_as_bytes.size()};
    for (std::size_t size = 0; size < each_as_bytes.size(); ++size) {
        std::vector<std::byte> bytes(size, std::byte{0x55});
        byte_writer to{bytes};
        write_each(to);
        CHECK_FALSE(to.ok());
        std::size_t whole = 0;
        for (const std::size_t end : ends) {
            whole = end <= size ? end : whole;
        }
        CHECK(to.size() == whole);
        for (std::size_t i = 0; i < size; ++i) {
            CHECK(bytes[i] == (i < whole ? each_as_bytes[i] : std::byte{0x55}));
        }
    }
    std::vector<std::byte> bytes(each_as_bytes.size() + 1, std::byte{0x55});
    byte_writer to{bytes};
    write_each(to);
    CHECK(to.ok());
    CHECK(bytes.back() == std::byte{0x55});
}

TEST_CASE("byte_codec: after a failure a writer writes nothing, though it would fit") {
    std::vector<std::byte> bytes(3, std::byte{0x55});
    byte_writer to{bytes};
    to.u8(1);
    to.u32(2);
    to.u8(3);
    to.text("");
    to.bytes({});
    CHECK_FALSE(to.ok());
    CHECK(to.size() == 1);
    CHECK(bytes == std::vector{std::byte{1}, std::byte{0x55}, std::byte{0x55}});
}

TEST_CASE("byte_codec: a reader stops at the end of its memory") {
    for (std::size_t size = 0; size < each_as_bytes.size(); ++size) {
        const auto bytes = just(std::span{each_as_bytes}.first(size));
        byte_reader from{bytes};
        CHECK_FALSE(reads_each(from));
        CHECK_FALSE(from.ok());
        CHECK(from.left() == 0);
    }
}

TEST_CASE("byte_codec: after a failure a reader answers with zeros, though bytes are there") {
    const auto bytes = just(hex(1, 2, 1, 0, 'a'));
    byte_reader from{bytes};
    CHECK(from.u8() == 1);
    CHECK(from.left() == 4);
    CHECK(from.u64() == 0);
    CHECK_FALSE(from.ok());
    CHECK(from.left() == 0);
    CHECK(from.u8() == 0);
    CHECK(from.i32() == 0);
    CHECK(from.f64() == 0);
    CHECK_FALSE(from.boolean());
    CHECK(from.text().empty());
    char letter = 'x';
    CHECK(from.text({&letter, 1}).empty());
    CHECK(letter == 'x');
    block<1> one = hex(0x55);
    from.bytes(one);
    CHECK(one == hex(0x55));
    from.skip(0);
    CHECK(from.rest().empty());
    CHECK_FALSE(from.ok());
}

TEST_CASE("byte_codec: a boolean is 0 or 1, else a failure") {
    for (const int value : {2, 0x80, 0xFF}) {
        const auto bytes = just(hex(value, 1));
        byte_reader from{bytes};
        CHECK_FALSE(from.boolean());
        CHECK_FALSE(from.ok());
        CHECK_FALSE(from.boolean());
    }
}

TEST_CASE("byte_codec: texts, from none to the longest") {
    for (const std::size_t size : {0U, 1U, 2U, 255U, 256U, 65534U, 65535U}) {
        std::string text(size, 'a');
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = static_cast<char>(i * 7);  // zeros and letters beyond ASCII among them
        }
        std::vector<std::byte> bytes(size + 2);
        byte_writer to{bytes};
        to.text(text);
        REQUIRE(to.ok());
        CHECK(to.size() == size + 2);

        byte_reader view{bytes};
        const std::string_view seen = view.text();
        CHECK(view.ok());
        CHECK(view.left() == 0);
        CHECK(seen == text);

        std::vector<char> room(size + 1, 'x');
        byte_reader copy{bytes};
        CHECK(copy.text(room) == text);
        CHECK(copy.ok());
        CHECK(room.back() == '\0');
        byte_reader tight{bytes};
        CHECK(tight.text(std::span{room}.first(size)) == text);
        CHECK(tight.ok());
    }
    const std::string longer(65536, 'a');
    std::vector<std::byte> bytes(70000, std::byte{0x55});
    byte_writer to{bytes};
    to.text(longer);
    CHECK_FALSE(to.ok());
    CHECK(to.size() == 0);
    CHECK(bytes.front() == std::byte{0x55});
}

TEST_CASE("byte_codec: a text that is longer than its room, or than what is there") {
    const auto bytes = just(hex(3, 0, 'a', 'b', 'c'));
    byte_reader narrow{bytes};
    char room[2] = {'x', 'y'};
    CHECK(narrow.text(room).empty());
    CHECK_FALSE(narrow.ok());
    CHECK((room[0] == 'x' && room[1] == 'y'));

    for (const auto& claims : {just(hex(2, 0, 'a')), just(hex(0xFF, 0xFF, 'a')), just(hex(1, 0)),
                               just(hex(1)), just({})}) {
        byte_reader view{claims};
        CHECK(view.text().empty());
        CHECK_FALSE(view.ok());
        byte_reader copy{claims};
        char letters[4] = {'x', 'x', 'x', 'x'};
        CHECK(copy.text(letters).empty());
        CHECK_FALSE(copy.ok());
        CHECK(letters[0] == 'x');
    }
}

TEST_CASE("byte_codec: bytes without a length, passed over, and all that are left") {
    const auto bytes = just(hex(1, 2, 3, 4, 5, 6));
    byte_reader from{bytes};
    block<2> two{};
    from.bytes(two);
    CHECK(two == hex(1, 2));
    from.skip(1);
    from.skip(0);
    CHECK(from.left() == 3);
    const auto rest = from.rest();
    CHECK(rest.data() == bytes.data() + 3);
    CHECK(rest.size() == 3);
    CHECK(from.ok());
    CHECK(from.rest().empty());
    from.bytes({});
    CHECK(from.ok());

    byte_reader over{bytes};
    over.skip(7);
    CHECK_FALSE(over.ok());
    byte_reader far{bytes};
    far.skip(std::numeric_limits<std::size_t>::max());
    CHECK_FALSE(far.ok());
}

TEST_CASE("byte_codec: values in any order are read in that order") {
    std::uint64_t state = 42;
    const auto next = [&state] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return state >> 33;
    };
    struct value {
        std::uint64_t kind;
        std::uint64_t bits;
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<value> values(next() % 20);
        std::vector<std::byte> bytes(400);
        byte_writer to{bytes};
        for (auto& [kind, bits] : values) {
            kind = next() % 5;
            bits = next() << 31 ^ next();
            switch (kind) {
                case 0: to.u8(static_cast<std::uint8_t>(bits)); break;
                case 1: to.u16(static_cast<std::uint16_t>(bits)); break;
                case 2: to.u32(static_cast<std::uint32_t>(bits)); break;
                case 3: to.u64(bits); break;
                default: to.text(std::to_string(bits % 100'000)); break;
            }
        }
        REQUIRE(to.ok());
        bytes.resize(to.size());
        bytes.shrink_to_fit();
        byte_reader from{bytes};
        for (const auto& [kind, bits] : values) {
            switch (kind) {
                case 0: CHECK(from.u8() == static_cast<std::uint8_t>(bits)); break;
                case 1: CHECK(from.u16() == static_cast<std::uint16_t>(bits)); break;
                case 2: CHECK(from.u32() == static_cast<std::uint32_t>(bits)); break;
                case 3: CHECK(from.u64() == bits); break;
                default: CHECK(from.text() == std::to_string(bits % 100'000)); break;
            }
        }
        CHECK(from.ok());
        CHECK(from.left() == 0);
    }
}

}  // namespace
