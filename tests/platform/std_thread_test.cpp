// SPDX-License-Identifier: BSL-1.0
//
// Goal: a std_thread runs its function with its argument, knows itself, and can be joined.
// Method: thread_checks.hpp: two threads, which look at themselves and at each other.
// labels: concurrent
#include "platform/thread_checks.hpp"

#include <pawl/platform/std_thread.hpp>

TEST_CASE("std_thread") { thread_checks::all<pawl::std_thread>(); }
