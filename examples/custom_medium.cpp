// SPDX-License-Identifier: BSL-1.0
//
// A journal medium of one's own: an adapter over the C driver of a flash chip, by hand and with
// flash_medium, and the check that says whether it keeps what a journal needs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>

#include <pawl/durability/flash_medium.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/medium_conformance.hpp>

// ---- the driver, as a vendor ships it; here the chip is an array ----

extern "C" {

enum { chip_bytes = 32 * 1024, chip_sector = 4096, chip_page = 256, chip_word = 4 };
static std::uint8_t chip_cells[chip_bytes];

// 0, or an error number of the driver's.
static int chip_read(std::uint32_t address, void* into, std::uint32_t size) {
    std::memcpy(into, chip_cells + address, size);
    return 0;
}

// Whole words, within a page. Bits only fall.
static int chip_write(std::uint32_t address, const void* from, std::uint32_t size) {
    if (address / chip_page != (address + size - 1) / chip_page) {
        return 22;
    }
    for (std::uint32_t i = 0; i < size; ++i) {
        chip_cells[address + i] &= static_cast<const std::uint8_t*>(from)[i];
    }
    return 0;
}

static int chip_erase(std::uint32_t address) {
    std::memset(chip_cells + address, 0xFF, chip_sector);
    return 0;
}

}  // extern "C"

namespace {

// ---- all of it by hand ----

class chip_medium {
public:
    pawl::io_status open() noexcept {
        const bool before = in_use;
        in_use = true;
        return {before ? pawl::io_error::busy : pawl::io_error::none, 0};
    }
    void close() noexcept { in_use = false; }
    [[nodiscard]] pawl::medium_geometry geometry() const noexcept {
        return {.write_unit = chip_word, .block_bytes = chip_sector, .block_count = blocks};
    }
    pawl::io_status read(std::uint32_t block, std::uint32_t offset,
                         std::span<std::byte> into) noexcept {
        if (!inside(block, offset, into.size())) {
            return beyond;
        }
        return status(chip_read(block * chip_sector + offset, into.data(),
                                static_cast<std::uint32_t>(into.size())));
    }
    pawl::io_status program(std::uint32_t block, std::uint32_t offset,
                            std::span<const std::byte> from) noexcept {
        if (!inside(block, offset, from.size()) || (offset | from.size()) % chip_word != 0) {
            return beyond;
        }
        while (!from.empty()) {  // page by page
            const auto here = from.first(std::min(from.size(), page_rest(offset)));
            const int failed = chip_write(block * chip_sector + offset, here.data(),
                                          static_cast<std::uint32_t>(here.size()));
            if (failed != 0) {
                return status(failed);
            }
            offset += static_cast<std::uint32_t>(here.size());
            from = from.subspan(here.size());
        }
        return {};
    }
    pawl::io_status erase(std::uint32_t block) noexcept {
        return inside(block, 0, 0) ? status(chip_erase(block * chip_sector)) : beyond;
    }
    pawl::io_status sync() noexcept { return {}; }  // the driver has waited for the chip

protected:
    static constexpr std::uint32_t blocks = chip_bytes / chip_sector;
    static constexpr pawl::io_status beyond{pawl::io_error::out_of_bounds, 0};
    static pawl::io_status status(int failed) noexcept {
        return {failed != 0 ? pawl::io_error::failed : pawl::io_error::none, failed};
    }
    static bool inside(std::uint32_t block, std::uint32_t offset, std::size_t size) noexcept {
        return block < blocks && offset <= chip_sector && size <= chip_sector - offset;
    }
    static std::size_t page_rest(std::uint32_t offset) noexcept {
        return chip_page - offset % chip_page;
    }

private:
    static inline bool in_use = false;  // of the one chip that there is
};

// ---- the same, as flash_medium needs no more than this of NOR flash ----

struct chip_driver {
    static constexpr std::uint32_t sector_bytes = chip_sector;
    static constexpr std::uint32_t sector_count = chip_bytes / chip_sector;
    static constexpr std::uint32_t write_unit = chip_word;
    static constexpr std::uint32_t page_bytes = chip_page;

    static bool read(std::uint32_t address, std::span<std::byte> into) noexcept {
        return chip_read(address, into.data(), static_cast<std::uint32_t>(into.size())) == 0;
    }
    static bool program(std::uint32_t address, std::span<const std::byte> from) noexcept {
        return chip_write(address, from.data(), static_cast<std::uint32_t>(from.size())) == 0;
    }
    static bool erase(std::uint32_t address) noexcept { return chip_erase(address) == 0; }
};

// ---- three ways to get it wrong ----

struct without_pages : chip_medium {
    static pawl::io_status program(std::uint32_t block, std::uint32_t offset,
                                   std::span<const std::byte> from) noexcept {
        return inside(block, offset, from.size())
                   ? status(chip_write(block * chip_sector + offset, from.data(),
                                       static_cast<std::uint32_t>(from.size())))
                   : beyond;
    }
};

struct without_bounds : chip_medium {
    static pawl::io_status read(std::uint32_t block, std::uint32_t offset,
                                std::span<std::byte> into) noexcept {
        return status(chip_read((block * chip_sector + offset) % chip_bytes, into.data(),
                                static_cast<std::uint32_t>(into.size())));
    }
};

struct without_erasing : chip_medium {
    static pawl::io_status erase(std::uint32_t block) noexcept {
        return inside(block, 0, 0) ? pawl::io_status{} : beyond;
    }
};

void print(const char* name, const pawl::medium_verdict& verdict) {
    if (verdict) {
        std::printf("%s: keeps what a journal needs\n", name);
    } else {
        std::printf("%s: %s (block %u, offset %u, code %d)\n", name, verdict.violation,
                    verdict.block, verdict.offset, static_cast<int>(verdict.status.code));
    }
}

}  // namespace

int main() {
    chip_medium by_hand;
    chip_medium second;
    print("chip_medium", pawl::check_medium(by_hand, second));

    pawl::flash_medium<chip_driver> as_flash;
    print("flash_medium", pawl::check_medium(as_flash));

    without_pages pages;
    print("without_pages", pawl::check_medium(pages));
    without_bounds bounds;
    print("without_bounds", pawl::check_medium(bounds));
    chip_cells[0] = 0;
    without_erasing erasing;
    print("without_erasing", pawl::check_medium(erasing));
}
