// SPDX-License-Identifier: BSL-1.0
//
// Goal: ticket_queue hands every item over once, whole and in order.
// Method: queue_suite.hpp, on a machine that reorders all that the memory orders let it. The items
// are plain memory that Relacy watches.
#include <cstdint>
#include <cstdio>
#include <utility>

#if __has_include(<pawl/containers/ticket_queue.hpp>)
#include <pawl/containers/ticket_queue.hpp>

#include "relacy/queue_suite.hpp"

namespace {

using relacy::item;
using relacy::passing;

// Words start three cycles before 2^32.
constexpr std::uint32_t before_wrap = ~(4 * std::uint32_t{2} - 1);

template <std::uint32_t First>
using queue = pawl::ticket_queue<item, 2, relacy::platform<First>>;

}  // namespace

int main() {
    relacy::must_pass<passing<queue<0>, 2, 2, 2, 3>>(
        "2 producers, 2 consumers, 3 times", {.random_executions = 60'000, .context_switches = 0});
    relacy::must_pass<passing<queue<0>, 2, 2, 2, 1>>("2 producers, 2 consumers, once");
    relacy::must_pass<passing<queue<before_wrap>, 2, 2, 2, 1, 7>>("the same, wraps",
                                                                  {.context_switches = 0});
}

#else

int main() {
    std::puts("skip: there is no ticket_queue");
    return 77;
}

#endif
