// SPDX-License-Identifier: BSL-1.0
//
// hash: FNV-1a and the finalizer of MurmurHash3.
//
// Goal: the published functions, in constant expressions, so that a key or a seed is the same
// everywhere and for ever; a text and a number after it as their bytes in a row; the finalizer
// sends no two numbers to one, and near ones far. Method: the authors' values; the same bytes as
// text; the finalizer undone step by step, and how many bits of a result change with one of the
// argument.
#include "catch.hpp"

#include <bit>
#include <cstdint>
#include <string_view>

#include <pawl/containers/hash.hpp>

namespace {

using pawl::fnv_1a;
using pawl::spread_bits;
using namespace std::string_view_literals;

// From the list of test vectors in the FNV reference code.
static_assert(fnv_1a("") == 0x811C'9DC5 && fnv_1a("a") == 0xE40C'292C);
static_assert(fnv_1a("foobar") == 0xBF9C'F968 && fnv_1a("chongo was here!\n") == 0xD499'30D5);
static_assert(fnv_1a("\xFF"sv) == (0x811C'9D3A * std::uint32_t{0x0100'0193}));  // no sign

// The lowest byte first; zero bytes count.
static_assert(fnv_1a(0x6463'6261) == fnv_1a("abcd") && fnv_1a(1) == fnv_1a("\1\0\0\0"sv));
static_assert(fnv_1a("bar", fnv_1a("foo")) == fnv_1a("foobar"));
static_assert(fnv_1a(0x7372'6564, fnv_1a("or")) == fnv_1a("orders"));

// As MurmurHash3's fmix32.
static_assert(spread_bits(0) == 0 && spread_bits(1) == 0x514E'28B7);
static_assert(spread_bits(0xDEAD'BEEF) == 0x0DE5'C6A9 && spread_bits(0xFFFF'FFFF) == 0x81F1'6F39);

// Of an odd number: each step doubles the low bits that are right.
constexpr std::uint32_t inverse_of(std::uint32_t odd) {
    std::uint32_t result = odd;
    for (int step = 0; step < 4; ++step) {
        result *= 2 - odd * result;
    }
    return result;
}
constexpr std::uint32_t gathered(std::uint32_t bits) {
    bits = (bits ^ bits >> 16) * inverse_of(0xC2B2'AE35);
    bits = (bits ^ bits >> 13 ^ bits >> 26) * inverse_of(0x85EB'CA6B);
    return bits ^ bits >> 16;
}

}  // namespace

TEST_CASE("hash: no two numbers are spread to one") {
    std::uint32_t different = 0;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        const std::uint32_t number = i * 42'949;  // over the whole range
        different += gathered(spread_bits(i)) != i || gathered(spread_bits(number)) != number;
    }
    CHECK(different == 0);
}

TEST_CASE("hash: each bit of a number changes about half of the bits of the result") {
    for (unsigned bit = 0; bit < 32; ++bit) {
        int changed = 0;
        for (std::uint32_t number = 0; number < 1000; ++number) {
            changed += std::popcount(spread_bits(number) ^
                                     spread_bits(number ^ (std::uint32_t{1} << bit)));
        }
        INFO("bit " << bit);
        CHECK(changed > 15'000);
        CHECK(changed < 17'000);
    }
}
