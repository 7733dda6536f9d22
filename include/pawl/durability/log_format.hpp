// SPDX-License-Identifier: BSL-1.0
//
// log_format: the bytes of a log, version 1.
//
// All numbers are little-endian, whatever machine wrote them. Sizes in bytes.
//
// Grammar:
//   log     = block*                       in any order; their numbers tell it
//   block   = header record* erased*       the header's `number` grows with every block written
//   record  = head payload padding         in ascending sequence, without a gap
//   padding = to a multiple of the larger of 8 and the medium's write unit; not covered by the CRC
//   The first records of a block are copies of what still counts of the block that it takes the
//   place of, and then one `ready`. Without it the block is void, and nothing has been lost: the
//   block whose place it was to take is still there.
//
// Header of a block, 64, padded to the write unit:
//    0  8  "pawl" 0D 0A 1A 0A      a copy that changes line ends or bit 7 is noticed
//    8  2  version                 1
//   10  2  payload_max             no record of this block has a longer payload
//   12  4  content                 a number that says whose records these are; 0: not said
//   16  8  number                  of this block, from 1 on; larger than any before
//   24  8  first_sequence          of the first record here
//   32  8  previous                number of the block before; 0: there is none
//   40  8  previous_end            the sequence at which the block before ends: what stands there
//                                  behind it was torn, and does not count
//   48  4  block_bytes             \  of the medium; a log is not read with others
//   52  2  write_unit              /
//   54  6  zero
//   60  4  crc                     CRC32C of bytes 0 to 59
//
// Head of a record, 16:
//    0  4  crc                     CRC32C of bytes 4 to 15 and the payload, seeded with the crc of
//                                  the block's header: what an earlier life of this block has left
//                                  behind is no record here
//    4  2  length                  of the payload
//    6  1  type                    1 to 15 the log's own, 16 to 127 its user's; from 128 on: may be
//                                  skipped by who does not know it
//    7  1  flags                   bit 0: the next record belongs to this one; both count or none
//    8  4  sequence                its low half
//   12  4  distance                from the last record that was durable when this one was written;
//                                  at most FFFFFFFF
//
// The log's own records: `ready` (1), payload 8: every block up to this number is void;
// `mark` (2), no payload: says by its distance what is durable.
//
// Why the distance: a bad record at the end may be a torn write, which is no loss, since nobody was
// told that it is durable; or rot in what was. If a later record is good, and its sequence less its
// distance is not below the bad one's, the bad one had been durable: that is damage, and reported.
// A log that just stops at the first bad record (LevelDB's default) loses synced data in 12,160 of
// 12,800 single bit flips; one that goes on behind it brings dead records back.
//
// An example, a block of 128 bytes with its `ready` (sequence 1, distance 1, nothing void) and a
// record of type 16 with payload "hi" (tests/durability/log_format_test.cpp has the same bytes):
//   70 61 77 6C 0D 0A 1A 0A  01 00 40 00 00 00 00 00   "pawl", version 1, 64, content not said
//   01 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00   block 1, first sequence 1
//   00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00   no block before
//   80 00 00 00 08 00 00 00  00 00 00 00 C9 2C 7B DF   128, unit 8, crc
//   58 98 B7 C5 08 00 01 00  01 00 00 00 01 00 00 00   crc, 8, ready, sequence 1, distance 1
//   00 00 00 00 00 00 00 00                            nothing is void
//   3A 6B FF CC 02 00 10 00  02 00 00 00 01 00 00 00   crc, 2, type 16, sequence 2, distance 1
//   68 69 00 00 00 00 00 00                            "hi", padding
//
// Downsides: the last group that was synced cannot be told from a torn one if it is damaged, until
// a record follows it (hence `mark`, at close and when nothing happens). A block is replaced as a
// whole, and until then a dead record takes its place. 16 bytes a record, and some of 8 lost to
// padding. No compression, no encryption: a payload is what it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/config.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/little_endian.hpp>

namespace pawl {
inline namespace PAWL_ABI {

namespace log_format {

inline constexpr std::uint16_t version = 1;
inline constexpr std::uint32_t header_bytes = 64;  // before padding
inline constexpr std::uint32_t head_bytes = 16;
inline constexpr std::uint32_t crc_place = header_bytes - 4;
inline constexpr std::uint32_t alignment = 8;
inline constexpr std::array<std::uint8_t, 8> magic{'p', 'a', 'w', 'l', '\r', '\n', 0x1A, '\n'};

enum type : std::uint8_t {
    ready = 1,
    mark = 2,
    user_first = 16,
    skippable_first = 128,
    user_last = 254,  // 0 and 255 are no types: bytes that were never written
};
inline constexpr std::uint8_t flag_more = 1;

// The multiple that records of a medium are padded to.
[[nodiscard]] constexpr std::uint32_t step_of(const medium_geometry& medium) noexcept {
    return medium.write_unit > alignment ? medium.write_unit : alignment;
}
// REQUIRES: step is a power of two.
[[nodiscard]] constexpr std::uint32_t padded(std::uint32_t bytes, std::uint32_t step) noexcept {
    return (bytes + step - 1) & ~(step - 1);
}

struct block_header {
    std::uint64_t number = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t previous = 0;
    std::uint64_t previous_end = 0;
    std::uint32_t block_bytes = 0;
    std::uint16_t write_unit = 0;
    std::uint16_t payload_max = 0;
    std::uint32_t content = 0;
    std::uint32_t crc = 0;  // which the records' are seeded with
};

enum class header_state : std::uint8_t { good, newer, bad };

struct record_head {
    std::uint32_t crc = 0;
    std::uint16_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t distance = 0;
};

// Writes 64 bytes, and the crc into the header as well.
template <crc_table Table>
constexpr void encode(block_header& header, std::byte* to) noexcept {
    for (std::size_t i = 0; i < header_bytes; ++i) {
        to[i] = i < magic.size() ? static_cast<std::byte>(magic[i]) : std::byte{0};
    }
    store_little(to + 8, version);
    store_little(to + 10, header.payload_max);
    store_little(to + 12, header.content);
    store_little(to + 16, header.number);
    store_little(to + 24, header.first_sequence);
    store_little(to + 32, header.previous);
    store_little(to + 40, header.previous_end);
    store_little(to + 48, header.block_bytes);
    store_little(to + 52, header.write_unit);
    header.crc = crc32c<Table>(std::span<const std::byte>{to, crc_place});
    store_little(to + crc_place, header.crc);
}

[[nodiscard]] constexpr bool has_magic(const std::byte* from) noexcept {
    for (std::size_t i = 0; i < magic.size(); ++i) {
        if (from[i] != static_cast<std::byte>(magic[i])) {
            return false;
        }
    }
    return true;
}

template <crc_table Table>
[[nodiscard]] constexpr header_state decode(const std::byte* from, block_header& header) noexcept {
    header.crc = load_little<std::uint32_t>(from + crc_place);
    if (!has_magic(from) ||
        crc32c<Table>(std::span<const std::byte>{from, crc_place}) != header.crc) {
        return header_state::bad;
    }
    if (load_little<std::uint16_t>(from + 8) != version) {
        return header_state::newer;
    }
    header.payload_max = load_little<std::uint16_t>(from + 10);
    header.content = load_little<std::uint32_t>(from + 12);
    header.number = load_little<std::uint64_t>(from + 16);
    header.first_sequence = load_little<std::uint64_t>(from + 24);
    header.previous = load_little<std::uint64_t>(from + 32);
    header.previous_end = load_little<std::uint64_t>(from + 40);
    header.block_bytes = load_little<std::uint32_t>(from + 48);
    header.write_unit = load_little<std::uint16_t>(from + 52);
    return header.number != 0 && header.first_sequence != 0 ? header_state::good
                                                            : header_state::bad;
}

// Everything but the crc, which covers what follows it.
constexpr void encode_head(const record_head& head, std::byte* to) noexcept {
    store_little(to + 4, head.length);
    store_little(to + 6, head.type);
    store_little(to + 7, head.flags);
    store_little(to + 8, head.sequence);
    store_little(to + 12, head.distance);
}
[[nodiscard]] constexpr record_head decode_head(const std::byte* from) noexcept {
    return {.crc = load_little<std::uint32_t>(from),
            .length = load_little<std::uint16_t>(from + 4),
            .type = load_little<std::uint8_t>(from + 6),
            .flags = load_little<std::uint8_t>(from + 7),
            .sequence = load_little<std::uint32_t>(from + 8),
            .distance = load_little<std::uint32_t>(from + 12)};
}
// The CRC of a record whose head and payload lie together. `seed`: of the block's header.
template <crc_table Table>
[[nodiscard]] constexpr std::uint32_t crc_of(const std::byte* record, std::uint32_t length,
                                             std::uint32_t seed) noexcept {
    return crc32c<Table>(std::span<const std::byte>{record + 4, head_bytes - 4 + length}, seed);
}
[[nodiscard]] constexpr bool is_type(std::uint8_t type) noexcept {
    return type != 0 && type <= user_last;
}

}  // namespace log_format

}  // namespace PAWL_ABI
}  // namespace pawl
