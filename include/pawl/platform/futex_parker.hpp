// SPDX-License-Identifier: BSL-1.0
//
// futex_parker: one sleeper's permit on Linux, a single word and no lock.
//
// Why not std::atomic::wait: it has no deadline, and a worker that sleeps until the next timer
// needs one. Why not a mutex and a condition variable: a submitter that is preempted while it holds
// the mutex would stop every other submitter; with one word, unpark() is one exchange and, only if
// the owner really sleeps, one system call.
//
// How it works: the word has a bit for a permit that was given and one for an owner that sleeps.
// park() takes a given permit at once, or says that it sleeps and waits while the word stays so;
// the kernel compares the word again before it puts the thread to sleep, so an unpark() in between
// is never slept through. The second bit stays until the owner runs, and a third one says that the
// kernel has been told: who finds a permit given and nobody told tells it again, because who gave
// the permit may have been stopped before. The word counts sleeps, so that this is never said of a
// later one (the bound: 2^29 sleeps within one unpark()).
//
// Cost: unpark() one read-modify-write (a wake of a sleeping core: some 18 us of the caller's
// time); park() two.
// Who may call: park() and park_until() its one owner; unpark() any thread, any number at once.
#pragma once

#if defined(__linux__)  // empty on other systems

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class futex_parker {
public:
    using time_point = std::chrono::steady_clock::time_point;

    void park() noexcept { wait(nullptr); }

    void park_until(time_point deadline) noexcept {
        const auto since_boot = deadline.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
        // A time before the clock's zero would be refused by the kernel; it is simply in the past.
        timespec absolute{};
        if (seconds.count() >= 0) {
            absolute.tv_sec = static_cast<decltype(absolute.tv_sec)>(seconds.count());
            absolute.tv_nsec = static_cast<decltype(absolute.tv_nsec)>(
                std::chrono::nanoseconds(since_boot - seconds).count());
        }
        wait(&absolute);
    }

    void unpark() noexcept {
        // release: what the caller did before (a job in a ring) is visible to the owner, whose
        // acquiring exchange in wait() reads this word.
        const std::uint32_t seen = word_.fetch_or(given, std::memory_order_release);
        if ((seen & asleep) != 0 && (seen & told) == 0) {
            syscall(futex_number, &word_, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
            std::uint32_t waiting = seen | given;
            // relaxed: spares others the call, no more.
            word_.compare_exchange_strong(waiting, waiting | told, std::memory_order_relaxed,
                                          std::memory_order_relaxed);
        }
    }

private:
    static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t),
                  "the kernel waits on the word itself");

    // On 32-bit systems whose time has 64 bits the old call would misread the deadline.
#if defined(SYS_futex_time64)
    static constexpr long futex_number = sizeof(std::time_t) > sizeof(long) ? SYS_futex_time64
                                                                            : SYS_futex;
#else
    static constexpr long futex_number = SYS_futex;
#endif

    static constexpr std::uint32_t given = 1;
    static constexpr std::uint32_t asleep = 2;
    static constexpr std::uint32_t told = 4;   // the kernel was asked to wake the owner
    static constexpr std::uint32_t sleep = 8;  // the rest of the word counts the owner's sleeps

    void wait(const timespec* absolute) noexcept {
        // relaxed: the count is the owner's.
        const std::uint32_t count = word_.load(std::memory_order_relaxed) & ~(sleep - 1);
        std::uint32_t seen = count;
        // acquire: on failure the permit was given already; pairs with unpark()'s release.
        if (word_.compare_exchange_strong(seen, count | asleep, std::memory_order_acquire,
                                          std::memory_order_acquire)) {
            // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is steady_clock
            // here. Any return other than a deadline that passed is answered by looking at the word
            // again.
            while (word_.load(std::memory_order_relaxed) == (count | asleep)) {
                const long result =
                    syscall(futex_number, &word_, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
                            count | asleep, absolute, nullptr, FUTEX_BITSET_MATCH_ANY);
                if (result != 0 && errno == ETIMEDOUT) {
                    break;
                }
            }
        }
        // acquire: pairs with unpark()'s release. A permit that came at the last moment is taken
        // too: the owner looks at all its sources after every park.
        word_.exchange(count + sleep, std::memory_order_acquire);
    }

    std::atomic<std::uint32_t> word_{0};
};

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
