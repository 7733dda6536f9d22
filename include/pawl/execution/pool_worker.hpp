// SPDX-License-Identifier: BSL-1.0
//
// pool_worker: who runs a pool's jobs, as a job sees it: spawning, forking and joining.
//
// What: a job that is called as f(worker) can hand work on without the pool's queue:
//
//   worker.spawn(f)   others may take it; who is asleep is woken, unless somebody looks already
//   worker.next(f)    this worker's next job, right after the present one; nobody is woken for it
//   auto group = worker.group();
//   group.spawn(f); group.spawn(g);
//   group.wait();     runs what it waits for, as far as nobody else has begun with it
//   pawl::parallel_invoke(worker, f, g);    the same for two that are known, for less
//
// How: a bounded deque of cells (work_deque.hpp): the owner takes what it spawned last, which is in
// its cache; thieves take the oldest, which is likely the most. A cell is named by its place in the
// deque, so that there is no free list; a thief that is slow to move a job out keeps the place
// taken, and what does not fit then runs at once.
//
// Waiting: see pool_group.hpp.
//
// Cost: spawn and taking it back one full barrier each; a steal a compare-and-swap.
// Who may call: the job that got the worker, on the thread it runs on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/event_counter.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/containers/work_deque.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/pool_group.hpp>
#include <pawl/execution/pool_job.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <pool_limits L, platform Platform>
class pool_queues;
template <pool_limits L, platform Platform>
class pool_core;
template <pool_limits L, platform Platform>
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): on purpose
class alignas(padding_bytes<Platform, alignof(void*)>) pool_worker {
public:
    using pool_type = pool_core<L, Platform>;
    using group_type = pool_group<L, Platform>;
    using job_type = pool_job<L.job_bytes, L.job_align, pool_worker, Platform>;

    constexpr pool_worker() noexcept = default;
    pool_worker(const pool_worker&) = delete;
    pool_worker& operator=(const pool_worker&) = delete;

    // Hands on a job that nobody waits for. False: there is no room and pool_limits say `refuse`,
    // or jobs run inside one another too deep already; the callable is as it was.
    template <class F>
    PAWL_FAST_PATH bool spawn(F&& function) noexcept {
        return (open_ == nullptr && push(std::forward<F>(function))) ||
               spawn_elsewhere(passed_aside<F>(std::forward<F>(function)));
    }

    // The same for this worker's next job, which follows the present one, but for one in 61 from
    // elsewhere, so that nothing starves. Nobody is woken for it, and nobody else takes it: what
    // belongs after the present job. The second one of a job is spawned.
    template <class F>
    bool next(F&& function) noexcept {
        // relaxed: this thread's own.
        if (next_.taken.load(std::memory_order_relaxed) != 0) {
            return spawn(std::forward<F>(function));
        }
        next_.job.emplace(0, std::forward<F>(function));
        next_.taken.store(untagged, std::memory_order_relaxed);
        return true;
    }

    // parallel_invoke() of two: calls the first one, and the second one, too, if nobody else has
    // taken it meanwhile. Returns when both have ended; false if one of them threw.
    template <class First, class Second>
    // NOLINTNEXTLINE(misc-no-recursion): as deep as the program forks
    PAWL_FAST_PATH bool fork_join(First& first, Second& second) noexcept {
        group_type group{*this};
        const bool forked = group.fork(second);
        const std::uint32_t above = deque_.mark();
        const bool good = guarded(first);
        if (forked && !take_back(above)) [[unlikely]] {
            return group.wait() && good;
        }
        group.forget();
        open_ = nullptr;
        return guarded(second) && good;
    }

    // Opens a group of jobs to wait for.
    [[nodiscard]] group_type group() noexcept { return group_type{*this}; }

    // The pool's threads are 0, 1 and so on; who runs jobs while it waits for them, or polls, comes
    // last.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    [[nodiscard]] pool_type& pool() noexcept { return *pool_; }

    // Whether something lies in this worker's deque that others have not taken.
    [[nodiscard]] bool has_spawned() const noexcept { return !deque_.empty(); }

    // True once the pool stops and does not wait for long jobs any more.
    [[nodiscard]] bool stop_requested() const noexcept { return pool_->stop_requested(); }

    // ---- For graphs: parts of a run are known by its tag -------------------------------------

    // A part that others may take; nobody is told.
    template <class Part>
    [[nodiscard]] bool push_part(const Part& part, std::uint32_t tag) noexcept {
        return put(part, tag);
    }
    // Takes the part that lies on top of this worker's own deque, if it belongs to the run, and
    // accepts(part) says so; else null. It is there until the next push.
    template <class Part, class Accepts>
    [[nodiscard]] const Part* pop_part(std::uint32_t tag, Accepts&& accepts) noexcept {
        std::uint32_t place = 0;
        const auto is_such = [&](std::uint32_t newest) noexcept {
            return is_of(newest, tag) && accepts(cells_[newest].job[0].template peek<Part>());
        };
        if (!deque_.pop_if(is_such, place)) {
            return nullptr;
        }
        cell& from = cells_[place];
        from.taken.store(0, std::memory_order_relaxed);
        return &from.job[0].template peek<Part>();
    }
    // Tells who sleeps of what was put. False: everybody is at work, so that nobody came.
    bool tell_others() noexcept { return pool_->notify(); }
    [[nodiscard]] bool is_finishing() const noexcept {
        return pool_->phase_now() >= phase::finishing;
    }
    // Whether this is not inside another job, and others wait for a thread. Then they are next, if
    // what runs now hands the rest of its work over.
    [[nodiscard]] bool has_others_waiting() noexcept {
        const bool others = depth_ == 0 && open_ == nullptr &&
                            (pool_->anything_queued() || pool_->anything_in_lane(*this));
        own_jobs_ = others ? own_jobs_max : own_jobs_;
        return others;
    }
    [[nodiscard]] typename Platform::time_point now() noexcept { return pool_->machine().now(); }
    // For short measurements, whose result may be wrong by a factor of two.
    [[nodiscard]] std::chrono::nanoseconds rough_now() noexcept {
        using std::chrono::nanoseconds;
        if constexpr (requires { Platform::rough_now(); }) {
            return Platform::rough_now();
        } else {
            return std::chrono::duration_cast<nanoseconds>(now().time_since_epoch());
        }
    }
    void wake_runner(std::uint32_t runner) noexcept { pool_->workers_[runner].wake_from_wait(); }

    // Of what runs jobs: one of them has thrown.
    void threw() noexcept { threw_.add(); }

private:
    friend pool_queues<L, Platform>;
    friend pool_type;
    friend group_type;

    // In a cell's word: a job that is no part of a run. Others are tags.
    static constexpr std::uint32_t untagged = 1;

    // A job in its place.
    struct alignas(padding_bytes<Platform, L.job_align>) cell {
        typename Platform::word taken;  // not 0 until the job has left it
        item_slots<job_type, 1> job;

        void run(pool_worker& worker) noexcept { job[0].run(worker, vacancy<Platform>{taken, 0}); }
        void discard(pool_worker& worker) noexcept {
            job[0].discard(worker, vacancy<Platform>{taken, 0});
        }
    };

    // In so many jobs one comes from where it might wait for ever; see thread_pool's run_one().
    static constexpr std::uint32_t own_jobs_max = 61;

    // What has no place in this worker's deque, or must not lie there.
    template <class F>
    PAWL_OUT_OF_LINE bool spawn_elsewhere(F&& function) noexcept {
        // Beside an open group it would be run by who waits for that.
        if (open_ != nullptr && pool_->inject(std::forward<F>(function))) {
            return true;
        }
        if (L.when_full == overflow::run_inline && depth_ < L.depth) {
            run_at_once(std::forward<F>(function));
            return true;
        }
        return open_ == nullptr && pool_->inject(std::forward<F>(function));
    }
    template <class F>
    [[nodiscard]] PAWL_FAST_PATH bool push(F&& function) noexcept {
        if (!put(std::forward<F>(function), untagged)) [[unlikely]] {
            return false;
        }
        tell_of_put();
        return true;
    }
    // Wakes who sleeps, for what was put into this worker's deque. A pool's only thread has nobody
    // to wake: who has the caller's place does not sleep there.
    PAWL_FAST_PATH void tell_of_put() noexcept {
        if (L.hosted || L.threads() != 1 || index_ != 0) {
            pool_->tell_of_put();
        }
    }
    template <class F>
    [[nodiscard]] PAWL_FAST_PATH bool put(F&& function, std::uint32_t tag) noexcept {
        std::uint32_t place = 0;
        // acquire: a thief has moved the former job out; pairs with vacancy::announce().
        if (!deque_.place(place) || cells_[place].taken.load(std::memory_order_acquire) != 0)
            [[unlikely]] {
            return false;
        }
        cells_[place].job.emplace(0, std::forward<F>(function));
        // relaxed: comes with the push.
        cells_[place].taken.store(tag, std::memory_order_relaxed);
        deque_.push_there();
        return true;
    }
    // Takes the job below that mark() off the deque, if it lies on top. It is not moved out.
    [[nodiscard]] PAWL_FAST_PATH bool take_back(std::uint32_t above) noexcept {
        std::uint32_t place = 0;
        if (deque_.mark() != above || !deque_.pop(place)) [[unlikely]] {
            return false;
        }
        // relaxed: comes with the next push.
        cells_[place].taken.store(0, std::memory_order_relaxed);
        return true;
    }
    // Calls a function here. False: it threw.
    template <class F>
    [[nodiscard]] PAWL_FAST_PATH bool guarded(F& function) noexcept {
#if PAWL_HAS_EXCEPTIONS
        try {
            call_pool_job(function, *this);
            return true;
        } catch (...) {
            threw();
            return false;
        }
#else
        call_pool_job(function, *this);
        return true;
#endif
    }
    // relaxed: this thread wrote it, or it is not taken from there.
    [[nodiscard]] bool is_of(std::uint32_t place, std::uint32_t tag) const noexcept {
        return cells_[place].taken.load(std::memory_order_relaxed) == tag;
    }

    // Runs a part of a run: of this worker's own, or of anybody's.
    [[nodiscard]] bool run_part(std::uint32_t tag) noexcept {
        std::uint32_t place = 0;
        const auto is_part = [&](std::uint32_t newest) noexcept { return is_of(newest, tag); };
        if (deque_.pop_if(is_part, place)) {
            nested([&] { run(cells_[place]); });
            return true;
        }
        for (pool_worker& victim : pool_->workers_) {
            const auto of_run = [&](std::uint32_t oldest) noexcept {
                return victim.cells_[oldest].taken.load(std::memory_order_relaxed) == tag;
            };
            if (victim.deque_.steal_if(of_run, place) == steal_result::taken) {
                nested([&] { run(victim.cells_[place]); });
                return true;
            }
        }
        return !deque_.empty() && run_in_the_way(*this, tag);
    }
    // Runs something that keeps a part of a run from being taken: perhaps nobody else comes to
    // that.
    [[nodiscard]] bool run_in_the_way(pool_worker& victim, std::uint32_t tag) noexcept {
        std::uint32_t place = 0;
        if (depth_ == L.depth || !victim.holds(tag) ||
            (&victim == this ? !deque_.pop(place)
                             : victim.deque_.steal(place) != steal_result::taken)) {
            return false;
        }
        nested([&] { run(victim.cells_[place]); });
        return true;
    }
    [[nodiscard]] bool run_in_the_way(std::uint32_t tag) noexcept {
        for (pool_worker& victim : pool_->workers_) {
            if (run_in_the_way(victim, tag)) {
                return true;
            }
        }
        return false;
    }
    // Whether a part of a run lies somewhere in the deque.
    [[nodiscard]] bool holds(std::uint32_t tag) const noexcept {
        bool found = false;
        for (const cell& each : cells_) {
            // relaxed: a hint.
            found = found || each.taken.load(std::memory_order_relaxed) == tag;
        }
        return found;
    }

    // Runs parts of a run until it is over, and sleeps while there are none.
    template <class Graph>
    void run_until_over(Graph& graph, std::uint32_t number, std::uint32_t tag) noexcept {
        while (!graph.is_over(number)) {
            int pauses = 1;
            const bool nothing = pool_->look_while([&] {
                if (graph.is_over(number) || run_part(tag)) {
                    return false;
                }
                pool_->pause(pauses);
                return true;
            });
            if (nothing && !graph.has_begun() && pool_->advance_queue(*this)) {
                continue;  // its beginning came nearer
            }
            if constexpr (Platform::has_threads) {
                if (nothing && graph.await(index_, number)) {
                    if (!run_part(tag) && !run_in_the_way(tag)) {
                        pool_->machine().park(waiting_);
                    }
                    graph.leave(index_, number);
                } else if (nothing) {
                    Platform::yield();  // somebody else is the one to be woken
                }
            } else {
                PAWL_ASSERT(!nothing);  // nobody else can have a part of it
            }
        }
    }

    // A job inside another one, whose group is not its own. Recursion, here and where it leads: as
    // deep as the program forks, and helps (pool_limits.depth).
    template <class Run>
    void inside(Run&& run) noexcept {  // NOLINT(misc-no-recursion)
        group_type* const open = std::exchange(open_, nullptr);
        run();
        open_ = open;
    }
    // The same for one that the other does not wait for itself.
    template <class Run>
    void nested(Run&& run) noexcept {
        ++depth_;
        inside(run);
        --depth_;
    }

    // A job for which there is no cell.
    template <class F>
    void run_at_once(F&& function) noexcept {
        nested([&] { job_type::run_here(std::forward<F>(function), *this); });
        ran_.add();
    }

    // The job of a cell that nobody else can have any more.
    void run(cell& from) noexcept {
        from.run(*this);
        ran_.add();
    }

    // Whether this worker left something for itself, as far as it knows. One branch for both
    // places: mostly there is nothing.
    [[nodiscard]] bool has_own() const noexcept {
        // relaxed: this thread's own.
        return (next_.taken.load(std::memory_order_relaxed) | deque_.size_at_most()) != 0;
    }

    // Runs what this worker left for itself. False: nothing.
    [[nodiscard]] bool run_own() noexcept {
        if (next_.taken.load(std::memory_order_relaxed) != 0) {
            run(next_);
            return true;
        }
        std::uint32_t place = 0;
        if (!deque_.pop(place)) {
            return false;
        }
        run(cells_[place]);
        return true;
    }

    // Runs what was pushed first.
    [[nodiscard]] bool run_oldest() noexcept {
        std::uint32_t place = 0;
        if (!deque_.pop_oldest(place)) {
            return false;
        }
        run(cells_[place]);
        return true;
    }

    // Runs what was pushed last.
    [[nodiscard]] bool run_top() noexcept {
        std::uint32_t place = 0;
        if (!deque_.pop(place)) {
            return false;
        }
        inside([&] { run(cells_[place]); });
        return true;
    }

    // Runs another worker's oldest job, or its oldest since it stole something itself.
    [[nodiscard]] steal_result steal_from(pool_worker& victim, bool only_descendants) noexcept {
        std::uint32_t place = 0;
        // relaxed: a hint; see the opening comment.
        const steal_result result =
            only_descendants
                ? victim.deque_.steal_since(victim.stole_at_.load(std::memory_order_relaxed), place)
                : victim.deque_.steal(place);
        if (result == steal_result::taken) {
            const std::uint32_t before = stole_at_.load(std::memory_order_relaxed);
            stole_at_.store(deque_.mark(), std::memory_order_relaxed);
            stolen_.add();
            if (!only_descendants) {
                pool_->found();
            }
            run(victim.cells_[place]);
            stole_at_.store(before, std::memory_order_relaxed);
        }
        return result;
    }

    // Does something useful while others run what a group waits for, or sleeps until one of them
    // has ended. `before` is what was found not to be enough: who looked once more here would sleep
    // through an end in between.
    void help(group_type& group, std::uint32_t before) noexcept {
        if constexpr (Platform::has_threads) {
            int pauses = 1;
            const bool nothing = pool_->look_while([&] {
                // relaxed, both: hints.
                const std::uint32_t helper = group.helper_.load(std::memory_order_relaxed);
                if (group.elsewhere_.load(std::memory_order_relaxed) != before ||
                    (helper != 0 && depth_ < L.depth && help_out(pool_->workers_[helper - 1]))) {
                    return false;
                }
                pool_->pause(pauses);
                return true;
            });
            if (!nothing) {
                return;
            }
            // acq_rel: either ended() sees the bit, or what it counted is seen here.
            const std::uint32_t seen =
                group.elsewhere_.fetch_or(group_type::waits, std::memory_order_acq_rel);
            if (seen == before) {
                pool_->machine().park(waiting_);
            }
            group.elsewhere_.fetch_and(~group_type::waits, std::memory_order_acq_rel);
        } else {
            PAWL_ASSERT(false);  // nobody else can have taken anything
        }
    }

    // Runs what came out of the job that this one has taken.
    [[nodiscard]] bool help_out(pool_worker& helper) noexcept {
        steal_result result = steal_result::empty;
        if (helper.deque_.worth_stealing(seen_[helper.index_])) {
            nested([&] { result = steal_from(helper, true); });
        }
        return result == steal_result::taken;
    }

    void wake_from_wait() noexcept {
        if constexpr (Platform::has_threads) {
            pool_->machine().unpark(waiting_);
        }
    }

    // Destroys what is left. REQUIRES: nobody runs jobs.
    [[nodiscard]] std::uint32_t discard_all() noexcept {
        std::uint32_t count = 0;
        std::uint32_t place = 0;
        while (deque_.pop(place)) {
            cells_[place].discard(*this);
            ++count;
        }
        if (next_.taken.load(std::memory_order_relaxed) != 0) {
            next_.discard(*this);
            ++count;
        }
        return count;
    }

    struct no_parker {};
    template <bool Threads, class Of>
    struct parker_of {
        using type = no_parker;
    };
    template <class Of>
    struct parker_of<true, Of> {
        using type = typename Of::parker;
    };

    // What thieves look at, then what only the owner does, then the jobs.
    work_deque<L.local, Platform> deque_;
    typename Platform::word stole_at_;  // the deque's mark when the latest stolen job began
    alignas(padding_bytes<Platform, alignof(void*)>) pool_type* pool_ = nullptr;
    group_type* open_ = nullptr;  // of the job that runs now
    std::uint32_t index_ = 0;
    typename Platform::word thread_;  // its number
    std::uint32_t depth_ = 0;
    std::uint32_t own_jobs_ = 0;            // since one came out of its turn, and
    std::uint32_t turn_ = 0;                // where the next such one is looked for first
    std::uint32_t seen_[L.runners()] = {};  // of others' deques; see worth_stealing()
    event_counter<Platform> ran_;
    event_counter<Platform> threw_;
    event_counter<Platform> stolen_;
    PAWL_NO_UNIQUE_ADDRESS typename parker_of<Platform::has_threads, Platform>::type waiting_ = {};
    cell next_;
    cell cells_[L.local];
};

}  // namespace PAWL_ABI
}  // namespace pawl
