// SPDX-License-Identifier: BSL-1.0
//
// retry_policy: how often a failing job is tried again, and how long it rests in between. Eight
// bytes.
//
//   hangfire_backoff()              Hangfire's formula in seconds, ten retries: the default. From
//                                   the first retry on at least 15, 16, 31, 96, 271, 640, 1311,
//                                   2416, 4111 and 6576 s, plus 0 to 29 s for each retry so far, at
//                                   random
//   hangfire_backoff(1ms)           the same numbers in another unit
//   exponential_backoff(10ms)       10, 20, 40 ms ...
//   fixed_backoff(1s)               1 s each time
//   backoff_list(1s, 5s, 30s, 5min) one to four rests; the last one repeats
//   no_retry()                      the first failure is the last
//
//   ...max_retries(5)               five retries are at most six runs
//   ...at_most(1min)                no rest is longer than that
//   ...jitter()                     each rest is anything from its half to all of it, at random
//   ...after_last(pawl::after_last::discard)   what becomes of the job when its last retry failed
//
// `max_retries` counts retries, not runs: ten retries mean eleven runs, as in Hangfire.
// Integer arithmetic that saturates; what is random comes from a number the caller gives, so the
// same program behaves the same twice.
//
// Why a value and not a function: a policy lies in the job's slot, can be logged and compared, and
// says the same in every process. What eight bytes cannot say is a function of the job's type:
// next_retry, see job_traits.hpp.
//
// How it packs: a base of 32 bits in microseconds, milliseconds or seconds, never shortened. A list
// has no base: its entries lie there, each 0 to 255 times 1, 10 or 100 us, 1, 10 or 100 ms, 1 or
// 10 s, 1 or 10 min, 1 or 12 h; another rest does not compile. The longest rest is 0 to 4095 times
// one of these, and rounded down to that: what has three digits in its unit is exact, the rest is
// less than 0.3 % shorter.
//
// Cost: delay() O(1). The makers cost nothing for constants. Who may call: anyone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/packed_delay.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What becomes of a job whose last retry has failed, too.
enum class after_last : std::uint8_t {
    fail,    // it is failed: kept, listed, and can be queued again
    discard  // it is deleted
};

class retry_policy {
public:
    using delay_type = std::chrono::microseconds;

    static constexpr std::uint8_t default_retries = 10;
    static constexpr std::size_t list_size_max = 4;

    // Ten retries by Hangfire's formula.
    constexpr retry_policy() noexcept : retry_policy{shape::hangfire, delay_type{default_base}} {}

    // The same policy with another number of retries: 0 to 255.
    [[nodiscard]] constexpr retry_policy max_retries(std::uint8_t retries) const noexcept {
        retry_policy result = *this;
        result.retries_stored_ = retries ^ default_retries;
        return result;
    }
    [[nodiscard]] constexpr std::uint8_t max_retries() const noexcept {
        return retries_stored_ ^ default_retries;
    }
    // Whether there is a retry of this number, which counts from 1: it is also the number of runs
    // that have failed.
    [[nodiscard]] constexpr bool allows_retry(std::uint32_t retry) const noexcept {
        return retry <= max_retries();
    }

    // The same policy with no rest longer than this, rounded down as described above; 5.6 years at
    // most. At zero, or less, it never rests. In a coarser clock it is rounded up, as every delay
    // is.
    [[nodiscard]] constexpr retry_policy at_most(delay_type longest) const noexcept {
        retry_policy result = *this;
        if (is_list()) {
            for (std::uint32_t place = 0; place < list_size_max; ++place) {
                if (entry(place).unpacked().to<delay_type>() > longest) {
                    result.set_entry(place, coarse::round_down(longest, entry_count_max));
                }
            }
        } else {
            const coarse kept = coarse::round_down(longest, longest_count_max);
            // Zero bytes mean that there is none: a longest rest of zero is zero times 10 us.
            const std::uint32_t grain = kept.count == 0 ? 1 : kept.grain;
            result.coarse_ = static_cast<std::uint16_t>(kept.count << grain_bits | grain);
        }
        return result;
    }

    // The same policy, but each rest is spread over its upper half: jobs that failed together do
    // not come back together.
    [[nodiscard]] constexpr retry_policy jitter() const noexcept {
        retry_policy result = *this;
        result.jitter_ = true;
        return result;
    }

    // The same policy with this answer to the failure of the last retry. An outcome::fail() is
    // always a failure.
    [[nodiscard]] constexpr retry_policy after_last(pawl::after_last then) const noexcept {
        retry_policy result = *this;
        result.after_last_ = then;
        return result;
    }
    [[nodiscard]] constexpr pawl::after_last after_last() const noexcept { return after_last_; }

    // The rest before retry number `retry`, which counts from 1; `random` is any number, for what
    // spreads. In a duration with an integral count; its base is rounded up to that, and a product
    // beyond its maximum is the maximum.
    template <class Duration = delay_type>
    [[nodiscard]] constexpr Duration delay(std::uint32_t retry,
                                           std::uint32_t random) const noexcept {
        using rep = typename Duration::rep;
        using wide = std::common_type_t<std::make_unsigned_t<rep>, std::uint32_t>;
        constexpr auto most = static_cast<wide>(Duration::max().count());
        const std::uint32_t number = retry < 0xFF ? retry : 0xFF;
        wide rest = most;
        if (!is_list()) {
            const packed_delay stored{base_stored_ ^ default_base, unit_};
            const auto base = static_cast<wide>(stored.to<Duration>().count());
            const wide factor = factor_of(number, random);
            rest = base != 0 && factor > most / base ? most : base * factor;
        }
        if (is_list() || coarse_ != 0) {
            // A list is nothing but bounds.
            const packed_delay bound = (is_list() ? entry(number - 1) : longest()).unpacked();
            const auto most_now = static_cast<wide>(bound.to<Duration>().count());
            rest = rest < most_now ? rest : most_now;
        }
        if (jitter_) {
            rest -= share_of<wide>(rest / 2 + 1, random);
        }
        return Duration{static_cast<rep>(rest)};
    }

    friend constexpr retry_policy hangfire_backoff(delay_type unit) noexcept;
    friend constexpr retry_policy exponential_backoff(delay_type first) noexcept;
    friend constexpr retry_policy fixed_backoff(delay_type each) noexcept;
    template <class... Reps, class... Periods>
    friend consteval retry_policy backoff_list(std::chrono::duration<Reps, Periods>... rests);

    friend constexpr bool operator==(retry_policy, retry_policy) noexcept = default;

    // All of it as a number, the same on every machine, and back. (Zero is the default.)
    [[nodiscard]] constexpr std::uint64_t packed() const noexcept {
        const std::uint32_t first =
            static_cast<std::uint32_t>(shape_) | static_cast<std::uint32_t>(unit_) << 2 |
            static_cast<std::uint32_t>(jitter_) << 4 | static_cast<std::uint32_t>(after_last_) << 5;
        return std::uint64_t{base_stored_} << 32 | std::uint64_t{coarse_} << 16 |
               std::uint64_t{retries_stored_} << 8 | first;
    }
    [[nodiscard]] static constexpr retry_policy from_packed(std::uint64_t number) noexcept {
        retry_policy result;
        result.shape_ = static_cast<shape>(number & 3);
        result.unit_ = static_cast<packed_delay::unit>(number >> 2 & 3);
        result.jitter_ = (number >> 4 & 1) != 0;
        result.after_last_ = static_cast<pawl::after_last>(number >> 5 & 1);
        result.retries_stored_ = static_cast<std::uint8_t>(number >> 8);
        result.coarse_ = static_cast<std::uint16_t>(number >> 16);
        result.base_stored_ = static_cast<std::uint32_t>(number >> 32);
        return result;
    }

private:
    enum class shape : std::uint8_t { hangfire, exponential, fixed, list };

    static constexpr std::uint32_t default_base = 1'000'000;  // microseconds: a second
    static constexpr std::uint32_t entry_count_max = 0xFF;
    static constexpr std::uint32_t longest_count_max = 0xFFF;
    static constexpr int entry_bits = 8;
    static constexpr int grain_bits = 4;
    static constexpr std::uint32_t grain_mask = 0xF;

    // A length of time as a count of something round: decimal, because delays are written in
    // decimal. Each grain is a multiple of the one before, so the first one that can count a length
    // loses less of it than any later one.
    struct coarse {
        static constexpr std::uint16_t factors[] = {1, 10, 100, 1,   10,   100,
                                                    1, 10, 60,  600, 3600, 43200};
        static constexpr std::uint32_t first_ms = 3;
        static constexpr std::uint32_t first_s = 6;
        static_assert(std::size(factors) <= grain_mask + 1);

        static constexpr coarse round_down(delay_type asked, std::uint32_t count_max) noexcept {
            const auto asked_us = static_cast<std::uint64_t>(asked.count() < 0 ? 0 : asked.count());
            for (std::uint32_t grain = 0; grain < std::size(factors); ++grain) {
                const std::uint64_t grain_us = (grain < first_ms  ? 1
                                                : grain < first_s ? 1'000
                                                                  : 1'000'000) *
                                               std::uint64_t{factors[grain]};
                if (asked_us / grain_us <= count_max) {
                    return {static_cast<std::uint32_t>(asked_us / grain_us), grain};
                }
            }
            return {count_max, std::size(factors) - 1};
        }
        [[nodiscard]] constexpr packed_delay unpacked() const noexcept {
            return {count * factors[grain], grain < first_ms  ? packed_delay::unit::microseconds
                                            : grain < first_s ? packed_delay::unit::milliseconds
                                                              : packed_delay::unit::seconds};
        }

        std::uint32_t count;
        std::uint32_t grain;
    };

    constexpr retry_policy(shape kind, delay_type base) noexcept : shape_{kind} {
        const packed_delay packed = packed_delay::from(base);
        base_stored_ = packed.count() ^ default_base;
        unit_ = packed.counted_in();
    }

    // GCC 12 does not compare a bit-field of an enumeration within a template.
    [[nodiscard]] constexpr bool is_list() const noexcept { return shape_ == shape::list; }

    // How many times the base. In 32 bits: (255 - 1)^4 + 15 + 29 * 255 fits.
    [[nodiscard]] constexpr std::uint32_t factor_of(std::uint32_t number,
                                                    std::uint32_t random) const noexcept {
        const std::uint32_t before = number - 1;
        switch (shape_) {
            case shape::hangfire:
                return before * before * before * before + 15 + (random % 30) * number;
            case shape::exponential: return before < 32 ? std::uint32_t{1} << before : 0xFFFF'FFFF;
            case shape::fixed:
            case shape::list: break;
        }
        return 1;
    }

    // That share of `whole` which the random number is of 2^32: 0 to `whole` - 1. By multiplying:
    // a division of 64 bits is a kilobyte of library on a Cortex-M.
    template <class Wide>
    [[nodiscard]] static constexpr Wide share_of(Wide whole, std::uint32_t random) noexcept {
        const std::uint64_t low = std::uint64_t{random} * static_cast<std::uint32_t>(whole) >> 32;
        if constexpr (sizeof(Wide) > sizeof(std::uint32_t)) {
            return random * (whole >> 32) + low;
        } else {
            return static_cast<Wide>(low);
        }
    }

    // The last one repeats.
    [[nodiscard]] constexpr coarse entry(std::uint32_t place) const noexcept {
        const std::uint32_t kept = place < list_size_max ? place : list_size_max - 1;
        return {base_stored_ >> entry_bits * kept & entry_count_max,
                std::uint32_t{coarse_} >> grain_bits * kept & grain_mask};
    }
    [[nodiscard]] constexpr coarse longest() const noexcept {
        return {std::uint32_t{coarse_} >> grain_bits, coarse_ & grain_mask};
    }
    constexpr void set_entry(std::uint32_t place, coarse kept) noexcept {
        const std::uint32_t counts = base_stored_ & ~(entry_count_max << entry_bits * place);
        const std::uint32_t grains = coarse_ & ~(grain_mask << grain_bits * place);
        base_stored_ = counts | kept.count << entry_bits * place;
        coarse_ = static_cast<std::uint16_t>(grains | kept.grain << grain_bits * place);
    }
    // Not constexpr: calling it in a constant expression is the compile error.
    static void this_rest_cannot_be_packed_declare_next_retry_in_the_job_type() {}

    // Stored xored with the default's value: zero bytes are the default policy, so that slots that
    // hold one lie in .bss.
    shape shape_ : 2;
    packed_delay::unit unit_ : 2 = packed_delay::unit::microseconds;
    bool jitter_ : 1 = false;
    pawl::after_last after_last_ : 1 = pawl::after_last::fail;
    std::uint8_t spare_ : 2 = 0;  // named: bits of no member are what they happen to be
    std::uint8_t retries_stored_ = 0;
    std::uint16_t coarse_ = 0;       // the longest rest, 0 if there is none; of a list its grains
    std::uint32_t base_stored_ = 0;  // of a list its counts, not xored
};

static_assert(sizeof(retry_policy) == 8);

// Hangfire's formula, round((n - 1)^4 + 15 + random(0..29) * n) units before retry n.
[[nodiscard]] constexpr retry_policy hangfire_backoff(
    std::chrono::microseconds unit = std::chrono::seconds{1}) noexcept {
    return retry_policy{retry_policy::shape::hangfire, unit};
}
// `first`, then twice as long each time, until it is 2^31 times as long.
[[nodiscard]] constexpr retry_policy exponential_backoff(std::chrono::microseconds first) noexcept {
    return retry_policy{retry_policy::shape::exponential, first};
}
// The same rest each time; zero is at once.
[[nodiscard]] constexpr retry_policy fixed_backoff(std::chrono::microseconds each) noexcept {
    return retry_policy{retry_policy::shape::fixed, each};
}
// These rests, one to four of them, and then the last one again and again. Each has to be packed
// exactly, see above; zero is at once.
template <class... Reps, class... Periods>
[[nodiscard]] consteval retry_policy backoff_list(std::chrono::duration<Reps, Periods>... rests) {
    static_assert(sizeof...(rests) >= 1 && sizeof...(rests) <= retry_policy::list_size_max,
                  "pawl: a backoff_list has one to four rests. A longer one is a function of the "
                  "job's type: static std::optional<std::chrono::seconds> next_retry(std::uint32_t "
                  "retry, std::uint16_t error) noexcept");
    static_assert((std::is_integral_v<Reps> && ...),
                  "pawl: the rests of a backoff_list are whole numbers: 1500ms, not 1.5s");
    retry_policy result{retry_policy::shape::list, {}};
    std::uint32_t place = 0;
    const auto add = [&](auto rest) {
        const auto kept = retry_policy::coarse::round_down(
            std::chrono::floor<std::chrono::microseconds>(rest), retry_policy::entry_count_max);
        if (kept.unpacked().template to<std::chrono::microseconds>() != rest) {
            retry_policy::this_rest_cannot_be_packed_declare_next_retry_in_the_job_type();
        }
        // In all places that follow, too: the last one repeats.
        for (std::uint32_t each = place; each < retry_policy::list_size_max; ++each) {
            result.set_entry(each, kept);
        }
        ++place;
    };
    (add(rests), ...);
    return result;
}
[[nodiscard]] constexpr retry_policy no_retry() noexcept { return retry_policy{}.max_retries(0); }

}  // namespace PAWL_ABI
}  // namespace pawl
