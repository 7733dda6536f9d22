// SPDX-License-Identifier: BSL-1.0
//
// A journal's medium that is a copy of a file, in memory. Opening a log writes to it: here into the
// copy; what repair saves is the copy, then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/log_format.hpp>

class copy_medium {
public:
    std::vector<std::byte> bytes;
    pawl::log_format::block_header found;  // the first good one
    std::size_t cut = 0;                   // bytes missing to whole blocks

    pawl::io_status open() noexcept { return {}; }
    void close() noexcept {}
    [[nodiscard]] pawl::medium_geometry geometry() const noexcept {
        return {.write_unit = found.write_unit,
                .block_bytes = found.block_bytes,
                .block_count = static_cast<std::uint32_t>(bytes.size() / found.block_bytes),
                .erased = erased_};
    }
    pawl::io_status read(std::uint32_t block, std::uint32_t offset,
                         std::span<std::byte> into) noexcept {
        std::copy_n(at(block, offset), into.size(), into.data());
        return {};
    }
    pawl::io_status program(std::uint32_t block, std::uint32_t offset,
                            std::span<const std::byte> from) noexcept {
        std::copy_n(from.data(), from.size(), at(block, offset));
        return {};
    }
    pawl::io_status erase(std::uint32_t block) noexcept {
        if (block < geometry().block_count) {
            std::fill_n(at(block, 0), found.block_bytes, erased_);
            return {};
        }
        return {pawl::io_error::out_of_bounds, 0};
    }
    pawl::io_status sync() noexcept { return {}; }

    // False: there is no header in it.
    bool find_geometry() {
        constexpr std::size_t step = pawl::log_format::alignment;
        for (std::size_t at = 0; at + pawl::log_format::header_bytes <= bytes.size(); at += step) {
            pawl::log_format::block_header header;
            if (pawl::log_format::decode<pawl::crc_table::slicing_by_8>(
                    bytes.data() + at, header) == pawl::log_format::header_state::good &&
                header.block_bytes != 0 && at % header.block_bytes == 0) {
                found = header;
                // The end of most blocks is erased: zeros in files, ones in a copy of a flash chip.
                std::ptrdiff_t ones = 0;
                for (std::size_t end = found.block_bytes; end <= bytes.size();
                     end += found.block_bytes) {
                    ones += bytes[end - 1] == std::byte{0xFF} ? 1
                            : bytes[end - 1] == std::byte{0}  ? -1
                                                              : 0;
                }
                erased_ = std::byte{ones > 0 ? std::uint8_t{0xFF} : std::uint8_t{0}};
                // Of a file that was cut short the rest is what is missing.
                std::size_t whole = (bytes.size() + found.block_bytes - 1) / found.block_bytes;
                whole = std::max<std::size_t>(whole, pawl::medium_blocks_min);
                cut = whole * found.block_bytes - bytes.size();
                bytes.resize(whole * found.block_bytes, erased_);
                return true;
            }
        }
        return false;
    }

private:
    std::byte* at(std::uint32_t block, std::uint32_t offset) noexcept {
        return bytes.data() + std::size_t{block} * found.block_bytes + offset;
    }
    std::byte erased_{0};
};
