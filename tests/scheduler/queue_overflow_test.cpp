// Queues that are full.
//
// Goal: each policy does what queue_overflow.hpp says, nothing is lost without a word, and what is
// counted adds up. Method: small queues in virtual time; with workers a producer that is faster
// than they are.
// labels: concurrent
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::queue_full;
using pawl::submit_error;

constexpr pawl::limits small{.jobs = 16,
                             .workers = 0,
                             .queues = {"first", "second"},
                             .queue_control = true,
                             .reschedule = true,
                             .failed = 2,
                             .events = 64};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

// Enqueues a job that writes this letter.
pawl::job_id letter(scheduler& jobs, std::string& to, char which) {
    return jobs.enqueue([&to, which] { to += which; }, {.queue = "second"});
}

}  // namespace

TEST_CASE("queue overflow: reject and drop_newest refuse what is beyond the depth (row 97)") {
    for (const auto policy : {queue_full::reject, queue_full::drop_newest}) {
        scheduler jobs;
        std::string ran;
        REQUIRE(jobs.limit_depth("second", 2, policy));
        REQUIRE(letter(jobs, ran, 'a'));
        REQUIRE(letter(jobs, ran, 'b'));
        const auto refused = letter(jobs, ran, 'c');
        REQUIRE_FALSE(refused);
        CHECK(refused.error() ==
              (policy == queue_full::reject ? submit_error::queue_full : submit_error::dropped));
        // The other queue has room.
        CHECK(jobs.enqueue([&] { ran += '1'; }, {.queue = "first"}));
        jobs.poll();
        CHECK(ran == "1ab");
        REQUIRE(letter(jobs, ran, 'd'));
        CHECK(jobs.counts().refused == 1);
        CHECK(jobs.snapshot().queues[1].high_water == 2);
    }
}

TEST_CASE("queue overflow: drop_oldest lets the oldest go, with all that follows from its end") {
    scheduler jobs;
    std::string ran;
    REQUIRE(jobs.limit_depth("second", 2, queue_full::drop_oldest));
    const auto a = letter(jobs, ran, 'a');
    const auto b = letter(jobs, ran, 'b');
    jobs.then(a, [&] { ran += 'x'; }, {.when = pawl::when::deletion});
    const auto c = letter(jobs, ran, 'c');
    CHECK(jobs.state(a) == job_state::deleted);
    CHECK(jobs.state(b) == job_state::enqueued);
    REQUIRE(c);
    for (int i = 0; i < 100; ++i) {  // far more than there are slots
        REQUIRE(letter(jobs, ran, 'd'));
    }
    jobs.poll();
    CHECK(ran == "xdd");
    CHECK(jobs.counts().dropped == 101);
    CHECK(jobs.counts().deleted == 101);
    CHECK(jobs.counts().succeeded == 3);
}

TEST_CASE("queue overflow: what is dropped destroys its callable once, in its submitter's place") {
    struct counted {
        int* destroyed;
        explicit counted(int& to) noexcept : destroyed{&to} {}
        counted(counted&& other) noexcept : destroyed{other.destroyed} {
            other.destroyed = nullptr;
        }
        counted& operator=(counted&&) = delete;
        ~counted() {
            if (destroyed != nullptr) {
                ++*destroyed;
            }
        }
        void operator()() const {}
    };
    int destroyed = 0;
    scheduler jobs;
    REQUIRE(jobs.limit_depth("first", 1, queue_full::drop_oldest));
    REQUIRE(jobs.enqueue(counted{destroyed}, {.queue = "first"}));
    REQUIRE(destroyed == 0);
    REQUIRE(jobs.enqueue(counted{destroyed}, {.queue = "first"}));
    CHECK(destroyed == 1);
    jobs.poll();
    CHECK(destroyed == 2);
}

TEST_CASE("queue overflow: run_inline runs in the caller's place, once, and makes no job") {
    scheduler jobs;
    std::string ran;
    REQUIRE(jobs.limit_depth("second", 1, queue_full::run_inline));
    REQUIRE(letter(jobs, ran, 'a'));
    const auto here = letter(jobs, ran, 'b');
    CHECK(ran == "b");
    CHECK_FALSE(here);
    CHECK(here.error() == submit_error::ran_inline);
    // With a context that answers nothing.
    jobs.enqueue(
        [&](pawl::job_context& job) {
            ran += job.stop_requested() ? '?' : 'c';
            return pawl::outcome::retry();
        },
        {.queue = "second"});
    CHECK(ran == "bc");
    jobs.poll();
    CHECK(ran == "bca");
    CHECK(jobs.counts().succeeded == 1);
}

TEST_CASE("queue overflow: delayed jobs, retries and continuations find their place all the same") {
    scheduler jobs;
    std::string ran;
    REQUIRE(jobs.limit_depth("second", 1, queue_full::reject));
    for (const char which : {'a', 'b', 'c'}) {
        REQUIRE(jobs.schedule(1ms, [&ran, which] { ran += which; }, {.queue = "second"}));
    }
    jobs.advance(1ms);
    CHECK(ran == "abc");
    CHECK(jobs.snapshot().queues[1].high_water == 3);
}

TEST_CASE("queue overflow: there is no queue of another name, and no depth is no limit") {
    scheduler jobs;
    std::string ran;
    CHECK_FALSE(jobs.limit_depth("third", 1));
    REQUIRE(jobs.limit_depth("second", 0, queue_full::reject));
    for (int i = 0; i < 10; ++i) {
        REQUIRE(letter(jobs, ran, 'a'));
    }
}

TEST_CASE("queue overflow: block waits for room, and not for ever") {
    std::atomic<std::uint32_t> ran{0};
    pawl::scheduler<pawl::limits{.jobs = 16, .workers = 2}> jobs;
    REQUIRE(jobs.limit_depth("default", 2, queue_full::block, 10s));
    std::uint32_t accepted = 0;
    for (int i = 0; i < 200; ++i) {
        accepted += jobs.enqueue([&] { ++ran; }) ? 1U : 0U;
    }
    CHECK(accepted == 200);
    REQUIRE(jobs.pause("default"));
    REQUIRE(jobs.limit_depth("default", 2, queue_full::block, 1ms));
    std::uint32_t refused = 0;
    for (int i = 0; i < 5; ++i) {
        const auto id = jobs.enqueue([&] { ++ran; });
        refused += id.error() == submit_error::queue_full ? 1U : 0U;
        accepted += id ? 1U : 0U;
    }
    CHECK(refused >= 3);
    REQUIRE(jobs.resume("default"));
    jobs.stop(pawl::drain);
    CHECK(ran == accepted);
}

TEST_CASE("queue overflow: many threads drop each other's oldest, and every job ends once") {
    constexpr std::uint32_t each = 2'000;
    std::atomic<std::uint32_t> ran{0};
    std::atomic<std::uint32_t> accepted{0};
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 2}> jobs;
    REQUIRE(jobs.limit_depth("default", 8, queue_full::drop_oldest));
    const auto submit = [&] {
        for (std::uint32_t i = 0; i < each; ++i) {
            accepted += jobs.enqueue([&] { ++ran; }) ? 1U : 0U;
        }
    };
    std::thread other{submit};
    submit();
    other.join();
    jobs.stop(pawl::drain);
    const auto counts = jobs.counts();
    CHECK(ran == counts.succeeded);
    CHECK(counts.succeeded + counts.deleted == accepted);
    CHECK(counts.deleted == counts.dropped);
    CHECK(accepted + counts.refused == 2 * each);
}
