// SPDX-License-Identifier: BSL-1.0
//
// tally: how many jobs have run, counted by the threads that run them.
//
// One counter for all of them would be what an empty job costs most: workers would take its cache
// line from each other. So every thread has its own, and who waits adds them up.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include "../harness.hpp"

namespace bench {

class tally {
public:
    tally() = default;
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;

    // From any thread. What it wrote before is seen by who sees the sum.
    void add() {
        if (mine_.of != number_) {
            enrol();
        }
        mine_.count->store(mine_.count->load(std::memory_order_relaxed) + 1,
                           std::memory_order_release);
    }

    [[nodiscard]] std::uint64_t sum() const {
        std::uint64_t result = 0;
        const std::size_t threads = threads_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < threads; ++i) {
            result += counters_[i].count.load(std::memory_order_acquire);
        }
        return result;
    }

    // Looks seldom, for every look takes a line from a worker, and gives way: there may be as many
    // workers as cores. While many are to come it sleeps: else one of them shared its core.
    void wait(std::uint64_t expected) const {
        for (std::uint64_t seen = sum(); seen < expected; seen = sum()) {
            if (expected - seen > far) {
                std::this_thread::sleep_for(std::chrono::microseconds{50});
                continue;
            }
            for (int i = 0; i < 16; ++i) {
                pause();
            }
            std::this_thread::yield();
        }
        check(sum() == expected, "a job ran twice");
    }

private:
    // So many jobs take longer than a sleep, at 10 ns a job and 150 us a sleep.
    static constexpr std::uint64_t far = 16'384;

    struct alignas(64) counter {
        std::atomic<std::uint64_t> count{0};
        std::thread::id thread;
    };
    struct own {
        std::uint32_t of;
        std::atomic<std::uint64_t>* count;
    };

    // The first job of a thread, and the first one after it has counted for another tally.
    void enrol() {
        const std::lock_guard held{lock_};
        const auto me = std::this_thread::get_id();
        const std::size_t threads = threads_.load(std::memory_order_relaxed);
        std::size_t i = 0;
        while (i < threads && counters_[i].thread != me) {
            ++i;
        }
        if (i == threads) {
            check(threads < counters_.size(), "too many threads for a tally");
            counters_[i].thread = me;
            threads_.store(threads + 1, std::memory_order_release);
        }
        mine_ = {number_, &counters_[i].count};
    }

    inline static std::atomic<std::uint32_t> numbers_{0};
    inline static constinit thread_local own mine_{0, nullptr};

    const std::uint32_t number_ = numbers_.fetch_add(1) + 1;  // an address may come again
    std::mutex lock_;
    std::atomic<std::size_t> threads_{0};
    std::array<counter, 16> counters_;
};

}  // namespace bench
