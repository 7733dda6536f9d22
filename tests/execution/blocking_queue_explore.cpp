// SPDX-License-Identifier: BSL-1.0
//
// Goal: nobody sleeps at a blocking_queue beside an item, or beside room; a close reaches everyone;
// what was accepted comes out, once, also when the queue is closed meanwhile; "closed" is final.
// Method: every interleaving of small programs on the real queue. A thread that is never woken is a
// deadlock, which the explorer reports. requires: posix
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/execution/blocking_queue.hpp>

#include "explore/suite.hpp"

namespace {

using namespace std::chrono_literals;
using explore::check;
using pawl::queue_errc;

template <std::uint32_t Capacity, std::uint32_t Waiters = 2>
using queue = pawl::blocking_queue<std::uint32_t, Capacity, explore_platform, Waiters>;

// Which numbers somebody got: each at most once.
class basket {
public:
    void add(std::uint32_t number) {
        check((got_ >> number & 1U) == 0, "no item comes twice");
        got_ |= 1U << number;
    }
    [[nodiscard]] std::uint32_t got() const { return got_; }

private:
    std::uint32_t got_ = 0;
};

// Room for one, so that both sides have to wait.
void one_at_a_time() {
    queue<1> tested;
    explore::threads(
        [&] {
            for (std::uint32_t i = 0; i < 2; ++i) {
                check(tested.push(i) == queue_errc::success, "a push waits for room");
            }
        },
        [&] {
            for (std::uint32_t i = 0; i < 2; ++i) {
                check(tested.pop() == i, "a pop waits for its item");
            }
        });
}

// Two wait, and two come: each call has to wake another one, or be handed on.
void two_wait_for_items() {
    queue<2> tested;
    basket all;
    const auto pop = [&] {
        const std::optional<std::uint32_t> item = tested.pop();
        check(item.has_value(), "a queue that is open gives items only");
        all.add(*item);
    };
    const auto push = [&](std::uint32_t number) {
        return [&tested, number] {
            check(tested.try_push(number) == queue_errc::success, "there is room");
        };
    };
    explore::threads(pop, pop, push(0), push(1));
    check(all.got() == 3, "both items came");
}

void two_wait_for_room() {
    queue<1> tested;
    basket all;
    check(tested.try_push(2) == queue_errc::success, "there is room");
    const auto push = [&](std::uint32_t number) {
        return [&tested, number] {
            check(tested.push(number) == queue_errc::success, "a push waits for room");
        };
    };
    explore::threads(push(0), push(1), [&] {
        for (unsigned i = 0; i < 3; ++i) {
            all.add(*tested.pop());
        }
    });
    check(all.got() == 7, "all items came");
}

// One of two who wait gives up at its deadline, or hands on what it got: the other one gets it.
void one_gives_up() {
    queue<1> tested;
    std::optional<std::uint32_t> patient;
    explore::threads(
        [&] {
            std::uint32_t item = 0;
            const queue_errc result = tested.pop_until(item, explore::time_point{1ms});
            if (result == queue_errc::success) {
                check(tested.try_push(item) == queue_errc::success, "there is room");
            } else {
                check(result == queue_errc::timeout, "a pop with a deadline gets it, or not");
                check(explore_platform::now() >= explore::time_point{1ms}, "it is never early");
            }
        },
        [&] { patient = tested.pop(); },
        [&] { check(tested.try_push(7) == queue_errc::success, "there is room"); });
    check(patient == 7, "who waits on gets it");
}

// The last one closes. Who waits either gets an item or is told.
void close_wakes_both_sides() {
    queue<1> tested;
    queue_errc pushed[2] = {};
    explore::threads(
        [&] {
            pushed[0] = tested.push(0);
            pushed[1] = tested.push(1);  // there may be no room any more
        },
        [&] { tested.close(); });
    std::uint32_t expected = 0;
    for (const queue_errc each : pushed) {
        check(each == queue_errc::success || each == queue_errc::closed, "it ends");
        if (each == queue_errc::success) {
            check(tested.pop() == expected, "what was accepted comes out");
        }
        ++expected;
    }
    check(!tested.pop().has_value(), "then it is closed");
    check(tested.push(3) == queue_errc::closed, "for all");
}

// A consumer takes until it is told that there will be no more: then it has all that was accepted.
template <unsigned Producers>
void nothing_comes_after_closed() {
    queue<2> tested;
    basket all;
    std::uint32_t accepted = 0;
    const auto push = [&](std::uint32_t number) {
        return [&tested, &accepted, number] {
            const queue_errc result = tested.try_push(number);
            check(result == queue_errc::success || result == queue_errc::closed, "there is room");
            accepted |= result == queue_errc::success ? 1U << number : 0;
        };
    };
    const auto consume = [&] {
        while (const std::optional<std::uint32_t> item = tested.pop()) {
            all.add(*item);
        }
    };
    const auto close = [&] { tested.close(); };
    if constexpr (Producers == 1) {
        explore::threads(consume, push(0), close);
    } else {
        explore::threads(consume, push(0), [&] {
            push(1)();
            close();
        });
    }
    check(all.got() == accepted, "what was accepted came before the end");
    check(tested.empty(), "nothing is left");
}

void two_consumers_until_closed() {
    queue<2> tested;
    basket all;
    const auto consume = [&] {
        while (const std::optional<std::uint32_t> item = tested.pop()) {
            all.add(*item);
        }
    };
    explore::threads(consume, consume, [&] {
        check(tested.try_push(0) == queue_errc::success, "there is room");
        tested.close();
    });
    check(all.got() == 1, "what was accepted came before the end");
}

// More wait than there are seats: the second one stands, and looks again after a millisecond.
void more_than_seats() {
    queue<2, 1> tested;
    basket all;
    const auto pop = [&] { all.add(*tested.pop()); };
    explore::threads(pop, pop, [&] {
        check(tested.try_push(0) == queue_errc::success, "there is room");
        check(tested.try_push(1) == queue_errc::success, "there is room");
    });
    check(all.got() == 3, "both items came");
}

}  // namespace

int main() {
    explore::must_pass("one at a time", {.schedules_min = 20'000}, one_at_a_time);
    explore::must_pass("two wait for items", {.preemptions_max = 2, .schedules_min = 100'000},
                       two_wait_for_items);
    explore::must_pass("two wait for room", {.preemptions_max = 2, .schedules_min = 30'000},
                       two_wait_for_room);
    explore::must_pass(
        "one gives up",
        {.preemptions_max = 2, .time = explore::deadlines::any_time, .schedules_min = 7'000},
        one_gives_up);
    explore::must_pass("close wakes both sides", {.schedules_min = 8}, close_wakes_both_sides);
    explore::must_pass("nothing comes after closed",
                       {.preemptions_max = 3, .schedules_min = 20'000},
                       nothing_comes_after_closed<1>);
    explore::must_pass("nothing comes after closed, two",
                       {.preemptions_max = 3, .schedules_min = 150'000},
                       nothing_comes_after_closed<2>);
    explore::must_pass("two consumers until closed",
                       {.preemptions_max = 2, .schedules_min = 10'000}, two_consumers_until_closed);
    explore::must_pass("more than seats", {.preemptions_max = 2, .schedules_min = 8'000},
                       more_than_seats);
}
