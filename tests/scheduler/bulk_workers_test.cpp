// labels: concurrent
//
// Several jobs at once beside real workers.
//
// Goal: enqueue_n wakes each sleeper once at most, and enough of them; all jobs run once. Method: a
// platform whose workers, once called, stay at the gate of their bed until the test lets them go:
// so no call is answered while the jobs come in, and every further call would be seen.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

#include "await.hpp"

using namespace std::chrono_literals;
using tests::await;

namespace {

struct gated_platform : pawl::std_platform {
    static inline std::atomic<int> calls{0};
    static inline std::atomic<int> asleep{0};
    static inline std::atomic<bool> open{true};

    static void park(parker& bed) noexcept {
        asleep.fetch_add(1);
        pawl::std_platform::park(bed);
        asleep.fetch_sub(1);
        while (!open.load()) {
            std::this_thread::yield();
        }
    }
    static void unpark(parker& bed) noexcept {
        calls.fetch_add(1);
        pawl::std_platform::unpark(bed);
    }
};

constexpr pawl::limits crew{.jobs = 256, .recurring = 0, .workers = 3, .local = 0};

}  // namespace

TEST_CASE("enqueue_n: one call for each sleeper at most, and one for each job at most (row 96)") {
    for (const std::uint32_t count : {1U, 2U, 3U, 100U}) {
        std::atomic<std::uint32_t> ran{0};
        std::atomic<int> met{0};
        pawl::scheduler<crew, gated_platform> jobs;
        // All three have begun, worked, and gone to sleep.
        jobs.enqueue_n(3, [&](std::uint32_t) {
            return [&] {
                ++met;
                static_cast<void>(await(20s, [&] { return met == 3; }));
            };
        });
        REQUIRE(await(20s, [&] { return met == 3 && gated_platform::asleep == 3; }));
        gated_platform::open = false;
        gated_platform::calls = 0;
        const bool accepted{jobs.enqueue_n(count, [&](std::uint32_t) { return [&] { ++ran; }; })};
        const int calls = gated_platform::calls;
        gated_platform::open = true;
        REQUIRE(accepted);
        REQUIRE(calls <= static_cast<int>(count < 3 ? count : 3));
        REQUIRE(await(20s, [&] { return ran == count; }));
    }
}

TEST_CASE("enqueue_n: from several threads while the scheduler stops, all or none of each") {
    for (int round = 0; round < 60; ++round) {
        std::atomic<std::uint32_t> ran{0};
        std::atomic<int> lives{0};
        std::uint32_t accepted = 0;
        std::uint64_t ended = 0;
        std::uint32_t deleted = 0;
        {
            struct token {
                explicit token(std::atomic<int>& all) noexcept : of{&all} { ++*of; }
                token(token&& other) noexcept : of{other.of} { ++*of; }
                token& operator=(token&&) = delete;
                ~token() { --*of; }
                std::atomic<int>* of;
            };
            pawl::scheduler<crew> jobs;
            std::vector<pawl::job_id> ids[2];
            const auto submit = [&](std::vector<pawl::job_id>& mine) {
                mine.resize(90);
                for (std::uint32_t from = 0; from < 90; from += 30) {
                    const auto result = jobs.enqueue_n(
                        30, [&](std::uint32_t) { return [&, t = token{lives}] { ++ran; }; }, {},
                        std::span{mine}.subspan(from, 30));
                    if (result.error() != pawl::submit_error::none) {
                        mine.resize(result.error() == pawl::submit_error::stopped && mine[from]
                                        ? from + 30
                                        : from);
                        return;
                    }
                }
            };
            std::thread first{submit, std::ref(ids[0])};
            std::thread second{submit, std::ref(ids[1])};
            if (round % 2 == 0) {
                std::this_thread::sleep_for(std::chrono::microseconds{round * 3});
            }
            jobs.stop(round % 3 == 0 ? pawl::drain : pawl::finish);
            first.join();
            second.join();
            for (const auto& each : ids) {
                for (const pawl::job_id id : each) {
                    ++accepted;
                    const pawl::job_state end = jobs.state(id);
                    REQUIRE(pawl::is_final(end));
                    deleted += end == pawl::job_state::deleted ? 1U : 0U;
                    ended += end == pawl::job_state::succeeded ? 1U : 0U;
                }
            }
            REQUIRE(lives == 0);
        }
        REQUIRE(ran == ended);
        REQUIRE(ended + deleted == accepted);
    }
}
