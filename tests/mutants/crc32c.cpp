// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of crc32c must not get past: a program of its own, because one with a test
// framework takes ten times as long to compile, and because theirs must compile, so that nothing
// here is asserted of a constant expression.
//
// Method: the CRCs of all beginnings of some random bytes by long division, highest power first;
// every form at every address modulo 16, with seeds, and with a CRC continued from another form's.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

#include <pawl/durability/crc32c.hpp>

namespace {

using pawl::crc32c;
using pawl::crc32c_software;
using pawl::crc_table;
using bytes_view = std::span<const std::byte>;

int wrong_total = 0;

void check(bool holds, const char* what) {
    if (!holds && ++wrong_total < 10) {
        std::printf("%s\n", what);
    }
}

std::uint32_t reversed(std::uint32_t bits, int count) {
    std::uint32_t result = 0;
    for (int i = 0; i < count; ++i) {
        result = result << 1 | (bits >> i & 1);
    }
    return result;
}

std::uint32_t long_division(bytes_view bytes, std::uint32_t seed) {
    std::uint32_t remainder = reversed(~seed, 32);
    for (const std::byte each : bytes) {
        remainder ^= reversed(std::to_integer<std::uint32_t>(each), 8) << 24;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = remainder << 1 ^ ((remainder >> 31) != 0 ? 0x1EDC'6F41U : 0U);
        }
    }
    return ~reversed(remainder, 32);
}

void compare(bytes_view bytes, std::uint32_t seed) {
    const std::uint32_t expected = long_division(bytes, seed);
    check(crc32c_software<crc_table::none>(bytes, seed) == expected, "none");
    check(crc32c_software<crc_table::nibble>(bytes, seed) == expected, "nibble");
    check(crc32c_software<crc_table::byte>(bytes, seed) == expected, "byte");
    check(crc32c_software<crc_table::slicing_by_8>(bytes, seed) == expected, "slicing_by_8");
    check(crc32c(bytes, seed) == expected, "crc32c");
    const bytes_view first = bytes.first(bytes.size() / 3);
    check(crc32c(bytes.subspan(first.size()), crc32c_software<crc_table::none>(first, seed)) ==
              expected,
          "continued");
}

}  // namespace

int main() {
    constexpr std::string_view digits = "123456789";
    check(crc32c(std::as_bytes(std::span{digits})) == 0xE306'9283, "the check value");

    std::byte memory[128 + 16];
    std::uint32_t random = 1;
    for (std::byte& each : memory) {
        random = random * 1'664'525 + 1'013'904'223;
        each = static_cast<std::byte>(random >> 24);
    }
    for (std::size_t offset = 0; offset < 16; ++offset) {
        for (std::size_t length = 0; length <= 128; ++length) {
            compare(std::span{memory}.subspan(offset, length),
                    length % 2 == 0 ? 0 : random * static_cast<std::uint32_t>(length));
        }
    }
    return wrong_total == 0 ? 0 : 1;
}
