// Periodic deadlines: no drift, and each policy for ticks that were missed.
//
// Goal: the deadlines of catch_up and skip lie on the grid of the first one, whatever the delays,
// and as many come or are left out as the policy says. Method: random delays; the grid is counted
// beside it, one period after the other, with ticks of 32 bits across the wrap.
#include "catch.hpp"

#include <cstdint>
#include <random>

#include <pawl/time/period.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace {

using pawl::missed_ticks;
using ticks = pawl::period<std::uint32_t>;

static_assert(ticks{10}.next(100, 100).due == 110);
static_assert(ticks{10}.next(100, 109).due == 110 && ticks{10}.next(100, 109).missed == 0);
static_assert(ticks{10}.next(100, 110).due == 120 && ticks{10}.next(100, 110).missed == 1);
static_assert(ticks{10}.next(100, 145).due == 150 && ticks{10}.next(100, 145).missed == 4);
static_assert(ticks{10, missed_ticks::catch_up}.next(100, 145).due == 110);
static_assert(ticks{10, missed_ticks::catch_up, 2}.next(100, 145).due == 130);
static_assert(ticks{10, missed_ticks::catch_up, 2}.next(100, 145).missed == 2);
static_assert(ticks{10, missed_ticks::catch_up, 0}.next(100, 145).due == 150);
static_assert(ticks{10, missed_ticks::from_now}.next(100, 103).due == 113);
static_assert(ticks{10, missed_ticks::from_now}.next(100, 145).due == 155);
static_assert(ticks{10}.next(0xFFFF'FFF8, 0xFFFF'FFF9).due == 2, "ticks wrap");
static_assert(ticks{0}.length() == 1, "a period of no ticks would never end");

// Runs a periodic timer on a wheel that is advanced in random steps. Returns how often it fired.
std::uint32_t run(ticks every, std::uint32_t length, std::uint32_t late_max, std::uint32_t start) {
    pawl::timer_wheel<1, std::uint32_t> wheel;
    std::mt19937 random{length + late_max};
    wheel.start_at(start);
    wheel.schedule(0, start);
    std::uint32_t grid = 0;  // periods since the start, of the deadline that is awaited
    std::uint32_t fired = 0;
    std::uint32_t now = 0;
    while (now < 20'000) {
        now += static_cast<std::uint32_t>(random()) % (4 * length);
        wheel.advance(start + now, [&](std::uint32_t timer) {
            REQUIRE(wheel.due(timer) - start == grid * length);
            ++fired;
            const auto next = every.next(wheel.due(timer), start + now);
            const std::uint32_t late = now / length - grid;  // of those after this one
            const std::uint32_t left_out = late > late_max ? late - late_max : 0;
            REQUIRE(next.missed == left_out);
            grid += left_out + 1;
            wheel.schedule(timer, next.due);
        });
        REQUIRE(grid * length > now);  // the wheel has handed out all that are not left out
    }
    return fired;
}

}  // namespace

TEST_CASE("period: every deadline is on the grid of the first, and what is missed is counted") {
    for (std::uint32_t length : {1U, 7U, 10U, 1000U}) {
        for (std::uint32_t start : {0U, 0xFFFF'F000U}) {
            const std::uint32_t all =
                run(ticks{length, missed_ticks::catch_up}, length, 0xFFFF'FFFF, start);
            const std::uint32_t some =
                run(ticks{length, missed_ticks::catch_up, 1}, length, 1, start);
            const std::uint32_t few = run(ticks{length}, length, 0, start);
            REQUIRE(all >= 20'000 / length);
            REQUIRE(some < all);
            REQUIRE(few < some);
        }
    }
}
