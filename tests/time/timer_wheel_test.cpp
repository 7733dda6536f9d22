// The timer wheel against a sorted map.
//
// Goal: every timer is handed out exactly once, at its own tick, in the order of the deadlines and
// of arming among equals, whatever is scheduled, cancelled or re-armed meanwhile. Method: random
// programs run on the wheel and on a std::multimap, whose equal keys keep their order of insertion;
// every hand-out is compared, element by element, tick by tick, in jumps, under budgets and driven
// by next_due(), with ticks of 64 bits and with 32 bits across the wrap, and digits of every width.
#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

namespace {

// Deadlines are kept as 64-bit times since the start; only the wheel sees them wrap.
template <class Tick, unsigned DigitBits = 6>
class rig {
public:
    static constexpr std::uint32_t capacity = 300;

    explicit rig(std::uint64_t start) : now_{start} {
        // In two steps: a 32-bit wheel takes more than half its range for the past.
        wheel_.advance(static_cast<Tick>(start / 2), [](std::uint32_t) {});
        wheel_.advance(static_cast<Tick>(start), [](std::uint32_t) {});
    }

    void schedule(std::uint32_t timer, std::uint64_t due) {
        if (armed_.contains(timer)) {
            return;
        }
        wheel_.schedule(timer, static_cast<Tick>(due));
        armed_[timer] = oracle_.emplace(std::max(due, in_callback_ ? now_ + 1 : now_), timer);
    }

    void cancel(std::uint32_t timer) {
        const bool was_armed = armed_.contains(timer);
        REQUIRE(wheel_.cancel(timer) == was_armed);
        if (was_armed) {
            oracle_.erase(armed_[timer]);
            armed_.erase(timer);
        }
    }

    // Advances wheel and oracle; `on_fire` may schedule and cancel through this rig.
    template <class OnFire>
    void advance(std::uint64_t target, pawl::wheel_budget budget, OnFire on_fire) {
        bool complete = false;
        while (!complete) {
            const auto progress = wheel_.advance(
                static_cast<Tick>(target),
                [&](std::uint32_t timer) {
                    REQUIRE(!oracle_.empty());
                    const auto first = oracle_.begin();
                    REQUIRE(first->second == timer);
                    REQUIRE(first->first <= target);
                    now_ = std::max(now_, first->first);
                    REQUIRE(static_cast<Tick>(now_) == wheel_.now());
                    oracle_.erase(first);
                    armed_.erase(timer);
                    ++count_;
                    in_callback_ = true;
                    on_fire(timer);
                    in_callback_ = false;
                },
                budget);
            REQUIRE(progress.fired <= budget.fires);
            REQUIRE(progress.moved <= budget.moves);
            complete = progress.complete;
        }
        REQUIRE((oracle_.empty() || oracle_.begin()->first > target));
        now_ = target;
    }

    // The distance to what next_due() says, after checking that it is not late.
    std::uint64_t to_next_due() {
        const auto next = wheel_.next_due();
        REQUIRE(next.has_value() == !oracle_.empty());
        if (!next) {
            return 1;
        }
        const auto distance = static_cast<Tick>(*next - static_cast<Tick>(now_));
        REQUIRE(now_ + distance <= oracle_.begin()->first);
        return distance;
    }

    [[nodiscard]] std::uint64_t now() const { return now_; }
    [[nodiscard]] bool empty() const { return oracle_.empty(); }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    pawl::timer_wheel<capacity, Tick, DigitBits> wheel_;
    std::uint64_t now_;
    std::multimap<std::uint64_t, std::uint32_t> oracle_;
    std::map<std::uint32_t, std::multimap<std::uint64_t, std::uint32_t>::iterator> armed_;
    std::size_t count_ = 0;
    bool in_callback_ = false;
};

// The standard's generator, in the one width that the tests compute in.
class random_source {
public:
    explicit random_source(std::uint32_t seed) : engine_{seed} {}
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

private:
    std::mt19937 engine_;
};

// A delay from one of the scales that matter: same tick, small, around powers of the radix, large.
std::uint64_t random_delay(random_source& random, unsigned bits_max) {
    const unsigned bits = random() % (bits_max + 1);
    const std::uint64_t scale = std::uint64_t{1} << bits;
    switch (random() % 4) {
        case 0: return random() % 4;
        case 1: return scale + random() % 3 - (bits > 0 ? 1 : 0);
        default: return (std::uint64_t{random()} << 16 ^ random()) % (scale + 1);
    }
}

template <class Tick, unsigned DigitBits = 6>
void random_program(std::uint32_t seed, std::uint64_t start, unsigned bits_max, int steps) {
    CAPTURE(seed);
    random_source random{seed};
    rig<Tick, DigitBits> both{start};
    const auto any_timer = [&] { return random() % rig<Tick, DigitBits>::capacity; };
    const auto arm = [&] {
        both.schedule(any_timer(), both.now() + random_delay(random, bits_max));
    };
    const auto on_fire = [&](std::uint32_t timer) {
        switch (random() % 8) {
            case 0: both.schedule(timer, both.now() + random_delay(random, bits_max)); break;
            case 1: arm(); break;
            case 2: both.cancel(any_timer()); break;
            default: break;
        }
    };
    for (int step = 0; step < steps; ++step) {
        pawl::wheel_budget budget;
        if (random() % 4 == 0) {
            budget = {.fires = 1 + random() % 3, .moves = 1 + random() % 5};
        }
        switch (random() % 10) {
            case 0:
                both.advance(both.now() + random_delay(random, bits_max), budget, on_fire);
                break;
            case 1: both.advance(both.now() + both.to_next_due(), budget, on_fire); break;
            case 2: both.advance(both.now() + 1, budget, on_fire); break;
            case 3: both.cancel(any_timer()); break;
            default: arm(); break;
        }
    }
    while (!both.empty()) {  // drive the rest by next_due alone
        both.advance(both.now() + both.to_next_due(), {}, [](std::uint32_t) {});
    }
    REQUIRE(both.count() > 0);
}

}  // namespace

TEST_CASE("timer_wheel: random programs equal a sorted map, 64-bit ticks") {
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        random_program<std::uint64_t>(seed, 0, 40, 4'000);
        random_program<std::uint64_t>(seed, (std::uint64_t{1} << 36) - 50, 36, 4'000);
    }
}

TEST_CASE("timer_wheel: random programs equal a sorted map, 32-bit ticks across the wrap") {
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        random_program<std::uint32_t>(seed, (std::uint64_t{1} << 32) - 1'000, 14, 4'000);
        random_program<std::uint32_t>(seed, 5, 30, 4'000);
    }
}

TEST_CASE("timer_wheel: random programs equal a sorted map, narrow digits") {
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
        const std::uint64_t start = (seed & 1) != 0 ? 0xFFFF'F000 : 0x7FFF'FFF0;
        random_program<std::uint32_t, 3>(seed, start, 28, 1'500);
        random_program<std::uint32_t, 4>(seed, start, 28, 1'500);
        random_program<std::uint32_t, 5>(seed, start, 28, 1'500);
        random_program<std::uint64_t, 4>(seed, start, 40, 1'500);
    }
}

// What the memory of a small board is spent on.
static_assert(sizeof(pawl::timer_wheel<16, std::uint32_t, 4>) == 8 * 16 + 280);
static_assert(sizeof(pawl::timer_wheel<1024>) == 16 * 1024 + 11 * 8 + 11 * 64 * 2 + 16);

TEST_CASE("timer_wheel: deadlines around every power of the radix come at their tick") {
    for (unsigned bits = 0; bits < 62; ++bits) {
        for (std::uint64_t start : {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{4'095}}) {
            for (int offset = -1; offset <= 1; ++offset) {
                const std::uint64_t delay =
                    (std::uint64_t{1} << bits) + static_cast<std::uint64_t>(offset);
                pawl::timer_wheel<1> wheel;
                wheel.advance(start, [](std::uint32_t) {});
                wheel.schedule(0, start + delay);
                int count = 0;
                if (delay > 0) {
                    wheel.advance(start + delay - 1, [&](std::uint32_t) { ++count; });
                    REQUIRE(count == 0);
                }
                wheel.advance(start + delay, [&](std::uint32_t) { ++count; });
                REQUIRE(count == 1);
                REQUIRE_FALSE(wheel.next_due());
            }
        }
    }
}

TEST_CASE("timer_wheel: a callback that re-arms for the past does not hold advance() for ever") {
    pawl::timer_wheel<1> wheel;
    wheel.schedule(0, 0);
    int count = 0;
    wheel.advance(10, [&](std::uint32_t timer) {
        ++count;
        wheel.schedule(timer, 0);
    });
    REQUIRE(count == 11);  // ticks 0 to 10, once each
}

// The wheel is a value of the compiler's too: zero bytes, no code to run before main().
constexpr bool works_at_compile_time() {
    pawl::timer_wheel<4, std::uint32_t> wheel;
    wheel.schedule(2, 100);
    wheel.schedule(1, 100);
    std::uint32_t order = 0;
    wheel.advance(1'000, [&](std::uint32_t timer) { order = order * 10 + timer; });
    return order == 21;
}
static_assert(works_at_compile_time());
static_assert(sizeof(pawl::timer_wheel<1'000>) - sizeof(pawl::timer_wheel<1>) <= 24 * 999,
              "24 bytes a timer with 64-bit ticks");
