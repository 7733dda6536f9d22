// SPDX-License-Identifier: BSL-1.0
//
// explore_platform: the platform on which explorer.hpp drives pawl's real code.
//
// Goal: the same headers that ship, not a model of them, run through every interleaving. Every
// atomic of pawl is a `word` of its platform; this platform's word asks the explorer before each
// operation.
//
// What it has:
//   word     32 bits; First is its value at the beginning, for programs that start elsewhere than
//            at zero (index_ring keeps its words xored, so that First moves all its counters at
//            once)
//   parker   a permit; parking without one blocks the fiber, and a program in which all are blocked
//            fails as a deadlock. What a deadline does is the exploration's choice:
//            explore::deadlines
//   thread   a fiber; with Threads = false there is none, and explore::threads() still starts
//            fibers beside the code, which is how interrupts and other cores come to a `workers =
//            0` program
//   clocks   virtual; start at 0 (2000-01-01 on the calendar) in each schedule, and move only by
//            deadlines and by explore::elapse()
//
// Outside of an exploration the words are plain memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/platform/platform.hpp>

#include "explore/explorer.hpp"

namespace explore {

template <std::uint32_t First = 0>
class word {
public:
    constexpr word() noexcept = default;
    word(const word&) = delete;
    word& operator=(const word&) = delete;

    std::uint32_t load(std::memory_order) const noexcept {
        before(action::load);
        return done(value_, value_);
    }
    void store(std::uint32_t value, std::memory_order) noexcept { apply(action::store, value); }
    std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        return apply(action::exchange, value);
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        before(action::add);
        return done(value_, value_ + value);
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
        before(action::subtract);
        return done(value_, value_ - value);
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        before(action::bit_or);
        return done(value_, value_ | value);
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
        before(action::bit_and);
        return done(value_, value_ & value);
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, std::memory_order,
                                 std::memory_order) noexcept {
        before(action::compare_exchange);
        const std::uint32_t seen = done(value_, value_ == expected ? desired : value_);
        const bool equal = seen == expected;
        expected = seen;
        return equal;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    std::uint32_t apply(action what, std::uint32_t value) noexcept {
        before(what);
        return done(value_, value);
    }

    void before(action what) const noexcept {
        if (engine* const explorer = engine::active; explorer != nullptr) {
            if (object_ == 0) {
                object_ = explorer->new_object();
            }
            explorer->point(
                {.what = what, .writes_object = what != action::load, .object = object_});
        }
    }

    std::uint32_t done(std::uint32_t seen, std::uint32_t left) const noexcept {
        value_ = left;
        if (engine* const explorer = engine::active; explorer != nullptr) {
            explorer->note(seen, left);
        }
        return seen;
    }

    mutable std::uint32_t value_ = First;
    mutable std::uint32_t object_ = 0;  // its number in this schedule, by the order of first use
};

class parker {
    friend struct parking;
    std::uint32_t object_ = 0;
    bool permit_ = false;
};

struct parking {
    static void park(parker& sleeper) noexcept {
        wait(sleeper, {.what = action::park, .writes_object = true});
    }

    static void park_until(parker& sleeper, std::int64_t deadline_ns) noexcept {
        const deadlines mode = engine::active->time_mode();
        wait(sleeper, {.what = action::park_until,
                       .writes_object = true,
                       .reads_clock = mode == deadlines::when_idle,
                       .writes_clock = mode == deadlines::any_time,
                       .deadline_ns = deadline_ns});
    }

    static void unpark(parker& sleeper) noexcept {
        number(sleeper);
        engine::active->point(
            {.what = action::unpark, .writes_object = true, .object = sleeper.object_});
        engine::active->note(sleeper.permit_ ? 1 : 0, 1);
        sleeper.permit_ = true;
    }

private:
    static void number(parker& sleeper) noexcept {
        if (engine::active == nullptr) {
            std::fputs("explore: parking outside of an exploration\n", stderr);
            std::abort();
        }
        if (sleeper.object_ == 0) {
            sleeper.object_ = engine::active->new_object();
        }
    }

    static void wait(parker& sleeper, operation what) noexcept {
        number(sleeper);
        what.object = sleeper.object_;
        what.permit = &sleeper.permit_;
        engine::active->point(what);
        engine::active->note(sleeper.permit_ ? 1 : 0, 0);
        if (!sleeper.permit_) {
            engine::active->let_deadline_come(what.deadline_ns);
        }
        sleeper.permit_ = false;
    }
};

class thread {
public:
    using entry = void (*)(void*);

    [[nodiscard]] bool start(entry function, void* argument) noexcept {
        // The number is set first: the new fiber may ask is_current() before start() returns.
        id_ = engine::active->next_id();
        engine::active->start(function, argument);
        return true;
    }
    void join() noexcept { engine::active->join(std::uint32_t{1} << id_); }
    [[nodiscard]] bool is_current() const noexcept {
        return engine::active != nullptr && engine::active->current() == id_;
    }

private:
    unsigned id_ = threads_max;  // nobody
};

// Starts each function of a range as a thread, and returns when all have ended.
template <class Range>
void threads_of(Range& functions) {
    engine& explorer = *engine::active;
    std::uint32_t started = 0;
    for (auto& function : functions) {
        started |= std::uint32_t{1} << explorer.next_id();
        explorer.start([](void* self) { (*static_cast<decltype(&function)>(self))(); }, &function);
    }
    explorer.join(started);
}

// The same for functions of different types.
template <class... Functions>
void threads(Functions&&... functions) {
    engine& explorer = *engine::active;
    std::uint32_t started = 0;
    const auto start = [&](auto& function) {
        started |= std::uint32_t{1} << explorer.next_id();
        explorer.start([](void* self) { (*static_cast<decltype(&function)>(self))(); },
                       const_cast<void*>(static_cast<const void*>(&function)));
    };
    (start(functions), ...);
    explorer.join(started);
}

struct clock {};
using time_point = std::chrono::time_point<clock, std::chrono::nanoseconds>;

// Moves virtual time forward, as one step that other threads see at any moment.
inline void elapse(std::chrono::nanoseconds step) {
    engine::active->point({.what = action::move_clock, .writes_clock = true});
    engine::active->move_clock(engine::active->clock_ns() + step.count());
}

// What a platform with threads has beyond one without.
struct no_threads {};
struct with_threads {
    using thread = explore::thread;
    static unsigned thread_count() noexcept { return 2; }
};

template <bool Threads = true, std::uint32_t First = 0>
class platform : public std::conditional_t<Threads, with_threads, no_threads> {
public:
    using word = explore::word<First>;
    using duration = std::chrono::nanoseconds;
    using time_point = explore::time_point;
    using tick = std::chrono::milliseconds;
    using parker = explore::parker;

    static constexpr bool has_threads = Threads;
    static constexpr duration now_error{0};
    static constexpr duration calendar_sleep_max = duration::max();

    static time_point now() noexcept {
        if (engine::active == nullptr) {
            return time_point{};
        }
        engine::active->point({.what = action::read_clock, .reads_clock = true});
        return time_point{duration{engine::active->clock_ns()}};
    }

    static pawl::wall_time wall_now() noexcept {
        return pawl::wall_time{
                   std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1}} +
               std::chrono::floor<std::chrono::milliseconds>(now().time_since_epoch());
    }

    static void park(parker& sleeper) noexcept { parking::park(sleeper); }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        parking::park_until(sleeper, deadline.time_since_epoch().count());
    }
    static void unpark(parker& sleeper) noexcept { parking::unpark(sleeper); }

    // Lets somebody else make a step first, if anybody can: a loop that yields until another thread
    // did something ends in every schedule.
    static void yield() noexcept { engine::active->point({.what = action::yield}); }
};

}  // namespace explore

using explore_platform = explore::platform<true>;
using explore_platform_without_threads = explore::platform<false>;

static_assert(pawl::platform<explore_platform>);
static_assert(pawl::platform<explore_platform_without_threads>);
static_assert(sizeof(explore_platform) == 1, "it lies in a scheduler and takes no bytes there");
