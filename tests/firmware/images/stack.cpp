// SPDX-License-Identifier: BSL-1.0
//
// Stack of the operations of a scheduler, lean or with everything on (-DRICH), and of the queues
// and cron: measured in many states. Prints "OPERATION BYTES" a line. See stack.hpp.
//
// The jobs here are leaves, so that what is measured is pawl's own: a job's stack comes on top of
// poll()'s.
#include "stack.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>
#include <pawl/time/cron.hpp>

#include "board/board.hpp"
#include "lean.hpp"
#include "meter_feature.hpp"

namespace {

using namespace std::chrono_literals;
using namespace pawl::literals;

// ---- The subjects

// Looks as the core does before it sleeps, and does not sleep: nothing would wake it.
struct sleepless_core : pawl::bare_metal::core {
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        const critical masked;
        woken = woken + (busy() ? 1U : 0U);
    }
    static inline volatile std::uint32_t woken = 0;
};
struct stack_board : pawl::basic_bare_metal<sleepless_core, masked_board> {
    static inline std::int32_t milliseconds = 0;
    static time_point now() noexcept { return time_point{duration{milliseconds}}; }
    static std::chrono::sys_time<std::chrono::milliseconds> wall_now() noexcept {
        return std::chrono::sys_time<std::chrono::milliseconds>{
            std::chrono::milliseconds{milliseconds}};
    }
};

#ifdef RICH
// All but graphs, which not every core has: a pool and its stack are a matter of their own.
constexpr pawl::limits configured = [] {
    pawl::limits all = features::all::on(lean(16, 4));
    all.local = 0;
    return all;
}();
#else
constexpr pawl::limits configured = lean(16, 4);
#endif
using scheduler = pawl::scheduler<configured, stack_board>;
constinit scheduler jobs;

struct sample {
    std::uint32_t when;
    std::uint32_t value;
};

// What operations take from here, and leave here.
volatile std::uint32_t result = 0;
pawl::job_id ids[8];
pawl::job_id chosen;
std::uint32_t next_id = 0;
volatile std::int32_t delay_ms = 0;
volatile std::uint32_t mode = 0;

void keep(pawl::job_id id) {
    ids[next_id] = id;
    next_id = (next_id + 1) % std::size(ids);
}

constexpr auto job = [] {
    ran = ran + 1;
    switch (mode) {
        case 0: return pawl::outcome::retry(3);
        case 1: return pawl::outcome::fail(7);
        case 2: return pawl::outcome::discard();
        case 3: return pawl::outcome::snooze(5ms);
        case 4: return pawl::outcome::yield(1);
        default: return pawl::outcome::success();
    }
};

constexpr auto job_with_context = [](pawl::job_context& context) {
    ran = ran + context.attempt();
    return mode == 0 ? pawl::outcome::retry(3) : pawl::outcome::success();
};

}  // namespace

// ---- The scheduler's operations

extern "C" void Interrupt0_Handler() { keep(jobs.enqueue(job)); }
OPERATION(enqueue_from_interrupt) { board::pend(0); }
OPERATION(enqueue) { keep(jobs.enqueue(job)); }
OPERATION(enqueue_with_context) { keep(jobs.enqueue(job_with_context)); }
OPERATION(schedule) { keep(jobs.schedule(std::chrono::milliseconds{delay_ms}, job)); }
OPERATION(every) { result = jobs.every(7ms, job, {.name = "each"}) ? 1U : 0U; }
OPERATION(recurring) { result = jobs.recurring("flush", "*/3 * * * * *"_cron, job) ? 1U : 0U; }
OPERATION(remove_recurring) {
    jobs.remove_recurring(delay_ms % 2 == 0 ? pawl::name{"each"} : pawl::name{"flush"});
}
OPERATION(cancel) { jobs.cancel(chosen); }
OPERATION(state) { result = static_cast<std::uint32_t>(jobs.state(chosen)); }
OPERATION(poll) { jobs.poll(); }
OPERATION(poll_with_budget) { jobs.poll(pawl::poll_budget{.jobs = 1, .moves = 1}); }
OPERATION(wait) { jobs.wait(); }
OPERATION(next_wake) { result = jobs.next_wake() ? 1U : 0U; }
OPERATION(lateness) { result = static_cast<std::uint32_t>(jobs.lateness().count()); }

#ifdef RICH

namespace {

pawl::owner_ref mine{1};
const pawl::job_context* running = nullptr;
scheduler::info_type infos[2];

}  // namespace

OPERATION(enqueue_with_all) {
    keep(jobs.enqueue(job, {.name = "work",
                            .queue = "second",
                            .retry = pawl::exponential_backoff(2ms).max_retries(2),
                            .priority = 1,
                            .deadline = 50ms,
                            .run_at_most = 1s,
                            .retry_for = 1s,
                            .owner = mine,
                            .key = pawl::key{1},
                            .limit = "bus"}));
}
OPERATION(enqueue_unique) {
    keep(jobs.enqueue(job, {.unique = pawl::key{2}, .conflict = pawl::conflict::replace}));
}
OPERATION(enqueue_n) {
    result = jobs.enqueue_n(3, [](std::uint32_t) { return job; }) ? 1U : 0U;
}
OPERATION(schedule_with_all) {
    keep(jobs.schedule(std::chrono::milliseconds{delay_ms}, job,
                       {.name = "later",
                        .retry = pawl::fixed_backoff(3ms),
                        .deadline = 5ms,
                        .key = pawl::key{1},
                        .chain = true,
                        .limit = "bus"}));
}
OPERATION(then) { keep(jobs.then(chosen, job)); }
OPERATION(then_of_two) {
    keep(jobs.then({chosen, ids[next_id]}, job, {.when = pawl::when::any, .delay = 3ms}));
}
OPERATION(batch) {
    auto batch = jobs.batch();
    batch.enqueue(job);
    keep(batch.seal());
}
OPERATION(batch_in_batch) {
    auto batch = jobs.batch();
    auto inner = batch.batch();
    inner.schedule(4ms, job);
    inner.seal();
    keep(batch.seal());
}
OPERATION(every_with_all) {
    result = jobs.every(9ms, job,
                        {.name = "policies",
                         .retry = pawl::fixed_backoff(2ms).max_retries(1),
                         .overlap = pawl::overlap::replace,
                         .misfire = pawl::misfire::catch_up(2),
                         .when_full = pawl::when_full::defer,
                         .jitter = 3ms,
                         .deadline = 20ms,
                         .owner = mine,
                         .key = pawl::key{3},
                         .limit = "bus"})
                 ? 1U
                 : 0U;
}
OPERATION(remove_policies) { jobs.remove_recurring("policies"); }
OPERATION(trigger_recurring) { keep(jobs.trigger_recurring("policies")); }
OPERATION(pause_recurring) { jobs.pause_recurring("policies"); }
OPERATION(resume_recurring) { jobs.resume_recurring("policies"); }
OPERATION(find_recurring) { result = jobs.find_recurring("policies") ? 1U : 0U; }
OPERATION(reschedule) { jobs.reschedule(chosen, std::chrono::milliseconds{delay_ms}); }
OPERATION(requeue) { keep(jobs.requeue(chosen)); }
OPERATION(raise) { jobs.raise(chosen, 1); }
OPERATION(cancel_all) { jobs.cancel_all(mine); }
OPERATION(pause) { jobs.pause("second"); }
OPERATION(resume) { jobs.resume("second"); }
OPERATION(limit_running) { jobs.limit_running("second", 1); }
OPERATION(set_limit) {
    jobs.set_limit("bus", {.running_max = 1, .tokens = 1, .period = 10ms, .burst = 2});
}
OPERATION(info) { result = jobs.info(chosen) ? 1U : 0U; }
OPERATION(list) { result = jobs.list(infos, pawl::job_state::enqueued).matching; }
OPERATION(snapshot) { result = jobs.snapshot().kept; }
OPERATION(ended) { result = jobs.ended(chosen) ? 1U : 0U; }
OPERATION(job_services) {
    auto& self = const_cast<pawl::job_context&>(*running);
    self.progress(500);
    self.error("no bus");
    self.result(std::uint32_t{42});
    result = self.parent_result<std::uint32_t>().value_or(0) + self.cursor() +
             static_cast<std::uint32_t>(self.lateness().count()) +
             (self.stop_requested() ? 1U : 0U);
}
OPERATION(stop) { result = static_cast<std::uint32_t>(jobs.stop(pawl::stop_mode::drain).finished); }

#else

// ---- Queues and cron

namespace {

constinit pawl::mpmc_queue<sample, 8, stack_board> mpmc;
constinit pawl::spsc_queue<sample, 8, stack_board> spsc;
constinit pawl::index_ring<8, pawl::ring_start::full, stack_board> ring;
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
constinit pawl::ticket_queue<sample, 8, stack_board> ticket;
#endif
constexpr pawl::cron expressions[] = {"*/15 * * * *"_cron, "0 0 29 2 *"_cron, "* * * * * *"_cron,
                                      "30 4 1,15 * 5"_cron};
std::chrono::sys_seconds from{};

template <class Queue>
void push_to(Queue& queue) {
    result = queue.try_push({1, 2}) ? 1U : 0U;
}
template <class Queue>
void pop_from(Queue& queue) {
    sample taken{};
    result = queue.try_pop(taken) ? taken.value : 0;
}

}  // namespace

OPERATION(mpmc_push) { push_to(mpmc); }
OPERATION(mpmc_pop) { pop_from(mpmc); }
OPERATION(spsc_push) { push_to(spsc); }
OPERATION(spsc_pop) { pop_from(spsc); }
OPERATION(ring_pair) {
    std::uint32_t index = 0;
    if (ring.get(index)) {
        ring.put(index);
    }
}
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
OPERATION(ticket_push) { push_to(ticket); }
OPERATION(ticket_pop) { pop_from(ticket); }
#endif
OPERATION(cron_next) {
    const auto next = expressions[mode % std::size(expressions)].next(from);
    result = next ? 1U : 0U;
}
OPERATION(cron_parse) { result = pawl::cron::parse("0 9 * * MON-FRI") ? 1U : 0U; }

#endif

// ---- The walk

namespace {

#define OF(name)                                                                                   \
    stack::operation { #name, op_##name }

stack::operation operations[] = {
    OF(enqueue_from_interrupt),
    OF(enqueue),
    OF(enqueue_with_context),
    OF(schedule),
    OF(every),
    OF(recurring),
    OF(remove_recurring),
    OF(cancel),
    OF(state),
    OF(poll),
    OF(poll_with_budget),
    OF(wait),
    OF(next_wake),
    OF(lateness),
#ifdef RICH
    OF(enqueue_with_all),
    OF(enqueue_unique),
    OF(enqueue_n),
    OF(schedule_with_all),
    OF(then),
    OF(then_of_two),
    OF(batch),
    OF(batch_in_batch),
    OF(every_with_all),
    OF(remove_policies),
    OF(trigger_recurring),
    OF(pause_recurring),
    OF(resume_recurring),
    OF(find_recurring),
    OF(reschedule),
    OF(requeue),
    OF(raise),
    OF(cancel_all),
    OF(pause),
    OF(resume),
    OF(limit_running),
    OF(set_limit),
    OF(info),
    OF(list),
    OF(snapshot),
    OF(ended),
    // Not chosen at random:
    OF(job_services),
    OF(stop),
#else
    OF(mpmc_push),
    OF(mpmc_pop),
    OF(spsc_push),
    OF(spsc_pop),
    OF(ring_pair),
    OF(cron_next),
    OF(cron_parse),
#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
    OF(ticket_push),
    OF(ticket_pop),
#endif
#endif
};
constexpr std::uint32_t count = std::size(operations);
#ifdef RICH
constexpr std::uint32_t chosen_count = count - 2;
stack::operation& job_services = operations[count - 2];
stack::operation& stopping = operations[count - 1];
#else
constexpr std::uint32_t chosen_count = count;
#endif

#ifdef RICH
// Not a leaf: stack_bound.sh knows it by its name.
struct measuring {
    void operator()(pawl::job_context& context) const {
        running = &context;
        job_services.measure();
    }
};
#endif

void walk() {
    mode = stack::random(8);
    delay_ms = static_cast<std::int32_t>(stack::random(40));
    chosen = ids[stack::random(std::size(ids))];
    operations[stack::random(chosen_count)].measure();
    if (stack::random(3) == 0) {
        stack_board::milliseconds += static_cast<std::int32_t>(stack::random(12));
    }
    if (stack::random(4) == 0) {
        operations[9].measure();  // poll: so that not all is full
    }
}

}  // namespace

int main() {
    board::enable(0);
    for (int steps = 0; steps < 20'000; ++steps) {
        walk();
#ifdef RICH
        if (steps % 64 == 0) {
            jobs.enqueue(measuring{});
            jobs.poll();
        }
#else
        from += std::chrono::hours{stack::random(24 * 40)};
#endif
    }
#ifdef RICH
    stopping.measure();
#endif
    return stack::report(operations, operations + count) ? 0 : 1;
}
