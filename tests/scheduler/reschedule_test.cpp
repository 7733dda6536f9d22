// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// reschedule and run_now: another time for a job that waits for one.
//
// Goal: the job runs once, at the last time that was accepted, whatever its old time was; and who
// is told "true" has changed it. Method: virtual time, with old and new times on all sides of each
// other; then threads that move, run, cancel and ask for the same jobs while workers take them. The
// numbers in the names are the rows of the reference table of features.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

#include "scheduler/shared_id.hpp"

using namespace std::chrono_literals;
using job_checks::shared_id;
using pawl::job_state;
using pawl::outcome;

namespace {

constexpr pawl::limits small{.jobs = 64, .workers = 0, .reschedule = true};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;
using ms = std::chrono::milliseconds;

template <class Jobs>
ms now(Jobs& jobs) {
    return std::chrono::floor<ms>(jobs.platform().now().time_since_epoch());
}

}  // namespace

TEST_CASE("23: a waiting job gets another time, earlier or later, counted from now") {
    for (const ms was : {1ms, 7ms, 100ms, 10'000ms}) {
        for (const ms moved_at : {0ms, 3ms, 6ms}) {
            for (const ms delay : {1ms, 2ms, 4ms, 93ms, 50'000ms}) {
                if (moved_at >= was) {
                    continue;
                }
                CAPTURE(was.count(), moved_at.count(), delay.count());
                scheduler jobs;
                std::vector<ms> ran;
                const auto id = jobs.schedule(was, [&] { ran.push_back(now(jobs)); });
                jobs.advance(moved_at);
                REQUIRE(jobs.reschedule(id, delay));
                REQUIRE(jobs.state(id) == job_state::scheduled);
                jobs.advance(delay - 1ms);
                REQUIRE(ran.empty());
                jobs.advance(100'000ms);
                REQUIRE(ran == std::vector<ms>{moved_at + delay});
                REQUIRE(jobs.counts().succeeded == 1);
            }
        }
    }
}

TEST_CASE("23: it can be moved again and again, and the last time counts") {
    scheduler jobs;
    std::vector<ms> ran;
    const auto id = jobs.schedule(5ms, [&] { ran.push_back(now(jobs)); });
    for (int i = 0; i < 100; ++i) {
        REQUIRE(jobs.reschedule(id, 5ms));  // pushed back, always before it comes
        if (i % 3 != 0) {
            REQUIRE(jobs.reschedule(id, i % 2 == 0 ? 1h : 1ms));
            REQUIRE(jobs.reschedule(id, 5ms));
        }
        jobs.advance(4ms);
        REQUIRE(ran.empty());
    }
    jobs.advance(1h);
    REQUIRE(ran == std::vector<ms>{401ms});
}

TEST_CASE("23: moved before anybody has looked at its first time") {
    scheduler jobs;
    std::vector<ms> ran;
    const auto id = jobs.schedule(1ms, [&] { ran.push_back(now(jobs)); });
    REQUIRE(jobs.reschedule(id, 9ms));
    jobs.platform().elapse(5ms);  // the first time has passed, and no poll has seen it
    jobs.poll();
    REQUIRE(ran.empty());
    REQUIRE(jobs.reschedule(id, 1ms));
    jobs.platform().elapse(1ms);
    jobs.poll();
    REQUIRE(ran == std::vector<ms>{6ms});
}

TEST_CASE("23: a time that has come, seen by nobody yet, can still be moved") {
    scheduler jobs;
    int ran = 0;
    const auto id = jobs.schedule(1ms, [&] { ++ran; });
    jobs.poll();
    jobs.platform().elapse(10ms);
    REQUIRE(jobs.state(id) == job_state::scheduled);
    REQUIRE(jobs.reschedule(id, 1ms));
    jobs.poll();
    REQUIRE(ran == 0);
    jobs.advance(1ms);
    REQUIRE(ran == 1);
}

TEST_CASE("run_now: due at once, behind what is ready, and next_wake says so") {
    scheduler jobs;
    std::string order;
    const auto id = jobs.schedule(1h, [&] { order += 'l'; });
    jobs.poll();
    REQUIRE(*jobs.next_wake() > jobs.platform().now());
    jobs.enqueue([&] { order += 'e'; });
    jobs.poll();
    REQUIRE(jobs.run_now(id));
    REQUIRE(*jobs.next_wake() <= jobs.platform().now());
    jobs.poll();
    REQUIRE(order == "el");
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(now(jobs) == 0ms);
    REQUIRE_FALSE(jobs.run_now(id));
    jobs.advance(2h);
    REQUIRE(order == "el");
}

TEST_CASE("run_now: a stop that drains runs it, and no other stop does (row 104)") {
    for (const auto how : {pawl::drain, pawl::finish, pawl::abandon}) {
        for (const bool armed : {false, true}) {
            CAPTURE(static_cast<int>(how), armed);
            scheduler jobs;
            int ran = 0;
            const auto id = jobs.schedule(1h, [&] { ++ran; });
            const auto later = jobs.schedule(2h, [&] { ran += 10; });
            if (armed) {
                jobs.poll();
            }
            REQUIRE(jobs.run_now(id));
            const pawl::stop_report report = jobs.stop(how);
            REQUIRE(ran == (how == pawl::drain ? 1 : 0));
            REQUIRE(report.finished == (how == pawl::drain ? 1U : 0U));
            REQUIRE(report.cancelled == (how == pawl::drain ? 1U : 2U));
            REQUIRE(jobs.state(later) == job_state::deleted);
        }
    }
}

TEST_CASE("23: a negative delay is at once, one beyond the clock is refused and moves nothing") {
    scheduler jobs;
    int ran = 0;
    const auto id = jobs.schedule(1s, [&] { ++ran; });
    REQUIRE_FALSE(jobs.reschedule(id, std::chrono::hours{24} * 365 * 1000));
    REQUIRE_FALSE(jobs.reschedule(id, std::chrono::nanoseconds::max()));
    jobs.advance(999ms);
    REQUIRE(ran == 0);
    jobs.advance(1ms);
    REQUIRE(ran == 1);
    const auto other = jobs.schedule(1s, [&] { ++ran; });
    REQUIRE(jobs.reschedule(other, -5s));
    jobs.poll();
    REQUIRE(ran == 2);
}

TEST_CASE("23: a far time is never early, and late by a 2^24th of the distance at most") {
    for (const std::chrono::hours delay : {1h, 24h, 24h * 30, 24h * 365, 24h * 365 * 20}) {
        CAPTURE(delay.count());
        for (const bool from_far : {false, true}) {
            scheduler jobs;
            jobs.platform().elapse(12'345'678'901ns);
            std::vector<ms> ran;
            const ms begun = now(jobs);
            const auto id =
                jobs.schedule(from_far ? 24h * 365 * 70 : 24h, [&] { ran.push_back(now(jobs)); });
            REQUIRE(jobs.reschedule(id, delay));
            jobs.advance(delay + 24h * 365);
            REQUIRE(ran.size() == 1);
            const ms late = ran[0] - begun - delay;
            CAPTURE(late.count());
            REQUIRE(late >= 0ms);
            REQUIRE(late <= ms{delay} / (1 << 24) + 2ms);
        }
    }
}

TEST_CASE("23: within five minutes it is exact to the tick") {
    for (const ms delay : {1ms, 4'095ms, 65'536ms, 299'999ms}) {
        scheduler jobs;
        std::vector<ms> ran;
        const auto id = jobs.schedule(1h, [&] { ran.push_back(now(jobs)); });
        jobs.advance(17ms);
        REQUIRE(jobs.reschedule(id, delay));
        jobs.advance(2h);
        REQUIRE(ran == std::vector<ms>{17ms + delay});
    }
}

TEST_CASE("23: what waits for a retry, a snooze, or after its parents has a time to move, too") {
    scheduler jobs;
    std::vector<ms> ran;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            ran.push_back(now(jobs));
            return job.attempt() == 1 ? outcome::retry_in(1h)
                   : ran.size() == 2  ? outcome::snooze(1h)
                                      : outcome::success();
        },
        {.retry = pawl::fixed_backoff(1s)});
    jobs.poll();
    REQUIRE(jobs.reschedule(id, 10ms));
    jobs.advance(10ms);
    REQUIRE(jobs.run_now(id));
    jobs.poll();
    REQUIRE(ran == std::vector<ms>{0ms, 10ms, 10ms});
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("23: cancel ends what was moved, and what is cancelled is not moved") {
    scheduler jobs;
    int ran = 0;
    for (const bool looked : {false, true}) {
        const auto id = jobs.schedule(1s, [&] { ++ran; });
        if (looked) {
            jobs.poll();
        }
        REQUIRE(jobs.reschedule(id, 5s));
        REQUIRE(jobs.cancel(id));
        REQUIRE_FALSE(jobs.reschedule(id, 1ms));
        REQUIRE_FALSE(jobs.run_now(id));
    }
    jobs.advance(1h);
    REQUIRE(ran == 0);
    // All slots are there again.
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        REQUIRE(jobs.enqueue([&] { ++ran; }));
    }
    jobs.poll();
    REQUIRE(ran == static_cast<int>(small.jobs));
}

TEST_CASE("23: a handle from before says nothing about the job that has its slot now") {
    scheduler jobs;
    const auto old = jobs.schedule(1ms, [] {});
    jobs.advance(1ms);
    std::vector<pawl::job_id> later;
    std::vector<ms> ran;
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        later.push_back(jobs.schedule(1s, [&] { ran.push_back(now(jobs)); }));
    }
    REQUIRE_FALSE(jobs.run_now(old));
    REQUIRE_FALSE(jobs.reschedule(old, 5s));
    jobs.advance(1h);
    REQUIRE(ran == std::vector<ms>(small.jobs, 1001ms));
}

TEST_CASE("23: a poll with a budget of moves keeps the times that were moved") {
    scheduler jobs;
    std::vector<ms> ran;
    std::vector<pawl::job_id> ids;
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        ids.push_back(jobs.schedule(5ms, [&] { ran.push_back(now(jobs)); }));
    }
    jobs.poll({.moves = 10});
    for (const auto id : ids) {
        REQUIRE(jobs.reschedule(id, 50ms));
        jobs.poll({.moves = 1});
    }
    jobs.platform().elapse(49ms);
    for (std::uint32_t i = 0; i < 10 * small.jobs; ++i) {
        jobs.poll({.moves = 1});
    }
    REQUIRE(ran.empty());
    jobs.platform().elapse(1ms);
    for (std::uint32_t i = 0; i < 10 * small.jobs; ++i) {
        jobs.poll({.moves = 1});
    }
    REQUIRE(ran == std::vector<ms>(small.jobs, 50ms));
}

// ---- With workers -------------------------------------------------------------------------------

TEST_CASE("23, 19: moved, run, and cancelled by threads while workers take it: one end each") {
    constexpr std::uint32_t job_count = 4'000;
    constexpr pawl::limits pool{.jobs = 128, .workers = 2};
    struct record {
        std::atomic<std::uint32_t> runs{0};
        std::atomic<std::uint32_t> cancels{0};
    };
    const auto records = std::make_unique<record[]>(job_count);
    const auto ids = std::make_unique<shared_id[]>(job_count);
    std::atomic<std::uint32_t> submitted{0};
    std::atomic<std::uint32_t> moved{0};
    const auto owner = std::make_unique<pawl::scheduler<pool>>();
    auto& jobs = *owner;

    // Two who move, run and cancel the newest jobs.
    const auto disturb = [&](std::uint32_t seed) {
        std::uint32_t random = seed;
        std::uint32_t end = 0;
        while (end != job_count) {
            end = submitted.load(std::memory_order_acquire);
            for (std::uint32_t each = end > 64 ? end - 64 : 0; each < end; ++each) {
                random = random * 1'664'525 + 1'013'904'223;
                const pawl::job_id id = ids[each].load();
                switch (random >> 28) {
                    case 0: records[each].cancels += jobs.cancel(id) ? 1U : 0U; break;
                    case 1:
                    case 2:
                    case 3: moved += jobs.run_now(id) ? 1U : 0U; break;
                    case 4:
                    case 5:
                    case 6:
                        moved += jobs.reschedule(id, 20us * (random >> 20 & 15)) ? 1U : 0U;
                        break;
                    default: break;
                }
            }
            std::this_thread::yield();
        }
    };
    std::thread one{disturb, 1U};
    std::thread other{disturb, 2U};
    for (std::uint32_t i = 0; i < job_count; ++i) {
        // Every fourth would come only after all of this: somebody has to call it.
        const std::chrono::microseconds delay = i % 4 == 0 ? 300s : 50us * (i % 5);
        const auto work = [&records, i] { ++records[i].runs; };
        const auto submit = [&] { return jobs.schedule(delay, work); };
        pawl::job_id id = submit();
        while (!id) {
            // Full of those that nobody has called: call them.
            for (std::uint32_t each = 0; each < i; each += 4) {
                jobs.run_now(ids[each].load());
            }
            std::this_thread::yield();
            id = submit();
        }
        ids[i].store(id);
        submitted.store(i + 1, std::memory_order_release);
    }
    one.join();
    other.join();
    // Whatever waits still is called now, and ends.
    const auto all_ended = [&] {
        for (std::uint32_t i = 0; i < job_count; ++i) {
            jobs.run_now(ids[i].load());
        }
        const auto counts = jobs.counts();
        return counts.succeeded + counts.deleted == job_count;
    };
    while (!all_ended()) {
        std::this_thread::yield();
    }
    jobs.stop(pawl::drain);
    std::uint64_t runs = 0;
    std::uint64_t cancels = 0;
    for (std::uint32_t i = 0; i < job_count; ++i) {
        // Who cancels a job that runs has won, too: then it has both.
        REQUIRE(records[i].runs <= 1);
        REQUIRE(records[i].cancels <= 1);
        REQUIRE(records[i].runs + records[i].cancels >= 1);
        runs += records[i].runs;
        cancels += records[i].cancels;
    }
    const auto counts = jobs.counts();
    REQUIRE(counts.deleted == cancels);
    REQUIRE(counts.succeeded == job_count - cancels);
    REQUIRE(counts.succeeded <= runs);
    REQUIRE(moved > 0);
}

TEST_CASE("23: a nearer time wakes a worker that sleeps until a far one") {
    std::atomic<int> ran{0};
    const auto owner = std::make_unique<pawl::scheduler<pawl::limits{.jobs = 16, .workers = 1}>>();
    for (int i = 0; i < 200; ++i) {
        const auto id = owner->schedule(1h, [&] { ++ran; });
        if (i % 4 == 0) {
            std::this_thread::sleep_for(1ms);  // it sleeps now; if not, the test is only weaker
        }
        REQUIRE((i % 2 == 0 ? owner->run_now(id) : owner->reschedule(id, 100us)));
        while (ran != i + 1) {
            std::this_thread::yield();  // for ever if nobody wakes
        }
    }
}
