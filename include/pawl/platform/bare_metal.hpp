// SPDX-License-Identifier: BSL-1.0
//
// bare_metal: one core without an operating system. Interrupts submit, the main loop runs the jobs.
//
// A board derives from it and says what time it is; nothing else is needed:
//
//   struct board : pawl::bare_metal {
//       static time_point now() noexcept { return time_point{duration{HAL_GetTick()}}; }
//   };
//   constinit pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0}, board> jobs;
//
//   extern "C" void EXTI0_IRQHandler() { jobs.enqueue(pressed); }
//   int main() {
//       for (;;) {
//           jobs.poll();
//           jobs.wait();          // sleeps until an interrupt, and loses none
//       }
//   }
//
// Time: `duration` and `tick` are 32-bit milliseconds, or what the third template argument says,
// such as std::micro; milliseconds wrap after 49 days, microseconds after 71 minutes, and
// everything that compares them does so by difference. Delays of up to 2^29 milliseconds (6 days)
// are kept; of finer ticks, or if limits.long_delays asks for it, up to 2^44 (203 days of
// microseconds). A counter that is read between two of its steps is up to one step behind:
// `now_error`, added to each delay.
//
// Sleeping: wait() looks once more with interrupts masked and executes WFI (cortex_m.hpp). The
// interrupt that moves the clock wakes the core too, so no deadline is handed on. A board that
// stops its tick while it sleeps hides sleep_until() with one that programs a timer first:
//
//   template <class Busy>
//   static void sleep_until(time_point deadline, Busy&& busy) noexcept {
//       core::sleep_unless([&] { return busy() || !arm_wake_timer(deadline); });
//   }
//
// The clock goes on counting meanwhile. time_point::max() is no deadline, or this very time of a
// clock that wraps: such a board arms its timer for it like for any other, however far it is.
//
// Calendars: a board that knows the date declares `static std::chrono::sys_seconds wall_now()`;
// without it there is no recurring() with a cron expression, and none of its code. For a tick from
// SysTick, with a calendar, see systick.hpp.
//
// Words: 32 bits, atomic against interrupts. On a core without compare-and-swap (ARMv6-M) every
// ring operation is one critical section, and so is a change of a word; a board of a larger core
// may choose the same, which makes rings of 2 bytes an entry: basic_bare_metal<Core, true>.
//
// Who may call: main loop and interrupts.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/platform/cortex_m.hpp>
#include <pawl/platform/cortex_r.hpp>
#include <pawl/platform/interrupt_word.hpp>
#include <pawl/platform/masked_word.hpp>
#include <pawl/platform/risc_v.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Whether the core lacks 32-bit compare-and-swap, or it would be a call into a library.
#if defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)
inline constexpr bool core_lacks_compare_exchange = false;
#else
inline constexpr bool core_lacks_compare_exchange = true;
#endif

// Whether several cores share what `Core` protects: see core_lock.hpp.
template <class Core>
concept core_has_siblings = Core::has_siblings;

// `Core` has critical, sleep_unless(busy), may_submit() and, if it can tell, in_interrupt(): see
// cortex_m.hpp. `Period` is that of the clock and of ticks.
template <class Core, bool Masked = core_lacks_compare_exchange, class Period = std::milli>
class basic_bare_metal {
public:
    using core = Core;
    using critical = typename Core::critical;
    static constexpr bool has_compare_exchange = !Masked;
    static_assert(!core_has_siblings<Core> || Masked,
                  "pawl: cores that share a lock change everything inside of it: "
                  "basic_bare_metal<Core, true>");
    using word = std::conditional_t<Masked, masked_word<critical>, interrupt_word>;

    using duration = std::chrono::duration<std::int32_t, Period>;
    using tick = duration;
    using time_point = std::chrono::time_point<basic_bare_metal, duration>;

    static constexpr bool has_threads = false;
    static constexpr duration now_error{1};
    // The interrupts wake the core often enough to see a calendar that was set.
    static constexpr duration calendar_sleep_max = duration::max();

    // Sleeps until an interrupt, unless busy() says that there is something to do; at a deadline
    // the clock's own interrupt wakes.
    template <class Busy>
    static void sleep_until(time_point, Busy&& busy) noexcept {
        Core::sleep_unless(std::forward<Busy>(busy));
    }

    [[nodiscard]] static bool in_interrupt() noexcept requires requires { Core::in_interrupt(); }
    { return Core::in_interrupt(); }
    // False where a critical section would not protect: a submission answers `wrong_priority`.
    [[nodiscard]] static bool may_submit() noexcept { return !Masked || Core::may_submit(); }
};

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
using bare_metal = basic_bare_metal<cortex_m_primask>;
#elif defined(PAWL_HAS_CORTEX_R)
using bare_metal = basic_bare_metal<cortex_r>;
#elif defined(__riscv)
using bare_metal = basic_bare_metal<risc_v_machine>;
#endif

}  // namespace PAWL_ABI
}  // namespace pawl
