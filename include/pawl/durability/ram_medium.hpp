// SPDX-License-Identifier: BSL-1.0
//
// ram_medium: a journal in RAM that keeps its contents over a reset, or for tests.
//
// What: a journal_medium of BlockCount blocks of BlockBytes, which are in the object itself and
// nothing else is. An erased byte is zero.
//
// Why not a pointer to memory somewhere: then the size of that memory is one more thing to get
// wrong. A journal takes its medium by value; give it a medium_ref, and this one stays where it is.
//
// How it works: bytes are copied. There is no constructor that does anything, so it can lie
//   - in .bss: zeroed by the start-up code, so empty after every reset;
//   - in a section that the start-up code leaves alone (often .noinit): what it holds after a reset
//     of the core, a watchdog's for one, is what it held before; after power was off, anything. A
//     journal tells one from the other by what the blocks say.
// For the same reason it does not know whether it is open: such a mark would survive the reset,
// too. So a second open() is not refused, and it is for the program to have one journal in it.
// With a data cache that writes back (Cortex-M7), the section has to lie in memory that is not
// cached, or be written through. RAM with check bits has to be filled once after power-up.
//
// In builds with PAWL_CHECKS, program() asserts that what it names is erased.
// Cost: all but erase() a copy of what is named; erase() fills a block.
// Who may call: one thread at a time.
//
//   [[gnu::section(".noinit")]] pawl::ram_medium<1024, 4> memory;
//   pawl::medium_ref log{memory};
//   constinit pawl::ram_medium<1024, 4> empty{};
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t BlockBytes, std::uint32_t BlockCount, std::uint32_t WriteUnit = 1>
class ram_medium {
    static_assert(WriteUnit != 0 && (WriteUnit & (WriteUnit - 1)) == 0 &&
                      WriteUnit <= write_unit_max,
                  "a ram_medium's WriteUnit is a power of two, 1 to 4,096 bytes");
    static_assert(BlockBytes != 0 && BlockBytes % WriteUnit == 0,
                  "a ram_medium's BlockBytes is a multiple of its WriteUnit");
    static_assert(BlockCount >= medium_blocks_min, "a ram_medium has three blocks at least");

public:
    [[nodiscard]] io_status open() noexcept { return {}; }
    void close() noexcept {}

    [[nodiscard]] static constexpr medium_geometry geometry() noexcept {
        return {.write_unit = WriteUnit,
                .block_bytes = BlockBytes,
                .block_count = BlockCount,
                .erased = std::byte{0}};
    }

    [[nodiscard]] io_status read(std::uint32_t block, std::uint32_t offset,
                                 std::span<std::byte> into) const noexcept {
        if (!inside(block, offset, into.size())) {
            return {io_error::out_of_bounds, 0};
        }
        std::copy_n(blocks_[block] + offset, into.size(), into.data());
        return {};
    }

    [[nodiscard]] io_status program(std::uint32_t block, std::uint32_t offset,
                                    std::span<const std::byte> from) noexcept {
        if (!inside(block, offset, from.size()) || (offset | from.size()) % WriteUnit != 0) {
            return {io_error::out_of_bounds, 0};
        }
        std::byte* const to = blocks_[block] + offset;
        PAWL_ASSERT(std::all_of(to, to + from.size(),
                                [](std::byte value) { return value == std::byte{0}; }));
        std::copy_n(from.data(), from.size(), to);
        return {};
    }

    [[nodiscard]] io_status erase(std::uint32_t block) noexcept {
        if (!inside(block, 0, 0)) {
            return {io_error::out_of_bounds, 0};
        }
        std::fill_n(blocks_[block], BlockBytes, std::byte{0});
        return {};
    }

    // A reset is no part of the program as the compiler sees it: without this it might keep stores
    // for later.
    [[nodiscard]] io_status sync() noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return {};
    }

    // Never null; for messages.
    [[nodiscard]] static constexpr const char* name() noexcept { return "RAM"; }

private:
    [[nodiscard]] static constexpr bool inside(std::uint32_t block, std::uint32_t offset,
                                               std::size_t size) noexcept {
        return block < BlockCount && offset <= BlockBytes && size <= BlockBytes - offset;
    }

    std::byte blocks_[BlockCount][BlockBytes];
};

static_assert(std::is_trivially_default_constructible_v<ram_medium<64, 3>>,
              "a constructor would overwrite what the memory has kept");

}  // namespace PAWL_ABI
}  // namespace pawl
