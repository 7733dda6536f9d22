// SPDX-License-Identifier: BSL-1.0
//
// cascading_wheel: a classic hierarchical timer wheel, for pawl::timer_wheel to be measured beside.
//
// What: the wheel as most programs have it, written as well as we could: a timer lies on the level
// of the highest digit in which its deadline differs from the present, and when time reaches a slot
// of a higher level, the slot is emptied at once onto the levels below. Exact, first-in-first-out,
// O(1) by the operation; but with a million timers over an hour, one tick in 262,144 moves 73,000
// of them. It was pawl's own wheel once.
//
// Why it is here: every wheel that can be found has this spike, and the table should show it even
// where none of them is installed.
//
//   Invariant (1): no slot before the present digit is occupied, on any level (the top level is
//   circular).
//   Invariant (2): a timer is where its deadline and the present say, so that its place is not
//   stored.
// A slot is a ring of timers, known by its first one. Links are stored as index + 1, so that zero
// bytes are an empty wheel at tick 0. 16 bytes a timer.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace bench {

// What one advance() did.
struct cascading_progress {
    std::uint32_t fired = 0;
    std::uint32_t moved = 0;
};

template <std::uint32_t Capacity>
class cascading_wheel {
public:
    using tick = std::uint64_t;

    // Arms a timer. A deadline that is not in the future comes with the next advance(), or in a
    // callback with the next tick. REQUIRES: timer < Capacity, not armed.
    constexpr void schedule(std::uint32_t timer, tick due) noexcept {
        const tick soonest = firing_ ? now_ + 1 : now_;
        nodes_[timer].due = before(due, soonest) ? soonest : due;
        place(timer);
    }

    // Disarms a timer; false if it was not armed.
    constexpr bool cancel(std::uint32_t timer) noexcept {
        if (!armed(timer)) {
            return false;
        }
        unlink(timer, level_of(nodes_[timer].due));
        return true;
    }

    [[nodiscard]] constexpr bool armed(std::uint32_t timer) const noexcept {
        return nodes_[timer].next != 0;
    }

    [[nodiscard]] constexpr tick now() const noexcept { return now_; }

    // Moves time to `target` and calls fire(timer) for each timer that is due by then; the timer is
    // disarmed before the call. A target in the past changes nothing.
    template <class Fire>
    constexpr cascading_progress advance(tick target, Fire&& fire) noexcept {
        cascading_progress done;
        if (before(target, now_)) {
            target = now_;
        }
        for (unsigned level = 0;;) {
            empty_present(level, done);
            fire_present(fire, done);
            if (now_ == target) {
                return done;
            }
            const std::optional<event> next = next_event();
            if (!next || before(target, next->at)) {
                now_ = target;  // no occupied slot begins on the way, so every timer stays in place
                return done;
            }
            now_ = next->at;
            level = next->level;
        }
    }

    // No timer is due before the tick returned, and one may be due then: exact for the ticks that
    // differ in the lowest digit only, the beginning of a timer's slot further ahead. Empty if no
    // timer is armed.
    [[nodiscard]] constexpr std::optional<tick> next_due() const noexcept {
        if (slots_[0][digit(now_, 0)] != 0) {
            return now_;
        }
        const std::optional<event> next = next_event();
        return next ? std::optional<tick>{next->at} : std::nullopt;
    }

private:
    static constexpr unsigned digit_bits = 6;
    static constexpr unsigned slot_count = 1U << digit_bits;
    static constexpr unsigned tick_bits = std::numeric_limits<tick>::digits;
    static constexpr unsigned level_count = (tick_bits + digit_bits - 1) / digit_bits;

    using link = std::conditional_t<(Capacity < 0xFFFF), std::uint16_t, std::uint32_t>;
    using slot_bits = std::uint64_t;   // a bit for each slot of a level
    using level_bits = std::uint16_t;  // a bit for each level that has an occupied slot

    struct node {
        tick due = 0;
        link next = 0;      // index + 1, round the slot's ring; 0: not armed
        link previous = 0;  // index + 1
    };
    // The beginning of an occupied slot, and its level.
    struct event {
        tick at;
        unsigned level;
    };

    // Whether a comes before b, when ticks wrap.
    static constexpr bool before(tick a, tick b) noexcept {
        return static_cast<std::int64_t>(a - b) < 0;
    }
    static constexpr unsigned shift(unsigned level) noexcept { return level * digit_bits; }
    static constexpr unsigned digit(tick time, unsigned level) noexcept {
        return static_cast<unsigned>(time >> shift(level)) & (slot_count - 1);
    }

    // The level on which a deadline lies, seen from the present.
    [[nodiscard]] constexpr unsigned level_of(tick due) const noexcept {
        const tick difference = (due ^ now_) | tick{1};
        return static_cast<unsigned>(std::bit_width(difference) - 1) / digit_bits;
    }

    constexpr void place(std::uint32_t timer) noexcept {
        const tick due = nodes_[timer].due;
        append(timer, level_of(due), due);
    }

    // Puts a timer at the end of its slot on this level.
    constexpr void append(std::uint32_t timer, unsigned level, tick due) noexcept {
        const unsigned index = digit(due, level);
        link& first = slots_[level][index];
        const link me = static_cast<link>(timer + 1);
        if (first == 0) {
            first = me;
            nodes_[timer].next = me;
            nodes_[timer].previous = me;
            occupied_[level] |= slot_bits{1} << index;
            levels_ = static_cast<level_bits>(levels_ | level_bits{1} << level);
        } else {
            node& head = nodes_[first - 1];
            nodes_[timer].next = first;
            nodes_[timer].previous = head.previous;
            nodes_[head.previous - 1].next = me;
            head.previous = me;
        }
    }

    // Takes a timer out of its slot, which is on this level if it is the slot's first.
    constexpr void unlink(std::uint32_t timer, unsigned level) noexcept {
        node& self = nodes_[timer];
        const unsigned index = digit(self.due, level);
        link& first = slots_[level][index];
        const link me = static_cast<link>(timer + 1);
        if (self.next == me) {
            first = 0;
            occupied_[level] &= ~(slot_bits{1} << index);
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

    // Empties the slot that time has just reached on this level onto the levels below it.
    constexpr void empty_present(unsigned level, cascading_progress& done) noexcept {
        if (level == 0) {
            return;
        }
        const link& first = slots_[level][digit(now_, level)];
        while (first != 0) {
            const std::uint32_t timer = first - 1U;
            unlink(timer, level);
            place(timer);
            ++done.moved;
        }
    }

    // Hands out the timers of the present tick.
    template <class Fire>
    constexpr void fire_present(Fire& fire, cascading_progress& done) noexcept {
        const link& first = slots_[0][digit(now_, 0)];
        while (first != 0) {
            const std::uint32_t timer = first - 1U;
            unlink(timer, 0);
            ++done.fired;
            firing_ = true;
            fire(timer);
            firing_ = false;
        }
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
        const tick upper =
            level + 1 < level_count ? (now_ >> shift(level + 1)) << shift(level + 1) : tick{0};
        const auto index = static_cast<tick>(std::countr_zero(ahead));
        return event{upper | index << shift(level), level};
    }
    // The occupied slots of a level that come after the present one.
    [[nodiscard]] constexpr slot_bits ahead_on(unsigned level) const noexcept {
        return occupied_[level] & ~slot_bits{1} << digit(now_, level);
    }

    tick now_ = 0;
    bool firing_ = false;
    level_bits levels_ = 0;
    slot_bits occupied_[level_count] = {};
    link slots_[level_count][slot_count] = {};  // the first timer's index + 1
    alignas(64) node nodes_[Capacity] = {};
};

}  // namespace bench
