// SPDX-License-Identifier: BSL-1.0
//
// Two Cortex-M33 share a scheduler behind a lock between them (core_lock.hpp), as the two cores of
// an RP2040 would: the second one submits and cancels, the first one too, from an interrupt and
// from the main loop, which polls and sleeps. Each job that was accepted and not cancelled runs
// once, and one that was cancelled once at most: it may have been running.
//
// The machine is an SSE-200 (QEMU's mps2-an521). The lock is a word with compare-and-swap here, in
// place of a register that reads as taken. With UNLOCKED it lets everybody in, and jobs must be
// lost or come twice.
#include <pawl/platform/bare_metal.hpp>
#include <pawl/platform/core_lock.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include <atomic>

#include "board/board.hpp"
#include "board/semihosting.hpp"
#include "lean.hpp"

namespace {

constexpr std::uint32_t submissions = 3000;  // of the second core
constexpr std::uint32_t patience = 40'000'000;

volatile std::uint32_t& at(std::uint32_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
}

struct spin_lock : pawl::cortex_m_events {
    static constexpr unsigned cores = 2;
    static unsigned core() noexcept { return at(0x5001'F000); }  // CPU_IDENTITY
    static void lock() noexcept {
#ifndef UNLOCKED
        while (taken_.exchange(1, std::memory_order_acquire) != 0) {
        }
#endif
    }
    static void unlock() noexcept { taken_.store(0, std::memory_order_release); }

private:
    static inline constinit std::atomic<std::uint32_t> taken_{0};
};

struct two_cores
    : pawl::basic_bare_metal<pawl::with_core_lock<pawl::cortex_m_primask, spin_lock>, true> {
    static time_point now() noexcept { return {}; }
};

constinit pawl::scheduler<lean(8, 0), two_cores> jobs;

// One writer each: the jobs run on the first core, the rest is told by its name.
std::uint32_t ran_of_first = 0;
std::uint32_t accepted_by_first = 0;
std::uint8_t runs_of[submissions];
bool cancelled_by_second[submissions];
std::uint32_t accepted_by_second = 0;
std::atomic<std::uint32_t> second_finished{0};

}  // namespace

extern "C" void Interrupt0_Handler() {
    if (jobs.enqueue([] { ++ran_of_first; })) {
        ++accepted_by_first;
    }
}

extern "C" [[noreturn]] void second_core() {
    for (std::uint32_t i = 0, tries = 0; i < submissions && tries < patience; ++tries) {
        const auto job = jobs.enqueue([i] { ++runs_of[i]; });
        if (!job) {
            continue;  // full: the first core is behind
        }
        ++accepted_by_second;
        cancelled_by_second[i] = i % 5 == 0 && jobs.cancel(job);
        ++i;
    }
    second_finished.store(1, std::memory_order_release);  // and so what is above is seen
    for (;;) {
        __asm__ volatile("wfi");
    }
}

namespace {
alignas(8) std::uint32_t second_stack[512];
alignas(512) void (*const second_vectors[16])() = {
    reinterpret_cast<void (*)()>(second_stack + 512),
    second_core,
};
}  // namespace

int main() {
    board::enable(0);
    // System control of the SSE-200: where the second core begins, and that it may.
    at(0x5002'1114) = reinterpret_cast<std::uint32_t>(&second_vectors);  // INITSVTOR1
    at(0x5002'1118) = 0;                                                 // CPUWAIT
    std::uint32_t turns = 0;
    // acquire: sees what the second core has counted.
    while (second_finished.load(std::memory_order_acquire) == 0 && turns < patience) {
        if (++turns % 16 == 0) {
            board::pend(0);
        }
        jobs.poll();
        jobs.wait();
    }
    while (jobs.poll().ran != 0) {
    }
    std::uint32_t cancelled = 0;
    std::uint32_t ran = ran_of_first;
    bool good = accepted_by_second == submissions && accepted_by_first != 0 &&
                ran_of_first == accepted_by_first;
    for (std::uint32_t i = 0; i < submissions; ++i) {
        cancelled += cancelled_by_second[i] ? 1 : 0;
        ran += runs_of[i];
        good = good && (cancelled_by_second[i] ? runs_of[i] <= 1 : runs_of[i] == 1);
    }
    good = good && cancelled != 0;
    semihosting::print("submitted by the second core 3000, cancelled ");
    semihosting::print(cancelled);
    semihosting::print(", by an interrupt of the first ");
    semihosting::print(accepted_by_first);
    semihosting::print(", ran ");
    semihosting::print(ran);
    semihosting::print(good ? ": all of them once\n" : ": WRONG\n");
    return good ? 0 : 1;
}
