// SPDX-License-Identifier: BSL-1.0
//
// token_bucket: at most burst + t * tokens / period starts in any t ticks, and no fewer.
//
// Goal: exact over any window and any length of time, in ticks that wrap, for callers whose clocks
// disagree. (features.md, rows 91 and 92: no double burst at an edge, no rounding, O(1).)
// Method: all windows of whole ticks by brute force in integers of 64 bits; a bucket with a level,
// the plain way; the closed formula for a caller that takes every token as it comes; values at the
// edges at compile time.
#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <pawl/jobs/token_bucket.hpp>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

struct terms {
    u32 tokens;
    u32 period;
    u32 burst;
};

// Every window of ticks, from that of one start to that of another.
bool any_window_holds(const terms& by, const std::vector<i64>& starts) {
    for (std::size_t first = 0; first < starts.size(); ++first) {
        for (std::size_t last = first; last < starts.size(); ++last) {
            const auto count = static_cast<i64>(last - first + 1);
            const i64 ticks = starts[last] - starts[first] + 1;
            // count <= burst + ticks * tokens / period
            if ((count - i64{by.burst}) * by.period > ticks * by.tokens) {
                return false;
            }
        }
    }
    return true;
}

// The same with a level: `period` units are one token, `tokens` units come every tick. What runs
// over is lost after a tick.
struct level {
    explicit level(const terms& terms) : by{terms}, units{i64{by.burst} * by.period} {}
    void pass(i64 ticks) {
        units += ticks * by.tokens;
        if (units >= i64{by.burst} * by.period + by.tokens) {
            units = i64{by.burst} * by.period;
        }
    }
    bool has_one() const { return units >= by.period; }

    terms by;
    i64 units;
};

template <class Tick>
constexpr pawl::token_rate<Tick> rate_of(const terms& by) {
    pawl::token_rate<Tick> rate;
    static_cast<void>(rate.set(by.tokens, by.period, by.burst));
    return rate;
}

template <class Tick>
constexpr bool accepts(u32 tokens, Tick period, u32 burst) {
    pawl::token_rate<Tick> rate;
    return rate.set(tokens, period, burst);
}

// Starts as soon as each token comes: the tick of the k-th one.
template <class Tick>
constexpr i64 kth_start(const terms& by, u32 k, Tick begin) {
    const auto rate = rate_of<Tick>(by);
    pawl::token_bucket<Tick> bucket;
    Tick now = begin;
    for (u32 start = 0;; ++start) {
        now = bucket.due(rate, now);
        if (start == k) {
            return static_cast<i64>(static_cast<Tick>(now - begin));
        }
        bucket.take(rate, now);
    }
}

// Three in ten ticks, one at once: 0, 4, 7, 10, 14: never early, and without drift.
static_assert(kth_start<u32>({3, 10, 1}, 1, 5) == 4 && kth_start<u32>({3, 10, 1}, 2, 5) == 7 &&
              kth_start<u32>({3, 10, 1}, 3, 5) == 10 && kth_start<u32>({3, 10, 1}, 4, 5) == 14);
static_assert(kth_start<u32>({3, 10, 4}, 3, 5) == 0 && kth_start<u32>({3, 10, 4}, 4, 5) == 4);
// More than one a tick.
static_assert(kth_start<u64>({5, 2, 3}, 2, 0) == 0 && kth_start<u64>({5, 2, 3}, 3, 0) == 1 &&
              kth_start<u64>({5, 2, 1}, 0, 9) == 0 && kth_start<u64>({5, 2, 1}, 1, 9) == 1 &&
              kth_start<u64>({5, 2, 1}, 1'000, 9) == 400);
// No burst is a burst of one.
static_assert(rate_of<u32>({3, 10, 0}) == rate_of<u32>({3, 10, 1}));

// What is refused, at the edges.
static_assert(accepts<u32>(0, 0, 0) && !accepts<u32>(1, 0, 1));
static_assert(accepts<u32>(0x7FFF'FFFF, 1, 1) && !accepts<u32>(0x8000'0000, 1, 1));
static_assert(accepts<u32>(1, 0x3FFF'FFFF, 1) && !accepts<u32>(1, 0x4000'0000, 1));
static_assert(accepts<u32>(1, 0x1FFF'FFFF, 2) && !accepts<u32>(1, 0x2000'0000, 2));
static_assert(accepts<u32>(1, 1, 0x3FFF'FFFF) && !accepts<u32>(1, 1, 0x4000'0000));
static_assert(!accepts<u32>(3, 0xFFFF'FFFF, 0xFFFF'FFFF));
static_assert(accepts<u32>(0x7FFF'FFFF, 0x7FFF'FFFF, 1000));
static_assert(accepts<u32>(0x7FFF'FFFE, 1, 0xFFFF'FFFF) && accepts<u64>(7, u64{1} << 50, 1000));

}  // namespace

TEST_CASE("token_bucket: any window, for random rates and random arrivals") {
    std::mt19937 random{1};
    const auto below = [&](u32 limit) { return static_cast<u32>(random() % limit); };
    for (u32 round = 0; round < 400; ++round) {
        const terms by{1 + below(40), 1 + below(100), 1 + below(6)};
        CAPTURE(by.tokens, by.period, by.burst, round);
        const auto rate = rate_of<u32>(by);
        pawl::token_bucket<u32> bucket;
        const u32 begin = round % 2 == 0 ? 0xFFFF'FF00 : static_cast<u32>(random());
        level plain{by};
        std::vector<i64> starts;
        i64 now = 0;
        u32 refused = 0;
        const auto pass = [&](i64 ticks) {
            now += ticks;
            plain.pass(ticks);
        };
        while (starts.size() < 150) {
            pass(below(4) == 0 ? below(3 * by.period / by.tokens + 2) : 0);
            const u32 tick = begin + static_cast<u32>(now);
            const u32 due = bucket.due(rate, tick);
            REQUIRE((due == tick) == plain.has_one());
            if (due == tick) {
                bucket.take(rate, tick);
                plain.units -= by.period;
                starts.push_back(now);
                continue;
            }
            ++refused;
            if (below(2) == 0) {  // comes again at the tick that it was told, which is the first
                pass(static_cast<i64>(due - tick) - 1);
                REQUIRE_FALSE(plain.has_one());
                pass(1);
                REQUIRE(plain.has_one());
            }
        }
        REQUIRE(any_window_holds(by, starts));
        REQUIRE(refused > 0);
    }
}

TEST_CASE("token_bucket: no drift in a million starts, while ticks of 32 bits wrap") {
    for (const terms by : {terms{3, 10, 1}, terms{7, 10'000, 5}, terms{1'000, 999, 2'000},
                           terms{997, 65'537, 3}, terms{0x7FFF'FFFF, 0x7FFF'FFFF, 2}}) {
        CAPTURE(by.tokens, by.period, by.burst);
        const auto rate = rate_of<u32>(by);
        pawl::token_bucket<u32> bucket;
        u32 now = 17;
        u64 time = 0;  // as `now`, without wrapping
        u64 wrong = 0;
        for (u64 start = 0; start < 1'000'000; ++start) {
            const u32 due = bucket.due(rate, now);
            time += due - now;
            now = due;
            const u64 steps = start < by.burst ? 0 : start - by.burst + 1;
            const u64 expected = (steps * by.period + by.tokens - 1) / by.tokens;
            wrong += time == expected ? 0U : 1U;
            bucket.take(rate, now);
        }
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("token_bucket: callers whose clocks disagree") {
    std::mt19937 random{2};
    const auto below = [&](u32 limit) { return static_cast<u32>(random() % limit); };
    for (u32 round = 0; round < 100; ++round) {
        const terms by{1 + below(5), 1 + below(30), 1 + below(4)};
        CAPTURE(by.tokens, by.period, by.burst);
        const auto rate = rate_of<u64>(by);
        pawl::token_bucket<u64> bucket;
        std::vector<i64> starts;
        for (u64 time = 100; starts.size() < 200; time += below(3)) {
            const u64 now = time - below(50);  // read some time ago
            if (bucket.due(rate, now) == now) {
                bucket.take(rate, now);
                starts.push_back(static_cast<i64>(now));
            }
        }
        // In any order: windows between the times, whichever start came first.
        std::sort(starts.begin(), starts.end());
        REQUIRE(any_window_holds(by, starts));
    }
}

TEST_CASE("token_bucket: a bucket that was forgotten in time is right after any pause") {
    const auto rate = rate_of<u32>({1, 1'000, 1});
    for (const u32 pause : {0x7FFF'0000U, 0x8000'0000U, 0xFFFF'FFFFU, 0xFFFF'FF00U}) {
        pawl::token_bucket<u32> bucket;
        bucket.take(rate, 5);
        REQUIRE(bucket.due(rate, 6) == 1'005);
        REQUIRE_FALSE(bucket.forget(1'004));
        REQUIRE(bucket.due(rate, 6) == 1'005);
        REQUIRE_FALSE(bucket.forget(1'005));
        REQUIRE(bucket.forget(1'006));
        REQUIRE(bucket.due(rate, 5 + pause) == 5 + pause);
    }
}

TEST_CASE("token_bucket: a changed rate takes the debt over, but never more than an empty bucket") {
    pawl::token_bucket<u32> bucket;
    const auto slow = rate_of<u32>({1, 1'000, 2});
    bucket.take(slow, 100);
    bucket.take(slow, 100);
    REQUIRE(bucket.due(slow, 100) == 1'100);

    // Empty under the slow one is empty under a fast one.
    const auto fast = rate_of<u32>({2, 10, 3});
    auto faster = bucket;
    faster.change(fast, 100);
    REQUIRE(faster.due(fast, 100) == 105);
    // And is owed no more under one that is slower.
    const auto slower = rate_of<u32>({1, 5'000, 2});
    auto slowed = bucket;
    slowed.change(slower, 100);
    REQUIRE(slowed.due(slower, 100) == 100);
    slowed.take(slower, 100);
    REQUIRE(slowed.due(slower, 100) == 100 + 2'000);
    // Rounded up, and full buckets stay full.
    pawl::token_bucket<u32> rest;
    const auto third = rate_of<u32>({3, 10, 1});
    rest.take(third, 0);
    const auto other = rate_of<u32>({7, 10, 1});
    auto changed = rest;
    changed.change(other, 0);
    REQUIRE(changed.due(other, 0) == 2);
    changed = rest;
    changed.change(other, 5);
    REQUIRE(changed.forget(5));
    // No rate: nothing is owed.
    changed = rest;
    changed.change({}, 0);
    REQUIRE(changed.forget(0));
    REQUIRE_FALSE(rest.forget(0));
}
