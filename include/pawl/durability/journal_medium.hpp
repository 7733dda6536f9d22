// SPDX-License-Identifier: BSL-1.0
//
// journal_medium: what a journal needs of the storage it writes to.
//
// What: a concept of six functions, so that an adapter for a disk, a flash chip or a block of
// retained RAM is some forty lines, and its guarantees, which no compiler can check; the
// conformance suite (medium_conformance.hpp) checks what can be observed.
//
// A medium is a number of *blocks* of equal size, numbered from 0. A block is erased as a whole and
// then programmed in ascending order, in whole *write units*, each unit once between two erases.
// That is what NOR flash is; a file plays it with ease (a block is a slice of it, erasing writes
// zeros).
//
// Why no truncate, no rename, no append: every one of these has another meaning on each system, and
// recovery would have to know them. The journal needs none: old data is recognised by what it says.
//
// What a medium guarantees, for whatever happens, power cuts included:
//   1. program() changes no unit but the ones it names. (A cut may leave these as they were, as
//      they were to be, or anything between; reading them may give any bytes, but does not fail.)
//   2. After program() has succeeded, read() returns what was programmed.
//   3. After sync() has succeeded, all that was programmed and erased before it survives a cut. If
//      it fails, all of that may be lost: the journal then never writes to the medium again before
//      it is opened anew.
//   4. erase() leaves every byte `geometry().erased`, or fails. A cut may leave the block in any
//      mixture of old and erased bytes.
//   5. Errors are reported, not hidden, and nothing hangs: a device that does not answer is
//      `failed` after a time of its own.
//   6. While it is open nobody else writes to it; a second open() says `busy`.
//   7. What lies beyond the medium, or is no whole number of write units, is refused as
//      `out_of_bounds` and changes nothing.
// Not needed: that operations reach the device in their order (only sync() orders), or that erase()
// is quick.
//
// All are noexcept, and called by one thread at a time, never from an interrupt; they may block.
//
// An adapter:
//
//   struct fram {
//       pawl::io_status open() noexcept { return {}; }
//       void close() noexcept {}
//       pawl::medium_geometry geometry() const noexcept {
//           return {.write_unit = 1, .block_bytes = 2048, .block_count = 4};
//       }
//       pawl::io_status read(std::uint32_t block, std::uint32_t offset,
//                            std::span<std::byte> into) noexcept;
//       pawl::io_status program(std::uint32_t block, std::uint32_t offset,
//                               std::span<const std::byte> from) noexcept;
//       pawl::io_status erase(std::uint32_t block) noexcept;
//       pawl::io_status sync() noexcept { return {}; }
//   };
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct medium_geometry {
    std::uint32_t write_unit = 1;   // bytes, a power of two, at most 4,096
    std::uint32_t block_bytes = 0;  // a multiple of the write unit
    std::uint32_t block_count = 0;  // three at least
    std::byte erased{0xFF};         // what a byte is after erase(): 0xFF for NOR flash, 0 for files

    friend constexpr bool operator==(const medium_geometry&,
                                     const medium_geometry&) noexcept = default;
};

template <class M>
concept journal_medium = requires(M& medium, const M& constant, std::uint32_t block,
                                  std::uint32_t offset, std::span<std::byte> into,
                                  std::span<const std::byte> from) {
    // Before the others. Makes what is not there yet; keeps what is.
    { medium.open() }
    noexcept->std::same_as<io_status>;
    // Gives it free for others. After it only open() again.
    { medium.close() }
    noexcept;
    // Does not change while it is open.
    { constant.geometry() }
    noexcept->std::same_as<medium_geometry>;
    // Any bytes of one block.
    { medium.read(block, offset, into) }
    noexcept->std::same_as<io_status>;
    // Whole units of one block, erased and behind the ones programmed before.
    { medium.program(block, offset, from) }
    noexcept->std::same_as<io_status>;
    { medium.erase(block) }
    noexcept->std::same_as<io_status>;
    { medium.sync() }
    noexcept->std::same_as<io_status>;
};

// A medium that can say what it is called, for messages: a path, the name of a chip.
template <class M>
concept named_medium = requires(const M& medium) {
    { medium.name() }
    noexcept->std::convertible_to<const char*>;
};

template <journal_medium M>
[[nodiscard]] constexpr const char* name_of(const M& medium) noexcept {
    if constexpr (named_medium<M>) {
        return medium.name();
    } else {
        return "journal";
    }
}

inline constexpr std::uint32_t write_unit_max = 4096;
inline constexpr std::uint32_t medium_blocks_min = 3;

// What is wrong with a geometry, as a sentence; null if nothing is.
[[nodiscard]] constexpr const char* check_geometry(const medium_geometry& what) noexcept {
    if (what.write_unit == 0 || (what.write_unit & (what.write_unit - 1)) != 0 ||
        what.write_unit > write_unit_max) {
        return "write_unit is a power of two, 1 to 4,096 bytes";
    }
    if (what.block_bytes == 0 || what.block_bytes % what.write_unit != 0) {
        return "block_bytes is a multiple of write_unit";
    }
    if (what.block_count < medium_blocks_min) {
        return "block_count is three at least: one that is written, one that is full, one that is "
               "being erased";
    }
    if (what.erased != std::byte{0} && what.erased != std::byte{0xFF}) {
        return "erased is 0x00 or 0xFF";
    }
    return nullptr;
}

}  // namespace PAWL_ABI
}  // namespace pawl
