// SPDX-License-Identifier: BSL-1.0
//
// slot_lists: many first-in-first-out lists of timers in one array.
//
// What: a timer is a number below Capacity, with a deadline. It lies in at most one of the lists,
// which are numbered by row and column; at the end of which it was put, or at the front. It knows
// in which, so that it can be taken out of the middle by its number alone.
//
// Why not head and tail a list: a list is a ring known by its last timer, whose successor is the
// first. That is one link a list, and putting a timer at the end touches one other timer, the one
// that was last; a list known by its first timer would touch that one as well. The first timer
// has no predecessor: its link back is 0, which also marks it as the first.
//
// How the list's number is stored: links are index + 1, and the bits above them hold the column in
// the link forward and the row in the link back. All timers of a list have the same there, so
// whoever links two of them writes whole words and reads nothing. A timer is two links and its
// deadline: 16 bytes with 64-bit deadlines, 8 with 32-bit ones and up to 4,095 timers (2,047 with
// more than 16 columns, 1,023 with more than 32), 12 beyond. Zero bytes are empty lists.
//
// Cost: every operation O(1), no loop. Who may call: one owner at a time; a deadline may be set by
// who uses the timer while it is in no list.
//
//   pawl::slot_lists<16, 4, 8, std::uint32_t, true> lists;
//   lists.push_back({.row = 1, .column = 3}, 7);   // timer 7
//   lists.remove(7);                               // {1, 3}
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Where a list is.
struct slot_place {
    std::uint32_t row;
    std::uint32_t column;
};

// Columns: a power of two. Counted: whether count() knows how many there are, at the cost of a
// number a list.
template <std::uint32_t Capacity, std::uint32_t Rows, std::uint32_t Columns, class Tick,
          bool Counted>
class slot_lists {
    static_assert(Capacity > 0 && Rows > 1 && Columns > 1 && std::has_single_bit(Columns));
    static constexpr unsigned column_bits = static_cast<unsigned>(std::bit_width(Columns - 1));
    static constexpr unsigned row_bits = static_cast<unsigned>(std::bit_width(Rows - 1));
    static constexpr unsigned number_bits = column_bits > row_bits ? column_bits : row_bits;

public:
    // Short links make a timer smaller only where its deadline is short, too.
    using link = std::conditional_t<(sizeof(Tick) < sizeof(std::uint64_t) &&
                                     Capacity < (1U << (16 - number_bits))),
                                    std::uint16_t, std::uint32_t>;

    constexpr void set_due(std::uint32_t timer, Tick due) noexcept { nodes_[timer].due = due; }
    [[nodiscard]] constexpr Tick due(std::uint32_t timer) const noexcept {
        return nodes_[timer].due;
    }
    // Whether the timer is in a list.
    [[nodiscard]] constexpr bool listed(std::uint32_t timer) const noexcept {
        return nodes_[timer].next != 0;
    }

    [[nodiscard]] constexpr bool empty(slot_place slot) const noexcept {
        return at(slot).last == 0;
    }
    // REQUIRES: not empty(slot).
    [[nodiscard]] constexpr std::uint32_t front(slot_place slot) const noexcept {
        return (node_of(at(slot).last).next & next_mask) - 1U;
    }
    [[nodiscard]] constexpr std::uint32_t back(slot_place slot) const noexcept {
        return at(slot).last - 1U;
    }
    // The timers of a list; where they are not counted, as many as it can have.
    [[nodiscard]] constexpr std::uint32_t count(slot_place slot) const noexcept {
        if constexpr (Counted) {
            return at(slot).count;
        } else {
            return empty(slot) ? 0 : Capacity;
        }
    }

    // True if the list was empty. REQUIRES: not listed(timer).
    constexpr bool push_back(slot_place slot, std::uint32_t timer) noexcept {
        list& to = at(slot);
        node& self = nodes_[timer];
        const link me = forward(slot, timer);
        const link last = to.last;
        if (last == 0) {
            self.next = me;
        } else {
            node& before = node_of(last);
            self.next = before.next;
            before.next = me;
        }
        self.previous = back_link(slot, last);
        to.last = static_cast<link>(timer + 1);
        to.add();
        return last == 0;
    }
    constexpr bool push_front(slot_place slot, std::uint32_t timer) noexcept {
        list& to = at(slot);
        node& self = nodes_[timer];
        const link me = forward(slot, timer);
        const link last = to.last;
        if (last == 0) {
            self.next = me;
            to.last = static_cast<link>(timer + 1);
        } else {
            const link first = node_of(last).next;
            self.next = first;
            node_of(last).next = me;
            node_of(static_cast<link>(first & next_mask)).previous =
                back_link(slot, static_cast<link>(timer + 1));
        }
        self.previous = back_link(slot, 0);
        to.add();
        return last == 0;
    }

    // Takes the first timer out of its list. REQUIRES: not empty(slot).
    constexpr std::uint32_t pop_front(slot_place slot) noexcept {
        list& from = at(slot);
        node& last = node_of(from.last);
        const auto first = static_cast<link>(last.next & next_mask);
        node& self = node_of(first);
        if (first == from.last) {
            from.last = 0;
        } else {
            last.next = self.next;
            node_of(static_cast<link>(self.next & next_mask)).previous = self.previous;
        }
        self.next = 0;
        from.subtract();
        return first - 1U;
    }

    // Moves the last timer of one list to the front of another. True if that was empty. REQUIRES:
    // not empty(from), and another list.
    constexpr bool move_back_to_front(slot_place from_slot, slot_place to_slot) noexcept {
        list& from = at(from_slot);
        const std::uint32_t timer = from.last - 1U;
        const node& self = nodes_[timer];
        const auto previous = static_cast<link>(self.previous & previous_mask);
        if (previous != 0) {
            node_of(previous).next = self.next;
        }
        from.last = previous;
        from.subtract();
        return push_front(to_slot, timer);
    }

    // Takes a timer out of its list, and says which that was. REQUIRES: listed(timer).
    constexpr slot_place remove(std::uint32_t timer) noexcept {
        node& self = nodes_[timer];
        const slot_place slot{static_cast<std::uint32_t>(self.previous >> previous_bits),
                              static_cast<std::uint32_t>(self.next >> next_bits)};
        list& from = at(slot);
        const auto me = static_cast<link>(timer + 1);
        const auto next = static_cast<link>(self.next & next_mask);
        const auto previous = static_cast<link>(self.previous & previous_mask);
        // Who is alone is its own successor, and has nobody before it. Written without branches,
        // for no processor guesses where in its list a timer lies that is cancelled.
        const bool is_last = from.last == me;
        node_of(previous != 0 ? previous : from.last).next = self.next;
        link& after = is_last ? from.last : node_of(next).previous;
        after = is_last ? previous : self.previous;
        self.next = 0;
        from.subtract();
        return slot;
    }

private:
    static constexpr unsigned next_bits =
        static_cast<unsigned>(std::numeric_limits<link>::digits) - column_bits;
    static constexpr unsigned previous_bits =
        static_cast<unsigned>(std::numeric_limits<link>::digits) - row_bits;
    static constexpr link next_mask = static_cast<link>((1U << next_bits) - 1);
    static constexpr link previous_mask = static_cast<link>((1U << previous_bits) - 1);
    static_assert(Capacity <= next_mask && Capacity <= previous_mask,
                  "a link is index + 1, and in 32 bits beside it is the list's row or column");

    struct node {
        Tick due = 0;
        link next = 0;      // index + 1, round the list, and the column; 0: in no list
        link previous = 0;  // index + 1, and the row; an index + 1 of 0: this is the first
    };
    struct plain_list {
        link last = 0;  // index + 1; 0: empty
        constexpr void add() noexcept {}
        constexpr void subtract() noexcept {}
    };
    struct counted_list {
        link last = 0;
        link count = 0;
        constexpr void add() noexcept { ++count; }
        constexpr void subtract() noexcept { --count; }
    };
    using list = std::conditional_t<Counted, counted_list, plain_list>;

    [[nodiscard]] constexpr list& at(slot_place slot) noexcept {
        return lists_[std::size_t{slot.row} * Columns + slot.column];
    }
    [[nodiscard]] constexpr const list& at(slot_place slot) const noexcept {
        return lists_[std::size_t{slot.row} * Columns + slot.column];
    }
    [[nodiscard]] constexpr node& node_of(link index_plus_1) noexcept {
        return nodes_[std::size_t{index_plus_1} - 1];
    }
    [[nodiscard]] constexpr const node& node_of(link index_plus_1) const noexcept {
        return nodes_[std::size_t{index_plus_1} - 1];
    }
    static constexpr link forward(slot_place slot, std::uint32_t timer) noexcept {
        return static_cast<link>(slot.column << next_bits | (timer + 1));
    }
    static constexpr link back_link(slot_place slot, link previous) noexcept {
        return static_cast<link>(slot.row << previous_bits | previous);
    }

    list lists_[Rows * Columns] = {};
    node nodes_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
