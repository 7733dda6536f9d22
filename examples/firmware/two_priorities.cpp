// SPDX-License-Identifier: BSL-1.0
//
// two_priorities: a control loop that nothing delays, beside work that takes longer than a period.
//
// What: a scheduler for each priority. `control` is polled by the timer's interrupt: its jobs begin
// the instant they are due, in the middle of whatever the main loop does. `background` is polled by
// the main loop, and its jobs may take their time. Each gives the other something to do:
//   control to background   after sixteen steps a job that works through what was measured
//   background to control   a dead man's switch: a job that stops the motor, unless each analysis
//                           puts it off; cancelled when the motor may run without
//
// Who may call what: poll() of a scheduler belongs to one place, the interrupt or the main loop.
// Submitting, cancelling and rescheduling may come from anywhere: that is how the two talk.
//
// What it costs: a step and its poll() are some 1,200 instructions on a Cortex-M3. What else a
// step's poll() finds to do (a switch to be put off) comes before the step: that is its jitter.
#include <pawl/containers/histogram.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "board/board.hpp"
#include "board/semihosting.hpp"

using namespace std::chrono_literals;

namespace {

constexpr pawl::limits control_limits{.jobs = 4,
                                      .job_bytes = 8,
                                      .job_align = 4,
                                      .edges = 0,
                                      .batches = 0,
                                      .recurring = 1,
                                      .workers = 0,
                                      .names = false,
                                      .retries = false,
                                      .reschedule = true,
                                      .deadlines = true};
constexpr pawl::limits background_limits{.jobs = 8,
                                         .job_bytes = 8,
                                         .job_align = 4,
                                         .edges = 0,
                                         .batches = 0,
                                         .recurring = 0,
                                         .workers = 0,
                                         .names = false,
                                         .retries = false};
constinit pawl::scheduler<control_limits, board::clock> control;
constinit pawl::scheduler<background_limits, board::clock> background;

std::uint32_t now_ms() {
    return static_cast<std::uint32_t>(board::clock::now().time_since_epoch().count());
}

// ---- The control loop, at interrupt level -------------------------------------------------------

constexpr std::uint32_t period_cycles = BOARD_HZ / 1000;

// By how many cycles two steps begin nearer to each other, or farther apart, than a millisecond.
// Only the interrupt adds to it: `one` makes that a load and a store.
constinit pawl::histogram<20, board::clock, pawl::histogram_writers::one> jitter;
std::uint32_t last_step_cycles = 0;

volatile std::uint32_t steps = 0;
volatile bool motor_on = false;

void analyse();

void control_step() {
    const std::uint32_t now = board::now_cycles();
    const std::uint32_t apart = now - last_step_cycles;
    last_step_cycles = now;
    if (steps != 0) {
        jitter.add(apart > period_cycles ? apart - period_cycles : period_cycles - apart);
    }
    steps = steps + 1;
    if (steps % 16 == 0) {
        background.enqueue(analyse);  // or it is refused, if the background is that far behind
    }
}

// ---- The background, in the main loop -----------------------------------------------------------

constexpr auto patience = 50ms;
pawl::job_id dead_mans_switch;
std::uint32_t last_sign_ms = 0;
volatile std::uint32_t stopped_ms = 0;

void start_motor() {
    motor_on = true;
    last_sign_ms = now_ms();
    dead_mans_switch = control.schedule(patience, [] {
        motor_on = false;
        stopped_ms = now_ms();
    });
}

void compute(std::chrono::microseconds time) {
    const std::uint32_t begun = board::now_cycles();
    const auto cycles = static_cast<std::uint32_t>(time.count()) * (BOARD_HZ / 1'000'000);
    while (board::now_cycles() - begun < cycles) {
    }
}

std::uint32_t analyses = 0;

// Some five periods of the control loop, each time another part of one: so the timer's interrupt
// comes at any place of the main loop.
void analyse() {
    compute(5ms + analyses % 32 * 30us);
    ++analyses;
    if (control.reschedule(dead_mans_switch, patience)) {
        last_sign_ms = now_ms();
    }
}

// The main loop, for so long. It has more to do than jobs (a display, a button): so a poll() ends
// with the job in which its 8 ms are over. Returns how long the longest took.
std::uint32_t run(std::chrono::milliseconds time) {
    std::uint32_t longest_ms = 0;
    const auto end = board::clock::now() + time;
    while (board::clock::now() < end) {
        const std::uint32_t begun = now_ms();
        background.poll(8ms);
        longest_ms = std::max(longest_ms, now_ms() - begun);
        background.wait();  // not at all, if there is something to poll
    }
    return longest_ms;
}

// ---- What is printed ----------------------------------------------------------------------------

void say(const char* before, std::uint32_t number, const char* after = "\n") {
    semihosting::print(before);
    semihosting::print(number);
    semihosting::print(after);
}

void say_state() {
    const auto seen = control.snapshot();
    say("  periods without a step: ",
        static_cast<std::uint32_t>(seen.expired + seen.counts.coalesced + seen.counts.skipped));
    say("  analyses: ", analyses, motor_on ? ", the motor is on\n" : ", the motor is off\n");
}

void say_jitter() {
    const auto seen = jitter.snapshot();
    say("jitter of ", steps, " steps, in cycles\n");
    for (std::uint32_t bucket = 0; bucket < std::size(seen.counts); ++bucket) {
        if (seen.counts[bucket] != 0) {
            semihosting::print(seen.lowest(bucket), 7);
            semihosting::print(" and more: ");
            semihosting::print(static_cast<std::uint32_t>(seen.counts[bucket]), 4);
            semihosting::print(" steps\n");
        }
    }
    say("  at most: ", seen.max);
}

}  // namespace

extern "C" void Tick_Handler() {
    board::clock::on_tick();
    control.poll();
}

int main() {
    board::start();
    control.every(1ms, control_step, {.deadline = 1ms, .late = pawl::late::skip});

    semihosting::print("analyses that take five periods\n");
    start_motor();
    run(200ms);
    say_state();

    semihosting::print("a job that takes a hundred and fifty\n");
    background.enqueue([] { compute(150ms); });
    run(152ms);
    say_state();
    say("  stopped so long after the last sign of life: ", stopped_ms - last_sign_ms, " ms\n");
    say("  analyses that found no room: ", background.counts().refused);

    semihosting::print("what has piled up\n");
    start_motor();
    // Eight, and what a tick adds to it, and the job in which they end.
    semihosting::print(run(100ms) <= 15 ? "  no poll took longer than 15 ms\n"
                                        : "  a poll took longer than 15 ms\n");
    say_state();

    semihosting::print("without the switch\n");
    semihosting::print(control.cancel(dead_mans_switch) ? "  cancelled\n" : "  too late\n");
    background.enqueue([] { compute(60ms); });
    run(70ms);
    say_state();

    say_jitter();
    return 0;
}
