// SPDX-License-Identifier: BSL-1.0
//
// lap_timers, far_tick and the word in which anybody may say one.
//
// Goal: a timer comes at its deadline, however many laps away, in the order of arming among equals;
// a far deadline that is read from its word is never before the one that was said, and later by no
// more than promised, for as long as it may be read. Method: all edges by themselves, and random
// ones against 64 bits.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <pawl/time/far_clock.hpp>
#include <pawl/time/lap_timers.hpp>
#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

#include "scheduler/microsecond_machine.hpp"

using pawl::far_tick;
using pawl::shared_far_tick;

namespace {

constexpr std::uint64_t lap = far_tick::lap;

static_assert(far_tick::after(5, 7).first == 12 && far_tick::after(5, 7).laps == 0);
static_assert(far_tick::after(5, lap - 1).laps == 0);
static_assert(far_tick::after(5, lap).laps == 1 && far_tick::after(5, lap).first == 5);
static_assert(far_tick::after(0xFFFF'FFFF, 3 * lap + 2).last() == 3 * lap + 1);
static_assert(far_tick::after(7, far_tick::length_max).laps == far_tick::laps_max);
static_assert(far_tick::after(7, far_tick::length_max).length_from(7) == far_tick::length_max);

// Timers in virtual time: `now` jumps by any step that keeps the timers' own rule.
template <class Timers>
void against_a_map(std::uint64_t seed, std::uint64_t start) {
    std::mt19937_64 random{seed};
    constexpr std::uint32_t count = 48;
    pawl::lap_timers<Timers, count> timers;
    std::uint64_t now = start;
    timers.start_at(static_cast<std::uint32_t>(now));
    std::multimap<std::uint64_t, std::uint32_t> expected;
    std::uint64_t due_of[count] = {};
    std::uint64_t fired = 0;
    const auto arm = [&](std::uint32_t timer) {
        const std::uint64_t length = 1 + random() % (std::uint64_t{1} << (1 + random() % 34));
        due_of[timer] = now + length;
        timers.schedule(timer, far_tick::after(static_cast<std::uint32_t>(now), length));
        REQUIRE(timers.far_due(timer).length_from(static_cast<std::uint32_t>(now)) == length);
        expected.emplace(now + length, timer);
    };
    for (std::uint32_t timer = 0; timer < count; ++timer) {
        arm(timer);
    }
    while (fired < 3000) {
        std::vector<std::uint32_t> came;
        now += random() % (std::uint64_t{1} << (random() % 29));
        timers.advance(static_cast<std::uint32_t>(now),
                       [&](std::uint32_t timer) { came.push_back(timer); });
        for (const std::uint32_t timer : came) {
            REQUIRE(!expected.empty());
            REQUIRE(expected.begin()->first <= now);
            REQUIRE(expected.begin()->first == due_of[timer]);
            auto found = expected.begin();
            while (found->second != timer) {
                ++found;
            }
            expected.erase(found);
            ++fired;
        }
        REQUIRE((expected.empty() || expected.begin()->first > now));
        for (const std::uint32_t timer : came) {
            arm(timer);
        }
        const auto other = static_cast<std::uint32_t>(random() % count);
        if (random() % 4 == 0) {
            REQUIRE(timers.cancel(other));
            auto found = expected.lower_bound(due_of[other]);
            while (found->second != other) {
                ++found;
            }
            expected.erase(found);
            arm(other);
        }
    }
}

}  // namespace

TEST_CASE("lap timers: any way to a deadline, against a map of 64-bit times") {
    for (const std::uint64_t start : {0ULL, 0x7FFF'0000ULL, 0xFFFF'0000ULL}) {
        against_a_map<pawl::timer_list<48, std::uint32_t>>(start + 1, start);
        against_a_map<pawl::timer_wheel<48, std::uint32_t, 2>>(start + 2, start);
    }
}

TEST_CASE("lap timers: one call that is late by many laps finds them all, in order") {
    pawl::lap_timers<pawl::timer_list<8, std::uint32_t>, 8> timers;
    std::vector<std::uint32_t> came;
    timers.schedule(0, far_tick::after(0, 3 * lap + 5));
    timers.schedule(1, far_tick::after(0, 3 * lap + 4));
    timers.schedule(2, 3);
    timers.schedule(3, far_tick::after(0, 5 * lap));
    const auto come = [&](std::uint32_t timer) { came.push_back(timer); };
    timers.advance(static_cast<std::uint32_t>(4 * lap), come);
    REQUIRE(came == std::vector<std::uint32_t>{2, 1, 0});
    timers.advance(static_cast<std::uint32_t>(5 * lap - 1), come);
    REQUIRE(came.size() == 3);
    timers.advance(static_cast<std::uint32_t>(5 * lap), come);
    REQUIRE(came.size() == 4);
}

TEST_CASE("lap timers: equal deadlines come in the order of arming, far and near ones") {
    pawl::lap_timers<pawl::timer_list<8, std::uint32_t>, 8> timers;
    constexpr std::uint64_t due = 6 * lap + 77;
    std::vector<std::uint32_t> came;
    const auto come = [&](std::uint32_t timer) { came.push_back(timer); };
    std::uint32_t timer = 0;
    for (const std::uint64_t at :
         {std::uint64_t{0}, lap, 2 * lap + 77, 5 * lap + 76, 5 * lap + 77, 5 * lap + 78, due - 1}) {
        timers.advance(static_cast<std::uint32_t>(at), come);
        timers.schedule(timer++, far_tick::after(static_cast<std::uint32_t>(at), due - at));
    }
    REQUIRE(came.empty());
    timers.advance(static_cast<std::uint32_t>(due), come);
    REQUIRE(came == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("a far deadline in a word: never early, late by a 2^23rd, read up to a lap too late") {
    std::mt19937_64 random{5};
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t now = random() % (std::uint64_t{1} << 40);
        std::uint64_t length = random() % (std::uint64_t{1} << (1 + random() % 44));
        if (i % 8 == 0) {
            length = (1 + random() % 0xFFFE) * lap + random() % 5 - 2;  // around a lap
        }
        const far_tick said = far_tick::after(static_cast<std::uint32_t>(now), length);
        const shared_far_tick word{shared_far_tick{said, static_cast<std::uint32_t>(now)}.bits()};
        // Read at any time before the deadline, or after it; a far one up to a lap late.
        std::uint64_t read = now + random() % (std::uint64_t{1} << (1 + random() % 28));
        if (i % 3 == 0) {
            read = now + lap / 2 * (random() % 3);
        }
        if (i % 7 == 0) {
            read = now;
        }
        const far_tick seen = word.seen_from(static_cast<std::uint32_t>(read));
        // In 64 bits, seen from the time of reading.
        const auto first = static_cast<std::int64_t>(read) +
                           static_cast<std::int32_t>(seen.first - static_cast<std::uint32_t>(read));
        const std::int64_t due = first + static_cast<std::int64_t>(seen.laps * lap);
        const std::int64_t late = due - static_cast<std::int64_t>(now + length);
        if (late < 0 || late > static_cast<std::int64_t>(length >> 23) + (said.laps == 0 ? 0 : 1) ||
            (said.laps == 0 && late != 0) || seen.laps != said.laps) {
            CAPTURE(now, length, read, late, said.laps, seen.laps);
            FAIL("not what was said");
        }
    }
}

TEST_CASE("a delay of any unit and type, in 64 bits") {
    using namespace std::chrono;
    using far = pawl::far_clock<microsecond::board<false>, true>;
    STATIC_REQUIRE(far::delay(hours{1})->count() == 3'600'000'000);
    STATIC_REQUIRE(far::delay(nanoseconds{1})->count() == 1);
    STATIC_REQUIRE(far::delay(nanoseconds{1'000'001})->count() == 1001);
    STATIC_REQUIRE(far::delay(duration<std::int32_t, std::micro>{2'147'483'647})->count() ==
                   2'147'483'647);
    STATIC_REQUIRE(far::delay(duration<std::int16_t, std::milli>{32'767})->count() == 32'767'000);
    STATIC_REQUIRE(far::delay(duration<std::uint32_t>{17'592'186})->count() == 17'592'186'000'000);
    STATIC_REQUIRE(!far::delay(duration<std::uint32_t>{17'592'187}));
    STATIC_REQUIRE(!far::delay(duration<std::uint64_t>{~std::uint64_t{0}}));
    STATIC_REQUIRE(far::delay(microseconds{(std::int64_t{1} << 44) - 1}));
    STATIC_REQUIRE(!far::delay(microseconds{std::int64_t{1} << 44}));
    STATIC_REQUIRE(!far::delay(hours::max()));
    STATIC_REQUIRE(!far::delay(nanoseconds::max()));
    STATIC_REQUIRE(far::delay(duration<double>{7200.5})->count() == 7'200'500'000);
    STATIC_REQUIRE(!far::delay(duration<double>{1e10}));
    STATIC_REQUIRE(far::delay(hours{-1})->count() == 0);
    // As tick_clock has it without laps.
    using near = pawl::far_clock<microsecond::board<false>, false>;
    STATIC_REQUIRE(near::delay(microseconds{(1 << 29) - 1}));
    STATIC_REQUIRE(!near::delay(microseconds{1 << 29}));
    STATIC_REQUIRE(!near::delay(hours{1}));
}
