// SPDX-License-Identifier: BSL-1.0
//
// queue_suite: what Relacy does to a bounded queue of items, whatever is inside it.
#pragma once

#include <cstdint>
#include <utility>

#include "relacy/relacy_platform.hpp"

namespace relacy {

// Producers push numbered items, consumers pop; each tries some times. Every accepted item comes
// out once; who takes several of one producer takes them in order; a refused item is intact; at the
// end the queue has room for Capacity again. It was turned before: pushes and pops, one each.
template <class Queue, std::uint32_t Capacity, unsigned Producers, unsigned Consumers,
          unsigned Times, unsigned Turned = 0>
struct passing : rl::test_suite<passing<Queue, Capacity, Producers, Consumers, Times, Turned>,
                                static_cast<rl::thread_id_t>(Producers + Consumers)> {
    static constexpr unsigned times_max = 8;
    static_assert(Times < times_max);

    void before() {
        for (auto& each : places) {
            each($) = 0;
        }
        items_live.watch(&queue, sizeof queue, sizeof(item), places);
        for (unsigned i = 0; i < Turned; ++i) {
            item moved{0};
            RL_ASSERT(queue.try_push(item{i}));
            RL_ASSERT(queue.try_pop(moved) && moved.number() == i);
        }
    }

    void thread(unsigned self) {
        unsigned next[Producers] = {};
        for (unsigned i = 0; i < Times; ++i) {
            if (self < Producers) {
                const std::uint32_t number = self * times_max + i;
                item mine{number};
                if (queue.try_push(std::move(mine))) {
                    sent[self] |= 1U << i;
                } else {
                    RL_ASSERT(mine.number() == number);
                }
            } else {
                pop(received[self - Producers], next);
            }
        }
    }

    void after() {
        unsigned next[Producers] = {};
        unsigned rest[Producers] = {};
        while (pop(rest, next)) {
        }
        for (unsigned producer = 0; producer < Producers; ++producer) {
            unsigned all = rest[producer];
            for (auto& taken : received) {
                RL_ASSERT((all & taken[producer]) == 0);
                all |= taken[producer];
            }
            RL_ASSERT(all == sent[producer]);
        }
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            RL_ASSERT(queue.try_push(item{i}));
        }
        RL_ASSERT(!queue.try_push(item{Capacity}));
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            item moved{0};
            RL_ASSERT(queue.try_pop(moved) && moved.number() == i);
        }
        items_live = {};
    }

    bool pop(unsigned (&taken)[Producers], unsigned (&next)[Producers]) {
        item moved{0};
        if (!queue.try_pop(moved)) {
            return false;
        }
        const std::uint32_t producer = moved.number() / times_max;
        const std::uint32_t turn = moved.number() % times_max;
        RL_ASSERT(producer < Producers && turn >= next[producer]);
        next[producer] = turn + 1;
        taken[producer] |= 1U << turn;
        return true;
    }

    Queue queue;
    rl::var<unsigned> places[sizeof(Queue) / sizeof(item) + 1];
    unsigned sent[Producers] = {};                 // each touched by one thread
    unsigned received[Consumers][Producers] = {};  // likewise
};

// Who is told of a push finds an item, even if another producer stands still; who is told of a pop
// finds room, even if another consumer does.
template <class Queue, bool Room>
struct told : rl::test_suite<told<Queue, Room>, 3> {
    void before() {
        flag($).store(0, rl::mo_relaxed);
        for (std::uint32_t i = 0; Room && i < 2; ++i) {
            RL_ASSERT(queue.try_push(item{i}));
        }
    }

    void thread(unsigned self) {
        item moved{self};
        const auto act = [&](bool push) {
            return push ? queue.try_push(std::move(moved)) : queue.try_pop(moved);
        };
        if (self < 2) {
            RL_ASSERT(act(!Room));
            if (self == 1) {
                flag($).store(1, rl::mo_release);
            }
        } else if (flag($).load(rl::mo_acquire) == 1) {
            RL_ASSERT(act(Room));
        }
    }

    Queue queue;
    rl::atomic<unsigned> flag;
};

}  // namespace relacy
