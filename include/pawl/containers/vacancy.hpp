// SPDX-License-Identifier: BSL-1.0
//
// vacancy: a cell that can be used again once what lay in it has been moved out.
//
// Whoever takes an item in its cell gets one, and may announce it before it goes on with the item,
// which may take long. Cost: a store. Who may call: who has it, once.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
class vacancy {
public:
    using word = typename Platform::word;
    constexpr vacancy(word& place, std::uint32_t free) noexcept : place_{&place}, free_{free} {}

    // release: the job is out of the cell; pairs with who looks whether the cell is free.
    void announce() const noexcept { place_->store(free_, std::memory_order_release); }

private:
    word* place_;
    std::uint32_t free_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
