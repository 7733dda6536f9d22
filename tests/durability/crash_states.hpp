// SPDX-License-Identifier: BSL-1.0
//
// crash_states: what the storage simulators share: points of a run at which the power may be cut,
// numbers that are the same everywhere, rot.
//
// The way of use, for the disk and the flash alike:
//
//   crash::disk_simulator disk{{.block_bytes = 1024}};
//   std::vector<acknowledged> acks;                        // what, and disk.operations() just then
//   run_the_workload(disk, acks);                          // once; the disk records it
//   disk.for_each_crash_state({}, [&](crash::disk_simulator& after, const crash::crash_point& at) {
//       // `after` holds what may be there when the power comes back. Recover from it, write to it,
//       // record and cut it in turn: it is made new for the next state.
//       // Required is every ack with ack.operations <= at.operations, and nothing invented.
//   });
//
// A cut inside recovery: in the visitor, `after.start_recording()`, recover, and call
// for_each_crash_state of `after`, whose visitor recovers again. Any depth.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/durability/journal_medium.hpp>

namespace crash {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using pawl::io_error;
using pawl::io_status;

// A moment of a recorded run.
struct crash_point {
    u64 operations = 0;     // programs, erases (and on a disk syncs) that had returned by then
    std::size_t index = 0;  // of the point, among the points of the run
    bool inside = false;    // in the middle of the operation after these
};

[[nodiscard]] constexpr u64 mixed(u64 value) noexcept {
    value = (value ^ (value >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    value = (value ^ (value >> 27)) * 0x94D0'49BB'1331'11EBU;
    return value ^ (value >> 31);
}

// splitmix64: numbers that are the same in every run and on every machine.
class numbers {
public:
    explicit constexpr numbers(u64 seed) noexcept : state_{seed} {}
    constexpr u64 next() noexcept { return mixed(state_ += 0x9E37'79B9'7F4A'7C15U); }
    constexpr u64 below(u64 limit) noexcept {
        return ((next() >> 32) * (limit & 0xFFFF'FFFFU)) >> 32;
    }
    constexpr bool one_in(u64 count) noexcept { return below(count) == 0; }

private:
    u64 state_;
};

// A visitor returns nothing, or false to see no more.
template <class Visitor, class Medium>
[[nodiscard]] bool visit(Visitor& visitor, Medium& medium, const crash_point& at) {
    if constexpr (std::is_void_v<decltype(visitor(medium, at))>) {
        visitor(medium, at);
        return true;
    } else {
        return visitor(medium, at);
    }
}

// Which of `total` candidates to keep when there is room for `room` only: evenly spread, always the
// same, and all of them if they fit.
class thinner {
public:
    constexpr thinner(u64 total, u64 room) noexcept : total_{total}, room_{std::min(total, room)} {}
    constexpr bool take() noexcept {
        // As Bresenham draws a line; it neither multiplies nor overflows.
        sum_ += room_;
        if (sum_ < total_) {
            return false;
        }
        sum_ -= total_;
        return true;
    }

private:
    u64 total_;
    u64 room_;
    u64 sum_ = 0;
};

// 64-bit hashes seen before. A collision would skip one state in 2^64 / states of a point.
class seen_hashes {
public:
    void clear(u64 expected) {
        u64 size = 16;
        while (size < 2 * expected) {
            size *= 2;
        }
        if (size > cells_.size() || generation_ == 0xFFFF'FFFFU) {
            cells_.assign(static_cast<std::size_t>(std::max<u64>(size, cells_.size())), cell{});
            generation_ = 0;
        }
        ++generation_;
        used_ = 0;
    }
    bool insert(u64 hash) {
        if (used_ * 2 >= cells_.size()) {
            grow();
        }
        const u64 mask = cells_.size() - 1;
        for (u64 at = hash & mask;; at = (at + 1) & mask) {
            cell& here = cells_[static_cast<std::size_t>(at)];
            if (here.generation != generation_) {
                here = {hash, generation_};
                ++used_;
                return true;
            }
            if (here.hash == hash) {
                return false;
            }
        }
    }

private:
    struct cell {
        u64 hash = 0;
        u32 generation = 0;
    };
    void grow() {
        std::vector<cell> old = std::exchange(cells_, std::vector<cell>(cells_.size() * 2));
        used_ = 0;
        for (const cell& each : old) {
            if (each.generation == generation_) {
                insert(each.hash);
            }
        }
    }

    std::vector<cell> cells_;
    u64 used_ = 0;
    u32 generation_ = 0;
};

// ---- rot ----

inline void flip_bit(std::span<std::byte> content, u64 bit) {
    content[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<int>(bit % 8);
}

// Every bit of `content()` from `first` to `last` (exclusive) flipped in turn, `step` apart. The
// visitor gets a medium that is made new for every flip, closed, with one bit wrong; it may write
// to it. For disk_simulator and nor_simulator.
template <class Medium, class Visitor>
u64 for_each_flip(const Medium& medium, u64 first, u64 last, Visitor&& visitor, u64 step = 1) {
    Medium rotten = medium;
    u64 flips = 0;
    for (u64 bit = first; bit < last; bit += step) {
        rotten.become(medium);
        flip_bit(rotten.content(), bit);
        visitor(rotten, bit);
        ++flips;
    }
    return flips;
}

}  // namespace crash
