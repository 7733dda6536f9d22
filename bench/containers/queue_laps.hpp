// SPDX-License-Identifier: BSL-1.0
//
// queue_laps: what is done to a queue while the clock runs, the same for ours and for the peers.
//
// With one thread: pairs of a push and a pop, one or 32 at a time, and pops that find nothing. The
// figures are of the instructions, and of the memory behind the queue where it is large: a lap goes
// on where the one before ended, so that it comes round through every slot.
//
// Between threads: a crew, each on its own core as far as there are cores. What comes out is summed
// and checked everywhere. Who finds a queue full or empty pauses, and gives way in the end.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include "../harness.hpp"

namespace bench::queues {

// --- Items and queues ----------------------------------------------------------------------------

// An item of 64 bytes; one of 8 is a std::uint64_t.
struct wide_item {
    std::uint64_t words[8];
};

template <class T>
T item_of(std::uint64_t number) {
    if constexpr (std::is_same_v<T, wide_item>) {
        return {{number, number, number, number, number, number, number, number}};
    } else {
        return static_cast<T>(number);
    }
}
template <class T>
std::uint64_t number_of(const T& item) {
    if constexpr (std::is_same_v<T, wide_item>) {
        return (item.words[0] + item.words[7]) / 2;
    } else {
        return item;
    }
}

// One of ours.
template <class Queue>
struct own {
    using item = typename Queue::value_type;
    Queue queue;
    bool push(const item& value) { return queue.try_push(value); }
    bool pop(item& value) { return queue.try_pop(value); }
};

// --- One thread ----------------------------------------------------------------------------------

inline constexpr std::uint32_t lap_count = 8192;

// Goes once through all slots, so that no lap is the first to touch their memory.
template <class Queue, std::uint32_t Capacity>
std::shared_ptr<Queue> touched() {
    using item = typename Queue::item;
    auto queue = std::make_shared<Queue>();
    std::uint32_t pushed = 0;
    while (pushed < Capacity && queue->push(item_of<item>(pushed))) {
        ++pushed;
    }
    for (item value{}; pushed > 0; --pushed) {
        check(queue->pop(value), "a queue lost an item");
    }
    return queue;
}

// Pushes `burst` items, then pops as many; the cost of a pair. The numbers stay below the capacity,
// and none is in the queue twice: an index_ring is of such numbers only.
template <class Queue, std::uint32_t Capacity>
lap pairs(std::uint32_t burst) {
    return [queue = touched<Queue, Capacity>(), burst](stopwatch& watch) -> std::uint64_t {
        using item = typename Queue::item;
        std::uint64_t sum = 0;
        std::uint32_t failed = 0;
        watch.start();
        for (std::uint32_t i = 0; i < lap_count; i += burst) {
            for (std::uint32_t j = 0; j < burst; ++j) {
                failed += queue->push(item_of<item>((i + j) % Capacity)) ? 0U : 1U;
            }
            for (std::uint32_t j = 0; j < burst; ++j) {
                item value{};
                failed += queue->pop(value) ? 0U : 1U;
                sum += number_of(value);
            }
        }
        watch.stop();
        constexpr std::uint64_t round = std::min(lap_count, Capacity);
        check(failed == 0 && sum == round * (round - 1) / 2 * (lap_count / round),
              "a queue lost an item");
        return lap_count;
    };
}

template <class Queue, std::uint32_t Capacity>
lap empty_pops() {
    return [queue = touched<Queue, Capacity>()](stopwatch& watch) -> std::uint64_t {
        typename Queue::item value{};
        std::uint32_t popped = 0;
        watch.start();
        for (std::uint32_t i = 0; i < lap_count; ++i) {
            popped += queue->pop(value) ? 1U : 0U;
        }
        watch.stop();
        check(popped == 0, "an empty queue was not empty");
        return lap_count;
    };
}

// --- Bytes ---------------------------------------------------------------------------------------

// Of the object, and of what it allocates when it is made.
template <class Queue>
double bytes_of() {
    struct alignas(Queue) place {
        std::byte bytes[sizeof(Queue)];
    };
    const auto memory = std::make_unique<place>();
    const std::uint64_t before = heap_bytes();
    Queue* queue = ::new (static_cast<void*>(memory->bytes)) Queue;
    const std::uint64_t after = heap_bytes();
    std::destroy_at(queue);
    return static_cast<double>(sizeof(Queue)) + static_cast<double>(after - before);
}

// What each further slot costs, of a queue that is a template of item and capacity.
template <template <class, std::uint32_t> class Queue, class T>
double slot_bytes() {
    constexpr std::uint32_t count = 16'384;
    return (bytes_of<Queue<T, 2 * count>>() - bytes_of<Queue<T, count>>()) / count;
}

// --- Between threads -----------------------------------------------------------------------------

// What to do while a queue is full or empty.
class patience {
public:
    void operator()() {
        if (pauses_ < 128) {
            ++pauses_;
            pause();
        } else {
            std::this_thread::yield();
        }
    }

private:
    std::uint32_t pauses_ = 0;
};

// The cores this program may use. Asked once, before the first thread is tied to one of them.
inline const std::vector<std::uint32_t>& cores() {
    static const std::vector<std::uint32_t> all = [] {
        std::vector<std::uint32_t> found;
#if defined(__linux__)
        cpu_set_t set;
        CPU_ZERO(&set);
        if (sched_getaffinity(0, sizeof set, &set) == 0) {
            for (std::uint32_t i = 0; i < CPU_SETSIZE; ++i) {
                if (CPU_ISSET(i, &set)) {
                    found.push_back(i);
                }
            }
        }
#endif
        for (std::uint32_t i = 0; found.size() < std::thread::hardware_concurrency(); ++i) {
            found.push_back(i);
        }
        return found;
    }();
    return all;
}

// Ties the calling thread to these cores, where the system can.
inline void pin([[maybe_unused]] const std::vector<std::uint32_t>& to) {
#if defined(__linux__)
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const std::uint32_t core : to) {
        CPU_SET(core, &set);
    }
    sched_setaffinity(0, sizeof set, &set);
#endif
}

// Producers and consumers; the caller is the first producer. Between two laps the others sleep, so
// that they disturb nobody else's.
class crew {
public:
    crew(std::uint32_t producers, std::uint32_t consumers)
        : producers_{producers}, consumers_{consumers} {
        pin({core_of(0)});
        for (std::uint32_t i = 1; i < size(); ++i) {
            others_.emplace_back([this, i] {
                pin({core_of(i)});
                for (std::uint32_t seen = 0; await_lap(seen);) {
                    role_(i);
                    done_.fetch_add(1);
                }
            });
        }
    }
    ~crew() {
        role_ = nullptr;
        ready_.store(0);
        next_lap();
        for (std::thread& each : others_) {
            each.join();
        }
        pin(cores());
    }
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    [[nodiscard]] std::uint32_t producers() const { return producers_; }
    [[nodiscard]] std::uint32_t consumers() const { return consumers_; }

    // role(i) on all of them at once: i is a producer if below producers(). The clock runs from
    // when all are awake until the last has ended.
    void run(stopwatch& watch, std::function<void(std::uint32_t)> role) {
        role_ = std::move(role);
        ready_.store(0);
        done_.store(0);
        next_lap();
        await(ready_);
        watch.start();
        go_.store(lap_.load());
        role_(0);
        await(done_);
        watch.stop();
    }

private:
    [[nodiscard]] std::uint32_t size() const { return producers_ + consumers_; }

    // A core each; where there are too few, a producer and a consumer share one.
    [[nodiscard]] std::uint32_t core_of(std::uint32_t i) const {
        const std::size_t count = cores().size();
        const bool shifted = i >= producers_ && count < size();
        return cores()[(shifted ? i - producers_ + 1 : i) % count];
    }

    void next_lap() {
        lap_.fetch_add(1);
        lap_.notify_all();
    }
    void await(const std::atomic<std::uint32_t>& count) const {
        for (patience wait; count.load() != size() - 1;) {
            wait();
        }
    }
    // False: there will be none.
    bool await_lap(std::uint32_t& seen) {
        lap_.wait(seen);
        seen = lap_.load();
        if (!role_) {
            return false;
        }
        ready_.fetch_add(1);
        for (patience wait; go_.load() != seen;) {
            wait();
        }
        return true;
    }

    std::uint32_t producers_;
    std::uint32_t consumers_;
    std::function<void(std::uint32_t)> role_;
    alignas(64) std::atomic<std::uint32_t> lap_{0};
    alignas(64) std::atomic<std::uint32_t> ready_{0};
    alignas(64) std::atomic<std::uint32_t> go_{0};
    alignas(64) std::atomic<std::uint32_t> done_{0};
    std::vector<std::thread> others_;
};

template <class Queue>
void push_patiently(Queue& queue, const typename Queue::item& value) {
    for (patience wait; !queue.push(value);) {
        wait();
    }
}
template <class Queue>
std::uint64_t pop_patiently(Queue& queue) {
    typename Queue::item value{};
    for (patience wait; !queue.pop(value);) {
        wait();
    }
    return number_of(value);
}

// Items through one queue; the cost of an item.
template <class Queue, std::uint32_t Capacity>
lap flow(crew& team, std::uint32_t count = 16'384) {
    return [queue = touched<Queue, Capacity>(), &team, count](stopwatch& watch) -> std::uint64_t {
        using item = typename Queue::item;
        std::atomic<std::uint64_t> sum{0};
        team.run(watch, [&](std::uint32_t i) {
            if (i < team.producers()) {
                const std::uint32_t share = count / team.producers();
                for (std::uint32_t k = 0; k < share; ++k) {
                    push_patiently(*queue, item_of<item>(i * share + k));
                }
            } else {
                std::uint64_t mine = 0;
                for (std::uint32_t k = 0; k < count / team.consumers(); ++k) {
                    mine += pop_patiently(*queue);
                }
                sum.fetch_add(mine);
            }
        });
        check(sum.load() == std::uint64_t{count} * (count - 1) / 2, "a queue lost an item");
        return count;
    };
}

// Numbers from one queue to another and back, half as many as fit: what a pool of slots and a list
// of ready ones do. The cost of a number that went one way.
template <class Queue, std::uint32_t Capacity>
lap circulation(crew& team) {
    struct place {
        std::shared_ptr<Queue> there = touched<Queue, Capacity>();
        std::shared_ptr<Queue> back = touched<Queue, Capacity>();
    };
    auto both = std::make_shared<place>();
    for (std::uint32_t i = 0; i < Capacity / 2; ++i) {
        check(both->back->push(item_of<typename Queue::item>(i)), "an empty queue was full");
    }
    return [both, &team](stopwatch& watch) -> std::uint64_t {
        using item = typename Queue::item;
        constexpr std::uint32_t count = 16'384;
        team.run(watch, [&](std::uint32_t i) {
            const bool away = i < team.producers();
            Queue& from = away ? *both->back : *both->there;
            Queue& to = away ? *both->there : *both->back;
            for (std::uint32_t k = 0; k < count / (away ? team.producers() : team.consumers());
                 ++k) {
                push_patiently(to, item_of<item>(pop_patiently(from)));
            }
        });
        return 2 * count;
    };
}

// One item to the other core through one queue, and back through another; the cost of one way.
template <class Queue, std::uint32_t Capacity>
lap ping_pong(crew& team) {
    return [there = touched<Queue, Capacity>(), back = touched<Queue, Capacity>(),
            &team](stopwatch& watch) -> std::uint64_t {
        using item = typename Queue::item;
        constexpr std::uint32_t rounds = 400;
        std::uint64_t sum = 0;
        team.run(watch, [&](std::uint32_t i) {
            for (std::uint32_t k = 0; k < rounds; ++k) {
                if (i == 0) {
                    push_patiently(*there, item_of<item>(k));
                    sum += pop_patiently(*back);
                } else {
                    push_patiently(*back, item_of<item>(pop_patiently(*there)));
                }
            }
        });
        check(sum == std::uint64_t{rounds} * (rounds - 1) / 2, "a queue lost an item");
        return 2 * rounds;
    };
}

// --- Floors --------------------------------------------------------------------------------------

inline constexpr const char* floor_load = "load";
inline constexpr const char* floor_spsc = "two loads and two stores";
inline constexpr const char* floor_add = "fetch_add";
inline constexpr const char* floor_pair = "two fetch_adds on two lines";
inline constexpr const char* floor_line = "cache line to another core";
inline constexpr const char* floor_reply = "two lines, request and reply";

struct alignas(64) line {
    std::atomic<std::uint32_t> word{0};
};

template <class Operation>
void add_floor(report& target, const char* name, Operation operation) {
    contest row{target, std::string{"floor: "} + name};
    row.ours([operation](stopwatch& watch) -> std::uint64_t {
        static line lines[2];
        watch.start();
        for (std::uint32_t i = 0; i < lap_count; ++i) {
            operation(lines[0].word, lines[1].word);
        }
        watch.stop();
        return lap_count;
    });
    row.run();
}

// What no queue of its kind can be cheaper than, beside what every part shows.
inline void add_queue_floors(report& target) {
    using word = std::atomic<std::uint32_t>;
    add_floor(target, floor_load, [](word& one, word&) { keep(one.load()); });
    add_floor(target, floor_spsc, [](word& one, word& other) {
        one.store(one.load(std::memory_order_acquire) + 1, std::memory_order_release);
        other.store(other.load(std::memory_order_acquire) + 1, std::memory_order_release);
    });
    add_floor(target, floor_pair, [](word& one, word& other) {
        one.fetch_add(1);
        other.fetch_add(1);
    });
}

// One way to the other core: through one line which both write, or through two of which each writes
// its own; half of a round. What it costs hangs on where the cores are, which a virtual machine may
// change from minute to minute: so these take turns with the queues that they are the floors of.
inline void add_line_floors(contest& row, crew& team) {
    const auto rounds_through = [&team](bool one_line) {
        return [&team, one_line](stopwatch& watch) -> std::uint64_t {
            constexpr std::uint32_t rounds = 400;
            line lines[2];
            team.run(watch, [&](std::uint32_t i) {
                std::atomic<std::uint32_t>& mine = lines[one_line ? 0 : i].word;
                std::atomic<std::uint32_t>& other = lines[one_line ? 0 : 1 - i].word;
                const auto await = [&](std::uint32_t value) {
                    while (other.load(std::memory_order_acquire) != value) {
                        pause();
                    }
                };
                for (std::uint32_t k = 0; k < rounds; ++k) {
                    if (i == 0) {
                        mine.store(2 * k + 1, std::memory_order_release);
                        await(2 * k + 2);
                    } else {
                        await(2 * k + 1);
                        mine.store(2 * k + 2, std::memory_order_release);
                    }
                }
            });
            return 2 * rounds;
        };
    };
    row.also(std::string{"floor: "} + floor_line);
    row.ours(rounds_through(true));
    row.also(std::string{"floor: "} + floor_reply);
    row.ours(rounds_through(false));
}

// --- Rows ----------------------------------------------------------------------------------------

// What is within this of the best peer is equal to it: by so much do figures of one thread differ
// from run to run, and the best of ten is the luckiest.
inline constexpr double equal = 1.03;

// "pair, 8 B x 1024"
template <class T, std::uint32_t Capacity>
std::string cell(const char* operation) {
    return std::string{operation} + ", " + std::to_string(sizeof(T)) + " B x " +
           std::to_string(Capacity);
}

enum class work { pair, burst, empty };

template <class Queue, std::uint32_t Capacity>
lap alone(work what) {
    return what == work::empty ? empty_pops<Queue, Capacity>()
                               : pairs<Queue, Capacity>(what == work::pair ? 1 : 32);
}
inline const char* name_of(work what) {
    return what == work::pair ? "pair" : what == work::burst ? "32 pairs" : "empty pop";
}

}  // namespace bench::queues
