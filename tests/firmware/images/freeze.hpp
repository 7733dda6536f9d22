// SPDX-License-Identifier: BSL-1.0
//
// The freeze test on the real thing: an operation of a scheduler is interrupted before each of its
// instructions, by a real interrupt that uses the same scheduler; then everything must add up.
//
// How: the core's timer is aimed one instruction further each time (freeze_aim.hpp), until it comes
// when the operation has returned. The interrupt submits, cancels one of the main loop's jobs and
// one of its own, schedules, and polls (freeze_program.hpp). Then all is polled, and:
//   each accepted job ran once, or was cancelled once, as cancel() answered; the counters say so
//   what was ready first ran first
//   all slots are free: as many jobs as there are slots are accepted, one more is not, and all run
//   poll() was `busy` from one instruction of a poll to another one, and nowhere else
// That each instruction was met is not taken on trust: the image prints where each interrupt came,
// and freeze_test.sh compares that with what QEMU has seen executed without any interrupt.
//
// Where an interrupt is held off by a critical section, it comes after it: those instructions have
// no interrupt of their own, and need none.
//
// Interrupts in interrupts (Cortex-M): the timer's is the more urgent one. Its first expiry causes
// the other one, which does what is said above, and the second one comes in the middle of that, at
// each of its instructions, for a sample of places in the main loop.
//
//   int main() { return freeze::run<machine>(); }      // machine: a platform with freeze::clock_ms
//
// Output, for freeze_test.sh: "window NAME" begins an operation; "at ADDRESS" each time that an
// interrupt came elsewhere than the one before; "PLACES BAD" ends it. Started with the argument
// "path" the image calls each operation once, without that interrupt, for QEMU's trace.
//
// Cost: a few thousand instructions a run, a run for each instruction. One of these in an image.
#pragma once

#include <cstdint>

#include "freeze_aim.hpp"
#include "freeze_operations.hpp"
#include "freeze_tally.hpp"

// What freeze_test.sh looks for in the trace: a window is what is executed from the first of each
// pair to the second. (The third one is for operations whose interrupt is the window.)
extern "C" {
[[gnu::noinline, gnu::used]] inline void freeze_window(void (*call)()) {
    call();
    __asm__ volatile("" : : : "memory");
}
[[gnu::noinline, gnu::used]] inline void freeze_window_end() {
    __asm__ volatile("" : : : "memory");
}
[[gnu::noinline, gnu::used]] inline void freeze_below(void (*call)()) {
    call();
    __asm__ volatile("" : : : "memory");
}
}

namespace freeze {

// Set for what the timer, and the interrupt that it causes, do in the run at hand.
inline void (*on_expiry)(std::uintptr_t from) = nullptr;
inline void (*on_cause)() = nullptr;

// Of the run at hand.
inline volatile bool inside = false;  // of the window, or about to be
inline volatile std::uint32_t hits = 0;
inline volatile std::uintptr_t came_at = 0;
inline volatile bool was_busy = false;

// No window has as many instructions.
inline constexpr std::uint32_t aim_max = 5000;

template <class Machine>
class sweep {
    using p = program<Machine>;

public:
    // Interrupts one operation everywhere. Returns the number of runs in which something was wrong.
    static std::uint32_t everywhere(const operation& what) {
        tally seen{what.name};
        on_expiry = &expired;
        const std::uint32_t repeated_alone = run(what, never);
        seen.check((hits != 0) == what.sleeps, "sleeps and should not, or the other way round");
        std::uint32_t aim = 1;
        for (; aim < aim_max && seen.same != asleep; ++aim) {
            const std::uint32_t times = run(what, aim);
            if (hits == 0) {
                break;
            }
            now.check(hits == 1, "slept through");
            now.check(times == repeated_alone, "a recurring job ran more or less often");
            seen.add(aim, came_at, was_busy);
        }
        seen.check(aim < aim_max, "it has no end");
        seen.check(seen.places >= what.least, "fewer places than the operation has instructions");
        seen.check(seen.busy_parts == (what.polls ? 1U : 0U),
                   "poll() is not busy from one instruction to another one");
        seen.end();
        return seen.bad;
    }

    // Without an interrupt; one that sleeps is woken.
    static void once(const operation& what) {
        on_expiry = [](std::uintptr_t) {};
        start(what, never);
    }

private:
    // Longer than any operation: comes only in one that sleeps.
    static constexpr std::uint32_t never = aim_max + 1000;
    // So many aims in vain: the operation sleeps there.
    static constexpr std::uint32_t asleep = 300;

    static void expired(std::uintptr_t from) {
        if (!inside) {
            return;
        }
        if (hits == 0) {
            came_at = from;
            was_busy = p::interrupt();
            aim::arm(never);  // nothing else wakes who sleeps through that
        }
        hits = hits + 1;
    }

    // One run, interrupted so many instructions ahead, and how often the recurring job ran in it.
    static std::uint32_t run(const operation& what, std::uint32_t aim) {
        start(what, aim);
        what.after();
        p::end(what.repeats);
        return now.ran[repeated];
    }

    // One copy of it: the way out of the window is the same with and without an interrupt.
    [[gnu::noinline]] static void start(const operation& what, std::uint32_t aim) {
        p::begin();
        what.before();
        hits = 0;
        was_busy = false;
        inside = true;
        __asm__ volatile("" : : : "memory");
        aim::arm(aim);
        freeze_window(what.call);
        freeze_window_end();
        inside = false;
        aim::disarm();
    }
};

// Whether the image was started with this argument.
inline bool started_with(const char* wanted) {
    static char line[64];
    const struct {
        char* text;
        std::uintptr_t size;
    } block = {line, sizeof line};
    semihosting::call(0x15, &block);  // SYS_GET_CMDLINE
    const char* each = line;
    while (*each != '\0' && *each == *wanted) {
        ++each;
        ++wanted;
    }
    return *each == *wanted;
}

}  // namespace freeze

extern "C" void aim_expired(std::uintptr_t from) { freeze::on_expiry(from); }

#if !defined(__riscv)
#include "freeze_nested.hpp"
#endif

namespace freeze {

template <class Machine>
int run() {
    aim::start();
    const bool path_only = started_with("path");
    for (const operation& each : operations<Machine>::all) {
        if (path_only) {
            sweep<Machine>::once(each);
        } else if (sweep<Machine>::everywhere(each) != 0) {
            return 1;  // what is broken may hang next
        }
    }
#if !defined(__riscv)
    if (nested<Machine>::all(path_only) != 0) {
        return 1;
    }
#endif
    return 0;
}

}  // namespace freeze
