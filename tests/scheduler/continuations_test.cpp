// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// Continuations: what runs when others have ended, and what becomes of what cannot run any more.
//
// Goal: no continuation is ever left waiting, whatever becomes of its parents and whenever it is
// added. Method: virtual time; every end of a parent against every condition; chains and fans of
// 10,000 that are deleted in a cascade, with the depth of the stack measured; then threads that add
// continuations to parents that end meanwhile. The numbers in the names are the rows of the
// reference table of features.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::outcome;
using pawl::submit_error;
using pawl::when;

namespace {

constexpr pawl::limits small{.jobs = 32,
                             .edges = 64,
                             .workers = 0,
                             .then_delay = true,
                             .reschedule = true,
                             .times = true,
                             .failed = 4,
                             .result_bytes = 16,
                             .events = 256};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;
using ms = std::chrono::milliseconds;

const auto nothing = [] {};
const auto fails = [] { return outcome::fail(); };

template <class Jobs>
ms now(Jobs& jobs) {
    return std::chrono::floor<ms>(jobs.platform().now().time_since_epoch());
}

}  // namespace

TEST_CASE("27: each end of a parent against each condition, waited for and asked afterwards") {
    struct end {
        outcome said;
        when is;
    };
    for (const end parent :
         {end{outcome::success(), when::success}, end{outcome::fail(), when::failure},
          end{outcome::discard(), when::deletion}}) {
        for (unsigned bits = 1; bits <= 7; ++bits) {
            for (const bool afterwards : {false, true}) {
                CAPTURE(static_cast<int>(parent.is), bits, afterwards);
                scheduler jobs;
                int ran = 0;
                const auto id = jobs.enqueue([&] { return parent.said; });
                if (afterwards) {
                    jobs.poll();
                }
                const auto child =
                    jobs.then(id, [&] { ++ran; }, {.when = when{static_cast<std::uint8_t>(bits)}});
                REQUIRE(child);
                jobs.poll();
                const bool met = (bits & static_cast<unsigned>(parent.is)) != 0;
                REQUIRE(ran == (met ? 1 : 0));
                REQUIRE(jobs.state(child) == (met ? job_state::succeeded : job_state::deleted));
            }
        }
    }
}

TEST_CASE("28, K3: without a condition it is on success alone, in every way to say it") {
    REQUIRE(pawl::then_options{}.when == when::success);
    REQUIRE(scheduler::then_options_type{}.when == when::success);
    scheduler jobs;
    const auto failed = jobs.enqueue(fails);
    const auto one = jobs.then(failed, nothing);
    const auto list = jobs.then({failed}, nothing);
    const auto named = jobs.then(failed, nothing, {.name = "named"});
    jobs.poll();
    REQUIRE(jobs.state(one) == job_state::deleted);
    REQUIRE(jobs.state(list) == job_state::deleted);
    REQUIRE(jobs.state(named) == job_state::deleted);
}

TEST_CASE("29: a parent that fails for good decides, at its last retry and not before") {
    scheduler jobs;
    std::string order;
    const auto parent = jobs.enqueue([] { return outcome::retry(); },
                                     {.retry = pawl::fixed_backoff(10ms).max_retries(2)});
    const auto failure = jobs.then(parent, [&] { order += 'f'; }, {.when = when::failure});
    const auto any = jobs.then(parent, [&] { order += 'a'; }, {.when = when::any});
    const auto success = jobs.then(parent, [&] { order += 's'; });
    jobs.advance(19ms);
    REQUIRE(order.empty());
    REQUIRE(jobs.state(failure) == job_state::awaiting);
    REQUIRE(jobs.state(any) == job_state::awaiting);
    REQUIRE(jobs.state(success) == job_state::awaiting);
    jobs.advance(1ms);
    REQUIRE(order == "fa");
    REQUIRE(jobs.state(success) == job_state::deleted);
    REQUIRE(jobs.counts().awaiting == 0);
}

TEST_CASE("30: an unmet condition deletes, the deletion goes on, and sets off who waits for one") {
    scheduler jobs;
    std::string order;
    const auto parent = jobs.enqueue(fails);
    const auto child = jobs.then(parent, [&] { order += '1'; });
    const auto grandchild = jobs.then(child, [&] { order += '2'; });
    jobs.then(child, [&] { order += 'd'; }, {.when = when::deletion});
    jobs.then(grandchild, [&] { order += 'a'; }, {.when = when::any});
    const auto never = jobs.then(grandchild, [&] { order += 'f'; }, {.when = when::failure});
    jobs.poll();
    REQUIRE(order == "da");
    REQUIRE(jobs.state(child) == job_state::deleted);
    REQUIRE(jobs.state(grandchild) == job_state::deleted);
    REQUIRE(jobs.state(never) == job_state::deleted);
    REQUIRE(jobs.counts().deleted == 3);
    int unmet = 0;
    auto reader = jobs.events();
    for (pawl::job_event event; reader.next(event);) {
        unmet += event.why == pawl::end_reason::unmet ? 1 : 0;
    }
    REQUIRE(unmet == 3);
}

TEST_CASE("34: try, catch and finally") {
    for (const bool good : {true, false}) {
        scheduler jobs;
        std::string order;
        const auto attempt = jobs.enqueue(
            [&] {
                order += 't';
                return good ? outcome::success() : outcome::retry();
            },
            {.retry = pawl::fixed_backoff(1ms).max_retries(1)});
        jobs.then(attempt, [&] { order += '+'; });
        jobs.then(attempt, [&] { order += 'c'; }, {.when = when::failure | when::deletion});
        jobs.then(attempt, [&] { order += 'f'; }, {.when = when::any});
        jobs.advance(1s);
        REQUIRE(order == (good ? "t+f" : "ttcf"));
    }
}

// ---- Parents ------------------------------------------------------------------------------------

TEST_CASE("5: several parents, it waits for the last, in every order of their ends") {
    std::vector<int> order{0, 1, 2, 3};
    do {
        scheduler jobs;
        std::vector<pawl::job_id> parents;
        for (int i = 0; i < 4; ++i) {
            const auto place = std::find(order.begin(), order.end(), i) - order.begin();
            parents.push_back(jobs.schedule(ms{place + 1}, nothing));
        }
        int ran = 0;
        const auto child = jobs.then(std::span<const pawl::job_id>{parents}, [&] { ++ran; });
        jobs.advance(3ms);
        REQUIRE(jobs.state(child) == job_state::awaiting);
        jobs.advance(1ms);
        REQUIRE(ran == 1);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("5: one parent that ends otherwise deletes it at once, and the others do not mind") {
    for (std::size_t bad = 0; bad < 3; ++bad) {
        scheduler jobs;
        pawl::job_id parents[3];
        for (std::size_t i = 0; i < 3; ++i) {
            parents[i] = jobs.schedule(1ms * (i + 1), [i, bad] {
                return i == bad ? outcome::fail() : outcome::success();
            });
        }
        int ran = 0;
        const auto child = jobs.then(std::span<const pawl::job_id>{parents}, [&] { ++ran; });
        jobs.advance(1ms * (bad + 1));
        REQUIRE(jobs.state(child) == job_state::deleted);
        // Its slot serves others while edges to it are still there.
        for (std::uint32_t i = 0; i < 2 * small.jobs; ++i) {
            REQUIRE(jobs.then(jobs.enqueue(nothing), nothing));
            jobs.poll();
        }
        jobs.advance(1s);
        REQUIRE(ran == 0);
        REQUIRE(jobs.counts().awaiting == 0);
        REQUIRE(jobs.counts().succeeded == 2 + 4 * small.jobs);
    }
}

TEST_CASE("5: the same parent twice, none at all, and one that was refused") {
    scheduler jobs;
    int ran = 0;
    const auto parent = jobs.enqueue(nothing);
    jobs.then({parent, parent, parent}, [&] { ++ran; });
    jobs.poll();
    REQUIRE(ran == 1);
    REQUIRE(jobs.then(std::span<const pawl::job_id>{}, [&] { ++ran; }));
    jobs.poll();
    REQUIRE(ran == 2);
    REQUIRE(jobs.then({parent, pawl::job_id{submit_error::full}}, nothing).error() ==
            submit_error::full);
    REQUIRE(jobs.then(pawl::job_id{}, nothing).error() == submit_error::gone);
    REQUIRE(jobs.counts().refused == 2);
}

TEST_CASE("5: as many parents as can be counted, and not one more") {
    constexpr pawl::limits wide{.jobs = 8, .edges = 4'200, .workers = 0};
    using wide_scheduler = pawl::scheduler<wide, pawl::manual_platform>;
    constexpr std::uint32_t most = pawl::job_table<wide, pawl::manual_platform>::parents_max;
    REQUIRE(most >= 4'000);
    // Twice, for the count lies beside the generation.
    const auto owner = std::make_unique<wide_scheduler>();
    auto& jobs = *owner;
    for (std::uint32_t round = 0; round < 4 * wide.jobs; ++round) {
        int ran = 0;
        const auto parent = jobs.enqueue(nothing);
        const std::vector<pawl::job_id> parents(most, parent);
        const auto child = jobs.then(std::span<const pawl::job_id>{parents}, [&] { ++ran; });
        REQUIRE(child);
        jobs.poll();
        REQUIRE(ran == 1);
        const std::vector<pawl::job_id> more(most + 1, jobs.enqueue(nothing));
        REQUIRE(jobs.then(std::span<const pawl::job_id>{more}, nothing).error() ==
                submit_error::out_of_edges);
        jobs.poll();
    }
}

TEST_CASE("5: when edges run out it is refused, and nothing is left of it") {
    scheduler jobs;
    const auto parent = jobs.schedule(1ms, nothing);
    const std::vector<pawl::job_id> parents(small.edges - 1, parent);
    int ran = 0;
    int ends = 0;
    const auto all = jobs.then(std::span<const pawl::job_id>{parents}, [&] { ++ran; });
    REQUIRE(all);
    {
        auto held = std::shared_ptr<int>(&ends, [](int* count) { ++*count; });
        REQUIRE(jobs.then({parent, parent}, [held = std::move(held)] {}).error() ==
                submit_error::out_of_edges);
    }
    REQUIRE(ends == 1);  // destroyed by the call
    REQUIRE(jobs.counts().refused == 1);
    REQUIRE(jobs.counts().awaiting == 1);
    jobs.advance(1ms);
    REQUIRE(ran == 1);
    // Every edge and every slot is there again.
    const auto next = jobs.schedule(1ms, nothing);
    const std::vector<pawl::job_id> again(small.edges, next);
    REQUIRE(jobs.then(std::span<const pawl::job_id>{again}, nothing));
    jobs.advance(1ms);
    std::uint32_t slots = 0;
    while (jobs.schedule(1h, nothing)) {
        ++slots;
    }
    REQUIRE(slots == small.jobs);
}

TEST_CASE("31: on a parent that has ended it is decided at once, and so it is on a mixed lot") {
    scheduler jobs;
    const auto good = jobs.enqueue(nothing);
    const auto bad = jobs.enqueue(fails);
    jobs.poll();
    const auto later = jobs.schedule(5ms, nothing);
    int ran = 0;
    const auto both = jobs.then({good, later}, [&] { ++ran; });
    const auto unmet = jobs.then({later, bad}, [&] { ran += 100; });
    REQUIRE(jobs.state(both) == job_state::awaiting);
    REQUIRE(jobs.state(unmet) == job_state::deleted);  // without waiting for the other one
    const auto failure = jobs.then({bad}, [&] { ran += 10; }, {.when = when::failure});
    REQUIRE(jobs.state(failure) == job_state::enqueued);
    jobs.poll();
    REQUIRE(ran == 10);
    jobs.advance(5ms);
    REQUIRE(ran == 11);
}

TEST_CASE("31: a parent whose slot serves another job is gone, also among others") {
    scheduler jobs;
    const auto old = jobs.enqueue(nothing);
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        jobs.enqueue(nothing);
        jobs.poll();
    }
    REQUIRE(jobs.state(old) == job_state::gone);
    const auto lives = jobs.schedule(1ms, nothing);
    int ran = 0;
    REQUIRE(jobs.then(old, [&] { ++ran; }).error() == submit_error::gone);
    REQUIRE(jobs.then({lives, old}, [&] { ++ran; }).error() == submit_error::gone);
    REQUIRE(jobs.then({old, lives}, [&] { ++ran; }).error() == submit_error::gone);
    jobs.advance(1s);
    REQUIRE(ran == 0);
    REQUIRE(jobs.counts().awaiting == 0);
}

TEST_CASE(
    "a continuation is a job: named, in its queue, with retries, cancelled, a parent itself") {
    scheduler jobs;
    std::string order;
    const auto parent = jobs.schedule(5ms, [&] { order += 'p'; });
    const auto child =
        jobs.then(parent,
                  [&](pawl::job_context& job) {
                      order += 'c';
                      REQUIRE(job.called().view() == "child");
                      return job.attempt() < 3 ? outcome::retry() : outcome::success();
                  },
                  {.name = "child", .retry = pawl::fixed_backoff(1ms)});
    jobs.then(child, [&] { order += 'g'; });
    const auto cancelled = jobs.then(parent, [&] { order += 'x'; });
    jobs.then(cancelled, [&] { order += 'd'; }, {.when = when::deletion});
    REQUIRE(jobs.cancel(cancelled));
    jobs.poll();
    REQUIRE(order == "d");
    REQUIRE_FALSE(jobs.run_now(child));  // it waits for no time
    jobs.advance(1s);
    REQUIRE(order == "dpcccg");
}

// ---- Delay --------------------------------------------------------------------------------------

TEST_CASE("32: a delay counts from the end of the last parent, wherever that is") {
    scheduler jobs;
    std::vector<ms> ran;
    const auto note = [&] { ran.push_back(now(jobs)); };
    const auto first = jobs.schedule(10ms, nothing);
    const auto last = jobs.schedule(25ms, nothing);
    jobs.then({first, last}, note, {.delay = 7ms});
    jobs.advance(31ms);
    REQUIRE(ran.empty());
    jobs.advance(1ms);
    REQUIRE(ran == std::vector<ms>{32ms});
    // A parent that has ended already: from now.
    ran.clear();
    jobs.advance(68ms);
    const auto child = jobs.then(first, note, {.delay = 5ms});
    jobs.poll();
    REQUIRE(jobs.state(child) == job_state::scheduled);
    jobs.advance(1s);
    REQUIRE(ran == std::vector<ms>{105ms});
}

TEST_CASE("32: who waits out a delay is scheduled: it can be moved, run now, and cancelled") {
    scheduler jobs;
    std::string order;
    const auto parent = jobs.enqueue(nothing);
    const auto moved = jobs.then(parent, [&] { order += 'm'; }, {.delay = 1h});
    const auto called = jobs.then(parent, [&] { order += 'c'; }, {.delay = 1h});
    const auto ended = jobs.then(parent, [&] { order += 'x'; }, {.delay = 1h});
    const auto zero = jobs.then(parent, [&] { order += '0'; }, {.delay = 0ms});
    jobs.poll();
    REQUIRE(order == "0");
    REQUIRE(jobs.state(zero) == job_state::succeeded);
    REQUIRE(jobs.state(moved) == job_state::scheduled);
    REQUIRE(jobs.run_now(called));
    REQUIRE(jobs.reschedule(moved, 5ms));
    REQUIRE(jobs.cancel(ended));
    jobs.advance(5ms);
    REQUIRE(order == "0cm");
    jobs.advance(2h);
    REQUIRE(order == "0cm");
}

TEST_CASE("32: the delay is waited once, not before each retry, and not by who is deleted") {
    scheduler jobs;
    std::vector<ms> ran;
    const auto parent = jobs.enqueue(nothing);
    jobs.then(parent,
              [&](pawl::job_context& job) {
                  ran.push_back(now(jobs));
                  return job.attempt() < 3 ? outcome::retry() : outcome::success();
              },
              {.retry = pawl::fixed_backoff(1ms), .delay = 20ms});
    const auto unmet = jobs.then(parent, nothing, {.when = when::failure, .delay = 20ms});
    const auto after = jobs.then(unmet, nothing, {.when = when::deletion});
    jobs.poll();
    REQUIRE(jobs.state(unmet) == job_state::deleted);
    REQUIRE(jobs.state(after) == job_state::succeeded);
    jobs.advance(1s);
    REQUIRE(ran == std::vector<ms>{20ms, 21ms, 22ms});
}

// ---- Results ------------------------------------------------------------------------------------

namespace {

struct reading {
    std::int32_t value;
    float scale;
};
struct other_reading {
    std::int32_t value;
    float scale;
};
struct too_large {
    char bytes[20];
};

}  // namespace

TEST_CASE("33: a parent's result is handed to its children, typed") {
    scheduler jobs;
    int asked = 0;
    const auto parent = jobs.enqueue([](pawl::job_context& job) {
        REQUIRE_FALSE(job.result(too_large{}));
        REQUIRE(job.result(reading{42, 0.5F}));
    });
    const auto check = [&](pawl::job_context& job) {
        ++asked;
        const auto value = job.parent_result<reading>();
        REQUIRE(value.has_value());
        REQUIRE(value->value == 42);
        REQUIRE(value->scale == 0.5F);
        // Of another type there is none, even if its bytes would do.
        REQUIRE_FALSE(job.parent_result<other_reading>().has_value());
        REQUIRE_FALSE(job.parent_result<std::int32_t>().has_value());
        return job.attempt() == 1 ? outcome::retry() : outcome::success();
    };
    const auto waits = jobs.then(parent, check, {.retry = pawl::fixed_backoff(1ms)});
    const auto rests = jobs.then(parent, check, {.retry = pawl::fixed_backoff(1ms), .delay = 5ms});
    jobs.poll();
    const auto late = jobs.then(parent, check, {.retry = pawl::fixed_backoff(1ms)});
    jobs.advance(1s);
    REQUIRE(asked == 6);
    for (const auto id : {waits, rests, late}) {
        REQUIRE(jobs.state(id) == job_state::succeeded);
    }
}

TEST_CASE("33: a result is of the last attempt, and of a parent that failed, too") {
    scheduler jobs;
    int seen = 0;
    const auto parent = jobs.enqueue(
        [](pawl::job_context& job) {
            if (job.attempt() == 1) {
                job.result(std::int64_t{1});
                return outcome::retry();
            }
            if (job.attempt() == 2) {
                return outcome::retry();
            }
            job.result(3);
            job.result(4);
            return outcome::fail();
        },
        {.retry = pawl::fixed_backoff(1ms)});
    jobs.then(parent,
              [&](pawl::job_context& job) {
                  REQUIRE_FALSE(job.parent_result<std::int64_t>().has_value());
                  seen = job.parent_result<int>().value_or(-1);
              },
              {.when = when::failure});
    jobs.advance(1s);
    REQUIRE(seen == 4);
}

TEST_CASE("33: without a result, or without a parent, there is none, also in a slot that had one") {
    scheduler jobs;
    // Every slot has had a result, and a parent with one.
    for (std::uint32_t i = 0; i < 2 * small.jobs; ++i) {
        jobs.then(jobs.enqueue([](pawl::job_context& job) { job.result(7); }), nothing);
        jobs.poll();
    }
    int asked = 0;
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        const auto check = [&](pawl::job_context& job) {
            ++asked;
            REQUIRE_FALSE(job.parent_result<int>().has_value());
        };
        const auto id = jobs.enqueue(check);
        jobs.then(id, check);
        jobs.schedule(1ms, check);
        jobs.advance(1ms);
    }
    REQUIRE(asked == 3 * static_cast<int>(small.jobs));
}

TEST_CASE("33: a result goes to the children and no further, and a batch has none") {
    scheduler jobs;
    int asked = 0;
    const auto parent = jobs.enqueue([](pawl::job_context& job) { job.result(7); });
    const auto child = jobs.then(parent, nothing);
    const auto none = [&](pawl::job_context& job) {
        ++asked;
        REQUIRE_FALSE(job.parent_result<int>().has_value());
    };
    jobs.then(child, none);
    auto batch = jobs.batch();
    batch.enqueue([](pawl::job_context& job) { job.result(7); });
    jobs.then(batch.seal(), none);
    jobs.poll();
    REQUIRE(asked == 2);
}

TEST_CASE("33: of several parents it is the result of the one that ended last") {
    for (const bool first_is_later : {false, true}) {
        for (const bool afterwards : {false, true}) {
            scheduler jobs;
            int seen = 0;
            const auto gives = [](int value) {
                return [value](pawl::job_context& job) { job.result(value); };
            };
            const auto first = jobs.schedule(first_is_later ? 2ms : 1ms, gives(1));
            const auto second = jobs.schedule(first_is_later ? 1ms : 2ms, gives(2));
            if (afterwards) {
                jobs.advance(5ms);
            }
            jobs.then({first, second}, [&](pawl::job_context& job) {
                seen = job.parent_result<int>().value_or(-1);
            });
            jobs.advance(5ms);
            // Of those that had ended before, it is the one that was named last.
            REQUIRE(seen == (afterwards || !first_is_later ? 2 : 1));
        }
    }
}

// ---- Cascades -----------------------------------------------------------------------------------

namespace {

// Notes how deep the stack is when a callable is destroyed, which is where the cascade goes on.
class depth {
public:
    void look() noexcept {
        volatile char here = 0;
        const auto at = reinterpret_cast<std::uintptr_t>(&here);
        lowest_ = std::min(lowest_, at);
        highest_ = std::max(highest_, at);
        ++looks_;
    }
    [[nodiscard]] std::uintptr_t bytes() const noexcept { return highest_ - lowest_; }
    [[nodiscard]] std::uint32_t looks() const noexcept { return looks_; }

private:
    std::uintptr_t lowest_ = UINTPTR_MAX;
    std::uintptr_t highest_ = 0;
    std::uint32_t looks_ = 0;
};
class looks_when_it_ends {
public:
    explicit looks_when_it_ends(depth& to) noexcept : to_{&to} {}
    looks_when_it_ends(looks_when_it_ends&& other) noexcept
        : to_{std::exchange(other.to_, nullptr)} {}
    looks_when_it_ends& operator=(looks_when_it_ends&&) = delete;
    ~looks_when_it_ends() {
        if (to_ != nullptr) {
            to_->look();
        }
    }
    void operator()() const noexcept {}

private:
    depth* to_;
};

constexpr std::uint32_t many = 10'000;
constexpr pawl::limits large{.jobs = many + 8, .workers = 0};
using large_scheduler = pawl::scheduler<large, pawl::manual_platform>;
// A frame for each of 10,000 would be far more than this.
constexpr std::uintptr_t stack_max = 16 * 1024;

void poll_all(large_scheduler& jobs) {
    while (jobs.poll().more) {
    }
}

}  // namespace

TEST_CASE("30: a chain of 10,000 is deleted by a loop, from either end of its building") {
    for (const bool root_ends_first : {false, true}) {
        const auto owner = std::make_unique<large_scheduler>();
        auto& jobs = *owner;
        depth stack;
        const auto root = jobs.enqueue(fails);
        if (root_ends_first) {
            jobs.poll();
        }
        pawl::job_id last = root;
        for (std::uint32_t i = 0; i < many; ++i) {
            last = jobs.then(last, looks_when_it_ends{stack});
            REQUIRE(last);
        }
        int finally = 0;
        jobs.then(last, [&] { ++finally; }, {.when = when::deletion});
        poll_all(jobs);
        REQUIRE(finally == 1);
        REQUIRE(stack.looks() == many);
        REQUIRE(stack.bytes() < stack_max);
        REQUIRE(jobs.counts().deleted == many);
        REQUIRE(jobs.counts().awaiting == 0);
    }
}

TEST_CASE("30: a chain of 10,000 runs one after the other, and a cancel at its head deletes it") {
    const auto owner = std::make_unique<large_scheduler>();
    auto& jobs = *owner;
    depth stack;
    const auto root = jobs.schedule(1ms, nothing);
    pawl::job_id last = root;
    for (std::uint32_t i = 0; i < many; ++i) {
        last = jobs.then(last, looks_when_it_ends{stack});
    }
    jobs.advance(1ms);
    poll_all(jobs);
    REQUIRE(jobs.state(last) == job_state::succeeded);
    REQUIRE(jobs.counts().succeeded == many + 1);
    const auto next = jobs.schedule(1h, nothing);
    last = next;
    for (std::uint32_t i = 0; i < many; ++i) {
        last = jobs.then(last, looks_when_it_ends{stack});
    }
    REQUIRE(jobs.cancel(next));
    poll_all(jobs);
    REQUIRE(jobs.state(last) == job_state::deleted);
    REQUIRE(stack.looks() == 2 * many);
    REQUIRE(stack.bytes() < stack_max);
}

TEST_CASE("30: a fan of 10,000, of which every other one runs, and what hangs on it") {
    const auto owner = std::make_unique<large_scheduler>();
    auto& jobs = *owner;
    depth stack;
    std::uint32_t ran = 0;
    const auto root = jobs.enqueue(fails);
    for (std::uint32_t i = 0; i < many / 2; ++i) {
        const auto child = jobs.then(root, looks_when_it_ends{stack},
                                     {.when = i % 2 == 0 ? when::success : when::failure});
        REQUIRE(jobs.then(child, [&] { ++ran; }));
    }
    poll_all(jobs);
    REQUIRE(ran == many / 4);
    REQUIRE(stack.looks() == many / 2);
    REQUIRE(stack.bytes() < stack_max);
    REQUIRE(jobs.counts().awaiting == 0);
    REQUIRE(jobs.counts().deleted == many / 2);
}

// ---- With workers -------------------------------------------------------------------------------

namespace {

constexpr pawl::limits pool{.jobs = 256, .workers = 2, .result_bytes = 8};

template <class Submit>
pawl::job_id insist(Submit submit) {
    for (;;) {
        const pawl::job_id id = submit();
        if (id || id.error() == submit_error::gone) {
            return id;
        }
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("31, 36: then() while the parent ends: each continuation is decided, once") {
    constexpr std::uint32_t rounds = 4'000;
    const auto parent_ran = std::make_unique<std::atomic<std::uint32_t>[]>(rounds);
    const auto ran = std::make_unique<std::atomic<std::uint32_t>[]>(2 * rounds);
    std::atomic<std::uint32_t> wrong{0};
    const auto owner = std::make_unique<pawl::scheduler<pool>>();
    auto& jobs = *owner;
    // Two threads, each of which adds to its own parents while workers end them.
    std::atomic<std::uint32_t> refused{0};
    const auto submit = [&](std::uint32_t first) {
        for (std::uint32_t i = first; i < rounds; i += 2) {
            const bool succeeds = i % 3 != 0;
            const auto parent = insist([&] {
                return jobs.enqueue([&, i, succeeds](pawl::job_context& job) {
                    parent_ran[i] = 1;
                    job.result(i);
                    return succeeds ? outcome::success() : outcome::fail();
                });
            });
            if (i % 4 == 0) {
                std::this_thread::yield();
            }
            for (std::uint32_t child = 0; child < 2; ++child) {
                const auto id = insist([&] {
                    return jobs.then(parent,
                                     [&, i, child](pawl::job_context& job) {
                                         ++ran[2 * i + child];
                                         const bool right = parent_ran[i] == 1 &&
                                                            job.parent_result<std::uint32_t>() == i;
                                         wrong += right ? 0U : 1U;
                                     },
                                     {.when = child == 0 ? when::success : when::failure});
                });
                if (!id) {
                    ran[2 * i + child] = 100;  // its parent's slot was reused already
                    ++refused;
                }
            }
        }
    };
    std::thread one{submit, 0U};
    std::thread other{submit, 1U};
    one.join();
    other.join();
    while (jobs.counts().awaiting + jobs.counts().enqueued + jobs.counts().processing != 0) {
        std::this_thread::yield();
    }
    jobs.stop(pawl::drain);
    REQUIRE(wrong == 0);
    for (std::uint32_t i = 0; i < rounds; ++i) {
        const bool succeeds = i % 3 != 0;
        for (std::uint32_t child = 0; child < 2; ++child) {
            CAPTURE(i, child);
            const std::uint32_t expected = succeeds == (child == 0) ? 1 : 0;
            const std::uint32_t was = ran[2 * i + child];
            REQUIRE((was == expected || was == 100));
        }
    }
    REQUIRE(jobs.counts().succeeded + jobs.counts().failed + jobs.counts().deleted ==
            3 * rounds - refused);
    REQUIRE(refused < rounds);
}

TEST_CASE("5: joins of parents that workers end at once, and that are cancelled meanwhile") {
    constexpr std::uint32_t rounds = 1'500;
    std::atomic<std::uint32_t> all{0};
    std::atomic<std::uint32_t> any{0};
    const auto owner = std::make_unique<pawl::scheduler<pool>>();
    auto& jobs = *owner;
    std::atomic<std::uint32_t> expected_all{0};
    std::uint32_t expected_any = 0;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        pawl::job_id parents[4];
        for (pawl::job_id& parent : parents) {
            parent = insist([&] { return jobs.enqueue(nothing); });
        }
        const std::span<const pawl::job_id> span{parents};
        const auto join = insist([&] { return jobs.then(span, [&] { ++all; }); });
        const auto finally =
            insist([&] { return jobs.then(span, [&] { ++any; }, {.when = when::any}); });
        const bool cancels = i % 4 == 0 && jobs.cancel(parents[i % 3]);
        // A parent may be cancelled while it runs, after which nobody says that it succeeded.
        expected_all += join && !cancels ? 1U : 0U;
        expected_any += finally ? 1U : 0U;
    }
    while (jobs.counts().awaiting + jobs.counts().enqueued + jobs.counts().processing != 0) {
        std::this_thread::yield();
    }
    jobs.stop(pawl::drain);
    REQUIRE(any == expected_any);
    REQUIRE(all == expected_all);
    REQUIRE(expected_any > rounds / 2);
}
