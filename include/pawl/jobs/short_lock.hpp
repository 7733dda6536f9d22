// SPDX-License-Identifier: BSL-1.0
//
// short_lock: keeps workers apart for some dozens of instructions.
//
// What: a lock for what only workers (or the one caller of poll()) touch, and for work of a bounded
// length that calls nothing of the user's. Where the platform has no threads there is no lock: no
// bytes, no code.
//
// Why not lock-free: it guards structures of several words (lines, counts, a token bucket) that
// have to agree. Why not a system's mutex: there is none in firmware, and nobody holds this one for
// as long as going to sleep takes. Submitting never meets it: a thread that stands still inside
// keeps other workers from admitting jobs, but nobody from submitting one.
//
// Cost: one read-modify-write and one store. Who may call: workers; never an interrupt.
//
//   pawl::short_lock<Platform> lock;
//   { const pawl::short_lock_guard held{lock}; ... }
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform, bool Threads = Platform::has_threads>
class short_lock {
public:
    void lock() noexcept {
        // acquire: what the last holder has changed; pairs with unlock().
        while (held_.exchange(1, std::memory_order_acquire) != 0) {
            wait();
        }
    }
    // release: pairs with lock().
    void unlock() noexcept { held_.store(0, std::memory_order_release); }

private:
    // Until it looks free. Who holds it is soon done if it runs; if it does not run, it needs this
    // thread's core.
    PAWL_OUT_OF_LINE void wait() const noexcept {
        if constexpr (requires { Platform::relax(); }) {
            for (unsigned looks = 0; looks < looks_max; ++looks) {
                // relaxed: the exchange decides.
                if (held_.load(std::memory_order_relaxed) == 0) {
                    return;
                }
                Platform::relax();
            }
        }
        Platform::yield();
    }

    static constexpr unsigned looks_max = 64;

    // A line of its own: who waits looks at nothing that the holder writes.
    alignas(padding_bytes<Platform, alignof(typename Platform::word)>)
        typename Platform::word held_;
};

template <platform Platform>
class short_lock<Platform, false> {
public:
    static void lock() noexcept {}
    static void unlock() noexcept {}
};

template <class Lock>
class short_lock_guard {
public:
    explicit short_lock_guard(Lock& lock) noexcept : lock_{lock} { lock_.lock(); }
    ~short_lock_guard() { lock_.unlock(); }
    short_lock_guard(const short_lock_guard&) = delete;
    short_lock_guard& operator=(const short_lock_guard&) = delete;

private:
    Lock& lock_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
