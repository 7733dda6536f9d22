// SPDX-License-Identifier: BSL-1.0
//
// Goal: virtual time moves only when it is moved, never back, and the calendar goes with it.
// Method: each member once at its edges, most of it at compile time, too.
#include <chrono>
#include <type_traits>

#include "catch.hpp"

#include <pawl/platform/manual_platform.hpp>

using namespace std::chrono_literals;
using pawl::manual_platform;
using pawl::wall_time;
using time_point = manual_platform::time_point;

namespace {

constexpr wall_time new_year_2000{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};

constexpr bool works_at_compile_time() {
    manual_platform machine;
    manual_platform::parker parker;
    machine.elapse(1h);
    machine.park_until(parker, time_point{2h});
    return machine.now() == time_point{2h} && machine.wall_now() == new_year_2000 + 2h;
}

}  // namespace

static_assert(works_at_compile_time());
static_assert(!manual_platform::has_threads);
static_assert(std::is_trivially_destructible_v<manual_platform>);

TEST_CASE("the clocks start at 0 and at the year 2000, and stand still") {
    const manual_platform machine;
    CHECK(machine.now() == time_point{});
    CHECK(machine.now() == time_point{});
    CHECK(machine.wall_now() == new_year_2000);
}

TEST_CASE("a calendar may start anywhere") {
    const auto start = wall_time{std::chrono::sys_days{std::chrono::year{1969} / 7 / 20}} + 20h;
    manual_platform machine{start};
    CHECK(machine.wall_now() == start);
    CHECK(machine.now() == time_point{});
    machine.elapse(24h);
    CHECK(machine.wall_now() == start + 24h);
}

TEST_CASE("time moves forward, by what it is told, to the nanosecond") {
    manual_platform machine;
    machine.elapse(1ns);
    machine.elapse(0ns);
    machine.elapse(-5s);
    CHECK(machine.now() == time_point{1ns});
    machine.elapse_until(time_point{10s});
    machine.elapse_until(time_point{3s});
    CHECK(machine.now() == time_point{10s});
    machine.elapse(24h * 365 * 10);
    CHECK(machine.now() == time_point{24h * 365 * 10 + 10s});
}

TEST_CASE("the calendar counts whole milliseconds of the same time") {
    manual_platform machine;
    machine.elapse(999'999ns);
    CHECK(machine.wall_now() == new_year_2000);
    machine.elapse(1ns);
    CHECK(machine.wall_now() == new_year_2000 + 1ms);
}

TEST_CASE("the calendar can be set either way, and the other clock does not notice") {
    manual_platform machine;
    machine.elapse(1h + 500us);
    for (const wall_time set : {new_year_2000 - 1h, new_year_2000 + 24h * 366}) {
        machine.set_wall(set);
        CHECK(machine.wall_now() == set);
        CHECK(machine.now() == time_point{1h + 500us});
    }
    machine.elapse(1s);
    CHECK(machine.wall_now() == new_year_2000 + 24h * 366 + 1s);
    CHECK(machine.now() == time_point{1h + 1s + 500us});
}

TEST_CASE("sleeping moves time to the deadline, and nobody is there to be waited for") {
    manual_platform machine;
    manual_platform::parker parker;
    machine.park(parker);
    machine.unpark(parker);
    CHECK(machine.now() == time_point{});
    machine.park_until(parker, time_point{7ms});
    CHECK(machine.now() == time_point{7ms});
    machine.park_until(parker, time_point{6ms});
    CHECK(machine.now() == time_point{7ms});
}
