// SPDX-License-Identifier: BSL-1.0
//
// medium_ref: a journal_medium that is somewhere else.
//
// What: a pointer to a medium, with the functions of one. A journal takes its medium by value and
// keeps it. What must stay where it is, because its place is the point (a ram_medium in memory that
// a reset leaves alone) or because somebody else looks at it too (a test's disk), is handed over as
// one of these.
//
// Who may call: as the medium itself, which must outlive it. A copy refers to the same one; the
// reference itself cannot tell whether two are in use: that is for the medium's open().
//
//   static pawl::ram_medium<1024, 4> memory;
//   pawl::medium_ref log{memory};
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <journal_medium M>
class medium_ref {
public:
    constexpr explicit medium_ref(M& medium) noexcept : medium_{&medium} {}

    [[nodiscard]] io_status open() noexcept { return medium_->open(); }
    void close() noexcept { medium_->close(); }
    [[nodiscard]] constexpr medium_geometry geometry() const noexcept {
        return std::as_const(*medium_).geometry();
    }
    [[nodiscard]] io_status read(std::uint32_t block, std::uint32_t offset,
                                 std::span<std::byte> into) noexcept {
        return medium_->read(block, offset, into);
    }
    [[nodiscard]] io_status program(std::uint32_t block, std::uint32_t offset,
                                    std::span<const std::byte> from) noexcept {
        return medium_->program(block, offset, from);
    }
    [[nodiscard]] io_status erase(std::uint32_t block) noexcept { return medium_->erase(block); }
    [[nodiscard]] io_status sync() noexcept { return medium_->sync(); }

    [[nodiscard]] constexpr const char* name() const noexcept { return name_of(*medium_); }

private:
    M* medium_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
