// SPDX-License-Identifier: BSL-1.0
//
// What runs before main on a RISC-V hart in machine mode, and its traps. Harts but the first sleep,
// or run hart_main(n) if the image has one.
#include <cstdint>

#include "board/board.hpp"
#include "board/start_program.hpp"

extern "C" {

[[gnu::weak]] void Tick_Handler() { board::clock::on_tick(); }
[[gnu::weak]] void Interrupt0_Handler() {}
[[gnu::weak]] void Interrupt1_Handler() {}
[[gnu::weak]] void hart_main(unsigned) {}

// Each hart has its part of the stack, from the top down: 4 KB.
[[gnu::section(".vectors"), gnu::naked, gnu::used]] void Reset_Handler() {
    __asm__ volatile(
        "csrr a0, mhartid\n\t"
        "la sp, stack_top\n\t"
        "slli t0, a0, 12\n\t"
        "sub sp, sp, t0\n\t"
        "la t0, trap\n\t"
        "csrw mtvec, t0\n\t"
        "tail begin");
}
}
volatile std::uint32_t board::harts_may_go = 0;
extern "C" {

[[gnu::used, noreturn]] void begin(unsigned hart) {
    if (hart == 0) {
        // As on a Cortex-M: what an image enables may come.
        __asm__ volatile("csrsi mstatus, 8" : : : "memory");
        start_program();
    }
    // Memory is ready once the first hart says so: see board::start_harts().
    while (board::harts_may_go != 1) {
    }
    __asm__ volatile("fence rw, rw" : : : "memory");
    hart_main(hart);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

[[gnu::interrupt("machine"), gnu::aligned(4), gnu::used]] void trap() {
    std::uintptr_t cause = 0;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    constexpr std::uintptr_t interrupt = std::uintptr_t{1} << (8 * sizeof cause - 1);
    if (cause == (interrupt | 3)) {
        board::software_interrupt(board::this_hart()) = 0;
        Interrupt0_Handler();
    } else if (cause == (interrupt | 7)) {
        Tick_Handler();
    } else {
        semihosting::print("fault\n");
        semihosting::exit(99);
    }
}
}
