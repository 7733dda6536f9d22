// SPDX-License-Identifier: BSL-1.0
//
// neither_sees: pairs of pawl's own operations of which at least one has to see the other, each as
// a function that says whether the real code keeps to that in C++20's memory model, whatever
// processors and compilers make of it.
//
// For lost_wakeups_test.cpp, and mutants/memory_orders.cpp.
#pragma once

#include <cstdint>

#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/containers/work_deque.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/searchers.hpp>

#include "orders/recording_platform.hpp"

namespace orders {

// What a pool and a scheduler are made of.
struct parts {
    using machine = recording_platform;
    pawl::parking_lot<2, machine> lot;
    pawl::searchers<machine> looking;
    pawl::ticket_queue<std::uint32_t, 2, machine> jobs;
    pawl::index_ring<2, pawl::ring_start::empty, machine> ring;
    pawl::work_deque<2, machine> deque;
};

// True: the model does not allow it, and it is what was meant.
template <class Prepare, class One, class Other>
bool excluded(Prepare prepare, One one, Other other) {
    const verdict seen = alone_together<parts>(prepare, one, other);
    return seen.as_meant && !seen.possible;
}
inline constexpr auto as_it_is = [](parts&) {};

inline bool posts(parts& of) { return of.jobs.try_emplace_before_look(1U); }
inline bool nobody_sleeps(parts& of) { return of.lot.look_after_put().sleepers() == 0; }
inline bool falls_asleep(parts& of) { return of.lot.announce(0).sleepers() == 0; }

// A job is posted without a fence, and nobody is woken; somebody sleeps.
inline bool post_and_sleep() {
    return excluded(
        as_it_is, [](parts& of) { return posts(of) && nobody_sleeps(of); },
        [](parts& of) { return falls_asleep(of) && of.jobs.empty(); });
}
// Somebody sleeps, and another one looks for work: it finds some other job, and passes nothing on.
inline bool post_and_find_another() {
    const auto one_sleeps_one_looks = [](parts& of) {
        of.looking.begin();
        of.lot.announce(1);
    };
    return excluded(
        one_sleeps_one_looks,
        [](parts& of) { return posts(of) && !nobody_sleeps(of) && of.looking.anybody(); },
        [](parts& of) {
            return of.looking.end() && of.lot.look().sleepers() != 0 && of.jobs.empty();
        });
}
// The same, and it falls asleep, too.
inline bool post_and_give_up_looking() {
    const auto one_sleeps_one_looks = [](parts& of) {
        of.looking.begin();
        of.lot.announce(1);
    };
    return excluded(
        one_sleeps_one_looks,
        [](parts& of) { return posts(of) && !nobody_sleeps(of) && of.looking.anybody(); },
        [](parts& of) {
            return of.looking.end() && of.lot.announce(0).sleepers() != 0 && of.jobs.empty();
        });
}
// A job is accepted; who stops the pool does not see its ticket.
inline bool post_and_stop() {
    return excluded(
        as_it_is,
        [](parts& of) {
            return posts(of) && of.lot.look_after_put().phase() == pawl::phase::accepting;
        },
        [](parts& of) { return of.lot.enter(pawl::phase::stopped) && of.jobs.empty(); });
}
// As a scheduler submits: into a ring.
inline bool put_and_sleep() {
    return excluded(
        as_it_is,
        [](parts& of) {
            of.ring.put(1);
            return nobody_sleeps(of);
        },
        [](parts& of) { return falls_asleep(of) && of.ring.empty(); });
}
inline bool put_and_stop() {
    return excluded(
        as_it_is,
        [](parts& of) {
            of.ring.put(1);
            return of.lot.look_after_put().phase() == pawl::phase::accepting;
        },
        [](parts& of) { return of.lot.enter(pawl::phase::finishing) && of.ring.empty(); });
}
// As a job spawns: into its worker's deque, with a fence.
inline bool spawn_and_sleep() {
    return excluded(
        as_it_is,
        [](parts& of) { return of.deque.push(1) && of.lot.look_lightly().sleepers() == 0; },
        [](parts& of) { return falls_asleep(of) && of.deque.empty(); });
}

// The owner takes the last value without a race; a thief takes both.
inline bool pop_and_steal_both() {
    const auto two_inside = [](parts& of) {
        static_cast<void>(of.deque.push(1));
        static_cast<void>(of.deque.push(2));
    };
    return excluded(
        two_inside,
        [](parts& of) {
            std::uint32_t value = 0;
            return of.deque.pop(value) && value == 2;
        },
        [](parts& of) {
            const auto steals = [&](std::uint32_t wanted) {
                std::uint32_t value = 0;
                return of.deque.steal(value) == pawl::steal_result::taken && value == wanted;
            };
            return steals(1) && steals(2);
        });
}
// And of one value.
inline bool pop_and_steal_one() {
    return excluded([](parts& of) { static_cast<void>(of.deque.push(1)); },
                    [](parts& of) {
                        std::uint32_t value = 0;
                        return of.deque.pop(value) && value == 1;
                    },
                    [](parts& of) {
                        std::uint32_t value = 0;
                        return of.deque.steal(value) == pawl::steal_result::taken && value == 1;
                    });
}

}  // namespace orders
