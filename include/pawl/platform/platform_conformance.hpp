// SPDX-License-Identifier: BSL-1.0
//
// platform_conformance: does a platform of your own keep what platform.hpp asks of it?
//
// What: check_platform() uses a platform as the scheduler would, and says what it finds first: its
// word (word_conformance.hpp), its clocks, and its way to sleep, alone and beside others that
// interrupt. This is how to test a port: one call on the board, before anything else. It finds a
// critical section that does not mask or does not nest, a word that is not atomic, a clock that
// goes back, a sleep that loses a wake-up, a permit that is forgotten.
//
// Who interrupts: only the caller knows how to cause that. `others(act, with)` has act(with) called
// once by an interrupt, or a thread, that may submit. It may return before, and must not wait.
//
//   namespace {
//   void (*volatile act_of_test)(void*);                 // by software: any interrupt will do
//   void* volatile with_of_test;
//   }
//   extern "C" void EXTI0_IRQHandler() { act_of_test(with_of_test); }
//
//   board machine;
//   const auto verdict = pawl::check_platform(machine, [](void (*act)(void*), void* with) {
//       act_of_test = act;
//       with_of_test = with;
//       NVIC_SetPendingIRQ(EXTI0_IRQn);
//   });
//   if (!verdict) { report(verdict.violation); }         // a sentence
//
// An object may say more, with members beside its call operator:
//   begin(act, with), end()   act(with) is called again and again in between, by an interrupt whose
//                 moment nobody chooses (the clock's will do) or a thread. Only with them is it
//                 seen whether words are atomic: 64 calls while the main loop changes the same ones
//   static constexpr bool is_call = true   what it causes is called on the spot, even where
//                 interrupts are masked: then what depends on that is not checked
// Where nobody else submits (a loop, virtual time) it is check_platform(machine); so it is on a
// platform with threads, which brings its own.
//
// Before it is called, the clock and its interrupt have to be started. Where the calendar can be
// set, it is set and set back.
//
// What it cannot see. That a sleep saves energy. A wake-up that is lost only between two certain
// instructions: it causes interrupts where they hurt, in the last look before the sleep, and not
// everywhere (tests/firmware/window_test.sh aims at each instruction). Memory orders between cores
// as far as this machine does not show them. If it does not return, something sleeps for ever: each
// step is a function of its own, by whose name a debugger tells which.
//
// Cost: some 13 KB of flash on a Cortex-M0 and 400 bytes of stack; no heap, no output. Who may
// call: the main loop, or one thread, while nobody else uses the platform.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/platform/word_conformance.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Nobody runs beside the caller.
struct nobody_else {};

// Those who do are the platform's own threads.
template <class P>
class threads_beside {
public:
    threads_beside() noexcept = default;
    threads_beside(const threads_beside&) = delete;
    threads_beside& operator=(const threads_beside&) = delete;
    ~threads_beside() { join(); }

    void operator()(void (*act)(void*), void* with) noexcept { start(act, with, &once); }
    void begin(void (*act)(void*), void* with) noexcept {
        goes_on_.store(1, std::memory_order_relaxed);
        start(act, with, &again_and_again);
    }
    void end() noexcept {
        goes_on_.store(0, std::memory_order_relaxed);
        join();
    }

private:
    void start(void (*act)(void*), void* with, void (*entry)(void*)) noexcept {
        join();
        act_ = act;
        with_ = with;
        runs_ = thread_.start(entry, this);
    }
    void join() noexcept {
        if (std::exchange(runs_, false)) {
            thread_.join();
        }
    }
    static void once(void* self) {
        auto& me = *static_cast<threads_beside*>(self);
        me.act_(me.with_);
    }
    static void again_and_again(void* self) {
        auto& me = *static_cast<threads_beside*>(self);
        while (me.goes_on_.load(std::memory_order_relaxed) != 0) {
            me.act_(me.with_);
        }
    }

    typename P::thread thread_;
    void (*act_)(void*) = nullptr;
    void* with_ = nullptr;
    bool runs_ = false;
    typename P::word goes_on_;
};

// The steps of check_platform(). Each returns true if it went well.
template <platform P, class Others>
class platform_conformance {
public:
    platform_conformance(P& machine, Others& others) noexcept
        : machine_{machine}, others_{others} {}
    platform_conformance(const platform_conformance&) = delete;
    platform_conformance& operator=(const platform_conformance&) = delete;

    platform_verdict run() noexcept {
        static_cast<void>(has_what_is_declared() && word() && clock_goes_on() && calendar() &&
                          runs_threads() && sleeps() && is_beside());
        return verdict_;
    }

private:
    using word_type = typename P::word;
    using duration = typename P::duration;
    using time_point = typename P::time_point;
    using tick = typename P::tick;
    using act = void (*)(platform_conformance&);

    static constexpr bool has_others = !std::is_same_v<Others, nobody_else>;
    static constexpr bool is_manual = requires { P::is_manual; };
    static constexpr bool is_call = [] {
        if constexpr (requires { Others::is_call; }) {
            return static_cast<bool>(Others::is_call);
        }
        return false;
    }();
    static constexpr bool calls_on = requires(Others & others) { others.end(); };

    // After so long, what should have happened will not: no test of speed, but of a platform.
    static constexpr duration patience =
        std::chrono::duration_cast<duration>(std::chrono::seconds{60});
    // A clock that is read so often has to have moved.
    static constexpr std::uint32_t looks_max = 5'000'000;
    // Looks before who waits goes to sleep, so that time passes on a core on which it does only
    // then.
    static constexpr std::uint32_t looks_awake = 1000;
    // Of what would last a tick each time if it went wrong.
    static constexpr std::uint32_t sleeps_tried = 32;
    static constexpr std::uint32_t handovers = 100;
    static constexpr std::uint32_t calls_beside = 64;
    static constexpr std::uint32_t changes_beside = 4096;

    bool require(bool condition, const char* violation) noexcept {
        ++verdict_.checks;
        if (!condition && verdict_.violation == nullptr) {
            verdict_.violation = violation;
        }
        return condition;
    }

    // ---- Time, which may wrap -------------------------------------------------------------------

    using rep = typename duration::rep;
    using bits = std::make_unsigned_t<rep>;
    static duration between(time_point from, time_point to) noexcept {
        return duration{static_cast<rep>(static_cast<bits>(to.time_since_epoch().count()) -
                                         static_cast<bits>(from.time_since_epoch().count()))};
    }
    static time_point after(time_point time, duration step) noexcept {
        return time_point{duration{static_cast<rep>(
            static_cast<bits>(time.time_since_epoch().count()) + static_cast<bits>(step.count()))}};
    }
    static bool reached(time_point due, time_point now) noexcept {
        return between(due, now).count() >= 0;
    }
    [[nodiscard]] bool lost_patience(time_point since) noexcept {
        return between(since, machine_.now()) >= patience;
    }
    [[nodiscard]] std::uint32_t ticks_since(time_point since) noexcept {
        return static_cast<std::uint32_t>(
            std::chrono::floor<tick>(between(since, machine_.now())).count());
    }

    // Lets time pass: on a core that has nothing else, by its sleep.
    void rest() noexcept {
        if constexpr (interrupt_platform<P>) {
            machine_.sleep_until(after(machine_.now(), duration{1}),
                                 []() noexcept { return false; });
        } else if constexpr (P::has_threads) {
            P::yield();
        }
    }

    // Until the word is this number; false if it never is.
    [[nodiscard]] bool await(const word_type& place, std::uint32_t number) noexcept {
        const time_point begin = machine_.now();
        // acquire: what was written before, where that is no atomic.
        for (std::uint32_t looks = 0; place.load(std::memory_order_acquire) != number; ++looks) {
            if (looks >= looks_awake) {
                rest();
            }
            if (lost_patience(begin)) {
                return false;
            }
        }
        return true;
    }

    // ---- Others ---------------------------------------------------------------------------------

    // Has step(*this) called by somebody else; ended_ counts those that have returned.
    void cause(act step) noexcept {
        step_ = step;
        others_(&called, this);
    }
    static void called(void* self) noexcept {
        auto& me = *static_cast<platform_conformance*>(self);
        me.step_(me);
        // release: what it has written.
        me.ended_.fetch_add(1, std::memory_order_release);
    }
    // Waits for what was caused, which is the caller's `number` in this step.
    [[nodiscard]] bool await_end(std::uint32_t number) noexcept { return await(ended_, number); }
    void forget() noexcept {
        ended_.store(0, std::memory_order_relaxed);
        flag_.store(0, std::memory_order_relaxed);
        plain_ = 0;
    }

    // ---- What needs no time ---------------------------------------------------------------------

    bool has_what_is_declared() noexcept {
        static_assert(std::is_nothrow_copy_constructible_v<P>,
                      "pawl: a scheduler keeps a copy of its platform");
        static_assert(std::is_trivially_destructible_v<P>,
                      "pawl: a scheduler without workers has no destructor, nor has its platform");
        static_assert(std::ratio_greater_equal_v<typename tick::period, typename duration::period>,
                      "pawl: a tick is at least as coarse as the clock");
        static_assert(P::calendar_sleep_max > duration::zero());
        return require(P::now_error >= duration::zero(), "now_error is negative");
    }

    bool word() noexcept {
        const platform_verdict found = check_word<word_type>();
        verdict_.checks += found.checks;
        verdict_.violation = found.violation;
        return found.ok();
    }

    // ---- Clocks ---------------------------------------------------------------------------------

    bool clock_goes_on() noexcept {
        const time_point first = machine_.now();
        if constexpr (is_manual) {
            const time_point later = after(first, std::chrono::duration_cast<duration>(tick{3}));
            machine_.elapse_until(later);
            const bool arrived = machine_.now() == later;
            machine_.elapse_until(first);
            return require(arrived, "elapse_until() does not move the clock there") &&
                   require(machine_.now() == later, "elapse_until() moves the clock back");
        } else {
            time_point last = first;
            std::uint32_t moves = 0;
            std::uint32_t back = 0;
            for (std::uint32_t looks = 0; moves < 4 || looks < 2 * looks_awake; ++looks) {
                const time_point now = machine_.now();
                const duration step = between(last, now);
                moves += step > duration::zero() ? 1U : 0U;
                back += step < duration::zero() ? 1U : 0U;
                last = now;
                if (looks % looks_awake == looks_awake - 1) {
                    rest();
                }
                if (looks > looks_max) {
                    return require(false, "now() stands still");
                }
            }
            return require(back == 0, "now() goes back");
        }
    }

    bool calendar() noexcept {
        if constexpr (calendar_platform<P>) {
            using std::chrono::sys_days;
            using std::chrono::year;
            using wall = decltype(std::as_const(machine_).wall_now());
            const wall first = std::as_const(machine_).wall_now();
            if (!require(
                    first >= sys_days{year{1970} / 1 / 1} && first < sys_days{year{9999} / 12 / 31},
                    "wall_now() is outside of the years 1970 to 9999")) {
                return false;
            }
            if constexpr (requires(P & machine, wall time) { machine.set_wall(time); }) {
                const time_point begin = machine_.now();
                const bool is_set = sets_wall(wall{sys_days{year{2099} / 12 / 31}}) &&
                                    sets_wall(wall{sys_days{year{1970} / 1 / 2}});
                const duration meanwhile = between(begin, machine_.now());
                machine_.set_wall(first +
                                  std::chrono::duration_cast<typename wall::duration>(meanwhile));
                return require(is_set, "set_wall() sets wall_now() to something else") &&
                       require(meanwhile >= duration::zero() && meanwhile < patience,
                               "set_wall() moves now()");
            }
        }
        return true;
    }
    template <class Wall>
    [[nodiscard]] bool sets_wall(Wall time) noexcept {
        machine_.set_wall(time);
        const Wall now = std::as_const(machine_).wall_now();
        return now >= time && now - time < std::chrono::seconds{60};
    }

    // ---- Sleeping where interrupts wake ---------------------------------------------------------

    bool sleeps() noexcept {
        if constexpr (interrupt_platform<P>) {
            return nests() && knows_where_it_is() && keeps_interrupts_away() && looks_once_more() &&
                   loses_no_interrupt() && wakes_at_deadline();
        } else {
            return parks_until_deadline() && keeps_permits() && is_unparked();
        }
    }

    bool nests() noexcept {
        if constexpr (interrupt_platform<P>) {
            {
                const typename P::critical outer;
                { const typename P::critical inner; }
                { const typename P::critical inner; }
            }
            const typename P::critical again;
        }
        return true;  // it came back
    }

    bool knows_where_it_is() noexcept {
        if constexpr (interrupt_platform<P>) {
            if (!require(machine_.may_submit(), "may_submit() is false in the main loop")) {
                return false;
            }
            if constexpr (tells_interrupts) {
                if (!require(!machine_.in_interrupt(), "in_interrupt() is true in the main loop")) {
                    return false;
                }
            }
            if constexpr (has_others) {
                forget();
                cause([](platform_conformance& me) {
                    me.may_submit_ = me.machine_.may_submit();
                    if constexpr (tells_interrupts) {
                        me.was_told_ = me.machine_.in_interrupt();
                    }
                });
                return require(await_end(1), "what others should do is never done") &&
                       require(may_submit_, "may_submit() is false in an interrupt that may") &&
                       require(!tells_interrupts || was_told_ || is_call,
                               "in_interrupt() is false in an interrupt");
            }
        }
        return true;
    }
    static constexpr bool tells_interrupts = requires(P & machine) { machine.in_interrupt(); };

    bool keeps_interrupts_away() noexcept {
        if constexpr (interrupt_platform<P> && has_others && !is_call) {
            forget();
            bool early = false;
            bool ended_by_inner = false;
            bool again = false;
            {
                const typename P::critical outer;
                cause(&sets_flag);
                early = came_while_looking();
                { const typename P::critical inner; }
                ended_by_inner = came_while_looking();
            }
            const bool came = await_end(1);
            // The handler, too, was in one.
            {
                const typename P::critical outer;
                cause(&sets_flag);
                again = ended_.load(std::memory_order_relaxed) != 1;
            }
            return require(!early, "an interrupt comes while a `critical` lives") &&
                   require(!ended_by_inner, "the end of a nested `critical` ends the outer one") &&
                   require(came, "what a `critical` has kept away never comes") &&
                   require(!again, "a `critical` does not mask after one in an interrupt") &&
                   require(await_end(2),
                           "what a `critical` has kept away the second time never "
                           "comes");
        }
        return true;
    }
    static void sets_flag(platform_conformance& me) noexcept {
        // Where a critical section is a lock, it is this that it keeps away.
        const typename P::critical mine;
        me.flag_.fetch_add(1, std::memory_order_relaxed);
    }
    [[nodiscard]] bool came_while_looking() noexcept {
        bool came = false;
        for (std::uint32_t look = 0; look < looks_awake; ++look) {
            static_cast<void>(machine_.now());
            came = flag_.load(std::memory_order_relaxed) != 0 || came;
        }
        return came;
    }

    // How many ticks go by in so many calls; `each` of what is measured.
    template <class Each>
    [[nodiscard]] std::uint32_t ticks_of_many(Each&& each) noexcept {
        const time_point begin = machine_.now();
        for (std::uint32_t i = 0; i < sleeps_tried; ++i) {
            each();
        }
        return ticks_since(begin);
    }
    // A sleep lasts a tick at least, or to the next interrupt; where ticks are finer than some
    // instructions, what is done beside the sleep tells.
    static constexpr bool slept(std::uint32_t ticks, std::uint32_t awake) noexcept {
        return ticks > sleeps_tried / 2 + 4 * awake;
    }
    [[nodiscard]] time_point far_away() noexcept {
        return after(machine_.now(), std::chrono::duration_cast<duration>(std::chrono::seconds{1}));
    }

    bool looks_once_more() noexcept {
        if constexpr (interrupt_platform<P>) {
            std::uint32_t asked = 0;
            const auto busy = [&asked]() noexcept {
                ++asked;
                return true;
            };
            const std::uint32_t awake = ticks_of_many([&] { static_cast<void>(busy()); });
            asked = 0;
            const std::uint32_t ticks =
                ticks_of_many([&] { machine_.sleep_until(far_away(), busy); });
            return require(asked >= sleeps_tried,
                           "sleep_until() does not ask whether it is busy") &&
                   require(!slept(ticks, awake), "sleep_until() sleeps although it is busy");
        }
        return true;
    }

    // An interrupt comes after the last look, and before the sleep.
    bool loses_no_interrupt() noexcept {
        if constexpr (interrupt_platform<P> && has_others && !is_call) {
            const auto look_and_cause = [this]() noexcept {
                const bool seen = flag_.load(std::memory_order_relaxed) != 0;
                if (!std::exchange(caused_, true)) {
                    cause(&sets_flag);
                }
                return seen;
            };
            std::uint32_t missing = 0;
            const auto in_time = [&](auto&& sleep) {
                if (missing != 0) {
                    return;
                }
                forget();
                caused_ = false;
                sleep();
                missing += await_end(1) ? 0U : 1U;
            };
            const std::uint32_t awake =
                ticks_of_many([&] { in_time([&] { static_cast<void>(look_and_cause()); }); });
            const std::uint32_t ticks = ticks_of_many(
                [&] { in_time([&] { machine_.sleep_until(far_away(), look_and_cause); }); });
            return require(missing == 0, "an interrupt that came before the sleep is lost") &&
                   require(!slept(ticks, awake),
                           "sleep_until() sleeps through an interrupt that came after it asked");
        }
        return true;
    }

    bool wakes_at_deadline() noexcept {
        if constexpr (interrupt_platform<P>) {
            const time_point begin = machine_.now();
            const time_point due =
                after(begin, std::chrono::duration_cast<duration>(tick{3}) + P::now_error);
            std::uint32_t sleeps = 0;
            while (!reached(due, machine_.now()) && sleeps < looks_max) {
                machine_.sleep_until(due, []() noexcept { return false; });
                ++sleeps;
            }
            const bool arrived = sleeps < looks_max;
            machine_.sleep_until(begin, []() noexcept { return false; });  // in the past
            return require(arrived && between(due, machine_.now()) < patience,
                           "sleep_until() does not wake at its deadline");
        }
        return true;
    }

    // ---- Sleeping where permits wake ------------------------------------------------------------

    static constexpr bool gives_permits = parking_platform<P> && has_others && !is_call;

    bool parks_until_deadline() noexcept {
        if constexpr (parking_platform<P>) {
            typename P::parker sleeper;
            const time_point begin = machine_.now();
            machine_.park_until(sleeper, begin);
            machine_.park_until(sleeper,
                                after(begin, -std::chrono::duration_cast<duration>(tick{5})));
            if (!require(between(begin, machine_.now()) >= duration::zero(),
                         "now() goes back in park_until()")) {
                return false;
            }
            const time_point due = after(begin, std::chrono::duration_cast<duration>(tick{3}));
            // May come back early, and with virtual time at once.
            std::uint32_t parks = 0;
            while (!reached(due, machine_.now()) && parks < looks_max &&
                   !(is_manual && parks > 0)) {
                machine_.park_until(sleeper, due);
                ++parks;
            }
            const duration late = between(due, machine_.now());
            return require(parks < looks_max && late < patience,
                           "park_until() does not wake at its deadline");
        }
        return true;
    }

    bool keeps_permits() noexcept {
        if constexpr (gives_permits) {
            typename P::parker sleeper;
            machine_.unpark(sleeper);
            if (!require(parks_briefly(sleeper),
                         "a permit that was given before park_until() is forgotten")) {
                return false;
            }
            machine_.unpark(sleeper);
            machine_.park(sleeper);  // would not return, were it forgotten here
            // Two are one, and who parks takes it. (One that comes back for no reason is allowed.)
            machine_.unpark(sleeper);
            machine_.unpark(sleeper);
            bool waits = false;
            for (std::uint32_t parks = 0; parks < sleeps_tried && !waits; ++parks) {
                const time_point due =
                    after(machine_.now(), std::chrono::duration_cast<duration>(tick{2}));
                machine_.park_until(sleeper, due);
                waits = reached(due, machine_.now());
            }
            return require(waits, "a permit is not taken by who parks");
        }
        return true;
    }
    template <class Parker>
    [[nodiscard]] bool parks_briefly(Parker& sleeper) noexcept {
        const time_point begin = machine_.now();
        machine_.park_until(sleeper, after(begin, patience));
        return !lost_patience(begin);
    }

    // Another one gives the permit, before, while or after this one falls asleep.
    bool is_unparked() noexcept {
        if constexpr (gives_permits) {
            typename P::parker sleeper;
            parker_ = &sleeper;
            forget();
            bool woken = true;
            bool seen = true;
            for (std::uint32_t round = 1; round <= handovers && woken; ++round) {
                cause([](platform_conformance& me) {
                    ++me.plain_;
                    // release: pairs with the acquire of who is woken.
                    me.flag_.fetch_add(1, std::memory_order_release);
                    me.machine_.unpark(*static_cast<typename P::parker*>(me.parker_));
                });
                // Parks in any case: there is, or will be, a permit.
                do {
                    woken = parks_briefly(sleeper);
                } while (woken && flag_.load(std::memory_order_acquire) != round);
                seen = plain_ == round && seen;
                // So that nobody touches the parker after its end.
                woken = woken && await_end(round);
            }
            return require(woken, "unpark() does not wake a sleeper") &&
                   require(seen, "a sleeper that is woken does not see what was written before");
        }
        return true;
    }

    // ---- Threads --------------------------------------------------------------------------------

    bool runs_threads() noexcept {
        if constexpr (P::has_threads) {
            return starts_threads();
        } else {
            return true;
        }
    }

    bool starts_threads() noexcept {
        if constexpr (P::has_threads) {
            struct seat {
                typename P::thread thread;
                std::uint32_t number = 0;
                bool is_itself = false;
                platform_conformance* check = nullptr;
            } seats[2];
            flag_.store(0, std::memory_order_relaxed);
            std::uint32_t started = 0;
            while (started < 2) {
                seat& next = seats[started];
                next.check = this;
                if (!next.thread.start(&sits<seat>, &next)) {
                    break;
                }
                ++started;
            }
            const bool is_other =
                started == 2 && (seats[0].thread.is_current() || seats[1].thread.is_current());
            // release: `thread` is complete; pairs with the acquire in sits().
            flag_.store(1, std::memory_order_release);
            for (std::uint32_t i = 0; i < started; ++i) {
                seats[i].thread.join();
            }
            if (!require(started == 2, "thread.start() fails")) {
                return false;
            }
            if constexpr (requires { P::thread_number(); }) {
                const std::uint32_t mine = P::thread_number();
                if (!require(mine != 0 && seats[0].number != 0 && seats[1].number != 0 &&
                                 seats[0].number != seats[1].number && seats[0].number != mine &&
                                 seats[1].number != mine,
                             "thread_number() is not a number of the thread's own, from 1")) {
                    return false;
                }
            }
            return require(P::thread_count() >= 1, "thread_count() is 0") &&
                   require(!is_other, "is_current() is true of another thread") &&
                   require(seats[0].is_itself && seats[1].is_itself,
                           "is_current() is false of the thread itself, or it has two numbers");
        } else {
            return true;
        }
    }

    template <class Seat>
    static void sits(void* given) {
        Seat& mine = *static_cast<Seat*>(given);
        while (mine.check->flag_.load(std::memory_order_acquire) == 0) {
            P::yield();
        }
        mine.is_itself = mine.thread.is_current();
        if constexpr (requires { P::thread_number(); }) {
            mine.number = P::thread_number();
            mine.is_itself = mine.number == P::thread_number() && mine.is_itself;
        }
    }

    // ---- Beside others that come at any moment --------------------------------------------------

    // Both change the same words in every way there is. What either has done must be there at the
    // end; and both read the clock.
    bool is_beside() noexcept {
        if constexpr (has_others && calls_on) {
            started_ = machine_.now();
            calls_.store(0, std::memory_order_relaxed);
            sum_.store(0, std::memory_order_relaxed);
            compared_.store(0, std::memory_order_relaxed);
            exchanged_.store(0, std::memory_order_relaxed);
            bits_.store(0, std::memory_order_relaxed);
            seen_at_.store(0, std::memory_order_relaxed);
            mixed_ = 0;
            bits_kept_ = true;
            others_.begin(&changes_too, this);
            std::uint32_t changes = 0;
            std::uint32_t mixed = 0;
            bool kept = true;
            bool behind = false;
            bool lost = false;
            while (!lost && (changes < changes_beside ||
                             calls_.load(std::memory_order_relaxed) < calls_beside)) {
                ++changes;
                sum_.fetch_add(3, std::memory_order_relaxed);
                sum_.fetch_sub(2, std::memory_order_relaxed);
                add_by_comparing(compared_);
                const std::uint32_t given = changes << 8;
                mixed ^= given ^ exchanged_.exchange(given, std::memory_order_relaxed);
                kept = (bits_.fetch_or(1, std::memory_order_relaxed) & 1) == 0 && kept;
                kept = (bits_.fetch_and(~std::uint32_t{1}, std::memory_order_relaxed) & 1) != 0 &&
                       kept;
                // acquire: what the other one has read, it has read before.
                const std::uint32_t theirs = seen_at_.load(std::memory_order_acquire);
                behind = static_cast<std::int32_t>(ticks_since(started_) - theirs) < 0 || behind;
                if (changes % looks_awake == 0) {
                    rest();
                    lost = lost_patience(started_);
                }
            }
            others_.end();
            const std::uint32_t calls = calls_.load(std::memory_order_relaxed);
            const std::uint32_t left = exchanged_.load(std::memory_order_relaxed);
            return require(!lost, "what others should do again and again is not done") &&
                   require(sum_.load(std::memory_order_relaxed) == changes + calls,
                           "fetch_add() or fetch_sub() is not atomic") &&
                   require(compared_.load(std::memory_order_relaxed) == changes + calls,
                           "compare_exchange_...() is not atomic") &&
                   require((mixed ^ mixed_ ^ left) == 0, "exchange() is not atomic") &&
                   require(kept && bits_kept_, "fetch_or() or fetch_and() is not atomic") &&
                   require(!behind, "now() is behind what another one has read before");
        }
        return true;
    }
    // The other side; nobody else writes its plain members.
    static void changes_too(void* self) noexcept {
        auto& me = *static_cast<platform_conformance*>(self);
        const std::uint32_t call = me.calls_.load(std::memory_order_relaxed) + 1;
        me.sum_.fetch_add(1, std::memory_order_relaxed);
        add_by_comparing(me.compared_);
        const std::uint32_t given = call & 0xFF;
        me.mixed_ ^= given ^ me.exchanged_.exchange(given, std::memory_order_relaxed);
        const std::uint32_t old =
            call % 2 == 1 ? me.bits_.fetch_or(2, std::memory_order_relaxed)
                          : me.bits_.fetch_and(~std::uint32_t{2}, std::memory_order_relaxed);
        me.bits_kept_ = (old & 2) == (call % 2 == 1 ? 0U : 2U) && me.bits_kept_;
        // release: the clock has been read.
        me.seen_at_.store(me.ticks_since(me.started_), std::memory_order_release);
        me.calls_.store(call, std::memory_order_release);
    }
    static void add_by_comparing(word_type& to) noexcept {
        std::uint32_t seen = to.load(std::memory_order_relaxed);
        while (!to.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
        }
    }

    P& machine_;
    Others& others_;
    platform_verdict verdict_{};

    act step_ = nullptr;
    void* parker_ = nullptr;
    time_point started_{};
    std::uint32_t plain_ = 0;
    std::uint32_t mixed_ = 0;
    bool may_submit_ = false;
    bool was_told_ = false;
    bool caused_ = false;
    bool bits_kept_ = true;
    word_type ended_;
    word_type flag_;
    word_type calls_;
    word_type sum_;
    word_type compared_;
    word_type exchanged_;
    word_type bits_;
    word_type seen_at_;
};

// Where nobody else submits, or a platform's own threads do.
template <platform P>
platform_verdict check_platform(P& machine) noexcept {
    if constexpr (P::has_threads) {
        threads_beside<P> others;
        return platform_conformance<P, threads_beside<P>>{machine, others}.run();
    } else {
        nobody_else others;
        return platform_conformance<P, nobody_else>{machine, others}.run();
    }
}

// With others that interrupt: see above.
template <platform P, class Others>
platform_verdict check_platform(P& machine, Others&& others) noexcept {
    return platform_conformance<P, std::remove_reference_t<Others>>{machine, others}.run();
}

}  // namespace PAWL_ABI
}  // namespace pawl
