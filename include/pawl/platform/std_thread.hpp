// SPDX-License-Identifier: BSL-1.0
//
// std_thread: posix_thread's interface over std::thread, for systems without <pthread.h>.
//
// Its price: std::thread allocates once when it starts, which is part of construction, and reports
// a refused thread by an exception.
//
// Who may call: start() and join() one controlling thread; is_current() any thread after start().
#pragma once

#include <system_error>
#include <thread>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class std_thread {
public:
    using entry = void (*)(void*);

    // False when the system refuses another thread (without exceptions the library ends the
    // program).
    [[nodiscard]] bool start(entry function, void* argument) noexcept {
#if PAWL_HAS_EXCEPTIONS
        try {
            thread_ = std::thread{function, argument};
        } catch (const std::system_error&) {
            return false;
        }
#else
        thread_ = std::thread{function, argument};
#endif
        return true;
    }

    void join() noexcept { thread_.join(); }

    [[nodiscard]] bool is_current() const noexcept {
        return thread_.get_id() == std::this_thread::get_id();
    }

    static void yield() noexcept { std::this_thread::yield(); }

    // The number of cores the system runs threads on, at least 1.
    static unsigned core_count() noexcept {
        const unsigned cores = std::thread::hardware_concurrency();
        return cores > 0 ? cores : 1U;
    }

private:
    std::thread thread_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
