// What each kind of job does, one behaviour a test.
//
// Goal: a reader finds the semantics here. Method: virtual time and no threads, so that the order
// of everything is known; where a test needs no particular platform it says nothing about time.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

constexpr pawl::limits small{.jobs = 16, .workers = 0, .queues = {"critical", "default", "low"}};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

const auto nothing = [] {};
const auto fails = [] { return pawl::outcome::fail(); };
const auto discards = [] { return pawl::outcome::discard(); };
const auto retries = [] { return pawl::outcome::retry(); };

}  // namespace

TEST_CASE("enqueue: runs once, in order, and tells its state") {
    scheduler jobs;
    std::string order;
    const pawl::job_id first = jobs.enqueue([&] { order += '1'; });
    jobs.enqueue([&] { order += '2'; });
    REQUIRE(first);
    REQUIRE(jobs.state(first) == pawl::job_state::enqueued);
    REQUIRE(order.empty());
    REQUIRE(jobs.poll().ran == 2);
    REQUIRE(order == "12");
    REQUIRE(jobs.state(first) == pawl::job_state::succeeded);
}

TEST_CASE("enqueue: a move-only callable, a context, an outcome") {
    scheduler jobs;
    auto owned = std::make_unique<int>(7);
    int seen = 0;
    pawl::job_id told;
    const pawl::job_id id = jobs.enqueue(
        [owned = std::move(owned), &seen, &told](pawl::job_context& job) {
            seen = *owned;
            told = job.id();
            REQUIRE(job.called().view() == "seven");
            REQUIRE(job.attempt() == 1);
            REQUIRE_FALSE(job.stop_requested());
            return pawl::outcome::success();
        },
        {.name = "seven"});
    jobs.poll();
    REQUIRE(seen == 7);
    REQUIRE(told == id);
}

TEST_CASE("queues: strict order between them, first in, first out within one") {
    scheduler jobs;
    std::string order;
    jobs.enqueue([&] { order += 'l'; }, {.queue = "low"});
    jobs.enqueue([&] { order += 'd'; });
    jobs.enqueue([&] { order += 'D'; }, {.queue = "default"});
    jobs.enqueue([&] { order += 'c'; }, {.queue = "critical"});
    jobs.poll();
    REQUIRE(order == "cdDl");
    REQUIRE(jobs.enqueue(nothing, {.queue = "typo"}).error() == pawl::submit_error::unknown_queue);
}

TEST_CASE("queues: a retry keeps its queue") {
    scheduler jobs;
    std::string order;
    jobs.enqueue(
        [&](pawl::job_context& job) {
            order += 'c';
            return job.attempt() == 1 ? pawl::outcome::retry() : pawl::outcome::success();
        },
        {.queue = "critical", .retry = pawl::fixed_backoff(1ms)});
    jobs.poll();
    jobs.platform().elapse(1ms);
    jobs.enqueue([&] { order += 'd'; });
    jobs.poll();
    REQUIRE(order == "ccd");
}

TEST_CASE("schedule: by a delay, by the monotonic clock, by the wall clock") {
    scheduler jobs;
    std::string order;
    const auto note = [&](char what) { return [&order, what] { order += what; }; };
    const pawl::job_id late = jobs.schedule(3s, note('d'));
    jobs.schedule(jobs.platform().now() + 2s, note('m'));
    jobs.schedule(jobs.platform().wall_now() + 1s, note('w'));
    REQUIRE(jobs.state(late) == pawl::job_state::scheduled);
    jobs.advance(3s);
    REQUIRE(order == "wmd");
}

TEST_CASE("retries: the default is ten, that is eleven runs, by Hangfire's formula") {
    scheduler jobs;
    std::vector<std::chrono::seconds> at;
    const pawl::job_id id = jobs.enqueue([&] {
        at.push_back(
            std::chrono::floor<std::chrono::seconds>(jobs.platform().now().time_since_epoch()));
        return pawl::outcome::retry();
    });
    jobs.advance(24h);
    REQUIRE(at.size() == 11);
    REQUIRE(jobs.state(id) == pawl::job_state::failed);
    for (int n = 1; n <= 10; ++n) {
        const auto rest = at[static_cast<std::size_t>(n)] - at[static_cast<std::size_t>(n) - 1];
        const int least = (n - 1) * (n - 1) * (n - 1) * (n - 1) + 15;
        REQUIRE(rest >= std::chrono::seconds{least});
        REQUIRE(rest <= std::chrono::seconds{least + 29 * n});
    }
    REQUIRE(jobs.counts().retried == 10);
    REQUIRE(jobs.counts().failed == 1);
}

TEST_CASE("retries: backoff doubles, and the outcome may name its own rest") {
    scheduler jobs;
    std::vector<std::int64_t> at_ms;
    const auto note = [&] {
        at_ms.push_back(jobs.platform().now().time_since_epoch() / std::chrono::milliseconds{1});
    };
    jobs.enqueue(
        [&](pawl::job_context& job) {
            note();
            return job.attempt() == 3 ? pawl::outcome::retry_in(100ms) : pawl::outcome::retry();
        },
        {.retry = pawl::exponential_backoff(10ms).max_retries(4)});
    jobs.advance(1s);
    REQUIRE(at_ms == std::vector<std::int64_t>{0, 10, 30, 130, 210});
}

TEST_CASE("retries: a rest of zero is at once") {
    scheduler jobs;
    int runs = 0;
    const pawl::job_id id = jobs.enqueue(
        [&] {
            ++runs;
            return pawl::outcome::retry();
        },
        {.retry = pawl::fixed_backoff(0s).max_retries(2)});
    jobs.poll();
    REQUIRE(runs == 3);
    REQUIRE(jobs.state(id) == pawl::job_state::failed);
}

TEST_CASE("outcomes: fail is final, discard deletes, snooze is no attempt") {
    scheduler jobs;
    const pawl::job_id failed = jobs.enqueue(fails);
    const pawl::job_id discarded = jobs.enqueue(discards);
    int naps = 0;
    const pawl::job_id sleepy = jobs.enqueue(
        [&](pawl::job_context& job) {
            REQUIRE(job.attempt() == 1);
            return ++naps <= 20 ? pawl::outcome::snooze(5ms) : pawl::outcome::success();
        },
        {.retry = pawl::no_retry()});
    jobs.advance(1s);
    REQUIRE(jobs.state(failed) == pawl::job_state::failed);
    REQUIRE(jobs.state(discarded) == pawl::job_state::deleted);
    REQUIRE(jobs.state(sleepy) == pawl::job_state::succeeded);
    REQUIRE(naps == 21);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("then: on success by default, by condition on failure, deletion, or any end") {
    scheduler jobs;
    struct expectation {
        pawl::job_id parent;
        const char* runs;  // of s, f, d, a
    };
    std::string order;
    const expectation all[] = {
        {jobs.enqueue(nothing), "sa"}, {jobs.enqueue(fails), "fa"}, {jobs.enqueue(discards), "da"}};
    std::string expected;
    for (const auto& [parent, runs] : all) {
        REQUIRE(jobs.state(jobs.then(parent, [&] { order += 's'; })) == pawl::job_state::awaiting);
        jobs.then(parent, [&] { order += 'f'; }, {.when = pawl::when::failure});
        jobs.then(parent, [&] { order += 'd'; }, {.when = pawl::when::deletion});
        jobs.then(parent, [&] { order += 'a'; }, {.when = pawl::when::any});
        expected += runs;
    }
    jobs.poll();
    REQUIRE(order == expected);
    const pawl::job_counts counts = jobs.counts();
    REQUIRE(counts.awaiting == 0);
    REQUIRE(counts.deleted == 1 + 6);  // the discarded parent, and what was not released
}

TEST_CASE("then: a parent that fails for good resolves its continuations (it never hangs)") {
    scheduler jobs;
    const pawl::job_id parent =
        jobs.enqueue(retries, {.retry = pawl::fixed_backoff(1ms).max_retries(2)});
    const pawl::job_id child = jobs.then(parent, nothing);
    const pawl::job_id grandchild = jobs.then(child, nothing);
    bool ran = false;
    jobs.then(grandchild, [&] { ran = true; }, {.when = pawl::when::deletion});
    jobs.advance(1s);
    REQUIRE(jobs.state(child) == pawl::job_state::deleted);
    REQUIRE(jobs.state(grandchild) == pawl::job_state::deleted);  // the deletion cascades
    REQUIRE(ran);
}

TEST_CASE("then: on a finished parent the condition is evaluated at once") {
    scheduler jobs;
    const pawl::job_id good = jobs.enqueue(nothing);
    const pawl::job_id bad = jobs.enqueue(fails);
    jobs.poll();
    int runs = 0;
    REQUIRE(jobs.state(jobs.then(good, [&] { ++runs; })) == pawl::job_state::enqueued);
    const pawl::job_id unmet = jobs.then(bad, [&] { runs += 100; });
    REQUIRE(jobs.state(unmet) == pawl::job_state::deleted);
    jobs.then(bad, [&] { ++runs; }, {.when = pawl::when::failure});
    jobs.then({good, bad}, [&] { ++runs; }, {.when = pawl::when::any});
    jobs.poll();
    REQUIRE(runs == 3);
}

TEST_CASE("then: with several parents it waits for the last, and one unmet is enough to delete") {
    scheduler jobs;
    const pawl::job_id a = jobs.schedule(1ms, nothing);
    const pawl::job_id b = jobs.schedule(2ms, nothing);
    const pawl::job_id c = jobs.schedule(3ms, fails);
    bool both = false;
    bool all = false;
    jobs.then({a, b}, [&] { both = true; });
    const pawl::job_id unmet = jobs.then({a, b, c}, [&] { all = true; });
    jobs.then({c, b, a}, [&] { all = !all; }, {.when = pawl::when::any});
    jobs.advance(1ms);
    REQUIRE_FALSE(both);
    jobs.advance(1ms);
    REQUIRE(both);
    jobs.advance(1ms);
    REQUIRE(jobs.state(unmet) == pawl::job_state::deleted);
    REQUIRE(all);
}

TEST_CASE("then: a cancelled continuation does not run, and its parent does not mind") {
    scheduler jobs;
    const pawl::job_id parent = jobs.schedule(1ms, nothing);
    bool ran = false;
    const pawl::job_id child = jobs.then(parent, [&] { ran = true; });
    bool told = false;
    jobs.then(child, [&] { told = true; }, {.when = pawl::when::deletion});
    REQUIRE(jobs.cancel(child));
    REQUIRE(jobs.state(child) == pawl::job_state::deleted);
    jobs.advance(10ms);
    REQUIRE_FALSE(ran);
    REQUIRE(told);
    REQUIRE(jobs.state(parent) == pawl::job_state::succeeded);
}

TEST_CASE("batch: ends when it is sealed and all members have ended") {
    scheduler jobs;
    auto batch = jobs.batch();
    REQUIRE(batch);
    int runs = 0;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(batch.enqueue([&] { ++runs; }));
    }
    REQUIRE(batch.schedule(5ms, [&] { ++runs; }));
    bool reported = false;
    jobs.then(batch.id(), [&] { reported = true; });
    jobs.advance(10ms);
    REQUIRE(runs == 4);
    REQUIRE_FALSE(reported);  // not sealed: more members may come
    const pawl::job_id id = batch.seal();
    REQUIRE(jobs.state(id) == pawl::job_state::succeeded);
    jobs.poll();
    REQUIRE(reported);
    REQUIRE(batch.enqueue(nothing).error() == pawl::submit_error::sealed);
}

TEST_CASE("batch: a member that fails makes it fail, then the condition decides") {
    scheduler jobs;
    auto batch = jobs.batch();
    batch.enqueue(nothing);
    batch.enqueue(fails);
    const pawl::job_id id = batch.seal();
    bool good = false;
    bool bad = false;
    jobs.then(id, [&] { good = true; });
    jobs.then(id, [&] { bad = true; }, {.when = pawl::when::failure});
    jobs.poll();
    REQUIRE(jobs.state(id) == pawl::job_state::failed);
    REQUIRE_FALSE(good);
    REQUIRE(bad);
}

TEST_CASE("batch: an empty one succeeds, a forgotten one is sealed by its builder's end") {
    scheduler jobs;
    int runs = 0;
    jobs.then(jobs.batch().seal(), [&] { ++runs; });
    pawl::job_id forgotten;
    {
        auto batch = jobs.batch();
        batch.enqueue(nothing);
        forgotten = batch.id();
    }
    jobs.then(forgotten, [&] { ++runs; });
    jobs.poll();
    REQUIRE(runs == 2);
}

TEST_CASE("batch: cancelled, its waiting members are deleted when they would start") {
    scheduler jobs;
    auto batch = jobs.batch();
    int runs = 0;
    batch.enqueue([&] { ++runs; });
    jobs.poll();
    batch.enqueue([&] { ++runs; });
    const pawl::job_id later = batch.schedule(1s, [&] { ++runs; });
    const pawl::job_id id = batch.seal();
    bool told = false;
    jobs.then(id, [&] { told = true; }, {.when = pawl::when::deletion});
    REQUIRE(jobs.cancel(id));
    REQUIRE_FALSE(jobs.cancel(id));
    REQUIRE(jobs.state(id) == pawl::job_state::deleted);
    jobs.advance(2s);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(later) == pawl::job_state::deleted);
    REQUIRE(told);
}

TEST_CASE("batch: with a refused member it does not claim success") {
    pawl::scheduler<pawl::limits{.jobs = 2, .workers = 0}, pawl::manual_platform> jobs;
    auto batch = jobs.batch();
    REQUIRE(batch.enqueue(nothing));
    REQUIRE(batch.enqueue(nothing));
    REQUIRE(batch.enqueue(nothing).error() == pawl::submit_error::full);
    const pawl::job_id id = batch.seal();
    jobs.poll();
    REQUIRE(jobs.state(id) == pawl::job_state::failed);
}

TEST_CASE("cancel: enqueued, scheduled, ended, twice") {
    scheduler jobs;
    int runs = 0;
    const pawl::job_id ready = jobs.enqueue([&] { ++runs; });
    const pawl::job_id later = jobs.schedule(1h, [&] { ++runs; });
    REQUIRE(jobs.cancel(ready));
    REQUIRE(jobs.cancel(later));
    REQUIRE_FALSE(jobs.cancel(later));
    REQUIRE(jobs.state(ready) == pawl::job_state::deleted);
    jobs.poll();
    REQUIRE(jobs.counts().deleted == 2);

    // Armed in the wheel first, then cancelled: the slot comes back now, not in an hour.
    const pawl::job_id armed = jobs.schedule(1h, [&] { ++runs; });
    jobs.poll();
    REQUIRE(jobs.cancel(armed));
    jobs.poll();
    REQUIRE_FALSE(jobs.next_wake());
    const pawl::job_id done = jobs.enqueue(nothing);
    jobs.poll();
    REQUIRE_FALSE(jobs.cancel(done));
    REQUIRE(jobs.state(done) == pawl::job_state::succeeded);
    jobs.advance(2h);
    REQUIRE(runs == 0);
}

TEST_CASE("cancel: a running job is deleted at once, sees it, and is not retried") {
    scheduler jobs;
    pawl::job_id id;
    int runs = 0;
    id = jobs.enqueue([&](pawl::job_context& job) {
        ++runs;
        REQUIRE(jobs.state(id) == pawl::job_state::processing);
        REQUIRE_FALSE(job.stop_requested());
        REQUIRE(jobs.cancel(job.id()));
        REQUIRE(job.stop_requested());
        REQUIRE(jobs.state(id) == pawl::job_state::deleted);
        return pawl::outcome::retry();
    });
    bool told = false;
    jobs.then(id, [&] { told = true; }, {.when = pawl::when::deletion});
    jobs.advance(1h);
    REQUIRE(runs == 1);
    REQUIRE(told);
    REQUIRE(jobs.counts().deleted == 1);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("recurring: a name that is used again is updated, removal ends it") {
    scheduler jobs;
    std::string order;
    const pawl::recurring_id first =
        jobs.recurring("report", "* * * * *"_cron, [&] { order += 'a'; });
    jobs.advance(2min);
    const pawl::recurring_id second =
        jobs.recurring("report", "*/2 * * * *"_cron, [&] { order += 'b'; });
    REQUIRE(second);
    REQUIRE_FALSE(first == second);
    jobs.advance(4min);
    REQUIRE(order == "aabb");
    REQUIRE_FALSE(jobs.remove(first));
    REQUIRE(jobs.remove_recurring("report"));
    REQUIRE_FALSE(jobs.remove_recurring("report"));
    jobs.advance(10min);
    REQUIRE(order == "aabb");
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("recurring: an update lets the occurrence that waits finish with the old callable") {
    scheduler jobs;
    auto counter = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = counter;
    jobs.every(1s, [counter] { ++*counter; }, {.name = "tick"});
    counter.reset();
    jobs.platform().elapse(1s);
    jobs.poll(pawl::poll_budget{.jobs = 0});  // fires: the occurrence is ready, and has not run
    REQUIRE(jobs.counts().enqueued == 1);
    jobs.every(1s, nothing, {.name = "tick"});
    REQUIRE_FALSE(alive.expired());
    jobs.poll();
    REQUIRE(alive.expired());  // and is destroyed after it
}

TEST_CASE("recurring: an overlapping occurrence is skipped and counted, or allowed") {
    scheduler jobs;
    int runs = 0;
    const auto sleepy = [&runs] {
        ++runs;
        return pawl::outcome::snooze(25ms);
    };
    const pawl::recurring_id skips = jobs.every(10ms, sleepy);
    jobs.advance(100ms);
    REQUIRE(jobs.counts().skipped == 9);
    REQUIRE(jobs.remove(skips));
    const pawl::recurring_id allows = jobs.every(10ms, sleepy, {.overlap = pawl::overlap::allow});
    runs = 0;
    jobs.advance(30ms);
    REQUIRE(jobs.counts().skipped == 9);
    REQUIRE(jobs.counts().scheduled >= 3);
    REQUIRE(jobs.remove(allows));
    int state = 0;
    REQUIRE(jobs.every(10ms, [state]() mutable { ++state; }, {.overlap = pawl::overlap::allow})
                .error() == pawl::submit_error::not_const);
}

TEST_CASE("recurring: occurrences are ordinary jobs, with retries, queue and name") {
    scheduler jobs;
    std::vector<std::uint32_t> attempts;
    jobs.every(1s,
               [&](pawl::job_context& job) {
                   attempts.push_back(job.attempt());
                   REQUIRE(job.called().view() == "probe");
                   return job.attempt() < 3 ? pawl::outcome::retry() : pawl::outcome::success();
               },
               {.name = "probe", .queue = "low", .retry = pawl::fixed_backoff(10ms)});
    jobs.advance(1s + 100ms);
    REQUIRE(attempts == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("recurring: a firing that finds no slot is counted as missed, and the next one runs") {
    pawl::scheduler<pawl::limits{.jobs = 1, .recurring = 1, .workers = 0}, pawl::manual_platform>
        jobs;
    int runs = 0;
    REQUIRE(jobs.every(10ms, [&] { ++runs; }));
    jobs.schedule(15ms, nothing);
    jobs.advance(30ms);
    REQUIRE(jobs.counts().missed == 1);
    REQUIRE(runs == 2);
    REQUIRE(jobs.every(10ms, nothing).error() == pawl::submit_error::recurring_full);
}

TEST_CASE("recurring: rules that can never fire are refused") {
    scheduler jobs;
    REQUIRE(jobs.every(0ms, nothing).error() == pawl::submit_error::bad_period);
    REQUIRE(jobs.every(std::chrono::hours::max(), nothing).error() == pawl::submit_error::too_late);
    REQUIRE(jobs.recurring("never", pawl::cron{}, nothing).error() == pawl::submit_error::never);
    // A refused rule leaves no trace.
    REQUIRE_FALSE(jobs.remove_recurring("never"));
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("two runs of the same program are the same, event by event") {
    const auto program = [] {
        scheduler jobs;
        std::string events;
        for (int i = 0; i < 5; ++i) {
            jobs.schedule(std::chrono::milliseconds{i * 7 % 5}, [&events, &jobs, i] {
                events += std::to_string(i) + "@" +
                          std::to_string(jobs.platform().now().time_since_epoch().count()) + " ";
                return i % 2 == 0 ? pawl::outcome::retry() : pawl::outcome::success();
            });
        }
        jobs.advance(24h);
        return events;
    };
    REQUIRE(program() == program());
}

TEST_CASE("zero bytes are an empty scheduler that works") {
    using stateless = pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0}>;
    static_assert(std::is_trivially_destructible_v<stateless>);
    alignas(stateless) static unsigned char memory[sizeof(stateless)];
    std::memset(memory, 0, sizeof memory);
    // What .bss holds before any constructor: the constructed object must be the same bytes.
    auto* const made = ::new (static_cast<void*>(memory)) stateless;
    bool all_zero = true;
    for (const unsigned char byte : memory) {
        all_zero = all_zero && byte == 0;
    }
    REQUIRE(all_zero);
    int runs = 0;
    made->enqueue([&] { ++runs; });
    made->poll();
    REQUIRE(runs == 1);
}
