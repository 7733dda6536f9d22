// labels: concurrent
//
// Exclusion, limiters and unique jobs with workers.
//
// Goal: of a key at most one job runs, and of a limiter at most as many as it says, whatever else
// happens: retries, rests, cancels, changes of the limits; every job ends. Method: real threads and
// a counter for each key; what must happen is waited for as long as only something that never
// happens takes.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

#include "await.hpp"

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::key;
using pawl::on_busy;
using pawl::outcome;
using tests::await;

namespace {

constexpr pawl::limits crew{.jobs = 512,
                            .recurring = 0,
                            .workers = 3,
                            .queues = {"default", "other"},
                            .events = 0,
                            .keys = 16,
                            .limiters = {"db"}};
using scheduler = pawl::scheduler<crew>;

template <class Scheduler>
bool all_end(Scheduler& jobs, std::uint64_t count) {
    return await(20s, [&] {
        const auto counts = jobs.counts();
        return counts.succeeded + counts.failed + counts.deleted == count;
    });
}

// What jobs wait for comes in any case, or a failed check would never end: before the scheduler's
// destructor waits for them.
template <class Do>
struct at_end {
    Do act;
    ~at_end() { act(); }
};
template <class Do>
at_end(Do) -> at_end<Do>;

// How many are inside, and how many have been at most.
struct gauge {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};

    void pass() {
        const int now = ++inside;
        int highest = most.load();
        while (now > highest && !most.compare_exchange_weak(highest, now)) {
        }
        std::this_thread::yield();
        --inside;
    }
};

constexpr pawl::name queues[] = {"default", "other"};

// Mostly in line.
on_busy busy(std::uint32_t i) {
    switch (i % 13) {
        case 3: return on_busy::skip;
        case 6: return on_busy::fail;
        case 9: return on_busy::replace;
        default: return on_busy::wait;
    }
}

}  // namespace

TEST_CASE("key: at most one at a time, while jobs fail, rest and are cancelled (row 87)") {
    gauge keys[5];
    constexpr std::uint32_t count = 400;
    scheduler jobs;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = jobs.enqueue(
            [&of = keys[i % 5], i](pawl::job_context& job) {
                of.pass();
                return i % 7 == 0 && job.attempt() == 1 ? outcome::retry_in(20us)
                       : i % 11 == 0                    ? outcome::fail()
                                                        : outcome::success();
            },
            {.queue = queues[i % 2],
             .key = key{i % 5 + 1},
             .on_busy = busy(i),
             .chain = i % 4 < 2});
        REQUIRE(id);
        if (i % 9 == 0) {
            jobs.cancel(id);
        }
    }
    REQUIRE(all_end(jobs, count));
    for (const auto& each : keys) {
        REQUIRE(each.most == 1);
    }
    REQUIRE(jobs.counts().enqueued + jobs.counts().scheduled == 0);
}

TEST_CASE("chain: each key's jobs run in their order, over retries (row 38)") {
    constexpr std::uint32_t strands = 4;
    constexpr std::uint32_t length = 60;
    // Written by one at a time, each after the one before: that is what is tested.
    std::vector<std::uint32_t> ran[strands];
    scheduler jobs;
    for (std::uint32_t i = 0; i < strands * length; ++i) {
        REQUIRE(jobs.enqueue(
            [&into = ran[i % strands], number = i / strands](pawl::job_context& job) {
                into.push_back(number);
                return number % 5 == 0 && job.attempt() == 1 ? outcome::retry_in(10us)
                                                             : outcome::success();
            },
            {.key = key{i % strands + 1}, .chain = true}));
    }
    REQUIRE(all_end(jobs, strands * length));
    jobs.stop(pawl::drain);
    for (const auto& each : ran) {
        REQUIRE(each.size() == length + length / 5);
        // Taken from one ring by several workers, neighbours may ask in another order: but no job
        // comes between two attempts of another.
        std::vector<bool> seen(length, false);
        for (std::size_t at = 0; at < each.size(); ++at) {
            const bool again = at > 0 && each[at] == each[at - 1];
            REQUIRE((again || !seen[each[at]]));
            seen[each[at]] = true;
        }
    }
}

TEST_CASE("chain: the line is first in, first out, with workers, too (row 38)") {
    constexpr pawl::limits two{.jobs = 64, .recurring = 0, .workers = 2, .keys = 2};
    std::atomic<bool> go{false};
    std::vector<int> ran;
    std::vector<int> wanted;
    pawl::scheduler<two> jobs;
    const at_end open{[&] { go = true; }};
    const auto first = jobs.enqueue(
        [&] {
            while (!go) {
                std::this_thread::yield();
            }
        },
        {.key = key{1}, .chain = true});
    REQUIRE(await(20s, [&] { return jobs.state(first) == job_state::processing; }));
    // One worker is left, which asks for one after the other.
    for (int i = 0; i < 30; ++i) {
        REQUIRE(jobs.enqueue([&ran, i] { ran.push_back(i); }, {.key = key{1}, .chain = true}));
        wanted.push_back(i);
    }
    const auto last = jobs.enqueue([] {});
    REQUIRE(await(20s, [&] { return jobs.state(last) == job_state::succeeded; }));
    REQUIRE(ran.empty());
    go = true;
    REQUIRE(all_end(jobs, 32));
    jobs.stop(pawl::drain);
    REQUIRE(ran == wanted);
}

TEST_CASE("key: busy with a job that runs: skip, fail, and the others go on (row 88, M 5)") {
    std::atomic<bool> go{false};
    std::atomic<int> free{0};
    scheduler jobs;
    const at_end open{[&] { go = true; }};
    const auto holder = jobs.enqueue(
        [&] {
            while (!go) {
                std::this_thread::yield();
            }
        },
        {.key = key{1}});
    REQUIRE(await(20s, [&] { return jobs.state(holder) == job_state::processing; }));
    const auto skipped = jobs.enqueue([] {}, {.key = key{1}, .on_busy = on_busy::skip});
    const auto failed = jobs.enqueue([] {}, {.key = key{1}, .on_busy = on_busy::fail});
    pawl::job_id waits[8];  // more than there are workers
    for (auto& each : waits) {
        each = jobs.enqueue([] {}, {.key = key{1}});
    }
    for (int i = 0; i < 50; ++i) {
        jobs.enqueue([&free] { ++free; });
    }
    REQUIRE(await(20s, [&] { return free == 50; }));
    REQUIRE(await(20s, [&] { return jobs.state(skipped) == job_state::deleted; }));
    REQUIRE(await(20s, [&] { return jobs.state(failed) == job_state::failed; }));
    for (const auto each : waits) {
        REQUIRE(jobs.state(each) == job_state::enqueued);
    }
    go = true;
    REQUIRE(all_end(jobs, 61));
    REQUIRE(jobs.counts().succeeded == 59);
}

TEST_CASE("replace: the running one sees its stop token, the newest one follows it (row 88)") {
    std::atomic<bool> go{false};
    std::atomic<pawl::stop_reason> reason{pawl::stop_reason::none};
    std::atomic<int> inside{0};
    std::atomic<int> together{0};
    scheduler jobs;
    const at_end open{[&] { go = true; }};
    const auto first = jobs.enqueue(
        [&](pawl::job_context& job) {
            ++inside;
            while (!job.stop_requested() || !go) {
                std::this_thread::yield();
            }
            reason = job.stop_reason();
            --inside;
        },
        {.key = key{1}});
    REQUIRE(await(20s, [&] { return inside == 1; }));
    const auto follow = [&] { together += inside; };
    const auto waits = jobs.enqueue(follow, {.key = key{1}});
    const auto second = jobs.enqueue(follow, {.key = key{1}, .on_busy = on_busy::replace});
    REQUIRE(await(20s, [&] { return jobs.state(first) == job_state::deleted; }));
    const auto third = jobs.enqueue(follow, {.key = key{1}, .on_busy = on_busy::replace});
    // The second one waits to replace the first, and is itself replaced.
    REQUIRE(await(20s, [&] { return jobs.state(second) == job_state::deleted; }));
    REQUIRE(jobs.state(third) == job_state::enqueued);
    go = true;
    REQUIRE(await(20s, [&] { return jobs.state(waits) == job_state::succeeded; }));
    REQUIRE(await(20s, [&] { return jobs.state(third) == job_state::succeeded; }));
    REQUIRE(reason == pawl::stop_reason::cancelled);
    REQUIRE(together == 0);
    REQUIRE(jobs.counts().deleted == 2);
}

TEST_CASE("running_max: never exceeded, and all of it is used (row 90, M 10)") {
    gauge db;
    std::atomic<int> met{0};
    constexpr std::uint32_t count = 300;
    scheduler jobs;
    REQUIRE(jobs.set_limit("db", {.running_max = 2}));
    // Two that wait for each other end only if both run at once.
    for (int i = 0; i < 2; ++i) {
        jobs.enqueue(
            [&] {
                ++met;
                while (met < 2) {
                    std::this_thread::yield();
                }
            },
            {.limit = "db"});
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = jobs.enqueue(
            [&db, i](pawl::job_context& job) {
                db.pass();
                return i % 5 == 0 && job.attempt() == 1 ? outcome::retry_in(20us)
                                                        : outcome::success();
            },
            {.key = i % 4 == 0 ? key{i % 8 + 1} : key{}, .limit = "db"});
        REQUIRE(id);
        if (i % 9 == 0) {
            jobs.cancel(id);
        }
    }
    REQUIRE(all_end(jobs, count + 2));
    REQUIRE(db.most <= 2);
    REQUIRE(jobs.snapshot().limiters[0].waiting == 0);
}

TEST_CASE("running_max: lowered, it holds once those that run ended, and raised at once (row 90)") {
    std::atomic<int> inside{0};
    std::atomic<int> leave{0};
    scheduler jobs;
    const at_end open{[&] { leave = 100; }};
    const auto hold = [&] {
        ++inside;
        for (int seen = leave; seen == 0 || !leave.compare_exchange_weak(seen, seen - 1);) {
            std::this_thread::yield();
            seen = leave;
        }
        --inside;
    };
    REQUIRE(jobs.set_limit("db", {.running_max = 1}));
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(hold, {.limit = "db"});
    }
    REQUIRE(await(20s, [&] { return jobs.snapshot().limiters[0].waiting == 2; }));
    REQUIRE(inside == 1);
    REQUIRE(jobs.set_limit("db", {.running_max = 2}));
    REQUIRE(await(20s, [&] { return inside == 2; }));  // nobody had to end for that
    REQUIRE(jobs.set_limit("db", {.running_max = 1}));
    leave = 1;
    REQUIRE(await(20s, [&] { return inside == 1 && leave == 0; }));
    // Of the two one is left: the third waits on.
    REQUIRE(await(20s, [&] { return jobs.counts().succeeded == 1; }));
    REQUIRE(jobs.snapshot().limiters[0].waiting == 1);
    leave = 1;
    REQUIRE(await(20s, [&] { return jobs.counts().succeeded == 2; }));
    leave = 1;
    REQUIRE(all_end(jobs, 3));
}

TEST_CASE("running_max: changed all the time, nobody is lost (row 90)") {
    gauge db;
    constexpr std::uint32_t count = 300;
    scheduler jobs;
    for (std::uint32_t i = 0; i < count; ++i) {
        REQUIRE(jobs.enqueue([&db] { db.pass(); }, {.limit = "db"}));
        jobs.set_limit(
            "db",
            {.running_max = 1 + i % 2, .tokens = i % 3 == 0 ? 1U : 0U, .period = 50us, .burst = 2});
    }
    jobs.set_limit("db", {.running_max = 2});  // without a rate
    REQUIRE(all_end(jobs, count));
    REQUIRE(db.most <= 2);
}

TEST_CASE("running_max per key: each key has its own, and one key stops no other (row 93)") {
    gauge keys[4];
    std::atomic<int> met{0};
    constexpr std::uint32_t count = 300;
    scheduler jobs;
    REQUIRE(jobs.set_limit("db", {.running_max = 1, .per_key = true}));
    // Of two keys one job each: they end only if both run at once.
    for (std::uint32_t i = 0; i < 2; ++i) {
        jobs.enqueue(
            [&] {
                ++met;
                while (met < 2) {
                    std::this_thread::yield();
                }
            },
            {.key = key{i + 1}, .exclusive = false, .limit = "db"});
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        REQUIRE(jobs.enqueue([&of = keys[i % 4]] { of.pass(); },
                             {.key = key{i % 4 + 1}, .exclusive = false, .limit = "db"}));
    }
    REQUIRE(all_end(jobs, count + 2));
    for (const auto& each : keys) {
        REQUIRE(each.most == 1);
    }
}

TEST_CASE("keys run out with workers: nobody is lost, and exclusion holds (row 87)") {
    constexpr pawl::limits few{.jobs = 256, .recurring = 0, .workers = 3, .keys = 2};
    gauge keys[10];
    constexpr std::uint32_t count = 200;
    pawl::scheduler<few> jobs;
    for (std::uint32_t i = 0; i < count; ++i) {
        REQUIRE(jobs.enqueue([&of = keys[i % 10]] { of.pass(); }, {.key = key{i % 10 + 1}}));
    }
    REQUIRE(all_end(jobs, count));
    REQUIRE(jobs.counts().succeeded == count);
    for (const auto& each : keys) {
        REQUIRE(each.most == 1);
    }
}

TEST_CASE("unique: submitted by several threads at once, one at a time exists (row 94, M 3)") {
    gauge one;
    std::atomic<std::uint32_t> accepted{0};
    scheduler jobs;
    const auto submit = [&] {
        for (int i = 0; i < 400; ++i) {
            const auto id = jobs.enqueue([&one] { one.pass(); }, {.unique = key{1}});
            if (id) {
                ++accepted;
                if (i % 16 == 0) {
                    jobs.enqueue([] {}, {.unique = key{1}, .conflict = pawl::conflict::existing});
                }
            } else {
                std::this_thread::yield();
            }
        }
    };
    std::thread other{submit};
    submit();
    other.join();
    REQUIRE(await(20s, [&] {
        const auto counts = jobs.counts();
        return counts.enqueued + counts.processing == 0;
    }));
    REQUIRE(one.most == 1);
    REQUIRE(accepted > 0);
    REQUIRE(await(20s, [&] { return jobs.snapshot().unique_keys == 0; }));
    REQUIRE(jobs.enqueue([] {}, {.unique = key{1}}));
}
