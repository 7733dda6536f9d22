// SPDX-License-Identifier: BSL-1.0
//
// host_kernel: what the stubs of an RTOS are played on, when their adapter is tried on the host.
// Not a kernel: threads of the system stand for tasks, all at once and without priorities, as on
// several cores.
//
// Time is ticks. They go on when everybody sleeps, to whoever has the next deadline; and one in a
// millisecond, for those who look for time to pass. If everybody sleeps and nobody has a deadline,
// a wake-up was lost, and the program ends at once, saying so.
//
// An interrupt is a function that a thread calls as such: interrupt(f). Functions of the RTOS then
// check who calls them, by only_in().
//
// Who may call: threads that live in a `participant`.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace host_kernel {

[[noreturn]] inline void fail(const char* what, const char* where = "") {
    std::printf("failed: %s%s\n", what, where);
    std::fflush(stdout);
    std::_Exit(1);
}

inline std::mutex kernel;
inline std::condition_variable changed;
inline std::atomic<std::uint32_t> ticks{0};
inline thread_local bool in_interrupt = false;

enum class context : std::uint8_t { task, interrupt };
inline void only_in(context expected, const char* function) {
    if (in_interrupt != (expected == context::interrupt)) {
        fail(in_interrupt ? "called in an interrupt: " : "called outside of an interrupt: ",
             function);
    }
}

template <class Handler>
void interrupt(Handler&& handler) {
    in_interrupt = true;
    handler();
    in_interrupt = false;
}

// Guarded by `kernel`: who takes part, and who of them sleeps.
struct sleeper {
    bool (*is_ready)(void*);
    void* with;
    std::optional<std::uint32_t> ticks_left;  // from `since`
    std::uint32_t since;

    [[nodiscard]] bool is_due() const { return ticks_left && ticks.load() - since >= *ticks_left; }
    [[nodiscard]] bool is_woken() const { return is_ready(with) || is_due(); }
};
inline std::vector<const sleeper*> sleepers;
inline std::size_t participants = 0;

// To be called when somebody has gone to sleep, or away.
inline void let_time_pass() {
    if (sleepers.size() < participants ||
        std::any_of(sleepers.begin(), sleepers.end(),
                    [](auto* each) { return each->is_woken(); })) {
        return;
    }
    std::optional<std::uint32_t> next;
    for (const sleeper* each : sleepers) {
        if (each->ticks_left) {
            const std::uint32_t left = *each->ticks_left - (ticks.load() - each->since);
            next = std::min(left, next.value_or(left));
        }
    }
    if (next) {
        ticks += *next;
        changed.notify_all();
    } else if (participants != 0) {
        fail("everybody sleeps, for ever");
    }
}

// Sleeps until is_ready(), or for so many ticks at most; nothing: without a limit.
template <class Ready>
void sleep(std::unique_lock<std::mutex>& held, std::optional<std::uint32_t> limit, Ready is_ready) {
    const sleeper self{[](void* with) { return (*static_cast<Ready*>(with))(); }, &is_ready, limit,
                       ticks.load()};
    sleepers.push_back(&self);
    while (!self.is_woken()) {
        let_time_pass();
        if (!self.is_woken()) {
            changed.wait(held);
        }
    }
    sleepers.erase(std::find(sleepers.begin(), sleepers.end(), &self));
}

class participant {
public:
    participant() {
        const std::lock_guard held{kernel};
        ++participants;
    }
    ~participant() {
        const std::lock_guard held{kernel};
        --participants;
        let_time_pass();
    }
    participant(const participant&) = delete;
    participant& operator=(const participant&) = delete;
};

// For as long as it lives, a tick comes each millisecond, whoever is at work.
class timer_interrupt {
public:
    timer_interrupt() = default;
    ~timer_interrupt() {
        ends_ = true;
        thread_.join();
    }
    timer_interrupt(const timer_interrupt&) = delete;
    timer_interrupt& operator=(const timer_interrupt&) = delete;

private:
    void run() {
        while (!ends_) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            const std::lock_guard held{kernel};
            ++ticks;
            changed.notify_all();
        }
    }
    std::atomic<bool> ends_{false};
    std::thread thread_{[this] { run(); }};
};

}  // namespace host_kernel
