// labels: concurrent
//
// Batches with workers.
//
// Goal: whatever becomes of members on several threads at once, a batch ends once, after the last
// of them, and as what they ended. Method: each batch has a ledger in which its members' callables
// note that they have run, and continuations that count its ends; ThreadSanitizer sees whether the
// last one's work is visible to them.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using pawl::job_state;

namespace {

constexpr pawl::limits crew{.jobs = 128, .batches = 16, .workers = 2, .local = 0};
using scheduler = pawl::scheduler<crew>;

constexpr std::uint32_t members_max = 12;
struct ledger {
    std::array<std::uint32_t, members_max> runs{};  // not atomic: each its own, read after the end
    std::array<std::uint32_t, members_max> wanted{};
    std::atomic<int> ends{0};
    std::atomic<int> successes{0};
    bool good = true;
    bool cancelled = false;
};

// One batch of random members, some of them in a batch within; returns when all of it was added.
void one_batch(scheduler& jobs, ledger& mine, std::mt19937& random) {
    auto outer = jobs.batch();
    while (!outer) {
        std::this_thread::yield();
        std::destroy_at(&outer);
        std::construct_at(&outer, jobs.batch());
    }
    auto inner = outer.batch();
    mine.good = static_cast<bool>(inner);
    const auto count = static_cast<std::uint32_t>(random() % members_max);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto said = random() % 8;
        mine.wanted[i] = said == 1 || said == 2 ? 2 : 1;
        const auto body = [&mine, &jobs, i, said](pawl::job_context& job) {
            ++mine.runs[i];
            if (said == 3) {
                jobs.own_batch(job).enqueue([] {});
            }
            const bool first = job.attempt() == 1;
            return said == 0            ? pawl::outcome::fail()
                   : said == 1 && first ? pawl::outcome::retry_in(0ms)
                   : said == 2 && first ? pawl::outcome::retry_in(20us)
                                        : pawl::outcome::success();
        };
        auto& into = inner && random() % 2 == 0 ? inner : outer;
        const auto id = random() % 3 == 0 ? into.schedule(10us, body) : into.enqueue(body);
        mine.wanted[i] = id ? mine.wanted[i] : 0;
        mine.good = mine.good && id && said != 0;
        mine.good = mine.good && said != 3;  // whose own member may have found no room
    }
    const auto told = [&](pawl::when condition, std::atomic<int>& counter) {
        while (!jobs.then(outer.id(), [&counter] { ++counter; }, {.when = condition})) {
            std::this_thread::yield();
        }
    };
    told(pawl::when::success, mine.successes);
    mine.cancelled = random() % 8 == 0 && jobs.cancel(outer.id());
    told(pawl::when::any, mine.ends);
    inner.seal();
    outer.seal();
}

}  // namespace

TEST_CASE("batch: ends once, after its last member, whoever that is (rows 35 to 37)") {
    constexpr int rounds = 150;
    // A round waits for what it can tell will come; the rest of it may still run in the next one.
    std::vector<ledger> ledgers[2] = {std::vector<ledger>(rounds), std::vector<ledger>(rounds)};
    scheduler jobs;
    const auto run = [&](std::uint32_t seed) {
        std::mt19937 random{seed};
        for (ledger& mine : ledgers[seed - 1]) {
            one_batch(jobs, mine, random);
            const auto give_up = std::chrono::steady_clock::now() + 20s;
            while (mine.ends == 0 && std::chrono::steady_clock::now() < give_up) {
                std::this_thread::yield();
            }
            // The end is after everything that a member did.
            for (std::uint32_t i = 0; i < members_max; ++i) {
                if (mine.cancelled ? mine.runs[i] > mine.wanted[i]
                                   : mine.runs[i] != mine.wanted[i]) {
                    return false;
                }
            }
            while (mine.good && !mine.cancelled && mine.successes == 0 &&
                   std::chrono::steady_clock::now() < give_up) {
                std::this_thread::yield();
            }
            // A continuation for the success may still be about to be deleted, not about to run.
            if (mine.ends != 1 || mine.successes > (mine.cancelled ? 0 : 1) ||
                (mine.good && !mine.cancelled && mine.successes != 1)) {
                return false;
            }
            mine.ends = 0;
        }
        return true;
    };
    bool first = false;
    bool second = false;
    std::thread other{[&] { first = run(1); }};
    second = run(2);
    other.join();
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(jobs.stop(pawl::drain).status == pawl::stop_status::stopped);
}
