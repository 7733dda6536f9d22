// SPDX-License-Identifier: BSL-1.0
//
// The proof of the timer wheel in small, for its mutants: without a framework, and quick without
// optimisation.
//
// Goal: whatever is broken in the wheel or in its lists is seen. Method: as timer_wheel_test.cpp,
// of which this is the programs, and the counted costs with fewer timers.
#include <cstdint>
#include <memory>

#include <pawl/time/timer_wheel.hpp>

#include "time/slot_lists_checks.hpp"
#include "time/timer_wheel_checks.hpp"

using namespace wheel_checks;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

namespace {

void lists() {
    for (u64 seed = 0; seed < 2; ++seed) {
        random_lists<16, 16, 8, u32, false>(seed, 2'000);
        random_lists<1'023, 7, 64, u32, true>(seed, 2'000);
        random_lists<1'024, 7, 64, u32, true>(seed, 2'000);
        random_lists<300, 13, 64, u64, true>(seed, 2'000);
    }
}

void programs() {
    random_programs(make<wheel_of<300, u64, 5>>, 1, 4, 2'000);
    random_programs(make<wheel_of<40, u64, 4>>, 2, 4, 2'000);
    random_programs(make<wheel_of<300, u32, 3>>, 3, 4, 2'000);
    random_programs(make<wheel_of<40, u32, 2>>, 4, 4, 2'000);
    random_programs(make<wheel_of<300, u32, 2, 3>>, 5, 4, 2'000);
}

void edges() {
    wheel_of<2, u64, 5> wide;
    wheel_of<300, u32, 3> narrow;
    wheel_of<2, u64, 4, 3> low;
    powers(wide);
    powers(narrow);
    powers(low);
    horizon(wide);
    horizon(low);
    wide.start_at(1'000);
    powers(wide);
}

// In the sparse part as many timers a tick as a million have in an hour.
void costs() {
    const auto wheel = std::make_unique<pawl::timer_wheel<20'000>>();
    for (u64 seed = 1; seed < 3; ++seed) {
        const cost ticks = let_uniform_come(*wheel, 20'000, seed << 40, 72'000, seed, {});
        check(ticks.moves_worst <= 5, "at most 5 moves in any tick");
        const cost wakes = let_uniform_come(*wheel, 20'000, seed << 50, 72'000, seed, 16);
        check(wakes.incomplete == 0, "never late from one next_wake() to the next");
        check(wakes.calls <=
                  wakes.ticks + 2 * (72'000 / 32 + 72'000 / 1'024 + 100) + wakes.moves / 16,
              "no call in vain");
    }
    const cost sparse = let_uniform_come(*wheel, 5'000, u64{3} << 40, 72'000, 3, {});
    check(sparse.moves_worst <= 2, "levels take turns");
    wheel->start_at(1);
    for (u32 timer = 0; timer < 20'000; ++timer) {
        wheel->schedule(timer, 2'000 + timer * 5);
    }
    u32 large = 0;  // calls that move more than a bundle, and a tick's share of the other levels
    while (const auto wake = wheel->next_wake(16)) {
        const auto done = wheel->advance(*wake, [](u32) {}, {.moves_a_wake = 16});
        check(done.moved <= 3 * 16, "a bundle a level");
        large += done.moved > 16 + 3 ? 1 : 0;
    }
    check(large < 100, "seldom more than a bundle");
    for (const u32 moves : {64U, 1'024U}) {
        const cost crowd = let_come(
            *wheel, 20'000, u64{moves} << 52, [](u32) { return 5'000U; }, moves);
        check((crowd.incomplete == 0) == (drains_in_time(5, 1, moves) >= 20'000),
              "in time, if a slot's length suffices");
    }
    const cost crowd = let_come(*wheel, 20'000, u64{1} << 60, [](u32) { return 5'000U; }, {});
    check(crowd.moves_worst <= 2 * (20'000 / 32 + 1), "spread over a slot's length");
}

void time() {
    running = "time";
    pawl::timer_wheel<4> wheel;
    const auto nothing = [](u32) {};
    wheel.schedule(0, 100);
    wheel.advance(150, nothing);
    wheel.advance(120, nothing);
    check(wheel.steps_back() == 1 && wheel.now() == 150, "a step back is counted, and time stays");
    wheel.start_at(1'000);
    wheel.schedule(0, 2'000);
    wheel.start_at(3'000);
    check(wheel.now() == 1'000 && wheel.armed(0), "only an empty wheel starts");
}

}  // namespace

int main() {
    lists();
    time();
    edges();
    programs();
    costs();
}
