// SPDX-License-Identifier: BSL-1.0
//
// What an image has without pawl: start-up code and a main loop with a tick.
#include "board/nvic.hpp"

static volatile std::uint32_t milliseconds;

extern "C" void SysTick_Handler() { milliseconds = milliseconds + 1; }
extern "C" void Interrupt0_Handler() {}

int main() {
    nvic::enable(0);
    for (;;) {
        __asm__ volatile("wfi");
    }
}
