// Mutual exclusion by key, and chains.
//
// Goal: a reader finds here what a key excludes and for how long, and what becomes of a job that
// finds its key busy. Method: virtual time, in which jobs run one after the other: a key is busy
// while its job rests (a chain) or waits for a token. What runs at the same time as another is in
// exclusion_workers_test.cpp.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

#include "scheduler/life_events.hpp"

using namespace std::chrono_literals;
using life_events::why;
using pawl::job_state;
using pawl::key;
using pawl::on_busy;
using pawl::outcome;

namespace {

constexpr pawl::limits with(std::uint32_t keys) {
    return {.jobs = 32,
            .recurring = 4,
            .workers = 0,
            .queues = {"default", "other"},
            .queue_control = true,
            .recurring_policies = true,
            .slices = true,
            .deadlines = true,
            .events = 64,
            .keys = keys,
            .limiters = {"api"}};
}
using scheduler = pawl::scheduler<with(8), pawl::manual_platform>;

using names = std::vector<std::string>;

// Jobs that write their name down: with the attempt, if the first one ends as `first` says.
struct diary {
    names ran;

    auto once(const char* called) {
        return [this, called] { ran.emplace_back(called); };
    }
    auto twice(const char* called, outcome first) {
        return [this, called, first, again = false]() mutable {
            ran.push_back(called + std::to_string(again ? 2 : 1));
            const outcome said = again ? outcome::success() : first;
            again = true;
            return said;
        };
    }
};

constexpr key device{7};

}  // namespace

// ---- How long a key is held -------------------------------------------------------------------

TEST_CASE("key: without chain it is released between attempts (rows 38 and 87)") {
    for (const outcome first : {outcome::retry_in(1s), outcome::snooze(1s)}) {
        scheduler jobs;
        diary log;
        jobs.enqueue(log.twice("a", first), {.key = device});
        jobs.enqueue(log.once("b"), {.key = device});
        jobs.poll();
        REQUIRE(log.ran == names{"a1", "b"});
        jobs.advance(1s);
        REQUIRE(log.ran == names{"a1", "b", "a2"});
    }
}

TEST_CASE("key: without chain it is released between slices (row 38)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::yield(1)), {.key = device});
    jobs.enqueue(log.once("b"), {.key = device});
    jobs.poll();
    REQUIRE(log.ran == names{"a1", "b", "a2"});
}

TEST_CASE("chain: holds its key over a retry, a snooze and a slice (row 38)") {
    for (const outcome first : {outcome::retry_in(1s), outcome::snooze(1s), outcome::yield(1)}) {
        scheduler jobs;
        diary log;
        jobs.enqueue(log.twice("a", first), {.key = device, .chain = true});
        jobs.enqueue(log.once("b"), {.key = device, .chain = true});
        jobs.enqueue(log.once("c"), {.key = device});
        jobs.enqueue(log.once("other"), {.key = key{8}, .chain = true});
        jobs.poll();
        REQUIRE(log.ran.front() == "a1");
        const bool rests = first.what() != outcome::kind::yield;
        if (rests) {
            REQUIRE(log.ran == names{"a1", "other"});
        }
        jobs.advance(999ms);
        REQUIRE(log.ran.size() == (rests ? 2U : 5U));
        jobs.advance(1ms);
        std::erase(log.ran, "other");
        REQUIRE(log.ran == names{"a1", "a2", "b", "c"});
    }
}

TEST_CASE("chain: a strand is first in, first out, whatever each of it does (row 38)") {
    scheduler jobs;
    diary log;
    names wanted;
    static constexpr const char* called[] = {"a", "b", "c", "d", "e", "f"};
    for (const char* each : called) {
        jobs.enqueue(log.twice(each, outcome::retry_in(10ms)), {.key = device, .chain = true});
        wanted.push_back(each + std::string{"1"});
        wanted.push_back(each + std::string{"2"});
    }
    jobs.advance(59ms);
    REQUIRE(log.ran.size() == 11);
    jobs.advance(1ms);
    REQUIRE(log.ran == wanted);
    REQUIRE(jobs.counts().succeeded == 6);
}

TEST_CASE("chain: who waits is enqueued, and costs neither an attempt nor a failure (K 1, M 5)") {
    scheduler jobs;
    diary log;
    std::uint32_t attempt = 0;
    jobs.enqueue(log.twice("a", outcome::snooze(24h)), {.key = device, .chain = true});
    const auto b =
        jobs.enqueue([&](pawl::job_context& job) { attempt = job.attempt(); }, {.key = device});
    jobs.advance(23h);
    REQUIRE(jobs.state(b) == job_state::enqueued);
    REQUIRE(jobs.info(b)->attempts == 0);
    jobs.advance(1h);  // there is no timeout after which it would run beside the other (K 1)
    REQUIRE(jobs.state(b) == job_state::succeeded);
    REQUIRE(attempt == 1);
    REQUIRE(jobs.counts().failed == 0);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("key: it is what the program says, and not the type of the job (K 2)") {
    scheduler jobs;
    diary log;
    const auto same = [&](key of) {
        return jobs.enqueue(log.twice("x", outcome::snooze(1s)), {.key = of, .chain = true});
    };
    same(key{"user", 1});
    same(key{"user", 2});
    const auto third = same(key{"user", 1});
    jobs.poll();
    REQUIRE(log.ran == names{"x1", "x1"});
    REQUIRE(jobs.state(third) == job_state::enqueued);
}

TEST_CASE("chain: a final failure, a discard and a deletion release the key (row 38)") {
    scheduler jobs;
    diary log;
    const auto chained = [&](auto job) {
        return jobs.enqueue(job, {.retry = pawl::no_retry(), .key = device, .chain = true});
    };
    const auto failed = chained(log.twice("a", outcome::retry()));
    const auto discarded = chained(log.twice("b", outcome::discard()));
    const auto cancels_itself = chained([&](pawl::job_context& job) {
        jobs.cancel(job.id());
        log.ran.emplace_back("c");
    });
    chained(log.once("d"));
    jobs.poll();
    REQUIRE(log.ran == names{"a1", "b1", "c", "d"});
    REQUIRE(jobs.state(failed) == job_state::failed);
    REQUIRE(jobs.state(discarded) == job_state::deleted);
    REQUIRE(jobs.state(cancels_itself) == job_state::deleted);
}

TEST_CASE("chain: cancelled while it rests it gives its key to the next (rows 38 and 87)") {
    scheduler jobs;
    diary log;
    const auto alive = std::make_shared<int>();
    const auto a =
        jobs.enqueue([alive] { return outcome::snooze(1h); }, {.key = device, .chain = true});
    jobs.enqueue(log.once("b"), {.key = device});
    jobs.poll();
    REQUIRE(log.ran.empty());
    REQUIRE(alive.use_count() == 2);
    REQUIRE(jobs.cancel(a));
    jobs.advance(0s);
    REQUIRE(log.ran == names{"b"});
    REQUIRE(alive.use_count() == 1);
}

// ---- The line ---------------------------------------------------------------------------------

TEST_CASE("wait: who is cancelled in line never runs, and the others keep their order (row 87)") {
    scheduler jobs;
    diary log;
    const auto alive = std::make_shared<int>();
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    jobs.enqueue(log.once("b"), {.key = device});
    const auto c = jobs.enqueue([&log, alive] { log.ran.emplace_back("c"); }, {.key = device});
    jobs.enqueue(log.once("d"), {.key = device});
    jobs.poll();
    REQUIRE(jobs.cancel(c));
    REQUIRE(jobs.state(c) == job_state::deleted);
    REQUIRE_FALSE(jobs.cancel(c));
    jobs.advance(1s);
    REQUIRE(log.ran == names{"a1", "a2", "b", "d"});
    REQUIRE(alive.use_count() == 1);
    REQUIRE(jobs.counts().deleted == 1);
    REQUIRE(jobs.counts().enqueued == 0);
    // And its slot is free again.
    for (std::uint32_t i = 0; i < scheduler::capacity.jobs; ++i) {
        REQUIRE(jobs.enqueue([] {}));
    }
}

TEST_CASE("wait: one line for a key, whatever queue its jobs are of (row 87)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    jobs.poll();
    jobs.enqueue(log.once("b"), {.queue = "other", .key = device});
    jobs.poll();
    jobs.enqueue(log.once("c"), {.queue = "default", .key = device});
    jobs.poll();
    REQUIRE(log.ran == names{"a1"});
    jobs.advance(1s);
    REQUIRE(log.ran == names{"a1", "a2", "b", "c"});
}

TEST_CASE("wait: a worker goes on with the next job instead of waiting (K 1, M 5)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    for (int i = 0; i < 20; ++i) {
        jobs.enqueue(log.once("waits"), {.key = device});
    }
    jobs.enqueue(log.once("free"));
    jobs.poll();
    REQUIRE(log.ran == names{"a1", "free"});
    REQUIRE(jobs.counts().enqueued == 20);
    jobs.advance(1s);
    REQUIRE(jobs.counts().succeeded == 22);
}

TEST_CASE("wait: a deadline passes in line, too, and the next one runs (rows 51 and 87)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    const auto b = jobs.enqueue(log.once("b"), {.deadline = 999ms, .key = device});
    jobs.enqueue(log.once("c"), {.deadline = 1s, .key = device});
    jobs.advance(1s);
    REQUIRE(log.ran == names{"a1", "a2", "c"});
    REQUIRE(jobs.state(b) == job_state::deleted);
    REQUIRE(jobs.snapshot().expired == 1);
}

// ---- skip, fail, replace ------------------------------------------------------------------------

TEST_CASE("skip: deleted and not failed, its reason is told (row 88, M 4)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    const auto b = jobs.enqueue(log.once("b"), {.key = device, .on_busy = on_busy::skip});
    jobs.then(b, log.once("after b"), {.when = pawl::when::deletion});
    jobs.poll();
    REQUIRE(jobs.state(b) == job_state::deleted);
    REQUIRE(why(jobs, b) == pawl::end_reason::busy);
    REQUIRE(log.ran == names{"a1", "after b"});
    REQUIRE(jobs.counts().failed == 0);
    // The key is still the other one's, and free after it.
    const auto c = jobs.enqueue(log.once("c"), {.key = device, .on_busy = on_busy::skip});
    jobs.poll();
    REQUIRE(jobs.state(c) == job_state::deleted);
    jobs.advance(1s);
    const auto d = jobs.enqueue(log.once("d"), {.key = device, .on_busy = on_busy::skip});
    jobs.poll();
    REQUIRE(jobs.state(d) == job_state::succeeded);
}

TEST_CASE("skip: is decided when it would begin and not when it is submitted (row 88)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    jobs.poll();
    const auto b = jobs.schedule(1001ms, log.once("b"), {.key = device, .on_busy = on_busy::skip});
    jobs.advance(2s);
    REQUIRE(jobs.state(b) == job_state::succeeded);
}

TEST_CASE("fail: fails at once and is not retried (row 88)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    const auto b =
        jobs.enqueue(log.once("b"),
                     {.retry = pawl::fixed_backoff(1ms), .key = device, .on_busy = on_busy::fail});
    jobs.then(b, log.once("after b"), {.when = pawl::when::failure});
    jobs.poll();
    REQUIRE(jobs.state(b) == job_state::failed);
    REQUIRE(why(jobs, b) == pawl::end_reason::busy);
    jobs.advance(10s);
    REQUIRE(log.ran == names{"a1", "after b", "a2"});
    REQUIRE(jobs.counts().failed == 1);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("replace: the one that has the key is deleted, and the new one runs first (row 88)") {
    scheduler jobs;
    diary log;
    const auto a =
        jobs.enqueue(log.twice("a", outcome::snooze(1h)), {.key = device, .chain = true});
    jobs.enqueue(log.once("b"), {.key = device});
    jobs.poll();
    const auto c = jobs.enqueue(log.once("c"), {.key = device, .on_busy = on_busy::replace});
    jobs.advance(1ms);
    REQUIRE(jobs.state(a) == job_state::deleted);
    REQUIRE(why(jobs, a) == pawl::end_reason::replaced);
    REQUIRE(log.ran == names{"a1", "c", "b"});
    REQUIRE(jobs.state(c) == job_state::succeeded);
    jobs.advance(2h);
    REQUIRE(log.ran.size() == 3);
}

TEST_CASE("replace: with the key free it replaces nobody (row 88)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.once("a"), {.key = device, .on_busy = on_busy::replace});
    jobs.enqueue(log.once("b"), {.key = device, .on_busy = on_busy::replace});
    jobs.poll();
    REQUIRE(log.ran == names{"a", "b"});
    REQUIRE(jobs.counts().deleted == 0);
}

// ---- What else there is -------------------------------------------------------------------------

TEST_CASE("exclusive = false: the key excludes nobody, and nobody it (row 87)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    jobs.enqueue(log.once("b"), {.key = device, .exclusive = false});
    jobs.enqueue(log.twice("c", outcome::snooze(2s)),
                 {.key = device, .chain = true, .exclusive = false});
    jobs.enqueue(log.once("d"), {.key = device});
    jobs.poll();
    REQUIRE(log.ran == names{"a1", "b", "c1"});
    jobs.advance(1s);
    REQUIRE(log.ran == names{"a1", "b", "c1", "a2", "d"});
}

TEST_CASE("keys run out: who finds no cell rests, and nothing is lost (row 87)") {
    pawl::scheduler<with(2), pawl::manual_platform> jobs;
    diary log;
    std::vector<pawl::job_id> ids;
    for (std::uint32_t i = 0; i < 20; ++i) {
        ids.push_back(jobs.enqueue(log.twice("x", outcome::snooze(10ms)),
                                   {.key = key{100 + i}, .chain = true}));
        REQUIRE(ids.back());
    }
    const auto free = jobs.enqueue(log.once("free"));
    jobs.poll();
    REQUIRE(jobs.state(free) == job_state::succeeded);
    REQUIRE(log.ran == names{"x1", "x1", "free"});
    REQUIRE(jobs.state(ids.back()) == job_state::scheduled);
    jobs.advance(200ms);  // two at a time, each has its cell for 10 ms, and they look each 1 ms
    REQUIRE(jobs.counts().succeeded == 21);
    REQUIRE(jobs.counts().failed + jobs.counts().deleted + jobs.counts().retried == 0);
    REQUIRE(jobs.info(ids.back())->attempts <= 2);
}

TEST_CASE("keys run out: who is cancelled meanwhile is gone, and holds nothing (row 87)") {
    pawl::scheduler<with(1), pawl::manual_platform> jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(10ms)), {.key = key{1}, .chain = true});
    const auto b = jobs.enqueue(log.once("b"), {.key = key{2}});
    const auto c = jobs.enqueue(log.once("c"), {.key = key{3}});
    jobs.poll();
    REQUIRE(jobs.cancel(b));
    jobs.advance(12ms);
    REQUIRE(log.ran == names{"a1", "a2", "c"});
    REQUIRE(jobs.state(c) == job_state::succeeded);
}

TEST_CASE("pause: who has not asked for its key yet keeps nobody else from it (row 85)") {
    scheduler jobs;
    diary log;
    jobs.pause("other");
    const auto b = jobs.enqueue(log.once("b"), {.queue = "other", .key = device});
    jobs.enqueue(log.once("c"), {.key = device});
    jobs.advance(1s);
    REQUIRE(log.ran == names{"c"});
    REQUIRE(jobs.state(b) == job_state::enqueued);
    jobs.resume("other");
    jobs.poll();
    REQUIRE(log.ran == names{"c", "b"});
}

TEST_CASE("pause: who stood in line before gets its turn, for others wait for it (row 85)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    jobs.enqueue(log.once("b"), {.queue = "other", .key = device});
    jobs.poll();
    jobs.enqueue(log.once("c"), {.key = device});
    jobs.poll();
    jobs.pause("other");
    jobs.enqueue(log.once("later"), {.queue = "other", .key = device});
    jobs.advance(10s);
    REQUIRE(log.ran == names{"a1", "a2", "b", "c"});
    jobs.resume("other");
    jobs.poll();
    REQUIRE(log.ran.back() == "later");
}

TEST_CASE("pause: a chain that has begun goes on, and what has no chain waits (rows 38, 85)") {
    for (const bool chain : {true, false}) {
        scheduler jobs;
        diary log;
        jobs.enqueue(log.twice("a", outcome::retry_in(1s)),
                     {.queue = "other", .key = device, .chain = chain});
        jobs.poll();
        jobs.pause("other");
        jobs.enqueue(log.once("b"), {.key = device});
        jobs.advance(10s);
        REQUIRE(log.ran == (chain ? names{"a1", "a2", "b"} : names{"a1", "b"}));
        jobs.resume("other");
        jobs.poll();
        REQUIRE(log.ran.size() == 3);
    }
}

TEST_CASE("pause: cancelled in a paused queue, it hands its key on (rows 85 and 87)") {
    scheduler jobs;
    diary log;
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    const auto b = jobs.enqueue(log.once("b"), {.queue = "other", .key = device});
    jobs.poll();
    jobs.enqueue(log.once("c"), {.key = device});
    jobs.pause("other");
    REQUIRE(jobs.cancel(b));
    jobs.advance(1s);
    REQUIRE(log.ran == names{"a1", "a2", "c"});
}

TEST_CASE("key of a recurring job: its occurrences and others exclude each other (rows 71, 87)") {
    scheduler jobs;
    diary log;
    REQUIRE(jobs.every(10ms, [&log] { log.ran.emplace_back("r"); },
                       {.overlap = pawl::overlap::allow, .key = device}));
    jobs.schedule(5ms, log.twice("a", outcome::snooze(20ms)), {.key = device, .chain = true});
    jobs.advance(24ms);
    REQUIRE(log.ran == names{"a1"});
    REQUIRE(jobs.counts().enqueued == 2);
    jobs.advance(1ms);
    REQUIRE(log.ran == names{"a1", "a2", "r", "r"});
    jobs.advance(5ms);
    REQUIRE(log.ran.size() == 5);
}

TEST_CASE("key of a recurring job: busy is skip leaves the occurrence out (row 88, M 4)") {
    scheduler jobs;
    diary log;
    REQUIRE(jobs.every(10ms, [&log] { log.ran.emplace_back("r"); },
                       {.overlap = pawl::overlap::allow, .key = device, .on_busy = on_busy::skip}));
    jobs.schedule(5ms, log.twice("a", outcome::snooze(20ms)), {.key = device, .chain = true});
    jobs.advance(30ms);
    REQUIRE(log.ran == names{"a1", "a2", "r"});
    REQUIRE(jobs.counts().deleted == 2);
    REQUIRE(jobs.counts().failed == 0);
}

TEST_CASE("chain of a recurring job: occurrences one after the other over retries (row 38)") {
    scheduler jobs;
    std::vector<std::uint32_t> attempts;
    REQUIRE(jobs.every(10ms,
                       [&attempts](pawl::job_context& job) {
                           attempts.push_back(job.attempt());
                           return job.attempt() == 1 ? outcome::retry_in(15ms) : outcome::success();
                       },
                       {.overlap = pawl::overlap::allow, .key = device, .chain = true}));
    jobs.advance(55ms);  // attempts at 10, 25, 25, 40, 40, 55, 55
    REQUIRE(attempts == std::vector<std::uint32_t>{1, 2, 1, 2, 1, 2, 1});
}

TEST_CASE("key: a continuation and a member of a batch ask when they are ready (row 87)") {
    scheduler jobs;
    diary log;
    const auto parent = jobs.enqueue([] {});
    jobs.then(parent, log.once("child"), {.key = device});
    jobs.enqueue(log.twice("a", outcome::snooze(1s)), {.key = device, .chain = true});
    auto batch = jobs.batch();
    batch.enqueue(log.once("member"), {.key = device});
    jobs.then(batch.seal(), log.once("all"));
    jobs.poll();
    REQUIRE(log.ran == names{"a1"});
    jobs.advance(1s);
    REQUIRE(log.ran.size() == 5);
    REQUIRE(log.ran[1] == "a2");
    REQUIRE(log.ran.back() == "all");
}

TEST_CASE("stop: jobs in line are deleted by it, or run before it, but never left (row 99)") {
    for (const auto mode : {pawl::abandon, pawl::drain}) {
        scheduler jobs;
        diary log;
        const auto alive = std::make_shared<int>();
        jobs.enqueue([alive] { return outcome::snooze(1h); }, {.key = device, .chain = true});
        const auto b = jobs.enqueue([&log, alive] { log.ran.emplace_back("b"); }, {.key = device});
        jobs.poll();
        REQUIRE(alive.use_count() == 3);
        jobs.stop(mode);
        REQUIRE(alive.use_count() == 1);
        REQUIRE(pawl::is_final(jobs.state(b)));
        REQUIRE(jobs.counts().enqueued + jobs.counts().scheduled == 0);
    }
}
