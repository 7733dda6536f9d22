// SPDX-License-Identifier: BSL-1.0
//
// What an adapter of an RTOS has to do, tried on the host with its stubs: run<Platform>(name, f).
// It prints what went well; what did not ends the program.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include <pawl/platform/platform_conformance.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "host_kernel.hpp"

namespace adapter_checks {

using namespace std::chrono_literals;

// For the stubs: to be called at the end of each outermost critical section of a task.
inline thread_local int criticals_until_interrupt = 0;
inline thread_local void (*act_of_interrupt)(void*) = nullptr;
inline thread_local void* with_of_interrupt = nullptr;
inline void critical_has_ended() {
    if (criticals_until_interrupt > 0 && --criticals_until_interrupt == 0) {
        host_kernel::interrupt([] { act_of_interrupt(with_of_interrupt); });
    }
}

inline void require(bool condition, const char* what) {
    if (!condition) {
        host_kernel::fail(what);
    }
}

template <std::uint32_t Workers>
constexpr pawl::limits small{.jobs = 32, .job_bytes = 32, .recurring = 4, .workers = Workers};

// `run_as_task(f)` has f() run by a task of its own and returns a std::thread-like object.
template <class Machine, class RunAsTask>
class suite {
public:
    explicit suite(RunAsTask run_as_task) : run_as_task_{run_as_task} {}

    void run(const char* name) {
        std::printf("%s: ", name);
        keeps_the_contract();
        loses_no_wake_up();
        is_never_early();
        has_workers();
        std::printf("ok\n");
    }

private:
    void keeps_the_contract() {
        in_task([] {
            Machine machine;
            const auto verdict = pawl::check_platform(machine);
            require(verdict.ok(), verdict.violation);
        });
        std::printf("contract, ");
        std::fflush(stdout);
    }

    // Two tasks submit, one of them by an interrupt, and sleep until their job has run. Whoever
    // sleeps through what it should see makes everybody sleep for ever.
    void loses_no_wake_up() {
        pawl::scheduler<small<0>, Machine> jobs;
        constexpr int count = 500;
        std::atomic<int> ran{0};
        struct submitter {
            typename Machine::parker called;
        } submitters[2];
        const auto submit = [&](submitter& self, bool by_interrupt) {
            for (int job = 0; job < count; ++job) {
                const auto enqueue = [&] {
                    require(static_cast<bool>(jobs.enqueue([&ran, &self] {
                                ++ran;
                                Machine::unpark(self.called);
                            })),
                            "a submission is refused");
                };
                if (by_interrupt) {
                    host_kernel::interrupt(enqueue);
                } else {
                    enqueue();
                }
                Machine::park(self.called);
            }
        };
        // Nobody sleeps for ever before all are there.
        std::optional<host_kernel::participant> beginning;
        beginning.emplace();
        auto runner = run_as_task_([&] {
            while (jobs.poll(), ran != 2 * count) {
                jobs.wait();
            }
        });
        auto one = run_as_task_([&] { submit(submitters[0], false); });
        auto other = run_as_task_([&] { submit(submitters[1], true); });
        beginning.reset();
        one.join();
        other.join();
        runner.join();
        std::printf("%d wake-ups, ", ran.load());
    }

    // Delays around the moments at which 32 bits of ticks wrap, taken with and without a sign.
    void is_never_early() {
        for (const std::uint32_t wrap : {0U, 1U << 31}) {
            in_task([wrap] {
                constexpr std::uint32_t before_wrap = 50;
                {
                    const std::lock_guard held{host_kernel::kernel};
                    host_kernel::ticks = wrap - before_wrap;
                }
                delays();
                require(host_kernel::ticks - wrap < 1U << 30, "the ticks have not wrapped");
            });
        }
        std::printf("delays, ");
    }
    static void delays() {
        pawl::scheduler<small<0>, Machine> jobs;
        int ran = 0;
        constexpr int count = 10;
        for (int job = 1; job <= count; ++job) {
            const auto delay = job * 10ms;
            jobs.schedule(delay, [&ran, delay, begin = Machine::now()] {
                const auto bits = [](typename Machine::time_point time) {
                    return static_cast<std::uint32_t>(time.time_since_epoch().count());
                };
                // More than: the count began anywhere in its first tick.
                require(
                    bits(Machine::now()) - bits(begin) > static_cast<std::uint32_t>(delay.count()),
                    "a job is early");
                ++ran;
            });
        }
        for (int naps = 0; jobs.poll(), ran != count; ++naps) {
            jobs.wait();
            require(naps < 2 * count, "a sleep does not last until the deadline");
        }
    }

    // Jobs by tasks, interrupts and jobs, and a stop that runs all of them.
    void has_workers() {
        std::atomic<int> ran{0};
        constexpr int count = 500;
        in_task([&] {
            pawl::scheduler<small<2>, Machine> jobs{pawl::deferred_start};
            require(jobs.start().workers == 2, "there are no workers");
            // Full at times: then others go on.
            const auto insist = [](auto&& enqueue) {
                while (!enqueue()) {
                    Machine::yield();
                }
            };
            const auto submit = [&] {
                for (int job = 0; job < count; ++job) {
                    insist([&] { return jobs.enqueue([&ran] { ++ran; }); });
                }
            };
            auto other = run_as_task_(submit);
            submit();
            other.join();
            insist([&] {
                pawl::job_id made{};
                host_kernel::interrupt([&] { made = jobs.enqueue([&ran] { ++ran; }); });
                return made;
            });
            insist([&] { return jobs.schedule(5ms, [&ran] { ++ran; }); });
            int late = 0;
            while (ran != 2 * count + 2 && late < 1000) {
                Machine::yield();
                ++late;
            }
            require(ran == 2 * count + 2, "workers have not run every job");
            const auto report = jobs.stop(pawl::drain);
            require(report.status == pawl::stop_status::stopped, "workers do not stop");
            require(!jobs.enqueue([] {}), "a stopped scheduler takes jobs");
        });
        std::printf("workers, ");
    }

    template <class F>
    void in_task(F f) {
        auto task = run_as_task_(f);
        task.join();
    }

    RunAsTask run_as_task_;
};

// A sleeper whose permit comes at any moment of its going to sleep, but not before. REQUIRES: the
// platform's words are made of critical sections; a task calls.
template <class Machine>
void is_woken_at_each_step() {
    struct alarm {
        typename Machine::parker sleeper;
        typename Machine::time_point at;
    };
    int steps = 0;
    for (bool interrupted = true; interrupted; ++steps) {
        alarm mine;
        act_of_interrupt = [](void* with) {
            auto& self = *static_cast<alarm*>(with);
            self.at = Machine::now();
            Machine::unpark(self.sleeper);
        };
        with_of_interrupt = &mine;
        criticals_until_interrupt = steps + 1;
        Machine::park_until(mine.sleeper, Machine::now() + std::chrono::minutes{1});
        interrupted = criticals_until_interrupt == 0;
        criticals_until_interrupt = 0;
        require(!interrupted || Machine::now() - mine.at < std::chrono::seconds{30},
                "a wake-up is slept through");
    }
    require(steps > 1, "nothing was interrupted");
    std::printf("woken at %d steps\n", steps - 1);
}

template <class Machine, class RunAsTask>
void run(const char* name, RunAsTask run_as_task) {
    suite<Machine, RunAsTask>{run_as_task}.run(name);
}

}  // namespace adapter_checks
