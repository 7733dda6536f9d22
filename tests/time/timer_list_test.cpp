// The list of few timers does what the wheel does.
//
// Goal: the same calls give the same answers and hand out the same timers at the same ticks in the
// same order; and the list knows the next deadline exactly. Method: random programs on both, with
// equal deadlines, deadlines in the past, callbacks that arm and cancel, budgets, jumps, times that
// step back, and ticks of 32 bits across the wrap. The wheel itself is compared with a sorted map
// in timer_wheel_test.cpp.
#include "catch.hpp"

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace {

constexpr std::uint32_t capacity = 40;

// What was handed out, and when.
template <class Tick>
using events = std::vector<std::pair<Tick, std::uint32_t>>;

template <class Tick>
void same_program(std::uint32_t seed, Tick start) {
    CAPTURE(seed);
    pawl::timer_wheel<capacity, Tick> wheel;
    pawl::timer_list<capacity, Tick> list;
    wheel.start_at(start);
    list.start_at(start);
    std::mt19937 random{seed};
    Tick now = start;
    std::size_t fired = 0;

    const auto any = [&](std::uint32_t limit) {
        return static_cast<std::uint32_t>(random()) % limit;
    };
    const auto far = [&] {
        const std::uint32_t scale = std::uint32_t{1} << any(18);
        return static_cast<Tick>(any(3) == 0 ? any(4) : any(scale));
    };
    for (int step = 0; step < 2'000; ++step) {
        const std::uint32_t timer = any(capacity);
        switch (any(8)) {
            case 0: REQUIRE(wheel.cancel(timer) == list.cancel(timer)); break;
            case 1: {
                const Tick due = now + far();
                const auto rule = any(2) == 0 ? pawl::wheel_reschedule::move
                                              : pawl::wheel_reschedule::keep_earlier;
                REQUIRE(wheel.reschedule(timer, due, rule) == list.reschedule(timer, due, rule));
                break;
            }
            case 2: {
                const pawl::wheel_budget budget{.fires = any(3) == 0 ? 1 + any(3) : 1'000};
                const Tick target = any(20) == 0 ? now - 1 : now + far();
                const std::uint32_t luck = any(1'000);
                std::vector<Tick> lateness;
                // The same callback for both: it depends on the timer and the time alone.
                const auto run = [&](auto& timers) {
                    events<Tick> seen;
                    const auto done = timers.advance(
                        target,
                        [&](std::uint32_t which) {
                            seen.emplace_back(timers.now(), which);
                            const std::uint32_t what = (which * 7 + luck) % 5;
                            if (what == 0) {
                                timers.schedule(which, timers.now() - what);
                            } else if (what == 1) {
                                timers.cancel((which + luck) % capacity);
                            } else if (what == 2) {
                                timers.reschedule((which + luck) % capacity, timers.now() + luck);
                            }
                        },
                        budget);
                    REQUIRE(done.fired == seen.size());
                    REQUIRE((done.complete || done.fired == budget.fires));
                    lateness.push_back(done.complete ? Tick{0} : done.late);
                    return seen;
                };
                const events<Tick> expected = run(wheel);
                REQUIRE(run(list) == expected);
                REQUIRE(lateness[0] == lateness[1]);
                fired += expected.size();
                REQUIRE(list.now() == wheel.now());
                REQUIRE(list.steps_back() == wheel.steps_back());
                now = wheel.now();
                break;
            }
            default:
                REQUIRE(wheel.armed(timer) == list.armed(timer));
                if (!wheel.armed(timer)) {
                    const Tick due = any(6) == 0 ? now - any(9) : now + far();
                    wheel.schedule(timer, due);
                    list.schedule(timer, due);
                }
                break;
        }
        // The wheel may name an earlier tick.
        const auto next = list.next_due();
        REQUIRE(next.has_value() == wheel.next_due().has_value());
        if (next) {
            REQUIRE(static_cast<Tick>(*wheel.next_due() - now) <= static_cast<Tick>(*next - now));
            REQUIRE(list.next_wake(0) == next);
        }
    }
    REQUIRE(fired > 100);
}

constexpr bool works_at_compile_time() {
    pawl::timer_list<4, std::uint32_t> timers;
    timers.schedule(2, 100);
    timers.schedule(1, 100);
    timers.schedule(3, 50);
    std::uint32_t order = 0;
    timers.advance(1'000, [&](std::uint32_t timer) { order = order * 10 + timer; });
    return order == 321 && !timers.next_due();
}
static_assert(works_at_compile_time());
static_assert(sizeof(pawl::timer_list<64, std::uint32_t>) == 64 * 8 + 16);

}  // namespace

TEST_CASE("timer_list: random programs equal those of the wheel") {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        same_program<std::uint32_t>(seed, seed % 2 == 0 ? 0 : 0xFFFF'FF00);
        same_program<std::uint64_t>(seed, seed);
    }
}
