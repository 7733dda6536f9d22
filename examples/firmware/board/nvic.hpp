// SPDX-License-Identifier: BSL-1.0
//
// nvic: interrupts of a Cortex-M by number, so that a program can cause one itself.
#pragma once

#include <cstdint>

namespace nvic {

inline volatile std::uint32_t& at(std::uint32_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
}

inline void enable(unsigned interrupt) { at(0xE000'E100) = std::uint32_t{1} << interrupt; }
inline void pend(unsigned interrupt) {
    at(0xE000'E200) = std::uint32_t{1} << interrupt;
    __asm__ volatile("dsb\n\tisb" : : : "memory");  // taken before the next instruction
}

// More urgent the smaller; the upper bits count. Interrupts 0 to 3 share a word.
inline void set_priority(unsigned interrupt, std::uint32_t priority) {
    const unsigned shift = 8 * (interrupt % 4);
    volatile std::uint32_t& word = at(0xE000'E400 + interrupt / 4 * 4);
    word = (word & ~(std::uint32_t{0xFF} << shift)) | priority << shift;
}

}  // namespace nvic
