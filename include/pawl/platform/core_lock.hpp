// SPDX-License-Identifier: BSL-1.0
//
// core_lock: a critical section that keeps other cores out too.
//
// What: masking interrupts protects one core from its own interrupts. Where two cores submit to one
// scheduler and have no compare-and-swap that both obey (RP2040: two Cortex-M0+), the critical
// section is a lock of the chip's hardware as well:
//
//   struct rp2040_lock : pawl::cortex_m_events {          // sleeps by WFE, wakes by SEV
//       static constexpr unsigned cores = 2;
//       static unsigned core() noexcept { return sio(0x000); }                 // CPUID
//       static void lock() noexcept { while (sio(0x17C) == 0) {} }  // SPINLOCK31: a read takes it
//       static void unlock() noexcept { sio(0x17C) = 1; }
//   };
//   using cores = pawl::with_core_lock<pawl::cortex_m_primask, rp2040_lock>;
//   struct board : pawl::basic_bare_metal<cores, true> { static time_point now() noexcept; };
//   constinit pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0}, board> jobs;
//
// One core owns the scheduler: it polls and waits. The other, and interrupts of both, submit.
//
// How: the mask first, then the lock, and back: an interrupt can never wait for a lock that its own
// core holds. It nests: each core counts. A lock is held for a few instructions (the longest masked
// section, counted in tests/firmware), and that long another core may spin.
//
// How the owner is woken: every release is followed by wake_siblings(). With the event register of
// an ARM (cortex_m_events) the owner's WFE falls through, whether it sleeps already or not. A lock
// without sleep_unless() leaves sleeping to the core, masked and by WFI; its wake_siblings() must
// then make an interrupt pending on the other cores, such as a RISC-V's software interrupt.
//
// Lock: `cores`, core() (of the caller, from 0), lock(), unlock(), wake_siblings(). lock() need not
// be fair. Fences are pawl's.
//
// Cost: the mask, a counter, and the lock; two fences. Who may call: any core and its interrupts;
// sleep_unless() the owner's main loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Core, class Lock>
struct with_core_lock {
    static constexpr bool has_siblings = true;

    class critical {
    public:
        static constexpr bool between_cores = true;

        critical() noexcept {
            if (depth()++ == 0) {
                Lock::lock();
                // Sees what the last holder wrote: pairs with the fence in the destructor.
                std::atomic_thread_fence(std::memory_order_acquire);
            }
        }
        ~critical() {
            if (--depth() == 0) {
                // What was written in here is seen by the next holder.
                std::atomic_thread_fence(std::memory_order_release);
                Lock::unlock();
                Lock::wake_siblings();
            }
        }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;

    private:
        // Masked before the lock is asked for, and until it is given back.
        typename Core::critical masked_;
    };

    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        if constexpr (requires { Lock::sleep_unless(busy); }) {
            Lock::sleep_unless(std::forward<Busy>(busy));
        } else {
            Core::sleep_unless(std::forward<Busy>(busy));
        }
    }

    [[nodiscard]] static bool in_interrupt() noexcept requires requires { Core::in_interrupt(); }
    { return Core::in_interrupt(); }
    [[nodiscard]] static bool may_submit() noexcept { return Core::may_submit(); }

private:
    // Of the calling core; interrupts are masked, so no other place of it touches it.
    [[nodiscard]] static std::uint8_t& depth() noexcept {
        static constinit std::uint8_t depths[Lock::cores] = {};
        return depths[Lock::core()];
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
