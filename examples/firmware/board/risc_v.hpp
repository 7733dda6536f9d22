// SPDX-License-Identifier: BSL-1.0
//
// A RISC-V board: see board.hpp. Its clock is the core-local timer, and its one interrupt that
// software can cause is the machine software interrupt: number 0.
#pragma once

#include <cstdint>

#include <pawl/platform/clint.hpp>

namespace board {

using clock = pawl::clint<>;

inline volatile std::uint32_t& software_interrupt(unsigned hart = 0) {
    return reinterpret_cast<volatile std::uint32_t*>(0x0200'0000)[hart];
}

inline void start() { clock::start(BOARD_HZ); }
inline void enable(unsigned) { __asm__ volatile("csrs mie, %0" : : "r"(1U << 3) : "memory"); }
inline void pend(unsigned) {
    software_interrupt() = 1;
    // Comes back when the store has reached the timer's block, and so before what follows.
    static_cast<void>(static_cast<std::uint32_t>(software_interrupt()));
}

// Lets the other harts run hart_main(n): memory is ready. Of the hart that runs main.
extern "C" volatile std::uint32_t harts_may_go;
inline void start_harts() {
    __asm__ volatile("fence rw, rw" : : : "memory");  // before the word that the others wait for
    harts_may_go = 1;
}
inline unsigned this_hart() {
    unsigned hart = 0;
    __asm__ volatile("csrr %0, mhartid" : "=r"(hart));
    return hart;
}

inline std::uint32_t now_cycles() { return static_cast<std::uint32_t>(clock::mtime()); }

}  // namespace board
