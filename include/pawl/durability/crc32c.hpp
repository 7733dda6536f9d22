// SPDX-License-Identifier: BSL-1.0
//
// crc32c: the check sum of the journal's records, by an instruction or by a table of chosen size.
//
// What: the cyclic redundancy check with Castagnoli's polynomial, 0x1EDC6F41, as iSCSI (RFC 3720),
// ext4 and SCTP have it: bits in reflected order, inverted before and after. The nine bytes
// "123456789" have 0xE3069283. `seed` is the CRC of what came before, 0 if nothing did:
//
//   crc32c(second, crc32c(first)) == crc32c(first and second in a row)
//
// Why a CRC: it promises where a hash only makes things unlikely. Any damage of up to 32 bits in a
// row is noticed, and so is any odd number of wrong bits, wherever they are; in up to 655 bytes,
// any 5 (Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications", DSN 2002). Worn flash
// is such damage. And the same bytes from two different seeds never have one CRC: a record that was
// written under another epoch is not merely unlikely to be taken for one of this epoch. What was
// torn and is random gets through once in 2^32.
// Why this one: processors have an instruction for it (x86 since 2008, ARMv8), and the CRC-32 of
// zip and Ethernet notices any 5 wrong bits in up to 33 bytes only. A fast hash (xxHash, wyhash)
// multiplies 64 bits at a time, which small cores do in a dozen instructions or in a function, and
// promises nothing. None of these withstands somebody who forges records.
//
// How it works: a message is a polynomial over bits, and its CRC the remainder of dividing it. A
// table holds the remainders of all values of 4 or of 8 bits; slicing by eight (Kounavis and Berry,
// Intel, 2005) has one such table for each of eight bytes, looked up side by side. Where the
// compiler may use the instruction (-msse4.2, -march=armv8-a+crc) that is all there is, and no
// table is in the program. Elsewhere on x86 the processor is asked, which is reading one number
// that the compiler's own library writes before main() (and before that the table answers). A
// constant expression does without, and leaves no table behind.
// Rejected: three streams at once, joined with PCLMULQDQ, to hide that the instruction takes three
// cycles. Where each CRC waits for the one before, 128 bytes take 0.75 of the time; records that do
// not wait, a processor overlaps by itself, and then 128 bytes took 1.1 times as long and 300 bytes
// 0.75. It is not worth vector registers, a table of constants and a second thing to ask for.
//
// Cost of 128 bytes, each CRC waiting for the one before, as a multiple of the instruction's (some
// 16 ns: three cycles for each 8 bytes); the table, and all of it on a Cortex-M3 at -Os:
//
//                      time   table bytes   flash bytes
//   by instruction        1             0
//   slicing_by_8        4.5         8,192         8,422
//   byte                 20         1,024         1,102
//   nibble               37            64           154
//   none           47 to 82             0            86
//
// What is less than a step of 8 bytes takes the instruction up to three times more.
// Who may call: any thread or interrupt. No state, no floating-point or vector register.
//
//   const std::uint32_t sum = pawl::crc32c(payload, epoch);                       // hosted
//   const std::uint32_t sum = pawl::crc32c<pawl::crc_table::nibble>(payload, epoch);  // firmware
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <pawl/config.hpp>

// Where the instruction comes from. Big-endian ARM has it too, but wants its words turned round:
// the table serves there. Not for MSVC, which names it differently.
#if defined(_MSC_VER)
#elif defined(__SSE4_2__)
#define PAWL_CRC32C_KNOWN 1
#elif defined(__x86_64__) || defined(__i386__)
#define PAWL_CRC32C_ASKED 1
#elif defined(__ARM_FEATURE_CRC32) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PAWL_CRC32C_KNOWN 1
#endif

// A function that has the instruction although the rest of the program has not.
#if defined(PAWL_CRC32C_ASKED)
#define PAWL_CRC32C_TARGET [[gnu::target("sse4.2")]]
#else
#define PAWL_CRC32C_TARGET
#endif

namespace pawl {
inline namespace PAWL_ABI {

// What the software form looks up.
enum class crc_table : std::uint8_t {
    none,          // nothing: bit after bit
    nibble,        // 64 bytes
    byte,          // 1 KiB
    slicing_by_8,  // 8 KiB
};

// ---- by software ----

// Reflected: the lowest bit is the highest power, and x^32 is left out.
inline constexpr std::uint32_t crc32c_polynomial = 0x82F6'3B78;

// The register after so many zero bits.
[[nodiscard]] constexpr std::uint32_t crc32c_shifted(std::uint32_t state, int bits) noexcept {
    for (; bits > 0; --bits) {
        state = state >> 1 ^ ((state & 1) != 0 ? crc32c_polynomial : 0);
    }
    return state;
}

// Row r, column c: the register that held c, after c's own bits and r bytes of zeros.
template <std::size_t Rows, std::size_t Columns>
struct crc32c_remainders {
    std::uint32_t of[Rows][Columns];
};

template <crc_table Table>
[[nodiscard]] constexpr auto crc32c_make_remainders() noexcept {
    static_assert(
        Table == crc_table::nibble || Table == crc_table::byte || Table == crc_table::slicing_by_8,
        "a crc_table is none, nibble, byte or slicing_by_8; none looks nothing up");
    constexpr std::size_t rows = Table == crc_table::slicing_by_8 ? 8 : 1;
    constexpr std::size_t columns = Table == crc_table::nibble ? 16 : 256;
    crc32c_remainders<rows, columns> result{};
    for (std::uint32_t column = 0; column < columns; ++column) {
        std::uint32_t state = crc32c_shifted(column, columns == 16 ? 4 : 8);
        for (std::size_t row = 0; row < rows; ++row) {
            result.of[row][column] = state;
            state = crc32c_shifted(state, 8);
        }
    }
    return result;
}

// In the program only if a function that looks it up is.
template <crc_table Table>
inline constexpr auto crc32c_table = crc32c_make_remainders<Table>();

// The register after a byte.
template <crc_table Table>
[[nodiscard]] constexpr std::uint32_t crc32c_add(std::uint32_t state, std::byte next) noexcept {
    state ^= std::to_integer<std::uint32_t>(next);
    if constexpr (Table == crc_table::none) {
        return crc32c_shifted(state, 8);
    } else if constexpr (Table == crc_table::nibble) {
        state = state >> 4 ^ crc32c_table<Table>.of[0][state & 0xF];
        return state >> 4 ^ crc32c_table<Table>.of[0][state & 0xF];
    } else {
        return state >> 8 ^ crc32c_table<Table>.of[0][state & 0xFF];
    }
}

// Four bytes, the first one lowest, in either byte order: compilers make one load of it.
[[nodiscard]] constexpr std::uint32_t crc32c_word(const std::byte* bytes) noexcept {
    return std::to_integer<std::uint32_t>(bytes[0]) |
           std::to_integer<std::uint32_t>(bytes[1]) << 8 |
           std::to_integer<std::uint32_t>(bytes[2]) << 16 |
           std::to_integer<std::uint32_t>(bytes[3]) << 24;
}

// The register after eight bytes: each is followed by as many zeros as there are others behind it.
[[nodiscard]] constexpr std::uint32_t crc32c_add_8(std::uint32_t state,
                                                   const std::byte* bytes) noexcept {
    const auto& remainders = crc32c_table<crc_table::slicing_by_8>.of;
    const std::uint32_t low = state ^ crc32c_word(bytes);
    const std::uint32_t high = crc32c_word(bytes + 4);
    return remainders[7][low & 0xFF] ^ remainders[6][low >> 8 & 0xFF] ^
           remainders[5][low >> 16 & 0xFF] ^ remainders[4][low >> 24] ^ remainders[3][high & 0xFF] ^
           remainders[2][high >> 8 & 0xFF] ^ remainders[1][high >> 16 & 0xFF] ^
           remainders[0][high >> 24];
}

// The CRC of `bytes`, continued from the CRC `seed`, without the processor's instruction.
template <crc_table Table>
[[nodiscard]] PAWL_ONE_COPY constexpr std::uint32_t crc32c_software(
    std::span<const std::byte> bytes, std::uint32_t seed = 0) noexcept {
    std::uint32_t state = ~seed;
    if constexpr (Table == crc_table::slicing_by_8) {
        for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
            state = crc32c_add_8(state, bytes.data());
        }
    }
    for (const std::byte next : bytes) {
        state = crc32c_add<Table>(state, next);
    }
    return ~state;
}

// ---- by instruction ----

#if defined(PAWL_CRC32C_KNOWN) || defined(PAWL_CRC32C_ASKED)

// crc32c_next: the register after 1, 2, 4 or 8 bytes, the last where registers have 64 bits.
// crc32c_register is as wide as what the instruction for the widest word gives back: on x86 the one
// of 8 bytes gives 64 bits, and cutting them off would cost a cycle each time.
#if defined(__x86_64__) || defined(__aarch64__)
using crc32c_widest = std::uint64_t;
#else
using crc32c_widest = std::uint32_t;
#endif
#if defined(__x86_64__)
using crc32c_register = std::uint64_t;
PAWL_CRC32C_TARGET inline crc32c_register crc32c_next(crc32c_register state,
                                                      std::uint64_t next) noexcept {
    return __builtin_ia32_crc32di(state, next);
}
#else
using crc32c_register = std::uint32_t;
#endif

#if defined(__x86_64__) || defined(__i386__)
PAWL_CRC32C_TARGET inline std::uint32_t crc32c_next(std::uint32_t state,
                                                    std::uint32_t next) noexcept {
    return __builtin_ia32_crc32si(state, next);
}
PAWL_CRC32C_TARGET inline std::uint32_t crc32c_next(std::uint32_t state,
                                                    std::uint16_t next) noexcept {
    return __builtin_ia32_crc32hi(state, next);
}
PAWL_CRC32C_TARGET inline std::uint32_t crc32c_next(std::uint32_t state,
                                                    std::uint8_t next) noexcept {
    return __builtin_ia32_crc32qi(state, next);
}
#elif defined(__aarch64__) && !defined(__clang__)
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint64_t next) noexcept {
    return __builtin_aarch64_crc32cx(state, next);
}
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint32_t next) noexcept {
    return __builtin_aarch64_crc32cw(state, next);
}
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint16_t next) noexcept {
    return __builtin_aarch64_crc32ch(state, next);
}
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint8_t next) noexcept {
    return __builtin_aarch64_crc32cb(state, next);
}
#else
#if defined(__aarch64__)
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint64_t next) noexcept {
    return __builtin_arm_crc32cd(state, next);
}
#endif
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint32_t next) noexcept {
    return __builtin_arm_crc32cw(state, next);
}
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint16_t next) noexcept {
    return __builtin_arm_crc32ch(state, next);
}
inline std::uint32_t crc32c_next(std::uint32_t state, std::uint8_t next) noexcept {
    return __builtin_arm_crc32cb(state, next);
}
#endif

// The register after the first sizeof(Word) bytes, which `bytes` then begins behind. They may lie
// anywhere: memcpy is how a word is loaded from an odd address.
template <class Word, class Register>
PAWL_CRC32C_TARGET inline Register crc32c_take(Register state, const std::byte*& bytes) noexcept {
    Word next;
    std::memcpy(&next, bytes, sizeof(next));
    bytes += sizeof(next);
    return crc32c_next(state, next);
}

// REQUIRES: crc32c_by_hardware().
[[nodiscard]] PAWL_CRC32C_TARGET inline std::uint32_t crc32c_by_instruction(
    std::span<const std::byte> bytes, std::uint32_t seed) noexcept {
    const std::byte* at = bytes.data();
    crc32c_register wide = ~seed;
    // Two at a time: where one instruction and its branch lie across a cache line, the loop of one
    // takes up to 1.6 times as long, and where it lies is chance.
    for (std::size_t pairs = bytes.size() / (2 * sizeof(crc32c_widest)); pairs != 0; --pairs) {
        wide = crc32c_take<crc32c_widest>(wide, at);
        wide = crc32c_take<crc32c_widest>(wide, at);
    }
    if ((bytes.size() & sizeof(crc32c_widest)) != 0) {
        wide = crc32c_take<crc32c_widest>(wide, at);
    }
    auto state = static_cast<std::uint32_t>(wide);
    if (sizeof(crc32c_widest) > 4 && (bytes.size() & 4) != 0) {
        state = crc32c_take<std::uint32_t>(state, at);
    }
    if ((bytes.size() & 2) != 0) {
        state = crc32c_take<std::uint16_t>(state, at);
    }
    if ((bytes.size() & 1) != 0) {
        state = crc32c_take<std::uint8_t>(state, at);
    }
    return ~state;
}

#endif

// Whether crc32c() uses the instruction of this machine.
[[nodiscard]] inline bool crc32c_by_hardware() noexcept {
#if defined(PAWL_CRC32C_KNOWN)
    return true;
#elif defined(PAWL_CRC32C_ASKED)
    // Written once, by a constructor of the compiler's library that runs before all others: no race
    // with anybody. Who comes earlier yet reads 0, so that __builtin_cpu_init() is not needed.
    return __builtin_cpu_supports("sse4.2") != 0;
#else
    return false;
#endif
}

// ---- by either ----

// The CRC of `bytes`, continued from the CRC `seed`: by the processor's instruction where there is
// one, else by the table.
template <crc_table Table = crc_table::slicing_by_8>
[[nodiscard]] constexpr std::uint32_t crc32c(std::span<const std::byte> bytes,
                                             std::uint32_t seed = 0) noexcept {
#if defined(PAWL_CRC32C_KNOWN)
    // Bit after bit: a table that is only named would be in a program that is not optimised.
    return std::is_constant_evaluated() ? crc32c_software<crc_table::none>(bytes, seed)
                                        : crc32c_by_instruction(bytes, seed);
#else
#if defined(PAWL_CRC32C_ASKED)
    if (!std::is_constant_evaluated() && crc32c_by_hardware()) {
        return crc32c_by_instruction(bytes, seed);
    }
#endif
    return crc32c_software<Table>(bytes, seed);
#endif
}

}  // namespace PAWL_ABI
}  // namespace pawl

#undef PAWL_CRC32C_TARGET
#undef PAWL_CRC32C_ASKED
#undef PAWL_CRC32C_KNOWN
