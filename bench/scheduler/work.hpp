// SPDX-License-Identifier: BSL-1.0
//
// work: the job of every contender, 24 bytes as of a lambda with three captures. It adds to a sum,
// plain on one thread and atomic between several, by which a benchmark sees that every job has run
// once.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace bench {

template <class Sum>
struct work {
    Sum* sum;
    std::uint64_t number;
    std::uint64_t weight;

    void operator()() const {
        if constexpr (std::is_same_v<Sum, std::uint64_t>) {
            *sum += number * weight;
        } else {
            sum->fetch_add(number * weight, std::memory_order_relaxed);
        }
    }
};
using local_work = work<std::uint64_t>;
using shared_work = work<std::atomic<std::uint64_t>>;
static_assert(sizeof(local_work) == 24 && sizeof(shared_work) == 24);

// What jobs numbered from 0 add up, at weight 1.
constexpr std::uint64_t sum_below(std::uint64_t count) { return count * (count - 1) / 2; }

}  // namespace bench
