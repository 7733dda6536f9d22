// SPDX-License-Identifier: BSL-1.0
//
// What runs before main on a Cortex-R5, and its exceptions. main runs in system mode, so that an
// SVC has registers of its own, as an interrupt would.
#include <cstdint>

#include "board/board.hpp"
#include "board/start_program.hpp"

extern "C" {

[[gnu::weak]] void Tick_Handler() { board::clock::on_tick(); }
[[gnu::weak]] void Interrupt0_Handler() {}
[[gnu::weak]] void Interrupt1_Handler() {}

[[gnu::used, noreturn]] void begin() { start_program(); }

[[gnu::used, noreturn]] void fault() {
    semihosting::print("fault\n");
    semihosting::exit(99);
}

// `svc n` calls Interrupt<n>_Handler with interrupts masked.
[[gnu::used]] void supervisor_call(std::uint32_t number) {
    if (number == 0) {
        Interrupt0_Handler();
    } else {
        Interrupt1_Handler();
    }
}
}

// Exceptions are taken in ARM's instruction set; a kilobyte of the stack is the handlers'.
__asm__(R"(
    .section .vectors, "ax"
    .arm
    .global Reset_Handler
    .type Reset_Handler, %function
Reset_Handler:
    b   reset
    b   broken              @ undefined instruction
    b   call                @ SVC
    b   broken              @ prefetch abort
    b   broken              @ data abort
    nop
    b   broken              @ IRQ: nothing here causes one
    b   broken              @ FIQ
reset:
    cps #0x13               @ supervisor mode
    ldr sp, =stack_top
    cps #0x1F               @ system mode
    ldr sp, =stack_top - 1024
    cpsie i
    bl begin
broken:
    bl fault
call:
    push {r0-r3, r12, lr}
    mrs r0, spsr
    push {r0, r1}           @ two words: the stack stays aligned
    tst r0, #0x20           @ called from Thumb?
    ldrneh r0, [lr, #-2]
    ldreq r0, [lr, #-4]
    and r0, r0, #0xFF
    bl supervisor_call
    pop {r0, r1}
    msr spsr_cxsf, r0
    ldmfd sp!, {r0-r3, r12, pc}^
    .ltorg
    .previous
)");
