// Unique jobs: at most one of a key.
//
// Goal: a reader finds here how long a job has its `unique` key, and what each answer to a conflict
// does. Method: virtual time. (The table of keys by itself, and who enters it at the same instant:
// tests/jobs/key_table_test.cpp.)
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
using pawl::conflict;
using pawl::job_state;
using pawl::key;
using pawl::outcome;
using pawl::submit_error;
using pawl::unique_until;

namespace {

constexpr pawl::limits all{.jobs = 16,
                           .recurring = 4,
                           .workers = 0,
                           .queues = {"default", "other"},
                           .queue_control = true,
                           .recurring_policies = true,
                           .slices = true,
                           .reschedule = true,
                           .deadlines = true,
                           .events = 32,
                           .keys = 4,
                           .limiters = {"db"}};
using scheduler = pawl::scheduler<all, pawl::manual_platform>;

constexpr key mail{"mail", 7};
// A time is kept up to two units of 16 ticks too long (unique_jobs.hpp), a tick being 1 ms.
constexpr auto too_long = 32ms;
using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

const auto nothing = [] {};

}  // namespace

// ---- Until done ---------------------------------------------------------------------------------

TEST_CASE("unique: a second one is refused, counted, and takes no slot (row 94, M 3)") {
    scheduler jobs;
    int runs = 0;
    const auto alive = std::make_shared<int>();
    REQUIRE(jobs.enqueue([&runs] { ++runs; }, {.unique = mail}));
    for (std::uint32_t i = 0; i < 3 * all.jobs; ++i) {
        const auto second = jobs.enqueue([&runs, alive] { ++runs; }, {.unique = mail});
        REQUIRE_FALSE(second);
        REQUIRE(second.error() == submit_error::not_unique);
        REQUIRE(alive.use_count() == 1);
    }
    REQUIRE(jobs.counts().refused == 3 * all.jobs);
    REQUIRE(jobs.snapshot().unique_keys == 1);
    jobs.poll();
    REQUIRE(runs == 1);
    REQUIRE(jobs.snapshot().unique_keys == 0);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique: other keys, and the same value as `key`, are no conflict (row 94)") {
    scheduler jobs;
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
    REQUIRE(jobs.enqueue(nothing, {.unique = key{"mail", 8}}));
    REQUIRE(jobs.enqueue(nothing, {.key = mail}));
    REQUIRE(jobs.enqueue(nothing));
    jobs.poll();
    REQUIRE(jobs.counts().succeeded == 4);
}

TEST_CASE("unique until done: it has the key while it waits, runs, rests and retries (row 94)") {
    scheduler jobs;
    const auto is_free = [&jobs] {
        const auto probe = jobs.schedule(1h, nothing, {.unique = mail});
        return probe && jobs.cancel(probe);
    };
    std::vector<bool> inside;
    const auto job = [&](pawl::job_context& context) {
        inside.push_back(is_free());
        switch (inside.size()) {
            case 1: return outcome::snooze(1s);
            case 2: return outcome::retry_in(1s);
            case 3: return outcome::yield(1);
            default: return context.attempt() == 2 ? outcome::success() : outcome::fail();
        }
    };
    const auto id = jobs.schedule(1s, job, {.unique = mail});
    REQUIRE_FALSE(is_free());  // scheduled
    jobs.advance(1s);
    REQUIRE_FALSE(is_free());  // rests
    jobs.advance(1s);
    REQUIRE_FALSE(is_free());  // before its retry
    jobs.advance(1s);
    REQUIRE(inside == std::vector<bool>(4, false));
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(is_free());
}

TEST_CASE("unique until done: every end frees the key (row 94)") {
    const auto ends = [](auto job, pawl::retry_policy retry) {
        scheduler jobs;
        jobs.enqueue(job, {.retry = retry, .unique = mail});
        jobs.advance(1s);
        return static_cast<bool>(jobs.enqueue(nothing, {.unique = mail}));
    };
    REQUIRE(ends([] {}, {}));
    REQUIRE(ends([] { return outcome::fail(); }, {}));
    REQUIRE(ends([] { return outcome::discard(); }, {}));
    REQUIRE(ends([] { return outcome::retry(); }, pawl::no_retry()));
    REQUIRE_FALSE(ends([] { return outcome::retry_in(1h); }, {}));
}

TEST_CASE("unique: who is cancelled frees the key at once, before anybody polls (row 94)") {
    scheduler jobs;
    for (const bool ready : {false, true}) {
        const auto first = ready ? jobs.enqueue(nothing, {.unique = mail})
                                 : jobs.schedule(1h, nothing, {.unique = mail});
        REQUIRE(first);
        REQUIRE_FALSE(jobs.enqueue(nothing, {.unique = mail}));
        REQUIRE(jobs.cancel(first));
        const auto second = jobs.enqueue(nothing, {.unique = mail});
        REQUIRE(second);
        // The end of the first one does not take the key from the second.
        jobs.poll({.jobs = 0});
        REQUIRE_FALSE(jobs.enqueue(nothing, {.unique = mail}));
        jobs.poll();
        REQUIRE(jobs.state(second) == job_state::succeeded);
    }
}

TEST_CASE("unique: a running job that is cancelled frees the key at once (row 94)") {
    scheduler jobs;
    submit_error before{};
    submit_error after{};
    jobs.enqueue(
        [&](pawl::job_context& job) {
            before = jobs.enqueue(nothing, {.unique = mail}).error();
            jobs.cancel(job.id());
            after = jobs.enqueue(nothing, {.unique = mail}).error();
        },
        {.unique = mail});
    jobs.poll();
    REQUIRE(before == submit_error::not_unique);
    REQUIRE(after == submit_error::none);
    REQUIRE(jobs.counts().succeeded == 1);
}

TEST_CASE("unique: an expired deadline and a skipped key free it, too (rows 51, 88 and 94)") {
    scheduler jobs;
    jobs.enqueue(nothing, {.deadline = 1ms, .unique = mail});
    jobs.platform().elapse(2ms);
    jobs.poll();
    REQUIRE(jobs.snapshot().expired == 1);
    jobs.enqueue([] { return outcome::snooze(1h); }, {.key = key{1}, .chain = true});
    REQUIRE(jobs.enqueue(nothing, {.key = key{1}, .on_busy = pawl::on_busy::skip, .unique = mail}));
    jobs.poll();
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique: a continuation has its key while it awaits, and loses it if unmet (row 94)") {
    scheduler jobs;
    const auto parent = jobs.schedule(1s, [] { return outcome::fail(); });
    const auto child = jobs.then(parent, nothing, {.unique = mail});
    REQUIRE(child);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
    REQUIRE(jobs.then(parent, nothing, {.unique = mail}).error() == submit_error::not_unique);
    jobs.advance(1s);
    REQUIRE(jobs.state(child) == job_state::deleted);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique: what is refused after it had the key gives it back (row 94)") {
    scheduler jobs;
    const auto gone = jobs.enqueue(nothing);
    jobs.poll();
    for (std::uint32_t i = 0; i < all.jobs; ++i) {  // others use its slot
        jobs.enqueue(nothing);
    }
    jobs.poll();
    REQUIRE(jobs.state(gone) == job_state::gone);
    REQUIRE(jobs.then(gone, nothing, {.unique = mail}).error() == submit_error::gone);
    REQUIRE(jobs.snapshot().unique_keys == 0);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

// ---- Until it begins ----------------------------------------------------------------------------

TEST_CASE("unique until start: a second one may come once the first has begun (row 94)") {
    scheduler jobs;
    submit_error inside[2] = {};
    const auto options =
        scheduler::options_type{.unique = mail, .unique_until = unique_until::start};
    jobs.enqueue(
        [&] {
            inside[0] = jobs.enqueue(nothing, options).error();
            inside[1] = jobs.enqueue(nothing, options).error();
        },
        options);
    REQUIRE(jobs.enqueue(nothing, options).error() == submit_error::not_unique);
    jobs.poll();
    REQUIRE(inside[0] == submit_error::none);
    REQUIRE(inside[1] == submit_error::not_unique);
    REQUIRE(jobs.counts().succeeded == 2);
    REQUIRE(jobs.snapshot().unique_keys == 0);
}

TEST_CASE("unique until start: the end of the first leaves the second its key (row 94)") {
    scheduler jobs;
    const auto options =
        scheduler::options_type{.unique = mail, .unique_until = unique_until::start};
    const auto fails_later = [](pawl::job_context& job) {
        return job.attempt() == 1 ? outcome::retry_in(1s) : outcome::fail();
    };
    REQUIRE(jobs.enqueue(fails_later, options));
    jobs.poll();
    const auto second = jobs.schedule(10s, nothing, options);
    REQUIRE(second);
    jobs.advance(5s);
    REQUIRE(jobs.counts().failed == 1);
    REQUIRE(jobs.enqueue(nothing, options).error() == submit_error::not_unique);
    REQUIRE(jobs.state(second) == job_state::scheduled);
}

TEST_CASE("unique until start: who waits for its key or its token has not begun (row 94)") {
    scheduler jobs;
    jobs.set_limit("db", {.tokens = 1, .period = 1s});
    jobs.enqueue(nothing, {.limit = "db"});
    REQUIRE(jobs.enqueue(nothing,
                         {.unique = mail, .unique_until = unique_until::start, .limit = "db"}));
    jobs.advance(999ms);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
    jobs.advance(1ms);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

// ---- For a time -----------------------------------------------------------------------------

TEST_CASE("unique for a time: also after its end, from the submission on (row 94)") {
    scheduler jobs;
    const auto first = jobs.schedule(300ms, nothing, {.unique = mail, .unique_for = 1s});
    jobs.advance(999ms);
    REQUIRE(jobs.state(first) == job_state::succeeded);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail, .conflict = conflict::existing}).error() ==
            submit_error::not_unique);
    jobs.advance(1ms + too_long);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique for a time: cancelled, it keeps the key no longer than a time says (row 94)") {
    scheduler jobs;
    const auto first = jobs.schedule(1h, nothing, {.unique = mail, .unique_for = 1s});
    jobs.cancel(first);
    jobs.advance(999ms);
    REQUIRE_FALSE(jobs.enqueue(nothing, {.unique = mail}));
    jobs.advance(1ms + too_long);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique for a time: replace takes the place of one that has ended (row 94)") {
    scheduler jobs;
    jobs.enqueue(nothing, {.unique = mail, .unique_for = 1h});
    jobs.poll();
    const auto second = jobs.schedule(
        1s, nothing, {.unique = mail, .unique_for = 1h, .conflict = conflict::replace});
    REQUIRE(second);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
}

TEST_CASE("unique for a time: the key is free after it, though its job still waits (row 94)") {
    scheduler jobs;
    const auto first = jobs.schedule(1h, nothing, {.unique = mail, .unique_for = 1s});
    jobs.advance(1s + too_long);
    const auto second = jobs.schedule(2h, nothing, {.unique = mail});
    REQUIRE(second);
    jobs.advance(1h);  // the end of the first does not take the key from the second
    REQUIRE(jobs.state(first) == job_state::succeeded);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
}

TEST_CASE("unique for a time: at whatever time of the clock, never too short (row 94)") {
    scheduler jobs;
    for (int i = 0; i < 200; ++i) {
        jobs.advance(std::chrono::milliseconds{i * 7 % 31});
        const auto length = std::chrono::milliseconds{1 + i * 13 % 90};
        REQUIRE(jobs.enqueue(nothing, {.unique = mail, .unique_for = length}));
        jobs.advance(length - 1ms);
        REQUIRE_FALSE(jobs.enqueue(nothing, {.unique = mail}));
        jobs.advance(1ms + too_long);
    }
}

TEST_CASE("unique for a time: longer than 2^32 ticks, and on a clock that is there (row 94)") {
    for (const auto start : {days{0}, days{100}, days{780}}) {  // 795 days are 2^36 ticks
        scheduler jobs;
        jobs.advance(start);
        REQUIRE(jobs.enqueue(nothing, {.unique = mail, .unique_for = days{60}}));
        jobs.advance(days{60} - 1ms);
        REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
        jobs.advance(1ms + too_long);
        REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
    }
}

TEST_CASE("unique for a time: more than 2^30 units is refused, and takes no key (row 94)") {
    scheduler jobs;
    const auto longest = std::chrono::milliseconds{std::int64_t{1} << 34};
    REQUIRE(jobs.enqueue(nothing, {.unique = mail, .unique_for = longest + 1h}).error() ==
            submit_error::too_late);
    REQUIRE(jobs.snapshot().unique_keys == 0);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail, .unique_for = longest - 1h}));
}

// ---- Answers ------------------------------------------------------------------------------------

TEST_CASE("existing: the answer is the handle of the one that has the key (row 94)") {
    scheduler jobs;
    int first = 0;
    int second = 0;
    const auto alive = std::make_shared<int>();
    const auto id = jobs.schedule(1s, [&first] { ++first; }, {.unique = mail});
    const auto same = jobs.schedule(1ms, [&second, alive] { ++second; },
                                    {.unique = mail, .conflict = conflict::existing});
    REQUIRE(same == id);
    REQUIRE(alive.use_count() == 1);
    REQUIRE(jobs.counts().refused == 0);
    jobs.advance(1s);
    REQUIRE(first == 1);
    REQUIRE(second == 0);
}

TEST_CASE("existing: also of a job that runs (row 94)") {
    scheduler jobs;
    pawl::job_id inside;
    const auto id = jobs.enqueue(
        [&] { inside = jobs.enqueue(nothing, {.unique = mail, .conflict = conflict::existing}); },
        {.unique = mail});
    jobs.poll();
    REQUIRE(inside == id);
    REQUIRE(jobs.counts().succeeded == 1);
}

TEST_CASE("replace: the one that waits is deleted, and the new one has the key (row 94)") {
    scheduler jobs;
    std::string ran;
    const auto first = jobs.schedule(1s, [&ran] { ran.push_back('a'); }, {.unique = mail});
    const auto second = jobs.schedule(2s, [&ran] { ran.push_back('b'); },
                                      {.unique = mail, .conflict = conflict::replace});
    REQUIRE(second);
    REQUIRE(second != first);
    REQUIRE(jobs.state(first) == job_state::deleted);
    REQUIRE(why(jobs, first) == pawl::end_reason::replaced);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
    jobs.advance(3s);
    REQUIRE(ran == "b");
}

TEST_CASE("replace: one that runs is left alone, and the new one refused (row 94)") {
    scheduler jobs;
    pawl::job_id inside;
    bool stop = true;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            inside = jobs.enqueue(nothing, {.unique = mail, .conflict = conflict::replace});
            stop = job.stop_requested();
        },
        {.unique = mail});
    jobs.poll();
    REQUIRE(inside.error() == submit_error::not_unique);
    REQUIRE_FALSE(stop);
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("replace: one that rests before its retry is replaced (row 94)") {
    scheduler jobs;
    int runs = 0;
    const auto first = jobs.enqueue(
        [&runs] {
            ++runs;
            return outcome::retry_in(1s);
        },
        {.unique = mail});
    jobs.poll();
    REQUIRE(jobs.enqueue(nothing, {.unique = mail, .conflict = conflict::replace}));
    jobs.advance(1h);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(first) == job_state::deleted);
}

TEST_CASE("postpone: a debounce, it runs once when it has been quiet so long (row 95)") {
    scheduler jobs;
    std::vector<std::int64_t> ran;
    const auto changed = [&] {
        return jobs.schedule(100ms,
                             [&] { ran.push_back(jobs.platform().now().time_since_epoch() / 1ms); },
                             {.unique = mail, .conflict = conflict::postpone});
    };
    const auto id = changed();
    for (int i = 0; i < 5; ++i) {
        jobs.advance(99ms);
        REQUIRE(changed() == id);
    }
    jobs.advance(99ms);
    REQUIRE(ran.empty());
    jobs.advance(1ms);
    REQUIRE(ran == std::vector<std::int64_t>{595});
    jobs.advance(1h);
    REQUIRE(ran.size() == 1);
    REQUIRE(changed() != id);
    jobs.advance(1h);
    REQUIRE(ran.size() == 2);
}

TEST_CASE("postpone: the job that waits runs, and not the newer one (row 95)") {
    scheduler jobs;
    std::string ran;
    jobs.schedule(1s, [&ran] { ran.push_back('a'); }, {.unique = mail});
    jobs.schedule(2s, [&ran] { ran.push_back('b'); },
                  {.unique = mail, .conflict = conflict::postpone});
    jobs.advance(1999ms);
    REQUIRE(ran.empty());
    jobs.advance(1ms);
    REQUIRE(ran == "a");
}

TEST_CASE("postpone: without postponing it is a throttle, at most one each period (row 95)") {
    scheduler jobs;
    int runs = 0;
    for (int i = 0; i < 100; ++i) {
        jobs.schedule(100ms, [&runs] { ++runs; }, {.unique = mail});
        jobs.advance(10ms);
    }
    REQUIRE(runs == 10);
}

TEST_CASE("postpone: one that would not have waited makes the other one due now (row 95)") {
    scheduler jobs;
    int runs = 0;
    jobs.advance(days{60});
    const auto id = jobs.schedule(1h, [&runs] { ++runs; }, {.unique = mail});
    REQUIRE(jobs.enqueue(nothing, {.unique = mail, .conflict = conflict::postpone}) == id);
    jobs.advance(0s);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("postpone: a job that is ready or runs does not wait any more (row 95)") {
    scheduler jobs;
    pawl::job_id inside;
    int runs = 0;
    const auto id = jobs.enqueue(
        [&] {
            ++runs;
            inside = jobs.schedule(1h, nothing, {.unique = mail, .conflict = conflict::postpone});
        },
        {.unique = mail});
    REQUIRE(jobs.schedule(1h, nothing, {.unique = mail, .conflict = conflict::postpone}) == id);
    jobs.poll();
    REQUIRE(runs == 1);
    REQUIRE(inside == id);
    jobs.advance(2h);
    REQUIRE(runs == 1);
}

// ---- Batches, room, bulk ------------------------------------------------------------------------

TEST_CASE("unique in a batch: refused it counts as failed, one that exists not at all (row 94)") {
    for (const auto answer : {conflict::reject, conflict::existing, conflict::postpone}) {
        scheduler jobs;
        bool all_done = false;
        const auto first = jobs.schedule(1h, nothing, {.unique = mail});
        auto batch = jobs.batch();
        batch.enqueue(nothing);
        const auto second = batch.schedule(1h, nothing, {.unique = mail, .conflict = answer});
        REQUIRE(static_cast<bool>(second) == (answer != conflict::reject));
        const auto id = batch.seal();
        jobs.then(id, [&] { all_done = true; });
        jobs.poll();
        const bool left_out = answer == conflict::reject;
        REQUIRE(jobs.state(id) == (left_out ? job_state::failed : job_state::succeeded));
        REQUIRE(all_done == !left_out);
        REQUIRE(jobs.state(first) == job_state::scheduled);
    }
}

TEST_CASE("unique in a batch: a member has its key, and can be replaced from outside (row 94)") {
    scheduler jobs;
    auto batch = jobs.batch();
    const auto member = batch.schedule(1h, nothing, {.unique = mail});
    const auto id = batch.seal();
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}).error() == submit_error::not_unique);
    const auto other = jobs.schedule(2h, nothing, {.unique = mail, .conflict = conflict::replace});
    REQUIRE(other);
    jobs.advance(1ms);
    REQUIRE(jobs.state(member) == job_state::deleted);
    REQUIRE(pawl::is_final(jobs.state(id)));
    REQUIRE(jobs.state(other) == job_state::scheduled);
}

TEST_CASE("unique: keys run out, which is said, and nothing is lost (row 94)") {
    scheduler jobs;
    std::vector<pawl::job_id> ids;
    pawl::job_id refused;
    for (std::uint32_t i = 0; i < all.jobs; ++i) {
        const auto id = jobs.schedule(1s, nothing, {.unique = key{1000 + i}});
        if (!id) {
            refused = id;
            break;
        }
        ids.push_back(id);
    }
    REQUIRE(refused.error() == submit_error::out_of_keys);
    REQUIRE(ids.size() >= all.keys);
    REQUIRE(jobs.snapshot().unique_keys == ids.size());
    REQUIRE(jobs.counts().refused == 1);
    REQUIRE(jobs.enqueue(nothing));  // who has no key needs none
    jobs.advance(1s);
    REQUIRE(jobs.counts().succeeded == ids.size() + 1);
    REQUIRE(jobs.snapshot().unique_keys == 0);
    REQUIRE(jobs.enqueue(nothing, {.unique = key{9999}}));
}

TEST_CASE("unique: keys whose time is over make room for new ones (row 94)") {
    scheduler jobs;
    for (std::uint32_t i = 0; i < 200; ++i) {
        REQUIRE(jobs.enqueue(nothing, {.unique = key{1000 + i}, .unique_for = 100ms}));
        jobs.advance(50ms);
    }
    REQUIRE(jobs.counts().succeeded == 200);
}

TEST_CASE("unique: a key that its job has left is no later job's of the same slot (row 94)") {
    // Of a handle the table of keys has 32 bits: 16 for this many slots, and 16 of the generation.
    static constexpr pawl::limits many{.jobs = 65'535,
                                       .job_bytes = 8,
                                       .edges = 0,
                                       .batches = 0,
                                       .recurring = 0,
                                       .workers = 0,
                                       .keys = 4};
    const auto jobs = std::make_unique<pawl::scheduler<many, pawl::manual_platform>>();
    pawl::job_id other;
    while (jobs->counts().scheduled < many.jobs - 1) {
        other = jobs->schedule(48h, nothing);
        REQUIRE(other);
    }
    const auto first = jobs->enqueue(nothing, {.unique = mail, .unique_for = 24h});
    jobs->poll();
    pawl::job_id later;
    do {
        jobs->cancel(later);
        jobs->poll();
        later = jobs->schedule(48h, nothing);
    } while (later && ((later.generation() ^ first.generation()) & 0xFFFF) != 0);
    REQUIRE(later.index() == first.index());
    REQUIRE(jobs->cancel(other));  // makes room
    jobs->poll();
    for (const auto answer : {conflict::reject, conflict::existing}) {
        const auto refused = jobs->enqueue(nothing, {.unique = mail, .conflict = answer});
        REQUIRE(refused.error() == submit_error::not_unique);
    }
    REQUIRE(jobs->enqueue(nothing, {.unique = mail, .conflict = conflict::replace}));
    REQUIRE(jobs->state(later) == job_state::scheduled);
}

TEST_CASE("unique: several at once cannot be, and none is made (row 94)") {
    scheduler jobs;
    const auto made = jobs.enqueue_n(2, [](std::uint32_t) { return nothing; }, {.unique = mail});
    REQUIRE(made.error() == submit_error::bad_option);
    jobs.poll();
    REQUIRE(jobs.counts().succeeded == 0);
    REQUIRE(jobs.enqueue(nothing, {.unique = mail}));
}

TEST_CASE("unique and chain: both keys are the job's own, and both are free after it (row 94)") {
    scheduler jobs;
    int runs = 0;
    const auto options = scheduler::options_type{.key = mail, .chain = true, .unique = mail};
    jobs.enqueue(
        [&runs] {
            ++runs;
            return runs == 1 ? outcome::snooze(1s) : outcome::success();
        },
        options);
    jobs.poll();
    REQUIRE(jobs.enqueue(nothing, options).error() == submit_error::not_unique);
    jobs.advance(1s);
    REQUIRE(jobs.enqueue([&runs] { ++runs; }, options));
    jobs.poll();
    REQUIRE(runs == 3);
}
