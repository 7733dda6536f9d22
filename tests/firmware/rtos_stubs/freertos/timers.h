// SPDX-License-Identifier: BSL-1.0
//
// Stands in for FreeRTOS' header of this name: see FreeRTOS.h beside it.
#pragma once

#include "FreeRTOS.h"

using PendedFunction_t = void (*)(void*, std::uint32_t);

extern "C" {
BaseType_t xTimerPendFunctionCall(PendedFunction_t function, void* first, std::uint32_t second,
                                  TickType_t ticks);
BaseType_t xTimerPendFunctionCallFromISR(PendedFunction_t function, void* first,
                                         std::uint32_t second, BaseType_t* woken);
}
