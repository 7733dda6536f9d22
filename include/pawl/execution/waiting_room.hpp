// SPDX-License-Identifier: BSL-1.0
//
// waiting_room: those who wait until something can be done, and how none of them sleeps beside it.
//
// What: one side of a blocking_queue. Somebody who cannot go on (the queue is empty, or full) waits
// here; whoever changes that calls one of them. The room can be closed, and knows who is on the way
// to change something, so that "closed, and nothing more will come" can be said for certain.
//
// How it works: who sleeps, whether it is closed, and how many visits are under way are one word,
// and all change it by read-modify-writes, which have one order:
//
//   visitor:  enter(); change the queue; leave(); call one of those whom leave() saw asleep
//   waiter:   say that it sleeps; try once more; park
//
// so either the visitor sees the waiter, or the waiter's last try sees the change.
//   Invariant (1): whoever stops waiting with something in hand looks once more, and calls another
//   one if there is more: a call that came to it meanwhile is handed on.
//   Invariant (2): what a visit brought before the room was closed is there for who finds it closed
//   and without visitors: those have left, and later ones are turned away.
// A waiter has a seat; with all seats taken, those who come wait in steps of a millisecond.
//
// On one core with interrupts there is one waiter, the main loop, and any interrupt wakes it: the
// second version, which is no more than the platform's sleep.
//
// Cost: enter, leave and look one read-modify-write each; a call the system's wake. Who may call:
// wait() a thread (on bare metal, the main loop), the rest any thread or interrupt.
#pragma once

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/execution/sleepers.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The word of a room at one moment.
class waiting_room_view {
public:
    static constexpr std::uint32_t seats_max = 16;
    static constexpr std::uint32_t closed_bit = std::uint32_t{1} << seats_max;
    static constexpr std::uint32_t visit = closed_bit << 1;  // and up: at most 2^15 - 1 at once

    constexpr explicit waiting_room_view(std::uint32_t bits) noexcept : bits_{bits} {}

    [[nodiscard]] constexpr std::uint32_t asleep() const noexcept {
        return bits_ & (closed_bit - 1);
    }
    [[nodiscard]] constexpr bool closed() const noexcept { return (bits_ & closed_bit) != 0; }
    // Closed, and nobody is on the way any more.
    [[nodiscard]] constexpr bool deserted() const noexcept {
        return closed() && bits_ < closed_bit + visit;
    }

private:
    std::uint32_t bits_;
};

// What all rooms have: the word.
template <platform Platform>
class waiting_room_word {
public:
    using view = waiting_room_view;

    // acquire: what those had changed who have left, and who closed; pairs with leave() and
    // close().
    [[nodiscard]] view glance() const noexcept {
        return view{word_.load(std::memory_order_acquire)};
    }

    // release: who closes after this sees that the visitor waits in another room, if it does.
    view enter() noexcept {
        return view{word_.fetch_add(view::visit, std::memory_order_release) + view::visit};
    }
    // release: what was changed is there for the last try of who says later that it sleeps.
    view leave() noexcept {
        return view{word_.fetch_sub(view::visit, std::memory_order_release) - view::visit};
    }
    // A visit that nobody has to wait for: instead of leave(), without an enter().
    view look() noexcept { return view{word_.fetch_or(0, std::memory_order_release)}; }
    // acq_rel: see enter(), and glance().
    view close() noexcept {
        return view{word_.fetch_or(view::closed_bit, std::memory_order_acq_rel)};
    }

protected:
    typename Platform::word word_;
};

template <std::uint32_t Seats, platform Platform>
class waiting_room : public waiting_room_word<Platform> {
    static_assert(Seats >= 1 && Seats <= waiting_room_view::seats_max,
                  "a waiting_room has 1 to 16 seats; with all of them taken, others wait in steps "
                  "of a millisecond");

public:
    using view = waiting_room_view;
    using time_point = typename Platform::time_point;

    void call_one(Platform& machine, view seen) noexcept {
        sleepers_.call_one(machine, seen.asleep());
    }
    void call_all(Platform& machine, view seen) noexcept {
        sleepers_.call_all(machine, seen.asleep());
    }

    // Repeats attempt() as long as it returns `again`, and sleeps in between; `late` if that is so
    // at the deadline. more() says whether another one who waits could go on.
    template <class Result, class Attempt, class More>
    Result wait(Platform& machine, const std::optional<time_point>& deadline, Result again,
                Result late, Attempt&& attempt, More&& more) noexcept {
        for (;;) {
            Result result = attempt();
            if (result != again) {
                return result;
            }
            if (deadline && tick_clock<Platform>::reached(*deadline, machine.now())) {
                return late;
            }
            std::uint32_t seat = 0;
            if (!take_seat(seat)) {
                stand(machine, deadline);
                continue;
            }
            // acquire: pairs with leave() and look().
            this->word_.fetch_or(sleepers_.bit(seat), std::memory_order_acquire);
            result = attempt();
            if (result == again) {
                if (deadline) {
                    sleepers_.park_until(machine, seat, *deadline);
                } else {
                    sleepers_.park(machine, seat);
                }
            }
            sleepers_.awake(seat);
            // acquire: what those had changed who have called this one up to here.
            const view left{this->word_.fetch_and(~sleepers_.bit(seat), std::memory_order_acquire)};
            // release: the next one in this seat comes after; pairs with take_seat().
            seats_.fetch_and(~sleepers_.bit(seat), std::memory_order_release);
            if (result == again) {
                result = attempt();
            }
            if (result != again) {
                if (more()) {
                    call_one(machine, view{left.asleep() & ~sleepers_.bit(seat)});
                }
                return result;
            }
        }
    }

private:
    static constexpr std::uint32_t all_seats = (std::uint32_t{1} << Seats) - 1;

    bool take_seat(std::uint32_t& seat) noexcept {
        std::uint32_t taken = seats_.load(std::memory_order_relaxed);
        while (taken != all_seats) {
            seat = static_cast<std::uint32_t>(std::countr_one(taken));
            // acquire: who sat here before is done with it.
            if (seats_.compare_exchange_weak(taken, taken | sleepers_.bit(seat),
                                             std::memory_order_acquire,
                                             std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    static void stand(Platform& machine, const std::optional<time_point>& deadline) noexcept {
        typename Platform::parker own{};
        time_point until = machine.now() + std::chrono::milliseconds{1};
        if (deadline && *deadline < until) {
            until = *deadline;
        }
        machine.park_until(own, until);
    }

    typename Platform::word seats_;  // taken
    sleepers<Seats, Platform> sleepers_;
};

// The main loop of one core.
template <std::uint32_t Seats, platform Platform>
requires(interrupt_platform<Platform>) class waiting_room<Seats, Platform>
    : public waiting_room_word<Platform> {
public:
    using view = waiting_room_view;
    using time_point = typename Platform::time_point;

    static void call_one(Platform&, view) noexcept {}
    static void call_all(Platform&, view) noexcept {}

    template <class Result, class Attempt, class More>
    Result wait(Platform& machine, const std::optional<time_point>& deadline, Result again,
                Result late, Attempt&& attempt, More&& more) noexcept {
        for (;;) {
            const Result result = attempt();
            if (result != again) {
                return result;
            }
            if (deadline && tick_clock<Platform>::reached(*deadline, machine.now())) {
                return late;
            }
            machine.sleep_until(deadline.value_or(time_point::max()),
                                [&]() noexcept { return more() || this->glance().closed(); });
        }
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
