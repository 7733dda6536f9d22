// SPDX-License-Identifier: BSL-1.0
//
// membarrier_platform: std_platform with a fence that costs the submitter nothing. Linux only.
//
// What: who submits to a pool writes a job and then reads who sleeps; who goes to sleep writes that
// and then looks for jobs. Both need a full fence between the two (parking_lot.hpp). Here the
// sleeper has the system do it for everybody: membarrier() interrupts the cores that run a thread
// of this process, and each of them passes a fence. What is left to the submitter is to keep the
// compiler from swapping the two. That takes a third to a half off the cost of a post(). A worker
// that takes back what its job spawned passes no fence either, as long as nobody steals
// (thieves.hpp).
//
// The price: each sleep of a worker takes some 7 us more where another core runs this process, and
// disturbs that core for about one. So it is for those who submit at a pace that keeps workers
// awake, or whose submitting thread counts and whose workers do not. Nothing else changes: a worker
// that is still looking for work, whom submitters trust to find theirs, is only trusted after an
// ordinary fence, so that no job waits behind a long one (thread_pool.hpp, call_one()).
//
//   pawl::thread_pool<pawl::pool_limits{.workers = 2}, pawl::membarrier_platform> pool;
//
// Where the system refuses (before Linux 4.14, in some sandboxes) both sides have their fence.
// Who may call: any thread.
#pragma once

#if defined(__linux__)  // empty on other systems

#include <atomic>
#include <chrono>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/config.hpp>
#include <pawl/platform/std_platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class basic_membarrier_platform : public basic_std_platform<Tick> {
public:
    // Of who writes, then reads; pairs with heavy_fence() only.
    static void light_fence() noexcept {
        // relaxed: it is true only after the system has agreed, and then for ever.
        if (ready().load(std::memory_order_relaxed) == agreed) [[likely]] {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
    }

    // Pairs with itself, with any other fence, and with light_fence().
    static void heavy_fence() noexcept {
        std::atomic<std::uint32_t>& state = ready();
        if (state.load(std::memory_order_relaxed) == unknown) {
            // Twice is as good as once.
            state.store(call(register_private_expedited) == 0 ? agreed : refused,
                        std::memory_order_relaxed);
        }
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (state.load(std::memory_order_relaxed) == agreed) {
            static_cast<void>(call(private_expedited));
        }
    }

    // Whether the system does it. Known after the first sleep of a worker.
    [[nodiscard]] static bool is_supported() noexcept {
        return ready().load(std::memory_order_relaxed) == agreed;
    }

private:
    static constexpr std::uint32_t unknown = 0;
    static constexpr std::uint32_t agreed = 1;
    static constexpr std::uint32_t refused = 2;

    // Read at each put: on a cache line of its own, away from what others write.
    struct alignas(64) answer {
        std::atomic<std::uint32_t> word{unknown};
    };

    // Of linux/membarrier.h, which older systems do not have.
    static constexpr int private_expedited = 1 << 3;
    static constexpr int register_private_expedited = 1 << 4;

    static long call(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0); }

    static std::atomic<std::uint32_t>& ready() noexcept {
        static constinit answer state;
        return state.word;
    }
};

using membarrier_platform =
    basic_membarrier_platform<std::chrono::duration<std::int64_t, std::ratio<1, 100'000>>>;

static_assert(platform<membarrier_platform>);

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
