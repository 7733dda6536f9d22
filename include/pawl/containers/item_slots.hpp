// SPDX-License-Identifier: BSL-1.0
//
// item_slots: room for a fixed number of objects that are made and destroyed one by one.
//
// What the queues keep their items in: bytes that are zero at first, so that a queue lies in .bss,
// and no demand on the type but that it can be moved and destroyed without throwing.
//
// Cost: none of its own. Who may call: who owns the slot, as the queue's algorithm says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What an item has to be; each with its own message.
template <class T>
consteval bool check_item() {
    static_assert(std::is_object_v<T> && std::is_same_v<T, std::remove_cv_t<T>>,
                  "pawl: a queue's items are objects of a type that is neither const nor volatile");
    static_assert(std::is_nothrow_move_constructible_v<T> || !std::is_move_constructible_v<T>,
                  "pawl: moving an item into a queue must not throw");
    static_assert(std::is_nothrow_destructible_v<T>,
                  "pawl: the destructor of a queue's item must not throw");
    return true;
}

template <class T, std::uint32_t Count>
class item_slots {
    static_assert(check_item<T>());

public:
    template <class... Arguments>
    void emplace(std::uint32_t slot, Arguments&&... arguments) noexcept {
        PAWL_ASSERT(slot < Count);
        static_assert(std::is_nothrow_constructible_v<T, Arguments...>,
                      "pawl: making this item in its slot could throw; make it first, and move it");
        ::new (static_cast<void*>(bytes_ + slot * sizeof(T)))
            T(std::forward<Arguments>(arguments)...);
    }

    // REQUIRES: an item is there.
    [[nodiscard]] T& operator[](std::uint32_t slot) noexcept {
        return *std::launder(reinterpret_cast<T*>(bytes_ + slot * sizeof(T)));
    }
    void destroy(std::uint32_t slot) noexcept { (*this)[slot].~T(); }

private:
    alignas(T) unsigned char bytes_[Count * sizeof(T)] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
