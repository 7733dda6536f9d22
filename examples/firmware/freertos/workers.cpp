// SPDX-License-Identifier: BSL-1.0
//
// Workers on FreeRTOS: two tasks of pawl's, with static stacks, run the jobs. A job may block, as
// any task may; the other worker goes on. At the end they are stopped, and their memory is free.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>

#include <pawl/scheduler/scheduler.hpp>

#include "board/semihosting.hpp"
#include "freertos/freertos_platform.hpp"
#include "freertos/mps2_an385.hpp"

using namespace std::chrono_literals;

namespace {

struct two_workers : freertos::settings {
    static constexpr UBaseType_t worker_priority = 2;
    static constexpr std::size_t worker_stack_words = 256;
};
using machine = freertos::platform<two_workers>;

constexpr pawl::limits crew{.jobs = 16,
                            .job_bytes = 12,
                            .job_align = 4,
                            .edges = 0,
                            .batches = 0,
                            .recurring = 2,
                            .workers = 2,
                            .local = 0,
                            .queue_control = false,
                            .names = false,
                            .retries = false,
                            .slices = false,
                            .reschedule = false};
using scheduler = pawl::scheduler<crew, machine>;

// A scheduler with workers stops them in its destructor. This one lives for ever, so that none is
// registered; it is constructed before FreeRTOS starts.
alignas(scheduler) std::byte room[sizeof(scheduler)];
scheduler* jobs = nullptr;

mps2_an385::static_task<256> boss_task;

// A line in one piece, whoever prints at the same time.
void say(const char* what, std::uint32_t number) {
    char line[48];
    char* end = line;
    const auto put_number = [&end](std::uint32_t value, int width) {
        char digits[10];
        int count = 0;
        do {
            digits[count++] = static_cast<char>('0' + value % 10);
            value /= 10;
        } while (value != 0);
        for (int blanks = width - count; blanks > 0; --blanks) {
            *end++ = ' ';
        }
        while (count > 0) {
            *end++ = digits[--count];
        }
    };
    put_number(xTaskGetTickCount(), 5);
    for (const char* text : {" ms  ", what}) {
        while (*text != '\0') {
            *end++ = *text++;
        }
    }
    put_number(number, 0);
    *end++ = '\n';
    *end = '\0';
    semihosting::print(line);
}

void work(void*) {
    say("tasks before the start: ", uxTaskGetNumberOfTasks());
    say("workers: ", jobs->start().workers);
    say("tasks now: ", uxTaskGetNumberOfTasks());

    jobs->enqueue([] {
        say("blocks, job ", 0);
        vTaskDelay(pdMS_TO_TICKS(100));
        say("goes on, job ", 0);
    });
    for (std::uint32_t job = 1; job <= 3; ++job) {
        jobs->enqueue([job] { say("runs meanwhile, job ", job); });
    }
    jobs->schedule(50ms, [] { say("delayed, job ", 4); });
    jobs->every(40ms, [] { say("periodic, job ", 5); });
    vTaskDelay(pdMS_TO_TICKS(60));
    mps2_an385::cause_interrupt();
    vTaskDelay(pdMS_TO_TICKS(30));

    for (std::uint32_t job = 7; job <= 9; ++job) {
        jobs->enqueue([job] { say("ready at the stop, job ", job); });
    }
    const pawl::stop_report report = jobs->stop(pawl::drain);
    say("stopped: ", report.status == pawl::stop_status::stopped ? 1 : 0);
    say("finished since: ", static_cast<std::uint32_t>(report.finished));
    say("refused: ", jobs->enqueue([] {}) ? 0 : 1);
    say("tasks left: ", uxTaskGetNumberOfTasks());
    semihosting::exit(0);
}

}  // namespace

extern "C" void Interrupt0_Handler() {
    jobs->enqueue([] { say("from an interrupt, job ", 6); });
}

int main() {
    jobs = new (room) scheduler{pawl::deferred_start};
    mps2_an385::start();
    boss_task.start(&work, "boss", 3);
    vTaskStartScheduler();
    return 1;  // it has not started
}
