// SPDX-License-Identifier: BSL-1.0
//
// semihosting: an image prints through its debugger or emulator, and ends with a status.
#pragma once

#include <cstdint>

namespace semihosting {

#if defined(__riscv)
// The three instructions are the call: 32 bits each, in one page of memory.
[[gnu::naked, gnu::noinline, gnu::aligned(16)]] inline std::intptr_t call(std::uint32_t,
                                                                          const void*) {
    __asm__ volatile(
        ".option push\n\t.option norvc\n\t"
        "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t"
        ".option pop\n\tret");
}
#else
inline std::intptr_t call(std::uint32_t operation, const void* argument) {
    register std::intptr_t r0 __asm__("r0") = static_cast<std::intptr_t>(operation);
    register const void* r1 __asm__("r1") = argument;
#if __ARM_ARCH_PROFILE == 'M'
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
#else
    __asm__ volatile("svc 0xAB" : "+r"(r0) : "r"(r1) : "memory", "lr");
#endif
    return r0;
}
#endif

inline void print(const char* text) { call(0x04, text); }  // SYS_WRITE0

// `value` in decimal digits, at least this many.
inline void print(std::uint32_t value, unsigned width = 1) {
    char text[12];
    char* first = text + sizeof text - 1;
    *first = '\0';
    do {
        *--first = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (text + sizeof text - 1 - first < static_cast<int>(width)) {
        *--first = ' ';
    }
    print(first);
}

[[noreturn]] inline void exit(int status) {
    const std::uintptr_t block[2] = {0x20026, static_cast<std::uintptr_t>(status)};
    call(0x20, block);  // SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit
    for (;;) {
    }
}

}  // namespace semihosting
