// What can be asked of a scheduler.
//
// Goal: info, lists, history, events, types and the snapshot say what is there and what happened,
// in memory that the caller gives; hooks are told the same; and two runs of one program are the
// same, event by event. Method: small programs in virtual time whose numbers are known.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;
using pawl::end_reason;
using pawl::job_state;

constexpr pawl::limits seen{.jobs = 32,
                            .workers = 0,
                            .queues = {"urgent", "default"},
                            .bands = 2,
                            .queue_control = true,
                            .slices = true,
                            .reschedule = true,
                            .deadlines = true,
                            .times = true,
                            .owners = true,
                            .progress = true,
                            .failed = 4,
                            .error_bytes = 16,
                            .history = 8,
                            .events = 64,
                            .types = 3,
                            .keys = 4,
                            .limiters = {"db"}};
using scheduler = pawl::scheduler<seen, pawl::manual_platform>;
using info = scheduler::info_type;

struct resize {
    static constexpr std::string_view job_type = "resize";
    int pixels;
    pawl::outcome operator()(pawl::job_context& job) const {
        return pixels > 0 ? pawl::outcome::success() : job.fail(7, "no pixels");
    }
};

std::vector<pawl::job_event> all_events(scheduler& jobs) {
    std::vector<pawl::job_event> result;
    auto reader = jobs.events();
    for (pawl::job_event event; reader.next(event);) {
        result.push_back(event);
    }
    return result;
}

}  // namespace

TEST_CASE("views: info says everything of one job, and nothing of one that is gone") {
    scheduler jobs;
    pawl::owner<scheduler> mine{jobs};
    const auto id = jobs.schedule(5ms, resize{0},
                                  {.name = "thumbnail",
                                   .queue = "urgent",
                                   .retry = pawl::no_retry(),
                                   .priority = 1,
                                   .owner = mine});
    auto job = jobs.info(id);
    REQUIRE(job);
    CHECK(job->id == id);
    CHECK(job->state == job_state::scheduled);
    CHECK(job->called.view() == "thumbnail");
    CHECK(job->queue_name() == "urgent");
    CHECK(job->priority == 1);
    CHECK(job->attempts == 0);
    CHECK(job->owner == pawl::owner_ref{mine});
    CHECK(job->due == jobs.platform().now() + 5ms);
    jobs.advance(5ms);
    job = jobs.info(id);
    REQUIRE(job);
    CHECK(job->state == job_state::failed);
    CHECK(job->kept);
    CHECK(job->attempts == 1);
    CHECK(job->error.code == 7);
    CHECK(job->error_text() == "no pixels");
    CHECK_FALSE(jobs.info(pawl::job_id{}));
    CHECK_FALSE(jobs.info(pawl::job_id{31, 5}));
}

TEST_CASE(
    "views: a running job's progress is seen from outside, and kept between slices (row 128)") {
    scheduler jobs;
    const auto id = jobs.enqueue([](pawl::job_context& job) {
        job.progress(job.cursor() * 400);
        return job.cursor() == 2 ? pawl::outcome::success()
                                 : pawl::outcome::yield(job.cursor() + 1);
    });
    for (const std::uint32_t expected : {0U, 400U, 800U}) {
        jobs.poll({.jobs = 1});
        REQUIRE(jobs.info(id)->progress == expected);
    }
}

TEST_CASE("views: list fills what it is given, and tells how many there were (row 127)") {
    scheduler jobs;
    for (int i = 0; i < 5; ++i) {
        jobs.schedule(1s, resize{i}, {.name = "even"});
        jobs.schedule(1s, resize{i}, {.name = "odd"});
    }
    info found[3];
    auto result = jobs.list(found, [](const info& job) { return job.called.view() == "odd"; });
    CHECK(result.written == 3);
    CHECK(result.matching == 5);
    CHECK(found[2].called.view() == "odd");
    result = jobs.list({}, job_state::scheduled);
    CHECK(result.written == 0);
    CHECK(result.matching == 10);
}

TEST_CASE(
    "views: history keeps the ends of jobs whose slots serve others, and forgets the oldest") {
    scheduler jobs;
    const auto first = jobs.enqueue(resize{1}, {.name = "first"});
    jobs.poll();
    jobs.platform().elapse(1s);
    std::vector<pawl::job_id> others;
    for (int i = 0; i < 7; ++i) {
        others.push_back(jobs.enqueue(resize{1}));
        jobs.poll();
    }
    pawl::job_record records[8];
    REQUIRE(jobs.history(records) == 8);
    CHECK(records[0].id() == others.back());
    CHECK(records[7].id() == first);
    CHECK(records[7].called.view() == "first");
    CHECK(records[7].why == end_reason::succeeded);
    CHECK(jobs.history(records, 500ms) == 7);
    REQUIRE(jobs.ended(first));
    CHECK(jobs.ended(first)->state == job_state::succeeded);
    jobs.enqueue(resize{1});
    jobs.poll();
    CHECK_FALSE(jobs.ended(first));
    CHECK(jobs.snapshot().history_gone == 1);
}

TEST_CASE("views: every way to end is a record with its reason") {
    scheduler jobs;
    const auto reason = [&](pawl::job_id id) { return jobs.ended(id)->why; };
    const auto cancelled = jobs.schedule(1h, resize{1});
    jobs.cancel(cancelled);
    const auto discarded = jobs.enqueue([] { return pawl::outcome::discard(); });
    const auto exhausted =
        jobs.enqueue([] { return pawl::outcome::retry(3); }, {.retry = pawl::no_retry()});
    const auto unmet = jobs.then(discarded, resize{1});
    jobs.poll();
    const auto late = jobs.enqueue(resize{1}, {.deadline = 1ms});
    jobs.platform().elapse(5ms);
    jobs.poll();
    CHECK(reason(cancelled) == end_reason::cancelled);
    CHECK(reason(discarded) == end_reason::discarded);
    CHECK(reason(exhausted) == end_reason::exhausted);
    CHECK(jobs.ended(exhausted)->error() == 3);
    CHECK(jobs.ended(exhausted)->attempts() == 1);
    CHECK(reason(unmet) == end_reason::unmet);
    CHECK(reason(late) == end_reason::expired);
}

TEST_CASE("views: a reader of events that comes late is told how many it has missed (row 132)") {
    scheduler jobs;
    auto reader = jobs.events();
    for (int i = 0; i < 40; ++i) {  // three events each
        jobs.enqueue(resize{1});
        jobs.poll();
    }
    std::uint32_t read = 0;
    for (pawl::job_event event; reader.next(event);) {
        ++read;
    }
    CHECK(read == 64);
    CHECK(reader.missed() == 120 - 64);
    CHECK(jobs.snapshot().events == 120);
}

TEST_CASE("views: types have their names, counts and times, what is one too many is others") {
    scheduler jobs;
    for (int i = 0; i < 5; ++i) {
        jobs.enqueue(resize{i});
    }
    jobs.platform().elapse(8ms);
    jobs.poll();
    jobs.enqueue([] { return pawl::outcome::retry(); },
                 {.name = "flaky", .retry = pawl::fixed_backoff(1ms).max_retries(2)});
    jobs.advance(10ms);
    jobs.every(1ms, resize{3}, {.name = "each"});  // a recurring job is of its callable's type
    jobs.advance(1ms);
    jobs.enqueue([] {}, {.name = "third"});
    jobs.enqueue([] { static_cast<void>(0); }, {.name = "fourth"});
    jobs.poll();
    pawl::job_type_numbers types[3];
    REQUIRE(jobs.types(types) == 3);
    CHECK(types[0].called.view() == "resize");
    CHECK(types[0].succeeded == 5);
    CHECK(types[0].failed == 1);
    CHECK(types[0].latency.max == 8);
    CHECK(types[1].called.view() == "flaky");
    CHECK(types[1].retried == 2);
    CHECK(types[1].failed == 1);
    CHECK(types[2].called.view() == "others");
    CHECK(types[2].succeeded == 2);
}

TEST_CASE("views: a snapshot has the numbers of states, queues, limiters and keys") {
    scheduler jobs;
    REQUIRE(jobs.set_limit("db", {.running_max = 1}));
    REQUIRE(jobs.pause("urgent"));
    jobs.enqueue(resize{1}, {.queue = "urgent"});
    jobs.platform().elapse(3ms);
    jobs.enqueue(resize{1}, {.queue = "urgent"});
    jobs.platform().elapse(4ms);
    jobs.schedule(1h, resize{1}, {.unique = pawl::key{1}});
    jobs.enqueue(resize{0}, {.retry = pawl::no_retry()});
    jobs.enqueue(resize{1}, {.run_at_most = 1ms});
    jobs.poll();
    const auto now = jobs.snapshot();
    CHECK(now.counts.enqueued == 2);
    CHECK(now.counts.scheduled == 1);
    CHECK(now.counts.succeeded == 1);
    CHECK(now.counts.failed == 1);
    CHECK(now.kept == 1);
    CHECK(now.queues[0].called == "urgent");
    CHECK(now.queues[0].ready == 2);
    CHECK(now.queues[0].paused);
    CHECK(now.queues[0].oldest == 7ms);
    CHECK(now.queues[1].ready == 0);
    CHECK(now.unique_keys == 1);
    CHECK(now.limiters[0].called == "db");
    CHECK(now.slots == 32);
}

TEST_CASE("views: who runs too long is found while it runs, and told when it returns (row 52)") {
    static scheduler* here = nullptr;
    static std::uint32_t stuck = 0;
    static pawl::stop_reason reason{};
    scheduler jobs;
    here = &jobs;
    jobs.enqueue(
        [](pawl::job_context& job) {
            here->platform().elapse(10ms);
            info found[4];
            stuck = here->list_stuck(found, 5ms).written;
            reason = job.stop_reason();
        },
        {.run_at_most = 5ms});
    jobs.poll();
    CHECK(stuck == 1);
    CHECK(reason == pawl::stop_reason::deadline);
    CHECK(jobs.snapshot().overran == 1);
    std::uint32_t told = 0;
    for (const auto& event : all_events(jobs)) {
        told += event.why == end_reason::overran ? 1U : 0U;
    }
    CHECK(told == 1);
}

namespace {
std::vector<pawl::job_event> heard;
struct listener {
    static void on_event(const pawl::job_event& event) noexcept { heard.push_back(event); }
};
}  // namespace

TEST_CASE(
    "views: hooks of the platform are told every event, and cost nothing where there are none") {
    using hooked = pawl::hooked<pawl::manual_platform, listener>;
    constexpr pawl::limits plain{.jobs = 8, .workers = 0};
    static_assert(sizeof(pawl::scheduler<plain, hooked>) <=
                  sizeof(pawl::scheduler<plain, pawl::manual_platform>) + 64);
    heard.clear();
    pawl::scheduler<plain, hooked> jobs;
    const auto id = jobs.enqueue([] {});
    jobs.poll();
    REQUIRE(heard.size() == 3);
    CHECK(heard[0].to == job_state::enqueued);
    CHECK(heard[1].to == job_state::processing);
    CHECK(heard[2].to == job_state::succeeded);
    CHECK(heard[2].id() == id);
}

TEST_CASE("drain: runs what is ready and what becomes due, and says what came of it (row 135)") {
    scheduler jobs;
    jobs.enqueue([](pawl::job_context& job) {
        return job.attempt() < 4 ? pawl::outcome::retry() : pawl::outcome::success();
    });
    jobs.schedule(3h, resize{1});
    jobs.schedule(4h, resize{0}, {.retry = pawl::no_retry()});
    const auto all = jobs.drain();
    CHECK(all.complete);
    CHECK(all.runs == 6);
    CHECK(all.succeeded == 2);
    CHECK(all.failed == 1);
    CHECK(all.retried == 3);

    jobs.schedule(1s, resize{1});
    CHECK(jobs.drain({.scheduled = false}).runs == 0);
    CHECK_FALSE(jobs.drain({.time = 500ms}).complete);
    CHECK(jobs.drain({.time = 2s}).runs == 1);

    jobs.every(1s, resize{1});
    const auto some = jobs.drain({.runs = 7});
    CHECK(some.runs == 7);
    CHECK_FALSE(some.complete);
}

TEST_CASE("views: two runs of the same program are the same, event by event (row 134)") {
    const auto program = [] {
        scheduler jobs;
        for (int i = 0; i < 6; ++i) {
            jobs.schedule(std::chrono::milliseconds{i % 3},
                          [](pawl::job_context& job) {
                              return job.attempt() < 3 ? pawl::outcome::retry()
                                                       : pawl::outcome::success();
                          },
                          {.retry = pawl::exponential_backoff(10ms).jitter(), .key = pawl::key{1}});
        }
        jobs.every(7ms, resize{1}, {.name = "each"});
        jobs.advance(60ms);
        return all_events(jobs);
    };
    const auto first = program();
    REQUIRE(first.size() == 64);
    CHECK(first == program());
}
