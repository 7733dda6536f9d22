// SPDX-License-Identifier: BSL-1.0
//
// job_views: everything that can be asked of a scheduler without changing it.
//
// What: one job (state, info), lists of jobs, what ended lately, events, and a snapshot of all
// numbers: enough for a dashboard, a log, an alarm. Everything goes into memory that the caller
// gives. A base class of scheduler, so that each of the two can be read alone.
//
//   if (auto job = jobs.info(id)) { print(job->called.view(), to_string(job->state)); }
//   decltype(jobs)::info_type failed[20];
//   auto found = jobs.list(failed, [](const auto& job) { return job.state == job_state::failed; });
//   auto now = jobs.snapshot();
//   for (auto& queue : now.queues) { print(queue.called, queue.ready, queue.oldest); }
//   for (pawl::job_event event; reader.next(event);) { ... }          // reader = jobs.events()
//
// Nothing here stops anybody: workers and submitters go on meanwhile, so numbers of different
// things are of slightly different moments. What is said of one job is of one moment.
//
// Cost: state and info a few loads; lists, counts and snapshots O(limits.jobs). Who may call: any
// thread; state() and info() any interrupt, too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/containers/record_ring.hpp>
#include <pawl/jobs/job_info.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/type_table.hpp>
#include <pawl/scheduler/ready_queues.hpp>
#include <pawl/scheduler/results.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// All numbers of a scheduler.
template <limits L, class Duration>
struct basic_snapshot {
    struct queue {
        std::string_view called;
        std::uint32_t ready = 0;  // jobs that may run now, or wait for a key or a limiter
        std::uint32_t running = 0;
        std::uint32_t running_max = 0;  // limit_running(); 0: none
        std::uint32_t high_water = 0;   // the most ready at once, where limit_depth() was said
        bool paused = false;
        Duration oldest{};  // how long the oldest ready one has waited (limits.times)
    };
    struct limiter {
        std::string_view called;
        std::uint32_t running = 0;
        std::uint32_t waiting = 0;
    };

    job_counts counts;
    std::uint32_t slots = L.jobs;
    std::uint32_t workers = 0;
    std::uint32_t kept = 0;          // failed jobs that can be requeued
    std::uint32_t evicted = 0;       // failed jobs that made room for newer ones (modulo 2^32)
    std::uint32_t history = 0;       // ended jobs that are remembered
    std::uint32_t history_gone = 0;  // ended jobs that are not any more (modulo 2^32)
    std::uint32_t events = 0;        // that have happened (modulo 2^32)
    std::uint64_t expired = 0;       // deleted because of their deadline
    std::uint64_t late = 0;          // run all the same
    std::uint64_t overran = 0;       // ran longer than run_at_most
    std::uint32_t unique_keys = 0;   // in use
    queue queues[L.queues.count];
    limiter limiters[L.limiters.count == 0 ? 1 : L.limiters.count];
};

// What list() has found.
struct list_result {
    std::uint32_t written = 0;
    std::uint32_t matching = 0;  // more than written if there was no room
};

template <class Scheduler, limits L, class TimePoint, class Duration>
class job_views {
public:
    using info_type = basic_job_info<L, TimePoint>;
    using snapshot_type = basic_snapshot<L, Duration>;

    // Where the job, or batch, is; `gone` if its slot serves another one or there never was one.
    [[nodiscard]] job_state state(job_id id) const noexcept {
        return flow().table.find(id).state();
    }

    // O(limits.jobs) loads.
    [[nodiscard]] job_counts counts() const noexcept { return self().core().runner.counts(); }

    // What is known of a job; nothing once its slot serves another one. Not of batches.
    [[nodiscard]] std::optional<info_type> info(job_id id) const noexcept {
        if (!id || id.index() >= L.jobs || flow().table.find(id).state() == job_state::gone) {
            return std::nullopt;
        }
        const std::optional<info_type> found = look(id.index());
        return found && found->id == id ? found : std::nullopt;
    }

    // Fills `into` with the jobs for which wanted(info) is true, in no order.
    template <class Wanted>
    list_result list(std::span<info_type> into, Wanted&& wanted) const noexcept {
        list_result result;
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            const std::optional<info_type> found = look(index);
            if (found && wanted(*found)) {
                ++result.matching;
                if (result.written < into.size()) {
                    into[result.written++] = *found;
                }
            }
        }
        return result;
    }
    list_result list(std::span<info_type> into, job_state which) const noexcept {
        return list(into, [which](const info_type& job) { return job.state == which; });
    }

    // Jobs that have run for longer than `longest`: their workers are stuck, perhaps.
    list_result list_stuck(std::span<info_type> into, Duration longest) noexcept {
        static_assert(L.times, "limits.times is false: it is not known when a job began");
        const TimePoint now = self().platform().now();
        return list(into, [&](const info_type& job) {
            return job.state == job_state::processing && job.began &&
                   Scheduler::clock_type::between(*job.began, now) > longest;
        });
    }

    // ---- What happened --------------------------------------------------------------------------

    // A reader of events, from the oldest that is still there; the last limits.events are. Each
    // reader has its own place, and is told how many it has missed.
    [[nodiscard]] auto events() const noexcept {
        static_assert(L.events > 0, "limits.events is 0: no events are kept");
        return typename record_ring<job_event, L.events, typename Scheduler::platform_type>::reader{
            flow().events, flow().events.oldest()};
    }

    // The end of a job whose slot may serve another one; nothing if it is forgotten. O(history).
    [[nodiscard]] std::optional<job_record> ended(job_id id) const noexcept {
        static_assert(L.history > 0, "limits.history is 0: ended jobs are not remembered");
        std::optional<job_record> result;
        flow().history.for_each_newest([&](const job_record& record) {
            if (record.id() == id) {
                result = record;
            }
            return !result;
        });
        return result;
    }
    // The jobs that ended last, newest first, as far as `into` reaches; no older than `age`.
    std::uint32_t history(std::span<job_record> into, std::optional<Duration> age = {}) noexcept {
        static_assert(L.history > 0, "limits.history is 0: ended jobs are not remembered");
        using clock = typename Scheduler::clock_type;
        const auto now = static_cast<std::uint32_t>(clock::floor(self().platform().now()));
        const auto most =
            age ? static_cast<std::uint32_t>(clock::floor(TimePoint{*age})) : 0xFFFF'FFFF;
        std::uint32_t count = 0;
        flow().history.for_each_newest([&](const job_record& record) {
            if (count == into.size() || now - record.at > most) {
                return false;
            }
            into[count++] = record;
            return true;
        });
        return count;
    }

    // ---- All numbers ----------------------------------------------------------------------------

    [[nodiscard]] snapshot_type snapshot() noexcept {
        snapshot_type result;
        result.counts = count_jobs(result);
        result.workers = self().worker_count();
        for (std::uint32_t queue = 0; queue < L.queues.count; ++queue) {
            auto& mine = result.queues[queue];
            mine.called = L.queues[queue];
            mine.running_max = flow().ready.running_max(queue);
            mine.high_water = flow().ready.high_water(queue);
            mine.paused = flow().ready.is_paused(queue);
        }
        if constexpr (L.failed > 0) {
            result.evicted = flow().failed.evicted.load(std::memory_order_relaxed);
        }
        if constexpr (L.history > 0) {
            const std::uint32_t written = flow().history.written();
            result.history = std::min(written, L.history);
            result.history_gone = written - result.history;
        }
        if constexpr (L.events > 0) {
            result.events = flow().events.written();
        }
        if constexpr (L.deadlines) {
            self().core().runner.add_deadlines(result.expired, result.late, result.overran);
        }
        if constexpr (L.keys > 0) {
            result.unique_keys = flow().unique.approx_size();
        }
        for (std::uint32_t limiter = 0; limiter < L.limiters.count; ++limiter) {
            if constexpr (L.limiters.count > 0) {
                const auto load = flow().gates.limiter_load(limiter);
                result.limiters[limiter] = {L.limiters[limiter], load.running, load.waiting};
            }
        }
        return result;
    }

    // Numbers of each type of job, as far as `into` reaches; returns how many types there are.
    std::uint32_t types(std::span<job_type_numbers> into) const noexcept {
        static_assert(L.types > 0, "limits.types is 0: no numbers are kept for types of jobs");
        const std::uint32_t count = flow().types.size();
        for (std::uint32_t type = 0; type < count && type < into.size(); ++type) {
            into[type] = flow().types.read(type);
        }
        return count;
    }

private:
    [[nodiscard]] Scheduler& self() noexcept { return static_cast<Scheduler&>(*this); }
    [[nodiscard]] const Scheduler& self() const noexcept {
        return static_cast<const Scheduler&>(*this);
    }
    [[nodiscard]] auto& flow() noexcept { return self().core().runner.flow; }
    [[nodiscard]] const auto& flow() const noexcept { return self().core().runner.flow; }

    // What is in a slot, if that did not change while it was read.
    [[nodiscard]] std::optional<info_type> look(std::uint32_t index) const noexcept {
        using clock = typename Scheduler::clock_type;
        using queues = ready_queues<L, typename Scheduler::platform_type>;
        const auto& table = flow().table;
        const auto& slot = table.job(index);
        const state_word seen = table.state(index);
        if (seen.state() == job_state::gone) {
            return std::nullopt;
        }
        info_type result;
        result.state = seen.state();
        result.kept = seen.state() == job_state::failed && seen.has(state_word::kept);
        const std::uint32_t line = table.line_of(index);
        result.queue = queues::queue_of(line);
        result.priority = queues::band_of(line);
        result.attempts = table.attempts(index);
        result.called = slot.called.get();
        if constexpr (L.owners) {
            result.owner = owner_ref{slot.more.owner.get()};
        }
        if constexpr (L.progress) {
            result.progress = slot.more.progress.get();
        }
        if constexpr (L.times) {
            result.due = clock::time(slot.more.due.get());
            if (seen.state() == job_state::processing) {
                result.began = clock::time(slot.more.began.get());
            }
        }
        if constexpr (L.error_bytes > 0 || L.failed > 0) {
            // Of the attempt before, while the next one waits or runs; else it may be another
            // job's.
            const bool is_first = seen.state() == job_state::processing && result.attempts == 1;
            const bool ended_well =
                seen.state() == job_state::succeeded || seen.state() == job_state::deleted;
            if (result.attempts != 0 && !is_first && !ended_well) {
                result.error = slot.more.error.get();
            }
        }
        result.id = table.id_of(index);
        // The same job in the same state: so nobody has written to what was read. (An attempt that
        // came round to the same state may have; then it is of either.)
        const bool same =
            table.state(index).bits() == seen.bits() && seen.is_of(result.id.generation());
        return same ? std::optional<info_type>{result} : std::nullopt;
    }

    // What each slot adds to its queue; and, in the same walk, the counts of all.
    job_counts count_jobs(snapshot_type& result) noexcept {
        using queues = ready_queues<L, typename Scheduler::platform_type>;
        [[maybe_unused]] const TimePoint now = self().platform().now();
        return self().core().runner.counts([&](std::uint32_t index, state_word seen) noexcept {
            const std::uint32_t place = queues::queue_of(flow().table.line_of(index));
            auto& queue = result.queues[std::min(place, L.queues.count - 1)];
            if (seen.state() == job_state::failed && seen.has(state_word::kept)) {
                ++result.kept;
            } else if (seen.state() == job_state::processing) {
                ++queue.running;
            } else if (seen.state() == job_state::enqueued) {
                ++queue.ready;
                if constexpr (L.times) {
                    using clock = typename Scheduler::clock_type;
                    const TimePoint due = clock::time(flow().table.job(index).more.due.get());
                    queue.oldest = std::max(queue.oldest, clock::between(due, now));
                }
            }
        });
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
