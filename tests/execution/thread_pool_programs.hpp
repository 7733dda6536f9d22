// SPDX-License-Identifier: BSL-1.0
//
// Programs of a thread pool for the explorer, each with its checks: thread_pool_explore.cpp and
// thread_pool_long_explore.cpp run them.
//
// Method: workers and posters are threads of the explorer. A program of a pool has hundreds of
// steps, so the schedules are those with a few preemptions. Who waits for jobs parks: a job that is
// slept through is a deadlock. Jobs that wait for one another show that two run at a time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "explore/finish_line.hpp"
#include "explore/suite.hpp"

namespace pool_programs {

using explore::check;

// Who looks for work again and again, because a poster stands still between its ticket and its
// item, would go on for ever. So a thread that has looked so often, and neither slept nor saw a
// store or a compare-and-swap of anybody, waits for one: if none comes it is a deadlock. (What a
// worker does on the way to its sleep and back are read-modify-writes of other kinds.)
class patience {
public:
    static void begin() { looks_.fill(0); }
    static void lost() {
        unsigned& looks = looks_[explore::engine::active->current()];
        if (++looks > looks_max) {
            came_[explore::engine::active->current()] = false;
            explore::engine::active->point({.what = explore::action::park,
                                            .permit = &came_[explore::engine::active->current()]});
        }
    }
    static void restored() {
        looks_.fill(0);
        came_.fill(true);
    }
    static void slept() { looks_[explore::engine::active->current()] = 0; }

private:
    static constexpr unsigned looks_max = 6;  // twice on the way to sleep
    static inline std::array<unsigned, explore::threads_max> looks_{};
    static inline std::array<bool, explore::threads_max> came_{};
};

struct machine : explore_platform {
    class word : public explore::word<> {
        using base = explore::word<>;

    public:
        void store(std::uint32_t value, std::memory_order order) noexcept {
            base::store(value, order);
            patience::restored();
        }
        bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                     std::memory_order success,
                                     std::memory_order failure) noexcept {
            const bool done = base::compare_exchange_strong(expected, desired, success, failure);
            if (done) {
                patience::restored();
            }
            return done;
        }
        bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                                   std::memory_order success, std::memory_order failure) noexcept {
            return compare_exchange_strong(expected, desired, success, failure);
        }
    };

    static void park(parker& sleeper) noexcept {
        explore_platform::park(sleeper);
        patience::slept();
    }
    static void relax() noexcept { patience::lost(); }
    static std::uint32_t thread_number() noexcept { return explore::engine::active->current() + 1; }
};

constexpr pawl::pool_limits limits_of(std::uint32_t workers, std::uint32_t lane = 0) {
    return {.workers = workers,
            .queue = 2,
            .local = 2,
            .lane = lane,
            .job_bytes = 32,
            .depth = 2,
            .when_full = pawl::overflow::refuse};
}

template <std::uint32_t Workers, std::uint32_t Lane = 0>
using pool = pawl::thread_pool<limits_of(Workers, Lane), machine>;

// Of these words and parkers: who waits there has slept, and is patient again.
using finish_line = explore::finish_line<machine>;

// Two that wait for one another.
class meeting {
public:
    void attend() {
        if (came_.fetch_add(1, std::memory_order_acq_rel) == 0) {
            machine::park(first_);
        } else {
            machine::unpark(first_);
        }
    }

private:
    machine::word came_;
    machine::parker first_;
};

// Of 32 bytes, less than a job's: counts how often it was run, and checks that it came whole. Its
// move takes a step, so that others see it half done.
class fragile {
public:
    fragile(machine::word& ran, std::uint32_t number) noexcept
        : ran_{&ran}, number_{number}, check_{~number} {}
    fragile(fragile&& from) noexcept : ran_{from.ran_} {
        static_cast<void>(ran_->load(std::memory_order_relaxed));
        number_ = from.number_;
        check_ = from.check_;
    }
    void operator()() noexcept {
        check(number_ == ~check_, "a job comes whole");
        ran_->fetch_add(std::uint32_t{1} << 8 * number_, std::memory_order_acq_rel);
    }

private:
    machine::word* ran_;
    std::uint32_t number_ = 0;
    std::uint32_t check_ = 0;
};

inline void stops(auto& jobs, pawl::stop_mode mode) {
    check(jobs.stop(mode).status == pawl::stop_status::stopped, "it stops");
}

// ---- jobs from outside ----

template <std::uint32_t Workers>
void post_from_two_threads() {
    pool<Workers> jobs;
    finish_line all{2};
    const auto submit = [&] { check(bool(jobs.post([&] { all.pass(); })), "it is accepted"); };
    explore::threads(submit, submit);
    all.wait();
    stops(jobs, pawl::finish);
    check(jobs.counts().ran == 2, "both have run");
}

// The one that takes the first has to pass on that there is a second.
inline void two_that_meet() {
    pool<2> jobs;
    finish_line all{2};
    meeting both;
    const auto attend = [&] {
        both.attend();
        all.pass();
    };
    check(bool(jobs.post(attend)) && bool(jobs.post(attend)), "they are accepted");
    all.wait();
    stops(jobs, pawl::finish);
}
inline void two_that_meet_from_two_threads() {
    pool<2> jobs;
    finish_line all{2};
    meeting both;
    const auto submit = [&] {
        const auto attend = [&] {
            both.attend();
            all.pass();
        };
        check(bool(jobs.post(attend)), "it is accepted");
    };
    explore::threads(submit, submit);
    all.wait();
    stops(jobs, pawl::finish);
}
inline void batch_that_meets() {
    pool<2> jobs;
    finish_line all{2};
    meeting both;
    const auto make = [&](std::uint32_t) {
        return [&] {
            both.attend();
            all.pass();
        };
    };
    check(bool(jobs.post_n(2, make)), "they are accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// To one certain worker, while the other one is called for what anybody may run.
inline void post_to_a_worker() {
    pool<2, 2> jobs;
    finish_line all{2};
    explore::threads(
        [&] {
            const auto mine = [&](auto& worker) {
                check(worker.index() == 1, "it runs where it belongs");
                all.pass();
            };
            check(bool(jobs.post(mine, {.on = pawl::on_worker(1)})), "it is accepted");
        },
        [&] { check(bool(jobs.post([&] { all.pass(); })), "it is accepted"); });
    all.wait();
    stops(jobs, pawl::finish);
}

inline void one_for_each_worker() {
    pool<2, 2> jobs;
    finish_line all{2};
    for (std::uint32_t number = 0; number < 2; ++number) {
        const auto mine = [&all, number](auto& worker) {
            check(worker.index() == number, "it runs where it belongs");
            all.pass();
        };
        check(bool(jobs.post(mine, {.on = pawl::on_worker(number)})), "it is accepted");
    }
    all.wait();
    stops(jobs, pawl::finish);
}

// Without workers nobody else is there: one schedule.
inline void poll_tells_what_comes_next() {
    constexpr pawl::pool_limits limits{.workers = 0, .queue = 2, .local = 2, .job_bytes = 32};
    pawl::thread_pool<limits, explore_platform> jobs;
    unsigned ran = 0;
    check(bool(jobs.post([&](auto& worker) {
              ++ran;
              check(worker.next([&] { ++ran; }), "there is room");
          })),
          "it is accepted");
    check(jobs.poll(pawl::poll_budget{.jobs = 1}).more && ran == 1, "there is more");
    check(!jobs.poll(pawl::poll_budget{.jobs = 1}).more && ran == 2, "that was all");
}

// ---- jobs from jobs ----

// What a job spawns is run by another worker while the job goes on.
inline void spawned_job_meets_its_spawner() {
    pool<2> jobs;
    finish_line all{2};
    meeting both;
    check(bool(jobs.post([&](auto& worker) {
              check(worker.spawn([&] {
                  both.attend();
                  all.pass();
              }),
                    "there is room");
              both.attend();
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

template <std::uint32_t Workers>
void next_follows() {
    pool<Workers> jobs;
    finish_line all{1};
    check(bool(jobs.post([&](auto& worker) {
              const std::uint32_t here = worker.index();
              check(worker.next([&all, here](auto& same) {
                  check(same.index() == here, "it stays");
                  all.pass();
              }),
                    "there is room");
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// The deque goes round while a thief still moves a job out.
inline void cells_are_used_again() {
    pool<2> jobs;
    machine::word ran;
    check(bool(jobs.post([&](auto& worker) {
              for (std::uint32_t number = 0; number < 3; ++number) {
                  if (!worker.spawn(fragile{ran, number})) {
                      fragile{ran, number}();
                  }
                  if (number == 0) {
                      machine::yield();  // a thief may have begun
                  }
              }
          })),
          "it is accepted");
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_relaxed) == 0x01'01'01, "each has run once");
}

template <std::uint32_t Workers, std::uint32_t Children>
void group() {
    pool<Workers> jobs;
    finish_line all{1};
    machine::word ran;
    check(bool(jobs.post([&](auto& worker) {
              auto children = worker.group();
              for (std::uint32_t i = 0; i < Children; ++i) {
                  children.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
              }
              check(children.wait(), "none threw");
              check(ran.load(std::memory_order_acquire) == Children, "all have ended");
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// The child has begun elsewhere before its owner waits: the owner sleeps. And what lies in the
// group's place after it is not looked at.
inline void group_with_a_child_elsewhere() {
    pool<2> jobs;
    finish_line all{1};
    machine::parker begun;
    bool ended = false;
    check(bool(jobs.post([&](auto& worker) {
              using group = decltype(worker.group());
              alignas(group) unsigned char bytes[sizeof(group)];
              group& children = *::new (static_cast<void*>(bytes)) group(worker.group());
              children.spawn([&] {
                  machine::unpark(begun);
                  machine::yield();
                  ended = true;
              });
              machine::park(begun);
              children.wait();
              check(ended, "it has ended");
              children.~group();
              std::memset(bytes, 0x55, sizeof bytes);
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// The second of two functions runs once, here or elsewhere, and has ended.
template <std::uint32_t Workers>
void two_at_once() {
    pool<Workers> jobs;
    finish_line all{1};
    machine::word first;
    machine::word second;
    const auto ran_once = [](machine::word& ran) {
        return ran.load(std::memory_order_acquire) == 1;
    };
    check(bool(jobs.post([&](auto& worker) {
              const bool good = pawl::parallel_invoke(
                  worker, [&] { first.fetch_add(1, std::memory_order_acq_rel); },
                  [&] { second.fetch_add(1, std::memory_order_acq_rel); });
              check(good, "none threw");
              check(ran_once(first) && ran_once(second), "both have ended");
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
    check(ran_once(first) && ran_once(second), "and are not run again");
}

// Also by who has the caller's place, beside the pool's only thread: it is woken.
inline void two_that_meet_at_once() {
    pool<1> jobs;
    meeting both;
    check(jobs.invoke([&](auto& worker) {
        pawl::parallel_invoke(
            worker, [&] { both.attend(); }, [&] { both.attend(); });
    }),
          "nobody else does");
    stops(jobs, pawl::finish);
}

// What was spawned before the group is not what a wait runs.
inline void group_above_another_job() {
    pool<1> jobs;
    finish_line all{2};
    bool inside = false;
    check(bool(jobs.post([&](auto& worker) {
              check(worker.spawn([&] {
                  check(!inside, "it does not run inside the wait");
                  all.pass();
              }),
                    "there is room");
              auto children = worker.group();
              children.spawn([] {});
              inside = true;
              children.wait();
              inside = false;
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// And has children of its own: who waits helps.
inline void group_in_a_group() {
    pool<2> jobs;
    finish_line all{1};
    machine::word ran;
    meeting both;
    check(bool(jobs.post([&](auto& worker) {
              auto outer = worker.group();
              outer.spawn([&](auto& other) {
                  both.attend();
                  auto inner = other.group();
                  inner.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
                  inner.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
                  inner.wait();
                  check(ran.load(std::memory_order_acquire) == 2, "they have ended");
              });
              both.attend();
              outer.wait();
              check(ran.load(std::memory_order_acquire) == 2, "they have ended");
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// ---- the caller's place ----

template <std::uint32_t Workers>
void invoke_a_group() {
    pool<Workers> jobs;
    machine::word ran;
    const auto fork = [&](auto& worker) {
        auto children = worker.group();
        children.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
        children.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
        children.wait();
    };
    check(jobs.invoke(fork), "nobody else does");
    check(ran.load(std::memory_order_acquire) == 2, "both have ended");
    stops(jobs, pawl::finish);
}

// What is left in the caller's deque is the workers'.
template <std::uint32_t Workers>
void invoke_and_leave() {
    pool<Workers> jobs;
    finish_line all{2};
    check(jobs.invoke([&](auto& worker) {
        check(worker.spawn([&] { all.pass(); }), "there is room");
        check(worker.next([&] { all.pass(); }), "there is room");
    }),
          "nobody else does");
    all.wait();
    stops(jobs, pawl::finish);
}

inline void two_invoke() {
    pool<1> jobs;
    machine::word ran;
    const auto call = [&] {
        const bool done = jobs.invoke([&](auto& worker) {
            auto children = worker.group();
            children.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
        });
        if (!done) {
            ran.fetch_add(1, std::memory_order_acq_rel);
        }
    };
    explore::threads(call, call);
    check(ran.load(std::memory_order_acquire) == 2, "both ran, or were told");
    stops(jobs, pawl::finish);
}

// ---- the end ----

template <std::uint32_t Workers>
void drain_at_once() {
    pool<Workers> jobs;
    machine::word ran;
    const auto count = [&] { ran.fetch_add(1, std::memory_order_acq_rel); };
    check(bool(jobs.post([&, count](auto& worker) {
              count();
              machine::yield();  // others may look whether all is drained
              check(worker.spawn(count), "there is room");
          })),
          "it is accepted");
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_acquire) == 2, "what was ready has run, and what that made");
    check(jobs.counts().ran == 2 && jobs.counts().discarded == 0, "the counts say so");
}

inline void drain_the_lanes() {
    pool<2, 2> jobs;
    machine::word ran;
    const auto count = [&] { ran.fetch_add(1, std::memory_order_acq_rel); };
    check(bool(jobs.post(count, {.on = pawl::main_thread})), "it is accepted");
    check(bool(jobs.post(count, {.on = pawl::on_worker(1)})), "it is accepted");
    check(bool(jobs.post(count, {.on = pawl::on_worker(1)})), "it is accepted");
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_acquire) == 3, "what was ready has run");
}

// What is accepted is run or destroyed, once.
template <std::uint32_t Workers, pawl::stop_mode Mode>
void stop_while_another_thread_posts() {
    machine::word ran;
    machine::word destroyed;
    struct tracked {
        machine::word* ran;
        machine::word* destroyed;  // null: moved from
        tracked(machine::word& a, machine::word& b) noexcept : ran{&a}, destroyed{&b} {}
        tracked(tracked&& from) noexcept
            : ran{from.ran}, destroyed{std::exchange(from.destroyed, nullptr)} {}
        ~tracked() {
            if (destroyed != nullptr) {
                destroyed->fetch_add(1, std::memory_order_acq_rel);
            }
        }
        void operator()() noexcept { ran->fetch_add(1, std::memory_order_acq_rel); }
    };
    std::uint32_t accepted = 0;
    std::uint64_t counted = 0;
    {
        pool<Workers> jobs;
        explore::threads(
            [&] {
                for (unsigned i = 0; i < 2; ++i) {
                    accepted += jobs.post(tracked{ran, destroyed}) ? 1U : 0U;
                }
            },
            [&] { stops(jobs, Mode); });
        counted = jobs.counts().ran + jobs.counts().discarded;
        check(jobs.counts().ran == ran.load(std::memory_order_acquire), "what ran was counted");
        check(destroyed.load(std::memory_order_acquire) == 2, "nothing is left inside");
    }
    check(counted == accepted, "what was accepted has an end");
}

// What a job in the caller's place has made ready before the pool came to its end is run.
template <std::uint32_t Workers>
void drain_while_another_thread_invokes() {
    pool<Workers> jobs;
    machine::word ran;
    std::uint32_t wanted = 0;
    explore::threads(
        [&] {
            static_cast<void>(jobs.invoke([&](auto& worker) {
                machine::yield();
                wanted = worker.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); }) ? 1 : 0;
            }));
        },
        [&] {
            const auto status = jobs.stop(pawl::drain).status;
            check(status == pawl::stop_status::stopped || status == pawl::stop_status::busy,
                  "it stops");
        });
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_acquire) == wanted, "what was made ready has run");
    check(jobs.counts().discarded == 0, "nothing was destroyed");
}

inline void drain_from_inside() {
    pool<2> jobs;
    machine::word ran;
    const auto count = [&] { ran.fetch_add(1, std::memory_order_acq_rel); };
    check(bool(jobs.post([&, count](auto& worker) {
              check(worker.spawn(count), "there is room");
              check(jobs.stop(pawl::drain).status == pawl::stop_status::requested, "it will");
              check(worker.spawn(count), "what a job makes ready is accepted");
          })),
          "it is accepted");
    machine::word posted;
    explore::threads([&] { posted.store(jobs.post(count) ? 1 : 0, std::memory_order_relaxed); });
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_acquire) ==
              2 + posted.load(std::memory_order_relaxed) - jobs.counts().discarded,
          "what was ready has run, and what that made");
}

// What does not fit runs at once, on the thread that posts.
inline void post_into_a_full_queue() {
    constexpr pawl::pool_limits limits{.workers = 1, .queue = 2, .local = 2, .job_bytes = 32};
    pawl::thread_pool<limits, machine> jobs;
    machine::word ran;
    for (unsigned i = 0; i < 4; ++i) {
        check(bool(jobs.post([&](auto& worker) {
                  ran.fetch_add(1, std::memory_order_acq_rel);
                  worker.spawn([&] { ran.fetch_add(1, std::memory_order_acq_rel); });
              })),
              "it is accepted");
    }
    stops(jobs, pawl::drain);
    check(ran.load(std::memory_order_acquire) == 8, "all have run");
    check(jobs.counts().ran == 8, "the counts say so");
}

// Beside an open group a job is spawned for everybody, and no wait runs it.
inline void spawn_beside_a_group() {
    pool<2> jobs;
    finish_line all{2};
    bool inside = false;
    check(bool(jobs.post([&](auto& worker) {
              const std::uint32_t here = worker.index();
              auto children = worker.group();
              children.spawn([] {});
              check(worker.spawn([&all, &inside, here](auto& other) {
                  check(!inside || other.index() != here, "it does not run inside the wait");
                  all.pass();
              }),
                    "there is room");
              inside = true;
              children.wait();
              inside = false;
              all.pass();
          })),
          "it is accepted");
    all.wait();
    stops(jobs, pawl::finish);
}

// Every schedule with at most so many preemptions.
inline void run(const char* name, unsigned preemptions_max, std::uint64_t schedules_min,
                void (*body)()) {
    explore::must_pass_bounded(name, preemptions_max, schedules_min, [body] {
        patience::begin();
        body();
    });
}

}  // namespace pool_programs
