// SPDX-License-Identifier: BSL-1.0
//
// zephyr_platform: pawl among the threads of Zephyr.
//
// What: a platform whose sleepers are threads. Threads and interrupts submit; jobs are run by one
// thread of yours that polls, or by workers, which are threads of pawl's with static stacks:
//
//   using machine = zephyr_rtos::platform<>;
//   constexpr pawl::limits small{.jobs = 32, .job_bytes = 16, .workers = 0};
//   constinit pawl::scheduler<small, machine> jobs;
//
//   void pressed(const device*, gpio_callback*, uint32_t) { jobs.enqueue([] { toggle(); }); }
//   int main() {
//       for (;;) {
//           jobs.poll();
//           jobs.wait();          // blocks the thread until a submission or the next deadline
//       }
//   }
//
// Why not k_work and its queues: see README.md in this folder. They are Zephyr's own, and smaller.
//
// What was checked: the signatures, against Zephyr's include/zephyr/kernel.h and
// kernel/thread_stack.h; the behaviour, on the host with declarations of our own
// (tests/firmware/rtos_stubs/zephyr_host.cpp). It has not been built with Zephyr.
//
// Sleeping: a parker is a permit, a word, and a semaphore on which its owner blocks. Who parks says
// that it is about to sleep and then looks at the permit; who unparks gives the permit and then
// looks whether somebody sleeps. Each passes a fence in between, so that one of them sees the
// other, and a semaphore keeps what is given before the thread blocks: no wake-up is lost. If
// nobody sleeps, a submission does not call the kernel at all. A caller that is preempted between
// permit and semaphore silences nobody: the next one gives it as well. The semaphore is set up by
// the first sleep, so that a scheduler is zero bytes in .bss.
//
// Time: milliseconds since the start in 32 bits, k_uptime_get_32(), which wrap after 49 days;
// everything that compares them does so by difference. They are rounded down: `now_error`. Delays
// of up to 2^29 ms are kept. A thread that knows the date derives, and declares
// `static std::chrono::sys_seconds wall_now()`; without it there is no recurring() with a cron
// expression.
//
// Words: with compare-and-swap nothing is ever masked by pawl; without (ARMv6-M) a change of a word
// is a critical section of some instructions by irq_lock(), which nests, and masks what may call
// Zephyr. Not a k_spinlock: one thread must not take it twice.
//
// SMP (CONFIG_SMP): words are std::atomic, the fence is one between cores, and irq_lock() holds
// Zephyr's global lock. Written for, and not run.
//
// Priorities: submitting, cancelling and asking are lock-free, so a thread of any priority may do
// so, cooperative or not. Where a call of pawl's has to wait for another thread (every(), remove(),
// admission), it sleeps a tick instead of k_yield(), so that a less urgent one gets through. A
// submission that wakes a more urgent thread is preempted by it, inside of enqueue(), unless it
// comes from a cooperative one.
//
// Who may call: interrupts that may call Zephyr, which those above its lock must not
// (IRQ_ZERO_LATENCY); threads in supervisor mode (the semaphore is a kernel object). Before main(),
// from SYS_INIT: construct, submit; not wait(), start() or stop(). A thread that has called wait()
// is not aborted while others submit.
//
// Needs Zephyr 3.1 or later for <zephyr/kernel.h>, CONFIG_CPP, CONFIG_STD_CPP20, and
// CONFIG_MULTITHREADING.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <type_traits>

#include <zephyr/kernel.h>

#include <pawl/config.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/platform/interrupt_word.hpp>
#include <pawl/platform/masked_word.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace zephyr_rtos {

// What a program may choose otherwise: derive, hide, and give the result to platform<>.
struct settings {
    // Of workers: jobs run at this priority, on stacks of so many bytes.
    static constexpr int worker_priority = K_PRIO_PREEMPT(7);
    static constexpr std::size_t worker_stack_bytes = 1024;
    // Words by critical sections although there is compare-and-swap.
    static constexpr bool masked = pawl::core_lacks_compare_exchange;
};

#if defined(CONFIG_SMP)
inline constexpr unsigned core_count = CONFIG_MP_MAX_NUM_CPUS;
#else
inline constexpr unsigned core_count = 1;
#endif

// Keeps every thread and interrupt away that may call Zephyr. Nests; from threads and interrupts.
class critical {
public:
    static constexpr bool between_cores = core_count > 1;

    critical() noexcept : key_{irq_lock()} {}
    ~critical() { irq_unlock(key_); }
    critical(const critical&) = delete;
    critical& operator=(const critical&) = delete;

private:
    unsigned int key_;
};

template <class Settings = settings>
class platform {
    static constexpr bool shared_by_cores = core_count > 1;
    using word_between_cores = std::conditional_t<Settings::masked, pawl::masked_word<critical>,
                                                  std::atomic<std::uint32_t>>;
    using word_of_one_core =
        std::conditional_t<Settings::masked, pawl::masked_word<critical>, pawl::interrupt_word>;

public:
    using word = std::conditional_t<shared_by_cores, word_between_cores, word_of_one_core>;

    using duration = std::chrono::duration<std::int32_t, std::milli>;
    using tick = duration;
    using time_point = std::chrono::time_point<platform, duration>;

    // Threads are threads to each other, whoever runs the jobs.
    static constexpr bool has_threads = true;
    static constexpr duration now_error{1};
    // A date that was set is noticed by then.
    static constexpr duration calendar_sleep_max = std::chrono::minutes{1};
    // One core has nothing to keep apart.
    static constexpr std::size_t cache_line_bytes = shared_by_cores ? 64 : 1;

    static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(k_uptime_get_32())}};
    }

    [[nodiscard]] static bool in_interrupt() noexcept { return k_is_in_isr(); }

    // Between threads and interrupts of one core it is only the compiler that could swap accesses.
    static void fence() noexcept {
        if constexpr (shared_by_cores) {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        } else {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
    }

    // One sleeper's permit. park() and park_until() are its owner's, a thread; unpark() anybody's.
    class parker {
    public:
        void park() noexcept {
            sleep([] { return K_FOREVER; });
        }
        void park_until(time_point deadline) noexcept {
            sleep([deadline] { return time_until(deadline); });
        }

        void unpark() noexcept {
            // release: what the caller did before, a job in a ring; pairs with take().
            given_.store(1, std::memory_order_release);
            fence();  // pairs with sleep()
            // acquire: the semaphore, set up; pairs with sleep().
            if (sleeps_.load(std::memory_order_acquire) != 0) {
                k_sem_give(&semaphore_);
            }
        }

    private:
        [[nodiscard]] static k_timeout_t time_until(time_point deadline) noexcept {
            using clock = pawl::tick_clock<platform>;
            const duration left = clock::between(now(), deadline);
            // Rounded up to ticks of the kernel, and one more: never early.
            return left.count() > 0 ? K_MSEC(left.count()) : K_NO_WAIT;
        }

        [[nodiscard]] bool take() noexcept {
            // acquire: pairs with unpark().
            return given_.exchange(0, std::memory_order_acquire) != 0;
        }

        // Until there is a permit, or time_left() is none. What an unpark() gave that came late
        // ends only a round of the loop.
        template <class TimeLeft>
        void sleep(TimeLeft time_left) noexcept {
            if (!has_semaphore_) {
                k_sem_init(&semaphore_, 0, 1);
                has_semaphore_ = true;
            }
            // release: the semaphore; pairs with unpark().
            sleeps_.store(1, std::memory_order_release);
            fence();  // pairs with unpark()
            while (!take()) {
                const k_timeout_t time = time_left();
                if (K_TIMEOUT_EQ(time, K_NO_WAIT)) {
                    break;
                }
                k_sem_take(&semaphore_, time);
            }
            // relaxed: who still finds it set gives once too often.
            sleeps_.store(0, std::memory_order_relaxed);
        }

        word given_;
        word sleeps_;                 // 1 while the owner sleeps, or is about to
        bool has_semaphore_ = false;  // the owner's
        k_sem semaphore_ = {};
    };

    static void park(parker& sleeper) noexcept { sleeper.park(); }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        sleeper.park_until(deadline);
    }
    static void unpark(parker& sleeper) noexcept { sleeper.unpark(); }

    // A worker: a thread whose stack and control block lie in here, so in the scheduler.
    class thread {
    public:
        using entry = void (*)(void*);

        [[nodiscard]] bool start(entry function, void* argument) noexcept {
            function_ = function;
            argument_ = argument;
            k_thread_create(&thread_, stack_, K_KERNEL_STACK_SIZEOF(stack_), &run, this, nullptr,
                            nullptr, Settings::worker_priority, 0, K_NO_WAIT);
            return true;
        }

        void join() noexcept { k_thread_join(&thread_, K_FOREVER); }

        [[nodiscard]] bool is_current() const noexcept { return k_current_get() == &thread_; }

    private:
        static void run(void* self, void*, void*) noexcept {
            auto& worker = *static_cast<thread*>(self);
            worker.function_(worker.argument_);
        }

        entry function_ = nullptr;
        void* argument_ = nullptr;
        k_thread thread_ = {};
        K_KERNEL_STACK_MEMBER(stack_, Settings::worker_stack_bytes) = {};
    };

    // Lets less urgent threads run as well, which k_yield() does not: what is waited for may be
    // theirs to finish.
    static void yield() noexcept { k_sleep(K_TICKS(1)); }

    static unsigned thread_count() noexcept { return core_count; }
};

static_assert(pawl::platform<platform<>>);
static_assert(pawl::parking_platform<platform<>>);

}  // namespace zephyr_rtos
