// SPDX-License-Identifier: BSL-1.0
//
// risc_v: what a RISC-V core in machine mode has to say to pawl: masking interrupts by mstatus.MIE,
// and sleeping by WFI. A `Core` for bare_metal.hpp; a clock for it is in clint.hpp.
//
// How no wake-up is lost: interrupts are masked, the caller looks once more whether there is
// something to do, and WFI ends by an interrupt that is pending and enabled in `mie`, though
// mstatus masks it (privileged specification, 3.3.3); it is taken after the mask is lifted.
//
// Words need the A extension. A core without it (RV32IMC) has no compare-and-swap, and everything
// shared is changed in critical sections: bare_metal.hpp chooses that by itself.
//
// No register says whether this is a handler. But interrupts are off in one, so in_interrupt() asks
// for that: a handler that lets others in counts as none, and a masked main loop as one. All that
// hangs on it is which of two ways a timer takes, the one that is shorter for an interrupt.
//
// In supervisor mode, under firmware that owns machine mode, write the same with sstatus and bit 1.
//
// Elsewhere than on a RISC-V this header declares nothing.
//
// Cost: a critical section two instructions beside its content. Who may call: main loop and
// interrupts of one hart; sleep_unless() the main loop.
#pragma once

#include <pawl/config.hpp>

#if defined(__riscv)

#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

struct risc_v_machine {
    class critical {
    public:
        critical() noexcept {
            __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(saved_) : : "memory");
        }
        ~critical() {
            __asm__ volatile("csrs mstatus, %0" : : "r"(saved_ & interrupts_enabled) : "memory");
        }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;

    private:
        std::uintptr_t saved_;
    };

    // Sleeps until an interrupt, unless busy() says that there is something to do.
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        const critical masked;
        if (!busy()) {
            __asm__ volatile("wfi" : : : "memory");
        }
    }

    [[nodiscard]] static bool in_interrupt() noexcept {
        std::uintptr_t status = 0;
        __asm__ volatile("csrr %0, mstatus" : "=r"(status));
        return (status & interrupts_enabled) == 0;
    }
    [[nodiscard]] static bool may_submit() noexcept { return true; }

private:
    static constexpr std::uintptr_t interrupts_enabled = 8;  // mstatus.MIE
};

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
