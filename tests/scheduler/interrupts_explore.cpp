// A scheduler on one core, interrupted at every access to a word, and inside of that interrupt
// again.
//
// Goal: whatever the moment at which an interrupt submits, schedules or cancels, every job that was
// accepted runs once, none that was cancelled in time does, all slots come back, and the main loop
// does not fall asleep on work. Method: tests/explore/interrupt_board.hpp, with compare-and-swap
// and with critical sections, with a clock that wraps on the way.
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
using namespace pawl::literals;

namespace {

template <bool Masked>
struct world {
    using board = explore::interrupt_board<Masked>;
    static constexpr pawl::limits capacity{.jobs = 6,
                                           .job_bytes = 16,
                                           .edges = 0,
                                           .batches = 0,
                                           .recurring = 2,
                                           .workers = 0,
                                           .names = false,
                                           .retries = false};
    using scheduler = pawl::scheduler<capacity, board>;

    static inline std::unique_ptr<scheduler> jobs;
    static inline int submitted = 0;  // accepted, and not cancelled in time
    static inline int refused = 0;    // for want of a slot
    static inline int ran = 0;
    static inline int ready = 0;        // submitted to run at once, and has not run
    static inline pawl::job_id victim;  // of who cancels
    static inline int victim_ran = 0;
    static inline int cancellations = 0;  // of the victim, that won
    static inline std::uint32_t at = 0;
    static inline std::uint32_t nested_at = 0;
    static inline std::uint32_t first_ms = 0;

    static void require(bool condition, const char* what) {
        if (!condition) {
            std::printf("FAILED: %s; clock from %u, interrupts at accesses %u and %u\n", what,
                        first_ms, at, nested_at);
            std::exit(EXIT_FAILURE);
        }
    }

    static void enqueue() {
        ++submitted;
        ++ready;
        const pawl::job_id id = jobs->enqueue([] {
            ++ran;
            --ready;
        });
        if (!id) {
            require(id.error() == pawl::submit_error::full, "refused, but not for want of a slot");
            ++refused;
            --submitted;
            --ready;
        }
    }
    static pawl::job_id schedule(std::chrono::milliseconds delay, int& runs) {
        const auto due = board::milliseconds + static_cast<std::uint32_t>(delay.count());
        const pawl::job_id id = jobs->schedule(delay, [due, &runs] {
            ++runs;
            require(static_cast<std::int32_t>(board::milliseconds - due) > 0, "early");
            require(static_cast<std::int32_t>(board::milliseconds - due) <= 2, "late");
        });
        if (!id) {
            require(id.error() == pawl::submit_error::full, "refused, but not for want of a slot");
            ++refused;
        }
        return id;
    }
    static void cancel_victim() { cancellations += jobs->cancel(victim) ? 1 : 0; }

    static void first_interrupt() {
        enqueue();
        submitted += schedule(3ms, ran) ? 1 : 0;
        cancel_victim();
    }
    static void second_interrupt() {
        enqueue();
        cancel_victim();
        // The owner's work can be cut into here: then it says so.
        const auto id = jobs->every(1ms, [] {});
        require(id || id.error() == pawl::submit_error::busy ||
                    id.error() == pawl::submit_error::recurring_full,
                "every() from an interrupt");
        if (id) {
            require(jobs->remove(id), "remove() from an interrupt");
        }
    }

    // The main loop's program: its own submissions beside those of the interrupts.
    static void program(std::uint32_t first_at, std::uint32_t second_at) {
        at = first_at;
        nested_at = second_at;
        board::reset(first_ms);
        board::was_slept_through = [] { require(ready == 0, "asleep with a job that is ready"); };
        submitted = refused = ran = ready = victim_ran = cancellations = 0;
        victim = {};
        jobs = std::make_unique<scheduler>();
        enqueue();
        victim = schedule(2ms, victim_ran);
        int never = 0;
        require(jobs->cancel(schedule(1ms, never)), "nobody else cancels it");
        for (int turn = 0; turn < 100 && (ran != submitted || turn < 6); ++turn) {
            require(!jobs->poll().busy, "busy");
            jobs->wait();
        }
        explore::interrupts::mask();  // what follows only looks, and is not interrupted
        for (int turn = 0; turn < 20; ++turn) {
            jobs->poll();
            jobs->wait();
        }
        require(ran == submitted, "a job did not run");
        // Cancelled while it ran, it was both.
        require(never == 0 && cancellations <= 1 && victim_ran <= 1, "cancelled");
        require(victim_ran + cancellations >= 1, "the victim neither ran nor was cancelled");
        require(refused == 0, "a slot was missing");
        require(jobs->counts().processing == 0 && jobs->counts().scheduled == 0, "counts");
        jobs->poll();
        // All slots are back: none is lost, none is there twice.
        for (std::uint32_t slot = 0; slot < capacity.jobs; ++slot) {
            require(static_cast<bool>(jobs->enqueue([] { ++ran; })), "a slot is lost");
        }
        require(!jobs->enqueue([] {}), "a slot too many");
        const int before = ran;
        require(jobs->poll().ran == capacity.jobs && ran == before + 6, "the last jobs");
        require(jobs->stop(pawl::drain).status == pawl::stop_status::stopped, "stop");
    }

    static void run() {
        for (const std::uint32_t start : {0U, 0x7FFF'FFFEU, 0xFFFF'FFFEU, 0xDFFF'FFFFU}) {
            first_ms = start;
            const std::uint64_t runs =
                explore::at_every_access(first_interrupt, second_interrupt, program);
            std::printf("ok     %-12s clock from %10u %9llu runs\n", Masked ? "masked" : "swapping",
                        start, static_cast<unsigned long long>(runs));
            require(PAWL_MUTANT != 0 || runs > 1000, "too few places for interrupts");
        }
    }

    // A period and a calendar, across the wrap of the clock and beyond the longest delay.
    static void time_goes_on() {
        explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                                 explore::interrupts::never);
        for (const std::uint32_t start : {0U, 0x7FFF'0000U, 0xFFFF'0000U}) {
            at = nested_at = 0;
            first_ms = start;
            board::reset(start);
            board::was_slept_through = nullptr;
            jobs = std::make_unique<scheduler>();
            int periods = 0;
            int minutes = 0;
            require(static_cast<bool>(jobs->every(100ms, [&periods] { ++periods; })), "every");
            require(static_cast<bool>(
                        jobs->recurring("minute", "* * * * *"_cron, [&minutes] { ++minutes; })),
                    "recurring");
            while (board::elapsed_ms < 600'000) {
                jobs->poll();
                jobs->wait();
            }
            jobs->poll();
            // A delay is a tick longer than asked for, so that it is never early; a period is not.
            require(periods >= 5999 && periods <= 6000, "periods");
            require(minutes >= 9 && minutes <= 10, "minutes");
        }
    }

    static void misuse() {
        board::reset(0);
        jobs = std::make_unique<scheduler>();
        if constexpr (Masked) {
            board::submitting_is_allowed = false;
            require(jobs->enqueue([] {}).error() == pawl::submit_error::wrong_priority,
                    "an interrupt that cannot be masked submits");
            board::submitting_is_allowed = true;
        }
        require(static_cast<bool>(jobs->enqueue([] { return pawl::outcome::retry(); })), "enqueue");
        jobs->poll();
        require(jobs->counts().failed == 1, "without limits.retries the first failure is the last");
        int snoozes = 0;
        jobs->enqueue([&snoozes] {
            return ++snoozes < 3 ? pawl::outcome::snooze(5ms) : pawl::outcome::success();
        });
        for (int turn = 0; turn < 40; ++turn) {
            jobs->poll();
            jobs->wait();
        }
        require(snoozes == 3 && jobs->counts().succeeded == 1, "snooze");
    }
};

}  // namespace

int main() {
    world<false>::run();
    world<true>::run();
    world<false>::time_goes_on();
    world<true>::time_goes_on();
    world<false>::misuse();
    world<true>::misuse();
}
