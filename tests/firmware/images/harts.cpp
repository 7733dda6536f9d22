// SPDX-License-Identifier: BSL-1.0
//
// Four RISC-V harts at once: two push, two pop, and what was pushed arrives, each item once.
//
// One program for each queue that several may use: mpmc_queue and ticket_queue with
// compare-and-swap, and mpmc_queue made of critical sections behind a lock between cores, whose
// words are masked_word and whose lock is a spin lock (core_lock.hpp). Without the lock (UNLOCKED)
// items must be lost or come twice: the test of this test.
//
// Harts run at once here (QEMU without -icount), each on a thread of the host. QEMU keeps the
// host's order of memory, so weak order is not shown: ThreadSanitizer and the explorer are for
// that.
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/platform/core_lock.hpp>

#include <atomic>

#include "board/board.hpp"
#include "board/semihosting.hpp"

namespace {

constexpr std::uint32_t producers = 2;
constexpr std::uint32_t harts = 4;
constexpr std::uint32_t items_each = 20'000;
constexpr std::uint32_t items = producers * items_each;

// Several cores without a lock: a word of the language, fences and all.
struct atomic_board : pawl::bare_metal {
    using word = std::atomic<std::uint32_t>;
    static time_point now() noexcept { return {}; }
};

// Another one: everything inside a lock.
struct spin_lock {
    static constexpr unsigned cores = harts;
    static unsigned core() noexcept { return board::this_hart(); }
    static void lock() noexcept {
#ifndef UNLOCKED
        while (taken_.exchange(1, std::memory_order_acquire) != 0) {
        }
#endif
    }
    static void unlock() noexcept { taken_.store(0, std::memory_order_release); }
    static void wake_siblings() noexcept {}  // nobody sleeps

private:
    static inline constinit std::atomic<std::uint32_t> taken_{0};
};
struct locked_board
    : pawl::basic_bare_metal<pawl::with_core_lock<pawl::risc_v_machine, spin_lock>, true> {
    static time_point now() noexcept { return {}; }
};

template <class Queue>
struct program {
    Queue queue;
    std::atomic<std::uint32_t> popped{0};
    std::atomic<std::uint32_t> sum{0};
    std::atomic<std::uint32_t> finished{0};
    std::atomic<std::uint32_t> out_of_order{0};

    void run(unsigned hart) {
        if (hart < producers) {
            for (std::uint32_t i = 0; i < items_each; ++i) {
                while (!queue.try_push(i * producers + hart)) {
                }
            }
        } else {
            std::uint32_t own = 0;
            std::uint32_t last[producers] = {};
            while (popped.load(std::memory_order_relaxed) < items) {
                std::uint32_t item = 0;
                if (!queue.try_pop(item)) {
#ifdef UNLOCKED
                    if (finished.load(std::memory_order_acquire) >= producers) {
                        break;  // what is missing is lost
                    }
#endif
                    continue;
                }
                own += item;
                // Of one producer this hart sees what it pushed in its order.
                std::uint32_t& before = last[item % producers];
                if (item / producers + 1 <= before) {
                    out_of_order.fetch_add(1, std::memory_order_relaxed);
                }
                before = item / producers + 1;
                popped.fetch_add(1, std::memory_order_relaxed);
            }
            sum.fetch_add(own, std::memory_order_relaxed);
        }
        // release: what this hart counted is seen by who sees that it has finished.
        finished.fetch_add(1, std::memory_order_release);
    }

    // Of the first hart, once it has run its part.
    bool check(const char* name) {
        while (finished.load(std::memory_order_acquire) < harts) {
        }
        std::uint32_t expected = 0;
        for (std::uint32_t i = 0; i < items; ++i) {
            expected += i;
        }
        const bool good = popped.load(std::memory_order_relaxed) == items &&
                          sum.load(std::memory_order_relaxed) == expected &&
                          out_of_order.load(std::memory_order_relaxed) == 0;
        semihosting::print(name);
        semihosting::print(": ");
        semihosting::print(popped.load(std::memory_order_relaxed));
        semihosting::print(good ? " items, the checksum is right\n" : " items, WRONG\n");
        return good;
    }
};

#ifdef UNLOCKED
constinit program<pawl::mpmc_queue<std::uint32_t, 64, locked_board>> locked;
#else
constinit program<pawl::mpmc_queue<std::uint32_t, 64, atomic_board>> atomic;
constinit program<pawl::ticket_queue<std::uint32_t, 64, atomic_board>> tickets;
constinit program<pawl::mpmc_queue<std::uint32_t, 64, locked_board>> locked;
#endif

}  // namespace

extern "C" void hart_main(unsigned hart) {
#ifndef UNLOCKED
    atomic.run(hart);
    tickets.run(hart);
#endif
    locked.run(hart);
}

int main() {
    board::start_harts();
    hart_main(0);
    bool good = true;
#ifndef UNLOCKED
    good = atomic.check("mpmc_queue") && good;
    good = tickets.check("ticket_queue") && good;
#endif
    good = locked.check("mpmc_queue behind a lock") && good;
    return good ? 0 : 1;
}
