// SPDX-License-Identifier: BSL-1.0
//
// Goal: next, prev, at_or_after and at_or_before are right for every expression of the grammar.
// Method: random expressions under each rule for the two day fields, from random instants, compared
// with a reference that looks at one day and one minute after the other
// (oracles/cron_reference.hpp). What the parser calls impossible, the reference must not find in
// 400 years, after which the calendar repeats. The seed is printed when something differs.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include <pawl/time/cron.hpp>

#include "oracles/cron_generator.hpp"
#include "oracles/cron_reference.hpp"

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

const sys_days begin_of_time = std::chrono::year{1} / 1 / 1;
const sys_days end_of_time = sys_days{std::chrono::year{9999} / 12 / 31} + days{1};

struct comparison {
    std::mt19937& random;
    int compared = 0;
    int impossible = 0;

    void compare(const std::string& text, std::uint32_t rule, sys_seconds from) {
        const pawl::cron_result parsed =
            pawl::cron::parse(text, {.days = static_cast<pawl::day_match>(rule)});
        const oracle::cron_reference reference{text, static_cast<oracle::day_rule>(rule)};
        INFO("expression '" << text << "', rule " << rule << ", from "
                            << from.time_since_epoch().count());
        if (!parsed) {
            REQUIRE(parsed.error().code == pawl::cron_expected::existing_date);
            if (++impossible <= 10) {
                REQUIRE(reference.at_or_after(sys_days{std::chrono::year{2000} / 1 / 1},
                                              sys_days{std::chrono::year{2400} / 1 / 1}) ==
                        std::nullopt);
            }
            return;
        }
        ++compared;
        for (int step = 0; step < 2; ++step) {
            const auto wanted = reference.at_or_after(from, end_of_time);
            REQUIRE(parsed->at_or_after(from) == wanted);
            REQUIRE(parsed->next(from) == reference.at_or_after(from + seconds{1}, end_of_time));
            REQUIRE(parsed->at_or_before(from) == reference.at_or_before(from, begin_of_time));
            REQUIRE(parsed->prev(from) == reference.at_or_before(from - seconds{1}, begin_of_time));
            if (!wanted) {
                break;
            }
            REQUIRE(reference.matches(*wanted));
            from = *wanted + seconds{random() % 3};
        }
    }
};

}  // namespace

TEST_CASE("10,000 random expressions agree with the reference") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    oracle::cron_generator generator{random};
    comparison all{random};
    for (int round = 0; round < 10000; ++round) {
        // From 1970 to 2400, so that centuries with and without a leap day are crossed.
        const auto day = static_cast<int>(random() % (430 * 365));
        all.compare(generator.expression(), static_cast<std::uint32_t>(random() % 3),
                    sys_days{days{day}} + seconds{random() % 86400});
    }
    CHECK(all.compared > 7500);
    CHECK(all.impossible > 250);
}

TEST_CASE("random expressions agree with the reference at both ends of time") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    oracle::cron_generator generator{random};
    comparison all{random};
    for (int round = 0; round < 1000; ++round) {
        const days distance{random() % (4 * 365)};
        const seconds second{1 + random() % 86398};  // next and prev stay inside
        const std::string text = generator.expression();
        all.compare(text, static_cast<std::uint32_t>(random() % 3),
                    begin_of_time + distance + second);
        all.compare(text, static_cast<std::uint32_t>(random() % 3),
                    end_of_time - days{1} - distance + second);
    }
    CHECK(all.compared > 1000);
}
