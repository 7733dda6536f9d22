// SPDX-License-Identifier: BSL-1.0
//
// Durable jobs: what survives the end of the program.
//
// Goal: all of the job model does: jobs, delays, retries with their attempt, continuations,
// batches half done, keys; what was running runs again and knows it; nothing that ended comes back.
// Method: virtual time, a log in memory, the program ended at a chosen moment and started again.
// (What a disk may lose is the simulators' business: durable_crash_test.cpp.)
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;
using namespace durable_world;
using pawl::job_state;

namespace {

constexpr pawl::limits moving = [] {
    pawl::limits result = usual_limits;
    result.reschedule = true;
    return result;
}();

}  // namespace

TEST_CASE("durable: a job that has not run when the program ends runs in the next") {
    fresh();
    memory log{};
    {
        world first{log};
        REQUIRE(first.start);
        REQUIRE(first.start.recovered.log.made);
        REQUIRE(first->enqueue(task{1}, {.durability = pawl::synced}));
        REQUIRE(first->enqueue(task{2}));  // buffered
        REQUIRE(first->enqueue(task{3}, {.durability = pawl::durability::none}));
        REQUIRE(first->enqueue([] {}));  // of no type that the journal knows
        first->sync();
        first.crash();
    }
    REQUIRE(runs.empty());
    world second{log};
    REQUIRE(second.start);
    REQUIRE(second.start.recovered.jobs == 2);
    REQUIRE(second.start.recovered.running == 0);
    second->poll();
    REQUIRE(numbers_run() == list({1, 2}));
    REQUIRE(runs[0].recoveries == 0);
}

TEST_CASE("durable: what has ended does not come back, after a crash and after an end in order") {
    for (const bool in_order : {false, true}) {
        fresh();
        memory log{};
        behaviour = [](int number, pawl::job_context&) {
            return number == 2   ? pawl::outcome::fail()
                   : number == 3 ? pawl::outcome::discard()
                                 : pawl::outcome::success();
        };
        {
            world first{log};
            for (int number = 1; number <= 3; ++number) {
                first->enqueue(task{number});
            }
            const auto cancelled = first->schedule(1h, task{4});
            REQUIRE(first->cancel(cancelled));
            first->poll();
            if (in_order) {
                first.end();
            } else {
                first.crash();
            }
        }
        REQUIRE(numbers_run() == list({1, 2, 3}));
        world second{log};
        REQUIRE(second.start);
        REQUIRE(second.start.recovered.jobs == 0);
        second->advance(2h);
        REQUIRE(runs.size() == 3);
    }
}

TEST_CASE("durable: a stop deletes nothing from the log") {
    fresh();
    memory log{};
    {
        world first{log};
        first->schedule(1h, task{1});
        first->enqueue(task{2});
        const auto report = first->stop(pawl::finish);
        REQUIRE(report.cancelled == 2);
        REQUIRE_FALSE(first->enqueue(task{3}));
    }
    world second{log};
    REQUIRE(second.start.recovered.jobs == 2);
    second->advance(2h);
    REQUIRE(numbers_run() == list({2, 1}));
}

TEST_CASE("durable: a delay goes on by the wall clock while the program does not run") {
    fresh();
    memory log{};
    pawl::wall_time ended;
    {
        world first{log};
        first->schedule(10s, task{1});
        first->schedule(60s, task{2});
        first->advance(4s);
        ended = first->platform().wall_now();
        first.crash();
    }
    world second{log};
    REQUIRE(second.start.recovered.jobs == 2);
    // Virtual time begins anew in each program: its wall clock says how long it was ended.
    const auto now = second->platform().wall_now();
    const auto left_1 = ended + 6s - now;
    const auto left_2 = ended + 56s - now;
    second->advance(left_1 - 10ms);
    REQUIRE(runs.empty());
    second->advance(20ms);
    REQUIRE(numbers_run() == list({1}));
    second->advance(left_2 - left_1 - 30ms);
    REQUIRE(runs.size() == 1);
    second->advance(40ms);
    REQUIRE(numbers_run() == list({1, 2}));
}

TEST_CASE("durable: another time for a job that waits outlives the program") {
    fresh();
    memory log{};
    pawl::wall_time ended;
    {
        world<moving> first{log};
        const auto put_off = first->schedule(1s, task{1});
        const auto called = first->schedule(1h, task{2});
        const auto debounced = first->schedule(1s, task{3}, {.unique = pawl::key{7}});
        REQUIRE(first->reschedule(put_off, 1min));
        REQUIRE(first->run_now(called));
        REQUIRE(first->schedule(2min, task{4},
                                {.unique = pawl::key{7}, .conflict = pawl::conflict::postpone}) ==
                debounced);
        REQUIRE(first->reschedule(put_off, 2min));  // the latest counts
        first->sync();
        ended = first->platform().wall_now();
        first.crash();
    }
    REQUIRE(runs.empty());
    world<moving> second{log};
    REQUIRE(second.start.recovered.jobs == 3);
    const auto left = ended + 2min - second->platform().wall_now();
    second->advance(left - 10ms);
    REQUIRE(numbers_run() == list({2}));
    second->advance(20ms);
    std::sort(runs.begin(), runs.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    REQUIRE(numbers_run() == list({1, 2, 3}));
    REQUIRE(runs[0].attempt == 1);
}

TEST_CASE("durable: a job that is put off keeps its attempt") {
    fresh();
    memory log{};
    pawl::wall_time ended;
    behaviour = [](int, pawl::job_context&) { return pawl::outcome::retry(); };
    {
        world<moving> first{log};
        const auto id = first->enqueue(task{1}, {.retry = pawl::fixed_backoff(10s)});
        first->poll();
        REQUIRE(first->reschedule(id, 1min));
        first->sync();
        ended = first->platform().wall_now();
        first.crash();
    }
    REQUIRE(runs.size() == 1);
    world<moving> second{log};
    REQUIRE(second.start.recovered.jobs == 1);
    second->advance(ended + 1min - second->platform().wall_now() - 10ms);
    REQUIRE(runs.size() == 1);
    second->advance(20ms);
    REQUIRE(runs.size() == 2);
    REQUIRE(runs[1].attempt == 2);
}

TEST_CASE("durable: a retry keeps its attempt, its policy and what is left of its rest") {
    fresh();
    memory log{};
    behaviour = [](int, pawl::job_context&) { return pawl::outcome::retry(); };
    {
        world first{log};
        first->enqueue(task{1}, {.retry = pawl::fixed_backoff(1s).max_retries(3)});
        first->poll();
        first->advance(1s);
        REQUIRE(runs.size() == 2);
        first.crash();
    }
    world second{log};
    REQUIRE(second.start.recovered.jobs == 1);
    REQUIRE(second.start.recovered.running == 0);
    second->advance(10s);
    REQUIRE(runs.size() == 4);  // ten retries mean eleven runs; three, four
    REQUIRE(runs[2].attempt == 3);
    REQUIRE(runs[3].attempt == 4);
    REQUIRE(second->counts().failed == 1);
    second.crash();
    world third{log};
    REQUIRE(third.start.recovered.jobs == 0);
}

namespace {

// Where a running job ends its program: what the log holds at that moment.
memory* log_of_run = nullptr;
memory log_in_run{};
void look_at_log() { log_in_run = *log_of_run; }

}  // namespace

TEST_CASE("durable: what was running runs again, in the same attempt, and knows it") {
    fresh();
    memory log{};
    log_of_run = &log;
    {
        world first{log};
        behaviour = [](int number, pawl::job_context&) {
            if (number == 2) {
                look_at_log();
            }
            return pawl::outcome::success();
        };
        first->enqueue(task{1});
        first->enqueue(task{2}, {.retry = pawl::fixed_backoff(1s).max_retries(1)});
        first->enqueue(task{3});
        first->poll();
        // The log hears that 2 has begun when somebody writes; here the next poll would.
        first->sync();
        first.end();
    }
    // Nobody had written yet that 2 has begun: it is as if it had not. So is 1, whose end was as
    // little written; at least once.
    {
        memory before = log_in_run;
        runs.clear();
        behaviour = nullptr;
        world second{before};
        REQUIRE(second.start.recovered.jobs == 3);
        second->poll();
        REQUIRE(numbers_run() == list({1, 2, 3}));
    }
    // And with it written.
    runs.clear();
    memory other{};
    log_of_run = &other;
    static decltype(world{other}.operator->()) running = nullptr;
    {
        world first{other};
        running = first.operator->();
        behaviour = [](int number, pawl::job_context&) {
            if (number == 2) {
                running->sync();
                look_at_log();
            }
            return pawl::outcome::success();
        };
        first->enqueue(task{1});
        first->enqueue(task{2}, {.retry = pawl::fixed_backoff(1s).max_retries(1)});
        first->enqueue(task{3});
        first->poll();
    }
    runs.clear();
    behaviour = nullptr;
    world second{log_in_run};
    REQUIRE(second.start.recovered.jobs == 2);
    REQUIRE(second.start.recovered.running == 1);
    second->poll();
    REQUIRE(numbers_run() == list({2, 3}));
    REQUIRE(runs[0].recoveries == 1);
    REQUIRE(runs[0].attempt == 1);
    REQUIRE(runs[1].recoveries == 0);
}

TEST_CASE("durable: a job that ends the program each time it runs fails as poisoned") {
    fresh();
    memory log{};
    log_of_run = &log;
    {
        world first{log};
        REQUIRE(first->enqueue(task{7}, {.durability = pawl::synced}));
        first.crash();
    }
    behaviour = [](int, pawl::job_context&) {
        look_at_log();  // here it dies
        return pawl::outcome::success();
    };
    std::uint32_t starts = 0;
    for (;; ++starts) {
        REQUIRE(starts < 10);
        runs.clear();
        world next{log};
        REQUIRE(next.start);
        if (next.start.recovered.poisoned != 0) {
            const auto failed_before = next->counts().failed;
            next->poll();
            REQUIRE(runs.empty());
            REQUIRE(next->counts().failed == failed_before + 1);
            next.crash();
            break;
        }
        next->sync();
        next->poll();
        REQUIRE(runs.size() == 1);
        next.end();
        log = log_in_run;
    }
    // The first time nobody had written that it has begun. From then on each start counts.
    REQUIRE(starts >= pawl::journal_limits{}.recoveries_max);
    REQUIRE(starts <= pawl::journal_limits{}.recoveries_max + 2);
    world last{log};
    REQUIRE(last.start.recovered.jobs == 0);
}

TEST_CASE("durable: continuations wait for the parents that have not ended") {
    fresh();
    memory log{};
    behaviour = [](int number, pawl::job_context&) {
        return number == 2 ? pawl::outcome::fail() : pawl::outcome::success();
    };
    {
        world first{log};
        const auto one = first->enqueue(task{1});
        const auto two = first->enqueue(task{2});
        const auto late = first->schedule(1s, task{3});
        first->then({one, late}, task{10});
        first->then(two, task{11});  // deleted, and with it
        const auto rescue = first->then(two, task{12}, {.when = pawl::when::failure});
        first->then({rescue, late}, task{13});
        first->poll();
        REQUIRE(numbers_run() == list({1, 2, 12}));
        first.crash();
    }
    runs.clear();
    world second{log};
    REQUIRE(second.start.recovered.jobs == 3);
    second->poll();
    REQUIRE(runs.empty());
    second->advance(2s);
    REQUIRE(numbers_run() == list({3, 10, 13}));
}

TEST_CASE("durable: handles from before the restart still name their jobs") {
    fresh();
    memory log{};
    pawl::job_id waits;
    pawl::job_id ran;
    {
        world first{log};
        ran = first->enqueue(task{1});
        waits = first->schedule(1s, task{2});
        first->poll();
        first.crash();
    }
    world second{log};
    REQUIRE(second->state(waits) == job_state::scheduled);
    REQUIRE(second->state(ran) == job_state::gone);
    const auto child = second->then(waits, task{3});
    REQUIRE(child);
    // New jobs have other handles than any that the log names.
    for (int i = 0; i < 8; ++i) {
        const auto made = second->enqueue(task{100 + i});
        REQUIRE(made);
        REQUIRE(made != ran);
        REQUIRE(made != waits);
    }
    REQUIRE(second->cancel(waits));
    second->advance(2s);
    REQUIRE(second->state(child) == job_state::deleted);
}

TEST_CASE("durable: a batch half done ends when its last member does") {
    for (const bool spoiled : {false, true}) {
        fresh();
        memory log{};
        if (spoiled) {
            behaviour = [](int number, pawl::job_context&) {
                return number == 1 ? pawl::outcome::fail() : pawl::outcome::success();
            };
        }
        {
            world first{log};
            auto mails = first->batch();
            mails.enqueue(task{1});
            mails.enqueue(task{2});
            mails.schedule(1s, task{3});
            const auto all = mails.seal();
            first->then(all, task{10});
            first->then(all, task{11}, {.when = pawl::when::failure});
            first->poll();
            REQUIRE(numbers_run() == list({1, 2}));
            first.crash();
        }
        runs.clear();
        world second{log};
        REQUIRE(second.start.recovered.batches == 1);
        second->advance(2s);
        REQUIRE(numbers_run() == (spoiled ? list({3, 11}) : list({3, 10})));
        second.crash();
        world third{log};
        REQUIRE(third.start.recovered.jobs == 0);
        REQUIRE(third.start.recovered.batches == 0);
    }
}

TEST_CASE("durable: a batch in a batch, one that nobody had sealed") {
    fresh();
    memory log{};
    memory at_crash{};
    {
        world first{log};
        auto outer = first->batch();
        auto inner = outer.batch();
        inner.schedule(1s, task{1});
        const auto all = outer.id();
        first->then(all, task{10});
        first->then(inner.id(), task{11});
        first->sync();
        at_crash = log;  // while the batches are open
    }
    log = at_crash;
    world second{log};
    REQUIRE(second.start.recovered.batches == 2);
    second->advance(2s);
    REQUIRE(numbers_run() == list({1, 11, 10}));
}

TEST_CASE("durable: options are kept: queue, band, key, limiter, deadline, cursor") {
    fresh();
    memory log{};
    behaviour = [](int number, pawl::job_context& job) {
        if (number == 20 && job.cursor() < 3) {
            return pawl::outcome::yield(job.cursor() + 1);
        }
        return pawl::outcome::success();
    };
    {
        world first{log};
        first->enqueue(task{1});
        first->enqueue(task{2}, {.queue = "critical"});
        first->enqueue(task{3}, {.priority = 1});
        first->enqueue(task{4}, {.unique = pawl::key{"only"}});
        first->enqueue(task{5}, {.deadline = 1s});
        first->sync();
        first.crash();
    }
    world second{log};
    REQUIRE(second.start.recovered.jobs == 5);
    const auto twin = second->enqueue(task{40}, {.unique = pawl::key{"only"}});
    REQUIRE(twin.error() == pawl::submit_error::not_unique);
    second->platform().elapse(5s);
    second->poll();
    REQUIRE(numbers_run() == list({2, 3, 1, 4}));
    REQUIRE(second->enqueue(task{40}, {.unique = pawl::key{"only"}}));
    second->poll();

    // A job in slices goes on where it was.
    runs.clear();
    second->enqueue(task{20});
    second->poll({.jobs = 2});
    REQUIRE(runs.size() == 2);
    second.crash();
    world third{log};
    REQUIRE(third.start.recovered.jobs == 1);
    third->poll();
    REQUIRE(runs.size() == 4);
}

TEST_CASE("durable: ids are of one job for ever") {
    fresh();
    memory log{};
    std::vector<std::uint64_t> ids;
    for (int start = 0; start < 4; ++start) {
        world next{log};
        for (int i = 0; i < 6; ++i) {
            next->enqueue(task{start});
        }
        next->poll();
        next.crash();
    }
    for (const auto& each : runs) {
        ids.push_back(each.id);
    }
    REQUIRE(ids.size() == 24);
    std::sort(ids.begin(), ids.end());
    REQUIRE(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    REQUIRE(ids.front() != 0);
}

TEST_CASE("durable: a type that the program does not know any more fails, the rest runs") {
    fresh();
    memory log{};
    {
        world first{log};
        const auto lost = first->enqueue(retired{5});
        first->then(lost, task{1}, {.when = pawl::when::failure});
        first->enqueue(task{2});
        first->sync();
        first.crash();
    }
    world<usual_limits, journal_of<pawl::job_types<task>>> second{log};
    REQUIRE(second.start);
    REQUIRE(second.start.recovered.unreadable == 1);
    REQUIRE(second.start.recovered.jobs == 3);
    second->poll();
    REQUIRE(numbers_run() == list({2, 1}));
    REQUIRE(second->counts().failed == 1);
    second.crash();
    world third{log};
    REQUIRE(third.start.recovered.jobs == 0);
}

TEST_CASE("durable: sync_later: a job does not run before the log has it") {
    fresh();
    memory log{};
    world jobs{log};
    const auto id = jobs->enqueue(task{1}, {.durability = pawl::sync_later});
    REQUIRE(jobs->state(id) == job_state::awaiting);
    jobs->sync();
    REQUIRE(jobs->state(id) == job_state::enqueued);
    jobs->poll();
    REQUIRE(numbers_run() == list({1}));
    // And with parents.
    const auto parent = jobs->enqueue(task{2});
    const auto child = jobs->then(parent, task{3}, {.durability = pawl::sync_later});
    REQUIRE(jobs->state(child) == job_state::awaiting);
    jobs->poll();
    REQUIRE(numbers_run() == list({1, 2, 3}));
}

TEST_CASE("durable: many at once, all or none") {
    fresh();
    memory log{};
    {
        world first{log};
        const auto made =
            first->enqueue_n(10, [](std::uint32_t i) { return task{static_cast<int>(i)}; });
        REQUIRE(made);
        REQUIRE(made.count == 10);
        first->sync();
        first.crash();
    }
    world second{log};
    REQUIRE(second.start.recovered.jobs == 10);
    second->poll();
    REQUIRE(runs.size() == 10);
}

TEST_CASE("durable: many at once do not run before their sync, if they are to be synced") {
    for (const auto how : {pawl::durability::synced, pawl::durability::sync_later}) {
        fresh();
        memory log{};
        world first{log};
        std::vector<pawl::job_id> ids(12);
        const auto made = first->enqueue_n(
            12, [](std::uint32_t i) { return task{static_cast<int>(i)}; }, {.durability = how},
            ids);
        REQUIRE(made);
        REQUIRE(made.count == 12);
        for (const pawl::job_id id : ids) {
            REQUIRE(first->state(id) ==
                    (how == pawl::durability::synced ? job_state::enqueued : job_state::awaiting));
        }
        const memory as_it_was = log;
        first->poll();
        REQUIRE(runs.size() == 12);
        first.crash();
        if (how == pawl::durability::synced) {
            // What was on the medium when the call returned.
            runs.clear();
            memory before = as_it_was;
            world second{before};
            REQUIRE(second.start.recovered.jobs == 12);
            second->poll();
            REQUIRE(runs.size() == 12);
        }
    }
}

namespace {

// Its syncs can be made to fail.
struct moody : memory {
    bool fails = false;
    pawl::io_status sync() noexcept {
        return fails ? pawl::io_status{pawl::io_error::failed} : memory::sync();
    }
};

}  // namespace

TEST_CASE("durable: many at once that could not be synced do not run") {
    fresh();
    moody log{};
    using journal = pawl::journal<pawl::medium_ref<moody>, pawl::job_types<task>,
                                  pawl::journal_limits{.cells = 64, .blocks_max = 8}>;
    pawl::scheduler<usual_limits, pawl::manual_platform, journal> jobs{pawl::medium_ref{log},
                                                                       pawl::deferred_start};
    REQUIRE(jobs.start());
    log.fails = true;
    std::vector<pawl::job_id> ids(5);
    const auto made = jobs.enqueue_n(
        5, [](std::uint32_t i) { return task{static_cast<int>(i)}; }, {.durability = pawl::synced},
        ids);
    REQUIRE(made.error() == pawl::submit_error::journal_failed);
    jobs.poll();
    REQUIRE(runs.empty());
    for (const pawl::job_id id : ids) {
        REQUIRE(jobs.state(id) == job_state::deleted);
    }
}

TEST_CASE("durable: the log stays within its blocks, however long a program runs") {
    fresh();
    memory log{};
    world jobs{log};
    const auto waits = jobs->schedule(1000h, task{-5});
    for (int i = 0; i < 20'000; ++i) {
        REQUIRE(jobs->enqueue(task{i}));
        jobs->poll();
    }
    REQUIRE(runs.size() == 20'000);
    REQUIRE(jobs->state(waits) == job_state::scheduled);
    jobs.crash();
    world next{log};
    REQUIRE(next.start.recovered.jobs == 1);
    REQUIRE(next->state(waits) == job_state::scheduled);
}

TEST_CASE("durable: before the log is open, and after the scheduler has stopped, it is refused") {
    fresh();
    memory log{};
    using scheduler = world<>::scheduler;
    const auto jobs = std::make_unique<scheduler>(pawl::medium_ref{log}, pawl::deferred_start);
    REQUIRE(jobs->enqueue(task{1}).error() == pawl::submit_error::journal_failed);
    REQUIRE(jobs->enqueue([] {}));
    REQUIRE(jobs->start());
    REQUIRE(jobs->start().started.error() == pawl::start_error::already_started);
    REQUIRE(jobs->enqueue(task{1}));
    jobs->stop(pawl::drain);
    REQUIRE(numbers_run() == list({1}));
    REQUIRE(jobs->enqueue(task{2}).error() == pawl::submit_error::stopped);
}

TEST_CASE("durable: a log of more jobs than there is room for is not opened, and not touched") {
    fresh();
    memory log{};
    {
        world first{log};
        for (int i = 0; i < 12; ++i) {
            first->schedule(1h, task{i});
        }
        first->sync();
        first.crash();
    }
    constexpr pawl::limits fewer{.jobs = 8, .batches = 4, .recurring = 0, .workers = 0};
    {
        world<fewer> second{log};
        REQUIRE_FALSE(second.start);
        REQUIRE(second.start.error() == pawl::open_error::too_many_jobs);
        REQUIRE(second->enqueue(task{1}).error() == pawl::submit_error::journal_failed);
    }
    world third{log};
    REQUIRE(third.start.recovered.jobs == 12);
}

namespace {

constexpr pawl::limits with_recurring{.jobs = 16, .recurring = 4, .workers = 0};
constexpr pawl::limits with_policies{
    .jobs = 16, .recurring = 4, .workers = 0, .recurring_policies = true};

// Hourly, and every ten minutes; the program is ended after 65 minutes, and starts again when its
// wall clock says three hours.
template <pawl::limits L>
void runs_what_passed() {
    fresh();
    memory log{};
    int hourly = 0;
    int tens = 0;
    const auto add = [&](auto& jobs) {
        REQUIRE(jobs->recurring("hourly", "0 0 * * * *"_cron, [&] { ++hourly; }));
        REQUIRE(jobs->every(10min, [&] { ++tens; }, {.name = "tens"}));
    };
    {
        world<L> first{log};
        REQUIRE(first.start);
        add(first);
        first->advance(65min);
        REQUIRE(hourly == 1);
        REQUIRE(tens == 6);
        first->sync();
        first.crash();
    }
    world<L> second{log};
    REQUIRE(second.start);
    second->platform().elapse(3h);
    add(second);
    second->poll();
    // What passed unseen is one run of each.
    REQUIRE(hourly == 2);
    REQUIRE(tens == 7);
    second->advance(9min);
    REQUIRE(tens == 7);
    second->advance(1min);
    REQUIRE(tens == 8);
    second->advance(50min);
    REQUIRE(hourly == 3);
    second->sync();
    second.crash();

    // A rule that is another one counts from now.
    hourly = tens = 0;
    world<L> third{log};
    third->platform().elapse(10h + 30min);
    third->recurring("hourly", "0 15 * * * *"_cron, [&] { ++hourly; });
    third->every(7min, [&] { ++tens; }, {.name = "tens"});
    third->poll();
    REQUIRE(hourly == 0);
    REQUIRE(tens == 0);
}

}  // namespace

TEST_CASE("durable: recurring jobs go on from their next time, and what passed is one run") {
    runs_what_passed<with_recurring>();
    runs_what_passed<with_policies>();
}

TEST_CASE(
    "durable: a recurring job that was paused is so after a restart; its misfire rule counts") {
    fresh();
    memory log{};
    int paused = 0;
    int caught = 0;
    const auto add = [&](auto& jobs) {
        REQUIRE(jobs->every(10min, [&] { ++paused; }, {.name = "paused"}));
        REQUIRE(jobs->every(10min, [&] { ++caught; },
                            {.name = "caught", .misfire = pawl::misfire::catch_up(3)}));
    };
    {
        world<with_policies> first{log};
        add(first);
        REQUIRE(first->pause_recurring("paused"));
        first->advance(15min);
        REQUIRE(caught == 1);
        first->sync();
        first.crash();
    }
    world<with_policies> second{log};
    second->platform().elapse(2h);
    add(second);
    second->poll();
    REQUIRE(paused == 0);
    REQUIRE(caught == 1 + 3);
    REQUIRE(second->find_recurring("paused")->paused);
    REQUIRE(second->resume_recurring("paused"));
    second->advance(10min);
    REQUIRE(paused > 0);
}
