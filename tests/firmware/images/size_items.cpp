// SPDX-License-Identifier: BSL-1.0
//
// A queue of items alone, QUEUE: an interrupt pushes, the main loop takes.
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/bare_metal.hpp>

#include "board/nvic.hpp"
#include "lean.hpp"

struct board : pawl::basic_bare_metal<pawl::cortex_m_primask, masked_board> {
    static time_point now() noexcept { return {}; }
};
struct sample {
    std::uint32_t when;
    std::uint32_t value;
};
constinit pawl::QUEUE<sample, 32, board> queue;

static volatile std::uint32_t milliseconds;
static volatile std::uint32_t taken;
static volatile std::uint32_t lost;

extern "C" void SysTick_Handler() { milliseconds = milliseconds + 1; }
extern "C" void Interrupt0_Handler() {
    if (!queue.try_push({milliseconds, taken})) {
        lost = lost + 1;
    }
}

int main() {
    nvic::enable(0);
    for (;;) {
        __asm__ volatile("wfi");
        sample next;
        if (queue.try_pop(next)) {
            taken = next.when ^ next.value;
        }
    }
}
