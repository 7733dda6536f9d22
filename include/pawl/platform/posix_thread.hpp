// SPDX-License-Identifier: BSL-1.0
//
// posix_thread: a thread that is started late, in storage that exists from the beginning.
//
// Why not std::thread: it allocates its closure on start, throws when it cannot start, and its
// header costs as much to include as a third of pawl. This one takes a function and a pointer.
//
// Who may call: start() and join() one controlling thread; is_current() any thread after start().
#pragma once

#if defined(__unix__) || defined(__APPLE__)  // empty on other systems

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class posix_thread {
public:
    using entry = void (*)(void*);

    // False when the system refuses another thread.
    [[nodiscard]] bool start(entry function, void* argument) noexcept {
        function_ = function;
        argument_ = argument;
        return pthread_create(&handle_, nullptr, &run, this) == 0;
    }

    void join() noexcept { pthread_join(handle_, nullptr); }

    [[nodiscard]] bool is_current() const noexcept {
        return pthread_equal(handle_, pthread_self()) != 0;
    }

    static void yield() noexcept { sched_yield(); }

    // The number of cores the system runs threads on, at least 1.
    static unsigned core_count() noexcept {
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        return online > 0 ? static_cast<unsigned>(online) : 1U;
    }

private:
    static void* run(void* self) {
#if defined(__linux__)
        // Linux rounds the sleep of an ordinary thread up by 50 us, to wake several at once; a
        // worker sleeps until a deadline, and there is one timekeeper only.
        constexpr unsigned long slack_ns = 1'000;
        prctl(PR_SET_TIMERSLACK, slack_ns, 0UL, 0UL, 0UL);
#endif
        auto* const thread = static_cast<posix_thread*>(self);
        thread->function_(thread->argument_);
        return nullptr;
    }

    pthread_t handle_{};
    entry function_ = nullptr;
    void* argument_ = nullptr;
};

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
