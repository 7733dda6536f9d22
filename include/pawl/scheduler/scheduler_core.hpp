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

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/execution/parking_lot.hpp>
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
    static_assert(L.keys == 0 && L.history == 0 && L.error_bytes == 0,
                  "limits.keys, history and error_bytes are of features to come: leave them at 0");

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
            return crew_.count.load(std::memory_order_acquire);
        } else {
            return 0;
        }
    }

    // See job_runner::poll().
    poll_result poll(std::uint32_t jobs, std::uint32_t moves, time_point end) noexcept
        requires(!has_workers) {
        if (!enter_poll()) {
            return {.busy = true};
        }
        const poll_result result = runner.poll(jobs, moves, end);
        if (flow().lot.glance().phase() != phase::accepting) {
            crew_.finish(*this, time_point::max());
        }
        leave_poll();
        return result;
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
        }
        flow().lot.enter(mode == stop_mode::drain ? phase::draining : phase::finishing);
        flow().lot.wake_all(flow().machine);
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

    runner_type runner;

private:
    using word = typename Platform::word;

    // Who runs the jobs: workers, or the caller of poll().
    template <bool HasWorkers, class Core>
    struct crew {
        struct worker {
            Core* core = nullptr;
            std::uint32_t index = 0;
            typename Platform::thread thread = {};
        };

        word busy;      // workers that may make something ready
        word count;     // threads that were started; 0 until all are
        word exited;    // workers that have left
        word over;      // 1 once the last one has
        word joined;    // 1 once the threads are
        word stopping;  // 1 while a stop() waits
        word sweeping;  // 1 while somebody sweeps
        typename Platform::parker stopper = {};
        worker workers[L.sleepers()] = {};
    };
    template <class Core>
    struct crew<false, Core> {
        // Set by stop(), so that a program without one does not have the code of it either.
        void (*finish)(Core&, time_point) noexcept = nullptr;
    };

    // In busy_: one more worker, one more time. (The bound: 2^24 times within one drained().)
    static constexpr std::uint32_t busy_mask = 0xFF;
    static constexpr std::uint32_t busy_once = busy_mask + 2;

    [[nodiscard]] auto& flow() noexcept { return runner.flow; }
    [[nodiscard]] const auto& flow() const noexcept { return runner.flow; }

    // ---- Without workers: the caller of poll() --------------------------------------------------

    // acquire and release: who polls next sees what this one did. On one core an interrupt that
    // polls in between has left again before this goes on, so that no read-modify-write is needed.
    [[nodiscard]] bool enter_poll() noexcept {
        if constexpr (interrupt_platform<Platform>) {
            const std::uint32_t seen = drive_.load(std::memory_order_relaxed);
            drive_.store(seen | polling, std::memory_order_relaxed);
            return (seen & polling) == 0;
        }
        return (drive_.fetch_or(polling, std::memory_order_acquire) & polling) == 0;
    }
    void leave_poll() noexcept {
        if constexpr (interrupt_platform<Platform>) {
            drive_.store(drive_.load(std::memory_order_relaxed) & ~polling,
                         std::memory_order_relaxed);
        } else {
            drive_.fetch_and(~polling, std::memory_order_release);
        }
    }

    static void finish_without_workers(scheduler_core& self, time_point deadline) noexcept {
        auto& flow = self.flow();
        std::uint32_t index = 0;
        while (flow.lot.glance().phase() == phase::draining && flow.machine.now() < deadline &&
               flow.take(index)) {
            self.runner.process(index, 0);
        }
        if (flow.lot.enter(phase::stopped)) {
            self.sweep();
        }
    }

    // ---- Workers --------------------------------------------------------------------------------

    start_result start_workers() noexcept requires has_workers {
        const std::uint32_t wanted =
            L.workers == one_per_core
                ? std::min<std::uint32_t>(Platform::thread_count(), L.workers_max)
                : L.workers;
        std::uint32_t count = 0;
        while (count < wanted) {
            crew_.workers[count].core = this;
            crew_.workers[count].index = count;
            if (!crew_.workers[count].thread.start(&work_entry, &crew_.workers[count])) {
                break;
            }
            ++count;
        }
        // release: the threads' handles, to the workers that wait for this and to stop().
        crew_.count.store(count, std::memory_order_release);
        for (std::uint32_t index = 0; index < count; ++index) {
            flow().lot.give_permit(flow().machine, index);
        }
        return {count == 0 ? start_error::no_threads : start_error::none, count};
    }

    static void work_entry(void* argument) noexcept requires has_workers {
        auto& self = *static_cast<typename crew<true, scheduler_core>::worker*>(argument);
        self.core->work(self.index);
    }

    void work(std::uint32_t self) noexcept requires has_workers {
        // acquire: all threads have been started, and their handles can be compared.
        while (crew_.count.load(std::memory_order_acquire) == 0) {
            flow().lot.park(flow().machine, self);
        }
        bool owes_timekeeper = false;
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
            std::uint32_t index = 0;
            const bool taken = flow().take(index);
            if (taken) {
                if (owes_timekeeper) {
                    flow().lot.keep_time(flow().machine, flow().lot.look(),
                                         runner.time.known_deadline(flow()));
                    owes_timekeeper = false;
                }
                runner.process(index, self);
            }
            crew_.busy.fetch_sub(1, std::memory_order_acq_rel);
            if (taken) {
                continue;
            }
            const phase known = flow().lot.look().phase();
            if (known == phase::draining && drained()) {
                flow().lot.enter(phase::finishing);
                flow().lot.wake_all(flow().machine);
                break;
            }
            owes_timekeeper = runner.sleep(self, std::nullopt, known);
        }
        exit_worker();
    }

    // Whether nothing is ready and nobody is left to make anything ready. Without a submission from
    // outside, which draining excludes, that stays so.
    [[nodiscard]] bool drained() const noexcept {
        // acquire: what a worker made ready before it was not busy any more; and whoever took what
        // is not in the rings now, was busy first.
        const std::uint32_t before = crew_.busy.load(std::memory_order_acquire);
        return (before & busy_mask) == 0 && !flow().anything_ready() &&
               crew_.busy.load(std::memory_order_acquire) == before;
    }

    // The last worker to leave ends the scheduler's life.
    void exit_worker() noexcept requires has_workers {
        // acq_rel: the last one sees what all others did.
        if (crew_.exited.fetch_add(1, std::memory_order_acq_rel) + 1 == worker_count()) {
            flow().lot.enter(phase::stopped);
            sweep();
            crew_.over.store(1, std::memory_order_release);
            flow().machine.unpark(crew_.stopper);
        }
    }

    // ---- Stopping -------------------------------------------------------------------------------

    // False from inside a job (or, without workers, while a poll() runs, which then ends it).
    [[nodiscard]] bool enter_stop() noexcept {
        if constexpr (has_workers) {
            for (std::uint32_t index = 0; index < worker_count(); ++index) {
                if (crew_.workers[index].thread.is_current()) {
                    return false;
                }
            }
            return true;
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
            if (flow().lot.enter(phase::stopped)) {
                sweep();
            }
            return true;
        }
        // acquire: everything that the workers did; pairs with exit_worker().
        while (crew_.over.load(std::memory_order_acquire) == 0) {
            if (deadline == time_point::max()) {
                flow().machine.park(crew_.stopper);
            } else if (flow().machine.now() < deadline) {
                flow().machine.park_until(crew_.stopper, deadline);
            } else {
                runner.ask_to_stop();
                flow().lot.enter(phase::finishing);
                flow().lot.wake_all(flow().machine);
                sweep();
                return false;
            }
        }
        // relaxed: only the holder of stopping_ comes here.
        if (crew_.joined.exchange(1, std::memory_order_relaxed) == 0) {
            for (std::uint32_t index = 0; index < worker_count(); ++index) {
                crew_.workers[index].thread.join();
            }
        }
        return true;
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
