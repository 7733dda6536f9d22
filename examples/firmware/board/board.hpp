// SPDX-License-Identifier: BSL-1.0
//
// board: what the examples ask of a board, the same on each core they run on.
//
//   board::clock      a pawl platform: milliseconds, a calendar, sleep
//   board::start()    the clock begins to tick, and interrupts to come
//   board::enable(n)  lets interrupt n come, 0 or 1
//   board::pend(n)    causes it, as hardware would: Interrupt0_Handler or Interrupt1_Handler is
//                     called before the next statement, or as soon as interrupts are let in
//   Tick_Handler()    the clock's interrupt; an image that defines its own calls clock::on_tick()
//   board::now_cycles()  a counter of the finest unit that the core has, of 32 bits; wraps
//
// A vendor's library brings the like under other names, such as SysTick_Handler.
#pragma once

#if defined(__riscv)
#include "board/risc_v.hpp"
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'R'
#include "board/cortex_r.hpp"
#else
#include "board/cortex_m.hpp"
#endif

extern "C" {
void Tick_Handler();
void Interrupt0_Handler();
void Interrupt1_Handler();
}
