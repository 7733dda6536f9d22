// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
// needs: linux
//
// The fence that one side pays for both.
//
// Goal: of two threads that each write, fence and read, one sees what the other wrote, whichever of
// both has the light fence; and a pool on this platform loses no job. Method: the two threads meet
// again and again (Dekker), with light against heavy; then bursts of jobs with gaps in which the
// workers fall asleep, and trees of jobs.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/membarrier_platform.hpp>

#if defined(__linux__)

using namespace std::chrono_literals;
using machine = pawl::membarrier_platform;

TEST_CASE("membarrier: of a light and a heavy fence one side sees the other") {
    machine::heavy_fence();
    constexpr int meetings = 20'000;
    std::atomic<int> left{0};
    std::atomic<int> right{0};
    std::atomic<int> met{0};  // two for each meeting
    std::atomic<int> blind{0};
    bool seen_left = false;
    bool seen_right = false;
    const auto meet = [&met](int meeting) {
        met.fetch_add(1);
        while (met.load() < 2 * meeting) {
            std::this_thread::yield();
        }
    };
    std::thread other{[&] {
        for (int i = 1; i <= meetings; ++i) {
            meet(2 * i - 1);
            right.store(i, std::memory_order_relaxed);
            machine::heavy_fence();
            seen_left = left.load(std::memory_order_relaxed) >= i;
            meet(2 * i);
        }
    }};
    for (int i = 1; i <= meetings; ++i) {
        meet(2 * i - 1);
        left.store(i, std::memory_order_relaxed);
        machine::light_fence();
        seen_right = right.load(std::memory_order_relaxed) >= i;
        meet(2 * i);
        if (!seen_left && !seen_right) {
            ++blind;
        }
    }
    other.join();
    REQUIRE(blind == 0);
}

TEST_CASE("membarrier: a pool's workers sleep and miss nothing") {
    std::atomic<std::uint32_t> ran{0};
    std::uint32_t posted = 0;
    pawl::thread_pool<pawl::pool_limits{.workers = 3, .queue = 64}, machine> pool;
    for (int burst = 0; burst < 300; ++burst) {
        for (int i = 0; i <= burst % 17; ++i) {
            REQUIRE(pool.post([&ran] { ++ran; }));
            ++posted;
        }
        while (ran != posted) {
            std::this_thread::yield();
        }
        if (burst % 3 == 0) {
            std::this_thread::sleep_for(100us);
        }
    }
    REQUIRE(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(pool.counts().parks > 10);
}

namespace {

struct tree {
    std::atomic<std::uint32_t>* leaves;
    int height;

    template <class Worker>
    void operator()(Worker& worker) const {
        if (height == 0) {
            ++*leaves;
            return;
        }
        auto group = worker.group();
        group.spawn(tree{leaves, height - 1});
        group.spawn(tree{leaves, height - 1});
        group.wait();
    }
};

}  // namespace

TEST_CASE("membarrier: what jobs spawn runs once, whoever takes it") {
    std::atomic<std::uint32_t> leaves{0};
    pawl::thread_pool<pawl::pool_limits{.workers = 3, .queue = 64}, machine> pool;
    for (std::uint32_t i = 1; i <= 20; ++i) {
        REQUIRE(pool.post(tree{&leaves, 10}));
        while (leaves != 1024 * i) {
            std::this_thread::yield();
        }
    }
    REQUIRE(pool.stop(pawl::drain).status == pawl::stop_status::stopped);
    REQUIRE(leaves == 1024 * 20);
}

#endif
