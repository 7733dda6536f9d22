// SPDX-License-Identifier: BSL-1.0
//
// The queues alone, without a scheduler: which one for what.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/execution/blocking_queue.hpp>

namespace {

struct message {
    std::uint32_t from;
    std::uint32_t number;
};

// From anywhere to anywhere. An interrupt, or a thread that stands still in the midst of a push,
// blocks nobody.
constinit pawl::mpmc_queue<message, 4> inbox;

// From one interrupt to the main loop: loads and stores only, on any core.
constinit pawl::spsc_queue<std::uint16_t, 64> samples;

// Between the threads of a pool: one read-modify-write an operation.
constinit pawl::ticket_queue<message, 64> ready;

// To wait at.
pawl::blocking_queue<message, 2> requests;

void full_and_empty() {
    std::uint32_t accepted = 0;
    message mine{.from = 1, .number = 0};
    while (inbox.try_push(mine)) {
        ++accepted;
        ++mine.number;
    }
    std::printf("%u accepted, the next one is still mine: %u\n", accepted, mine.number);
    std::uint32_t sum = 0;
    while (const std::optional<message> next = inbox.try_pop()) {
        sum += next->number;
    }
    std::printf("sum %u, empty again\n", sum);
}

void one_to_one() {
    for (const std::uint16_t sample : {std::uint16_t{3}, std::uint16_t{5}}) {  // the interrupt
        if (!samples.try_push(sample)) {
            std::puts("lost one");
        }
    }
    std::uint16_t sample = 0;
    while (samples.try_pop(sample)) {  // the main loop
        std::printf("sample %d\n", sample);
    }
}

void in_its_cell() {
    if (ready.try_emplace(message{.from = 2, .number = 7})) {
        // Used where it lies, without a move.
        const bool found = ready.try_consume(
            [](message& each) noexcept { std::printf("consumed %u\n", each.number); });
        std::puts(found ? "done" : "there was none");
    }
}

void wait_for_it() {
    std::uint32_t served = 0;
    std::thread consumer{[&] {
        while (const std::optional<message> next = requests.pop()) {
            ++served;
        }
    }};
    for (std::uint32_t i = 0; i < 100; ++i) {
        requests.push({.from = 3, .number = i});  // waits while two are in there
    }
    requests.close();  // what is in there is still served
    consumer.join();
    std::printf("served %u\n", served);
    if (requests.push({.from = 3, .number = 100}) == pawl::queue_errc::closed) {
        std::puts("closed");
    }
}

}  // namespace

int main() {
    full_and_empty();
    one_to_one();
    in_its_cell();
    wait_for_it();
}
