// SPDX-License-Identifier: BSL-1.0
//
// Goal: a game's clock moves by its steps only, by exactly as much as its scale says over any
// number of them, never back and never with a jump; a pause stops it. Method: each member at its
// edges, most of it at compile time, too; random steps and scales against their sum at once.
#include <chrono>
#include <concepts>
#include <cstdint>
#include <random>
#include <type_traits>
#include <utility>

#include "catch.hpp"

#include <pawl/platform/game_platform.hpp>
#include <pawl/platform/manual_platform.hpp>

using namespace std::chrono_literals;
using pawl::game_platform;
using time_point = game_platform::time_point;

namespace {

constexpr bool works_at_compile_time() {
    game_platform clock;
    clock.step(1s);
    clock.set_scale(1, 4);
    clock.step(2s);
    clock.pause();
    clock.step(1h);
    clock.resume();
    return clock.now() == time_point{1500ms} &&
           clock.wall_now() == game_platform::default_wall + 1500ms;
}

// time * numerator / denominator, rounded down. The whole product would not fit 64 bits.
constexpr std::uint64_t scaled(std::uint64_t time, std::uint64_t numerator,
                               std::uint64_t denominator) {
    return time / denominator * numerator + time % denominator * numerator / denominator;
}

}  // namespace

static_assert(works_at_compile_time());
static_assert(!game_platform::has_threads);
static_assert(std::is_trivially_destructible_v<game_platform>);
static_assert(!std::same_as<time_point, pawl::manual_platform::time_point>,
              "the game's time is no real time");

TEST_CASE("game_platform: starts at 0, at real speed, and moves by its steps only") {
    game_platform clock;
    REQUIRE(clock.now() == time_point{});
    REQUIRE(clock.scale_numerator() == 1);
    REQUIRE(clock.scale_denominator() == 1);
    REQUIRE_FALSE(clock.paused());
    REQUIRE(clock.step(16ms) == 16ms);
    REQUIRE(clock.step(0ms) == 0ms);
    REQUIRE(clock.step(-5s) == 0ms);
    REQUIRE(clock.step(std::chrono::duration<float>{0.5F}) == 500ms);
    REQUIRE(clock.now() == time_point{516ms});
}

TEST_CASE("game_platform: a pause stops it, and keeps the scale") {
    game_platform clock;
    clock.set_scale(2);
    clock.step(1s);
    clock.pause();
    clock.pause();
    REQUIRE(clock.paused());
    REQUIRE(clock.step(1h) == 0s);
    REQUIRE(clock.scaled(1h) == 0s);
    clock.resume();
    REQUIRE_FALSE(clock.paused());
    REQUIRE(clock.now() == time_point{2s});
    REQUIRE(clock.step(1s) == 2s);
}

TEST_CASE("game_platform: a scale counts from the next step on") {
    game_platform clock;
    clock.step(10s);
    REQUIRE(clock.set_scale(1, 100));
    REQUIRE(clock.now() == time_point{10s});
    clock.step(10s);
    REQUIRE(clock.now() == time_point{10'100ms});
    REQUIRE(clock.set_scale(0));
    REQUIRE(clock.step(1h) == 0s);
    REQUIRE(clock.set_scale(10));
    clock.step(1s);
    REQUIRE(clock.now() == time_point{20'100ms});
    REQUIRE_FALSE(clock.set_scale(5, 0));
    REQUIRE(clock.scale_numerator() == 10);
    REQUIRE(clock.scale_denominator() == 1);
}

TEST_CASE("game_platform: scaled() is what a step would be, and moves nothing") {
    game_platform clock;
    clock.set_scale(1, 3);
    REQUIRE(clock.scaled(1ns) == 0ns);
    REQUIRE(clock.scaled(1ns) == 0ns);
    REQUIRE(clock.scaled(1ns) == 1ns);
    REQUIRE(clock.now() == time_point{});
}

TEST_CASE("game_platform: many small steps are one large one") {
    for (const auto& [numerator, denominator] : {std::pair{1U, 3U},
                                                 {7U, 10U},
                                                 {22U, 7U},
                                                 {1U, 1U},
                                                 {999'999'937U, 1'000'000'007U},
                                                 {0xFFFF'FFFFU, 0xFFFF'FFFEU},
                                                 {1U, 0xFFFF'FFFFU}}) {
        game_platform small;
        small.set_scale(numerator, denominator);
        std::mt19937_64 random{numerator};
        std::uint64_t real_ns = 0;
        for (int frame = 0; frame < 10'000; ++frame) {
            const std::uint64_t step_ns = random() % 40'000'000;
            real_ns += step_ns;
            const time_point before = small.now();
            small.step(std::chrono::nanoseconds{static_cast<std::int64_t>(step_ns)});
            REQUIRE(small.now() >= before);
            REQUIRE(static_cast<std::uint64_t>(small.now().time_since_epoch().count()) ==
                    scaled(real_ns, numerator, denominator));
        }
    }
}

TEST_CASE("game_platform: changing the scale invents no time") {
    game_platform clock;
    std::mt19937_64 random{3};
    std::uint64_t product = 0;  // of time and scale, in units of 2^-16 ns
    constexpr std::uint32_t unit = 1U << 16;
    for (int change = 0; change < 1'000; ++change) {
        const auto numerator = static_cast<std::uint32_t>(random() % 1'000);
        const std::uint32_t denominator = 1U << (random() % 17);
        clock.set_scale(numerator, denominator);
        const auto step_ns = static_cast<std::int64_t>(random() % 20'000'000);
        clock.step(std::chrono::nanoseconds{step_ns});
        product += static_cast<std::uint64_t>(step_ns) * numerator * (unit / denominator);
        const auto now_ns = static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
        REQUIRE(now_ns <= product / unit);
        REQUIRE(now_ns + static_cast<std::uint64_t>(change) + 1 >= product / unit);
    }
}

TEST_CASE("game_platform: no step overflows") {
    game_platform clock;
    clock.set_scale(0xFFFF'FFFF);
    REQUIRE(clock.scaled(std::chrono::nanoseconds::max()) == game_platform::step_max);
    REQUIRE(clock.scaled(24h * 365 * 100) == game_platform::step_max);
    REQUIRE(clock.scaled(500ms) == 0xFFFF'FFFF * std::chrono::nanoseconds{500ms});
    clock.set_scale(1);
    REQUIRE(clock.scaled(std::chrono::nanoseconds::max()) == game_platform::step_max);
    clock.set_scale(0xFFFF'FFFF, 0xFFFF'FFFE);
    REQUIRE(clock.scaled(std::chrono::nanoseconds::max()) == game_platform::step_max);
    clock.set_scale(1, 0xFFFF'FFFF);
    REQUIRE(clock.step(std::chrono::nanoseconds::max()) == 2'147'483'648ns);
}

TEST_CASE("game_platform: waiting returns at once and moves nothing") {
    game_platform clock;
    game_platform::parker parker;
    clock.park(parker);
    clock.unpark(parker);
    clock.park_until(parker, time_point{1h});
    REQUIRE(clock.now() == time_point{});
}

TEST_CASE("game_platform: the game's own time, and its calendar") {
    const auto dawn = game_platform::default_wall + 6h;
    game_platform clock{dawn};
    clock.set_scale(60);  // an hour a minute
    clock.step(1min);
    REQUIRE(clock.wall_now() == dawn + 1h);
    clock.pause();
    clock.elapse(1h);
    clock.elapse(-1h);
    clock.elapse_until(time_point{30min});
    REQUIRE(clock.now() == time_point{2h});
    clock.elapse_until(time_point{3h});
    REQUIRE(clock.wall_now() == dawn + 3h);
    clock.set_wall(dawn);
    REQUIRE(clock.wall_now() == dawn);
    REQUIRE(clock.now() == time_point{3h});
}
