// SPDX-License-Identifier: BSL-1.0
//
// Goal: "@every" with numbers and units is an interval, anything else behind it an error with a
// place, and recurring() takes both kinds of text. Method: constant expressions; a scheduler in
// virtual time.
#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;
using pawl::cron_expected;
using pawl::parse_interval;

constexpr bool is(std::string_view text, std::chrono::milliseconds wanted) {
    const pawl::interval_result result = parse_interval(text);
    return result && result.is_interval() && *result == wanted;
}
constexpr bool wrong_at(std::string_view text, std::size_t position) {
    const pawl::interval_result result = parse_interval(text);
    return !result && result.is_interval() && *result == 0ms &&
           result.error().code == cron_expected::interval_with_units &&
           result.error().position == position;
}

static_assert(is("@every 90s", 90s) && is("@every 1h30m", 90min) && is("@every 250ms", 250ms));
static_assert(is("@EVERY\t5m", 5min) && is("  @every  1h1m1s1ms  ", 3661001ms));
static_assert(is("@every 0s", 0ms) && is("@every 999999999h", 999999999h));
static_assert(wrong_at("@every", 6) && wrong_at("@every ", 7) && wrong_at("@every 90", 7));
static_assert(wrong_at("@every s", 7) && wrong_at("@every 5x", 7) && wrong_at("@every 1h30", 9));
static_assert(wrong_at("@every 5 m", 7) && wrong_at("@every 5m 3s", 10));
static_assert(wrong_at("@every 1000000000s", 7) && wrong_at("@every -5s", 7));
// Not meant to be one.
static_assert(!parse_interval("* * * * *").is_interval() && !parse_interval("").is_interval());
static_assert(!parse_interval("@every_minute").is_interval());
static_assert(!parse_interval("@ever").is_interval() && !parse_interval("@daily"));

}  // namespace

TEST_CASE("recurring() takes a text: an expression or an interval") {
    pawl::scheduler<pawl::limits{.workers = 0}, pawl::manual_platform> jobs;
    int polls = 0;
    int nights = 0;
    REQUIRE(jobs.recurring("poll", "@every 90s", [&] { ++polls; }));
    REQUIRE(jobs.recurring("night", "0 3 * * *", [&] { ++nights; }));
    jobs.advance(24h);
    REQUIRE(polls == 960);
    REQUIRE(nights == 1);
    // The name is updated, from one kind to the other.
    REQUIRE(jobs.recurring("poll", "0 * * * *", [&] { ++polls; }));
    REQUIRE(jobs.recurring("night", "@every 12h", [&] { ++nights; },
                           {.zone = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">}));
    jobs.advance(24h);
    REQUIRE(polls == 960 + 24);
    REQUIRE(nights == 1 + 2);
    REQUIRE(jobs.remove_recurring("poll"));

    const auto refusal = [&](std::string_view text) {
        const pawl::recurring_id id = jobs.recurring("wrong", text, [] {});
        REQUIRE_FALSE(id);
        return id.error();
    };
    REQUIRE(refusal("60 * * * *") == pawl::submit_error::bad_expression);
    REQUIRE(refusal("@every 90") == pawl::submit_error::bad_expression);
    REQUIRE(refusal("@reboot") == pawl::submit_error::bad_expression);
    REQUIRE(refusal("") == pawl::submit_error::bad_expression);
    REQUIRE(refusal("@every 0s") == pawl::submit_error::bad_period);
    REQUIRE(refusal("0 0 31 2 *") == pawl::submit_error::never);
}
