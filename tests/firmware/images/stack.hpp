// SPDX-License-Identifier: BSL-1.0
//
// How deep an operation goes down the stack: measured, by painting it.
//
//   OPERATION(poll) { jobs.poll(); }             // a function op_poll
//   stack::operation operations[] = {{"poll", op_poll}};
//
// An operation is a function of its own, so that its name is in the compiler's call graph: what
// stack_bound.sh sums up from there starts at the same place as what is measured here. measure()
// runs it with the stack below painted, and looks for the deepest word that was written to. What
// comes of it is no bound, but a bound that is less is wrong.
#pragma once

#include <cstdint>

#include "board/semihosting.hpp"

namespace stack {

constexpr std::uint32_t paint = 0xA5C3'5AB1;
constexpr std::uint32_t words = 640;

// What `operation` writes below the stack of its caller, in bytes, its return address included.
// Nothing else may run meanwhile but what it causes itself.
[[gnu::noinline]] inline std::uint32_t deepest(void (*operation)()) {
    volatile std::uint32_t* top = nullptr;
    __asm__ volatile("mov %0, sp" : "=r"(top));
    for (std::uint32_t i = 1; i <= words; ++i) {
        top[-static_cast<std::int32_t>(i)] = paint;
    }
    operation();
    std::uint32_t deep = words;
    while (deep != 0 && top[-static_cast<std::int32_t>(deep)] == paint) {
        --deep;
    }
    return deep * sizeof(std::uint32_t);
}

struct operation {
    const char* name;
    void (*run)();
    std::uint32_t deep = 0;  // of all times
    std::uint32_t times = 0;

    void measure() {
        const std::uint32_t now = deepest(run);
        deep = now > deep ? now : deep;
        ++times;
    }
};

// A linear congruence: its upper bits are good enough to choose.
inline std::uint32_t seed = 42;
inline std::uint32_t random(std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % below;
}

// "NAME BYTES" a line; false if one was never run, or deeper than what was painted.
inline bool report(const operation* first, const operation* last) {
    bool good = true;
    for (; first != last; ++first) {
        semihosting::print(first->name);
        semihosting::print(" ");
        semihosting::print(first->deep);
        semihosting::print("\n");
        good = good && first->times != 0 && first->deep < words * sizeof(std::uint32_t);
    }
    return good;
}

}  // namespace stack

// Not inlined, and under a name that the script knows.
#define OPERATION(called) extern "C" [[gnu::noinline]] void op_##called()
