// SPDX-License-Identifier: BSL-1.0
//
// Goal: with searchers and a parking_lot nobody sleeps beside a job, and who found work passes on
// that there is more, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp, with permits made of Relacy's words; posters and workers do what a
// thread pool does, with its queue. Jobs come in pairs, of which the first waits until the second
// has begun, so that one worker alone cannot make up for the other's sleep. (Every interleaving,
// but of one order only: tests/execution/searchers_explore.cpp.)
#include <cstdint>
#include <cstdio>

#include <pawl/containers/ticket_queue.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/searchers.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

// Who sleeps and is never called is a livelock, which Relacy reports.
struct machine : relacy::platform<> {
    static constexpr bool has_threads = true;
    struct parker {
        parker() noexcept { permit($).store(0, rl::mo_relaxed); }
        rl::atomic<unsigned> permit;
    };
    static void park(parker& sleeper) noexcept {
        while (sleeper.permit($).exchange(0, rl::mo_acquire) == 0) {
            rl::yield(1, $);
        }
    }
    static void park_until(parker& sleeper, time_point) noexcept { park(sleeper); }
    static void unpark(parker& sleeper) noexcept { sleeper.permit($).exchange(1, rl::mo_release); }
};

// The first threads work, each of the others brings so many jobs.
template <unsigned Workers, unsigned Posters, unsigned Each, bool InPairs>
struct crew : rl::test_suite<crew<Workers, Posters, Each, InPairs>, Workers + Posters> {
    crew() noexcept {
        begun($).store(0, rl::mo_relaxed);
        left($).store(Posters * Each, rl::mo_relaxed);
    }

    void thread(unsigned self) {
        if (self < Workers) {
            work(self);
            return;
        }
        for (unsigned i = 0; i < Each; ++i) {
            RL_ASSERT(jobs.try_push(self));
            if (const auto seen = lot.look(); seen.sleepers() != 0) {
                static_cast<void>(looking.wake(lot, waiter, seen));
            }
        }
    }

    void work(unsigned self) {
        looking.begin();
        do {
            std::uint32_t job = 0;
            while (jobs.try_pop(job)) {
                found();
                do {
                    if (run()) {
                        end(self);
                        return;
                    }
                } while (jobs.try_pop(job));
                looking.begin();
            }
        } while (sleep(self));
    }

    void found() {
        if (looking.end()) {
            const auto seen = lot.look();
            if (seen.sleepers() != 0 && !jobs.empty()) {
                static_cast<void>(looking.wake(lot, waiter, seen));
            }
        }
    }

    bool sleep(unsigned self) {
        static_cast<void>(looking.end());
        static_cast<void>(lot.announce(self));
        if (jobs.empty()) {
            lot.park(waiter, self);
            if (left($).load(rl::mo_relaxed) == 0) {
                return false;
            }
        } else {
            rl::yield(1, $);  // it may not be there yet
        }
        static_cast<void>(lot.retract(self));
        looking.begin_awake();
        return true;
    }

    // True for the last one.
    bool run() {
        if (InPairs) {
            if (begun($).fetch_add(1, rl::mo_relaxed) == 0) {
                machine::park(until_the_second);
            } else {
                machine::unpark(until_the_second);
            }
        }
        return left($).fetch_sub(1, rl::mo_relaxed) == 1;
    }
    void end(unsigned self) {
        for (unsigned worker = 0; worker < Workers; ++worker) {
            if (worker != self) {
                lot.give_permit(waiter, worker);
            }
        }
    }

    pawl::parking_lot<Workers, machine> lot;
    pawl::searchers<machine> looking;
    pawl::ticket_queue<std::uint32_t, 2, relacy::platform<>> jobs;
    rl::atomic<unsigned> begun;
    rl::atomic<unsigned> left;
    machine::parker until_the_second;
    machine waiter;
};

// Who calls comes late: the sleeper that it saw has been awake, has had that job, and falls asleep
// again; and another one relies on the call.
struct late : rl::test_suite<late, 3> {
    void thread(unsigned self) {
        if (self == 0) {
            for (;;) {
                static_cast<void>(lot.announce(0));
                if (!has_job()) {
                    lot.park(waiter, 0);
                }
                static_cast<void>(lot.retract(0));
                looking.begin_awake();
                if (has_job()) {
                    return;
                }
                static_cast<void>(looking.end());
            }
        } else if (self == 1) {
            static_cast<void>(looking.wake(lot, waiter, lot_type::view{1}));
        } else {
            job($).store(1, rl::mo_relaxed);
            static_cast<void>(looking.wake(lot, waiter, lot.look()));
        }
    }
    bool has_job() { return job($).load(rl::mo_relaxed) != 0; }

    using lot_type = pawl::parking_lot<1, machine>;
    late() noexcept { job($).store(0, rl::mo_relaxed); }
    lot_type lot;
    pawl::searchers<machine> looking;
    rl::atomic<unsigned> job;
    machine waiter;
};

}  // namespace

int main() {
    relacy::must_pass<late>("one calls late", {.context_switches = 4});
    relacy::must_pass<crew<1, 1, 2, false>>("one brings two, one works", {.context_switches = 3});
    relacy::must_pass<crew<1, 2, 1, false>>("two bring, one works", {.context_switches = 2});
    relacy::must_pass<crew<2, 1, 2, true>>("one brings two, two work", {.context_switches = 2});
    relacy::must_pass<crew<2, 2, 1, true>>("two bring, two work", {.context_switches = 1});
    std::puts("relacy: searchers: all as it should be");
    return 0;
}
