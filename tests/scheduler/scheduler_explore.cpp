// SPDX-License-Identifier: BSL-1.0
//
// The scheduler's races, every interleaving of each.
//
// Goal: nothing is slept through, nothing runs twice, every job ends once: for a submission against
// a sleeper, a cancellation against the firing, a continuation against its parent's end, a removal
// against an occurrence, a stop against a submission, and two workers against each other. Method:
// the real scheduler on explore_platform (tests/explore), in programs of two or three threads. The
// small ones are explored wholly; those with workers, within a bound of preemptions that is stated.
// requires: posix
#include <atomic>
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

using namespace std::chrono_literals;

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

constexpr pawl::limits tiny{
    .jobs = 2, .job_bytes = 24, .edges = 2, .batches = 1, .recurring = 1, .workers = 0};
using driven = pawl::scheduler<tiny, explore_platform_without_threads>;
using word = explore_platform::word;

// How far the programs are explored that are too long for every schedule. A mutant has to be dead
// soon; that it dies of these is checked by tests/mutants.
constexpr unsigned bound = PAWL_MUTANT ? 1 : 2;
constexpr std::uint64_t samples = PAWL_MUTANT ? 2'000 : 20'000;

constexpr pawl::limits two{
    .jobs = 2, .job_bytes = 24, .edges = 2, .batches = 1, .recurring = 0, .workers = 2, .local = 0};
using crew = pawl::scheduler<two, explore_platform>;

// A job that counts its runs.
auto counting(word& runs) {
    return [&runs] { runs.fetch_add(1, relaxed); };
}

// Polls and sleeps until `runs` is `wanted`; a wake that is lost leaves this asleep: a deadlock.
void drive_until(driven& jobs, const word& runs, std::uint32_t wanted) {
    while (runs.load(relaxed) != wanted) {
        jobs.poll();
        if (runs.load(relaxed) != wanted) {
            jobs.wait();
        }
    }
}

// What has ended, or was deleted, is all there was.
template <class Scheduler>
void check_accounts(Scheduler& jobs, std::uint64_t succeeded, std::uint64_t deleted) {
    const pawl::job_counts counts = jobs.counts();
    explore::check(counts.succeeded == succeeded, "as many succeeded as ran");
    explore::check(counts.deleted == deleted, "as many were deleted as were cancelled");
    explore::check(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0,
                   "nothing is left over");
}

void without_workers() {
    explore::must_pass("enqueue against wait()", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        auto submit = [&] { jobs.enqueue(counting(runs)); };
        auto drive = [&] { drive_until(jobs, runs, 1); };
        explore::threads(submit, drive);
        check_accounts(jobs, 1, 0);
    });

    explore::must_pass("two submitters against wait()",
                       {.preemptions_max = bound, .schedules_min = 10}, [] {
                           driven jobs;
                           word runs;
                           auto submit = [&] { jobs.enqueue(counting(runs)); };
                           auto drive = [&] { drive_until(jobs, runs, 2); };
                           explore::threads(submit, submit, drive);
                           check_accounts(jobs, 2, 0);
                       });

    explore::must_pass("an earlier deadline against a sleeper", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        jobs.schedule(1h, [] {});
        jobs.poll();  // armed: the sleeper would sleep for an hour
        auto submit = [&] { jobs.schedule(1ms, counting(runs)); };
        auto drive = [&] { drive_until(jobs, runs, 1); };
        explore::threads(submit, drive);
        const auto now = explore_platform_without_threads::now().time_since_epoch();
        explore::check(now < 2ms, "it ran at its time, not at the other one's");
    });

    explore::must_pass("a deadline against a sleeper that slept before", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        jobs.schedule(1ms, [] {});
        jobs.poll();
        jobs.wait();  // arms for 1 ms, and leaves that behind
        jobs.poll();
        auto submit = [&] { jobs.schedule(1ms, counting(runs)); };
        auto drive = [&] { drive_until(jobs, runs, 1); };
        explore::threads(submit, drive);
        check_accounts(jobs, 2, 0);
    });

    explore::must_pass("cancel against the firing", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        word won;
        const pawl::job_id id = jobs.schedule(1ms, counting(runs));
        jobs.poll();
        explore::elapse(1ms);
        auto cancel = [&] { won.store(jobs.cancel(id) ? 1 : 0, relaxed); };
        auto poll = [&] { jobs.poll(); };
        explore::threads(cancel, poll);
        jobs.poll();
        jobs.poll();
        const std::uint32_t cancelled = won.load(relaxed);
        // A running job may be cancelled as well: then it has run, and is deleted.
        explore::check(cancelled + runs.load(relaxed) >= 1, "it ran, or was cancelled");
        check_accounts(jobs, cancelled == 0 ? 1 : 0, cancelled);
        explore::check(jobs.enqueue([] {}) && jobs.enqueue([] {}), "both slots came back");
    });

    explore::must_pass("cancel against the inbox", {.schedules_min = 8}, [] {
        driven jobs;
        word won;
        const pawl::job_id id = jobs.schedule(1h, [] {});
        auto cancel = [&] { won.store(jobs.cancel(id) ? 1 : 0, relaxed); };
        auto poll = [&] { jobs.poll(); };
        explore::threads(cancel, poll);
        jobs.poll();
        explore::check(won.load(relaxed) == 1, "nobody else ends a job that waits an hour");
        check_accounts(jobs, 0, 1);
        explore::check(!jobs.next_wake(), "its timer is gone");
        explore::check(jobs.enqueue([] {}) && jobs.enqueue([] {}), "both slots came back");
    });

    explore::must_pass("two cancellations", {.schedules_min = 4}, [] {
        driven jobs;
        word won;
        const pawl::job_id id = jobs.schedule(1h, [] {});
        auto cancel = [&] { won.fetch_add(jobs.cancel(id) ? 1 : 0, relaxed); };
        explore::threads(cancel, cancel);
        explore::check(won.load(relaxed) == 1, "one of them deleted it");
        jobs.poll();
        check_accounts(jobs, 0, 1);
    });

    explore::must_pass("then() against the parent's end", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        const pawl::job_id parent = jobs.enqueue([] {});
        auto attach = [&] { jobs.then(parent, counting(runs)); };
        auto poll = [&] { jobs.poll(); };
        explore::threads(attach, poll);
        jobs.poll();
        explore::check(runs.load(relaxed) == 1, "the continuation ran once");
        check_accounts(jobs, 2, 0);
    });

    explore::must_pass(
        "then() on a failure against a parent that succeeds", {.schedules_min = 10}, [] {
            driven jobs;
            word runs;
            const pawl::job_id parent = jobs.enqueue([] {});
            auto attach = [&] { jobs.then(parent, counting(runs), {.when = pawl::when::failure}); };
            auto poll = [&] { jobs.poll(); };
            explore::threads(attach, poll);
            jobs.poll();
            explore::check(runs.load(relaxed) == 0, "its condition was not met");
            check_accounts(jobs, 1, 1);
        });

    explore::must_pass(
        "a continuation against the end of its parent with a result", {.schedules_min = 10}, [] {
            constexpr pawl::limits telling{.jobs = 2,
                                           .job_bytes = 24,
                                           .edges = 1,
                                           .batches = 0,
                                           .recurring = 0,
                                           .workers = 0,
                                           .result_bytes = 4};
            pawl::scheduler<telling, explore_platform_without_threads> jobs;
            word runs;
            std::uint32_t seen = 0;
            const pawl::job_id parent =
                jobs.enqueue([](pawl::job_context& job) { job.result(std::uint32_t{7}); });
            auto add = [&] {
                jobs.then(parent, [&](pawl::job_context& job) {
                    seen = job.parent_result<std::uint32_t>().value_or(0);
                    runs.fetch_add(1, relaxed);
                });
            };
            auto poll = [&] { jobs.poll(); };
            explore::threads(add, poll);
            jobs.poll();
            explore::check(runs.load(relaxed) == 1, "the continuation ran once");
            explore::check(seen == 7, "and has what its parent left");
        });

    explore::must_pass("cancel of a continuation against its release", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        word won;
        const pawl::job_id parent = jobs.enqueue([] {});
        const pawl::job_id child = jobs.then(parent, counting(runs));
        auto cancel = [&] { won.store(jobs.cancel(child) ? 1 : 0, relaxed); };
        auto poll = [&] { jobs.poll(); };
        explore::threads(cancel, poll);
        jobs.poll();
        const std::uint32_t cancelled = won.load(relaxed);
        explore::check(cancelled + runs.load(relaxed) >= 1, "it ran, or was cancelled");
        check_accounts(jobs, cancelled == 0 ? 2 : 1, cancelled);
    });

    explore::must_pass("seal against the last member's end", {.schedules_min = 3}, [] {
        driven jobs;
        word runs;
        auto batch = jobs.batch();
        batch.enqueue([] {});
        jobs.then(batch.id(), counting(runs));
        auto seal = [&] { batch.seal(); };
        auto poll = [&] { jobs.poll(); };
        explore::threads(seal, poll);
        jobs.poll();
        explore::check(runs.load(relaxed) == 1, "the batch ended once");
        explore::check(static_cast<bool>(jobs.batch()), "its place came back");
    });

    explore::must_pass("stop against enqueue", {.schedules_min = 10}, [] {
        driven jobs;
        word runs;
        word accepted;
        auto submit = [&] { accepted.store(jobs.enqueue(counting(runs)) ? 1 : 0, relaxed); };
        auto stop = [&] { jobs.stop(pawl::drain); };
        explore::threads(submit, stop);
        const std::uint32_t ran = runs.load(relaxed);
        explore::check(ran <= accepted.load(relaxed), "what was refused has not run");
        check_accounts(jobs, ran, accepted.load(relaxed) - ran);
    });

    explore::must_pass("stop against schedule", {.schedules_min = 10}, [] {
        driven jobs;
        word accepted;
        auto submit = [&] { accepted.store(jobs.schedule(1h, [] {}) ? 1 : 0, relaxed); };
        auto stop = [&] { jobs.stop(pawl::finish); };
        explore::threads(submit, stop);
        check_accounts(jobs, 0, accepted.load(relaxed));
    });
}

void with_recurring() {
    explore::must_pass("remove against an occurrence", {.schedules_min = 10}, [] {
        word ends;
        // A callable that tells of its destruction; pawl moves it once, into the table.
        struct told {
            word* ends;
            explicit told(word& counter) noexcept : ends{&counter} {}
            told(told&& other) noexcept : ends{other.ends} { other.ends = nullptr; }
            told& operator=(told&&) = delete;
            ~told() {
                if (ends != nullptr) {
                    ends->fetch_add(1, relaxed);
                }
            }
            void operator()() const noexcept {
                explore::check(ends->load(relaxed) == 0, "it runs before its destruction");
            }
        };
        driven jobs;
        const pawl::recurring_id id = jobs.every(1ms, told{ends});
        jobs.poll();
        explore::elapse(1ms);
        auto poll = [&] { jobs.poll(); };
        auto remove = [&] {
            // An owner at work answers `busy`; a platform without threads does not wait.
            while (!jobs.remove(id)) {
                explore_platform_without_threads::yield();
            }
        };
        explore::threads(poll, remove);
        jobs.poll();
        explore::check(ends.load(relaxed) == 1, "its callable was destroyed once");
        explore::check(!jobs.next_wake(), "its timer is gone");
    });
}

void with_workers() {
    explore::must_pass("two workers: enqueue, then drain",
                       {.preemptions_max = bound, .schedules_min = 100}, [] {
                           word runs;
                           crew jobs;
                           jobs.enqueue(counting(runs));
                           jobs.stop(pawl::drain);
                           explore::check(runs.load(relaxed) == 1, "it ran once");
                           check_accounts(jobs, 1, 0);
                       });

    // Nobody but a worker ends these: a wake that is lost is a deadlock.
    const auto submissions_to_sleepers = [] {
        word runs;
        explore_platform::parker both_ran;
        const auto one_of_two = [&] {
            if (runs.fetch_add(1, relaxed) == 1) {
                explore_platform::unpark(both_ran);
            }
        };
        crew jobs;
        jobs.enqueue(one_of_two);
        jobs.schedule(1ms, one_of_two);
        explore_platform::park(both_ran);
        jobs.stop(pawl::finish);
        check_accounts(jobs, 2, 0);
    };
    explore::must_pass("two workers: submissions to sleepers",
                       {.preemptions_max = 1, .schedules_min = 100}, submissions_to_sleepers);
    explore::must_pass("two workers: the same, at random",
                       {.schedules_min = 100, .random_schedules = samples},
                       submissions_to_sleepers);

    const auto time_goes_on = [] {
        explore_platform::parker ended;
        explore_platform::parker ran;
        crew jobs;
        // The timekeeper wakes for the first, which takes as long as the second one's deadline.
        jobs.schedule(1ms, [&] { explore_platform::park(ended); });
        jobs.schedule(2ms, [&] {
            explore_platform::unpark(ended);
            explore_platform::unpark(ran);
        });
        explore_platform::park(ran);
        jobs.stop(pawl::finish);
        check_accounts(jobs, 2, 0);
    };
    explore::must_pass("two workers: a long job does not stop time",
                       {.preemptions_max = 1, .schedules_min = 100}, time_goes_on);
    explore::must_pass("two workers: the same, at random",
                       {.schedules_min = 100, .random_schedules = samples}, time_goes_on);

    const auto drain_a_family = [] {
        word runs;
        crew jobs;
        const pawl::job_id parent = jobs.enqueue(counting(runs));
        jobs.then(parent, counting(runs));
        jobs.stop(pawl::drain);
        explore::check(runs.load(relaxed) == 2, "what was ready ran, and what that made ready");
        check_accounts(jobs, 2, 0);
    };
    explore::must_pass("two workers: drain a parent and its child",
                       {.preemptions_max = bound, .schedules_min = 100}, drain_a_family);

    explore::must_pass("two workers: two parents of one child",
                       {.preemptions_max = bound, .schedules_min = 100}, [] {
                           word runs;
                           constexpr pawl::limits three{.jobs = 3,
                                                        .job_bytes = 24,
                                                        .edges = 2,
                                                        .batches = 0,
                                                        .recurring = 0,
                                                        .workers = 2,
                                                        .local = 0};
                           pawl::scheduler<three, explore_platform> jobs{pawl::deferred_start};
                           word ended;
                           const pawl::job_id left = jobs.enqueue(counting(ended));
                           const pawl::job_id right = jobs.enqueue(counting(ended));
                           jobs.then({left, right}, [&] {
                               explore::check(ended.load(relaxed) == 2, "after both");
                               runs.fetch_add(1, relaxed);
                           });
                           jobs.start();
                           jobs.stop(pawl::drain);
                           explore::check(runs.load(relaxed) == 1, "the last parent released it");
                           check_accounts(jobs, 3, 0);
                       });
}

}  // namespace

int main() {
    without_workers();
    with_recurring();
    with_workers();
}
