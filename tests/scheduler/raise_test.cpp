// labels: concurrent
//
// Raising the priority of a job that waits.
//
// Goal: a raised job goes before those of its old band, runs once, and gives its slot back once,
// whatever becomes of it: while it lies in two rings at once, each way to an end is one on which a
// slot could be lost or doubled. Method: each of those ways in virtual time; random programs of all
// of them, after which every slot must be free again; and the same with threads for
// ThreadSanitizer.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

constexpr std::uint32_t slots = 16;
constexpr pawl::limits banded(std::uint32_t workers, std::uint32_t bound) {
    return {.jobs = slots,
            .workers = workers,
            .local = 0,
            .queues = {"only", "other"},
            .bands = 3,
            .starvation_bound = bound,
            .queue_control = true,
            .deadlines = true,
            .failed = 2,
            .keys = 4};
}
using scheduler = pawl::scheduler<banded(0, 0), pawl::manual_platform>;
using fair = pawl::scheduler<banded(0, 6), pawl::manual_platform>;
using crew = pawl::scheduler<banded(2, 6)>;

const auto nothing = [] {};
const auto fails = [] { return pawl::outcome::fail(); };

// Every slot but those of failed jobs that are kept can be taken, and none twice.
template <class Scheduler>
void require_everything_free(Scheduler& jobs) {
    jobs.advance(1h);
    // A requeued job that has ended lies with the failed ones until these push it out.
    for (std::uint32_t i = 0; i < Scheduler::capacity.failed; ++i) {
        REQUIRE(jobs.enqueue(fails));
        jobs.advance(0s);
    }
    const std::uint32_t free = slots - jobs.snapshot().kept;
    std::set<std::uint32_t> places;
    for (std::uint32_t i = 0; i < free; ++i) {
        const pawl::job_id id = jobs.enqueue(nothing);
        REQUIRE(id);
        REQUIRE(places.insert(id.index()).second);
    }
    REQUIRE(jobs.enqueue(nothing).error() == pawl::submit_error::full);
    jobs.advance(1h);
}

// The first of two waiting jobs of the lowest band, the second of which was raised.
template <class First, class Second>
void with_raised(First first, Second second) {
    scheduler jobs;
    const pawl::job_id before = jobs.enqueue(nothing);
    const pawl::job_id raised = jobs.enqueue(first);
    REQUIRE(jobs.raise(raised, 2));
    second(jobs, raised);
    require_everything_free(jobs);
    REQUIRE(jobs.state(before) != job_state::enqueued);
}

}  // namespace

TEST_CASE("raise: an enqueued job goes before those of its old band (row 79)") {
    scheduler jobs;
    std::string order;
    jobs.enqueue([&] { order += 'b'; });
    const auto raised = jobs.enqueue([&] { order += 'a'; });
    jobs.enqueue([&] { order += 'c'; });
    REQUIRE(jobs.raise(raised, 1));
    REQUIRE(jobs.info(raised)->priority == 1);
    jobs.poll();
    REQUIRE(order == "abc");
    REQUIRE_FALSE(jobs.raise(raised, 2));  // it has ended
    require_everything_free(jobs);
}

TEST_CASE("raise: once while it is ready, never down, and only what waits (row 79)") {
    scheduler jobs;
    const auto id = jobs.enqueue(nothing, {.priority = 1});
    REQUIRE_FALSE(jobs.raise(id, 1));
    REQUIRE_FALSE(jobs.raise(id, 0));
    REQUIRE(jobs.raise(id, 9));  // above the highest is the highest
    REQUIRE_FALSE(jobs.raise(id, 2));
    REQUIRE_FALSE(jobs.raise(pawl::job_id{}, 2));
    bool inside = true;
    jobs.enqueue([&](pawl::job_context& job) { inside = jobs.raise(job.id(), 2); });
    jobs.poll();
    REQUIRE_FALSE(inside);
}

TEST_CASE("raise: a scheduled or awaiting job comes into its band when it is ready (row 79)") {
    scheduler jobs;
    std::string order;
    const auto later = jobs.schedule(5ms, [&] { order += 's'; });
    const auto parent = jobs.enqueue(nothing);
    const auto child = jobs.then(parent, [&] { order += 'c'; });
    REQUIRE(jobs.raise(later, 1));
    REQUIRE(jobs.raise(later, 2));  // it is in no ring yet: as often as one likes
    REQUIRE(jobs.raise(child, 1));
    jobs.poll(pawl::poll_budget{.jobs = 1});
    jobs.enqueue([&] { order += '.'; });
    jobs.platform().elapse(5ms);
    jobs.poll();
    REQUIRE(order == "sc.");
    require_everything_free(jobs);
}

TEST_CASE("raise: then cancel: it does not run, and one slot is free again (row 21)") {
    with_raised([] { FAIL("it was cancelled"); },
                [](scheduler& jobs, pawl::job_id id) {
                    REQUIRE(jobs.cancel(id));
                    REQUIRE_FALSE(jobs.raise(id, 2));
                });
}

TEST_CASE("raise: then a retry at once, or later, or cancelled while it rests") {
    int runs = 0;
    const auto twice = [&runs](auto rest) {
        runs = 0;
        return [&runs, rest](pawl::job_context& job) {
            ++runs;
            return job.attempt() == 1 ? pawl::outcome::retry_in(rest) : pawl::outcome::success();
        };
    };
    const auto ends_well = [&](scheduler& jobs, pawl::job_id id) {
        jobs.advance(1s);
        REQUIRE(jobs.state(id) == job_state::succeeded);
        REQUIRE(runs == 2);
    };
    with_raised(twice(0ms), ends_well);
    with_raised(twice(5ms), ends_well);
    // The retry is due before anybody came to the old place.
    with_raised(twice(5ms), [&](scheduler& jobs, pawl::job_id id) {
        jobs.poll(pawl::poll_budget{.jobs = 1});
        jobs.platform().elapse(5ms);
        ends_well(jobs, id);
    });
    // Cancelled while it rests: its old place is found before its inbox is looked into.
    with_raised(twice(5ms), [&](scheduler& jobs, pawl::job_id id) {
        jobs.poll(pawl::poll_budget{.jobs = 1});
        REQUIRE(jobs.cancel(id));
        for (int i = 0; i < 4; ++i) {
            jobs.poll(pawl::poll_budget{.jobs = 1, .moves = 0});
        }
        jobs.advance(1s);
        REQUIRE(runs == 1);
    });
}

TEST_CASE("raise: then a failure for good: kept, evicted, and begun anew (row 47)") {
    with_raised(fails, [](scheduler& jobs, pawl::job_id id) {
        jobs.poll(pawl::poll_budget{.jobs = 1});
        REQUIRE(jobs.state(id) == job_state::failed);
        REQUIRE(jobs.info(id)->kept);
        // It lies in its old place still, and cannot go there a second time.
        REQUIRE(jobs.requeue(id).error() == pawl::submit_error::busy);
        jobs.poll();
        const auto again = jobs.requeue(id);
        REQUIRE(again);
        REQUIRE_FALSE(jobs.raise(again, 2));  // it lies with the failed ones still
        jobs.poll();
        REQUIRE(jobs.state(again) == job_state::failed);
    });
    with_raised(fails, [](scheduler& jobs, pawl::job_id id) {
        jobs.poll(pawl::poll_budget{.jobs = 1});
        jobs.enqueue(fails, {.priority = 1});  // two more that fail evict it,
        jobs.enqueue(fails, {.priority = 1});  // before anybody came to its old place
        jobs.poll(pawl::poll_budget{.jobs = 2});
        REQUIRE_FALSE(jobs.info(id)->kept);
        REQUIRE(jobs.snapshot().kept == 2);
        REQUIRE(jobs.snapshot().evicted == 1);
    });
}

TEST_CASE("raise: not of a requeued job, even when it lies with the failed ones no more") {
    scheduler jobs;
    const auto failed = jobs.enqueue(fails);
    jobs.poll();
    const auto again = jobs.requeue(failed);
    jobs.pause("only");
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue(fails, {.queue = "other"});
    }
    jobs.poll();
    REQUIRE_FALSE(jobs.raise(again, 2));
    jobs.resume("only");
    jobs.poll();
    REQUIRE(jobs.state(again) == job_state::failed);
    require_everything_free(jobs);
}

TEST_CASE("raise: not of a ready job with a key, but before it is due (row 87)") {
    scheduler jobs;
    int runs = 0;
    const auto holder = jobs.enqueue(
        [](pawl::job_context& job) {
            return job.attempt() == 1 ? pawl::outcome::retry_in(5ms) : pawl::outcome::success();
        },
        {.key = pawl::key{1}, .chain = true});
    jobs.poll();
    const auto waits = jobs.enqueue([&] { ++runs; }, {.key = pawl::key{1}});
    const auto delayed = jobs.schedule(2ms, [&] { ++runs; }, {.key = pawl::key{1}});
    REQUIRE_FALSE(jobs.raise(waits, 1));
    REQUIRE(jobs.raise(delayed, 1));
    jobs.poll();
    REQUIRE(jobs.state(waits) == job_state::enqueued);
    REQUIRE_FALSE(jobs.raise(waits, 2));
    jobs.advance(5ms);
    REQUIRE(jobs.state(holder) == job_state::succeeded);
    REQUIRE(runs == 2);
    require_everything_free(jobs);
}

TEST_CASE("raise: after a random program with bands every slot is free again") {
    for (std::uint32_t seed = 1; seed <= 400; ++seed) {
        INFO("seed " << seed);
        fair jobs;
        std::mt19937 random{seed};
        const auto below = [&](std::uint32_t bound) {
            return static_cast<std::uint32_t>(random() % bound);
        };
        std::vector<pawl::job_id> ids;
        std::uint64_t accepted = 0;
        const auto pick = [&] {
            return ids.empty() ? pawl::job_id{}
                               : ids[below(static_cast<std::uint32_t>(ids.size()))];
        };
        for (int step = 0; step < 200; ++step) {
            switch (below(8)) {
                case 0:
                case 1: {
                    const auto said = below(5);
                    const auto body = [said](pawl::job_context& job) {
                        const bool first = job.attempt() == 1;
                        return said == 0            ? pawl::outcome::fail()
                               : said == 1 && first ? pawl::outcome::retry_in(2ms)
                               : said == 2 && first ? pawl::outcome::retry_in(0ms)
                               : said == 3          ? pawl::outcome::discard()
                                                    : pawl::outcome::success();
                    };
                    scheduler::options_type options{.priority =
                                                        static_cast<std::uint8_t>(below(3))};
                    if (below(3) == 0) {
                        options.key = pawl::key{1 + below(2)};
                        options.on_busy = static_cast<pawl::on_busy>(below(4));
                        options.chain = below(2) == 0;
                    }
                    if (below(4) == 0) {
                        options.deadline = 1ms;
                    }
                    const auto id =
                        below(3) == 0 && pick() ? jobs.then(pick(), body, options)
                        : below(2) == 0
                            ? jobs.schedule(std::chrono::milliseconds{below(4)}, body, options)
                            : jobs.enqueue(body, options);
                    if (id) {
                        ++accepted;
                        ids.push_back(id);
                    }
                    break;
                }
                case 2:
                case 3: jobs.raise(pick(), below(3)); break;
                case 4: jobs.cancel(pick()); break;
                case 5:
                    if (const auto again = jobs.requeue(pick())) {
                        ++accepted;
                        ids.push_back(again);
                    }
                    break;
                case 6:
                    jobs.poll(pawl::poll_budget{.jobs = 1 + below(2), .moves = below(3)});
                    break;
                case 7: jobs.advance(std::chrono::milliseconds{below(3)}); break;
            }
        }
        require_everything_free(jobs);
        for (const auto id : ids) {
            const auto end = jobs.state(id);
            REQUIRE((end == job_state::gone || pawl::is_final(end)));
        }
        const auto counts = jobs.counts();
        REQUIRE(counts.succeeded + counts.failed + counts.deleted ==
                accepted + slots - jobs.snapshot().kept + fair::capacity.failed);
    }
}

TEST_CASE(
    "raise: from several threads beside workers, every job ends once and every slot is free") {
    for (std::uint32_t round = 1; round <= 20; ++round) {
        crew jobs;
        constexpr int each = 300;
        std::atomic<std::uint64_t> accepted{0};
        const auto submit = [&](std::uint32_t seed) {
            std::mt19937 random{seed};
            std::vector<pawl::job_id> ids{pawl::job_id{}};
            for (int i = 0; i < each; ++i) {
                const auto said = random() % 4;
                crew::options_type options{.priority = static_cast<std::uint8_t>(random() % 2)};
                if (random() % 4 == 0) {
                    options.key = pawl::key{1 + static_cast<std::uint32_t>(random() % 2)};
                }
                if (random() % 4 == 0) {
                    options.deadline = 1s;
                }
                const auto id = jobs.enqueue(
                    [said](pawl::job_context& job) {
                        const bool first = job.attempt() == 1;
                        return said == 0            ? pawl::outcome::fail()
                               : said == 1 && first ? pawl::outcome::retry_in(20us)
                               : said == 2 && first ? pawl::outcome::retry_in(0ms)
                                                    : pawl::outcome::success();
                    },
                    options);
                if (id) {
                    ++accepted;
                    ids.push_back(id);
                } else {
                    std::this_thread::yield();
                }
                jobs.raise(ids[ids.size() - 1 - random() % std::min<std::size_t>(ids.size(), 3)],
                           2);
                if (random() % 8 == 0) {
                    jobs.cancel(ids.back());
                }
                if (random() % 8 == 0 && jobs.requeue(ids[random() % ids.size()])) {
                    ++accepted;
                }
            }
        };
        std::thread first{submit, 2 * round};
        std::thread second{submit, 2 * round + 1};
        first.join();
        second.join();
        std::set<std::uint32_t> places;
        const auto give_up = std::chrono::steady_clock::now() + 20s;
        const auto ended = [&] {
            const auto counts = jobs.counts();
            return counts.succeeded + counts.failed + counts.deleted;
        };
        while (ended() != accepted && std::chrono::steady_clock::now() < give_up) {
            std::this_thread::sleep_for(100us);
        }
        REQUIRE(ended() == accepted);
        for (std::uint32_t i = 0; i < crew::capacity.failed; ++i) {
            const auto last = jobs.enqueue(fails);
            REQUIRE(last);
            while (!jobs.info(last) || !jobs.info(last)->kept) {
                std::this_thread::sleep_for(100us);
            }
        }
        // What a worker has counted it gives back a moment later; then all can be taken at once.
        jobs.pause("only");
        while (places.size() < slots - jobs.snapshot().kept &&
               std::chrono::steady_clock::now() < give_up) {
            if (const auto id = jobs.enqueue(nothing)) {
                REQUIRE(places.insert(id.index()).second);
            }
        }
        REQUIRE(places.size() == slots - jobs.snapshot().kept);
    }
}
