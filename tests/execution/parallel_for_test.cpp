// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// Loops in parallel.
//
// Goal: every turn is run once, whatever the range, the grain, the cost of a turn and the number of
// workers; a short loop wakes nobody, a long one is shared; a turn that throws is told. Method:
// turns that count themselves; for the sharing, turns that wait for another thread to come.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <thread>
#include <vector>

#include <pawl/execution/parallel_for.hpp>
#include <pawl/execution/thread_pool.hpp>

using namespace std::chrono_literals;

namespace {

template <std::uint32_t Workers>
using pool_of = pawl::thread_pool<pawl::pool_limits{.workers = Workers, .local = 16}>;

template <class Pool>
void every_turn_once(Pool& pool, std::size_t count, std::uint32_t grain) {
    std::vector<std::atomic<std::uint8_t>> turns(count);
    REQUIRE(pawl::parallel_for(pool, std::size_t{0}, count, [&](std::size_t i) { ++turns[i]; },
                               {.grain = grain}));
    for (std::size_t i = 0; i < count; ++i) {
        if (turns[i] != 1) {
            FAIL("turn " << i << " of " << count << " with grain " << grain << " ran "
                         << int(turns[i]) << " times");
        }
    }
}

}  // namespace

TEST_CASE("parallel_for: every turn is run once") {
    pool_of<0> alone;
    pool_of<1> one;
    pool_of<3> three;
    for (const std::size_t count : {0U, 1U, 2U, 31U, 32U, 33U, 1'000U, 1'057U, 100'000U}) {
        for (const std::uint32_t grain : {0U, 1U, 7U, 1'000U}) {
            every_turn_once(alone, count, grain);
            every_turn_once(one, count, grain);
            every_turn_once(three, count, grain);
        }
    }
}

TEST_CASE("parallel_for: ranges of every integer type, to their ends") {
    std::atomic<std::int64_t> sum{0};
    std::atomic<int> turns{0};
    pool_of<2> pool;
    const auto add = [&sum](auto i) { sum += std::int64_t{i}; };
    REQUIRE(pawl::parallel_for(pool, -5, 6, add));
    REQUIRE(sum == 0);
    REQUIRE(pawl::parallel_for(pool, std::int8_t{-128}, std::int8_t{127}, add, {.grain = 3}));
    REQUIRE(sum == -128 - 127);
    sum = 0;
    REQUIRE(pawl::parallel_for(pool, std::int8_t{-128}, std::int8_t{127}, add));
    REQUIRE(sum == -128 - 127);
    sum = 0;
    constexpr auto last = std::numeric_limits<std::uint64_t>::max();
    REQUIRE(pawl::parallel_for(pool, last - 10, last, [&](std::uint64_t) { ++turns; }));
    REQUIRE(turns == 10);
    // The last before the first: no turn.
    REQUIRE(pawl::parallel_for(pool, 5, 5, [&](int) { ++turns; }));
    REQUIRE(pawl::parallel_for(pool, 6, 5, [&](int) { ++turns; }, {.grain = 1}));
    REQUIRE(pawl::parallel_for(pool, 6, 5, [&](int) { ++turns; }));
    REQUIRE(turns == 10);
}

TEST_CASE("parallel_for: as many turns as are run in a row, and about as many") {
    pool_of<1> pool;
    for (int size = 0; size < 200; ++size) {
        std::vector<int> ran(static_cast<std::size_t>(size) + 1);
        REQUIRE(
            pawl::parallel_for(pool, 0, size, [&](int i) { ++ran[static_cast<std::size_t>(i)]; }));
        REQUIRE(std::count(ran.begin(), ran.end(), 1) == size);
        REQUIRE(ran.back() == 0);
    }
    // Nobody's pool, and the last before the first.
    const auto never = [](int) { FAIL("no turn is left"); };
    pawl::parallel_loop<int, decltype(never), pawl::default_platform> loop{never, 0};
    REQUIRE(loop.run_alone(6, 5));
}

TEST_CASE("parallel_for: by pieces, which cover the range and do not overlap") {
    std::vector<std::atomic<std::uint8_t>> turns(10'000);
    pool_of<2> pool;
    REQUIRE(pawl::parallel_for(pool, 0, 10'000,
                               [&](int first, int last) {
                                   for (int i = first; i < last; ++i) {
                                       ++turns[std::size_t(i)];
                                   }
                               },
                               {.grain = 64}));
    for (const auto& turn : turns) {
        REQUIRE(turn == 1);
    }
}

namespace {

// So much time passes each time that somebody looks, and none otherwise.
template <std::int64_t StepNs>
struct stepping_platform : pawl::std_platform {
    static time_point now() noexcept {
        static std::atomic<std::int64_t> elapsed_ns{0};
        return time_point{std::chrono::nanoseconds{elapsed_ns += StepNs}};
    }
    static std::chrono::nanoseconds rough_now() noexcept { return now().time_since_epoch(); }
};

}  // namespace

TEST_CASE("parallel_for: a loop that is short wakes nobody") {
    std::uint64_t sum = 0;
    pawl::thread_pool<pawl::pool_limits{.workers = 2}, stepping_platform<100>> pool;
    while (pool.counts().parks < 2) {
        std::this_thread::yield();
    }
    const std::uint32_t wakes = pool.counts().wakes;
    for (int round = 0; round < 100; ++round) {
        // Turns of 3 ns: one takes 100 ns, and so do 32, and 1,024.
        REQUIRE(pawl::parallel_for(pool, 0U, 1'000U, [&sum](std::uint32_t i) { sum += i; }));
    }
    REQUIRE(sum == 100 * 1'000 * 999 / 2);  // plain additions: one thread
    REQUIRE(pool.counts().wakes == wakes);
}

TEST_CASE("parallel_for: a loop that is long is shared") {
    // The first two turns wait for one another: only two threads end them.
    std::atomic<int> threads{0};
    const auto wait_for_two = [&](int) {
        ++threads;
        while (threads < 2) {
            std::this_thread::yield();
        }
    };
    pool_of<1> pool;
    REQUIRE(pawl::parallel_for(pool, 0, 2, wait_for_two, {.grain = 1}));
    // And without a grain: after the first turn, which takes a millisecond.
    pawl::thread_pool<pawl::pool_limits{.workers = 1}, stepping_platform<1'000'000>> slow;
    threads = 0;
    REQUIRE(pawl::parallel_for(slow, 0, 1'000, [&](int i) {
        if (i != 0) {
            wait_for_two(i);
        }
    }));
}

namespace {

// A rough clock that stands still, goes backwards, and is far ahead.
struct wild_platform : pawl::std_platform {
    static inline std::uint32_t looks = 0;
    static std::chrono::nanoseconds rough_now() noexcept {
        constexpr std::int64_t far = std::int64_t{1} << 61;
        constexpr std::int64_t at[] = {0, 0, -5, 700, 600, far, -far, 3};
        return std::chrono::nanoseconds{at[looks++ % std::size(at)]};
    }
};

}  // namespace

TEST_CASE("parallel_for: a rough clock may say what it will") {
    pawl::thread_pool<pawl::pool_limits{.workers = 2, .local = 16}, wild_platform> pool;
    for (std::size_t round = 0; round < 100; ++round) {
        every_turn_once(pool, 30 * round, 0);
    }
    REQUIRE(wild_platform::looks > 200);
}

TEST_CASE("parallel_for: inside a job, and inside a turn") {
    std::atomic<int> turns{0};
    std::atomic<bool> over{false};
    pool_of<2> pool;
    REQUIRE(pool.post([&](auto& worker) {
        pawl::parallel_for(
            worker, 0, 20,
            [&](int) { pawl::parallel_for(pool, 0, 20, [&](int) { ++turns; }, {.grain = 1}); },
            {.grain = 1});
        over = true;
    }));
    while (!over) {
        std::this_thread::yield();
    }
    REQUIRE(turns == 400);
    REQUIRE(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
}

TEST_CASE("parallel_for: by threads that have no place in the pool, alone") {
    std::atomic<int> turns{0};
    std::atomic<bool> go_on{false};
    std::atomic<bool> inside{false};
    pool_of<1> pool;
    std::thread other{[&] {
        REQUIRE(pool.invoke([&] {
            inside = true;
            while (!go_on) {
                std::this_thread::yield();
            }
        }));
    }};
    while (!inside) {
        std::this_thread::yield();
    }
    REQUIRE(pawl::parallel_for(pool, 0, 100, [&](int) { ++turns; }, {.grain = 1}));
    REQUIRE(turns == 100);
    go_on = true;
    other.join();
    pool.stop(pawl::finish);
    REQUIRE(pawl::parallel_for(pool, 0, 100, [&](int) { ++turns; }));
    REQUIRE(turns == 200);
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("parallel_for: a turn that throws ends its piece, and is told") {
    std::atomic<int> turns{0};
    pool_of<2> pool;
    for (const std::uint32_t grain : {0U, 10U}) {
        turns = 0;
        REQUIRE_FALSE(pawl::parallel_for(pool, 0, 100,
                                         [&](int i) {
                                             ++turns;
                                             if (i == 50) {
                                                 throw i;
                                             }
                                         },
                                         {.grain = grain}));
        // What follows the throw in its piece is lost, and that only: of a piece of ten at most
        // nine turns, none if the throw was its last; of one undivided loop all that follow.
        REQUIRE(turns >= (grain == 10 ? 91 : 51));
        REQUIRE(turns <= 100);
    }
    REQUIRE(pool.counts().threw == 2);
}
#endif
