// SPDX-License-Identifier: BSL-1.0
//
// A driver of flash whose read() could throw.
// EXPECT: nor_driver
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/durability/flash_medium.hpp>

#ifdef PAWL_CONTROL
#define SAFE noexcept
#else
#define SAFE
#endif

struct chip {
    static constexpr std::uint32_t sector_bytes = 4096, sector_count = 8, write_unit = 4;
    bool read(std::uint32_t, std::span<std::byte>) SAFE { return true; }
    bool program(std::uint32_t, std::span<const std::byte>) noexcept { return true; }
    bool erase(std::uint32_t) noexcept { return true; }
};

pawl::flash_medium<chip> medium;
