// SPDX-License-Identifier: BSL-1.0
//
// Goal: an item that is popped was written before, and a slot that is used again was read before,
// for every thread that sees it.
// Method: items of plain memory go through a queue, and ThreadSanitizer watches; it needs one
// hand-over without order to see it. Small, for the mutants; -DQUEUE=mpmc_queue and so on.
#include <cstdint>
#include <cstdlib>
#include <thread>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

int main() {
    constexpr std::uint64_t rounds = 4'000;
    pawl::QUEUE<std::uint64_t, 2> queue;
    std::thread sender{[&] {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            while (!queue.try_push(round)) {
                std::this_thread::yield();
            }
        }
    }};
    bool in_order = true;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        std::uint64_t item = 0;
        while (!queue.try_pop(item)) {
            std::this_thread::yield();
        }
        in_order = in_order && item == round;
    }
    sender.join();
    return in_order ? EXIT_SUCCESS : EXIT_FAILURE;
}
