// SPDX-License-Identifier: BSL-1.0
//
// Goal: a reader of an event_counter never waits, not even for a writer that is stopped while the
// lower half wraps, and what it reads lies between what was counted before and after.
// Method: one writer across the wrap, two readers, every interleaving.
// requires: posix
#include <cstdint>

#include <pawl/containers/event_counter.hpp>

#include "explore/suite.hpp"

int main() {
    explore::must_pass("reads beside a wrap", {.schedules_min = 20}, [] {
        constexpr std::uint64_t before = 0xFFFF'FFFF;
        pawl::event_counter<explore_platform> counter;
        counter.add(0x7FFF'FFFF);
        counter.add(0x7FFF'FFFF);
        counter.add();
        const auto write = [&] {
            counter.add();
            counter.add();
        };
        const auto read = [&] {
            const std::uint64_t first = counter.read();
            const std::uint64_t second = counter.read();
            explore::check(first >= before && second <= before + 2, "it was counted");
            explore::check(first <= second, "it only grows");
        };
        explore::threads(write, read, read);
        explore::check(counter.read() == before + 2, "nothing is lost");
    });
}
