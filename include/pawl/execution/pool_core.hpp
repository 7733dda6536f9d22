// SPDX-License-Identifier: BSL-1.0
//
// pool_core: how jobs and graphs come into a pool, and who runs them beside its threads.
//
// What: everything of a thread_pool but its threads, its sleep and its end: its queues
// (pool_queues.hpp), how jobs come in, the place of a thread that waits or polls (the caller's
// place), and how graphs are run there. A scheduler has one, too: its workers take from it as they
// take from the scheduler's own rings, under the scheduler's own parking lot.
//
// Whoever owns it says what its lot and its machine are, and calls run_one() from its threads.
// Where the owner is a scheduler (pool_limits.hosted) each put wakes a sleeper, as everything there
// does; where it is a thread_pool, only if nobody looks for work (searchers.hpp).
//
// Cost: post() one compare-and-swap, and a look whether somebody sleeps. A job from the queue one
// compare-and-swap more.
// Who may call: what is public, any thread, and a job; poll() one thread at a time. What is
// protected, the owner.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/containers/vacancy.hpp>
#include <pawl/execution/graph.hpp>
#include <pawl/execution/life.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/pool_job.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/execution/pool_queues.hpp>
#include <pawl/execution/pool_worker.hpp>
#include <pawl/execution/post.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <pool_limits L, platform Platform>
class pool_core : public pool_queues<L, Platform> {
    using base = pool_queues<L, Platform>;

public:
    using base::has_workers;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using typename base::job_type;
    using typename base::lot_type;
    using typename base::worker;
    using group_type = typename worker::group_type;

    static constexpr pool_limits capacity = L;

    static_assert(L.threads() <= 24, "pool_limits.workers: a pool has at most 24 threads");
    static_assert(!has_workers || Platform::has_threads,
                  "this platform has no threads: set pool_limits.workers to 0, and call poll()");
    static_assert(L.priorities >= 1 && L.priorities <= 4, "pool_limits.priorities is 1 to 4");

    // Both outlive it.
    constexpr pool_core(lot_type& of, Platform& on) noexcept : base{of, on} {
        for (std::uint32_t index = 0; index < L.runners(); ++index) {
            workers_[index].pool_ = this;
            workers_[index].index_ = index;
        }
    }
    pool_core(const pool_core&) = delete;
    pool_core& operator=(const pool_core&) = delete;

    // ---- Submit: any thread, or a job ---------------------------------------------------------

    // Runs f(), or f(worker), once. What is refused has not been moved from.
    template <class F>
    PAWL_FAST_PATH post_result post(F&& function, post_options options = {}) noexcept {
        static_assert(check_pool_job<F, worker>());
        if (phase_now() != phase::accepting) [[unlikely]] {
            return refuse(post_error::stopped);
        }
        if (options.on != pool_thread::any) {
            return post_to(passed_aside<F>(std::forward<F>(function)), options.on);
        }
        if (options.priority >= L.priorities) [[unlikely]] {
            return refuse(post_error::no_such_priority);
        }
        if (!injectors_[options.priority].try_emplace_before_look(std::forward<F>(function)))
            [[unlikely]] {
            return run_or_refuse(passed_aside<F>(std::forward<F>(function)), options.priority);
        }
        posted();
        return {};
    }

    // The same for make(0), make(1), to make(count - 1). Wakes one thread at most, which sees to
    // the next. Stops at the first one that is refused: post_result::count were accepted.
    template <class Make>
    post_result post_n(std::uint32_t count, Make&& make, post_options options = {}) noexcept {
        if (phase_now() != phase::accepting) [[unlikely]] {
            return {refuse(post_error::stopped).reason, 0};
        }
        if (options.priority >= L.priorities) [[unlikely]] {
            return {refuse(post_error::no_such_priority).reason, 0};
        }
        if (options.on != pool_thread::any) {
            for (std::uint32_t i = 0; i < count; ++i) {
                if (const post_result result = post_to(make(i), options.on); !result) {
                    return {result.reason, i};
                }
            }
            return {post_error::none, count};
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            auto job = make(i);
            if (!injectors_[options.priority].try_emplace_before_look(std::move(job)))
                [[unlikely]] {
                posted();
                using job_of = decltype(job);
                const post_result result =
                    run_or_refuse(passed_aside<job_of>(std::move(job)), options.priority);
                if (!result) {
                    return {result.reason, i};
                }
            }
        }
        posted();
        return {post_error::none, count};
    }

    // Runs f(worker) on this thread, as a job, and returns when it has ended: it can fork and join
    // there. False, and nothing is run: another thread does so just now, or polls, or the pool
    // stops. From inside a job it is that worker's.
    template <class F>
    [[nodiscard]] bool invoke(F&& function) noexcept {
        bool accepted = true;
        const bool placed = as_runner([&](worker& self) {
            if (&self == &caller() && phase_now() != phase::accepting) {
                accepted = false;
                return;
            }
            self.inside([&] {
#if PAWL_HAS_EXCEPTIONS
                try {
                    call_pool_job(function, self);
                } catch (...) {
                    self.threw();
                }
#else
                call_pool_job(function, self);
#endif
            });
            self.ran_.add();
        });
        return placed && accepted;
    }

    // Runs a graph (graph.hpp): from anywhere, inside a job too. What is answered is not there any
    // more when the graph is not.
    template <class Graph>
    graph_run run(Graph& graph) noexcept {
        static_assert(std::is_same_v<typename Graph::platform_type, Platform>,
                      "pawl: this graph is made for another platform than the pool");
        if (const graph_error error = graph.check(); error != graph_error::none) {
            return graph_run{error};
        }
        if (phase_now() >= phase::finishing) {
            return graph_run{graph_error::stopped};
        }
        graph_core<Platform>& core = graph;
        if (!core.begin()) {
            return graph_run{graph_error::busy};
        }
        const std::uint32_t tag = next_tag();
        const graph_run result{*this, core, tag};
        const typename graph_core<Platform>::job first{&core, graph_core<Platform>::start, tag};
        bool put = false;
        const bool placed = as_runner([&](worker& self) {
            put = self.push_part(first, tag);
            if (!put && self.depth_ < L.depth) {
                // Elsewhere who waits for it here would not find it.
                self.nested([&, now = first]() mutable { now(self); });
                put = true;
            }
        });
        for (int tries = 0; !placed && !put && tries < tries_max; ++tries) {
            put = injectors_[0].try_emplace(first);
            relax();
        }
        if (!put) {
            core.give_up();
            refuse(post_error::full);
            return graph_run{graph_error::full};
        }
        posted_beside();
        return result;
    }
    // graph_run::wait() of such a run.
    void wait_for(graph_core<Platform>& graph, std::uint32_t number, std::uint32_t tag) noexcept {
        while (!graph.is_over(number)) {
            if (!as_runner([&](worker& self) { self.run_until_over(graph, number, tag); })) {
                if constexpr (Platform::has_threads) {
                    Platform::yield();  // another thread has the caller's place
                }
            }
        }
    }

    // ---- Run: the main thread -----------------------------------------------------------------

    // With threads: runs what was posted for the main thread. With workers = 0: everything that is
    // ready, but not more than the queue holds.
    poll_result poll() noexcept { return poll(poll_budget{}); }
    // The same, for about this long: the time is looked at after each job.
    template <class Rep, class Period>
    poll_result poll(std::chrono::duration<Rep, Period> time) noexcept {
        using nanoseconds = std::chrono::nanoseconds;
        return poll(poll_budget{.time = std::chrono::ceil<nanoseconds>(time)});
    }
    poll_result poll(poll_budget budget) noexcept {
        if (!claim_caller()) {
            return {.busy = true};
        }
        const bool timed = budget.time != std::chrono::nanoseconds::max();
        const time_point end =
            timed ? clock::after(machine().now(), std::chrono::ceil<duration>(budget.time))
                  : time_point::max();
        const std::uint32_t jobs_max = std::min(budget.jobs, std::max(L.queue, L.lane));
        poll_result result;
        do {
            if (result.ran == jobs_max) {
                result.more = anything_for(caller());
                break;
            }
            if (phase_now() >= phase::finishing || !poll_one()) {
                break;
            }
            ++result.ran;
            if (timed && clock::reached(end, machine().now())) {
                result.more = anything_for(caller());
                break;
            }
        } while (true);
        release_caller();
        return result;
    }

    // ---- Ask ----------------------------------------------------------------------------------

    [[nodiscard]] pool_counts counts() const noexcept {
        pool_counts result;
        for (const worker& each : workers_) {
            result.ran += each.ran_.read();
            result.threw += each.threw_.read();
            result.stolen += each.stolen_.read();
        }
        result.discarded = discarded_.load(std::memory_order_relaxed);
        result.wakes = wakes_.load(std::memory_order_relaxed);
        result.refused = refused_.load(std::memory_order_relaxed);
        return result;
    }

    // The threads that run: 0 before they are started.
    [[nodiscard]] std::uint32_t worker_count() const noexcept {
        // acquire: pairs with has_started().
        return running_.load(std::memory_order_acquire);
    }
    // Who can run jobs at once: the threads, and who waits.
    [[nodiscard]] std::uint32_t runners() const noexcept { return worker_count() + 1; }

    [[nodiscard]] bool stop_requested() const noexcept {
        // acquire: pairs with stop().
        return asked_.load(std::memory_order_acquire) != 0;
    }

protected:
    friend worker;
    friend group_type;

    using base::anything_for;
    using base::injectors_;
    using base::lanes_;
    using base::look_after_post;
    using base::look_after_put;
    using base::lot;
    using base::machine;
    using base::phase_now;
    using base::relax;
    using base::run_from;
    using base::run_one;
    using base::run_queued;
    using base::running_;
    using base::tell;
    using base::tell_of_post;
    using base::wakes_;
    using base::workers_;
    using typename base::view;
    using typename base::word;
    using clock = tick_clock<Platform>;

    // How often who finds no room, and cannot run the job itself, tries again.
    static constexpr int tries_max = 1000;

    // So many threads run.
    void has_started(std::uint32_t threads) noexcept {
        running_.store(threads, std::memory_order_release);
    }
    // Each of them, at first.
    void enter_worker(std::uint32_t index) noexcept {
        // relaxed: who finds its own number has written it.
        workers_[index].thread_.store(this_thread(), std::memory_order_relaxed);
    }
    // Which of them the caller is; the caller's place: none.
    [[nodiscard]] std::uint32_t current() const noexcept {
        std::uint32_t index = L.threads();
        if constexpr (has_workers && tells_threads) {
            const std::uint32_t mine = this_thread();
            for (index = 0; index < L.threads() &&
                            workers_[index].thread_.load(std::memory_order_relaxed) != mine;) {
                ++index;
            }
        }
        return index;
    }

    post_result refuse(post_error why) noexcept {
        // relaxed: a count, nothing hangs on it.
        refused_.fetch_add(1, std::memory_order_relaxed);
        return {why, 0};
    }

    // ---- The queues ---------------------------------------------------------------------------

    template <class F>
    post_result post_to([[maybe_unused]] F&& function, [[maybe_unused]] pool_thread on) noexcept {
        if constexpr (L.lane == 0) {
            return refuse(post_error::no_such_thread);
        } else {
            return put_in_lane(std::forward<F>(function), on);
        }
    }
    template <class F>
    post_result put_in_lane(F&& function, pool_thread on) noexcept {
        const bool to_main = on == pool_thread::main;
        const auto index = to_main ? L.threads() : static_cast<std::uint32_t>(on);
        const std::uint32_t threads = worker_count() != 0 ? worker_count() : L.threads();
        if (!to_main && (L.hosted || index >= threads)) {
            return refuse(post_error::no_such_thread);
        }
        if (!lanes_[index].try_emplace(std::forward<F>(function))) {
            return refuse(post_error::full);
        }
        const view seen = lot().look();
        if constexpr (has_workers) {
            if (!to_main && (seen.sleepers() >> index & 1) != 0) {
                wakes_.fetch_add(1, std::memory_order_relaxed);
                lot().give_permit(machine(), index);
            }
        } else {
            lot().wake_one(machine(), seen);
        }
        settle(seen);
        return {};
    }

    // There was no room.
    template <class F>
    PAWL_OUT_OF_LINE post_result run_or_refuse(F&& function, std::uint32_t priority) noexcept {
        if constexpr (L.when_full == overflow::run_inline) {
            for (int tries = 0; tries < tries_max; ++tries) {
                if (claim_caller()) {
                    const bool accepts = phase_now() == phase::accepting;
                    if (accepts) {
                        caller().run_at_once(std::forward<F>(function));
                    }
                    release_caller();
                    return accepts ? post_result{} : refuse(post_error::stopped);
                }
                if (has_callers_place()) {
                    break;  // by this very thread, whose job posts without end
                }
                relax();
                if (phase_now() != phase::accepting) {
                    return refuse(post_error::stopped);
                }
                if (injectors_[priority].try_emplace_before_look(std::forward<F>(function))) {
                    posted();
                    return {};
                }
            }
        }
        return refuse(post_error::full);
    }

    // After a job was put from outside: somebody awake will see it, or it does not stay. (Of one
    // thread and no interrupts nobody sleeps meanwhile, and the pool does not come to its end.)
    void posted() noexcept {
        if constexpr (is_shared) {
            const view seen = look_after_post();
            tell_of_post(seen);
            settle(seen);
        }
    }
    // The same for what lies in a worker's deque.
    void posted_beside() noexcept {
        if constexpr (is_shared) {
            const view seen = look_after_put();
            tell(seen);
            settle(seen);
        }
    }
    static constexpr bool is_shared = Platform::has_threads || interrupt_platform<Platform>;
    // Who put a job while the pool came to its end takes care that it does not stay.
    void settle(view seen) noexcept {
        if (seen.phase() == phase::stopped) [[unlikely]] {
            while (!claim_caller()) {
                relax();  // nobody runs jobs any more, so that it is soon free
            }
            discard_all();
            caller_.store(0, std::memory_order_release);
        }
    }

    [[nodiscard]] bool poll_one() noexcept {
        if constexpr (!has_workers) {
            return run_one(caller());
        } else if constexpr (L.lane != 0) {
            return run_from(lanes_[L.threads()], caller(), false);
        } else {
            return false;
        }
    }

    [[nodiscard]] bool is_before(time_point deadline) const noexcept {
        return deadline == time_point::max() || !clock::reached(deadline, machine().now());
    }

    // ---- The caller's place among the workers ---------------------------------------------------

    [[nodiscard]] worker& caller() noexcept { return workers_[L.threads()]; }

    // Calls f(worker) with the worker that this thread is, or else with the caller's place. False:
    // another thread has that.
    template <class F>
    [[nodiscard]] bool as_runner(F&& function) noexcept {
        if (const std::uint32_t index = current(); index != L.threads()) {
            function(workers_[index]);
            return true;
        }
        if (has_callers_place()) {
            function(caller());  // inside a job that this thread runs there
            return true;
        }
        if (!claim_caller()) {
            return false;
        }
        // Who enters `stopped` has this place meanwhile: nothing runs after it.
        const bool runs = phase_now() != phase::stopped;
        if (runs) {
            function(caller());
        }
        release_caller();
        return runs;
    }

    // Of one run of a graph, told from others by who waits for it. (The bound: 2^32 - 2 runs.)
    [[nodiscard]] std::uint32_t next_tag() noexcept {
        // relaxed: a number.
        std::uint32_t tag = 0;
        while (tag < 2) {  // these are no tags
            tag = tags_.fetch_add(1, std::memory_order_relaxed) + 2;
        }
        return tag;
    }
    [[nodiscard]] bool claim_caller() noexcept {
        // acquire: what the one before did there; pairs with release_caller(). The load first,
        // because a failing exchange costs as much as one that does not.
        std::uint32_t nobody = caller_.load(std::memory_order_relaxed);
        return nobody == 0 &&
               caller_.compare_exchange_strong(nobody, this_thread(), std::memory_order_acquire,
                                               std::memory_order_relaxed);
    }
    // The calling thread, among those that may take the caller's place; 1 if they cannot be told
    // apart.
    static constexpr bool tells_threads = !Platform::has_threads || requires {
        Platform::thread_number();
    };
    [[nodiscard]] static std::uint32_t this_thread() noexcept {
        if constexpr (requires { Platform::thread_number(); }) {
            return Platform::thread_number();
        } else {
            return 1;
        }
    }
    [[nodiscard]] bool has_callers_place() const noexcept {
        // relaxed: if it is this thread's number, this thread wrote it.
        return tells_threads && caller_.load(std::memory_order_relaxed) == this_thread();
    }
    [[nodiscard]] bool claim_caller_until(time_point deadline) noexcept {
        while (!claim_caller()) {
            if constexpr (Platform::has_threads) {
                if (is_before(deadline)) {
                    Platform::yield();
                    continue;
                }
            }
            return false;
        }
        return true;
    }
    void release_caller() noexcept {
        if constexpr (has_workers) {
            // What belongs after the last job goes to the others.
            while (caller().next_.taken.load(std::memory_order_relaxed) != 0) {
                caller().run(caller().next_);
            }
        } else if (const phase now = phase_now();
                   !L.hosted &&
                   (now == phase::finishing || (now == phase::draining && !anything_for(caller()))))
            [[unlikely]] {
            end();  // a job asked for it
        }
        caller_.store(0, std::memory_order_release);
        if constexpr (has_workers) {
            if (const view seen = lot().look(); seen.phase() != phase::accepting) [[unlikely]] {
                lot().wake_all(machine());  // they may have waited for this
            }
        }
    }

    // Nobody runs anything any more.
    void end() noexcept {
        if (lot().enter(phase::stopped)) {
            discard_everything();
        }
    }
    // REQUIRES: nobody runs anything; the caller's place.
    void discard_everything() noexcept {
        for (std::uint32_t index = 0; index < L.threads(); ++index) {
            add_discarded(workers_[index].discard_all());
        }
        discard_all();
    }

    // REQUIRES: the caller's place. What is discarded may put something there.
    void discard_all() noexcept { leave(caller()); }

    // A thread of the pool ends, before others perhaps, and perhaps one of them waits for something
    // of a run that it has left, or that nobody takes from a queue any more.
    void leave(worker& self) noexcept {
        static_cast<void>(discard_queued(self));
        add_discarded(self.discard_all());
    }

    // False: there was nothing. What is discarded may put something into the worker's deque.
    bool discard_queued(worker& by) noexcept {
        const auto discard = [&by](job_type& job, vacancy<Platform> cell) noexcept {
            job.discard(by, cell);
        };
        std::uint32_t count = 0;
        for (auto& each : injectors_) {
            // A ticket is seen before its job: whose poster has looked at the phase already is a
            // moment away, and who has not will find the pool stopped.
            int tries = Platform::has_threads ? tries_max : 1;
            do {
                while (each.try_take(discard)) {
                    ++count;
                }
                relax();
            } while (--tries != 0 && !each.empty());
        }
        if constexpr (L.lane != 0) {
            for (auto& each : lanes_) {
                while (each.try_take(discard)) {
                    ++count;
                }
            }
        }
        add_discarded(count);
        return count != 0;
    }

    // Calls who sleeps until something ends that it waits for: it looks again.
    void call_waiting() noexcept {
        for (worker& each : workers_) {
            each.wake_from_wait();
        }
    }

    // For who waits for something in a queue that perhaps nobody else takes: runs the next one, or
    // discards them, if nothing is to begin any more. False: nothing came of it.
    [[nodiscard]] bool advance_queue(worker& self) noexcept {
        if (phase_now() >= phase::finishing) {
            return discard_queued(self);
        }
        bool ran = false;
        if ((!has_workers || self.index_ < L.threads()) && self.depth_ < L.depth) {
            self.nested([&] { ran = run_queued(self, false); });
        }
        return ran;
    }

    void add_discarded(std::uint32_t jobs) noexcept {
        // relaxed: a count. Who stops, and who posts meanwhile.
        discarded_.fetch_add(jobs, std::memory_order_relaxed);
    }

    // Who has the caller's place; 0: nobody.
    alignas(padding_bytes<Platform, alignof(word)>) word caller_;
    word asked_;  // 1 once running jobs are asked to stop
    word refused_;
    word discarded_;
    word tags_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
