// SPDX-License-Identifier: BSL-1.0
//
// Goal: for every interleaving of small programs, ticket_queue hands every item over once, whole
// and in the order of the tickets, and fails only when it may: a pop if the queue is empty or the
// first push is still under way, a push if the next cell holds an item or is in the hands of a pop.
// With nothing else under way a try that fails is right. No call waits for another one: who meets
// one that stands still fails.
// Method: queue_explore.hpp, with a model that says exactly this; and there are histories that a
// queue which does all at one moment would not have.
// requires: posix
#include <cstdint>

#include <pawl/containers/ticket_queue.hpp>

#include "containers/queue_explore.hpp"

namespace {

using namespace queue_explore;

template <std::uint32_t Capacity, std::uint32_t First = 0>
using queue =
    program<pawl::ticket_queue<item, Capacity, explore::platform<true, First>>, tickets<Capacity>>;

}  // namespace

int main() {
    using two = queue<2>;
    two::explore("2 slots", {.schedules_min = 100}, {}, {"pg", "pg"});
    two::explore("2 slots", {.schedules_min = 20}, {.inside = 1}, {"pP", "gG"});
    two::explore("2 slots", {.schedules_min = 1'000}, {}, {"pgp", "gpc"});
    // A pop fails beside an item that is behind a push under way.
    two::explore("2 slots", {.schedules_min = 5'000}, {}, {"pp", "pg", "g"});
    must_have_been_weaker<two>();
    // A push fails although another cell is free.
    two::explore("2 slots", {.schedules_min = 5'000}, {.inside = 2}, {"gp", "c", "pg"});
    must_have_been_weaker<two>();
    two::explore("2 slots", {.schedules_min = 20'000}, {.inside = 1}, {"pg", "pg", "g"});
    two::explore("2 slots", {.schedules_min = 20'000}, {.inside = 2}, {"gp", "cp", "p"});
    two::explore("2 slots", {.schedules_min = 500}, {.inside = 1}, {"pp", "gg", "ss"});
    queue<4>::explore("4 slots", {.schedules_min = 2'000}, {.inside = 3}, {"gp", "gp", "p"});

    // The counters pass 2^32 in the program.
    using wraps = queue<2, before_wrap>;
    for (const unsigned turned : {6U, 7U}) {
        wraps::explore("2 slots, wraps", {.schedules_min = 500}, {.turned = turned},
                       {"pgp", "gpg"});
        wraps::explore("2 slots, wraps", {.schedules_min = 5'000}, {.turned = turned, .inside = 2},
                       {"gp", "g", "pg"});
    }
    queue<4, before_wrap>::explore("4 slots, wraps", {.schedules_min = 500},
                                   {.turned = 5, .inside = 2}, {"gp", "gp", "p"});

    // Every interleaving: the reduction left nothing out.
    two::explore("2 slots", {.reduce = false, .schedules_min = 100'000}, {.inside = 1}, {"p", "g"});
    two::explore("2 slots", {.reduce = false, .schedules_min = 2'000}, {.inside = 2}, {"p", "g"});
}
