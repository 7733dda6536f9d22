// SPDX-License-Identifier: BSL-1.0
//
// What runs before main on any Cortex-M, and the table of interrupts. A vendor's library brings its
// own; this one is here so that the examples need none.
#include <cstdint>

#include "board/board.hpp"
#include "board/start_program.hpp"

extern "C" {

[[noreturn]] void Reset_Handler();

// An image defines the handlers that it uses. SysTick_Handler is CMSIS's name for the clock's.
[[gnu::weak]] void Tick_Handler() { board::clock::on_tick(); }
[[gnu::weak]] void SysTick_Handler() { Tick_Handler(); }
[[gnu::weak]] void Interrupt0_Handler() {}
[[gnu::weak]] void Interrupt1_Handler() {}

[[noreturn]] void Fault_Handler() {
    semihosting::print("fault\n");
    semihosting::exit(99);
}

void Reset_Handler() { start_program(); }

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
