// SPDX-License-Identifier: BSL-1.0
//
// key_cells: a fixed number of cells for keys that are in use, found by key and limiter.
//
// What: whoever needs the state of a key holds its cell as long as it does; the first one takes a
// free cell, and the last one gives it back. A cell whose content still matters when nobody holds
// it (a bucket that is not yet full again) stays, and is taken over for another key when that has
// passed and no other cell is free.
//
// How it works: a hash table with a chain a bucket; free cells are a list, and those that were
// never used are a number, so that zero bytes are all free. Cells that stay are found by a hand
// that goes round, some cells a call: where there are more cells than that, `full` may be said
// although one cell has just become useless; a later call finds it.
//
// Cost: O(1) expected, O(Cells) when all keys have one hash; taking one over at most 32 looks. Who
// may call: one at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Content: what a cell keeps of its key. Zero bytes are its initial state.
template <std::uint32_t Cells, class Content>
class key_cells {
    static_assert(Cells <= std::uint32_t{1} << 22, "key_cells: at most 2^22 cells");

public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    [[nodiscard]] constexpr Content& at(std::uint32_t cell) noexcept {
        return cells_[cell].content;
    }
    // Whether the cell belongs to this limiter, or key.
    [[nodiscard]] constexpr bool in_use(std::uint32_t cell) const noexcept {
        return cells_[cell].in_use;
    }
    [[nodiscard]] constexpr std::uint32_t limiter(std::uint32_t cell) const noexcept {
        return cells_[cell].limiter;
    }

    [[nodiscard]] constexpr std::uint32_t find(std::uint32_t key,
                                               std::uint32_t limiter) const noexcept {
        std::uint32_t cell = heads_[bucket(key, limiter)];
        while (cell != 0 && !(cells_[cell - 1].key == key && cells_[cell - 1].limiter == limiter)) {
            cell = cells_[cell - 1].next;
        }
        return cell - 1;  // none, if it was 0
    }

    // The cell of the key, for one holder more; none if all are taken. useless(content, limiter)
    // says whether a cell that nobody holds can go.
    template <class Useless>
    [[nodiscard]] constexpr std::uint32_t hold(std::uint32_t key, std::uint32_t limiter,
                                               const Useless& useless) noexcept {
        std::uint32_t cell = find(key, limiter);
        if (cell == none) {
            cell = take(useless);
            if (cell == none) {
                return none;
            }
            record& self = cells_[cell];
            link& head = heads_[bucket(key, limiter)];
            self = {};
            self.key = key;
            self.limiter = static_cast<std::uint8_t>(limiter);
            self.in_use = true;
            self.next = head;
            head = static_cast<link>(cell + 1);
        }
        ++cells_[cell].holders;
        return cell;
    }

    // One holder less. Who was the last one frees it if it is useless.
    template <class Useless>
    constexpr void give_back(std::uint32_t cell, const Useless& useless) noexcept {
        PAWL_ASSERT(cells_[cell].holders > 0);
        --cells_[cell].holders;
        static_cast<void>(free_if(cell, useless));
    }

    // Frees the cell if nobody holds it and it is useless.
    template <class Useless>
    constexpr bool free_if(std::uint32_t cell, const Useless& useless) noexcept {
        record& self = cells_[cell];
        if (!self.in_use || self.holders != 0 || !useless(self.content, self.limiter)) {
            return false;
        }
        link* before = &heads_[bucket(self.key, self.limiter)];
        while (*before != cell + 1) {
            before = &cells_[*before - 1U].next;
        }
        *before = self.next;
        self.in_use = false;
        self.next = free_;
        free_ = static_cast<link>(cell + 1);
        return true;
    }

private:
    using link = std::conditional_t<(Cells < 0xFFFF), std::uint16_t, std::uint32_t>;
    static constexpr std::uint32_t looks_max = 32;
    static constexpr std::uint32_t buckets = std::bit_ceil(Cells);

    struct record {
        std::uint32_t key = 0;
        std::uint32_t holders = 0;
        link next = 0;  // index + 1, in a bucket or of the free ones
        std::uint8_t limiter = 0;
        bool in_use = false;
        Content content = {};
    };

    [[nodiscard]] static constexpr std::uint32_t bucket(std::uint32_t key,
                                                        std::uint32_t limiter) noexcept {
        if constexpr (buckets == 1) {
            return 0;
        } else {
            // Knuth's multiplier: the high bits depend on all of the key's.
            return ((key ^ limiter << 24) * 0x9E37'79B1) >>
                   (32 - static_cast<unsigned>(std::bit_width(buckets - 1)));
        }
    }

    template <class Useless>
    [[nodiscard]] constexpr std::uint32_t take(const Useless& useless) noexcept {
        for (std::uint32_t looks = 0; free_ == 0 && used_ == Cells && looks < looks_max; ++looks) {
            hand_ = hand_ + 1 < Cells ? hand_ + 1 : 0;
            static_cast<void>(free_if(hand_, useless));
        }
        if (free_ != 0) {
            const std::uint32_t cell = free_ - 1U;
            free_ = cells_[cell].next;
            return cell;
        }
        return used_ < Cells ? used_++ : none;
    }

    record cells_[Cells] = {};
    link heads_[buckets] = {};  // index + 1
    link free_ = 0;             // index + 1
    std::uint32_t used_ = 0;    // those from here on never were
    std::uint32_t hand_ = 0;
};

template <class Content>
class key_cells<0, Content> {};

}  // namespace PAWL_ABI
}  // namespace pawl
