// SPDX-License-Identifier: BSL-1.0
//
// Why a job failed: a code and a short text, from what it says or from what it throws.
//
// Goal: what can be read of a failed job is what its last attempt said, and of no other attempt or
// job. Method: virtual time; info() of the job, the number of its last event, and the history. The
// numbers in the names are the rows of the reference table of features.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::outcome;

namespace {

constexpr pawl::limits small{
    .jobs = 8, .workers = 0, .failed = 4, .error_bytes = 16, .history = 16, .events = 64};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

template <class Jobs>
std::string text_of(Jobs& jobs, pawl::job_id id) {
    return std::string{jobs.info(id)->error_text()};
}
template <class Jobs>
int code_of(Jobs& jobs, pawl::job_id id) {
    return jobs.info(id)->error.code;
}

// Uses each slot once, so that the next job comes into one that another had.
void fill_slots_with_errors(scheduler& jobs) {
    for (std::uint32_t i = 0; i < 2 * small.jobs; ++i) {
        jobs.enqueue([](pawl::job_context& job) { return job.fail(77, "seventy-seven"); });
        jobs.poll();
    }
}

}  // namespace

TEST_CASE("49: a failed job says a code and a text") {
    scheduler jobs;
    const auto id =
        jobs.enqueue([](pawl::job_context& job) { return job.fail(404, "no such user"); });
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(code_of(jobs, id) == 404);
    REQUIRE(text_of(jobs, id) == "no such user");
    const auto ended = jobs.ended(id);
    REQUIRE(ended.has_value());
    REQUIRE(ended->error() == 404);
    REQUIRE(ended->attempts() == 1);
    REQUIRE(ended->why == pawl::end_reason::failed);
}

TEST_CASE("49: the text is copied, and cut where it has no room") {
    scheduler jobs;
    const auto id = jobs.enqueue([](pawl::job_context& job) {
        std::string text = "0123456789abcdefghij";
        job.error(text);
        text.assign(text.size(), '#');
        return outcome::fail(1);
    });
    const auto fits =
        jobs.enqueue([](pawl::job_context& job) { return job.fail(2, "0123456789abcdef"); });
    const auto nul = jobs.enqueue([](pawl::job_context& job) {
        return job.fail(3, std::string_view{"a\0b", 3});
    });
    jobs.poll();
    REQUIRE(text_of(jobs, id) == "0123456789abcdef");
    REQUIRE(text_of(jobs, fits) == "0123456789abcdef");
    REQUIRE(text_of(jobs, nul) == std::string("a\0b", 3));
}

TEST_CASE("49: without a text there is none, also where a job before had one") {
    scheduler jobs;
    fill_slots_with_errors(jobs);
    const auto id = jobs.enqueue([] { return outcome::fail(5); });
    jobs.poll();
    REQUIRE(code_of(jobs, id) == 5);
    REQUIRE(text_of(jobs, id).empty());
    const auto quiet = jobs.enqueue([] { return outcome::fail(); });
    jobs.poll();
    REQUIRE(code_of(jobs, quiet) == 0);
}

TEST_CASE("49: a job that has not failed has no error, also where a job before had one") {
    scheduler jobs;
    fill_slots_with_errors(jobs);
    pawl::job_id running;
    running = jobs.enqueue([&] {
        REQUIRE(code_of(jobs, running) == 0);
        REQUIRE(text_of(jobs, running).empty());
    });
    jobs.poll();
    REQUIRE(jobs.state(running) == job_state::succeeded);
    REQUIRE(code_of(jobs, running) == 0);
    REQUIRE(text_of(jobs, running).empty());
}

TEST_CASE("49: between two attempts it is the last one's error, and after them the last of all") {
    scheduler jobs;
    const auto id = jobs.enqueue(
        [](pawl::job_context& job) {
            switch (job.attempt()) {
                case 1: return job.retry(10, "ten");
                case 2: return outcome::retry(20);
                case 3: return job.retry(30, "thirty");
                default: return outcome::retry(40);
            }
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(3)});
    const auto is = [&](int code, std::string_view text) {
        REQUIRE(code_of(jobs, id) == code);
        REQUIRE(text_of(jobs, id) == text);
    };
    jobs.poll();
    is(10, "ten");
    jobs.advance(1ms);
    is(20, "");
    jobs.advance(1ms);
    is(30, "thirty");
    jobs.advance(1ms);
    REQUIRE(jobs.state(id) == job_state::failed);
    is(40, "");
    // Each attempt's event has its code.
    std::string codes;
    auto reader = jobs.events();
    for (pawl::job_event event; reader.next(event);) {
        if (event.from == job_state::processing) {
            codes += std::to_string(event.number >> 16) + "/" +
                     std::to_string(event.number & 0xFFFF) + " ";
        }
    }
    REQUIRE(codes == "10/1 20/2 30/3 40/4 ");
}

TEST_CASE("49: a job that failed, was tried again and succeeded has ended well") {
    scheduler jobs;
    const auto id = jobs.enqueue(
        [](pawl::job_context& job) {
            return job.attempt() == 1 ? job.retry(1, "once") : outcome::success();
        },
        {.retry = pawl::fixed_backoff(1ms)});
    jobs.advance(1ms);
    REQUIRE(jobs.state(id) == job_state::succeeded);
    REQUIRE(jobs.ended(id)->error() == 0);
    REQUIRE(jobs.ended(id)->attempts() == 2);
}

TEST_CASE("49: a requeued job begins without an error") {
    scheduler jobs;
    bool broken = true;
    auto id = jobs.enqueue(
        [&](pawl::job_context& job) { return broken ? job.fail(7, "broken") : outcome::fail(); });
    jobs.poll();
    broken = false;
    id = jobs.requeue(id);
    REQUIRE(id);
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(code_of(jobs, id) == 0);
    REQUIRE(text_of(jobs, id).empty());
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("25: what a job throws is a failed attempt, and its what() the text") {
    scheduler jobs;
    const auto policy = pawl::fixed_backoff(1ms).max_retries(1);
    int runs = 0;
    const auto id = jobs.enqueue(
        [&] {
            ++runs;
            throw std::runtime_error{"the bus is off, and has been for long"};
        },
        {.retry = policy});
    const auto odd = jobs.enqueue([] { throw 42; }, {.retry = policy});
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::scheduled);  // retried
    REQUIRE(text_of(jobs, id) == "the bus is off, ");
    jobs.advance(1s);
    REQUIRE(runs == 2);
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(text_of(jobs, id) == "the bus is off, ");
    REQUIRE(code_of(jobs, id) == 0);
    REQUIRE(jobs.state(odd) == job_state::failed);
    REQUIRE(text_of(jobs, odd).empty());
    REQUIRE(jobs.ended(id)->why == pawl::end_reason::exhausted);
}

TEST_CASE("25: what a job said before it threw gives way to what it threw") {
    scheduler jobs;
    const auto id = jobs.enqueue(
        [](pawl::job_context& job) {
            job.error("before");
            throw std::logic_error{"thrown"};
        },
        {.retry = pawl::no_retry()});
    const auto odd = jobs.enqueue(
        [](pawl::job_context& job) {
            job.error("before");
            throw 42;
        },
        {.retry = pawl::no_retry()});
    jobs.poll();
    REQUIRE(text_of(jobs, id) == "thrown");
    REQUIRE(text_of(jobs, odd) == "before");
}

TEST_CASE("25: a job that throws each time harms no neighbour") {
    scheduler jobs;
    int ran = 0;
    jobs.every(1s, [] { throw std::runtime_error{"always"}; }, {.retry = pawl::no_retry()});
    jobs.every(1s, [&] { ++ran; });
    jobs.advance(100s);
    REQUIRE(ran == 100);
    REQUIRE(jobs.counts().failed == 100);
}
#endif

TEST_CASE("error_bytes = 0: no text has room, and the code is there where failed jobs are kept") {
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0, .failed = 4}, pawl::manual_platform> jobs;
    const auto id =
        jobs.enqueue([](pawl::job_context& job) { return job.fail(404, "no such user"); });
#if PAWL_HAS_EXCEPTIONS
    jobs.enqueue([] { throw std::runtime_error{"text"}; }, {.retry = pawl::no_retry()});
#endif
    jobs.poll();
    REQUIRE(jobs.info(id)->error.code == 404);
    REQUIRE(jobs.info(id)->error_text().empty());
    REQUIRE(sizeof(jobs.info(id)->error) == 4);
}

TEST_CASE("error_bytes = 0 and no failed jobs: a job may say what it wants") {
    pawl::scheduler<pawl::limits{.jobs = 8, .workers = 0}, pawl::manual_platform> jobs;
    const auto id =
        jobs.enqueue([](pawl::job_context& job) { return job.fail(404, "no such user"); });
    jobs.poll();
    REQUIRE(jobs.state(id) == job_state::failed);
    REQUIRE(jobs.info(id)->error.code == 0);
}
