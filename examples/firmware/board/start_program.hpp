// SPDX-License-Identifier: BSL-1.0
//
// What runs on every core between reset and main: memory is set up, constructors run, main is
// called, and its result ends the emulator.
#pragma once

#include <cstdint>

#include "board/semihosting.hpp"

int main();

extern "C" {
// From the linker script.
extern std::uint32_t stack_top, data_image, data_begin, data_end, bss_begin, bss_end;
extern void (*init_array_begin[])();
extern void (*init_array_end[])();
}

[[noreturn]] inline void start_program() {
    for (std::uint32_t *from = &data_image, *to = &data_begin; to < &data_end;) {
        *to++ = *from++;
    }
    for (std::uint32_t* to = &bss_begin; to < &bss_end;) {
        *to++ = 0;
    }
    for (void (**construct)() = init_array_begin; construct != init_array_end; ++construct) {
        (*construct)();
    }
    semihosting::exit(main());
}
