// SPDX-License-Identifier: BSL-1.0
//
// A word that lacks what pawl asks of it.
// EXPECT: the platform's `word` lacks one of load, store, exchange
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/platform/manual_platform.hpp>

struct half : pawl::plain_word {
#ifndef PAWL_CONTROL
    void exchange() = delete;
#endif
};
struct board : pawl::manual_platform {
    using word = half;
};

bool push(pawl::mpmc_queue<int, 16, board>& queue) { return queue.try_push(1); }
