// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: jobs now, on a fixed number of threads, in fixed memory.
//
// What: post() from anywhere, spawn, fork and join inside jobs (pool_worker.hpp), functions and
// loops in parallel (parallel_invoke.hpp, parallel_for.hpp), graphs (graph.hpp). No delay, no
// retry, no state of a job: that is the scheduler's; this is what frames, requests and loops run
// on.
//
//   pawl::thread_pool<> pool;                            // one thread per core
//   pool.post([] { std::puts("somewhere"); });
//   pool.post([](auto& worker) {
//       auto group = worker.group();
//       group.spawn([] { left(); });
//       right();
//       group.wait();
//   });
//   pool.stop(pawl::drain);
//
// Why it is fast: it wakes seldom and allocates never. A wake of a sleeping core costs its caller
// as much as a thousand jobs, so a burst of jobs wakes one thread, and that one the next if there
// is more (searchers.hpp). A job is built in its cell, 64 bytes by default, and moved once, to the
// stack of who runs it.
//
// How jobs come to threads: those from outside lie in one queue for each priority, first come,
// first served, so that no job waits behind a long one while a thread is idle. What a job spawns
// goes to its worker's own deque, last come, first served, and idle workers steal from the other
// end. Every 61st job of a worker comes from where it might wait for ever, one place after the
// other: the queues, what is meant for this thread alone, the oldest of its own. A thread that
// finds nothing looks on for 20 us (Platform::spin_max), and then sleeps.
//
// Two ways to run, as a scheduler: threads, or with workers = 0 poll() on the caller's thread. With
// a platform of one thread (loop_platform, manual_platform) the latter has no atomic instruction.
// With threads poll() runs what was posted for the main thread: pool.post(f, {.on =
// pawl::main_thread}).
//
// A full queue: pool_limits.when_full. run_inline runs the job in post(), on the thread that waits
// for room otherwise; only one thread at a time can, another one is refused after a while.
//
// Whoever is stopped for ever in the middle of post() keeps what came after it from being taken
// (ticket_queue.hpp). For interrupts and threads of different priorities use the scheduler.
//
// Stopping: stop(drain) runs everything that was accepted, stop(finish) only what runs; what is
// left is destroyed, and counted. A post() that is under way while the pool stops is accepted and
// run, accepted and destroyed, or refused.
//
// Cost: post() one compare-and-swap, and a look whether somebody sleeps. A job from the queue one
// compare-and-swap more. Sleeping and waking the system's calls.
// Who may call: post and run any thread, and a job; poll() and wait() one thread at a time; start
// and stop any thread, stop() from inside a job, too.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/execution/life.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/pool_core.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/execution/worker_threads.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What happens as a thread of the pool begins, on that thread: to name it, or to set its affinity.
struct start_hook {
    void (*call)(std::uint32_t worker, void* context) noexcept = nullptr;
    void* context = nullptr;
};

// All of a pool but its end; use thread_pool.
template <pool_limits L, platform Platform>
class thread_pool_core : public pool_core<L, Platform> {
    using base = pool_core<L, Platform>;
    using base::anything;
    using base::anything_for;
    using base::asked_;
    using base::caller;
    using base::caller_;
    using base::claim_caller;
    using base::claim_caller_until;
    using base::end;
    using base::has_callers_place;
    using base::is_before;
    using base::lanes_;
    using base::phase_now;
    using base::poll_one;
    using base::release_caller;
    using base::run_one;
    using base::run_queued;
    using base::searchers_;
    using base::steal;
    using base::workers_;
    using typename base::clock;
    using typename base::lot_type;
    using typename base::view;
    using typename base::word;

public:
    using base::has_workers;
    using base::worker_count;
    using typename base::duration;
    using typename base::time_point;
    using typename base::worker;

    static_assert(L.threads() <= 23, "pool_limits.workers: a pool has at most 23 threads");

    // Starts the threads, if there are any.
    constexpr thread_pool_core() noexcept : thread_pool_core{deferred_start} {
        start_if_threaded();
    }
    constexpr explicit thread_pool_core(Platform machine) noexcept
        : thread_pool_core{machine, deferred_start} {
        start_if_threaded();
    }
    // Accepts jobs, and runs none before start().
    constexpr explicit thread_pool_core(deferred_start_t) noexcept : base{lot_, machine_} {}
    constexpr thread_pool_core(Platform machine, deferred_start_t) noexcept
        : base{lot_, machine_}, machine_{machine} {}

    // ---- Wait ---------------------------------------------------------------------------------

    // With workers = 0: sleeps until there is something to poll, at most so long. May return early.
    template <class Rep, class Period>
    void wait(std::chrono::duration<Rep, Period> longest) noexcept
        requires(!has_workers && parking_platform<Platform>) {
        lot_.announce(0);
        if (!anything_for(caller()) && phase_now() == phase::accepting) {
            lot_.park_until(machine_, 0,
                            clock::after(machine_.now(), std::chrono::ceil<duration>(longest)));
        }
        lot_.retract(0);
    }

    // ---- Life ---------------------------------------------------------------------------------

    // Starts the threads. Needed after deferred_start only.
    start_result start(start_hook hook = {}) noexcept {
        if (phase_now() != phase::accepting) {
            return {start_error::stopped, 0};
        }
        if (started_.exchange(1, std::memory_order_acq_rel) != 0) {
            return {start_error::already_started, 0};
        }
        if constexpr (has_workers) {
            hook_ = hook;
            const start_result result =
                crew_.threads.start(*this, machine_, lot_, L.workers, L.workers_max);
            base::has_started(result.workers);
            return result;
        } else {
            return {};
        }
    }
    // Stops for good; see the opening comment and stop_mode. stop(drain) runs what was posted for
    // the main thread itself. Without a timeout it waits as long as it takes; else what runs at its
    // end sees worker.stop_requested(), and `timed_out` is returned: a further call waits on. From
    // inside a job, or an invoke() or poll() of this thread: `requested`. While another thread
    // stops it: `busy`. The destructor is stop(finish).
    stop_report stop(stop_mode mode) noexcept { return stop(mode, std::optional<duration>{}); }
    template <class Rep, class Period>
    stop_report stop(stop_mode mode, std::chrono::duration<Rep, Period> timeout) noexcept {
        return stop(mode, std::optional{clock::delay(timeout).value_or(clock::delay_max)});
    }

    [[nodiscard]] pool_counts counts() const noexcept {
        pool_counts result = base::counts();
        for (const auto& each : parks_) {
            result.parks += each.read();
        }
        return result;
    }

    [[nodiscard]] Platform& platform() noexcept { return machine_; }

private:
    friend worker_threads<std::max<std::uint32_t>(L.threads(), 1), thread_pool_core, Platform>;

    constexpr void start_if_threaded() noexcept {
        if constexpr (has_workers) {
            start();
        }
    }

    // ---- Workers --------------------------------------------------------------------------------

    void work(std::uint32_t index) noexcept requires has_workers {
        crew_.threads.wait_for_all(machine_, lot_, index);
        if (hook_.call != nullptr) {
            hook_.call(index, hook_.context);
        }
        base::enter_worker(index);
        worker& self = workers_[index];
        while (phase_now() < phase::finishing) {
            if (run_one(self)) {
                continue;
            }
            searchers_.begin();
            while (!search(self) && phase_now() < phase::finishing) {
                sleep(self);
            }
        }
        base::leave(self);
        if (crew_.threads.leave()) {
            while (!claim_caller()) {
                base::leave(self);
                Platform::yield();  // somebody runs a job in the caller's place, or waits there
            }
            end();
            caller_.store(0, std::memory_order_release);
            crew_.threads.over(machine_);
        }
    }

    // Looks for work, for a while. True: it has run some, and does not count as looking any more.
    [[nodiscard]] bool search(worker& self) noexcept requires has_workers {
        int pauses = 1;
        bool left = false;
        const bool patient = searchers_.count() <= std::max<std::uint32_t>(worker_count() / 2, 1);
        return !base::look_while(
                   [&] {
                       if (run_queued(self, true) || steal(self, left)) {
                           return false;
                       }
                       base::rest(left, pauses);
                       return phase_now() < phase::finishing;
                   },
                   patient) &&
               phase_now() < phase::finishing;
    }

    // Sleeps until somebody calls, unless there is something to do. Looks for work before and
    // after.
    void sleep(worker& self) noexcept requires has_workers {
        const phase known = phase_now();
        static_cast<void>(searchers_.end());
        const view seen = lot_.announce(self.index());
        if (seen.phase() == known && known < phase::finishing && !anything_for(self)) {
            if (known == phase::draining && drained()) {
                lot_.enter(phase::finishing);
                lot_.wake_all(machine_);
            } else {
                parks_[self.index()].add();
                lot_.park(machine_, self.index());
            }
        }
        lot_.retract(self.index());
        searchers_.begin_awake();
    }

    // Whether nothing is left, and nobody runs anything: everybody has announced its sleep, and
    // nothing was run while all queues were looked at.
    [[nodiscard]] bool drained() noexcept requires has_workers {
        const std::uint32_t all = (std::uint32_t{1} << worker_count()) - 1;
        const std::uint64_t before = counts().ran;
        if (caller_.load(std::memory_order_acquire) != 0) {
            return false;
        }
        if (lot_.look().sleepers() != all || anything() || anything_in_lanes()) {
            return false;
        }
        return lot_.look().sleepers() == all && counts().ran == before &&
               caller_.load(std::memory_order_acquire) == 0;
    }
    [[nodiscard]] bool anything_in_lanes() const noexcept {
        if constexpr (L.lane != 0) {
            for (std::uint32_t index = 0; index < L.threads(); ++index) {
                if (!lanes_[index].empty()) {
                    return true;
                }
            }
        }
        return false;
    }

    // ---- Stopping -------------------------------------------------------------------------------

    stop_report stop(stop_mode mode, std::optional<duration> timeout) noexcept {
        const time_point deadline =
            timeout ? clock::after(machine_.now(), *timeout) : time_point::max();
        if (is_inside()) {
            ask(mode);
            lot_.enter(mode == stop_mode::drain ? phase::draining : phase::finishing);
            call_all();
            return {.status = stop_status::requested, .running = running()};
        }
        if ((!base::tells_threads && !wait_for_caller()) ||
            stopping_.exchange(1, std::memory_order_acquire) != 0) {
            return {.status = stop_status::busy, .running = running()};
        }
        const pool_counts before = counts();
        ask(mode);
        if (has_workers && mode == stop_mode::drain && claim_caller_until(deadline)) {
            // Not after the workers have come to their end, and not before the last such post.
            lot_.enter(phase::draining);
            while (phase_now() == phase::draining && is_before(deadline) && poll_one()) {
            }
            release_caller();
        }
        lot_.enter(mode == stop_mode::drain ? phase::draining : phase::finishing);
        const bool complete = finish(deadline);
        const pool_counts after = counts();
        stopping_.store(0, std::memory_order_release);
        return {.status = complete ? stop_status::stopped : stop_status::timed_out,
                .finished = after.ran - before.ran,
                .cancelled = after.discarded - before.discarded,
                .running = complete ? 0U : running()};
    }

    // About: how many threads run jobs now.
    [[nodiscard]] std::uint32_t running() const noexcept {
        const std::uint32_t callers = caller_.load(std::memory_order_relaxed) != 0 ? 1 : 0;
        if constexpr (has_workers) {
            return callers + worker_count() -
                   static_cast<std::uint32_t>(std::popcount(lot_.glance().sleepers()));
        } else {
            return callers;
        }
    }

    // Who sleeps, and who sleeps inside a job, or in the caller's place, until what it waits for
    // ends.
    void call_all() noexcept {
        lot_.wake_all(machine_);
        base::call_waiting();
    }

    void ask(stop_mode mode) noexcept {
        if (mode == stop_mode::abandon) {
            asked_.store(1, std::memory_order_release);
        }
    }

    // From inside a job, or while this thread polls.
    [[nodiscard]] bool is_inside() noexcept {
        if constexpr (has_workers) {
            return crew_.threads.current() < worker_count() || has_callers_place();
        } else if constexpr (base::tells_threads) {
            return has_callers_place();
        } else {
            return caller_.load(std::memory_order_relaxed) != 0;
        }
    }

    // Whether nobody runs jobs in the caller's place; it may be this very thread.
    [[nodiscard]] bool wait_for_caller() noexcept {
        int tries = 0;
        while (caller_.load(std::memory_order_relaxed) != 0 && ++tries < base::tries_max) {
            if constexpr (Platform::has_threads) {
                Platform::yield();
            }
        }
        return caller_.load(std::memory_order_relaxed) == 0;
    }

    [[nodiscard]] bool finish(time_point deadline) noexcept {
        if constexpr (has_workers) {
            call_all();
            if (worker_count() != 0) {
                if (!crew_.threads.await(machine_, deadline)) {
                    asked_.store(1, std::memory_order_release);
                    lot_.enter(phase::finishing);
                    call_all();
                    return false;
                }
                crew_.threads.join();
                return true;
            }
        }
        if (!claim_caller_until(deadline)) {
            return false;
        }
        if constexpr (!has_workers) {
            while (phase_now() == phase::draining && is_before(deadline) && poll_one()) {
            }
        }
        end();
        caller_.store(0, std::memory_order_release);
        return true;
    }

    template <bool Threads, class Pool>
    struct crew {
        worker_threads<L.threads(), Pool, Platform> threads;
    };
    template <class Pool>
    struct crew<false, Pool> {};

    alignas(padding_bytes<Platform, alignof(word)>) lot_type lot_;
    word started_;
    word stopping_;  // 1 while a stop() waits
    event_counter<Platform> parks_[std::max<std::uint32_t>(L.threads(), 1)];
    start_hook hook_;
    PAWL_NO_UNIQUE_ADDRESS crew<has_workers, thread_pool_core> crew_;
    PAWL_NO_UNIQUE_ADDRESS Platform machine_ = {};
};

// Stops the threads of a pool that has some before its memory goes. A class of its own, because a
// pool without threads is trivially destructible.
template <class Core, bool HasWorkers>
class thread_pool_lifetime : public Core {
public:
    using Core::Core;
};
template <class Core>
class thread_pool_lifetime<Core, true> : public Core {
public:
    using Core::Core;
    thread_pool_lifetime() noexcept = default;
    ~thread_pool_lifetime() { this->stop(stop_mode::finish); }
};

template <pool_limits L = pool_limits{}, platform Platform = default_platform>
class thread_pool : public thread_pool_lifetime<thread_pool_core<L, Platform>, (L.workers != 0)> {
    using base = thread_pool_lifetime<thread_pool_core<L, Platform>, (L.workers != 0)>;

public:
    using base::base;
    constexpr thread_pool() noexcept = default;
};

}  // namespace PAWL_ABI
}  // namespace pawl
