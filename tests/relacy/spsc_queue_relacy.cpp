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

// Words start four rounds before 2^32.
constexpr std::uint32_t before_wrap = ~(4 * std::uint32_t{2} - 1);

template <std::uint32_t First>
using queue = pawl::spsc_queue<item, 2, relacy::platform<First>>;

}  // namespace

int main() {
    relacy::must_pass<passing<queue<0>, 2, 1, 1, 3>>("3 times", {.context_switches = 4});
    relacy::must_pass<passing<queue<before_wrap>, 2, 1, 1, 3, 7>>("3 times, wraps",
                                                                  {.context_switches = 4});
    relacy::must_pass<passing<queue<0>, 2, 1, 1, 7>>("7 times", {.random_executions = 60'000});
}

#else

int main() {
    std::puts("skip: there is no spsc_queue");
    return 77;
}

#endif
