// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: in which order jobs run, and that none waits for ever.
//
// Goal: the queue is first in, first out within a priority, and urgent before less urgent; next()
// is right after the present job; of a worker's own jobs the last one comes first; and whatever
// keeps itself alive for ever, a job that waits anywhere else runs after a bounded number of jobs.
// Method: one thread and no worker, where the order is exact: every kind of endless work beside
// every kind of waiting job.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

namespace {

using pawl::pool_limits;

constexpr pool_limits three_priorities{
    .workers = 0, .queue = 256, .local = 64, .lane = 64, .priorities = 3};
using pool_type = pawl::thread_pool<three_priorities, pawl::manual_platform>;
using worker_type = pool_type::worker;

// Every 61st job may come from elsewhere.
constexpr std::uint32_t turn = 61;

// Where a job waits.
enum class place : std::uint8_t { urgent, middle, least, lane, own, next };
constexpr place places[] = {place::urgent, place::middle, place::least,
                            place::lane,   place::own,    place::next};

template <class F>
bool put(pool_type& pool, worker_type& worker, place where, F function) {
    switch (where) {
        case place::lane: return bool{pool.post(function, {.on = pawl::main_thread})};
        case place::own: return worker.spawn(function);
        case place::next: return worker.next(function);
        default: return bool{pool.post(function, {.priority = static_cast<std::uint32_t>(where)})};
    }
}

struct world {
    pool_type pool;
    std::uint32_t steps = 0;       // jobs of the endless kinds
    std::uint32_t victim_ran = 0;  // at which step
    bool over = false;
};

// Keeps itself alive, in one place.
struct endless {
    world* all;
    place where;
    void operator()(worker_type& worker) const {
        ++all->steps;
        if (!all->over) {
            REQUIRE(put(all->pool, worker, where, *this));
        }
    }
};

// Starts all the endless kinds and one job that waits at `waits`; after how many steps did it run?
std::uint32_t steps_until(place waits, const std::vector<place>& kinds, std::uint32_t steps_max) {
    const auto all = std::make_unique<world>();
    REQUIRE(all->pool.post([all = all.get(), waits, &kinds](worker_type& worker) {
        // Below what comes later.
        REQUIRE(put(all->pool, worker, waits, [all] {
            all->over = true;
            all->victim_ran = all->steps;
        }));
        for (const place each : kinds) {
            REQUIRE(put(all->pool, worker, each, endless{all, each}));
        }
    }));
    while (!all->over && all->steps < steps_max) {
        all->pool.poll();
    }
    const bool ran = all->over;
    all->over = true;
    while (all->pool.poll().ran != 0) {
    }
    return ran ? all->victim_ran : steps_max;
}

}  // namespace

TEST_CASE("pool order: first in, first out, and urgent before less urgent") {
    pool_type pool;
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < 40; ++i) {
        for (const std::uint32_t priority : {2U, 0U, 1U}) {
            REQUIRE(pool.post([&order, i, priority] { order.push_back(priority * 100 + i); },
                              {.priority = priority}));
        }
    }
    while (pool.poll().ran != 0) {
    }
    REQUIRE(order.size() == 120);
    std::uint32_t next[3] = {0, 0, 0};
    for (std::size_t at = 0; at < order.size(); ++at) {
        const std::uint32_t priority = order[at] / 100;
        REQUIRE(order[at] % 100 == next[priority]);
        ++next[priority];
        if ((at + 1) % turn != 0) {
            // Nothing more urgent was left.
            for (std::uint32_t above = 0; above < priority; ++above) {
                REQUIRE(next[above] == 40);
            }
        }
    }
}

TEST_CASE("pool order: next() comes right after the present job, the second one is spawned") {
    pool_type pool;
    std::vector<int> order;
    const auto note = [&order](int number) {
        return [&order, number] { order.push_back(number); };
    };
    REQUIRE(pool.post(note(9)));
    REQUIRE(pool.post(note(10)));
    REQUIRE(pool.post(
        [&](worker_type& worker) {
            REQUIRE(worker.spawn(note(5)));
            REQUIRE(worker.spawn(note(4)));
            REQUIRE(worker.next(note(2)));
            REQUIRE(worker.next(note(3)));
            order.push_back(1);
        },
        {.on = pawl::main_thread}));
    while (pool.poll(pawl::poll_budget{.jobs = 1}).ran != 0) {
    }
    CHECK(order == std::vector<int>{1, 2, 3, 4, 5, 9, 10});
}

TEST_CASE("pool order: a chain of next() runs in one go") {
    pool_type pool;
    std::vector<int> order;
    struct link {
        std::vector<int>* order;
        int number;
        void operator()(worker_type& worker) const {
            order->push_back(number);
            if (number < 30) {
                REQUIRE(worker.next(link{order, number + 1}));
            }
        }
    };
    REQUIRE(pool.post(link{&order, 0}));
    REQUIRE(pool.post([&] { order.push_back(99); }));
    pool.poll();
    REQUIRE(order.size() == 32);
    for (int i = 0; i <= 30; ++i) {
        REQUIRE(order[static_cast<std::size_t>(i)] == i);
    }
    CHECK(order.back() == 99);
}

TEST_CASE("pool order: nothing waits for ever beside one endless kind of work") {
    for (const place waits : places) {
        for (const place kind : places) {
            CAPTURE(static_cast<int>(waits), static_cast<int>(kind));
            const std::uint32_t steps = steps_until(waits, {kind}, 20'000);
            CHECK(steps <= 6 * turn);
        }
    }
}

TEST_CASE("pool order: nothing waits for ever beside all of them") {
    for (const place waits : places) {
        CAPTURE(static_cast<int>(waits));
        // One job a turn from each of five places, in turn.
        const std::uint32_t steps = steps_until(
            waits,
            {place::urgent, place::middle, place::least, place::lane, place::own, place::next},
            20'000);
        CHECK(steps <= 12 * turn);
    }
}

TEST_CASE("pool order: two endless priorities do not hide the one between") {
    CHECK(steps_until(place::middle, {place::urgent, place::least}, 20'000) <= 6 * turn);
    CHECK(steps_until(place::least, {place::urgent, place::middle}, 20'000) <= 6 * turn);
}
