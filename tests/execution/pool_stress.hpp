// SPDX-License-Identifier: BSL-1.0
//
// A pool under random load: bursts of posts from several threads with idle gaps between them, jobs
// that spawn, fork, join, post and hand on. A ledger outside of pawl says whether each job ran
// once. A watchdog says whether the pool sleeps with work: nobody submits any more, jobs are
// missing, and nothing runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/std_platform.hpp>

namespace pool_stress {

// As many cores as the run wants: one type of pool for all numbers of workers.
struct some_cores : pawl::std_platform {
    static unsigned thread_count() noexcept { return cores; }
    static inline unsigned cores = 1;
};

// Little room, so that everything is full now and then.
inline constexpr pawl::pool_limits tight{.workers = pawl::one_per_core,
                                         .workers_max = 23,
                                         .queue = 64,
                                         .local = 16,
                                         .lane = 8,
                                         .priorities = 2,
                                         .depth = 4};
using pool_type = pawl::thread_pool<tight, some_cores>;
using worker_type = pool_type::worker;

struct plan {
    std::uint32_t seed;
    std::uint32_t workers;    // 1 to 23
    std::uint32_t posters;    // threads that submit
    std::uint32_t jobs;       // in all
    std::uint32_t burst_max;  // posts without a gap
    std::uint32_t gap_us_max;
    bool rests = false;  // after each burst until all of it has run, before the gap
};

struct result {
    std::uint32_t lost = 0;
    std::uint32_t doubled = 0;
    bool stuck = false;          // the watchdog
    bool counts_differ = false;  // what the pool counted is not what the ledger has
    std::uint32_t ran = 0;
    pawl::pool_counts counts;
};

class run {
public:
    explicit run(const plan& of) : plan_{of}, ledger_(of.jobs) { some_cores::cores = of.workers; }

    result operator()() {
        pool_ = std::make_unique<pool_type>();
        std::vector<std::thread> threads;
        for (std::uint32_t i = 0; i < plan_.posters; ++i) {
            threads.emplace_back([this, i] { submit(plan_.seed * 31 + i); });
        }
        for (std::thread& each : threads) {
            each.join();
        }
        result seen;
        seen.stuck = !comes_to_rest();
        if (seen.stuck) {
            // The pool's threads refer to this: end them before it goes.
            pool_->stop(pawl::finish);
        } else {
            pool_->stop(pawl::drain);
        }
        seen.counts = pool_->counts();
        const std::uint32_t made = made_.load() < plan_.jobs ? made_.load() : plan_.jobs;
        for (std::uint32_t id = 0; id < made; ++id) {
            const std::uint32_t runs = ledger_[id].load();
            seen.ran += runs;
            seen.lost += runs == 0 ? 1U : 0U;
            seen.doubled += runs > 1 ? 1U : 0U;
        }
        seen.counts_differ =
            seen.counts.ran + outside_.load() != seen.ran || seen.counts.discarded != 0;
        return seen;
    }

private:
    // Marks its entry, and makes more, as its number says.
    struct job {
        run* all;
        std::uint32_t id;
        std::uint32_t height;

        void operator()(worker_type& worker) const {
            all->ledger_[id].fetch_add(1, std::memory_order_relaxed);
            if (height != 0) {
                all->more(worker, id, height - 1);
            }
            all->ended_.fetch_add(1, std::memory_order_relaxed);
        }
    };

    // The next entry; false: there are no more.
    bool make(job& next, std::uint32_t height) {
        // relaxed, both: numbers; those who wait for the end look again and again.
        next = {this, made_.fetch_add(1, std::memory_order_relaxed), height};
        if (next.id >= plan_.jobs) {
            return false;
        }
        begun_.fetch_add(1, std::memory_order_relaxed);
        return true;
    }

    void more(worker_type& worker, std::uint32_t id, std::uint32_t height) {
        job next{};
        const std::uint32_t dice = (id * 0x9E37'79B1) >> 24;
        const std::uint32_t count = dice % 4;
        switch (dice / 4 % 8) {
            case 0: {
                auto group = worker.group();
                for (std::uint32_t i = 0; i <= 2 * count && make(next, height); ++i) {
                    group.spawn(next);
                    if (i == 1 && make(next, height)) {
                        accepted_or_run(worker, next, worker.spawn(next));
                    }
                }
                group.wait();
                break;
            }
            case 1:
            case 2:
                for (std::uint32_t i = 0; i <= count && make(next, height); ++i) {
                    accepted_or_run(worker, next, worker.spawn(next));
                }
                break;
            case 3:
                if (make(next, height)) {
                    accepted_or_run(worker, next, worker.next(next));
                }
                break;
            case 4:
                if (make(next, height)) {
                    accepted_or_run(worker, next,
                                    bool{worker.pool().post(next, {.priority = dice % 2})});
                }
                break;
            case 5: std::this_thread::yield(); break;
            default: break;
        }
    }

    // A job cannot wait for room: all workers might.
    void accepted_or_run(worker_type& worker, const job& next, bool accepted) {
        if (!accepted) {
            next(worker);
            outside_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    // Until it is accepted.
    template <class Submit>
    static void insist(Submit submit) {
        while (!submit()) {
            std::this_thread::yield();
        }
    }

    void submit(std::uint32_t seed) {
        std::mt19937 engine{seed};
        const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
        job next{};
        for (;;) {
            for (std::uint32_t burst = 1 + random() % plan_.burst_max; burst > 0; --burst) {
                if (!make(next, random() % 4)) {
                    return;
                }
                const std::uint32_t dice = random() % 16;
                if (dice == 0) {
                    const pawl::post_options there{.on = pawl::on_worker(random() % plan_.workers)};
                    insist([&] { return bool{pool_->post(next, there)}; });
                } else if (dice == 1) {
                    bool done = false;
                    insist([&] {
                        done = pool_->invoke([&](worker_type& worker) { next(worker); });
                        return done || pool_->post(next);
                    });
                } else {
                    const pawl::post_options urgency{.priority = dice % 2};
                    insist([&] { return bool{pool_->post(next, urgency)}; });
                }
            }
            if (plan_.rests && !comes_to_rest()) {
                return;  // and it will not, at the end
            }
            if (plan_.gap_us_max != 0) {
                pause(std::chrono::microseconds{random() % plan_.gap_us_max});
            }
        }
    }

    // The system's sleep is too coarse for the moments in which workers fall asleep.
    void pause(std::chrono::microseconds gap) const {
        if (!plan_.rests) {
            std::this_thread::sleep_for(gap);
            return;
        }
        const auto end = std::chrono::steady_clock::now() + gap;
        while (std::chrono::steady_clock::now() < end) {
            pawl::std_platform::relax();
        }
    }

    // False: jobs are missing, and for a long while not one has run.
    bool comes_to_rest() {
        constexpr auto patience = std::chrono::seconds{20};
        auto moved = std::chrono::steady_clock::now();
        std::uint32_t last = ended_.load();
        for (int looks = 0; ended_.load() != begun_.load(); ++looks) {
            if (looks < 1'000) {
                std::this_thread::yield();
                continue;
            }
            std::this_thread::sleep_for(std::chrono::microseconds{100});
            const auto now = std::chrono::steady_clock::now();
            if (const std::uint32_t ended = ended_.load(); ended != last) {
                last = ended;
                moved = now;
            } else if (now - moved > patience) {
                return false;
            }
        }
        return true;
    }

    plan plan_;
    std::vector<std::atomic<std::uint8_t>> ledger_;
    std::atomic<std::uint32_t> made_{0};     // numbers given out
    std::atomic<std::uint32_t> begun_{0};    // jobs that were made, and
    std::atomic<std::uint32_t> ended_{0};    // have run
    std::atomic<std::uint32_t> outside_{0};  // of these, as a part of another one
    std::unique_ptr<pool_type> pool_;
};

// A plan by its number.
inline plan draw(std::uint32_t seed, std::uint32_t jobs) {
    std::mt19937 random{seed};
    const auto pick = [&](std::initializer_list<std::uint32_t> of) {
        return *(of.begin() + random() % of.size());
    };
    return {.seed = seed,
            .workers = pick({1, 2, 3, 4, 7, 8, 15, 16, 23}),
            .posters = pick({1, 2, 3, 4}),
            .jobs = jobs,
            .burst_max = pick({1, 3, 20, 200}),
            .gap_us_max = pick({0, 20, 100, 400})};
}

}  // namespace pool_stress
