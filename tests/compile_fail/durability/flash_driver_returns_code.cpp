// SPDX-License-Identifier: BSL-1.0
//
// A driver of flash that answers with a number, of which nobody knows whether 0 is good.
// EXPECT: nor_answer|nor_driver
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/durability/flash_medium.hpp>

#ifdef PAWL_CONTROL
using answer = bool;
#else
using answer = int;
#endif

struct chip {
    static constexpr std::uint32_t sector_bytes = 4096, sector_count = 8, write_unit = 4;
    answer read(std::uint32_t, std::span<std::byte>) noexcept { return 0; }
    bool program(std::uint32_t, std::span<const std::byte>) noexcept { return true; }
    bool erase(std::uint32_t) noexcept { return true; }
};

pawl::flash_medium<chip> medium;
