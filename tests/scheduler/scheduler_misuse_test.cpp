// labels: concurrent
//
// Everything that goes wrong, and the answer to it.
//
// Goal: a full pool, a stale handle, a callable that throws, a scheduler that stops: each has a
// defined answer, nothing is lost, nothing hangs. Method: each situation is made on purpose, with
// workers and without. (What must not compile at all is in tests/compile_fail/scheduler.)
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "await.hpp"

using namespace std::chrono_literals;
using tests::await;
using namespace pawl::literals;

namespace {

constexpr pawl::limits four{.jobs = 4, .edges = 2, .batches = 1, .recurring = 1, .workers = 0};
using virtual_jobs = pawl::scheduler<four, pawl::manual_platform>;
using threaded_jobs = pawl::scheduler<pawl::limits{.jobs = 64, .workers = 2}>;

const auto nothing = [] {};

}  // namespace

TEST_CASE("full pool: refused with a reason, counted, the callable stays the caller's") {
    virtual_jobs jobs;
    for (int i = 0; i < 4; ++i) {
        REQUIRE(jobs.enqueue(nothing));
    }
    auto owned = std::make_unique<int>(1);
    auto callable = [owned = std::move(owned)] {};
    const pawl::job_id refused = jobs.enqueue(std::move(callable));
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error() == pawl::submit_error::full);
    REQUIRE(to_string(refused.error()) == "every job slot is taken (limits.jobs)");
    REQUIRE(jobs.counts().refused == 1);
    jobs.poll();
    REQUIRE(jobs.enqueue(std::move(callable)));  // it has not been moved from
    REQUIRE(jobs.poll().ran == 1);
}

TEST_CASE("a refused handle: every operation on it says no, and then() carries the reason on") {
    virtual_jobs jobs;
    for (int i = 0; i < 4; ++i) {
        jobs.schedule(1ms, nothing);
    }
    const pawl::job_id refused = jobs.enqueue(nothing);
    REQUIRE(jobs.state(refused) == pawl::job_state::gone);
    REQUIRE_FALSE(jobs.cancel(refused));
    const pawl::job_id chained = jobs.then(jobs.then(refused, nothing), nothing);
    REQUIRE(chained.error() == pawl::submit_error::full);
    REQUIRE(jobs.then(pawl::job_id{}, nothing).error() == pawl::submit_error::gone);
}

TEST_CASE("stale handle: gone, and never its successor") {
    virtual_jobs jobs;
    const pawl::job_id old = jobs.enqueue(nothing);
    jobs.poll();
    REQUIRE(jobs.state(old) == pawl::job_state::succeeded);  // askable until its slot is reused
    pawl::job_id successor;
    for (int i = 0; i < 4; ++i) {  // the slots are reused first in, first out
        REQUIRE(jobs.state(old) == pawl::job_state::succeeded);
        successor = jobs.schedule(1h, nothing);
    }
    REQUIRE(successor.index() == old.index());
    REQUIRE(jobs.state(old) == pawl::job_state::gone);
    REQUIRE_FALSE(jobs.cancel(old));
    REQUIRE(jobs.state(successor) == pawl::job_state::scheduled);
    jobs.cancel(successor);
    jobs.poll();
    REQUIRE(jobs.then(old, nothing).error() == pawl::submit_error::gone);
    REQUIRE(jobs.state(pawl::job_id{99, 1}) == pawl::job_state::gone);  // no such slot
}

TEST_CASE("then() with a vanished parent among others takes nothing with it") {
    virtual_jobs jobs;
    const pawl::job_id vanished = jobs.enqueue(nothing);
    jobs.poll();
    for (int i = 0; i < 4; ++i) {
        jobs.enqueue(nothing);
        jobs.poll();
    }
    const auto owned = std::make_shared<int>(0);
    const pawl::job_id parent = jobs.schedule(1ms, nothing);
    REQUIRE(jobs.then({parent, vanished}, [owned] {}).error() == pawl::submit_error::gone);
    REQUIRE(owned.use_count() == 1);  // the callable is destroyed
    jobs.advance(1ms);
    REQUIRE(jobs.state(parent) == pawl::job_state::succeeded);
    // No slot and no edge was lost: the pool is as large as before.
    const pawl::job_id again = jobs.schedule(1ms, nothing);
    REQUIRE(jobs.then(again, nothing));
    REQUIRE(jobs.then(again, nothing));
    REQUIRE(jobs.then(again, nothing).error() == pawl::submit_error::out_of_edges);
    REQUIRE(jobs.enqueue(nothing));
    REQUIRE(jobs.enqueue(nothing).error() == pawl::submit_error::full);
    jobs.advance(1ms);
    REQUIRE(jobs.counts().enqueued + jobs.counts().awaiting == 0);
}

TEST_CASE("batches beyond limits.batches are refused, and say so to every member") {
    virtual_jobs jobs;
    auto first = jobs.batch();
    auto second = jobs.batch();
    REQUIRE(first);
    REQUIRE_FALSE(second);
    REQUIRE(second.error() == pawl::submit_error::out_of_batches);
    REQUIRE(second.enqueue(nothing).error() == pawl::submit_error::out_of_batches);
    REQUIRE(second.seal().error() == pawl::submit_error::out_of_batches);
    REQUIRE(jobs.then(second.seal(), nothing).error() == pawl::submit_error::out_of_batches);
    first.seal();
    REQUIRE(jobs.batch());  // a batch that ended gives its place back
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("a callable that throws has failed its attempt, nobody else notices") {
    virtual_jobs jobs;
    int runs = 0;
    const pawl::job_id thrower = jobs.enqueue(
        [&] {
            ++runs;
            throw std::runtime_error{"no"};
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(2)});
    bool neighbour = false;
    jobs.enqueue([&] { neighbour = true; });
    jobs.advance(1s);
    REQUIRE(runs == 3);
    REQUIRE(neighbour);
    REQUIRE(jobs.state(thrower) == pawl::job_state::failed);
}
#endif

TEST_CASE("poll() from inside a job, and stop() from inside a job, without workers") {
    virtual_jobs jobs;
    bool polled = false;
    jobs.enqueue([&] {
        const pawl::poll_result nested = jobs.poll();
        polled = nested.busy && nested.ran == 0;
    });
    jobs.poll();
    REQUIRE(polled);

    int runs = 0;
    pawl::stop_report inside;
    jobs.enqueue([&] {
        ++runs;
        inside = jobs.stop(pawl::finish);
        REQUIRE(jobs.enqueue(nothing).error() == pawl::submit_error::stopped);
    });
    const pawl::job_id next = jobs.enqueue([&] { ++runs; });
    jobs.poll();
    REQUIRE(inside.status == pawl::stop_status::requested);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(next) == pawl::job_state::deleted);
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(jobs.poll().ran == 0);
    jobs.wait();  // does not hang: there is nothing to wait for any more
}

TEST_CASE("stop without workers: what each mode does with everything that waits") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        CAPTURE(static_cast<int>(mode));
        pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0}, pawl::manual_platform> jobs;
        const auto owned = std::make_shared<int>(0);
        int runs = 0;
        const pawl::job_id ready = jobs.enqueue([&, owned] { ++runs; });
        jobs.then(ready, [&, owned] { ++runs; });
        jobs.enqueue([owned] { return pawl::outcome::retry(); });
        jobs.schedule(1h, [owned] {});
        jobs.every(1h, [owned] {});
        jobs.recurring("r", "0 * * * *"_cron, [owned] {});
        auto batch = jobs.batch();
        batch.schedule(1h, [owned] {});
        jobs.poll(pawl::poll_budget{.jobs = 0});

        const pawl::stop_report report = jobs.stop(mode);
        REQUIRE(report.status == pawl::stop_status::stopped);
        REQUIRE(runs == (mode == pawl::drain ? 2 : 0));
        REQUIRE(report.finished == (mode == pawl::drain ? 2U : 0U));
        REQUIRE(report.cancelled == (mode == pawl::drain ? 3U : 5U));
        REQUIRE(report.running == 0);
        REQUIRE(owned.use_count() == 1);  // every callable is destroyed
        const pawl::job_counts counts = jobs.counts();
        REQUIRE(counts.succeeded + counts.failed + counts.deleted == 5);
        REQUIRE(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0);

        const pawl::stop_report again = jobs.stop(mode);
        REQUIRE(again.status == pawl::stop_status::stopped);
        REQUIRE(again.finished + again.cancelled == 0);
        REQUIRE(jobs.enqueue(nothing).error() == pawl::submit_error::stopped);
        REQUIRE(jobs.every(1s, nothing).error() == pawl::submit_error::stopped);
        REQUIRE(jobs.batch().error() == pawl::submit_error::stopped);
        REQUIRE(jobs.start().error() == pawl::start_error::stopped);
    }
}

TEST_CASE("workers: submitting from inside a job, and draining what that makes ready") {
    std::atomic<int> runs{0};
    threaded_jobs jobs;
    REQUIRE(jobs.worker_count() == 2);
    jobs.enqueue([&] {
        ++runs;
        const pawl::job_id child = jobs.enqueue([&] { ++runs; });
        jobs.then(child, [&] { ++runs; });
        jobs.every(1ms, [&] { ++runs; });
    });
    REQUIRE(await(60s, [&] { return runs.load() >= 5; }));
    const pawl::job_id parent = jobs.enqueue([&] { runs = 100; });
    jobs.then(parent, [&] { runs = 200; });
    const pawl::stop_report report = jobs.stop(pawl::drain);
    REQUIRE(report.status == pawl::stop_status::stopped);
    REQUIRE(runs.load() >= 200);
}

TEST_CASE("workers: stop twice, stop from inside a job, and the destructor after it") {
    {
        threaded_jobs jobs;
        REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
        REQUIRE(jobs.stop(pawl::abandon).status == pawl::stop_status::stopped);
    }
    {
        std::atomic<bool> requested{false};
        threaded_jobs jobs;
        jobs.enqueue(
            [&] { requested = jobs.stop(pawl::drain).status == pawl::stop_status::requested; });
        REQUIRE(await(60s, [&] { return requested.load(); }));
        REQUIRE(jobs.enqueue(nothing).error() == pawl::submit_error::stopped);
    }
}

TEST_CASE("workers: a job that does not end lets stop() time out, and is asked to stop") {
    std::atomic<bool> started{false};
    std::atomic<bool> ended{false};
    threaded_jobs jobs;
    jobs.enqueue([&](pawl::job_context& job) {
        started = true;
        while (!job.stop_requested()) {
            std::this_thread::sleep_for(1ms);
        }
        ended = true;
    });
    const pawl::job_id waiting = jobs.schedule(1h, nothing);
    REQUIRE(await(60s, [&] { return started.load(); }));
    const pawl::stop_report report = jobs.stop(pawl::finish, 0ms);
    REQUIRE(report.status == pawl::stop_status::timed_out);
    REQUIRE(report.cancelled == 1);
    REQUIRE(jobs.state(waiting) == pawl::job_state::deleted);
    REQUIRE(jobs.stop(pawl::finish).status == pawl::stop_status::stopped);
    REQUIRE(ended);
    REQUIRE(jobs.counts().succeeded == 1);
}

TEST_CASE("workers: abandon asks at once") {
    std::atomic<bool> started{false};
    threaded_jobs jobs;
    jobs.enqueue([&](pawl::job_context& job) {
        started = true;
        while (!job.stop_requested()) {
            std::this_thread::sleep_for(1ms);
        }
    });
    REQUIRE(await(60s, [&] { return started.load(); }));
    REQUIRE(jobs.stop(pawl::abandon).status == pawl::stop_status::stopped);
}

TEST_CASE("workers: deferred start accepts first and runs later, a second start is refused") {
    std::atomic<int> runs{0};
    threaded_jobs jobs{pawl::deferred_start};
    jobs.enqueue([&] { ++runs; });
    REQUIRE(jobs.worker_count() == 0);
    std::this_thread::sleep_for(5ms);
    REQUIRE(runs == 0);
    const pawl::start_result started = jobs.start();
    REQUIRE(started);
    REQUIRE(started.workers == 2);
    REQUIRE(jobs.start().error() == pawl::start_error::already_started);
    REQUIRE(await(60s, [&] { return runs == 1; }));
}

TEST_CASE("workers: never started, what was accepted is destroyed") {
    const auto owned = std::make_shared<int>(0);
    {
        threaded_jobs jobs{pawl::deferred_start};
        jobs.enqueue([owned] {});
        jobs.schedule(1s, [owned] {});
    }
    REQUIRE(owned.use_count() == 1);
}

TEST_CASE("workers: submitting while another thread stops: ran, deleted or refused, never lost") {
    for (int round = 0; round < 200; ++round) {
        const auto owned = std::make_shared<int>(0);
        std::atomic<std::uint32_t> runs{0};
        auto jobs = std::make_unique<threaded_jobs>();
        std::vector<pawl::job_id> accepted;
        std::thread submitter{[&] {
            for (int i = 0; i < 60; ++i) {
                const pawl::job_id id = i % 3 == 0 ? jobs->schedule(1us, [&runs, owned] { ++runs; })
                                                   : jobs->enqueue([&runs, owned] { ++runs; });
                if (id) {
                    accepted.push_back(id);
                }
            }
        }};
        jobs->stop(round % 2 == 0 ? pawl::drain : pawl::finish);
        submitter.join();
        // An accepted job has run, or was deleted by the stop; and no callable is left.
        std::uint32_t succeeded = 0;
        for (const pawl::job_id id : accepted) {
            const pawl::job_state state = jobs->state(id);
            succeeded += state == pawl::job_state::succeeded ? 1U : 0U;
            REQUIRE((state == pawl::job_state::succeeded || state == pawl::job_state::deleted));
        }
        REQUIRE(succeeded == runs.load());
        REQUIRE(owned.use_count() == 1);
    }
}

TEST_CASE("poll-driven: another thread's submission ends a wait()") {
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0}> jobs;
    for (int round = 0; round < 500; ++round) {
        std::atomic<bool> ran{false};
        std::thread submitter{[&] { jobs.enqueue([&] { ran = true; }); }};
        while (!ran) {
            jobs.wait();  // without a deadline: a submission that is slept through hangs the test
            jobs.poll();
        }
        submitter.join();
    }
    REQUIRE(jobs.counts().succeeded == 500);
    jobs.stop(pawl::finish);
}
