// labels: concurrent
//
// A 64-bit total from 32-bit words.
//
// Goal: it grows across 2^32, and a reader beside the writer never sees it go back or jump ahead.
// Method: steps of a million, so that the lower half wraps some 500 times; a reader checks that
// what it reads grows and stays within what the writer has said before and after.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

#include <pawl/containers/event_counter.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

TEST_CASE("event_counter: counts across 2^32") {
    pawl::event_counter<pawl::manual_platform> counter;
    REQUIRE(counter.read() == 0);
    counter.add(0x7FFF'FFFF);
    counter.add(0x7FFF'FFFF);
    counter.add();
    REQUIRE(counter.read() == 0xFFFF'FFFF);
    counter.add();
    REQUIRE(counter.read() == std::uint64_t{1} << 32);
    counter.add(0x7FFF'FFFF);
    counter.add(0x7FFF'FFFF);
    counter.add(3);
    REQUIRE(counter.read() == (std::uint64_t{2} << 32) + 1);
}

TEST_CASE("event_counter: a reader beside the writer sees it grow, and nothing that was not") {
    pawl::event_counter<pawl::std_platform> counter;
    constexpr std::uint32_t step = 0x000F'FFF1;
    constexpr int steps = 2'000'000;
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> done{0};
    std::thread writer{[&] {
        for (int i = 0; i < steps; ++i) {
            begun.fetch_add(step);
            counter.add(step);
            done.fetch_add(step);
        }
    }};
    std::uint64_t last = 0;
    bool right = true;
    while (done.load() != std::uint64_t{step} * steps) {
        const std::uint64_t at_least = done.load();
        const std::uint64_t seen = counter.read();
        right = right && seen >= at_least && seen >= last && seen <= begun.load();
        last = seen;
    }
    writer.join();
    REQUIRE(right);
    REQUIRE(counter.read() == std::uint64_t{step} * steps);
}
