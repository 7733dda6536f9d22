// SPDX-License-Identifier: BSL-1.0
//
// optional_member: a member of a slot that is there only if the limits ask for it.
//
// Declare it with PAWL_NO_UNIQUE_ADDRESS; one that is not there takes no room, reads as the default
// value and forgets what it is set to. Two of one class differ in `Which`: objects of one type
// never share an address, and so would take room.
//
// Cost: none. Who may call: who may use the slot.
#pragma once

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Value, bool Present, int Which>
class optional_member {
public:
    [[nodiscard]] constexpr Value get() const noexcept { return value_; }
    constexpr void set(Value value) noexcept { value_ = value; }

private:
    Value value_ = {};
};

template <class Value, int Which>
class optional_member<Value, false, Which> {
public:
    [[nodiscard]] static constexpr Value get() noexcept { return {}; }
    static constexpr void set(Value) noexcept {}
};

}  // namespace PAWL_ABI
}  // namespace pawl
