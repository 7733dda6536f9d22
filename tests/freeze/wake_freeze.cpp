// SPDX-License-Identifier: BSL-1.0
//
// Goal: who submits a job and is stopped at any instruction, for ever, the waking included, keeps
// nobody asleep: the submissions of others still wake every worker that sleeps.
// Method: freeze.hpp. All workers of a scheduler sleep in the kernel when a submission, or a
// cancellation, begins. It is stopped everywhere; meanwhile others submit a job for each worker,
// and these wait for each other, so that all workers must be awake. That they are is waited for
// long enough that only one who would sleep for ever is missed.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <pawl/scheduler/scheduler.hpp>

#include "freeze/freeze.hpp"

#if FREEZE_IS_POSSIBLE

#include <sched.h>

namespace {

using namespace std::chrono_literals;
using freeze::from;
using freeze::outcome;

// Whether a thread of this process sleeps in the kernel: 'S' in its stat.
bool sleeps(pid_t thread) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", static_cast<int>(thread));
    std::FILE* const file = std::fopen(path, "r");
    if (file == nullptr) {
        return false;
    }
    char line[256] = {};
    const std::size_t size = std::fread(line, 1, sizeof line - 1, file);
    std::fclose(file);
    line[size] = '\0';
    const char* const end = std::strrchr(line, ')');
    return end != nullptr && end[1] == ' ' && end[2] == 'S';
}

template <unsigned Workers>
class woken {
public:
    using scheduler = pawl::scheduler<
        pawl::limits{.jobs = 16, .job_bytes = 24, .recurring = 0, .workers = Workers, .local = 2},
        freeze::platform<>>;

    // What is stopped. `schedule` gives the sleepers their first deadline; `cancel` takes a job out
    // of the wheel, which wakes the timekeeper.
    enum class victim { enqueue, schedule, cancel };

    // `far` says whether the sleeping timekeeper has a deadline.
    static freeze::result run(freeze::freezer& ice, victim what, bool far, from who) {
        freeze::result found;
        scheduler jobs;
        woken here{jobs};
        here.find_threads();
        const pawl::job_id hour = far ? jobs.schedule(1h, [] {}) : pawl::job_id{};
        for (unsigned boundary = 1;; ++boundary) {
            pawl::job_id target;
            if (what == victim::cancel) {
                target = jobs.schedule(2h, [] {});
            }
            here.wait_until_all_sleep();
            const std::uint32_t expected = here.ran_.load() + 1;
            bool done = false;
            const auto count = [&here] { here.ran_.fetch_add(1); };
            pawl::job_id made;
            const outcome ended = ice.stop(
                boundary, who,
                [&] {
                    switch (what) {
                        case victim::enqueue: made = jobs.enqueue(count); break;
                        case victim::schedule: made = jobs.schedule(3h, count); break;
                        case victim::cancel: jobs.cancel(target); break;
                    }
                },
                [&] { done = here.submit_and_await(); });
            if (what == victim::schedule) {
                jobs.cancel(made);
            } else if (what == victim::enqueue &&
                       !await([&] { return here.ran_.load() == expected; }, freeze::patience)) {
                done = false;  // it went on, and its own job did not run
            }
            if (ended == outcome::ended_before) {
                break;
            }
            ++found.boundaries;
            if (ended != outcome::passed || !done) {
                ++found.bad;
                here.hung_ = true;
            }
        }
        if (far) {
            jobs.cancel(hour);
        }
        return found;
    }

private:
    explicit woken(scheduler& jobs) : jobs_{jobs} {}

    // A job for each worker, each of which ends when all have begun: all must be awake. (Once its
    // time is over a job ends in any case.)
    bool submit_and_await() {
        begun_ = 0;
        for (unsigned i = 0; i < Workers; ++i) {
            if (!jobs_.enqueue([this] {
                    begun_.fetch_add(1);
                    await([this] { return begun_.load() == Workers; }, limit());
                })) {
                return false;
            }
        }
        return await([&] { return begun_.load() == Workers; }, limit());
    }

    // Long once; then the answer is known, and the others are only counted.
    [[nodiscard]] freeze::seconds limit() const {
        return hung_ ? freeze::seconds{0, 100} : freeze::seconds{5};
    }

    template <class Condition>
    static bool await(Condition&& condition, freeze::seconds limit) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{limit.count} +
                         std::chrono::milliseconds{limit.milliseconds};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                return condition();
            }
            sched_yield();
        }
        return true;
    }

    void find_threads() {
        for (std::uint32_t i = 0; i < Workers; ++i) {
            jobs_.enqueue([this] {
                const unsigned mine = begun_.fetch_add(1);
                threads_[mine] = static_cast<pid_t>(syscall(SYS_gettid));
                await([this] { return begun_.load() == Workers; }, freeze::patience);
                left_.fetch_add(1);
            });
        }
        await([this] { return left_.load() == Workers; }, freeze::patience);
    }

    void wait_until_all_sleep() {
        for (const pid_t thread : threads_) {
            if (!await([&] { return sleeps(thread); }, freeze::patience)) {
                std::puts("a worker does not go to sleep");
                std::exit(EXIT_FAILURE);
            }
        }
    }

    scheduler& jobs_;
    std::array<pid_t, Workers> threads_{};
    std::atomic<unsigned> begun_{0};
    std::atomic<unsigned> left_{0};
    std::atomic<std::uint32_t> ran_{0};
    std::atomic<bool> hung_{false};
};

}  // namespace

int main() {
    using one = woken<1>;
    using two = woken<2>;
    constexpr unsigned least = 100;
    freeze::freezer ice;
    freeze::report report{"wake"};
    for (const from who : {from::handler, from::thread}) {
        report.add("enqueue", "a worker sleeps", who,
                   one::run(ice, one::victim::enqueue, false, who), least);
        report.add("enqueue", "two workers sleep", who,
                   two::run(ice, two::victim::enqueue, false, who), least);
    }
    constexpr from thread = from::thread;
    report.add("enqueue", "a worker sleeps until a time", thread,
               one::run(ice, one::victim::enqueue, true, thread), least);
    report.add("enqueue", "two workers, one until a time", thread,
               two::run(ice, two::victim::enqueue, true, thread), least);
    report.add("schedule", "a worker sleeps", thread,
               one::run(ice, one::victim::schedule, false, thread), least);
    report.add("cancel", "a worker sleeps until then", thread,
               one::run(ice, one::victim::cancel, false, thread), least);
    return report.end(1'500);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
