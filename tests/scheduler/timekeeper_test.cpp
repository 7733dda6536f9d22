// The timekeeper between the scheduler and its wheel: budgets of moves, sleeping from deadline to
// deadline, and slots that come back.
//
// Goal: a poll moves no more timers than its budget says, inbox and wheel together, and what it
// leaves is not lost, not late without being told, and in order; a program that sleeps until
// next_wake() is as exact as one that polls in every tick, and meets no spike either; the slot of a
// cancelled job comes back at once. Method: virtual time. How much a poll has moved is told by how
// many polls it takes until there is no more to do.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

namespace {

constexpr pawl::limits capacity{
    .jobs = 4096, .job_bytes = 64, .edges = 0, .batches = 0, .recurring = 1, .workers = 0};
using virtual_jobs = pawl::scheduler<capacity, pawl::manual_platform>;

std::unique_ptr<virtual_jobs> make() { return std::make_unique<virtual_jobs>(); }

pawl::poll_budget moves(std::uint32_t count) { return {.moves = count}; }

// Polls until there is no more to do; how many polls that took.
template <class Scheduler>
std::uint32_t polls_until_done(Scheduler& jobs, std::uint32_t budget) {
    std::uint32_t polls = 1;
    while (jobs.poll(moves(budget)).more) {
        ++polls;
        REQUIRE(polls < 100'000);
    }
    return polls;
}

constexpr std::uint32_t in_steps(std::uint32_t total, std::uint32_t step) {
    return (total + step - 1) / step;
}

}  // namespace

// ---- The budget of moves ------------------------------------------------------------------------

TEST_CASE("timekeeper: a poll takes as many jobs from the inbox as its budget of moves says") {
    const std::uint32_t budget = GENERATE(1U, 7U, 10U, 64U, 99U, 100U, 101U);
    const auto jobs = make();
    for (int i = 0; i < 100; ++i) {
        jobs->schedule(1h, [] {});
    }
    for (std::uint32_t left = 100; left > budget; left -= budget) {
        REQUIRE(jobs->poll(moves(budget)).more);
        REQUIRE(*jobs->next_wake() == jobs->platform().now());  // for the rest of the inbox
    }
    REQUIRE_FALSE(jobs->poll(moves(budget)).more);
    REQUIRE(*jobs->next_wake() > jobs->platform().now());
}

TEST_CASE("timekeeper: a budget of moves is the whole poll's, however many jobs it runs") {
    const auto jobs = make();
    for (int i = 0; i < 10; ++i) {
        jobs->enqueue([] {});
    }
    for (int i = 0; i < 100; ++i) {
        jobs->schedule(1h, [] {});
    }
    const pawl::poll_result first = jobs->poll(moves(8));
    REQUIRE(first.ran == 10);
    REQUIRE(first.more);
    REQUIRE(polls_until_done(*jobs, 8) == in_steps(100 - 8, 8));
}

TEST_CASE("timekeeper: jobs that a poll makes ready do not renew its budget") {
    const auto jobs = make();
    for (int i = 0; i < 100; ++i) {
        jobs->schedule(i < 50 ? 1ms : 3'600'000ms, [] {});
    }
    jobs->platform().elapse(1ms);
    REQUIRE(polls_until_done(*jobs, 10) == 10);
    REQUIRE(jobs->counts().succeeded == 50);
}

TEST_CASE("timekeeper: a poll moves as many timers inside of the wheel as its budget says") {
    constexpr std::uint32_t count = 500;
    const auto polls_with = [&](std::uint32_t budget) {
        const auto jobs = make();
        std::uint32_t ran = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            jobs->schedule(5s, [&ran] { ++ran; });
        }
        jobs->poll();
        jobs->platform().elapse(6s);
        std::uint32_t polls = 1;
        for (; jobs->poll(moves(budget)).more; ++polls) {
            // A second ago they should have run.
            REQUIRE(jobs->lateness() >= (ran == 0 ? 1s : 0s));
            REQUIRE(polls < 100'000);
        }
        REQUIRE(ran == count);
        REQUIRE(jobs->lateness() == 0s);
        return polls;
    };
    const std::uint32_t total = polls_with(1);
    CAPTURE(total);
    REQUIRE(total >= count);  // they had been in a coarse slot
    for (const std::uint32_t budget : {2U, 3U, 5U, 63U, 64U, 65U, 1000U}) {
        CAPTURE(budget);
        REQUIRE(polls_with(budget) == in_steps(total, budget));
    }
}

TEST_CASE("timekeeper: inbox and wheel share a budget") {
    constexpr std::uint32_t count = 300;
    const auto jobs = make();
    for (std::uint32_t i = 0; i < count; ++i) {
        jobs->schedule(5s, [] {});
    }
    jobs->poll();
    jobs->platform().elapse(5s);
    for (std::uint32_t i = 0; i < count; ++i) {
        jobs->schedule(1h, [] {});
    }
    // At 5 s, the wheel has to bring down what is due; how much that is, is told by another one.
    const auto alone = make();
    for (std::uint32_t i = 0; i < count; ++i) {
        alone->schedule(5s, [] {});
    }
    alone->poll();
    alone->platform().elapse(5s);
    const std::uint32_t wheel_moves = polls_until_done(*alone, 1);
    REQUIRE(polls_until_done(*jobs, 1) == count + wheel_moves);
    REQUIRE(jobs->counts().succeeded == count);
}

TEST_CASE("timekeeper: a budget of no moves does not hang, and says that there is more") {
    const auto jobs = make();
    std::uint32_t ran = 0;
    jobs->schedule(1ms, [&] { ++ran; });
    REQUIRE(jobs->poll(moves(0)).more);
    REQUIRE(*jobs->next_wake() == jobs->platform().now());
    jobs->enqueue([&] { ++ran; });
    const pawl::poll_result second = jobs->poll(moves(0));
    REQUIRE(second.ran == 1);  // what is ready runs all the same
    REQUIRE(second.more);
    REQUIRE_FALSE(jobs->poll(moves(1)).more);
    jobs->platform().elapse(1ms);
    REQUIRE(jobs->poll(moves(0)).ran == 1);  // it lies in the slot of its tick
    REQUIRE(ran == 2);
    REQUIRE_FALSE(jobs->poll(moves(0)).more);
}

TEST_CASE("timekeeper: lateness() is zero while nothing is late") {
    const auto jobs = make();
    REQUIRE(jobs->lateness() == 0s);
    std::uint32_t ran = 0;
    for (int i = 0; i < 100; ++i) {
        jobs->schedule(5s, [&] { ++ran; });
    }
    REQUIRE_FALSE(jobs->poll().more);
    REQUIRE(jobs->lateness() == 0s);
    jobs->platform().elapse(7s);
    REQUIRE(jobs->poll(moves(0)).more);
    REQUIRE(ran == 0);
    // No more than the wheel knows: they lie in a slot that began before their time.
    REQUIRE(jobs->lateness() >= 2s);
    REQUIRE(jobs->lateness() < 7s);
    jobs->platform().elapse(1s);
    REQUIRE(jobs->lateness() >= 3s);
    REQUIRE_FALSE(jobs->poll().more);
    REQUIRE(ran == 100);
    REQUIRE(jobs->lateness() == 0s);
}

TEST_CASE("timekeeper: with any budgets nothing is lost, early, or out of order among equals") {
    std::mt19937 random{GENERATE(range(1U, 9U))};
    const auto jobs = make();
    struct job {
        std::int64_t due_ms;
        pawl::job_id id;
        int runs = 0;
        bool cancelled = false;
    };
    std::vector<job> all;
    all.reserve(4000);
    std::map<std::int64_t, std::size_t> last_of;  // by deadline: the last job that ran, plus 1
    bool in_order = true;
    bool early = false;
    const auto now_ms = [&] {
        return std::chrono::floor<std::chrono::milliseconds>(
                   jobs->platform().now().time_since_epoch())
            .count();
    };
    const auto submit = [&] {
        // Few deadlines, many on the same tick, from the next one to several levels away.
        const auto delay = static_cast<std::int64_t>((1 + random() % 4) << (random() % 5 * 3));
        const std::size_t self = all.size();
        all.push_back({now_ms() + delay, {}});
        all[self].id = jobs->schedule(std::chrono::milliseconds{delay}, [&, self] {
            job& me = all[self];
            ++me.runs;
            early = early || now_ms() < me.due_ms;
            std::size_t& last = last_of[me.due_ms];
            in_order = in_order && last <= self;
            last = self + 1;
        });
        REQUIRE(all[self].id);
    };
    while (all.size() < 4000) {
        for (auto burst = random() % 60; burst != 0 && all.size() < 4000; --burst) {
            submit();
            if (random() % 4 == 0) {
                job& victim = all[random() % all.size()];
                const bool waits = victim.runs == 0 && !victim.cancelled;
                REQUIRE(jobs->cancel(victim.id) == waits);
                victim.cancelled = victim.cancelled || waits;
            }
        }
        for (auto polls = random() % 4; polls != 0; --polls) {
            jobs->poll(moves(static_cast<std::uint32_t>(random() % 20)));
        }
        jobs->platform().elapse(std::chrono::milliseconds{random() % 3 == 0 ? random() % 500 : 1});
    }
    jobs->advance(1min);
    REQUIRE(in_order);
    REQUIRE_FALSE(early);
    std::uint32_t wrong = 0;
    for (const job& one : all) {
        wrong += one.runs == (one.cancelled ? 0 : 1) ? 0U : 1U;
    }
    REQUIRE(wrong == 0);
    REQUIRE_FALSE(jobs->next_wake());
    for (std::uint32_t slot = 0; slot < capacity.jobs; ++slot) {
        REQUIRE(jobs->enqueue([] {}));
    }
    REQUIRE_FALSE(jobs->enqueue([] {}));
}

// ---- From deadline to deadline ------------------------------------------------------------------

namespace {

enum class driven_by { ticks, next_wake };

// What a drive has met until all jobs had run.
struct journey {
    std::uint32_t polls = 0;          // after everything was filed
    std::uint32_t polls_before = 0;   // of them, those before the first deadline
    std::uint32_t unfinished = 0;     // polls that were not enough for their tick
    std::uint32_t late = 0;           // polls after which something was late
    std::uint32_t at_wrong_tick = 0;  // jobs
    std::uint32_t ran = 0;            // jobs
};

// Schedules a job for each of these milliseconds, files them all, and drives until they have run,
// with one poll of so many moves in a tick.
journey drive(const std::vector<std::int64_t>& due_ms, driven_by how, std::uint32_t budget) {
    const auto jobs = make();
    journey seen;
    const auto now_ms = [&] {
        return std::chrono::floor<std::chrono::milliseconds>(
                   jobs->platform().now().time_since_epoch())
            .count();
    };
    for (const std::int64_t due : due_ms) {
        REQUIRE(jobs->schedule(std::chrono::milliseconds{due}, [&, due] {
            ++seen.ran;
            seen.at_wrong_tick += now_ms() == due ? 0U : 1U;
        }));
    }
    polls_until_done(*jobs, budget);
    const std::int64_t first = *std::min_element(due_ms.begin(), due_ms.end());
    while (seen.ran != due_ms.size()) {
        std::int64_t next = now_ms() + 1;
        if (how == driven_by::next_wake) {
            const auto wake = jobs->next_wake();
            REQUIRE(wake);
            next = std::max(
                next,
                std::chrono::ceil<std::chrono::milliseconds>(wake->time_since_epoch()).count());
        }
        jobs->platform().elapse_until(
            pawl::manual_platform::time_point{std::chrono::milliseconds{next}});
        const pawl::poll_result result = jobs->poll(moves(budget));
        ++seen.polls;
        seen.polls_before += now_ms() < first ? 1U : 0U;
        seen.unfinished += result.more ? 1U : 0U;
        seen.late += jobs->lateness() != 0s ? 1U : 0U;
        REQUIRE(seen.polls < 100'000);
    }
    REQUIRE_FALSE(jobs->next_wake());
    return seen;
}

std::vector<std::int64_t> all_at(std::size_t count, std::int64_t due_ms) {
    return std::vector<std::int64_t>(count, due_ms);
}

std::vector<std::int64_t> spread(std::size_t count, std::int64_t from_ms, std::int64_t to_ms) {
    std::vector<std::int64_t> due_ms(count);
    std::mt19937 random{20'260'301};
    for (std::int64_t& due : due_ms) {
        due = from_ms +
              static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(to_ms - from_ms));
    }
    return due_ms;
}

}  // namespace

// The slot above single ticks is 32 of them, and is empty one tick before it begins: 31 times 64
// timers come down in time.
TEST_CASE("timekeeper: thousands of jobs in one slot, driven by next_wake() and by ticks") {
    const driven_by how = GENERATE(driven_by::ticks, driven_by::next_wake);
    const auto due_ms = GENERATE(all_at(1900, 5000),           // one tick
                                 spread(1900, 4992, 5024),     // one slot of 32 ticks
                                 spread(4096, 4096, 5120),     // one slot of 1024 ticks
                                 spread(4096, 65'536, 98'304)  // one slot of 32,768 ticks
    );
    CAPTURE(how == driven_by::ticks, due_ms.size(), due_ms.front());
    const journey seen = drive(due_ms, how, 64);
    CHECK(seen.ran == due_ms.size());
    CHECK(seen.at_wrong_tick == 0);
    CHECK(seen.late == 0);
    CHECK(seen.unfinished == 0);
    if (how == driven_by::next_wake) {
        // 64 a poll: it woke on the way, but not in every tick.
        CHECK(seen.polls_before >= (due_ms.size() - 1) / 64);
        CHECK(seen.polls < 5000);
    }
}

// More than can be moved in time: the last tick before the slot begins takes several polls, but if
// they come, no job is late.
TEST_CASE("timekeeper: more jobs at one tick than the budget of the ticks before it") {
    const bool by_ticks = GENERATE(false, true);
    const auto jobs = make();
    std::uint32_t ran = 0;
    std::uint32_t early = 0;
    const auto due = pawl::manual_platform::time_point{5000ms};
    for (std::uint32_t i = 0; i < capacity.jobs; ++i) {
        jobs->schedule(5000ms, [&] {
            ++ran;
            early += jobs->platform().now() == due ? 0U : 1U;
        });
    }
    std::uint32_t polls = 0;
    std::uint32_t polls_before = 0;
    while (ran != capacity.jobs) {
        const bool more = jobs->poll(moves(64)).more;
        REQUIRE(jobs->lateness() == 0s);
        REQUIRE(++polls < 100'000);
        const auto now = jobs->platform().now();
        polls_before += now < due && now.time_since_epoch() > 0s ? 1U : 0U;
        if (more) {
            REQUIRE(*jobs->next_wake() == now);
        } else if (ran != capacity.jobs) {
            jobs->platform().elapse_until(by_ticks ? now + 1ms : *jobs->next_wake());
        }
    }
    REQUIRE(early == 0);
    REQUIRE(polls_before >= 2 * capacity.jobs / 64);  // each is moved twice
    REQUIRE(jobs->platform().now() == due);
}

// ---- Slots that come back -----------------------------------------------------------------------

TEST_CASE("timekeeper: the slots of cancelled jobs come back at once, from inbox and wheel") {
    constexpr std::uint32_t count = 32;
    constexpr pawl::limits small{.jobs = count, .workers = 0};
    const bool in_wheel = GENERATE(false, true);
    pawl::scheduler<small, pawl::manual_platform> jobs;
    for (int round = 0; round < 100; ++round) {
        std::vector<pawl::job_id> ids;
        for (std::uint32_t i = 0; i < count; ++i) {
            ids.push_back(jobs.schedule(1h, [] {}));
            REQUIRE(ids.back());
        }
        REQUIRE(jobs.schedule(1h, [] {}).error() == pawl::submit_error::full);
        if (in_wheel) {
            jobs.poll();
        }
        for (const pawl::job_id id : ids) {
            REQUIRE(jobs.cancel(id));
        }
        jobs.poll();
        REQUIRE_FALSE(jobs.next_wake());
        REQUIRE(jobs.platform().now().time_since_epoch() == 0s);
    }
}

TEST_CASE("timekeeper: cancelled in the inbox, slots come back as fast as the budget says") {
    constexpr std::uint32_t count = 32;
    constexpr pawl::limits small{.jobs = count, .workers = 0};
    pawl::scheduler<small, pawl::manual_platform> jobs;
    for (std::uint32_t i = 0; i < count; ++i) {
        REQUIRE(jobs.cancel(jobs.schedule(1h, [] {})));
    }
    for (std::uint32_t left = count; left != 0; left -= 8) {
        REQUIRE_FALSE(jobs.enqueue([] {}));
        REQUIRE(jobs.poll(moves(8)).more == (left > 8));
        for (std::uint32_t i = 0; i < 8; ++i) {
            REQUIRE(jobs.schedule(1h, [] {}));  // behind the others
        }
        if (left == count) {
            break;  // what is scheduled now shares the inbox
        }
    }
    REQUIRE_FALSE(jobs.enqueue([] {}));
    REQUIRE(polls_until_done(jobs, 8) == count / 8);
    for (std::uint32_t i = 0; i < count - 8; ++i) {
        REQUIRE(jobs.enqueue([] {}));
    }
    REQUIRE_FALSE(jobs.enqueue([] {}));
}
