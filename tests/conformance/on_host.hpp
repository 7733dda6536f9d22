// SPDX-License-Identifier: BSL-1.0
//
// The conformance suite in a test case of the host: what it has found becomes a failure of Catch.
#pragma once

#include <cstdint>
#include <string>

#include "catch.hpp"

#include "conformance/checks.hpp"
#include "conformance/suite.hpp"

namespace conformance {

class host_report {
public:
    static void add(const failure& found) {
        text() += std::string{found.file} + ":" + std::to_string(found.line) + ": " + found.what;
        if (found.has_numbers) {
            text() += " (" + std::to_string(found.got) + ", should be " +
                      std::to_string(found.wanted) + ")";
        }
        text() += "\n";
    }
    static std::string& text() {
        static std::string all;
        return all;
    }
};

// part(checks) is one of suite.hpp. Returns how many checks it made.
template <class Part>
std::uint32_t runs(Part&& part, std::uint32_t at_least) {
    host_report::text().clear();
    checks check{&host_report::add};
    part(check);
    INFO(host_report::text());
    CHECK(check.failed() == 0);
    CHECK(check.made() >= at_least);
    return check.made();
}

template <class P, class Others>
void platform_and_queues(Others& others) {
    SECTION("platform") {
        runs([&](checks& check) { run_platform<P>(check, others); }, 90);
    }
    SECTION("queues") {
        runs([&](checks& check) { run_queues<P>(check, others); }, 70);
    }
}

// A platform that is much like another one: what the limits leave in does not hang on it, and to
// compile a scheduler of each kind for each platform takes minutes.
template <class P, class Others>
void largest_and_smallest_scheduler(Others& others) {
    SECTION("with few limits") {
        runs([&](checks& check) { run_scheduler<lean_limits, P>(check, others); }, 120);
    }
    SECTION("with all limits") {
        runs([&](checks& check) { run_scheduler<rich_limits, P>(check, others); }, 210);
    }
}

template <class P, class Others>
void schedulers(Others& others) {
    largest_and_smallest_scheduler<P>(others);
    SECTION("with timers in a wheel") {
        runs([&](checks& check) { run_scheduler<wide_limits, P>(check, others); }, 120);
    }
    SECTION("with the usual limits") {
        runs([&](checks& check) { run_scheduler<usual_limits, P>(check, others); }, 160);
    }
}

}  // namespace conformance
