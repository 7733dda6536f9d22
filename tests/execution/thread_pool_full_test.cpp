// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: what becomes of a job for which there is no room.
//
// Goal: `refuse` leaves it with its caller, untouched, and counts it; `run_inline` runs it on the
// spot, on one thread at a time, never deeper than pool_limits.depth; nothing is lost, doubled or
// destroyed twice on the way. Method: workers that a gate holds, so that queues stay full, and
// callables that tell their fate.
// labels: concurrent
#include "catch.hpp"

#include <algorithm>
#include <atomic>
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

using pawl::overflow;
using pawl::pool_limits;
using pawl::post_error;
using pool_checks::becomes;
using pool_checks::fate;
using pool_checks::findings;
using pool_checks::gate;
using pool_checks::ticket;

constexpr pool_limits small(overflow policy) {
    return {.workers = 1, .queue = 4, .local = 4, .lane = 2, .priorities = 2, .when_full = policy};
}
constexpr pool_limits no_workers(overflow policy) {
    return {.workers = 0, .queue = 4, .local = 4, .lane = 2, .depth = 3, .when_full = policy};
}
using refusing = pawl::thread_pool<small(overflow::refuse)>;
using helping = pawl::thread_pool<small(overflow::run_inline)>;

// Its only worker waits at the gate.
template <class Pool>
void hold(Pool& pool, gate& held) {
    REQUIRE(pool.post([&held] { held.pass(); }));
    REQUIRE(becomes([&] { return held.came() == 1; }));
}

void each_once(const std::vector<fate>& fates) {
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
}

}  // namespace

TEST_CASE("pool full: refuse leaves the callable as it was") {
    std::vector<fate> fates(8);
    fate refused;
    gate held;
    {
        refusing pool;
        hold(pool, held);
        for (std::size_t i = 0; i < 4; ++i) {
            REQUIRE(pool.post(ticket{fates[i]}));
        }
        ticket job{refused};
        CHECK(pool.post(std::move(job)).error() == post_error::full);
        CHECK(job.whole());
        // Each priority has a queue of its own, and each lane.
        for (std::size_t i = 4; i < 6; ++i) {
            REQUIRE(pool.post(ticket{fates[i]}, {.priority = 1}));
            REQUIRE(pool.post(ticket{fates[i + 2]}, {.on = pawl::on_worker(0)}));
        }
        CHECK(pool.post(std::move(job), {.on = pawl::on_worker(0)}).error() == post_error::full);
        CHECK(job.whole());
        CHECK(pool.counts().refused == 2);
        held.open();
        // Then there is room again.
        REQUIRE(becomes([&] { return pool.counts().ran == 9; }));
        each_once(fates);
        REQUIRE(pool.post(std::move(job)));
        CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    }
    CHECK(refused.runs == 1);
    CHECK(refused.ends == 1);
    CHECK_FALSE(held.forced());
}

TEST_CASE("pool full: post_n says how many were accepted") {
    std::vector<fate> fates(10);
    gate held;
    refusing pool;
    hold(pool, held);
    std::uint32_t made = 0;
    const auto make = [&](std::uint32_t i) {
        ++made;
        return ticket{fates[i]};
    };
    pawl::post_result result = pool.post_n(10, make);
    CHECK(result.error() == post_error::full);
    CHECK(result.count == 4);
    CHECK(made == 5);  // the fifth was made, refused and destroyed
    CHECK(fates[4].runs == 0);
    CHECK(fates[4].ends == 1);
    result = pool.post_n(5, [&](std::uint32_t i) { return ticket{fates[i + 5]}; },
                         {.on = pawl::on_worker(0)});
    CHECK(result.error() == post_error::full);
    CHECK(result.count == 2);
    held.open();
    CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    for (std::size_t i = 0; i < 10; ++i) {
        const bool accepted = i < 4 || i == 5 || i == 6;
        CHECK(fates[i].runs == (accepted ? 1U : 0U));
        CHECK(fates[i].ends == (accepted || i == 4 || i == 7 ? 1U : 0U));
    }
}

TEST_CASE("pool full: run_inline runs the job in post()") {
    std::vector<fate> fates(4);
    fate inline_one;
    gate held;
    std::atomic<int> runs{0};
    helping pool;
    hold(pool, held);
    for (fate& each : fates) {
        REQUIRE(pool.post(ticket{each}));
    }
    REQUIRE(pool.post(ticket{inline_one}));
    CHECK(inline_one.runs == 1);
    CHECK(inline_one.ends == 1);
    CHECK(pool.counts().ran == 1);
    const auto self = std::this_thread::get_id();
    bool here = false;
    REQUIRE(pool.post([&](auto& worker) {
        here = std::this_thread::get_id() == self && worker.index() == 1;
        // It is a job as any other: it forks, joins and spawns.
        auto group = worker.group();
        for (int i = 0; i < 10; ++i) {
            group.spawn([&] { ++runs; });
        }
        CHECK(group.wait());
        CHECK(runs == 10);
    }));
    CHECK(here);
    REQUIRE(pool.post([&](auto& worker) {
        CHECK(worker.spawn([&] { ++runs; }));
        CHECK(worker.next([&] { ++runs; }));
        // Nobody else's place is free now, and the queue is still full.
        fate inner;
        ticket job{inner};
        CHECK(pool.post(std::move(job)).error() == post_error::full);
        CHECK(job.whole());
    }));
    CHECK(pool.counts().refused == 1);
    CHECK(pool.post_n(3, [&](std::uint32_t) { return [&] { ++runs; }; }).count == 3);
    CHECK(runs >= 14);  // ten, next() and three; what was spawned waits for the worker
    held.open();
    REQUIRE(becomes([&] { return runs == 15; }));
    CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    each_once(fates);
    CHECK_FALSE(held.forced());
}

TEST_CASE("pool full: only one thread runs jobs in post(), another one is refused") {
    gate held;
    gate inner;
    std::atomic<int> runs{0};
    findings expect;
    helping pool;
    hold(pool, held);
    REQUIRE(pool.post_n(4, [&](std::uint32_t) { return [&] { ++runs; }; }));
    std::thread other{[&] { expect(bool{pool.post([&] { inner.pass(); })}); }};
    REQUIRE(becomes([&] { return inner.came() == 1; }));
    fate of;
    ticket job{of};
    CHECK(pool.post(std::move(job)).error() == post_error::full);
    CHECK(job.whole());
    inner.open();
    other.join();
    CHECK(expect.wrong_line() == 0);
    REQUIRE(pool.post(std::move(job)));
    CHECK(of.runs == 1);
    held.open();
    CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(runs == 4);
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("pool full: an exception stays in the job that runs in post()") {
    gate held;
    helping pool;
    hold(pool, held);
    REQUIRE(pool.post_n(4, [](std::uint32_t) { return [] {}; }));
    REQUIRE(pool.post([] { throw 1; }));
    CHECK(pool.counts().threw == 1);
    REQUIRE(pool.post([](auto& worker) {
        for (int i = 0; i < 6; ++i) {
            CHECK(worker.spawn([] { throw 1; }));  // four have room, two run at once
        }
    }));
    held.open();
    CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(pool.counts().threw == 7);
    CHECK(pool.counts().ran == 13);
}
#endif

TEST_CASE("pool full: without workers post() runs it too, unless a job is running") {
    pawl::thread_pool<no_workers(overflow::run_inline), pawl::manual_platform> pool;
    std::vector<fate> fates(4);
    for (fate& each : fates) {
        REQUIRE(pool.post(ticket{each}));
    }
    fate extra;
    REQUIRE(pool.post(ticket{extra}));
    CHECK(extra.runs == 1);
    CHECK(fates[0].runs == 0);
    while (pool.poll().ran != 0) {
    }
    each_once(fates);
    int refused = 0;
    REQUIRE(pool.post([&] {
        for (int i = 0; i < 6; ++i) {
            refused += pool.post([] {}) ? 0 : 1;
        }
    }));
    pool.poll();
    CHECK(refused == 2);
}

TEST_CASE("pool full: what finds no room in the deque runs at once, so deep and no deeper") {
    pawl::thread_pool<no_workers(overflow::run_inline), pawl::manual_platform> pool;
    // Each one spawns more than there is room for.
    struct tree {
        int* runs;
        int* deep;
        int* deepest;
        int height;
        void operator()(decltype(pool)::worker& worker) const {
            ++*runs;
            *deepest = std::max(*deepest, ++*deep);
            for (int i = 0; i < 3 && height > 0; ++i) {
                while (!worker.spawn(tree{runs, deep, deepest, height - 1})) {
                    // Full to the last cell: then a job does by itself what it had handed on.
                    tree{runs, deep, deepest, height - 1}(worker);
                    break;
                }
            }
            --*deep;
        }
    };
    int runs = 0;
    int deep = 0;
    int deepest = 0;
    REQUIRE(pool.post(tree{&runs, &deep, &deepest, 3}));
    while (pool.poll().ran != 0) {
    }
    CHECK(runs == 1 + 3 + 9 + 27);
    CHECK(deep == 0);
    CHECK(deepest > 1);

    // A chain whose deque is always full nests at most `depth` jobs, and goes on in the queue.
    struct chain {
        int* runs;
        int* deep;
        int* deepest;
        void operator()(decltype(pool)::worker& worker) const {
            *deepest = std::max(*deepest, ++*deep);
            if (++*runs < 100) {
                REQUIRE(worker.spawn(*this));
            }
            --*deep;
        }
    };
    runs = 0;
    deepest = 0;
    REQUIRE(pool.post([&](auto& worker) {
        for (int i = 0; i < 4; ++i) {
            REQUIRE(worker.spawn([] {}));
        }
        REQUIRE(worker.spawn(chain{&runs, &deep, &deepest}));
    }));
    while (pool.poll().ran != 0) {
    }
    CHECK(runs == 100);
    CHECK(deepest == 3);
}

TEST_CASE("pool full: a full deque that refuses hands on to the queue, and then says no") {
    pawl::thread_pool<no_workers(overflow::refuse), pawl::manual_platform> pool;
    std::vector<fate> fates(9);
    int accepted = 0;
    REQUIRE(pool.post([&](auto& worker) {
        for (fate& each : fates) {
            ticket job{each};
            const bool taken = worker.spawn(std::move(job));
            CHECK(job.whole() == !taken);
            accepted += taken ? 1 : 0;
        }
    }));
    pool.poll();
    while (pool.poll().ran != 0) {
    }
    CHECK(accepted == 8);
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(fates[i].runs == (i < 8 ? 1U : 0U));
        CHECK(fates[i].ends == 1);
    }
}

TEST_CASE("pool full: two producers, a queue of two, nothing lost") {
    for (int round = 0; round < 20; ++round) {
        std::vector<fate> fates(2000);
        std::atomic<std::uint32_t> refused{0};
        pawl::thread_pool<pool_limits{.workers = 2, .queue = 2, .local = 2}> pool;
        const auto produce = [&](std::size_t first) {
            for (std::size_t i = first; i < fates.size(); i += 2) {
                ticket job{fates[i]};
                while (!pool.post(std::move(job))) {
                    ++refused;
                    std::this_thread::yield();
                }
            }
        };
        std::thread other{produce, 1};
        produce(0);
        other.join();
        CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
        each_once(fates);
        const pawl::pool_counts counts = pool.counts();
        CHECK(counts.ran == 2000);
        CHECK(counts.refused == refused);
        CHECK(counts.discarded == 0);
    }
}
