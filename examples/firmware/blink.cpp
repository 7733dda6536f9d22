// SPDX-License-Identifier: BSL-1.0
//
// blink: every kind of job that firmware needs, in an image of a few kilobytes. No threads, no
// heap; interrupts submit, the main loop runs what is due and sleeps in between.
#include <pawl/scheduler/scheduler.hpp>

#include "board/board.hpp"
#include "board/semihosting.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

constexpr pawl::limits small{.jobs = 16,
                             .job_bytes = 12,
                             .job_align = 4,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 4,
                             .workers = 0,
                             .names = false,
                             .retries = false};
// board::clock counts milliseconds and seconds: pawl::systick on a Cortex-M.
constinit pawl::scheduler<small, board::clock> jobs;

namespace {

bool led = false;
bool finished = false;

void say(const char* what) {
    semihosting::print(static_cast<std::uint32_t>(board::clock::now().time_since_epoch().count()),
                       5);
    semihosting::print(" ms  ");
    semihosting::print(what);
}

void blink() {
    led = !led;
    say(led ? "led on\n" : "led off\n");
}

}  // namespace

extern "C" void Tick_Handler() {
    board::clock::on_tick();
    if (board::clock::now().time_since_epoch() == 120ms) {
        board::pend(0);  // as if somebody pressed the button now
    }
}

// The button: nothing but a submission, the work is done by the main loop.
extern "C" void Interrupt0_Handler() {
    jobs.enqueue([pressed = board::clock::now()] {
        say("button\n");
        jobs.schedule(50ms, [pressed] {
            say(board::clock::now() - pressed >= 50ms ? "not pressed again for 50 ms\n"
                                                      : "early\n");
        });
    });
}

int main() {
    board::start();
    board::clock::set_wall(std::chrono::sys_days{std::chrono::year{2026} / 12 / 31} + 23h + 59min +
                           59s);
    board::enable(0);

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
