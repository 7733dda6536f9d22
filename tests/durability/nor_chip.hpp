// SPDX-License-Identifier: BSL-1.0
//
// A NOR flash chip as a driver sees it: erasing makes ones, programming makes zeros of some, each
// unit once between two erases, a page at a time. A copy is a driver for the same chip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nor {

template <std::uint32_t SectorBytes, std::uint32_t SectorCount, std::uint32_t WriteUnit,
          std::uint32_t PageBytes>
struct chip {
    std::array<std::byte, std::size_t{SectorBytes} * SectorCount> bytes{};
    std::array<bool, std::size_t{SectorBytes} * SectorCount / WriteUnit> programmed{};
    std::array<int, SectorCount> erases{};
    int misuses = 0;      // what a real chip would have answered with damage
    int operations = 0;   // of any kind
    int fail_at = 0;      // the operation that says it failed, from 1
    int silently_at = 0;  // the one that leaves out its last byte and says that all went well
    bool powered = false;
    int syncs = 0;

    bool fails() { return ++operations == fail_at; }

    bool read(std::uint32_t address, std::span<std::byte> into) {
        if (fails() || !inside(address, into.size())) {
            return false;
        }
        for (std::size_t i = 0; i < into.size(); ++i) {
            into[i] = bytes[address + i];
        }
        return true;
    }

    bool program(std::uint32_t address, std::span<const std::byte> from) {
        if (fails() || !inside(address, from.size())) {
            return false;
        }
        misuses += (address | from.size()) % WriteUnit != 0 ? 1 : 0;
        misuses += address / PageBytes != (address + from.size() - 1) / PageBytes ? 1 : 0;
        for (std::size_t i = 0; i < from.size(); i += WriteUnit) {
            bool& before = programmed[(address + i) / WriteUnit];
            misuses += before ? 1 : 0;
            before = true;
        }
        const std::size_t done = from.size() - (operations == silently_at ? 1 : 0);
        for (std::size_t i = 0; i < done; ++i) {
            bytes[address + i] &= from[i];
        }
        return true;
    }

    bool erase(std::uint32_t address) {
        misuses += address % SectorBytes != 0 ? 1 : 0;
        if (fails() || address % SectorBytes != 0 || !inside(address, SectorBytes)) {
            return false;
        }
        ++erases[address / SectorBytes];
        const std::uint32_t done = SectorBytes - (operations == silently_at ? 1 : 0);
        for (std::uint32_t i = 0; i < done; ++i) {
            bytes[address + i] = std::byte{0xFF};
        }
        for (std::uint32_t i = 0; i < SectorBytes / WriteUnit; ++i) {
            programmed[address / WriteUnit + i] = false;
        }
        return true;
    }

private:
    [[nodiscard]] bool inside(std::uint32_t address, std::size_t size) {
        const bool good = address <= bytes.size() && size <= bytes.size() - address;
        misuses += good ? 0 : 1;
        return good;
    }
};

template <std::uint32_t SectorBytes, std::uint32_t SectorCount, std::uint32_t WriteUnit,
          std::uint32_t PageBytes>
struct driver {
    using chip_type = chip<SectorBytes, SectorCount, WriteUnit, PageBytes>;
    static constexpr std::uint32_t sector_bytes = SectorBytes;
    static constexpr std::uint32_t sector_count = SectorCount;
    static constexpr std::uint32_t write_unit = WriteUnit;
    static constexpr std::uint32_t page_bytes = PageBytes;

    chip_type* device;

    bool read(std::uint32_t address, std::span<std::byte> into) noexcept {
        return device->read(address, into);
    }
    bool program(std::uint32_t address, std::span<const std::byte> from) noexcept {
        return device->program(address, from);
    }
    bool erase(std::uint32_t address) noexcept { return device->erase(address); }
};

}  // namespace nor
