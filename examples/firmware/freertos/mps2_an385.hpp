// SPDX-License-Identifier: BSL-1.0
//
// mps2_an385: what FreeRTOS needs of the board that QEMU plays here. A vendor's project has it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <FreeRTOS.h>

#include <task.h>

#include "board/nvic.hpp"
#include "board/semihosting.hpp"

namespace mps2_an385 {

// The number of an interrupt that a program causes itself: calls Interrupt0_Handler.
constexpr unsigned software_interrupt = 0;
// That of the board's first timer: calls Timer0_Handler.
constexpr unsigned timer_interrupt = 8;

// Sets up the vectors and the two interrupts, at a priority that may call FreeRTOS.
void start();

inline void cause_interrupt() { nvic::pend(software_interrupt); }

// A task whose memory is this object's.
template <std::size_t StackWords>
class static_task {
public:
    TaskHandle_t start(TaskFunction_t function, const char* name, UBaseType_t priority) {
        return xTaskCreateStatic(function, name, StackWords, nullptr, priority, stack_, &task_);
    }

private:
    StaticTask_t task_ = {};
    StackType_t stack_[StackWords] = {};
};

}  // namespace mps2_an385

extern "C" {
void Interrupt0_Handler();
void Timer0_Handler();
}
