// labels: concurrent
//
// Owners: jobs that are cancelled together, and when who owns them dies.
//
// Goal: cancel_all() finds all jobs of an owner wherever they are, and nobody else's; after the
// death of an owner none of its jobs is inside its callable. Method: virtual time for the first;
// workers for the second, whose jobs touch memory that dies with the owner (for AddressSanitizer
// and ThreadSanitizer to see).
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

constexpr pawl::limits owned(std::uint32_t workers) {
    return {
        .jobs = 32, .recurring = 2, .workers = workers, .local = 0, .owners = true, .failed = 4};
}
using scheduler = pawl::scheduler<owned(0), pawl::manual_platform>;
using crew = pawl::scheduler<owned(2)>;

const auto nothing = [] {};

}  // namespace

TEST_CASE("cancel_all: wherever its jobs are, and how many it was") {
    scheduler jobs;
    const auto mine = jobs.new_owner();
    const auto other = jobs.new_owner();
    REQUIRE_FALSE(mine == other);
    REQUIRE(mine);
    int ran = 0;
    const auto count = [&] { ++ran; };
    const pawl::job_id parent = jobs.schedule(1h, nothing);
    const pawl::job_id all[] = {
        jobs.enqueue(count, {.owner = mine}),
        jobs.schedule(1s, count, {.owner = mine}),
        jobs.then(parent, count, {.owner = mine}),
        jobs.enqueue([&] { return pawl::outcome::retry_in(1s); }, {.owner = mine}),
    };
    jobs.cancel(jobs.enqueue(count, {.owner = mine}));
    const auto theirs = jobs.enqueue(count, {.owner = other});
    const auto nobodys = jobs.enqueue(count);
    REQUIRE(jobs.cancel_all(mine) == 4);
    REQUIRE(jobs.cancel_all(mine) == 0);
    for (const auto id : all) {
        REQUIRE(jobs.state(id) == job_state::deleted);
    }
    jobs.advance(2h);
    REQUIRE(ran == 2);
    REQUIRE(jobs.state(theirs) == job_state::succeeded);
    REQUIRE(jobs.state(nobodys) == job_state::succeeded);
}

TEST_CASE("cancel_all: nobody has no jobs, and what has ended has no owner") {
    scheduler jobs;
    const auto mine = jobs.new_owner();
    const auto done = jobs.enqueue(nothing, {.owner = mine});
    const auto failed = jobs.enqueue([] { return pawl::outcome::fail(); }, {.owner = mine});
    jobs.poll();
    const auto waits = jobs.enqueue(nothing);
    REQUIRE(jobs.cancel_all(mine) == 0);
    REQUIRE(jobs.cancel_all(pawl::owner_ref{}) == 0);
    REQUIRE(jobs.state(done) == job_state::succeeded);
    REQUIRE(jobs.state(failed) == job_state::failed);
    REQUIRE(jobs.state(waits) == job_state::enqueued);
    // Begun anew, a failed job is its owner's as before.
    const auto again = jobs.requeue(failed);
    REQUIRE(jobs.cancel_all(mine) == 1);
    REQUIRE(jobs.state(again) == job_state::deleted);
}

TEST_CASE("cancel_all: an occurrence of a recurring job is not of the slot's former owner") {
    scheduler jobs;
    const auto mine = jobs.new_owner();
    for (std::uint32_t i = 0; i < owned(0).jobs; ++i) {
        REQUIRE(jobs.enqueue(nothing, {.owner = mine}));
    }
    jobs.poll();
    int ran = 0;
    jobs.every(10ms, [&] { ++ran; });
    jobs.poll();
    jobs.platform().elapse(10ms);
    jobs.poll(pawl::poll_budget{.jobs = 0});  // it is ready
    REQUIRE(jobs.counts().enqueued == 1);
    REQUIRE(jobs.cancel_all(mine) == 0);
    jobs.poll();
    REQUIRE(ran == 1);
}

TEST_CASE("owner: its death cancels its jobs, and numbers are not used again") {
    scheduler jobs;
    bool ran = false;
    pawl::job_id id;
    std::optional<pawl::owner_ref> before;
    {
        const pawl::owner mine{jobs};
        before = mine;
        id = jobs.schedule(1s, [&] { ran = true; }, {.owner = mine});
    }
    REQUIRE(jobs.state(id) == job_state::deleted);
    jobs.advance(2s);
    REQUIRE_FALSE(ran);
    REQUIRE_FALSE(jobs.new_owner() == *before);
}

TEST_CASE("owner: dies inside a job of its own, which sees it and does not wait for itself") {
    scheduler jobs;
    auto mine = std::make_unique<pawl::owner<scheduler>>(jobs);
    pawl::stop_reason seen{};
    const auto self = jobs.enqueue(
        [&](pawl::job_context& job) {
            mine.reset();
            seen = job.stop_reason();
        },
        {.owner = *mine});
    const auto next = jobs.enqueue(nothing, {.owner = *mine});
    jobs.poll();
    REQUIRE(seen == pawl::stop_reason::cancelled);
    REQUIRE(jobs.state(self) == job_state::deleted);
    REQUIRE(jobs.state(next) == job_state::deleted);
}

TEST_CASE("owner: dies inside a job of its own on a worker, without waiting") {
    crew jobs;
    for (int round = 0; round < 50; ++round) {
        auto mine = std::make_unique<pawl::owner<crew>>(jobs);
        const pawl::owner_ref number = *mine;
        std::atomic<bool> over{false};
        jobs.enqueue(
            [&] {
                mine.reset();
                over = true;
            },
            {.owner = number});
        while (!over) {
            std::this_thread::yield();
        }
    }
}

TEST_CASE("owner: its death waits until none of its jobs is inside its callable") {
    crew jobs;
    for (int round = 0; round < 300; ++round) {
        // What the jobs touch dies right after the owner.
        auto memory = std::make_unique<std::uint64_t>(0);
        std::atomic<int> inside{0};
        std::atomic<bool> begun{false};
        {
            const pawl::owner mine{jobs};
            for (int job = 0; job < 6; ++job) {
                jobs.enqueue(
                    [&inside, &begun, touched = memory.get()](pawl::job_context& self) {
                        ++inside;
                        begun = true;
                        for (int i = 0; i < 200 && !self.stop_requested(); ++i) {
                            std::atomic_ref{*touched}.fetch_add(1, std::memory_order_relaxed);
                        }
                        --inside;
                    },
                    {.owner = mine});
            }
            while (round % 3 != 0 && !begun) {
                std::this_thread::yield();
            }
        }
        REQUIRE(inside == 0);
        memory.reset();
    }
}
