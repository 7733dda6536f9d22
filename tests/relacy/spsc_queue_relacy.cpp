// SPDX-License-Identifier: BSL-1.0
//
// Goal: spsc_queue hands every item over once, whole and in order.
// Method: queue_suite.hpp, on a machine that reorders all that the memory orders let it. The items
// are plain memory that Relacy watches.
#include <cstdint>
#include <cstdio>
#include <utility>

#if __has_include(<pawl/containers/spsc_queue.hpp>)
#include <pawl/containers/spsc_queue.hpp>

#include "relacy/queue_suite.hpp"

namespace {

using relacy::item;
using relacy::passing;

template <std::uint32_t Capacity>
using queue = pawl::spsc_queue<item, Capacity, relacy::platform<>>;

}  // namespace

int main() {
    relacy::must_pass<passing<queue<1>, 1, 1, 1, 4>>("room for 1, 4 times",
                                                     {.context_switches = 4});
    relacy::must_pass<passing<queue<2>, 2, 1, 1, 3>>("room for 2, 3 times",
                                                     {.context_switches = 4});
    relacy::must_pass<passing<queue<2>, 2, 1, 1, 7>>("room for 2, 7 times",
                                                     {.random_executions = 60'000});
}

#else

int main() {
    std::puts("skip: there is no spsc_queue");
    return 77;
}

#endif
