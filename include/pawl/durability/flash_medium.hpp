// SPDX-License-Identifier: BSL-1.0
//
// flash_medium: a journal in NOR flash, over any driver for it.
//
// What: a journal_medium whose blocks are one or several sectors of a chip, inside or outside of
// the processor. The driver needs to know of no blocks: it reads, programs and erases at addresses
// that count from 0. What a journal asks for beyond that is here: bounds, whole units, pages,
// looking whether the chip has done what it said.
//
// Why not simply an adapter: it may as well be one; but everybody's looks like this one.
//
// How it works: with `.verify`, what was programmed is read and compared, and an erased sector is
// looked through, 32 bytes at a time: worn-out flash says that all went well. What differs is
// `failed`. Without it half the reading is saved, and a worn-out block is noticed when it is read.
//
// What it asks of a driver:
//   - answers are bool (true: done) or io_status; an answer comes within a time of the driver's
//     own, whatever the chip does;
//   - erase() takes one sector, by the address of its first byte; program() whole write units, and
//     if the driver says `page_bytes`, within one such page;
//   - read() of a unit whose programming was cut short gives any bytes. Where the hardware checks
//     each word and faults, the driver has to catch that and go on.
//   - It may have open(), close() and sync(), if there is something to do then (power the chip up,
//     wait until it has finished), and name().
// Sizes may be constants of the type or members that open() fills in. A driver is copied into the
// medium; one that must stay where it is hides behind a type with a reference.
// Nobody notices two mediums over one chip, unless the driver's open() does.
//
// Limits: 4 GiB. Sectors of different sizes: one driver for each size.
// Cost: the driver's; with verify each byte that is programmed or erased is read once more. Beside
// the driver and its options one flag; no heap, no atomics.
// Who may call: one thread at a time.
//
//   struct chip {
//       static constexpr std::uint32_t sector_bytes = 4096, sector_count = 64, write_unit = 1;
//       static constexpr std::uint32_t page_bytes = 256;
//       bool read(std::uint32_t address, std::span<std::byte> into) noexcept;
//       bool program(std::uint32_t address, std::span<const std::byte> from) noexcept;
//       bool erase(std::uint32_t address) noexcept;
//   };
//   pawl::flash_medium<chip> log{{}, {.first_sector = 32, .sectors_per_block = 2}};
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a driver's function says: true or an io_status without error for success.
template <class R>
concept nor_answer = std::same_as<R, bool> || std::same_as<R, io_status>;

template <class D>
concept nor_driver = requires(D& driver, const D& constant, std::uint32_t address,
                              std::span<std::byte> into, std::span<const std::byte> from) {
    { constant.sector_bytes } -> std::convertible_to<std::uint32_t>;
    { constant.sector_count } -> std::convertible_to<std::uint32_t>;
    { constant.write_unit } -> std::convertible_to<std::uint32_t>;
    { driver.read(address, into) }
    noexcept->nor_answer;
    { driver.program(address, from) }
    noexcept->nor_answer;
    { driver.erase(address) }
    noexcept->nor_answer;
};

struct flash_options {
    std::uint32_t first_sector = 0;
    std::uint32_t sectors_per_block = 1;
    std::uint32_t block_count = 0;  // 0: all that the sectors make
    bool verify = true;
    std::byte erased{0xFF};
};

template <nor_driver Driver>
class flash_medium {
public:
    constexpr flash_medium() noexcept = default;
    constexpr explicit flash_medium(Driver driver, flash_options options = {}) noexcept
        : driver_{driver}, options_{options} {}

    // bad_geometry if the options are not within what the driver says, or no journal's.
    [[nodiscard]] io_status open() noexcept {
        if (is_open_) {
            return {io_error::busy, 0};
        }
        if constexpr (requires { driver_.open(); }) {
            if (const io_status opened = answer(driver_.open()); !opened) {
                return opened;
            }
        }
        is_open_ = true;
        if (check_geometry(geometry()) != nullptr || !fits()) {
            close();
            return {io_error::bad_geometry, 0};
        }
        return {};
    }

    void close() noexcept {
        if (is_open_) {
            is_open_ = false;
            if constexpr (requires { driver_.close(); }) {
                driver_.close();
            }
        }
    }

    [[nodiscard]] constexpr medium_geometry geometry() const noexcept {
        return {.write_unit = driver_.write_unit,
                .block_bytes = driver_.sector_bytes * options_.sectors_per_block,
                .block_count = block_count(),
                .erased = options_.erased};
    }

    [[nodiscard]] io_status read(std::uint32_t block, std::uint32_t offset,
                                 std::span<std::byte> into) noexcept {
        const io_status allowed = check(block, offset, into.size());
        return allowed ? answer(driver_.read(place(block, offset), into)) : allowed;
    }

    [[nodiscard]] io_status program(std::uint32_t block, std::uint32_t offset,
                                    std::span<const std::byte> from) noexcept {
        if (const io_status allowed = check(block, offset, from.size()); !allowed) {
            return allowed;
        }
        if ((offset | from.size()) % driver_.write_unit != 0) {
            return {io_error::out_of_bounds, 0};
        }
        std::uint32_t to = place(block, offset);
        while (!from.empty()) {
            const auto piece = from.first(std::min(from.size(), up_to_page_end(to)));
            if (const io_status put = answer(driver_.program(to, piece)); !put) {
                return put;
            }
            if (options_.verify) {
                const std::byte* wanted = piece.data();
                const io_status same = compare(to, piece.size(), [&] { return *wanted++; });
                if (!same) {
                    return same;
                }
            }
            to += static_cast<std::uint32_t>(piece.size());
            from = from.subspan(piece.size());
        }
        return {};
    }

    [[nodiscard]] io_status erase(std::uint32_t block) noexcept {
        if (const io_status allowed = check(block, 0, 0); !allowed) {
            return allowed;
        }
        for (std::uint32_t sector = 0; sector < options_.sectors_per_block; ++sector) {
            const std::uint32_t at = place(block, sector * driver_.sector_bytes);
            io_status done = answer(driver_.erase(at));
            if (done && options_.verify) {
                done = compare(at, driver_.sector_bytes, [this] { return options_.erased; });
            }
            if (!done) {
                return done;
            }
        }
        return {};
    }

    [[nodiscard]] io_status sync() noexcept {
        if (!is_open_) {
            return {io_error::closed, 0};
        }
        if constexpr (requires { driver_.sync(); }) {
            return answer(driver_.sync());
        } else {
            return {};
        }
    }

    [[nodiscard]] constexpr const char* name() const noexcept {
        if constexpr (requires { driver_.name(); }) {
            return driver_.name();
        } else {
            return "flash";
        }
    }

    [[nodiscard]] constexpr Driver& driver() noexcept { return driver_; }

private:
    static constexpr io_status answer(io_status said) noexcept { return said; }
    static constexpr io_status answer(bool done) noexcept {
        return {done ? io_error::none : io_error::failed, 0};
    }

    [[nodiscard]] constexpr std::uint32_t block_count() const noexcept {
        if (options_.block_count != 0 || options_.sectors_per_block == 0 ||
            options_.first_sector > driver_.sector_count) {
            return options_.block_count;
        }
        return (driver_.sector_count - options_.first_sector) / options_.sectors_per_block;
    }

    // All of it is there, and has an address of 32 bits.
    [[nodiscard]] constexpr bool fits() const noexcept {
        constexpr std::uint32_t most = 0xFFFF'FFFF;
        if constexpr (requires { driver_.page_bytes; }) {
            if (driver_.page_bytes == 0 || driver_.page_bytes % driver_.write_unit != 0) {
                return false;
            }
        }
        return options_.sectors_per_block != 0 && driver_.sector_bytes != 0 &&
               driver_.sector_count <= most / driver_.sector_bytes &&
               options_.first_sector <= driver_.sector_count &&
               block_count() <=
                   (driver_.sector_count - options_.first_sector) / options_.sectors_per_block;
    }

    [[nodiscard]] constexpr std::uint32_t place(std::uint32_t block,
                                                std::uint32_t offset) const noexcept {
        return (options_.first_sector + block * options_.sectors_per_block) * driver_.sector_bytes +
               offset;
    }

    [[nodiscard]] constexpr io_status check(std::uint32_t block, std::uint32_t offset,
                                            std::size_t size) const noexcept {
        if (!is_open_) {
            return {io_error::closed, 0};
        }
        const std::uint32_t block_bytes = driver_.sector_bytes * options_.sectors_per_block;
        if (block >= block_count() || offset > block_bytes || size > block_bytes - offset) {
            return {io_error::out_of_bounds, 0};
        }
        return {};
    }

    [[nodiscard]] constexpr std::size_t up_to_page_end(std::uint32_t address) const noexcept {
        if constexpr (requires { driver_.page_bytes; }) {
            const std::uint32_t page = driver_.page_bytes;
            return page - address % page;
        } else {
            return static_cast<std::size_t>(-1);
        }
    }

    // Whether the chip holds what next() says, byte for byte.
    template <class Next>
    io_status compare(std::uint32_t at, std::size_t size, Next next) noexcept {
        std::byte seen[32];
        while (size != 0) {
            const auto piece = std::span{seen}.first(std::min(size, sizeof seen));
            if (const io_status got = answer(driver_.read(at, piece)); !got) {
                return got;
            }
            for (const std::byte value : piece) {
                if (value != next()) {
                    return {io_error::failed, 0};
                }
            }
            at += static_cast<std::uint32_t>(piece.size());
            size -= piece.size();
        }
        return {};
    }

    PAWL_NO_UNIQUE_ADDRESS Driver driver_{};
    flash_options options_{};
    bool is_open_ = false;
};

}  // namespace PAWL_ABI
}  // namespace pawl
