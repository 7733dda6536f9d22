// SPDX-License-Identifier: BSL-1.0
//
// Recurring jobs with a journal: the run that the end of the program cut off.
//
// Goal: it runs once more in the next program, and is told that it was cut off; a run that had
// ended does not; the entry's policies and the limit of recoveries hold.
// Method: as in durable_jobs_test.cpp. The power goes while a run is inside its callable: what the
// log holds at that moment is copied, and the next program starts on the copy.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using namespace pawl::literals;
using pawl::job_state;

namespace {

constexpr pawl::limits plain{.jobs = 16, .recurring = 4, .workers = 0};
constexpr pawl::limits with_policies{
    .jobs = 16, .recurring = 4, .workers = 0, .recurring_policies = true};
constexpr pawl::limits moving{.jobs = 16, .recurring = 4, .workers = 0, .reschedule = true};
constexpr pawl::limits keeping{.jobs = 16, .recurring = 4, .workers = 0, .failed = 2};

struct seen {
    std::uint32_t recoveries = 0;
    std::uint32_t attempt = 0;
};
std::vector<seen> seen_runs;
std::function<void()> within;  // what happens in a run

auto noting() {
    return [](pawl::job_context& job) {
        seen_runs.push_back({job.recoveries(), job.attempt()});
        if (within) {
            within();
        }
    };
}

void all_fresh() {
    fresh();
    seen_runs.clear();
    within = nullptr;
}

// The power goes in each run; `at` has the log as it is then.
template <class World>
void cut_into(World& program, memory& log, memory& at) {
    within = [&] {
        static_cast<void>(program->sync());
        at = log;
    };
}

std::vector<std::uint32_t> recoveries() {
    std::vector<std::uint32_t> result;
    for (const seen& each : seen_runs) {
        result.push_back(each.recoveries);
    }
    return result;
}
using counts = std::vector<std::uint32_t>;

template <pawl::limits L, class Add>
void runs_once_more(Add&& add) {
    all_fresh();
    memory log{};
    memory cut{};
    {
        world<L> first{log};
        add(first);
        cut_into(first, log, cut);
        first->advance(10min);
        within = nullptr;
        REQUIRE(recoveries() == counts{0});
    }
    world<L> second{cut};
    REQUIRE(second.start);
    second->platform().elapse(15min);  // where the wall clock was, and on
    add(second);
    second->poll();
    REQUIRE(recoveries() == counts{0, 1});
    REQUIRE(seen_runs[1].attempt == 1);
    // The times go on as they would have.
    second->advance(4min);
    REQUIRE(seen_runs.size() == 2);
    second->advance(1min);
    REQUIRE(recoveries() == counts{0, 1, 0});
    second->sync();
    second.crash();
    // Now all have ended.
    world<L> third{cut};
    third->platform().elapse(25min);
    add(third);
    third->poll();
    REQUIRE(seen_runs.size() == 3);
}

}  // namespace

TEST_CASE("durable: a run of a recurring job that was cut off runs once more, and is told") {
    const auto every = [](auto& jobs) { REQUIRE(jobs->every(10min, noting(), {.name = "tens"})); };
    const auto cron = [](auto& jobs) {
        REQUIRE(jobs->recurring("tens", "0 */10 * * * *"_cron, noting()));
    };
    runs_once_more<plain>(every);
    runs_once_more<plain>(cron);
    runs_once_more<with_policies>(every);
    runs_once_more<with_policies>(cron);
    runs_once_more<keeping>(every);
    runs_once_more<keeping>(cron);
}

TEST_CASE("durable: a run of a recurring job that has ended does not run once more") {
    for (int end = 0; end < 3; ++end) {
        all_fresh();
        memory log{};
        static int how = 0;
        how = end;
        const auto add = [](auto& jobs) {
            REQUIRE(jobs->every(10min,
                                [](pawl::job_context& job) {
                                    seen_runs.push_back({job.recoveries(), job.attempt()});
                                    return how == 0   ? pawl::outcome::success()
                                           : how == 1 ? pawl::outcome::fail()
                                                      : pawl::outcome::discard();
                                },
                                {.name = "tens"}));
        };
        {
            world<keeping> first{log};
            add(first);
            first->advance(10min);
            first->sync();
            first.crash();
        }
        world<keeping> second{log};
        second->platform().elapse(11min);
        add(second);
        second->poll();
        REQUIRE(recoveries() == counts{0});
    }
}

TEST_CASE("durable: what a firing costs in records") {
    const auto records_after = [](auto&& add) {
        all_fresh();
        memory log{};
        {
            world<plain> first{log};
            add(first);
            first->advance(50min);
            first->sync();
            first.crash();
        }
        return world<plain>{log}.start.recovered.log.records;
    };
    const auto none = records_after([](auto&) {});
    const auto unnamed = records_after([](auto& jobs) { jobs->every(10min, noting()); });
    REQUIRE(seen_runs.size() == 5);
    REQUIRE(unnamed == none);
    const auto named =
        records_after([](auto& jobs) { jobs->every(10min, noting(), {.name = "tens"}); });
    // Its next time, at first and each time; and each end.
    REQUIRE(named == none + 1 + 2 * 5);
}

TEST_CASE("durable: a run that is cut off in each life fails after the limit, and the next runs") {
    all_fresh();
    memory log{};
    const auto add = [](auto& jobs) { jobs->every(10min, noting(), {.name = "tens"}); };
    std::uint32_t lives = 0;
    std::chrono::minutes wall{0};
    for (; lives < 10; ++lives) {
        CAPTURE(lives);
        memory cut{};
        world<keeping> program{log};
        REQUIRE(program.start);
        program->platform().elapse(wall);
        add(program);
        cut_into(program, log, cut);
        const std::size_t before = seen_runs.size();
        if (lives == 0) {
            program->advance(10min);
            wall = 11min;
        } else {
            program->poll();
        }
        within = nullptr;
        if (seen_runs.size() == before) {
            REQUIRE(program->counts().failed == 1);
            REQUIRE(program->snapshot().kept == 1);
            break;
        }
        REQUIRE(seen_runs.back().recoveries == lives);
        program.crash();
        log = cut;
    }
    REQUIRE(lives == 4);  // recoveries_max, and one more
    world<keeping> next{log};
    next->platform().elapse(11min);
    add(next);
    next->advance(9min);
    REQUIRE(seen_runs.size() == 5);
    REQUIRE(seen_runs.back().recoveries == 0);
}

TEST_CASE("durable: of a run that was cut off and times that passed, overlap decides") {
    for (const auto overlap : {pawl::overlap::skip, pawl::overlap::queue_one}) {
        all_fresh();
        memory log{};
        memory cut{};
        const auto add = [&](auto& jobs) {
            REQUIRE(jobs->every(10min, noting(), {.name = "tens", .overlap = overlap}));
        };
        {
            world<with_policies> first{log};
            add(first);
            cut_into(first, log, cut);
            first->advance(10min);
            within = nullptr;
        }
        world<with_policies> second{cut};
        second->platform().elapse(2h + 5min);
        add(second);
        second->poll();
        second->poll();
        if (overlap == pawl::overlap::skip) {
            REQUIRE(recoveries() == counts{0, 1});
        } else {
            REQUIRE(recoveries() == counts{0, 1, 0});
        }
    }
}

TEST_CASE("durable: a run that was cut off waits while its recurring job is paused") {
    all_fresh();
    memory log{};
    memory cut{};
    const auto add = [](auto& jobs) { REQUIRE(jobs->every(10min, noting(), {.name = "tens"})); };
    {
        world<with_policies> first{log};
        add(first);
        within = [&] {
            REQUIRE(first->pause_recurring("tens"));
            static_cast<void>(first->sync());
            cut = log;
        };
        first->advance(10min);
        within = nullptr;
    }
    {
        world<with_policies> second{cut};
        second->platform().elapse(11min);
        add(second);
        second->advance(20min);
        REQUIRE(seen_runs.size() == 1);
        second->sync();
        second.crash();
    }
    // Nobody has asked for it there: it is owed still.
    world<with_policies> third{cut};
    third->platform().elapse(32min);
    add(third);
    third->poll();
    REQUIRE(seen_runs.size() == 1);
    REQUIRE(third->resume_recurring("tens"));
    third->poll();
    REQUIRE(seen_runs.size() >= 2);
    REQUIRE(seen_runs[1].recoveries == 2);
}

TEST_CASE("durable: a run that was cut off between two attempts begins anew") {
    all_fresh();
    memory log{};
    const auto add = [](auto& jobs) {
        REQUIRE(jobs->every(10min,
                            [](pawl::job_context& job) {
                                seen_runs.push_back({job.recoveries(), job.attempt()});
                                return job.recovered() ? pawl::outcome::success()
                                                       : pawl::outcome::retry();
                            },
                            {.name = "tens", .retry = pawl::fixed_backoff(1min)}));
    };
    {
        world<plain> first{log};
        add(first);
        first->advance(12min);
        REQUIRE(seen_runs.size() == 3);
        first->sync();
        first.crash();
    }
    world<plain> second{log};
    second->platform().elapse(13min);
    add(second);
    second->poll();
    REQUIRE(recoveries() == counts{0, 0, 0, 1});
    REQUIRE(seen_runs.back().attempt == 1);
}

TEST_CASE("durable: with a fixed delay, and by hand, what was cut off runs once more") {
    for (const bool by_hand : {false, true}) {
        CAPTURE(by_hand);
        all_fresh();
        memory log{};
        memory cut{};
        const auto add = [](auto& jobs) {
            REQUIRE(jobs->every(10min, noting(), {.name = "tens", .fixed_delay = true}));
        };
        {
            world<with_policies> first{log};
            add(first);
            cut_into(first, log, cut);
            if (by_hand) {
                REQUIRE(first->trigger_recurring("tens"));
                // Else the cut comes before the log has heard which run it is.
                first->poll();
            } else {
                first->advance(10min);
            }
            within = nullptr;
        }
        world<with_policies> second{cut};
        second->platform().elapse(12min);
        add(second);
        second->poll();
        REQUIRE(recoveries() == counts{0, 1});
        // One period from its end.
        second->advance(9min);
        REQUIRE(seen_runs.size() == 2);
        second->advance(2min);
        REQUIRE(seen_runs.size() == 3);
    }
}

TEST_CASE(
    "durable: a run that was cut off is kept for a name that an update has given a new rule") {
    all_fresh();
    memory log{};
    memory cut{};
    {
        world<plain> first{log};
        REQUIRE(first->recurring("tens", "0 */10 * * * *"_cron, noting()));
        cut_into(first, log, cut);
        first->advance(10min);
        within = nullptr;
    }
    world<plain> second{cut};
    second->platform().elapse(10min + 30s);
    REQUIRE(second->recurring("tens", "30 0 3 * * *"_cron, noting()));
    REQUIRE(second->recurring("tens", "30 0 4 * * *"_cron, noting()));
    second->poll();
    REQUIRE(recoveries() == counts{0, 1});
}

TEST_CASE("durable: where there is no room, what was cut off comes with the next time") {
    all_fresh();
    memory log{};
    memory cut{};
    const auto add = [](auto& jobs) { REQUIRE(jobs->every(10min, noting(), {.name = "tens"})); };
    {
        world<plain> first{log};
        add(first);
        cut_into(first, log, cut);
        first->advance(10min);
        within = nullptr;
    }
    world<plain> second{cut};
    second->platform().elapse(11min);
    std::vector<pawl::job_id> others;
    while (const auto id = second->schedule(1h, [] {})) {
        others.push_back(id);
    }
    add(second);
    second->poll();
    REQUIRE(seen_runs.size() == 1);
    REQUIRE(second->counts().missed == 1);
    for (const auto id : others) {
        second->cancel(id);
    }
    second->advance(9min);
    REQUIRE(seen_runs.size() == 2);
    REQUIRE(seen_runs.back().recoveries == 1);
}

TEST_CASE("durable: the end of a latest run is known however often the log is rewritten") {
    all_fresh();
    memory log{};
    const auto add = [](auto& jobs) { REQUIRE(jobs->every(1000h, noting(), {.name = "rare"})); };
    {
        world<moving> first{log};
        add(first);
        first->advance(1000h);
        REQUIRE(seen_runs.size() == 1);
        // By records of one job: a newer one in the run's slot would say that it has ended, too.
        const auto waits = first->schedule(1h, task{1});
        for (int i = 0; i < 5'000; ++i) {
            REQUIRE(first->reschedule(waits, 1h));
            first->poll();
        }
        first->cancel(waits);
        first->poll();
        first->sync();
        first.crash();
    }
    world<moving> second{log};
    second->platform().elapse(1001h);
    add(second);
    second->poll();
    REQUIRE(seen_runs.size() == 1);
}

TEST_CASE("durable: a job in the slot of a run that was cut off does not make it forgotten") {
    all_fresh();
    memory log{};
    memory cut{};
    {
        world<plain> first{log};
        REQUIRE(first->every(10min, noting(), {.name = "tens"}));
        cut_into(first, log, cut);
        first->advance(10min);
        within = nullptr;
    }
    {
        // It comes to jobs in all slots, and not to the recurring one.
        world<plain> second{cut};
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < static_cast<int>(plain.jobs); ++i) {
                REQUIRE(second->enqueue(task{i}, {.durability = pawl::buffered}));
            }
            second->poll();
        }
        second->sync();
        second.crash();
    }
    for (int lives = 0; lives < 2; ++lives) {
        world<plain> next{cut};
        REQUIRE(next->every(10min, noting(), {.name = "tens"}));
        next->poll();
        REQUIRE(recoveries().size() == 2);
        REQUIRE(recoveries()[1] != 0);
        next->sync();
        next.crash();
    }
}

TEST_CASE("durable: a run that has ended stays so, whoever has had its slot since") {
    all_fresh();
    memory log{};
    const auto add = [](auto& jobs) { REQUIRE(jobs->every(1000h, noting(), {.name = "rare"})); };
    {
        world<moving> first{log};
        add(first);
        first->advance(1000h);
        REQUIRE(seen_runs.size() == 1);
        const auto waits = first->schedule(1h, task{1});
        for (int i = 0; i < 40; ++i) {
            REQUIRE(first->enqueue(task{i}, {.durability = pawl::buffered}));
            first->poll();
        }
        // Until nothing is left of all these.
        for (int i = 0; i < 5'000; ++i) {
            REQUIRE(first->reschedule(waits, 1h));
            first->poll();
        }
        first->sync();
        first.crash();
    }
    world<moving> second{log};
    second->platform().elapse(1001h);
    add(second);
    second->poll();
    REQUIRE(seen_runs.size() == 1);
}
