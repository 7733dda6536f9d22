// SPDX-License-Identifier: BSL-1.0
//
// Of stack_bound.sh: operations whose every path is run, so that what it sums up must be what is
// measured; and, each with a definition of its own, what it must refuse.
//   -DCONTROL_RECURSION   a function that calls itself
//   -DCONTROL_POINTER     a call by pointer that is in no list
//   -DCONTROL_DYNAMIC     a frame whose size is known only when it runs
#include <cstdint>

#include "board/board.hpp"
#include "stack.hpp"

namespace {

volatile std::uint32_t number = 0;
volatile std::uint64_t large = 1;

// Frames that the compiler can neither leave out nor merge.
[[gnu::noinline, gnu::noipa]] std::uint32_t small_frame(std::uint32_t given) {
    volatile std::uint32_t words[8];
    words[given] = number;
    return words[given] + 1;
}
[[gnu::noinline, gnu::noipa]] std::uint32_t large_frame(std::uint32_t given) {
    volatile std::uint32_t words[40];
    words[given] = small_frame(number);
    return words[given] + small_frame(given);
}

// Half of the last argument comes in registers, and is put on the stack by the function itself.
struct four {
    std::uint32_t words[4];
};
[[gnu::noinline, gnu::noipa]] std::uint32_t split_frame(std::uint32_t, std::uint32_t at,
                                                        four given) {
    const volatile four& seen = given;
    return seen.words[at] + small_frame(at);
}

#ifdef CONTROL_RECURSION
[[gnu::noinline, gnu::noipa]] std::uint32_t recursive(std::uint32_t given) {
    return given == 0 ? 0 : number + recursive(given - 1) * 3;
}
#endif
#ifdef CONTROL_DYNAMIC
[[gnu::noinline, gnu::noipa]] void dynamic(std::uint32_t given) {
    auto* const words = static_cast<volatile std::uint32_t*>(__builtin_alloca(given * 4));
    words[0] = given;
    number = words[0];
}
#endif

std::uint32_t (*volatile pointer)(std::uint32_t) = &small_frame;

}  // namespace

extern "C" void Interrupt0_Handler() { number = large_frame(number); }

OPERATION(leaf) { number = 0; }
OPERATION(calls) { number = large_frame(number) - large_frame(number); }
OPERATION(tail_call) { small_frame(number); }
OPERATION(shallow_first) { number = small_frame(number) + large_frame(number); }
OPERATION(deep_first) { number = large_frame(number) + small_frame(number); }
OPERATION(call_from_interrupt) { board::pend(0); }
OPERATION(split_argument) { number = split_frame(1, number, {{number, 0, 0, 0}}); }
OPERATION(refused) {
#if defined(CONTROL_RECURSION)
    number = recursive(number);
#elif defined(CONTROL_POINTER)
    number = pointer(number);
#elif defined(CONTROL_DYNAMIC)
    dynamic(number);
#endif
}
// By what is in a library, and is no call in the source.
OPERATION(division) { large = large / (number + 3); }

int main() {
    board::enable(0);
    stack::operation operations[] = {
        {"leaf", op_leaf},
        {"calls", op_calls},
        {"tail_call", op_tail_call},
        {"shallow_first", op_shallow_first},
        {"deep_first", op_deep_first},
        {"call_from_interrupt", op_call_from_interrupt},
        {"split_argument", op_split_argument},
        {"refused", op_refused},
        {"division", op_division},
    };
    for (stack::operation& each : operations) {
        number = 0;
        each.measure();
    }
    return stack::report(operations, operations + sizeof operations / sizeof *operations) ? 0 : 1;
}
