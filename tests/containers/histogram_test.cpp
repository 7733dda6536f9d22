// labels: concurrent
//
// histogram: counts in buckets that double.
//
// Goal: every number is counted once, in its bucket; a percentile is never below the number it
// stands for, and less than twice that. Method: random numbers of all magnitudes beside a sorted
// vector; then several threads, and snapshots beside them.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include <pawl/containers/histogram.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "explore/interrupt_board.hpp"

namespace {

using pawl::histogram_writers;

template <std::uint32_t Buckets, histogram_writers Writers = histogram_writers::many>
using plain = pawl::histogram<Buckets, pawl::manual_platform, Writers>;
using all_buckets = pawl::histogram_buckets<33>;

static_assert(all_buckets::bucket_of(0) == 0);
static_assert(all_buckets::bucket_of(1) == 1);
static_assert(all_buckets::bucket_of(2) == 2);
static_assert(all_buckets::bucket_of(3) == 2);
static_assert(all_buckets::bucket_of(0xFFFF'FFFF) == 32);
static_assert(all_buckets::highest(32) == 0xFFFF'FFFF);
static_assert(pawl::histogram_buckets<4>::bucket_of(1000) == 3);
static_assert(pawl::histogram_buckets<4>::highest(3) == 0xFFFF'FFFF);
static_assert(pawl::histogram_buckets<4>::highest(2) == 3);
static_assert(pawl::histogram_buckets<1>::highest(0) == 0xFFFF'FFFF);
static_assert([] {
    pawl::histogram_snapshot<33> snapshot;
    snapshot.counts[3] = 99;  // 4 to 7
    snapshot.counts[11] = 1;
    snapshot.min = 4;
    snapshot.max = 1'500;
    return snapshot.percentile(99) == 7 && snapshot.percentile(100) == 1'500;
}());

constinit pawl::histogram<21> in_bss;
static_assert(sizeof(in_bss) == 4 * 23);
static_assert(std::is_trivially_destructible_v<decltype(in_bss)>);
static_assert(std::is_empty_v<plain<0>>);

// Numbers of every magnitude as often.
class numbers {
public:
    std::uint32_t next() {
        return static_cast<std::uint32_t>(random_()) >>
               static_cast<std::uint32_t>(random_() % 33 % 32);
    }

private:
    std::mt19937 random_{7};
};

template <std::uint32_t Buckets, class Platform, histogram_writers Writers>
void compare(std::uint32_t count) {
    pawl::histogram<Buckets, Platform, Writers> tested;
    std::vector<std::uint32_t> sorted;
    std::vector<std::uint32_t> counts(Buckets);
    numbers random;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t value = i % 50 == 49 ? 0 : random.next();
        tested.add(value);
        sorted.push_back(value);
        std::uint32_t bucket = 0;
        while (bucket + 1 < Buckets && value >> bucket != 0) {
            ++bucket;
        }
        ++counts[bucket];
        REQUIRE(tested.lowest(bucket) <= value);
        REQUIRE(value <= tested.highest(bucket));
    }
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(tested.count() == count);
    REQUIRE(tested.min() == sorted.front());
    REQUIRE(tested.max() == sorted.back());
    for (std::uint32_t bucket = 0; bucket < Buckets; ++bucket) {
        REQUIRE(tested.bucket(bucket) == counts[bucket]);
    }
    for (const std::uint32_t whole : {100U, 1000U, 7U, 1U}) {
        for (std::uint32_t part = 0; part <= whole + 1; ++part) {
            const std::uint64_t rank = std::max<std::uint64_t>(
                (std::uint64_t{count} * std::min(part, whole) + whole - 1) / whole, 1);
            const std::uint32_t exact = sorted[static_cast<std::size_t>(rank) - 1];
            const std::uint32_t said = tested.percentile(part, whole);
            REQUIRE(said >= exact);
            REQUIRE(said == std::min(tested.highest(tested.bucket_of(exact)), sorted.back()));
            if constexpr (Buckets == 33) {
                REQUIRE(said <= std::uint64_t{exact} * 2);
            }
        }
    }
}

}  // namespace

TEST_CASE("histogram: percentiles against a sorted vector") {
    for (const std::uint32_t count : {1U, 2U, 3U, 10U, 99U, 100U, 101U, 5'000U}) {
        compare<33, pawl::manual_platform, histogram_writers::many>(count);
        compare<33, pawl::manual_platform, histogram_writers::one>(count);
        compare<21, pawl::std_platform, histogram_writers::many>(count);
        compare<1, pawl::manual_platform, histogram_writers::one>(count);
    }
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    compare<12, explore::interrupt_board<true>, histogram_writers::many>(500);
    compare<12, explore::interrupt_board<true>, histogram_writers::one>(500);
}

TEST_CASE("histogram: zero bytes are empty") {
    REQUIRE(in_bss.count() == 0);
    using tested = plain<33>;
    alignas(tested) unsigned char memory[sizeof(tested)];
    std::memset(memory, 0, sizeof memory);
    auto& cleared = *reinterpret_cast<tested*>(memory);
    REQUIRE(cleared.count() == 0);
    REQUIRE(cleared.percentile(50) == 0);
    REQUIRE(cleared.min() == 0xFFFF'FFFF);
    REQUIRE(cleared.max() == 0);
    cleared.add(6);
    REQUIRE(cleared.min() == 6);
    REQUIRE(cleared.max() == 6);
    REQUIRE(cleared.percentile(1) == 6);
}

TEST_CASE("histogram: the ends of a bucket") {
    plain<33> tested;
    for (std::uint32_t bits = 1; bits <= 32; ++bits) {
        tested.add(std::uint32_t{1} << (bits - 1));
        tested.add(0xFFFF'FFFF >> (32 - bits));
        REQUIRE(tested.bucket(bits) == 2);
    }
    tested.add(0);
    REQUIRE(tested.bucket(0) == 1);
    REQUIRE(tested.count() == 65);
}

TEST_CASE("histogram: several are one, in a snapshot") {
    plain<16, histogram_writers::one> first;
    plain<16, histogram_writers::one> second;
    plain<16> both;
    numbers random;
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t value = random.next() >> 8;
        (i % 3 == 0 ? first : second).add(value);
        both.add(value);
    }
    const pawl::histogram_snapshot<16> expected = both.snapshot();
    pawl::histogram_snapshot<16> sum;
    REQUIRE(sum.count() == 0);
    REQUIRE(sum.percentile(50) == 0);
    first.merge_into(sum);
    second.merge_into(sum);
    pawl::histogram_snapshot<16> merged = first.snapshot();
    merged.merge(second.snapshot());
    for (const auto* each : {&sum, &merged}) {
        REQUIRE(std::equal(std::begin(each->counts), std::end(each->counts), expected.counts));
        REQUIRE(each->min == expected.min);
        REQUIRE(each->max == expected.max);
        REQUIRE(each->percentile(95) == both.percentile(95));
    }
}

TEST_CASE("histogram: counts beyond 32 bits do not overflow a percentile") {
    pawl::histogram_snapshot<33> large;
    large.counts[10] = std::uint64_t{0xFFFF'FFFF} << 24;
    large.counts[20] = large.counts[10] / 0xFFFF'FFFF;
    large.max = large.highest(20);
    REQUIRE(large.percentile(0xFFFF'FFFE, 0xFFFF'FFFF) == large.highest(10));
    REQUIRE(large.percentile(0xFFFF'FFFF, 0xFFFF'FFFF) == large.highest(20));
    REQUIRE(large.percentile(50) == large.highest(10));
}

TEST_CASE("histogram: several threads add, and a snapshot beside them knows what it counts") {
    constexpr std::uint32_t writers = 3;
    constexpr std::uint32_t each = 50'000;
    pawl::histogram<33, pawl::std_platform> tested;
    std::atomic<std::uint32_t> writing{writers};
    std::vector<std::thread> threads;
    for (std::uint32_t writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            // Growing, so that the maximum is always new.
            for (std::uint32_t i = 0; i < each; ++i) {
                tested.add(i * writers + writer);
            }
            writing.fetch_sub(1);
        });
    }
    bool right = true;
    std::uint64_t last = 0;
    while (writing.load() != 0) {
        const pawl::histogram_snapshot<33> now = tested.snapshot();
        for (std::uint32_t bucket = 0; bucket < 33; ++bucket) {
            right = right && (now.counts[bucket] == 0 || now.max >= now.lowest(bucket));
        }
        right = right && now.count() >= last;
        last = now.count();
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    REQUIRE(right);
    REQUIRE(tested.count() == writers * each);
    REQUIRE(tested.min() == 0);
    REQUIRE(tested.max() == writers * each - 1);
    REQUIRE(tested.bucket(10) == 512);
}
