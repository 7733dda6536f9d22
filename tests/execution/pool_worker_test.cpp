// SPDX-License-Identifier: BSL-1.0
//
// pool_worker: forking and joining inside jobs.
//
// Goal: wait() returns when all children have ended, and not before, however deep groups are
// nested, however little room there is, and with however few workers; it says whether one has
// thrown; what runs inside it is what it waits for, and descendants of that; others' parts are run
// at most pool_limits.depth deep. Method: trees of jobs against the plain recursion, with 0 to 3
// workers; marks on each thread that say which waits are open there.
//
// labels: concurrent
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
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

using pawl::pool_limits;
using pool_checks::becomes;
using pool_checks::fate;
using pool_checks::findings;
using pool_checks::gate;
using pool_checks::ticket;

constexpr pool_limits some(std::uint32_t workers, std::uint32_t local = 64,
                           std::uint32_t depth = 16) {
    return {.workers = workers, .queue = 256, .local = local, .depth = depth};
}
template <pool_limits L>
using pool_of = pawl::thread_pool<L>;

// Runs f(worker) as a job, and waits for its end.
template <class Pool, class F>
void run_in(Pool& pool, F function) {
    std::atomic<bool> over{false};
    REQUIRE(pool.post([&](auto& worker) {
        function(worker);
        over = true;
    }));
    if constexpr (Pool::capacity.workers == 0) {
        while (!over) {
            pool.poll();
        }
    }
    REQUIRE(becomes([&] { return over.load(); }));
}

int plain_fib(int n) { return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2); }

template <class Worker>
int fib(Worker& worker, int n) {
    if (n < 2) {
        return n;
    }
    int first = 0;
    auto group = worker.group();
    group.spawn([&first, n](Worker& by) { first = fib(by, n - 1); });
    const int second = fib(worker, n - 2);
    group.wait();
    return first + second;
}

template <pool_limits L>
void check_fib(int n) {
    const auto pool = std::make_unique<pool_of<L>>();
    int result = 0;
    run_in(*pool, [&](auto& worker) { result = fib(worker, n); });
    CHECK(result == plain_fib(n));
    // In the caller's place, beside the workers.
    result = 0;
    REQUIRE(pool->invoke([&](auto& worker) { result = fib(worker, n); }));
    CHECK(result == plain_fib(n));
    pool->stop(pawl::drain);
    // Each fork is a job, wherever it was run, and so are the two roots.
    const auto forks = [](auto& self, int of) -> std::uint64_t {
        return of < 2 ? 0 : 1 + self(self, of - 1) + self(self, of - 2);
    };
    CHECK(pool->counts().ran == 2 + 2 * forks(forks, n));
    CHECK(pool->counts().discarded == 0);
}

}  // namespace

TEST_CASE("pool group: fib, against the plain recursion") {
    check_fib<some(0)>(16);
    check_fib<some(1)>(18);
    check_fib<some(2)>(20);
    check_fib<some(3)>(20);
    check_fib<some(8)>(18);
}

TEST_CASE("pool group: fib with hardly any room, or none to help") {
    check_fib<some(1, 2)>(14);
    check_fib<some(2, 1)>(16);
    check_fib<some(2, 2)>(18);
    check_fib<some(3, 4)>(18);
    check_fib<some(2, 64, 0)>(18);
    check_fib<some(3, 64, 1)>(18);
    check_fib<some(3, 2, 1)>(16);
}

TEST_CASE("pool group: in virtual time") {
    pawl::thread_pool<some(0), pawl::manual_platform> pool;
    int result = 0;
    run_in(pool, [&](auto& worker) { result = fib(worker, 12); });
    CHECK(result == plain_fib(12));
}

TEST_CASE("pool group: thousands of children, and again after wait()") {
    std::vector<fate> fates(5000);
    std::vector<std::uint32_t> seen;
    findings expect;
    pool_of<some(2)> pool;
    run_in(pool, [&](auto& worker) {
        auto group = worker.group();
        for (int round = 0; round < 5; ++round) {
            for (std::size_t i = 0; i < 1000; ++i) {
                group.spawn(ticket{fates[static_cast<std::size_t>(round) * 1000 + i]});
            }
            expect(group.wait());
            std::uint32_t ran = 0;
            for (const fate& each : fates) {
                ran += each.runs;
            }
            seen.push_back(ran);
            expect(group.wait());  // nothing to wait for
        }
    });
    CHECK(expect.wrong_line() == 0);
    CHECK(seen == std::vector<std::uint32_t>{1000, 2000, 3000, 4000, 5000});
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
    pool.stop(pawl::drain);
    CHECK(pool.counts().ran == 5001);
}

TEST_CASE("pool group: its end waits, and several are open at once") {
    std::atomic<int> runs{0};
    int after_inner = 0;
    int after_outer = 0;
    pool_of<some(2)> pool;
    run_in(pool, [&](auto& worker) {
        {
            auto outer = worker.group();
            for (int i = 0; i < 20; ++i) {
                outer.spawn([&] { ++runs; });
            }
            {
                auto inner = worker.group();
                for (int i = 0; i < 20; ++i) {
                    inner.spawn([&](auto& by) {
                        auto own = by.group();
                        own.spawn([&] { ++runs; });
                        own.spawn([&] { ++runs; });
                    });
                }
            }
            after_inner = runs;
        }
        after_outer = runs;
    });
    CHECK(after_inner >= 40);
    CHECK(after_outer == 60);
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("pool group: wait() says whether one of them has thrown") {
    pool_of<some(2, 4)> pool;  // some find no room, and run at once
    std::atomic<int> runs{0};
    std::vector<bool> said;
    run_in(pool, [&](auto& worker) {
        auto group = worker.group();
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 20; ++i) {
                group.spawn([&, throws = round % 2 == 1 && i == round] {
                    ++runs;
                    if (throws) {
                        throw 1;
                    }
                });
            }
            said.push_back(group.wait());
        }
        // A group inside keeps it to itself.
        group.spawn([&](auto& by) {
            auto inner = by.group();
            inner.spawn([] { throw 2; });
            said.push_back(inner.wait());
        });
        said.push_back(group.wait());
    });
    REQUIRE(said.size() == 22);
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(said[i] == (i % 2 == 0));
    }
    CHECK_FALSE(said[20]);
    CHECK(said[21]);
    CHECK(runs == 400);
    CHECK(pool.counts().threw == 11);
}
#endif

TEST_CASE("pool group: a wait needs nobody who has not begun") {
    // One worker, and the other one held for ever: the waits end all the same.
    gate held;
    int result = 0;
    pool_of<some(2)> pool;
    REQUIRE(pool.post([&] { held.pass(); }));
    REQUIRE(becomes([&] { return held.came() == 1; }));
    run_in(pool, [&](auto& worker) { result = fib(worker, 15); });
    CHECK(result == plain_fib(15));
    REQUIRE(pool.invoke([&](auto& worker) { result += fib(worker, 15); }));
    CHECK(result == 2 * plain_fib(15));
    CHECK_FALSE(held.forced());
    held.open();
}

TEST_CASE("pool group: with one worker what is beside the group runs after it") {
    pawl::thread_pool<some(0), pawl::manual_platform> pool;
    std::vector<int> order;
    const auto note = [&order](int number) {
        return [&order, number] { order.push_back(number); };
    };
    REQUIRE(pool.post([&](auto& worker) {
        CHECK(worker.spawn(note(6)));  // before the group
        {
            auto group = worker.group();
            group.spawn(note(2));
            CHECK(worker.spawn(note(8)));  // beside it
            CHECK(worker.next(note(5)));
            group.spawn([&](auto& by) {
                order.push_back(1);
                CHECK(by.spawn(note(0)));  // a descendant: the group may run it
            });
            CHECK(pool.post(note(9)));
            CHECK(group.wait());
            order.push_back(3);
        }
        order.push_back(4);
    }));
    REQUIRE(pool.post(note(7)));
    while (pool.poll().ran != 0) {
    }
    CHECK(order == std::vector<int>{1, 0, 2, 3, 4, 5, 6, 7, 8, 9});
}

namespace {

// What is open on this thread: the root whose waits are under way here, or none.
thread_local const void* waited_root = nullptr;
thread_local int helps = 0;

struct watch {
    std::atomic<std::uint32_t> strangers{0};  // leaves of nobody that ran inside a wait
    std::atomic<std::uint32_t> others{0};     // jobs of another root that ran inside a wait
    std::atomic<std::uint32_t> jobs{0};
    std::atomic<int> helps_max{0};
};

// A tree of groups. Each job says whose it is, and checks whose waits it runs inside.
template <class Worker>
struct branch {
    watch* seen;
    const void* root;
    int height;
    std::thread::id spawner;

    void operator()(Worker& worker) const {
        ++seen->jobs;
        if (waited_root != nullptr && waited_root != root) {
            ++seen->others;
        }
        const bool helped = waited_root != nullptr && spawner != std::this_thread::get_id();
        helps += helped ? 1 : 0;
        for (int most = seen->helps_max; helps > most;) {
            if (seen->helps_max.compare_exchange_weak(most, helps)) {
                break;
            }
        }
        if (height == 0) {
            if (seen->jobs % 16 == 0) {
                std::this_thread::yield();
            }
        } else {
            auto group = worker.group();
            for (int i = 0; i < 2; ++i) {
                group.spawn(branch{seen, root, height - 1, std::this_thread::get_id()});
            }
            const void* const before = std::exchange(waited_root, root);
            group.wait();
            waited_root = before;
        }
        helps -= helped ? 1 : 0;
    }
};

template <pool_limits L>
void check_strangers() {
    using pool_type = pool_of<L>;
    watch seen;
    constexpr int roots = 60;
    constexpr int height = 6;
    std::vector<char> identity(roots);
    std::atomic<std::uint32_t> leaves{0};
    findings expect;
    const auto pool = std::make_unique<pool_type>();
    const auto stranger = [&] {
        ++leaves;
        if (waited_root != nullptr) {
            ++seen.strangers;
        }
    };
    for (int i = 0; i < roots; ++i) {
        REQUIRE(pool->post([&, who = &identity[static_cast<std::size_t>(i)]](auto& worker) {
            expect(worker.spawn(stranger));
            auto group = worker.group();
            expect(worker.spawn(stranger));
            using type = std::decay_t<decltype(worker)>;
            const auto self = std::this_thread::get_id();
            group.spawn(branch<type>{&seen, who, height, self});
            group.spawn(branch<type>{&seen, who, height, self});
            expect(worker.spawn(stranger));
            const void* const before = std::exchange(waited_root, who);
            group.wait();
            waited_root = before;
        }));
        REQUIRE(pool->post(stranger));
    }
    REQUIRE(becomes([&] { return leaves == 4 * roots; }));
    CHECK(pool->stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(seen.jobs == roots * 2 * ((2U << height) - 1));
    CHECK(seen.strangers == 0);
    CHECK(expect.wrong_line() == 0);
    // The exception that pool_worker.hpp names: between two loads and a compare-and-swap.
    CHECK(seen.others <= seen.jobs / 100);
    CHECK(seen.helps_max <= static_cast<int>(L.depth));
}

}  // namespace

TEST_CASE(
    "pool group: nothing unrelated runs inside a wait, and helps nest so deep and no deeper") {
    check_strangers<some(1)>();
    check_strangers<some(2)>();
    check_strangers<some(3)>();
    check_strangers<some(4, 64, 1)>();
    check_strangers<some(4, 64, 0)>();
    check_strangers<some(3, 64, 2)>();
}

TEST_CASE("pool group: a wait does not sleep through the end of what it waits for") {
    // A child that another worker has, and that ends just as the wait begins.
    pool_of<some(1)> pool;
    REQUIRE(pool.invoke([](auto& worker) {
        for (int round = 0; round < 20'000; ++round) {
            std::atomic<bool> begun{false};
            auto group = worker.group();
            group.spawn([&begun, round] {
                begun = true;
                for (int i = 0; i < round % 64; ++i) {
                    pawl::std_platform::relax();
                }
            });
            // The other worker takes it, unless it is late: then this one does.
            for (int i = 0; i < 200 && !begun; ++i) {
                pawl::std_platform::relax();
            }
            group.wait();
            REQUIRE(begun);
        }
    }));
}

TEST_CASE("pool group: spawning from many, and everything is run once") {
    std::vector<fate> fates(3000);
    std::atomic<std::size_t> next{0};
    pool_of<some(3, 16)> pool;
    struct spawner {
        std::vector<fate>* fates;
        std::atomic<std::size_t>* next;
        void operator()(pool_of<some(3, 16)>::worker& worker) const {
            for (;;) {
                const std::size_t mine = (*next)++;
                if (mine >= fates->size()) {
                    return;
                }
                ticket job{(*fates)[mine]};
                while (!worker.spawn(std::move(job))) {
                    std::this_thread::yield();
                }
            }
        }
    };
    for (int i = 0; i < 3; ++i) {
        REQUIRE(pool.post(spawner{&fates, &next}));
    }
    REQUIRE(becomes([&] { return pool.counts().ran == 3003; }));
    for (const fate& each : fates) {
        REQUIRE(each.runs == 1);
        REQUIRE(each.ends == 1);
    }
}
