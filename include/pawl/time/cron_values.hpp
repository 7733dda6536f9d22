// SPDX-License-Identifier: BSL-1.0
//
// cron_values: one field of a cron expression as a set of values, and the patterns in it.
//
// What: the parser turns "8-18/2" into five bits; who writes an expression out, as text or in
// words, has to find "every second one from 8 to 18" in the bits again. These are the questions for
// that: is it one value, all of them, a row with equal steps, a row that divides the whole, and
// which runs of neighbours is it made of.
//
// How: a mask, the number of values of the field, and the first of them. A turned set begins its
// cycle elsewhere, so that Friday to Monday is one run.
//
// Cost: a few instructions a value. constexpr, noexcept: any caller.
#pragma once

#include <bit>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class cron_values {
public:
    // From `run_length_min` values on, neighbours are a run, as in 1-3; fewer are listed.
    static constexpr std::uint32_t run_length_min = 3;

    // Bit 0 stands for `first`. REQUIRES: no bit from `size` on, size < 64.
    constexpr cron_values(std::uint64_t bits, std::uint32_t size, std::uint32_t first = 0) noexcept
        : bits_{bits}, size_{size}, first_{first} {}

    // The same set, told in the cyclic order that begins with the bit `turn`. Where a run crosses
    // that place it begins with the run instead.
    [[nodiscard]] constexpr cron_values turned(std::uint32_t turn) const noexcept {
        cron_values values = rotated(turn);
        if (values.all()) {
            return values;
        }
        const std::uint32_t below = static_cast<std::uint32_t>(std::countr_one(values.bits_));
        const std::uint32_t above =
            static_cast<std::uint32_t>(std::countl_one(values.bits_ << (64 - size_)));
        return below != 0 && above != 0 && below + above >= run_length_min
                   ? rotated((turn + size_ - above) % size_)
                   : values;
    }

    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
    [[nodiscard]] constexpr std::uint32_t count() const noexcept {
        return static_cast<std::uint32_t>(std::popcount(bits_));
    }
    [[nodiscard]] constexpr bool single() const noexcept { return count() == 1; }
    [[nodiscard]] constexpr bool all() const noexcept { return count() == size_; }
    [[nodiscard]] constexpr bool only(std::uint32_t value) const noexcept {
        return single() && low() == value;
    }

    // The first and the last one in order. REQUIRES: not empty.
    [[nodiscard]] constexpr std::uint32_t low() const noexcept { return value(lowest()); }
    [[nodiscard]] constexpr std::uint32_t high() const noexcept { return value(highest()); }
    // The last value that the field may have.
    [[nodiscard]] constexpr std::uint32_t end() const noexcept { return first_ + size_ - 1; }

    // The distance from each value to the next if it is always the same, else 0. Two values are at
    // one distance; one alone has none.
    [[nodiscard]] constexpr std::uint32_t step() const noexcept {
        if (count() < 2) {
            return 0;
        }
        const std::uint64_t row = bits_ >> lowest();
        const std::uint32_t step = static_cast<std::uint32_t>(std::countr_zero(row & (row - 1)));
        std::uint64_t steps = 0;
        for (std::uint32_t bit = 0; bit <= highest() - lowest(); bit += step) {
            steps |= std::uint64_t{1} << bit;
        }
        return steps == row ? step : 0;
    }

    // The step if the row is what * with this step selects, else 0.
    [[nodiscard]] constexpr std::uint32_t star_step() const noexcept {
        const std::uint32_t distance = step();
        return (bits_ & 1) != 0 && distance != 0 && highest() + distance >= size_ ? distance : 0;
    }

    // The same if the step also divides the field, so that it goes on evenly in the next cycle.
    [[nodiscard]] constexpr std::uint32_t cycle_step() const noexcept {
        const std::uint32_t distance = star_step();
        return distance != 0 && size_ % distance == 0 ? distance : 0;
    }

    // Whether it is one run of any length, be it a single value.
    [[nodiscard]] constexpr bool one_run() const noexcept { return single() || step() == 1; }

    // Calls `visit(value)` for each value, in order.
    template <typename Visitor>
    constexpr void for_each(Visitor&& visit) const noexcept {
        for (std::uint64_t rest = bits_; rest != 0; rest &= rest - 1) {
            visit(value(static_cast<std::uint32_t>(std::countr_zero(rest))));
        }
    }

    // Calls `visit(low, high)` for all neighbours at once, or for each value alone where they are
    // fewer than `length_min`.
    template <typename Visitor>
    constexpr void for_each_run(std::uint32_t length_min, Visitor&& visit) const noexcept {
        std::uint64_t rest = bits_;
        while (rest != 0) {
            const std::uint32_t bit = static_cast<std::uint32_t>(std::countr_zero(rest));
            const std::uint32_t run = static_cast<std::uint32_t>(std::countr_one(rest >> bit));
            const std::uint32_t taken = run < length_min ? 1 : run;
            visit(value(bit), value(bit + taken - 1));
            rest &= ~(((std::uint64_t{1} << taken) - 1) << bit);
        }
    }
    [[nodiscard]] constexpr std::uint32_t runs(std::uint32_t length_min) const noexcept {
        std::uint32_t result = 0;
        for_each_run(length_min, [&result](std::uint32_t, std::uint32_t) { ++result; });
        return result;
    }

private:
    [[nodiscard]] constexpr cron_values rotated(std::uint32_t turn) const noexcept {
        const std::uint64_t whole = (std::uint64_t{1} << size_) - 1;
        cron_values values{(bits_ >> turn | bits_ << (size_ - turn)) & whole, size_, first_};
        values.turn_ = turn;
        return values;
    }
    [[nodiscard]] constexpr std::uint32_t value(std::uint32_t bit) const noexcept {
        const std::uint32_t place = bit + turn_;
        return first_ + (place < size_ ? place : place - size_);
    }
    [[nodiscard]] constexpr std::uint32_t lowest() const noexcept {
        return static_cast<std::uint32_t>(std::countr_zero(bits_));
    }
    [[nodiscard]] constexpr std::uint32_t highest() const noexcept {
        return static_cast<std::uint32_t>(std::bit_width(bits_)) - 1;
    }

    std::uint64_t bits_;
    std::uint32_t size_;
    std::uint32_t first_;
    std::uint32_t turn_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
