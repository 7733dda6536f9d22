// SPDX-License-Identifier: BSL-1.0
//
// platform: the one policy type through which pawl meets a machine.
//
// Everything that differs between a server, a game loop, a Cortex-M0 and a test lives behind this
// type: the 32-bit word that is atomic where it has to be, the two clocks, sleeping and waking, and
// threads if there are any. No virtual function, no macro, no global: a platform is a template
// argument, an object of it lies inside the scheduler, and a stateless one takes no bytes there.
//
// What a platform provides (the concept below checks it, `basic_std_platform` shows it):
//
//   word         a 32-bit unsigned integer with the members of std::atomic<std::uint32_t> that pawl
//                uses: load, store, exchange, compare_exchange_{weak,strong},
//                fetch_{add,sub,or,and}. Zero-initialised by default. It is plain memory where
//                nothing runs concurrently. Every atomic of pawl is one, which is what lets a test
//                drive the real code through every interleaving with a `word` of its own.
//   duration     what the monotonic clock counts in, a std::chrono::duration
//   time_point   of the monotonic clock: what `now()` returns and deadlines are given in
//   tick         the resolution of the timer wheel, a duration at least as coarse as `duration`.
//                Deadlines are rounded up to it; a finer one costs nothing while idle.
//   now()        the monotonic clock; never goes back
//   wall_now()   the calendar clock, a std::chrono::sys_time of milliseconds or seconds; may be set
//                either way. A platform without it has no calendar jobs.
//   now_error    how much later than `now()` says it may really be: zero for a clock that is exact
//                or far finer than a tick, one tick where a timer interrupt counts. Added to every
//                delay, so that no job is ever early.
//   calendar_sleep_max  the longest sleep while calendar jobs exist, so that a wall clock that was
//                set is noticed; duration::max() where it cannot be set unseen
//   has_threads  whether `thread` exists; then also thread_count(), the number of cores, and
//   yield() thread       start(entry, argument), join(), is_current()
//   thread_number()  optional: a number of the calling thread's own, from 1 (until 2^32 have been)
//   fence()      optional: a sequentially consistent fence between threads; else the language's
//   spin_max     optional: how long a thread that has just run something looks for more before it
//                sleeps, a duration; and relax(), what it does between two looks
//   fetch_for_writing(p)  optional: asks for the line of memory at p, and does not wait for it
// and one of two ways to sleep. With a system that lets a sleeper be woken by name:
//   parker       one sleeper's permit; see park() and unpark()
//   park(p), park_until(p, t)   sleep until p is unparked, or t comes. A permit that was given
//                before is taken at once: deciding to sleep and falling asleep are one step.
//   unpark(p)    give p its permit and wake it. From any thread or interrupt.
// On one core whose interrupts submit, where any interrupt wakes it (bare_metal.hpp):
//   sleep_until(t, busy)  sleeps until an interrupt or t (time_point::max(): no deadline), unless
//                busy() is true; no interrupt between that answer and the sleep is slept through
//   critical     an object that keeps the interrupts away that submit, as long as it lives
//   has_compare_exchange  if false, rings and words are made of critical sections
//   may_submit() false where `critical` would not protect
//
// Cost: none of its own. Thread-safety: `now`, `wall_now` and `unpark` are called from anywhere.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <utility>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A word of memory shared between threads or with interrupts.
template <class Word>
concept platform_word = requires(Word word, const Word constant, std::uint32_t value) {
    { constant.load(std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    {word.store(value, std::memory_order_relaxed)};
    { word.exchange(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_add(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_sub(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_or(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_and(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    {
        word.compare_exchange_weak(value, value, std::memory_order_relaxed,
                                   std::memory_order_relaxed)
        } -> std::same_as<bool>;
    {
        word.compare_exchange_strong(value, value, std::memory_order_relaxed,
                                     std::memory_order_relaxed)
        } -> std::same_as<bool>;
};

// Sleepers have permits, and are woken by name.
template <class P>
concept parking_platform = requires(P machine, typename P::parker parker,
                                    typename P::time_point time) {
    { machine.park(parker) }
    noexcept;
    { machine.park_until(parker, time) }
    noexcept;
    { machine.unpark(parker) }
    noexcept;
};

// One core: the main loop sleeps, and whatever submits is an interrupt and wakes it.
template <class P>
concept interrupt_platform =
    !P::has_threads && requires(P machine, typename P::time_point time, bool (*busy)()) {
    typename P::critical;
    { machine.sleep_until(time, busy) }
    noexcept;
    { machine.may_submit() } -> std::same_as<bool>;
    { P::has_compare_exchange } -> std::convertible_to<bool>;
};

template <class P>
concept platform = platform_word<typename P::word> &&
    (parking_platform<P> || interrupt_platform<P>)&&requires(P machine) {
    typename P::duration;
    typename P::tick;
    { machine.now() }
    noexcept->std::same_as<typename P::time_point>;
    { P::now_error } -> std::convertible_to<typename P::duration>;
    { P::calendar_sleep_max } -> std::convertible_to<typename P::duration>;
    { P::has_threads } -> std::convertible_to<bool>;
};

// Knows the date.
template <class P>
concept calendar_platform = requires(const P machine) {
    { machine.wall_now() }
    noexcept;
};

// What the calendar clock counts in: seconds, or milliseconds.
template <class P>
struct wall_duration_of {
    using type = std::chrono::seconds;
};
template <calendar_platform P>
struct wall_duration_of<P> {
    using type = typename decltype(std::declval<const P>().wall_now())::duration;
};
template <class P>
using wall_duration = typename wall_duration_of<P>::type;

// Has no compare-and-swap: what is shared is changed in critical sections.
template <class P>
concept masking_platform = interrupt_platform<P> && !P::has_compare_exchange;

// The calendar clock's type on every hosted platform: milliseconds since 1970 in UTC, right past
// the year 9999.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace PAWL_ABI
}  // namespace pawl
