// SPDX-License-Identifier: BSL-1.0
//
// Stands in for Zephyr's header of this name: the few types, functions and macros that pawl's
// adapter and its example use, as documented, declared anew. No behaviour: see zephyr_host.cpp for
// that.
#pragma once

#include <cstddef>
#include <cstdint>

#if !defined(CONFIG_SYS_CLOCK_TICKS_PER_SEC)
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 1000
#endif

// ---- Time ---------------------------------------------------------------------------------------

// Ticks to wait for; none, or for ever.
struct k_timeout_t {
    std::int64_t ticks;
};
#define K_NO_WAIT (k_timeout_t{0})
#define K_FOREVER (k_timeout_t{-1})
#define K_TICKS(count) (k_timeout_t{count})
#define K_MSEC(ms) (k_timeout_t{(std::int64_t{ms} * CONFIG_SYS_CLOCK_TICKS_PER_SEC + 999) / 1000})
#define K_TIMEOUT_EQ(one, other) ((one).ticks == (other).ticks)

extern "C" {
std::uint32_t k_uptime_get_32();
std::int32_t k_sleep(k_timeout_t time);
}

// ---- Threads ------------------------------------------------------------------------------------

struct k_thread {
    void* opaque[16];
};
using k_tid_t = k_thread*;
using k_thread_entry_t = void (*)(void*, void*, void*);

struct k_thread_stack_t {
    char byte;
};
#define K_KERNEL_STACK_MEMBER(name, bytes) alignas(8) k_thread_stack_t name[bytes]
#define K_KERNEL_STACK_SIZEOF(name) (sizeof(name))
#define K_PRIO_PREEMPT(level) (level)
#define K_PRIO_COOP(level) ((level)-16)

// A thread that exists from the start, and its stack.
#define K_THREAD_DEFINE(name, stack_bytes, entry, p1, p2, p3, priority, options, delay_ms)         \
    const k_thread_entry_t name = reinterpret_cast<k_thread_entry_t>(entry)

extern "C" {
k_tid_t k_thread_create(k_thread* thread, k_thread_stack_t* stack, std::size_t stack_bytes,
                        k_thread_entry_t entry, void* p1, void* p2, void* p3, int priority,
                        std::uint32_t options, k_timeout_t delay);
int k_thread_join(k_thread* thread, k_timeout_t time);
k_tid_t k_current_get();
bool k_is_in_isr();
}

// ---- Locks and semaphores -----------------------------------------------------------------------

struct k_sem {
    void* opaque[2];
    unsigned int count;
    unsigned int limit;
};

extern "C" {
unsigned int irq_lock();
void irq_unlock(unsigned int key);

int k_sem_init(k_sem* semaphore, unsigned int count, unsigned int limit);
int k_sem_take(k_sem* semaphore, k_timeout_t time);
void k_sem_give(k_sem* semaphore);
}

// ---- Timers, whose functions are called by the clock's interrupt --------------------------------

struct k_timer {
    void (*expired)(k_timer*);
    void (*stopped)(k_timer*);
};
#define K_TIMER_DEFINE(name, expired, stopped) k_timer name = {expired, stopped}

extern "C" {
void k_timer_start(k_timer* timer, k_timeout_t first, k_timeout_t period);
}
