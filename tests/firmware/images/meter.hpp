// SPDX-License-Identifier: BSL-1.0
//
// Counts instructions. An image starts the meter, and prints "FIGURE COUNT" a line.
//
// Under `-icount shift=10` an instruction takes 1024 ns of the board's time. On a Cortex-M the
// core's timer counts the board's clock: sixteen ticks and more an instruction, so that the
// difference of two readings, less that of two readings with nothing between them, is exact. (With
// shift=6 it is one tick and a half, and 100 instructions read as 101.) The timer wraps after half
// a million instructions. A Cortex-R5 counts cycles of a nanosecond, and so does a RISC-V here.
// `meter_check` counts a hundred instructions that do nothing.
#pragma once

#include <cstdint>

#include "board/board.hpp"
#include "board/semihosting.hpp"

namespace meter {

constexpr std::uint32_t instruction_ns = 1024;

#if defined(__riscv)

[[gnu::always_inline]] inline std::uint32_t reading() {
    std::uint32_t retired = 0;
    __asm__ volatile("csrr %0, minstret" : "=r"(retired) : : "memory");
    return retired;
}
constexpr std::uint32_t instructions(std::uint32_t from, std::uint32_t to) {
    return (to - from + instruction_ns / 2) /
           instruction_ns;  // QEMU's `minstret` counts their time
}
inline void start_clock() {}

#elif __ARM_ARCH_PROFILE == 'R'

[[gnu::always_inline]] inline std::uint32_t reading() { return board::now_cycles(); }
constexpr std::uint32_t instructions(std::uint32_t from, std::uint32_t to) {
    return (to - from + instruction_ns / 2) / instruction_ns;
}
inline void start_clock() { board::start(); }

#else

// The core's timer counts down, 24 bits.
[[gnu::always_inline]] inline std::uint32_t reading() { return nvic::at(0xE000'E018); }
constexpr std::uint32_t instructions(std::uint32_t from, std::uint32_t to) {
    const std::uint32_t ticks = (from - to) & 0xFF'FFFF;
    constexpr std::uint64_t ticks_per_1e9 = std::uint64_t{BOARD_HZ} * instruction_ns;
    return static_cast<std::uint32_t>((std::uint64_t{ticks} * 1'000'000'000 + ticks_per_1e9 / 2) /
                                      ticks_per_1e9);
}
inline void start_clock() {
    nvic::at(0xE000'E014) = 0xFF'FFFF;
    nvic::at(0xE000'E018) = 0;
    nvic::at(0xE000'E010) = 5;  // on, no interrupt, the core's clock
}

#endif

inline std::uint32_t nothing = 0;

// What one call takes, as seen from the caller.
template <class Body>
[[gnu::noinline]] std::uint32_t count(Body body) {
    const std::uint32_t from = reading();
    body();
    const std::uint32_t to = reading();
    const std::uint32_t all = instructions(from, to);
    return all > nothing ? all - nothing : 0;
}

inline void report(const char* figure, std::uint32_t value) {
    semihosting::print(figure);
    semihosting::print(" ");
    semihosting::print(value);
    semihosting::print("\n");
}

inline void start() {
    start_clock();
    nothing = count([] {});
    report("meter_check", count([] { __asm__ volatile(".rept 100\n\tnop\n\t.endr"); }));
}

}  // namespace meter
