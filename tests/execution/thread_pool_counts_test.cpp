// SPDX-License-Identifier: BSL-1.0
//
// thread_pool: what it does not do: allocate, wake more threads than it has, and stay awake.
//
// Goal: no allocation after construction, whatever is submitted; at most as many wakes for a burst
// of a thousand jobs as there are workers, none for next(); an idle pool that is not there for the
// system. Method: a counting operator new; the pool's own counts of wakes and sleeps, in bursts of
// jobs that a gate holds, so that every worker is needed; the system's count of this process's
// processor time and context switches while nothing is submitted. And how seldom who looks for work
// looks at a worker that has some for itself only: the pauses between two looks, counted.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <thread>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "execution/pool_checks.hpp"
#include "house/counting_new.hpp"
#include "house/usage.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::pool_limits;
using pool_checks::becomes;
using pool_checks::gate;

constexpr pool_limits small(std::uint32_t workers, pawl::overflow policy) {
    return {.workers = workers,
            .queue = 16,
            .local = 8,
            .lane = 8,
            .priorities = 2,
            .when_full = policy};
}

// Everything that can be asked of a pool, more of it than there is room for.
template <class Pool>
void submit_everything(Pool& pool, std::atomic<int>& runs) {
    using worker_type = typename Pool::worker;
    const auto count = [&runs] { ++runs; };
    pool.post(count);
    pool.post(count, {.priority = 1});
    pool.post(count, {.on = pawl::main_thread});
    pool.post(count, {.on = pawl::on_worker(0)});
    pool.post(count, {.priority = 9});
    pool.post_n(40, [&](std::uint32_t) { return count; });
    pool.post_n(10, [&](std::uint32_t) { return count; }, {.on = pawl::main_thread});
    pool.post([&runs](worker_type& worker) {
        const auto inner = [&runs] { ++runs; };
        worker.next(inner);
        worker.next(inner);
        auto group = worker.group();
        for (int i = 0; i < 20; ++i) {
            group.spawn(inner);
            worker.spawn(inner);
        }
        group.spawn([&runs](worker_type& by) {
            auto own = by.group();
            own.spawn([&runs] { ++runs; });
        });
        group.wait();
        worker.pool().post(inner);
    });
#if PAWL_HAS_EXCEPTIONS
    // The exception itself is the language's memory, not operator new's.
    pool.post([&runs] {
        ++runs;
        throw 1;
    });
#endif
    static_cast<void>(pool.invoke([&runs](worker_type& worker) {
        ++runs;
        worker.spawn([&runs] { ++runs; });
    }));
    pool.poll();
}

template <class Pool>
std::uint64_t allocations_of(bool with_construction, pawl::stop_mode mode, int& ran) {
    std::atomic<int> runs{0};
    alignas(Pool) static std::byte memory[sizeof(Pool)];
    Pool* pool = with_construction ? nullptr : ::new (static_cast<void*>(memory)) Pool{};
    const house::allocation_scope scope;
    if (with_construction) {
        pool = ::new (static_cast<void*>(memory)) Pool{};
    }
    for (int round = 0; round < 10'000 && runs < 5'000; ++round) {
        submit_everything(*pool, runs);
        if (round % 16 == 0) {
            std::this_thread::sleep_for(100us);
        }
    }
    static_cast<void>(pool->counts());
    pool->stop(mode, 100s);
    pool->post([] {});
    pool->~Pool();
    ran = runs;
    return scope.count();
}

// Until every worker sleeps, and has done so for a while.
template <class Pool>
pawl::pool_counts at_rest(const Pool& pool) {
    pawl::pool_counts counts = pool.counts();
    for (int quiet = 0; quiet < 10;) {
        std::this_thread::sleep_for(2ms);
        const pawl::pool_counts now = pool.counts();
        quiet = now.parks == counts.parks && now.ran == counts.ran ? quiet + 1 : 0;
        counts = now;
    }
    return counts;
}

template <std::uint32_t Workers>
using pool_of = pawl::thread_pool<pool_limits{.workers = Workers, .queue = 2048, .local = 1024}>;

// The wakes of a burst of 1000 jobs that wait until all workers have one.
template <std::uint32_t Workers, class Submit>
std::uint32_t wakes_of_burst(pool_of<Workers>& pool, Submit submit) {
    gate held;
    const pawl::pool_counts before = at_rest(pool);
    submit(held);
    REQUIRE(becomes([&] { return held.came() >= Workers; }));
    held.open();
    REQUIRE(becomes([&] { return held.came() == 1000; }));
    const pawl::pool_counts after = at_rest(pool);
    CHECK_FALSE(held.forced());
    return after.wakes - before.wakes;
}

template <std::uint32_t Workers>
void check_bursts() {
    pool_of<Workers> pool;
    for (int round = 0; round < 5; ++round) {
        CHECK(wakes_of_burst<Workers>(pool, [&](gate& held) {
                  for (int i = 0; i < 1000; ++i) {
                      REQUIRE(pool.post([&held] { held.pass(); }));
                  }
              }) <= Workers);
        CHECK(wakes_of_burst<Workers>(pool, [&](gate& held) {
                  REQUIRE(pool.post_n(1000,
                                      [&held](std::uint32_t) { return [&held] { held.pass(); }; }));
              }) <= Workers);
        CHECK(wakes_of_burst<Workers>(pool, [&](gate& held) {
                  REQUIRE(pool.post([&held](auto& worker) {
                      for (int i = 0; i < 999; ++i) {
                          worker.spawn([&held] { held.pass(); });
                      }
                      held.pass();
                  }));
              }) <= Workers);
    }
}

}  // namespace

TEST_CASE("pool counts: no allocation with workers after construction") {
    int ran = 0;
    for (const pawl::stop_mode mode : {pawl::finish, pawl::drain, pawl::abandon}) {
        const auto inline_ones =
            allocations_of<pawl::thread_pool<small(2, pawl::overflow::run_inline)>>(false, mode,
                                                                                    ran);
        CHECK(inline_ones == 0);
        CHECK(ran >= 5'000);
        const auto refused =
            allocations_of<pawl::thread_pool<small(2, pawl::overflow::refuse)>>(false, mode, ran);
        CHECK(refused == 0);
        CHECK(ran >= 5'000);
    }
}

TEST_CASE("pool counts: no allocation without workers, construction included") {
    int ran = 0;
    const auto real =
        allocations_of<pawl::thread_pool<small(0, pawl::overflow::run_inline), pawl::std_platform>>(
            true, pawl::drain, ran);
    CHECK(real == 0);
    CHECK(ran >= 5'000);
    const auto manual =
        allocations_of<pawl::thread_pool<small(0, pawl::overflow::refuse), pawl::manual_platform>>(
            true, pawl::finish, ran);
    CHECK(manual == 0);
    CHECK(ran >= 5'000);
}

TEST_CASE("pool counts: a burst of 1000 wakes each worker once at most") {
    check_bursts<1>();
    check_bursts<2>();
    check_bursts<4>();
    check_bursts<16>();
}

TEST_CASE("pool counts: a burst of 1000 that cost nothing wakes no more") {
    // Workers that keep up with the submitter fall asleep on the way if the system takes it off its
    // core for long enough. So not every burst counts, but many do.
    pool_of<2> pool;
    std::uint32_t wakes[21] = {};
    for (std::uint32_t& each : wakes) {
        const pawl::pool_counts before = at_rest(pool);
        // Nothing between two posts: a burst is faster than those who run it.
        int accepted = 0;
        for (int i = 0; i < 1000; ++i) {
            accepted += pool.post([] {}) ? 1 : 0;
        }
        REQUIRE(accepted == 1000);
        REQUIRE(becomes([&] { return pool.counts().ran == before.ran + 1000; }));
        each = at_rest(pool).wakes - before.wakes;
    }
    std::sort(std::begin(wakes), std::end(wakes));
    INFO("wakes a burst: " << wakes[0] << " to " << wakes[20] << ", median " << wakes[10]);
    CHECK(wakes[5] <= 2);
}

TEST_CASE("pool counts: next() wakes nobody") {
    pool_of<4> pool;
    struct link {
        std::atomic<int>* left;
        void operator()(pool_of<4>::worker& worker) const {
            if (--*left > 0) {
                worker.next(link{left});
            }
        }
    };
    for (int round = 0; round < 10; ++round) {
        std::atomic<int> left{1000};
        const pawl::pool_counts before = at_rest(pool);
        REQUIRE(pool.post(link{&left}));
        REQUIRE(becomes([&] { return pool.counts().ran == before.ran + 1000; }));
        CHECK(at_rest(pool).wakes - before.wakes == 1);
    }
}

namespace {

// The longest row of pauses between two jobs of a thread that did not give way meanwhile.
struct resting_platform : pawl::std_platform {
    static inline std::atomic<int> longest{0};
    static inline thread_local int row = 0;
    static void relax() noexcept {
        if (++row > longest.load()) {
            longest = row;
        }
        pawl::std_platform::relax();
    }
    static void yield() noexcept {
        row = 0;
        pawl::std_platform::yield();
    }
    static void park(parker& sleeper) noexcept {
        row = 0;
        pawl::std_platform::park(sleeper);
    }
};

}  // namespace

TEST_CASE("pool counts: who looks for work leaves a worker alone that spawns for itself") {
    using pool_type = pawl::thread_pool<pool_limits{.workers = 2}, resting_platform>;
    constexpr int usual_max = 100;  // 63 until it gives way, and one a look
    pool_type pool;
    for (int jobs = 0; jobs < 100; ++jobs) {
        std::atomic<bool> ran{false};
        REQUIRE(pool.post([&] {
            resting_platform::row = 0;
            ran = true;
        }));
        REQUIRE(becomes([&] { return ran.load(); }));
    }
    CHECK(resting_platform::longest < usual_max);

    // Until the other one has rested; after so many it does not. (On one core it takes the job when
    // it comes back to it.)
    constexpr int jobs_max = 100'000'000;
    if (pawl::std_platform::thread_count() < 2) {
        return;
    }
    struct link {
        int left;
        std::atomic<bool>* over;
        void operator()(pool_type::worker& worker) const {
            resting_platform::row = 0;
            if (left == 0 || resting_platform::longest > usual_max) {
                *over = true;
            } else {
                worker.spawn(link{left - 1, over});
            }
        }
    };
    std::atomic<bool> over{false};
    REQUIRE(pool.post(link{jobs_max, &over}));
    REQUIRE(becomes([&] { return over.load(); }));
    CHECK(resting_platform::longest > usual_max);
}

#if defined(__unix__)
TEST_CASE("pool counts: an idle pool sleeps") {
    pool_of<8> pool;
    REQUIRE(pool.post_n(100, [](std::uint32_t) { return [] {}; }));
    // 0.1 ms of processor time and 2 switches a second, of which this thread's sleep is one. What
    // else the system may do in the name of a process is not there each time; and on a busy machine
    // a thread may be on its way to sleep for long.
    constexpr int seconds = 2;
    bool idle = false;
    for (int tries = 0; tries < 4 && !idle; ++tries) {
        const pawl::pool_counts before = at_rest(pool);
        const house::usage seen = house::during(1s * seconds);
        const pawl::pool_counts after = pool.counts();
        idle = seen.cpu_us <= 100 * seconds && seen.switches <= 2 * seconds &&
               after.parks == before.parks && after.wakes == before.wakes;
        UNSCOPED_INFO("cpu us " << seen.cpu_us << ", voluntary context switches " << seen.switches
                                << ", sleeps " << after.parks - before.parks << ", wakes "
                                << after.wakes - before.wakes);
    }
    CHECK(idle);
}
#endif
