// SPDX-License-Identifier: BSL-1.0
//
// The timer's interrupt: turns the timer off, and says where it came. See freeze_aim.hpp.
#include "freeze_aim.hpp"

namespace {

void expired(std::uintptr_t from) {
    aim::disarm();
    aim_expired(from);
}

}  // namespace

#if defined(__riscv)

extern "C" void Tick_Handler() {
    std::uintptr_t from = 0;
    __asm__ volatile("csrr %0, mepc" : "=r"(from));
    expired(from);
}

#else

// The seventh word of the exception frame, which is on the stack that was in use: the main one.
extern "C" [[gnu::used]] void aim_frame(const std::uint32_t* frame) { expired(frame[6]); }

extern "C" [[gnu::naked]] void SysTick_Handler() {
    __asm__ volatile(
        "mov r0, sp\n\t"
        "push {r4, lr}\n\t"
        "bl aim_frame\n\t"
        "pop {r4, pc}");
}

#endif
