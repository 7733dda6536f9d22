// SPDX-License-Identifier: BSL-1.0
//
// Goal: two or three workers that ask, end, change limits and clear lines at once: whoever waits is
// called exactly once, by one of them, and nobody is let in beside another.
// Method: every interleaving of the real code for two workers. The lock is its only word; the jobs
// run beside words of their own, so that the explorer sees who is inside with whom. With three, two
// can wait for the lock by turns for ever while the one that has it stands still: those programs
// take schedules at random. (What the answers have to be is for admission_random_test.cpp.)
#include <array>
#include <cstdint>

#include <pawl/jobs/admission.hpp>

#include "explore/suite.hpp"

namespace {

using explore::check;
using pawl::on_busy;
using pawl::verdict;
using machine = explore_platform;
using request = pawl::admission_request;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::uint32_t jobs = 4;

struct shared {
    pawl::admission<jobs, 2, 1, machine> gates;
    std::array<request, jobs> requests = {};
    std::array<machine::word, jobs> runs;
    std::array<machine::word, jobs> ended;
    machine::word inside;
    std::uint32_t inside_max = 1;
};

// A worker with jobs of its own: those that it is given, and those that it calls out.
class worker {
public:
    explicit worker(shared& all) : all_{all} {}

    void give(std::uint32_t index) { hand_[count_++] = index; }

    void work() {
        while (count_ > 0) {
            const std::uint32_t index = hand_[--count_];
            const auto answer = all_.gates.ask(
                index, all_.requests[index], 0, [this](std::uint32_t next) { give(next); },
                [this](std::uint32_t other) {
                    check(all_.ended[other].load(relaxed) == 0, "who is cancelled is not gone");
                });
            if (answer.what == verdict::run) {
                check(all_.inside.fetch_add(1, relaxed) < all_.inside_max, "no more than allowed");
                check(all_.runs[index].fetch_add(1, relaxed) == 0, "each runs once");
                all_.inside.fetch_sub(1, relaxed);
                end(index);
            }
            if (answer.dropped != pawl::admission_answer<std::uint64_t>::nobody) {
                all_.runs[answer.dropped].fetch_add(1, relaxed);
                end(answer.dropped);
            }
        }
    }

    // As if it had run.
    void end(std::uint32_t index) {
        all_.gates.done(index, all_.requests[index], true, 0,
                        [this](std::uint32_t next) { give(next); });
        all_.ended[index].store(1, relaxed);
    }

private:
    shared& all_;
    std::array<std::uint32_t, 2 * jobs> hand_ = {};
    std::uint32_t count_ = 0;
};

void check_end(shared& all, std::uint32_t count) {
    for (std::uint32_t index = 0; index < count; ++index) {
        check(all.runs[index].load(relaxed) == 1, "everybody has come to an end");
    }
    const auto load = all.gates.limiter_load(0);
    check(load.running == 0 && load.waiting == 0, "nobody is counted any more");
    check(all.gates.key_load(7).running == 0, "the key is free");
}

// Each of so many threads has as many jobs.
template <std::uint32_t Threads, std::uint32_t Each>
void ask_at_once(const request& asked, std::uint32_t running_max) {
    shared all;
    all.inside_max = asked.key != 0 ? 1 : running_max;
    static_cast<void>(
        all.gates.set_limit(0, {.running_max = running_max}, 0, [](std::uint32_t) {}));
    all.requests.fill(asked);
    const auto thread = [&](std::uint32_t number) {
        return [&all, number] {
            worker self{all};
            for (std::uint32_t each = 0; each < Each; ++each) {
                self.give(number * Each + each);
            }
            self.work();
        };
    };
    if constexpr (Threads == 2) {
        explore::threads(thread(0), thread(1));
    } else {
        explore::threads(thread(0), thread(1), thread(2));
    }
    check_end(all, Threads * Each);
}

constexpr request of_a_key{.key = 7};
constexpr request for_a_place{.limiter = 0};
constexpr request for_both{.key = 7, .limiter = 0};
constexpr request replacing{.key = 7, .busy = on_busy::replace};

void two_of_one_key() { ask_at_once<2, 1>(of_a_key, 0); }
void two_replace() { ask_at_once<2, 1>(replacing, 0); }
void two_and_two_of_one_key() { ask_at_once<2, 2>(of_a_key, 0); }
void two_and_two_for_one_place() { ask_at_once<2, 2>(for_a_place, 1); }
void two_and_two_for_both() { ask_at_once<2, 2>(for_both, 1); }
void two_and_two_replace() { ask_at_once<2, 2>(replacing, 0); }
void three_of_one_key() { ask_at_once<3, 1>(of_a_key, 0); }
void three_for_one_place() { ask_at_once<3, 1>(for_a_place, 1); }
void three_for_two_places() { ask_at_once<3, 1>(for_a_place, 2); }
void three_for_both() { ask_at_once<3, 1>(for_both, 1); }
void three_replace() { ask_at_once<3, 1>(replacing, 0); }

// A limit is raised while one waits for it, or is about to.
void raise_beside_a_waiter() {
    shared all;
    all.inside_max = 2;
    static_cast<void>(all.gates.set_limit(0, {.running_max = 1}, 0, [](std::uint32_t) {}));
    all.requests.fill({.limiter = 0});
    explore::threads(
        [&] {
            worker self{all};
            self.give(0);
            self.give(1);
            self.work();
        },
        [&] {
            worker self{all};
            static_cast<void>(all.gates.set_limit(0, {.running_max = 2}, 0,
                                                  [&](std::uint32_t next) { self.give(next); }));
            self.give(2);
            self.work();
        });
    check_end(all, 3);
}

// The lines are cleared while one joins them and another leaves.
void take_beside_workers() {
    shared all;
    all.requests.fill({.key = 7});
    explore::threads(
        [&] {
            worker self{all};
            self.give(0);
            self.work();
        },
        [&] {
            worker self{all};
            self.give(1);
            self.work();
        },
        [&] {
            worker self{all};
            all.gates.take_waiting([&](std::uint32_t index) {
                all.runs[index].fetch_add(1, relaxed);
                self.end(index);
            });
            self.work();
        });
    check_end(all, 2);
}

void explore_all(const char* name, std::uint64_t schedules_min, void (*body)()) {
    explore::must_pass(name, {.schedules_min = schedules_min}, body);
}
void explore_bounded(const char* name, std::uint64_t schedules_min, void (*body)()) {
    explore::must_pass(name, {.preemptions_max = 3, .schedules_min = schedules_min}, body);
}
void explore_random(const char* name, void (*body)()) {
    explore::must_pass(name, {.random_schedules = 3'000}, body);
}

}  // namespace

int main() {
    explore_all("two of one key", 50, two_of_one_key);
    explore_all("two replace", 50, two_replace);
    explore_bounded("two and two of one key", 500, two_and_two_of_one_key);
    explore_bounded("two and two for one place", 500, two_and_two_for_one_place);
    explore_bounded("two and two for a key and a place", 500, two_and_two_for_both);
    explore_bounded("two and two replace", 500, two_and_two_replace);
    explore_bounded("raise beside a waiter", 500, raise_beside_a_waiter);
    explore_random("three of one key", three_of_one_key);
    explore_random("three for one place", three_for_one_place);
    explore_random("three for two places", three_for_two_places);
    explore_random("three for a key and a place", three_for_both);
    explore_random("three replace", three_replace);
    explore_random("take beside workers", take_beside_workers);
}
