// SPDX-License-Identifier: BSL-1.0
//
// Goal: nobody sleeps at a waiting_room beside an item, and "closed" is said only when all that was
// accepted is there, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp, with permits made of Relacy's words.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/execution/blocking_queue.hpp>
#include <pawl/execution/waiting_room.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

using pawl::queue_errc;
using relacy::item;

// Who sleeps and is never called is a livelock, which Relacy reports.
struct machine : relacy::platform<> {
    struct parker {
        parker() noexcept { permit($).store(0, rl::mo_relaxed); }
        rl::atomic<unsigned> permit;
    };
    static void park(parker& sleeper) noexcept {
        while (sleeper.permit($).exchange(0, rl::mo_acquire) == 0) {
            rl::yield(1, $);
        }
    }
    static void park_until(parker& sleeper, time_point) noexcept { park(sleeper); }
    static void unpark(parker& sleeper) noexcept { sleeper.permit($).store(1, rl::mo_release); }
};

template <std::uint32_t Capacity>
struct room {
    // As blocking_queue does it, for whom virtual time is none.
    bool pop() {
        return consumers.wait(
                   waiter, std::nullopt, queue_errc::empty, queue_errc::timeout,
                   [this]() noexcept {
                       item moved{0};
                       return queue.try_pop(moved) ? queue_errc::success : queue_errc::empty;
                   },
                   [this]() noexcept { return !queue.empty(); }) == queue_errc::success;
    }
    void push() {
        RL_ASSERT(!consumers.enter().closed());
        RL_ASSERT(queue.try_push(item{1}));
        consumers.call_one(waiter, consumers.leave());
    }

    pawl::mpmc_queue<item, Capacity, relacy::platform<>> queue;
    pawl::waiting_room<2, machine> consumers;
    machine waiter;
};

// As many wait for an item as come.
template <unsigned Waiters>
struct waiting : rl::test_suite<waiting<Waiters>, Waiters + 1> {
    void thread(unsigned self) {
        if (self < Waiters) {
            RL_ASSERT(tested.pop());
        } else {
            for (unsigned i = 0; i < Waiters; ++i) {
                tested.push();
            }
        }
    }
    room<Waiters> tested;
};

// Two rooms: one waits in the first until the second is closed.
struct told : rl::test_suite<told, 2> {
    void thread(unsigned self) {
        if (self == 0) {
            const auto enter_and_leave = [this]() noexcept {
                const bool closed = consumers.enter().closed();
                static_cast<void>(consumers.leave());
                return closed ? queue_errc::closed : queue_errc::full;
            };
            RL_ASSERT(producers.wait(waiter, std::nullopt, queue_errc::full, queue_errc::timeout,
                                     enter_and_leave,
                                     []() noexcept { return false; }) == queue_errc::closed);
        } else {
            consumers.call_all(waiter, consumers.close());
            producers.call_all(waiter, producers.look());
        }
    }

    pawl::waiting_room<1, machine> consumers;
    pawl::waiting_room<1, machine> producers;
    machine waiter;
};

// Two push, one closes, one takes until it is told that there will be no more.
struct closed : rl::test_suite<closed, 4> {
    void thread(unsigned self) {
        if (self < 2) {
            const queue_errc result = queue.try_push(item{self + 1});
            RL_ASSERT(result == queue_errc::success || result == queue_errc::closed);
            accepted[self] = result == queue_errc::success;
        } else if (self == 2) {
            reason($) = 7;
            queue.close();
        } else {
            for (unsigned i = 0; i < 4 && !told; ++i) {
                item moved{0};
                const queue_errc result = queue.try_pop(moved);
                taken += result == queue_errc::success ? 1 : 0;
                told = result == queue_errc::closed;
                RL_ASSERT(!told || reason($) == 7);
            }
        }
    }

    void after() {
        const unsigned all = (accepted[0] ? 1U : 0U) + (accepted[1] ? 1U : 0U);
        if (told) {
            RL_ASSERT(taken == all);
        }
        for (item moved{0}; queue.try_pop(moved) == queue_errc::success;) {
            ++taken;
        }
        RL_ASSERT(taken == all);
    }

    pawl::blocking_queue<item, 2, relacy::platform<>> queue;
    bool accepted[2] = {};  // each touched by one thread
    unsigned taken = 0;
    bool told = false;
    rl::var<unsigned> reason;  // of the closing one
};

}  // namespace

int main() {
    relacy::must_pass<waiting<1>>("one waits", {.context_switches = 4});
    relacy::must_pass<waiting<2>>("two wait", {.random_executions = 60'000});
    relacy::must_pass<told>("a producer is told", {.context_switches = 4});
    relacy::must_pass<closed>("closed", {.random_executions = 60'000, .context_switches = 1});
}
