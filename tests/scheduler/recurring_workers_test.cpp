// SPDX-License-Identifier: BSL-1.0
// labels: concurrent
//
// Recurring jobs on workers, edited and triggered from other threads.
//
// Goal: a callable that must not run twice at once never does, whatever is triggered, cancelled or
// updated meanwhile; with replace, the running one sees its stop token and the next one runs after
// it; every job ends, every slot and callable comes back. Method: threads that command at random,
// in programs of a fixed number of commands.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pawl/platform/std_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "catch.hpp"

using namespace std::chrono_literals;

namespace {

constexpr pawl::limits crew{.jobs = 64, .recurring = 4, .workers = 3};
using scheduler = pawl::scheduler<crew>;

// Counts who is in a callable, and callables.
struct watch {
    std::atomic<int> inside{0};
    std::atomic<int> at_most{0};
    std::atomic<int> runs{0};

    void enter() {
        const int now = inside.fetch_add(1) + 1;
        int most = at_most.load();
        while (now > most && !at_most.compare_exchange_weak(most, now)) {
        }
        runs.fetch_add(1);
    }
    void leave() { inside.fetch_sub(1); }
};

void spend() {
    static std::atomic<std::uint32_t> sink{0};
    for (int i = 0; i < 300; ++i) {
        sink.fetch_add(1, std::memory_order_relaxed);
    }
}

void command_at_random(pawl::overlap overlap) {
    watch seen;
    scheduler jobs;
    const auto alive = std::make_shared<int>(0);
    // Not const: pawl may not run it twice at once, and ThreadSanitizer looks.
    const auto work = [&seen, alive, count = 0](pawl::job_context& job) mutable {
        seen.enter();
        ++count;
        spend();
        const bool again = count % 7 == 0 && job.attempt() < 3;
        seen.leave();
        return again ? pawl::outcome::retry_in(50us) : pawl::outcome::success();
    };
    pawl::recurring_id id;
    id = jobs.every(100us, work,
                    {.name = "e",
                     .overlap = overlap,
                     .misfire = pawl::misfire::catch_up(3),
                     .when_full = pawl::when_full::defer});
    REQUIRE(id);
    std::vector<std::thread> threads;
    for (std::uint32_t thread = 0; thread < 2; ++thread) {
        threads.emplace_back([&, random = thread * 977 + 1]() mutable {
            for (int i = 0; i < 400; ++i) {
                random = random * 1'664'525 + 1'013'904'223;
                switch (random >> 24 & 7) {
                    case 0: jobs.pause(id); break;
                    case 1:
                    case 2: jobs.resume(id); break;
                    case 3:
                        if (const auto info = jobs.find_recurring(id)) {
                            jobs.cancel(info->last);
                        }
                        break;
                    default: jobs.trigger(id); break;
                }
                spend();
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    // Where cores are few none may have run so far: each was replaced while it waited.
    jobs.resume(id);
    while (seen.runs == 0) {
        jobs.trigger(id);
        std::this_thread::sleep_for(1ms);
    }
    REQUIRE(jobs.remove(id));
    jobs.stop(pawl::drain);
    REQUIRE(seen.at_most == 1);
    REQUIRE(seen.runs > 0);
    REQUIRE(alive.use_count() == 2);  // ours, and the one in `work`
    const pawl::job_counts counts = jobs.counts();
    REQUIRE(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0);
}

}  // namespace

TEST_CASE("workers: a callable never runs twice at once, with skip") {
    command_at_random(pawl::overlap::skip);
}
TEST_CASE("workers: a callable never runs twice at once, with queue_one") {
    command_at_random(pawl::overlap::queue_one);
}
TEST_CASE("workers: a callable never runs twice at once, with replace") {
    command_at_random(pawl::overlap::replace);
}

TEST_CASE("workers: replace tells the running one to stop, and the next one runs after it") {
    std::atomic<int> begun{0};
    std::atomic<int> stopped{0};
    scheduler jobs;
    const auto id = jobs.every(1h,
                               [&](pawl::job_context& job) {
                                   if (begun.fetch_add(1) == 2) {
                                       return;
                                   }
                                   while (!job.stop_requested()) {
                                       std::this_thread::yield();
                                   }
                                   ++stopped;
                               },
                               {.overlap = pawl::overlap::replace});
    for (int run = 1; run <= 3; ++run) {
        REQUIRE(jobs.trigger(id));
        while (begun != run) {
            std::this_thread::yield();
        }
        REQUIRE(stopped == run - 1);
    }
    jobs.stop(pawl::drain);
    REQUIRE(jobs.counts().deleted == 2);
    REQUIRE(jobs.counts().succeeded == 1);
}

TEST_CASE("workers: a fixed delay is never shorter than it says") {
    using clock = std::chrono::steady_clock;
    std::atomic<int> runs{0};
    std::atomic<bool> early{false};
    clock::time_point ended{};  // only ever one run at a time
    scheduler jobs;
    jobs.every(300us,
               [&] {
                   early = early || (runs != 0 && clock::now() < ended + 300us);
                   spend();
                   ++runs;
                   ended = clock::now();
               },
               {.fixed_delay = true});
    while (runs < 50) {
        std::this_thread::yield();
    }
    jobs.stop(pawl::drain);
    REQUIRE_FALSE(early);
}

TEST_CASE("workers: updates of a name that runs") {
    std::atomic<int> runs{0};
    scheduler jobs;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 2; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < 300; ++i) {
                const auto id = jobs.every(
                    50us, [&runs, owned = std::make_unique<int>(i)] { runs += *owned >= 0; },
                    {.name = "e", .run_at_start = i % 3 == 0});
                // The table is full for a moment while callables that were updated still run.
                if (!id && id.error() != pawl::submit_error::recurring_full) {
                    std::terminate();
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    scheduler::recurring_info_type list[8];
    REQUIRE(jobs.list_recurring(list) == 1);
    while (runs == 0) {
        std::this_thread::yield();
    }
    jobs.stop(pawl::drain);
}
