// SPDX-License-Identifier: BSL-1.0
//
// std_platform: threads, the system's clocks, and sleeping until a deadline. The hosted default.
//
// On Linux sleepers wait on a futex and threads are POSIX threads; elsewhere the standard library's
// mutex, condition variable and thread stand in. The monotonic clock is std::chrono::steady_clock,
// the calendar is std::chrono::system_clock.
//
// Tick: 10 us by default, chosen by measurement (bench/run jobs): a deadline is rounded up to a
// tick, so a tick adds half of itself to the system's own lateness. Delays of 1 to 20 ms came late
// by 640 us in the median with a tick of 1 ms, 86 with 100 us, 30 with 10 us and 24 with 1 us,
// where std::this_thread::sleep_until on the same machine was 75 us late. A finer tick costs some
// 20 ns more for each timer (a level of the wheel), and nothing while idle. Choose another with
// basic_std_platform<std::chrono::duration<std::int64_t, std::micro>>.
//
// Who may call: any member from any thread; a parker is parked by one thread only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

#if defined(__linux__)
#include <pawl/platform/futex_parker.hpp>
#else
#include <pawl/platform/condition_parker.hpp>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pawl/platform/posix_thread.hpp>
#else
#include <pawl/platform/std_thread.hpp>
#endif

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class basic_std_platform {
public:
    using word = std::atomic<std::uint32_t>;
    using duration = std::chrono::steady_clock::duration;
    using time_point = std::chrono::steady_clock::time_point;
    using tick = Tick;
#if defined(__linux__)
    using parker = futex_parker;
#else
    using parker = condition_parker;
#endif
#if defined(__unix__) || defined(__APPLE__)
    using thread = posix_thread;
#else
    using thread = std_thread;
#endif

    static constexpr bool has_threads = true;

    // steady_clock counts nanoseconds; what it rounds away is far below a tick.
    static constexpr duration now_error{0};

    // The longest sleep while calendar jobs exist: a wall clock that was set is noticed by then.
    static constexpr duration calendar_sleep_max = std::chrono::seconds{60};

    // About what a wake costs: who finds work within it, or does not, has lost no more than that.
    static constexpr duration spin_max = std::chrono::microseconds{20};
    static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
        __asm__ volatile("yield");
#endif
    }

    // Some microseconds at most: as long as some dozen exchanges of a word that another core takes
    // away in between, of which that one can then have a hundred undisturbed.
    static void back_off() noexcept {
        constexpr int pauses = 48;
        for (int i = 0; i < pauses; ++i) {
            relax();
        }
    }

    // Asks for a line of memory that will be written, and does not wait for it.
    static void fetch_for_writing(const void* line) noexcept {
#if defined(__x86_64__) || defined(__i386__)
        // By name: without a flag for it the builtin asks for a line that is only read. Processors
        // that do not know it do nothing.
        __asm__ volatile("prefetchw (%0)" : : "r"(line));
#elif defined(__GNUC__)
        __builtin_prefetch(line, 1);
#else
        static_cast<void>(line);
#endif
    }

#if defined(__x86_64__)
    // The other one of the two ways to do it on this processor. Compilers take an exchange, for
    // whose end the next load of the same word waits, while this one's value is there at once.
    static void store_seq_cst(word& at, std::uint32_t value) noexcept {
        at.store(value, std::memory_order_release);
        __asm__ volatile("lock orq $0, (%%rsp)" : : : "memory", "cc");
    }
#endif
#if defined(__clang__) && defined(__x86_64__)
    // Clang makes an mfence of the language's fence. That waits for stores of other kinds as well,
    // and costs as much as all the rest of a submission. GCC's is this: a locked instruction orders
    // what ordinary loads and stores do (Intel's manual 3A, 8.2.3.9).
    static void fence() noexcept { __asm__ volatile("lock orq $0, (%%rsp)" : : : "memory", "cc"); }
#endif

    static time_point now() noexcept { return std::chrono::steady_clock::now(); }

#if defined(__x86_64__) || defined(__i386__)
    // The processor's time stamp, at 1 to 4 GHz: read in a third of the time of steady_clock.
    static std::chrono::nanoseconds rough_now() noexcept {
        constexpr unsigned two_a_nanosecond = 1;
        return std::chrono::nanoseconds{
            static_cast<std::int64_t>(__builtin_ia32_rdtsc() >> two_a_nanosecond)};
    }
#endif

    static wall_time wall_now() noexcept {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }

    static void park(parker& sleeper) noexcept { sleeper.park(); }
    static void park_until(parker& sleeper, time_point deadline) noexcept {
        sleeper.park_until(deadline);
    }
    static void unpark(parker& sleeper) noexcept { sleeper.unpark(); }

    static void yield() noexcept { thread::yield(); }
    static unsigned thread_count() noexcept { return thread::core_count(); }

    // The calling thread's own number, from 1.
    static std::uint32_t thread_number() noexcept {
        static std::atomic<std::uint32_t> last{0};
        // relaxed: a number.
        thread_local const std::uint32_t mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
        return mine;
    }
};

using std_platform =
    basic_std_platform<std::chrono::duration<std::int64_t, std::ratio<1, 100'000>>>;

static_assert(platform<std_platform>);

}  // namespace PAWL_ABI
}  // namespace pawl
