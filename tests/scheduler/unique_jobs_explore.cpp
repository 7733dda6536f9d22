// SPDX-License-Identifier: BSL-1.0
//
// Unique jobs submitted at the same instant, every interleaving.
//
// Goal: of one key there is one job, also while a submitter stands still between its key and its
// first visible state; who lost has the answer that its options ask for. Method: the real scheduler
// on explore_platform (tests/explore), in programs of two or three threads.
// requires: posix
#include <atomic>
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

using namespace std::chrono_literals;

namespace {

using explore::check;
using explore::must_pass;
using pawl::conflict;

constexpr unsigned bound = PAWL_MUTANT ? 1 : 2;

constexpr pawl::limits few{.jobs = 3,
                           .job_bytes = 24,
                           .edges = 0,
                           .batches = 0,
                           .recurring = 0,
                           .workers = 0,
                           .names = false,
                           .retries = false,
                           .keys = 2};
using driven = pawl::scheduler<few, explore_platform_without_threads>;

constexpr pawl::key key{1};

// Two submissions that meet.
template <conflict First, conflict Second>
void two_submissions() {
    driven jobs;
    pawl::job_id ids[2];
    const auto first = [&] { ids[0] = jobs.enqueue([] {}, {.unique = key, .conflict = First}); };
    const auto second = [&] { ids[1] = jobs.enqueue([] {}, {.unique = key, .conflict = Second}); };
    explore::threads(first, second);
    const pawl::job_counts counts = jobs.counts();
    check(counts.enqueued == 1, "one of the key is there");
    check(ids[0] || ids[1], "one was accepted");
    if constexpr (First == conflict::reject && Second == conflict::reject) {
        check(!ids[0] || !ids[1], "and one was not");
    }
    if constexpr (First == conflict::existing && Second == conflict::existing) {
        check(ids[0] == ids[1], "both have the handle of the one");
    }
    if constexpr (First == conflict::replace && Second == conflict::replace) {
        check(counts.deleted == (ids[0] && ids[1] ? 1U : 0U), "a second one replaced the first");
    }
    jobs.poll();
    check(jobs.counts().succeeded == 1, "one ran");
    check(jobs.snapshot().unique_keys == 0, "the key is free again");
    check(bool(jobs.enqueue([] {}, {.unique = key})), "and can be had");
}

// One has the key, and runs while two others want it. A job whose run lies between does no harm:
// at no instant are two of them there.
void two_submissions_beside_a_run() {
    driven jobs;
    bool inside = false;
    const auto alone = [&inside] {
        check(!inside, "one at a time");
        inside = true;
        explore_platform_without_threads::yield();
        inside = false;
    };
    jobs.enqueue(alone, {.unique = key});
    std::uint32_t accepted = 1;
    const auto submit = [&] {
        const std::uint32_t won = jobs.enqueue(alone, {.unique = key}) ? 1U : 0U;
        accepted += won;
    };
    const auto drive = [&] { jobs.poll(); };
    explore::threads(submit, submit, drive);
    check(jobs.counts().enqueued <= 1, "at most one is there");
    jobs.poll();
    check(jobs.counts().succeeded == accepted, "who was accepted ran");
    check(jobs.snapshot().unique_keys == 0, "the key is free again");
}

}  // namespace

int main() {
    must_pass("reject, reject", {.preemptions_max = bound, .schedules_min = 100},
              two_submissions<conflict::reject, conflict::reject>);
    must_pass("existing, existing", {.preemptions_max = bound, .schedules_min = 100},
              two_submissions<conflict::existing, conflict::existing>);
    must_pass("replace, reject", {.preemptions_max = bound, .schedules_min = 100},
              two_submissions<conflict::replace, conflict::reject>);
    must_pass("replace, replace", {.preemptions_max = bound, .schedules_min = 100},
              two_submissions<conflict::replace, conflict::replace>);
    must_pass("reject, reject, beside a run", {.preemptions_max = bound, .schedules_min = 100},
              two_submissions_beside_a_run);
}
