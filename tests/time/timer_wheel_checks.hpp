// SPDX-License-Identifier: BSL-1.0
//
// timer_wheel_checks: a timer wheel beside a sorted map, as a program without a test framework.
//
// Used by timer_wheel_test.cpp, by timer_wheel_long_test.cpp for more of it, and by the mutants of
// the wheel (tests/mutants/timer_wheel_mutants.cpp), which have to compile fast.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

namespace wheel_checks {

// What is being run, for the report of a failure.
inline const char* running = "";
inline std::uint64_t seed_running = 0;

// Most checks are made in callbacks of advance(), which throw nothing: a failure ends the program.
inline void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("check failed: %s (%s, seed %llu)\n", what, running,
                    static_cast<unsigned long long>(seed_running));
        std::fflush(stdout);
        std::abort();
    }
}

// SplitMix64: as good as the standard's generators for this, and fast without optimisation, too.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_{seed} {}
    std::uint64_t operator()() {
        state_ += 0x9E37'79B9'7F4A'7C15;
        std::uint64_t bits = state_;
        bits = (bits ^ bits >> 30) * 0xBF58'476D'1CE4'E5B9;
        bits = (bits ^ bits >> 27) * 0x94D0'49BB'1331'11EB;
        return bits ^ bits >> 31;
    }
    // A number below `limit`.
    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(((*this)() >> 32) * limit >> 32);
    }
    // A number of at most this many bits, all of these numbers of bits alike.
    std::uint64_t of_bits(unsigned bits_max) {
        const unsigned bits = below(bits_max + 1);
        return bits == 0 ? 0 : (*this)() >> (64 - bits) | std::uint64_t{1} << (bits - 1);
    }

private:
    std::uint64_t state_;
};

// Any wheel, with ticks of 64 bits that it cuts to its own width: the programs below are compiled
// once, not once a wheel.
class any_wheel {
public:
    struct progress {
        std::uint32_t fired;
        std::uint32_t moved;
        bool complete;
        std::uint64_t late;
    };
    class fire {
    public:
        virtual void operator()(std::uint32_t timer) = 0;

    protected:
        ~fire() = default;
    };

    const std::uint32_t capacity;
    const unsigned tick_bits;
    const unsigned digit_bits;
    const unsigned levels;
    const std::uint64_t horizon;

    any_wheel(std::uint32_t timers, unsigned of_tick, unsigned of_digit, unsigned level_count,
              std::uint64_t farthest)
        : capacity{timers},
          tick_bits{of_tick},
          digit_bits{of_digit},
          levels{level_count},
          horizon{farthest} {}
    any_wheel(const any_wheel&) = delete;
    any_wheel& operator=(const any_wheel&) = delete;
    virtual ~any_wheel() = default;

    virtual bool schedule(std::uint32_t timer, std::uint64_t due) = 0;
    virtual bool schedule_in_two_steps(std::uint32_t timer, std::uint64_t due) = 0;
    virtual bool reschedule(std::uint32_t timer, std::uint64_t due,
                            pawl::wheel_reschedule rule) = 0;
    virtual bool cancel(std::uint32_t timer) = 0;
    [[nodiscard]] virtual bool armed(std::uint32_t timer) const = 0;
    [[nodiscard]] virtual std::uint64_t due(std::uint32_t timer) const = 0;
    [[nodiscard]] virtual std::uint64_t now() const = 0;
    virtual void start_at(std::uint64_t present) = 0;
    virtual progress advance(std::uint64_t target, fire& on_fire, pawl::wheel_budget budget) = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> next_due() const = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> next_wake(std::uint32_t moves) const = 0;

    // A tick as the wheel sees it.
    [[nodiscard]] std::uint64_t cut(std::uint64_t tick) const {
        return tick & (~std::uint64_t{0} >> (64 - tick_bits));
    }
};

template <std::uint32_t Capacity, class Tick, unsigned DigitBits,
          unsigned Levels = pawl::wheel_levels<Tick, DigitBits>>
class wheel_of final : public any_wheel {
public:
    wheel_of()
        : any_wheel{Capacity, sizeof(Tick) * 8, DigitBits, Levels,
                    pawl::timer_wheel<Capacity, Tick, DigitBits, Levels>::horizon} {}

    bool schedule(std::uint32_t timer, std::uint64_t due) override {
        return wheel_.schedule(timer, static_cast<Tick>(due));
    }
    bool schedule_in_two_steps(std::uint32_t timer, std::uint64_t due) override {
        wheel_.set_due(timer, static_cast<Tick>(due));
        return wheel_.schedule(timer);
    }
    bool reschedule(std::uint32_t timer, std::uint64_t due, pawl::wheel_reschedule rule) override {
        return wheel_.reschedule(timer, static_cast<Tick>(due), rule);
    }
    bool cancel(std::uint32_t timer) override { return wheel_.cancel(timer); }
    [[nodiscard]] bool armed(std::uint32_t timer) const override { return wheel_.armed(timer); }
    [[nodiscard]] std::uint64_t due(std::uint32_t timer) const override {
        return wheel_.due(timer);
    }
    [[nodiscard]] std::uint64_t now() const override { return wheel_.now(); }
    void start_at(std::uint64_t present) override { wheel_.start_at(static_cast<Tick>(present)); }
    progress advance(std::uint64_t target, fire& on_fire, pawl::wheel_budget budget) override {
        const auto done = wheel_.advance(
            static_cast<Tick>(target), [&](std::uint32_t timer) { on_fire(timer); }, budget);
        return {done.fired, done.moved, done.complete, done.late};
    }
    [[nodiscard]] std::optional<std::uint64_t> next_due() const override {
        return wheel_.next_due();
    }
    [[nodiscard]] std::optional<std::uint64_t> next_wake(std::uint32_t moves) const override {
        return wheel_.next_wake(moves);
    }

private:
    pawl::timer_wheel<Capacity, Tick, DigitBits, Levels> wheel_;
};

// Timers in the order of their deadlines, and of arming among equal ones: a multimap keeps equal
// keys in the order of insertion. Times are counted from the start; they never wrap here.
class sorted_map {
public:
    explicit sorted_map(std::uint32_t timers) : nodes_(timers), places_(timers) {
        for (std::uint32_t timer = 0; timer < timers; ++timer) {
            nodes_[timer] = order_.extract(order_.emplace(0, timer));
        }
    }

    [[nodiscard]] bool armed(std::uint32_t timer) const { return nodes_[timer].empty(); }
    [[nodiscard]] std::uint64_t due(std::uint32_t timer) const { return places_[timer]->first; }
    [[nodiscard]] bool empty() const { return order_.empty(); }
    [[nodiscard]] std::uint64_t first_due() const { return order_.begin()->first; }
    [[nodiscard]] std::uint32_t first() const { return order_.begin()->second; }

    void arm(std::uint32_t timer, std::uint64_t due) {
        nodes_[timer].key() = due;
        places_[timer] = order_.insert(std::move(nodes_[timer]));
    }
    void disarm(std::uint32_t timer) { nodes_[timer] = order_.extract(places_[timer]); }

private:
    using map = std::multimap<std::uint64_t, std::uint32_t>;
    map order_;
    std::vector<map::node_type> nodes_;  // of timers that are not armed; no memory comes and goes
    std::vector<map::iterator> places_;
};

// The wheel and the map side by side. Times are counted from the start.
class rig : private any_wheel::fire {
public:
    rig(any_wheel& wheel, std::uint64_t start)
        : wheel_{wheel}, map_{wheel.capacity}, start_{start} {
        wheel_.start_at(start);
    }

    [[nodiscard]] const any_wheel& wheel() const { return wheel_; }
    [[nodiscard]] std::uint64_t start() const { return start_; }
    [[nodiscard]] std::uint64_t now() const { return now_; }
    [[nodiscard]] bool empty() const { return map_.empty(); }
    [[nodiscard]] bool armed(std::uint32_t timer) const { return map_.armed(timer); }
    [[nodiscard]] std::uint64_t fired() const { return fired_; }

    // `ahead` may be negative.
    void schedule(std::uint32_t timer, std::int64_t ahead, bool in_two_steps) {
        if (map_.armed(timer)) {
            check(wheel_.armed(timer), "an armed timer is armed");
            check(wheel_.due(timer) == tick(map_.due(timer)), "its deadline is its own");
            return;
        }
        const bool armed = in_two_steps ? wheel_.schedule_in_two_steps(timer, due_tick(ahead))
                                        : wheel_.schedule(timer, due_tick(ahead));
        check(armed == within_horizon(ahead),
              "what is beyond the horizon, and only that, is not "
              "armed");
        if (armed) {
            map_.arm(timer, due_time(ahead));
        }
        check(wheel_.armed(timer) == armed, "armed: as schedule() says");
    }

    void reschedule(std::uint32_t timer, std::int64_t ahead, pawl::wheel_reschedule rule) {
        bool counts = true;
        if (map_.armed(timer)) {
            counts = rule == pawl::wheel_reschedule::move || due_time(ahead) < map_.due(timer);
            if (counts) {
                map_.disarm(timer);
            }
        }
        if (counts && within_horizon(ahead)) {
            map_.arm(timer, due_time(ahead));
        } else {
            counts = false;
        }
        check(wheel_.reschedule(timer, due_tick(ahead), rule) == counts,
              "reschedule: whether the new deadline counts");
        check(wheel_.armed(timer) == map_.armed(timer), "reschedule: armed");
    }

    void cancel(std::uint32_t timer) {
        check(wheel_.cancel(timer) == map_.armed(timer), "cancel: whether it was armed");
        if (map_.armed(timer)) {
            map_.disarm(timer);
        }
        check(!wheel_.armed(timer), "cancel: not armed any more");
    }

    // One call. True if it came to its end.
    template <class OnFire>
    bool advance(std::uint64_t target, pawl::wheel_budget budget, OnFire on_fire) {
        target_ = target;
        const std::uint64_t before = now_;
        const std::uint64_t fired_before = fired_;
        const auto call = [](void* body, std::uint32_t timer) {
            (*static_cast<OnFire*>(body))(timer);
        };
        call_ = call;
        body_ = &on_fire;
        const auto done = wheel_.advance(tick(target), *this, budget);
        check(done.fired == fired_ - fired_before, "advance: it says how many it handed out");
        check(done.fired <= budget.fires, "advance: within the budget of fires");
        check(done.moved <= budget.moves, "advance: within the budget of moves");
        check(wheel_.cut(tick(target) - wheel_.now()) == done.late, "advance: how late it is");
        check(done.late <= target - before, "advance: time does not go back, and not too far");
        now_ = target - done.late;
        check(map_.empty() || map_.first_due() >= now_, "nothing is left behind");
        if (done.complete) {
            check(done.late == 0, "complete: not late");
            check(map_.empty() || map_.first_due() > target, "complete: all that was due came");
        } else {
            check(done.fired == budget.fires || done.moved == budget.moves,
                  "not complete: only when a budget is used up");
        }
        return done.complete;
    }

    // When next_due() and next_wake() say, as times; after checking that they are not late, and
    // not absurd.
    std::uint64_t next_due() {
        const auto next = wheel_.next_due();
        check(next.has_value() == !map_.empty(), "next_due: if and only if a timer is armed");
        if (!next) {
            return now_ + 1;
        }
        const std::uint64_t first = map_.first_due();
        const std::uint64_t due = now_ + wheel_.cut(*next - tick(now_));
        check(due <= first, "next_due: never late");
        bool begins_its_slot = false;
        for (unsigned bits = 0; bits < wheel_.tick_bits; bits += wheel_.digit_bits) {
            begins_its_slot |= *next == (tick(first) >> bits << bits);
        }
        check(begins_its_slot, "next_due: the deadline, or the beginning of its slot");
        return due;
    }
    std::uint64_t next_wake(std::uint32_t moves) {
        const auto next = wheel_.next_wake(moves);
        const std::uint64_t due = next_due();
        check(next.has_value() == !map_.empty(), "next_wake: if and only if a timer is armed");
        if (!next) {
            return now_ + 1;
        }
        const std::uint64_t wake = now_ + wheel_.cut(*next - tick(now_));
        check(wake <= due, "next_wake: never later than next_due");
        return wake;
    }

private:
    [[nodiscard]] std::uint64_t tick(std::uint64_t time) const { return wheel_.cut(start_ + time); }
    [[nodiscard]] std::uint64_t due_tick(std::int64_t ahead) const {
        return wheel_.cut(start_ + now_ + static_cast<std::uint64_t>(ahead));
    }
    [[nodiscard]] std::uint64_t due_time(std::int64_t ahead) const {
        const std::int64_t soonest = in_callback_ ? 1 : 0;
        return now_ + static_cast<std::uint64_t>(ahead < soonest ? soonest : ahead);
    }
    [[nodiscard]] bool within_horizon(std::int64_t ahead) const {
        return ahead <= 0 || static_cast<std::uint64_t>(ahead) <= wheel_.horizon;
    }

    void operator()(std::uint32_t timer) override {
        check(!map_.empty(), "a timer came that was not armed");
        check(map_.first() == timer, "the order of the deadlines, and of arming among equals");
        check(map_.first_due() <= target_, "never early");
        check(map_.first_due() >= now_, "nothing is left behind");
        now_ = map_.first_due();
        check(wheel_.now() == tick(now_), "a timer comes at its own tick");
        check(!wheel_.armed(timer), "a timer is disarmed when it comes");
        check(wheel_.due(timer) == tick(now_), "a callback sees the deadline");
        map_.disarm(timer);
        ++fired_;
        in_callback_ = true;
        call_(body_, timer);
        in_callback_ = false;
    }

    any_wheel& wheel_;
    sorted_map map_;
    std::uint64_t start_;
    std::uint64_t now_ = 0;
    std::uint64_t target_ = 0;
    std::uint64_t fired_ = 0;
    bool in_callback_ = false;
    void (*call_)(void*, std::uint32_t) = nullptr;
    void* body_ = nullptr;
};

// ---- Random programs ----

// Who moves time, and how far.
enum class drive { mixed, by_ticks, by_next_due, by_next_wake };

struct program {
    drive how;
    unsigned bits_max;  // of distances
    std::uint32_t steps;
};

class random_program {
public:
    random_program(any_wheel& wheel, std::uint64_t start, std::uint64_t seed, program what)
        : both_{wheel, start},
          random_{seed},
          how_{what.how},
          bits_max_{what.bits_max},
          moves_{1 + random_.below(random_.below(2) == 0 ? 4 : 70)},
          moves_a_wake_{random_.below(2) == 0 ? moves_ : random_.below(2)} {
        seed_running = seed;
        for (std::uint64_t& meeting : meetings_) {
            meeting = random_.of_bits(bits_max_);
        }
        for (std::uint32_t step = 0; step < what.steps && both_.now() >> 62 == 0; ++step) {
            switch (random_.below(8)) {
                case 0:
                case 1: move_time(); break;
                default: change(); break;
            }
        }
        while (!both_.empty()) {
            const bool ends = how_ != drive::by_next_wake;
            const pawl::wheel_budget budget{.moves = ends ? pawl::wheel_budget::unlimited : moves_};
            const std::uint64_t until = ends ? both_.next_due() : both_.next_wake(moves_);
            check(until > both_.now() || (until == both_.now() && !advanced_),
                  "after a complete call, the next one is later");
            advanced_ = false;
            bool complete = false;
            while (!complete) {
                complete = both_.advance(until, budget, [](std::uint32_t) {});
            }
            advanced_ = true;
        }
        check(both_.fired() > 0, "the program did something");
    }

private:
    [[nodiscard]] std::uint32_t any_timer() { return random_.below(both_.wheel().capacity); }

    // How far a deadline is ahead. Beyond half the range of the ticks it would be in the past.
    [[nodiscard]] std::int64_t ahead() {
        const auto farthest = static_cast<std::int64_t>(both_.wheel().cut(~std::uint64_t{0}) / 2);
        const std::int64_t any = any_ahead();
        return any < farthest ? any : farthest;
    }
    [[nodiscard]] std::int64_t any_ahead() {
        const unsigned digit = both_.wheel().digit_bits;
        switch (random_.below(8)) {
            case 0: return static_cast<std::int64_t>(random_.below(6)) - 3;
            case 1:
            case 2: {  // where others meet, or will
                std::uint64_t& meeting = meetings_[random_.below(4)];
                if (meeting < both_.now()) {
                    meeting = both_.now() + random_.of_bits(bits_max_);
                }
                return static_cast<std::int64_t>(meeting - both_.now());
            }
            case 3: {  // a power of the radix
                const unsigned bits = digit * random_.below(bits_max_ / digit + 1);
                return static_cast<std::int64_t>((std::uint64_t{1} << bits) + random_.below(3)) - 1;
            }
            case 4: {  // where slots begin and end
                const unsigned bits = digit * random_.below(bits_max_ / digit + 1);
                const std::uint64_t tick = both_.start() + both_.now();
                const std::uint64_t next = ((tick >> bits) + 1 + random_.below(3))
                                           << bits;  // may wrap: so may the tick
                return static_cast<std::int64_t>(next - tick + random_.below(3)) - 1;
            }
            default: return static_cast<std::int64_t>(random_.of_bits(bits_max_));
        }
    }

    void change() {
        switch (random_.below(8)) {
            case 0: both_.cancel(any_timer()); break;
            case 1: both_.reschedule(any_timer(), ahead(), pawl::wheel_reschedule::move); break;
            case 2:
                both_.reschedule(any_timer(), ahead(), pawl::wheel_reschedule::keep_earlier);
                break;
            case 3: both_.schedule(any_timer(), ahead(), true); break;
            default: both_.schedule(any_timer(), ahead(), false); break;
        }
        advanced_ = false;
    }

    void on_fire(std::uint32_t timer) {
        switch (random_.below(8)) {
            case 0: both_.schedule(timer, ahead(), false); break;
            case 1:
                change();
                change();
                break;
            case 2: both_.cancel(any_timer()); break;
            default: break;
        }
    }

    void advance(std::uint64_t target, pawl::wheel_budget budget) {
        const auto fire = [this](std::uint32_t timer) { on_fire(timer); };
        while (!both_.advance(target, budget, fire)) {
            if (random_.below(2) == 0) {
                change();  // between two parts of one advance()
            }
            both_.next_wake(moves_);
        }
        check(both_.next_wake(moves_) > both_.now(), "after a complete call, the next is later");
        advanced_ = true;
    }

    void move_time() {
        pawl::wheel_budget budget;
        if (random_.below(2) == 0) {
            budget = {.fires = 1 + random_.below(3), .moves = moves_};
        }
        drive how = how_;
        if (how == drive::mixed) {
            how = static_cast<drive>(random_.below(4));
        }
        const std::uint64_t due = both_.next_due();
        const std::uint64_t wake = both_.next_wake(moves_);
        switch (how) {
            case drive::mixed:
            case drive::by_ticks:
                if (how_ == drive::mixed && random_.below(2) == 0) {
                    advance(both_.now() + random_.of_bits(bits_max_), budget);
                    break;
                }
                for (std::uint32_t ticks = random_.below(24); ticks != 0; --ticks) {
                    advance(both_.now() + 1, budget);
                }
                break;
            case drive::by_next_due: advance(due, budget); break;
            case drive::by_next_wake:
                budget.moves = moves_;
                budget.moves_a_wake = moves_a_wake_;
                advance(wake, budget);
                break;
        }
    }

    rig both_;
    random_source random_;
    drive how_;
    unsigned bits_max_;
    std::uint32_t moves_;         // a budget, and what next_wake() is asked for
    std::uint32_t moves_a_wake_;  // the same, or 1, or 0
    std::uint64_t meetings_[4];   // times at which many timers are due
    bool advanced_ = false;       // nothing has been changed since time moved
};

// Programs of every kind on one wheel; `rounds` times `steps` steps of each.
inline void random_programs(std::unique_ptr<any_wheel> (*make)(), std::uint32_t seed,
                            std::uint32_t rounds, std::uint32_t steps) {
    running = "random programs";
    for (std::uint32_t round = 0; round < rounds; ++round) {
        random_source random{seed + round};
        for (const drive how :
             {drive::mixed, drive::by_ticks, drive::by_next_due, drive::by_next_wake}) {
            const auto wheel = make();
            const unsigned digits = wheel->digit_bits;
            // Where ticks come one by one, farther deadlines than these never come down.
            const unsigned scales[] = {digits + 1, 2 * digits + 1, 3 * digits, 4 * digits,
                                       wheel->tick_bits - 2};
            unsigned scale = scales[random.below(how == drive::by_ticks ? 3 : 5)];
            scale = scale < wheel->tick_bits - 2 ? scale : wheel->tick_bits - 2;
            // The beginning, and just before the ticks wrap, a slot ends, the top digit changes.
            const std::uint64_t starts[] = {
                0,
                0 - std::uint64_t{1} - random.below(1'000),
                (std::uint64_t{1} << (digits * (2 + random.below(4)))) - 1 - random.below(40),
                (std::uint64_t{1} << (wheel->tick_bits - 1 - random.below(3))) - random.below(3),
                random(),
            };
            random_program{
                *wheel, wheel->cut(starts[random.below(5)]), random(), {how, scale, steps}};
        }
    }
}

// A wheel that is made anew for each program.
template <class Wheel>
std::unique_ptr<any_wheel> make() {
    return std::make_unique<Wheel>();
}

// ---- Deadlines at the edges of slots ----

// One timer, a power of the radix ahead, one less or one more; from several starts; reached by
// next_due() alone, which a timer that moves down once a level answers at most once a level.
inline void powers(any_wheel& wheel) {
    running = "powers of the radix";
    const std::uint64_t radix = std::uint64_t{1} << wheel.digit_bits;
    const std::uint64_t starts[] = {0,
                                    1,
                                    radix - 1,
                                    radix * radix - 1,
                                    radix * radix * radix - radix - 1,
                                    wheel.cut(~std::uint64_t{0}) - radix,
                                    wheel.cut(~std::uint64_t{0}),
                                    wheel.cut(~std::uint64_t{0}) / 2,
                                    wheel.cut(0x5A5A'5A5A'5A5A'5A5A)};
    for (const std::uint64_t start : starts) {
        for (unsigned bits = 0; bits < wheel.tick_bits - 1; ++bits) {
            for (const std::uint64_t offset :
                 {~std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1}}) {
                seed_running = bits;
                const std::uint64_t ahead = (std::uint64_t{1} << bits) + offset;
                rig both{wheel, start};
                both.schedule(0, static_cast<std::int64_t>(ahead), false);
                if (!both.armed(0)) {
                    continue;  // beyond the horizon, which the rig has checked
                }
                const auto none = [](std::uint32_t) {};
                if (bits % 2 == 0 && ahead > 0) {
                    both.advance(ahead - 1, {}, none);
                    check(both.fired() == 0, "not early by a tick");
                }
                unsigned calls = 0;
                while (!both.empty()) {
                    both.advance(both.next_due(), {}, none);
                    ++calls;
                }
                check(both.now() == ahead && calls <= wheel.levels, "one call a level");
            }
        }
    }
}

// The farthest deadline, and the one after, from any present; the horizon goes with the time.
inline void horizon(any_wheel& wheel) {
    running = "horizon";
    const unsigned bits = wheel.digit_bits * wheel.levels;
    const bool whole_range = bits >= wheel.tick_bits - 1;
    check(wheel.horizon ==
              (whole_range ? wheel.cut(~std::uint64_t{0}) / 2 : (std::uint64_t{1} << bits) - 1),
          "the horizon is what the header says");
    random_source random{1};
    rig both{wheel, random()};
    for (std::uint32_t round = 0; round < 200; ++round) {
        seed_running = round;
        both.schedule(0, static_cast<std::int64_t>(wheel.horizon), round % 2 == 0);
        check(both.armed(0), "armed at the horizon");
        if (!whole_range) {
            both.schedule(1, static_cast<std::int64_t>(wheel.horizon + 1), round % 2 == 0);
            check(!both.armed(1), "not armed beyond the horizon");
        }
        const auto none = [](std::uint32_t) {};
        both.next_due();
        if (round % 4 == 0) {
            both.cancel(0);
            both.advance(both.now() + 1 + random.of_bits(2 * wheel.digit_bits), {}, none);
        } else {
            both.advance(both.now() + wheel.horizon - 1, {}, none);
            check(both.armed(0), "not early by a tick");
            both.advance(both.now() + 1, {}, none);
            check(!both.armed(0), "not late");
        }
        if (both.now() >> 61 != 0) {
            break;
        }
    }
}

// ---- Crowds: what a tick costs, counted ----

struct cost {
    std::uint64_t calls = 0;
    std::uint64_t ticks = 0;  // at which a timer came
    std::uint64_t moves = 0;
    std::uint32_t moves_worst = 0;  // of one call
    std::uint64_t incomplete = 0;   // calls
    std::uint64_t late_worst = 0;   // ticks
};

// Arms timer after timer for start + ahead(timer), lets them all come, and checks that each comes
// once, at its own tick, and in the order of arming among equals. Moves: the budget of a call, and
// what next_wake() is asked for. None: every tick is a call.
// A call that a budget ended is followed by the next one a tick later.
template <class Wheel, class Ahead>
cost let_come(Wheel& wheel, std::uint32_t timers, typename Wheel::tick start, Ahead ahead,
              std::optional<std::uint32_t> moves, std::uint32_t moves_a_wake = 0) {
    using tick = typename Wheel::tick;
    wheel.start_at(start);
    std::vector<tick> dues(timers);
    for (std::uint32_t timer = 0; timer < timers; ++timer) {
        dues[timer] = static_cast<tick>(start + static_cast<tick>(ahead(timer)));
        check(wheel.schedule(timer, dues[timer]), "armed");
    }
    cost all;
    tick target = start;
    std::uint32_t left = timers;
    std::uint32_t last = timers;
    bool complete = true;
    while (left != 0) {
        const auto soonest = static_cast<tick>(target + (complete ? 0 : 1));
        if (moves) {
            const auto wake = wheel.next_wake(*moves);
            check(wake.has_value(), "next_wake: there are timers");
            const bool is_past = static_cast<std::make_signed_t<tick>>(*wake - soonest) < 0;
            target = is_past ? soonest : *wake;
        } else {
            target = static_cast<tick>(target + 1);
        }
        const pawl::wheel_budget budget{.moves = moves.value_or(pawl::wheel_budget::unlimited),
                                        .moves_a_wake = moves_a_wake};
        const auto done = wheel.advance(
            target,
            [&](std::uint32_t timer) {
                check(wheel.now() == dues[timer], "a timer comes at its own tick");
                check(!complete || all.incomplete != 0 || target == dues[timer],
                      "a timer comes in a call for its own tick");
                check(last == timers || dues[last] != dues[timer] || last < timer,
                      "the order of arming among equals");
                all.ticks += last == timers || dues[last] != dues[timer] ? 1U : 0U;
                last = timer;
                --left;
            },
            budget);
        complete = done.complete;
        check(done.moved <= budget.moves, "within the budget of moves");
        check(!complete || (done.late == 0 && wheel.now() == target), "complete: not late");
        ++all.calls;
        all.moves += done.moved;
        all.moves_worst = done.moved > all.moves_worst ? done.moved : all.moves_worst;
        all.incomplete += complete ? 0 : 1;
        all.late_worst = done.late > all.late_worst ? done.late : all.late_worst;
    }
    check(!wheel.next_due(), "nothing is left");
    check(!wheel.next_wake(1), "nothing is left");
    return all;
}

// Uniform over `span` ticks.
template <class Wheel>
cost let_uniform_come(Wheel& wheel, std::uint32_t timers, typename Wheel::tick start,
                      std::uint32_t span, std::uint64_t seed, std::optional<std::uint32_t> moves,
                      std::uint32_t moves_a_wake = 0) {
    running = "uniform";
    seed_running = seed;
    random_source random{seed};
    return let_come(
        wheel, timers, start, [&](std::uint32_t) { return 1 + random.below(span); }, moves,
        moves_a_wake);
}

// How many timers of one slot `moves` a tick take down in time, when nothing else has to move: the
// slot may be drained from the beginning of the slot before it on, and until one slot of the level
// below is left (on level 1: one tick; further up, one tick more). next_wake() divides by the power
// of two that `moves` is at least.
inline std::uint64_t drains_in_time(unsigned digit_bits, unsigned level, std::uint32_t moves) {
    const std::uint64_t child = std::uint64_t{1} << (digit_bits * (level - 1));
    const std::uint64_t ticks = (child << digit_bits) - child + (level > 1 ? 0 : 1);
    return std::bit_floor(moves) * ticks;
}

}  // namespace wheel_checks
