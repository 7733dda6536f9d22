// SPDX-License-Identifier: BSL-1.0
//
// A board that forgot its clock.
// EXPECT: the platform has no `static time_point now\(\) noexcept`
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/platform/manual_platform.hpp>

struct board : pawl::manual_platform {
#ifndef PAWL_CONTROL
    void now() = delete;
#endif
};

bool push(pawl::mpmc_queue<int, 16, board>& queue) { return queue.try_push(1); }
