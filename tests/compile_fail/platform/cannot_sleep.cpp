// SPDX-License-Identifier: BSL-1.0
//
// A platform whose unpark() could throw cannot be woken from an interrupt.
// EXPECT: the platform cannot sleep: give it `parker`
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/platform/manual_platform.hpp>

struct board : pawl::manual_platform {
#ifndef PAWL_CONTROL
    void unpark(parker&) {}
#endif
};

bool push(pawl::mpmc_queue<int, 16, board>& queue) { return queue.try_push(1); }
