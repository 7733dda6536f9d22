// SPDX-License-Identifier: BSL-1.0
//
// pool_queues: where the jobs of a pool lie, who takes them from there, and who is told.
//
// What: the queue of each priority, the lanes of certain threads, and the workers with their
// deques; the order in which a worker looks into them; and the calls to who sleeps. The inside of
// pool_core, which says who may use it.
//
// The order: what belongs after the present job, the worker's own deque, its lane, the queues by
// priority, and then others' deques. In so many jobs one comes from each of these places in turn,
// the last ones first, so that nothing starves.
//
// Cost: see pool_core.hpp. Who may call: the parts of a pool.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/containers/vacancy.hpp>
#include <pawl/containers/work_deque.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/pool_job.hpp>
#include <pawl/execution/pool_limits.hpp>
#include <pawl/execution/pool_worker.hpp>
#include <pawl/execution/searchers.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <pool_limits L, platform Platform>
class pool_queues {
public:
    using worker = pool_worker<L, Platform>;
    using job_type = typename worker::job_type;
    using lot_type = parking_lot<std::max<std::uint32_t>(L.threads(), 1), Platform>;

    static constexpr bool has_workers = L.workers != 0;

protected:
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using view = typename lot_type::view;

    constexpr pool_queues(lot_type& lot, Platform& machine) noexcept
        : lot_{&lot}, machine_{&machine} {}

    // Between two looks at the clock, which cost as much as some looks at the queues.
    static constexpr int looks_a_time = 8;
    // A thread that finds only what it should leave to others looks ever more seldom.
    static constexpr int pauses_max = 64;
    // The same for one that has seen others at work with what it left to them.
    static constexpr int rests_max = 256;
    // Whether who looks for work spares others the call.
    static constexpr bool suppresses = has_workers && !L.hosted;

    [[nodiscard]] lot_type& lot() const noexcept { return *lot_; }
    [[nodiscard]] Platform& machine() const noexcept { return *machine_; }
    [[nodiscard]] phase phase_now() const noexcept { return lot().glance().phase(); }

    // ---- Put, and tell --------------------------------------------------------------------------

    // What a worker hands on to everybody.
    template <class F>
    [[nodiscard]] bool inject(F&& function) noexcept {
        if (!injectors_[0].try_emplace_before_look(std::forward<F>(function))) {
            return false;
        }
        tell_of_post(look_after_post());
        return true;
    }

    // After a job was put into a deque by another one, before which the pool does not come to its
    // end: somebody awake will see it.
    void tell_of_put() noexcept { tell(look_after_put()); }
    // The same. False: nobody sleeps, and nobody looks for work.
    [[nodiscard]] bool notify() noexcept {
        const view seen = look_after_put();
        tell(seen);
        return seen.sleepers() != 0 || (suppresses && searchers_.count() != 0);
    }
    void tell(view seen) noexcept {
        if (seen.sleepers() != 0) [[unlikely]] {
            if constexpr (suppresses) {
                // Who looks for work has passed an ordinary fence only.
                call_one(lot_type::is_asymmetric ? lot().look() : seen);
            } else {
                lot().wake_one(machine(), seen);
            }
        }
    }
    [[nodiscard]] view look_after_put() noexcept {
        if constexpr (!Platform::has_threads) {
            return lot().glance();
        } else {
            return lot().look_lightly();
        }
    }
    // The same after try_emplace_before_look().
    [[nodiscard]] view look_after_post() noexcept {
        if constexpr (!Platform::has_threads) {
            return lot().glance();
        } else {
            return lot().look_after_put();
        }
    }
    void tell_of_post(view seen) noexcept {
        if (seen.sleepers() != 0) [[unlikely]] {
            if constexpr (suppresses) {
                call_one_unless_searched();
            } else {
                lot().wake_one(machine(), seen);
            }
        }
    }
    PAWL_OUT_OF_LINE void call_one_unless_searched() noexcept {
        if (!searchers_.anybody()) {
            call_one(lot().look());
        }
    }
    // REQUIRES: an ordinary fence between the put and the look at who sleeps.
    PAWL_OUT_OF_LINE void call_one(view seen) noexcept {
        if (searchers_.wake(lot(), machine(), seen)) {
            wakes_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    // ---- Take -----------------------------------------------------------------------------------

    // Runs the first job of a queue.
    template <class Queue>
    [[nodiscard]] bool run_from(Queue& queue, worker& self, bool searching) noexcept {
        return queue.try_take(
            [&](job_type& job, vacancy<Platform> cell) noexcept {
                if (searching) {
                    found();
                }
                job.run(self, cell);
                self.ran_.add();
            },
            back_off{});
    }
    // Who loses a job to another one: two that go on at once take the queue's head from each other
    // each time, which costs more than a short job.
    struct back_off {
        bool operator()() const noexcept {
            if constexpr (requires { Platform::back_off(); }) {
                Platform::back_off();
                return true;
            } else {
                return false;
            }
        }
    };
    [[nodiscard]] bool run_queued(worker& self, bool searching) noexcept {
        if (run_lane(self, searching)) {
            return true;
        }
        for (auto& each : injectors_) {
            if (run_from(each, self, searching)) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool run_lane([[maybe_unused]] worker& self,
                                [[maybe_unused]] bool searching) noexcept {
        if constexpr (L.lane != 0) {
            return run_from(lanes_[self.index_], self, searching);
        } else {
            return false;
        }
    }
    [[nodiscard]] bool run_one(worker& self) noexcept {
        // With one queue nothing waits behind a job of that, so that only its own are counted. (On
        // one core with interrupts that look would be code that saves little.)
        if constexpr (has_one_queue) {
            if (!self.has_own()) {
                return run_queued(self, false);
            }
        }
        if (++self.own_jobs_ >= worker::own_jobs_max) [[unlikely]] {
            self.own_jobs_ = 0;
            if (run_out_of_turn(self)) {
                return true;
            }
        }
        return self.run_own() || run_queued(self, false);
    }
    static constexpr bool has_one_queue =
        L.priorities == 1 && L.lane == 0 && !interrupt_platform<Platform>;
    // From one of the places that may wait for ever behind the others, each first in its turn: the
    // queues, the least urgent first, the lane, and the oldest job of its own.
    [[nodiscard]] PAWL_OUT_OF_LINE bool run_out_of_turn(worker& self) noexcept {
        constexpr std::uint32_t places = L.priorities + 2;
        for (std::uint32_t i = 0; i < places; ++i) {
            const std::uint32_t place = self.turn_;
            self.turn_ = place + 1 == places ? 0 : place + 1;
            if (place < L.priorities
                    ? run_from(injectors_[L.priorities - 1 - place], self, false)
                    : (place == L.priorities ? run_lane(self, false) : self.run_oldest())) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool steal(worker& self) noexcept {
        bool left = false;
        return steal(self, left);
    }
    // `left`: whether one alone was left to its owner.
    [[nodiscard]] bool steal(worker& self, bool& left) noexcept {
        left = false;
        for (std::uint32_t i = 1; i < L.runners(); ++i) {
            const std::uint32_t index =
                self.index_ + i < L.runners() ? self.index_ + i : self.index_ + i - L.runners();
            worker& victim = workers_[index];
            const std::uint32_t before = self.seen_[index];
            if (victim.deque_.worth_stealing(self.seen_[index])) {
                steal_result result = steal_result::lost_race;
                while (result == steal_result::lost_race) {
                    result = self.steal_from(victim, false);
                }
                if (result == steal_result::taken) {
                    return true;
                }
            } else {
                left = left || self.seen_[index] != before;
            }
        }
        return false;
    }

    [[nodiscard]] bool anything_in_lane([[maybe_unused]] const worker& self) const noexcept {
        if constexpr (L.lane != 0) {
            return !lanes_[self.index_].empty();
        } else {
            return false;
        }
    }
    // Whether there is something that this one may run.
    [[nodiscard]] bool anything_for(const worker& self) const noexcept {
        return anything_in_lane(self) ||
               (!has_workers && self.next_.taken.load(std::memory_order_relaxed) != 0) ||
               ((!has_workers || self.index_ < L.threads()) && anything());
    }
    [[nodiscard]] bool anything_queued() const noexcept {
        for (const auto& each : injectors_) {
            if (!each.empty()) {
                return true;
            }
        }
        return false;
    }
    // Whether there is something that any worker may run.
    [[nodiscard]] bool anything() const noexcept {
        if (anything_queued()) {
            return true;
        }
        for (const worker& each : workers_) {
            if (!each.deque_.empty()) {
                return true;
            }
        }
        return false;
    }

    // ---- Look for work --------------------------------------------------------------------------

    // Who looks for work has found some, and is about to run it.
    void found() noexcept {
        if constexpr (suppresses) {
            if (searchers_.end()) {
                const view seen = lot().look();
                if (seen.sleepers() != 0 && anything() && searchers_.wake(lot(), machine(), seen)) {
                    wakes_.fetch_add(1, std::memory_order_relaxed);
                }
            }
        }
    }

    // Repeats while it is true, but not longer than Platform::spin_max, or a few times if there is
    // none. True: it was to the end.
    template <class Condition>
    [[nodiscard]] bool look_while(Condition&& condition, bool patient = true) noexcept {
        if constexpr (requires { Platform::spin_max; }) {
            if (patient) {
                const time_point end = machine().now() + Platform::spin_max;
                do {
                    for (int looks = 0; looks < looks_a_time; ++looks) {
                        if (!condition()) {
                            return false;
                        }
                        relax();
                    }
                } while (machine().now() < end);
                return true;
            }
        }
        // Twice: what was left to its owner at the first look is taken at the second.
        for (int looks = 0; looks < 2; ++looks) {
            if (!condition()) {
                return false;
            }
        }
        return true;
    }
    // Between looks; each time twice as long.
    static void pause(int& pauses, int max = pauses_max) noexcept {
        for (int i = 0; i < pauses; ++i) {
            relax();
        }
        pauses = std::min(2 * pauses, max);
    }
    // The same for who looks for any work. `left`: see steal().
    static void rest(bool left, int& pauses) noexcept requires has_workers {
        if (pauses < pauses_max) {
            pause(pauses);
            return;
        }
        // It gives way: who posts may be on the same core, was cut short by this thread's waking,
        // and would have to wake it again for each few jobs.
        Platform::yield();
        // Each look takes the deque's line from its owner: one that runs a job after the other,
        // each spawned by the one before, would lose half its time to a look every microsecond.
        if (left) {
            pause(pauses, rests_max);
        }
    }
    static void relax() noexcept {
        if constexpr (requires { Platform::relax(); }) {
            Platform::relax();
        }
    }

    using queue_type = ticket_queue<job_type, L.queue, Platform>;
    template <std::uint32_t Size, class Of>
    struct lanes {
        ticket_queue<job_type, Size, Of> each[L.threads() + 1];
        auto& operator[](std::uint32_t index) noexcept { return each[index]; }
        const auto& operator[](std::uint32_t index) const noexcept { return each[index]; }
        auto begin() noexcept { return std::begin(each); }
        auto end() noexcept { return std::end(each); }
    };
    template <class Of>
    struct lanes<0, Of> {};
    queue_type injectors_[L.priorities];
    PAWL_NO_UNIQUE_ADDRESS lanes<L.lane, Platform> lanes_;
    // What is read at each turn.
    alignas(padding_bytes<Platform, alignof(void*)>) lot_type* lot_;
    Platform* machine_;
    word running_;  // threads
    word wakes_;
    searchers<Platform> searchers_;
    worker workers_[L.runners()];
};

}  // namespace PAWL_ABI
}  // namespace pawl
