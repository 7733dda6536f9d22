// SPDX-License-Identifier: BSL-1.0
//
// Goal: a number that is put and got orders what its holders do in plain memory.
// Method: two threads pass slots to each other through two rings, and ThreadSanitizer watches; it
// needs one hand-over without order to see it. Small, for the mutants; index_ring_test.cpp does
// more.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <thread>

#include <pawl/containers/index_ring.hpp>

int main() {
    constexpr unsigned rounds = 2'000;
    pawl::index_ring<3, pawl::ring_start::full> free;
    pawl::index_ring<3> ready;
    std::array<unsigned, 3> slots{};
    const auto take = [](auto& ring) {
        std::uint32_t slot = 0;
        while (!ring.get(slot)) {
            std::this_thread::yield();
        }
        return slot;
    };
    std::thread sender{[&] {
        for (unsigned round = 0; round < rounds; ++round) {
            const std::uint32_t slot = take(free);
            slots[slot] = round;
            ready.put(slot);
        }
    }};
    bool in_order = true;
    for (unsigned round = 0; round < rounds; ++round) {
        const std::uint32_t slot = take(ready);
        in_order = in_order && slots[slot] == round;
        slots[slot] = 0;
        free.put(slot);
    }
    sender.join();
    return in_order ? EXIT_SUCCESS : EXIT_FAILURE;
}
