// SPDX-License-Identifier: BSL-1.0
//
// item_slots: room for a fixed number of objects that are made and destroyed one by one.
//
// What the queues keep their items in: bytes that are zero at first, so that a queue lies in .bss,
// and no demand on the type but that it can be moved and destroyed without throwing.
//
// Cost: none of its own. Who may call: who owns the slot, as the queue's algorithm says.
//
// How it gets there fast: the small object that a caller makes, mostly a lambda, is to be made in
// its slot, member by member, and nowhere else. If its address goes to a function that is not
// inlined, were it one that is never called, it has to lie on the stack first; from there it is
// read 16 bytes at a time, and a processor that has not written its members to the cache yet cannot
// forward them to such a read: it waits, longer than all the rest of the call takes. So what puts
// an item is PAWL_FAST_PATH, and hands what it does not put to others as a passed_aside.
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

// An item on its way to a function that is seldom called and not inlined: a copy if that is free.
//
//   return slots.put(std::forward<T>(item)) || seldom(passed_aside<T>(std::forward<T>(item)));
template <class T>
using passed_aside = std::conditional_t<std::is_trivially_copyable_v<std::remove_cvref_t<T>>,
                                        std::remove_cvref_t<T>, T&&>;

template <class T, std::uint32_t Count>
class item_slots {
    static_assert(check_item<T>());

public:
    template <class... Arguments>
    PAWL_FAST_PATH void emplace(std::uint32_t slot, Arguments&&... arguments) noexcept {
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
