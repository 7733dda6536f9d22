// SPDX-License-Identifier: BSL-1.0
//
// The scheduler as firmware uses it: jobs from an interrupt, delayed, periodic, cancelled. With
// CRON, one by the calendar too.
#include <pawl/platform/systick.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "board/nvic.hpp"
#include "lean.hpp"

using namespace std::chrono_literals;

using board = pawl::basic_systick<pawl::cortex_m_primask, masked_board>;
constinit pawl::scheduler<lean(16, 4), board> jobs;

static volatile std::uint32_t led;

extern "C" void SysTick_Handler() { board::on_tick(); }
extern "C" void Interrupt0_Handler() {
    jobs.enqueue([] { led = led + 1; });
}

int main() {
    board::start(BOARD_HZ);
    nvic::enable(0);
    const pawl::job_id later = jobs.schedule(50ms, [] { led = led + 2; });
    jobs.every(10ms, [] { led = led + 3; });
#ifdef CRON
    using namespace pawl::literals;
    jobs.recurring("flush", "0 */15 * * * *"_cron, [] { led = led + 4; });
#endif
    for (;;) {
        jobs.poll();
        if (led == 100) {
            jobs.cancel(later);
        }
        jobs.wait();
    }
}
