// SPDX-License-Identifier: BSL-1.0
//
// What compares two times of a clock that wraps: once in 71 minutes, and not only in 292 years.
//
// Goal: nothing takes a time for one in the future because the count is lower, or for one in the
// past because it is higher. Method: virtual time, with the clock on all sides of the half and the
// whole turn.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <pawl/scheduler/scheduler.hpp>

#include "scheduler/microsecond_machine.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;
using microsecond::board;
using microsecond::machine;

namespace {

constexpr std::uint64_t second = 1'000'000;
constexpr pawl::limits small{.jobs = 8,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 2,
                             .workers = 0,
                             .reschedule = true,
                             .keys = 4};
using scheduler = pawl::scheduler<small, board<false>>;

// Before and after the count changes its sign, and in the middle of both halves.
constexpr std::uint64_t starts[] = {
    0,           0x3FFF'FFFF,          0x7FFF'FFFF - second,  0x8000'0000 + second,
    0xC000'0000, 0xFFFF'FFFF - second, 0x1'0000'0000 + second};

// The date to the millisecond.
struct exact_board : board<false> {
    [[nodiscard]] static std::chrono::sys_time<std::chrono::milliseconds> wall_now() noexcept {
        return std::chrono::sys_time<std::chrono::milliseconds>{
            std::chrono::milliseconds{static_cast<std::int64_t>(machine.now_us / 1000)}};
    }
};

}  // namespace

TEST_CASE("a job that is postponed by one without a delay runs at once") {
    for (const std::uint64_t start : starts) {
        CAPTURE(start);
        machine = {};
        machine.now_us = start;
        scheduler jobs;
        std::uint64_t ran_us = 0;
        const auto first =
            jobs.schedule(10s, [&] { ran_us = machine.now_us; }, {.unique = pawl::key{7U}});
        REQUIRE(first);
        const auto second_one =
            jobs.enqueue([] {}, {.unique = pawl::key{7U}, .conflict = pawl::conflict::postpone});
        REQUIRE(second_one == first);
        jobs.poll();
        REQUIRE(ran_us == start);
    }
}

TEST_CASE("a stop that drains has the time it was given, and no more") {
    for (const std::uint64_t start : starts) {
        CAPTURE(start);
        machine = {};
        machine.now_us = start;
        scheduler jobs;
        int ran = 0;
        for (int i = 0; i < 6; ++i) {
            REQUIRE(jobs.enqueue([&] {
                machine.now_us += second;
                ++ran;
            }));
        }
        jobs.stop(pawl::drain, 2500ms);
        REQUIRE(ran == 3);
    }
}

TEST_CASE("a poll has the time it was given, and no more") {
    for (const std::uint64_t start : starts) {
        CAPTURE(start);
        machine = {};
        machine.now_us = start;
        scheduler jobs;
        int ran = 0;
        for (int i = 0; i < 6; ++i) {
            REQUIRE(jobs.enqueue([&] {
                machine.now_us += second;
                ++ran;
            }));
        }
        REQUIRE(jobs.poll(2500ms).more);
        REQUIRE(ran == 3);
    }
}

TEST_CASE("calendar entries come in their second, on a wall clock of milliseconds") {
    for (const std::uint64_t start : starts) {
        CAPTURE(start);
        machine = {};
        machine.now_us = start + 345'678;
        pawl::scheduler<small, exact_board> jobs;
        std::vector<std::uint64_t> late;
        jobs.recurring("ten", "*/10 * * * * *"_cron,
                       [&] { late.push_back(machine.now_us % (10 * second)); });
        const std::uint64_t first = machine.now_us / (10 * second) + 1;
        const std::uint64_t end = machine.now_us + 3'600 * second;
        while (machine.now_us < end) {
            jobs.poll();
            jobs.wait();
        }
        jobs.poll();
        REQUIRE(late.size() >= (end - 2000) / (10 * second) - first + 1);
        for (const std::uint64_t each : late) {
            REQUIRE(each <= 1'001);
        }
    }
}
