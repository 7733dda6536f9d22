// SPDX-License-Identifier: BSL-1.0
//
// Failed jobs that are kept, and durable.
//
// Goal: who looks after a failure finds the failed job in the next program, too, with its error,
// and can requeue it there; and a job that was requeued is not lost, nor is it the old one again.
// Method: as in durable_jobs_test.cpp.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using pawl::job_state;
using pawl::submit_error;

namespace {

// Jobs fail with their number as error, until they are mended.
bool broken = true;
std::vector<bool> were_requeued;

void all_fresh() {
    fresh();
    were_requeued.clear();
    broken = true;
    behaviour = [](int number, pawl::job_context& job) {
        were_requeued.push_back(job.requeued());
        return broken ? pawl::outcome::fail(static_cast<std::uint16_t>(number))
                      : pawl::outcome::success();
    };
}

pawl::job_id fail(keeping_world& program, int number) {
    const auto id = program->enqueue(task{number});
    program->poll();
    REQUIRE(program->info(id)->kept);
    return id;
}

}  // namespace

TEST_CASE("durable: a failed job is kept for the next program, and runs there when requeued") {
    for (const bool in_order : {false, true}) {
        all_fresh();
        memory log{};
        pawl::job_id failed;
        {
            keeping_world first{log};
            failed = fail(first, 7);
            first->sync();
            if (in_order) {
                first.end();
            } else {
                first.crash();
            }
        }
        keeping_world second{log};
        REQUIRE(second.start);
        REQUIRE(second.start.recovered.failed == 1);
        REQUIRE(second.start.recovered.jobs == 0);
        second->poll();
        REQUIRE(runs.size() == 1);
        REQUIRE(second->state(failed) == job_state::failed);
        const auto info = second->info(failed);
        REQUIRE(info->kept);
        REQUIRE(info->error.code == 7);
        REQUIRE(info->attempts == 1);
        REQUIRE(second->snapshot().kept == 1);
        broken = false;
        const auto again = second->requeue(failed);
        REQUIRE(again);
        second->poll();
        REQUIRE(numbers_run() == list({7, 7}));
        REQUIRE(runs[1].id == runs[0].id);
        REQUIRE(were_requeued == std::vector<bool>{false, true});
        second.end();
        keeping_world third{log};
        REQUIRE(third.start.recovered.failed == 0);
        REQUIRE(third.start.recovered.jobs == 0);
    }
}

namespace {

constexpr pawl::limits telling(std::uint32_t bytes) {
    pawl::limits result = keeping_limits;
    result.error_bytes = bytes;
    return result;
}

}  // namespace

TEST_CASE("durable: the text of a kept failure is there in the next program, and cut to its room") {
    all_fresh();
    memory log{};
    pawl::job_id said;
    pawl::job_id silent;
    behaviour = [](int number, pawl::job_context& job) {
        if (number == 1) {
            job.error("cannot reach db-3");
        } else if (job.attempt() == 1) {
            job.error("only at first");
        }
        return number == 1 ? pawl::outcome::fail(9) : pawl::outcome::retry();
    };
    {
        world<telling(20)> first{log};
        said = first->enqueue(task{1});
        silent = first->enqueue(task{2}, {.retry = pawl::fixed_backoff(1s).max_retries(1)});
        first->advance(2s);
        REQUIRE(first->info(said)->error_text() == "cannot reach db-3");
        for (int i = 0; i < 500; ++i) {  // it is copied
            first->enqueue(retired{});
            first->poll();
        }
        first.end();
    }
    runs.clear();
    {
        world<telling(20)> second{log};
        REQUIRE(second.start.recovered.failed == 2);
        REQUIRE(second->info(said)->error_text() == "cannot reach db-3");
        REQUIRE(second->info(said)->error.code == 9);
        REQUIRE(second->info(silent)->error_text().empty());
        REQUIRE(second->info(silent)->attempts == 2);
        second.end();
    }
    {
        world<telling(8)> third{log};
        REQUIRE(third->info(said)->error_text() == "cannot r");
        third.end();
    }
    {
        keeping_world fourth{log};
        REQUIRE(fourth->info(said)->error.code == 9);
        fourth.end();
    }
    // Only read by those: it is all there.
    world<telling(32)> fifth{log};
    REQUIRE(fifth->info(said)->error_text() == "cannot reach db-3");
    REQUIRE(fifth->requeue(said));
    fifth->poll();
    REQUIRE(numbers_run() == list({1}));
}

TEST_CASE("durable: what was requeued and has not run runs in the next program") {
    all_fresh();
    memory log{};
    pawl::job_id again;
    {
        keeping_world first{log};
        const auto failed = first->enqueue(task{5}, {.queue = "critical", .priority = 1});
        first->poll();
        again = first->requeue(failed);
        first->sync();
        first.crash();
    }
    broken = false;
    keeping_world second{log};
    REQUIRE(second.start.recovered.jobs == 1);
    REQUIRE(second.start.recovered.failed == 0);
    REQUIRE(second->state(again) == job_state::enqueued);
    REQUIRE(second->info(again)->queue_name() == "critical");
    second->poll();
    REQUIRE(numbers_run() == list({5, 5}));
    REQUIRE(were_requeued.back());
    REQUIRE(second->state(again) == job_state::succeeded);
}

TEST_CASE("durable: requeued, failed again, requeued, over three programs") {
    all_fresh();
    memory log{};
    pawl::job_id id;
    {
        keeping_world first{log};
        id = fail(first, 1);
        first.end();
    }
    for (std::uint32_t turn = 2; turn <= 20; ++turn) {
        CAPTURE(turn);
        keeping_world next{log};
        REQUIRE(next.start.recovered.failed == 1);
        for (int i = 0; i < 3; ++i) {  // so that blocks are erased, and its records copied
            std::vector<pawl::job_id> others;
            for (int number = 100; number < 112; ++number) {
                others.push_back(next->schedule(1h, retired{}));
            }
            next->poll();
            for (const pawl::job_id other : others) {
                next->cancel(other);
            }
            next->poll();
        }
        id = next->requeue(id);
        REQUIRE(id);
        if (turn % 3 == 0) {
            next->sync();
            next.crash();
            keeping_world between{log};
            REQUIRE(between.start.recovered.jobs == 1);
            between->poll();
            between.end();
        } else {
            next->poll();
            next.end();
        }
        REQUIRE(runs.size() == turn);
        REQUIRE(runs.back().number == 1);
        REQUIRE(runs.back().id == runs.front().id);
    }
}

TEST_CASE("durable: a requeue goes on counting attempts, if it was told to") {
    all_fresh();
    memory log{};
    {
        keeping_world first{log};
        const auto failed =
            first->enqueue(task{1}, {.retry = pawl::fixed_backoff(1s).max_retries(2)});
        behaviour = [](int, pawl::job_context&) { return pawl::outcome::retry(); };
        first->advance(10s);
        REQUIRE(runs.size() == 3);
        REQUIRE(first->requeue(failed, pawl::attempts::keep));
        first->sync();
        first.crash();
    }
    keeping_world second{log};
    second->advance(10s);
    REQUIRE(runs.size() == 4);
    REQUIRE(runs.back().attempt == 4);
}

TEST_CASE("durable: the oldest of too many failed jobs is over in the log as well") {
    all_fresh();
    memory log{};
    std::vector<pawl::job_id> ids;
    {
        keeping_world first{log};
        for (int number = 1; number <= 5; ++number) {
            ids.push_back(fail(first, number));
        }
        REQUIRE(first->snapshot().evicted == 2);
        first.end();
    }
    keeping_world second{log};
    REQUIRE(second.start.recovered.failed == 3);
    REQUIRE_FALSE(second->requeue(ids[1]));
    broken = false;
    for (const int number : {2, 3, 4}) {
        REQUIRE(second->requeue(ids[static_cast<std::size_t>(number)]));
    }
    second->poll();
    REQUIRE(numbers_run() == list({1, 2, 3, 4, 5, 3, 4, 5}));
}

TEST_CASE("durable: a program that keeps fewer failed jobs, or none, drops the others") {
    all_fresh();
    memory log{};
    {
        keeping_world first{log};
        for (int number = 1; number <= 3; ++number) {
            fail(first, number);
        }
        first.end();
    }
    {
        constexpr pawl::limits fewer = [] {
            pawl::limits result = keeping_limits;
            result.failed = 2;
            return result;
        }();
        world<fewer> second{log};
        REQUIRE(second.start.recovered.failed == 3);
        REQUIRE(second->snapshot().kept == 2);
        second.end();
    }
    {
        world<> third{log};
        REQUIRE(third.start);
        REQUIRE(third.start.recovered.failed == 2);
        third->poll();
        REQUIRE(runs.size() == 3);
        for (std::uint32_t i = 0; i < usual_limits.jobs; ++i) {
            REQUIRE(third->schedule(1h, task{9}));  // all slots are there
        }
        third.crash();
    }
    world<> fourth{log};
    REQUIRE(fourth.start.recovered.failed == 0);
}

TEST_CASE("durable: who waits for a job that failed and is kept is answered by its failure") {
    all_fresh();
    memory log{};
    pawl::job_id failed;
    {
        keeping_world first{log};
        failed = fail(first, 1);
        first.end();
    }
    keeping_world second{log};
    behaviour = nullptr;
    REQUIRE(second->then(failed, task{2}, {.when = pawl::when::failure}));
    const auto never = second->then(failed, task{3});
    second->poll();
    REQUIRE(numbers_run() == list({1, 2}));
    REQUIRE(second->state(never) == job_state::deleted);
}

TEST_CASE("durable: a batch whose member failed and is kept does not succeed, whatever follows") {
    for (const bool requeued : {false, true}) {
        all_fresh();
        memory log{};
        pawl::job_id all;
        {
            keeping_world first{log};
            auto batch = first->batch();
            const auto member = batch.enqueue(task{1});
            batch.schedule(1h, task{2});
            all = batch.seal();
            REQUIRE(first->then(all, task{3}, {.when = pawl::when::failure}));
            REQUIRE(first->then(all, task{4}, {.when = pawl::when::success}));
            first->poll();
            if (requeued) {
                broken = false;
                REQUIRE(first->requeue(member));
                first->poll();
            }
            first->sync();
            first.crash();
        }
        broken = false;
        keeping_world second{log};
        REQUIRE(second.start.recovered.failed == (requeued ? 0 : 1));
        REQUIRE(second->state(all) == job_state::awaiting);
        runs.clear();
        second->advance(20000h);
        REQUIRE(numbers_run() == list({2, 3}));
        REQUIRE(second->state(all) == job_state::failed);
    }
}

TEST_CASE("durable: a kept job of a type that the program does not know waits for one that does") {
    all_fresh();
    using small_journal = journal_of<pawl::job_types<retired>>;
    memory log{};
    pawl::job_id failed;
    {
        keeping_world first{log};
        failed = fail(first, 1);
        first.end();
    }
    {
        world<keeping_limits, small_journal> second{log};
        REQUIRE(second.start.recovered.failed == 1);
        REQUIRE(second.start.recovered.unreadable == 1);
        REQUIRE(second->info(failed)->kept);
        second.end();
    }
    broken = false;
    keeping_world third{log};
    REQUIRE(third->requeue(failed));
    third->poll();
    REQUIRE(numbers_run() == list({1, 1}));
}

TEST_CASE("durable: a requeue that a stop overtakes leaves the job failed") {
    all_fresh();
    memory log{};
    pawl::job_id failed;
    {
        keeping_world first{log};
        failed = fail(first, 1);
        first->stop(pawl::finish);
        REQUIRE(first->requeue(failed).error() == submit_error::stopped);
    }
    keeping_world second{log};
    REQUIRE(second.start.recovered.failed == 1);
    broken = false;
    REQUIRE(second->requeue(failed));
    second->poll();
    REQUIRE(runs.size() == 2);
}
