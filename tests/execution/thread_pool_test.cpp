// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: submitting, choosing a thread, polling, and what is counted.
//
// Goal: what is accepted runs once, on a thread that the options allow, and what is refused is the
// caller's still; poll() keeps its budgets; a callable is destroyed exactly once, whatever becomes
// of it. Method: callables that tell their fate (pool_checks.hpp), on threads, and in virtual time
// where the order is exact. What does not fit is in thread_pool_full_test.cpp, order in
// thread_pool_order_test.cpp, the end in thread_pool_stop_test.cpp.
// labels: concurrent
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "execution/pool_checks.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::pool_limits;
using pawl::post_error;
using pool_checks::becomes;
using pool_checks::fate;
using pool_checks::findings;
using pool_checks::gate;
using pool_checks::ticket;

using two_workers = pawl::thread_pool<pool_limits{.workers = 2, .lane = 64, .priorities = 2}>;
template <class Platform>
using poll_only =
    pawl::thread_pool<pool_limits{.workers = 0, .queue = 64, .local = 16, .lane = 16}, Platform>;

// Words whose next exchanges are lost, as to another core.
struct unlucky : pawl::std_platform {
    static inline int losses = 0;
    static inline int back_offs = 0;
    struct word : std::atomic<std::uint32_t> {
        using std::atomic<std::uint32_t>::atomic;
        bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                                   std::memory_order success, std::memory_order failure) noexcept {
            if (losses != 0) {
                --losses;
                expected = load(failure);
                return false;
            }
            return std::atomic<std::uint32_t>::compare_exchange_weak(expected, desired, success,
                                                                     failure);
        }
    };
    static void back_off() noexcept { ++back_offs; }
};

constinit pawl::thread_pool<pool_limits{.workers = 0, .queue = 8, .local = 8},
                            pawl::manual_platform>
    at_start;

// Everything that was posted has run.
template <class Pool>
bool ran(const Pool& pool, std::uint64_t count) {
    return becomes([&] { return pool.counts().ran == count; });
}

}  // namespace

static_assert(!std::is_copy_constructible_v<two_workers>);
static_assert(!std::is_move_constructible_v<two_workers>);
static_assert(std::is_nothrow_default_constructible_v<two_workers>);
// Without threads there is no static destructor.
static_assert(std::is_trivially_destructible_v<poll_only<pawl::manual_platform>>);
static_assert(std::is_trivially_destructible_v<poll_only<pawl::std_platform>>);
// 64 bytes a job, and next to nothing else.
static_assert(sizeof(pawl::thread_pool<pool_limits{.workers = 1, .queue = 1024, .local = 256}>) <=
              64 * (1024 + 2 * (256 + 1)) + 2 * 4 * 256 + 2048);

TEST_CASE("thread_pool: f() and f(worker) run once each, on the pool's threads") {
    std::atomic<int> runs{0};
    std::atomic<int> wrong{0};
    two_workers pool;
    REQUIRE(pool.worker_count() == 2);
    const auto self = std::this_thread::get_id();
    for (int i = 0; i < 500; ++i) {
        REQUIRE(pool.post([&] {
            ++runs;
            wrong += std::this_thread::get_id() == self ? 1 : 0;
        }));
        REQUIRE(pool.post(
            [&](auto& worker) {
                ++runs;
                wrong += worker.index() >= 2 || &worker.pool() != &pool ? 1 : 0;
            },
            {.priority = 1}));
        if (i % 64 == 0) {
            REQUIRE(becomes([&] { return runs == 2 * (i + 1); }));
        }
    }
    REQUIRE(ran(pool, 1000));
    CHECK(runs == 1000);
    CHECK(wrong == 0);
    const pawl::pool_counts counts = pool.counts();
    CHECK(counts.threw == 0);
    CHECK(counts.discarded == 0);
    CHECK(counts.refused == 0);
}

TEST_CASE("thread_pool: post_n makes each job, and hands on what it was given") {
    std::vector<fate> fates(500);
    two_workers pool;
    const pawl::post_result result =
        pool.post_n(500, [&](std::uint32_t i) { return ticket{fates[i]}; }, {.priority = 1});
    REQUIRE(result);
    CHECK(result.count == 500);
    CHECK(pool.post_n(0, [&](std::uint32_t) { return ticket{fates[0]}; }).count == 0);
    REQUIRE(ran(pool, 500));
    pool.stop(pawl::drain);
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
}

TEST_CASE("thread_pool: wrong numbers are error values, and nothing is moved") {
    two_workers pool;
    fate of;
    ticket job{of};
    CHECK(pool.post(std::move(job), {.priority = 2}).error() == post_error::no_such_priority);
    CHECK(pool.post(std::move(job), {.on = pawl::on_worker(2)}).error() ==
          post_error::no_such_thread);
    CHECK(pool.post(std::move(job), {.on = pawl::on_worker(0x1000'0000)}).error() ==
          post_error::no_such_thread);
    const auto make = [&](std::uint32_t) { return [&of] { ++of.runs; }; };
    const pawl::post_result priority = pool.post_n(3, make, {.priority = 2});
    CHECK(priority.error() == post_error::no_such_priority);
    CHECK(priority.count == 0);
    const pawl::post_result thread = pool.post_n(3, make, {.on = pawl::on_worker(2)});
    CHECK(thread.error() == post_error::no_such_thread);
    CHECK(thread.count == 0);
    CHECK(job.whole());
    CHECK(pool.counts().refused == 5);
    pool.stop(pawl::drain);
    CHECK(of.runs == 0);
    CHECK(of.ends == 0);

    // No lanes: nobody has a number.
    pawl::thread_pool<pool_limits{.workers = 1, .queue = 8, .local = 8}> plain;
    CHECK(plain.post(std::move(job), {.on = pawl::on_worker(0)}).error() ==
          post_error::no_such_thread);
    CHECK(plain.post(std::move(job), {.on = pawl::main_thread}).error() ==
          post_error::no_such_thread);
    CHECK(job.whole());
}

TEST_CASE("thread_pool: a job for one worker runs there, one for the main thread in poll()") {
    findings expect;
    std::atomic<int> wrong{0};
    std::atomic<int> runs{0};
    int main_runs = 0;
    two_workers pool;
    const auto self = std::this_thread::get_id();
    for (int round = 0; round < 50; ++round) {
        for (std::uint32_t index = 0; index < 2; ++index) {
            const auto check = [&, index](auto& worker) {
                wrong += worker.index() == index ? 0 : 1;
                ++runs;
            };
            REQUIRE(pool.post(check, {.on = pawl::on_worker(index)}));
            REQUIRE(pool.post_n(3, [&](std::uint32_t) { return check; },
                                {.on = pawl::on_worker(index)}));
        }
        const auto here = [&] {
            wrong += std::this_thread::get_id() == self ? 0 : 1;
            ++main_runs;
        };
        REQUIRE(pool.post(here, {.on = pawl::main_thread}));
        REQUIRE(pool.post_n(2, [&](std::uint32_t) { return here; }, {.on = pawl::main_thread}));
        // A job can send one, too.
        struct sender {
            two_workers& pool;
            decltype(here) job;
            findings& expect;
            std::atomic<int>& runs;
            void operator()() const {
                expect(bool{pool.post(job, {.on = pawl::main_thread})});
                ++runs;
            }
        };
        REQUIRE(pool.post(sender{pool, here, expect, runs}));
        REQUIRE(becomes([&] { return runs == 9 * (round + 1); }));
        CHECK(main_runs == 4 * round);
        const pawl::poll_result polled = pool.poll();
        CHECK(polled.ran == 4);
        CHECK_FALSE(polled.more);
        CHECK(main_runs == 4 * (round + 1));
    }
    CHECK(wrong == 0);
    CHECK(expect.wrong_line() == 0);
}

TEST_CASE("thread_pool: a lane is first come, first served, and wakes its sleeping worker") {
    std::vector<int> order;
    pawl::thread_pool<pool_limits{.workers = 3, .queue = 8, .local = 8, .lane = 16}> pool;
    for (int round = 0; round < 20; ++round) {
        order.clear();
        std::atomic<int> runs{0};
        // Long enough for all to sleep, now and then.
        std::this_thread::sleep_for(std::chrono::microseconds{100 * (round % 5)});
        for (int i = 0; i < 16; ++i) {
            REQUIRE(pool.post([&, i] { order.push_back(i), ++runs; }, {.on = pawl::on_worker(2)}));
        }
        REQUIRE(becomes([&] { return runs == 16; }));
        for (int i = 0; i < 16; ++i) {
            REQUIRE(order[static_cast<std::size_t>(i)] == i);
        }
    }
}

TEST_CASE("thread_pool: a start hook is called on each thread before its first job") {
    struct seen_by_hook {
        std::atomic<std::uint32_t> calls{0};
        std::array<std::thread::id, 3> ids{};
        std::atomic<int> early{0};
    } seen;
    std::atomic<int> runs{0};
    pawl::thread_pool<pool_limits{.workers = 3, .queue = 64, .local = 8}> pool{
        pawl::deferred_start};
    CHECK(pool.worker_count() == 0);
    for (int i = 0; i < 60; ++i) {
        REQUIRE(pool.post([&](auto& worker) {
            if (seen.ids[worker.index()] != std::this_thread::get_id()) {
                ++seen.early;
            }
            ++runs;
        }));
    }
    CHECK(runs == 0);
    CHECK(pool.counts().ran == 0);
    const pawl::start_result started =
        pool.start({.call =
                        [](std::uint32_t worker, void* context) noexcept {
                            auto& all = *static_cast<seen_by_hook*>(context);
                            all.ids[worker] = std::this_thread::get_id();
                            ++all.calls;
                        },
                    .context = &seen});
    REQUIRE(started);
    CHECK(started.workers == 3);
    CHECK(pool.worker_count() == 3);
    CHECK(pool.start().error() == pawl::start_error::already_started);
    REQUIRE(ran(pool, 60));
    REQUIRE(becomes([&] { return seen.calls == 3; }));
    CHECK(seen.early == 0);
    pool.stop(pawl::drain);
    CHECK(pool.start().error() == pawl::start_error::stopped);
}

TEST_CASE("thread_pool: one thread per core is the default") {
    std::atomic<int> runs{0};
    pawl::thread_pool<> pool;
    CHECK(pool.worker_count() == std::min(pawl::std_platform::thread_count(), 16U));
    REQUIRE(pool.post([&] { ++runs; }));
    CHECK(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(runs == 1);
}

TEST_CASE("thread_pool: a callable is destroyed once, before its job counts as run") {
    std::vector<fate> fates(1000);
    two_workers pool;
    for (fate& each : fates) {
        ticket job{each};
        REQUIRE(pool.post(std::move(job)));
        REQUIRE_FALSE(job.whole());
    }
    REQUIRE(ran(pool, 1000));
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
    // Move-only state comes along.
    std::atomic<int> sum{0};
    REQUIRE(pool.post([&sum, owned = std::make_unique<int>(42)] { sum += *owned; }));
    REQUIRE(ran(pool, 1001));
    CHECK(sum == 42);
}

TEST_CASE("thread_pool: a job that takes long keeps no cell") {
    gate held;
    pawl::thread_pool<pool_limits{.workers = 2, .queue = 2, .local = 2}> pool;
    REQUIRE(pool.post([&] { held.pass(); }));
    REQUIRE(becomes([&] { return held.came() == 1; }));
    // The queue of two goes round many times while that one runs.
    for (std::uint32_t i = 0; i < 20; ++i) {
        REQUIRE(pool.post([] {}));
        REQUIRE(ran(pool, i + 1));
    }
    held.open();
    REQUIRE(ran(pool, 21));
    CHECK_FALSE(held.forced());
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("thread_pool: an exception is counted, and harms nobody") {
    std::vector<fate> fates(200);
    two_workers pool;
    struct thrower {
        ticket inner;
        void operator()() {
            inner();
            throw 7;
        }
    };
    for (fate& each : fates) {
        REQUIRE(pool.post(thrower{ticket{each}}));
        REQUIRE(pool.post([] {}));
    }
    REQUIRE(ran(pool, 400));
    CHECK(pool.counts().threw == 200);
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
    // On the caller's place as well.
    REQUIRE(pool.post([] { throw 7; }, {.on = pawl::main_thread}));
    CHECK(pool.poll().ran == 1);
    CHECK(pool.counts().threw == 201);
    CHECK(pool.invoke([](auto&) { throw 7; }));
    CHECK(pool.counts().threw == 202);
    CHECK(pool.counts().ran == 402);
}
#endif

TEST_CASE("thread_pool: invoke() runs here, as a job, and one at a time") {
    bool here = false;
    bool again = true;
    bool inner = false;
    std::atomic<int> runs{0};
    std::atomic<int> right{0};
    two_workers pool;
    const auto self = std::this_thread::get_id();
    REQUIRE(pool.invoke([&](auto& worker) {
        here = std::this_thread::get_id() == self && worker.index() == 2;
        std::thread other{[&] { again = pool.invoke([](auto&) {}); }};
        other.join();
        CHECK(pool.invoke([&](auto& same) { inner = &same == &worker; }));
        CHECK(pool.poll().busy);
        auto group = worker.group();
        for (int i = 0; i < 50; ++i) {
            group.spawn([&] { ++runs; });
        }
        CHECK(group.wait());
        CHECK(runs == 50);
        // Nobody waits for these two; they run all the same.
        CHECK(worker.spawn([&] { ++runs; }));
        CHECK(worker.next([&] { ++runs; }));
    }));
    CHECK(here);
    CHECK_FALSE(again);
    CHECK(inner);
    CHECK(becomes([&] { return runs == 52; }));
    REQUIRE(pool.invoke([&] { ++runs; }));
    CHECK(runs == 53);
    CHECK(ran(pool, 55));
    // From inside a job on a worker it runs there.
    REQUIRE(pool.post([&](auto& worker) {
        right += pool.invoke([&](auto& same) { right += &same == &worker ? 1 : 0; }) ? 1 : 0;
    }));
    CHECK(becomes([&] { return right == 2; }));
    // What an invoke leaves behind is not lost when the pool is over, and it does not run after.
    pool.stop(pawl::drain);
    CHECK_FALSE(pool.invoke([&] { ++runs; }));
    CHECK(runs == 53);
}

// ---- workers = 0 -------------------------------------------------------------------------------

TEMPLATE_TEST_CASE("thread_pool: without workers poll() runs everything", "", pawl::manual_platform,
                   pawl::std_platform) {
    const auto pool = std::make_unique<poll_only<TestType>>();
    CHECK(pool->worker_count() == 0);
    CHECK(pool->start());
    CHECK(pool->start().error() == pawl::start_error::already_started);
    pawl::poll_result result = pool->poll();
    CHECK(result.ran == 0);
    CHECK_FALSE(result.more);

    std::vector<int> order;
    fate of;
    REQUIRE(pool->post([&] { order.push_back(1); }));
    REQUIRE(pool->post([&](auto& worker) {
        order.push_back(2);
        CHECK(worker.spawn([&] { order.push_back(3); }));
        CHECK(worker.next([&] { order.push_back(4); }));
        CHECK(pool->post([&] { order.push_back(5); }));
        CHECK(pool->poll().busy);
        auto group = worker.group();
        group.spawn([&] { order.push_back(6); });
        CHECK(group.wait());
        order.push_back(7);
    }));
    REQUIRE(pool->post(ticket{of}));
    REQUIRE(pool->post([&] { order.push_back(8); }, {.on = pawl::main_thread}));
    CHECK(pool->post([] {}, {.on = pawl::on_worker(0)}).error() == post_error::no_such_thread);
    CHECK(of.runs == 0);
    result = pool->poll();
    CHECK(result.ran == 7);
    CHECK_FALSE(result.more);
    CHECK(order == std::vector<int>{8, 1, 2, 6, 7, 4, 3, 5});
    CHECK(of.runs == 1);
    CHECK(of.ends == 1);
    // The child of a group is a job as well.
    CHECK(pool->counts().ran == 8);
    CHECK(pool->counts().refused == 1);
    REQUIRE(pool->invoke([&](auto& worker) { CHECK(worker.index() == 0); }));
    pool->stop(pawl::finish);
}

TEMPLATE_TEST_CASE("thread_pool: poll() of a number of jobs", "", pawl::manual_platform,
                   pawl::std_platform) {
    const auto pool = std::make_unique<poll_only<TestType>>();
    int runs = 0;
    REQUIRE(pool->post_n(10, [&](std::uint32_t) { return [&] { ++runs; }; }));
    pawl::poll_result result = pool->poll(pawl::poll_budget{.jobs = 4});
    CHECK(result.ran == 4);
    CHECK(result.more);
    CHECK(runs == 4);
    result = pool->poll(pawl::poll_budget{.jobs = 0});
    CHECK(result.ran == 0);
    CHECK(result.more);
    result = pool->poll(pawl::poll_budget{.jobs = 6});
    CHECK(result.ran == 6);
    CHECK_FALSE(result.more);
    // A job that always leaves another one does not hold poll() for ever.
    struct again {
        poll_only<TestType>& to;
        void operator()() const { CHECK(to.post(*this)); }
    };
    REQUIRE(pool->post(again{*pool}));
    result = pool->poll();
    CHECK(result.ran == 64);
    CHECK(result.more);
    pool->stop(pawl::finish);
}

TEST_CASE("thread_pool: who loses a job to another one backs off") {
    poll_only<unlucky> pool;
    int ran = 0;
    REQUIRE(pool.post([&ran] { ++ran; }));
    REQUIRE(pool.post([&ran] { ++ran; }));
    unlucky::losses = 3;
    REQUIRE(pool.poll().ran == 2);
    REQUIRE(ran == 2);
    REQUIRE(unlucky::back_offs == 3);
}

TEST_CASE("thread_pool: poll() of a time looks at it after each job") {
    using manual = poll_only<pawl::manual_platform>;
    const auto pool = std::make_unique<manual>();
    int runs = 0;
    REQUIRE(pool->post_n(10, [&](std::uint32_t) {
        return [&] {
            ++runs;
            pool->platform().elapse(1ms);
        };
    }));
    pawl::poll_result result = pool->poll(2ms);
    CHECK(result.ran == 2);
    CHECK(result.more);
    result = pool->poll(0ms);  // one job at least, or it would never come to an end
    CHECK(result.ran == 1);
    result = pool->poll(2500us);
    CHECK(result.ran == 3);
    result = pool->poll(1h);
    CHECK(result.ran == 4);
    CHECK_FALSE(result.more);
    CHECK(runs == 10);
}

TEST_CASE("thread_pool: wait() ends when something comes, or its time") {
    const auto pool = std::make_unique<poll_only<pawl::std_platform>>();
    pool->wait(1us);
    std::atomic<int> runs{0};
    const auto count = [&] { ++runs; };
    // Before it begins: it does not sleep at all. An hour would not pass.
    REQUIRE(pool->post(count));
    pool->wait(1h);
    CHECK(pool->poll().ran == 1);
    REQUIRE(pool->post(count, {.on = pawl::main_thread}));
    pool->wait(1h);
    CHECK(pool->poll().ran == 1);
    REQUIRE(pool->invoke([&](auto& worker) { CHECK(worker.next(count)); }));
    pool->wait(1h);
    pool->poll();
    CHECK(runs == 3);
    // From another thread, at any moment of it.
    std::thread other{[&] {
        for (int i = 0; i < 300; ++i) {
            if (i % 3 == 0) {
                std::this_thread::sleep_for(std::chrono::microseconds{i});
            }
            const pawl::post_options options{.on = i % 2 == 0 ? pawl::main_thread
                                                              : pawl::pool_thread::any};
            while (!pool->post(count, options)) {
                std::this_thread::yield();
            }
        }
    }};
    while (runs < 303) {
        pool->wait(1h);
        pool->poll();
    }
    other.join();
    pool->stop(pawl::drain);
    pool->wait(1h);  // a pool that has stopped waits for nothing
    CHECK(runs == 303);
}

TEST_CASE("thread_pool: zero bytes of constant initialisation are a pool") {
    int runs = 0;
    REQUIRE(at_start.post([&] { ++runs; }));
    CHECK(at_start.poll().ran == 1);
    CHECK(runs == 1);
}
