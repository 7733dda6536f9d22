// SPDX-License-Identifier: BSL-1.0
//
// A medium whose sync() could throw is none.
// EXPECT: journal_medium
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/medium_conformance.hpp>

#ifdef PAWL_CONTROL
#define SAFE noexcept
#else
#define SAFE
#endif

struct fram {
    pawl::io_status open() noexcept { return {}; }
    void close() noexcept {}
    pawl::medium_geometry geometry() const noexcept { return {}; }
    pawl::io_status read(std::uint32_t, std::uint32_t, std::span<std::byte>) noexcept { return {}; }
    pawl::io_status program(std::uint32_t, std::uint32_t, std::span<const std::byte>) noexcept {
        return {};
    }
    pawl::io_status erase(std::uint32_t) noexcept { return {}; }
    pawl::io_status sync() SAFE { return {}; }
};

pawl::medium_verdict check(fram& medium) { return pawl::check_medium(medium); }
