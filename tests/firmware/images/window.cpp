// SPDX-License-Identifier: BSL-1.0
//
// An interrupt that submits is aimed at every instruction between the scheduler's last look and its
// sleep; no submission may be slept through.
//
// How: the core's timer is started with one instruction more each time, and the main loop goes to
// sleep at once. The handler submits a job; after it the loop must run that job without a further
// interrupt. The timer is left running with its longest period, and if that has to end the sleep,
// the submission was slept through.
//
// Where the interrupt came is known: on its expiry the timer starts anew, so in the handler it says
// how long the interrupt had to wait. If it waited, it came while interrupts were masked, so many
// instructions before they were let in again; if not, the stacked program counter is the place. So
// that no instruction of the masked window is left out, the waits have to be all from the shortest,
// which is the sleep, to the longest, which is the mask.
//
// With UNMASKED the core looks and sleeps without a mask, and submissions must be lost: the test of
// this test.
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "board/nvic.hpp"
#include "board/semihosting.hpp"
#include "lean.hpp"

namespace {

// Under `-icount shift=8`: several ticks of the timer an instruction, so that none is mistaken for
// its neighbour.
constexpr std::uint32_t instruction_ns = 256;
constexpr std::uint32_t longest_period = 0xFF'FFFF;

struct unmasked_core : pawl::cortex_m_primask {
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        if (!busy()) {
            __asm__ volatile("dsb\n\twfi" : : : "memory");
        }
    }
};
#ifdef UNMASKED
using core = unmasked_core;
#else
using core = pawl::cortex_m_primask;
#endif

struct board : pawl::basic_bare_metal<core> {
    static time_point now() noexcept { return {}; }
};
constinit pawl::scheduler<lean(8, 0), board> jobs;

volatile std::uint32_t expiries = 0;  // of the timer, in this aim
volatile std::uint32_t ran = 0;
volatile bool late = false;
volatile std::uint32_t waited = 0;   // ticks between expiry and handler
volatile std::uint32_t came_at = 0;  // the stacked program counter

volatile std::uint32_t& control() { return nvic::at(0xE000'E010); }
volatile std::uint32_t& period() { return nvic::at(0xE000'E014); }
volatile std::uint32_t& value() { return nvic::at(0xE000'E018); }

}  // namespace

extern "C" [[gnu::used]] void expired(const std::uint32_t* frame) {
    if (expiries == 0) {
        waited = longest_period - value();
        came_at = frame[6];
        jobs.enqueue([] { ran = ran + 1; });
    } else if (ran == 0) {
        late = true;  // nothing else has woken the main loop
    }
    expiries = expiries + 1;
}

// The exception frame is on the stack that was in use: the main one here.
extern "C" [[gnu::naked]] void SysTick_Handler() {
    __asm__ volatile(
        "mov r0, sp\n\t"
        "push {r4, lr}\n\t"
        "bl expired\n\t"
        "pop {r4, pc}");
}

int main() {
    constexpr std::uint32_t ticks_max = 4096;
    static std::uint8_t hits[ticks_max / 8];  // a bit for each wait, in ticks
    std::uint32_t aims = 0;
    std::uint32_t lost = 0;
    std::uint32_t places = 0;  // distinct program counters outside of the mask
    std::uint32_t last_place = 0;
    std::uint32_t slept = 0;

    for (std::uint32_t aim = 20; aim < 5000; ++aim) {
        expiries = 0;
        ran = 0;
        late = false;
        jobs.poll();
        // A tick of the timer is less than an instruction, so that no instruction is left out.
        period() = aim;
        value() = 0;
        control() = 7;
        period() = longest_period;  // for what follows the first expiry
        jobs.poll();
        jobs.wait();
        const std::uint32_t woken_by = expiries;
        while (expiries == 0) {  // the aim was beyond the sleep, or the sleep ended early
            jobs.wait();
        }
        jobs.poll();
        control() = 0;
        ++aims;
        if (late || ran != 1) {
            ++lost;
        }
        if (woken_by == 1) {
            const std::uint32_t ticks = waited;
            if (ticks < ticks_max) {
                hits[ticks / 8] = static_cast<std::uint8_t>(hits[ticks / 8] | 1U << ticks % 8);
            }
            if (came_at != last_place) {
                ++places;
                last_place = came_at;
            }
            ++slept;
        }
    }

    // From ticks to instructions, counted from the shortest wait: the sleep itself.
    std::uint32_t gaps = 0;
    std::uint32_t shortest = ticks_max;
    std::uint32_t previous = 0;
    for (std::uint32_t ticks = 0; ticks < ticks_max; ++ticks) {
        if ((hits[ticks / 8] >> ticks % 8 & 1) == 0) {
            continue;
        }
        shortest = shortest == ticks_max ? ticks : shortest;
        constexpr std::uint64_t ticks_per_1e9 = std::uint64_t{BOARD_HZ} * instruction_ns;
        const auto instructions = static_cast<std::uint32_t>(
            (std::uint64_t{ticks - shortest} * 1'000'000'000 + ticks_per_1e9 / 2) / ticks_per_1e9);
        if (instructions > previous + 1) {
            gaps += instructions - previous - 1;
        }
        previous = instructions;
    }
    semihosting::print("aims ");
    semihosting::print(aims);
    semihosting::print(", hits in one sleep ");
    semihosting::print(slept);
    semihosting::print(", instructions of the window ");
    semihosting::print(previous + 1);
    semihosting::print(", not hit ");
    semihosting::print(gaps);
    semihosting::print(", places outside of the mask ");
    semihosting::print(places);
    semihosting::print(", slept through ");
    semihosting::print(lost);
    semihosting::print("\n");
    return 0;
}
