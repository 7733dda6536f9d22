// SPDX-License-Identifier: BSL-1.0
//
// The index ring alone: an interrupt puts, the main loop takes.
#include <pawl/containers/index_ring.hpp>
#include <pawl/platform/bare_metal.hpp>

#include "board/nvic.hpp"
#include "lean.hpp"

struct board : pawl::basic_bare_metal<pawl::cortex_m_primask, masked_board> {
    static time_point now() noexcept { return {}; }
};
constinit pawl::index_ring<16, pawl::ring_start::full, board> ring;

static volatile std::uint32_t milliseconds;
static volatile std::uint32_t taken;

extern "C" void SysTick_Handler() { milliseconds = milliseconds + 1; }
extern "C" void Interrupt0_Handler() { ring.put(taken); }

int main() {
    nvic::enable(0);
    for (;;) {
        __asm__ volatile("wfi");
        std::uint32_t index = 0;
        if (ring.get(index)) {
            taken = index;
        }
    }
}
