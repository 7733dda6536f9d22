// SPDX-License-Identifier: BSL-1.0
//
// What every thread type of a platform must do; posix_thread_test.cpp and std_thread_test.cpp run
// it.
#pragma once

#include <array>
#include <atomic>

#include "catch.hpp"

namespace thread_checks {

template <class Thread>
struct worker {
    Thread thread;
    std::atomic<bool> may_ask{false};  // is_current() may be asked once start() has returned
    bool is_itself = false;
    bool is_neighbour = true;
    const Thread* neighbour = nullptr;

    static void run(void* self) {
        auto& mine = *static_cast<worker*>(self);
        while (!mine.may_ask.load(std::memory_order_acquire)) {
            Thread::yield();
        }
        mine.is_itself = mine.thread.is_current();
        mine.is_neighbour = mine.neighbour->is_current();
    }
};

// What the threads wrote is plain memory, to be seen after join().
template <class Thread>
void all() {
    std::array<worker<Thread>, 2> workers;
    workers[0].neighbour = &workers[1].thread;
    workers[1].neighbour = &workers[0].thread;
    for (auto& each : workers) {
        REQUIRE(each.thread.start(&worker<Thread>::run, &each));
    }
    for (auto& each : workers) {
        CHECK_FALSE(each.thread.is_current());
        each.may_ask.store(true, std::memory_order_release);
    }
    for (auto& each : workers) {
        each.thread.join();
        CHECK(each.is_itself);
        CHECK_FALSE(each.is_neighbour);
    }
    CHECK(Thread::core_count() >= 1);
}

}  // namespace thread_checks
