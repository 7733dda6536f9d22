// SPDX-License-Identifier: BSL-1.0
//
// Two Cortex-M33 share a scheduler behind a lock between them (core_lock.hpp), as the two cores of
// an RP2040 would: the second one submits and cancels, the first one too, from an interrupt and
// from the main loop, which polls and sleeps. Each job that was accepted and not cancelled runs
// once.
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
std::uint32_t ran = 0;
std::uint32_t ran_sum = 0;
std::uint32_t accepted_by_first = 0;
std::uint32_t first_sum = 0;
std::atomic<std::uint32_t> accepted_by_second{0};
std::atomic<std::uint32_t> cancelled_by_second{0};
std::atomic<std::uint32_t> second_sum{0};
std::atomic<std::uint32_t> second_finished{0};

void count(std::uint32_t number) {
    ++ran;
    ran_sum += number;
}

}  // namespace

extern "C" void Interrupt0_Handler() {
    if (jobs.enqueue([] { count(7); })) {
        ++accepted_by_first;
        first_sum += 7;
    }
}

extern "C" [[noreturn]] void second_core() {
    std::uint32_t sum = 0;
    std::uint32_t accepted = 0;
    std::uint32_t cancelled = 0;
    for (std::uint32_t i = 0, tries = 0; i < submissions && tries < patience; ++tries) {
        const auto job = jobs.enqueue([i] { count(i); });
        if (!job) {
            continue;  // full: the first core is behind
        }
        sum += i;
        ++accepted;
        if (i % 5 == 0 && jobs.cancel(job)) {
            sum -= i;
            ++cancelled;
        }
        ++i;
    }
    second_sum.store(sum, std::memory_order_relaxed);
    accepted_by_second.store(accepted, std::memory_order_relaxed);
    cancelled_by_second.store(cancelled, std::memory_order_relaxed);
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
    const std::uint32_t cancelled = cancelled_by_second.load(std::memory_order_relaxed);
    const std::uint32_t expected =
        accepted_by_first + accepted_by_second.load(std::memory_order_relaxed) - cancelled;
    const bool good = ran == expected && cancelled != 0 && accepted_by_first != 0 &&
                      accepted_by_second.load(std::memory_order_relaxed) == submissions &&
                      ran_sum == first_sum + second_sum.load(std::memory_order_relaxed);
    semihosting::print("submitted by the second core 3000, cancelled ");
    semihosting::print(cancelled);
    semihosting::print(", by an interrupt of the first ");
    semihosting::print(accepted_by_first);
    semihosting::print(", ran ");
    semihosting::print(ran);
    semihosting::print(good ? ": all of them once\n" : ": WRONG\n");
    return good ? 0 : 1;
}
