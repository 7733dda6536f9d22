// SPDX-License-Identifier: BSL-1.0
//
// Stands in for FreeRTOS' header of this name: see FreeRTOS.h beside it.
#pragma once

#include "FreeRTOS.h"

using TaskHandle_t = struct tskTaskControlBlock*;
using TaskFunction_t = void (*)(void*);
enum eTaskState { eRunning, eReady, eBlocked, eSuspended, eDeleted, eInvalid };

#define tskIDLE_PRIORITY (static_cast<UBaseType_t>(0))

extern "C" {
TaskHandle_t xTaskCreateStatic(TaskFunction_t function, const char* name, std::uint32_t stack_words,
                               void* argument, UBaseType_t priority, StackType_t* stack,
                               StaticTask_t* task);
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
void vTaskSuspend(TaskHandle_t task);
eTaskState eTaskGetState(TaskHandle_t task);
TaskHandle_t xTaskGetCurrentTaskHandle();
UBaseType_t uxTaskGetNumberOfTasks();
TickType_t xTaskGetTickCount();
TickType_t xTaskGetTickCountFromISR();
void vTaskStartScheduler();

BaseType_t xTaskNotifyGive(TaskHandle_t task);
BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t task, UBaseType_t index);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t* woken);
void vTaskNotifyGiveIndexedFromISR(TaskHandle_t task, UBaseType_t index, BaseType_t* woken);
std::uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
std::uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks);

void enter_critical();
void exit_critical();
UBaseType_t enter_critical_from_isr();
void exit_critical_from_isr(UBaseType_t saved);
}
#define taskENTER_CRITICAL() enter_critical()
#define taskEXIT_CRITICAL() exit_critical()
#define taskENTER_CRITICAL_FROM_ISR() enter_critical_from_isr()
#define taskEXIT_CRITICAL_FROM_ISR(saved) exit_critical_from_isr(saved)
