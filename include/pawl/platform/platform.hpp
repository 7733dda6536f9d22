// SPDX-License-Identifier: BSL-1.0
//
// platform: the one policy type through which pawl meets a machine.
//
// Everything that differs between a server, a game loop, a Cortex-M0 and a test lives behind this
// type: the 32-bit word that is atomic where it has to be, the two clocks, sleeping and waking, and
// threads if there are any. No virtual function, no macro, no global: a platform is a template
// argument, an object of it lies inside the scheduler, and a stateless one takes no bytes there.
//
// What a platform provides (platform_check.hpp checks it and says what is missing,
// `basic_std_platform` shows it):
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
//   back_off()   optional: what a thread does that has lost an exchange to another core, before it
//                tries again: some pauses, so that the other one has the word to itself for a while
//   rough_now()  optional: nanoseconds from anywhere, which may be wrong by a factor of two. For
//                short measurements, if there is a clock that is read faster than now()
//   store_seq_cst(w, v)  optional: w.store(v, std::memory_order_seq_cst), where there is a way that
//                the next load of w has not to wait for
//   fetch_for_writing(p)  optional: asks for the line of memory at p, and does not wait for it
// and one of two ways to sleep. With a system that lets a sleeper be woken by name:
//   parker       one sleeper's permit; see park() and unpark()
//   park(p), park_until(p, t)   sleep until p is unparked, or t comes. A permit that was given
//                before is taken at once: deciding to sleep and falling asleep are one step.
//   unpark(p)    give p its permit and wake it. From any thread or interrupt.
// On one core whose interrupts submit, where any interrupt wakes it (bare_metal.hpp):
//   sleep_until(t, busy)  sleeps until an interrupt or t (time_point::max(): no deadline, or this
//                very time where the clock wraps), unless busy() is true; no interrupt between that
//                answer and the sleep is slept through
//   critical     an object that keeps the interrupts away that submit, as long as it lives
//   has_compare_exchange  if false, rings and words are made of critical sections
//   may_submit() false where `critical` would not protect
//
// How to write one
//   A board of a core that is here (Cortex-M: cortex_m.hpp, RISC-V: risc_v.hpp, Cortex-R and -A:
//   cortex_r.hpp). Derive from bare_metal and give it now(): bare_metal.hpp shows it in five lines.
//   If nobody counts yet, systick.hpp and clint.hpp do.
//
//   Another core. Write a `Core`, thirty lines, and take basic_bare_metal<Core>:
//     struct my_core {
//         class critical { ... };     // masks in the constructor, restores what was in the
//                                     // destructor (restores: it nests); both tell the compiler
//                                     // that memory changed ("memory" clobber)
//         template <class Busy> static void sleep_unless(Busy&& busy) noexcept {
//             const critical masked;  // from here no interrupt comes between the look ...
//             if (!busy()) { wait_for_interrupt(); }  // ... and the sleep: a pending one ends it
//         }
//         static bool may_submit() noexcept { return true; }
//     };
//   What must hold: an instruction that sleeps ends by an interrupt that is pending though masked
//   (WFI on ARM and RISC-V does); if yours does not, arm its wake-up in the same step as the look.
//   A core without compare-and-swap passes `true` as second argument, and everything shared is
//   changed inside `critical`. 8-byte atomics are never used, nor std::atomic_flag.
//
//   Two cores that share the scheduler (RP2040). Masking keeps out one core's interrupts only:
//   with_core_lock<Core, Lock> (core_lock.hpp) adds a lock between them, of your hardware's.
//
//   An RTOS. Tasks sleep and are woken by name, so give it `parker`, park(), park_until() and
//   unpark(): a task notification or a binary semaphore each, whose permit is kept if it is given
//   before anybody waits. `critical` is not needed if the core has compare-and-swap; else it is the
//   kernel's, that of interrupts if called in one. Say has_threads = true, also with one task that
//   polls and waits (limits.workers = 0): other tasks submit, and may come between any two
//   instructions; cache_line_bytes = 1 saves the padding. Workers want thread, thread_count() and
//   yield() too. Whole ones: examples/firmware/freertos and examples/firmware/zephyr.
//
//   Then run the platform's own checks on it: platform_conformance.hpp.
//
// Cost: none of its own. Thread-safety: `now`, `wall_now` and `unpark` are called from anywhere.
#pragma once

#include <chrono>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/platform/platform_check.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Has all of the above; what is missing is said in a sentence.
template <class P>
concept platform = platform_check<P>::complete;

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
