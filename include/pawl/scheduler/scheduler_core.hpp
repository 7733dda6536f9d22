// SPDX-License-Identifier: BSL-1.0
//
// scheduler_core: the life of a scheduler: its threads, and how it stops.
//
// What: starts the workers and lets them loop over the steps of job_runner; stops them in one of
// three ways and accounts for every job. Without workers the caller of poll() takes their place.
//
// How stopping works: the phase lies in the word that every submitter changes after it has
// published (parking_lot.hpp), so a submission either comes before the phase, and is seen by the
// sweep, or sees the phase and takes its job back; both change the job's state by compare-and-swap,
// and one wins. A worker counts itself as busy before it takes, and the same word counts how often
// that happened. While the scheduler drains, who finds this word without a busy worker, then
// nothing ready, then the word unchanged, knows that nothing can become ready any more. The last
// worker to leave deletes what has not begun.
//
// Cost: a worker's loop takes two read-modify-writes a job for the count of busy ones. Who may
// call: start and stop any thread, stop() from inside a job too; poll one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/worker_threads.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/job_runner.hpp>
#include <pawl/scheduler/results.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class scheduler_core {
public:
    using runner_type = job_runner<L, Platform>;
    using clock = typename runner_type::clock;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using table_type = typename runner_type::table_type;

    static constexpr bool has_workers = L.workers != 0;

    static_assert(L.jobs >= 1 && L.jobs <= (std::uint32_t{1} << 22),
                  "limits.jobs: a scheduler has 1 to 2^22 job slots");
    static_assert(L.batches <= (std::uint32_t{1} << 22) && L.edges <= (std::uint32_t{1} << 22) &&
                      L.recurring <= 0xFFFF,
                  "limits.batches and limits.edges are at most 2^22, limits.recurring 65,535");
    static_assert(L.job_bytes >= 1 && L.job_align >= 1 && (L.job_align & (L.job_align - 1)) == 0,
                  "limits.job_align is a power of two, limits.job_bytes at least 1");
    static_assert(
        !has_workers || Platform::has_threads,
        "this platform has no threads: set limits.workers to 0, and call poll() and wait()");
    static_assert(L.recurring == 0 || L.job_bytes >= 2 * sizeof(void*),
                  "limits.job_bytes: an occurrence of a recurring job needs room for two pointers "
                  "(or set limits.recurring to 0)");
    static_assert(
        L.failed <= L.jobs / 2,
        "limits.failed: at most half of limits.jobs, so that jobs that failed leave room");
    static_assert(
        L.types == 0 || (L.times && L.retries),
        "limits.types needs limits.times (and limits.retries, where a type has its name)");
    static_assert(L.keys == 0 || L.jobs <= (std::uint32_t{1} << 20),
                  "limits.keys: at most 2^20 jobs, whose handles are noted in one word");

    constexpr scheduler_core() noexcept = default;
    constexpr explicit scheduler_core(Platform machine) noexcept { runner.flow.machine = machine; }
    scheduler_core(const scheduler_core&) = delete;
    scheduler_core& operator=(const scheduler_core&) = delete;

    start_result start() noexcept {
        if (flow().lot.glance().phase() != phase::accepting) {
            return {start_error::stopped, 0};
        }
        if ((drive_.fetch_or(started, std::memory_order_acq_rel) & started) != 0) {
            return {start_error::already_started, 0};
        }
        if constexpr (has_workers) {
            return start_workers();
        } else {
            return {};
        }
    }

    [[nodiscard]] std::uint32_t worker_count() const noexcept {
        if constexpr (has_workers) {
            return crew_.threads.count();
        } else {
            return 0;
        }
    }

    // See job_runner::poll().
    template <class Budget>
    [[gnu::always_inline]] poll_result poll(Budget budget) noexcept requires(!has_workers) {
        if constexpr (interrupt_platform<Platform>) {
            return poll_core(budget).unpacked();
        } else {
            return poll_core(budget);
        }
    }

    stop_report stop(stop_mode mode, std::optional<duration> timeout) noexcept {
        const std::uint64_t ended_before = runner.ended();
        const std::uint64_t cancelled_before = cancelled_.read();
        if constexpr (!has_workers) {
            crew_.finish = &finish_without_workers;
        }
        const time_point deadline =
            timeout ? clock::after(flow().machine.now(), *timeout) : time_point::max();
        const bool inside = !enter_stop();
        if constexpr (has_workers) {
            if (!inside && crew_.stopping.exchange(1, std::memory_order_acquire) != 0) {
                return {.status = stop_status::busy, .running = runner.counts().processing};
            }
        }
        if (mode == stop_mode::abandon) {
            runner.ask_to_stop();
            flow().pool.ask_to_stop();
        }
        if (mode == stop_mode::drain) {
            // What is due by now is ready; from here on time stands still.
            static_cast<void>(runner.time.serve(flow()));
        }
        flow().lot.enter(mode == stop_mode::drain ? phase::draining : phase::finishing);
        wake_everybody();
        if (inside) {
            return {.status = stop_status::requested, .running = runner.counts().processing};
        }
        const bool complete = finish(deadline);
        stop_report report{.status = complete ? stop_status::stopped : stop_status::timed_out,
                           .cancelled = cancelled_.read() - cancelled_before,
                           .running = complete ? 0 : runner.counts().processing};
        report.finished = runner.ended() - ended_before - report.cancelled;
        if constexpr (has_workers) {
            crew_.stopping.store(0, std::memory_order_release);
        }
        return report;
    }

    // Whether the caller is one of the workers: inside a job, then.
    [[nodiscard]] bool in_job() const noexcept {
        if constexpr (has_workers) {
            return crew_.threads.current() < worker_count();
        } else {
            return false;
        }
    }

    runner_type runner;

private:
    using word = typename Platform::word;

    // Who runs the jobs: workers, or the caller of poll().
    template <bool HasWorkers, class Core>
    struct crew {
        word busy;      // workers that may make something ready
        word stopping;  // 1 while a stop() waits
        word sweeping;  // 1 while somebody sweeps
        word spinning;  // 1 while a worker looks for more work before it sleeps
        worker_threads<L.sleepers(), Core, Platform> threads;
    };
    template <class Core>
    struct crew<false, Core> {
        // Set by stop(), so that a program without one does not have the code of it either.
        void (*finish)(Core&, time_point) noexcept = nullptr;
    };

    // A worker takes from the pool first in so many turns, and else from the rings.
    static constexpr std::uint32_t pool_turns = 16;

    // Between two looks at the clock, which cost as much as some looks at the rings.
    static constexpr int looks_a_time = 8;

    // In busy_: one more worker, one more time. (The bound: 2^24 times within one drained().)
    static constexpr std::uint32_t busy_mask = 0xFF;
    static constexpr std::uint32_t busy_once = busy_mask + 2;

    [[nodiscard]] auto& flow() noexcept { return runner.flow; }
    [[nodiscard]] const auto& flow() const noexcept { return runner.flow; }

    // ---- Without workers: the caller of poll() --------------------------------------------------

    template <class Budget>
    auto poll_core(Budget budget) noexcept requires(!has_workers) {
        if constexpr (interrupt_platform<Platform>) {
            if (runner.is_quiet()) [[likely]] {
                return typename runner_type::packed_poll{
                    0, false, (drive_.load(std::memory_order_relaxed) & polling) != 0};
            }
        }
        return poll_busily(budget);
    }
    template <class Budget>
    PAWL_OUT_OF_LINE auto poll_busily(Budget budget) noexcept requires(!has_workers) {
        using result_type = decltype(runner.poll(budget));
        if (!enter_poll()) {
            return result_type{0, false, true};
        }
        const auto result = runner.poll(budget);
        if (!flow().lot.accepts()) {
            crew_.finish(*this, time_point::max());
        }
        leave_poll();
        return result;
    }

    // acquire and release: who polls next sees what this one did. On one core an interrupt that
    // polls in between has left again before this goes on, so that no read-modify-write is needed.
    [[nodiscard, gnu::always_inline]] bool enter_poll() noexcept {
        if constexpr (interrupt_platform<Platform>) {
            const std::uint32_t seen = drive_.load(std::memory_order_relaxed);
            if ((seen & polling) != 0) {
                return false;
            }
            drive_.store(seen | polling, std::memory_order_relaxed);
            return true;
        }
        return (drive_.fetch_or(polling, std::memory_order_acquire) & polling) == 0;
    }
    [[gnu::always_inline]] void leave_poll() noexcept {
        if constexpr (interrupt_platform<Platform>) {
            drive_.store(drive_.load(std::memory_order_relaxed) & ~polling,
                         std::memory_order_relaxed);
        } else {
            drive_.fetch_and(~polling, std::memory_order_release);
        }
    }

    static void finish_without_workers(scheduler_core& self, time_point deadline) noexcept {
        auto& flow = self.flow();
        typename runner_type::taken next;
        while (flow.lot.glance().phase() == phase::draining &&
               (deadline == time_point::max() || !clock::reached(deadline, flow.machine.now()))) {
            if (self.runner.take(next, 0)) {
                self.runner.process(next, 0);
            } else if (!flow.pool.run_here()) {
                break;
            }
        }
        self.end();
    }

    // ---- Workers --------------------------------------------------------------------------------

    start_result start_workers() noexcept requires has_workers {
        const start_result result =
            crew_.threads.start(*this, flow().machine, flow().lot, L.workers, L.workers_max);
        flow().pool.has_started(result.workers);
        return result;
    }

    // What each of the threads does.
    friend worker_threads<L.sleepers(), scheduler_core, Platform>;
    void work(std::uint32_t self) noexcept requires has_workers {
        crew_.threads.wait_for_all(flow().machine, flow().lot, self);
        flow().pool.enter_worker(self);
        bool owes_timekeeper = false;
        bool ran = false;  // since it slept
        std::uint32_t turns = 0;
        for (;;) {
            // A deadline that came nearer through this worker's hands is its business, too.
            const short_deadline before = runner.time.known_deadline(flow());
            const std::uint32_t ready = runner.time.serve(flow()).ready;
            owes_timekeeper = owes_timekeeper || runner.time.known_deadline(flow()) != before;
            flow().wake_for_others(ready);

            if (flow().lot.glance().phase() >= phase::finishing) {
                break;
            }
            // Before taking: while anybody is busy, what is ready may still grow. acq_rel, here and
            // below: pairs with drained().
            crew_.busy.fetch_add(busy_once, std::memory_order_acq_rel);
            const bool taken = run_one(self, ++turns % pool_turns == 0, !ran, owes_timekeeper);
            crew_.busy.fetch_sub(1, std::memory_order_acq_rel);
            ran = ran || taken;
            if (taken || (ran && !owes_timekeeper && spin())) {
                continue;
            }
            const phase known = flow().lot.look().phase();
            if (known == phase::draining && drained()) {
                flow().lot.enter(phase::finishing);
                wake_everybody();
                break;
            }
            owes_timekeeper = runner.sleep(self, std::nullopt, known);
            ran = false;
        }
        exit_worker(self);
    }

    // Runs something that is ready: from the rings, or from the pool. `slept`: for the first time
    // since then.
    [[nodiscard]] bool run_one(std::uint32_t self, bool pool_first, bool slept,
                               bool& owes_timekeeper) noexcept requires has_workers {
        const auto see_to_time = [&] {
            if (owes_timekeeper) {
                flow().lot.keep_time(flow().machine, flow().lot.look(),
                                     runner.time.known_deadline(flow()));
                owes_timekeeper = false;
            }
        };
        const auto run_pool = [&] {
            if (!flow().pool.anything()) {
                return false;
            }
            see_to_time();
            return flow().pool.run_one(self);
        };
        if (pool_first && run_pool()) {
            return true;
        }
        typename runner_type::taken next;
        if (!runner.take(next, self)) {
            return run_pool();
        }
        see_to_time();
        // Who called this worker while it woke, or when it had woken and still looked asleep, has
        // called nobody else: if there is more than what it turns to, it passes the call on. (Its
        // bit is cleared. So whoever saw it had brought his job before, and it is seen here.)
        if (slept && flow().anything_ready()) {
            flow().wake_for(1);
        }
        runner.process(next, self);
        return true;
    }

    // Looks for work a little longer, which is cheaper for everybody than a sleep and a wake: true
    // if there is something to do. One worker at a time, so that others can use the core; one that
    // is stopped here keeps the others from nothing but this.
    [[nodiscard]] bool spin() noexcept requires has_workers {
        if constexpr (requires { Platform::spin_max; }) {
            // relaxed, here and below: nothing is published.
            if (crew_.spinning.exchange(1, std::memory_order_relaxed) != 0) {
                return false;
            }
            bool found = false;
            const time_point end = flow().machine.now() + Platform::spin_max;
            do {
                for (int looks = 0; looks < looks_a_time && !found; ++looks) {
                    Platform::relax();
                    found = flow().anything_ready();
                }
                if (!found) {
                    Platform::yield();  // to who brings jobs, perhaps on the same core
                }
                found =
                    found || (runner.time.wants_attention(flow()) && runner.time.owner_is_free());
            } while (!found && flow().lot.glance().phase() == phase::accepting &&
                     flow().machine.now() < end);
            crew_.spinning.store(0, std::memory_order_relaxed);
            return found;
        }
        return false;
    }

    // Whether nothing is ready and nobody is left to make anything ready. Without a submission from
    // outside, which draining excludes, that stays so.
    [[nodiscard]] bool drained() const noexcept {
        // After the phase was seen: so every job is seen whose submitter did not see it.
        flow().lot.fence();
        // acquire: what a worker made ready before it was not busy any more; and whoever took what
        // is not in the rings now, was busy first.
        const std::uint32_t before = crew_.busy.load(std::memory_order_acquire);
        return (before & busy_mask) == 0 && !flow().pool.is_helped() && !flow().anything_ready() &&
               crew_.busy.load(std::memory_order_acquire) == before;
    }

    // The last worker to leave ends the scheduler's life.
    void exit_worker(std::uint32_t self) noexcept requires has_workers {
        flow().pool.leave(self);
        if (crew_.threads.leave()) {
            end();
            crew_.threads.over(flow().machine);
        }
    }

    // ---- Stopping -------------------------------------------------------------------------------

    // Who sleeps, and who sleeps inside a job until what it waits for ends.
    void wake_everybody() noexcept {
        flow().lot.wake_all(flow().machine);
        flow().pool.call_waiting();
    }

    // False from inside a job (or, without workers, while a poll() runs, which then ends it).
    [[nodiscard]] bool enter_stop() noexcept {
        if constexpr (has_workers) {
            return crew_.threads.current() >= worker_count() && !flow().pool.has_callers_place();
        } else {
            return enter_poll();
        }
    }

    // Waits for the end, as far as the deadline allows. True once nothing runs.
    bool finish(time_point deadline) noexcept {
        if constexpr (has_workers) {
            return await_workers(deadline);
        } else {
            finish_without_workers(*this, deadline);
            leave_poll();
            return true;
        }
    }

    bool await_workers(time_point deadline) noexcept requires has_workers {
        if (worker_count() == 0) {
            end();
            return true;
        }
        if (!crew_.threads.await(flow().machine, deadline)) {
            runner.ask_to_stop();
            flow().pool.ask_to_stop();
            flow().lot.enter(phase::finishing);
            wake_everybody();
            sweep();
            return false;
        }
        crew_.threads.join();
        return true;
    }

    // Nobody runs anything any more.
    void end() noexcept {
        flow().pool.begin_end();
        if (flow().lot.enter(phase::stopped)) {
            sweep();
        }
        flow().pool.finish_end();
    }

    // Deletes everything that has not begun, and destroys its callables. What still runs is left to
    // its worker, and what that leaves behind is swept when the last one goes.
    void sweep() noexcept {
        if constexpr (has_workers) {
            // One at a time: stop() at its deadline and the last worker may both be here.
            while (crew_.sweeping.exchange(1, std::memory_order_acquire) != 0) {
                Platform::yield();
            }
        }
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            if (runner.sweep(index)) {
                cancelled_.add();
            }
        }
        for (std::uint32_t index = L.jobs; index < table_type::node_count; ++index) {
            state_word seen = flow().table.state(index);
            while (seen.state() == job_state::awaiting &&
                   !flow().table.change(index, seen, seen.to(job_state::deleted))) {
            }
        }
        runner.time.clear_recurring(flow().machine);
        if constexpr (has_workers) {
            crew_.sweeping.store(0, std::memory_order_release);
        }
    }

    // In drive_.
    static constexpr std::uint32_t polling = 1;  // poll() runs
    static constexpr std::uint32_t started = 2;

    word drive_;
    event_counter<Platform> cancelled_;  // deleted because of the stop
    crew<has_workers, scheduler_core> crew_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
