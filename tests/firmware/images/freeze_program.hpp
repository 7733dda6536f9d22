// SPDX-License-Identifier: BSL-1.0
//
// A scheduler, what an interrupt does to it in the middle of an operation, and what must be true
// when all is done. See freeze.hpp.
//
// Machine is a platform whose clock is clock_ms.
#pragma once

#include <chrono>
#include <cstdint>
#include <new>
#include <optional>

#include <pawl/scheduler/scheduler.hpp>

#include "freeze_accounts.hpp"
#include "lean.hpp"

namespace freeze {

using namespace std::chrono_literals;

// What time it is: the main loop moves it.
inline volatile std::int32_t clock_ms = 0;

template <class Machine>
struct program {
    static constexpr std::uint32_t jobs_max = 10;
    using scheduler = pawl::scheduler<lean(jobs_max, 1), Machine>;
    using time_point = typename Machine::time_point;

    static inline constinit scheduler jobs{};

    // What the operation answered: looked at when nothing can interrupt any more.
    static inline pawl::job_id answer{};
    static inline bool said = false;
    static inline std::optional<time_point> woke{};
    // What it may answer: as before the interrupt, or after its poll().
    static inline std::optional<time_point> woke_before{};
    static inline std::optional<time_point> woke_between{};
    static inline pawl::recurring_id entry{};

    // Whether the interrupt's last submission waits for its time.
    static inline bool leaves_timer = false;

    struct job {
        tag which;
        void operator()() const noexcept { now.runs(which); }
    };

    // ---- The main loop --------------------------------------------------------------------------

    static void begin() {
        ::new (static_cast<void*>(&jobs)) scheduler{};
        now = accounts{};
        answer = {};
        said = false;
        woke.reset();
        woke_between.reset();
        entry = {};
        leaves_timer = false;
        clock_ms = 1000;
    }

    static void enqueue(tag which) { now.submitted(who::loop, which, jobs.enqueue(job{which})); }
    template <class Delay>
    static void schedule(Delay delay, tag which) {
        now.submitted(who::loop, which, jobs.schedule(delay, job{which}));
    }
    static void cancel(tag which) { told_cancelled(who::loop, which, jobs.cancel(now.id[which])); }

    static void poll_all() {
        for (unsigned polls = 0;; ++polls) {
            const pawl::poll_result polled = jobs.poll();
            now.check(!polled.busy, "poll() says busy, and nobody polls");
            if (!polled.more && polled.ran == 0) {
                return;
            }
            if (polls == 20) {
                now.check(false, "poll() finds no end");
                return;
            }
        }
    }

    // So that slots come from where they were given back to, and not for the first time.
    static void use_all_slots() {
        for (std::uint32_t i = 0; i < jobs_max; ++i) {
            enqueue(crowd);
        }
        poll_all();
    }

    // ---- An interrupt ---------------------------------------------------------------------------

    // Submits, cancels one of its own and one of the main loop's, schedules, polls. True if poll()
    // said that it was busy.
    static bool interrupt() {
        cancel_target(who::interrupt);
        submit(who::interrupt, mine);
        withdraw(who::interrupt, withdrawn);
        now.submitted(who::interrupt, timed, jobs.schedule(6ms, job{timed}));
        const bool busy = poll(mine);
        woke_between = jobs.next_wake();
        if (!busy) {
            const tag last = leaves_timer ? timed_again : again;
            now.submitted(who::interrupt, last,
                          leaves_timer ? jobs.schedule(6ms, job{last}) : jobs.enqueue(job{last}));
            now.check(now.accepted[last] != 0, "full, though everything has run");
            now.check(now.id[last].index() != now.id[target].index() || !now.id[target] ||
                          jobs.state(now.id[target]) == pawl::job_state::gone,
                      "a job is taken for the one before it in its slot");
        }
        return busy;
    }

    // The same in little, for the one that interrupts the other one.
    static bool urgent_interrupt() {
        cancel_target(who::urgent);
        withdraw(who::urgent, urgent_withdrawn);
        now.submitted(who::urgent, urgent_timed, jobs.schedule(6ms, job{urgent_timed}));
        submit(who::urgent, urgent_mine);
        return poll(urgent_mine);
    }

    // ---- The end --------------------------------------------------------------------------------

    // `ticks`: so many steps of a millisecond, instead of one of twenty.
    static void end(bool step_by_step) {
        enqueue(later);
        poll_all();
        for (int steps = step_by_step ? 20 : 1; steps != 0; --steps) {
            clock_ms = clock_ms + (step_by_step ? 1 : 20);
            poll_all();
        }
        cancel_what_waits();
        poll_all();
        now.check(!jobs.next_wake(), "a timer is left that belongs to nobody");
        now.check_fates();
        now.check_order();
        check_counters();
        check_slots();
    }

private:
    static void submit(who by, tag which) { now.submitted(by, which, jobs.enqueue(job{which})); }

    static void told_cancelled(who by, tag which, bool answered) {
        now.cancelled[static_cast<unsigned>(by)][which] =
            static_cast<std::uint8_t>(now.cancelled[static_cast<unsigned>(by)][which] + answered);
    }

    // It may be running: then it is told to stop, and does not.
    static void cancel_target(who by) {
        const pawl::job_id id = now.id[target];
        if (!id) {
            return;
        }
        const bool runs = jobs.state(id) == pawl::job_state::processing;
        const bool answered = jobs.cancel(id);
        told_cancelled(by, target, answered);
        if (answered && runs) {
            now.began[target] = 1;
        }
        now.check(!jobs.cancel(id), "cancelled twice by the same");
    }

    // One of its own.
    static void withdraw(who by, tag which) {
        submit(by, which);
        if (now.accepted[which] != 0) {
            told_cancelled(by, which, jobs.cancel(now.id[which]));
            now.check(!jobs.cancel(now.id[which]), "cancelled twice by the same");
        }
    }

    static bool poll(tag own) {
        const bool busy = jobs.poll().busy;
        now.check(busy || now.ran[own] == now.accepted[own], "polled, and it did not run");
        return busy;
    }

    static void cancel_what_waits() {
        for (std::uint32_t each = 0; each < tags; ++each) {
            const tag which = static_cast<tag>(each);
            if (now.accepted[which] != 0 &&
                jobs.state(now.id[which]) == pawl::job_state::scheduled) {
                now.check(which == target || which == victim, "its time is over, and it waits");
                cancel(which);
            }
        }
        if (entry) {
            now.check(jobs.remove(entry), "the recurring job is not there any more");
        }
    }

    static void check_counters() {
        const pawl::job_counts counts = jobs.counts();
        now.check(counts.succeeded == now.sum_ran() - now.sum_began(), "the count of succeeded");
        now.check(counts.deleted == now.sum_cancelled(), "the count of deleted");
        now.check(counts.refused == now.sum_refused(), "the count of refused");
        now.check(counts.failed == 0 && counts.missed == 0, "the count of failed or missed");
        now.check(counts.scheduled == 0 && counts.enqueued == 0 && counts.processing == 0 &&
                      counts.awaiting == 0,
                  "a job that is over still counts");
    }

    // No slot is lost, and none is there twice.
    static void check_slots() {
        for (std::uint32_t i = 0; i < jobs_max; ++i) {
            now.check(static_cast<bool>(jobs.enqueue(job{brim})), "a slot is lost");
        }
        now.check(!jobs.enqueue(job{brim}), "a slot too many");
        poll_all();
        now.check(now.ran[brim] == jobs_max, "a slot is there twice");
    }
};

}  // namespace freeze
