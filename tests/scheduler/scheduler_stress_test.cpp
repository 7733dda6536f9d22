// labels: concurrent
//
// A million jobs of all kinds from four threads on two workers.
//
// Goal: every job ends in exactly one final state, and the counts add up, whatever is submitted,
// retried, cancelled and continued at the same time. Method: each job has an entry in a ledger
// outside of pawl, in which its callable counts its runs and its end; at the end every entry and
// every total is compared with what the submitters did. A callable that is lost leaves its entry
// open, one that is run or destroyed twice counts twice. ThreadSanitizer runs the same program.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t job_count = 1'000'000;
constexpr std::uint32_t submitter_count = 4;
constexpr std::uint32_t share = job_count / submitter_count;
// Of each hundred jobs one fails twice and then succeeds or fails for good, and one is cancelled.
constexpr std::uint32_t every_nth = 100;

enum class plan : std::uint8_t { succeed, recover, fail, unmet };

struct record {
    std::atomic<std::uint8_t> runs{0};
    std::atomic<std::uint8_t> ends{0};  // destructions of the callable
    plan what = plan::succeed;
    bool cancelled = false;  // cancel() of this job returned true
    bool refused = false;    // its parent was gone already
};

// A move-only callable that tells its record about its life.
class ticket {
public:
    explicit ticket(record& entry) noexcept : entry_{&entry} {}
    ticket(ticket&& other) noexcept : entry_{std::exchange(other.entry_, nullptr)} {}
    ticket& operator=(ticket&&) = delete;
    ~ticket() {
        if (entry_ != nullptr) {
            entry_->ends.fetch_add(1, std::memory_order_relaxed);
        }
    }

    pawl::outcome operator()(pawl::job_context& job) const noexcept {
        entry_->runs.fetch_add(1, std::memory_order_relaxed);
        const bool fails =
            entry_->what == plan::fail || (entry_->what == plan::recover && job.attempt() <= 2);
        return fails ? pawl::outcome::retry() : pawl::outcome::success();
    }

private:
    record* entry_;
};

constexpr pawl::limits small_pool{.jobs = 2048, .workers = 2};
using scheduler = pawl::scheduler<small_pool>;

// Two retries, soon.
constexpr pawl::retry_policy quick = pawl::fixed_backoff(50us).max_retries(2);

// Submits until there is room: a full pool is an answer, and the callable is the caller's still.
template <class Submit>
pawl::job_id insist(Submit submit) {
    for (;;) {
        const pawl::job_id id = submit();
        switch (id.error()) {
            case pawl::submit_error::none:
            case pawl::submit_error::gone: return id;
            case pawl::submit_error::full:
            case pawl::submit_error::out_of_edges:
            case pawl::submit_error::out_of_batches: std::this_thread::yield(); break;
            default:
                std::fprintf(stderr, "unexpected: %s\n", to_string(id.error()).data());
                std::abort();
        }
    }
}

// One submitting thread and its part of the ledger.
class submitter {
public:
    submitter(scheduler& jobs, std::vector<record>& ledger, std::uint32_t first) noexcept
        : jobs_{jobs}, ledger_{ledger}, next_{first}, end_{first + share}, random_{first + 1} {}

    void run() {
        while (next_ < end_) {
            const std::uint32_t left = end_ - next_;
            switch (random_() % 8) {
                case 0: delayed(); break;
                case 1: left >= 3 ? family() : single(); break;
                case 2: left >= 4 ? group() : single(); break;
                default: single(); break;
            }
        }
    }

private:
    // The next entry of the ledger, with what its job is to do.
    record& take(plan what = plan::succeed) {
        record& entry = ledger_[next_];
        entry.what = what;
        if (what == plan::succeed && next_ % every_nth == 0) {
            entry.what = next_ % (2 * every_nth) == 0 ? plan::recover : plan::fail;
        }
        ++next_;
        return entry;
    }

    void maybe_cancel(record& entry, pawl::job_id id) {
        if ((next_ - 1) % every_nth == every_nth / 2) {
            entry.cancelled = jobs_.cancel(id);
        }
    }

    void single() {
        record& entry = take();
        ticket job{entry};
        maybe_cancel(entry,
                     insist([&] { return jobs_.enqueue(std::move(job), {.retry = quick}); }));
    }

    void delayed() {
        record& entry = take();
        ticket job{entry};
        const auto delay = std::chrono::microseconds{static_cast<int>(random_() % 2'000)};
        maybe_cancel(
            entry, insist([&] { return jobs_.schedule(delay, std::move(job), {.retry = quick}); }));
    }

    // A continuation of a job or batch; refused if that is gone already.
    void after(pawl::job_id parent, plan what, pawl::when condition) {
        record& entry = take(what);
        ticket job{entry};
        const pawl::job_id id = insist([&] {
            return jobs_.then(parent, std::move(job), {.retry = quick, .when = condition});
        });
        entry.refused = !id;
    }

    // A parent that succeeds in the end, what follows, and what must not follow.
    void family() {
        ticket job{take(plan::recover)};
        const pawl::job_id parent =
            insist([&] { return jobs_.enqueue(std::move(job), {.retry = quick}); });
        after(parent, plan::succeed, pawl::when::success);
        after(parent, plan::unmet, pawl::when::failure | pawl::when::deletion);
    }

    void group() {
        for (;;) {
            auto batch = jobs_.batch();
            if (!batch) {
                std::this_thread::yield();
                continue;
            }
            for (int member = 0; member < 3; ++member) {
                ticket job{take()};
                insist([&] { return batch.enqueue(std::move(job), {.retry = quick}); });
            }
            after(batch.seal(), plan::succeed, pawl::when::any);
            return;
        }
    }

    scheduler& jobs_;
    std::vector<record>& ledger_;
    std::uint32_t next_;
    std::uint32_t end_;
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("scheduler: a million mixed jobs each end once, and the counts add up") {
    std::vector<record> ledger(job_count);
    std::atomic<std::uint32_t> recurring_runs{0};
    const auto jobs = std::make_unique<scheduler>();
    REQUIRE(jobs->every(1ms, [&] { recurring_runs.fetch_add(1, std::memory_order_relaxed); }));

    {
        std::vector<std::thread> threads;
        for (std::uint32_t thread = 0; thread < submitter_count; ++thread) {
            threads.emplace_back([&, thread] { submitter{*jobs, ledger, thread * share}.run(); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    // Retries and delays are over soon; only the recurring job goes on.
    const auto at_rest = [&] {
        const pawl::job_counts counts = jobs->counts();
        return counts.awaiting == 0 && counts.scheduled == 0 &&
               counts.enqueued + counts.processing <= 1;
    };
    for (int tries = 0; !at_rest() && tries < 60'000; ++tries) {
        std::this_thread::sleep_for(1ms);
    }
    REQUIRE(at_rest());
    const pawl::stop_report report = jobs->stop(pawl::drain);
    REQUIRE(report.status == pawl::stop_status::stopped);

    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t deleted = 0;
    std::uint64_t retried_min = 0;
    std::uint32_t wrong = 0;
    for (const record& entry : ledger) {
        const std::uint32_t runs = entry.runs;
        bool right = entry.ends == 1;
        if (entry.refused) {
            right = right && runs == 0;
        } else if (entry.cancelled) {
            ++deleted;
            right = right && runs <= 3;
        } else if (entry.what == plan::unmet) {
            ++deleted;
            right = right && runs == 0;
        } else {
            const bool retries = entry.what != plan::succeed;
            retried_min += retries ? 2 : 0;
            right = right && runs == (retries ? 3U : 1U);
            ++(entry.what == plan::fail ? failed : succeeded);
        }
        wrong += right ? 0U : 1U;
    }
    CHECK(wrong == 0);

    const pawl::job_counts counts = jobs->counts();
    CHECK(counts.succeeded == succeeded + recurring_runs.load());
    CHECK(counts.failed == failed);
    CHECK(counts.deleted == deleted + report.cancelled);
    CHECK(counts.retried >= retried_min);
    CHECK(counts.awaiting + counts.scheduled + counts.enqueued + counts.processing == 0);
    // The program did what it says: some of each.
    CHECK(failed > job_count / 400);
    CHECK(deleted > job_count / 400);
    CHECK(recurring_runs.load() > 0);
}
