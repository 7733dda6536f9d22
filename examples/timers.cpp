// SPDX-License-Identifier: BSL-1.0
//
// The timer wheel alone, without a scheduler: timeouts of connections, a sensor that is read every
// ten ticks, and a budget. Time is whatever counts; here it is a number that the program sets.
#include <cstdint>
#include <cstdio>

#include <pawl/time/period.hpp>
#include <pawl/time/timer_wheel.hpp>
#include <pawl/time/wide_counter.hpp>

namespace {

// A timer is a number: here the connection's. All memory is in here, and zero bytes at the start.
constexpr std::uint32_t connections = 1000;
constexpr std::uint32_t sensor = connections;  // one timer more
constinit pawl::timer_wheel<connections + 1> timers;

constexpr std::uint64_t timeout = 30'000;
constexpr pawl::period<std::uint64_t> reading{10, pawl::missed_ticks::skip};

void timeouts() {
    for (std::uint32_t connection = 0; connection < connections; ++connection) {
        timers.schedule(connection, timers.now() + timeout);
    }
    // Traffic on all but three: their timeouts begin anew.
    timers.advance(20'000, [](std::uint32_t) {});
    for (std::uint32_t connection = 3; connection < connections; ++connection) {
        timers.reschedule(connection, timers.now() + timeout);
    }
    timers.advance(40'000, [](std::uint32_t connection) {
        std::printf("connection %u timed out\n", connection);
    });
    std::printf("the next one not before %llu\n",
                static_cast<unsigned long long>(timers.next_due().value_or(0)));
    for (std::uint32_t connection = 3; connection < connections; ++connection) {
        timers.cancel(connection);
    }
}

void sensor_every_ten_ticks() {
    timers.schedule(sensor, 40'010);
    const auto advance = [](std::uint64_t now) {
        timers.advance(now, [now](std::uint32_t timer) {
            const auto next = reading.next(timers.due(timer), now);
            std::printf("read at %llu, %llu missed\n", static_cast<unsigned long long>(now),
                        static_cast<unsigned long long>(next.missed));
            timers.schedule(timer, next.due);
        });
    };
    advance(40'010);
    advance(40'023);  // late: the next one comes in time
    advance(40'030);
    advance(40'065);  // two more are gone, and left out
    advance(40'070);
    timers.cancel(sensor);
}

void with_a_budget() {
    for (std::uint32_t connection = 0; connection < connections; ++connection) {
        timers.schedule(connection, 50'000);
    }
    std::uint32_t calls = 0;
    std::uint32_t fired = 0;
    std::uint32_t most_moves = 0;
    const pawl::wheel_budget budget{.fires = 100, .moves = 50};
    // Sleeping from wake to wake: none is late, and no call does more than its budget.
    while (const auto wake = timers.next_wake(budget.moves)) {
        const auto done = timers.advance(
            *wake, [](std::uint32_t) {}, budget);
        fired += done.fired;
        most_moves = done.moved > most_moves ? done.moved : most_moves;
        ++calls;
    }
    std::printf("%u timeouts, at most %u moves in one call, %s\n", fired, most_moves,
                calls > connections / budget.moves ? "in many calls" : "in a few calls");
}

}  // namespace

int main() {
    timeouts();
    sensor_every_ten_ticks();
    with_a_budget();

    // A counter of 16 bits as a time of 64.
    pawl::wide_counter<std::uint16_t> clock;
    clock.update(60'000 / 2);
    clock.update(60'000);
    std::printf("%llu\n", static_cast<unsigned long long>(clock.update(4'464)));  // 70,000 - 65,536
}
