// SPDX-License-Identifier: BSL-1.0
//
// Goal: the short code of small machines finds the same times as the fast code of large ones, by
// the search that an expression needs and no other. Method: both are asked for the next times of
// fixed and random expressions, from random times, from each time found, and around the ends of
// days, months, centuries and of all time; with and without instructions to divide and to count.
// The seed is printed when something differs.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_compact.hpp>

#include "oracles/cron_generator.hpp"

namespace {

using namespace std::chrono_literals;
using namespace pawl::literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

using with_instructions = pawl::basic_cron_compact<true, true>;
using without_instructions = pawl::basic_cron_compact<false, false>;

sys_seconds any_time(std::mt19937& random) {
    constexpr auto first = pawl::cron::time_min.time_since_epoch().count();
    constexpr auto last = pawl::cron::time_max.time_since_epoch().count();
    return sys_seconds{
        std::chrono::seconds{std::uniform_int_distribution<std::int64_t>{first, last}(random)}};
}

// What cron says, which is the other way on machines of 64 bits.
std::int64_t expected(const pawl::cron& expression, sys_seconds time) {
    const auto found = pawl::cron_search<>{expression.masks()}.at_or_after(time + 1s);
    return found ? found->time_since_epoch().count() : pawl::cron_compact::none;
}

template <class Compact>
bool agrees(const pawl::cron& expression, sys_seconds time) {
    const pawl::cron_masks& masks = expression.masks();
    return Compact::first_after(masks, {.days = Compact::days_of(masks)},
                                time.time_since_epoch().count()) == expected(expression, time);
}
void check(const pawl::cron& expression, sys_seconds time) {
    INFO("from " << time.time_since_epoch().count());
    REQUIRE(agrees<with_instructions>(expression, time));
    REQUIRE(agrees<without_instructions>(expression, time));
}

void check_around(const pawl::cron& expression, std::mt19937& random) {
    for (int round = 0; round < 8; ++round) {
        sys_seconds time = any_time(random);
        for (int step = 0; step < 8; ++step) {
            check(expression, time);
            const auto next = expression.next(time);
            if (!next) {
                break;
            }
            check(expression, *next - 1s);
            time = *next;
        }
        const auto midnight = std::chrono::floor<std::chrono::days>(time);
        const sys_seconds ends[] = {midnight, midnight - 1s, midnight + 1s, midnight + 24h - 1s};
        for (const sys_seconds end : ends) {
            check(expression, end);
        }
    }
    for (const sys_seconds end :
         {pawl::cron::time_min - 1s, pawl::cron::time_min, pawl::cron::time_max - 1s,
          pawl::cron::time_max - 24h, pawl::cron::time_max, sys_seconds{sys_days{1970y / 1 / 1}},
          sys_seconds{-1s}, sys_seconds{sys_days{2100y / 2 / 28}} + 23h + 59min + 59s}) {
        check(expression, end);
    }
}

pawl::cron parsed(const std::string& text) {
    return *pawl::cron::parse(text, {.impossible = pawl::impossible_date::never, .years = true});
}

// At compile time too, where it reads the masks in another way.
constexpr sys_seconds some_day = sys_days{2026y / 11 / 21} + 5h;
constexpr std::int64_t compiled(const pawl::cron& expression) {
    const pawl::cron_masks& masks = expression.masks();
    return without_instructions::first_after(masks, {.days = without_instructions::days_of(masks)},
                                             some_day.time_since_epoch().count());
}
static_assert(compiled("*/15 * * * *"_cron) == (some_day + 15min).time_since_epoch().count());
static_assert(compiled("59 59 23 29 2 *"_cron) ==
              (sys_days{2028y / 2 / 29} + 24h - 1s).time_since_epoch().count());
static_assert(compiled(pawl::cron::never()) == pawl::cron_compact::none);

using compact = pawl::cron_compact;
constexpr pawl::cron_days* days_of(const pawl::cron& expression) {
    return compact::days_of(expression.masks());
}

}  // namespace

TEST_CASE("an expression names the shortest search that finds its days") {
    REQUIRE(days_of("0 */15 * * * *"_cron) == &compact::every_day);
    REQUIRE(days_of("30 9 * * *"_cron) == &compact::every_day);
    REQUIRE(days_of("30 9 * * MON-FRI"_cron) == &compact::weekly);
    REQUIRE(days_of("0 0 1 * *"_cron) == &pawl::cron_search<>::plain_day_at_or_after);
    REQUIRE(days_of("0 0 29 2 MON"_cron) == &pawl::cron_search<>::plain_day_at_or_after);
    REQUIRE(days_of("0 0 L * *"_cron) == &pawl::cron_search<>::any_day_at_or_after);
    REQUIRE(days_of("0 0 * * MON#1"_cron) == &pawl::cron_search<>::any_day_at_or_after);
    REQUIRE(days_of(parsed("0 0 0 1 1 ? 2030")) == &pawl::cron_search<>::any_day_at_or_after);
    REQUIRE(days_of(pawl::cron::never()) == nullptr);
    REQUIRE(days_of(pawl::cron::minutely()) == &compact::every_day);
    REQUIRE(days_of(pawl::cron::hourly(5)) == &compact::every_day);
    REQUIRE(days_of(pawl::cron::daily(5, 6)) == &compact::every_day);
    REQUIRE(days_of(pawl::cron::weekly(3, 5, 6)) == &compact::weekly);
    REQUIRE(days_of(pawl::cron::monthly(31)) == &pawl::cron_search<>::plain_day_at_or_after);
    REQUIRE(days_of(pawl::cron::yearly(2, 29)) == &pawl::cron_search<>::plain_day_at_or_after);
}

TEST_CASE("fixed expressions: the same times in few bytes") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    for (const std::string text : {"* * * * * *",      "0 */15 * * * *",
                                   "59 59 23 * * *",   "0 0 0 * * *",
                                   "31 32 * * * *",    "30 9 * * MON-FRI",
                                   "0 0 * * SUN",      "59 59 23 * * SAT",
                                   "0 0 1 * *",        "0 0 29 2 *",
                                   "59 59 23 31 12 *", "0 0 31 * *",
                                   "0 0 29 2 MON",     "59 14,40 23 L * *",
                                   "0 0 LW * *",       "0 0 15W * *",
                                   "0 0 * * 5#5",      "0 0 * * 5L",
                                   "0 0 0 1 1 ? 2030", "0 0 0 29 2 ? */8",
                                   "0 0 31 2 *",       "1-5/2,58 7,51 1,23 28-31 2,4 *"}) {
        INFO(text);
        check_around(parsed(text), random);
    }
}

TEST_CASE("random expressions: the same times in few bytes") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    oracle::cron_generator generator{random};
    for (int round = 0; round < 400; ++round) {
        const std::string text = generator.expression();
        INFO(text);
        if (const auto expression = pawl::cron::parse(text)) {
            check_around(*expression, random);
        }
    }
}

TEST_CASE("what clips times is the same around the ends of time") {
    const pawl::cron hourly = pawl::cron::hourly(30);
    const pawl::cron_masks& masks = hourly.masks();
    const pawl::cron_compact_search search{masks, compact::days_of(masks)};
    const pawl::cron_search<> other{masks};
    for (const sys_seconds time :
         {sys_seconds::min(), sys_seconds::min() + 1s, pawl::cron::time_min - 1s,
          pawl::cron::time_min, pawl::cron::time_min + 1s, sys_seconds{0s},
          pawl::cron::time_max - 1h, pawl::cron::time_max, pawl::cron::time_max + 1s,
          sys_seconds::max() - 1s, sys_seconds::max()}) {
        INFO(time.time_since_epoch().count());
        REQUIRE(search.first_after(time) == other.first_after(time));
        REQUIRE(search.first_from(time) == other.first_from(time));
        REQUIRE(search.last_to(time) == other.last_to(time));
    }
}
