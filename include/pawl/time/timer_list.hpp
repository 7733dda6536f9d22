// SPDX-License-Identifier: BSL-1.0
//
// timer_list: deadlines for a few small integers, in order. A timer_wheel without slots.
//
// What: the interface of timer_wheel, with the same guarantees: never early, in the order of the
// deadlines, first-in-first-out among equal ones, a jump costs the timers in it.
//
// Why: a wheel's slots are 300 bytes on a small board, and its code a kilobyte more. One list in
// the order of the deadlines knows the next one to the tick and never moves a timer. What it costs
// is the search for a place: with 60 timers, several times what the wheel takes to arm one, at
// worst (list_schedule beside wheel_schedule in tests/firmware/limits.txt). So it is for few
// timers.
//
// How it works: a list linked both ways. A new timer looks for its place from the nearer end, as
// seen from the first and the last deadline. Links are index + 1, zero bytes are an empty list at
// tick 0.
//
// Cost: schedule O(timers armed), cancel O(1), advance O(timers fired), next_due O(1). A timer is 8
// bytes with 32-bit ticks, the list 20. Who may call: one owner at a time, from the callback of
// advance() too (all but advance itself).
//
//   pawl::timer_list<16, std::uint32_t> timers;
//   timers.schedule(3, 250);
//   timers.advance(1000, [](std::uint32_t timer) { /* timer is 3 */ });
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Capacity, class Tick = std::uint64_t>
class timer_list {
    static_assert(std::is_unsigned_v<Tick> && sizeof(Tick) >= sizeof(std::uint32_t),
                  "ticks wrap: they are unsigned, of 32 or 64 bits");
    static_assert(Capacity > 0 && Capacity < 0xFFFF, "for few timers: a link is 16 bits");

public:
    using tick = Tick;
    using progress = wheel_progress<Tick>;
    static constexpr Tick horizon = std::numeric_limits<Tick>::max() / 2;

    // As timer_wheel says of each.
    constexpr bool schedule(std::uint32_t timer, Tick due) noexcept {
        set_due(timer, due);
        return schedule(timer);
    }
    constexpr void set_due(std::uint32_t timer, Tick due) noexcept {
        PAWL_ASSERT(timer < Capacity);
        nodes_[timer].due = due;
    }
    constexpr bool schedule(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        node& self = nodes_[timer];
        self.due = not_past(self.due);
        const link previous = place_of(self.due);
        const link next = previous == 0 ? first_ : nodes_[previous - 1U].next;
        const auto me = static_cast<link>(timer + 1);
        self.previous = previous;
        self.next = next == 0 ? end : next;
        (previous == 0 ? first_ : nodes_[previous - 1U].next) = me;
        (self.next == end ? last_ : nodes_[self.next - 1U].previous) = me;
        return true;
    }
    // The same, and says when to look next for its sake.
    constexpr Tick schedule_and_tell(std::uint32_t timer, Tick due) noexcept {
        schedule(timer, due);
        return nodes_[timer].due;
    }
    constexpr bool reschedule(std::uint32_t timer, Tick due,
                              wheel_reschedule rule = wheel_reschedule::move) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (armed(timer)) {
            if (rule == wheel_reschedule::keep_earlier &&
                !before(not_past(due), nodes_[timer].due)) {
                return false;
            }
            remove(timer);
        }
        return schedule(timer, due);
    }
    constexpr bool cancel(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (!armed(timer)) {
            return false;
        }
        remove(timer);
        return true;
    }

    [[nodiscard]] constexpr bool armed(std::uint32_t timer) const noexcept {
        return nodes_[timer].next != 0;
    }
    [[nodiscard]] constexpr Tick due(std::uint32_t timer) const noexcept {
        return nodes_[timer].due;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return first_ == 0; }
    [[nodiscard]] constexpr Tick now() const noexcept { return now_; }
    [[nodiscard]] constexpr std::uint32_t steps_back() const noexcept { return steps_back_; }

    constexpr void start_at(Tick present) noexcept {
        if (first_ == 0 && !firing_) {
            now_ = present;
        }
    }

    // Whether a timer may be armed now by who has not called advance(): then time is `present`
    // where it makes a difference.
    [[nodiscard]] constexpr bool pass(Tick present) noexcept {
        start_at(present);
        return true;
    }

    template <class Fire>
    constexpr progress advance(Tick target, Fire&& fire, wheel_budget budget = {}) noexcept {
        progress done;
        if (before(target, now_)) {
            ++steps_back_;
            target = now_;
        }
        while (first_ != 0 && !before(target, nodes_[first_ - 1U].due)) {
            const std::uint32_t timer = first_ - 1U;
            now_ = nodes_[timer].due;
            if (budget.fires != wheel_budget::unlimited && done.fired == budget.fires) {
                done.complete = false;
                done.late = static_cast<Tick>(target - now_);
                return done;
            }
            remove(timer);
            ++done.fired;
            firing_ = true;
            fire(timer);
            firing_ = false;
        }
        now_ = target;
        return done;
    }

    // advance() in pieces, for who needs neither budget nor count: the next timer that is due by
    // then, disarmed; or `nothing`, and time is there. To be called until it says so.
    static constexpr std::uint32_t nothing = 0xFFFF'FFFF;
    [[nodiscard]] constexpr std::uint32_t take_due(Tick target) noexcept {
        const std::uint32_t timer = first_ - 1U;
        firing_ = false;
        if (first_ == 0 || before(target, nodes_[timer].due)) {
            if (before(target, now_)) {
                ++steps_back_;
            } else {
                now_ = target;
            }
            return nothing;
        }
        now_ = nodes_[timer].due;
        remove(timer);
        firing_ = true;
        return timer;
    }

    // Exact.
    [[nodiscard]] constexpr std::optional<Tick> next_due() const noexcept {
        return first_ != 0 ? std::optional<Tick>{nodes_[first_ - 1U].due} : std::nullopt;
    }
    // The same: there is nothing to move.
    [[nodiscard]] constexpr std::optional<Tick> next_wake(std::uint32_t) const noexcept {
        return next_due();
    }

private:
    using link = std::uint16_t;
    static constexpr auto end = static_cast<link>(Capacity + 1);  // after the last timer

    struct node {
        Tick due = 0;
        link next = 0;      // index + 1, or `end`; 0: not armed
        link previous = 0;  // index + 1; 0: this is the first
    };

    static constexpr bool before(Tick a, Tick b) noexcept {
        return static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(a - b)) < 0;
    }

    [[nodiscard]] constexpr Tick not_past(Tick due) const noexcept {
        const bool ahead = static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(due - now_)) > 0;
        return ahead ? due : static_cast<Tick>(now_ + (firing_ ? 1U : 0U));
    }

    // The timer after which one with this deadline has its place: the last that is not due later.
    [[nodiscard]] constexpr link place_of(Tick due) const noexcept {
        link at = last_;
        if (at == 0) {
            return 0;
        }
        const Tick first_due = nodes_[first_ - 1U].due;
        const auto whole = static_cast<Tick>(nodes_[at - 1U].due - first_due);
        if (!before(due, static_cast<Tick>(first_due + whole / 2))) {
            while (at != 0 && before(due, nodes_[at - 1U].due)) {
                at = nodes_[at - 1U].previous;
            }
            return at;
        }
        at = 0;
        for (link next = first_; next != end && !before(due, nodes_[next - 1U].due);) {
            at = next;
            next = nodes_[next - 1U].next;
        }
        return at;
    }

    constexpr void remove(std::uint32_t timer) noexcept {
        node& self = nodes_[timer];
        const link next = self.next == end ? link{0} : self.next;
        (next == 0 ? last_ : nodes_[next - 1U].previous) = self.previous;
        if (self.previous == 0) {
            first_ = next;
        } else {
            nodes_[self.previous - 1U].next = self.next;
        }
        self.next = 0;
    }

    Tick now_ = 0;
    std::uint32_t steps_back_ = 0;
    link first_ = 0;  // index + 1; 0: none is armed
    link last_ = 0;
    bool firing_ = false;
    node nodes_[Capacity] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
