// SPDX-License-Identifier: BSL-1.0
//
// A Cortex-M board: see board.hpp. Its clock is SysTick, its interrupts are the NVIC's.
#pragma once

#include <cstdint>

#include <pawl/platform/systick.hpp>

#include "board/nvic.hpp"

namespace board {

using clock = pawl::systick;

inline void start() { clock::start(BOARD_HZ); }
inline void enable(unsigned interrupt) { nvic::enable(interrupt); }
inline void pend(unsigned interrupt) { nvic::pend(interrupt); }

// Counts the core's clock up, in steps of a millisecond and what SysTick has counted down of it.
inline std::uint32_t now_cycles() {
    constexpr std::uint32_t period = BOARD_HZ / 1000;
    for (;;) {
        const auto before = static_cast<std::uint32_t>(clock::now().time_since_epoch().count());
        const std::uint32_t left = nvic::at(0xE000'E018);
        if (static_cast<std::uint32_t>(clock::now().time_since_epoch().count()) == before) {
            return before * period + (period - 1 - left);
        }
    }
}

}  // namespace board
