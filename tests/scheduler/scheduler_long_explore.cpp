// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// Goal: a drain ends when nothing can become ready any more, and not while the last job is being
// taken by another worker. Method: the program of scheduler_explore.cpp with three preemptions
// instead of two: one idle worker looks, the other one takes, the first looks on. Some minutes.
// requires: posix
#include <atomic>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

int main() {
    constexpr pawl::limits two{.jobs = 2,
                               .job_bytes = 16,
                               .edges = 1,
                               .batches = 0,
                               .recurring = 0,
                               .workers = 2,
                               .local = 0};
    explore::must_pass(
        "two workers: drain a parent and its child, three preemptions",
        {.preemptions_max = 3, .schedules_min = 1'000'000, .schedules_max = 1'000'000'000}, [] {
            explore_platform::word runs;
            pawl::scheduler<two, explore_platform> jobs;
            const auto count = [&runs] { runs.fetch_add(1, std::memory_order_relaxed); };
            const pawl::job_id parent = jobs.enqueue(count);
            jobs.then(parent, count);
            jobs.stop(pawl::drain);
            explore::check(runs.load(std::memory_order_relaxed) == 2,
                           "what was ready ran, and what that made ready");
        });
}
