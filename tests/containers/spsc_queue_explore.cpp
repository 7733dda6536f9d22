// SPDX-License-Identifier: BSL-1.0
//
// Goal: spsc_queue is a bounded first-in-first-out queue in which each call happens as a whole at
// one moment, for every interleaving of small programs: a push fails on a full queue only, a pop on
// an empty one, and `empty` is exact for the two sides; every item comes out once, whole, in order,
// and no side waits for the other, wherever that one stands.
// Method: queue_explore.hpp, with the strictest of its models. The producer's script is the first.
// requires: posix
#include <cstdint>

#include <pawl/containers/spsc_queue.hpp>

#include "containers/queue_explore.hpp"

namespace {

using namespace queue_explore;

template <std::uint32_t Capacity, std::uint32_t First = 0>
using queue =
    program<pawl::spsc_queue<item, Capacity, explore::platform<true, First>>, one_moment<Capacity>>;

}  // namespace

int main() {
    queue<1>::explore("1 slot", {.schedules_min = 200}, {}, {"pPp", "gGg"});
    queue<1>::explore("1 slot", {.schedules_min = 200}, {.inside = 1}, {"epe", "gege"});
    queue<2>::explore("2 slots", {.schedules_min = 5'000}, {}, {"pppp", "gggg"});
    queue<2>::explore("2 slots", {.schedules_min = 2'000}, {}, {"pPep", "gGeg"});
    queue<2>::explore("2 slots", {.schedules_min = 50}, {.inside = 2}, {"pp", "gg"});
    queue<3>::explore("3 slots", {.schedules_min = 200}, {.inside = 2}, {"ppp", "ggg"});
    // Anybody may ask for the size.
    queue<2>::explore("2 slots", {.schedules_min = 200}, {.inside = 1}, {"pp", "gg", "ss"});

    // The positions go round in the program.
    for (const unsigned turned : {1U, 2U, 3U}) {
        queue<1>::explore("1 slot", {.schedules_min = 200}, {.turned = turned}, {"ppp", "ggg"});
        queue<2>::explore("2 slots", {.schedules_min = 500}, {.turned = turned}, {"ppep", "gegg"});
        queue<3>::explore("3 slots", {.schedules_min = 200}, {.turned = turned, .inside = 1},
                          {"pppp", "ggg"});
    }

    // Every interleaving: the reduction left nothing out.
    queue<1>::explore("1 slot", {.reduce = false, .schedules_min = 1'000}, {}, {"p", "g"});
    queue<1>::explore("1 slot", {.reduce = false, .schedules_min = 20'000}, {.inside = 1},
                      {"p", "ge"});
}
