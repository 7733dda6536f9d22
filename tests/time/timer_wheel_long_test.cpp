// labels: long
//
// The timer wheel against a sorted map, and its costs, counted: more of it.
//
// Goal and method: as in timer_wheel_test.cpp. A hundred million steps of random programs on every
// width of digit and tick, and crowds of a million timers with many seeds, from starts all over the
// range of the ticks; and with each timer armed anew as soon as it has come.
#include "catch.hpp"

#include <cstdint>
#include <memory>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

#include "time/timer_wheel_checks.hpp"

namespace {

using wheel_checks::cost;
using wheel_checks::let_uniform_come;
using wheel_checks::random_source;
using wheel_checks::wheel_of;

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 seed = 1'000;

template <class... Wheels>
void random_programs_on() {
    (wheel_checks::random_programs(wheel_checks::make<Wheels>, seed, 100, 12'500), ...);
}

}  // namespace

TEST_CASE("timer_wheel: many random programs equal a sorted map, 64-bit ticks") {
    random_programs_on<wheel_of<300, u64, 5>, wheel_of<40, u64, 5>, wheel_of<300, u64, 4>,
                       wheel_of<40, u64, 4>, wheel_of<300, u64, 3>, wheel_of<40, u64, 3>,
                       wheel_of<300, u64, 2>, wheel_of<40, u64, 2>>();
}

TEST_CASE("timer_wheel: many random programs equal a sorted map, 32-bit ticks") {
    random_programs_on<wheel_of<300, u32, 5>, wheel_of<40, u32, 5>, wheel_of<300, u32, 4>,
                       wheel_of<40, u32, 4>, wheel_of<300, u32, 3>, wheel_of<40, u32, 3>,
                       wheel_of<300, u32, 2>, wheel_of<40, u32, 2>>();
}

TEST_CASE("timer_wheel: many random programs equal a sorted map, fewer levels, more timers") {
    random_programs_on<wheel_of<300, u64, 5, 2>, wheel_of<40, u32, 2, 2>, wheel_of<300, u32, 2, 5>,
                       wheel_of<5'000, u64, 5>>();
}

TEST_CASE("timer_wheel: a million timers uniform over an hour, many seeds") {
    const auto wheel = std::make_unique<pawl::timer_wheel<1'000'000>>();
    const auto narrow = std::make_unique<pawl::timer_wheel<1'000'000, u32>>();
    for (u64 run = 0; run < 10; ++run) {
        CAPTURE(run);
        const u64 start = random_source{run}();
        REQUIRE(let_uniform_come(*wheel, 1'000'000, start, 3'600'000, run, {}).moves_worst <= 5);
        REQUIRE(let_uniform_come(*narrow, 1'000'000, static_cast<u32>(start), 3'600'000, run, {})
                    .moves_worst <= 5);
        const cost asleep = let_uniform_come(*wheel, 1'000'000, ~start, 3'600'000, run, 64);
        REQUIRE(asleep.moves_worst <= 64);
        REQUIRE(asleep.incomplete == 0);
    }
}

// Arming goes on: after an hour, as many timers are within the next half hour as were within the
// hour before, and a slot has twice as many.
TEST_CASE("timer_wheel: a million timers that are armed anew, at most 5 moves in any tick") {
    const auto wheel = std::make_unique<pawl::timer_wheel<1'000'000>>();
    random_source random{seed};
    std::vector<u64> dues(1'000'000);
    const auto arm = [&](u32 timer) {
        dues[timer] = wheel->now() + 1 + random.below(3'600'000);
        wheel->schedule(timer, dues[timer]);
    };
    for (u32 timer = 0; timer < dues.size(); ++timer) {
        arm(timer);
    }
    u32 worst = 0;
    for (u64 tick = 1; tick <= 8'000'000; ++tick) {
        const auto done = wheel->advance(tick, [&](u32 timer) {
            wheel_checks::check(dues[timer] == tick, "a timer comes at its own tick");
            arm(timer);
        });
        worst = done.moved > worst ? done.moved : worst;
    }
    REQUIRE(worst <= 5);
}
