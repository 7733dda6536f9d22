// SPDX-License-Identifier: BSL-1.0
//
// run_now() and reschedule() of durable jobs, and what comes at once behind them.
//
// Goal: a stop behind run_now() leaves the job to the next program, which runs it once; and a job
// that has begun, failed or ended before the log hears of its new time is not waiting again for it.
// Method: as in durable_jobs_test.cpp. That a job is faster than who moved it needs two threads;
// here a clock that polls when it is asked does the same, in one order only.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using pawl::job_state;

namespace {

constexpr pawl::limits moving = [] {
    pawl::limits result = usual_limits;
    result.reschedule = true;
    result.failed = 3;
    return result;
}();

// While it is set, it is called when anybody asks for the time.
std::function<void()> meanwhile;

struct clock_that_polls : pawl::manual_platform {
    [[nodiscard]] time_point now() const noexcept {
        if (auto call = std::exchange(meanwhile, nullptr)) {
            call();
        }
        return pawl::manual_platform::now();
    }
};
using polling = pawl::scheduler<moving, clock_that_polls, usual_journal>;

std::unique_ptr<polling> start_on(memory& log) {
    auto result = std::make_unique<polling>(pawl::medium_ref{log}, pawl::deferred_start);
    REQUIRE(result->start());
    return result;
}

// Polls until the job does not wait for its time any more.
void poll_until_moved(polling& jobs, pawl::job_id id) {
    jobs.poll();
    if (jobs.state(id) == job_state::scheduled) {
        meanwhile = [&jobs, id] { poll_until_moved(jobs, id); };
    }
}

void all_fresh() {
    fresh();
    meanwhile = nullptr;
}

}  // namespace

TEST_CASE(
    "durable: a job that was to run now and did not before the stop runs in the next program") {
    for (const auto how : {pawl::drain, pawl::finish, pawl::abandon}) {
        for (const bool polled : {false, true}) {
            all_fresh();
            memory log{};
            {
                world<moving> first{log};
                const auto id = first->schedule(10h, task{1});
                if (polled) {
                    first->poll();
                }
                REQUIRE(first->run_now(id));
                first->stop(how);
                first.end();
            }
            const std::size_t before = runs.size();
            world<moving> second{log};
            REQUIRE(second.start.recovered.jobs == 1 - before);
            second->advance(1s);
            REQUIRE(runs.size() == 1);
            REQUIRE(runs[0].attempt == 1);
            REQUIRE(runs[0].recoveries == 0);
            second.end();
            world<moving> third{log};
            REQUIRE(third.start.recovered.jobs == 0);
        }
    }
}

TEST_CASE("durable: a job that failed before the log heard that it was to run now has failed") {
    all_fresh();
    memory log{};
    behaviour = [](int, pawl::job_context&) { return pawl::outcome::fail(3); };
    pawl::job_id id;
    {
        const auto jobs = start_on(log);
        id = jobs->schedule(10h, task{1});
        jobs->poll();
        meanwhile = [&] { poll_until_moved(*jobs, id); };
        REQUIRE(jobs->run_now(id));
        meanwhile = nullptr;
        REQUIRE(runs.size() == 1);
        REQUIRE(jobs->info(id)->kept);
    }
    const auto jobs = start_on(log);
    REQUIRE(jobs->last_start().recovered.failed == 1);
    REQUIRE(jobs->last_start().recovered.jobs == 0);
    REQUIRE(jobs->info(id)->error.code == 3);
    jobs->advance(20h);
    REQUIRE(runs.size() == 1);
}

TEST_CASE(
    "durable: a job that ran before the log heard that it was to run now waits for its retry") {
    all_fresh();
    memory log{};
    behaviour = [](int, pawl::job_context&) { return pawl::outcome::retry_in(5h); };
    const auto jobs = start_on(log);
    const auto id = jobs->schedule(10h, task{1});
    jobs->poll();
    meanwhile = [&] { poll_until_moved(*jobs, id); };
    REQUIRE(jobs->run_now(id));
    meanwhile = nullptr;
    REQUIRE(runs.size() == 1);
    jobs->sync();
    memory cut = log;
    const auto next = start_on(cut);
    next->advance(4h);
    REQUIRE(runs.size() == 1);
    next->advance(1h + 1s);
    REQUIRE(runs.size() == 2);
    REQUIRE(runs[1].attempt == 2);
    // A new time of this wait counts.
    REQUIRE(next->run_now(id));
    next->sync();
    memory later = cut;
    const auto third = start_on(later);
    third->platform().elapse(5h + 2s);
    third->poll();
    REQUIRE(runs.size() == 3);
}

TEST_CASE("durable: what was run now, failed and was requeued does not wait for its first time") {
    all_fresh();
    memory log{};
    {
        world<moving> first{log};
        behaviour = [](int, pawl::job_context&) { return pawl::outcome::fail(); };
        const auto id = first->schedule(10h, task{1});
        REQUIRE(first->run_now(id));
        first->advance(1s);
        REQUIRE(first->requeue(id));
        first->sync();
        first.crash();
    }
    runs.clear();
    behaviour = nullptr;
    world<moving> second{log};
    REQUIRE(second.start.recovered.jobs == 1);
    second->advance(1s);
    REQUIRE(runs.size() == 1);
}
