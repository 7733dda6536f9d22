// SPDX-License-Identifier: BSL-1.0
//
// Goal: H is one value of its field, the same for the same seed on every machine, another for most
// other seeds; Quartz's numbers of weekdays are those of POSIX, moved. Method: constant expressions
// with values that must never change, for a schedule must not move with an update; then many seeds,
// each result a value of the field, each value reached.
#include "catch.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/time/cron.hpp>

namespace {

using pawl::cron_expected;

constexpr pawl::cron_options seeded{.seed = pawl::cron_seed("backup")};
constexpr pawl::cron_options quartz{.numbers = pawl::weekday_numbers::quartz};

constexpr pawl::cron parsed(std::string_view text, pawl::cron_options options) {
    return *pawl::cron::parse(text, options);
}
constexpr pawl::cron_error error_of(std::string_view text, pawl::cron_options options) {
    return pawl::cron::parse(text, options).error();
}

// FNV-1a's published values.
static_assert(pawl::cron_seed("") == 0x811C9DC5 && pawl::cron_seed("a") == 0xE40C292C);
static_assert(pawl::cron_seed("foobar") == 0xBF9CF968);

// Schedules that users have: they must not change.
static_assert(pawl::checked_cron<"H H * * *", seeded>() == pawl::checked_cron<"42 12 * * *">());

// One value is a fixed time, several are an interval; that shows in a zone with a gap.
static_assert(!parsed("H 2 * * *", seeded).masks().has(pawl::cron_masks::interval));
static_assert(parsed("H/20 2 * * *", seeded).masks().has(pawl::cron_masks::interval));
// Elements of a list, ranges of its own, steps of any length.
static_assert(parsed("H(7-7) H(3-3) * * *", seeded) == parsed("7 3 * * *", {}));
static_assert(parsed("H/1 * * * *", seeded) == parsed("* * * * *", {}));
static_assert(parsed("H(10-19)/10 * * * *", seeded).masks().minutes >> 10 != 0);
static_assert(parsed("0,H(30-30) h(4-4) * * *", seeded) == parsed("0,30 4 * * *", {}));
// Macros move, but for those with a star everywhere.
static_assert(parsed("@hourly", seeded) == parsed("H H * * * *", seeded));
static_assert(parsed("@every_minute", seeded) == parsed("H * * * * *", seeded));
static_assert(parsed("@daily", seeded) == parsed("H H H * * *", seeded));
static_assert(parsed("@weekly", seeded) == parsed("H H H * * H", seeded));
static_assert(parsed("@monthly", seeded) == parsed("H H H H * *", seeded));
static_assert(parsed("@yearly", seeded) == parsed("H H H H H *", seeded));
static_assert(parsed("@every_second", seeded) == parsed("* * * * * *", {}));
// Wrong ones.
static_assert(error_of("0 H * * *", {}) ==
              pawl::cron_error{cron_expected::seed_for_h, pawl::cron_field::hour, 2});
static_assert(error_of("H(9 * * * *", seeded).code == cron_expected::range_for_h);
static_assert(error_of("H(9-5) * * * *", seeded).code == cron_expected::range_for_h);
static_assert(error_of("H(5-60) * * * *", seeded).code == cron_expected::minute_0_to_59);
static_assert(error_of("H() * * * *", seeded).code == cron_expected::minute_0_to_59);
static_assert(error_of("H5 * * * *", seeded).code == cron_expected::comma_or_blank);
static_assert(error_of("0 0 HW * *", seeded).code == cron_expected::nearest_weekday_alone);
static_assert(error_of("0 0 * * H#2", seeded).code == cron_expected::one_weekday_before_nth);

// Quartz's numbers.
static_assert(parsed("0 9 * * 2-6", quartz) == parsed("0 9 * * MON-FRI", {}));
static_assert(parsed("0 9 * * 1", quartz) == parsed("0 9 * * SUN", {}));
static_assert(parsed("0 9 * * 7,1", quartz) == parsed("0 9 * * SAT,SUN", {}));
static_assert(parsed("0 9 * * 7-2", quartz) == parsed("0 9 * * SAT-MON", {}));
static_assert(parsed("0 9 * * */2", quartz) == parsed("0 9 * * SUN,TUE,THU,SAT", {}));
static_assert(parsed("0 9 * * 6#3", quartz) == parsed("0 9 * * FRI#3", {}));
static_assert(parsed("0 9 * * 7L", quartz) == parsed("0 9 * * SATL", {}));
static_assert(parsed("0 9 * * THU-FRI", quartz) == parsed("0 9 * * 4-5", {}));
static_assert(error_of("0 9 * * 0", quartz).code == cron_expected::weekday_1_to_7);
static_assert(error_of("0 9 * * 8", quartz).code == cron_expected::weekday_1_to_7);

}  // namespace

TEST_CASE("H is one value of its field, and reaches every one") {
    std::array<std::uint64_t, 6> reached{};
    int same = 0;
    for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
        const pawl::cron_masks masks = parsed("H H H H H *", {.seed = seed}).masks();
        const std::array<std::uint64_t, 6> values{
            masks.seconds, masks.minutes, masks.hours,
            masks.days,    masks.months,  parsed("0 0 * * H", {.seed = seed}).masks().weekdays};
        for (std::size_t field = 0; field < values.size(); ++field) {
            REQUIRE(values[field] != 0);
            REQUIRE((values[field] & (values[field] - 1)) == 0);
            reached[field] |= values[field];
        }
        same += masks.seconds == masks.minutes ? 1 : 0;
    }
    CHECK(reached[0] == (std::uint64_t{1} << 60) - 1);
    CHECK(reached[1] == (std::uint64_t{1} << 60) - 1);
    CHECK(reached[2] == (1U << 24) - 1);
    CHECK(reached[3] == (1U << 28) - 1);  // days that every month has
    CHECK(reached[4] == (1U << 12) - 1);
    CHECK(reached[5] == (1U << 7) - 1);
    CHECK(same < 4000 / 60 * 3);  // the fields are chosen each on its own
}

TEST_CASE("H with a step begins anywhere within its first step") {
    std::uint64_t first = 0;
    for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
        const std::uint64_t minutes = parsed("H/15 * * * *", {.seed = seed}).masks().minutes;
        const std::uint64_t start = minutes & 0x7FFF;
        REQUIRE((start & (start - 1)) == 0);
        REQUIRE(minutes == (start | start << 15 | start << 30 | start << 45));
        first |= start;
        const std::uint64_t ten = parsed("H(20-29)/40 * * * *", {.seed = seed}).masks().minutes;
        REQUIRE((ten & ~(std::uint64_t{0x3FF} << 20)) == 0);
        REQUIRE((ten & (ten - 1)) == 0);
    }
    CHECK(first == 0x7FFF);
}
