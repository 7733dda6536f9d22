// SPDX-License-Identifier: BSL-1.0
//
// What runs before main on any Cortex-M, and the table of interrupts. A vendor's library brings its
// own; this one is here so that the examples need none.
#include <cstdint>

#include "board/semihosting.hpp"

int main();

extern "C" {
// From the linker script.
extern std::uint32_t stack_top, data_image, data_begin, data_end, bss_begin, bss_end;
extern void (*init_array_begin[])();
extern void (*init_array_end[])();

[[noreturn]] void Reset_Handler();

// An image defines the handlers that it uses.
[[gnu::weak]] void SysTick_Handler() {}
[[gnu::weak]] void Interrupt0_Handler() {}
[[gnu::weak]] void Interrupt1_Handler() {}

[[noreturn]] void Fault_Handler() {
    semihosting::print("fault\n");
    semihosting::exit(99);
}

void Reset_Handler() {
    for (std::uint32_t *from = &data_image, *to = &data_begin; to < &data_end;) {
        *to++ = *from++;
    }
    for (std::uint32_t* to = &bss_begin; to < &bss_end;) {
        *to++ = 0;
    }
    for (void (**construct)() = init_array_begin; construct != init_array_end; ++construct) {
        (*construct)();
    }
    semihosting::exit(main());
}

[[gnu::section(".vectors"), gnu::used]] void (*const vectors[16 + 32])() = {
    reinterpret_cast<void (*)()>(&stack_top),
    Reset_Handler,
    Fault_Handler,  // NMI
    Fault_Handler,  // HardFault
    Fault_Handler,  // MemManage
    Fault_Handler,  // BusFault
    Fault_Handler,  // UsageFault
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    Fault_Handler,  // SVCall
    Fault_Handler,  // DebugMonitor
    nullptr,
    Fault_Handler,  // PendSV
    SysTick_Handler,
    Interrupt0_Handler,
    Interrupt1_Handler,
};
}
