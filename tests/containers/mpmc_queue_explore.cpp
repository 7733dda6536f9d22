// SPDX-License-Identifier: BSL-1.0
//
// Goal: for every interleaving of small programs, mpmc_queue hands every item over once, whole, and
// in the order of a queue in which each push and each pop happens at one moment; a pop fails, and
// `empty` says so, only if at some moment of it nothing was inside; a push fails only if at some
// moment of it all slots held items or were in the hands of calls under way. Alone, it fails on a
// full queue only. A call that is stopped at any step, for ever, takes at most its one slot away,
// and hides nothing.
// Method: queue_explore.hpp, with a model that says exactly this. With a thread that is stopped,
// the others run to their end, and then the queue is drained, filled to the brim and drained, all
// beside it; a call that waited for it would exceed the steps.
// requires: posix
#include <cstdint>

#include <pawl/containers/mpmc_queue.hpp>

#include "containers/queue_explore.hpp"

namespace {

using namespace queue_explore;

template <std::uint32_t Capacity, std::uint32_t First = 0>
using queue = program<pawl::mpmc_queue<item, Capacity, explore::platform<true, First>>,
                      slots_and_items<Capacity>>;

}  // namespace

int main() {
    using two = queue<2>;
    two::explore("2 slots", {.schedules_min = 1'000}, {}, {"pg", "Pg"});
    two::explore("2 slots", {.schedules_min = 1'000}, {.inside = 2}, {"gp", "Gp"});
    two::explore("2 slots", {.schedules_min = 200}, {}, {"pp", "g", "g"});
    two::explore("2 slots", {.schedules_min = 500}, {}, {"p", "p", "gg"});
    two::explore("2 slots", {.schedules_min = 300}, {}, {"p", "p", "p"});
    two::explore("2 slots", {.schedules_min = 100}, {}, {"p", "p", "e"});
    two::explore("2 slots", {.schedules_min = 50}, {.inside = 1}, {"p", "p", "g"});
    two::explore("2 slots", {.schedules_min = 20}, {.inside = 1}, {"gp", "ee", "s"});
    two::explore("2 slots", {.schedules_min = 20}, {.inside = 1}, {"pg", "ee"});
    two::explore("2 slots", {.schedules_min = 1'000}, {}, {"pp", "g", "p"});
    two::explore("2 slots", {.schedules_min = 2'000}, {}, {"pg", "p", "g"});
    two::explore("2 slots", {.schedules_min = 2'000}, {.inside = 1}, {"pgp", "gp"});
    // A push fails beside a pop, although the queue is not full any more.
    two::explore("2 slots", {.schedules_min = 2'000}, {.inside = 2}, {"gp", "p", "g"});
    must_have_been_weaker<two>();
    queue<1>::explore("1 slot", {.schedules_min = 100}, {.inside = 1}, {"gp", "gp"});
    queue<1>::explore("1 slot", {.schedules_min = 100}, {}, {"pg", "p", "g"});
    queue<3>::explore("3 slots", {.schedules_min = 100}, {.inside = 2}, {"p", "p", "gg"});

    // The first one is stopped.
    two::explore_stopped("stopped", {.schedules_min = 100}, {}, {"p", "pg"});
    two::explore_stopped("stopped", {.schedules_min = 20}, {.inside = 1}, {"p", "gg"});
    two::explore_stopped("stopped", {.schedules_min = 100}, {.inside = 2}, {"g", "gp"});
    must_have_been_weaker<two>();
    two::explore_stopped("stopped", {.schedules_min = 100}, {.inside = 1}, {"g", "pg"});
    two::explore_stopped("stopped", {.schedules_min = 200}, {.inside = 1}, {"g", "g", "p"});
    two::explore_stopped("stopped", {.schedules_min = 200}, {.inside = 1}, {"p", "g", "p"});
    two::explore_stopped("stopped", {.schedules_min = 2'000}, {}, {"p", "pg", "g"});
    two::explore_stopped("stopped", {.schedules_min = 2'000}, {.inside = 2}, {"g", "gp", "p"});

    // The counters of both rings pass 2^32 in the program: those that push moves, and those of pop.
    using wraps = queue<2, before_wrap>;
    for (const unsigned turned : {3U, 4U, 5U, 6U}) {
        wraps::explore("wraps", {.schedules_min = 1'000}, {.turned = turned}, {"pg", "pg"});
        wraps::explore("wraps", {.schedules_min = 50}, {.turned = turned, .inside = 1},
                       {"p", "p", "g"});
        wraps::explore_stopped("wraps, stopped", {.schedules_min = 50},
                               {.turned = turned, .inside = 1}, {"p", "gp"});
        wraps::explore_stopped("wraps, stopped", {.schedules_min = 50},
                               {.turned = turned, .inside = 2}, {"g", "gp"});
    }
}
