// SPDX-License-Identifier: BSL-1.0
//
// blink: every kind of job that firmware needs, in an image of a few kilobytes. No threads, no
// heap; interrupts submit, the main loop runs what is due and sleeps in between.
#include <pawl/platform/systick.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "board/nvic.hpp"
#include "board/semihosting.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

using board = pawl::systick;  // milliseconds and seconds, counted by the core's own timer

constexpr pawl::limits small{.jobs = 16,
                             .job_bytes = 12,
                             .job_align = 4,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 4,
                             .workers = 0,
                             .names = false,
                             .retries = false};
constinit pawl::scheduler<small, board> jobs;

namespace {

bool led = false;
bool finished = false;

void say(const char* what) {
    semihosting::print(static_cast<std::uint32_t>(board::now().time_since_epoch().count()), 5);
    semihosting::print(" ms  ");
    semihosting::print(what);
}

void blink() {
    led = !led;
    say(led ? "led on\n" : "led off\n");
}

}  // namespace

extern "C" void SysTick_Handler() {
    board::on_tick();
    if (board::now().time_since_epoch() == 120ms) {
        nvic::pend(0);  // as if somebody pressed the button now
    }
}

// The button: nothing but a submission, the work is done by the main loop.
extern "C" void Interrupt0_Handler() {
    jobs.enqueue([pressed = board::now()] {
        say("button\n");
        jobs.schedule(50ms, [pressed] {
            say(board::now() - pressed >= 50ms ? "not pressed again for 50 ms\n" : "early\n");
        });
    });
}

int main() {
    board::start(BOARD_HZ);
    board::set_wall(std::chrono::sys_days{std::chrono::year{2026} / 12 / 31} + 23h + 59min + 59s);
    nvic::enable(0);

    jobs.schedule(10ms, [] { say("delayed\n"); });
    jobs.every(250ms, blink);
    jobs.recurring("new year", "0 0 0 1 1 *"_cron, [] { say("a new year\n"); });
    const auto never = jobs.schedule(100ms, [] { say("cancelled, and yet run\n"); });
    jobs.cancel(never);
    jobs.schedule(1100ms, [] { finished = true; });

    while (!finished) {
        jobs.poll();
        jobs.wait();  // sleeps until the next interrupt, and loses none
    }
    say("end\n");
    return 0;
}
