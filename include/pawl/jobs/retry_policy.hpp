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
//   no_retry()                      the first failure is the last
//   ...max_retries(5)               five retries are at most six runs
//
// `max_retries` counts retries, not runs: ten retries mean eleven runs, as in Hangfire.
// Integer arithmetic that saturates; what is random comes from a number the caller gives, so the
// same program behaves the same twice.
//
// Cost: delay() O(1). Who may call: anyone.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class retry_policy {
public:
    using delay_type = std::chrono::microseconds;

    static constexpr std::uint8_t default_retries = 10;

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

    // The rest before retry number `retry`, which counts from 1; `random` is any number, for the
    // formulas that spread. At most about 35 years (2^50 us), rather than an overflow.
    [[nodiscard]] constexpr delay_type delay(std::uint32_t retry,
                                             std::uint32_t random) const noexcept {
        const std::uint64_t unit_us =
            unit_scale_us[unit_] * std::uint64_t{base_stored_ ^ default_base};
        const std::uint64_t before = retry - std::uint64_t{1};
        switch (shape_) {
            case shape::hangfire: {
                const std::uint64_t rest =
                    before * before * before * before + 15 + (random % 30) * std::uint64_t{retry};
                return scaled(unit_us, rest);
            }
            case shape::exponential:
                return scaled(unit_us, before < 50 ? std::uint64_t{1} << before : delay_us_max);
            case shape::fixed: break;
        }
        return scaled(unit_us, 1);
    }

    friend constexpr retry_policy hangfire_backoff(delay_type unit) noexcept;
    friend constexpr retry_policy exponential_backoff(delay_type first) noexcept;
    friend constexpr retry_policy fixed_backoff(delay_type each) noexcept;

    friend constexpr bool operator==(retry_policy, retry_policy) noexcept = default;

private:
    enum class shape : std::uint8_t { hangfire, exponential, fixed };

    static constexpr std::uint64_t delay_us_max = std::uint64_t{1} << 50;
    static constexpr std::uint32_t default_base = 1'000'000;  // a second
    static constexpr std::uint64_t base_max = 0xFFFF'FFFF;
    // A base that does not fit in 32 bits of microseconds is kept in milliseconds, then seconds.
    static constexpr std::uint64_t unit_scale_us[] = {1, 1'000, 1'000'000};

    constexpr retry_policy(shape kind, delay_type base) noexcept : shape_{kind} {
        std::uint64_t count = base.count() > 0 ? static_cast<std::uint64_t>(base.count()) : 0;
        while (count > base_max && unit_ < 2) {
            count = (count + 999) / 1'000;  // rounded up: a rest is never shorter than asked for
            ++unit_;
        }
        base_stored_ =
            static_cast<std::uint32_t>(count < base_max ? count : base_max) ^ default_base;
    }

    static constexpr delay_type scaled(std::uint64_t unit_us, std::uint64_t factor) noexcept {
        const bool saturates = unit_us != 0 && factor > delay_us_max / unit_us;
        return delay_type{static_cast<std::int64_t>(saturates ? delay_us_max : unit_us * factor)};
    }

    // Stored xored with the default's value: zero bytes are the default policy, so that slots that
    // hold one lie in .bss.
    shape shape_;
    std::uint8_t retries_stored_ = 0;
    std::uint8_t unit_ = 0;
    std::uint8_t spare_ = 0;
    std::uint32_t base_stored_ = 0;
};

static_assert(sizeof(retry_policy) == 8);

// Hangfire's formula, round((n - 1)^4 + 15 + random(0..29) * n) units before retry n.
[[nodiscard]] constexpr retry_policy hangfire_backoff(
    std::chrono::microseconds unit = std::chrono::seconds{1}) noexcept {
    return retry_policy{retry_policy::shape::hangfire, unit};
}
// `first`, then twice as long each time.
[[nodiscard]] constexpr retry_policy exponential_backoff(std::chrono::microseconds first) noexcept {
    return retry_policy{retry_policy::shape::exponential, first};
}
// The same rest each time; zero is at once.
[[nodiscard]] constexpr retry_policy fixed_backoff(std::chrono::microseconds each) noexcept {
    return retry_policy{retry_policy::shape::fixed, each};
}
[[nodiscard]] constexpr retry_policy no_retry() noexcept { return retry_policy{}.max_retries(0); }

}  // namespace PAWL_ABI
}  // namespace pawl
