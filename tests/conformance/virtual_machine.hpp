// SPDX-License-Identifier: BSL-1.0
//
// virtual_machine: a microcontroller on the host, in virtual time, that is right or wrong as asked.
//
// Goal: what is said of platforms on boards can be shown on the host, exactly: which mistake of a
// platform is found, by which sentence. Method: two platforms over one machine. virtual_board has
// critical sections and a sleep that any interrupt ends; virtual_kernel has permits, as tasks of a
// small operating system have. Each has a fault as template argument: the one thing that is wrong.
//
// Interrupts come at *steps*: before an access to a word and after a store, at a look at the clock,
// at the ends of a critical section, in a sleep; there they come if they are pending and not
// masked, in one piece. Time goes on by a millisecond each 64 steps, and jumps while the machine
// sleeps. The board's clock ends its sleep at each millisecond, as SysTick does, so that a wake-up
// that is lost is a millisecond late.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/platform/masked_word.hpp>
#include <pawl/platform/platform.hpp>

namespace conformance {

struct interrupt_request {
    void (*call)(void*) = nullptr;
    void* with = nullptr;
    bool pending = false;
};

class virtual_machine {
public:
    using act = void (*)(void*);

    static void reset() {
        milliseconds = 0;
        wall_ms = first_wall_ms;
        masked = 0;
        in_interrupt = false;
        steps_ = 0;
        random_ = 1;
        next_ = {};
        often_ = {};
    }

    static void step() {
        if (++steps_ % steps_a_millisecond == 0) {
            pass(1);
        }
        deliver();
    }

    // Interrupts, once: at the next step at which it may.
    static void cause(act call, void* with) { next_ = {call, with, true}; }
    // Interrupts at every third step or so: no loop can keep in step with it.
    static void begin(act call, void* with) { often_ = {call, with, true}; }
    static void end() { often_ = {}; }

    static bool pending() { return next_.pending; }

    static void deliver() {
        if (masked != 0 || in_interrupt) {
            return;
        }
        in_interrupt = true;
        if (std::exchange(next_.pending, false)) {
            next_.call(next_.with);
        }
        if (often_.pending && comes_now()) {
            often_.call(often_.with);
        }
        in_interrupt = false;
    }

    static void pass(std::int64_t time_ms) {
        milliseconds += time_ms;
        wall_ms += time_ms;
    }

    static inline std::int64_t milliseconds = 0;
    static inline std::int64_t wall_ms = 0;
    static inline int masked = 0;
    static inline bool in_interrupt = false;

private:
    static bool comes_now() {
        random_ = random_ * 1'664'525 + 1'013'904'223;
        return (random_ >> 16) % 3 == 0;
    }

    static constexpr std::uint32_t steps_a_millisecond = 64;
    static constexpr std::int64_t first_wall_ms = 1'000'000'000'000;  // in 2001

    static inline std::uint32_t steps_ = 0;
    static inline std::uint32_t random_ = 1;
    static inline interrupt_request next_;
    static inline interrupt_request often_;
};

// Who interrupts it.
struct virtual_interrupts {
    void operator()(void (*act)(void*), void* with) const { virtual_machine::cause(act, with); }
    static void begin(void (*act)(void*), void* with) { virtual_machine::begin(act, with); }
    static void end() { virtual_machine::end(); }
};

enum class fault {
    none,
    // Of words.
    word_begins_anywhere,
    word_overwrites_neighbour,
    word_stores_half,
    exchange_returns_new,
    exchange_keeps_old,
    add_returns_new,
    add_saturates,
    subtract_saturates,
    or_adds,
    and_clears,
    compare_ignores_expected,
    compare_looks_at_half,
    compare_tells_nothing,
    compare_stores_always,
    compare_stores_never,
    weak_always_fails,
    word_is_torn_by_add,
    word_is_torn_by_compare,
    word_is_torn_by_exchange,
    word_is_torn_by_or,
    // Of clocks.
    clock_goes_back,
    clock_stands_still,
    clock_is_cached,
    error_is_negative,
    wall_is_of_1900,
    wall_cannot_be_set,
    wall_moves_the_clock,
    // Of critical sections, and sleep.
    critical_masks_nothing,
    critical_does_not_nest,
    critical_is_not_left,
    critical_unmasks_forever,
    interrupt_is_not_told,
    interrupt_is_always_told,
    submission_is_refused,
    submission_is_refused_below,
    sleep_asks_nobody,
    sleep_ignores_answer,
    sleep_looks_unmasked,
    sleep_drops_interrupt,
    sleep_oversleeps,
    // Of permits.
    park_oversleeps,
    park_turns_clock_back,
    unpark_forgets,
    unpark_does_nothing,
    permit_is_not_taken,
};

// A word whose changes are in one piece, but for the fault.
template <fault Fault>
class virtual_word {
public:
    // What lies in the memory, as of a word without an initialiser; or zero.
    virtual_word() noexcept
        : value_{Fault == fault::word_begins_anywhere ? what_lies_at(this) : 0} {}
    virtual_word(const virtual_word&) = delete;
    virtual_word& operator=(const virtual_word&) = delete;

    [[nodiscard]] std::uint32_t load(std::memory_order) const noexcept {
        virtual_machine::step();
        return value_;
    }
    void store(std::uint32_t value, std::memory_order) noexcept {
        virtual_machine::step();
        value_ =
            Fault == fault::word_stores_half ? (value_ & 0xFFFF'0000) | (value & 0xFFFF) : value;
        virtual_machine::step();
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = begin(Fault == fault::word_is_torn_by_exchange);
        if (Fault != fault::exchange_keeps_old) {
            value_ = value;
        }
        if (Fault == fault::word_overwrites_neighbour) {
            (this + 1)->value_ = value;
        }
        return Fault == fault::exchange_returns_new ? value : old;
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = begin(Fault == fault::word_is_torn_by_add);
        value_ = Fault == fault::add_saturates && old + value < old ? 0xFFFF'FFFF : old + value;
        return Fault == fault::add_returns_new ? value_ : old;
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = begin(false);
        value_ = Fault == fault::subtract_saturates && value > old ? 0 : old - value;
        return old;
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = begin(Fault == fault::word_is_torn_by_or);
        value_ = Fault == fault::or_adds ? old + value : old | value;
        return old;
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = begin(false);
        value_ = Fault == fault::and_clears ? old & ~value : old & value;
        return old;
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, std::memory_order,
                                 std::memory_order) noexcept {
        const std::uint32_t old = begin(Fault == fault::word_is_torn_by_compare);
        const std::uint32_t looked_at =
            Fault == fault::compare_looks_at_half ? 0x7FFF'FFFF : 0xFFFF'FFFF;
        const bool equal =
            Fault == fault::compare_ignores_expected || ((old ^ expected) & looked_at) == 0;
        if (Fault == fault::compare_stores_always ||
            (equal && Fault != fault::compare_stores_never)) {
            value_ = desired;
        }
        if (!equal && Fault != fault::compare_tells_nothing) {
            expected = old;
        }
        return equal;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        if (Fault == fault::weak_always_fails) {
            expected = value_;
            return false;
        }
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    // Out of line, or a compiler might say that there is nothing yet, and be right.
    [[gnu::noinline]] static std::uint32_t what_lies_at(void* place) noexcept {
        return *static_cast<volatile std::uint32_t*>(place);
    }
    // Reads; if torn, an interrupt may come between that and the write.
    [[nodiscard]] std::uint32_t begin(bool torn) const noexcept {
        if (!torn) {
            virtual_machine::step();
        }
        const std::uint32_t old = value_;
        if (torn) {
            virtual_machine::step();
        }
        return old;
    }

    std::uint32_t value_;
};

// What both platforms have.
template <fault Fault>
class virtual_clock {
public:
    using duration = std::chrono::duration<std::int32_t, std::milli>;
    using tick = duration;
    using time_point = std::chrono::time_point<virtual_clock, duration>;

    static constexpr bool has_threads = false;
    static constexpr duration now_error{Fault == fault::error_is_negative ? -1 : 0};
    static constexpr duration calendar_sleep_max = duration::max();

    static time_point now() noexcept {
        virtual_machine::step();
        std::int64_t shown = virtual_machine::milliseconds;
        if (Fault == fault::clock_goes_back && ++looks_ % 100 == 0) {
            shown -= 2;
        }
        if (Fault == fault::clock_stands_still) {
            shown = 7;
        }
        // Not behind itself, but behind what an interrupt has read.
        if (Fault == fault::clock_is_cached) {
            shown = virtual_machine::in_interrupt ? shown + 3 : shown;
        }
        return time_point{duration{static_cast<std::int32_t>(static_cast<std::uint32_t>(shown))}};
    }
    static pawl::wall_time wall_now() noexcept {
        const std::int64_t since_1970 = virtual_machine::wall_ms;
        constexpr std::int64_t years_70 = 2'208'988'800'000;
        return pawl::wall_time{std::chrono::milliseconds{
            since_1970 - (Fault == fault::wall_is_of_1900 ? years_70 : 0)}};
    }
    static void set_wall(pawl::wall_time time) noexcept {
        const std::int64_t old = virtual_machine::wall_ms;
        if (Fault != fault::wall_cannot_be_set) {
            virtual_machine::wall_ms = time.time_since_epoch().count();
        }
        if (Fault == fault::wall_moves_the_clock) {
            virtual_machine::milliseconds += (virtual_machine::wall_ms - old) / 100'000;
        }
    }

private:
    static inline std::uint32_t looks_ = 0;
};

// Interrupts submit, any of them wakes. With Masked as on a core without compare-and-swap.
template <fault Fault = fault::none, bool Masked = false>
class virtual_board : public virtual_clock<Fault> {
    using clock = virtual_clock<Fault>;
    using machine = virtual_machine;

public:
    using typename clock::time_point;

    class critical {
    public:
        critical() noexcept {
            machine::step();
            if (Fault != fault::critical_masks_nothing) {
                ++machine::masked;
            }
        }
        ~critical() {
            if (Fault != fault::critical_masks_nothing && Fault != fault::critical_is_not_left) {
                --machine::masked;
            }
            if (Fault == fault::critical_does_not_nest) {
                machine::masked = 0;
            }
            if (Fault == fault::critical_unmasks_forever && machine::in_interrupt) {
                machine::masked = -1;  // the next one does not mask
            }
            if (machine::masked == 0) {
                machine::deliver();
            }
        }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;
    };

    using word = std::conditional_t<Masked, pawl::masked_word<critical>, virtual_word<Fault>>;
    static constexpr bool has_compare_exchange = !Masked;

    template <class Busy>
    static void sleep_until(time_point until, Busy&& busy) noexcept {
        if (Fault == fault::sleep_looks_unmasked) {
            if (!busy()) {
                machine::step();  // it comes here, and what follows is the sleep
                sleep(until);
            }
            return;
        }
        const critical masked;
        const bool is_busy = Fault != fault::sleep_asks_nobody && busy();
        if (is_busy && Fault != fault::sleep_ignores_answer) {
            return;
        }
        if (Fault == fault::sleep_drops_interrupt && machine::pending()) {
            machine::cause([](void*) {}, nullptr);
            return;
        }
        if (!machine::pending()) {
            sleep(until);
        }
    }
    [[nodiscard]] static bool in_interrupt() noexcept {
        return Fault == fault::interrupt_is_always_told ||
               (machine::in_interrupt && Fault != fault::interrupt_is_not_told);
    }
    [[nodiscard]] static bool may_submit() noexcept {
        return Fault != fault::submission_is_refused &&
               !(Fault == fault::submission_is_refused_below && machine::in_interrupt);
    }

private:
    // To the clock's next interrupt. One that is right wakes by what is pending, masked or not.
    static void sleep(time_point) noexcept {
        machine::pass(Fault == fault::sleep_oversleeps ? 3'600'000 : 1);
    }
};

// Tasks have permits. The one whose code this is has all others for interrupts.
template <fault Fault = fault::none>
class virtual_kernel : public virtual_clock<Fault> {
    using clock = virtual_clock<Fault>;
    using machine = virtual_machine;

public:
    using typename clock::duration;
    using typename clock::time_point;
    using word = virtual_word<Fault>;

    struct parker {
        bool given = false;
        bool sleeps = false;
    };

    static void park(parker& sleeper) noexcept { wait(sleeper, time_point::max()); }
    static void park_until(parker& sleeper, time_point until) noexcept {
        if (Fault == fault::park_turns_clock_back) {
            machine::milliseconds -= 3;
        }
        wait(sleeper, until);
    }
    static void unpark(parker& sleeper) noexcept {
        if (Fault == fault::unpark_forgets && !sleeper.sleeps) {
            return;
        }
        if (Fault == fault::unpark_does_nothing && machine::in_interrupt) {
            return;
        }
        sleeper.given = true;
    }

private:
    static void wait(parker& sleeper, time_point until) noexcept {
        machine::step();
        sleeper.sleeps = true;
        const std::int64_t left = (until - clock::now()).count();
        if (!sleeper.given) {
            machine::deliver();
        }
        if (!sleeper.given && left > 0) {
            machine::pass(left + (Fault == fault::park_oversleeps ? 3'600'000 : 0));
        }
        sleeper.sleeps = false;
        if (Fault != fault::permit_is_not_taken) {
            sleeper.given = false;
        }
    }
};

static_assert(pawl::interrupt_platform<virtual_board<>>);
static_assert(pawl::masking_platform<virtual_board<fault::none, true>>);
static_assert(pawl::parking_platform<virtual_kernel<>>);

}  // namespace conformance
