// SPDX-License-Identifier: BSL-1.0
//
// Workers and posters that do what a thread pool does with searchers and a parking_lot, around a
// queue that is one word, for the explorer: searchers_explore.cpp and searchers_long_explore.cpp.
//
// The one who ran the last job calls all, so that they end; nobody does before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/searchers.hpp>

#include "explore/suite.hpp"

namespace searchers_programs {

using explore::check;

using machine = explore_platform;
using word = machine::word;

enum class job_kind {
    independent,
    in_pairs,  // the first waits until the second has begun
};

template <std::uint32_t Workers>
class crew {
public:
    using lot_type = pawl::parking_lot<Workers, machine>;

    crew(std::uint32_t jobs, job_kind kind) : kind_{kind} {
        left_.store(jobs, std::memory_order_relaxed);
    }

    // As thread_pool::post and its notify().
    void post(std::uint32_t jobs = 1) {
        queue_.fetch_add(jobs, std::memory_order_seq_cst);
        if (lot_.look_after_put().sleepers() != 0 && !searchers_.anybody()) {
            static_cast<void>(searchers_.wake(lot_, machine_, lot_.look()));
        }
    }

    // As thread_pool::work: looks when it begins, as every worker does. Ends after a call that
    // comes when all jobs have run.
    void work(std::uint32_t self) {
        searchers_.begin();
        do {
            while (take()) {
                found();
                do {
                    if (run()) {
                        end(self);
                        return;
                    }
                } while (take());
                searchers_.begin();
            }
        } while (sleep(self));
    }

private:
    bool take() {
        std::uint32_t jobs = queue_.load(std::memory_order_acquire);
        while (jobs != 0) {
            if (queue_.compare_exchange_weak(jobs, jobs - 1, std::memory_order_acq_rel,
                                             std::memory_order_acquire)) {
                return true;
            }
        }
        return false;
    }

    void found() {
        if (searchers_.end()) {
            const auto seen = lot_.look();
            if (seen.sleepers() != 0 && queue_.load(std::memory_order_acquire) != 0) {
                static_cast<void>(searchers_.wake(lot_, machine_, seen));
            }
        }
    }

    [[nodiscard]] bool sleep(std::uint32_t self) {
        static_cast<void>(searchers_.end());
        static_cast<void>(lot_.announce(self));
        if (queue_.load(std::memory_order_acquire) == 0) {
            lot_.park(machine_, self);
            if (left_.load(std::memory_order_acquire) == 0) {
                return false;
            }
        }
        static_cast<void>(lot_.retract(self));
        searchers_.begin_awake();
        return true;
    }

    // True for the last one.
    [[nodiscard]] bool run() {
        if (kind_ == job_kind::in_pairs) {
            if (begun_.fetch_add(1, std::memory_order_acq_rel) == 0) {
                machine::park(until_the_second_);
            } else {
                machine::unpark(until_the_second_);
            }
        }
        return left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }
    void end(std::uint32_t self) {
        for (std::uint32_t worker = 0; worker < Workers; ++worker) {
            if (worker != self) {
                lot_.give_permit(machine_, worker);
            }
        }
    }

    lot_type lot_;
    pawl::searchers<machine> searchers_;
    word queue_;  // how many jobs
    word left_;   // jobs that have not ended
    word begun_;
    machine::parker until_the_second_;
    machine machine_;
    job_kind kind_;
};

// Each poster brings so many jobs, one after the other, or all with one call.
template <std::uint32_t Workers, std::uint32_t Posters, std::uint32_t Each, bool AtOnce = false>
void bring(job_kind kind) {
    crew<Workers> all{Posters * Each, kind};
    struct thread {
        crew<Workers>* all = nullptr;
        std::uint32_t number = 0;
        void operator()() const {
            if (number < Workers) {
                all->work(number);
            } else if (AtOnce) {
                all->post(Each);
            } else {
                for (std::uint32_t i = 0; i < Each; ++i) {
                    all->post();
                }
            }
        }
    };
    std::array<thread, Workers + Posters> threads;
    for (std::uint32_t i = 0; i < threads.size(); ++i) {
        threads[i] = {&all, i};
    }
    explore::threads_of(threads);
}

template <std::uint32_t Workers, std::uint32_t Posters, std::uint32_t Each, bool AtOnce = false>
void independent() {
    bring<Workers, Posters, Each, AtOnce>(job_kind::independent);
}
template <std::uint32_t Workers, std::uint32_t Posters, std::uint32_t Each, bool AtOnce = false>
void in_pairs() {
    bring<Workers, Posters, Each, AtOnce>(job_kind::in_pairs);
}

}  // namespace searchers_programs
