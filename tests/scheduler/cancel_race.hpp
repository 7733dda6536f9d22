// SPDX-License-Identifier: BSL-1.0
//
// cancel_race: jobs that come due while another thread cancels them, again and again.
//
// Method: a batch of jobs gets deadlines half a microsecond apart, and this thread cancels each
// around its deadline. Around: earlier the next time if the job was first, later if it was not, so
// that both win about as often on any machine. Where a machine is so slow that a batch is due
// before its jobs can be cancelled, the next one has twice the time, and so on. The races go on
// until each side has won often enough, whatever time that takes. Each job has an entry in which
// its callable counts its runs and its end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "await.hpp"
#include "catch.hpp"

namespace cancel_race {

// How the races of one run ended.
struct tally {
    std::uint32_t fired = 0;      // it ran, and cancel() said false
    std::uint32_t cancelled = 0;  // it never ran, and cancel() said true
    std::uint32_t while_run = 0;  // cancel() said true to a job that was running: it is deleted
    std::uint32_t wrong = 0;      // anything else: both, neither, or twice
    bool in_time = true;          // no job was waited for in vain
    bool accounts = true;         // the scheduler counted the same
    bool slots = true;            // and has all its slots
};

inline constexpr std::uint32_t batch = 256;

// How many of so many races each side is to win.
constexpr std::uint32_t enough(std::uint32_t races) { return races / 100; }

template <std::uint32_t Workers>
using scheduler = pawl::scheduler<pawl::limits{.jobs = batch,
                                               .job_bytes = 32,
                                               .edges = 0,
                                               .batches = 0,
                                               .recurring = 0,
                                               .workers = Workers},
                                  pawl::std_platform>;

struct entry {
    std::atomic<std::uint32_t> runs{0};
    std::atomic<std::uint32_t> ends{0};  // destructions of the callable
};

class runner {
public:
    explicit runner(entry& mine) noexcept : mine_{&mine} {}
    runner(runner&& other) noexcept : mine_{std::exchange(other.mine_, nullptr)} {}
    runner& operator=(runner&&) = delete;
    ~runner() {
        if (mine_ != nullptr) {
            mine_->ends.fetch_add(1, std::memory_order_release);
        }
    }
    void operator()() const noexcept { mine_->runs.fetch_add(1, std::memory_order_relaxed); }

private:
    entry* mine_;
};

// False after a time that only a job that was lost can take. Yields, and does not sleep: the next
// races wait for this thread.
template <class Done>
bool await(Done done) {
    return tests::await(std::chrono::seconds{60}, done, std::chrono::microseconds{0});
}

// At least so many races, and as many more as it takes until each side has won enough of them.
template <class Scheduler>
tally run(Scheduler& jobs, std::uint32_t races) {
    using std::chrono::nanoseconds;
    tally seen;
    std::vector<entry> entries(batch);
    std::vector<pawl::job_id> ids(batch);
    std::vector<pawl::std_platform::time_point> due(batch);
    std::vector<bool> said(batch);
    nanoseconds around{0};
    constexpr nanoseconds latest{5'000'000};
    constexpr nanoseconds step{100};
    // How slow this machine is: 1 where a batch is scheduled in 100 microseconds, and half a
    // microsecond is enough for a cancellation.
    std::int64_t slow = 1;
    constexpr std::int64_t slowest = 1 << 10;
    const auto patience = pawl::std_platform::now() + std::chrono::seconds{60};

    for (std::uint32_t done = 0;
         seen.in_time &&
         (done < races || ((seen.fired < enough(races) || seen.cancelled < enough(races)) &&
                           pawl::std_platform::now() < patience));
         done += batch) {
        const nanoseconds earliest{-200'000 * slow};
        const std::uint32_t cancelled_before = seen.cancelled;
        const auto begin = pawl::std_platform::now() + slow * std::chrono::microseconds{100};
        for (std::uint32_t i = 0; i < batch; ++i) {
            entries[i].runs.store(0, std::memory_order_relaxed);
            entries[i].ends.store(0, std::memory_order_relaxed);
            due[i] = begin + i * slow * nanoseconds{500};
            // Refused, while a slot of the last batch is on its way back, it stays ours.
            runner job{entries[i]};
            seen.in_time = seen.in_time && await([&] {
                               ids[i] = jobs.schedule(due[i], std::move(job));
                               return static_cast<bool>(ids[i]);
                           });
        }
        for (std::uint32_t i = 0; i < batch; ++i) {
            while (pawl::std_platform::now() < due[i] + around) {
            }
            said[i] = jobs.cancel(ids[i]);
            around += said[i] ? (around < latest ? step : nanoseconds{0})
                              : (around > earliest ? -step : nanoseconds{0});
        }
        for (std::uint32_t i = 0; i < batch; ++i) {
            seen.in_time = seen.in_time && await([&] {
                               return entries[i].ends.load(std::memory_order_acquire) != 0;
                           });
            const std::uint32_t runs = entries[i].runs.load(std::memory_order_relaxed);
            const bool once = runs == 1;
            const bool right = entries[i].ends == 1 && (said[i] ? runs <= 1 : once);
            seen.fired += once && !said[i] ? 1U : 0U;
            seen.cancelled += runs == 0 && said[i] ? 1U : 0U;
            seen.while_run += once && said[i] ? 1U : 0U;
            seen.wrong += right ? 0U : 1U;
        }
        const std::uint32_t cancelled = seen.cancelled - cancelled_before;
        if (cancelled < batch / 8 && slow < slowest) {
            slow *= 2;
        } else if (cancelled > batch / 2 && slow > 1) {
            slow /= 2;
        }
    }

    const auto counts = [&] {
        // The last of them are counted a moment after their callables are gone.
        pawl::job_counts now;
        await([&] {
            now = jobs.counts();
            return now.succeeded + now.deleted == seen.fired + seen.cancelled + seen.while_run;
        });
        return now;
    }();
    seen.accounts = counts.succeeded == seen.fired &&
                    counts.deleted == seen.cancelled + seen.while_run &&
                    counts.scheduled + counts.enqueued + counts.processing == 0;
    for (std::uint32_t slot = 0; slot < batch; ++slot) {
        seen.slots = seen.slots && await([&] {
                         return static_cast<bool>(jobs.schedule(std::chrono::hours{1}, [] {}));
                     });
    }
    seen.slots = seen.slots && !jobs.enqueue([] {});
    return seen;
}

// With workers.
inline tally against_workers(std::uint32_t races) {
    const auto jobs = std::make_unique<scheduler<2>>();
    const tally seen = run(*jobs, races);
    jobs->stop(pawl::finish);
    return seen;
}

// With a thread that polls, with a small budget of moves, and sleeps.
inline tally against_poll(std::uint32_t races) {
    const auto jobs = std::make_unique<scheduler<0>>();
    std::atomic<bool> over{false};
    std::thread polls{[&] {
        while (!over.load(std::memory_order_relaxed)) {
            if (!jobs->poll(pawl::poll_budget{.moves = 16}).more) {
                jobs->wait(std::chrono::milliseconds{1});
            }
        }
    }};
    const tally seen = run(*jobs, races);
    over.store(true, std::memory_order_relaxed);
    polls.join();
    jobs->stop(pawl::finish);
    return seen;
}

inline void check(const tally& seen, std::uint32_t races) {
    CAPTURE(seen.fired, seen.cancelled, seen.while_run);
    CHECK(seen.wrong == 0);
    CHECK(seen.in_time);
    CHECK(seen.accounts);
    CHECK(seen.slots);
    CHECK(seen.fired + seen.cancelled + seen.while_run >= races);
    // Both happen.
    CHECK(seen.fired >= enough(races));
    CHECK(seen.cancelled >= enough(races));
}

}  // namespace cancel_race
