// SPDX-License-Identifier: BSL-1.0
//
// Goal: a posix_thread runs its function with its argument, knows itself, and can be joined.
// Method: thread_checks.hpp: two threads, which look at themselves and at each other.
// labels: concurrent
// requires: posix
#include "platform/thread_checks.hpp"

#include <pawl/platform/posix_thread.hpp>

TEST_CASE("posix_thread") { thread_checks::all<pawl::posix_thread>(); }
