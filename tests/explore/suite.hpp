// SPDX-License-Identifier: BSL-1.0
//
// suite: names explorations, prints one line for each, and stops at the first that fails.
//
// For programs that are nothing but explorations: they need no test framework, compile in half the
// time, and a mutant (tests/mutants) is told dead as soon as anything notices it.
#pragma once

#include <chrono>
#include <cstdint>
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

// Every schedule with at most so many preemptions.
template <class Body>
void must_pass_bounded(const char* name, unsigned preemptions_max, std::uint64_t schedules_min,
                       Body&& body) {
    must_pass(name, {.preemptions_max = preemptions_max, .schedules_min = schedules_min}, body);
}

// So many schedules, at random.
template <class Body>
void must_pass_random(const char* name, Body&& body, std::uint64_t schedules = 2'000) {
    must_pass(name, {.random_schedules = schedules}, body);
}

}  // namespace explore
