// SPDX-License-Identifier: BSL-1.0
#define CRON
#include "size_scheduler.cpp"
