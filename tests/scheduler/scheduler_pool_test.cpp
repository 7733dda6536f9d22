// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// The pool inside a scheduler: graphs, posted jobs and loops on the scheduler's own workers.
//
// Goal: both kinds of sources are served under one parking lot: nobody sleeps through either,
// neither starves the other, time goes on meanwhile, and every end of the scheduler is one for the
// pool. Method: each with workers = 0, 1 and more; what must happen is waited for without a limit
// of its own, so that what never happens is a test that times out.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

namespace {

template <std::uint32_t Workers>
using scheduler_of = pawl::scheduler<pawl::limits{.jobs = 64, .workers = Workers, .local = 16}>;

template <class Condition>
void await(Condition&& condition) {
    while (!condition()) {
        std::this_thread::sleep_for(100us);
    }
}

// A diamond that counts.
template <class Graph>
void build(Graph& graph, std::atomic<int>& ran) {
    const auto count = [&ran] { ++ran; };
    const auto top = graph.add(count);
    const auto left = graph.add(count).after(top);
    const auto right = graph.add(count).after(top);
    graph.add(count).after(left, right);
}

template <class Scheduler>
void runs_graphs() {
    std::atomic<int> ran{0};
    pawl::graph<4, 4> outer;
    pawl::graph<4, 4> inner;
    build(outer, ran);
    build(inner, ran);
    std::atomic<int> succeeded{0};
    Scheduler jobs;
    for (int i = 1; i <= 100; ++i) {
        REQUIRE(jobs.run(outer).wait() == pawl::graph_outcome::succeeded);
        REQUIRE(ran == 4 * i);
    }
    // From a job, which waits; and beside jobs that fill the rings.
    for (int i = 0; i < 20; ++i) {
        jobs.enqueue([&ran] { ++ran; });
    }
    jobs.enqueue(
        [&] { succeeded += jobs.run(inner).wait() == pawl::graph_outcome::succeeded ? 1 : 0; });
    if constexpr (!Scheduler::has_workers) {
        jobs.poll();
    }
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(succeeded == 1);
    REQUIRE(ran == 424);
    REQUIRE(jobs.run(outer).error() == pawl::graph_error::stopped);
    REQUIRE(jobs.pool().post([] {}).error() == pawl::post_error::stopped);
}

}  // namespace

TEST_CASE("scheduler with a pool: graphs, from outside and inside a job") {
    runs_graphs<scheduler_of<0>>();
    runs_graphs<scheduler_of<1>>();
    runs_graphs<scheduler_of<2>>();
    runs_graphs<scheduler_of<4>>();
}

TEST_CASE("scheduler with a pool: in virtual time, on plain words") {
    pawl::graph<4, 4, pawl::graph_options{}, pawl::manual_platform> graph;
    std::atomic<int> ran{0};
    build(graph, ran);
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0, .local = 4}, pawl::manual_platform> jobs;
    jobs.schedule(1h, [&] { jobs.run(graph); });  // and nobody waits
    jobs.advance(2h);
    REQUIRE(ran == 4);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(jobs.pool().post([&ran] { ++ran; }));
    }
    const pawl::poll_result result = jobs.poll(pawl::poll_budget{.jobs = 3});
    REQUIRE(result.ran == 3);
    REQUIRE(result.more);
    jobs.poll();
    REQUIRE(ran == 14);
}

TEST_CASE("scheduler with a pool: posted jobs wake its workers, time after time") {
    std::atomic<int> ran{0};
    scheduler_of<2> jobs;
    for (int i = 1; i <= 200; ++i) {
        REQUIRE(jobs.pool().post([&ran] { ++ran; }));
        await([&] { return ran == i; });
        if (i % 20 == 0) {
            std::this_thread::sleep_for(2ms);  // all are asleep
        }
    }
    REQUIRE(jobs.stop(pawl::finish).status == pawl::stop_status::stopped);
}

TEST_CASE("scheduler with a pool: a job that is long delays nothing while a worker sleeps") {
    std::atomic<bool> go_on{false};
    std::atomic<int> ran{0};
    scheduler_of<2> jobs;
    jobs.enqueue([&] { await([&] { return go_on.load(); }); });
    std::this_thread::sleep_for(2ms);
    jobs.pool().post([&ran] { ++ran; });
    jobs.schedule(1ms, [&ran] { ++ran; });
    jobs.enqueue([&ran] { ++ran; });
    await([&] { return ran == 3; });
    go_on = true;
    jobs.stop(pawl::drain);

    // The long one is of the pool, and spawns one that is short.
    std::atomic<int> spawned{0};
    pawl::graph<1, 0> slow;
    scheduler_of<2> others;
    others.pool().post([&](auto& worker) {
        worker.spawn([&spawned] { ++spawned; });
        await([&] { return spawned == 1; });
    });
    await([&] { return spawned == 1; });
    // Time goes on while a worker is busy with a graph.
    go_on = false;
    slow.add([&go_on] { await([&] { return go_on.load(); }); });
    const pawl::graph_run run = others.run(slow);
    others.schedule(1ms, [&go_on] { go_on = true; });
    REQUIRE(run.wait() == pawl::graph_outcome::succeeded);
}

TEST_CASE("scheduler with a pool: neither the rings nor the pool starve the other") {
    std::atomic<bool> stop{false};
    std::atomic<int> ran{0};
    scheduler_of<1> jobs;
    // A job that enqueues itself, and one that posts itself, for ever.
    struct again {
        scheduler_of<1>* jobs;
        std::atomic<bool>* stop;
        void operator()() const {
            if (!*stop) {
                jobs->enqueue(again{*this});
            }
        }
    };
    struct again_posted {
        scheduler_of<1>* jobs;
        std::atomic<bool>* stop;
        void operator()() const {
            if (!*stop) {
                jobs->pool().post(again_posted{*this});
            }
        }
    };
    jobs.enqueue(again{&jobs, &stop});
    jobs.enqueue(again{&jobs, &stop});
    jobs.pool().post(again_posted{&jobs, &stop});
    jobs.pool().post(again_posted{&jobs, &stop});
    jobs.pool().post([&ran] { ++ran; });
    jobs.enqueue([&ran] { ++ran; });
    await([&] { return ran == 2; });
    stop = true;
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
}

TEST_CASE("scheduler with a pool: the main thread's jobs run there, in poll()") {
    std::atomic<int> here{0};
    std::atomic<int> elsewhere{0};
    scheduler_of<2> jobs;
    const std::thread::id me = std::this_thread::get_id();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(jobs.pool().post([&] { ++(std::this_thread::get_id() == me ? here : elsewhere); },
                                 {.on = pawl::main_thread}));
    }
    REQUIRE(jobs.pool().post([] {}, {.on = pawl::on_worker(0)}).error() ==
            pawl::post_error::no_such_thread);
    std::this_thread::sleep_for(1ms);
    REQUIRE(jobs.poll(pawl::poll_budget{.jobs = 2}).ran == 2);
    REQUIRE(jobs.poll(10s).ran == 1);
    REQUIRE(here == 3);
    REQUIRE(elsewhere == 0);
}

TEST_CASE("scheduler with a pool: every end of the scheduler ends every run") {
    for (const pawl::stop_mode mode : {pawl::drain, pawl::finish, pawl::abandon}) {
        for (int round = 0; round < 20; ++round) {
            std::atomic<int> ran{0};
            pawl::graph<64, 63> chain;
            scheduler_of<2> jobs;
            auto last = chain.add([&ran] { ++ran; });
            for (int i = 1; i < 64; ++i) {
                last = chain.add([&ran] { ++ran; }).after(last);
            }
            const pawl::graph_run run = jobs.run(chain);
            REQUIRE(run);
            for (int i = 0; i < 8; ++i) {
                jobs.pool().post([&ran] { ++ran; });
            }
            std::thread waiter{[&run] { run.wait(); }};
            REQUIRE(jobs.stop(mode).status == pawl::stop_status::stopped);
            waiter.join();
            const pawl::graph_outcome outcome = run.outcome();
            if (mode == pawl::drain) {
                REQUIRE(outcome == pawl::graph_outcome::succeeded);
                REQUIRE(ran == 72);
            } else {
                REQUIRE(outcome != pawl::graph_outcome::running);
            }
        }
    }
}

TEST_CASE("scheduler with a pool: who waits for a run that nobody has begun is let go") {
    for (int round = 0; round < 60; ++round) {
        std::atomic<bool> busy{false};
        std::atomic<bool> go_on{false};
        std::atomic<bool> inside{false};
        std::atomic<bool> leave{false};
        std::atomic<bool> invoked{false};
        std::atomic<int> ran{0};
        pawl::graph<4, 4> graph;
        scheduler_of<1> jobs;
        jobs.enqueue([&] {
            busy = true;
            await([&] { return go_on.load(); });
        });
        await([&] { return busy.load(); });
        // Another thread has the caller's place: so the run's beginning lies in the queue.
        std::thread other{[&] {
            invoked = jobs.pool().invoke([&] {
                inside = true;
                await([&] { return leave.load(); });
            });
        }};
        await([&] { return inside.load(); });
        build(graph, ran);
        const pawl::graph_run run = jobs.run(graph);
        std::thread waiter{[&run] { run.wait(); }};
        leave = true;
        other.join();
        const pawl::stop_mode mode = round % 2 == 0 ? pawl::finish : pawl::drain;
        std::thread stopper{[&jobs, mode] { jobs.stop(mode); }};
        std::this_thread::sleep_for(round % 3 * 100us);
        go_on = true;
        stopper.join();
        waiter.join();
        REQUIRE(invoked);
        REQUIRE((mode == pawl::finish || ran == 4));
        REQUIRE((ran == 4 || run.outcome() == pawl::graph_outcome::cancelled));
    }
}

TEST_CASE("scheduler with a pool: a loop in parallel, from everywhere") {
    std::atomic<std::int64_t> sum{0};
    std::atomic<bool> done{false};
    scheduler_of<2> jobs;
    const auto add = [&sum](int i) { sum += i; };
    REQUIRE(pawl::parallel_for(jobs.pool(), 0, 10'000, add));
    REQUIRE(sum == 49'995'000);
    jobs.enqueue([&] {
        pawl::parallel_for(jobs.pool(), 0, 10'000, add, {.grain = 16});
        done = true;
    });
    await([&] { return done.load(); });
    REQUIRE(sum == 99'990'000);
}
