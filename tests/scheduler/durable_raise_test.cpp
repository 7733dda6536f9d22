// SPDX-License-Identifier: BSL-1.0
//
// raise() of durable jobs.
//
// Goal: a job that was raised is in its higher band in the next program, too, whatever it waits
// for, however often its records are copied, and when it is requeued there. Method: as in
// durable_jobs_test.cpp; the order in which jobs run says which bands they are in.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using pawl::job_state;

namespace {

constexpr pawl::limits banded = [] {
    pawl::limits result = usual_limits;
    result.bands = 3;
    result.failed = 3;
    return result;
}();
using banded_world = world<banded>;

}  // namespace

TEST_CASE("durable: a job that was raised while it was ready goes first in the next program") {
    fresh();
    memory log{};
    {
        banded_world first{log};
        first->enqueue(task{1}, {.priority = 1});
        const auto second = first->enqueue(task{2});
        const auto third = first->enqueue(task{3}, {.queue = "default"});
        REQUIRE(first->raise(third, 2));
        REQUIRE(first->raise(second, 1));
        REQUIRE_FALSE(first->raise(second, 2));  // once each time that it waits
        first->sync();
        first.crash();
    }
    banded_world next{log};
    REQUIRE(next.start.recovered.jobs == 3);
    next->poll();
    REQUIRE(numbers_run() == list({3, 1, 2}));
}

TEST_CASE("durable: a job that was raised while it waited for its time or its parent") {
    fresh();
    memory log{};
    {
        banded_world first{log};
        const auto parent = first->schedule(1h, task{1});
        const auto child = first->then(parent, task{2});
        const auto later = first->schedule(1h, task{3});
        first->schedule(1h, task{4}, {.priority = 1});
        REQUIRE(first->raise(child, 2));
        REQUIRE(first->raise(later, 1));
        REQUIRE(first->raise(later, 7));  // as high as there is
        first->sync();
        first.crash();
    }
    banded_world next{log};
    REQUIRE(next.start.recovered.jobs == 4);
    next->platform().elapse(2h);
    next->poll();
    // The child still waits for its parent, and then goes before all others.
    REQUIRE(numbers_run() == list({3, 4, 1, 2}));
}

TEST_CASE("durable: a raise is kept through retries, failures and requeues, and many programs") {
    fresh();
    memory log{};
    behaviour = [](int number, pawl::job_context&) {
        return number == 1 ? pawl::outcome::fail() : pawl::outcome::success();
    };
    pawl::job_id id;
    {
        banded_world first{log};
        id = first->schedule(1h, task{1});
        REQUIRE(first->raise(id, 2));
        first->advance(1h);
        REQUIRE(first->state(id) == job_state::failed);
        first.end();
    }
    for (int turn = 0; turn < 12; ++turn) {
        CAPTURE(turn);
        banded_world next{log};
        REQUIRE(next.start.recovered.failed == 1);
        for (int i = 0; i < 200; ++i) {  // blocks are erased, and its records copied
            next->enqueue(retired{});
            next->poll();
        }
        id = next->requeue(id);
        REQUIRE(id);
        next->sync();
        next.crash();
        banded_world between{log};
        REQUIRE(between.start.recovered.jobs == 1);
        runs.clear();
        between->enqueue(task{2}, {.priority = 1});
        between->poll();
        REQUIRE(numbers_run() == list({1, 2}));
        between.end();
    }
}

TEST_CASE("durable: a raise is copied as long as its job waits, and not longer") {
    fresh();
    memory log{};
    {
        banded_world first{log};
        const auto waits = first->schedule(1000h, task{1});
        REQUIRE(first->raise(waits, 1));
        for (int i = 0; i < 2'000; ++i) {
            const auto each = first->enqueue(task{2});
            REQUIRE(first->raise(each, 2));
            first->poll();
        }
        first->sync();
        first.crash();
    }
    runs.clear();
    banded_world next{log};
    REQUIRE(next.start.recovered.jobs == 1);
    next->enqueue(task{3});
    next->schedule(1000h, task{4});
    next->platform().elapse(1001h);
    next->enqueue(task{5});
    next->poll();
    REQUIRE(numbers_run() == list({1, 3, 5, 4}));
}

TEST_CASE("durable: a raise of a job that is not durable, or has ended, is not told") {
    fresh();
    memory log{};
    banded_world first{log};
    first->sync();
    const memory before = log;
    const auto in_memory = first->schedule(1h, [] {});
    REQUIRE(first->raise(in_memory, 1));
    first->sync();
    memory with = log;
    memory without = before;
    banded_world one{with};
    banded_world other{without};
    REQUIRE(one.start.recovered.log.records == other.start.recovered.log.records);
}
