// SPDX-License-Identifier: BSL-1.0
//
// Stands in for FreeRTOS' header of this name where no kernel is given: the few types, numbers and
// macros that pawl's adapter and its examples use, as documented, declared anew. No behaviour: see
// freertos_host.cpp for that.
#pragma once

#include <cstddef>
#include <cstdint>

#define TICK_TYPE_WIDTH_16_BITS 0
#define TICK_TYPE_WIDTH_32_BITS 1
#define TICK_TYPE_WIDTH_64_BITS 2

#include "FreeRTOSConfig.h"

using BaseType_t = long;
using UBaseType_t = unsigned long;
using StackType_t = std::uint32_t;
using TickType_t = std::uint32_t;

#define pdFALSE (static_cast<BaseType_t>(0))
#define pdTRUE (static_cast<BaseType_t>(1))
#define portMAX_DELAY (static_cast<TickType_t>(0xFFFFFFFF))
#define pdMS_TO_TICKS(ms)                                                                          \
    (static_cast<TickType_t>(std::uint64_t{ms} * configTICK_RATE_HZ / std::uint64_t{1000}))

// The memory of a task, without its stack.
struct StaticTask_t {
    void* opaque[16];
};

extern "C" {
// Of the port.
BaseType_t xPortIsInsideInterrupt();
void port_yield_from_isr(BaseType_t woken);
}
#define portYIELD_FROM_ISR(woken) port_yield_from_isr(woken)
