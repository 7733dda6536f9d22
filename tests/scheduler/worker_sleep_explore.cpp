// SPDX-License-Identifier: BSL-1.0
//
// Goal: in the real scheduler no worker sleeps through work, a deadline or the end; every accepted
// job runs once or is deleted, whatever the threads do meanwhile.
// (tests/scheduler/scheduler_explore.cpp has the races for one job.)
// Method: workers and submitters are threads of the explorer. A program of a scheduler has hundreds
// of steps, so the schedules are those with one or two preemptions, and some thousand at random.
// Who waits for a job parks without a deadline: a job that is slept through is a deadlock. Virtual
// time moves only when nobody can go on: a job that is late was slept through, too.
// Who stands still, for as long as others do what they have to, is a thread that parks before a
// step of its own, each of them in its turn. (tests/freeze/wake_freeze.cpp has this for each
// instruction of a submitter, beside workers that sleep already.) requires: posix
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <pawl/scheduler/scheduler.hpp>

#include "explore/finish_line.hpp"
#include "explore/suite.hpp"

namespace {

using namespace std::chrono_literals;
using explore::check;
using explore::finish_line;
using explore::must_pass_bounded;
using explore::must_pass_random;

using machine = explore_platform;

constexpr pawl::limits limits_of(std::uint32_t workers) {
    return {.jobs = 4,
            .job_bytes = 32,
            .edges = 4,
            .batches = 1,
            .recurring = 1,
            .workers = workers,
            .local = 0};
}

template <std::uint32_t Workers>
using scheduler = pawl::scheduler<limits_of(Workers), explore::platform<(Workers > 0)>>;

// Within the tick after its time.
bool on_time(std::chrono::nanoseconds due) {
    const auto now = machine::now().time_since_epoch();
    return due <= now && now <= due + 1ms;
}

// ---- submissions and sleep ----

template <std::uint32_t Workers>
void enqueue_from_two_threads() {
    scheduler<Workers> jobs{pawl::deferred_start};
    finish_line all{2};
    check(bool(jobs.start()), "it starts");
    const auto submit = [&] { check(bool(jobs.enqueue([&] { all.pass(); })), "it is accepted"); };
    explore::threads(submit, submit);
    all.wait();
    check(jobs.stop(pawl::finish).status == pawl::stop_status::stopped, "it stops");
    check(jobs.counts().succeeded == 2, "both have ended");
}

template <std::uint32_t Workers>
void schedule_the_later_one_first() {
    scheduler<Workers> jobs{pawl::deferred_start};
    finish_line all{2};
    check(bool(jobs.start()), "it starts");
    const auto submit = [&](std::chrono::milliseconds due) {
        return [&jobs, &all, due] {
            check(bool(jobs.schedule(explore::time_point{due},
                                     [&all, due] {
                                         check(on_time(due), "it runs at its time");
                                         all.pass();
                                     })),
                  "it is accepted");
        };
    };
    explore::threads(submit(9ms), submit(3ms));
    all.wait();
    jobs.stop(pawl::finish);
}

void a_job_waits_for_one_it_submits() {
    scheduler<2> jobs{pawl::deferred_start};
    finish_line all{2};
    machine::parker until_the_other_ran;
    check(bool(jobs.start()), "it starts");
    jobs.enqueue([&] {
        jobs.enqueue([&] {
            machine::unpark(until_the_other_ran);
            all.pass();
        });
        machine::park(until_the_other_ran);
        all.pass();
    });
    all.wait();
    jobs.stop(pawl::finish);
}

void cancel_while_it_starts() {
    scheduler<1> jobs{pawl::deferred_start};
    unsigned ran = 0;
    check(bool(jobs.start()), "it starts");
    const auto id = jobs.enqueue([&] { ++ran; });
    const bool cancelled = jobs.cancel(id);
    jobs.stop(pawl::drain);
    check(ran == 1 || cancelled, "it ran or was cancelled");
    const auto counts = jobs.counts();
    check(counts.succeeded + counts.deleted == 1, "it has one end");
    check((counts.deleted == 1) == cancelled, "the one that cancel() said");
}

// A thread that is stopped while it edits the recurring jobs must not make an idle worker spin.
void edit_recurring_beside_a_sleeper() {
    scheduler<1> jobs{pawl::deferred_start};
    finish_line one{1};
    bool first = true;
    check(bool(jobs.start()), "it starts");
    const auto id = jobs.every(3ms, [&] {
        if (first) {
            first = false;
            one.pass();
        }
    });
    check(bool(id), "it is accepted");
    one.wait();
    check(jobs.remove(id), "it is there");
    jobs.stop(pawl::finish);
}

// ---- the end ----

// Two sleepers are called for two jobs of which the first waits for the second: neither call may go
// to a worker that is awake already.
void the_first_waits_for_the_second() {
    scheduler<2> jobs{pawl::deferred_start};
    finish_line all{2};
    machine::parker until_the_second;
    check(static_cast<bool>(jobs.start()), "it starts");
    jobs.enqueue([&] {
        machine::park(until_the_second);
        all.pass();
    });
    jobs.enqueue([&] {
        machine::unpark(until_the_second);
        all.pass();
    });
    all.wait();
    jobs.stop(pawl::finish);
}

template <std::uint32_t Workers>
void drain_at_once() {
    scheduler<Workers> jobs{pawl::deferred_start};
    unsigned ran = 0;
    check(bool(jobs.start()), "it starts");
    check(bool(jobs.enqueue([&] { ++ran; })), "it is accepted");
    check(jobs.stop(pawl::drain).status == pawl::stop_status::stopped, "it stops");
    check(ran == 1, "what was ready has run");
}

template <std::uint32_t Workers>
void stop_while_another_thread_submits(pawl::stop_mode mode) {
    scheduler<Workers> jobs{pawl::deferred_start};
    std::array<unsigned, 2> ran{};
    std::array<pawl::job_id, 2> ids{};
    check(bool(jobs.start()), "it starts");
    explore::threads(
        [&] {
            ids[0] = jobs.enqueue([&] { ++ran[0]; });
            ids[1] = jobs.schedule(1ms, [&] { ++ran[1]; });
        },
        [&] { check(jobs.stop(mode).status == pawl::stop_status::stopped, "it stops"); });
    const auto counts = jobs.counts();
    std::uint64_t accepted = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        accepted += ids[i] ? 1U : 0U;
        check(ran[i] <= (ids[i] ? 1U : 0U), "what was refused does not run, nothing runs twice");
        if (ids[i]) {
            const auto end = jobs.state(ids[i]);
            check(end == (ran[i] == 1 ? pawl::job_state::succeeded : pawl::job_state::deleted),
                  "what was accepted has an end");
        }
    }
    check(counts.succeeded + counts.deleted == accepted, "the counts add up");
    check(counts.enqueued + counts.scheduled + counts.processing == 0, "nothing is left");
}

void drain_while_another_thread_submits() { stop_while_another_thread_submits<1>(pawl::drain); }
void finish_while_another_thread_submits() { stop_while_another_thread_submits<1>(pawl::finish); }

// ---- somebody stands still ----

// One thread stands still before its step of this number, until thaw().
class ice {
public:
    static void begin(unsigned step) {
        victim_ = explore::threads_max;
        step_ = step;
        done_ = 0;
        hold_ = {};
    }
    static void choose(unsigned thread) { victim_ = thread; }
    static void thaw() {
        victim_ = explore::threads_max;
        explore::parking::unpark(hold_);
    }
    static void step() {
        if (explore::engine::active != nullptr && explore::engine::active->current() == victim_ &&
            ++done_ == step_) {
            explore::parking::park(hold_);
            held_ = true;
        }
    }
    // Whether anybody did since this was asked last.
    static bool held() { return std::exchange(held_, false); }

private:
    static inline unsigned victim_ = 0;
    static inline unsigned step_ = 0;
    static inline unsigned done_ = 0;
    static inline bool held_ = false;
    static inline explore::parker hold_;
};

struct icy_machine : machine {
    class word : public explore::word<> {
        using base = explore::word<>;
        using order = std::memory_order;

    public:
        std::uint32_t load(order o) const noexcept { return stepped().base::load(o); }
        void store(std::uint32_t value, order o) noexcept { stepped().base::store(value, o); }
        std::uint32_t exchange(std::uint32_t value, order o) noexcept {
            return stepped().base::exchange(value, o);
        }
        std::uint32_t fetch_add(std::uint32_t value, order o) noexcept {
            return stepped().base::fetch_add(value, o);
        }
        std::uint32_t fetch_sub(std::uint32_t value, order o) noexcept {
            return stepped().base::fetch_sub(value, o);
        }
        std::uint32_t fetch_or(std::uint32_t value, order o) noexcept {
            return stepped().base::fetch_or(value, o);
        }
        std::uint32_t fetch_and(std::uint32_t value, order o) noexcept {
            return stepped().base::fetch_and(value, o);
        }
        bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, order success,
                                     order failure) noexcept {
            return stepped().base::compare_exchange_strong(expected, desired, success, failure);
        }
        bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired, order success,
                                   order failure) noexcept {
            return compare_exchange_strong(expected, desired, success, failure);
        }

    private:
        const word& stepped() const noexcept {
            ice::step();
            return *this;
        }
        word& stepped() noexcept {
            ice::step();
            return *this;
        }
    };

    static void park(parker& sleeper) noexcept {
        ice::step();
        machine::park(sleeper);
    }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        ice::step();
        machine::park_until(sleeper, deadline);
    }
    static void unpark(parker& sleeper) noexcept {
        ice::step();
        machine::unpark(sleeper);
    }
};

template <std::uint32_t Workers>
using icy_scheduler = pawl::scheduler<limits_of(Workers), icy_machine>;

// Starts a thread that stands still somewhere.
template <class Function>
std::uint32_t start_on_ice(Function& function) {
    explore::engine& explorer = *explore::engine::active;
    const unsigned id = explorer.next_id();
    ice::choose(id);
    explorer.start([](void* self) { (*static_cast<Function*>(self))(); }, &function);
    return std::uint32_t{1} << id;
}

// A submitter; what another one submits is run meanwhile.
template <std::uint32_t Workers>
void enqueue_beside_a_frozen_one() {
    icy_scheduler<Workers> jobs{pawl::deferred_start};
    finish_line one{1};
    check(bool(jobs.start()), "it starts");
    auto submit = [&] { check(bool(jobs.enqueue([] {})), "it is accepted"); };
    const std::uint32_t frozen = start_on_ice(submit);
    check(bool(jobs.enqueue([&] { one.pass(); })), "it is accepted");
    one.wait();
    ice::thaw();
    explore::engine::active->join(frozen);
    jobs.stop(pawl::finish);
}

// The same with deadlines: the frozen one's would be the first.
template <std::uint32_t Workers>
void schedule_beside_a_frozen_one() {
    icy_scheduler<Workers> jobs{pawl::deferred_start};
    finish_line one{1};
    check(bool(jobs.start()), "it starts");
    auto submit = [&] { check(bool(jobs.schedule(1ms, [] {})), "it is accepted"); };
    const std::uint32_t frozen = start_on_ice(submit);
    check(bool(jobs.schedule(explore::time_point{3ms},
                             [&] {
                                 check(on_time(3ms), "it runs at its time");
                                 one.pass();
                             })),
          "it is accepted");
    one.wait();
    ice::thaw();
    explore::engine::active->join(frozen);
    jobs.stop(pawl::finish);
}

// The end does not wait for a submitter.
template <std::uint32_t Workers, pawl::stop_mode Mode>
void stop_beside_a_frozen_one() {
    icy_scheduler<Workers> jobs{pawl::deferred_start};
    pawl::job_id late;
    check(bool(jobs.start()), "it starts");
    auto submit = [&] { late = jobs.enqueue([] {}); };
    const std::uint32_t frozen = start_on_ice(submit);
    check(jobs.stop(Mode).status == pawl::stop_status::stopped, "it stops");
    ice::thaw();
    explore::engine::active->join(frozen);
    const auto counts = jobs.counts();
    check(counts.succeeded + counts.deleted == (late ? 1U : 0U), "what was accepted has an end");
    check(counts.enqueued + counts.processing == 0, "nothing is left");
}

// A worker: it keeps what it has in its hand, and no more.
void work_beside_a_frozen_worker() {
    icy_scheduler<2> jobs{pawl::deferred_start};
    finish_line one{1};
    machine::word ran;
    ice::choose(explore::engine::active->next_id());
    check(bool(jobs.start()), "it starts");
    for (unsigned i = 0; i < 2; ++i) {
        check(bool(jobs.enqueue([&] {
                  if (ran.fetch_add(1, std::memory_order_acq_rel) == 0) {
                      one.pass();
                  }
              })),
              "it is accepted");
    }
    one.wait();
    ice::thaw();
    jobs.stop(pawl::drain);
    check(ran.load(std::memory_order_acquire) == 2, "both have run");
}

// Before each step in its turn, until there are no more of them, or so many.
void explore_frozen(const char* name, unsigned preemptions_max, unsigned steps_max,
                    void (*body)()) {
    for (unsigned step = 1; step <= steps_max; ++step) {
        const std::string title = std::string{name} + ", step " + std::to_string(step);
        explore::must_pass(title.c_str(), {.preemptions_max = preemptions_max, .schedules_min = 1},
                           [&] {
                               ice::begin(step);
                               body();
                           });
        if (!ice::held()) {
            return;
        }
    }
}

}  // namespace

int main() {
    must_pass_bounded("drain at once, 1 worker", 2, 3'000, drain_at_once<1>);
    must_pass_bounded("drain at once, 2 workers", 1, 300, drain_at_once<2>);
    must_pass_bounded("enqueue from two threads, 1 worker", 1, 2'000, enqueue_from_two_threads<1>);
    must_pass_bounded("schedule the later one first, 1 worker", 1, 2'000,
                      schedule_the_later_one_first<1>);
    must_pass_bounded("a job waits for one it submits", 1, 800, a_job_waits_for_one_it_submits);
    must_pass_bounded("cancel while it starts", 2, 3'000, cancel_while_it_starts);
    must_pass_bounded("drain while another thread submits", 1, 800,
                      drain_while_another_thread_submits);
    must_pass_bounded("finish while another thread submits", 1, 800,
                      finish_while_another_thread_submits);

    explore::must_pass(
        "edit recurring jobs beside a sleeper",
        {.preemptions_max = 1, .time = explore::deadlines::any_time, .schedules_min = 300},
        edit_recurring_beside_a_sleeper);

    explore_frozen("enqueue beside a frozen one, 1 worker", 1, 100, enqueue_beside_a_frozen_one<1>);
    explore_frozen("enqueue beside a frozen one, 2 workers", 0, 100,
                   enqueue_beside_a_frozen_one<2>);
    explore_frozen("schedule beside a frozen one, 1 worker", 1, 100,
                   schedule_beside_a_frozen_one<1>);
    explore_frozen("finish beside a frozen one", 1, 100, stop_beside_a_frozen_one<1, pawl::finish>);
    explore_frozen("drain beside a frozen one", 1, 100, stop_beside_a_frozen_one<1, pawl::drain>);
    explore_frozen("work beside a frozen worker", 0, 150, work_beside_a_frozen_worker);

    must_pass_random("drain at once, 2 workers, random", drain_at_once<2>);
    must_pass_random("enqueue from two threads, 2 workers, random", enqueue_from_two_threads<2>);
    must_pass_random("schedule the later one first, 2 workers, random",
                     schedule_the_later_one_first<2>);
    explore::must_pass("the first job waits for the second", {.random_schedules = 100'000},
                       the_first_waits_for_the_second);
}
