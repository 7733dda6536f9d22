// SPDX-License-Identifier: BSL-1.0
//
// job_commands: what can be done to jobs, queues and limiters after the submission.
//
// What: the part of a scheduler's interface that changes what is there: cancel, requeue,
// reschedule, run_now, raise; pause and limit a queue; set a limiter; cancel what an owner has. A
// base class of scheduler, so that each of the two can be read alone.
//
//   jobs.run_now(reminder);
//   jobs.requeue(failed);
//   jobs.pause("mails");                   // what runs goes on; jobs still come in
//   jobs.limit_running("reports", 1);
//   jobs.set_limit("smtp", {.running_max = 4, .tokens = 100, .period = 1min, .burst = 10});
//
// Each says whether it was the one that did it: true, or a handle.
//
// Who may call: cancel, reschedule, run_now, raise, pause, resume, requeue any thread or interrupt,
// and a job; the others any thread, and a job.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/owner.hpp>
#include <pawl/scheduler/queue_overflow.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Limits of a limiter: jobs that run at once, and starts in a time. Zeros: none.
struct limiter_settings {
    std::uint32_t running_max = 0;
    std::uint32_t tokens = 0;            // starts ...
    std::chrono::nanoseconds period{0};  // ... in this time, evenly,
    std::uint32_t burst = 0;             // but so many at once; 0 is 1
    bool per_key = false;                // each key has these limits for itself
};

enum class attempts : bool {
    anew,  // the job has all its retries again
    keep,  // it goes on counting: if all are used up, it has this one run
};

template <class Scheduler, limits L>
class job_commands {
public:
    // Deletes a job that has not ended; true if this call did. A waiting job never runs; a running
    // one is `deleted` at once, sees job_context::stop_requested(), and what it returns is ignored.
    // Its callable is destroyed later, by a worker or poll(); its slot is free from then on.
    bool cancel(job_id id) noexcept { return runner().cancel(id); }

    // The job that waits for its time is due after this delay, counted from now. False: it does not
    // wait for its time (any more), or the delay is beyond what a tick can count. More than five
    // minutes away it is late by a 2^23rd of the distance at most.
    template <class Rep, class Period>
    bool reschedule(job_id id, std::chrono::duration<Rep, Period> delay) noexcept {
        static_assert(L.reschedule,
                      "limits.reschedule is false: the time of a waiting job cannot be changed");
        using clock = typename Scheduler::far_clock_type;
        const auto rest = clock::delay(delay);
        return rest && runner().reschedule(id, clock::after(self().platform().now(), *rest));
    }
    // The job that waits for its time is due now.
    bool run_now(job_id id) noexcept { return reschedule(id, std::chrono::seconds{0}); }

    // Begins a failed job anew that was kept (limits.failed): a new job with a handle of its own,
    // job_context::requeued(), the same callable and options, but no batch; continuations that were
    // decided are not decided again. `not_kept` if it is not there any more. O(limits.failed),
    // unless it is the oldest of those.
    job_id requeue(job_id id, attempts which = attempts::anew) noexcept {
        static_assert(L.failed > 0, "limits.failed is 0: this scheduler keeps no failed jobs");
        return runner().requeue(id, which == attempts::keep);
    }

    // Raises a waiting job into a higher band of its queue: one that is ready goes before those of
    // its old band. Once each time that it waits; false if it does not wait (in its queue, and not
    // for a key or a limiter), is there already, or was requeued.
    bool raise(job_id id, std::uint32_t priority) noexcept {
        static_assert(L.bands > 1, "limits.bands is 1: this scheduler has no priorities");
        return runner().raise(id, priority);
    }

    // ---- Owners ---------------------------------------------------------------------------------

    // A number that no other owner of this scheduler has (until 2^32 have been).
    [[nodiscard]] owner_ref new_owner() noexcept {
        static_assert(L.owners, "limits.owners is false: jobs have no owners");
        // relaxed: nothing hangs on it.
        const std::uint32_t number = flow().owners.fetch_add(1, std::memory_order_relaxed) + 1;
        return owner_ref{number == 0 ? 1 : number};
    }
    // Cancels all jobs of an owner; returns how many. O(limits.jobs). A job that is submitted
    // meanwhile may be missed.
    std::uint32_t cancel_all(owner_ref whose) noexcept {
        static_assert(L.owners, "limits.owners is false: jobs have no owners");
        std::uint32_t count = 0;
        for (std::uint32_t index = 0; whose && index < L.jobs; ++index) {
            const job_id id = owned(index, whose);
            count += id && runner().cancel(id) ? 1U : 0U;
        }
        return count;
    }
    // The same, and waits until none of them is inside its callable any more. With limits.workers =
    // 0, or from one of them, there is nothing to wait for.
    void cancel_all_and_wait(owner_ref whose) noexcept {
        cancel_all(whose);
        if constexpr (Scheduler::has_workers) {
            if (self().in_job()) {
                return;
            }
            for (std::uint32_t index = 0; whose && index < L.jobs; ++index) {
                while (runner().is_inside(index) && owned(index, whose)) {
                    Scheduler::platform_type::yield();
                }
            }
        }
    }

    // ---- Queues ---------------------------------------------------------------------------------

    // Nothing of this queue starts any more, but what has asked for a key or a limiter already and
    // waits for it: others wait behind. What runs goes on, and jobs still come in. A stop that
    // drains does not wait for it. Its jobs that are cancelled meanwhile keep their slots until
    // resume(), or stop(). False: there is no such queue.
    bool pause(name queue) noexcept {
        static_assert(L.queue_control, "limits.queue_control is false: queues cannot be paused");
        return with_queue(queue, [this](std::uint32_t index) { flow().ready.pause(index); });
    }
    bool resume(name queue) noexcept {
        static_assert(L.queue_control, "limits.queue_control is false: queues cannot be paused");
        return with_queue(queue, [this](std::uint32_t index) {
            flow().ready.resume(index);
            flow().wake_for(L.sleepers());
        });
    }
    [[nodiscard]] bool is_paused(name queue) noexcept {
        bool result = false;
        with_queue(queue, [&](std::uint32_t index) { result = flow().ready.is_paused(index); });
        return result;
    }
    // At most so many jobs of this queue run at once, of those that start from now on; 0: no limit.
    bool limit_running(name queue, std::uint32_t most) noexcept {
        static_assert(L.queue_control, "limits.queue_control is false: queues have no limits");
        return with_queue(queue, [&](std::uint32_t index) {
            flow().ready.limit_running(index, most);
            flow().wake_for(L.sleepers());
        });
    }

    // At most so many jobs are ready in this queue at once, and what becomes of one that is
    // enqueued beyond that; 0: no limit. With `block`: how long its submitter waits. To be said
    // before the queue's first job; then snapshot() tells its high-water mark, too.
    bool limit_depth(name queue, std::uint32_t most, queue_full policy = queue_full::reject,
                     std::chrono::microseconds timeout = std::chrono::seconds{1}) noexcept {
        static_assert(L.queue_control, "limits.queue_control is false: queues have no depth");
        return with_queue(queue, [&](std::uint32_t index) {
            using std::memory_order_relaxed;
            flow().overflow.policy[index].store(static_cast<std::uint32_t>(policy),
                                                memory_order_relaxed);
            constexpr std::chrono::microseconds longest{0xFFFF'FFFF};
            flow().overflow.timeout_us[index].store(
                static_cast<std::uint32_t>(std::min(timeout, longest).count()),
                memory_order_relaxed);
            flow().ready.limit_depth(index, most);
        });
    }

    // ---- Limiters -------------------------------------------------------------------------------

    // Sets the limits of one of limits.limiters. What runs goes on; who waits may go if it may now.
    // False: there is no such limiter, or its rate is finer than a tick can say.
    bool set_limit(name limiter, const limiter_settings& to) noexcept {
        static_assert(L.limiters.count > 0, "limits.limiters is empty: there is nothing to limit");
        return runner().set_limit(L.limiters.find(limiter.view()), to.running_max, to.tokens,
                                  to.period, to.burst, to.per_key);
    }

private:
    [[nodiscard]] Scheduler& self() noexcept { return static_cast<Scheduler&>(*this); }
    [[nodiscard]] auto& runner() noexcept { return self().core().runner; }
    [[nodiscard]] auto& flow() noexcept { return runner().flow; }

    // The job in a slot, if it has not ended and is of this owner.
    [[nodiscard]] job_id owned(std::uint32_t index, owner_ref whose) noexcept {
        const state_word seen = flow().table.state(index);
        const bool lives = seen.state() != job_state::gone && !seen.has(state_word::settled);
        const auto& more = flow().table.job(index).more;
        if (!lives || !more.has(attribute::owned) || more.owner.get() != whose.number()) {
            return {};
        }
        // The owner was of this job or of a later one in this slot.
        const job_id id = flow().table.id_of(index);
        return seen.is_of(id.generation()) ? id : job_id{};
    }

    template <class Do>
    bool with_queue(name queue, Do&& act) noexcept {
        const std::uint32_t index = L.queues.find(queue.view());
        if (index == L.queues.count) {
            return false;
        }
        act(index);
        return true;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
