// SPDX-License-Identifier: BSL-1.0
//
// admission, threads: exclusion is never broken, limits never exceeded, nobody is lost.
//
// Goal: the lock covers what it has to, and who is called out is in one pair of hands. Method: two
// to eight threads are the workers of a small scheduler, with one mutex around its own lists; every
// job asks, runs, is retried, replaced or cancelled some hundred times. What a key guards is plain
// memory, so that ThreadSanitizer sees whether the hand-over orders it. The clock is a counter.
// Somebody who is lost is seen when nobody has anything in hand.
//
// labels: concurrent
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <pawl/jobs/admission.hpp>
#include <pawl/platform/std_platform.hpp>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using pawl::on_busy;
using pawl::verdict;

constexpr u32 job_count = 48;
constexpr u32 key_count = 6;
constexpr u32 cell_count = 7;  // fewer than keys times limiters: some find none

using gates = pawl::admission<job_count, cell_count, 4, pawl::std_platform>;
using limit = gates::limit;

// 0: so many at once. 1: so many of each key. 2: a rate. 3: changes.
constexpr limit fixed[3] = {{.running_max = 3},
                            {.running_max = 2, .per_key = true},
                            {.tokens = 3, .period = 10, .burst = 4}};
constexpr u32 changing_max = 4;

struct job {
    pawl::admission_request asked = {};
    u32 rounds = 0;  // left
    u32 luck = 0;
    std::atomic<bool> cancelled{false};
};

class scheduler {
public:
    explicit scheduler(u32 rounds, u32 seed) {
        for (u32 limiter = 0; limiter < 3; ++limiter) {
            static_cast<void>(real_.set_limit(limiter, fixed[limiter], 0, [](u32) {}));
        }
        for (u32 index = 0; index < job_count; ++index) {
            jobs_[index].rounds = rounds;
            jobs_[index].luck = seed * 1'000 + index + 1;
            next_round(index);
            ready_.push_back(index);
        }
    }

    std::string run(u32 threads) {
        std::vector<std::thread> workers;
        for (u32 each = 0; each < threads; ++each) {
            workers.emplace_back([this, each] { work(each); });
        }
        for (auto& worker : workers) {
            worker.join();
        }
        for (u32 limiter = 0; limiter < 4; ++limiter) {
            const auto load = real_.limiter_load(limiter);
            expect(load.running == 0 && load.waiting == 0, "a limiter counts somebody");
        }
        for (u32 key = 1; key <= key_count; ++key) {
            expect(real_.key_load(key).running == 0, "a key is held");
        }
        check_rate();
        return wrong_;
    }
    u64 verdicts(verdict which) const { return verdicts_[static_cast<u32>(which)]; }
    u64 ran() const {
        u64 sum = 0;
        for (const u64 count : guarded_) {
            sum += count;
        }
        return sum;
    }

private:
    void work(u32 worker) {
        u32 turn = worker;
        for (;;) {
            u32 index = 0;
            if (!take(index)) {
                if (over_) {
                    return;
                }
                std::this_thread::yield();
                continue;
            }
            if (++turn % 64 == 0) {
                change();
            }
            handle(index);
            const std::lock_guard lock{mutex_};
            --in_hand_;
        }
    }

    bool take(u32& index) {
        const std::lock_guard lock{mutex_};
        now_ += ++takes_ % 8 == 0 ? 1 : 0;
        for (std::size_t each = 0; each < later_.size();) {
            if (later_[each].first <= now_) {
                ready_.push_back(later_[each].second);
                later_.erase(later_.begin() + static_cast<std::ptrdiff_t>(each));
            } else {
                ++each;
            }
        }
        if (ready_.empty()) {
            if (in_hand_ == 0 && later_.empty()) {
                over_ = true;
                if (ended_ != job_count) {
                    wrong_ = "jobs are lost: " + std::to_string(job_count - ended_);
                }
            }
            return false;
        }
        index = ready_.front();
        ready_.pop_front();
        ++in_hand_;
        return true;
    }

    void handle(u32 index) {
        job& self = jobs_[index];
        if (self.cancelled.load(std::memory_order_relaxed)) {
            finish(index, true);
            return;
        }
        const u64 now = now_.load(std::memory_order_relaxed);
        const auto answer = real_.ask(
            index, self.asked, now, [this](u32 next) { make_ready(next); },
            [this](u32 other) {
                expect(held_[other].load(std::memory_order_relaxed),
                       "cancelled who has gone already");
                jobs_[other].cancelled.store(true, std::memory_order_relaxed);
            });
        const u32 dropped = answer.dropped;
        // relaxed: counts.
        verdicts_[static_cast<u32>(answer.what)].fetch_add(1, std::memory_order_relaxed);
        switch (answer.what) {
            case verdict::run: start(index, now); break;
            case verdict::waiting: break;
            case verdict::replace: break;
            case verdict::later: {
                const std::lock_guard lock{mutex_};
                later_.emplace_back(answer.due, index);
                break;
            }
            case verdict::skip:
            case verdict::fail: end_round(index); break;
            case verdict::no_cell: make_ready(index); break;
        }
        if (dropped != gates::answer::nobody) {
            finish(dropped, true);
        }
    }

    void start(u32 index, u64 now) {
        job& self = jobs_[index];
        const auto& asked = self.asked;
        const bool exclusive = asked.key != 0 && asked.exclusive;
        std::atomic<u32>* inside = nullptr;
        u32 inside_max = 0;
        if (asked.limiter == 0) {
            inside = &at_once_[0];
            inside_max = fixed[0].running_max;
        } else if (asked.limiter == 1) {
            inside = &of_key_[asked.key];
            inside_max = fixed[1].running_max;
        } else if (asked.limiter == 3) {
            inside = &at_once_[3];
            inside_max = changing_max;
        } else if (asked.limiter == 2) {
            const std::lock_guard lock{mutex_};
            starts_.push_back(now);
        }
        // relaxed: the counts say enough whoever comes first.
        if (inside != nullptr) {
            expect(inside->fetch_add(1, std::memory_order_relaxed) < inside_max,
                   "too many at once");
        }
        if (exclusive) {
            expect(running_[asked.key].fetch_add(1, std::memory_order_relaxed) == 0,
                   "two of one key run");
            ++guarded_[asked.key];
            running_[asked.key].fetch_sub(1, std::memory_order_relaxed);
        }
        if (inside != nullptr) {
            inside->fetch_sub(1, std::memory_order_relaxed);
        }
        finish(index, number(self) % 3 != 0);
    }

    void finish(u32 index, bool is_final) {
        job& self = jobs_[index];
        const u64 now = now_.load(std::memory_order_relaxed);
        real_.done(index, self.asked, is_final, now, [this](u32 next) { make_ready(next); });
        if (is_final) {
            held_[index].store(false, std::memory_order_relaxed);
            end_round(index);
        } else {
            make_ready(index);
        }
    }

    void end_round(u32 index) {
        job& self = jobs_[index];
        if (--self.rounds == 0) {
            const std::lock_guard lock{mutex_};
            ++ended_;
            return;
        }
        next_round(index);
        make_ready(index);
    }

    void next_round(u32 index) {
        job& self = jobs_[index];
        self.cancelled.store(false, std::memory_order_relaxed);
        held_[index].store(true, std::memory_order_relaxed);
        constexpr on_busy policies[] = {on_busy::wait, on_busy::wait, on_busy::wait,
                                        on_busy::skip, on_busy::fail, on_busy::replace};
        self.asked = {.key = number(self) % (key_count + 1),
                      .busy = policies[number(self) % 6],
                      .chain = number(self) % 3 == 0,
                      .exclusive = number(self) % 4 != 0};
        const u32 limiter = number(self) % 5;
        self.asked.limiter = static_cast<std::uint8_t>(limiter == 4 ? 0xFF : limiter);
        if (limiter == 1 && self.asked.key == 0) {
            self.asked.key = 1;
        }
    }

    void change() {
        const u32 to = turn_.fetch_add(1, std::memory_order_relaxed) % 8;
        limit next{.running_max = 1 + to % changing_max};
        if (to >= 4) {
            next.tokens = to;
            next.period = 8;
            next.burst = 2;
        }
        next.per_key = false;
        expect(real_.set_limit(3, next, now_.load(std::memory_order_relaxed),
                               [this](u32 index) { make_ready(index); }),
               "the limit is accepted");
    }

    void make_ready(u32 index) {
        const std::lock_guard lock{mutex_};
        ready_.push_back(index);
    }
    static u32 number(job& of) {
        of.luck = of.luck * 1'664'525 + 1'013'904'223;
        return of.luck >> 10;
    }
    void expect(bool holds, const char* what) {
        if (!holds) {
            const std::lock_guard lock{mutex_};
            wrong_ = what;
        }
    }

    // Every window of whole ticks.
    void check_rate() {
        std::sort(starts_.begin(), starts_.end());
        const limit& by = fixed[2];
        for (std::size_t first = 0; first < starts_.size(); ++first) {
            for (std::size_t last = first; last < starts_.size(); ++last) {
                const u64 count = last - first + 1;
                const u64 ticks = starts_[last] - starts_[first] + 1;
                if (count > by.burst && (count - by.burst) * by.period > ticks * by.tokens) {
                    wrong_ = "too many starts in a window";
                }
            }
        }
    }

    gates real_ = {};
    job jobs_[job_count];
    std::atomic<bool> held_[job_count] = {};
    std::mutex mutex_;
    std::deque<u32> ready_;
    std::vector<std::pair<u64, u32>> later_;
    std::vector<u64> starts_;
    u32 takes_ = 0;
    u32 in_hand_ = 0;
    u32 ended_ = 0;
    std::string wrong_;
    std::atomic<bool> over_{false};
    std::atomic<u64> now_{0};
    std::atomic<u32> turn_{0};
    std::atomic<u32> running_[key_count + 1] = {};
    std::atomic<u32> of_key_[key_count + 1] = {};
    std::atomic<u32> at_once_[4] = {};
    std::atomic<u64> verdicts_[7] = {};
    u64 guarded_[key_count + 1] = {};
};

}  // namespace

TEST_CASE("admission stress: two to eight workers") {
    u64 met[7] = {};
    for (const u32 threads : {2U, 3U, 4U, 8U}) {
        CAPTURE(threads);
        const auto all = std::make_unique<scheduler>(200, threads);
        REQUIRE(all->run(threads) == "");
        REQUIRE(all->ran() > 500);
        for (u32 which = 0; which < 7; ++which) {
            met[which] += all->verdicts(static_cast<verdict>(which));
        }
    }
    CAPTURE(met[0], met[1], met[2], met[3], met[4], met[5], met[6]);
    for (const u64 each : met) {
        REQUIRE(each > 0);
    }
}
