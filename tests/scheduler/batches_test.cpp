// What a batch is, one behaviour a test.
//
// Goal: a reader finds the semantics here: when a batch ends and as what, who may add to it, what
// cancelling it does, and that whatever becomes of a member counts exactly once. Method: virtual
// time and no threads; the property at the end runs random programs of all outcomes and compares
// every batch with a count of its members that the test keeps itself. (batches_workers_test.cpp has
// the same with threads.)
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

// Every change of state of one test.
struct log_events {
    static inline std::vector<pawl::job_event> all;
    static void on_event(const pawl::job_event& event) noexcept { all.push_back(event); }
};
using machine = pawl::hooked<pawl::manual_platform, log_events>;

constexpr std::uint32_t slots = 24;
constexpr std::uint32_t batches = 6;
constexpr pawl::limits small{.jobs = slots,
                             .batches = batches,
                             .workers = 0,
                             .queue_control = true,
                             .deadlines = true,
                             .failed = 4,
                             .keys = 4};
struct scheduler : pawl::scheduler<small, machine> {
    scheduler() { log_events::all.clear(); }
};
using builder = scheduler::batch_type;

const auto nothing = [] {};
const auto fails = [] { return pawl::outcome::fail(); };
const auto discards = [] { return pawl::outcome::discard(); };

// How often a batch came to an end, by the events.
int ends_of(pawl::job_id batch) {
    int count = 0;
    for (const pawl::job_event& event : log_events::all) {
        count += event.id() == batch && pawl::is_final(event.to) ? 1 : 0;
    }
    return count;
}

// All slots and all batches are there again.
void require_everything_free(scheduler& jobs, std::uint32_t kept = 0) {
    REQUIRE_FALSE(jobs.enqueue_n(slots - kept + 1, [](std::uint32_t) { return nothing; }));
    REQUIRE(jobs.enqueue_n(slots - kept, [](std::uint32_t) { return nothing; }));
    jobs.poll();
    std::vector<builder> open;
    open.reserve(batches);
    for (std::uint32_t i = 0; i < batches; ++i) {
        open.push_back(jobs.batch());
        REQUIRE(open.back());
    }
    REQUIRE(jobs.batch().error() == pawl::submit_error::out_of_batches);
}

}  // namespace

TEST_CASE("batch: all members or none are accepted by enqueue_n (row 6)") {
    scheduler jobs;
    auto batch = jobs.batch();
    REQUIRE_FALSE(batch.enqueue_n(slots + 1, [](std::uint32_t) { return nothing; }));
    REQUIRE(jobs.counts().enqueued == 0);
    REQUIRE_FALSE(jobs.poll().more);
    // And it never says that all went well when something was left out.
    const auto id = batch.seal();
    REQUIRE(jobs.state(id) == job_state::failed);
}

TEST_CASE("batch: members run while it is open, but it does not end before it is sealed (row 9)") {
    scheduler jobs;
    std::string order;
    auto batch = jobs.batch();
    jobs.then(batch.id(), [&] { order += '!'; });
    for (int round = 0; round < 3; ++round) {
        batch.enqueue([&] { order += 'a'; });
        jobs.poll();
        REQUIRE(jobs.state(batch.id()) == job_state::awaiting);
    }
    REQUIRE(order == "aaa");
    const auto id = batch.seal();
    REQUIRE(id == batch.id());
    REQUIRE(jobs.state(id) == job_state::succeeded);
    jobs.poll();
    REQUIRE(order == "aaa!");
    // Sealed is sealed: unlike in Hangfire, an ended batch never starts again.
    REQUIRE(batch.enqueue(nothing).error() == pawl::submit_error::sealed);
    REQUIRE(batch.schedule(1s, nothing).error() == pawl::submit_error::sealed);
    REQUIRE(batch.batch().error() == pawl::submit_error::sealed);
    REQUIRE(batch.seal() == id);
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("batch: an empty one succeeds when it is sealed, and its continuations run (row 9)") {
    scheduler jobs;
    bool ran = false;
    auto batch = jobs.batch();
    jobs.then(batch.id(), [&] { ran = true; });
    jobs.poll();
    REQUIRE_FALSE(ran);
    const auto id = batch.seal();
    REQUIRE(jobs.state(id) == job_state::succeeded);
    jobs.poll();
    REQUIRE(ran);
    REQUIRE(ends_of(id) == 1);
}

TEST_CASE("batch: settled and succeeded are two conditions, both of one end (rows 7 and 35)") {
    // A failed member does not keep a batch open for ever: failed is final here.
    for (const bool good : {true, false}) {
        scheduler jobs;
        std::string told;
        auto batch = jobs.batch();
        batch.enqueue(nothing);
        batch.schedule(5ms,
                       [good] { return good ? pawl::outcome::success() : pawl::outcome::fail(); });
        const auto id = batch.seal();
        const auto yes = jobs.then(id, [&] { told += 's'; });
        jobs.then(id, [&] { told += 'f'; }, {.when = pawl::when::failure});
        jobs.then(id, [&] { told += 'a'; }, {.when = pawl::when::any});
        jobs.advance(4ms);
        REQUIRE(told.empty());
        jobs.advance(1ms);
        REQUIRE(told == (good ? "sa" : "fa"));
        REQUIRE(jobs.state(yes) == (good ? job_state::succeeded : job_state::deleted));
        REQUIRE(jobs.state(id) == (good ? job_state::succeeded : job_state::failed));
    }
}

TEST_CASE("batch: succeeds only if every member did, whatever else became of one (row 35)") {
    scheduler jobs;
    const auto end_with = [&](auto&& add) {
        auto batch = jobs.batch();
        batch.enqueue(nothing);
        add(batch);
        batch.enqueue(nothing);
        const auto id = batch.seal();
        jobs.advance(1s);
        return jobs.state(id);
    };
    CHECK(end_with([](builder&) {}) == job_state::succeeded);
    CHECK(end_with([](builder& batch) { batch.enqueue(fails); }) == job_state::failed);
    CHECK(end_with([](builder& batch) { batch.enqueue(discards); }) == job_state::failed);
    CHECK(end_with([&](builder& batch) { jobs.cancel(batch.enqueue(nothing)); }) ==
          job_state::failed);
    CHECK(end_with([&](builder& batch) { jobs.cancel(batch.schedule(5ms, nothing)); }) ==
          job_state::failed);
    CHECK(end_with([](builder& batch) { batch.enqueue(nothing, {.queue = "nope"}); }) ==
          job_state::failed);
    CHECK(end_with([](builder& batch) {
              batch.enqueue([](pawl::job_context& job) {
                  return job.attempt() == 1 ? pawl::outcome::retry_in(3ms)
                                            : pawl::outcome::success();
              });
          }) == job_state::succeeded);
    require_everything_free(jobs, 1);
}

TEST_CASE("batch: a member that waits for a retry keeps it open (row 35)") {
    scheduler jobs;
    auto batch = jobs.batch();
    batch.enqueue([](pawl::job_context& job) {
        return job.attempt() < 4 ? pawl::outcome::retry_in(1h) : pawl::outcome::success();
    });
    const auto id = batch.seal();
    jobs.advance(3h - 1ms);
    REQUIRE(jobs.state(id) == job_state::awaiting);
    jobs.advance(1ms);
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("batch: in batches, to any depth, the end goes outwards (row 8)") {
    for (const bool good : {true, false}) {
        scheduler jobs;
        std::string ends;
        std::vector<pawl::job_id> ids;
        {
            // The outermost is sealed first: it waits for those within it.
            std::vector<builder> chain;
            chain.reserve(batches);
            chain.push_back(jobs.batch());
            while (chain.size() < batches) {
                chain.push_back(chain.back().batch());
                REQUIRE(chain.back());
            }
            REQUIRE(chain.back().batch().error() == pawl::submit_error::out_of_batches);
            chain.front().enqueue(nothing);
            for (auto& each : chain) {
                ids.push_back(each.id());
                jobs.then(each.id(),
                          [&ends, n = ids.size()] { ends += static_cast<char>('0' + n); },
                          {.when = pawl::when::any});
            }
            if (good) {
                // What could not be added failed the innermost; begin again without that.
                chain.clear();
                jobs.poll();
                ids.clear();
                ends.clear();
                chain.push_back(jobs.batch());
                while (chain.size() < batches) {
                    chain.push_back(chain.back().batch());
                }
                for (auto& each : chain) {
                    ids.push_back(each.id());
                    jobs.then(each.id(),
                              [&ends, n = ids.size()] { ends += static_cast<char>('0' + n); },
                              {.when = pawl::when::any});
                }
            }
            chain.back().schedule(5ms, nothing);
            for (auto& each : chain) {
                each.seal();
            }
        }
        jobs.advance(4ms);
        REQUIRE(ends.empty());
        jobs.advance(1ms);
        REQUIRE(ends == "654321");
        for (const auto id : ids) {
            REQUIRE(jobs.state(id) == (good ? job_state::succeeded : job_state::failed));
        }
        require_everything_free(jobs);
    }
}

TEST_CASE("batch: a failure within fails all around it, and none beside it (row 8)") {
    scheduler jobs;
    auto outer = jobs.batch();
    auto good = outer.batch();
    auto bad = outer.batch();
    good.enqueue(nothing);
    bad.enqueue(fails);
    const auto good_id = good.seal();
    const auto bad_id = bad.seal();
    const auto outer_id = outer.seal();
    jobs.poll();
    REQUIRE(jobs.state(good_id) == job_state::succeeded);
    REQUIRE(jobs.state(bad_id) == job_state::failed);
    REQUIRE(jobs.state(outer_id) == job_state::failed);
}

TEST_CASE("batch: a member adds to its own while it runs, which keeps it open (row 37)") {
    scheduler jobs;
    std::string order;
    auto batch = jobs.batch();
    batch.enqueue([&](pawl::job_context& job) {
        order += 'x';
        auto mine = jobs.own_batch(job);
        REQUIRE(mine);
        const auto whole = mine.id();
        for (int part = 0; part < 3; ++part) {
            mine.enqueue([&, whole](pawl::job_context& inner) {
                order += 'y';
                auto again = jobs.own_batch(inner);
                REQUIRE(again.id() == whole);
            });
        }
        mine.enqueue_n(2, [&](std::uint32_t) { return [&] { order += 'z'; }; });
        auto nested = mine.batch();
        nested.schedule(5ms, [&] { order += 'n'; });
    });
    const auto id = batch.seal();  // long before the member runs
    jobs.then(id, [&] { order += '!'; });
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::awaiting);
    jobs.advance(5ms);
    REQUIRE(order == "xyyyzzn!");
    REQUIRE(ends_of(id) == 1);
    require_everything_free(jobs);
}

TEST_CASE("batch: a job that is in none has none of its own (row 37)") {
    scheduler jobs;
    pawl::submit_error why{};
    jobs.enqueue([&](pawl::job_context& job) {
        auto mine = jobs.own_batch(job);
        why = mine.error();
        REQUIRE_FALSE(mine.enqueue(nothing));
    });
    jobs.poll();
    REQUIRE(why == pawl::submit_error::no_batch);
}

TEST_CASE("batch: cancel is one flag, and members are deleted when they would start (row 10)") {
    scheduler jobs;
    int ran = 0;
    auto batch = jobs.batch();
    const auto now = batch.enqueue([&] { ++ran; });
    const auto later = batch.schedule(5ms, [&] { ++ran; });
    const auto id = batch.seal();
    std::string told;
    jobs.then(id, [&] { told += 's'; });
    jobs.then(id, [&] { told += 'd'; }, {.when = pawl::when::deletion});
    REQUIRE(jobs.cancel(id));
    REQUIRE_FALSE(jobs.cancel(id));
    REQUIRE(jobs.state(id) == job_state::deleted);
    REQUIRE(jobs.state(now) == job_state::enqueued);
    jobs.poll();
    REQUIRE(jobs.state(now) == job_state::deleted);
    REQUIRE(jobs.state(later) == job_state::scheduled);
    jobs.advance(5ms);
    REQUIRE(jobs.state(later) == job_state::deleted);
    REQUIRE(ran == 0);
    REQUIRE(told == "d");
    REQUIRE(ends_of(id) == 1);
    require_everything_free(jobs);
}

TEST_CASE("batch: members that run see that it was cancelled, at any depth (rows 10 and 105)") {
    scheduler jobs;
    auto outer = jobs.batch();
    auto inner = outer.batch();
    std::vector<pawl::stop_reason> seen;
    const auto member = inner.enqueue([&](pawl::job_context& job) {
        seen.push_back(job.stop_reason());
        jobs.cancel(outer.id());
        REQUIRE(job.stop_requested());
        seen.push_back(job.stop_reason());
        // Its own end says more than that of its batch.
        jobs.cancel(job.id());
        seen.push_back(job.stop_reason());
    });
    const auto calm = outer.enqueue([](pawl::job_context& job) {
        REQUIRE(job.attempt() == 1);  // never: it would have started after the cancel
    });
    inner.seal();
    outer.seal();
    jobs.poll();
    using enum pawl::stop_reason;
    REQUIRE(seen == std::vector{none, batch_cancelled, cancelled});
    REQUIRE(jobs.state(member) == job_state::deleted);
    REQUIRE(jobs.state(calm) == job_state::deleted);
    REQUIRE(jobs.state(inner.id()) == job_state::failed);  // a member was deleted
    REQUIRE(jobs.state(outer.id()) == job_state::deleted);
    require_everything_free(jobs);
}

TEST_CASE("batch: a member that runs on after the cancel ends as it says (row 10)") {
    scheduler jobs;
    auto batch = jobs.batch();
    const auto member = batch.enqueue([&] { jobs.cancel(batch.id()); });
    const auto retried = batch.enqueue([] { return pawl::outcome::retry_in(1ms); });
    batch.seal();
    jobs.advance(1s);
    REQUIRE(jobs.state(member) == job_state::succeeded);
    REQUIRE(jobs.state(retried) == job_state::deleted);
    REQUIRE(jobs.state(batch.id()) == job_state::deleted);
}

TEST_CASE("batch: what is added to a cancelled one never starts (row 10)") {
    scheduler jobs;
    auto batch = jobs.batch();
    jobs.cancel(batch.id());
    bool ran = false;
    const auto member = batch.enqueue([&] { ran = true; });
    REQUIRE(member);
    batch.seal();
    jobs.poll();
    REQUIRE_FALSE(ran);
    REQUIRE(jobs.state(member) == job_state::deleted);
    require_everything_free(jobs);
}

TEST_CASE("batch: a requeued member is in none, and its batch does not change its mind (row 22)") {
    scheduler jobs;
    bool mend = false;
    pawl::submit_error why{};
    auto batch = jobs.batch();
    const auto member = batch.enqueue([&](pawl::job_context& job) {
        if (mend) {
            why = jobs.own_batch(job).error();
        }
        return mend ? pawl::outcome::success() : pawl::outcome::fail();
    });
    const auto id = batch.seal();
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::failed);
    mend = true;
    REQUIRE(jobs.requeue(member));
    jobs.poll();
    REQUIRE(why == pawl::submit_error::no_batch);
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(ends_of(id) == 1);
}

TEST_CASE("batch: a stop deletes it, and its members that have not begun (row 104)") {
    scheduler jobs;
    auto batch = jobs.batch();
    const auto member = batch.enqueue(nothing);
    jobs.stop(pawl::finish);
    REQUIRE(jobs.state(member) == job_state::deleted);
    REQUIRE(jobs.state(batch.id()) == job_state::deleted);
    REQUIRE(batch.enqueue(nothing).error() == pawl::submit_error::stopped);
    REQUIRE(jobs.batch().error() == pawl::submit_error::stopped);
}

// ---- The property ----

namespace {

// A batch as the test keeps it.
struct account {
    pawl::job_id id = {};
    std::optional<std::size_t> outer = {};
    int open_members = 0;
    bool sealed = false;
    bool bad = false;
    bool cancelled = false;
    bool over = false;
};

class program {
public:
    explicit program(std::uint32_t seed) : random_{seed} {}

    void run(int steps) {
        for (int step = 0; step < steps; ++step) {
            act();
            compare();
        }
        open_.clear();
        for (auto& each : accounts_) {
            each.sealed = true;
        }
        jobs_.resume("default");
        jobs_.advance(1h);
        compare();
        for (std::size_t i = 0; i < accounts_.size(); ++i) {
            REQUIRE(accounts_[i].over);
            REQUIRE(ends_of(accounts_[i].id) == 1);
        }
        require_everything_free(jobs_, jobs_.snapshot().kept);
    }

private:
    struct member {
        pawl::job_id id;
        std::size_t batch;
        bool over = false;
    };
    struct open_batch {
        builder add;
        std::size_t account;
    };

    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(random_() % bound);
    }

    void act() {
        switch (below(9)) {
            case 0: open(); break;
            case 1: seal(); break;
            case 2:
            case 3:
            case 4: add(); break;
            case 5: cancel_something(); break;
            case 6: below(2) == 0 ? jobs_.pause("default") : jobs_.resume("default"); break;
            case 7: jobs_.poll(pawl::poll_budget{.jobs = 1}); break;
            case 8: jobs_.advance(std::chrono::milliseconds{below(8)}); break;
        }
    }
    void open() {
        const bool nested = !open_.empty() && below(2) == 0;
        const std::size_t place = nested ? below(static_cast<std::uint32_t>(open_.size())) : 0;
        auto made = nested ? open_[place].add.batch() : jobs_.batch();
        if (!made) {
            if (nested) {
                accounts_[open_[place].account].bad = true;
            }
            return;
        }
        account fresh;
        fresh.id = made.id();
        if (nested) {
            fresh.outer = open_[place].account;
            ++accounts_[*fresh.outer].open_members;
        }
        accounts_.push_back(fresh);
        // A vector of builders cannot forget one in its middle: they are moved, not assigned.
        open_.push_back({std::move(made), accounts_.size() - 1});
    }
    void seal() {
        if (!open_.empty()) {
            accounts_[open_.back().account].sealed = true;
            open_.pop_back();
        }
    }
    void add() {
        if (open_.empty()) {
            return;
        }
        auto& to = open_[below(static_cast<std::uint32_t>(open_.size()))];
        const auto said = below(6);
        const auto body = [said](pawl::job_context& job) {
            switch (said) {
                case 0: return pawl::outcome::fail();
                case 1: return pawl::outcome::discard();
                case 2:
                    return job.attempt() == 1 ? pawl::outcome::retry_in(2ms)
                                              : pawl::outcome::success();
                case 3: return pawl::outcome::retry();  // until it is out of retries
                case 4: return pawl::outcome::success();
                default: return pawl::outcome::success();
            }
        };
        scheduler::options_type options{
            .retry = pawl::fixed_backoff(below(2) == 0 ? 0ms : 1ms).max_retries(1)};
        if (below(3) == 0) {
            options.deadline = 1ms;  // some expire in a paused queue
        }
        if (below(3) == 0) {
            options.key = pawl::key{1 + below(2)};
            options.on_busy = static_cast<pawl::on_busy>(below(4));
            options.chain = below(2) == 0;
        }
        pawl::job_id id;
        switch (below(3)) {
            case 0: id = to.add.enqueue(body, options); break;
            case 1: id = to.add.schedule(std::chrono::milliseconds{below(5)}, body, options); break;
            case 2: {
                pawl::job_id ids[2];
                if (to.add.enqueue_n(
                        2, [&](std::uint32_t) { return body; }, options, ids)) {
                    note_member(ids[0], to.account);
                    id = ids[1];
                }
                break;
            }
        }
        if (id) {
            note_member(id, to.account);
        } else {
            accounts_[to.account].bad = true;
        }
    }
    void note_member(pawl::job_id id, std::size_t batch) {
        members_.push_back({id, batch});
        ++accounts_[batch].open_members;
    }
    void cancel_something() {
        if (below(4) == 0 && !accounts_.empty()) {
            auto& chosen = accounts_[below(static_cast<std::uint32_t>(accounts_.size()))];
            const bool done = jobs_.cancel(chosen.id);
            REQUIRE(done == (!chosen.over && !chosen.cancelled));
            chosen.cancelled = chosen.cancelled || done;
        } else if (!members_.empty()) {
            jobs_.cancel(members_[below(static_cast<std::uint32_t>(members_.size()))].id);
        }
    }

    // What the events say has ended is counted out here, and the batches must agree.
    void compare() {
        for (; read_ < log_events::all.size(); ++read_) {
            const pawl::job_event event = log_events::all[read_];
            if (pawl::is_final(event.to) && !pawl::is_final(event.from)) {
                for (member& each : members_) {
                    if (each.id == event.id()) {
                        REQUIRE_FALSE(each.over);  // a job has one end
                        each.over = true;
                        accounts_[each.batch].bad =
                            accounts_[each.batch].bad || event.to != job_state::succeeded;
                    }
                }
            }
        }
        // (A cancelled job counts when it is taken out of its place, which may be later.)
        for (std::size_t i = accounts_.size(); i-- != 0;) {
            account& each = accounts_[i];
            const job_state state = jobs_.state(each.id);
            int left = 0;
            for (const member& one : members_) {
                left += one.batch == i && !one.over ? 1 : 0;
            }
            for (const account& inner : accounts_) {
                left += inner.outer == i && !inner.over ? 1 : 0;
            }
            const bool ended = state != job_state::awaiting && !each.cancelled;
            if (!each.sealed || left != 0) {
                REQUIRE_FALSE(ended);
            }
            if (ended && !each.over) {
                REQUIRE(state == (each.bad ? job_state::failed : job_state::succeeded));
            }
            if (each.sealed && left == 0 && (ended || each.cancelled) && !each.over) {
                each.over = true;
                if (each.outer && (each.bad || each.cancelled)) {
                    accounts_[*each.outer].bad = true;
                }
            }
        }
    }

    scheduler jobs_;
    std::mt19937 random_;
    std::vector<account> accounts_;
    std::vector<member> members_;
    std::vector<open_batch> open_;
    std::size_t read_ = 0;
};

}  // namespace

TEST_CASE("batch: every final transition of a member counts once (rows 35 to 37, HF #2348)") {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        program{seed}.run(120);
    }
}

TEST_CASE("batch: a chain inside ends the batch with its last link, met or not (HF 2348)") {
    for (const bool goes_wrong : {false, true}) {
        pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0}, pawl::manual_platform> jobs;
        std::string order;
        auto batch = jobs.batch();
        const auto first = batch.enqueue([&, goes_wrong] {
            order += 'a';
            return goes_wrong ? pawl::outcome::fail() : pawl::outcome::success();
        });
        const auto second = batch.then(first, [&] { order += 'b'; });
        batch.then({first, second}, [&] { order += 'c'; });
        const auto whole = batch.seal();
        jobs.then(whole, [&] { order += '+'; });
        jobs.then(whole, [&] { order += '.'; }, {.when = pawl::when::any});
        jobs.poll();
        CHECK(order == (goes_wrong ? "a." : "abc+."));
        CHECK(jobs.state(whole) == (goes_wrong ? job_state::failed : job_state::succeeded));
    }
}
