// SPDX-License-Identifier: BSL-1.0
//
// How many read-modify-writes and barriers each operation of a scheduler takes, and how often it
// asks for the time: what many cores pay for, counted.
//
// Goal: a job's life takes the seven that are in job_flow.hpp's and job_runs.hpp's ways, and no
// fence; features that are declared and not used take none; a cancelled timer costs its caller no
// look at the clock. Method: tests/counting_platform.hpp. The limits are exact: more fails, and so
// does less.
#include "catch.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include <pawl/pawl.hpp>

#include "counting_platform.hpp"

namespace {

using namespace std::chrono_literals;
using tests::counted;
using tests::counting_platform;
using tests::each_takes;
using tests::exchange_counts;
using tests::one_of;

constexpr pawl::limits plain{.jobs = 128, .workers = 0};
constexpr pawl::limits featured{.jobs = 128,
                                .workers = 0,
                                .queues = {"critical", "default", "low"},
                                .bands = 3,
                                .queue_control = true,
                                .recurring_policies = true,
                                .slices = true,
                                .reschedule = true,
                                .deadlines = true,
                                .owners = true,
                                .progress = true,
                                .failed = 64,
                                .error_bytes = 32,
                                .result_bytes = 16,
                                .keys = 64,
                                .limiters = {"db", "mail"}};

template <pawl::limits L>
using scheduler = pawl::scheduler<L, counting_platform>;

// What `submit(jobs)` takes itself, and then what it takes to run it.
template <pawl::limits L, class Submit>
each_takes submitting(Submit submit) {
    scheduler<L> jobs;
    jobs.enqueue([] {});
    jobs.poll();  // what the first one of a line takes
    return one_of([&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            submit(jobs);
        }
        const exchange_counts before = counted;
        jobs.poll();
        counted = before;
    });
}
template <pawl::limits L>
each_takes running() {
    scheduler<L> jobs;
    return one_of([&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            jobs.enqueue([] {});
        }
        counted = {};
        jobs.poll();
    });
}

template <pawl::limits L>
void check_life() {
    const each_takes submitted =
        submitting<L>([](scheduler<L>& jobs) { static_cast<void>(jobs.enqueue([] {})); });
    CHECK(submitted.exchanges == 2);  // a slot; the ring of what is ready
    CHECK(submitted.barriers == 0);
    CHECK(submitted.looks == 0);

    const each_takes run = running<L>();
    CHECK(run.exchanges == 5);  // out of the ring; begins; ends; its continuations; the slot
    CHECK(run.barriers == 0);
    CHECK(run.looks == 0);
}

// Of jobs that wait in the wheel (`in_wheel`), or are ready.
template <pawl::limits L>
each_takes cancelling(bool in_wheel) {
    scheduler<L> jobs;
    std::array<pawl::job_id, 64> ids;
    return one_of([&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            ids[i] = in_wheel ? jobs.schedule(1h, [] {}) : jobs.enqueue([] {});
        }
        if (in_wheel) {
            jobs.poll();
        }
        counted = {};
        for (std::uint32_t i = 0; i < times; ++i) {
            REQUIRE(jobs.cancel(ids[i]));
        }
        const exchange_counts taken = counted;
        jobs.poll();
        counted = taken;
    });
}

}  // namespace

TEST_CASE("exchanges: the life of a job takes seven and no fence, whatever is declared") {
    check_life<plain>();
    check_life<featured>();
}

TEST_CASE("exchanges: a job that waits for its time") {
    const each_takes one = submitting<plain>(
        [](scheduler<plain>& jobs) { static_cast<void>(jobs.schedule(1h, [] {})); });
    CHECK(one.exchanges == 2);  // a slot; the timekeeper's inbox
    CHECK(one.barriers == 0);
    CHECK(one.looks == 1);

    const each_takes at = submitting<plain>([](scheduler<plain>& jobs) {
        static_cast<void>(jobs.schedule(std::chrono::steady_clock::now() + 1h, [] {}));
    });
    CHECK(at.exchanges == 2);
    CHECK(at.looks == 1);
}

TEST_CASE("exchanges: cancel") {
    const each_takes ready = cancelling<plain>(false);
    CHECK(ready.exchanges == 1);
    CHECK(ready.barriers == 0);
    CHECK(ready.looks == 0);

    const each_takes waiting = cancelling<plain>(true);
    CHECK(waiting.exchanges == 2);  // its state; the timekeeper's inbox
    CHECK(waiting.barriers == 0);
    CHECK(waiting.looks == 0);

    CHECK(cancelling<featured>(true).exchanges == 2);
}
