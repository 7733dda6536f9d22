// Nothing is allocated: at all without workers, after construction with them.
//
// Goal: fixed memory, for every kind of job. Method: a program that uses all of them runs under a
// counting operator new; the threads of the process are counted by the system.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <thread>

#include <pawl/pawl.hpp>

#include "house/counting_new.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

#if defined(__linux__)
std::ptrdiff_t thread_count() {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                         std::filesystem::directory_iterator{});
}

// A joined thread is listed for a moment longer: the system wakes who joins it before it takes the
// thread off its list.
bool thread_count_becomes(std::ptrdiff_t expected) {
    for (int waited_ms = 0; waited_ms < 10'000 && thread_count() != expected; ++waited_ms) {
        std::this_thread::sleep_for(1ms);
    }
    return thread_count() == expected;
}
#endif

// Submits every kind of job once.
template <class Scheduler>
void submit_everything(Scheduler& jobs, std::atomic<int>& runs) {
    const auto count = [&runs] { ++runs; };
    jobs.enqueue(count);
    jobs.enqueue(count, {.name = "named", .queue = "default"});
    const pawl::job_id delayed = jobs.schedule(2ms, count);
    jobs.then(delayed, count);
    jobs.then({delayed, jobs.enqueue(count)}, count, {.when = pawl::when::any});
    jobs.enqueue(
        [&runs](pawl::job_context& job) {
            ++runs;
            return job.attempt() < 3 ? pawl::outcome::retry() : pawl::outcome::success();
        },
        {.retry = pawl::exponential_backoff(1ms)});
    jobs.enqueue([&runs] {
        ++runs;
        return runs < 3 ? pawl::outcome::snooze(1ms) : pawl::outcome::discard();
    });
    auto batch = jobs.batch();
    batch.enqueue(count);
    batch.schedule(1ms, count);
    jobs.then(batch.seal(), count);
    jobs.cancel(jobs.schedule(1h, count));
    jobs.every(1ms, count, {.name = "ticks"});
    jobs.recurring("seconds", "* * * * * *"_cron, count);
    jobs.remove_recurring("ticks");
    jobs.enqueue([&jobs, &runs] {
        ++runs;
        jobs.enqueue([&runs] { ++runs; });
    });
#if PAWL_HAS_EXCEPTIONS
    jobs.enqueue(
        [&runs] {
            ++runs;
            throw 1;  // the exception itself is the language's memory, not operator new's
        },
        {.retry = pawl::no_retry()});
#endif
}

}  // namespace

TEST_CASE("allocation: none without workers, and no thread") {
    std::atomic<int> runs{0};
#if defined(__linux__)
    const auto threads_before = thread_count();
#endif
    const house::allocation_scope scope;
    {
        pawl::scheduler<pawl::limits{.jobs = 64, .workers = 0}> jobs;
        submit_everything(jobs, runs);
        for (int loops = 0; loops < 100 || !jobs.counts().succeeded; ++loops) {
            jobs.poll();
            jobs.wait(1ms);
        }
        jobs.poll(1ms);
        jobs.stop(pawl::drain, 1s);
    }
    const auto allocations = scope.count();
    REQUIRE(runs > 12);
    REQUIRE(allocations == 0);
#if defined(__linux__)
    REQUIRE(thread_count() == threads_before);
#endif
}

TEST_CASE("allocation: none in virtual time") {
    std::atomic<int> runs{0};
    const house::allocation_scope scope;
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 0}, pawl::manual_platform> jobs;
    submit_everything(jobs, runs);
    jobs.advance(10s);
    jobs.stop(pawl::finish);
    const auto allocations = scope.count();
    REQUIRE(runs > 20);
    REQUIRE(allocations == 0);
}

TEST_CASE("allocation: none after construction with workers") {
    std::atomic<int> runs{0};
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 2}> jobs;
#if defined(__linux__)
    const auto threads = thread_count();
#endif
    const house::allocation_scope scope;
    // A full pool refuses, so on a busy machine a round may run less than it submits.
    for (int round = 0; round < 10'000 && runs <= 1'000; ++round) {
        submit_everything(jobs, runs);
        std::this_thread::sleep_for(1ms);
    }
    const pawl::stop_report report = jobs.stop(pawl::drain);
    const auto allocations = scope.count();
    REQUIRE(report.status == pawl::stop_status::stopped);
    REQUIRE(runs > 1'000);
    REQUIRE(allocations == 0);
#if defined(__linux__)
    REQUIRE(thread_count_becomes(threads - 2));
#endif
}
