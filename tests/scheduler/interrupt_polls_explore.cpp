// SPDX-License-Identifier: BSL-1.0
//
// A scheduler that an interrupt polls, cut into at every access to a word.
//
// Goal: one scheduler for each priority level: the main loop submits, and an interrupt runs the
// jobs, wherever in the main loop's work it comes, and a more urgent one wherever in its own.
// Nothing is lost: what was submitted is run by that poll or a later one, once; every slot comes
// back; and a poll that cuts into a poll says so. Method: tests/explore/interrupt_board.hpp. The
// first interrupt polls; the second one, which cuts into it too, submits and polls.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/interrupt_board.hpp"

// Set by tests/mutants/run: a mutant may have fewer accesses.
#ifndef PAWL_MUTANT
#define PAWL_MUTANT 0
#endif

using namespace std::chrono_literals;

namespace {

template <bool Masked, std::uint32_t Jobs>
struct world {
    using board = explore::interrupt_board<Masked>;
    static constexpr pawl::limits capacity{.jobs = Jobs,
                                           .job_bytes = 16,
                                           .edges = 0,
                                           .batches = 0,
                                           .recurring = 2,
                                           .workers = 0,
                                           .names = false,
                                           .retries = false};
    using scheduler = pawl::scheduler<capacity, board>;

    static inline std::unique_ptr<scheduler> jobs;
    static inline int submitted = 0;
    static inline int ran = 0;
    static inline bool polls = false;  // the first interrupt is inside of poll()
    static inline std::uint32_t at = 0;
    static inline std::uint32_t nested_at = 0;

    static void require(bool condition, const char* what) {
        if (!condition) {
            std::printf("FAILED: %s; interrupts at accesses %u and %u\n", what, at, nested_at);
            std::exit(EXIT_FAILURE);
        }
    }

    static void enqueue() {
        submitted += jobs->enqueue([] { ++ran; }) ? 1 : 0;
    }
    // Of each delayed job: what its deadline is, and when in the program it was submitted.
    struct delayed {
        std::uint32_t due;
        std::uint32_t begun;
        std::uint32_t done;
    };
    static inline delayed all[16];
    static inline std::uint32_t count = 0;
    static inline std::uint32_t moment = 0;
    static inline delayed last;  // of those that ran

    static void schedule(std::chrono::milliseconds delay) {
        const std::uint32_t me = count++;
        all[me] = {board::milliseconds + static_cast<std::uint32_t>(delay.count()), ++moment, 0};
        submitted += jobs->schedule(delay, [me] { run_delayed(all[me]); }) ? 1 : 0;
        all[me].done = ++moment;
    }
    static void run_delayed(const delayed& mine) {
        ++ran;
        const auto late = static_cast<std::int32_t>(board::milliseconds - mine.due);
        require(late > 0, "early");
        require(late <= 2, "late");
        require(mine.due != last.due || mine.done > last.begun, "not in the order of submission");
        last = mine;
    }

    static void first_interrupt() {
        ++board::milliseconds;
        polls = true;
        require(!jobs->poll().busy, "the main loop does not poll");
        polls = false;
    }
    static void second_interrupt() {
        static bool mine_ran;
        mine_ran = false;
        const bool accepted = static_cast<bool>(jobs->enqueue([] {
            ++ran;
            mine_ran = true;
        }));
        submitted += accepted ? 1 : 0;
        schedule(1ms);
        const pawl::poll_result result = jobs->poll();
        require(!result.busy || polls, "busy, and nobody polls");
        require(mine_ran || result.busy || !accepted, "hidden behind an interrupted submission");
    }

    static void program(std::uint32_t first_at, std::uint32_t second_at) {
        at = first_at;
        nested_at = second_at;
        board::reset(0xFFFF'FFFEU);
        submitted = ran = 0;
        count = moment = 0;
        last = {};
        polls = false;
        jobs = std::make_unique<scheduler>();
        explore::interrupts::mask();
        jobs->poll();  // it knows from here on that nothing is due
        explore::interrupts::unmask();
        enqueue();
        schedule(1ms);
        schedule(3ms);
        schedule(1ms);
        const auto period = jobs->every(2ms, [] {});
        if (const auto other = jobs->schedule(1ms, [] {})) {
            jobs->cancel(other);
        }
        enqueue();
        if (period) {
            jobs->remove(period);
        }
        schedule(3ms);                // the last that is said
        explore::interrupts::mask();  // what follows is not interrupted
        // Without a further call: a poll to which nothing seems to have come must find it.
        for (int tick = 0; tick < 8; ++tick) {
            jobs->poll();
            ++board::milliseconds;
        }
        require(ran == submitted, "a job did not run, or ran twice");
        enqueue();
        enqueue();
        require(jobs->poll(pawl::poll_budget{.jobs = 1}).more, "a budget left nothing");
        jobs->poll();  // and nobody calls
        require(ran == submitted, "what a budget left was not found");
        require(!jobs->next_wake(), "something is still waited for");
        schedule(2ms);  // and nobody says anything more
        for (int tick = 0; tick < 4; ++tick) {
            jobs->poll();
            ++board::milliseconds;
        }
        require(ran == submitted, "a deadline was not told");
        for (std::uint32_t slot = 0; slot < capacity.jobs; ++slot) {
            require(static_cast<bool>(jobs->enqueue([] {})), "a slot is lost");
        }
        require(!jobs->enqueue([] {}), "a slot too many");
        require(jobs->poll().ran == capacity.jobs, "the last jobs");
    }

    static void run() {
        const std::uint64_t runs =
            explore::at_every_access(first_interrupt, second_interrupt, program) +
            explore::at_every_access(second_interrupt, nullptr, program);
        std::printf("ok     %-9s %3u jobs %9llu runs\n", Masked ? "masked" : "swapping", Jobs,
                    static_cast<unsigned long long>(runs));
        require(PAWL_MUTANT != 0 || runs > 1000, "too few places for interrupts");
    }
};

}  // namespace

int main() {
    world<false, 12>::run();  // timers in a list
    world<true, 12>::run();
    world<false, 70>::run();  // and in a wheel
    world<true, 70>::run();
}
