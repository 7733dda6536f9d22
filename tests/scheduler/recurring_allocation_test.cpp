// SPDX-License-Identifier: BSL-1.0
//
// Recurring jobs allocate nothing, and what limits leave out takes no room.
//
// Goal: fixed memory for every policy; an entry without policies is as small as before there were
// any. Method: a program that uses all of them under a counting operator new; sizes of entries.
#include "scheduler/recurring_checks.hpp"

#include <array>
#include <cstdint>

#include <pawl/jobs/recurring_table.hpp>
#include <pawl/time/posix_tz.hpp>

#include "catch.hpp"
#include "house/counting_new.hpp"

using namespace recurring;

TEST_CASE("allocation: none, whatever a recurring job does") {
    std::uint64_t runs = 0;
    const house::allocation_scope scope;
    {
        pawl::scheduler<pawl::limits{
                            .jobs = 32, .recurring = 8, .workers = 0, .recurring_policies = true},
                        pawl::manual_platform>
            jobs;
        const auto rests = [&runs, resting = false]() mutable {
            ++runs;
            resting = !resting;
            return resting ? pawl::outcome::snooze(25ms) : pawl::outcome::success();
        };
        for (int i = 0; i < 3; ++i) {
            jobs.every(10ms, rests, {.name = "skip", .misfire = pawl::misfire::catch_up(3)});
            jobs.every(10ms, [&runs] { ++runs; },
                       {.name = "allow", .overlap = pawl::overlap::allow, .jitter = 5ms});
            jobs.every(10ms, rests, {.name = "queue", .overlap = pawl::overlap::queue_one});
            jobs.every(10ms, rests, {.name = "replace", .overlap = pawl::overlap::replace});
            jobs.every(10ms, rests, {.name = "delay", .max_runs = 20, .fixed_delay = true});
            jobs.recurring("calendar", "* * * * * *"_cron, rests,
                           {.zone = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">,
                            .misfire = pawl::misfire::skip(1s),
                            .when_full = pawl::when_full::defer});
            jobs.advance(500ms);
            jobs.platform().elapse(5s);
            jobs.poll();
            jobs.pause_recurring("skip");
            jobs.trigger_recurring("skip");
            jobs.advance(100ms);
            jobs.resume_recurring("skip");
            std::array<decltype(jobs)::recurring_info_type, 8> list;
            runs += jobs.list_recurring(list);
            jobs.remove_recurring("allow");
        }
        jobs.stop(pawl::drain);
    }
    const auto allocations = scope.count();
    REQUIRE(runs > 100);
    REQUIRE(allocations == 0);
}

TEST_CASE("limits.recurring_policies = false takes the bytes of policies out") {
    constexpr pawl::limits lean{.jobs = 16, .recurring = 4, .workers = 0};
    using lean_table = pawl::recurring_table<lean, pawl::manual_platform>;
    using full_table = pawl::recurring_table<small, pawl::manual_platform>;
    static_assert(!lean.recurring_policies);
    static_assert(lean_table::entry_count == 4);
    static_assert(full_table::entry_count == 5);  // one to spare, for updates
    struct plain_entry {
        pawl::manual_platform::word references;
        std::uint32_t generation;
        std::uint32_t small_members;
        pawl::calendar_entry rule;
        pawl::name called;
        pawl::retry_policy retry;
        pawl::callable_storage<lean.job_bytes, lean.job_align> code;
    };
    REQUIRE(sizeof(lean_table::entry) == sizeof(plain_entry));
    REQUIRE(sizeof(lean_table) == 4 * sizeof(plain_entry));
    REQUIRE(sizeof(full_table::entry) <= sizeof(plain_entry) + 256);
}
