// SPDX-License-Identifier: BSL-1.0
//
// condition_parker: one sleeper's permit from a mutex and a condition variable, on any system.
//
// The portable sibling of futex_parker, with the same three calls. Its price: unpark() takes a
// mutex, so a caller that is stopped inside it stops the next caller; "no lock while submitting" is
// claimed for futex_parker and for bare metal only.
//
// Cost: one lock and unlock a call. Who may call: park() and park_until() its one owner; unpark()
// any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class condition_parker {
public:
    using time_point = std::chrono::steady_clock::time_point;

    void park() noexcept {
        std::unique_lock lock{mutex_};
        condition_.wait(lock, [this] { return given_; });
        given_ = false;
    }

    void park_until(time_point deadline) noexcept {
        std::unique_lock lock{mutex_};
        condition_.wait_until(lock, deadline, [this] { return given_; });
        given_ = false;
    }

    void unpark() noexcept {
        {
            const std::lock_guard lock{mutex_};
            given_ = true;
        }
        condition_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool given_ = false;  // guarded by mutex_
};

}  // namespace PAWL_ABI
}  // namespace pawl
