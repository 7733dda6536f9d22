// SPDX-License-Identifier: BSL-1.0
//
// Unique keys of durable jobs that are taken for a time (unique_for).
//
// Goal: such a key is free when it was to be free, and not before: whether its job waits, has
// ended, was cancelled, or failed and was kept; however often the program ends, and the log is
// rewritten meanwhile. Method: as in durable_jobs_test.cpp. A program's wall clock begins at the
// same time as that of the one before it, unless it is set.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using pawl::conflict;
using pawl::job_state;
using pawl::submit_error;

namespace {

constexpr pawl::key mail{7};

// A program that began so long before the next one.
template <class World>
void let_begin(World& program, std::chrono::seconds before) {
    program->platform().set_wall(program->platform().wall_now() - before);
}

bool is_taken(auto& program, pawl::key which = mail) {
    const auto made = program->schedule(24h, task{99}, {.unique = which});
    if (made) {
        REQUIRE(program->cancel(made));
    } else {
        REQUIRE(made.error() == submit_error::not_unique);
    }
    return !made;
}

// Not before this time, and soon after it.
void is_free_after(auto& program, std::chrono::seconds rest) {
    program->advance(rest - 1s);
    REQUIRE(is_taken(program));
    program->advance(2s);
    REQUIRE_FALSE(is_taken(program));
}

}  // namespace

TEST_CASE("durable: a key for a time is taken until then, though its job has ended (row 94)") {
    fresh();
    memory log{};
    {
        keeping_world first{log};
        let_begin(first, 10min);
        REQUIRE(first->enqueue(task{1}, {.unique = mail, .unique_for = 1h}));
        REQUIRE(first->poll().ran == 1);
        REQUIRE(is_taken(first));
        first->sync();
        first.crash();
    }
    keeping_world second{log};
    REQUIRE(second.start.recovered.jobs == 0);
    // As of any job that has ended: there is none to be found.
    REQUIRE(second->enqueue(task{2}, {.unique = mail, .conflict = conflict::existing}).error() ==
            submit_error::not_unique);
    is_free_after(second, 50min);
    REQUIRE(numbers_run() == list({1}));
}

TEST_CASE("durable: of a job that waits the time counts from when it was submitted (row 94)") {
    fresh();
    memory log{};
    {
        keeping_world first{log};
        let_begin(first, 10min);
        REQUIRE(first->schedule(3h, task{1}, {.unique = mail, .unique_for = 30min}));
        first->sync();
        first.crash();
    }
    keeping_world second{log};
    REQUIRE(second.start.recovered.jobs == 1);
    const auto found = second->enqueue(task{2}, {.unique = mail, .conflict = conflict::existing});
    REQUIRE(second->state(found) == job_state::scheduled);
    is_free_after(second, 20min);
    second->advance(3h);
    REQUIRE(numbers_run() == list({1}));
}

TEST_CASE("durable: a key whose time passes while no program runs is free (row 94)") {
    fresh();
    memory log{};
    {
        keeping_world first{log};
        let_begin(first, 40min);
        REQUIRE(first->schedule(3h, task{1}, {.unique = mail, .unique_for = 30min}));
        REQUIRE(first->enqueue(task{2}, {.unique = pawl::key{8}, .unique_for = 30min}));
        first->poll();
        first->sync();
        first.crash();
    }
    keeping_world second{log};
    REQUIRE_FALSE(is_taken(second));
    REQUIRE_FALSE(is_taken(second, pawl::key{8}));
    REQUIRE(second.start.recovered.jobs == 1);
}

TEST_CASE("durable: a key for a time, whatever becomes of its job (row 94)") {
    for (const bool requeued : {false, true}) {
        for (const char* what : {"cancelled", "failed", "ended in order"}) {
            CAPTURE(what, requeued);
            fresh();
            behaviour = [](int number, pawl::job_context&) {
                return number == 1 ? pawl::outcome::fail(5) : pawl::outcome::success();
            };
            memory log{};
            {
                keeping_world first{log};
                const bool fails = what[0] == 'f';
                const auto job = first->enqueue(task{fails ? 1 : 2},
                                                {.retry = pawl::fixed_backoff(0s).max_retries(0),
                                                 .unique = mail,
                                                 .unique_for = 1h});
                if (what[0] == 'c') {
                    REQUIRE(first->cancel(job));
                }
                first->poll();
                if (fails) {
                    REQUIRE(first->state(job) == job_state::failed);
                    if (requeued) {
                        REQUIRE(first->requeue(job));
                    }
                }
                first->sync();
                if (what[0] == 'e') {
                    first.end();
                } else {
                    first.crash();
                }
            }
            behaviour = nullptr;
            // And once more: in the second program the job of the key may end, or not.
            {
                keeping_world second{log};
                REQUIRE(is_taken(second));
                second->poll();
                REQUIRE(is_taken(second));
                second->sync();
                second.crash();
            }
            keeping_world third{log};
            is_free_after(third, 1h);
        }
    }
}

TEST_CASE("durable: who replaces has the key, of a job that ended in an earlier program (row 94)") {
    fresh();
    memory log{};
    {
        keeping_world first{log};
        REQUIRE(first->enqueue(task{1}, {.unique = mail, .unique_for = 1h}));
        first->poll();
        first->sync();
        first.crash();
    }
    {
        keeping_world second{log};
        REQUIRE(second->enqueue(task{2},
                                {.unique = mail, .unique_for = 2h, .conflict = conflict::replace}));
        REQUIRE(is_taken(second));
        second->poll();
        second->sync();
        second.crash();
    }
    keeping_world third{log};
    is_free_after(third, 2h);
    REQUIRE(numbers_run() == list({1, 2}));
}

TEST_CASE("durable: a key for a time outlives the records of its job (row 94)") {
    fresh();
    memory log{};
    {
        keeping_world first{log};
        REQUIRE(first->enqueue(task{1}, {.unique = mail, .unique_for = 1h}));
        first->poll();
        // The log goes round its medium, twice.
        for (int i = 0; i < 2000; ++i) {
            REQUIRE(first->enqueue(task{2}));
            first->poll();
        }
        first->sync();
        first.crash();
    }
    {
        keeping_world second{log};
        REQUIRE(is_taken(second));
        for (int i = 0; i < 2000; ++i) {
            REQUIRE(second->enqueue(task{2}));
            second->poll();
        }
        second->sync();
        second.crash();
    }
    keeping_world third{log};
    is_free_after(third, 1h);
}
