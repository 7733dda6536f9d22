// SPDX-License-Identifier: BSL-1.0
//
// A Cortex-R5 and nothing else, not even an interrupt controller: see board.hpp. Its clock is the
// cycle counter of the core, looked at while the core would sleep: that calls Tick_Handler() for
// each millisecond that has passed. Interrupts are calls by SVC, so the code is the one of
// handlers, in a mode of their own, but none comes unasked.
#pragma once

#include <cstdint>
#include <utility>

#include <pawl/platform/tick_counter.hpp>

extern "C" void Tick_Handler();

namespace board {

inline std::uint32_t now_cycles() {
    std::uint32_t cycles = 0;
    __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(cycles));  // PMCCNTR
    return cycles;
}

inline std::uint32_t ticked_at = 0;

// Where WFI would sleep until the timer's interrupt, waits for the next millisecond.
struct polled_core : pawl::cortex_r {
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        {
            const critical masked;
            if (busy()) {
                return;
            }
        }
        constexpr std::uint32_t period = BOARD_HZ / 1000;
        while (now_cycles() - ticked_at < period) {
        }
        ticked_at += period;
        Tick_Handler();
    }
};

using clock = pawl::basic_tick_counter<polled_core>;

inline void start() {
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 0" : : "r"(7U));            // PMCR: on, from zero
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 1" : : "r"(0x8000'0000U));  // PMCNTENSET: cycles
    ticked_at = now_cycles();
}
inline void enable(unsigned) {}
inline void pend(unsigned interrupt) {
    if (interrupt == 0) {
        __asm__ volatile("svc 0" : : : "memory");
    } else {
        __asm__ volatile("svc 1" : : : "memory");
    }
}

}  // namespace board
