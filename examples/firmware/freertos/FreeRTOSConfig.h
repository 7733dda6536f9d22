/* SPDX-License-Identifier: BSL-1.0 */
/* */
/* The configuration of FreeRTOS in this example: one core, everything static, no heap. The */
/* kernel has to be built with it, too. For FreeRTOS 11; for C, C++ and assembler. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ 25000000UL
#define configTICK_RATE_HZ 1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS

#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#define configMAX_PRIORITIES 6
#define configMINIMAL_STACK_SIZE 128
#define configMAX_TASK_NAME_LEN 8
#define configIDLE_SHOULD_YIELD 1
#define configUSE_IDLE_HOOK 1
#define configUSE_TICK_HOOK 0

/* No heap: the tasks of the kernel have memory of their own, too. */
#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configKERNEL_PROVIDED_STATIC_MEMORY 1
#define configCHECK_FOR_STACK_OVERFLOW 2

/* The second one is pawl's: the first is used by stream buffers, too. */
#define configUSE_TASK_NOTIFICATIONS 1
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2

/* What pawl is compared with. */
#define configUSE_TIMERS 1
#define configTIMER_TASK_PRIORITY 4
#define configTIMER_QUEUE_LENGTH 8
#define configTIMER_TASK_STACK_DEPTH 160

#define configUSE_MUTEXES 0
#define configQUEUE_REGISTRY_SIZE 0

/* Priorities of interrupts, all eight bits: what is more urgent than the second is never masked */
/* and must not submit. */
#define configKERNEL_INTERRUPT_PRIORITY 255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 64

#define INCLUDE_vTaskDelay 1
#define INCLUDE_vTaskDelete 1
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_eTaskGetState 1
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_xTimerPendFunctionCall 1

/* Says where, and ends the program; off with FREERTOS_NO_ASSERT, so that costs can be compared. */
#if defined(FREERTOS_NO_ASSERT)
#define configCHECK_HANDLER_INSTALLATION 0
#elif !defined(__ASSEMBLER__)
#if defined(__cplusplus)
extern "C"
#endif
    void
    freertos_assert_failed(const char* file, int line);
#define configASSERT(x)                                \
    do {                                               \
        if (!(x)) {                                    \
            freertos_assert_failed(__FILE__, __LINE__); \
        }                                              \
    } while (0)
#endif

#endif
