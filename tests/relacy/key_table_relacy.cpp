// SPDX-License-Identifier: BSL-1.0
//
// Goal: who enters a key in key_table sees what was done before it was left, who finds a value sees
// what was done before it was entered, and a key is never found with another key's value or time,
// on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. What a key guards and what a value means is plain memory that Relacy
// watches. Places change their keys while others look, and entries are moved.
#include <cstdint>

#include <pawl/jobs/key_table.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

using pawl::key_change;
using pawl::key_result;

template <std::uint32_t Places, std::uint32_t Window = Places>
struct table : pawl::key_table_places<Places, Window, relacy::platform<>> {
    static bool meet(std::uint32_t one, std::uint32_t other) {
        return table::home_of(one) == table::home_of(other);
    }

    // The n-th key of the home of key 1.
    static std::uint32_t key(unsigned n) {
        std::uint32_t found = 1;
        while (n != 0) {
            ++found;
            n -= meet(1, found) ? 1U : 0U;
        }
        return found;
    }

    // A key that finds no place free after keys 1, 2 and 3, one of which can be moved for it.
    static std::uint32_t key_that_moves() {
        for (std::uint32_t key = 4;; ++key) {
            table tried;
            for (std::uint32_t other = 1; other <= 3; ++other) {
                RL_ASSERT(tried.enter(other, 1, 0).result == key_result::entered);
            }
            const std::uint32_t home = table::home_of(key);
            bool free = false;
            for (std::uint32_t bit = 0; bit < Window; ++bit) {
                free = free || tried.places_[table::position(home, bit)].key.load(
                                   std::memory_order_relaxed) == 0;
            }
            if (!free && tried.enter(key, 1, 0).result == key_result::entered) {
                return key;
            }
        }
    }
};

// Threads exclude each other by a key.
template <unsigned Threads, unsigned Times>
struct owners : rl::test_suite<owners<Threads, Times>, static_cast<rl::thread_id_t>(Threads)> {
    void before() { guarded($) = 0; }

    void thread(unsigned self) {
        for (unsigned i = 0; i < Times; ++i) {
            if (keys.enter(7, self + 1, 0).result == key_result::entered) {
                guarded($) = guarded($) + 1;
                RL_ASSERT(keys.leave(7, self + 1));
            }
        }
    }

    void after() {
        RL_ASSERT(guarded($) >= 1);
        RL_ASSERT(keys.approx_size() == 0);
    }

    table<4> keys;
    rl::var<unsigned> guarded;
};

// A writer makes things, and enters two keys of one home in turn, or replaces one; the others look
// who it is. Values of the first key are odd, its entries have no end; those of the second are even
// and end at tick 5, which has come.
template <unsigned Readers, bool Replaces>
struct meanings
    : rl::test_suite<meanings<Readers, Replaces>, static_cast<rl::thread_id_t>(Readers + 1)> {
    static constexpr std::uint32_t things = 6;

    void before() {
        for (auto& each : made) {
            each($) = 0;
        }
        first = table<3>::key(0);
        second = table<3>::key(1);
    }

    void thread(unsigned self) {
        if (self == 0) {
            for (std::uint32_t value = 1; value + 1 < things; value += 2) {
                made[value]($) = value;
                RL_ASSERT(keys.enter(first, value, 5).result == key_result::entered);
                if (Replaces) {
                    made[value + 1]($) = value + 1;
                    RL_ASSERT(keys.replace(first, value, value + 1, 5, 0) == key_change::done);
                    RL_ASSERT(keys.leave(first, value + 1));
                } else {
                    RL_ASSERT(keys.leave(first, value));
                    RL_ASSERT(keys.enter(second, value + 1, 4, 5).result == key_result::entered);
                    RL_ASSERT(keys.leave(second, value + 1));
                }
            }
            return;
        }
        for (unsigned i = 0; i < 2; ++i) {
            if (const std::uint32_t value = keys.find(first, 5); value != 0) {
                RL_ASSERT(Replaces || value % 2 == 1);
                RL_ASSERT(made[value]($) == value);
            }
            RL_ASSERT(keys.find(second, 5) == 0);
        }
    }

    table<3> keys;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    rl::var<std::uint32_t> made[things];
};

// One leaves, an entry of another home comes to the same place, the only one, a third one looks for
// the first key.
struct heirs : rl::test_suite<heirs, 3> {
    void before() {
        RL_ASSERT(keys.enter(first, 1, 0).result == key_result::entered);
        for (std::uint32_t key = 100; keys.approx_size() < 3; ++key) {
            RL_ASSERT(keys.enter(key, 3, 0).result == key_result::entered);
        }
        do {
            ++second;
        } while (table<3>::meet(first, second));
    }

    void thread(unsigned self) {
        if (self == 0) {
            RL_ASSERT(keys.leave(first, 1));
        } else if (self == 1) {
            static_cast<void>(keys.enter(second, 2, 0));
        } else {
            RL_ASSERT(keys.find(first, 0) <= 1);
        }
    }

    table<3> keys;
    std::uint32_t first = 1;
    std::uint32_t second = 1;
};

// A thread that makes room by moving one of three entries, one that takes them out and comes back
// with other values, one that looks for them.
struct movers : rl::test_suite<movers, 3> {
    void before() {
        for (std::uint32_t key = 1; key <= 3; ++key) {
            made[key]($) = key;
            made[key + 3]($) = 0;
            RL_ASSERT(keys.enter(key, key, 0).result == key_result::entered);
        }
        fourth = table<6, 2>::key_that_moves();
    }

    void thread(unsigned self) {
        if (self == 0) {
            static_cast<void>(keys.enter(fourth, 7, 0));
            return;
        }
        for (std::uint32_t key = 1; key <= 3; ++key) {
            if (self == 2) {
                const std::uint32_t value = keys.find(key, 0);
                RL_ASSERT(value == key || value == key + 3 || value == 0);
                RL_ASSERT(value == 0 || made[value]($) == value);
                continue;
            }
            RL_ASSERT(keys.find(key, 0) == key);
            RL_ASSERT(keys.leave(key, key));
            RL_ASSERT(keys.find(key, 0) == 0);
            made[key + 3]($) = key + 3;
            if (keys.enter(key, key + 3, 0).result == key_result::entered) {
                RL_ASSERT(keys.find(key, 0) == key + 3);
                RL_ASSERT(!keys.leave(key, key));
            }
        }
    }

    void after() {
        const bool entered = keys.leave(fourth, 7);
        unsigned left = 0;
        for (std::uint32_t key = 1; key <= 3; ++key) {
            left += keys.leave(key, key + 3) ? 1U : 0U;
        }
        RL_ASSERT(keys.approx_size() == 0 && left + (entered ? 1U : 0U) >= 3);
    }

    table<6, 2> keys;
    std::uint32_t fourth = 0;
    rl::var<std::uint32_t> made[7];
};

}  // namespace

int main() {
    relacy::must_pass<owners<2, 2>>("2 owners of a key", {.random_executions = 30'000});
    relacy::must_pass<owners<3, 2>>("3 owners of a key",
                                    {.random_executions = 30'000, .context_switches = 0});
    relacy::must_pass<meanings<1, false>>("a writer of two keys, a reader",
                                          {.random_executions = 60'000});
    relacy::must_pass<meanings<2, false>>("a writer of two keys, 2 readers",
                                          {.random_executions = 30'000, .context_switches = 0});
    relacy::must_pass<meanings<1, true>>("a writer that replaces, a reader",
                                         {.random_executions = 60'000});
    relacy::must_pass<heirs>("one leaves, one comes, one looks", {.random_executions = 30'000});
    relacy::must_pass<movers>("one moves, one leaves, one looks",
                              {.random_executions = 40'000, .context_switches = 0});
}
