// SPDX-License-Identifier: BSL-1.0
//
// States: which changes there are, and that there are no others.
//
// Goal: every pair of states either has its rule or does not happen. Method: the table is compared
// with one that is written down here a second time, pair by pair, by the compiler. Then the real
// scheduler is brought through every legal pair, and through random programs, and the ring of its
// events is the witness: each change is legal, begins where the one before ended, and the pairs
// that were seen are the legal ones, neither more nor less. The numbers in the names are the rows
// of the reference table of features.
#include "catch.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

#include "life_events.hpp"

using namespace std::chrono_literals;
using pawl::changed_by;
using pawl::job_state;
using pawl::outcome;

namespace {

constexpr std::array states{job_state::gone,     job_state::awaiting,   job_state::scheduled,
                            job_state::enqueued, job_state::processing, job_state::succeeded,
                            job_state::failed,   job_state::deleted};

struct rule {
    job_state from;
    job_state to;
    changed_by who;
};
// What there is; every other pair is nobody's.
constexpr rule rules[] = {
    {job_state::gone, job_state::awaiting, changed_by::submitter},
    {job_state::gone, job_state::scheduled, changed_by::submitter},
    {job_state::gone, job_state::enqueued, changed_by::submitter},
    {job_state::awaiting, job_state::gone, changed_by::submitter},
    {job_state::scheduled, job_state::gone, changed_by::submitter},
    {job_state::enqueued, job_state::gone, changed_by::submitter},
    {job_state::awaiting, job_state::enqueued, changed_by::parent},
    {job_state::awaiting, job_state::succeeded, changed_by::parent},
    {job_state::awaiting, job_state::failed, changed_by::parent},
    {job_state::awaiting, job_state::deleted, changed_by::command},
    {job_state::scheduled, job_state::scheduled, changed_by::command},
    {job_state::scheduled, job_state::enqueued, changed_by::time},
    {job_state::scheduled, job_state::deleted, changed_by::command},
    {job_state::enqueued, job_state::scheduled, changed_by::taker},
    {job_state::enqueued, job_state::processing, changed_by::taker},
    {job_state::enqueued, job_state::failed, changed_by::taker},
    {job_state::enqueued, job_state::deleted, changed_by::command},
    {job_state::processing, job_state::scheduled, changed_by::outcome},
    {job_state::processing, job_state::enqueued, changed_by::outcome},
    {job_state::processing, job_state::succeeded, changed_by::outcome},
    {job_state::processing, job_state::failed, changed_by::outcome},
    {job_state::processing, job_state::deleted, changed_by::command},
    {job_state::failed, job_state::gone, changed_by::requeue},
};

constexpr changed_by expected_rule(job_state from, job_state to) {
    for (const rule& each : rules) {
        if (each.from == from && each.to == to) {
            return each.who;
        }
    }
    return changed_by::nobody;
}
constexpr bool table_is_as_expected() {
    for (const job_state from : states) {
        for (const job_state to : states) {
            if (pawl::rule_of(from, to) != expected_rule(from, to) ||
                pawl::is_legal(from, to) != (expected_rule(from, to) != changed_by::nobody)) {
                return false;
            }
        }
    }
    return true;
}
static_assert(table_is_as_expected());

// 14: in pawl a failed job is final, unlike in Hangfire: what waits for it is decided.
constexpr bool nothing_leaves_the_end() {
    for (const job_state from : states) {
        for (const job_state to : states) {
            // A failed job that is requeued leaves its slot to the new one, and is `gone`.
            const bool is_requeue = from == job_state::failed && to == job_state::gone;
            if (is_final(from) && pawl::is_legal(from, to) && !is_requeue) {
                return false;
            }
        }
    }
    return is_final(job_state::succeeded) && is_final(job_state::failed) &&
           is_final(job_state::deleted) && !is_final(job_state::gone) &&
           !is_final(job_state::awaiting) && !is_final(job_state::scheduled) &&
           !is_final(job_state::enqueued) && !is_final(job_state::processing);
}
static_assert(nothing_leaves_the_end());

constexpr pawl::limits small{.jobs = 32,
                             .edges = 64,
                             .workers = 0,
                             .bands = 2,
                             .queue_control = true,
                             .then_delay = true,
                             .slices = true,
                             .reschedule = true,
                             .deadlines = true,
                             .failed = 4,
                             .error_bytes = 16,
                             .result_bytes = 8,
                             .events = 4096,
                             .keys = 8,
                             .limiters = {"one"}};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

const auto nothing = [] {};
const auto fails = [] { return outcome::fail(); };

// The job is what the test wants at this moment, by its own word and by what was told.
struct place {
    scheduler jobs;
    decltype(jobs.events()) reader = jobs.events();
    life_events::witness seen;

    void is(pawl::job_id id, job_state state) {
        seen.follow(reader);
        REQUIRE(seen.fault() == "");
        REQUIRE(to_string(jobs.state(id)) == to_string(state));
        REQUIRE(to_string(seen.state(id)) == to_string(state));
    }
};

}  // namespace

TEST_CASE("13: seven states, and gone for who is not there") {
    std::set<std::string_view> names;
    for (const job_state each : states) {
        names.insert(to_string(each));
    }
    REQUIRE(names == std::set<std::string_view>{"gone", "awaiting", "scheduled", "enqueued",
                                                "processing", "succeeded", "failed", "deleted"});
    const auto here = std::make_unique<scheduler>();
    REQUIRE(here->state(pawl::job_id{}) == job_state::gone);
    REQUIRE(here->state(pawl::job_id{3, 1}) == job_state::gone);          // never used
    REQUIRE(here->state(pawl::job_id{1'000'000, 1}) == job_state::gone);  // no such slot
}

TEST_CASE("every legal change happens, and no other") {
    const auto all = std::make_unique<place>();
    auto& jobs = all->jobs;
    auto& seen = all->seen;

    // To be submitted, and to run at once.
    const auto at_once = jobs.enqueue(nothing);
    all->is(at_once, job_state::enqueued);
    jobs.poll();
    all->is(at_once, job_state::succeeded);

    // By time, to a failure, and requeued.
    const auto later = jobs.schedule(10ms, fails);
    all->is(later, job_state::scheduled);
    REQUIRE(jobs.reschedule(later, 20ms));  // scheduled -> scheduled is no event: its time is
    all->is(later, job_state::scheduled);
    jobs.advance(19ms);
    all->is(later, job_state::scheduled);
    jobs.platform().elapse(1ms);
    jobs.poll({.jobs = 0});
    all->is(later, job_state::enqueued);
    jobs.poll();
    all->is(later, job_state::failed);
    const auto anew = jobs.requeue(later);
    REQUIRE(anew);
    REQUIRE(jobs.state(later) == job_state::gone);  // failed -> gone: the new one's life begins
    all->is(anew, job_state::enqueued);
    jobs.poll();
    all->is(anew, job_state::failed);

    // What a parent's end does.
    const auto parent = jobs.enqueue(nothing);
    const auto child = jobs.then(parent, nothing);
    const auto unmet = jobs.then(parent, nothing, {.when = pawl::when::failure});
    const auto rests = jobs.then(parent, nothing, {.delay = 5ms});
    all->is(child, job_state::awaiting);
    all->is(rests, job_state::awaiting);
    jobs.poll({.jobs = 1});
    all->is(parent, job_state::succeeded);
    all->is(child, job_state::enqueued);
    all->is(unmet, job_state::deleted);
    jobs.poll();
    all->is(rests, job_state::scheduled);  // from its queue: who took it saw that it has to rest

    // What a job says of itself.
    const auto slices = jobs.enqueue([](pawl::job_context& job) {
        return job.cursor() == 0 ? outcome::yield(1) : outcome::success();
    });
    const auto retries = jobs.enqueue([](pawl::job_context& job) {
        return job.attempt() == 1 ? outcome::retry_in(1ms) : outcome::discard();
    });
    jobs.poll();
    all->is(slices, job_state::succeeded);
    all->is(retries, job_state::scheduled);
    jobs.advance(5ms);
    all->is(retries, job_state::deleted);
    all->is(rests, job_state::succeeded);

    // Commands, in each state that they end.
    const auto cancelled = jobs.enqueue(nothing);
    REQUIRE(jobs.cancel(cancelled));
    all->is(cancelled, job_state::deleted);
    const auto cancelled_later = jobs.schedule(1s, nothing);
    REQUIRE(jobs.cancel(cancelled_later));
    all->is(cancelled_later, job_state::deleted);
    pawl::job_id itself;
    itself = jobs.enqueue([&] {
        REQUIRE(jobs.state(itself) == job_state::processing);
        REQUIRE(jobs.cancel(itself));
        REQUIRE(jobs.state(itself) == job_state::deleted);
    });
    jobs.poll();
    all->is(itself, job_state::deleted);

    // Who takes it does not run it: its key is busy.
    auto holder =
        jobs.enqueue([&] { return outcome::snooze(1s); }, {.key = pawl::key{1}, .chain = true});
    const auto busy = jobs.enqueue(nothing, {.key = pawl::key{1}, .on_busy = pawl::on_busy::fail});
    jobs.poll();
    all->is(holder, job_state::scheduled);
    all->is(busy, job_state::failed);

    // Batches.
    auto good = jobs.batch();
    good.enqueue(nothing);
    const auto done = good.seal();
    auto bad = jobs.batch();
    bad.enqueue(fails);
    const auto failed = bad.seal();
    all->is(done, job_state::awaiting);
    jobs.poll();
    all->is(done, job_state::succeeded);
    all->is(failed, job_state::failed);

    // A continuation of a parent that is gone is refused, and was never there.
    REQUIRE(jobs.then(at_once, nothing));
    REQUIRE(jobs.then(pawl::job_id{at_once.index(), 77}, nothing).error() ==
            pawl::submit_error::gone);
    jobs.poll();
    seen.follow(all->reader);

    std::set<life_events::pair> legal;
    for (const job_state from : states) {
        for (const job_state to : states) {
            // The first two are seen above: neither changes the state of a job that is there. The
            // others take a stop that comes between two steps of a submission.
            const bool told = !(from == job_state::scheduled && to == job_state::scheduled) &&
                              !(from == job_state::failed && to == job_state::gone) &&
                              !(from == job_state::scheduled && to == job_state::gone) &&
                              !(from == job_state::enqueued && to == job_state::gone);
            if (told && pawl::is_legal(from, to)) {
                legal.insert({from, to});
            }
        }
    }
    for (const life_events::pair& each : legal) {
        INFO(to_string(each.first) << " -> " << to_string(each.second));
        REQUIRE(seen.changes().count(each) == 1);
    }
    REQUIRE(seen.changes() == legal);
}

TEST_CASE("19: every command says whether it won, in every state") {
    struct answers {
        bool cancel = false;
        bool reschedule = false;
        bool run_now = false;
        bool requeue = false;
        bool raise = false;
    };
    const auto ask = [](auto make, job_state state, answers expected) {
        INFO(to_string(state));
        // Each command alone, on a job of its own.
        const auto one = [&](const char* what, auto command, bool won) {
            INFO(what);
            const auto here = std::make_unique<scheduler>();
            const pawl::job_id id = make(*here);
            REQUIRE(to_string(here->state(id)) == to_string(state));
            REQUIRE(command(*here, id) == won);
            if (!won) {
                REQUIRE(here->state(id) == state);
            }
        };
        one(
            "cancel", [](auto& jobs, auto id) { return jobs.cancel(id); }, expected.cancel);
        one(
            "reschedule", [](auto& jobs, auto id) { return jobs.reschedule(id, 1s); },
            expected.reschedule);
        one(
            "run_now", [](auto& jobs, auto id) { return jobs.run_now(id); }, expected.run_now);
        one(
            "requeue", [](auto& jobs, auto id) { return static_cast<bool>(jobs.requeue(id)); },
            expected.requeue);
        one(
            "raise", [](auto& jobs, auto id) { return jobs.raise(id, 1); }, expected.raise);
    };
    ask([](scheduler&) { return pawl::job_id{5, 9}; }, job_state::gone, {});
    ask([](scheduler& jobs) { return jobs.then(jobs.schedule(1h, nothing), nothing); },
        job_state::awaiting, {.cancel = true, .raise = true});
    ask([](scheduler& jobs) { return jobs.schedule(1h, nothing); }, job_state::scheduled,
        {.cancel = true, .reschedule = true, .run_now = true, .raise = true});
    ask([](scheduler& jobs) { return jobs.enqueue(nothing); }, job_state::enqueued,
        {.cancel = true, .raise = true});
    const auto ended = [](scheduler& jobs, auto how) {
        const auto id = jobs.enqueue(how);
        jobs.poll();
        return id;
    };
    ask([&](scheduler& jobs) { return ended(jobs, nothing); }, job_state::succeeded, {});
    ask([&](scheduler& jobs) { return ended(jobs, fails); }, job_state::failed, {.requeue = true});
    ask([&](scheduler& jobs) { return ended(jobs, [] { return outcome::discard(); }); },
        job_state::deleted, {});
}

TEST_CASE("19: every command says whether it won while the job runs, and then it is one") {
    const auto here = std::make_unique<scheduler>();
    auto& jobs = *here;
    pawl::job_id id;
    int runs = 0;
    id = jobs.enqueue([&] {
        ++runs;
        REQUIRE_FALSE(jobs.reschedule(id, 1s));
        REQUIRE_FALSE(jobs.run_now(id));
        REQUIRE(jobs.requeue(id).error() == pawl::submit_error::not_kept);
        REQUIRE_FALSE(jobs.raise(id, 1));
        REQUIRE(jobs.state(id) == job_state::processing);
        REQUIRE(jobs.cancel(id));
        REQUIRE_FALSE(jobs.cancel(id));
        return outcome::retry_in(0s);  // which nobody hears any more
    });
    jobs.advance(1h);
    REQUIRE(runs == 1);
    REQUIRE(jobs.state(id) == job_state::deleted);
    REQUIRE(jobs.counts().deleted == 1);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("19: a job that was cancelled while it ran has one end, whatever it says") {
    for (const outcome said :
         {outcome::success(), outcome::retry(), outcome::retry_in(1ms), outcome::fail(),
          outcome::discard(), outcome::snooze(1ms), outcome::snooze(0ms), outcome::yield(1)}) {
        INFO(static_cast<int>(said.what()));
        const auto all = std::make_unique<place>();
        auto& jobs = all->jobs;
        pawl::job_id id;
        int after = 0;
        id = jobs.enqueue([&, said] {
            jobs.cancel(id);
            return said;
        });
        const auto child = jobs.then(id, [&] { ++after; }, {.when = pawl::when::deletion});
        jobs.advance(1s);
        all->is(id, job_state::deleted);
        all->is(child, job_state::succeeded);
        REQUIRE(after == 1);
        REQUIRE(all->seen.ended(job_state::deleted) == 1);
    }
}

TEST_CASE(
    "20: what was cancelled and lies in its queue still is skipped, and its slot comes back") {
    const auto here = std::make_unique<scheduler>();
    auto& jobs = *here;
    int runs = 0;
    for (std::uint32_t round = 0; round < 3 * small.jobs; ++round) {
        const auto id = jobs.enqueue([&] { ++runs; });
        REQUIRE(id);
        REQUIRE(jobs.cancel(id));
        if (round % 8 == 7) {
            REQUIRE(jobs.poll().ran == 0);
        }
    }
    REQUIRE(runs == 0);
    REQUIRE(jobs.counts().deleted == 3 * small.jobs);
}

TEST_CASE("21: delete ends what waits at once, and tells what runs at once") {
    const auto here = std::make_unique<scheduler>();
    auto& jobs = *here;
    std::string order;
    pawl::job_id running;
    running = jobs.enqueue([&](pawl::job_context& job) {
        REQUIRE_FALSE(job.stop_requested());
        REQUIRE(job.stop_reason() == pawl::stop_reason::none);
        jobs.cancel(running);
        REQUIRE(job.stop_requested());
        REQUIRE(job.stop_reason() == pawl::stop_reason::cancelled);
        order += 'r';
    });
    const auto ready = jobs.enqueue([&] { order += 'e'; });
    const auto later = jobs.schedule(1ms, [&] { order += 's'; });
    jobs.then(running, [&] { order += 'd'; }, {.when = pawl::when::deletion});
    jobs.then(later, [&] { order += 'a'; }, {.when = pawl::when::any});
    const auto never = jobs.then(later, [&] { order += 'n'; });
    REQUIRE(jobs.cancel(ready));
    REQUIRE(jobs.cancel(later));
    jobs.advance(10ms);
    REQUIRE(order == "rda");
    REQUIRE(jobs.state(never) == job_state::deleted);
}

TEST_CASE("26: totals only grow, also when a failed job is requeued") {
    const auto here = std::make_unique<scheduler>();
    auto& jobs = *here;
    bool broken = true;
    auto id = jobs.enqueue([&] { return broken ? outcome::fail() : outcome::success(); });
    jobs.poll();
    REQUIRE(jobs.counts().failed == 1);
    id = jobs.requeue(id);
    REQUIRE(jobs.counts().failed == 1);  // Hangfire takes one off here
    REQUIRE(jobs.counts().enqueued == 1);
    broken = false;
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(jobs.counts().failed == 1);
    REQUIRE(jobs.counts().succeeded == 1);
}

// ---- Random programs ----------------------------------------------------------------------------

namespace {

struct world {
    scheduler jobs;
    decltype(jobs.events()) reader = jobs.events();
    life_events::witness seen;
    std::mt19937 random;
    std::vector<pawl::job_id> ids;
    std::uint64_t started = 0;   // runs of callables
    std::uint64_t accepted = 0;  // jobs, without batches

    explicit world(std::uint32_t seed) : random{seed} {}

    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(random() % bound);
    }
    pawl::job_id any() {
        // Mostly of late: who is asked about is there.
        const std::size_t back = std::min<std::size_t>(ids.size(), 24);
        return ids.empty() ? pawl::job_id{}
                           : ids[ids.size() - 1 - below(static_cast<std::uint32_t>(back))];
    }
    pawl::job_id keep(pawl::job_id id) {
        if (id) {
            ids.push_back(id);
            ++accepted;
        }
        return id;
    }
    auto work() {
        return [this](pawl::job_context& job) {
            ++started;
            if (below(8) == 0) {
                jobs.cancel(below(2) == 0 ? job.id() : any());
            }
            if (below(8) == 0) {
                submit();
            }
            switch (below(12)) {
                case 0: return job.fail(7, "seven");
                case 1: return outcome::retry(1);
                case 2: return outcome::retry_in(1ms * below(3));
                case 3: return outcome::discard();
                case 4: return outcome::snooze(1ms * below(3));
                case 5: return outcome::yield(job.cursor() + 1);
                default: return outcome::success();
            }
        };
    }
    scheduler::options_type options() {
        scheduler::options_type result;
        result.retry = pawl::fixed_backoff(1ms * below(2)).max_retries(2);
        if (below(4) == 0) {
            result.retry = result.retry.after_last(pawl::after_last::discard);
        }
        result.when = std::array{pawl::when::success, pawl::when::failure, pawl::when::deletion,
                                 pawl::when::any}[below(4)];
        if (below(4) == 0) {
            result.key = pawl::key{below(3)};
            result.on_busy = std::array{pawl::on_busy::wait, pawl::on_busy::skip,
                                        pawl::on_busy::fail, pawl::on_busy::replace}[below(4)];
            result.chain = below(2) == 0;
        }
        if (below(8) == 0) {
            result.limit = "one";
        }
        if (below(8) == 0) {
            result.deadline = 1ms;
        }
        if (below(4) == 0) {
            result.delay = 1ms * below(3);
        }
        result.priority = static_cast<std::uint8_t>(below(2));
        return result;
    }
    void submit() {
        switch (below(4)) {
            case 0: keep(jobs.schedule(1ms * below(4), work(), options())); break;
            case 1: {
                const pawl::job_id parents[] = {any(), any(), any()};
                keep(jobs.then(std::span{parents}.first(below(3) + 1), work(), options()));
                break;
            }
            default: keep(jobs.enqueue(work(), options()));
        }
    }
    void step() {
        switch (below(14)) {
            case 0:
            case 1:
            case 2:
            case 3: submit(); break;
            case 4: jobs.cancel(any()); break;
            case 5: jobs.reschedule(any(), 1ms * below(5)); break;
            case 6: jobs.run_now(any()); break;
            case 7:
                keep(jobs.requeue(any(),
                                  below(2) == 0 ? pawl::attempts::anew : pawl::attempts::keep));
                break;
            case 8: jobs.raise(any(), 1); break;
            case 9: {
                auto batch = jobs.batch();
                for (std::uint32_t left = below(4); left != 0; --left) {
                    keep(batch.enqueue(work(), options()));
                }
                if (batch.id()) {
                    ids.push_back(batch.id());
                }
                break;
            }
            case 10: jobs.platform().elapse(1ms * below(5)); break;
            case 11: jobs.advance(1ms * below(5)); break;
            default: jobs.poll({.jobs = below(4)});
        }
    }
};

}  // namespace

TEST_CASE("random programs: every change is legal, and each job has one end") {
    constexpr std::uint32_t steps = 3'000;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const auto all = std::make_unique<world>(seed);
        all->jobs.set_limit("one", {.running_max = 1, .tokens = 1, .period = 2ms});
        std::uint64_t failed_before = 0;
        for (std::uint32_t step = 0; step < steps; ++step) {
            CAPTURE(step);
            all->step();
            all->seen.follow(all->reader);
            REQUIRE(all->seen.fault() == "");
            const pawl::job_id id = all->any();
            const job_state now = all->jobs.state(id);
            // A requeued job is another one since; a slot that was reused is the ring's business.
            if (now != job_state::gone) {
                REQUIRE(to_string(now) == to_string(all->seen.state(id)));
            }
            const auto counts = all->jobs.counts();
            REQUIRE(counts.failed >= failed_before);
            failed_before = counts.failed;
        }
        all->jobs.advance(1s);
        all->jobs.stop(pawl::drain);
        all->seen.follow(all->reader);
        REQUIRE(all->seen.fault() == "");
        // Chains that nobody holds end with their holder, so nothing is left.
        REQUIRE(all->seen.alive() == "");
        const auto counts = all->jobs.counts();
        REQUIRE(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0);
        REQUIRE(counts.succeeded + counts.failed + counts.deleted == all->accepted);
        REQUIRE(all->started > steps / 4);
    }
}
