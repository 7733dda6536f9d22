// SPDX-License-Identifier: BSL-1.0
//
// Goal: mpmc_queue hands every item over once, whole and in order.
// Method: queue_suite.hpp, on a machine that reorders all that the memory orders let it. The items
// are plain memory that Relacy watches.
#include <cstdint>
#include <cstdio>
#include <utility>

#if __has_include(<pawl/containers/mpmc_queue.hpp>)
#include <pawl/containers/mpmc_queue.hpp>

#include "relacy/queue_suite.hpp"

namespace {

using relacy::item;
using relacy::passing;

// Words start three cycles before 2^32, and positions in cycle 1.
constexpr std::uint32_t before_wrap = ~(4 * std::uint32_t{2} - 1);

template <std::uint32_t First>
using queue = pawl::mpmc_queue<item, 2, relacy::platform<First>>;

}  // namespace

int main() {
    relacy::must_pass<relacy::told<queue<0>, false>>("told of a push");
    relacy::must_pass<relacy::told<queue<0>, true>>("told of a pop");
    relacy::must_pass<passing<queue<0>, 2, 2, 2, 1>>("2 producers, 2 consumers, once");
    relacy::must_pass<passing<queue<before_wrap>, 2, 2, 2, 1, 5>>("the same, wraps",
                                                                  {.context_switches = 0});
    relacy::must_pass<passing<queue<0>, 2, 2, 2, 3>>(
        "2 producers, 2 consumers, 3 times", {.random_executions = 60'000, .context_switches = 0});
}

#else

int main() {
    std::puts("skip: there is no mpmc_queue");
    return 77;
}

#endif
