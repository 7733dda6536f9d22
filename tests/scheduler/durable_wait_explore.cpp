// SPDX-License-Identifier: BSL-1.0
//
// Who polls writes what others hand over to a journal, every interleaving within a bound.
//
// Goal: wait() does not sleep through something that is to be written, whoever hands it over.
// Method: the real scheduler with a journal in memory on explore_platform (tests/explore), in
// programs of two and three threads. Nothing is scheduled, so that who sleeps has no deadline: a
// wake that is lost is a deadlock.
// requires: posix
#include <chrono>
#include <cstdint>
#include <string_view>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "explore/suite.hpp"

using namespace std::chrono_literals;

namespace {

using explore::check;
using explore::must_pass_bounded;
using explore::must_pass_random;

constexpr unsigned bound = PAWL_MUTANT ? 2 : 3;
constexpr std::uint64_t samples = PAWL_MUTANT ? 10'000 : 100'000;

struct task {
    static constexpr std::string_view job_type = "task";
    std::uint32_t number;
    void operator()() const {}
};

using memory = pawl::ram_medium<1024, 4>;
constexpr pawl::limits few{.jobs = 2,
                           .job_bytes = 24,
                           .edges = 0,
                           .batches = 0,
                           .recurring = 0,
                           .workers = 0,
                           .names = false,
                           .retries = false};
using driven = pawl::scheduler<
    few, explore_platform_without_threads,
    pawl::journal<pawl::medium_ref<memory>, pawl::job_types<task>,
                  pawl::journal_limits{.cells = 4, .buffer_bytes = 256, .blocks_max = 4}>>;

struct world {
    world() { check(bool(jobs.start()), "it opens"); }

    void request_sync() { check(jobs.request_sync(), "a sync can be asked for"); }
    void enqueue_and_request() {
        check(bool(jobs.enqueue(task{1})), "it is taken");
        request_sync();
    }
    // Polls and sleeps until everything that will be submitted is on the disk.
    void drive_until(pawl::journal_ticket last) {
        for (;;) {
            jobs.poll();
            if (jobs.is_durable(last)) {
                return;
            }
            jobs.wait();
        }
    }
    // That of which so many things were handed over since start().
    [[nodiscard]] pawl::journal_ticket after(std::uint32_t things) const {
        return pawl::journal_ticket{jobs.ticket().number() + things};
    }

    memory disk{};
    driven jobs{pawl::medium_ref{disk}, pawl::deferred_start};
};

void request() {
    world all;
    const pawl::journal_ticket last = all.after(1);
    explore::threads([&] { all.request_sync(); }, [&] { all.drive_until(last); });
}

// What becomes of the job is handed over by who polls.
void job_and_request() {
    world all;
    const pawl::journal_ticket last = all.after(2);
    explore::threads([&] { all.enqueue_and_request(); }, [&] { all.drive_until(last); });
}

void two_requests() {
    world all;
    const pawl::journal_ticket last = all.after(2);
    const auto ask = [&] { all.request_sync(); };
    explore::threads(ask, ask, [&] { all.drive_until(last); });
}

}  // namespace

int main() {
    must_pass_bounded("a request against wait()", bound, 100, request);
    must_pass_bounded("a job and a request against wait()", bound - 1, 100, job_and_request);
    must_pass_random("two requests against wait()", two_requests, samples);
}
