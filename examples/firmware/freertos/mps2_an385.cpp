// SPDX-License-Identifier: BSL-1.0
//
// The vectors of a FreeRTOS image, its hooks, and what it says when it is broken.
#include "freertos/mps2_an385.hpp"

#include <initializer_list>

extern "C" {
// Of the kernel's port.
void vPortSVCHandler();
void xPortPendSVHandler();
void xPortSysTickHandler();

// From the linker script.
extern std::uint32_t stack_top;

[[gnu::weak]] void Timer0_Handler() {}

// The idle task sleeps until the next interrupt.
void vApplicationIdleHook() { __asm__ volatile("wfi"); }

void vApplicationStackOverflowHook(TaskHandle_t, char* name) {
    semihosting::print("stack overflow: ");
    semihosting::print(name);
    semihosting::print("\n");
    semihosting::exit(97);
}

void freertos_assert_failed(const char* file, int line) {
    semihosting::print("assertion of FreeRTOS: ");
    semihosting::print(file);
    semihosting::print(":");
    semihosting::print(static_cast<std::uint32_t>(line));
    semihosting::print("\n");
    semihosting::exit(98);
}
}

namespace {

void fault() {
    semihosting::print("fault\n");
    semihosting::exit(99);
}

using handler = void (*)();
constexpr unsigned vector_count = 32;

// At a multiple of its own size: VTOR asks for that.
alignas(vector_count * sizeof(handler)) const handler vectors[vector_count] = {
    reinterpret_cast<handler>(&stack_top),
    fault,  // reset comes through the example's own table
    fault,  // NMI
    fault,  // HardFault
    fault,  // MemManage
    fault,  // BusFault
    fault,  // UsageFault
    fault,
    fault,
    fault,
    fault,
    vPortSVCHandler,
    fault,  // DebugMonitor
    fault,
    xPortPendSVHandler,
    xPortSysTickHandler,
    Interrupt0_Handler,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    Timer0_Handler,  // 16 + timer_interrupt
};

constexpr std::uint32_t vector_table_offset = 0xE000'ED08;  // VTOR
constexpr std::uint32_t priority = configMAX_SYSCALL_INTERRUPT_PRIORITY;

}  // namespace

void mps2_an385::start() {
    nvic::at(vector_table_offset) =
        static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(vectors));
    for (const unsigned interrupt : {software_interrupt, timer_interrupt}) {
        nvic::set_priority(interrupt, priority);
        nvic::enable(interrupt);
    }
}
