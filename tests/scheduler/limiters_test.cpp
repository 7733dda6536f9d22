// Limiters: how many at once, how many in a time.
//
// Goal: a reader finds here what a limiter counts, when who waits for it runs, and what a change of
// its limits does. Method: virtual time; a rate is compared with its formula start by start, and in
// every window. (How many run at once needs workers: exclusion_workers_test.cpp.)
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::key;
using pawl::outcome;
using pawl::submit_error;

namespace {

constexpr pawl::limits all{.jobs = 128,
                           .recurring = 4,
                           .workers = 0,
                           .queues = {"default", "other"},
                           .queue_control = true,
                           .recurring_policies = true,
                           .reschedule = true,
                           .deadlines = true,
                           .events = 64,
                           .keys = 8,
                           .limiters = {"db", "mail"}};
using scheduler = pawl::scheduler<all, pawl::manual_platform>;
using times = std::vector<std::int64_t>;

std::int64_t now_ms(scheduler& jobs) {
    return std::chrono::floor<std::chrono::milliseconds>(jobs.platform().now().time_since_epoch())
        .count();
}

auto noting(scheduler& jobs, times& into) {
    return [&jobs, &into] { into.push_back(now_ms(jobs)); };
}

std::int64_t ceil_div(std::int64_t number, std::int64_t by) { return (number + by - 1) / by; }

// In every window of t ms, whichever it is, at most burst + t * tokens / period starts.
bool conforms(const times& starts, std::int64_t tokens, std::int64_t period, std::int64_t burst) {
    for (std::size_t first = 0; first < starts.size(); ++first) {
        for (std::size_t last = first; last < starts.size(); ++last) {
            const std::int64_t length = starts[last] - starts[first] + 1;
            if (static_cast<std::int64_t>(last - first + 1) > burst + length * tokens / period) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

// ---- Names ------------------------------------------------------------------------------------

TEST_CASE("limiter: one that there is not is refused everywhere, and counted (row 90)") {
    scheduler jobs;
    const auto nothing = [] {};
    const auto unknown = submit_error::unknown_limiter;
    const auto parent = jobs.enqueue(nothing);
    CHECK(jobs.enqueue(nothing, {.limit = "nope"}).error() == unknown);
    CHECK(jobs.schedule(1s, nothing, {.limit = "nope"}).error() == unknown);
    CHECK(jobs.then(parent, nothing, {.limit = "nope"}).error() == unknown);
    CHECK(jobs.every(1s, nothing, {.limit = "nope"}).error() == unknown);
    CHECK(jobs.enqueue_n(2, [&](std::uint32_t) { return nothing; }, {.limit = "nope"}).error() ==
          unknown);
    CHECK(jobs.counts().refused == 5);
    CHECK_FALSE(jobs.set_limit("nope", {.running_max = 1}));
    jobs.poll();
    CHECK(jobs.counts().succeeded == 1);
}

TEST_CASE("limiter: without limits nobody waits (row 90)") {
    scheduler jobs;
    times starts;
    for (int i = 0; i < 50; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.poll();
    REQUIRE(starts == times(50, 0));
}

// ---- Rate -------------------------------------------------------------------------------------

TEST_CASE("rate: each token is taken in the tick in which it comes, none is lost (row 92)") {
    struct {
        std::uint32_t tokens, period, burst;
    } constexpr rates[] = {{1, 10, 1}, {3, 10, 2}, {7, 1000, 5}, {9, 4, 1}, {10, 10, 0}};
    for (const auto& rate : rates) {
        scheduler jobs;
        times starts;
        REQUIRE(jobs.set_limit("db", {.tokens = rate.tokens,
                                      .period = std::chrono::milliseconds{rate.period},
                                      .burst = rate.burst}));
        for (int i = 0; i < 100; ++i) {
            REQUIRE(jobs.enqueue(noting(jobs, starts), {.limit = "db"}));
        }
        jobs.advance(100s);
        times wanted;
        const std::int64_t burst = std::max<std::int64_t>(rate.burst, 1);
        for (std::int64_t i = 0; i < 100; ++i) {
            wanted.push_back(i < burst ? 0 : ceil_div((i + 1 - burst) * rate.period, rate.tokens));
        }
        REQUIRE(starts == wanted);
        REQUIRE(conforms(starts, rate.tokens, rate.period, burst));
    }
}

TEST_CASE("rate: holds over any window however jobs and polls come (rows 91 and 92)") {
    std::uint32_t seed = 1;
    const auto random = [&seed](std::uint32_t below) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % below;
    };
    for (int round = 0; round < 20; ++round) {
        scheduler jobs;
        times starts;
        const std::uint32_t tokens = 1 + random(9);
        const std::uint32_t period = 1 + random(40);
        const std::uint32_t burst = 1 + random(5);
        REQUIRE(jobs.set_limit(
            "db", {.tokens = tokens, .period = std::chrono::milliseconds{period}, .burst = burst}));
        std::size_t submitted = 0;
        for (int step = 0; step < 300; ++step) {
            for (std::uint32_t i = random(4); i > 0; --i) {
                submitted += jobs.enqueue(noting(jobs, starts), {.limit = "db"}) ? 1U : 0U;
            }
            const std::chrono::milliseconds length{random(12)};
            if (random(3) == 0) {
                jobs.platform().elapse(length);  // late
                jobs.poll();
            } else {
                jobs.advance(length);
            }
        }
        jobs.advance(1h);
        REQUIRE(starts.size() == submitted);
        REQUIRE(std::is_sorted(starts.begin(), starts.end()));
        REQUIRE(conforms(starts, tokens, period, burst));
    }
}

TEST_CASE("rate: no double burst at the edge of a window (row 91)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 5, .period = 1s, .burst = 5});
    jobs.platform().elapse(999ms);
    for (int i = 0; i < 10; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(2s);
    REQUIRE(starts == times{999, 999, 999, 999, 999, 1199, 1399, 1599, 1799, 1999});
}

TEST_CASE("rate: what is not used is saved up to the burst and no further (row 92)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms, .burst = 3});
    jobs.advance(24h);
    for (int i = 0; i < 5; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(1s);
    const std::int64_t day = 24 * 3600 * 1000;
    REQUIRE(starts == times{day, day, day, day + 10, day + 20});
}

TEST_CASE("rate: in order, the next one is scheduled, those behind it enqueued (row 92, M 10)") {
    scheduler jobs;
    std::string order;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    pawl::job_id ids[4];
    for (int i = 0; i < 4; ++i) {
        ids[i] = jobs.enqueue([&order, i] { order.push_back(static_cast<char>('a' + i)); },
                              {.limit = "db"});
    }
    const auto free = jobs.enqueue([&order] { order.push_back('!'); });
    jobs.poll();
    REQUIRE(order == "a!");
    REQUIRE(jobs.state(free) == job_state::succeeded);
    REQUIRE(jobs.state(ids[1]) == job_state::scheduled);
    REQUIRE(jobs.state(ids[2]) == job_state::enqueued);
    REQUIRE(jobs.snapshot().limiters[0].called == "db");
    REQUIRE(jobs.snapshot().limiters[0].waiting == 2);
    jobs.advance(30ms);
    REQUIRE(order == "a!bcd");
    REQUIRE(jobs.snapshot().limiters[0].waiting == 0);
    REQUIRE(jobs.counts().failed + jobs.counts().retried == 0);
}

TEST_CASE("rate: who is cancelled while it waits costs no token (row 92)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    pawl::job_id ids[5];
    for (auto& id : ids) {
        id = jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(5ms);
    REQUIRE(jobs.cancel(ids[1]));  // the next one
    REQUIRE(jobs.cancel(ids[3]));  // in line
    jobs.advance(100ms);
    REQUIRE(starts == times{0, 10, 20});
    REQUIRE(jobs.counts().deleted == 2);
    REQUIRE(jobs.state(ids[4]) == job_state::succeeded);
}

TEST_CASE("rate: each attempt takes a token, for each is a start (row 92)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    jobs.enqueue(
        [&](pawl::job_context& job) {
            starts.push_back(now_ms(jobs));
            return job.attempt() < 3 ? outcome::retry_in(1ms) : outcome::success();
        },
        {.limit = "db"});
    jobs.advance(100ms);
    REQUIRE(starts == times{0, 10, 20});
}

TEST_CASE("rate: a deadline counts from the due time and not from the token's (rows 51, 92)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    const auto late = jobs.enqueue(noting(jobs, starts), {.deadline = 9ms, .limit = "db"});
    const auto in_time = jobs.enqueue(noting(jobs, starts), {.deadline = 10ms, .limit = "db"});
    jobs.advance(100ms);
    REQUIRE(jobs.state(late) == job_state::deleted);
    REQUIRE(jobs.state(in_time) == job_state::succeeded);
    REQUIRE(starts == times{0, 10});  // who was late cost none
    REQUIRE(jobs.snapshot().expired == 1);
}

TEST_CASE("rate: limiters know nothing of each other (row 90)") {
    scheduler jobs;
    times db;
    times mail;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    jobs.set_limit("mail", {.tokens = 1, .period = 15ms});
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, db), {.limit = "db"});
        jobs.enqueue(noting(jobs, mail), {.limit = "mail"});
    }
    jobs.advance(100ms);
    REQUIRE(db == times{0, 10, 20});
    REQUIRE(mail == times{0, 15, 30});
}

// ---- Per key ------------------------------------------------------------------------------------

TEST_CASE("per key: each key has the rate for itself, and who has none shares one (row 93)") {
    scheduler jobs;
    times starts[3];
    jobs.set_limit("db", {.tokens = 1, .period = 10ms, .burst = 1, .per_key = true});
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, starts[0]), {.key = key{1}, .exclusive = false, .limit = "db"});
        jobs.enqueue(noting(jobs, starts[1]), {.key = key{2}, .limit = "db"});
        jobs.enqueue(noting(jobs, starts[2]), {.limit = "db"});
    }
    jobs.advance(100ms);
    for (const auto& each : starts) {
        REQUIRE(each == times{0, 10, 20});
    }
}

TEST_CASE("per key = false: all keys share the limiter's rate (row 93)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    for (std::uint32_t i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, starts), {.key = key{i + 1}, .limit = "db"});
    }
    jobs.advance(100ms);
    REQUIRE(starts == times{0, 10, 20});
}

TEST_CASE("per key: a key's debt is not forgotten while its cell is wanted by others (row 93)") {
    scheduler jobs;
    times first;
    times others;
    jobs.set_limit("db", {.tokens = 1, .period = 1s, .burst = 1, .per_key = true});
    jobs.enqueue(noting(jobs, first), {.key = key{1}, .exclusive = false, .limit = "db"});
    for (std::uint32_t i = 0; i < 40; ++i) {
        jobs.enqueue(noting(jobs, others),
                     {.key = key{100 + i}, .exclusive = false, .limit = "db"});
    }
    jobs.advance(1ms);
    jobs.enqueue(noting(jobs, first), {.key = key{1}, .exclusive = false, .limit = "db"});
    jobs.advance(1h);  // 8 cells, so eight keys a second and not more, but all of them
    REQUIRE(others.size() == 40);
    REQUIRE(first.size() == 2);
    REQUIRE(first[1] - first[0] >= 1000);
    REQUIRE(others[6] == 0);
    REQUIRE(others[7] >= 1000);
}

// ---- Key and limiter ----------------------------------------------------------------------------

TEST_CASE("key and limiter: who waits for its token has its key already (rows 87 and 92)") {
    scheduler jobs;
    std::string order;
    const auto log = [&order](char name) { return [&order, name] { order.push_back(name); }; };
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    jobs.enqueue(log('a'), {.limit = "db"});
    jobs.enqueue(log('b'), {.key = key{7}, .limit = "db"});
    jobs.enqueue(log('c'), {.key = key{7}});
    const auto d = jobs.enqueue(log('d'), {.key = key{7}, .on_busy = pawl::on_busy::skip});
    jobs.advance(9ms);
    REQUIRE(order == "a");
    REQUIRE(jobs.state(d) == job_state::deleted);
    jobs.advance(1ms);
    REQUIRE(order == "abc");
}

TEST_CASE("key and limiter: cancelled before its token came, it frees its key (rows 87, 92)") {
    scheduler jobs;
    std::string order;
    const auto log = [&order](char name) { return [&order, name] { order.push_back(name); }; };
    jobs.set_limit("db", {.tokens = 1, .period = 1h});
    jobs.enqueue(log('a'), {.limit = "db"});
    const auto b = jobs.enqueue(log('b'), {.key = key{7}, .limit = "db"});
    jobs.enqueue(log('c'), {.key = key{7}});
    jobs.poll();
    REQUIRE(jobs.cancel(b));
    jobs.advance(1ms);
    REQUIRE(order == "ac");
}

TEST_CASE("chain and limiter: a chain at rest has no place in the limiter (rows 38 and 90)") {
    scheduler jobs;
    std::string order;
    jobs.set_limit("db", {.running_max = 1});
    jobs.enqueue(
        [&order](pawl::job_context& job) {
            order.push_back('a');
            return job.attempt() == 1 ? outcome::retry_in(1h) : outcome::success();
        },
        {.key = key{7}, .chain = true, .limit = "db"});
    jobs.enqueue([&order] { order.push_back('b'); }, {.limit = "db"});
    jobs.poll();
    REQUIRE(order == "ab");
    REQUIRE(jobs.snapshot().limiters[0].running == 0);
}

// ---- Change ---------------------------------------------------------------------------------

TEST_CASE("set_limit: a rate that is taken away lets everybody go at once (row 90)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 1h});
    for (int i = 0; i < 5; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(10ms);
    REQUIRE(starts == times{0});
    REQUIRE(jobs.set_limit("db", {}));
    jobs.poll();
    REQUIRE(starts == times{0, 10, 10, 10, 10});
}

TEST_CASE("set_limit: a faster rate counts for who waits already (row 90)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 1h});
    for (int i = 0; i < 4; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(100ms);
    REQUIRE(jobs.set_limit("db", {.tokens = 1, .period = 10ms}));
    jobs.advance(1s);
    REQUIRE(starts == times{0, 110, 120, 130});  // it begins with an empty bucket at most
}

TEST_CASE("set_limit: a slower rate counts for who waits already (row 90)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    for (int i = 0; i < 4; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(15ms);
    REQUIRE(jobs.set_limit("db", {.tokens = 1, .period = 100ms}));
    jobs.advance(1h);
    REQUIRE(starts.size() == 4);
    REQUIRE(starts[1] == 10);
    REQUIRE(starts[2] <= 115);  // full again when it would have been, or sooner
    REQUIRE(starts[3] - starts[2] == 100);
}

TEST_CASE("set_limit: what cannot be a rate is refused, and changes nothing (row 92)") {
    scheduler jobs;
    times starts;
    REQUIRE(jobs.set_limit("db", {.tokens = 1, .period = 10ms}));
    REQUIRE_FALSE(jobs.set_limit("db", {.tokens = 1, .period = 0ms}));
    REQUIRE_FALSE(jobs.set_limit("db", {.tokens = 0x8000'0000, .period = 1s}));
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.advance(1s);
    REQUIRE(starts == times{0, 10, 20});
}

TEST_CASE("set_limit: running_max can be set from inside a job, and be lowered (row 90)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.running_max = 3, .tokens = 1, .period = 10ms});
    jobs.enqueue([&jobs] { jobs.set_limit("db", {.running_max = 1}); }, {.limit = "db"});
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    }
    jobs.poll();
    REQUIRE(starts == times{0, 0, 0});
    REQUIRE(jobs.snapshot().limiters[0].running == 0);
}

// ---- Queues, recurring jobs ---------------------------------------------------------------------

TEST_CASE("pause: who stood in line before gets its token, who comes later waits (row 85)") {
    scheduler jobs;
    times starts;
    times later;
    jobs.set_limit("db", {.tokens = 1, .period = 10ms});
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(noting(jobs, starts), {.queue = "other", .limit = "db"});
    }
    jobs.poll();
    jobs.pause("other");
    const auto waits = jobs.enqueue(noting(jobs, later), {.queue = "other", .limit = "db"});
    jobs.enqueue(noting(jobs, starts), {.limit = "db"});
    jobs.advance(100ms);
    REQUIRE(starts == times{0, 10, 20, 30});  // or the last one would wait for the pause
    REQUIRE(jobs.state(waits) == job_state::enqueued);
    jobs.resume("other");
    jobs.poll();
    REQUIRE(later == times{100});
}

TEST_CASE("limit of a recurring job: occurrences wait for their tokens (rows 71 and 92)") {
    scheduler jobs;
    times starts;
    jobs.set_limit("db", {.tokens = 1, .period = 30ms});
    REQUIRE(
        jobs.every(10ms, noting(jobs, starts), {.overlap = pawl::overlap::allow, .limit = "db"}));
    jobs.advance(100ms);
    REQUIRE(starts == times{10, 40, 70, 100});
}

TEST_CASE("deadline of a recurring job: counts from its time in the schedule (rows 51 and 71)") {
    scheduler jobs;
    times starts;
    REQUIRE(jobs.every(10ms, noting(jobs, starts), {.deadline = 2ms}));
    jobs.platform().elapse(13ms);  // 3 ms late
    jobs.poll();
    REQUIRE(starts.empty());
    REQUIRE(jobs.snapshot().expired == 1);
    jobs.platform().elapse(9ms);  // 2 ms late
    jobs.poll();
    REQUIRE(starts == times{22});
    jobs.advance(8ms);
    REQUIRE(starts == times{22, 30});
    jobs.platform().elapse(13ms);
    jobs.poll();
    REQUIRE(starts == times{22, 30});
    REQUIRE(jobs.snapshot().expired == 2);
    REQUIRE(jobs.counts().deleted == 2);
    REQUIRE(jobs.counts().failed == 0);
}

TEST_CASE("deadline of a recurring job: late::run runs and counts (rows 51 and 71)") {
    scheduler jobs;
    times starts;
    REQUIRE(jobs.every(10ms, noting(jobs, starts), {.deadline = 2ms, .late = pawl::late::run}));
    jobs.platform().elapse(13ms);
    jobs.poll();
    REQUIRE(starts == times{13});
    REQUIRE(jobs.snapshot().late == 1);
    REQUIRE(jobs.snapshot().expired == 0);
}
