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
// How it works: a ring linked both ways. It begins and ends at a node that is no timer, so that no
// timer is a special case: node 0, whose own deadline is the list's time. A new timer looks for its
// place from the nearer end, as seen from the first and the last deadline. Links are index + 1,
// zero bytes are an empty list at tick 0.
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
        of(timer).due = due;
    }
    constexpr bool schedule(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        node& self = of(timer);
        self.due = not_past(self.due);
        const link previous = place_of(self.due);
        const link next = nodes_[previous].next;
        self.previous = previous;
        self.next = next;
        nodes_[previous].next = nodes_[next].previous = static_cast<link>(timer + 1);
        return true;
    }
    // The same, and says when to look next for its sake.
    constexpr Tick schedule_and_tell(std::uint32_t timer, Tick due) noexcept {
        schedule(timer, due);
        return of(timer).due;
    }
    constexpr bool reschedule(std::uint32_t timer, Tick due,
                              wheel_reschedule rule = wheel_reschedule::move) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (armed(timer)) {
            if (rule == wheel_reschedule::keep_earlier && !before(not_past(due), of(timer).due)) {
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
        return of(timer).next != 0 || last() == timer + 1;
    }
    [[nodiscard]] constexpr Tick due(std::uint32_t timer) const noexcept { return of(timer).due; }
    [[nodiscard]] constexpr bool empty() const noexcept { return first() == 0; }
    [[nodiscard]] constexpr Tick now() const noexcept { return nodes_[0].due; }
    [[nodiscard]] constexpr std::uint32_t steps_back() const noexcept { return steps_back_; }

    constexpr void start_at(Tick present) noexcept {
        if (empty() && !firing_) {
            set_now(present);
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
        if (before(target, now())) {
            ++steps_back_;
            target = now();
        }
        while (!empty() && !before(target, nodes_[first()].due)) {
            const std::uint32_t timer = first() - 1U;
            set_now(of(timer).due);
            if (budget.fires != wheel_budget::unlimited && done.fired == budget.fires) {
                done.complete = false;
                done.late = static_cast<Tick>(target - now());
                return done;
            }
            remove(timer);
            ++done.fired;
            firing_ = true;
            fire(timer);
            firing_ = false;
        }
        set_now(target);
        return done;
    }

    // advance() in pieces, for who needs neither budget nor count: the next timer that is due by
    // then, disarmed; or `nothing`, and time is there. To be called until it says so.
    static constexpr std::uint32_t nothing = 0xFFFF'FFFF;
    [[nodiscard]] constexpr std::uint32_t take_due(Tick target) noexcept {
        const link next = first();
        firing_ = false;
        if (next == 0 || before(target, nodes_[next].due)) {
            if (before(target, now())) {
                ++steps_back_;
            } else {
                set_now(target);
            }
            return nothing;
        }
        set_now(nodes_[next].due);
        remove(next - 1U);
        firing_ = true;
        return next - 1U;
    }

    // Exact.
    [[nodiscard]] constexpr std::optional<Tick> next_due() const noexcept {
        return !empty() ? std::optional<Tick>{nodes_[first()].due} : std::nullopt;
    }
    // The same: there is nothing to move.
    [[nodiscard]] constexpr std::optional<Tick> next_wake(std::uint32_t) const noexcept {
        return next_due();
    }

private:
    using link = std::uint16_t;

    struct node {
        Tick due = 0;
        link next = 0;      // index + 1; 0: this is the last, or not armed
        link previous = 0;  // index + 1; 0: this is the first
    };
    [[nodiscard]] constexpr node& of(std::uint32_t timer) noexcept { return nodes_[timer + 1]; }
    [[nodiscard]] constexpr const node& of(std::uint32_t timer) const noexcept {
        return nodes_[timer + 1];
    }
    // Index + 1; 0: none is armed.
    [[nodiscard]] constexpr link first() const noexcept { return nodes_[0].next; }
    [[nodiscard]] constexpr link last() const noexcept { return nodes_[0].previous; }
    constexpr void set_now(Tick now) noexcept { nodes_[0].due = now; }

    static constexpr bool before(Tick a, Tick b) noexcept {
        return static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(a - b)) < 0;
    }

    [[nodiscard]] constexpr Tick not_past(Tick due) const noexcept {
        const bool ahead =
            static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(due - now())) > 0;
        return ahead ? due : static_cast<Tick>(now() + (firing_ ? 1U : 0U));
    }

    // The timer after which one with this deadline has its place: the last that is not due later.
    [[nodiscard]] constexpr link place_of(Tick due) const noexcept {
        link at = last();
        if (!before(due, nodes_[at].due)) {
            return at;  // so, too, if none is armed: node 0 has the present
        }
        const Tick first_due = nodes_[first()].due;
        const auto whole = static_cast<Tick>(nodes_[at].due - first_due);
        if (!before(due, static_cast<Tick>(first_due + whole / 2))) {
            // Ends at node 0 at the latest, for nothing is armed for the past.
            while (before(due, nodes_[at].due)) {
                at = nodes_[at].previous;
            }
            return at;
        }
        // Ends at the last one at the latest, which is due after the middle.
        at = first();
        while (!before(due, nodes_[at].due)) {
            at = nodes_[at].next;
        }
        return nodes_[at].previous;
    }

    constexpr void remove(std::uint32_t timer) noexcept {
        node& self = of(timer);
        nodes_[self.previous].next = self.next;
        nodes_[self.next].previous = self.previous;
        self.next = 0;
    }

    std::uint32_t steps_back_ = 0;
    bool firing_ = false;
    node nodes_[Capacity + 1] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
