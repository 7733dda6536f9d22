// SPDX-License-Identifier: BSL-1.0
//
// cortex_r: what a Cortex-R has to say to pawl, and a Cortex-A without an operating system: masking
// interrupts by CPSR.I, and sleeping by WFI. A `Core` for bare_metal.hpp.
//
// How no wake-up is lost: interrupts are masked, the caller looks once more whether there is
// something to do, and WFI ends by an interrupt that is pending though it is masked; it is taken
// after the mask is lifted. Fast interrupts (FIQ) are never masked, and must not submit: in their
// mode may_submit() says so.
//
// For one core. Several that share a scheduler add a lock: core_lock.hpp.
//
// Elsewhere, and under an operating system, this header declares nothing.
//
// Cost: a critical section three instructions beside its content. Who may call: main loop and
// interrupts; sleep_unless() the main loop.
#pragma once

#include <pawl/config.hpp>

#if defined(__ARM_ARCH_PROFILE) && (__ARM_ARCH_PROFILE == 'R' || __ARM_ARCH_PROFILE == 'A') &&     \
    !defined(__unix__) && !defined(__APPLE__) && !defined(_WIN32) && !defined(__aarch64__)

#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

struct cortex_r {
    class critical {
    public:
        critical() noexcept {
            __asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(saved_) : : "memory");
        }
        ~critical() { __asm__ volatile("msr cpsr_c, %0" : : "r"(saved_) : "memory"); }
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
            // dsb: what was stored is on its way before the clock may stop.
            __asm__ volatile("dsb\n\twfi" : : : "memory");
        }
    }

    // A handler that has changed to another mode, so as to nest, counts as not in one.
    [[nodiscard]] static bool in_interrupt() noexcept {
        const std::uint32_t now = mode();
        return now == mode_irq || now == mode_fiq;
    }
    [[nodiscard]] static bool may_submit() noexcept { return mode() != mode_fiq; }

private:
    // Architecture reference manual, B1.3.1.
    static constexpr std::uint32_t mode_mask = 0x1F;
    static constexpr std::uint32_t mode_fiq = 0x11;
    static constexpr std::uint32_t mode_irq = 0x12;

    [[nodiscard]] static std::uint32_t mode() noexcept {
        std::uint32_t status = 0;
        __asm__ volatile("mrs %0, cpsr" : "=r"(status));
        return status & mode_mask;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl

#define PAWL_HAS_CORTEX_R 1
#endif
