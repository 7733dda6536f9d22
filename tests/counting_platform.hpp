// SPDX-License-Identifier: BSL-1.0
//
// counting_platform: how many read-modify-writes, full barriers and looks at the clock an operation
// takes. They are what it costs on a machine of many cores, and can be counted exactly.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/platform/std_platform.hpp>

namespace tests {

struct exchange_counts {
    std::uint32_t exchanges = 0;  // read-modify-writes
    std::uint32_t barriers = 0;   // fences, and stores that are one
    std::uint32_t looks = 0;      // at the clock
};
inline thread_local exchange_counts counted;

class counting_word {
public:
    constexpr counting_word() noexcept = default;

    std::uint32_t load(std::memory_order order) const noexcept { return value_.load(order); }
    void store(std::uint32_t value, std::memory_order order) noexcept {
        counted.barriers += order == std::memory_order_seq_cst ? 1 : 0;
        value_.store(value, order);
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order order) noexcept {
        return ++counted.exchanges, value_.exchange(value, order);
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order order) noexcept {
        return ++counted.exchanges, value_.fetch_add(value, order);
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order order) noexcept {
        return ++counted.exchanges, value_.fetch_sub(value, order);
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order order) noexcept {
        return ++counted.exchanges, value_.fetch_or(value, order);
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order order) noexcept {
        return ++counted.exchanges, value_.fetch_and(value, order);
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                 std::memory_order success, std::memory_order failure) noexcept {
        return ++counted.exchanges,
               value_.compare_exchange_strong(expected, desired, success, failure);
    }

private:
    std::atomic<std::uint32_t> value_{0};
};

struct counting_platform : pawl::std_platform {
    using word = counting_word;
    static void fence() noexcept {
        ++counted.barriers;
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    static time_point now() noexcept { return ++counted.looks, pawl::std_platform::now(); }
};

// What one more of them takes: of something that is done `few` times, and then `many` times.
struct each_takes {
    double exchanges;
    double barriers;
    double looks;
};
template <class Do>
each_takes one_of(Do&& repeat) {
    constexpr std::uint32_t few = 10;
    constexpr std::uint32_t many = 50;
    const auto count = [&](std::uint32_t times) {
        counted = {};
        repeat(times);
        return counted;
    };
    const exchange_counts less = count(few);
    const exchange_counts more = count(many);
    return {(double(more.exchanges) - double(less.exchanges)) / (many - few),
            (double(more.barriers) - double(less.barriers)) / (many - few),
            (double(more.looks) - double(less.looks)) / (many - few)};
}

}  // namespace tests
