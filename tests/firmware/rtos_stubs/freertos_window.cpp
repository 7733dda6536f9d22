// SPDX-License-Identifier: BSL-1.0
//
// Goal: on FreeRTOS no submission is slept through, wherever it comes, and nobody who stands still
// holds up others.
//
// Method: a timer of the board is set to expire at each 40 ns (an instruction takes 64 ns) of a
// stretch of time that begins before the runner looks for work and ends long after it blocks. What
// then happens is, in four sweeps:
//   interrupt  the interrupt submits
//   task       it wakes a task, more urgent than the runner, that submits
//   frozen     a less urgent task is submitting; the interrupt submits too and wakes a task that
//              keeps this one from running for 5 ms, but not the runner
//   owners     a less urgent task edits the recurring jobs; the interrupt wakes a more urgent one,
//              which does so too and has to wait for it
// The runner's sleep has a limit, which is met only if a wake-up was lost. Each sweep counts how
// often it hit what it was aimed at.
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "board/semihosting.hpp"
#include "freertos/freertos_platform.hpp"
#include "freertos/mps2_an385.hpp"

using namespace std::chrono_literals;

namespace {

struct choice : freertos::settings {
#if defined(WORDS_ARE_MASKED)
    static constexpr bool masked = true;
#endif
};
using machine = freertos::platform<choice>;

constexpr pawl::limits small{.jobs = 8,
                             .job_bytes = 8,
                             .job_align = 4,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 2,
                             .workers = 0,
                             .names = false,
                             .retries = false};
constinit pawl::scheduler<small, machine> jobs;

// The timer counts down at 25 MHz, and its interrupt turns it off.
constexpr std::uint32_t timer = 0x4000'0000;
void expire_in(std::uint32_t counts) {
    nvic::at(timer + 8) = 0xFFFF'FFFF;  // what follows the first round
    nvic::at(timer + 4) = counts;
    nvic::at(timer) = 0b1001;  // on, with an interrupt
}
void timer_seen() {
    nvic::at(timer) = 0;
    nvic::at(timer + 0xC) = 1;
}

enum class sweep : std::uint8_t { interrupt, task, frozen, owners };

constexpr UBaseType_t least_priority = 1;
constexpr UBaseType_t hog_priority = 2;
constexpr UBaseType_t runner_priority = 3;
constexpr UBaseType_t helper_priority = 5;
mps2_an385::static_task<256> runner_task;
mps2_an385::static_task<256> helper_task;
mps2_an385::static_task<256> least_task;
mps2_an385::static_task<128> hog_task;
TaskHandle_t runner = nullptr;
TaskHandle_t helper = nullptr;
TaskHandle_t least = nullptr;
TaskHandle_t hog = nullptr;

volatile sweep now_sweeping{};
volatile std::uint32_t ran = 0;        // jobs, of this aim
volatile std::uint32_t latest = 0;     // job, of this aim, in ticks
volatile bool waiting = false;         // the runner has called wait()
volatile bool busy = false;            // the less urgent task is inside of its call
volatile std::uint32_t in_window = 0;  // interrupts while the runner was on its way to sleep
volatile std::uint32_t while_asleep = 0;
volatile std::uint32_t in_call = 0;  // interrupts while the less urgent task was inside
volatile bool helper_edited = false;
volatile bool least_edited = false;

void submit() {
    jobs.enqueue([submitted = machine::now()] {
        const auto ticks = static_cast<std::uint32_t>((machine::now() - submitted).count());
        latest = ticks > latest ? ticks : latest;
        ran = ran + 1;
    });
}
// Of who may be kept from running in the midst of it: its job may be late.
void submit_slowly() {
    jobs.enqueue([] { ran = ran + 1; });
}

void wake(TaskHandle_t task, BaseType_t& woken) { vTaskNotifyGiveFromISR(task, &woken); }

// True if both steps were done.
bool edit_recurring() {
    return jobs.remove(jobs.every(1h, [] {}));
}

// What the interrupt has others do.
void help(void*) {
    for (;;) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        if (now_sweeping == sweep::task) {
            submit();
        } else {
            helper_edited = edit_recurring();
        }
    }
}
void keep_busy(void*) {
    for (;;) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        const TickType_t began = xTaskGetTickCount();
        while (xTaskGetTickCount() - began < 5) {
        }
    }
}
void be_interrupted(void*) {
    for (;;) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        busy = true;
        if (now_sweeping == sweep::frozen) {
            submit_slowly();
        } else {
            least_edited = edit_recurring();
        }
        busy = false;
    }
}

void print(const char* what, std::uint32_t number) {
    semihosting::print(what);
    semihosting::print(number);
}

// The runner itself: aims, runs the jobs, and looks how long it slept.
constexpr std::uint32_t sleep_limit_ms = 20;
void run_sweep(sweep which, const char* name, std::uint32_t expected_jobs) {
    constexpr std::uint32_t counts_max = 4000;
    now_sweeping = which;
    in_window = 0;
    while_asleep = 0;
    in_call = 0;
    std::uint32_t slept_through = 0;
    std::uint32_t lost = 0;
    std::uint32_t late = 0;
    for (std::uint32_t counts = 1; counts <= counts_max; ++counts) {
        ran = 0;
        latest = 0;
        helper_edited = false;
        least_edited = false;
        vTaskDelay(1);  // from here on a millisecond without a tick
        const TickType_t began = xTaskGetTickCount();
        if (which == sweep::frozen || which == sweep::owners) {
            xTaskNotifyGive(least);  // runs once this one blocks
        }
        expire_in(counts);
        const auto done = [&] {
            return which == sweep::owners ? helper_edited && least_edited : ran >= expected_jobs;
        };
        while (!done() && xTaskGetTickCount() - began < sleep_limit_ms) {
            jobs.poll();
            if (!done()) {
                waiting = true;
                which == sweep::owners ? vTaskDelay(2)
                                       : jobs.wait(std::chrono::milliseconds{sleep_limit_ms});
                waiting = false;
            }
        }
        lost += done() ? 0U : 1U;
        slept_through += xTaskGetTickCount() - began >= sleep_limit_ms ? 1U : 0U;
        late += latest > 1 ? 1U : 0U;
        while (busy) {
            vTaskDelay(1);
        }
        while (jobs.poll().ran != 0) {
        }
    }
    semihosting::print(name);
    print(": aimed ", counts_max);
    print(", on the way to sleep ", in_window);
    print(", asleep ", while_asleep);
    print(", inside of a call ", in_call);
    print(", lost ", lost);
    print(", late ", late);
    print(", slept through ", slept_through);
    semihosting::print("\n");
}

void run(void*) {
    run_sweep(sweep::interrupt, "interrupt", 1);
    run_sweep(sweep::task, "task", 1);
    run_sweep(sweep::frozen, "frozen", 2);
    run_sweep(sweep::owners, "owners", 0);
    semihosting::exit(0);
}

}  // namespace

extern "C" void Interrupt0_Handler() {}

extern "C" void Timer0_Handler() {
    timer_seen();
    // Of the interrupted task: whether it is the runner that is about to sleep.
    const TaskHandle_t interrupted = xTaskGetCurrentTaskHandle();
    in_window = in_window + (waiting && interrupted == runner ? 1 : 0);
    while_asleep = while_asleep + (waiting && interrupted != runner ? 1 : 0);
    in_call = in_call + (busy && interrupted == least ? 1 : 0);
    BaseType_t woken = pdFALSE;
    switch (now_sweeping) {
        case sweep::interrupt: submit(); break;
        case sweep::task:
        case sweep::owners: wake(helper, woken); break;
        case sweep::frozen:
            wake(hog, woken);
            submit();
            break;
    }
    portYIELD_FROM_ISR(woken);
}

int main() {
    mps2_an385::start();
    runner = runner_task.start(&run, "runner", runner_priority);
    helper = helper_task.start(&help, "helper", helper_priority);
    least = least_task.start(&be_interrupted, "least", least_priority);
    hog = hog_task.start(&keep_busy, "hog", hog_priority);
    vTaskStartScheduler();
    return 1;  // it has not started
}
