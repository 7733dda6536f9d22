// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: no job waits while a worker sleeps.
//
// Goal: a long job on one worker never delays a short one that another worker could run. Pools that
// deal jobs out to threads fail here (marl, issue 232: several jobs on one thread while others are
// idle; dp::thread_pool, issue 40: a job hangs behind a long one), and those whose woken thread
// runs what it finds before it looks whether there is more; and those that keep what a job has
// spawned for its own thread (Tokio, issue 8065, about the slot for the last one). Method: long
// jobs that end only when the short ones have run, so that a pool that lets them wait never comes
// to an end. No time is measured; a job that gives up after a long while fails the test.
//
// labels: concurrent
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "execution/pool_checks.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::pool_limits;
using pool_checks::becomes;
using pool_checks::findings;

template <std::uint32_t Workers>
using pool_of = pawl::thread_pool<pool_limits{
    .workers = Workers, .queue = 256, .local = 64, .lane = 16, .priorities = 2}>;

// Now and then the workers are asleep when a round begins, or about to fall asleep, or looking.
void let_sleep(int round) {
    static constexpr std::chrono::microseconds pauses[] = {0us, 5us, 20us, 60us, 300us};
    const auto pause = pauses[round % 5];
    if (pause != 0us) {
        std::this_thread::sleep_for(pause);
    }
}

constexpr int rounds = 300;

}  // namespace

TEST_CASE("conserving: several jobs, all workers but one are busy") {
    // marl 232. Three of four are held; what is posted then is run by the fourth.
    findings expect;
    pool_of<4> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> held{0};
        std::atomic<int> ran{0};
        std::atomic<int> ended{0};
        const int jobs = 1 + round % 8;
        for (int i = 0; i < 3; ++i) {
            REQUIRE(pool.post([&] {
                ++held;
                expect(becomes([&] { return ran == jobs; }));
                ++ended;
            }));
        }
        REQUIRE(becomes([&] { return held == 3; }));
        let_sleep(round);
        for (int i = 0; i < jobs; ++i) {
            REQUIRE(pool.post([&] { ++ran; }));
        }
        REQUIRE(becomes([&] { return ended == 3; }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a job is not queued behind a long one") {
    // dp 40. Long and short jobs in turn: wherever the long ones land, the short ones get past.
    findings expect;
    pool_of<3> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> ran{0};
        std::atomic<int> ended{0};
        let_sleep(round);
        for (int i = 0; i < 6; ++i) {
            if (i % 3 == 0) {
                REQUIRE(pool.post([&] {
                    expect(becomes([&] { return ran == 4; }));
                    ++ended;
                }));
            } else {
                REQUIRE(pool.post([&] { ++ran; }, {.priority = static_cast<std::uint32_t>(i % 2)}));
            }
        }
        REQUIRE(becomes([&] { return ended == 2; }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: what a long job spawns runs meanwhile") {
    // Tokio 8065. One, and several.
    findings expect;
    pool_of<2> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> ran{0};
        std::atomic<bool> ended{false};
        const int jobs = 1 + round / 5 % 3;
        let_sleep(round);
        REQUIRE(pool.post([&](auto& worker) {
            for (int i = 0; i < jobs; ++i) {
                expect(worker.spawn([&] { ++ran; }));
            }
            expect(becomes([&] { return ran == jobs; }));
            ended = true;
        }));
        REQUIRE(becomes([&] { return ended.load(); }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: what a long job spawns in a group, or beside one, runs meanwhile") {
    findings expect;
    pool_of<2> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> ran{0};
        std::atomic<bool> ended{false};
        let_sleep(round);
        REQUIRE(pool.post([&](auto& worker) {
            auto group = worker.group();
            group.spawn([&] { ++ran; });
            expect(worker.spawn([&] { ++ran; }));
            expect(becomes([&] { return ran == 2; }));
            ended = true;
        }));
        REQUIRE(becomes([&] { return ended.load(); }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a woken worker that finds a long job calls the next one") {
    // All but the last are long, so that each that wakes is lost for the others.
    findings expect;
    pool_of<5> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<bool> ran{false};
        std::atomic<int> ended{0};
        let_sleep(round);
        const auto make = [&](std::uint32_t i) {
            return [&, i] {
                if (i < 4) {
                    expect(becomes([&] { return ran.load(); }));
                    ++ended;
                } else {
                    ran = true;
                }
            };
        };
        if (round % 2 == 0) {
            REQUIRE(pool.post_n(5, make));  // one wake for all of them
        } else {
            for (std::uint32_t i = 0; i < 5; ++i) {
                REQUIRE(pool.post(make(i)));
            }
        }
        REQUIRE(becomes([&] { return ended == 4 && ran; }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a long job that was stolen leaves the rest to others") {
    // One spawns long ones and a short one, and is long itself.
    findings expect;
    pool_of<4> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<bool> ran{false};
        std::atomic<int> ended{0};
        let_sleep(round);
        REQUIRE(pool.post([&](auto& worker) {
            for (int i = 0; i < 3; ++i) {
                expect(worker.spawn([&, i] {
                    if (i < 2) {
                        expect(becomes([&] { return ran.load(); }));
                        ++ended;
                    } else {
                        ran = true;
                    }
                }));
            }
            expect(becomes([&] { return ran.load(); }));
            ++ended;
        }));
        REQUIRE(becomes([&] { return ended == 3; }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a node that runs long keeps none from what its worker has set free") {
    // `after` waits for two nodes, and its inputs may be counted together; `length` ends when it
    // has run. Who runs one of them may go on with the long one.
    findings expect;
    pool_of<2> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<bool> ran{false};
        pawl::graph<5, 5> graph;
        const auto root = graph.add([] {});
        const auto one = graph.add([] {}).after(root);
        const auto two = graph.add([] {}).after(root);
        graph.add([&] { expect(becomes([&] { return ran.load(); })); }).after(root);
        graph.add([&] { ran = true; }).after(one, two);
        let_sleep(round);
        REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a node that runs long keeps none of its siblings from running") {
    // Each of the successors of one node in turn ends only when all others have run: whoever has
    // taken some of them at once has to let others have them.
    findings expect;
    pool_of<2> pool;
    constexpr int siblings = 23;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> ran{0};
        pawl::graph<siblings + 1, siblings, pawl::graph_options{.node_bytes = 32}> graph;
        const auto root = graph.add([] {});
        for (int i = 0; i < siblings; ++i) {
            graph
                .add([&, waits = i == round % siblings] {
                    expect(!waits || becomes([&] { return ran == siblings - 1; }));
                    ++ran;
                })
                .after(root);
        }
        let_sleep(round);
        REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a job in the caller's place shares what it spawns") {
    findings expect;
    pool_of<1> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> ran{0};
        let_sleep(round);
        REQUIRE(pool.invoke([&](auto& worker) {
            expect(worker.spawn([&] { ++ran; }));
            expect(becomes([&] { return ran == 1; }));
        }));
        REQUIRE(expect.wrong_line() == 0);
    }
}

TEST_CASE("conserving: a lane's job does not wait for others, and keeps nobody from theirs") {
    // Worker 1 is held by its lane; the queue is the other one's. Then the other way round.
    findings expect;
    pool_of<2> pool;
    for (int round = 0; round < rounds; ++round) {
        std::atomic<int> held{0};
        std::atomic<int> ran{0};
        std::atomic<int> ended{0};
        const auto busy = static_cast<std::uint32_t>(round % 2);
        REQUIRE(pool.post(
            [&] {
                ++held;
                expect(becomes([&] { return ran == 3; }));
                ++ended;
            },
            {.on = pawl::on_worker(busy)}));
        REQUIRE(becomes([&] { return held == 1; }));
        let_sleep(round);
        REQUIRE(pool.post([&] { ++ran; }));
        REQUIRE(pool.post([&] { ++ran; }, {.on = pawl::on_worker(1 - busy)}));
        REQUIRE(pool.post([&] { ++ran; }, {.priority = 1}));
        REQUIRE(becomes([&] { return ended == 1; }));
        REQUIRE(expect.wrong_line() == 0);
    }
}
