// SPDX-License-Identifier: BSL-1.0
//
// Goal: the adapter of FreeRTOS does what a platform has to, calls each function of FreeRTOS from
// where it may be called, and is not misled by what others do with its task's notifications.
// Method: the functions that it uses, on threads of the host as on two cores (host_kernel.hpp).
#include <array>
#include <map>
#include <memory>

#include "adapter_checks.hpp"
#include "freertos/freertos_platform.hpp"

// ---- The functions of FreeRTOS ------------------------------------------------------------------

namespace {

using host_kernel::context;
using host_kernel::kernel;
using host_kernel::only_in;

struct task {
    std::array<std::uint32_t, configTASK_NOTIFICATION_ARRAY_ENTRIES> notified{};
    bool suspended = false;
    bool deleted = false;
};

std::map<TaskHandle_t, std::unique_ptr<task>> tasks;  // guarded by `kernel`
thread_local TaskHandle_t current = nullptr;
thread_local int criticals = 0;
std::recursive_mutex critical_section;

task& find(TaskHandle_t handle, const char* function) {
    const auto found = tasks.find(handle);
    if (found == tasks.end() || found->second->deleted) {
        host_kernel::fail("no such task: ", function);
    }
    return *found->second;
}

// Blocking and waking is not for critical sections.
void outside_of_critical(const char* function) {
    if (criticals != 0) {
        host_kernel::fail("called in a critical section: ", function);
    }
}

void give(TaskHandle_t handle, UBaseType_t index, const char* function) {
    outside_of_critical(function);
    const std::lock_guard held{kernel};
    ++find(handle, function).notified.at(index);
    host_kernel::changed.notify_all();
}

std::atomic<int> switches{0};  // asked for by interrupts

}  // namespace

extern "C" {

BaseType_t xPortIsInsideInterrupt() { return host_kernel::in_interrupt ? pdTRUE : pdFALSE; }
void port_yield_from_isr(BaseType_t woken) {
    only_in(context::interrupt, "portYIELD_FROM_ISR");
    switches += woken != pdFALSE ? 1 : 0;
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t function, const char*, std::uint32_t, void* argument,
                               UBaseType_t, StackType_t* stack, StaticTask_t* memory) {
    only_in(context::task, "xTaskCreateStatic");
    const auto handle = reinterpret_cast<TaskHandle_t>(memory);
    {
        const std::lock_guard held{kernel};
        const auto before = tasks.find(handle);
        if (stack == nullptr || (before != tasks.end() && !before->second->deleted)) {
            host_kernel::fail("the memory of a task is not free");
        }
        tasks[handle] = std::make_unique<task>();
        ++host_kernel::participants;  // from now on, not only once it runs
    }
    std::thread{[=] {
        current = handle;
        function(argument);
        host_kernel::fail("a task returns");
    }}.detach();
    return handle;
}
void vTaskDelete(TaskHandle_t handle) {
    only_in(context::task, "vTaskDelete");
    const std::lock_guard held{kernel};
    task& self = find(handle, "vTaskDelete");
    if (!self.suspended) {
        host_kernel::fail("deleted while it runs");
    }
    self.deleted = true;
}
void vTaskSuspend(TaskHandle_t handle) {
    only_in(context::task, "vTaskSuspend");
    if (handle != nullptr) {
        host_kernel::fail("only itself: vTaskSuspend");
    }
    std::unique_lock held{kernel};
    find(current, "vTaskSuspend").suspended = true;
    --host_kernel::participants;
    host_kernel::let_time_pass();
    host_kernel::changed.notify_all();
    for (;;) {
        host_kernel::changed.wait(held);
    }
}
eTaskState eTaskGetState(TaskHandle_t handle) {
    only_in(context::task, "eTaskGetState");
    const std::lock_guard held{kernel};
    return find(handle, "eTaskGetState").suspended ? eSuspended : eRunning;
}
void vTaskDelay(TickType_t ticks) {
    only_in(context::task, "vTaskDelay");
    outside_of_critical("vTaskDelay");
    std::unique_lock held{kernel};
    host_kernel::sleep(held, ticks, [] { return false; });
}
TaskHandle_t xTaskGetCurrentTaskHandle() { return current; }
TickType_t xTaskGetTickCount() {
    only_in(context::task, "xTaskGetTickCount");
    return host_kernel::ticks;
}
TickType_t xTaskGetTickCountFromISR() {
    only_in(context::interrupt, "xTaskGetTickCountFromISR");
    return host_kernel::ticks;
}

BaseType_t xTaskNotifyGiveIndexed(TaskHandle_t handle, UBaseType_t index) {
    only_in(context::task, "xTaskNotifyGive");
    give(handle, index, "xTaskNotifyGive");
    return pdTRUE;
}
void vTaskNotifyGiveIndexedFromISR(TaskHandle_t handle, UBaseType_t index, BaseType_t* woken) {
    only_in(context::interrupt, "vTaskNotifyGiveFromISR");
    give(handle, index, "vTaskNotifyGiveFromISR");
    *woken = pdTRUE;
}
std::uint32_t ulTaskNotifyTakeIndexed(UBaseType_t index, BaseType_t clear, TickType_t ticks) {
    only_in(context::task, "ulTaskNotifyTake");
    outside_of_critical("ulTaskNotifyTake");
    std::unique_lock held{kernel};
    std::uint32_t& value = find(current, "ulTaskNotifyTake").notified.at(index);
    host_kernel::sleep(held, ticks == portMAX_DELAY ? std::nullopt : std::optional{ticks},
                       [&value] { return value != 0; });
    const std::uint32_t before = value;
    value = clear != pdFALSE || value == 0 ? 0 : value - 1;
    return before;
}

void enter_critical() {
    only_in(context::task, "taskENTER_CRITICAL");
    critical_section.lock();
    ++criticals;
}
void exit_critical() {
    only_in(context::task, "taskEXIT_CRITICAL");
    --criticals;
    critical_section.unlock();
    if (criticals == 0) {
        adapter_checks::critical_has_ended();
    }
}
UBaseType_t enter_critical_from_isr() {
    only_in(context::interrupt, "taskENTER_CRITICAL_FROM_ISR");
    critical_section.lock();
    return static_cast<UBaseType_t>(++criticals);
}
void exit_critical_from_isr(UBaseType_t saved) {
    only_in(context::interrupt, "taskEXIT_CRITICAL_FROM_ISR");
    adapter_checks::require(saved == static_cast<UBaseType_t>(criticals--),
                            "a critical section ends with another one's mask");
    critical_section.unlock();
}
}

// ---- The checks ---------------------------------------------------------------------------------

namespace {

using namespace std::chrono_literals;

struct masked_settings : freertos::settings {
    static constexpr bool masked = true;
};

// A thread of the test that is a task, too.
template <class F>
std::thread as_task(F f) {
    static std::atomic<int> number{0};
    static std::array<StaticTask_t, 64> memory;
    const auto handle =
        reinterpret_cast<TaskHandle_t>(&memory.at(static_cast<std::size_t>(number++)));
    const std::lock_guard held{kernel};
    tasks[handle] = std::make_unique<task>();
    ++host_kernel::participants;
    return std::thread{[handle, f] {
        current = handle;
        f();
        const std::lock_guard ending{kernel};
        --host_kernel::participants;
        host_kernel::let_time_pass();
    }};
}

// Others give a notification in pawl's slot, and in the first one: a sleep is not ended by it.
void others_use_notifications() {
    using machine = freertos::platform<>;
    TaskHandle_t sleeper = nullptr;
    std::atomic<bool> sleeps{false};
    auto runner = as_task([&] {
        sleeper = current;
        machine::parker mine;
        sleeps = true;
        const auto begin = machine::now();
        machine::park_until(mine, begin + 200ms);
        adapter_checks::require(machine::now() - begin >= 200ms, "a foreign notification wakes");
    });
    auto other = as_task([&] {
        while (!sleeps) {
            vTaskDelay(1);
        }
        for (int times = 0; times < 10; ++times) {
            xTaskNotifyGiveIndexed(sleeper, freertos::settings::notification_index);
            xTaskNotifyGiveIndexed(sleeper, 0);
            vTaskDelay(5);
        }
    });
    runner.join();
    other.join();
    adapter_checks::require(find(sleeper, "").notified[0] == 10, "slot 0 is not pawl's");
}

// A permit that is given before its owner is any task is kept, and so is one that comes late.
void permits_are_kept() {
    using machine = freertos::platform<>;
    auto task = as_task([] {
        machine::parker mine;
        machine::unpark(mine);
        host_kernel::interrupt([&] { machine::unpark(mine); });
        machine::park(mine);
        const auto begin = machine::now();
        machine::park_until(mine, begin + 10ms);  // two permits are one
        adapter_checks::require(machine::now() - begin >= 10ms, "a permit is kept twice");
        machine::park_until(mine, begin);  // in the past
        {
            const freertos::critical outer;
            const freertos::critical inner;
        }
        host_kernel::interrupt([] {
            const freertos::critical outer;
            const freertos::critical inner;
        });
        adapter_checks::is_woken_at_each_step<freertos::platform<masked_settings>>();
    });
    task.join();
}

}  // namespace

int main() {
    const host_kernel::timer_interrupt ticks;
    const auto run_as_task = [](auto f) { return as_task(f); };
    adapter_checks::run<freertos::platform<>>("freertos", run_as_task);
    adapter_checks::run<freertos::platform<masked_settings>>("freertos, masked", run_as_task);
    permits_are_kept();
    others_use_notifications();
    adapter_checks::require(switches > 0, "no interrupt has switched tasks");
    std::fflush(stdout);
    std::_Exit(0);  // tasks that were deleted are still there, as threads
}
