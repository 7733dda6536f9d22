// SPDX-License-Identifier: BSL-1.0
//
// histogram: how numbers are distributed, in a few words of memory and one increment a number.
//
// What: counts of 32-bit numbers (microseconds, ticks, bytes) in buckets that double, with the
// least and the greatest: how long jobs of a type take, how late they start. A percentile is known
// up to a factor of two, from below never and from above by the bucket's end or the greatest
// number.
//
// Why not a mean: it hides the one job in a hundred that took a second. Why not buckets of equal
// width: they need to know the range, and latencies have none. Why not an exact quantile sketch: it
// moves memory about on each number.
//
// How it works: bucket 0 counts zeros, bucket i numbers of i bits, that is from 2^(i-1) to 2^i - 1,
// and the last one all that are greater, too. Minimum and maximum only change until a few numbers
// were seen; after that they are looked at. The minimum is stored inverted, so that zero bytes are
// an empty histogram.
//   Invariant: a number is in minimum and maximum before it is counted, and a snapshot reads the
//   counts first. So no percentile is below a number it stands for.
//
// A bucket's count is 32 bits and wraps; whoever needs more adds up the differences of snapshots. A
// snapshot's counts are 64 bits, for the sum of several histograms: one for each worker, say, that
// is written by that worker alone.
//
// Cost: add two loads and a read-modify-write, or with histogram_writers::one a load and a store
// instead; snapshot one load a word. 4 * (Buckets + 2) bytes. Who may call: add any thread or
// interrupt, or one at a time with histogram_writers::one; the rest anyone.
//
//   constinit pawl::histogram<21> late_us;                   // to a second, and all above
//   late_us.add(microseconds);
//   std::printf("99 %% within %u us\n", unsigned{late_us.percentile(99)});
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The buckets of a histogram: which one a number is in, and what is in one.
template <std::uint32_t Buckets>
struct histogram_buckets {
    static_assert(Buckets <= 33,
                  "pawl: a histogram of 32-bit numbers has 33 buckets at most: one for zero, and "
                  "one for each count of bits");

    [[nodiscard]] static constexpr std::uint32_t bucket_of(std::uint32_t value) noexcept {
        return std::min(static_cast<std::uint32_t>(std::bit_width(value)), Buckets - 1);
    }
    // The least and the greatest number of a bucket. REQUIRES: bucket < Buckets.
    [[nodiscard]] static constexpr std::uint32_t lowest(std::uint32_t bucket) noexcept {
        return bucket == 0 ? 0 : std::uint32_t{1} << (bucket - 1);
    }
    [[nodiscard]] static constexpr std::uint32_t highest(std::uint32_t bucket) noexcept {
        return bucket + 1 >= Buckets ? 0xFFFF'FFFF : lowest(bucket + 1) - 1;
    }
};

// What a histogram was at a moment, or several together: plain data.
template <std::uint32_t Buckets>
struct histogram_snapshot : histogram_buckets<Buckets> {
    std::uint64_t counts[Buckets] = {};
    // Of no number: min is the greatest and max the least there is.
    std::uint32_t min = 0xFFFF'FFFF;
    std::uint32_t max = 0;

    [[nodiscard]] constexpr std::uint64_t count() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : counts) {
            sum += each;
        }
        return sum;
    }

    // A number that at least `part` of every `whole` are not above: the greatest of its bucket, or
    // of all. 0 if there is none. percentile(50) is the median or up to twice that;
    // percentile(999, 1000) is the longest of all but one in a thousand. REQUIRES: whole > 0.
    [[nodiscard]] constexpr std::uint32_t percentile(std::uint32_t part,
                                                     std::uint32_t whole = 100) const noexcept {
        PAWL_ASSERT(whole != 0);
        const std::uint64_t all = count();
        const std::uint64_t share = std::min(part, whole);
        // Rounded up, and without a product that could overflow.
        const std::uint64_t rest = all % whole * share;
        const std::uint64_t rank =
            std::max<std::uint64_t>(all / whole * share + rest / whole + (rest % whole != 0), 1);
        std::uint64_t up_to = 0;
        for (std::uint32_t bucket = 0; bucket < Buckets; ++bucket) {
            up_to += counts[bucket];
            if (up_to >= rank) {
                return std::min(this->highest(bucket), max);
            }
        }
        return 0;
    }

    constexpr void merge(const histogram_snapshot& other) noexcept {
        for (std::uint32_t bucket = 0; bucket < Buckets; ++bucket) {
            counts[bucket] += other.counts[bucket];
        }
        min = std::min(min, other.min);
        max = std::max(max, other.max);
    }
};

// Who adds to a histogram: one at a time, or anybody.
enum class histogram_writers : bool { one, many };

template <std::uint32_t Buckets, platform Platform = default_platform,
          histogram_writers Writers = histogram_writers::many>
class histogram : public histogram_buckets<Buckets> {
public:
    using snapshot_type = histogram_snapshot<Buckets>;

    void add(std::uint32_t value) noexcept {
        raise(inverse_min_, ~value);
        raise(max_, value);
        word& count = counts_[this->bucket_of(value)];
        // release, both: who sees this count sees the number in minimum and maximum; pairs with
        // merge_into().
        if constexpr (Writers == histogram_writers::one) {
            // relaxed: only this writer changes it.
            count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        } else {
            count.fetch_add(1, std::memory_order_release);
        }
    }

    // Adds what is counted here to a snapshot.
    void merge_into(snapshot_type& sum) const noexcept {
        for (std::uint32_t bucket = 0; bucket < Buckets; ++bucket) {
            // acquire: minimum and maximum of what is counted are read after it; pairs with add().
            sum.counts[bucket] += counts_[bucket].load(std::memory_order_acquire);
        }
        sum.min = std::min(sum.min, min());
        sum.max = std::max(sum.max, max());
    }
    [[nodiscard]] snapshot_type snapshot() const noexcept {
        snapshot_type now;
        merge_into(now);
        return now;
    }

    // How many numbers are in all buckets, or in one. REQUIRES: bucket < Buckets.
    [[nodiscard]] std::uint64_t count() const noexcept { return snapshot().count(); }
    [[nodiscard]] std::uint32_t bucket(std::uint32_t bucket) const noexcept {
        PAWL_ASSERT(bucket < Buckets);
        return counts_[bucket].load(std::memory_order_acquire);  // as in merge_into()
    }

    // See histogram_snapshot.
    [[nodiscard]] std::uint32_t percentile(std::uint32_t part,
                                           std::uint32_t whole = 100) const noexcept {
        return snapshot().percentile(part, whole);
    }

    // The least and the greatest number; of no number 2^32 - 1 and 0. relaxed: alone they say
    // nothing about the counts.
    [[nodiscard]] std::uint32_t min() const noexcept {
        return ~inverse_min_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t max() const noexcept {
        return max_.load(std::memory_order_relaxed);
    }

private:
    using word = typename Platform::word;

    // relaxed: the count says when it can be seen; see add().
    static void raise(word& greatest, std::uint32_t value) noexcept {
        std::uint32_t seen = greatest.load(std::memory_order_relaxed);
        if constexpr (Writers == histogram_writers::one) {
            if (value > seen) {
                greatest.store(value, std::memory_order_relaxed);
            }
        } else {
            while (value > seen &&
                   !greatest.compare_exchange_weak(seen, value, std::memory_order_relaxed,
                                                   std::memory_order_relaxed)) {
            }
        }
    }

    word counts_[Buckets];
    word inverse_min_;
    word max_;
};

// Without buckets: no bytes, and add does nothing. (Such a member is PAWL_NO_UNIQUE_ADDRESS.)
template <platform Platform, histogram_writers Writers>
class histogram<0, Platform, Writers> {
public:
    static constexpr void add(std::uint32_t) noexcept {}
    [[nodiscard]] static constexpr std::uint64_t count() noexcept { return 0; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
