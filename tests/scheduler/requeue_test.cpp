// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// Failed jobs that are kept: which ones, for how long, and what it is to begin one anew.
//
// Goal: a failed job is never lost while there is room, the oldest goes first and is counted, and a
// requeued one is a job like any other. Method: virtual time, step by step; then threads that
// requeue what workers fail, with a ledger outside of pawl in which each run and each end of a
// callable is counted. The numbers in the names are the rows of the reference table of features.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "life_events.hpp"
#include "scheduler/shared_id.hpp"

using namespace std::chrono_literals;
using job_checks::shared_id;
using pawl::attempts;
using pawl::job_state;
using pawl::outcome;
using pawl::submit_error;

namespace {

constexpr pawl::limits small{.jobs = 16, .workers = 0, .slices = true, .failed = 3, .events = 1024};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

const auto fails = [] { return outcome::fail(); };

// Counts its ends, which are the ends of its callable.
class ticket {
public:
    explicit ticket(int& ends, outcome said = outcome::fail()) noexcept
        : ends_{&ends}, said_{said} {}
    ticket(ticket&& other) noexcept
        : ends_{std::exchange(other.ends_, nullptr)}, said_{other.said_} {}
    ticket& operator=(ticket&&) = delete;
    ~ticket() {
        if (ends_ != nullptr) {
            ++*ends_;
        }
    }
    outcome operator()() const noexcept { return said_; }

private:
    int* ends_;
    outcome said_;
};

pawl::job_id failed_one(scheduler& jobs) {
    const auto id = jobs.enqueue(fails);
    jobs.poll();
    return id;
}

}  // namespace

TEST_CASE("15, 47: failed jobs keep slot and callable, all others destroy it at once") {
    int ends = 0;
    {
        scheduler jobs;
        const auto id = jobs.enqueue(ticket{ends});
        jobs.poll();
        REQUIRE(ends == 0);
        REQUIRE(jobs.info(id)->kept);
        REQUIRE(jobs.snapshot().kept == 1);
        jobs.advance(24h * 365);  // they do not expire
        REQUIRE(jobs.info(id)->kept);
        for (const outcome said : {outcome::success(), outcome::discard()}) {
            ends = 0;
            const auto other = jobs.enqueue(ticket{ends, said});
            jobs.poll();
            REQUIRE(ends == 1);
            REQUIRE_FALSE(jobs.info(other)->kept);
        }
        ends = 0;
        jobs.stop(pawl::drain);
        REQUIRE(ends == 1);  // the scheduler's end destroys what it keeps
        REQUIRE(jobs.requeue(id).error() == submit_error::stopped);
    }
    REQUIRE(ends == 1);
}

TEST_CASE("47: of more than limits.failed the oldest goes, for good, and is counted") {
    scheduler jobs;
    int ends = 0;
    std::vector<pawl::job_id> ids;
    for (std::uint32_t i = 0; i < 10; ++i) {
        ids.push_back(jobs.enqueue(ticket{ends}));
        jobs.poll();
        const std::uint32_t gone = i + 1 > small.failed ? i + 1 - small.failed : 0;
        REQUIRE(static_cast<std::uint32_t>(ends) == gone);
        REQUIRE(jobs.snapshot().evicted == gone);
        REQUIRE(jobs.snapshot().kept == i + 1 - gone);
        for (std::uint32_t each = 0; each <= i; ++each) {
            // Its state can still be asked until its slot is reused.
            REQUIRE(jobs.state(ids[each]) == job_state::failed);
            REQUIRE(jobs.info(ids[each])->kept == (each >= gone));
        }
    }
    REQUIRE(jobs.requeue(ids[0]).error() == submit_error::not_kept);
    REQUIRE(jobs.counts().failed == 10);
    // An eviction is told, and is no change of state.
    life_events::witness seen;
    auto reader = jobs.events();
    seen.follow(reader);
    REQUIRE(seen.fault() == "");
    REQUIRE(seen.count(pawl::end_reason::evicted) == 7);
}

TEST_CASE("47: what is evicted gives its slot back, so that failures do not fill the pool") {
    scheduler jobs;
    for (std::uint32_t i = 0; i < 20 * small.jobs; ++i) {
        REQUIRE(failed_one(jobs));
    }
    std::vector<pawl::job_id> rest;
    while (const auto id = jobs.schedule(1h, [] {})) {
        rest.push_back(id);
    }
    REQUIRE(rest.size() == small.jobs - small.failed);
}

TEST_CASE("47: failed jobs can be listed") {
    scheduler jobs;
    const auto first = failed_one(jobs);
    const auto second = failed_one(jobs);
    jobs.enqueue([] {});
    jobs.poll();
    scheduler::info_type found[4];
    const auto list = jobs.list(found, [](const auto& job) { return job.kept; });
    REQUIRE(list.matching == 2);
    REQUIRE(((found[0].id == first && found[1].id == second) ||
             (found[0].id == second && found[1].id == first)));
}

TEST_CASE("22: requeue makes a new job of it, with a handle of its own") {
    scheduler jobs;
    std::string order;
    bool broken = true;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            order += job.requeued() ? 'R' : 'r';
            REQUIRE(job.called().view() == "kept");
            return broken ? outcome::fail() : outcome::success();
        },
        {.name = "kept"});
    jobs.poll();
    broken = false;
    const auto anew = jobs.requeue(id);
    REQUIRE(anew);
    REQUIRE(anew != id);
    REQUIRE(jobs.state(id) == job_state::gone);
    REQUIRE(jobs.state(anew) == job_state::enqueued);
    REQUIRE(jobs.requeue(id).error() == submit_error::not_kept);    // twice
    REQUIRE(jobs.requeue(anew).error() == submit_error::not_kept);  // it has not failed
    jobs.poll();
    REQUIRE(order == "rR");
    REQUIRE(jobs.state(anew) == job_state::succeeded);
    REQUIRE(jobs.requeue(anew).error() == submit_error::not_kept);
}

TEST_CASE("22: requeue stands behind what is ready already, in its own queue") {
    pawl::scheduler<pawl::limits{
                        .jobs = 8, .workers = 0, .queues = {"critical", "default"}, .failed = 3},
                    pawl::manual_platform>
        jobs;
    std::string order;
    const auto work = [&](char letter) {
        return [&order, letter] {
            order += letter;
            return outcome::fail();
        };
    };
    const auto low = jobs.enqueue(work('d'));
    const auto high = jobs.enqueue(work('c'), {.queue = "critical"});
    jobs.poll();
    order.clear();
    jobs.enqueue(work('x'));
    jobs.requeue(low);
    jobs.requeue(high);
    jobs.poll();
    REQUIRE(order == "cxd");
}

TEST_CASE("22: attempts anew gives all retries again, keep gives one run to who has none left") {
    scheduler jobs;
    std::vector<std::uint32_t> told;
    auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            told.push_back(job.attempt());
            return outcome::retry();
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(2)});
    jobs.advance(1s);
    REQUIRE(std::exchange(told, {}) == std::vector<std::uint32_t>{1, 2, 3});
    id = jobs.requeue(id);  // anew is the default
    jobs.advance(1s);
    REQUIRE(std::exchange(told, {}) == std::vector<std::uint32_t>{1, 2, 3});
    id = jobs.requeue(id, attempts::keep);
    REQUIRE(id);
    jobs.advance(1s);
    REQUIRE(std::exchange(told, {}) == std::vector<std::uint32_t>{4});
    REQUIRE(jobs.state(id) == job_state::failed);
    id = jobs.requeue(id, attempts::anew);
    jobs.advance(1s);
    REQUIRE(std::exchange(told, {}) == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("22: keep goes on with the retries that are left") {
    scheduler jobs;
    std::vector<std::uint32_t> told;
    bool hopeless = true;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            told.push_back(job.attempt());
            return hopeless ? outcome::fail() : outcome::retry();
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(3)});
    jobs.poll();
    hopeless = false;
    jobs.requeue(id, attempts::keep);
    jobs.advance(1s);
    REQUIRE(told == std::vector<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("22: a long job that is requeued begins with its first slice") {
    scheduler jobs;
    std::vector<std::uint32_t> cursors;
    const auto id = jobs.enqueue([&](pawl::job_context& job) {
        cursors.push_back(job.cursor());
        return job.cursor() == 1 ? outcome::fail() : outcome::yield(job.cursor() + 1);
    });
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::failed);
    jobs.requeue(id);
    jobs.poll();
    REQUIRE(cursors == std::vector<std::uint32_t>{0, 1, 0, 1});
}

TEST_CASE(
    "22, J: continuations that were decided are not decided again, and there can be new ones") {
    scheduler jobs;
    std::string order;
    bool broken = true;
    const auto id = jobs.enqueue([&] { return broken ? outcome::fail() : outcome::success(); });
    jobs.then(id, [&] { order += 'f'; }, {.when = pawl::when::failure});
    const auto unmet = jobs.then(id, [&] { order += 's'; });
    jobs.poll();
    REQUIRE(order == "f");
    REQUIRE(jobs.state(unmet) == job_state::deleted);
    broken = false;
    const auto anew = jobs.requeue(id);
    REQUIRE(jobs.then(id, [] {}).error() == submit_error::gone);
    jobs.then(anew, [&] { order += 'n'; });
    jobs.poll();
    REQUIRE(order == "fn");
}

TEST_CASE("22: a member that failed and is requeued is no member of its batch any more") {
    scheduler jobs;
    bool broken = true;
    auto batch = jobs.batch();
    const auto member =
        batch.enqueue([&] { return broken ? outcome::fail() : outcome::success(); });
    const auto all = batch.seal();
    jobs.poll();
    REQUIRE(jobs.state(all) == job_state::failed);
    broken = false;
    const auto anew = jobs.requeue(member);
    jobs.poll();
    REQUIRE(jobs.state(anew) == job_state::succeeded);
    REQUIRE(jobs.state(all) == job_state::failed);
}

TEST_CASE("22: a requeued job can be cancelled, and snoozes and retries as any other") {
    scheduler jobs;
    int runs = 0;
    const auto id = jobs.enqueue(
        [&] {
            switch (++runs) {
                case 1: return outcome::fail();
                case 2: return outcome::snooze(1ms);
                case 3: return outcome::retry();
                default: return outcome::success();
            }
        },
        {.retry = pawl::fixed_backoff(1ms)});
    jobs.poll();
    const auto anew = jobs.requeue(id);
    jobs.advance(1s);
    REQUIRE(runs == 4);
    REQUIRE(jobs.state(anew) == job_state::succeeded);

    int ends = 0;
    const auto other = jobs.requeue([&] {
        const auto failed = jobs.enqueue(ticket{ends});
        jobs.poll();
        return failed;
    }());
    REQUIRE(jobs.cancel(other));
    jobs.poll();
    REQUIRE(jobs.state(other) == job_state::deleted);
    REQUIRE(ends == 1);
}

TEST_CASE("47: what was requeued is not evicted, whether it waits, runs, or has ended") {
    scheduler jobs;
    int ends = 0;
    std::vector<pawl::job_id> anew;
    int runs = 0;
    const auto work = [&](pawl::job_context& job) {
        ++runs;
        return job.requeued() ? outcome::snooze(1h) : outcome::fail();
    };
    for (std::uint32_t i = 0; i < small.failed; ++i) {
        const auto id = jobs.enqueue(work);
        jobs.poll();
        anew.push_back(jobs.requeue(id));
        REQUIRE(anew.back());
    }
    jobs.poll();
    // Many failures later they are still there.
    for (std::uint32_t i = 0; i < 10 * small.jobs; ++i) {
        const auto id = jobs.enqueue(ticket{ends});
        REQUIRE(id);
        jobs.poll();
    }
    for (const auto id : anew) {
        REQUIRE(jobs.state(id) == job_state::scheduled);
    }
    runs = 0;
    jobs.advance(1h);
    REQUIRE(runs == 3);
}

TEST_CASE("47: what is requeued and ends well gives its slot back when the failures after it do") {
    scheduler jobs;
    for (std::uint32_t i = 0; i < 10 * small.jobs; ++i) {
        bool broken = true;
        const auto id =
            jobs.enqueue([&broken] { return broken ? outcome::fail() : outcome::success(); });
        REQUIRE(id);
        jobs.poll();
        broken = false;
        REQUIRE(jobs.requeue(id));
        jobs.poll();
    }
    REQUIRE(jobs.counts().succeeded == 10 * small.jobs);
    REQUIRE(jobs.snapshot().evicted == 0);
}

TEST_CASE("47: a job that fails again and again takes one place among the failed") {
    scheduler jobs;
    const auto other = failed_one(jobs);
    auto id = failed_one(jobs);
    for (int i = 0; i < 100; ++i) {
        id = jobs.requeue(id, i % 2 == 0 ? attempts::anew : attempts::keep);
        REQUIRE(id);
        jobs.poll();
        REQUIRE(jobs.info(id)->kept);
    }
    REQUIRE(jobs.info(other)->kept);
    REQUIRE(jobs.snapshot().kept == 2);
    REQUIRE(jobs.snapshot().evicted == 0);
}

TEST_CASE("47: the oldest is the one whose last failure is") {
    scheduler jobs;
    const auto first = failed_one(jobs);
    const auto second = failed_one(jobs);
    const auto again = jobs.requeue(first);
    jobs.poll();
    failed_one(jobs);
    failed_one(jobs);
    REQUIRE_FALSE(jobs.info(second)->kept);
    REQUIRE(jobs.info(again)->kept);
}

TEST_CASE("47: none goes while there is room") {
    scheduler jobs;
    const auto first = failed_one(jobs);
    for (std::uint32_t i = 0; i < 5; ++i) {
        bool broken = true;
        const auto id =
            jobs.enqueue([&broken] { return broken ? outcome::fail() : outcome::success(); });
        jobs.poll();
        broken = false;
        jobs.requeue(id);
        jobs.poll();
    }
    REQUIRE(jobs.snapshot().kept == 1);
    REQUIRE(jobs.info(first)->kept);
}

TEST_CASE("22: requeue from inside a job, and of the failed job's own handle while it fails") {
    scheduler jobs;
    int runs = 0;
    pawl::job_id id;
    id = jobs.enqueue([&] {
        ++runs;
        REQUIRE(jobs.requeue(id).error() == submit_error::not_kept);
        return runs == 1 ? outcome::fail() : outcome::success();
    });
    jobs.poll();
    pawl::job_id anew;
    jobs.enqueue([&] { anew = jobs.requeue(id); });
    jobs.poll();
    REQUIRE(runs == 2);
    REQUIRE(jobs.state(anew) == job_state::succeeded);
}

// ---- With workers -------------------------------------------------------------------------------

namespace {

struct record {
    std::atomic<std::uint32_t> runs{0};
    std::atomic<std::uint32_t> ends{0};  // destructions of the callable
};

class counted {
public:
    counted(record& entry, shared_id& last) noexcept : entry_{&entry}, last_{&last} {}
    counted(counted&& other) noexcept
        : entry_{std::exchange(other.entry_, nullptr)}, last_{other.last_} {}
    counted& operator=(counted&&) = delete;
    ~counted() {
        if (entry_ != nullptr) {
            entry_->ends.fetch_add(1, std::memory_order_relaxed);
        }
    }
    outcome operator()(pawl::job_context& job) const noexcept {
        const std::uint32_t run = entry_->runs.fetch_add(1, std::memory_order_relaxed);
        last_->store(job.id());
        return run < 2 ? outcome::fail() : outcome::success();
    }

private:
    record* entry_;
    shared_id* last_;
};

}  // namespace

TEST_CASE("22, 47: requeue while workers fail and evict: nothing is lost, run twice, or leaked") {
    constexpr std::uint32_t job_count = 4'000;
    constexpr pawl::limits pool{.jobs = 64, .workers = 2, .failed = 4};
    const auto records = std::make_unique<record[]>(job_count);
    const auto last = std::make_unique<shared_id[]>(job_count);
    std::uint64_t requeued = 0;
    std::uint64_t evicted = 0;
    std::uint64_t failed = 0;
    {
        const auto owner = std::make_unique<pawl::scheduler<pool>>();
        auto& jobs = *owner;
        std::atomic<std::uint32_t> submitted{0};
        std::atomic<std::uint64_t> won{0};
        // Two who requeue the same failed jobs, against each other and against the evictions.
        const auto again = [&] {
            std::uint32_t done = 0;
            std::uint32_t from = 0;
            while (done != job_count) {
                const std::uint32_t end = submitted.load(std::memory_order_acquire);
                done = end;
                from = end > 96 ? end - 96 : 0;
                for (std::uint32_t each = from; each < end; ++each) {
                    const pawl::job_id id = last[each].load();
                    if (id && jobs.requeue(id)) {
                        won.fetch_add(1, std::memory_order_relaxed);
                    }
                }
                std::this_thread::yield();
            }
        };
        std::thread one{again};
        std::thread other{again};
        for (std::uint32_t i = 0; i < job_count;) {
            counted work{records[i], last[i]};
            while (!jobs.enqueue(std::move(work))) {
                std::this_thread::yield();  // what was refused for want of room is still here
            }
            submitted.store(++i, std::memory_order_release);
        }
        one.join();
        other.join();
        jobs.stop(pawl::drain);
        const auto counts = jobs.counts();
        requeued = won.load();
        evicted = jobs.snapshot().evicted;
        failed = counts.failed;
        // Every job has ended, once for each time it was begun.
        REQUIRE(counts.succeeded + counts.failed + counts.deleted == job_count + requeued);
        REQUIRE(counts.processing + counts.enqueued + counts.scheduled == 0);
    }
    std::uint64_t runs = 0;
    for (std::uint32_t i = 0; i < job_count; ++i) {
        runs += records[i].runs;
        REQUIRE(records[i].ends == 1);
        REQUIRE(records[i].runs >= 1);
        REQUIRE(records[i].runs <= 3);
    }
    REQUIRE(runs == job_count + requeued);
    REQUIRE(evicted <= failed);
    REQUIRE(requeued > 0);
    REQUIRE(evicted > 0);
}
