// SPDX-License-Identifier: BSL-1.0
//
// How many read-modify-writes each operation of a pool takes: what many cores pay for, counted,
// because a machine of two cores cannot show it.
//
// Goal: no operation takes more than its header says. Method: a platform whose word counts
// read-modify-writes (and stores with a full barrier, which are as dear, but go to a line of the
// worker's own) in a counter of each thread; operations are run in batches, and what a batch takes
// once is taken off by comparing two sizes. The limits are exact: more fails, and so does less.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "counting_platform.hpp"

namespace {

using tests::counted;
using tests::counting_platform;
using tests::each_takes;
using tests::exchange_counts;
using tests::one_of;

template <std::uint32_t Workers>
using pool_of = pawl::thread_pool<pawl::pool_limits{.workers = Workers, .queue = 64, .local = 64},
                                  counting_platform>;

template <std::uint32_t Nodes, std::uint32_t Edges>
using graph_of = pawl::graph<Nodes, Edges, pawl::graph_options{}, counting_platform>;

}  // namespace

TEST_CASE("exchanges: post takes one and no fence, taking it one") {
    pool_of<0> pool;
    const each_takes posting = one_of([&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            pool.post([] {});
        }
        const exchange_counts before = counted;
        pool.poll();
        counted = before;  // not what running them takes
    });
    REQUIRE(posting.exchanges == 1);
    REQUIRE(posting.barriers == 0);

    const each_takes taking = one_of([&](std::uint32_t times) {
        pool.post_n(times, [](std::uint32_t) { return [] {}; });
        counted = {};  // not what posting them takes
        pool.poll();
    });
    REQUIRE(taking.exchanges == 1);
    REQUIRE(taking.barriers == 0);

    // A batch.
    const each_takes batch = one_of([&](std::uint32_t times) {
        pool.post_n(times, [](std::uint32_t) { return [] {}; });
        const exchange_counts before = counted;
        pool.poll();
        counted = before;
    });
    REQUIRE(batch.exchanges == 1);
    REQUIRE(batch.barriers == 0);
}

TEST_CASE("exchanges: spawn and taking it back take none, and a barrier each") {
    pool_of<0> pool;
    const each_takes spawning = one_of([&](std::uint32_t times) {
        REQUIRE(pool.invoke([&](auto& worker) {
            for (std::uint32_t i = 0; i < times; ++i) {
                worker.spawn([] {});
            }
        }));
        const exchange_counts before = counted;
        pool.poll();
        counted = before;
    });
    REQUIRE(spawning.exchanges == 0);
    REQUIRE(spawning.barriers == 1);

    const each_takes joining = one_of([&](std::uint32_t times) {
        REQUIRE(pool.invoke([&](auto& worker) {
            auto group = worker.group();
            for (std::uint32_t i = 0; i < times; ++i) {
                group.spawn([] {});
            }
            group.wait();
        }));
    });
    REQUIRE(joining.exchanges == 0);  // the last one is taken by one, whatever their number
    REQUIRE(joining.barriers == 2);

    const each_takes following = one_of([&](std::uint32_t times) {
        struct step {
            std::uint32_t left;
            void operator()(pool_of<0>::worker& worker) const {
                if (left != 0) {
                    worker.next(step{left - 1});
                }
            }
        };
        pool.post(step{times});
        pool.poll();
    });
    REQUIRE(following.exchanges == 0);
    REQUIRE(following.barriers == 0);
}

TEST_CASE("exchanges: a steal takes one") {
    constexpr std::uint32_t jobs = 60;
    std::vector<std::uint32_t> at(jobs);
    std::atomic<std::uint32_t> ran{0};
    pool_of<1> pool;
    REQUIRE(pool.invoke([&](auto& worker) {
        for (std::uint32_t i = 0; i < jobs; ++i) {
            worker.spawn([&at, &ran] {
                at[ran.load(std::memory_order_relaxed)] = counted.exchanges;
                ran.fetch_add(1, std::memory_order_release);
            });
        }
        while (ran.load(std::memory_order_acquire) != jobs) {
            std::this_thread::yield();  // all of them are stolen: this worker runs none
        }
    }));
    REQUIRE(pool.counts().stolen == jobs);
    // Beside the steal itself the thief looks for work, and stops looking: one each.
    std::uint32_t least = at[jobs - 1];
    for (std::uint32_t i = 1; i < jobs; ++i) {
        least = std::min(least, at[i] - at[i - 1]);
    }
    REQUIRE(least == 3);
    pool.stop(pawl::drain);
}

TEST_CASE(
    "exchanges: a graph takes none for a chain, nor for inputs that end one after the other") {
    pool_of<0> pool;
    static graph_of<50, 49> chain_of_50;
    static graph_of<10, 9> chain_of_10;
    const auto build_chain = [](auto& graph, std::uint32_t nodes) {
        auto last = graph.add([] {});
        for (std::uint32_t i = 1; i < nodes; ++i) {
            last = graph.add([] {}).after(last);
        }
    };
    build_chain(chain_of_50, 50);
    build_chain(chain_of_10, 10);
    const each_takes chained = one_of([&](std::uint32_t times) {
        REQUIRE((times == 50 ? pool.run(chain_of_50) : pool.run(chain_of_10)).wait() ==
                pawl::graph_outcome::succeeded);
    });
    REQUIRE(chained.exchanges == 0);
    REQUIRE(chained.barriers == 0);

    // From one to many to one: each of the many is spawned and taken back, most in ranges first.
    // They are counted off the last one's inputs together, and one by one if each sets two such
    // nodes free.
    static graph_of<53, 150> fan_of_50;
    static graph_of<13, 30> fan_of_10;
    static graph_of<53, 150> two_ends_of_50;
    static graph_of<13, 30> two_ends_of_10;
    const auto build_fan = [](auto& graph, std::uint32_t nodes, bool two_ends) {
        const auto first = graph.add([] {});
        const auto last = graph.add([] {});
        const auto other = graph.add([] {});
        for (std::uint32_t i = 0; i < nodes; ++i) {
            const auto node = graph.add([] {}).after(first).before(last);
            if (two_ends) {
                node.before(other);
            }
        }
    };
    build_fan(fan_of_50, 50, false);
    build_fan(fan_of_10, 10, false);
    build_fan(two_ends_of_50, 50, true);
    build_fan(two_ends_of_10, 10, true);
    const auto run = [&](auto& graph) {
        REQUIRE(pool.run(graph).wait() == pawl::graph_outcome::succeeded);
    };
    const each_takes fanned =
        one_of([&](std::uint32_t times) { times == 50 ? run(fan_of_50) : run(fan_of_10); });
    REQUIRE(fanned.exchanges == 0);
    // One to take a node back, and one for each eight or so, to tell who sleeps that a range was
    // taken apart.
    constexpr double of_ranges = 1.25 / 8;
    REQUIRE(fanned.barriers >= 1);
    REQUIRE(fanned.barriers <= 1 + of_ranges);
    const each_takes crossed = one_of(
        [&](std::uint32_t times) { times == 50 ? run(two_ends_of_50) : run(two_ends_of_10); });
    REQUIRE(crossed.exchanges <= 2 + of_ranges);  // and of a value that is alone in the deque
    REQUIRE(crossed.barriers >= 1);
    REQUIRE(crossed.barriers <= 1 + of_ranges);
}
