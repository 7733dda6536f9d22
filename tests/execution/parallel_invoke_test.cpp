// SPDX-License-Identifier: BSL-1.0
//
// Functions in parallel.
//
// Goal: each is called once, whoever calls it, and all have ended when parallel_invoke() returns,
// however deep calls are nested, however little room there is, and with however few workers; two
// run at a time if there is a thread for each; a function that throws is told; what the first one
// leaves in the deque is not taken for the second. Method: the recursion of Fibonacci against the
// plain one, functions that wait for one another, and a deque that is full.
//
// labels: concurrent
#include "catch.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>
#if defined(__linux__)
#include <pawl/platform/membarrier_platform.hpp>
#endif

#include "execution/pool_checks.hpp"

namespace {

using pool_checks::becomes;
using pool_checks::findings;
using pool_checks::gate;

template <std::uint32_t Workers, std::uint32_t Local = 64, class Platform = pawl::default_platform>
using pool_of = pawl::thread_pool<
    pawl::pool_limits{.workers = Workers, .queue = 256, .local = Local, .depth = 4}, Platform>;

int plain_fib(int n) { return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2); }

template <class Worker>
int fib(Worker& worker, int n) {
    if (n < 2) {
        return n;
    }
    int one = 0;
    int two = 0;
    pawl::parallel_invoke(
        worker, [&](Worker& here) { two = fib(here, n - 2); },
        [&](Worker& here) { one = fib(here, n - 1); });
    return one + two;
}

// As a job, and in the caller's place beside the workers.
template <class Pool>
void check_fib(int n) {
    const auto pool = std::make_unique<Pool>();
    int result = 0;
    std::atomic<bool> over{false};
    REQUIRE(pool->post([&](auto& worker) {
        result = fib(worker, n);
        over = true;
    }));
    while (Pool::capacity.workers == 0 && !over) {
        pool->poll();
    }
    REQUIRE(becomes([&] { return over.load(); }));
    CHECK(result == plain_fib(n));
    result = 0;
    REQUIRE(pool->invoke([&](auto& worker) { result = fib(worker, n); }));
    CHECK(result == plain_fib(n));
    REQUIRE(pool->stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(pool->counts().discarded == 0);
}

std::atomic<int> plain_calls{0};
void plain() { ++plain_calls; }

}  // namespace

TEST_CASE("parallel_invoke: fib, against the plain recursion") {
    check_fib<pool_of<0>>(18);
    check_fib<pool_of<0, 64, pawl::manual_platform>>(12);
    check_fib<pool_of<1>>(20);
    check_fib<pool_of<2>>(20);
    check_fib<pool_of<3>>(20);
    check_fib<pool_of<8>>(18);
#if defined(__linux__)
    check_fib<pool_of<1, 64, pawl::membarrier_platform>>(20);
    check_fib<pool_of<3, 64, pawl::membarrier_platform>>(20);
#endif
}

TEST_CASE("parallel_invoke: with hardly any room") {
    check_fib<pool_of<0, 1>>(12);
    check_fib<pool_of<1, 1>>(16);
    check_fib<pool_of<2, 2>>(18);
    check_fib<pool_of<3, 4>>(18);
}

TEST_CASE("parallel_invoke: all of several, once, in a job and from outside") {
    std::array<std::atomic<int>, 5> calls{};
    const auto call = [&](std::size_t number) { return [&, number] { ++calls[number]; }; };
    pool_of<2> pool;
    for (int round = 1; round <= 1'000; ++round) {
        REQUIRE(pawl::parallel_invoke(pool, call(0), call(1), call(2), call(3), call(4)));
        for (const auto& each : calls) {
            REQUIRE(each == 2 * round - 1);
        }
        REQUIRE(pool.invoke([&](auto& worker) {
            const std::function<void()> kept = call(1);
            pawl::parallel_invoke(worker, call(0), kept, call(2));
            pawl::parallel_invoke(worker, call(3), [&](auto&) { ++calls[4]; });
        }));
        for (const auto& each : calls) {
            REQUIRE(each == 2 * round);
        }
    }
    plain_calls = 0;
    REQUIRE(pawl::parallel_invoke(pool, plain, &plain, plain));
    REQUIRE(plain_calls == 3);
}

TEST_CASE("parallel_invoke: two that wait for one another") {
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> came{0};
        std::atomic<bool> met{true};
        const auto meet = [&](int all) {
            return [&, all] {
                ++came;
                if (!becomes([&] { return came == all; })) {
                    met = false;
                }
            };
        };
        pool_of<1> one;
        REQUIRE(pawl::parallel_invoke(one, meet(2), meet(2)));
        came = 0;
        pool_of<2> two;
        REQUIRE(pawl::parallel_invoke(two, meet(3), meet(3), meet(3)));
        REQUIRE(met);
    }
}

TEST_CASE("parallel_invoke: by threads that have no place in the pool, here") {
    gate held;
    std::atomic<int> calls{0};
    const auto here = std::this_thread::get_id();
    findings expect;
    const auto call = [&] {
        expect(std::this_thread::get_id() == here);
        ++calls;
    };
    pool_of<1> pool;
    std::thread other{[&] { expect(pool.invoke([&] { held.pass(); })); }};
    REQUIRE(becomes([&] { return held.came() == 1; }));
    REQUIRE(pawl::parallel_invoke(pool, call, call, call));
    REQUIRE(calls == 3);
    held.open();
    other.join();
    pool.stop(pawl::finish);
    REQUIRE(pawl::parallel_invoke(pool, call, call));
    REQUIRE(calls == 5);
    CHECK(expect.wrong_line() == 0);
    CHECK_FALSE(held.forced());
}

TEST_CASE("parallel_invoke: what the first one leaves behind is not taken for the second") {
    std::atomic<int> second{0};
    std::atomic<int> nodes{0};
    std::atomic<int> spawned{0};
    int seen = 0;
    pool_of<0> pool;
    const auto made = std::make_unique<pawl::graph<2, 1>>();
    auto& graph = *made;
    graph.add([&] { ++nodes; }).before(graph.add([&] { ++nodes; }));
    for (int round = 1; round <= 10; ++round) {
        REQUIRE(pool.invoke([&](auto& worker) {
            pawl::graph_run run;
            pawl::parallel_invoke(
                worker,
                [&](auto& here) {
                    run = here.pool().run(graph);    // a part on top of the deque
                    here.spawn([&] { ++spawned; });  // beside an open group: in the queue
                },
                [&] { ++second; });
            seen = second;
            run.wait();
        }));
        REQUIRE(seen == round);
        REQUIRE(second == round);
        REQUIRE(nodes == 2 * round);
    }
    while (pool.poll().ran != 0) {
    }
    REQUIRE(spawned == 10);
}

TEST_CASE("parallel_invoke: without room, below a full deque") {
    std::array<int, 4> calls{};
    pool_of<0, 2> pool;
    REQUIRE(pool.post([&](auto& worker) {
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(worker.spawn([&calls, i] { ++calls[i]; }));
        }
        pawl::parallel_invoke(
            worker, [&] { ++calls[2]; }, [&] { ++calls[3]; });
        CHECK(calls == std::array<int, 4>{0, 0, 1, 1});
    }));
    while (pool.poll().ran != 0) {
    }
    CHECK(calls == std::array<int, 4>{1, 1, 1, 1});
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("parallel_invoke: a function that throws is told, and the others are called") {
    std::atomic<int> calls{0};
    const auto fine = [&] { ++calls; };
    const auto throws = [&] {
        ++calls;
        throw 1;
    };
    pool_of<2> pool;
    std::uint32_t threw = 0;
    for (int round = 0; round < 100; ++round) {
        calls = 0;
        REQUIRE_FALSE(pawl::parallel_invoke(pool, throws, fine, fine));
        REQUIRE_FALSE(pawl::parallel_invoke(pool, fine, throws, fine));
        REQUIRE_FALSE(pawl::parallel_invoke(pool, fine, fine, throws));
        REQUIRE(pawl::parallel_invoke(pool, fine, fine, fine));
        REQUIRE(calls == 12);
        threw += 3;
        REQUIRE(pool.counts().threw == threw);
    }
    pool.stop(pawl::finish);
    calls = 0;
    REQUIRE_FALSE(pawl::parallel_invoke(pool, fine, throws));
    REQUIRE(calls == 2);
}
#endif
