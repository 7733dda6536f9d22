// Retry policies as values: everything they say is known to the compiler.
//
// Goal: the formulas, their bounds, and that nothing overflows. Method: static_assert on the
// figures of the documentation; every formula beside a plain one that adds and doubles step by
// step; the extremes at run time, so that sanitizers look too.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <type_traits>
#include <vector>

#include <pawl/jobs/retry_policy.hpp>

using namespace std::chrono_literals;

namespace {

using std::chrono::microseconds;
// A firmware's clock has 32 bits of milliseconds: no step on the way may need more.
using short_ms = std::chrono::duration<std::int32_t, std::milli>;

constexpr std::uint32_t random_max = 0xFFFF'FFFF;

static_assert(sizeof(pawl::retry_policy) == 8);
static_assert(std::is_trivially_copyable_v<pawl::retry_policy>);
// No bit of it is left to chance: what is equal is equal as bytes.
static_assert(std::has_unique_object_representations_v<pawl::retry_policy>);

// ---- Hangfire's formula -------------------------------------------------------------------------

constexpr bool hangfire_minimum_is(std::uint32_t retry, int seconds) {
    const auto least = pawl::hangfire_backoff().delay(retry, 0);
    const auto most = pawl::hangfire_backoff().delay(retry, 29);
    const auto repeats = pawl::hangfire_backoff().delay(retry, 30);
    return least == std::chrono::seconds{seconds} && repeats == least &&
           most == least + std::chrono::seconds{29 * static_cast<int>(retry)};
}

static_assert(pawl::retry_policy{} == pawl::hangfire_backoff());
static_assert(hangfire_minimum_is(1, 15) && hangfire_minimum_is(2, 16) &&
              hangfire_minimum_is(3, 31) && hangfire_minimum_is(4, 96) &&
              hangfire_minimum_is(5, 271) && hangfire_minimum_is(6, 640) &&
              hangfire_minimum_is(7, 1311) && hangfire_minimum_is(8, 2416) &&
              hangfire_minimum_is(9, 4111) && hangfire_minimum_is(10, 6576));
static_assert(pawl::hangfire_backoff(1ms).delay(10, 0) == 6576ms);

// ---- The other formulas -------------------------------------------------------------------------

static_assert(pawl::exponential_backoff(10ms).delay(1, 7) == 10ms);
static_assert(pawl::exponential_backoff(10ms).delay(5, 7) == 160ms);
static_assert(pawl::fixed_backoff(3s).delay(200, 7) == 3s);
static_assert(pawl::fixed_backoff(0s).delay(1, 7) == 0s);

// Bases beyond 32 bits of microseconds are kept more coarsely, and never shortened.
static_assert(pawl::fixed_backoff(24h).delay(1, 0) == 24h);
static_assert(pawl::fixed_backoff(24h * 365 * 10).delay(1, 0) == 24h * 365 * 10);
static_assert(pawl::fixed_backoff(2h + 1us).delay(1, 0) >= 2h + 1us);
static_assert(pawl::fixed_backoff(-1s).delay(1, 0) == 0s);

static_assert(pawl::exponential_backoff(10ms).delay<short_ms>(5, 7) == short_ms{160});
static_assert(pawl::hangfire_backoff().delay<short_ms>(10, 0) == short_ms{6'576'000});
static_assert(pawl::hangfire_backoff(1ms).delay<short_ms>(255, 0) == short_ms::max());
static_assert(pawl::exponential_backoff(1s).delay<short_ms>(60, 0) == short_ms::max());
static_assert(pawl::fixed_backoff(1500us).delay<short_ms>(1, 0) == short_ms{2});
static_assert(pawl::fixed_backoff(24h * 365).delay<short_ms>(1, 0) == short_ms::max());

// ---- How many retries (rows 39 and K4 of the reference: ten retries are eleven runs) ------------

static_assert(pawl::retry_policy{}.max_retries() == 10);
static_assert(pawl::no_retry().max_retries() == 0);
static_assert(pawl::exponential_backoff(10ms).max_retries(5).max_retries() == 5);

constexpr int runs_of_a_job_that_always_fails(pawl::retry_policy policy) {
    int runs = 1;
    for (std::uint32_t retry = 1; policy.allows_retry(retry); ++retry) {
        ++runs;
    }
    return runs;
}
static_assert(runs_of_a_job_that_always_fails(pawl::retry_policy{}) == 11);
static_assert(runs_of_a_job_that_always_fails(pawl::backoff_list(1s)) == 11);
static_assert(runs_of_a_job_that_always_fails(pawl::no_retry()) == 1);
static_assert(runs_of_a_job_that_always_fails(pawl::fixed_backoff(1s).max_retries(5)) == 6);
static_assert(runs_of_a_job_that_always_fails(pawl::fixed_backoff(1s).max_retries(255)) == 256);

constexpr bool every_number_of_retries_is_kept() {
    for (std::uint32_t retries = 0; retries <= 255; ++retries) {
        const auto number = static_cast<std::uint8_t>(retries);
        if (pawl::backoff_list(1s, 2s).max_retries(number).max_retries() != number ||
            pawl::retry_policy{}.max_retries(number).max_retries() != number) {
            return false;
        }
    }
    return true;
}
static_assert(every_number_of_retries_is_kept());

// ---- Lists: the last one repeats (row 41) -------------------------------------------------------

constexpr pawl::retry_policy list = pawl::backoff_list(1s, 5s, 30s, 5min);
static_assert(list.delay(1, 7) == 1s && list.delay(2, 7) == 5s && list.delay(3, 7) == 30s);
static_assert(list.delay(4, 7) == 5min && list.delay(5, 7) == 5min && list.delay(255, 7) == 5min);
static_assert(list.delay(0xFFFF'FFFF, 7) == 5min);
static_assert(list.delay<short_ms>(3, 7) == short_ms{30'000});

static_assert(pawl::backoff_list(2s).delay(1, 0) == 2s && pawl::backoff_list(2s).delay(9, 0) == 2s);
static_assert(pawl::backoff_list(0s, 1s).delay(1, 0) == 0s);  // zero is at once
static_assert(pawl::backoff_list(0s, 1s).delay(3, 0) == 1s);
static_assert(pawl::backoff_list(3h, 1us, 250ms).delay(1, 0) == 3h);  // in any order
static_assert(pawl::backoff_list(3h, 1us, 250ms).delay(2, 0) == 1us);
static_assert(pawl::backoff_list(3h, 1us, 250ms).delay(4, 0) == 250ms);
static_assert(pawl::backoff_list(100us).delay<short_ms>(1, 0) == short_ms{1});
static_assert(pawl::backoff_list(127 * 24h).delay<short_ms>(1, 0) == short_ms::max());

// Each count of each grain, in each place.
consteval bool every_entry_is_exact() {
    constexpr microseconds grains[] = {1us, 10us, 100us, 1ms,   10ms, 100ms,
                                       1s,  10s,  1min,  10min, 1h,   12h};
    for (const microseconds grain : grains) {
        for (const int count : {0, 1, 127, 128, 255}) {
            const auto asked = grain * count;
            const auto zero = microseconds{};
            if (pawl::backoff_list(asked, zero).delay(1, 0) != asked ||
                pawl::backoff_list(asked, zero).delay(2, 0) != zero ||
                pawl::backoff_list(zero, asked, zero).delay(2, 0) != asked ||
                pawl::backoff_list(255us, 255us, asked, 255us).delay(3, 0) != asked ||
                pawl::backoff_list(255h, 255h, asked, 255h).delay(4, 0) != 255h ||
                pawl::backoff_list(zero, zero, zero, asked).delay(4, 0) != asked) {
                return false;
            }
        }
    }
    return true;
}
static_assert(every_entry_is_exact());

// ---- The longest rest ---------------------------------------------------------------------------

constexpr microseconds endless = 24h * 365 * 100;
constexpr microseconds kept_as(microseconds longest) {
    return pawl::fixed_backoff(endless).at_most(longest).delay(1, 0);
}
// What people write is exact.
static_assert(kept_as(1us) == 1us && kept_as(999us) == 999us && kept_as(1ms) == 1ms);
static_assert(kept_as(1500us) == 1500us && kept_as(250ms) == 250ms && kept_as(1s) == 1s);
static_assert(kept_as(90s) == 90s && kept_as(5min) == 5min && kept_as(1h) == 1h);
static_assert(kept_as(24h) == 24h && kept_as(30 * 24h) == 30 * 24h);
// What is not is shorter, never longer.
static_assert(kept_as(123'456us) == 123'400us && kept_as(4096us) == 4090us);
static_assert(kept_as(microseconds::max()) == 4095 * 12h);
static_assert(kept_as(0s) == 0s && kept_as(-1s) == 0s && kept_as(microseconds::min()) == 0s);

static_assert(pawl::exponential_backoff(10ms).at_most(1s).delay(7, 0) == 640ms);
static_assert(pawl::exponential_backoff(10ms).at_most(1s).delay(8, 0) == 1s);
static_assert(pawl::exponential_backoff(10ms).at_most(1s).delay(255, 0) == 1s);
static_assert(pawl::hangfire_backoff().at_most(20s).delay(1, 2) == 17s);
static_assert(pawl::hangfire_backoff().at_most(20s).delay(1, 9) == 20s);
static_assert(pawl::retry_policy{}.at_most(1h).max_retries() == 10);
// In a coarser clock it is rounded up: it would otherwise be no rest at all.
static_assert(pawl::exponential_backoff(1s).at_most(100us).delay<short_ms>(1, 0) == short_ms{1});
static_assert(pawl::exponential_backoff(1s).at_most(10min).delay<short_ms>(99, 0) ==
              short_ms{600'000});
static_assert(pawl::fixed_backoff(1s).at_most(endless).delay<short_ms>(1, 0) == short_ms{1000});
// The later word counts, as with every other property.
static_assert(pawl::exponential_backoff(1s).at_most(2s).at_most(8s).delay(9, 0) == 8s);

// Of a list, which keeps what is short enough.
static_assert(list.at_most(10s).delay(2, 0) == 5s && list.at_most(10s).delay(3, 0) == 10s);
static_assert(list.at_most(10s).delay(4, 0) == 10s && list.at_most(0s).delay(4, 0) == 0s);
static_assert(list.at_most(257s).delay(4, 0) == 250s && list.at_most(5min) == list);

// ---- After the last one (row 43), and how properties go together --------------------------------

static_assert(pawl::retry_policy{}.after_last() == pawl::after_last::fail);
static_assert(pawl::no_retry().after_last(pawl::after_last::discard).after_last() ==
              pawl::after_last::discard);
static_assert(list.after_last(pawl::after_last::discard).after_last(pawl::after_last::fail) ==
              list);

template <class Maker>
constexpr bool properties_go_together(Maker made) {
    const auto one =
        made.max_retries(3).jitter().at_most(10s).after_last(pawl::after_last::discard);
    const auto other =
        made.after_last(pawl::after_last::discard).at_most(10s).max_retries(3).jitter();
    const auto plain = made.at_most(10s);
    bool same_delays = true;
    for (std::uint32_t retry = 1; retry < 40; ++retry) {
        same_delays = same_delays && one.delay(retry, 0) == plain.delay(retry, 0);
    }
    return one == other && one != made && one.max_retries() == 3 && same_delays &&
           one.after_last() == pawl::after_last::discard && made.max_retries() == 10 &&
           made.after_last() == pawl::after_last::fail;
}
static_assert(properties_go_together(pawl::hangfire_backoff(10ms)));
static_assert(properties_go_together(pawl::exponential_backoff(10ms)));
static_assert(properties_go_together(pawl::fixed_backoff(24h)));
static_assert(properties_go_together(list));

// ---- Spread -------------------------------------------------------------------------------------

constexpr pawl::retry_policy spread_out = pawl::exponential_backoff(10ms).jitter();
static_assert(spread_out.delay(1, 0) == 10ms && spread_out.delay(1, random_max) == 5ms);
static_assert(spread_out.delay(3, 0x8000'0000) == 30ms);
static_assert(spread_out.delay<short_ms>(1, random_max) == short_ms{5});
static_assert(pawl::fixed_backoff(0s).jitter().delay(1, random_max) == 0s);
static_assert(pawl::fixed_backoff(1us).jitter().delay(1, random_max) == 1us);
static_assert(pawl::fixed_backoff(7us).jitter().delay(1, random_max) == 4us);
// Also at the longest rest, where everybody arrives, and in a list.
static_assert(spread_out.at_most(1s).delay(99, random_max) == 500ms);
static_assert(list.jitter().delay(4, random_max) == 150s && list.jitter().delay(4, 0) == 5min);

}  // namespace

// ---- Each formula beside a plain one ------------------------------------------------------------

namespace {

// Numbers that are the same in every run.
class numbers {
public:
    std::uint32_t next() {
        state_ = state_ * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
        return static_cast<std::uint32_t>(state_ >> 32);
    }

private:
    std::uint64_t state_ = 1;
};

// Sums that stop at the most that a duration can hold; nothing else.
template <class Duration>
class plain {
public:
    using rep = typename Duration::rep;
    static constexpr rep most = std::numeric_limits<rep>::max();

    static rep add(rep left, rep right) { return left > most - right ? most : left + right; }
    static rep times(rep base, std::uint32_t factor) {
        rep result = 0;
        // By bits, so that the longest takes 32 additions.
        for (int bit = 31; bit >= 0; --bit) {
            result = add(result, result);
            result = (factor >> bit & 1) != 0 ? add(result, base) : result;
        }
        return result;
    }
    static rep ticks(microseconds exact) {
        using wide = std::chrono::duration<std::int64_t, typename Duration::period>;
        return static_cast<rep>(
            std::min<std::int64_t>(std::chrono::ceil<wide>(exact).count(), most));
    }

    static rep hangfire(microseconds unit, std::uint32_t retry, std::uint32_t random) {
        std::uint32_t factor = 15;
        for (std::uint32_t i = 0; i < (retry - 1) * (retry - 1) * (retry - 1); ++i) {
            factor += retry - 1;
        }
        for (std::uint32_t i = 0; i < retry; ++i) {
            factor += random % 30;
        }
        return times(ticks(unit), factor);
    }
    static rep exponential(microseconds first, std::uint32_t retry) {
        if (retry > 32) {
            return times(ticks(first), 0xFFFF'FFFF);
        }
        rep result = ticks(first);
        for (std::uint32_t i = 1; i < retry; ++i) {
            result = add(result, result);
        }
        return result;
    }
};

constexpr microseconds bases[] = {0us,  1us,   999us, 1ms, 1500us,   10ms,      100ms,          1s,
                                  1min, 4294s, 2h,    24h, 24h * 49, 24h * 365, 24h * 365 * 136};

template <class Duration>
void formulas_are_the_plain_ones() {
    numbers some;
    for (const microseconds base : bases) {
        for (std::uint32_t retry = 1; retry <= 40; ++retry) {
            const std::uint32_t random = some.next();
            const microseconds longest{some.next() % 10'000'000};
            const auto hangfire = plain<Duration>::hangfire(base, retry, random);
            const auto exponential = plain<Duration>::exponential(base, retry);
            CAPTURE(base.count(), retry, random);
            REQUIRE(pawl::hangfire_backoff(base).template delay<Duration>(retry, random).count() ==
                    hangfire);
            REQUIRE(
                pawl::exponential_backoff(base).template delay<Duration>(retry, random).count() ==
                exponential);
            REQUIRE(pawl::fixed_backoff(base).template delay<Duration>(retry, random).count() ==
                    plain<Duration>::ticks(base));

            const auto bound = plain<Duration>::ticks(kept_as(longest));
            REQUIRE(pawl::exponential_backoff(base)
                        .at_most(longest)
                        .template delay<Duration>(retry, random)
                        .count() == std::min(exponential, bound));
            REQUIRE(pawl::hangfire_backoff(base)
                        .at_most(longest)
                        .template delay<Duration>(retry, random)
                        .count() == std::min(hangfire, bound));
        }
    }
}

}  // namespace

TEST_CASE("retry_policy: each formula is the plain one, in each clock") {
    formulas_are_the_plain_ones<microseconds>();
    formulas_are_the_plain_ones<std::chrono::nanoseconds>();
    formulas_are_the_plain_ones<std::chrono::milliseconds>();
    formulas_are_the_plain_ones<short_ms>();
    formulas_are_the_plain_ones<std::chrono::duration<std::int32_t, std::micro>>();
    formulas_are_the_plain_ones<std::chrono::duration<std::int32_t>>();
}

TEST_CASE("retry_policy: delays saturate instead of overflowing") {
    struct {
        pawl::retry_policy policy;
        microseconds longest;
    } const cases[] = {
        {pawl::hangfire_backoff(endless), microseconds::max()},
        {pawl::exponential_backoff(endless), microseconds::max()},
        // A delay has 32 bits of seconds.
        {pawl::fixed_backoff(microseconds::max()), std::chrono::seconds{0xFFFF'FFFF}},
        // It is the bounded product that is spread.
        {pawl::exponential_backoff(endless).at_most(1h), 1h},
    };
    for (const auto& [policy, longest] : cases) {
        for (std::uint32_t retry = 1; retry <= 255; ++retry) {
            const auto delay = policy.delay(retry, random_max);
            REQUIRE(delay >= 0us);
            REQUIRE(delay <= longest);
            REQUIRE(policy.delay<short_ms>(retry, random_max) >= short_ms{0});
        }
        REQUIRE(policy.delay(255, 0) == longest);
        REQUIRE(policy.delay(random_max, 0) == longest);
        REQUIRE(policy.jitter().delay(255, 0) == longest);
        // 2^32 numbers cannot meet 2^62 lengths: all but the last share of them.
        const microseconds shortest = longest - longest / 2;
        REQUIRE(policy.jitter().delay(255, random_max) >= shortest);
        REQUIRE(policy.jitter().delay(255, random_max) - shortest <= longest / 0x1'0000'0000 + 1us);
    }
}

TEST_CASE("retry_policy: the longest rest is rounded down, by less than 0.3 %") {
    numbers some;
    // From one microsecond to 5 years, in steps of some 0.1 %.
    for (microseconds asked = 1us; asked < 24h * 365 * 5; asked += asked / 1000 + 1us) {
        const microseconds length = asked + microseconds{some.next() % 7};
        const microseconds kept = kept_as(asked);
        CAPTURE(asked.count(), length.count());
        REQUIRE(kept <= asked);
        REQUIRE((asked - kept) * 1000 < asked * 3);
        REQUIRE(kept_as(kept) == kept);
        // A list's entries have four bits less, and each is the longest that is short enough.
        const microseconds entry = pawl::backoff_list(127 * 24h).at_most(length).delay(1, 0);
        REQUIRE(entry <= length);
        REQUIRE(((length - entry) * 20 < length || length > 127 * 24h));
    }
}

TEST_CASE("retry_policy: jitter spreads evenly over the upper half, both ends included") {
    for (std::int32_t length = 0; length <= 40; ++length) {
        const auto policy = pawl::fixed_backoff(std::chrono::milliseconds{length}).jitter();
        std::map<std::int32_t, int> times;
        constexpr std::uint32_t step = 1U << 16;
        for (std::uint32_t i = 0; i < 1U << 16; ++i) {
            ++times[policy.delay<short_ms>(1, i * step).count()];
        }
        const std::int32_t shortest = length - length / 2;
        const int lengths = length - shortest + 1;
        CAPTURE(length);
        REQUIRE(static_cast<int>(times.size()) == lengths);
        REQUIRE(times.begin()->first == shortest);
        REQUIRE(times.rbegin()->first == length);
        for (const auto& [each, count] : times) {
            REQUIRE(std::abs(count - (1 << 16) / lengths) <= 1);
        }
    }
    // Beyond 32 bits, too: in sixteen equal parts of the half there are as many.
    constexpr microseconds day = 24h;
    const auto policy = pawl::fixed_backoff(day).jitter();
    std::vector<int> parts(16);
    for (std::uint32_t i = 0; i < 1U << 16; ++i) {
        const microseconds delay = policy.delay(1, (i << 16) + (i & 0xFFFF));
        REQUIRE(delay >= day / 2);
        REQUIRE(delay <= day);
        ++parts.at(static_cast<std::size_t>(std::min<std::int64_t>((day - delay) * 32 / day, 15)));
    }
    for (const int each : parts) {
        REQUIRE(std::abs(each - (1 << 12)) <= 1);
    }
}

TEST_CASE("retry_policy: chance comes from the caller alone") {
    numbers some;
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t retry = some.next() % 20 + 1;
        const std::uint32_t random = some.next();
        // What does not spread does not look at it.
        REQUIRE(pawl::exponential_backoff(10ms).delay(retry, random) ==
                pawl::exponential_backoff(10ms).delay(retry, ~random));
        REQUIRE(list.delay(retry, random) == list.delay(retry, ~random));
        // What does says the same to the same number.
        const auto first = spread_out.delay(retry, random);
        REQUIRE(first == pawl::exponential_backoff(10ms).jitter().delay(retry, random));
        REQUIRE(first >= pawl::exponential_backoff(10ms).delay(retry, 0) / 2);
    }
}

TEST_CASE("retry_policy: zero bytes are the default") {
    pawl::retry_policy zero = list.jitter().after_last(pawl::after_last::discard);
    std::memset(static_cast<void*>(&zero), 0, sizeof zero);
    REQUIRE(zero == pawl::retry_policy{});
    REQUIRE(zero.max_retries() == 10);
    REQUIRE(zero.after_last() == pawl::after_last::fail);
    REQUIRE(zero.delay(10, 0) == 6576s);

    const pawl::retry_policy made;
    const unsigned char zeros[sizeof made] = {};
    REQUIRE(std::memcmp(static_cast<const void*>(&made), zeros, sizeof made) == 0);
}
