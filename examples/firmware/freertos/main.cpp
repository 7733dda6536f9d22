// SPDX-License-Identifier: BSL-1.0
//
// pawl among the tasks of FreeRTOS: one task runs the jobs, another task and an interrupt submit.
// Nothing is allocated, by either of the two.
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "board/semihosting.hpp"
#include "freertos/freertos_platform.hpp"
#include "freertos/mps2_an385.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

// A board that knows the date: seconds since it was set, here at tick 0.
struct machine : freertos::platform<> {
    static std::chrono::sys_seconds wall_now() noexcept {
        return std::chrono::sys_days{std::chrono::year{2026} / 12 / 31} + 23h + 59min + 59s +
               std::chrono::seconds{xTaskGetTickCount() / configTICK_RATE_HZ};
    }
};

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

constexpr UBaseType_t runner_priority = 3;
constexpr UBaseType_t sensor_priority = 2;
mps2_an385::static_task<256> runner_task;
mps2_an385::static_task<128> sensor_task;

void say(const char* what) {
    semihosting::print(static_cast<std::uint32_t>(xTaskGetTickCount()), 5);
    semihosting::print(" ms  ");
    semihosting::print(what);
}

// Runs every job, and blocks in between.
void run_jobs(void*) {
    jobs.schedule(10ms, [] { say("delayed\n"); });
    jobs.every(250ms, [] { say("periodic\n"); });
    jobs.recurring("new year", "0 0 0 1 1 *"_cron, [] { say("a new year\n"); });
    const auto never = jobs.schedule(100ms, [] { say("cancelled, and yet run\n"); });
    jobs.cancel(never);
    jobs.schedule(1100ms, [] {
        say("end\n");
        semihosting::exit(0);
    });
    for (;;) {
        jobs.poll();
        jobs.wait();  // until a submission or the next deadline; loses neither
    }
}

// Less urgent than who runs the jobs: its submission is preempted by the job.
void read_sensor(void*) {
    for (std::uint32_t sample = 1; sample <= 3; ++sample) {
        vTaskDelay(pdMS_TO_TICKS(40));
        jobs.enqueue([sample] {
            say("from a task: sample ");
            semihosting::print(sample);
            semihosting::print("\n");
        });
        say("submitted\n");
    }
    mps2_an385::cause_interrupt();  // as if somebody pressed a button now
    say("sensor goes on\n");
    vTaskSuspend(nullptr);
}

}  // namespace

// The button: nothing but a submission, the work is done by the task.
extern "C" void Interrupt0_Handler() {
    jobs.enqueue([pressed = machine::now()] {
        say("from an interrupt: button\n");
        jobs.schedule(50ms, [pressed] {
            say(machine::now() - pressed >= 50ms ? "not pressed again for 50 ms\n" : "early\n");
        });
    });
}

int main() {
    mps2_an385::start();
    runner_task.start(&run_jobs, "jobs", runner_priority);
    sensor_task.start(&read_sensor, "sensor", sensor_priority);
    vTaskStartScheduler();
    return 1;  // it has not started
}
