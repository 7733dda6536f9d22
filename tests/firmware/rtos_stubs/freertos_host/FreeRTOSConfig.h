/* SPDX-License-Identifier: BSL-1.0 */
/* */
/* The configuration with which the adapter is tried on the host, whose threads run at once: two */
/* cores. */
#pragma once

#define configNUMBER_OF_CORES 2
#define configTICK_RATE_HZ 1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
#define configUSE_TASK_NOTIFICATIONS 1
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2
