// labels: concurrent
//
// The timekeeper with real threads and the system's clock.
//
// Goal: a long job never stops time, an earlier deadline is kept although a sleeper has armed a
// later one, the slot of a cancelled job comes back although its deadline, and everybody's, is
// hours away, and who polls shares the wheel with who edits recurring jobs. Method: what must
// happen is waited for as long as only something that never happens takes; how long it took is not
// looked at. (timekeeper_explore.cpp has the interleavings, in virtual time.)
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

#include "await.hpp"

using namespace std::chrono_literals;
using tests::await;

namespace {

constexpr std::uint32_t slots = 32;
constexpr pawl::limits crew(std::uint32_t workers) {
    return {.jobs = slots,
            .job_bytes = 32,
            .edges = 0,
            .batches = 0,
            .recurring = 2,
            .workers = workers};
}
template <std::uint32_t Workers>
using scheduler = pawl::scheduler<crew(Workers), pawl::std_platform>;

}  // namespace

TEST_CASE("timekeeper: a long job does not stop time, whoever has it") {
    const auto delay = GENERATE(0us, 20us, 1000us);  // 0: a worker takes it that was free
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> ran{false};
        std::atomic<bool> in_time{false};
        scheduler<2> jobs;
        jobs.schedule(delay, [&] { in_time = await(20s, [&] { return ran.load(); }); });
        // Far enough for several looks at the wheel: a tick is 10 us.
        jobs.schedule(4ms, [&] { ran = true; });
        REQUIRE(await(20s, [&] { return in_time.load(); }));
        jobs.stop(pawl::finish);
    }
}

TEST_CASE("timekeeper: a job that is long schedules what it waits for") {
    std::atomic<int> rounds{0};
    std::atomic<bool> over{false};
    scheduler<2> jobs;
    jobs.schedule(1h, [] {});
    jobs.enqueue([&] {
        for (int round = 1; round <= 50; ++round) {
            jobs.schedule(50us * (round % 7), [&] { ++rounds; });
            if (!await(20s, [&] { return rounds.load() == round; })) {
                break;
            }
        }
        over = true;
    });
    REQUIRE(await(20s, [&] { return over.load(); }));
    REQUIRE(rounds == 50);
    jobs.stop(pawl::finish);
}

TEST_CASE("timekeeper: an earlier deadline is kept although a later one is armed") {
    std::atomic<int> ran{0};
    scheduler<2> jobs;
    // Each is earlier than the one before it, and all of them later than the last one.
    for (int deadline = 10; deadline > 0; --deadline) {
        jobs.schedule(deadline * 1h, [] {});
        jobs.schedule(300us, [&] { ++ran; });
        REQUIRE(await(20s, [&] { return ran.load() == 11 - deadline; }));
    }
    jobs.stop(pawl::finish);
}

TEST_CASE("timekeeper: the slots of cancelled jobs come back while all workers sleep") {
    scheduler<2> jobs;
    std::uint32_t cancelled = 0;
    bool room = true;
    const bool beside_an_earlier_one = GENERATE(false, true);
    if (beside_an_earlier_one) {
        REQUIRE(jobs.schedule(30min, [] {}));
    }
    const std::uint32_t free_slots = slots - (beside_an_earlier_one ? 1U : 0U);
    for (int round = 0; round < 20; ++round) {
        std::vector<pawl::job_id> ids;
        for (std::uint32_t i = 0; i < free_slots && room; ++i) {
            room = await(20s, [&] {
                const pawl::job_id id = jobs.schedule(1h, [] {});
                if (id) {
                    ids.push_back(id);
                }
                return static_cast<bool>(id);
            });
        }
        REQUIRE(room);
        if (round % 2 == 1) {
            // Filed by somebody, or not: nothing here says so.
            std::this_thread::sleep_for(1ms);
        }
        for (const pawl::job_id id : ids) {
            cancelled += jobs.cancel(id) ? 1U : 0U;
        }
    }
    REQUIRE(cancelled == 20 * free_slots);
    REQUIRE(await(20s, [&] { return jobs.counts().deleted == cancelled; }));
    jobs.stop(pawl::finish);
}

TEST_CASE("timekeeper: who polls with a budget shares the wheel with who edits recurring jobs") {
    std::atomic<bool> over{false};
    std::atomic<std::uint32_t> ran{0};
    std::uint32_t accepted = 0;
    scheduler<0> jobs;
    std::thread editor{[&] {
        for (int round = 0; round < 300; ++round) {
            const pawl::recurring_id id = jobs.every(20us, [] {});
            if (id) {
                jobs.remove(id);
            }
        }
    }};
    std::thread submitter{[&] {
        for (int job = 0; job < 3'000; ++job) {
            const auto id = jobs.schedule(std::chrono::microseconds{job % 200}, [&] { ++ran; });
            accepted += id ? 1U : 0U;
        }
        over = true;
    }};
    std::chrono::nanoseconds latest{0};
    while (!over) {
        jobs.poll(pawl::poll_budget{.moves = 2});
        latest = std::max(latest, std::chrono::nanoseconds{jobs.lateness()});
    }
    editor.join();
    submitter.join();
    REQUIRE(await(20s, [&] {
        jobs.poll();
        return ran.load() == accepted;
    }));
    REQUIRE(latest >= 0ns);
    REQUIRE(accepted != 0);
}
