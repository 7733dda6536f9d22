// SPDX-License-Identifier: BSL-1.0
//
// freertos_platform: pawl among the tasks of FreeRTOS.
//
// What: a platform whose sleepers are tasks. Tasks and interrupts submit; jobs are run by one task
// of yours that polls, or by workers, which are tasks of pawl's with static stacks:
//
//   using machine = freertos::platform<>;
//   constexpr pawl::limits small{.jobs = 32, .job_bytes = 16, .workers = 0};
//   constinit pawl::scheduler<small, machine> jobs;
//
//   extern "C" void ADC_IRQHandler() { jobs.enqueue([sample = ADC->DR] { filter(sample); }); }
//   void runner(void*) {
//       for (;;) {
//           jobs.poll();
//           jobs.wait();          // blocks the task until a submission or the next deadline
//       }
//   }
//
// Why not FreeRTOS' own timers and xTimerPendFunctionCall(): they have one queue, one priority, and
// no handle that says what became of a call. They cost less: from an interrupt's call to the first
// instruction of the work 336 instructions, where pawl takes 497, on a Cortex-M3 with -O2 and the
// kernel without configASSERT. Counted by
//   FREERTOS_KERNEL=... FREERTOS_LIBRARY=... bash tests/firmware/freertos_test.sh --figures
// with PAWL_SOURCE_DIR set to this tree; see README.md in this folder for more of it.
//
// Sleeping: a parker is a permit, a word, and the task that sleeps in it. Who parks writes down
// which task it is and then looks at the permit; who unparks gives the permit and then looks for a
// task. Each passes a fence in between, so that one of them sees the other, and a notification that
// comes before the task blocks is kept by the kernel: no wake-up is lost. If nobody sleeps, a
// submission does not call the kernel at all. A caller that is preempted between permit and
// notification silences nobody: the next one notifies as well.
//
// The notification: direct to the task, in slot settings::notification_index of its array
// (configTASK_NOTIFICATION_ARRAY_ENTRIES), the last one if you do not say. If others use this slot
// of a task while it is inside of wait():
//   they give one        wait() looks, finds no permit, and sleeps on; but it has taken theirs
//   they wait, in a job  a notification of pawl's that came late may end their wait early
//   they clear its value, by ulTaskNotifyValueClear()   a wake-up of pawl's may be lost
// Slot 0 is also that of stream and message buffers. So have two entries, and leave pawl the last.
//
// Time: ticks of configTICK_RATE_HZ in 32 bits, which wrap (after 49 days at 1 kHz); everything
// that compares them does so by difference. The count is up to one tick behind: `now_error`. Delays
// of up to 2^29 ticks are kept. Deadlines are blocked for, so tickless idle may stop the tick.
// A board that knows the date derives, and declares `static std::chrono::sys_seconds wall_now()`;
// without it there is no recurring() with a cron expression.
//
// Words: with compare-and-swap nothing is ever masked by pawl; without (ARMv6-M) a change of a word
// is a critical section of the kernel's of some instructions, the kind for tasks or for interrupts
// as the context wants it.
//
// SMP (configNUMBER_OF_CORES > 1): words are std::atomic, the fence is one between cores, and the
// kernel's critical sections hold a lock between them. Written for, and not run.
//
// Priorities: submitting, cancelling and asking are lock-free, so a task of any priority may do so.
// Where a call of pawl's has to wait for another task (every(), remove(), admission), it sleeps a
// tick instead of yielding, so that a less urgent one gets through. A submission that wakes a more
// urgent task is preempted by it, inside of enqueue().
//
// Who may call: interrupts at or below configMAX_SYSCALL_INTERRUPT_PRIORITY, as for any function of
// FreeRTOS that ends in FromISR (with configASSERT the kernel checks it); tasks outside of critical
// sections. Before the scheduler of FreeRTOS runs: construct, submit, start(); not wait() or
// stop(). A task that has called wait() is not deleted while others submit.
//
// Needs FreeRTOS 10.4 or later, configUSE_TASK_NOTIFICATIONS, ticks of 32 bits or more, and
// INCLUDE_vTaskDelay; for workers also configSUPPORT_STATIC_ALLOCATION, INCLUDE_vTaskSuspend,
// INCLUDE_vTaskDelete and INCLUDE_eTaskGetState. Where the port has no xPortIsInsideInterrupt(),
// declare a function of this name before this header.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <type_traits>

// FreeRTOS.h comes first: that is its rule.
#include <FreeRTOS.h>

#include <task.h>

#include <pawl/config.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/platform/interrupt_word.hpp>
#include <pawl/platform/masked_word.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace freertos {

// What a program may choose otherwise: derive, hide, and give the result to platform<>.
struct settings {
    // Which of a task's notifications pawl waits for.
    static constexpr UBaseType_t notification_index = configTASK_NOTIFICATION_ARRAY_ENTRIES - 1;
    // Of workers: jobs run at this priority, on stacks of so many words.
    static constexpr UBaseType_t worker_priority = tskIDLE_PRIORITY + 1;
    static constexpr std::size_t worker_stack_words = 256;
    // Words by critical sections although there is compare-and-swap.
    static constexpr bool masked = pawl::core_lacks_compare_exchange;
    // For kernels whose interrupts switch tasks in another way, or at their end only.
    static void switch_from_interrupt(BaseType_t woken) noexcept { portYIELD_FROM_ISR(woken); }
};

#if defined(configNUMBER_OF_CORES)
inline constexpr unsigned core_count = configNUMBER_OF_CORES;
#else
inline constexpr unsigned core_count = 1;
#endif

[[nodiscard]] inline bool in_interrupt() noexcept { return xPortIsInsideInterrupt() != pdFALSE; }

// Keeps every task and interrupt away that may call FreeRTOS. Nests; from tasks and interrupts.
class critical {
public:
    static constexpr bool between_cores = core_count > 1;

    critical() noexcept : from_interrupt_{in_interrupt()} {
        if (from_interrupt_) {
            saved_ = static_cast<UBaseType_t>(taskENTER_CRITICAL_FROM_ISR());
        } else {
            taskENTER_CRITICAL();
        }
    }
    ~critical() {
        if (from_interrupt_) {
            taskEXIT_CRITICAL_FROM_ISR(saved_);
        } else {
            taskEXIT_CRITICAL();
        }
    }
    critical(const critical&) = delete;
    critical& operator=(const critical&) = delete;

private:
    UBaseType_t saved_ = 0;
    bool from_interrupt_;
};

template <class Settings = settings>
class platform {
    static_assert(configUSE_TASK_NOTIFICATIONS == 1, "pawl: a sleeper waits for a notification");
    static_assert(sizeof(TickType_t) >= sizeof(std::uint32_t),
                  "pawl: ticks of 16 bits wrap within a minute: "
                  "configTICK_TYPE_WIDTH_IN_BITS is to be 32 bits");
    static_assert(Settings::notification_index < configTASK_NOTIFICATION_ARRAY_ENTRIES);

    static constexpr bool shared_by_cores = core_count > 1;
    using word_between_cores = std::conditional_t<Settings::masked, pawl::masked_word<critical>,
                                                  std::atomic<std::uint32_t>>;
    using word_of_one_core =
        std::conditional_t<Settings::masked, pawl::masked_word<critical>, pawl::interrupt_word>;

public:
    using word = std::conditional_t<shared_by_cores, word_between_cores, word_of_one_core>;

    using duration = std::chrono::duration<std::int32_t, std::ratio<1, configTICK_RATE_HZ>>;
    using tick = duration;
    using time_point = std::chrono::time_point<platform, duration>;

    // Tasks are threads to each other, whoever runs the jobs.
    static constexpr bool has_threads = true;
    static constexpr duration now_error{1};
    // A date that was set is noticed by then.
    static constexpr duration calendar_sleep_max = std::chrono::minutes{1};
    // One core has nothing to keep apart.
    static constexpr std::size_t cache_line_bytes = shared_by_cores ? 64 : 1;

    static time_point now() noexcept {
        const TickType_t count =
            freertos::in_interrupt() ? xTaskGetTickCountFromISR() : xTaskGetTickCount();
        return time_point{duration{static_cast<std::int32_t>(static_cast<std::uint32_t>(count))}};
    }

    [[nodiscard]] static bool in_interrupt() noexcept { return freertos::in_interrupt(); }

    // Between tasks and interrupts of one core it is only the compiler that could swap accesses.
    static void fence() noexcept {
        if constexpr (shared_by_cores) {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        } else {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
    }

    // One sleeper's permit. park() and park_until() are its owner's, a task; unpark() anybody's.
    class parker {
    public:
        void park() noexcept {
            sleep([] { return portMAX_DELAY; });
        }
        void park_until(time_point deadline) noexcept {
            sleep([deadline] { return ticks_until(deadline); });
        }

        void unpark() noexcept {
            // release: what the caller did before, a job in a ring; pairs with take().
            given_.store(1, std::memory_order_release);
            fence();  // pairs with sleep()
            // relaxed: see the fence.
            const TaskHandle_t sleeper = sleeper_.load(std::memory_order_relaxed);
            if (sleeper == nullptr) {
                return;
            }
            if (freertos::in_interrupt()) {
                BaseType_t woken = pdFALSE;
                vTaskNotifyGiveIndexedFromISR(sleeper, Settings::notification_index, &woken);
                Settings::switch_from_interrupt(woken);
            } else {
                xTaskNotifyGiveIndexed(sleeper, Settings::notification_index);
            }
        }

    private:
        [[nodiscard]] static TickType_t ticks_until(time_point deadline) noexcept {
            using clock = pawl::tick_clock<platform>;
            const duration left = clock::between(now(), deadline);
            return left.count() > 0 ? static_cast<TickType_t>(left.count()) : 0;
        }

        [[nodiscard]] bool take() noexcept {
            // acquire: pairs with unpark().
            return given_.exchange(0, std::memory_order_acquire) != 0;
        }

        // Until there is a permit, or ticks_left() says 0. A notification that is no permit's ends
        // only a round of the loop.
        template <class TicksLeft>
        void sleep(TicksLeft ticks_left) noexcept {
            // relaxed: see the fence.
            sleeper_.store(xTaskGetCurrentTaskHandle(), std::memory_order_relaxed);
            fence();  // pairs with unpark()
            while (!take()) {
                const TickType_t ticks = ticks_left();
                if (ticks == 0) {
                    break;
                }
                ulTaskNotifyTakeIndexed(Settings::notification_index, pdTRUE, ticks);
            }
            // relaxed: who still finds the task there notifies once too often.
            sleeper_.store(nullptr, std::memory_order_relaxed);
        }

        word given_;
        std::atomic<TaskHandle_t> sleeper_{nullptr};  // the task that sleeps, or is about to
    };

    static void park(parker& sleeper) noexcept { sleeper.park(); }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        sleeper.park_until(deadline);
    }
    static void unpark(parker& sleeper) noexcept { sleeper.unpark(); }

    // A worker: a task whose stack and control block lie in here, so in the scheduler.
    class thread {
    public:
        using entry = void (*)(void*);

        [[nodiscard]] bool start(entry function, void* argument) noexcept {
            function_ = function;
            argument_ = argument;
            ended_.store(0, std::memory_order_relaxed);
            // The handle is known before the task runs, which may be at once.
            return xTaskCreateStatic(&run, "pawl", Settings::worker_stack_words, this,
                                     Settings::worker_priority, stack_, &task_) != nullptr;
        }

        // Afterwards the stack is nobody's: a task that deleted itself would leave it to the idle
        // task, at some time.
        void join() noexcept {
            while (ended_.load(std::memory_order_acquire) == 0 ||
                   eTaskGetState(handle()) != eSuspended) {
                yield();
            }
            vTaskDelete(handle());
        }

        [[nodiscard]] bool is_current() const noexcept {
            return xTaskGetCurrentTaskHandle() == handle();
        }

    private:
        static void run(void* self) noexcept {
            auto& worker = *static_cast<thread*>(self);
            worker.function_(worker.argument_);
            worker.ended_.store(1, std::memory_order_release);
            for (;;) {
                vTaskSuspend(nullptr);
            }
        }

        // With a static control block the handle is its address.
        [[nodiscard]] TaskHandle_t handle() const noexcept {
            return reinterpret_cast<TaskHandle_t>(const_cast<StaticTask_t*>(&task_));
        }

        entry function_ = nullptr;
        void* argument_ = nullptr;
        word ended_;
        StaticTask_t task_ = {};
        StackType_t stack_[Settings::worker_stack_words] = {};
    };

    // Lets less urgent tasks run as well, which taskYIELD() does not: what is waited for may be
    // theirs to finish.
    static void yield() noexcept { vTaskDelay(1); }

    static unsigned thread_count() noexcept { return core_count; }
};

static_assert(pawl::platform<platform<>>);
static_assert(pawl::parking_platform<platform<>>);

}  // namespace freertos
