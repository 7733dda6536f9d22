// SPDX-License-Identifier: BSL-1.0
//
// Failed jobs that are requeued while others are, or fail, every interleaving.
//
// Goal: each requeue() is one run more, no failed job that is kept is lost, no slot either, and
// none is in the ring of failed jobs twice. Method: the real scheduler on explore_platform
// (tests/explore), in programs of two threads.
// requires: posix
#include <atomic>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/suite.hpp"

namespace {

using explore::check;
using explore::must_pass;
using pawl::outcome;

constexpr unsigned bound = PAWL_MUTANT ? 1 : 2;
constexpr std::uint32_t slots = 4;

template <std::uint32_t Failed>
struct place {
    static constexpr pawl::limits tiny{.jobs = slots,
                                       .job_bytes = 24,
                                       .edges = 0,
                                       .batches = 0,
                                       .recurring = 0,
                                       .workers = 0,
                                       .names = false,
                                       .retries = false,
                                       .failed = Failed};
    pawl::scheduler<tiny, explore_platform_without_threads> jobs;
    bool broken = true;
    std::uint32_t runs = 0;

    pawl::job_id submit() {
        return jobs.enqueue([this] {
            ++runs;
            return broken ? outcome::fail() : outcome::success();
        });
    }
    pawl::job_id fail() {
        const pawl::job_id id = submit();
        jobs.poll();
        return id;
    }
    // What is kept is all that there is; and when it is gone, all slots are free.
    void finish(std::uint32_t kept) {
        jobs.poll();
        check(jobs.snapshot().kept == kept, "so many failed jobs are kept");
        broken = false;
        for (std::uint32_t index = 0; index < slots; ++index) {
            for (std::uint32_t generation = 1; generation < 8; ++generation) {
                jobs.requeue({index, generation});
            }
        }
        jobs.poll();
        check(jobs.snapshot().kept == 0, "each could be requeued");
        for (std::uint32_t i = 0; i < slots; ++i) {
            check(bool(submit()), "all slots came back");
        }
    }
};

void two_requeues() {
    place<2> world;
    const auto one = world.fail();
    const auto other = world.fail();
    explore::threads([&] { world.jobs.requeue(one); }, [&] { world.jobs.requeue(other); });
    world.jobs.poll();
    check(world.runs == 4, "each ran once more");
    world.finish(2);
}

void the_same_twice() {
    place<2> world;
    const auto one = world.fail();
    world.fail();
    pawl::job_id ids[2];
    explore::threads([&] { ids[0] = world.jobs.requeue(one); },
                     [&] { ids[1] = world.jobs.requeue(one); });
    check(bool(ids[0]) != bool(ids[1]), "one of the two did it");
    world.jobs.poll();
    check(world.runs == 3, "one run more");
    world.finish(2);
}

// The one that fails takes the oldest out, which may be the one that is being requeued.
void beside_one_that_fails() {
    place<1> world;
    const auto one = world.fail();
    world.submit();
    pawl::job_id again;
    explore::threads([&] { again = world.jobs.requeue(one); }, [&] { world.jobs.poll(); });
    world.jobs.poll();
    check(world.runs == (again ? 3U : 2U), "it ran once more, if it was requeued");
    world.finish(1);
}

void beside_its_next_failure() {
    place<2> world;
    world.fail();
    const auto one = world.fail();
    explore::threads([&] { world.jobs.requeue(one); }, [&] { world.jobs.poll(); });
    world.finish(2);
}

}  // namespace

int main() {
    must_pass("two requeues", {.preemptions_max = bound, .schedules_min = 50}, two_requeues);
    must_pass("of the same", {.preemptions_max = bound, .schedules_min = 50}, the_same_twice);
    must_pass("beside one that fails", {.preemptions_max = bound, .schedules_min = 50},
              beside_one_that_fails);
    must_pass("beside its next failure", {.preemptions_max = bound, .schedules_min = 50},
              beside_its_next_failure);
}
