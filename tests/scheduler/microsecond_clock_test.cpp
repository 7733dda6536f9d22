// SPDX-License-Identifier: BSL-1.0
//
// A clock of 32-bit microseconds, which wraps every 71 minutes: delays and periods of any length.
//
// Goal: for ten days every job runs at the microsecond that a 64-bit clock says, whether its delay
// is a microsecond or three days; none runs twice, none is forgotten, none comes a lap early or
// late; cancel, reschedule, retries, snoozes, continuations that rest, periods and calendars keep
// to it too. Method: a board in virtual time whose sleep ends exactly at its deadline or at an
// interrupt; the main loop is the one of the README. The model is a map of 64-bit times. Where the
// main loop is made to look late, a job runs at the first look after its time.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <pawl/scheduler/scheduler.hpp>

#include "scheduler/microsecond_machine.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;
using microsecond::board;
using microsecond::machine;

namespace {

using us = std::chrono::duration<std::int64_t, std::micro>;
constexpr std::uint64_t second = 1'000'000;
constexpr std::uint64_t hour = 3600 * second;
constexpr std::uint64_t day = 24 * hour;
// Where a clock that is read between two steps may be by one behind.
constexpr std::uint64_t now_error = 1;

constexpr pawl::limits small{.jobs = 40,
                             .job_bytes = 24,
                             .edges = 8,
                             .batches = 0,
                             .recurring = 6,
                             .workers = 0,
                             .recurring_policies = false,
                             .then_delay = true,
                             .reschedule = true};
// More timers than a list is for.
constexpr pawl::limits large{.jobs = 300,
                             .job_bytes = 24,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 6,
                             .workers = 0,
                             .reschedule = true};

void restart(std::uint64_t at_us) {
    machine = {};
    machine.now_us = at_us;
}

template <class Jobs>
void run_until(Jobs& jobs, std::uint64_t end_us) {
    while (machine.now_us < end_us) {
        jobs.poll();
        jobs.wait();
    }
    jobs.poll();
}

// A world of random jobs, and what is known of them.
template <pawl::limits L, bool Masked>
struct world {
    using scheduler = pawl::scheduler<L, board<Masked>>;

    struct known {
        std::uint64_t due_us = 0;
        std::uint64_t tolerance_us = 0;  // a job that was moved far is rounded up
        bool moved = false;
        pawl::job_id id;
    };

    explicit world(std::uint64_t seed) : random{seed} { current = this; }
    ~world() { current = nullptr; }

    std::uint64_t any(std::uint64_t below) { return random() % below; }
    // As likely to be some microseconds as some days.
    std::uint64_t any_delay() {
        const std::uint64_t range = std::uint64_t{1} << (1 + any(38));
        return 1 + any(range);
    }

    void submit() {
        std::uint64_t delay = any_delay();
        if (any(4) == 0) {
            // At a full ten seconds, where others are due, too.
            const std::uint64_t due = (machine.now_us + delay) / (10 * second) * (10 * second);
            delay = due > machine.now_us + now_error ? due - machine.now_us - now_error : delay;
        }
        const std::uint32_t number = ++last_number;
        const pawl::job_id id =
            jobs.schedule(us{static_cast<std::int64_t>(delay)}, [number] { current->ran(number); });
        if (!id) {
            // Others have slots, too: occurrences, what runs, and what was cancelled just now.
            unknown +=
                id.error() == pawl::submit_error::full && waiting.size() + 12 > L.jobs ? 0U : 1U;
            return;
        }
        waiting[number] = {machine.now_us + delay + now_error, 0, false, id};
        longest = std::max(longest, delay);
    }

    void ran(std::uint32_t number) {
        const auto found = waiting.find(number);
        if (found == waiting.end()) {
            ++unknown;
            return;
        }
        const known& job = found->second;
        const bool exact =
            machine.now_us >= job.due_us && machine.now_us - job.due_us <= job.tolerance_us;
        // Late only if nobody looked in between.
        const bool first_look =
            machine.now_us > job.due_us && looked_us < job.due_us + job.tolerance_us;
        early += machine.now_us < job.due_us ? 1U : 0U;
        late += exact || first_look ? 0U : 1U;
        if (!job.moved && !last_moved && job.due_us == last_due && number < last_ran) {
            ++out_of_order;
        }
        last_due = job.due_us;
        last_ran = number;
        last_moved = job.moved;
        waiting.erase(found);
        ++count;
        if (any(2) == 0) {
            submit();  // in a job, too
        }
    }

    std::uint32_t any_waiting() {
        auto at = waiting.lower_bound(static_cast<std::uint32_t>(any(last_number + 1)));
        return at == waiting.end() ? waiting.begin()->first : at->first;
    }

    void change() {
        if (waiting.empty()) {
            submit();
            return;
        }
        const std::uint32_t number = any_waiting();
        known& job = waiting[number];
        if (any(4) == 0) {
            unknown += jobs.cancel(job.id) ? 0U : 1U;
            waiting.erase(number);
            ++cancels;
            return;
        }
        const std::uint64_t delay = any_delay();
        unknown += jobs.reschedule(job.id, us{static_cast<std::int64_t>(delay)}) ? 0U : 1U;
        job.due_us = machine.now_us + delay + now_error;
        job.tolerance_us = delay < (std::uint64_t{1} << 28) ? 0 : (delay >> 23) + 1;
        job.moved = true;
        ++moves;
    }

    static void interrupt() {
        world& self = *current;
        self.any(3) == 0 ? self.change() : self.submit();
        machine.interrupt_us = machine.now_us + 1 + self.any(200 * second);
    }

    void run(std::uint64_t end_us, bool looks_late) {
        machine.interrupt = &interrupt;
        machine.interrupt_us = machine.now_us + 1;
        while (machine.now_us < end_us) {
            jobs.poll();
            looked_us = machine.now_us;
            jobs.wait();
            if (looks_late && any(64) == 0) {
                machine.now_us += any(any(8) == 0 ? 500 * second : 20'000);
            }
        }
        machine.interrupt = nullptr;
    }

    static inline world* current = nullptr;

    std::mt19937_64 random;
    scheduler jobs;
    std::map<std::uint32_t, known> waiting;
    std::uint32_t last_number = 0;
    std::uint64_t looked_us = 0;
    std::uint64_t last_due = 0;
    std::uint32_t last_ran = 0;
    bool last_moved = false;
    std::uint64_t longest = 0;
    std::uint64_t count = 0, early = 0, late = 0, unknown = 0, out_of_order = 0;
    std::uint64_t cancels = 0, moves = 0;
};

// An entry that comes again: each time is the one before and the period.
struct beat {
    std::uint64_t period_us = 0;
    std::uint64_t first_us = 0;
    std::uint64_t count = 0;
    std::uint64_t wrong = 0;

    void came() {
        wrong += machine.now_us != first_us + count * period_us ? 1U : 0U;
        ++count;
    }
    [[nodiscard]] std::uint64_t expected_until(std::uint64_t end_us) const {
        return end_us < first_us ? 0 : (end_us - first_us) / period_us + 1;
    }
};

template <pawl::limits L, bool Masked>
void random_world(std::uint64_t start_us, std::uint64_t length_us, bool looks_late) {
    CAPTURE(start_us, length_us, looks_late, Masked);
    restart(start_us);
    const auto here = std::make_unique<world<L, Masked>>(start_us + (looks_late ? 1 : 0));
    beat beats[] = {{10 * second}, {7'777'777}, {3 * hour + 1}, {30 * hour}};
    for (beat& each : beats) {
        each.first_us = machine.now_us + each.period_us + now_error;
        REQUIRE(here->jobs.every(us{static_cast<std::int64_t>(each.period_us)},
                                 [&each] { each.came(); }));
    }
    here->submit();
    here->run(start_us + length_us, looks_late);

    CHECK(here->early == 0);
    CHECK(here->late == 0);
    CHECK(here->unknown == 0);
    // It was no idle world.
    CHECK(here->count > length_us / day * 500);
    CHECK(here->cancels > length_us / day * 20);
    CHECK(here->moves > length_us / day * 50);
    CHECK(here->longest > 2 * day);
    CHECK(machine.slept_late == 0);
    CHECK(machine.masked == 0);
    if (!looks_late) {
        CHECK(here->out_of_order == 0);
        for (const beat& each : beats) {
            CHECK(each.wrong == 0);
            // A job of this moment may still wait for its poll.
            const std::uint64_t expected = each.expected_until(machine.now_us);
            CHECK(each.count <= expected);
            CHECK(each.count + 1 >= each.expected_until(here->looked_us));
        }
    }
    // Nobody is forgotten: all that is not due yet is still there.
    here->jobs.poll();
    for (const auto& [number, job] : here->waiting) {
        CHECK(job.due_us + job.tolerance_us > machine.now_us);
    }
}

}  // namespace

TEST_CASE("ten days of random delays from a microsecond to three days, each to the microsecond") {
    random_world<small, false>(0, 10 * day, false);
}

TEST_CASE("the same, where the counter starts just before a half or a whole turn") {
    for (const std::uint64_t turn : {std::uint64_t{1} << 31, std::uint64_t{1} << 32}) {
        random_world<small, true>(turn - 5 * second, day, false);
        random_world<large, false>(turn - 5 * second, day, false);
    }
}

TEST_CASE("a main loop that looks late finds what has passed, laps too") {
    random_world<small, false>(0, 2 * day, true);
    random_world<large, true>(0, 2 * day, true);
}

TEST_CASE("delays on both sides of a lap, of a half turn and of a turn") {
    constexpr std::uint64_t lap = std::uint64_t{1} << 28;
    std::vector<std::uint64_t> delays;
    for (const std::uint64_t laps :
         {1U, 2U, 3U, 4U, 7U, 8U, 9U, 15U, 16U, 17U, 31U, 32U, 33U, 160U, 65'535U}) {
        for (std::uint64_t near = 0; near < 5; ++near) {
            delays.push_back(laps * lap + near - 3);
        }
    }
    delays.push_back((std::uint64_t{1} << 44) - 2 - now_error);
    for (const std::uint64_t start : {0ULL, 0x7FFF'FFF0ULL, 0x8000'0000ULL, 0xFFFF'FFF0ULL}) {
        for (const std::uint64_t delay : delays) {
            CAPTURE(start, delay);
            restart(start);
            pawl::scheduler<small, board<false>> jobs;
            std::uint64_t ran_us = 0;
            REQUIRE(jobs.schedule(us{static_cast<std::int64_t>(delay)},
                                  [&] { ran_us = machine.now_us; }));
            run_until(jobs, start + delay + now_error);
            REQUIRE(ran_us == start + delay + now_error);
            REQUIRE(machine.sleeps < 2 + delay / lap + 2);
        }
    }
}

TEST_CASE("what is longer than laps can count is refused, and says so") {
    restart(0);
    pawl::scheduler<small, board<false>> jobs;
    const auto refused = jobs.schedule(us{std::int64_t{1} << 44}, [] {});
    REQUIRE(!refused);
    REQUIRE(refused.error() == pawl::submit_error::too_late);
    REQUIRE(jobs.every(std::chrono::hours{24 * 365}, [] {}).error() ==
            pawl::submit_error::too_late);
    const auto id = jobs.schedule(us{1}, [] {});
    REQUIRE(!jobs.reschedule(id, std::chrono::hours{24 * 365}));
    REQUIRE(jobs.schedule(std::chrono::hours{24 * 200}, [] {}));
}

TEST_CASE("with long_delays = never, and for milliseconds by default, 2^29 ticks are the most") {
    constexpr pawl::limits short_ones{.jobs = 4,
                                      .edges = 0,
                                      .batches = 0,
                                      .recurring = 1,
                                      .workers = 0,
                                      .long_delays = pawl::long_delays::never};
    restart(0);
    pawl::scheduler<short_ones, board<false>> jobs;
    REQUIRE(jobs.schedule(us{(1 << 29) - 1}, [] {}));
    REQUIRE(jobs.schedule(us{1 << 29}, [] {}).error() == pawl::submit_error::too_late);
    REQUIRE(jobs.every(us{1 << 29}, [] {}).error() == pawl::submit_error::too_late);

    struct milliseconds : pawl::basic_bare_metal<microsecond::host_core> {
        static time_point now() noexcept { return {}; }
    };
    STATIC_REQUIRE(pawl::counts_laps<small, board<false>>);
    STATIC_REQUIRE(!pawl::counts_laps<short_ones, board<false>>);
    STATIC_REQUIRE(!pawl::counts_laps<small, milliseconds>);
    constexpr pawl::limits always{
        .jobs = 4, .workers = 0, .long_delays = pawl::long_delays::always};
    STATIC_REQUIRE(pawl::counts_laps<always, milliseconds>);
    // The bytes: two a timer.
    constexpr pawl::limits long_ones{
        .jobs = 4, .edges = 0, .batches = 0, .recurring = 0, .workers = 0};
    constexpr pawl::limits none{.jobs = 4,
                                .edges = 0,
                                .batches = 0,
                                .recurring = 0,
                                .workers = 0,
                                .long_delays = pawl::long_delays::never};
    STATIC_REQUIRE(sizeof(pawl::scheduler<long_ones, board<false>>) <=
                   sizeof(pawl::scheduler<none, board<false>>) + 8);
}

TEST_CASE("a time of the clock itself: up to half a turn ahead, at the edges of the count, too") {
    for (const std::uint64_t start : {0x7FFF'FFFFULL - 5 * second, 0xFFFF'FFFFULL - 5 * second}) {
        for (const std::uint64_t ahead : {5 * second - 1, 5 * second, 5 * second + 1,
                                          5 * second + 2, std::uint64_t{0x7FFF'FFFF}}) {
            CAPTURE(start, ahead);
            restart(start);
            pawl::scheduler<small, board<false>> jobs;
            std::uint64_t ran_us = 0;
            const board<false>::time_point due{board<false>::duration{
                static_cast<std::int32_t>(static_cast<std::uint32_t>(start + ahead))}};
            REQUIRE(jobs.schedule(due, [&] { ran_us = machine.now_us; }));
            run_until(jobs, start + ahead);
            REQUIRE(ran_us == start + ahead);
        }
    }
}

TEST_CASE(
    "a wait without a deadline ends before half the count has passed, one with a limit at it") {
    restart(10);
    pawl::scheduler<small, board<false>> jobs;
    jobs.poll();
    jobs.wait();
    const auto woke_us = machine.now_us;
    REQUIRE(woke_us > 0x3000'0000);
    REQUIRE(woke_us <= 0x7FFF'FFFF);
    jobs.poll();
    jobs.wait(2s);
    REQUIRE(machine.now_us == woke_us + 2 * second + now_error);
}

TEST_CASE("a job that snoozes or retries for hours comes back to the microsecond") {
    for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 5 * second}) {
        restart(start);
        pawl::scheduler<small, board<false>> jobs;
        std::vector<std::uint64_t> runs;
        REQUIRE(jobs.schedule(
            1s,
            [&](pawl::job_context& job) {
                runs.push_back(machine.now_us - start);
                switch (runs.size()) {
                    case 1: return pawl::outcome::snooze(2h);
                    case 2: return pawl::outcome::retry();  // in 90 minutes, says the policy
                    case 3: return pawl::outcome::retry_in(26h);
                    case 4: return pawl::outcome::retry_in(1ms);
                    default: break;
                }
                return job.attempt() == 4 ? pawl::outcome::success() : pawl::outcome::fail();
            },
            {.retry = pawl::fixed_backoff(90min)}));
        run_until(jobs, start + 40 * hour);
        REQUIRE(runs == std::vector<std::uint64_t>{second + 1, 2 * hour + second + 2,
                                                   3 * hour + hour / 2 + second + 3,
                                                   29 * hour + hour / 2 + second + 4,
                                                   29 * hour + hour / 2 + second + 1000 + 5});
        REQUIRE(jobs.counts().succeeded == 1);
    }
}

TEST_CASE("a continuation rests for hours after its parent") {
    restart(0xFFFF'0000);
    pawl::scheduler<small, board<false>> jobs;
    std::uint64_t parent_us = 0;
    std::uint64_t ran_us = 0;
    const auto parent = jobs.schedule(3h, [&] { parent_us = machine.now_us; });
    REQUIRE(jobs.then(parent, [&] { ran_us = machine.now_us; }, {.delay = 5h}));
    run_until(jobs, machine.now_us + 9 * hour);
    REQUIRE(ran_us >= parent_us + 5 * hour);
    REQUIRE(ran_us <= parent_us + 5 * hour + 1);
}

TEST_CASE("cancelled in any of its laps, a job does not run and its slot is free") {
    for (std::uint64_t hours = 0; hours < 6; ++hours) {
        restart(0);
        pawl::scheduler<pawl::limits{.jobs = 1, .edges = 0, .batches = 0, .workers = 0},
                        board<true>>
            jobs;
        bool ran = false;
        const auto id = jobs.schedule(6h, [&] { ran = true; });
        run_until(jobs, hours * hour + 1);
        REQUIRE(jobs.cancel(id));
        jobs.poll();
        // The laps of the one before are not those of the next.
        std::uint64_t ran_us = 0;
        const std::uint64_t now = machine.now_us;
        REQUIRE(jobs.schedule(5s, [&] { ran_us = machine.now_us; }));
        run_until(jobs, now + 20 * hour);
        REQUIRE(!ran);
        REQUIRE(ran_us == now + 5 * second + now_error);
    }
}

TEST_CASE(
    "rescheduled in any of its laps, sooner or later, a job runs once, when it was told last") {
    for (const std::uint64_t at : {1 * second, hour, 5 * hour}) {
        for (const std::uint64_t delay :
             {std::uint64_t{1}, second, 200 * second, 300 * second, hour, 50 * hour}) {
            CAPTURE(at, delay);
            restart(0xFFFF'FF00);
            const std::uint64_t start = machine.now_us;
            pawl::scheduler<small, board<false>> jobs;
            std::vector<std::uint64_t> runs;
            const auto id = jobs.schedule(6h, [&] { runs.push_back(machine.now_us); });
            machine.interrupt = [] {};
            machine.interrupt_us = start + at;
            while (machine.now_us < start + at) {
                jobs.poll();
                jobs.wait();
            }
            machine.interrupt = nullptr;
            const std::uint64_t due = machine.now_us + delay + now_error;
            REQUIRE(jobs.reschedule(id, us{static_cast<std::int64_t>(delay)}));
            run_until(jobs, due + 10 * hour);
            REQUIRE(runs.size() == 1);
            REQUIRE(runs[0] >= due);
            REQUIRE(runs[0] <= due + (delay < (1 << 28) ? 0 : (delay >> 23) + 1));
        }
    }
}

TEST_CASE("a calendar entry keeps to the minute for ten days") {
    restart((std::uint64_t{1} << 32) - 90 * second);
    pawl::scheduler<small, board<false>> jobs;
    std::uint64_t count = 0;
    std::uint64_t wrong = 0;
    std::uint64_t last_minute = machine.now_us / (60 * second);
    jobs.recurring("minute", "0 * * * * *"_cron, [&] {
        // The wall clock counts seconds, and the first look in a new one is up to one late.
        const std::uint64_t minute = machine.now_us / (60 * second);
        wrong += minute != last_minute + 1 || machine.now_us % (60 * second) > second ? 1U : 0U;
        last_minute = minute;
        ++count;
    });
    run_until(jobs, machine.now_us + 10 * day);
    REQUIRE(wrong == 0);
    REQUIRE(count >= 10 * 24 * 60 - 1);
    REQUIRE(count <= 10 * 24 * 60 + 1);
}

TEST_CASE("long periods that passed unseen are one occurrence, and the next keeps its time") {
    restart(0);
    pawl::scheduler<small, board<false>> jobs;
    std::vector<std::uint64_t> runs;
    REQUIRE(jobs.every(10min, [&] { runs.push_back(machine.now_us); }));
    run_until(jobs, 600 * second + now_error);
    REQUIRE(runs.size() == 1);
    machine.now_us += 700 * second;  // beyond the next one
    run_until(jobs, 2'400 * second + now_error);
    REQUIRE(runs == std::vector<std::uint64_t>{600 * second + 1, 1'300 * second + 1,
                                               1'800 * second + 1, 2'400 * second + 1});
    REQUIRE(jobs.counts().coalesced == 0);
}

TEST_CASE("a period of more than a lap, several of which passed unseen, fires once for them") {
    for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 700 * second}) {
        restart(start);
        pawl::scheduler<small, board<false>> jobs;
        std::vector<std::uint64_t> runs;
        REQUIRE(jobs.every(5min, [&] { runs.push_back((machine.now_us - start) / second); }));
        run_until(jobs, start + 300 * second + now_error);
        machine.now_us += 1'000 * second;  // 600, 900 and 1200 have passed
        run_until(jobs, start + 1'801 * second);
        REQUIRE(runs == std::vector<std::uint64_t>{300, 1'300, 1'500, 1'800});
        REQUIRE(jobs.counts().coalesced == 2);
    }
}

TEST_CASE("a journal's time of a far deadline is the far one") {
    // See recover_jobs: the same arithmetic, both ways.
    using far = pawl::far_clock<board<false>, true>;
    restart(0xFFFF'FFFF);
    const auto now = board<false>::now();
    for (const std::int64_t delay : {1LL, 1LL << 28, (1LL << 28) + 1, 1LL << 40, (1LL << 44) - 1}) {
        const auto due = far::from(now, far::duration{delay}, far::duration{1});
        REQUIRE(far::between(now, due).count() == delay);
        REQUIRE(!far::reached(due, now));
    }
    REQUIRE(far::between(now, far::from(now, far::duration{-5}, far::duration{10})).count() == -5);
    REQUIRE(far::between(
                now, far::from(now, far::duration{-86'400'000'003LL}, far::duration{10'000'000}))
                .count() == -3);
}
