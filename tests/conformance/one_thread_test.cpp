// SPDX-License-Identifier: BSL-1.0
//
// Goal: loop_platform, manual_platform and game_platform conform, and so do the parts that know no
// platform. Method: the suite (suite.hpp), whose interrupts are calls: there is nobody else.
#include "catch.hpp"

#include <pawl/platform/game_platform.hpp>
#include <pawl/platform/loop_platform.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "conformance/on_host.hpp"

using namespace conformance;

TEST_CASE("timers and calendar conform") {
    runs([](checks& check) { run_timers(check); }, 150);
    runs([](checks& check) { run_calendar(check); }, 20);
}

TEST_CASE("manual_platform conforms") {
    direct_calls others;
    platform_and_queues<pawl::manual_platform>(others);
    schedulers<pawl::manual_platform>(others);
}

TEMPLATE_TEST_CASE("a platform of one thread conforms", "", pawl::loop_platform,
                   pawl::game_platform) {
    direct_calls others;
    platform_and_queues<TestType>(others);
    largest_and_smallest_scheduler<TestType>(others);
}

TEST_CASE("checks count, and report the first failures") {
    host_report::text().clear();
    checks check{&host_report::add};
    CHECK(check.that(true, "right"));
    CHECK(check.equal(7U, 7, "seven"));
    CHECK(check.made() == 2);
    CHECK(check.failed() == 0);
    CHECK(host_report::text().empty());
    CHECK_FALSE(check.equal(7, 8, "eight"));
    CHECK(host_report::text().find("one_thread_test.cpp:") != std::string::npos);
    CHECK(host_report::text().find(": eight (7, should be 8)\n") != std::string::npos);
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(check.that(false, "wrong"));
    }
    CHECK(check.made() == 23);
    CHECK(check.failed() == 21);
    const auto lines = [] {
        int count = 0;
        for (const char each : host_report::text()) {
            count += each == '\n' ? 1 : 0;
        }
        return count;
    };
    CHECK(lines() == 8);
    check.add(10);
    CHECK(check.made() == 33);
}
