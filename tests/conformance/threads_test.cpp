// SPDX-License-Identifier: BSL-1.0
//
// Goal: std_platform and membarrier_platform conform, without workers: one thread polls and sleeps,
// and others submit. Method: the suite (suite.hpp), whose interrupts are threads of the platform.
//
// labels: concurrent
#include "catch.hpp"

#include <pawl/platform/membarrier_platform.hpp>
#include <pawl/platform/platform_conformance.hpp>
#include <pawl/platform/std_platform.hpp>

#include "conformance/on_host.hpp"

using namespace conformance;

TEST_CASE("std_platform conforms") {
    pawl::threads_beside<pawl::std_platform> others;
    platform_and_queues<pawl::std_platform>(others);
    schedulers<pawl::std_platform>(others);
}

#if defined(__linux__)
TEST_CASE("membarrier_platform conforms") {
    pawl::threads_beside<pawl::membarrier_platform> others;
    platform_and_queues<pawl::membarrier_platform>(others);
    largest_and_smallest_scheduler<pawl::membarrier_platform>(others);
}
#endif
