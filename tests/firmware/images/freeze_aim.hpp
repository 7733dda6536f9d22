// SPDX-License-Identifier: BSL-1.0
//
// aim: an interrupt of the core's own timer, so many instructions ahead, and where it came.
//
// Why: a test that interrupts code at each of its instructions has to know how far the timer counts
// in one. Under `-icount shift=10` an instruction takes 1024 ns of the board's time; the timers
// here count 10 to 26 times in that, and are aimed at the middle of it, so that none is left out
// and none is hit twice. (A timer that counts as fast as instructions go is not fine enough: with
// shift=0 a timer of 10 MHz counts once in a hundred of them.)
//
//   aim::arm(17);                    // once, 17 instructions from about here
//   code_under_test();
//   aim::disarm();
//   void aim_expired(std::uintptr_t from) { ... }     // the image's; `from` has not been executed
//
// How: on a Cortex-M SysTick, and the program counter that the core has put on the stack; on a
// RISC-V the CLINT's comparison, and mepc. The handlers are in freeze_aim.cpp.
//
// Cost: arm() and disarm() a dozen instructions, and arm() ends with some that do nothing: the
// nearest aim is there, and so the first instruction behind arm() can be met, too.
// Who may call: one program of an image; also the handler, to aim once more.
#pragma once

#include <cstdint>

#include "board/board.hpp"

// Called in the timer's interrupt, which is off by then. Each image defines it.
extern "C" void aim_expired(std::uintptr_t from);

namespace aim {

// What `run MACHINE IMAGE 10` makes of an instruction.
inline constexpr std::uint32_t instruction_ns = 1024;

#if defined(__riscv)
inline constexpr std::uint32_t timer_hz = 10'000'000;  // of QEMU's machine `virt`
#else
inline constexpr std::uint32_t timer_hz = BOARD_HZ;
#endif

// Of the timer, so many instructions and a half: in 1/65536, so that no division is needed.
[[nodiscard]] inline std::uint32_t ticks(std::uint32_t instructions) {
    constexpr auto each = static_cast<std::uint32_t>(
        (std::uint64_t{timer_hz} * instruction_ns * 65536 + 500'000'000) / 1'000'000'000);
    static_assert(each / 65536 >= 8, "the timer is too coarse to tell instructions apart");
    return static_cast<std::uint32_t>((std::uint64_t{instructions} * each + each / 2) >> 16);
}

// From the timer's start to here the nearest aim is over.
[[gnu::always_inline]] inline void runway() { __asm__ volatile(".rept 8\n\tnop\n\t.endr"); }

#if defined(__riscv)

inline volatile std::uint32_t& clint(std::uint32_t offset) {
    return *reinterpret_cast<volatile std::uint32_t*>(0x0200'0000 + offset);
}
inline volatile std::uint32_t& compare_low() { return clint(0x4000); }
inline volatile std::uint32_t& compare_high() { return clint(0x4004); }
inline constexpr std::uint32_t timer_interrupt = 0x80;  // in mie

inline void disarm() { compare_high() = 0xFFFF'FFFF; }

inline void arm(std::uint32_t instructions) {
    disarm();
    const std::uint32_t high = clint(0xBFFC);
    const std::uint32_t low = clint(0xBFF8);
    const std::uint32_t until = low + ticks(instructions);
    compare_low() = until;
    // A run is shorter than the lower word, but may cross its end once.
    compare_high() = high + (until < low ? 1U : 0U);
    runway();
}

inline void start() {
    disarm();
    __asm__ volatile("csrs mie, %0\n\tcsrsi mstatus, 8" : : "r"(timer_interrupt) : "memory");
}

#else

inline void disarm() {
    nvic::at(0xE000'E010) = 0;
    nvic::at(0xE000'ED04) = 1U << 25;  // no longer pending, either
}

inline void arm(std::uint32_t instructions) {
    nvic::at(0xE000'E014) = ticks(instructions);
    nvic::at(0xE000'E018) = 0;
    nvic::at(0xE000'E010) = 7;  // on, with interrupt, from the core's clock
    runway();
}

inline void start() { disarm(); }

#endif

}  // namespace aim
