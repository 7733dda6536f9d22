// SPDX-License-Identifier: BSL-1.0
//
// Goal: index_ring hands numbers over exactly once, and with a number everything that its holder
// did before, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. Slots of plain memory go with the numbers; Relacy reports any access
// that is not ordered. The words start anywhere, also where the counters pass 2^32.
#include <bit>
#include <cstdint>

#include <pawl/containers/index_ring.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

using pawl::ring_start;

// A ring's words start three cycles before 2^32, and positions in cycle 1.
constexpr std::uint32_t before_wrap(std::uint32_t capacity) {
    return ~(4 * std::bit_ceil(capacity) - 1);
}

// Two producers and two consumers pass slots through two rings, as a pool and a ready list do.
template <std::uint32_t Capacity, std::uint32_t First, unsigned Times>
struct pool : rl::test_suite<pool<Capacity, First, Times>, 4> {
    void before() {
        for (unsigned i = 0; i < Capacity; ++i) {
            slots[i]($) = 0;
        }
        if (First != 0) {
            // The free ring's head and the ready ring's tail come to the last position but one.
            for (unsigned i = 0; i < 3 * std::bit_ceil(Capacity) - 2; ++i) {
                std::uint32_t slot = 0;
                RL_ASSERT(free_slots.get(slot));
                ready.put(slot);
                RL_ASSERT(ready.get(slot));
                free_slots.put(slot);
            }
        }
    }

    void thread(unsigned self) {
        for (unsigned i = 0; i < Times; ++i) {
            std::uint32_t slot = 0;
            if (self < 2) {
                if (free_slots.get(slot)) {
                    RL_ASSERT(slot < Capacity && slots[slot]($) == 0);
                    slots[slot]($) = self + 1;
                    ready.put(slot);
                    ++sent[self];
                }
            } else if (ready.get(slot)) {
                RL_ASSERT(slot < Capacity && slots[slot]($) != 0);
                ++received[self - 2][slots[slot]($) - 1];
                slots[slot]($) = 0;
                free_slots.put(slot);
            }
        }
    }

    void after() {
        RL_ASSERT(free_slots.approx_size() + ready.approx_size() == Capacity);
        std::uint32_t slot = 0;
        while (ready.get(slot)) {
            ++received[0][slots[slot]($) - 1];
            slots[slot]($) = 0;
            free_slots.put(slot);
        }
        unsigned seen = 0;
        while (free_slots.get(slot)) {
            RL_ASSERT((seen >> slot & 1) == 0);
            seen |= 1U << slot;
        }
        RL_ASSERT(seen == (1U << Capacity) - 1);
        for (unsigned producer = 0; producer < 2; ++producer) {
            RL_ASSERT(received[0][producer] + received[1][producer] == sent[producer]);
        }
    }

    pawl::index_ring<Capacity, ring_start::full, relacy::platform<First>> free_slots;
    pawl::index_ring<Capacity, ring_start::empty, relacy::platform<First>> ready;
    rl::var<unsigned> slots[Capacity];
    unsigned sent[2] = {};         // touched by one thread each
    unsigned received[2][2] = {};  // likewise
};

// Everybody takes a number out of a full ring and brings it back; one also asks for the size.
template <std::uint32_t Capacity, std::uint32_t First, unsigned Times>
struct cloakroom : rl::test_suite<cloakroom<Capacity, First, Times>, 3> {
    void before() {
        for (unsigned i = 0; i < Capacity; ++i) {
            slots[i]($) = 0;
        }
        if (First != 0) {
            for (unsigned i = 0; i < 3 * std::bit_ceil(Capacity) - 2; ++i) {
                std::uint32_t slot = 0;
                RL_ASSERT(ring.get(slot));
                ring.put(slot);
            }
        }
    }

    void thread(unsigned self) {
        for (unsigned i = 0; i < Times; ++i) {
            std::uint32_t slot = 0;
            if (ring.get(slot)) {
                slots[slot]($) = slots[slot]($) + 1;
                ++taken[self];
                ring.put(slot);
            }
        }
        if (self == 0) {
            RL_ASSERT(ring.approx_size() <= Capacity);
        }
    }

    void after() {
        unsigned sum = 0;
        unsigned seen = 0;
        std::uint32_t slot = 0;
        RL_ASSERT(ring.approx_size() == Capacity);
        while (ring.get(slot)) {
            RL_ASSERT((seen >> slot & 1) == 0);
            seen |= 1U << slot;
            sum += slots[slot]($);
        }
        RL_ASSERT(seen == (1U << Capacity) - 1);
        RL_ASSERT(sum == taken[0] + taken[1] + taken[2]);
    }

    pawl::index_ring<Capacity, ring_start::full, relacy::platform<First>> ring;
    rl::var<unsigned> slots[Capacity];
    unsigned taken[3] = {};  // touched by one thread each
};

// A single producer puts its numbers in order; they come out in order.
template <std::uint32_t First>
struct in_order : rl::test_suite<in_order<First>, 3> {
    void before() {
        if (First != 0) {
            for (unsigned i = 0; i < 10; ++i) {
                std::uint32_t slot = 0;
                ring.put(i % 4);
                RL_ASSERT(ring.get(slot) && slot == i % 4);
            }
        }
    }

    void thread(unsigned self) {
        std::uint32_t number = 0;
        if (self == 0) {
            for (number = 0; number < 3; ++number) {
                ring.put(number);
            }
            return;
        }
        std::uint32_t last = 0;
        for (unsigned i = 0; i < 2; ++i) {
            if (!ring.empty() && ring.get(number)) {
                RL_ASSERT(number < 3 && number >= last);
                last = number + 1;
                ++got[self - 1];
            }
        }
    }

    void after() {
        std::uint32_t number = 0;
        std::uint32_t next = got[0] + got[1];
        for (; ring.get(number); ++next) {
            RL_ASSERT(number == next);
        }
        RL_ASSERT(next == 3);
    }

    pawl::index_ring<4, ring_start::empty, relacy::platform<First>> ring;
    unsigned got[2] = {};  // touched by one thread each
};

// Who is told of a put finds what it put, or what was there before: "nothing" is never said of a
// ring that was not empty. The one who puts has gone on from where another one was, and that one
// perhaps from where a third one was.
template <unsigned Producers>
struct told : rl::test_suite<told<Producers>, Producers + 1> {
    void before() { flag($).store(0, rl::mo_relaxed); }

    void thread(unsigned self) {
        if (self < Producers) {
            ring.put(self);
            if (self == Producers - 1) {
                flag($).store(1, rl::mo_release);
            }
        } else if (flag($).load(rl::mo_acquire) == 1) {
            std::uint32_t number = 0;
            RL_ASSERT(!ring.empty());
            RL_ASSERT(ring.approx_size() >= 1);
            RL_ASSERT(ring.get(number));
        }
    }

    pawl::index_ring<Producers, ring_start::empty, relacy::platform<>> ring;
    rl::atomic<unsigned> flag;
};

// Somebody puts a number; another one puts one and tells a third, who takes one: the first still
// finds one in there. The number that was taken was not the last, and who sees it gone has to see
// the one behind it.
struct one_is_left : rl::test_suite<one_is_left, 3> {
    void before() { flag($).store(0, rl::mo_relaxed); }

    void thread(unsigned self) {
        std::uint32_t number = 0;
        if (self == 0) {
            ring.put(0);
            RL_ASSERT(!ring.empty());
            RL_ASSERT(ring.get(number));
        } else if (self == 1) {
            ring.put(1);
            flag($).store(1, rl::mo_release);
        } else if (flag($).load(rl::mo_acquire) == 1) {
            RL_ASSERT(ring.get(number));
        }
    }

    pawl::index_ring<2, ring_start::empty, relacy::platform<>> ring;
    rl::atomic<unsigned> flag;
};

}  // namespace

int main() {
    relacy::must_pass<told<2>>("told of a put behind another");
    relacy::must_pass<told<3>>("told of a put behind two", {.context_switches = 1});
    relacy::must_pass<one_is_left>("one is left");
    relacy::must_pass<pool<2, 0, 1>>("two rings of 2, 2 and 2 threads, once");
    relacy::must_pass<pool<2, before_wrap(2), 1>>("the same, wraps");
    relacy::must_pass<pool<1, 0, 2>>("two rings of 1, 2 and 2 threads, twice",
                                     {.context_switches = 0});
    relacy::must_pass<pool<2, 0, 3>>("two rings of 2, 2 and 2 threads, 3 times",
                                     {.random_executions = 60'000, .context_switches = 0});
    relacy::must_pass<cloakroom<2, 0, 2>>("a full ring of 2, 3 threads, twice",
                                          {.context_switches = 0});
    relacy::must_pass<cloakroom<1, before_wrap(1), 2>>("a full ring of 1, 3 threads, twice, wraps",
                                                       {.context_switches = 0});
    relacy::must_pass<cloakroom<3, 0, 2>>("a full ring of 3, 3 threads, twice",
                                          {.context_switches = 0});
    relacy::must_pass<in_order<0>>("in order");
    relacy::must_pass<in_order<before_wrap(4)>>("in order, wraps");
}
