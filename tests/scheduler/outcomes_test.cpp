// SPDX-License-Identifier: BSL-1.0
//
// Outcomes: what becomes of a job by what it says, and what its policy and its type say to that.
//
// Goal: retries are counted and rest as the policies say (the policies themselves are tested in
// tests/jobs), and what is no attempt costs none. Method: virtual time; each run notes when it was
// and which attempt it was told to be. The numbers in the names are the rows of the reference table
// of features.
#include "catch.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::outcome;

namespace {

constexpr pawl::limits small{.jobs = 16,
                             .workers = 0,
                             .queues = {"critical", "default"},
                             .slices = true,
                             .deadlines = true,
                             .failed = 4,
                             .events = 256};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;
using ms = std::chrono::milliseconds;

// When each run was, and which attempt it was told to be.
struct runs {
    std::vector<ms> at;
    std::vector<std::uint32_t> attempt;

    template <class Jobs>
    void note(Jobs& jobs, const pawl::job_context& job) {
        at.push_back(std::chrono::floor<ms>(jobs.platform().now().time_since_epoch()));
        attempt.push_back(job.attempt());
    }
};

// A job that says the same each time.
template <class Jobs>
pawl::job_id always(Jobs& jobs, runs& noted, outcome said, pawl::retry_policy policy = {}) {
    return jobs.enqueue(
        [&, said](pawl::job_context& job) {
            noted.note(jobs, job);
            return said;
        },
        {.retry = policy});
}

pawl::job_event last_event(scheduler& jobs, pawl::job_id id) {
    pawl::job_event result;
    auto reader = jobs.events();
    for (pawl::job_event event; reader.next(event);) {
        if (event.id() == id) {
            result = event;
        }
    }
    return result;
}

}  // namespace

TEST_CASE("39: ten retries are eleven runs, and attempts count from one") {
    scheduler jobs;
    runs noted;
    const auto id = always(jobs, noted, outcome::retry(), pawl::fixed_backoff(1ms));
    jobs.advance(9ms);
    REQUIRE(noted.at.size() == 10);
    REQUIRE(jobs.state(id) == job_state::scheduled);
    jobs.advance(1ms);
    REQUIRE(noted.at.size() == 11);
    REQUIRE(jobs.state(id) == job_state::failed);
    jobs.advance(24h);
    REQUIRE(noted.attempt == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    REQUIRE(jobs.counts().retried == 10);
    REQUIRE(jobs.counts().failed == 1);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::exhausted);
    REQUIRE(last_event(jobs, id).number == 11);
}

TEST_CASE("39, K4: max_retries counts retries and not runs") {
    for (const std::uint8_t retries : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{255}}) {
        scheduler jobs;
        runs noted;
        const auto id =
            always(jobs, noted, outcome::retry(), pawl::fixed_backoff(1ms).max_retries(retries));
        jobs.advance(1s);
        REQUIRE(noted.at.size() == retries + 1U);
        REQUIRE(jobs.state(id) == job_state::failed);
    }
}

TEST_CASE("40: the rests of Hangfire's formula, between its bounds, the same each time") {
    runs noted;
    const auto run = [](runs& into) {
        scheduler jobs;
        always(jobs, into, outcome::retry());
        jobs.advance(24h);
    };
    run(noted);
    REQUIRE(noted.at.size() == 11);
    for (std::uint32_t retry = 1; retry <= 10; ++retry) {
        const ms rest = noted.at[retry] - noted.at[retry - 1];
        const std::uint64_t before = retry - 1;
        const std::chrono::seconds least{before * before * before * before + 15};
        CAPTURE(retry, rest.count());
        REQUIRE(rest >= least);
        REQUIRE(rest <= least + std::chrono::seconds{29} * retry);
        REQUIRE(rest % 1s == 0s);
    }
    runs again;
    run(again);
    REQUIRE(again.at == noted.at);
}

TEST_CASE("40: two jobs that failed together do not come back together") {
    scheduler jobs;
    runs one;
    runs other;
    always(jobs, one, outcome::retry());
    always(jobs, other, outcome::retry());
    jobs.advance(24h);
    REQUIRE(one.at != other.at);
}

TEST_CASE("41: of a list the last rest repeats, and a rest of zero is queued at once") {
    scheduler jobs;
    runs noted;
    std::string order;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            noted.note(jobs, job);
            order += 'r';
            return outcome::retry();
        },
        {.retry = pawl::backoff_list(0ms, 5ms, 20ms).max_retries(5)});
    jobs.enqueue([&] { order += 'n'; });
    jobs.poll({.jobs = 1});
    REQUIRE(jobs.state(id) == job_state::enqueued);  // it was never scheduled
    jobs.poll();
    REQUIRE(order == "rnr");  // behind what was ready
    jobs.advance(1h);
    REQUIRE(noted.at == std::vector<ms>{0ms, 0ms, 5ms, 25ms, 45ms, 65ms});
}

namespace {

struct asked {
    std::uint32_t retry;
    std::uint16_t error;
};
std::vector<asked> questions;

struct by_function {
    static std::optional<ms> next_retry(std::uint32_t retry, std::uint16_t error) noexcept {
        questions.push_back({retry, error});
        return error == 99 ? std::nullopt : std::optional{ms{retry * 10}};
    }
    runs* noted;
    scheduler* jobs;
    std::uint32_t last;  // the attempt that says 99
    outcome said = outcome::retry(3);

    outcome operator()(pawl::job_context& job) const {
        noted->note(*jobs, job);
        return job.attempt() == last ? outcome::retry(99) : said;
    }
};

}  // namespace

TEST_CASE("42: a function of retry and error gives the rests, and may end it") {
    scheduler jobs;
    runs noted;
    questions.clear();
    // In the place of the policy's number of retries, too.
    const auto id =
        jobs.enqueue(by_function{&noted, &jobs, 14}, {.retry = pawl::fixed_backoff(1ms)});
    jobs.advance(1h);
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(noted.at.size() == 14);
    REQUIRE(noted.at[1] == 10ms);
    REQUIRE(noted.at[2] == 30ms);
    REQUIRE(noted.at[13] - noted.at[12] == 130ms);
    REQUIRE(questions.size() == 14);
    for (std::uint32_t i = 0; i < 14; ++i) {
        REQUIRE(questions[i].retry == i + 1);
        REQUIRE(questions[i].error == (i == 13 ? 99 : 3));
    }
}

TEST_CASE("42: where the job names the rest itself, the function only says whether") {
    scheduler jobs;
    runs noted;
    const auto id = jobs.enqueue(by_function{&noted, &jobs, 3, outcome::retry_in(7ms, 3)},
                                 {.retry = pawl::no_retry().after_last(pawl::after_last::discard)});
    jobs.advance(1h);
    REQUIRE(noted.at == std::vector<ms>{0ms, 7ms, 14ms});
    REQUIRE(jobs.state(id) == job_state::deleted);  // after_last() is still the policy's
}

TEST_CASE("43: after the last retry the job is failed, or deleted") {
    scheduler jobs;
    runs noted;
    const auto policy = pawl::fixed_backoff(1ms).max_retries(2);
    const auto fails = always(jobs, noted, outcome::retry(5), policy);
    const auto deleted =
        always(jobs, noted, outcome::retry(5), policy.after_last(pawl::after_last::discard));
    std::string order;
    jobs.then(fails, [&] { order += 'f'; }, {.when = pawl::when::failure});
    jobs.then(deleted, [&] { order += 'd'; }, {.when = pawl::when::deletion});
    jobs.advance(1s);
    REQUIRE(noted.at.size() == 6);
    REQUIRE(jobs.state(fails) == job_state::failed);
    REQUIRE(jobs.state(deleted) == job_state::deleted);
    REQUIRE(order == "fd");
    REQUIRE(last_event(jobs, fails).why == pawl::end_reason::exhausted);
    REQUIRE(last_event(jobs, fails).number == (5U << 16 | 3U));
    REQUIRE(last_event(jobs, deleted).why == pawl::end_reason::discarded);
    // Only the one that failed can be begun anew.
    REQUIRE(jobs.requeue(deleted).error() == pawl::submit_error::not_kept);
    REQUIRE(jobs.requeue(fails));
}

TEST_CASE("43: outcome::fail is a failure, whatever the policy does after the last retry") {
    scheduler jobs;
    runs noted;
    const auto id = always(jobs, noted, outcome::fail(9),
                           pawl::fixed_backoff(1ms).after_last(pawl::after_last::discard));
    jobs.advance(1s);
    REQUIRE(noted.at.size() == 1);
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(jobs.counts().retried == 0);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::failed);
    REQUIRE(last_event(jobs, id).number == (9U << 16 | 1U));
}

namespace {

int last_words = 0;
std::uint32_t last_words_attempt = 0;

struct mortal {
    static void on_dead(pawl::job_context& job) noexcept {
        ++last_words;
        last_words_attempt = job.attempt();
    }
    static bool is_failure(std::uint16_t error) noexcept { return error != 404; }
    outcome said;
    scheduler* jobs = nullptr;

    outcome operator()(pawl::job_context& job) const {
        if (jobs != nullptr) {
            jobs->cancel(job.id());
        }
        return said;
    }
};

}  // namespace

TEST_CASE("44: an error that is filtered fails at once, and what happens after the last does not") {
    scheduler jobs;
    last_words = 0;
    const auto policy = pawl::fixed_backoff(1ms).after_last(pawl::after_last::discard);
    for (const outcome said : {outcome::retry(404), outcome::retry_in(1ms, 404)}) {
        const auto id = jobs.enqueue(mortal{said}, {.retry = policy});
        jobs.advance(1s);
        REQUIRE(jobs.state(id) == job_state::failed);
        REQUIRE(last_event(jobs, id).why == pawl::end_reason::filtered);
        REQUIRE(last_event(jobs, id).number == (404U << 16 | 1U));
    }
    REQUIRE(last_words == 2);
    REQUIRE(jobs.counts().retried == 0);
}

TEST_CASE("43, 47: on_dead is called once, when the job has failed for good") {
    scheduler jobs;
    last_words = 0;
    const auto two = pawl::fixed_backoff(1ms).max_retries(2);
    const auto id = jobs.enqueue(mortal{outcome::retry(1)}, {.retry = two});
    jobs.poll();
    REQUIRE(last_words == 0);
    jobs.advance(1s);
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(last_words == 1);
    REQUIRE(last_words_attempt == 3);
    jobs.enqueue(mortal{outcome::fail()}, {.retry = two});
    jobs.poll();
    REQUIRE(last_words == 2);
    // Not of one that ended otherwise.
    jobs.enqueue(mortal{outcome::success()});
    jobs.enqueue(mortal{outcome::discard()});
    jobs.enqueue(mortal{outcome::retry()},
                 {.retry = pawl::no_retry().after_last(pawl::after_last::discard)});
    jobs.enqueue(mortal{outcome::fail(), &jobs});  // cancels itself
    jobs.cancel(jobs.enqueue(mortal{outcome::fail()}));
    jobs.advance(1s);
    REQUIRE(last_words == 2);
}

TEST_CASE("44: discard deletes, and is neither a failure nor a retry") {
    scheduler jobs;
    runs noted;
    const auto id = always(jobs, noted, outcome::discard());
    jobs.advance(1h);
    REQUIRE(noted.at.size() == 1);
    REQUIRE(jobs.state(id) == job_state::deleted);
    REQUIRE(jobs.counts().deleted == 1);
    REQUIRE(jobs.counts().failed == 0);
    REQUIRE(jobs.counts().retried == 0);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::discarded);
}

TEST_CASE("44: retry_in names the rest, and counts as the retry that it is") {
    scheduler jobs;
    runs noted;
    const auto id =
        always(jobs, noted, outcome::retry_in(7ms), pawl::fixed_backoff(1s).max_retries(3));
    jobs.advance(1h);
    REQUIRE(noted.at == std::vector<ms>{0ms, 7ms, 14ms, 21ms});
    REQUIRE(jobs.state(id) == job_state::failed);
}

TEST_CASE("45: a snooze costs no attempt, however often") {
    scheduler jobs;
    runs noted;
    int snoozes = 0;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            noted.note(jobs, job);
            return ++snoozes <= 300 ? outcome::snooze(5ms) : outcome::retry();
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(1)});
    jobs.advance(5ms * 300 - 1ms);
    REQUIRE(noted.at.size() == 300);
    REQUIRE(jobs.state(id) == job_state::scheduled);
    REQUIRE(jobs.info(id)->attempts == 0);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::snoozed);
    REQUIRE(jobs.counts().retried == 0);
    jobs.advance(1s);
    // The retry that it has is still there.
    REQUIRE(noted.at.size() == 302);
    REQUIRE(noted.attempt[299] == 1);
    REQUIRE(noted.attempt[300] == 1);
    REQUIRE(noted.attempt[301] == 2);
    REQUIRE(noted.at[301] == 1501ms);
    REQUIRE(jobs.state(id) == job_state::failed);
}

TEST_CASE("45: a snooze between retries keeps their number") {
    scheduler jobs;
    runs noted;
    constexpr std::array script{outcome::retry(),     outcome::snooze(1ms), outcome::retry(),
                                outcome::snooze(1ms), outcome::snooze(1ms), outcome::success()};
    std::size_t next = 0;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            noted.note(jobs, job);
            return script[next++];
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(2)});
    jobs.advance(1s);
    REQUIRE(noted.attempt == std::vector<std::uint32_t>{1, 2, 2, 3, 3, 3});
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(jobs.counts().retried == 2);
}

TEST_CASE("45: a snooze of zero runs again at once, behind what is ready") {
    scheduler jobs;
    std::string order;
    int left = 2;
    jobs.enqueue([&] {
        order += 's';
        return left-- > 0 ? outcome::snooze(0ms) : outcome::success();
    });
    jobs.enqueue([&] { order += 'o'; });
    jobs.poll();
    REQUIRE(order == "soss");
}

TEST_CASE("yield: a long job in slices is told its cursor, and others run between them") {
    scheduler jobs;
    std::string order;
    std::vector<std::uint32_t> cursors;
    std::vector<std::uint32_t> attempts;
    const auto slices = [&](pawl::job_context& job) {
        order += 's';
        cursors.push_back(job.cursor());
        attempts.push_back(job.attempt());
        return job.cursor() == 40 ? outcome::success() : outcome::yield(job.cursor() + 10);
    };
    const auto id = jobs.enqueue(slices, {.retry = pawl::no_retry()});
    jobs.enqueue([&] { order += 'a'; });
    jobs.enqueue([&] {
        order += 'b';
        jobs.enqueue([&] { order += 'c'; });
    });
    jobs.poll({.jobs = 1});
    REQUIRE(jobs.state(id) == job_state::enqueued);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::yielded);
    jobs.poll();
    REQUIRE(order == "sabscsss");
    REQUIRE(cursors == std::vector<std::uint32_t>{0, 10, 20, 30, 40});
    REQUIRE(attempts == std::vector<std::uint32_t>{1, 1, 1, 1, 1});
    REQUIRE(jobs.state(id) == job_state::succeeded);
    // Another job in the same slot begins at 0.
    for (std::uint32_t i = 0; i < small.jobs; ++i) {
        jobs.enqueue([](pawl::job_context& job) { REQUIRE(job.cursor() == 0); });
        jobs.poll();
    }
}

TEST_CASE("yield: a slice that fails is tried again, from its own cursor") {
    scheduler jobs;
    std::vector<std::uint32_t> cursors;
    runs noted;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            noted.note(jobs, job);
            cursors.push_back(job.cursor());
            if (cursors.size() == 2) {
                return outcome::retry();
            }
            return job.cursor() == 2 ? outcome::success() : outcome::yield(job.cursor() + 1);
        },
        {.retry = pawl::fixed_backoff(3ms).max_retries(1)});
    jobs.advance(1s);
    REQUIRE(cursors == std::vector<std::uint32_t>{0, 1, 1, 2});
    REQUIRE(noted.attempt == std::vector<std::uint32_t>{1, 1, 2, 2});
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("46: retry_for ends the retries by time, whatever number of them is left") {
    scheduler jobs;
    runs noted;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            noted.note(jobs, job);
            return outcome::retry();
        },
        {.retry = pawl::fixed_backoff(10ms).max_retries(255), .retry_for = 35ms});
    jobs.advance(1h);
    // From the first attempt on; the one at 40 ms would be too late.
    REQUIRE(noted.at == std::vector<ms>{0ms, 10ms, 20ms, 30ms});
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(last_event(jobs, id).why == pawl::end_reason::exhausted);

    // At its very end it may still begin, and how long it waited before counts for nothing.
    runs later;
    jobs.schedule(1s,
                  [&](pawl::job_context& job) {
                      later.note(jobs, job);
                      return outcome::retry_in(10ms);
                  },
                  {.retry = pawl::retry_policy{}.max_retries(255), .retry_for = 20ms});
    jobs.advance(1h);
    REQUIRE(later.at.size() == 3);
}

TEST_CASE("48: a job that is tried again keeps its queue, its name and its place in no other") {
    scheduler jobs;
    std::string order;
    const auto work = [&](char letter) {
        return [&, letter, turn = std::size_t{0}](pawl::job_context& job) mutable {
            order += letter;
            REQUIRE(job.called().view() == "kept");
            constexpr std::array script{outcome::retry(), outcome::snooze(1ms),
                                        outcome::retry_in(1ms), outcome::success()};
            return script[turn++];
        };
    };
    jobs.enqueue(work('d'), {.name = "kept", .retry = pawl::fixed_backoff(1ms)});
    jobs.enqueue(work('c'),
                 {.name = "kept", .queue = "critical", .retry = pawl::fixed_backoff(1ms)});
    jobs.poll();
    REQUIRE(order == "cd");
    for (int turn = 0; turn < 3; ++turn) {
        order.clear();
        jobs.advance(1ms);
        REQUIRE(order == "cd");
    }
    REQUIRE(jobs.counts().succeeded == 2);
}

TEST_CASE("retries that are left out: the first failure is the last, a snooze is none") {
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0, .retries = false}, pawl::manual_platform>
        jobs;
    runs noted;
    for (const outcome said : {outcome::retry(), outcome::retry_in(1ms)}) {
        const auto id = jobs.enqueue([&, said](pawl::job_context& job) {
            noted.note(jobs, job);
            return said;
        });
        jobs.advance(1h);
        REQUIRE(jobs.state(id) == job_state::failed);
    }
    REQUIRE(noted.attempt == std::vector<std::uint32_t>{1, 1});
    int snoozes = 0;
    const auto id = jobs.enqueue([&](pawl::job_context& job) {
        REQUIRE(job.attempt() == 1);
        return ++snoozes < 4 ? outcome::snooze(1ms) : outcome::success();
    });
    jobs.advance(10ms);
    REQUIRE(snoozes == 4);
    REQUIRE(jobs.state(id) == job_state::succeeded);
}

TEST_CASE("a rest that is beyond the clock is as long as the clock allows, and never early") {
    scheduler jobs;
    runs noted;
    const auto id = always(jobs, noted, outcome::retry_in(std::chrono::hours{24} * 365 * 80));
    jobs.advance(std::chrono::hours{24} * 365 * 70);
    REQUIRE(noted.at.size() == 1);
    REQUIRE(jobs.state(id) == job_state::scheduled);
}
