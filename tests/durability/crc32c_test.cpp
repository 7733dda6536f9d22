// SPDX-License-Identifier: BSL-1.0
//
// crc32c: by instruction, and by tables of four sizes.
//
// Goal: the published function, in every form, in constant expressions and at run time, for any
// length and address, continued from any seed; what a CRC promises of damage; tables of the sizes
// that the header names. Method: the vectors of RFC 3720; a remainder that is computed by long
// division, highest power first, as the RFC defines it and as no form here does it; copies that end
// where their memory ends, so that AddressSanitizer sees a byte too many; the flips of all bits,
// alone and in pairs.
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include <pawl/durability/crc32c.hpp>

namespace {

using pawl::crc32c;
using pawl::crc32c_software;
using pawl::crc_table;
using bytes_view = std::span<const std::byte>;
using form = std::uint32_t (*)(bytes_view, std::uint32_t) noexcept;

struct named_form {
    const char* name;
    form crc;
};
const named_form forms[] = {
    {"none", crc32c_software<crc_table::none>},
    {"nibble", crc32c_software<crc_table::nibble>},
    {"byte", crc32c_software<crc_table::byte>},
    {"slicing_by_8", crc32c_software<crc_table::slicing_by_8>},
    {"instruction, else none", crc32c<crc_table::none>},
    {"instruction, else slicing_by_8", crc32c<crc_table::slicing_by_8>},
};

template <std::size_t Count>
using block = std::array<std::byte, Count>;

// first, first + step, first + 2 step, ...
template <std::size_t Count>
constexpr block<Count> row_of(int first, int step) {
    block<Count> result{};
    for (std::byte& each : result) {
        each = static_cast<std::byte>(first);
        first += step;
    }
    return result;
}

template <std::size_t Size>
constexpr block<Size - 1> text(const char (&letters)[Size]) {
    block<Size - 1> result{};
    std::transform(letters, letters + Size - 1, result.begin(),
                   [](char letter) { return static_cast<std::byte>(letter); });
    return result;
}

constexpr bool every_form_says(bytes_view bytes, std::uint32_t expected, std::uint32_t seed = 0) {
    return crc32c_software<crc_table::none>(bytes, seed) == expected &&
           crc32c_software<crc_table::nibble>(bytes, seed) == expected &&
           crc32c_software<crc_table::byte>(bytes, seed) == expected &&
           crc32c_software<crc_table::slicing_by_8>(bytes, seed) == expected &&
           crc32c<crc_table::none>(bytes, seed) == expected && crc32c(bytes, seed) == expected;
}

// The check value, and RFC 3720, B.4.
constexpr auto digits = text("123456789");
constexpr auto zeros = row_of<32>(0, 0);
constexpr auto ones = row_of<32>(0xFF, 0);
constexpr auto ascending = row_of<32>(0, 1);
constexpr auto descending = row_of<32>(31, -1);
constexpr block<48> read_command = [] {
    block<48> result{};
    result[0] = std::byte{0x01};
    result[1] = std::byte{0xC0};
    result[16] = std::byte{0x14};
    result[22] = std::byte{0x04};
    result[27] = std::byte{0x14};
    result[31] = std::byte{0x18};
    result[32] = std::byte{0x28};
    result[40] = std::byte{0x02};
    return result;
}();

static_assert(every_form_says({}, 0) && every_form_says({}, 0x1234'5678, 0x1234'5678));
static_assert(every_form_says(digits, 0xE306'9283));
static_assert(every_form_says(zeros, 0x8A91'36AA));
static_assert(every_form_says(ones, 0x62A8'AB43));
static_assert(every_form_says(ascending, 0x46DD'794E));
static_assert(every_form_says(descending, 0x113F'DB5C));
static_assert(every_form_says(read_command, 0xD996'3A56));

static_assert(crc32c(text("6789"), crc32c(text("12345"))) == 0xE306'9283);
static_assert(noexcept(crc32c(digits)) && noexcept(pawl::crc32c_by_hardware()));

static_assert(sizeof(pawl::crc32c_table<crc_table::nibble>) == 64);
static_assert(sizeof(pawl::crc32c_table<crc_table::byte>) == 1024);
static_assert(sizeof(pawl::crc32c_table<crc_table::slicing_by_8>) == 8192);
static_assert(sizeof(crc_table) == 1);

constexpr std::uint32_t reversed(std::uint32_t bits, int count) {
    std::uint32_t result = 0;
    for (int i = 0; i < count; ++i) {
        result = result << 1 | (bits >> i & 1);
    }
    return result;
}

// The CRCs of all beginnings of `bytes`, the empty one first: long division, highest power first.
std::vector<std::uint32_t> long_division(bytes_view bytes, std::uint32_t seed) {
    std::vector<std::uint32_t> result{seed};
    std::uint32_t remainder = reversed(~seed, 32);
    for (const std::byte each : bytes) {
        remainder ^= reversed(std::to_integer<std::uint32_t>(each), 8) << 24;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = remainder << 1 ^ ((remainder >> 31) != 0 ? 0x1EDC'6F41U : 0U);
        }
        result.push_back(~reversed(remainder, 32));
    }
    return result;
}

std::uint32_t random_state = 1;
std::uint32_t random_bits() {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}
std::vector<std::byte> random_bytes(std::size_t count) {
    std::vector<std::byte> result(count);
    for (std::byte& each : result) {
        each = static_cast<std::byte>(random_bits() >> 24);
    }
    return result;
}

TEST_CASE("crc32c: every form, at run time, says what RFC 3720 says") {
    for (const named_form& each : forms) {
        INFO(each.name);
        CHECK(each.crc(digits, 0) == 0xE306'9283);
        CHECK(each.crc(zeros, 0) == 0x8A91'36AA);
        CHECK(each.crc(ones, 0) == 0x62A8'AB43);
        CHECK(each.crc(ascending, 0) == 0x46DD'794E);
        CHECK(each.crc(descending, 0) == 0x113F'DB5C);
        CHECK(each.crc(read_command, 0) == 0xD996'3A56);
        CHECK(each.crc({}, 0x1234'5678) == 0x1234'5678);
    }
}

TEST_CASE("crc32c: lengths 0 to 1000 at addresses 0 to 15 modulo 16, from any seed") {
    constexpr std::size_t length_max = 1000;
    // Longer ones differ in the number of whole steps only, so that some of them are enough.
    for (std::size_t offset = 0; offset < 16; ++offset) {
        const std::uint32_t seed = offset == 0 ? 0 : random_bits();
        const std::vector<std::byte> source = random_bytes(length_max);
        const std::vector<std::uint32_t> expected = long_division(source, seed);
        for (std::size_t length = 0; length <= length_max;
             length += length < 64 ? 1 : 1 + random_bits() % 16) {
            // As long as its memory: a byte too many is one of somebody else.
            std::vector<std::byte> memory(offset + length);
            std::copy_n(source.begin(), length,
                        memory.begin() + static_cast<std::ptrdiff_t>(offset));
            const bytes_view bytes = bytes_view{memory}.subspan(offset);
            for (const named_form& each : forms) {
                if (each.crc(bytes, seed) != expected[length]) {
                    FAIL(each.name << ": " << length << " bytes at " << offset);
                }
            }
        }
    }
}

TEST_CASE("crc32c: a CRC goes on where the one before it ended") {
    const std::vector<std::byte> source = random_bytes(100);
    const bytes_view whole{source};
    const std::uint32_t expected = long_division(whole, 0).back();
    for (std::size_t begin = 0; begin <= whole.size(); ++begin) {
        for (std::size_t end = begin; end <= whole.size(); end += 1 + end % 7) {
            // Each part by another form: all have the same register.
            const form first = forms[random_bits() % std::size(forms)].crc;
            const form second = forms[random_bits() % std::size(forms)].crc;
            const form third = forms[random_bits() % std::size(forms)].crc;
            const std::uint32_t before =
                second(whole.subspan(begin, end - begin), first(whole.first(begin), 0));
            if (third(whole.subspan(end), before) != expected) {
                FAIL("parts that end at " << begin << " and " << end);
            }
        }
    }
}

TEST_CASE("crc32c: one, two, three or four wrong bits in 64 bytes are noticed") {
    std::vector<std::byte> bytes = random_bytes(64);
    std::vector<std::uint32_t> changes;
    for (const named_form& each : forms) {
        INFO(each.name);
        changes.clear();
        const std::uint32_t before = each.crc(bytes, 7);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            bytes[bit / 8] ^= std::byte{1} << bit % 8;
            changes.push_back(before ^ each.crc(bytes, 7));
            bytes[bit / 8] ^= std::byte{1} << bit % 8;
        }
        CHECK(std::count(changes.begin(), changes.end(), 0) == 0);
    }
    // A CRC is linear: what several flips change is the changes of each, added without carry. If no
    // two pairs change the same, no four flips go unnoticed, and neither do three or two.
    std::vector<std::uint32_t> pairs{0};
    for (auto one = changes.begin(); one != changes.end(); ++one) {
        pairs.push_back(*one);
        for (auto other = changes.begin(); other != one; ++other) {
            pairs.push_back(*one ^ *other);
        }
    }
    std::sort(pairs.begin(), pairs.end());
    CHECK(std::adjacent_find(pairs.begin(), pairs.end()) == pairs.end());
}

TEST_CASE("crc32c: the same bytes from two seeds never have one CRC") {
    const std::vector<std::byte> bytes = random_bytes(112);
    for (const named_form& each : forms) {
        INFO(each.name);
        // Linear again: 32 changes of one bit of the seed, none of which is the sum of others.
        std::array<std::uint32_t, 32> highest{};  // by the highest bit
        int independent = 0;
        for (int bit = 0; bit < 32; ++bit) {
            std::uint32_t change = each.crc(bytes, 0) ^ each.crc(bytes, std::uint32_t{1} << bit);
            for (std::size_t top = 32; top-- > 0 && change != 0;) {
                if ((change >> top & 1) == 0) {
                    continue;
                }
                if (highest[top] == 0) {
                    highest[top] = change;
                    ++independent;
                    break;
                }
                change ^= highest[top];
            }
        }
        CHECK(independent == 32);
    }
}

// By a constructor: on x86 the compiler's library has asked the processor by now.
const bool hardware_before_main = pawl::crc32c_by_hardware();
const std::uint32_t crc_before_main = forms[5].crc(digits, 0);

TEST_CASE("crc32c: before main() as in it") {
    CHECK(crc_before_main == 0xE306'9283);
    CHECK(pawl::crc32c_by_hardware() == hardware_before_main);
#if defined(__SSE4_2__) || (defined(__ARM_FEATURE_CRC32) && !defined(__ARM_BIG_ENDIAN))
    CHECK(hardware_before_main);
#endif
}

}  // namespace
