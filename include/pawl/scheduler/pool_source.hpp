// SPDX-License-Identifier: BSL-1.0
//
// pool_source: the pool inside a scheduler: graphs, loops in parallel, and jobs without a state.
//
// What: a scheduler's workers take from two kinds of places: its rings, which a stopped thread or
// interrupt cannot block, and this pool's queue and deques (pool_core.hpp), which are faster. Both
// lie under one parking lot, so that nobody sleeps while either has something. A capacity of 0
// (limits.local) takes the pool out, with its code and bytes.
//
// Cost: with limits.local = n some 64 n bytes a worker; a look at each worker's deque before a
// sleep. Who may call: the parts of a scheduler; what is public in pool_core anybody.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/execution/life.hpp>
#include <pawl/execution/pool_core.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

[[nodiscard]] constexpr pool_limits pool_limits_of(const limits& of) noexcept {
    return {.workers = of.workers == 0 ? 0 : of.sleepers(),
            .workers_max = of.workers_max,
            .queue = std::max<std::uint32_t>(4 * of.local, 2),
            .local = std::max<std::uint32_t>(of.local, 1),
            .lane = std::max<std::uint32_t>(of.local / 4, 2),
            .job_align = std::max<std::uint32_t>(of.job_align, alignof(void*)),
            .hosted = true};
}

// A base, so that this error comes before those of the parts.
template <std::uint32_t Local>
class limits_local {
    static_assert(std::has_single_bit(Local), "limits.local is a power of two, or 0: no pool");
};

template <limits L, platform Platform, bool Exists = (L.local != 0)>
class pool_source : limits_local<L.local>, public pool_core<pool_limits_of(L), Platform> {
    using base = pool_core<pool_limits_of(L), Platform>;

public:
    static constexpr bool exists = true;

    using base::base;
    using base::call_waiting;
    using base::enter_worker;
    using base::has_callers_place;
    using base::has_started;

    // Whether a worker, or with workers = 0 poll(), would find something.
    [[nodiscard]] bool anything() const noexcept {
        if constexpr (base::has_workers) {
            return base::anything();
        } else {
            return this->anything_for(this->workers_[0]);
        }
    }
    // Runs something, as this worker.
    [[nodiscard]] bool run_one(std::uint32_t index) noexcept {
        auto& self = this->workers_[index];
        return base::run_one(self) || this->steal(self);
    }
    // Runs something, with workers = 0. Not from inside a job of the pool.
    [[nodiscard]] bool run_here() noexcept {
        if (!this->claim_caller()) {
            return false;
        }
        const bool ran = base::run_one(this->caller());
        this->release_caller();
        return ran;
    }

    // Whether a thread that is no worker is running something.
    [[nodiscard]] bool is_helped() const noexcept {
        // acquire: what it did; pairs with release_caller().
        return this->caller_.load(std::memory_order_acquire) != 0;
    }
    void ask_to_stop() noexcept { this->asked_.store(1, std::memory_order_release); }

    // A worker ends.
    void leave(std::uint32_t index) noexcept { base::leave(this->workers_[index]); }

    // Nobody but the caller runs anything from now on until finish_end(). By the last worker, when
    // all others have ended, or by who stops without any.
    void begin_end() noexcept {
        while (!this->claim_caller()) {
            if constexpr (base::has_workers) {
                leave(0);  // somebody may wait there for what has been left
            }
            if constexpr (Platform::has_threads) {
                Platform::yield();
            } else {
                break;
            }
        }
    }
    void finish_end() noexcept {
        this->discard_everything();
        this->caller_.store(0, std::memory_order_release);
    }
};

template <limits L, platform Platform>
class pool_source<L, Platform, false> {
public:
    static constexpr bool exists = false;

    template <class Lot>
    constexpr pool_source(Lot&, Platform&) noexcept {}

    static void enter_worker(std::uint32_t) noexcept {}
    static void has_started(std::uint32_t) noexcept {}
    [[nodiscard]] static bool has_callers_place() noexcept { return false; }
    [[nodiscard]] static bool anything() noexcept { return false; }
    [[nodiscard]] static bool run_one(std::uint32_t) noexcept { return false; }
    [[nodiscard]] static bool run_here() noexcept { return false; }
    [[nodiscard]] static bool is_helped() noexcept { return false; }
    static void ask_to_stop() noexcept {}
    static void call_waiting() noexcept {}
    static void leave(std::uint32_t) noexcept {}
    static void begin_end() noexcept {}
    static void finish_end() noexcept {}
};

}  // namespace PAWL_ABI
}  // namespace pawl
