// Time in ticks: rounded so that nothing is early, refused where it would not fit.
//
// Method: static_assert, on clocks finer than, and equal to, the tick, with 64 and 32 bits.
#include "catch.hpp"

#include <chrono>
#include <cstdint>

#include <pawl/platform/manual_platform.hpp>
#include <pawl/time/tick_clock.hpp>

using namespace std::chrono_literals;

namespace {

using fine = pawl::tick_clock<pawl::manual_platform>;  // nanoseconds, ticks of 1 ms

constexpr fine::time_point at(std::chrono::nanoseconds time) { return fine::time_point{time}; }
static_assert(fine::floor(at(1'999'999ns)) == 1 && fine::ceil(at(1'000'001ns)) == 2);
static_assert(fine::floor(at(2ms)) == 2 && fine::ceil(at(2ms)) == 2);
static_assert(fine::time(7) == at(7ms));
static_assert(fine::delay(1min) == 60'000'000'000ns);
static_assert(fine::delay(-1h) == 0ns && fine::delay(0s) == 0ns);
static_assert(fine::delay(std::chrono::duration<double>{0.25}) == 250ms);
static_assert(!fine::delay(std::chrono::hours::max()) && !fine::delay(std::chrono::years{300}));
static_assert(fine::delay(std::chrono::years{50}).has_value());
static_assert(fine::delay(std::chrono::duration<std::int64_t, std::pico>{1}) == 1ns, "rounded up");
static_assert(!fine::delay(std::chrono::duration<double>{1e30}));

// A timer interrupt that counts milliseconds in 32 bits: the clock is late by up to a tick.
struct coarse_machine : pawl::manual_platform {
    using duration = std::chrono::duration<std::int32_t, std::milli>;
    using tick = duration;
    using time_point = std::chrono::time_point<coarse_machine, duration>;
    static constexpr duration now_error{1};
    static constexpr duration calendar_sleep_max = duration::max();
    static time_point now() noexcept { return {}; }
    static void park_until(parker&, time_point) noexcept {}
};
using coarse = pawl::tick_clock<coarse_machine>;
static_assert(std::is_same_v<coarse::tick, std::uint32_t>);
static_assert(coarse::after(coarse::time_point{}, coarse::duration{5}) ==
                  coarse::time_point{coarse::duration{6}},
              "5 ms from a moment that may be nearly over are 6 ticks");
static_assert(coarse::after(coarse::time_point{}, coarse::duration{0}) == coarse::time_point{});
static_assert(coarse::delay(24h).has_value() && !coarse::delay(24h * 7));

}  // namespace

TEST_CASE("tick_clock: everything is known at compile time") { SUCCEED("see the static_asserts"); }
