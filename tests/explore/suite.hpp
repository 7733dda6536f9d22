// SPDX-License-Identifier: BSL-1.0
//
// suite: names explorations, prints one line for each, and stops at the first that fails.
//
// For programs that are nothing but explorations: they need no test framework, compile in half the
// time, and a mutant (tests/mutants) is told dead as soon as anything notices it.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "explore/explore_platform.hpp"

// Set by tests/mutants/run. A mutant often has other schedules than what it was made of, so their
// number must not be what kills it.
#ifndef PAWL_MUTANT
#define PAWL_MUTANT 0
#endif

namespace explore {

// Explores `body`; ends the program with status 1 and the schedule if it fails.
template <class Body>
void must_pass(const char* name, options wanted, Body&& body) {
    if (PAWL_MUTANT) {
        wanted.schedules_min = 1;
    }
    const auto begin = std::chrono::steady_clock::now();
    const result found = run(wanted, body);
    const std::chrono::duration<double, std::milli> spent_ms =
        std::chrono::steady_clock::now() - begin;
    std::printf("%-6s %-48s %9llu schedules %8.1f ms\n", found.passed ? "ok" : "FAILED", name,
                static_cast<unsigned long long>(found.schedules), spent_ms.count());
    if (!found.passed) {
        std::fflush(stdout);
        std::fputs(found.report.c_str(), stderr);
        std::exit(EXIT_FAILURE);
    }
}

}  // namespace explore
