// SPDX-License-Identifier: BSL-1.0
//
// pawl among the threads of Zephyr: the main thread runs the jobs, another thread and an interrupt
// submit. Nothing is allocated.
#include <chrono>
#include <cstdint>

#include <zephyr/kernel.h>

#include <zephyr/sys/printk.h>

#include <pawl/scheduler/scheduler.hpp>

#include "zephyr_platform.hpp"

using namespace std::chrono_literals;

namespace {

using machine = zephyr_rtos::platform<>;

constexpr pawl::limits small{.jobs = 16,
                             .job_bytes = 12,
                             .job_align = 4,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 4,
                             .workers = 0,
                             .names = false,
                             .retries = false};
constinit pawl::scheduler<small, machine> jobs;

void say(const char* what) {
    printk("%5u ms  %s\n", static_cast<unsigned>(k_uptime_get_32()), what);
}

void read_sensor(void*, void*, void*) {
    for (int sample = 1; sample <= 3; ++sample) {
        k_sleep(K_MSEC(40));
        jobs.enqueue([sample] {
            printk("%5u ms  from a thread: sample %d\n", static_cast<unsigned>(k_uptime_get_32()),
                   sample);
        });
    }
}

// The function of a timer: the clock's interrupt calls it. Nothing but a submission, the work is
// done by the main thread.
void pressed(k_timer*) {
    jobs.enqueue([] {
        say("from an interrupt: button");
        jobs.schedule(50ms, [] { say("not pressed again for 50 ms"); });
    });
}

constexpr int sensor_priority = 7;
constexpr std::size_t sensor_stack_bytes = 1024;

}  // namespace

K_TIMER_DEFINE(button, pressed, nullptr);
K_THREAD_DEFINE(sensor, sensor_stack_bytes, read_sensor, nullptr, nullptr, nullptr, sensor_priority,
                0, 0);

int main() {
    bool finished = false;
    k_timer_start(&button, K_MSEC(130), K_NO_WAIT);
    jobs.schedule(10ms, [] { say("delayed"); });
    jobs.every(250ms, [] { say("periodic"); });
    const auto never = jobs.schedule(100ms, [] { say("cancelled, and yet run"); });
    jobs.cancel(never);
    jobs.schedule(1100ms, [&finished] { finished = true; });
    while (jobs.poll(), !finished) {
        jobs.wait();  // until a submission or the next deadline; loses neither
    }
    say("end");
    return 0;
}
