// SPDX-License-Identifier: BSL-1.0
//
// cortex_m: what a Cortex-M has to say to pawl: masking interrupts, and sleeping until one comes.
//
// Two ways, each a `Core` for bare_metal.hpp:
//
//   cortex_m_primask          masks all interrupts for the few instructions of a critical section,
//                             and sleeps by WFI. On every Cortex-M.
//   cortex_m_basepri<0x40>    masks interrupts of priority register 0x40 and below in urgency
//                             (numerically 0x40 and above) only: more urgent ones are never
//                             delayed, and must not submit (bare_metal's may_submit() tells, and
//                             checks stop the program in a critical section). Sleeps by WFE.
//                             From ARMv7-M on (not Cortex-M0, M0+, M23).
//
// How no wake-up is lost. PRIMASK: interrupts are masked, the caller looks once more whether there
// is something to do, and WFI wakes by an interrupt that is pending even though it is masked; it is
// taken after the mask is lifted. BASEPRI: WFI does not wake by what BASEPRI masks, so nothing is
// masked; taking or leaving an interrupt sets the core's event register, and a WFE that finds it
// set falls through. An interrupt between the look and the WFE is such a one.
//
// Elsewhere than on a Cortex-M this header declares nothing.
//
// Cost: a critical section three instructions beside its content. Who may call: main loop and
// interrupts; sleep_unless() the main loop.
#pragma once

#include <pawl/config.hpp>

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

// True inside of an interrupt or fault handler.
[[nodiscard]] inline bool cortex_m_in_interrupt() noexcept {
    std::uint32_t exception = 0;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}

// Sleeping by the event register, which every interrupt sets, and SEV of another core.
struct cortex_m_events {
    // An event between the look and the WFE is latched: the WFE falls through.
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        if (!busy()) {
            __asm__ volatile("dsb\n\twfe" : : : "memory");
        }
    }
    static void wake_siblings() noexcept { __asm__ volatile("dsb\n\tsev" : : : "memory"); }
};

struct cortex_m_primask {
    class critical {
    public:
        critical() noexcept {
            __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(saved_) : : "memory");
        }
        ~critical() { __asm__ volatile("msr primask, %0" : : "r"(saved_) : "memory"); }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;

    private:
        std::uint32_t saved_;
    };

    // Sleeps until an interrupt, unless busy() says that there is something to do.
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        const critical masked;
        if (!busy()) {
            // dsb: what was stored is on its way before the clock may stop (ARM's advice).
            __asm__ volatile("dsb\n\twfi" : : : "memory");
        }
    }

    [[nodiscard]] static bool in_interrupt() noexcept { return cortex_m_in_interrupt(); }
    [[nodiscard]] static bool may_submit() noexcept { return true; }
};

#if __ARM_ARCH >= 7

template <std::uint8_t Level>
struct cortex_m_basepri : cortex_m_events {
    static_assert(Level != 0, "BASEPRI 0 masks nothing: give the most urgent level that is masked");

    class critical {
    public:
        critical() noexcept {
            PAWL_ASSERT(may_submit());
            // basepri_max: only ever raises, so that it nests in one that masks more.
            __asm__ volatile("mrs %0, basepri\n\tmsr basepri_max, %1"
                             : "=&r"(saved_)
                             : "r"(std::uint32_t{Level})
                             : "memory");
        }
        ~critical() { __asm__ volatile("msr basepri, %0" : : "r"(saved_) : "memory"); }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;

    private:
        std::uint32_t saved_;
    };

    [[nodiscard]] static bool in_interrupt() noexcept { return cortex_m_in_interrupt(); }

    // False in an interrupt that is more urgent than Level: a critical section would not keep it
    // out. Reads the active exception's priority, which has an 8-bit register of its own.
    [[nodiscard]] static bool may_submit() noexcept {
        std::uint32_t exception = 0;
        __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
        if (exception == 0) {
            return true;
        }
        if (exception < first_with_priority) {
            return false;  // reset, NMI and HardFault are above every level
        }
        const std::uintptr_t registers = exception < first_interrupt
                                             ? system_priorities + exception - first_with_priority
                                             : interrupt_priorities + exception - first_interrupt;
        return *reinterpret_cast<const volatile std::uint8_t*>(registers) >= Level;
    }

private:
    // Numbers of exceptions, and the registers SHPR1 and NVIC_IPR0 (ARMv7-M reference manual).
    static constexpr std::uint32_t first_with_priority = 4;
    static constexpr std::uint32_t first_interrupt = 16;
    static constexpr std::uintptr_t system_priorities = 0xE000'ED18;
    static constexpr std::uintptr_t interrupt_priorities = 0xE000'E400;
};

#endif

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
