// SPDX-License-Identifier: BSL-1.0
//
// Goal: nobody sleeps at a parking_lot beside a job, a deadline that came nearer is known to the
// timekeeper or the timekeeper is called, and who stops sees every job whose submitter did not see
// the phase, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp, with permits made of Relacy's words; submitters and sleepers do what
// job_flow and job_runner do, with a ring of real indices.
#include <cstdint>
#include <cstdio>

#include <pawl/containers/index_ring.hpp>
#include <pawl/execution/parking_lot.hpp>

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
    static void unpark(parker& sleeper) noexcept { sleeper.permit($).store(1, rl::mo_release); }
};

using ring = pawl::index_ring<4, pawl::ring_start::empty, relacy::platform<>>;

// Some submit a job each, one works until it has had them all.
template <unsigned Submitters>
struct work : rl::test_suite<work<Submitters>, Submitters + 1> {
    void thread(unsigned self) {
        if (self != 0) {
            jobs.put(self);
            lot.wake_one(waiter, lot.look());
            return;
        }
        for (unsigned had = 0; had < Submitters;) {
            std::uint32_t index = 0;
            if (jobs.get(index)) {
                ++had;
                continue;
            }
            static_cast<void>(lot.announce(0));
            if (jobs.empty()) {
                lot.park(waiter, 0);
            }
            static_cast<void>(lot.retract(0));
        }
    }

    pawl::parking_lot<1, machine> lot;
    ring jobs;
    machine waiter;
};

// One submits while another stops: the job is refused, or found by who stops.
struct stop : rl::test_suite<stop, 2> {
    void thread(unsigned self) {
        if (self == 0) {
            jobs.put(1);
            accepted = lot.look().phase() == pawl::phase::accepting;
        } else {
            RL_ASSERT(lot.enter(pawl::phase::finishing));
            std::uint32_t index = 0;
            found = jobs.get(index);
        }
    }
    void after() { RL_ASSERT(!accepted || found); }

    pawl::parking_lot<1, machine> lot;
    ring jobs;
    bool accepted = false;  // each touched by one thread
    bool found = false;
};

// The same with a third, which learns of the phase and acts on it, as a worker does when it drains.
struct drain : rl::test_suite<drain, 3> {
    void thread(unsigned self) {
        if (self == 0) {
            jobs.put(1);
            accepted = lot.look().phase() == pawl::phase::accepting;
        } else if (self == 1) {
            RL_ASSERT(lot.enter(pawl::phase::draining));
        } else {
            told = lot.look().phase() == pawl::phase::draining;
            lot.fence();
            std::uint32_t index = 0;
            found = jobs.get(index);
        }
    }
    void after() { RL_ASSERT(!told || !accepted || found); }

    pawl::parking_lot<1, machine> lot;
    ring jobs;
    bool accepted = false;
    bool told = false;
    bool found = false;
};

// A deadline comes nearer while the timekeeper falls asleep: it sees the deadline, or is called.
struct deadline : rl::test_suite<deadline, 2> {
    deadline() noexcept { due($).store(0, rl::mo_relaxed); }

    void thread(unsigned self) {
        if (self == 0) {
            due($).store(pawl::short_deadline::at(10).bits(), rl::mo_release);
            lot.keep_time(waiter, lot.look(), pawl::short_deadline::at(10));
            return;
        }
        for (;;) {
            static_cast<void>(lot.announce(0));
            RL_ASSERT(lot.claim_time(0));
            const auto known = pawl::short_deadline{due($).load(rl::mo_acquire)};
            lot.arm(known);
            static_cast<void>(lot.announce(0));
            const bool same = pawl::short_deadline{due($).load(rl::mo_acquire)} == known;
            if (same && !known.exists()) {
                lot.park(waiter, 0);  // without the deadline: for ever, unless somebody calls
            }
            lot.drop_time();
            static_cast<void>(lot.retract(0));
            if (same && known.exists()) {
                return;
            }
        }
    }

    pawl::parking_lot<1, machine> lot;
    rl::atomic<std::uint32_t> due;
    machine waiter;
};

}  // namespace

int main() {
    relacy::must_pass<work<1>>("one submits, one works", {.context_switches = 4});
    relacy::must_pass<work<2>>("two submit, one works", {.context_switches = 2});
    relacy::must_pass<stop>("one submits, one stops", {.context_switches = 4});
    relacy::must_pass<drain>("one submits, one stops, one drains", {.context_switches = 3});
    relacy::must_pass<deadline>("a deadline comes nearer", {.context_switches = 4});
    std::puts("relacy: parking_lot: all as it should be");
    return 0;
}
