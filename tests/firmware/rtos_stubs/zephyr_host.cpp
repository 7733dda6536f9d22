// SPDX-License-Identifier: BSL-1.0
//
// Goal: the adapter of Zephyr does what a platform has to, and calls each function of Zephyr from
// where it may be called, with objects that are set up. Method: the functions that it uses, on
// threads of the host as on two cores (host_kernel.hpp).
#define CONFIG_SMP 1
#define CONFIG_MP_MAX_NUM_CPUS 2

#include <cstddef>
#include <map>

#include "adapter_checks.hpp"
#include "zephyr/zephyr_platform.hpp"

// ---- The functions of Zephyr --------------------------------------------------------------------

namespace {

using host_kernel::context;
using host_kernel::kernel;
using host_kernel::only_in;

thread_local k_tid_t current = nullptr;
std::map<k_tid_t, bool> runs;  // guarded by `kernel`
std::recursive_mutex global_lock;
thread_local unsigned int depth = 0;

std::optional<std::uint32_t> limit_of(k_timeout_t time) {
    return K_TIMEOUT_EQ(time, K_FOREVER) ? std::nullopt
                                         : std::optional{static_cast<std::uint32_t>(time.ticks)};
}

void outside_of_lock(const char* function) {
    if (depth != 0) {
        host_kernel::fail("called with interrupts locked: ", function);
    }
}

void require_set_up(const k_sem* semaphore) {
    if (semaphore->limit == 0) {
        host_kernel::fail("a semaphore that is not set up");
    }
}

}  // namespace

extern "C" {

std::uint32_t k_uptime_get_32() { return host_kernel::ticks; }
std::int32_t k_sleep(k_timeout_t time) {
    only_in(context::task, "k_sleep");
    outside_of_lock("k_sleep");
    std::unique_lock held{kernel};
    host_kernel::sleep(held, limit_of(time), [] { return false; });
    return 0;
}

k_tid_t k_thread_create(k_thread* thread, k_thread_stack_t*, std::size_t stack_bytes,
                        k_thread_entry_t entry, void* p1, void* p2, void* p3, int, std::uint32_t,
                        k_timeout_t) {
    only_in(context::task, "k_thread_create");
    adapter_checks::require(stack_bytes >= zephyr_rtos::settings::worker_stack_bytes,
                            "the stack is too small");
    {
        const std::lock_guard held{kernel};
        bool& running = runs[thread];
        adapter_checks::require(!running, "the memory of a thread is not free");
        running = true;
        ++host_kernel::participants;
    }
    std::thread{[=] {
        current = thread;
        entry(p1, p2, p3);
        const std::lock_guard held{kernel};
        runs[thread] = false;
        --host_kernel::participants;
        host_kernel::let_time_pass();
        host_kernel::changed.notify_all();
    }}.detach();
    return thread;
}
int k_thread_join(k_thread* thread, k_timeout_t time) {
    only_in(context::task, "k_thread_join");
    outside_of_lock("k_thread_join");
    std::unique_lock held{kernel};
    host_kernel::sleep(held, limit_of(time), [thread] { return !runs[thread]; });
    return 0;
}
k_tid_t k_current_get() { return current; }
bool k_is_in_isr() { return host_kernel::in_interrupt; }

unsigned int irq_lock() {
    global_lock.lock();
    return depth++;
}
void irq_unlock(unsigned int key) {
    adapter_checks::require(key == --depth, "a lock ends with another one's key");
    global_lock.unlock();
    if (depth == 0 && !host_kernel::in_interrupt) {
        adapter_checks::critical_has_ended();
    }
}

int k_sem_init(k_sem* semaphore, unsigned int count, unsigned int limit) {
    const std::lock_guard held{kernel};
    adapter_checks::require(semaphore->limit == 0, "a semaphore is set up twice");
    semaphore->count = count;
    semaphore->limit = limit;
    return 0;
}
int k_sem_take(k_sem* semaphore, k_timeout_t time) {
    only_in(context::task, "k_sem_take");
    outside_of_lock("k_sem_take");
    std::unique_lock held{kernel};
    require_set_up(semaphore);
    host_kernel::sleep(held, limit_of(time), [semaphore] { return semaphore->count != 0; });
    const bool taken = semaphore->count != 0;
    semaphore->count -= taken ? 1 : 0;
    return taken ? 0 : -1;
}
void k_sem_give(k_sem* semaphore) {
    const std::lock_guard held{kernel};
    require_set_up(semaphore);
    semaphore->count += semaphore->count < semaphore->limit ? 1 : 0;
    host_kernel::changed.notify_all();
}
}

// ---- The checks ---------------------------------------------------------------------------------

namespace {

using namespace std::chrono_literals;

struct masked_settings : zephyr_rtos::settings {
    static constexpr bool masked = true;
};

// A thread of the test that is one of Zephyr's, too.
template <class F>
std::thread as_thread(F f) {
    const std::lock_guard held{kernel};
    ++host_kernel::participants;
    return std::thread{[f] {
        f();
        const std::lock_guard ending{kernel};
        --host_kernel::participants;
        host_kernel::let_time_pass();
    }};
}

// A permit that is given before its owner has ever slept is kept, and so is one that comes late.
void permits_are_kept() {
    using machine = zephyr_rtos::platform<>;
    auto task = as_thread([] {
        machine::parker mine;
        machine::unpark(mine);
        host_kernel::interrupt([&] { machine::unpark(mine); });
        machine::park(mine);
        const auto begin = machine::now();
        machine::park_until(mine, begin + 10ms);  // two permits are one
        adapter_checks::require(machine::now() - begin >= 10ms, "a permit is kept twice");
        machine::park_until(mine, begin);  // in the past
        {
            const zephyr_rtos::critical outer;
            const zephyr_rtos::critical inner;
        }
        adapter_checks::is_woken_at_each_step<zephyr_rtos::platform<masked_settings>>();
    });
    task.join();
}

}  // namespace

int main() {
    const host_kernel::timer_interrupt ticks;
    const auto run_as_thread = [](auto f) { return as_thread(f); };
    adapter_checks::run<zephyr_rtos::platform<>>("zephyr", run_as_thread);
    adapter_checks::run<zephyr_rtos::platform<masked_settings>>("zephyr, masked", run_as_thread);
    permits_are_kept();
}
