// The timer wheel against a sorted map, and its costs, counted.
//
// Goal: every timer is handed out exactly once, at its own tick, in the order of the deadlines and
// of arming among equals, whatever is scheduled, moved or cancelled meanwhile; no call does more
// than its budget allows, and no tick of a million timers has more than a few node moves.
// Method: random programs run on the wheel and on a std::multimap, whose equal keys keep their
// order of insertion; every hand-out is compared, element by element. Time goes on tick by tick, by
// next_due() alone, by next_wake() alone, and in jumps, with and without budgets, between which
// more is scheduled; with ticks of 64 and 32 bits that wrap, digits of every width, fewer levels,
// and wheels that count the timers of their slots or do not. Costs are counted, not timed.
// timer_wheel_long_test.cpp does more of the same.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

#include "time/timer_wheel_checks.hpp"

namespace {

using wheel_checks::any_wheel;
using wheel_checks::cost;
using wheel_checks::let_come;
using wheel_checks::let_uniform_come;
using wheel_checks::random_source;
using wheel_checks::wheel_of;

using u32 = std::uint32_t;
using u64 = std::uint64_t;

const auto nothing = [](u32) {};

// More than 255 timers: the wheel counts those of each slot.
constexpr u32 many = 300;
constexpr u32 few = 40;

template <class... Wheels>
void random_programs_on(u32 rounds) {
    (wheel_checks::random_programs(wheel_checks::make<Wheels>, 1, rounds, 4'000), ...);
}

}  // namespace

TEST_CASE("timer_wheel: random programs equal a sorted map, 64-bit ticks") {
    random_programs_on<wheel_of<many, u64, 5>, wheel_of<many, u64, 4>, wheel_of<many, u64, 3>,
                       wheel_of<many, u64, 2>>(12);
}

TEST_CASE("timer_wheel: random programs equal a sorted map, 32-bit ticks") {
    random_programs_on<wheel_of<many, u32, 5>, wheel_of<many, u32, 4>, wheel_of<many, u32, 3>,
                       wheel_of<many, u32, 2>>(12);
}

TEST_CASE("timer_wheel: random programs equal a sorted map, timers not counted") {
    random_programs_on<wheel_of<few, u64, 5>, wheel_of<few, u64, 4>, wheel_of<few, u64, 3>,
                       wheel_of<few, u64, 2>, wheel_of<few, u32, 5>, wheel_of<few, u32, 4>,
                       wheel_of<few, u32, 3>, wheel_of<few, u32, 2>>(8);
}

TEST_CASE("timer_wheel: random programs equal a sorted map, fewer levels") {
    random_programs_on<wheel_of<many, u64, 5, 3>, wheel_of<many, u32, 4, 4>,
                       wheel_of<few, u32, 2, 2>, wheel_of<few, u64, 3, 5>>(8);
}

TEST_CASE("timer_wheel: deadlines around every power of the radix come at their tick") {
    const auto all = [](auto... wheel) { (wheel_checks::powers(*wheel), ...); };
    all(std::make_unique<wheel_of<2, u64, 5>>(), std::make_unique<wheel_of<2, u64, 4>>(),
        std::make_unique<wheel_of<2, u64, 3>>(), std::make_unique<wheel_of<2, u64, 2>>(),
        std::make_unique<wheel_of<2, u32, 5>>(), std::make_unique<wheel_of<2, u32, 4>>(),
        std::make_unique<wheel_of<2, u32, 3>>(), std::make_unique<wheel_of<2, u32, 2>>(),
        std::make_unique<wheel_of<many, u64, 5>>(), std::make_unique<wheel_of<many, u32, 3>>(),
        std::make_unique<wheel_of<2, u64, 4, 3>>(), std::make_unique<wheel_of<2, u32, 2, 2>>());
}

TEST_CASE("timer_wheel: the horizon is exact, and goes with the time") {
    const auto all = [](auto... wheel) { (wheel_checks::horizon(*wheel), ...); };
    all(std::make_unique<wheel_of<2, u64, 5>>(), std::make_unique<wheel_of<2, u32, 5>>(),
        std::make_unique<wheel_of<2, u64, 2>>(), std::make_unique<wheel_of<2, u32, 2>>(),
        std::make_unique<wheel_of<2, u64, 5, 2>>(), std::make_unique<wheel_of<2, u32, 4, 3>>(),
        std::make_unique<wheel_of<2, u64, 3, 4>>(), std::make_unique<wheel_of<2, u32, 2, 2>>());
}

TEST_CASE("timer_wheel: beyond half the range of the ticks is the past") {
    pawl::timer_wheel<2, u32> wheel;
    wheel.start_at(1'000);
    wheel.schedule(0, 1'000U + 0x7FFF'FFFF);
    wheel.schedule(1, 1'000U + 0x8000'0000);
    REQUIRE(wheel.next_due() == 1'000U);
    std::vector<u32> order;
    wheel.advance(1'000, [&](u32 timer) { order.push_back(timer); });
    REQUIRE(order == std::vector<u32>{1});
    REQUIRE(wheel.armed(0));
}

// ---- Counted costs ----

TEST_CASE("timer_wheel: a million timers uniform over an hour: at most 5 moves in any tick") {
    const auto wheel = std::make_unique<pawl::timer_wheel<1'000'000>>();
    const cost all = let_uniform_come(*wheel, 1'000'000, 0, 3'600'000, 1, {});
    REQUIRE(all.moves_worst <= 5);
    REQUIRE(all.moves <= 4'000'000);
    REQUIRE(all.incomplete == 0);
}

TEST_CASE("timer_wheel: where timers are few, the levels take turns") {
    const auto wheel = std::make_unique<pawl::timer_wheel<5'000>>();
    for (u64 seed = 1; seed < 4; ++seed) {  // on levels 1, 2 and 3
        const cost all = let_uniform_come(*wheel, 5'000, seed << 40, 72'000, seed, {});
        REQUIRE(all.moves_worst <= 2);
    }
}

TEST_CASE("timer_wheel: a million timers from one next_wake() to the next, within the budget") {
    const auto wheel = std::make_unique<pawl::timer_wheel<1'000'000>>();
    const auto in_vain = [](const cost& all, u32 moves) {
        // Calls beyond one for each tick at which a timer is due, slot (its beginning and its
        // milestone), and bundle of moves.
        return all.calls >
               all.ticks + 2 * (3'600'000 / 32 + 3'600'000 / 1'024 + 200) + all.moves / moves;
    };
    const cost paced = let_uniform_come(*wheel, 1'000'000, u64{1} << 60, 3'600'000, 1, 8);
    REQUIRE(paced.moves_worst <= 8);
    REQUIRE(paced.incomplete == 0);
    REQUIRE_FALSE(in_vain(paced, 8));
    const cost bundled = let_uniform_come(*wheel, 1'000'000, u64{1} << 61, 3'600'000, 2, 64, 64);
    REQUIRE(bundled.moves_worst <= 64);
    REQUIRE(bundled.incomplete == 0);
    REQUIRE_FALSE(in_vain(bundled, 64));
}

TEST_CASE("timer_wheel: bundles of moves, where the budget is more") {
    const auto wheel = std::make_unique<pawl::timer_wheel<20'000>>();
    wheel->start_at(1);
    for (u32 timer = 0; timer < 20'000; ++timer) {
        wheel->schedule(timer, 2'000 + timer * 5);
    }
    u32 large = 0;  // calls that move more than a bundle, and a tick's share of the other levels
    while (const auto wake = wheel->next_wake(16)) {
        const auto done = wheel->advance(*wake, nothing, {.moves_a_wake = 16});
        REQUIRE(done.complete);
        REQUIRE(done.moved <= 3 * 16);  // a bundle a level
        large += done.moved > 16 + 3 ? 1 : 0;
    }
    REQUIRE(large < 100);
    REQUIRE(wheel->now() == 2'000 + 19'999 * 5);
}

TEST_CASE("timer_wheel: 100,000 timers in one tick, in time if a slot's length suffices") {
    const auto wheel = std::make_unique<pawl::timer_wheel<100'000>>();
    // At +5,000 they are on level 2, and come down through one slot of level 1, which is the
    // narrow pass: it may be drained in 32 ticks.
    REQUIRE(wheel_checks::drains_in_time(5, 1, 1) == 32);
    REQUIRE(wheel_checks::drains_in_time(5, 2, 1) == 1'024 - 32);
    for (const u32 moves : {1U, 64U, 1'000U, 2'048U, 4'096U, 5'000U}) {
        CAPTURE(moves);
        const cost all = let_come(
            *wheel, 100'000, u64{moves} << 20, [](u32) { return 5'000U; }, moves);
        REQUIRE(all.moves == 200'000);
        REQUIRE(all.moves_worst <= moves);
        if (wheel_checks::drains_in_time(5, 1, moves) >= 100'000) {
            REQUIRE(all.incomplete == 0);
        } else {  // late, and it says so; all come nevertheless, in order
            REQUIRE(all.incomplete > 0);
            REQUIRE(all.late_worst > 0);
        }
    }
}

TEST_CASE("timer_wheel: 100,000 timers in one coarse slot, in time if a slot's length suffices") {
    const auto wheel = std::make_unique<pawl::timer_wheel<100'000>>();
    for (const u32 moves : {1U, 32U, 64U, 128U, 200U, 256U}) {
        CAPTURE(moves);
        random_source random{moves};
        const u64 start = u64{moves} << 30;
        u32 in_slot[32] = {};  // of level 1
        const cost all = let_come(
            *wheel, 100'000, start,
            [&](u32) {
                const u32 due = random.below(1'024);
                ++in_slot[due / 32];
                return 4 * 1'024 + due;
            },
            moves);
        REQUIRE(all.moves_worst <= moves);
        bool in_time = wheel_checks::drains_in_time(5, 2, moves) >= 100'000;
        for (const u32 timers : in_slot) {
            in_time = in_time && wheel_checks::drains_in_time(5, 1, moves) >= timers;
        }
        REQUIRE(in_time == (moves >= 128));
        REQUIRE((all.incomplete == 0) == in_time);
        REQUIRE((all.late_worst == 0) == in_time);
    }
}

TEST_CASE("timer_wheel: tick by tick, a crowd in one slot is spread over a slot's length") {
    const auto wheel = std::make_unique<pawl::timer_wheel<100'000>>();
    // At most twice the even share, for a power of two takes the place of the division.
    const cost one_tick = let_come(*wheel, 100'000, u64{0}, [](u32) { return 5'000U; }, {});
    REQUIRE(one_tick.moves_worst <= 2 * (100'000 / 32 + 1));
    random_source random{1};
    const cost one_slot = let_come(*wheel, 100'000, u64{1} << 40,
                                   [&](u32) { return 4'096 + random.below(1'024); }, {});
    REQUIRE(one_slot.moves_worst <= 2 * (100'000 / 1'024 + 1) + 1);

    const auto small = std::make_unique<pawl::timer_wheel<200>>();  // not counted
    const cost small_tick = let_come(*small, 200, u64{0}, [](u32) { return 5'000U; }, {});
    REQUIRE(small_tick.moves_worst <= 2 * (200 / 32 + 1));
}

TEST_CASE("timer_wheel: a wheel that does not count, within the budget") {
    const auto wheel = std::make_unique<pawl::timer_wheel<200>>();
    for (const u32 moves : {1U, 4U, 8U, 20U}) {
        for (const u32 timers : {10U, 100U, 200U}) {
            CAPTURE(moves, timers);
            const u64 start = u64{moves} << 20 | u64{timers} << 40;
            const cost one_tick = let_come(
                *wheel, timers, start, [](u32) { return 5'000U; }, moves);
            REQUIRE(one_tick.moves_worst <= moves);
            const bool in_time = wheel_checks::drains_in_time(5, 1, moves) >= timers;
            REQUIRE((one_tick.incomplete == 0) == in_time);

            random_source random{timers};
            const cost uniform = let_come(
                *wheel, timers, start, [&](u32) { return 1 + random.below(100'000); }, moves);
            REQUIRE(uniform.moves_worst <= moves);
        }
    }
}

TEST_CASE("timer_wheel: a coarse slot that drains does not hide a finer one that is to") {
    const auto run = [](auto& wheel) {
        for (u32 timer = 0; timer < 100; ++timer) {
            wheel.schedule(timer, 2 * 32'768 + 20'000);  // on level 3
        }
        wheel.advance(32'768, nothing);  // from now on they drain
        for (u32 timer = 100; timer < 200; ++timer) {
            wheel.schedule(timer, 32'768 + 70);  // on level 1: 4 moves a tick take them in time
        }
        while (wheel.armed(199)) {
            const auto done = wheel.advance(*wheel.next_wake(4), nothing, {.moves = 4});
            REQUIRE(done.complete);
        }
        REQUIRE(wheel.now() == 32'768 + 70);
    };
    run(*std::make_unique<pawl::timer_wheel<200>>());
    run(*std::make_unique<pawl::timer_wheel<300>>());
}

TEST_CASE("timer_wheel: a jump costs the events in it") {
    const auto wheel = std::make_unique<pawl::timer_wheel<many>>();
    random_source random{3};
    u64 last = 0;
    for (u32 timer = 0; timer < 20; ++timer) {
        last = u64{1} << (2 * timer + 2);
        wheel->schedule(timer, last);
    }
    u32 fired = 0;
    const auto done = wheel->advance(last + 5, [&](u32 timer) { REQUIRE(timer == fired++); });
    REQUIRE(done.complete);
    REQUIRE(done.fired == 20);
    // A timer moves at most once a level: 2^40 is on level 8.
    REQUIRE(done.moved <= 20 * 8);
    const auto nothing_due = wheel->advance(last + (u64{1} << 60), nothing);
    REQUIRE(nothing_due.complete);
    REQUIRE(nothing_due.moved + nothing_due.fired == 0);
}

TEST_CASE("timer_wheel: an idle wheel does nothing but keep the time") {
    const auto is_idle = [](const auto& done) {
        return done.complete && done.fired == 0 && done.moved == 0 && done.late == 0;
    };
    pawl::timer_wheel<many> wheel;
    for (const u64 target : {0ULL, 1ULL, 1ULL, 31ULL, 32ULL, 33ULL, 5'000ULL, 1ULL << 50}) {
        REQUIRE(is_idle(wheel.advance(target, nothing, {.fires = 0, .moves = 0})));
        REQUIRE(wheel.now() == target);
        REQUIRE_FALSE(wheel.next_due());
        REQUIRE_FALSE(wheel.next_wake(1));
    }
    // A timer that is far away has nothing done for it either.
    const u64 now = wheel.now();
    wheel.schedule(7, now + (u64{1} << 40));
    for (u32 tick = 1; tick <= 5'000; ++tick) {
        REQUIRE(is_idle(wheel.advance(now + tick, nothing, {.fires = 0, .moves = 0})));
        REQUIRE(wheel.now() == now + tick);
    }
    REQUIRE(wheel.steps_back() == 0);
}

// ---- Time ----

TEST_CASE("timer_wheel: a clock that steps back is counted, and time stays") {
    const auto run = [](auto tick) {
        using tick_type = decltype(tick);
        pawl::timer_wheel<4, tick_type> wheel;
        const auto start = static_cast<tick_type>(0 - tick_type{50});  // and across the wrap
        const auto at = [&](u32 ahead) { return static_cast<tick_type>(start + ahead); };
        wheel.start_at(start);
        wheel.schedule(0, at(100));
        wheel.schedule(1, at(200));
        u32 fired = 0;
        const auto count = [&](u32) { ++fired; };
        wheel.advance(at(150), count);
        REQUIRE(fired == 1);
        REQUIRE(wheel.steps_back() == 0);
        for (const u32 back : {149U, 100U, 0U}) {
            const auto done = wheel.advance(at(back), count);
            REQUIRE(done.complete);
            REQUIRE(done.late == 0);
            REQUIRE(wheel.now() == at(150));
        }
        REQUIRE(wheel.steps_back() == 3);
        wheel.advance(at(150), count);  // the same time again is no step
        REQUIRE(wheel.steps_back() == 3);
        REQUIRE(fired == 1);
        wheel.advance(at(199), count);
        REQUIRE(fired == 1);
        wheel.advance(at(200), count);
        REQUIRE(fired == 2);
    };
    run(u64{0});
    run(u32{0});
}

TEST_CASE("timer_wheel: an empty wheel starts at any time") {
    pawl::timer_wheel<4, u32> wheel;
    random_source random{1};
    for (int round = 0; round < 1'000; ++round) {
        const auto present = static_cast<u32>(random());
        wheel.start_at(present);
        REQUIRE(wheel.now() == present);
        const u32 due = present + 1 + static_cast<u32>(random.of_bits(30));
        wheel.schedule(0, due);
        wheel.start_at(present + 77);  // not any more
        REQUIRE(wheel.now() == present);
        wheel.advance(due - 1, nothing);
        REQUIRE(wheel.armed(0));
        wheel.advance(due, nothing);
        REQUIRE_FALSE(wheel.armed(0));
    }
    REQUIRE(wheel.steps_back() == 0);
}

TEST_CASE("timer_wheel: a budget that ends says how late it is, and the next call goes on") {
    pawl::timer_wheel<many> wheel;
    for (u32 timer = 0; timer < 10; ++timer) {
        wheel.schedule(timer, 10 * timer);
    }
    u32 next = 0;
    const auto in_order = [&](u32 timer) {
        REQUIRE(timer == next++);
        REQUIRE(wheel.due(timer) == 10 * timer);
        REQUIRE(wheel.now() == 10 * timer);
    };
    auto done = wheel.advance(95, in_order, {.fires = 3});
    REQUIRE(done.fired == 3);
    REQUIRE_FALSE(done.complete);
    REQUIRE(done.late == 95 - 30);  // at tick 30, where the fourth timer waits
    REQUIRE(wheel.now() == 30);
    REQUIRE(wheel.next_due() == u64{30});
    done = wheel.advance(50, in_order, {.fires = 3});  // earlier than before, but no step back
    REQUIRE(done.fired == 3);
    REQUIRE(done.complete);
    REQUIRE(wheel.steps_back() == 0);
    done = wheel.advance(95, in_order);
    REQUIRE(done.fired == 4);
    REQUIRE(done.complete);
    REQUIRE(done.late == 0);
    REQUIRE(wheel.now() == 95);
}

TEST_CASE("timer_wheel: a callback that re-arms for the past does not hold advance() for ever") {
    pawl::timer_wheel<2> wheel;
    wheel.schedule(0, 0);
    wheel.schedule(1, 0);
    u32 counts[2] = {};
    wheel.advance(10, [&](u32 timer) {
        ++counts[timer];
        REQUIRE(wheel.now() + 1 == counts[timer]);  // ticks 0 to 10, once each
        wheel.schedule(timer, timer == 0 ? 0 : wheel.now());
    });
    REQUIRE(counts[0] == 11);
    REQUIRE(counts[1] == 11);
}

TEST_CASE("timer_wheel: the earlier of two deadlines, or the new one") {
    pawl::timer_wheel<3> wheel;
    using rule = pawl::wheel_reschedule;
    REQUIRE(wheel.reschedule(0, 50, rule::keep_earlier));  // was not armed
    REQUIRE(wheel.reschedule(1, 50, rule::move));
    REQUIRE_FALSE(wheel.reschedule(0, 60, rule::keep_earlier));
    REQUIRE(wheel.due(0) == 50);
    // The same deadline: stays before timer 1, while a move would put it behind.
    REQUIRE_FALSE(wheel.reschedule(0, 50, rule::keep_earlier));
    std::string order;
    const auto note = [&](u32 timer) { order += static_cast<char>('0' + timer); };
    wheel.advance(50, note);
    REQUIRE(order == "01");

    wheel.schedule(0, 70);
    wheel.schedule(1, 70);
    wheel.schedule(2, 90);
    REQUIRE(wheel.reschedule(0, 70));
    REQUIRE(wheel.reschedule(2, 65, rule::keep_earlier));
    order.clear();
    wheel.advance(100, note);
    REQUIRE(order == "210");
}

TEST_CASE("timer_wheel: the earlier of two deadlines, where one is past") {
    using rule = pawl::wheel_reschedule;
    // In a callback a past deadline means the next tick, which is later than this one.
    pawl::timer_wheel<2, u32> wheel;
    wheel.schedule(0, 10);
    wheel.schedule(1, 10);
    u32 fired = 0;
    wheel.advance(10, [&](u32 timer) {
        REQUIRE(timer == fired++);
        if (timer == 0) {
            REQUIRE_FALSE(wheel.reschedule(1, 3, rule::keep_earlier));
        }
    });
    REQUIRE(fired == 2);
    // What is past is earlier than any deadline, however far both are.
    wheel.schedule(0, 10 + pawl::timer_wheel<2, u32>::horizon);
    REQUIRE(wheel.reschedule(0, 3, rule::keep_earlier));
    REQUIRE(wheel.next_due() == 10U);
}

TEST_CASE("timer_wheel: a callback that starts the empty wheel elsewhere makes no timer early") {
    pawl::timer_wheel<2> wheel;
    wheel.schedule(0, 10);
    std::vector<u32> order;
    wheel.advance(10, [&](u32 timer) {
        order.push_back(timer);
        if (timer == 0) {
            wheel.start_at(64 * 100);
            wheel.schedule(1, 64 * 100 + 10);  // in the same place of the ring
        }
    });
    REQUIRE(order == std::vector<u32>{0});
    REQUIRE(wheel.armed(1));
}

// ---- As a value ----

// The table in the header: bytes of a timer, and of the slots beside them.
template <class Tick, unsigned DigitBits, u32 Timers>
constexpr bool takes(std::size_t timer_bytes, std::size_t slots_bytes) {
    return sizeof(pawl::timer_wheel<Timers, Tick, DigitBits>) == timer_bytes * Timers + slots_bytes;
}
static_assert(takes<u64, 5, 16>(16, 3'472));
static_assert(takes<u64, 5, 100'000>(16, 6'800));
static_assert(takes<u32, 5, 16>(8, 976));
static_assert(takes<u32, 5, 1'020>(8, 1'872));
static_assert(takes<u32, 5, 1'024>(12, 3'664));
static_assert(takes<u32, 4, 16>(8, 568));
static_assert(takes<u32, 4, 2'044>(8, 1'080));
static_assert(takes<u32, 4, 2'048>(12, 2'104));
static_assert(takes<u32, 3, 16>(8, 396));
static_assert(takes<u32, 3, 4'092>(8, 748));
static_assert(takes<u32, 2, 16>(8, 296));
static_assert(takes<u32, 2, 4'096>(12, 1'064));

// The wheel is a value of the compiler's too.
constexpr bool works_at_compile_time() {
    pawl::timer_wheel<4, u32> wheel;
    wheel.start_at(0xFFFF'FF00);
    wheel.schedule(2, 0xFFFF'FF00 + 1'000);
    wheel.schedule(1, 0xFFFF'FF00 + 1'000);
    wheel.schedule(3, 0xFFFF'FF00 + 40);
    wheel.schedule(0, 0xFFFF'FF00 + 500);
    wheel.cancel(0);
    wheel.reschedule(3, 0xFFFF'FF00 + 900);
    u32 order = 0;
    const auto note = [&](u32 timer) { order = order * 10 + timer; };
    const auto done = wheel.advance(0xFFFF'FF00 + 950, note, {.fires = 1});
    wheel.advance(0xFFFF'FF00 + 950, note);
    if (done.complete != true || !wheel.next_due() || !wheel.next_wake(4)) {
        return false;
    }
    wheel.advance(5'000, note);
    return order == 321 && !wheel.next_due();
}
static_assert(works_at_compile_time());

TEST_CASE("timer_wheel: zero bytes are an empty wheel") {
    using wheel_type = pawl::timer_wheel<many, u32>;
    static_assert(std::is_trivially_copyable_v<wheel_type>);
    wheel_type wheel;
    random_source random{5};
    for (int round = 0; round < 20; ++round) {
        std::memset(static_cast<void*>(&wheel), 0, sizeof(wheel));
        REQUIRE(wheel.now() == 0);
        REQUIRE(wheel.steps_back() == 0);
        REQUIRE_FALSE(wheel.next_due());
        for (u32 timer = 0; timer < many; ++timer) {
            REQUIRE_FALSE(wheel.armed(timer));
            wheel.schedule(timer, random.below(100'000));
        }
        u32 last = 0;
        u32 fired = 0;
        wheel.advance(50'000, [&](u32 timer) {
            REQUIRE(wheel.due(timer) >= last);
            last = wheel.due(timer);
            ++fired;
        });
        wheel.advance(10, nothing);  // a step back
        REQUIRE(fired > 0);
        REQUIRE(wheel.next_due().has_value() == (fired < many));
    }
}
