// SPDX-License-Identifier: BSL-1.0
//
// waiting_lines: any number of first-in-first-out lines over one array of links.
//
// What: a line is two small numbers that lie wherever its owner wants them; its members are numbers
// below Capacity, each in at most one line. Who comes goes to the end, or to the front; the front
// one is taken.
//
// Why not slot_lists: there the lines are a fixed table, and a member knows its line so that it can
// leave from the middle. Nobody leaves these from the middle, which is half the memory.
//
// How it works: a line is a ring known by its last member, whose successor is the first. Links are
// index + 1, so that zero bytes are empty lines; who is in none has the link 0.
//
// Cost: every operation O(1); two bytes a member up to 65,534 of them, four beyond. Who may call:
// one at a time.
//
//   pawl::waiting_lines<64> lines;
//   pawl::waiting_lines<64>::line line;
//   lines.push_back(line, 7);
//   lines.pop_front(line);   // 7
#pragma once

#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Capacity>
class waiting_lines {
public:
    // A number of members, or one's index + 1.
    using link = std::conditional_t<(Capacity < 0xFFFF), std::uint16_t, std::uint32_t>;

    class line {
        friend class waiting_lines;

    public:
        [[nodiscard]] constexpr bool empty() const noexcept { return last_ == 0; }
        [[nodiscard]] constexpr std::uint32_t size() const noexcept { return size_; }

    private:
        link last_ = 0;  // index + 1; 0: empty
        link size_ = 0;
    };

    // Whether the index is in a line.
    [[nodiscard]] constexpr bool waits(std::uint32_t index) const noexcept {
        return next_[index] != 0;
    }

    // REQUIRES: not waits(index).
    constexpr void push_back(line& to, std::uint32_t index) noexcept {
        push_front(to, index);
        to.last_ = static_cast<link>(index + 1);  // round the ring, the first one is the last
    }
    constexpr void push_front(line& to, std::uint32_t index) noexcept {
        PAWL_ASSERT(index < Capacity && !waits(index));
        const auto me = static_cast<link>(index + 1);
        if (to.last_ == 0) {
            next_[index] = me;
            to.last_ = me;
        } else {
            next_[index] = next_[to.last_ - 1U];
            next_[to.last_ - 1U] = me;
        }
        ++to.size_;
    }

    // REQUIRES: not empty.
    [[nodiscard]] constexpr std::uint32_t front(const line& of) const noexcept {
        return next_[of.last_ - 1U] - 1U;
    }
    constexpr std::uint32_t pop_front(line& from) noexcept {
        PAWL_ASSERT(!from.empty());
        const std::uint32_t first = front(from);
        if (first + 1 == from.last_) {
            from.last_ = 0;
        } else {
            next_[from.last_ - 1U] = next_[first];
        }
        next_[first] = 0;
        --from.size_;
        return first;
    }

private:
    link next_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
