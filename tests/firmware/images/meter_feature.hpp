// SPDX-License-Identifier: BSL-1.0
//
// The features of pawl::limits, one by one: how each is switched on over the lean configuration,
// and how a program uses it.
//
// A feature is a struct below; the line above it is what the table says of it, and CMakeLists.txt
// and features_test.sh find it by that line. It may have
//   on(limits)   the limits with it, and with what it needs
//   use(jobs)    what the program does with it besides, before anything is measured
//   prepare(jobs), call(jobs)   `call` is measured, and then the poll that runs what came of it:
//                at once, or wait_ms later, when another poll has filed it
// Who calls: meter_feature.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <new>
#include <span>

#include <pawl/execution/graph.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "lean.hpp"

// The core's own exclusion, and time that stands still until it is moved. With a calendar, as
// pawl::systick has one.
struct still_board : pawl::basic_bare_metal<pawl::bare_metal::core, masked_board> {
    static inline std::int32_t milliseconds = 0;
    static time_point now() noexcept { return time_point{duration{milliseconds}}; }
    static std::chrono::sys_time<std::chrono::milliseconds> wall_now() noexcept {
        return std::chrono::sys_time<std::chrono::milliseconds>{
            std::chrono::milliseconds{milliseconds}};
    }
};

// What the jobs do: the least that the compiler cannot leave out.
inline volatile std::uint32_t ran = 0;
inline constexpr auto work = [] { ran = ran + 1; };

namespace features {

using namespace std::chrono_literals;
using namespace pawl::literals;

struct feature {
    static constexpr bool exists = true;
    static constexpr bool has_call = true;
    static constexpr int wait_ms = 0;
    static constexpr pawl::limits on(pawl::limits of) { return of; }
    template <class Jobs>
    static void use(Jobs&) {}
    template <class Jobs>
    static void prepare(Jobs&) {}
    template <class Jobs>
    static void call(Jobs&) {}
};
struct feature_of_all : feature {
    static constexpr bool has_call = false;
};

// what the others are compared with: enqueue(), schedule(), every(), cancel()
struct lean : feature_of_all {};

// a second every(), and an occurrence
struct every : feature {
    static constexpr int wait_ms = 6;
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.every(5ms, work);
    }
};

// the lean one with limits.recurring = 0
struct no_recurring : feature_of_all {
    static constexpr pawl::limits on(pawl::limits of) {
        of.recurring = 0;
        return of;
    }
};

// recurring() with a cron expression, and an occurrence
struct calendar : feature {
    static constexpr int wait_ms = 1002;
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.recurring("flush", "* * * * * *"_cron, work);
    }
};

// every() with a misfire policy and an overlap, and an occurrence; with edges
struct recurring_policies : feature {
    static constexpr int wait_ms = 6;
    static constexpr pawl::limits on(pawl::limits of) {
        of.edges = of.jobs;
        of.recurring_policies = true;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        jobs.pause_recurring("nobody");
        jobs.resume_recurring("nobody");
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.every(5ms, work,
                   {.overlap = pawl::overlap::queue_one, .misfire = pawl::misfire::catch_up(2)});
    }
};

// enqueue() with a name
struct names : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.names = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.name = "work"});
    }
};

// enqueue() with a retry policy, and a success
struct retries : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.retries = true;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        jobs.enqueue([] { return ran == 0 ? pawl::outcome::success() : pawl::outcome::retry(); });
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.retry = pawl::exponential_backoff(10ms).max_retries(5)});
    }
};

// then() of a job that waits, and both runs
struct edges : feature {
    static inline pawl::job_id parent = {};
    static constexpr pawl::limits on(pawl::limits of) {
        of.edges = of.jobs;
        return of;
    }
    template <class Jobs>
    static void prepare(Jobs& jobs) {
        parent = jobs.enqueue(work);
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.then(parent, work);
    }
};

// then() with a delay, and the run after it; with edges
struct then_delay : edges {
    static constexpr int wait_ms = 6;
    static constexpr pawl::limits on(pawl::limits of) {
        of = edges::on(of);
        of.then_delay = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.then(parent, work, {.delay = 5ms});
    }
};

// a batch of one: opened, filled, sealed; the run that ends it
struct batches : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.batches = 4;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        auto batch = jobs.batch();
        batch.enqueue(work);
        batch.seal();
    }
};

// enqueue(), and two slices
struct slices : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.slices = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue([](pawl::job_context& job) {
            ran = ran + 1;
            return job.cursor() == 1 ? pawl::outcome::success() : pawl::outcome::yield(1);
        });
    }
};

// reschedule(), and the run at the new time
struct reschedule : feature {
    static inline pawl::job_id later = {};
    static constexpr int wait_ms = 6;
    static constexpr pawl::limits on(pawl::limits of) {
        of.reschedule = true;
        return of;
    }
    template <class Jobs>
    static void prepare(Jobs& jobs) {
        later = jobs.schedule(1s, work);
        jobs.poll(pawl::poll_budget{.jobs = 1});
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.reschedule(later, 5ms);
    }
};

// schedule() of ten days, which are more than 2^29 ticks
struct long_delays : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.long_delays = pawl::long_delays::always;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.schedule(240h, work);
    }
};

// enqueue() with a deadline and a longest run
struct deadlines : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.deadlines = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.deadline = 5ms, .run_at_most = 1s});
    }
};

// enqueue(), and a job that asks how late it is
struct times : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.times = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue([](pawl::job_context& job) {
            ran = ran + 1 + static_cast<std::uint32_t>(job.lateness().count());
        });
    }
};

// enqueue() with an owner
struct owners : feature {
    static inline pawl::owner_ref mine = {};
    static constexpr pawl::limits on(pawl::limits of) {
        of.owners = true;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        mine = jobs.new_owner();
        jobs.cancel_all(mine);
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.owner = mine});
    }
};

// enqueue(), and a job that says how far it is
struct progress : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.progress = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue([](pawl::job_context& job) {
            ran = ran + 1;
            job.progress(500);
        });
    }
};

// requeue() of a job that failed, and its run
struct failed : feature {
    static inline pawl::job_id kept = {};
    static constexpr pawl::limits on(pawl::limits of) {
        of.failed = 4;
        return of;
    }
    template <class Jobs>
    static void prepare(Jobs& jobs) {
        kept = jobs.enqueue([] {
            ran = ran + 1;
            return ran % 2 == 0 ? pawl::outcome::success() : pawl::outcome::fail(7);
        });
        ran = 0;
        jobs.poll(pawl::poll_budget{.jobs = 1});
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.requeue(kept);
    }
};

// enqueue(), and a job that fails and says why
struct error_bytes : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.error_bytes = 16;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue([](pawl::job_context& job) {
            ran = ran + 1;
            return job.fail(7, "no bus");
        });
    }
};

// then() of a job that leaves a number, and both runs; with edges
struct result_bytes : edges {
    static constexpr pawl::limits on(pawl::limits of) {
        of = edges::on(of);
        of.result_bytes = 8;
        return of;
    }
    template <class Jobs>
    static void prepare(Jobs& jobs) {
        parent = jobs.enqueue([](pawl::job_context& job) { job.result(std::uint32_t{42}); });
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.then(parent, [](pawl::job_context& job) {
            ran = job.parent_result<std::uint32_t>().value_or(0);
        });
    }
};

// of every job that ends
struct history : feature_of_all {
    static constexpr pawl::limits on(pawl::limits of) {
        of.history = 16;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        ran = jobs.ended(jobs.enqueue(work)).has_value() ? 1U : 0U;
    }
};

// of every change of a job
struct events : feature_of_all {
    static constexpr pawl::limits on(pawl::limits of) {
        of.events = 16;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        auto reader = jobs.events();
        pawl::job_event event;
        ran = reader.next(event) ? 1U : 0U;
    }
};

// of every job; with times and retries
struct types : feature_of_all {
    static constexpr pawl::limits on(pawl::limits of) {
        of.times = true;
        of.retries = true;
        of.types = 4;
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        static pawl::job_type_numbers numbers[1];
        ran = jobs.types(numbers);
    }
};

// enqueue() with a key
struct keys : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.keys = 8;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.key = pawl::key{1}});
    }
};

// enqueue() of a unique job; limits.keys
struct unique : keys {
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.unique = pawl::key{1}});
    }
};

// enqueue() under a limiter
struct limiters : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.limiters = {"bus"};
        return of;
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        jobs.set_limit("bus", {.running_max = 1});
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.limit = "bus"});
    }
};

// enqueue() into the second queue
struct second_queue : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.queues = {"default", "second"};
        of.starvation_bound = 0;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.queue = "second"});
    }
};

// enqueue() into the second of two queues
struct starvation_bound : second_queue {
    static constexpr pawl::limits on(pawl::limits of) {
        const std::uint32_t bound = of.starvation_bound;
        of = second_queue::on(of);
        of.starvation_bound = bound;
        return of;
    }
};

// enqueue() into the second of two queues
struct weights : second_queue {
    static constexpr pawl::limits on(pawl::limits of) {
        of = second_queue::on(of);
        of.weights = {3, 1};
        return of;
    }
};

// enqueue() into the upper of two bands
struct second_band : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.bands = 2;
        of.starvation_bound = 0;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.priority = 1});
    }
};

// pause() and resume() of a queue
struct queue_control : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of.queue_control = true;
        return of;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.pause("default");
        jobs.resume("default");
    }
};

// run() of a graph of two nodes, and the poll that runs it (limits.local)
struct graphs : feature {
    // A queue of the pool needs compare-and-swap.
    static constexpr bool exists = still_board::has_compare_exchange;
    static constexpr pawl::limits on(pawl::limits of) {
        of.local = exists ? 4 : 0;
        return of;
    }
    using graph =
        pawl::graph<2, 1, pawl::graph_options{.node_bytes = 8, .names = false}, still_board>;
    // Never destroyed, as nothing is in firmware.
    alignas(graph) static inline unsigned char bytes[sizeof(graph)] = {};
    static inline graph* two = nullptr;
    template <class Jobs>
    static void prepare(Jobs&) {
        two = ::new (static_cast<void*>(bytes)) graph;
        two->add(work).before(two->add(work));
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.run(*two);
    }
};

// everything above; enqueue() with a name, a retry policy, a deadline, an owner, a key, a limiter
struct all : feature {
    static constexpr pawl::limits on(pawl::limits of) {
        of = recurring_policies::on(of);
        of = names::on(of);
        of = retries::on(of);
        of = then_delay::on(of);
        of = batches::on(of);
        of = slices::on(of);
        of = reschedule::on(of);
        of = long_delays::on(of);
        of = deadlines::on(of);
        of = times::on(of);
        of = owners::on(of);
        of = progress::on(of);
        of = failed::on(of);
        of = error_bytes::on(of);
        of = result_bytes::on(of);
        of = history::on(of);
        of = events::on(of);
        of = types::on(of);
        of = keys::on(of);
        of = limiters::on(of);
        of = second_band::on(of);
        of = weights::on(of);
        of = starvation_bound::on(of);
        of = queue_control::on(of);
        return graphs::on(of);
    }
    template <class Jobs>
    static void use(Jobs& jobs) {
        const auto use_one = [&]<class One>(One) {
            One::use(jobs);
            One::prepare(jobs);
            One::call(jobs);
        };
        use_one(calendar{});
        use_one(recurring_policies{});
        use_one(names{});
        use_one(retries{});
        use_one(edges{});
        use_one(then_delay{});
        use_one(batches{});
        use_one(slices{});
        use_one(reschedule{});
        use_one(long_delays{});
        use_one(times{});
        use_one(owners{});
        use_one(progress{});
        use_one(failed{});
        use_one(error_bytes{});
        use_one(result_bytes{});
        use_one(history{});
        use_one(events{});
        use_one(types{});
        use_one(unique{});
        use_one(limiters{});
        use_one(second_queue{});
        use_one(second_band{});
        use_one(queue_control{});
        if constexpr (graphs::exists) {
            use_one(graphs{});
        }
        jobs.remove_recurring("flush");
        still_board::milliseconds += 100'000;
    }
    template <class Jobs>
    static void call(Jobs& jobs) {
        jobs.enqueue(work, {.name = "work",
                            .retry = pawl::exponential_backoff(10ms).max_retries(5),
                            .deadline = 5ms,
                            .owner = owners::mine,
                            .key = pawl::key{1},
                            .limit = "bus"});
    }
};

}  // namespace features
