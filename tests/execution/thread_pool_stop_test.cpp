// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: stopping, in every mode and from everywhere.
//
// Goal: finish, drain and abandon do what life.hpp says of them; every job that was accepted ends
// exactly once, run or destroyed, and the report counts it; a submission to a pool that stops is an
// error value, or in time; stop() comes to an end whatever the jobs do. Method: workers that a gate
// holds, so that it is known what runs and what waits; then submitters that race with stop() in
// hundreds of rounds.
// labels: concurrent
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "execution/pool_checks.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::pool_limits;
using pawl::post_error;
using pawl::stop_report;
using pawl::stop_status;
using pool_checks::becomes;
using pool_checks::fate;
using pool_checks::findings;
using pool_checks::gate;
using pool_checks::ticket;

using one_worker = pawl::thread_pool<pool_limits{
    .workers = 1, .queue = 64, .local = 32, .lane = 16, .priorities = 2}>;
using two_workers =
    pawl::thread_pool<pool_limits{.workers = 2, .queue = 64, .local = 32, .lane = 16}>;
template <class Platform>
using poll_only =
    pawl::thread_pool<pool_limits{.workers = 0, .queue = 64, .local = 32, .lane = 16}, Platform>;

// Whether stop() has begun, without submitting anything.
template <class Pool>
bool is_stopping(Pool& pool) {
    return pool.post_n(0, [](std::uint32_t) { return [] {}; }).error() == post_error::stopped;
}

// A pool whose only worker is in a job, with jobs waiting in every place.
struct crowded {
    // In the queues, the lanes of the worker and of the main thread, and spawned by the one that
    // runs, which also has a next one.
    std::vector<fate> fates = std::vector<fate>(12);
    gate held;
    std::atomic<bool> asked{false};
    findings expect;
    one_worker pool;

    crowded() {
        REQUIRE(pool.post([this](auto& worker) {
            expect(worker.spawn(ticket{fates[0]}));
            expect(worker.spawn(ticket{fates[1]}));
            expect(worker.next(ticket{fates[2]}));
            held.pass();
            asked = worker.stop_requested();
        }));
        REQUIRE(becomes([&] { return held.came() == 1; }));
        for (std::size_t i = 3; i < 6; ++i) {
            REQUIRE(pool.post(ticket{fates[i]}));
            REQUIRE(pool.post(ticket{fates[i + 3]}, {.priority = 1}));
        }
        REQUIRE(pool.post(ticket{fates[9]}, {.on = pawl::on_worker(0)}));
        REQUIRE(pool.post(ticket{fates[10]}, {.on = pawl::main_thread}));
        REQUIRE(pool.post(ticket{fates[11]}, {.on = pawl::main_thread}));
    }

    // Opens the gate once stop() has begun.
    std::thread opener() {
        return std::thread{[this] {
            expect(becomes([this] { return is_stopping(pool); }));
            held.open();
        }};
    }

    void all_ended(std::uint32_t runs) const {
        for (const fate& each : fates) {
            CHECK(each.runs == runs);
            CHECK(each.ends == 1);
        }
        CHECK_FALSE(held.forced());
        CHECK(expect.wrong_line() == 0);
    }
};

// What any pool says once it has stopped.
template <class Pool>
void check_stopped(Pool& pool) {
    fate of;
    ticket job{of};
    CHECK(pool.post(std::move(job)).error() == post_error::stopped);
    CHECK(pool.post(std::move(job), {.on = pawl::main_thread}).error() == post_error::stopped);
    CHECK(job.whole());
    const pawl::post_result several = pool.post_n(3, [](std::uint32_t) { return [] {}; });
    CHECK(several.error() == post_error::stopped);
    CHECK(several.count == 0);
    CHECK_FALSE(pool.invoke([] {}));
    CHECK(pool.start().error() == pawl::start_error::stopped);
    const pawl::poll_result polled = pool.poll();
    CHECK(polled.ran == 0);
    CHECK_FALSE(polled.more);
    const std::uint64_t ran = pool.counts().ran;
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        const stop_report again = pool.stop(mode);
        CHECK(again.status == stop_status::stopped);
        CHECK(again.finished == 0);
        CHECK(again.cancelled == 0);
        CHECK(again.running == 0);
    }
    CHECK(pool.stop(pawl::finish, 0ms).status == stop_status::stopped);
    CHECK(pool.counts().ran == ran);
}

}  // namespace

TEST_CASE("pool stop: finish lets what runs end, and destroys the rest") {
    crowded all;
    std::thread opener = all.opener();
    const stop_report report = all.pool.stop(pawl::finish);
    opener.join();
    CHECK(report.status == stop_status::stopped);
    CHECK(report.finished == 1);
    CHECK(report.cancelled == 12);
    CHECK(report.running == 0);
    CHECK_FALSE(all.asked);
    all.all_ended(0);
    CHECK(all.pool.counts().discarded == 12);
    check_stopped(all.pool);
}

TEST_CASE("pool stop: drain runs everything, the main thread's as well") {
    crowded all;
    std::thread opener = all.opener();
    const stop_report report = all.pool.stop(pawl::drain);
    opener.join();
    CHECK(report.status == stop_status::stopped);
    CHECK(report.finished == 13);
    CHECK(report.cancelled == 0);
    CHECK_FALSE(all.asked);
    all.all_ended(1);
    check_stopped(all.pool);
}

TEST_CASE("pool stop: abandon asks what runs to stop") {
    crowded all;
    std::thread opener = all.opener();
    const stop_report report = all.pool.stop(pawl::abandon);
    opener.join();
    CHECK(report.status == stop_status::stopped);
    CHECK(report.cancelled == 12);
    CHECK(all.asked);
    all.all_ended(0);
}

TEST_CASE("pool stop: at the end of its time it says what still runs, and a further stop() waits") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        crowded all;
        const stop_report report = all.pool.stop(mode, 1ms);
        CHECK(report.status == stop_status::timed_out);
        CHECK(report.running == 1);
        CHECK(report.cancelled == 0);
        CHECK(all.pool.stop_requested());
        CHECK(all.pool.stop(mode, 0ms).status == stop_status::timed_out);
        all.held.open();
        const stop_report rest = all.pool.stop(pawl::finish);
        CHECK(rest.status == stop_status::stopped);
        CHECK(rest.running == 0);
        CHECK(all.asked);
        // drain had its time for the main thread's, which nobody held.
        const std::uint32_t of_main = all.fates[10].runs + all.fates[11].runs;
        CHECK(of_main <= (mode == pawl::drain ? 2U : 0U));
        CHECK(all.pool.counts().discarded + of_main == 12);
        for (const fate& each : all.fates) {
            CHECK(each.ends == 1);
        }
        check_stopped(all.pool);
    }
}

TEST_CASE("pool stop: a job that waits for stop_requested() is let go by abandon and by time") {
    for (const bool timed : {false, true}) {
        std::atomic<int> running{0};
        two_workers pool;
        for (int i = 0; i < 2; ++i) {
            REQUIRE(pool.post([&](auto& worker) {
                ++running;
                while (!worker.stop_requested()) {
                    std::this_thread::yield();
                }
            }));
        }
        REQUIRE(becomes([&] { return running == 2; }));
        if (timed) {
            const stop_report first = pool.stop(pawl::drain, 2ms);
            // They may have ended between the deadline and the answer.
            CHECK(first.status == stop_status::timed_out);
        } else {
            CHECK(pool.stop(pawl::abandon).status == stop_status::stopped);
        }
        CHECK(pool.stop(pawl::finish).status == stop_status::stopped);
        CHECK(pool.counts().ran == 2);
    }
}

TEST_CASE("pool stop: from inside a job it is requested") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        std::vector<fate> fates(20);
        std::atomic<bool> right{false};
        gate held;
        {
            one_worker pool;
            REQUIRE(pool.post([&](auto& worker) {
                held.pass();
                const stop_report report = pool.stop(mode);
                right = report.status == stop_status::requested && report.running >= 1 &&
                        pool.stop(mode, 1ms).status == stop_status::requested &&
                        pool.post([] {}).error() == post_error::stopped &&
                        worker.stop_requested() == (mode == pawl::abandon);
            }));
            for (fate& each : fates) {
                REQUIRE(pool.post(ticket{each}));
            }
            REQUIRE(becomes([&] { return held.came() == 1; }));
            held.open();
            if (mode == pawl::drain) {
                REQUIRE(becomes([&] { return pool.counts().ran == 21; }));
            }
            // The destructor waits for the rest.
        }
        CHECK(right);
        for (const fate& each : fates) {
            CHECK(each.runs == (mode == pawl::drain ? 1U : 0U));
            CHECK(each.ends == 1);
        }
    }
}

TEST_CASE("pool stop: what jobs spawn while it drains is run, what they post is refused") {
    std::vector<fate> fates(60);
    std::vector<fate> posted(20);
    std::atomic<int> refused{0};
    gate held;
    findings expect;
    pawl::thread_pool<pool_limits{.workers = 2, .queue = 64, .job_bytes = 64}> pool;
    for (std::size_t i = 0; i < 20; ++i) {
        REQUIRE(pool.post([&, i](auto& worker) {
            held.pass();
            expect(worker.spawn(ticket{fates[3 * i]}));
            expect(worker.next(ticket{fates[3 * i + 1]}));
            auto group = worker.group();
            group.spawn([] {});
            // Beside a group it goes to the queue, and is still accepted.
            expect(worker.spawn(ticket{fates[3 * i + 2]}));
            group.wait();
            ticket job{posted[i]};
            if (pool.post(std::move(job)).error() == post_error::stopped && job.whole()) {
                ++refused;
            }
        }));
    }
    std::thread opener{[&] {
        expect(becomes([&] { return is_stopping(pool); }));
        held.open();
    }};
    CHECK(pool.stop(pawl::drain).status == stop_status::stopped);
    opener.join();
    for (const fate& each : fates) {
        CHECK(each.runs == 1);
        CHECK(each.ends == 1);
    }
    CHECK(refused == 20);
    CHECK(expect.wrong_line() == 0);
    CHECK(pool.counts().discarded == 0);
}

TEST_CASE("pool stop: drain comes to an end beside jobs that post themselves again") {
    // On a worker, on the main thread, and without workers.
    {
        two_workers pool;
        struct again {
            two_workers* to;
            pawl::post_options options;
            void operator()() const { static_cast<void>(to->post(*this, options)); }
        };
        REQUIRE(pool.post(again{&pool, {}}));
        REQUIRE(pool.post(again{&pool, {.on = pawl::main_thread}}));
        REQUIRE(pool.post(again{&pool, {.on = pawl::on_worker(1)}}));
        CHECK(pool.stop(pawl::drain).status == stop_status::stopped);
    }
    {
        using pool_type = poll_only<pawl::manual_platform>;
        const auto pool = std::make_unique<pool_type>();
        struct again {
            pool_type* to;
            void operator()() const { static_cast<void>(to->post(*this)); }
        };
        REQUIRE(pool->post(again{pool.get()}));
        CHECK(pool->stop(pawl::drain).status == stop_status::stopped);
        CHECK(pool->counts().ran == 1);
    }
}

TEST_CASE("pool stop: another thread's stop() is busy meanwhile") {
    crowded all;
    std::atomic<bool> over{false};
    std::thread first{[&] {
        all.expect(all.pool.stop(pawl::finish).status == stop_status::stopped);
        over = true;
    }};
    REQUIRE(becomes([&] { return is_stopping(all.pool); }));
    const stop_report second = all.pool.stop(pawl::finish);
    CHECK(second.status == stop_status::busy);
    CHECK(second.running == 1);
    CHECK_FALSE(over);
    all.held.open();
    first.join();
    CHECK(all.pool.stop(pawl::finish).status == stop_status::stopped);
    all.all_ended(0);
}

TEST_CASE("pool stop: from inside invoke() and poll() it is requested as well") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        for (const bool polls : {false, true}) {
            fate of;
            two_workers pool;
            const auto ask = [&] {
                CHECK(pool.stop(mode).status == stop_status::requested);
                CHECK(pool.post([] {}).error() == post_error::stopped);
            };
            if (polls) {
                REQUIRE(pool.post(ask, {.on = pawl::main_thread}));
                REQUIRE(pool.post(ticket{of}, {.on = pawl::main_thread}));
                CHECK(pool.poll().ran == (mode == pawl::drain ? 2U : 1U));
            } else {
                REQUIRE(pool.invoke(ask));
                ticket unused{of};
            }
            CHECK(pool.stop(pawl::drain).status == stop_status::stopped);
            CHECK(of.ends == 1);
            check_stopped(pool);
        }
    }
}

TEST_CASE("pool stop: it waits for a job that runs in the caller's place of another thread") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain}) {
        fate after;
        gate held;
        findings expect;
        two_workers pool;
        std::thread other{[&] {
            expect(pool.invoke([&](auto& worker) {
                held.pass();
                expect(worker.spawn(ticket{after}));
            }));
        }};
        REQUIRE(becomes([&] { return held.came() == 1; }));
        std::atomic<bool> over{false};
        std::thread stopper{[&] {
            stop_report report = pool.stop(mode);
            while (report.status == stop_status::busy) {  // while it is not known who has the place
                report = pool.stop(mode);
            }
            expect(report.status == stop_status::stopped);
            over = true;
        }};
        std::this_thread::sleep_for(2ms);
        CHECK_FALSE(over);
        held.open();
        other.join();
        stopper.join();
        CHECK(expect.wrong_line() == 0);
        CHECK(after.ends == 1);
        // finish may have begun before it was spawned, or after it was run.
        CHECK(after.runs <= 1);
        CHECK(pool.counts().ran + pool.counts().discarded == 2);
    }
}

TEST_CASE("pool stop: a pool that was never started") {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        std::vector<fate> fates(10);
        {
            one_worker pool{pawl::deferred_start};
            for (std::size_t i = 0; i < 8; ++i) {
                REQUIRE(pool.post(ticket{fates[i]}));
            }
            REQUIRE(pool.post(ticket{fates[8]}, {.on = pawl::on_worker(0)}));
            REQUIRE(pool.post(ticket{fates[9]}, {.on = pawl::main_thread}));
            const stop_report report = pool.stop(mode);
            CHECK(report.status == stop_status::stopped);
            // The main thread is there even then.
            CHECK(report.finished == (mode == pawl::drain ? 1U : 0U));
            CHECK(report.cancelled == (mode == pawl::drain ? 9U : 10U));
            check_stopped(pool);
        }
        for (const fate& each : fates) {
            CHECK(each.ends == 1);
        }
    }
    // Nor stopped, but destroyed.
    fate of;
    {
        one_worker pool{pawl::deferred_start};
        REQUIRE(pool.post(ticket{of}));
    }
    CHECK(of.ends == 1);
    CHECK(of.runs == 0);
}

TEMPLATE_TEST_CASE("pool stop: without workers", "", pawl::manual_platform, pawl::std_platform) {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        std::vector<fate> fates(13);
        const auto pool = std::make_unique<poll_only<TestType>>();
        REQUIRE(pool->post([&](auto& worker) {
            REQUIRE(worker.spawn(ticket{fates[10]}));
            REQUIRE(worker.spawn(ticket{fates[11]}));
            REQUIRE(worker.next(ticket{fates[12]}));
        }));
        CHECK(pool->poll(pawl::poll_budget{.jobs = 1}).ran == 1);
        for (std::size_t i = 0; i < 9; ++i) {
            REQUIRE(pool->post(ticket{fates[i]}));
        }
        REQUIRE(pool->post(ticket{fates[9]}, {.on = pawl::main_thread}));
        const stop_report report = pool->stop(mode);
        CHECK(report.status == stop_status::stopped);
        CHECK(report.finished == (mode == pawl::drain ? 13U : 0U));
        CHECK(report.cancelled == (mode == pawl::drain ? 0U : 13U));
        for (const fate& each : fates) {
            CHECK(each.runs == (mode == pawl::drain ? 1U : 0U));
            CHECK(each.ends == 1);
        }
        check_stopped(*pool);
    }
}

TEMPLATE_TEST_CASE("pool stop: without workers, from inside a job", "", pawl::manual_platform,
                   pawl::std_platform) {
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        std::vector<fate> fates(12);
        const auto pool = std::make_unique<poll_only<TestType>>();
        for (std::size_t i = 0; i < 10; ++i) {
            REQUIRE(pool->post([&, i](auto& worker) {
                ticket{fates[i]}();
                if (i == 2) {
                    const stop_report report = pool->stop(mode);
                    CHECK(report.status == stop_status::requested);
                    CHECK(report.running == 1);
                    CHECK(worker.spawn(ticket{fates[10]}));
                    CHECK(worker.next(ticket{fates[11]}));
                }
            }));
        }
        // It stops when that job returns, or there is nothing left; nobody has to ask again.
        const pawl::poll_result result = pool->poll();
        CHECK(result.ran == (mode == pawl::drain ? 12U : 3U));
        CHECK_FALSE(result.more);
        CHECK(fates[10].ends == 1);
        CHECK(fates[11].ends == 1);
        CHECK(fates[10].runs == (mode == pawl::drain ? 1U : 0U));
        CHECK(fates[2].runs == 1);
        CHECK(fates[3].runs == (mode == pawl::drain ? 1U : 0U));
        CHECK(pool->counts().discarded == (mode == pawl::drain ? 0U : 9U));
        check_stopped(*pool);
    }
}

TEST_CASE("pool stop: without workers, drain keeps its time") {
    const auto pool = std::make_unique<poll_only<pawl::manual_platform>>();
    std::vector<fate> fates(10);
    for (fate& each : fates) {
        REQUIRE(pool->post([&pool, job = ticket{each}] {
            job();
            pool->platform().elapse(1ms);
        }));
    }
    const stop_report report = pool->stop(pawl::drain, 4ms);
    CHECK(report.status == stop_status::stopped);
    CHECK(report.finished == 4);
    CHECK(report.cancelled == 6);
    for (const fate& each : fates) {
        CHECK(each.ends == 1);
    }
}

namespace {

// What a submitter was told of one job.
struct record {
    fate of;
    bool accepted = false;
    bool whole = true;  // refused, and not moved from
};

// Three threads submit in all ways while this one stops. Nothing is left open.
template <class Pool>
void race(pawl::stop_mode mode, bool from_inside, std::uint32_t delay) {
    constexpr std::size_t share = 400;
    std::vector<record> ledger(3 * share);
    std::uint64_t accepted = 0;
    std::uint64_t ran = 0;
    std::atomic<std::uint32_t> spawned{0};
    std::atomic<std::uint32_t> ready{0};
    std::atomic<bool> go{false};
    auto pool = std::make_unique<Pool>();
    const auto submit = [&](std::size_t first) {
        ++ready;
        while (!go) {
            std::this_thread::yield();
        }
        for (std::size_t i = first; i < first + share; ++i) {
            record& mine = ledger[i];
            ticket job{mine.of};
            pawl::post_options options;
            if (i % 7 == 0) {
                options.on = pawl::on_worker(0);
            } else if (i % 11 == 0) {
                options.on = pawl::main_thread;
            }
            if (i % 5 == 0) {
                auto spawning = [&spawned, job = std::move(job)](auto& worker) {
                    job();
                    spawned += worker.spawn([] {}) ? 1U : 0U;
                };
                mine.accepted = bool{pool->post(std::move(spawning), options)};
            } else {
                mine.accepted = bool{pool->post(std::move(job), options)};
                mine.whole = mine.accepted || job.whole();
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
        threads.emplace_back(submit, i * share);
    }
    REQUIRE(becomes([&] { return ready == 3; }));
    go = true;
    for (std::uint32_t i = 0; i < delay; ++i) {
        std::this_thread::yield();
    }
    if (from_inside) {
        while (pool->post([&] { pool->stop(mode); }).error() == post_error::full) {
            std::this_thread::yield();
        }
    }
    stop_report report = pool->stop(mode);
    while (report.status == stop_status::busy) {
        report = pool->stop(mode);
    }
    REQUIRE(report.status == stop_status::stopped);
    for (std::thread& each : threads) {
        each.join();
    }
    const pawl::pool_counts counts = pool->counts();
    for (const record& each : ledger) {
        accepted += each.accepted ? 1 : 0;
        ran += each.of.runs;
        REQUIRE(each.of.ends == 1);
        REQUIRE(each.of.runs <= (each.accepted ? 1U : 0U));
        REQUIRE(each.whole);
    }
    REQUIRE(counts.ran + counts.discarded == accepted + spawned + (from_inside ? 1 : 0));
    REQUIRE(ran <= counts.ran);
}

}  // namespace

TEST_CASE("pool stop: submitters race with it, and each job is run, destroyed or refused") {
    using roomy =
        pawl::thread_pool<pool_limits{.workers = 2, .queue = 1024, .local = 256, .lane = 256}>;
    using narrow = pawl::thread_pool<pool_limits{.workers = 2, .queue = 4, .local = 4, .lane = 2}>;
    using strict = pawl::thread_pool<pool_limits{
        .workers = 1, .queue = 8, .local = 4, .lane = 2, .when_full = pawl::overflow::refuse}>;
    for (std::uint32_t round = 0; round < 40; ++round) {
        for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
            race<roomy>(mode, false, round);
            race<narrow>(mode, false, round);
            race<strict>(mode, round % 2 == 1, round);
        }
    }
}
