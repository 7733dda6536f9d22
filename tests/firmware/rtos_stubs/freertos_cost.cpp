// SPDX-License-Identifier: BSL-1.0
//
// What a submission costs that wakes a task, in instructions: pawl's, and beside it what FreeRTOS
// brings for the same purpose, xTimerPendFunctionCallFromISR() and its timer task. Both run at the
// same priority; who is interrupted is less urgent. "FIGURE COUNT" a line:
//
//   pawl_in_interrupt     jobs.enqueue(), with the runner asleep: as the interrupt sees it
//   pawl_to_job           from before that call to the first instruction of the job
//   pawl_round            from before the interrupt until the interrupted task goes on, with the
//                         runner asleep again
//   pawl_awake            jobs.enqueue() while the runner is not asleep
//   kernel_in_interrupt, kernel_to_call, kernel_round, kernel_awake   the same for FreeRTOS
//
// To be run with shift=10, which is the meter's scale (meter.hpp). The kernel's own tick stays the
// meter's timer, slowed down so that a measurement fits between two of its interrupts.
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "freertos/freertos_platform.hpp"
#include "freertos/mps2_an385.hpp"
#include "meter.hpp"

#include <timers.h>

namespace {

using machine = freertos::platform<>;

constexpr pawl::limits lean{.jobs = 16,
                            .job_bytes = 12,
                            .job_align = 4,
                            .edges = 0,
                            .batches = 0,
                            .recurring = 4,
                            .workers = 0,
                            .names = false,
                            .retries = false};
constinit pawl::scheduler<lean, machine> jobs;

mps2_an385::static_task<256> runner_task;
mps2_an385::static_task<256> meter_task;

volatile bool of_kernel = false;
volatile std::uint32_t before_call = 0;
volatile std::uint32_t after_call = 0;
volatile std::uint32_t in_job = 0;
volatile std::uint32_t awake = 0;

void called(void*, std::uint32_t) { in_job = meter::reading(); }

void run(void*) {
    for (;;) {
        jobs.poll();
        jobs.wait();
    }
}

// The meter's own part, two readings, is not counted.
std::uint32_t cost(std::uint32_t from, std::uint32_t to) {
    return meter::instructions(from, to) - meter::nothing;
}

void measure(bool kernel, const char* const (&names)[4]) {
    of_kernel = kernel;
    // The third time: nothing is done for the first time then.
    std::uint32_t figures[4] = {};
    for (int times = 0; times < 3; ++times) {
        vTaskDelay(1);  // just after a tick
        const std::uint32_t from = meter::reading();
        mps2_an385::cause_interrupt();
        const std::uint32_t to = meter::reading();
        figures[0] = cost(before_call, after_call);
        figures[1] = cost(before_call, in_job);
        figures[2] = cost(from, to);
        // The same interrupt once more, while a job or call runs: see Interrupt0_Handler.
        vTaskDelay(1);
        awake = 0;
        const auto interrupt_itself = [] {
            awake = 1;
            mps2_an385::cause_interrupt();
        };
        if (kernel) {
            xTimerPendFunctionCall(
                [](void* f, std::uint32_t) { (*static_cast<decltype(interrupt_itself)*>(f))(); },
                const_cast<void*>(static_cast<const void*>(&interrupt_itself)), 0, 0);
        } else {
            jobs.enqueue(interrupt_itself);
        }
        figures[3] = cost(before_call, after_call);
    }
    for (int each = 0; each < 4; ++each) {
        meter::report(names[each], figures[each]);
    }
}

void measure_all(void*) {
    nvic::at(0xE000'E014) = BOARD_HZ / 100 - 1;  // the tick's period from the next one on: 10 ms
    vTaskDelay(2);
    meter::nothing = meter::count([] {});
    meter::report("meter_check",
                  meter::count([] { __asm__ volatile(".rept 100\n\tnop\n\t.endr"); }));
    measure(false, {"pawl_in_interrupt", "pawl_to_job", "pawl_round", "pawl_awake"});
    measure(true, {"kernel_in_interrupt", "kernel_to_call", "kernel_round", "kernel_awake"});
    semihosting::exit(0);
}

}  // namespace

extern "C" void Interrupt0_Handler() {
    if (of_kernel) {
        BaseType_t woken = pdFALSE;
        before_call = meter::reading();
        xTimerPendFunctionCallFromISR(&called, nullptr, 0, &woken);
        portYIELD_FROM_ISR(woken);
        after_call = meter::reading();
    } else {
        before_call = meter::reading();
        jobs.enqueue([] { in_job = meter::reading(); });
        after_call = meter::reading();
    }
}

int main() {
    mps2_an385::start();
    runner_task.start(&run, "jobs", configTIMER_TASK_PRIORITY);
    meter_task.start(&measure_all, "meter", 1);
    vTaskStartScheduler();
    return 1;  // it has not started
}
