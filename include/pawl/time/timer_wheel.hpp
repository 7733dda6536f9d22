// SPDX-License-Identifier: BSL-1.0
//
// timer_wheel: deadlines for a fixed set of small integers, in constant time, in fixed memory.
//
// What: each number from 0 to Capacity - 1 is a timer that may be armed once. advance(now) hands
// out every timer whose deadline has come, in the order of the deadlines, and in the order of
// arming among equal ones. A jump of any size costs the timers in it, not the ticks in it.
//
// Why not a heap or a sorted list: arming and cancelling are O(1) whatever the number of timers, a
// timer is 16 bytes (8 with 32-bit ticks), and nothing is allocated or compared.
//
// How it works: a tick is a number of digits, of `DigitBits` bits each. A timer lies on the level
// of the highest digit in which its deadline differs from the present, in the slot of that digit's
// value. When time reaches a slot of a higher level, the slot is emptied in order onto lower
// levels. A timer armed directly on a lower level was therefore armed after every timer that comes
// down to it, which is what keeps the order first-in-first-out. One bit a slot says whether it is
// occupied, and one bit a level whether any is.
//   Invariant (1): no slot before the present digit is occupied, on any level (the top level is
//   circular).
//   Invariant (2): a timer is where its deadline and the present say, so that its place is not
//   stored; but while a slot is being emptied, what has not come down yet is still in there.
// A slot is a ring of timers, known by its first one. Ticks may wrap: deadlines less than half the
// tick type's range ahead are in the future, all others are in the past. Links are stored as index
// + 1, so that zero bytes are an empty wheel at tick 0.
//
// Memory beside the timers, for up to 65,534 of them: 64-bit ticks and 6-bit digits 1.5 KB; 32-bit
// ticks 824 bytes with 6-bit digits, 280 with 4-bit ones (and more steps down, one a digit).
//
// Cost: schedule, cancel O(1); advance O(timers fired + timers moved down), each timer moving at
// most once a level; next_due O(1), no list is walked.
// Who may call: one owner at a time, from the callback of advance() too (schedule and cancel; not
// advance itself).
//
//   pawl::timer_wheel<16> wheel;
//   wheel.schedule(3, 250);
//   wheel.advance(1000, [](std::uint32_t timer) { /* timer is 3 */ });
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// How much one advance() may do: timers handed out, and timers moved between slots.
struct wheel_budget {
    static constexpr std::uint32_t unlimited = 0xFFFF'FFFF;
    std::uint32_t fires = unlimited;
    std::uint32_t moves = unlimited;
};

// What one advance() did. Not `complete`: a budget ended it, and the next call goes on from there.
struct wheel_progress {
    std::uint32_t fired = 0;
    std::uint32_t moved = 0;
    bool complete = true;
};

template <std::uint32_t Capacity, class Tick = std::uint64_t, unsigned DigitBits = 6>
class timer_wheel {
    static_assert(std::is_unsigned_v<Tick>, "ticks wrap: they are unsigned");
    static_assert(DigitBits >= 3 && DigitBits <= 6, "a level's slots are bits of a word: 8 to 64");

public:
    using tick = Tick;

    // Arms a timer. A deadline that is not in the future comes with the next advance(), or in a
    // callback with the next tick. REQUIRES: timer < Capacity, not armed.
    constexpr void schedule(std::uint32_t timer, Tick due) noexcept {
        set_due(timer, due);
        schedule(timer);
    }

    // The same in two steps, of which the first may be taken by somebody else than the owner: who
    // may use this timer, while it is not armed.
    constexpr void set_due(std::uint32_t timer, Tick due) noexcept {
        PAWL_ASSERT(timer < Capacity);
        nodes_[timer].due = due;
    }
    constexpr void schedule(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        const Tick soonest = firing_ ? static_cast<Tick>(now_ + 1) : now_;
        Tick& due = nodes_[timer].due;
        due = before(due, soonest) ? soonest : due;
        place(timer);
    }

    // Disarms a timer; false if it was not armed.
    constexpr bool cancel(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (!armed(timer)) {
            return false;
        }
        unlink(timer);
        return true;
    }

    [[nodiscard]] constexpr bool armed(std::uint32_t timer) const noexcept {
        return nodes_[timer].next != 0;
    }

    // The deadline a timer is armed for. REQUIRES: armed(timer).
    [[nodiscard]] constexpr Tick due(std::uint32_t timer) const noexcept {
        return nodes_[timer].due;
    }

    // Time as the wheel knows it: the argument of the last complete advance().
    [[nodiscard]] constexpr Tick now() const noexcept { return now_; }

    // Where no timer is armed, time is `present` from now on, be it any distance away; elsewhere
    // nothing changes. An owner who does not advance an empty wheel calls it before the next
    // schedule(): ticks wrap, and a deadline must not seem to be in the past.
    constexpr void start_at(Tick present) noexcept {
        if (levels_ == 0) {
            now_ = present;
        }
    }

    // Moves time to `target` and calls fire(timer) for each timer that is due by then; the timer is
    // disarmed before the call. A target in the past changes nothing.
    template <class Fire>
    constexpr wheel_progress advance(Tick target, Fire&& fire, wheel_budget budget = {}) noexcept {
        wheel_progress done;
        if (before(target, now_)) {
            target = now_;
        }
        for (;;) {
            if (!finish_cascade(done, budget) || !fire_present(fire, done, budget)) {
                done.complete = false;
                return done;
            }
            if (now_ == target) {
                return done;
            }
            const std::optional<event> next = next_event();
            if (!next || before(target, next->at)) {
                now_ = target;  // no occupied slot begins on the way, so every timer stays in place
                return done;
            }
            now_ = next->at;
            cascading_ = static_cast<std::uint8_t>(next->level);
        }
    }

    // No timer is due before the tick returned, and one may be due then: exact for the ticks that
    // differ in the lowest digit only, the beginning of a timer's slot further ahead. Empty if no
    // timer is armed.
    [[nodiscard]] constexpr std::optional<Tick> next_due() const noexcept {
        if (cascading_ != 0 || slots_[0][digit(now_, 0)] != 0) {
            return now_;
        }
        const std::optional<event> next = next_event();
        return next ? std::optional<Tick>{next->at} : std::nullopt;
    }

private:
    static constexpr unsigned slot_count = 1U << DigitBits;
    static constexpr unsigned tick_bits = std::numeric_limits<Tick>::digits;
    static constexpr unsigned level_count = (tick_bits + DigitBits - 1) / DigitBits;

    using link = std::conditional_t<(Capacity < 0xFFFF), std::uint16_t, std::uint32_t>;
    static_assert(Capacity < 0xFFFF'FFFF, "a link is an index + 1 in 32 bits");

    // A bit for each slot of a level.
    using slot_bits = std::conditional_t<
        DigitBits == 6, std::uint64_t,
        std::conditional_t<DigitBits == 5, std::uint32_t,
                           std::conditional_t<DigitBits == 4, std::uint16_t, std::uint8_t>>>;

    // A bit for each level that has an occupied slot.
    using level_bits = std::conditional_t<(level_count <= 16), std::uint16_t, std::uint32_t>;

    struct node {
        Tick due = 0;
        link next = 0;      // index + 1, round the slot's ring; 0: not armed
        link previous = 0;  // index + 1
    };
    // The beginning of an occupied slot, and its level.
    struct event {
        Tick at;
        unsigned level;
    };

    // Whether a comes before b, when ticks wrap.
    static constexpr bool before(Tick a, Tick b) noexcept {
        return static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(a - b)) < 0;
    }
    static constexpr unsigned shift(unsigned level) noexcept { return level * DigitBits; }
    static constexpr unsigned digit(Tick time, unsigned level) noexcept {
        return static_cast<unsigned>(time >> shift(level)) & (slot_count - 1);
    }

    // The level on which a deadline lies, seen from the present.
    [[nodiscard]] constexpr unsigned level_of(Tick due) const noexcept {
        const Tick difference = static_cast<Tick>(due ^ now_) | Tick{1};
        return static_cast<unsigned>(std::bit_width(difference) - 1) / DigitBits;
    }

    constexpr void place(std::uint32_t timer) noexcept {
        const Tick due = nodes_[timer].due;
        const unsigned level = level_of(due);
        // While a slot is being emptied onto lower levels, its latecomers queue up behind it.
        append(timer, level < cascading_ ? cascading_ : level, due);
    }

    // Puts a timer at the end of its slot on this level.
    constexpr void append(std::uint32_t timer, unsigned level, Tick due) noexcept {
        const unsigned index = digit(due, level);
        link& first = slots_[level][index];
        const link me = static_cast<link>(timer + 1);
        if (first == 0) {
            first = me;
            nodes_[timer].next = me;
            nodes_[timer].previous = me;
            occupied_[level] = static_cast<slot_bits>(occupied_[level] | slot_bits{1} << index);
            levels_ = static_cast<level_bits>(levels_ | level_bits{1} << level);
        } else {
            node& head = nodes_[first - 1];
            nodes_[timer].next = first;
            nodes_[timer].previous = head.previous;
            nodes_[head.previous - 1].next = me;
            head.previous = me;
        }
    }

    constexpr void unlink(std::uint32_t timer) noexcept {
        const unsigned level = level_of(nodes_[timer].due);
        // Invariant (2). Only a slot's first timer has to know its slot.
        const bool above =
            level < cascading_ && slots_[cascading_][digit(now_, cascading_)] == timer + 1;
        unlink(timer, above ? cascading_ : level);
    }

    // Takes a timer out of its slot, which is on this level if it is the slot's first.
    constexpr void unlink(std::uint32_t timer, unsigned level) noexcept {
        node& self = nodes_[timer];
        const unsigned index = digit(self.due, level);
        link& first = slots_[level][index];
        const link me = static_cast<link>(timer + 1);
        if (self.next == me) {
            first = 0;
            occupied_[level] = static_cast<slot_bits>(occupied_[level] & ~(slot_bits{1} << index));
            if (occupied_[level] == 0) {
                levels_ = static_cast<level_bits>(levels_ & ~(level_bits{1} << level));
            }
        } else {
            nodes_[self.previous - 1].next = self.next;
            nodes_[self.next - 1].previous = self.previous;
            if (first == me) {
                first = self.next;
            }
        }
        self.next = 0;
    }

    // Empties the slot that time has just reached onto the levels below it. False: out of moves.
    constexpr bool finish_cascade(wheel_progress& done, wheel_budget budget) noexcept {
        if (cascading_ == 0) {
            return true;
        }
        const link& first = slots_[cascading_][digit(now_, cascading_)];
        while (first != 0) {
            if (done.moved == budget.moves) {
                return false;
            }
            const std::uint32_t timer = first - 1U;
            unlink(timer, cascading_);
            const Tick due = nodes_[timer].due;
            append(timer, level_of(due), due);
            ++done.moved;
        }
        cascading_ = 0;
        return true;
    }

    // Hands out the timers of the present tick. False: out of fires.
    template <class Fire>
    constexpr bool fire_present(Fire& fire, wheel_progress& done, wheel_budget budget) noexcept {
        const link& first = slots_[0][digit(now_, 0)];
        while (first != 0) {
            if (done.fired == budget.fires) {
                return false;
            }
            const std::uint32_t timer = first - 1U;
            unlink(timer, 0);
            ++done.fired;
            firing_ = true;
            fire(timer);
            firing_ = false;
        }
        return true;
    }

    // The first occupied slot after the present. The lowest occupied level has it: a slot of a
    // higher level begins where all slots of this one end. By invariant (1), what is occupied on a
    // level above the first lies ahead.
    [[nodiscard]] constexpr std::optional<event> next_event() const noexcept {
        unsigned level = 0;
        slot_bits ahead = ahead_on(0);
        if (ahead == 0) {
            const auto above = static_cast<level_bits>(levels_ & ~level_bits{1});
            if (above == 0) {
                return std::nullopt;
            }
            level = static_cast<unsigned>(std::countr_zero(above));
            ahead = ahead_on(level);
            if (ahead == 0) {
                ahead =
                    occupied_[level];  // ticks wrap: on the top level the first follows the last
            }
        }
        const Tick upper = level + 1 < level_count
                               ? static_cast<Tick>((now_ >> shift(level + 1)) << shift(level + 1))
                               : Tick{0};
        const auto index = static_cast<Tick>(std::countr_zero(ahead));
        return event{static_cast<Tick>(upper | static_cast<Tick>(index << shift(level))), level};
    }
    // The occupied slots of a level that come after the present one.
    [[nodiscard]] constexpr slot_bits ahead_on(unsigned level) const noexcept {
        return static_cast<slot_bits>(occupied_[level] & ~slot_bits{1} << digit(now_, level));
    }

    Tick now_ = 0;
    std::uint8_t cascading_ = 0;  // the level whose slot is being emptied, or 0
    bool firing_ = false;
    level_bits levels_ = 0;
    slot_bits occupied_[level_count] = {};
    link slots_[level_count][slot_count] = {};  // the first timer's index + 1
    node nodes_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
