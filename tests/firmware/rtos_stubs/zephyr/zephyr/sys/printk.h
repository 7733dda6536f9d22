// SPDX-License-Identifier: BSL-1.0
//
// Stands in for Zephyr's header of this name: see zephyr/kernel.h.
#pragma once

extern "C" {
[[gnu::format(printf, 1, 2)]] void printk(const char* format, ...);
}
