// SPDX-License-Identifier: BSL-1.0
//
// Delays beyond what a 32-bit tick can count, for the mutants of lap_timers and far_clock: a clock
// of microseconds that begins where its count wraps, and every run compared with 64 bits.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <pawl/scheduler/scheduler.hpp>

#include "scheduler/microsecond_machine.hpp"

using namespace std::chrono_literals;
using microsecond::machine;

namespace {

constexpr pawl::limits small{.jobs = 8,
                             .job_bytes = 24,
                             .edges = 4,
                             .batches = 0,
                             .recurring = 2,
                             .workers = 0,
                             .recurring_policies = false,
                             .then_delay = true,
                             .reschedule = true};
using scheduler = pawl::scheduler<small, microsecond::board<true>>;
using us = std::chrono::duration<std::int64_t, std::micro>;
constexpr std::uint64_t second = 1'000'000;
constexpr std::uint64_t hour = 3600 * second;
constexpr std::uint64_t lap = std::uint64_t{1} << 28;

int failures = 0;
void require(bool condition, const char* what) {
    if (!condition) {
        std::printf("FAILED: %s\n", what);
        ++failures;
    }
}

// Ends even if nothing comes: a lap is a sleep.
template <class Jobs>
void run_until(Jobs& jobs, std::uint64_t end_us) {
    for (int sleeps = 0; machine.now_us < end_us && sleeps < 3000; ++sleeps) {
        jobs.poll();
        jobs.wait();
    }
    jobs.poll();
}

void from(std::uint64_t start) {
    // One after the other in one slot: what one leaves behind is not the next one's.
    {
        machine = {};
        machine.now_us = start;
        pawl::scheduler<pawl::limits{.jobs = 1, .edges = 0, .batches = 0, .workers = 0},
                        microsecond::board<true>>
            one;
        for (const std::uint64_t delay :
             {std::uint64_t{5}, lap - 2, lap - 1, lap, 3 * lap - 1, 8 * lap + 3, 17 * lap - 2,
              5 * lap, 300 * lap + 7, std::uint64_t{9}}) {
            std::uint64_t ran_us = 0;
            const std::uint64_t due = machine.now_us + delay + 1;
            require(static_cast<bool>(one.schedule(us{static_cast<std::int64_t>(delay)},
                                                   [&] { ran_us = machine.now_us; })),
                    "a delay is accepted");
            run_until(one, due);
            require(ran_us == due, "a delay ends when 64 bits say so");
            if (failures != 0) {
                return;
            }
            one.cancel(one.schedule(3h, [] {}));
            one.poll();
        }
    }
    machine = {};
    machine.now_us = start;
    scheduler jobs;
    std::uint64_t beats = 0;
    bool exact = true;
    jobs.every(20min, [&] {
        ++beats;
        exact = exact && machine.now_us == start + beats * 1200 * second + 1;
    });
    std::uint64_t rested_us = 0;
    const auto parent = jobs.schedule(1s, [] {});
    jobs.then(parent, [&] { rested_us = machine.now_us; }, {.delay = 2h});
    int attempts = 0;
    std::uint64_t retried_us = 0;
    jobs.schedule(1s,
                  [&] {
                      retried_us = machine.now_us;
                      return ++attempts == 1 ? pawl::outcome::retry() : pawl::outcome::success();
                  },
                  {.retry = pawl::fixed_backoff(90min)});
    std::uint64_t moved_us = 0;
    const auto moved = jobs.schedule(4h, [&] { moved_us = machine.now_us; });
    run_until(jobs, start + hour);
    const std::uint64_t moved_to = machine.now_us + 5 * hour + 1;
    require(jobs.reschedule(moved, 5h), "a job is moved");
    run_until(jobs, start + 8 * hour);
    require(exact && beats == 23 + (machine.now_us > start + 8 * hour ? 1 : 0),
            "a period keeps its times");
    require(rested_us >= start + 2 * hour + second && rested_us <= start + 2 * hour + second + 3,
            "a continuation rests");
    require(attempts == 2 && retried_us == start + hour + hour / 2 + second + 2, "a retry rests");
    require(moved_us >= moved_to && moved_us <= moved_to + (5 * hour >> 23) + 1,
            "a moved job runs when it was told");
    // Several have passed unseen.
    const std::uint64_t before = jobs.counts().coalesced;
    jobs.every(5min, [] {});
    jobs.poll();
    machine.now_us += 1000 * second;
    jobs.poll();
    require(jobs.counts().coalesced == before + 2, "what passed unseen is one");
}

// An interrupt before each critical section of a poll moves the job twice, that was moved already.
void moved_by_interrupts() {
    static scheduler* jobs;
    static pawl::job_id id;
    static int accepted;
    for (std::uint32_t at = 1;; ++at) {
        machine = {};
        scheduler here;
        jobs = &here;
        accepted = 0;
        std::uint64_t ran_us = 0;
        id = here.schedule(10s, [&] { ran_us = machine.now_us; });
        here.poll();
        here.reschedule(id, 20s);
        machine.sections = 0;
        machine.interrupt_at = at;
        machine.interrupt = [] {
            accepted += jobs->reschedule(id, 30s) ? 1 : 0;
            accepted += jobs->reschedule(id, 40s) ? 1 : 0;
        };
        here.poll();
        machine.interrupt_at = 0;
        machine.interrupt = nullptr;
        if (accepted == 0) {
            require(at > 3, "there are critical sections");
            return;
        }
        run_until(here, 100 * second);
        require(accepted == 2 && ran_us == 40 * second + 1, "who moved it last has decided");
    }
}

// Where the count changes its sign.
void compares_times(std::uint64_t start) {
    machine = {};
    machine.now_us = start;
    constexpr pawl::limits keyed{.jobs = 8,
                                 .edges = 0,
                                 .batches = 0,
                                 .recurring = 0,
                                 .workers = 0,
                                 .reschedule = true,
                                 .keys = 2};
    pawl::scheduler<keyed, microsecond::board<true>> jobs;
    std::uint64_t ran_us = 0;
    jobs.schedule(10s, [&] { ran_us = machine.now_us; }, {.unique = pawl::key{7}});
    jobs.enqueue([] {}, {.unique = pawl::key{7}, .conflict = pawl::conflict::postpone});
    jobs.poll();
    require(ran_us == start, "postponed to now");
    const auto moved = jobs.schedule(10s, [&] { ran_us = machine.now_us; });
    jobs.poll();
    jobs.reschedule(moved, 3s);  // beyond the end of the count
    ran_us = 0;
    run_until(jobs, start + 4 * second);
    require(ran_us == start + 3 * second + 1, "moved beyond the end of the count");
    int ran = 0;
    for (int i = 0; i < 6; ++i) {
        jobs.enqueue([&] {
            machine.now_us += second;
            ++ran;
        });
    }
    jobs.stop(pawl::drain, 2500ms);
    require(ran == 3, "a stop has its time");
}

}  // namespace

int main() {
    moved_by_interrupts();
    for (const std::uint64_t start :
         {0x7FFF'FFFFULL - second, 0x8000'0000ULL + second, 0xFFFF'FFFFULL - second}) {
        compares_times(start);
    }
    if (failures != 0) {
        return 1;
    }
    for (const std::uint64_t start :
         {0ULL, 0x7FFF'FFFFULL - 5 * second, 0xFFFF'FFFFULL - 5 * second}) {
        from(start);
        if (failures != 0) {
            return 1;
        }
    }
    // Far times in a word, read before and after they have come.
    for (std::uint32_t laps = 0; laps <= 0xFFFF; laps = 3 * laps + 1) {
        for (std::uint32_t now = 5; now != 13 * 0x1234'5678U + 5; now += 0x1234'5678U) {
            const pawl::far_tick said{now + 1'234'567, laps};
            const pawl::shared_far_tick word{said, now};
            for (const std::uint32_t later : {0U, 1'234'567U, 100'000'000U}) {
                const pawl::far_tick seen = word.seen_from(now + later);
                const auto late = static_cast<std::int32_t>(seen.first - said.first);
                require(seen.laps == laps && late >= 0 &&
                            late <= static_cast<std::int32_t>(laps << 5) + (laps == 0 ? 0 : 31),
                        "a word says what was said");
            }
        }
    }
    return failures == 0 ? 0 : 1;
}
