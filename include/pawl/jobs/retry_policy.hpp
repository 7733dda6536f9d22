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
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/packed_delay.hpp>

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
    // formulas that spread. In a duration with an integral count; its base is rounded up to that,
    // and a product beyond its maximum is the maximum.
    template <class Duration = delay_type>
    [[nodiscard]] constexpr Duration delay(std::uint32_t retry,
                                           std::uint32_t random) const noexcept {
        using rep = typename Duration::rep;
        using wide = std::common_type_t<std::make_unsigned_t<rep>, std::uint32_t>;
        const packed_delay stored{base_stored_ ^ default_base, unit_};
        const auto base = static_cast<wide>(stored.template to<Duration>().count());
        const wide factor = factor_of(retry, random);
        if (base != 0 && factor > static_cast<wide>(Duration::max().count()) / base) {
            return Duration::max();
        }
        return Duration{static_cast<rep>(base * factor)};
    }

    friend constexpr retry_policy hangfire_backoff(delay_type unit) noexcept;
    friend constexpr retry_policy exponential_backoff(delay_type first) noexcept;
    friend constexpr retry_policy fixed_backoff(delay_type each) noexcept;

    friend constexpr bool operator==(retry_policy, retry_policy) noexcept = default;

private:
    enum class shape : std::uint8_t { hangfire, exponential, fixed };

    static constexpr std::uint32_t default_base = 1'000'000;  // microseconds: a second

    constexpr retry_policy(shape kind, delay_type base) noexcept : shape_{kind} {
        const packed_delay packed = packed_delay::from(base);
        base_stored_ = packed.count() ^ default_base;
        unit_ = packed.counted_in();
    }

    // How many times the base. In 32 bits: (255 - 1)^4 + 15 + 29 * 255 fits.
    [[nodiscard]] constexpr std::uint32_t factor_of(std::uint32_t retry,
                                                    std::uint32_t random) const noexcept {
        const std::uint32_t number = retry < 0xFF ? retry : 0xFF;
        const std::uint32_t before = number - 1;
        switch (shape_) {
            case shape::hangfire:
                return before * before * before * before + 15 + (random % 30) * number;
            case shape::exponential: return before < 32 ? std::uint32_t{1} << before : 0xFFFF'FFFF;
            case shape::fixed: break;
        }
        return 1;
    }

    // Stored xored with the default's value: zero bytes are the default policy, so that slots that
    // hold one lie in .bss.
    shape shape_;
    std::uint8_t retries_stored_ = 0;
    packed_delay::unit unit_ = packed_delay::unit::microseconds;
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
