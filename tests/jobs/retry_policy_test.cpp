// Retry policies as values: everything they say is known to the compiler.
//
// Goal: the formulas, their bounds, and that nothing overflows. Method: static_assert on the
// figures of the documentation; the extremes at run time, so that sanitizers look too.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <cstring>

#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

namespace {

constexpr bool hangfire_minimum_is(std::uint32_t retry, int seconds) {
    const auto least = pawl::hangfire_backoff().delay(retry, 0);
    const auto most = pawl::hangfire_backoff().delay(retry, 29);
    const auto repeats = pawl::hangfire_backoff().delay(retry, 30);
    return least == std::chrono::seconds{seconds} && repeats == least &&
           most == least + std::chrono::seconds{29 * static_cast<int>(retry)};
}

static_assert(pawl::retry_policy{} == pawl::hangfire_backoff());
static_assert(pawl::retry_policy{}.max_retries() == 10);
static_assert(hangfire_minimum_is(1, 15) && hangfire_minimum_is(2, 16) &&
              hangfire_minimum_is(3, 31) && hangfire_minimum_is(4, 96) &&
              hangfire_minimum_is(5, 271) && hangfire_minimum_is(6, 640) &&
              hangfire_minimum_is(7, 1311) && hangfire_minimum_is(8, 2416) &&
              hangfire_minimum_is(9, 4111) && hangfire_minimum_is(10, 6576));
static_assert(pawl::hangfire_backoff(1ms).delay(10, 0) == 6576ms);

static_assert(pawl::exponential_backoff(10ms).delay(1, 7) == 10ms);
static_assert(pawl::exponential_backoff(10ms).delay(5, 7) == 160ms);
static_assert(pawl::fixed_backoff(3s).delay(200, 7) == 3s);
static_assert(pawl::fixed_backoff(0s).delay(1, 7) == 0s);
static_assert(pawl::no_retry().max_retries() == 0);
static_assert(pawl::exponential_backoff(10ms).max_retries(5).max_retries() == 5);

// Bases beyond 32 bits of microseconds are kept more coarsely, and never shortened.
static_assert(pawl::fixed_backoff(24h).delay(1, 0) == 24h);
static_assert(pawl::fixed_backoff(24h * 365 * 10).delay(1, 0) == 24h * 365 * 10);
static_assert(pawl::fixed_backoff(2h + 1us).delay(1, 0) >= 2h + 1us);
static_assert(pawl::fixed_backoff(-1s).delay(1, 0) == 0s);

}  // namespace

TEST_CASE("retry_policy: delays saturate instead of overflowing") {
    struct {
        pawl::retry_policy policy;
        std::chrono::microseconds longest;
    } const cases[] = {
        {pawl::hangfire_backoff(24h * 365 * 100), std::chrono::microseconds::max()},
        {pawl::exponential_backoff(24h * 365 * 100), std::chrono::microseconds::max()},
        // A delay has 32 bits of seconds.
        {pawl::fixed_backoff(std::chrono::microseconds::max()), std::chrono::seconds{0xFFFF'FFFF}},
    };
    for (const auto& [policy, longest] : cases) {
        for (std::uint32_t retry = 1; retry <= 255; ++retry) {
            const auto delay = policy.delay(retry, 0xFFFF'FFFF);
            REQUIRE(delay >= 0us);
            REQUIRE(delay <= longest);
        }
        REQUIRE(policy.delay(255, 0) == longest);
    }
}

// A firmware's clock has 32 bits of milliseconds: no step on the way may need more.
using short_ms = std::chrono::duration<std::int32_t, std::milli>;
static_assert(pawl::exponential_backoff(10ms).delay<short_ms>(5, 7) == short_ms{160});
static_assert(pawl::hangfire_backoff().delay<short_ms>(10, 0) == short_ms{6'576'000});
static_assert(pawl::hangfire_backoff(1ms).delay<short_ms>(255, 0) == short_ms::max());
static_assert(pawl::exponential_backoff(1s).delay<short_ms>(60, 0) == short_ms::max());
static_assert(pawl::fixed_backoff(1500us).delay<short_ms>(1, 0) == short_ms{2});
static_assert(pawl::fixed_backoff(24h * 365).delay<short_ms>(1, 0) == short_ms::max());

TEST_CASE("retry_policy: zero bytes are the default") {
    pawl::retry_policy zero = pawl::no_retry();
    std::memset(static_cast<void*>(&zero), 0, sizeof zero);
    REQUIRE(zero == pawl::retry_policy{});
}
