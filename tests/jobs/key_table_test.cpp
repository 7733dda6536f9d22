// SPDX-License-Identifier: BSL-1.0
//
// Goal: key_table is a map from keys to holders in which an entry may end by itself, at every
// capacity, across the end of the tick counter, in memory that was only cleared; it has room for
// Capacity keys; and threads that want the same few keys never hold one of them at the same time.
// Method: random programs are compared with a std::map; tables are filled, and kept full; threads
// enter, replace and leave keys and count, beside the table, who holds what. That it is right in
// every interleaving of small programs is shown in key_table_explore.cpp.
// labels: concurrent
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include "catch.hpp"

#include <pawl/jobs/key_table.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "explore/interrupt_board.hpp"

using pawl::key_change;
using pawl::key_result;

namespace {

using masked_board = explore::interrupt_board<true>;

template <std::uint32_t Capacity>
using plain_table = pawl::key_table<Capacity, pawl::manual_platform>;

static_assert(std::is_trivially_destructible_v<plain_table<16>>);
static_assert(sizeof(plain_table<1024>) == 2048 * 16 + 4, "16 bytes a place, two places a key");
static_assert(sizeof(plain_table<4>) == 5 * 16 + 4, "a small one has a place more than keys");
static_assert(sizeof(plain_table<0>) == 1);
static_assert(plain_table<9>::until_after(5, 10) == 15);
static_assert(plain_table<9>::until_after(0xFFFF'FFFF, 1) == 1, "0 would be no end");

class dice {
public:
    explicit dice(std::uint32_t seed) : engine_{seed} {}
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

private:
    std::mt19937 engine_;
};

// A table in memory that was only cleared.
template <class Table>
class cleared {
public:
    cleared() { std::memset(memory_.get(), 0, sizeof(Table)); }
    Table* operator->() { return std::launder(reinterpret_cast<Table*>(memory_.get())); }
    Table& operator*() { return *operator->(); }

private:
    struct aligned_delete {
        void operator()(void* memory) const {
            ::operator delete (memory, std::align_val_t{alignof(Table)});
        }
    };
    std::unique_ptr<void, aligned_delete> memory_{
        ::operator new (sizeof(Table), std::align_val_t{alignof(Table)})};
};

bool over(std::uint32_t until, std::uint32_t now) {
    return until != 0 && static_cast<std::int32_t>(now - until) >= 0;
}

// The obvious one.
struct model {
    struct entry {
        std::uint32_t value;
        std::uint32_t until;
    };
    std::map<std::uint32_t, entry> entries;

    const entry* live(std::uint32_t key, std::uint32_t now) const {
        const auto found = entries.find(key);
        return found == entries.end() || over(found->second.until, now) ? nullptr : &found->second;
    }
    std::size_t live_count(std::uint32_t now) const {
        std::size_t count = 0;
        for (const auto& [key, held] : entries) {
            count += over(held.until, now) ? 0U : 1U;
        }
        return count;
    }
};

struct tallies {
    std::uint64_t entered = 0;
    std::uint64_t refused = 0;
    std::uint64_t replaced = 0;
    std::uint64_t ended = 0;
    std::uint64_t full = 0;
};

// One random program. Keys are few enough to meet. Time goes on, and passes 2^32 on its way.
template <class Table>
tallies walk(Table& tested, std::uint32_t capacity, std::uint32_t first_tick, std::uint32_t seed,
             int steps) {
    tallies done;
    model expected;
    dice random{seed};
    std::uint32_t now = first_tick;
    const std::uint32_t keys = capacity + capacity / 2 + 2;
    const auto any_until = [&] {
        return random() % 3 == 0 ? 0 : Table::until_after(now, 1 + random() % 64);
    };
    for (int step = 0; step < steps; ++step) {
        const std::uint32_t key = 0x1000'0000 * (seed % 16) + 1 + random() % keys;
        const model::entry* const held = expected.live(key, now);
        REQUIRE(tested.find(key, now) == (held == nullptr ? 0 : held->value));
        const std::uint32_t value = 1 + random() % 0xFFFF'FFFE;
        switch (random() % 8) {
            case 0:
            case 1:
            case 2: {
                if (held == nullptr && expected.live_count(now) == capacity) {
                    break;
                }
                const std::uint32_t until = any_until();
                const auto answer = tested.enter(key, value, now, until);
                if (held != nullptr) {
                    REQUIRE(answer.result == key_result::exists);
                    REQUIRE(answer.value == held->value);
                    REQUIRE(answer.until == held->until);
                    ++done.refused;
                } else {
                    REQUIRE(answer.result == key_result::entered);
                    REQUIRE(answer.value == value);
                    expected.entries[key] = {value, until};
                    ++done.entered;
                }
                break;
            }
            case 3: {
                // Of another value: nothing happens. (An entry whose time is over may be there
                // still, or not: it is not asked for.)
                REQUIRE_FALSE(tested.leave(key, 0xFFFF'FFFF));
                if (held != nullptr) {
                    REQUIRE(tested.leave(key, held->value));
                    REQUIRE_FALSE(tested.leave(key, value));
                    expected.entries.erase(key);
                }
                break;
            }
            case 4: {
                REQUIRE(tested.replace(key, 0xFFFF'FFFF, value, now) == key_change::gone);
                if (held != nullptr) {
                    const std::uint32_t until = any_until();
                    REQUIRE(tested.replace(key, held->value, value, now, until) ==
                            key_change::done);
                    expected.entries[key] = {value, until};
                    ++done.replaced;
                }
                break;
            }
            case 5:
                if (held != nullptr) {
                    const std::uint32_t until = any_until();
                    REQUIRE(tested.extend(key, held->value, now, until) == key_change::done);
                    expected.entries[key].until = until;
                }
                break;
            case 6: {
                const std::uint32_t taken = tested.sweep(now, random() % 8);
                done.ended += taken;
                break;
            }
            default: now += random() % 16; break;
        }
    }
    // Whatever is over is taken out by one turn, and what is left is what the model has.
    done.ended += tested.sweep(now, Table::places());
    REQUIRE(tested.approx_size() == expected.live_count(now));
    for (const auto& [key, held] : expected.entries) {
        const bool is_over = over(held.until, now);
        REQUIRE(tested.find(key, now) == (is_over ? 0 : held.value));
        REQUIRE(tested.leave(key, held.value) == !is_over);
    }
    REQUIRE(tested.approx_size() == 0);
    return done;
}

template <std::uint32_t Capacity, class Platform>
void walks() {
    using table = pawl::key_table<Capacity, Platform>;
    INFO("capacity " << Capacity);
    for (const std::uint32_t first_tick : {0U, 0xFFFF'FFF0U, 0x7FFF'FFF0U, 0xFFFF'F000U}) {
        cleared<table> tested;
        tallies all;
        for (std::uint32_t seed = 0; seed < 4; ++seed) {
            const tallies some =
                walk(*tested, Capacity, first_tick, seed * 4 + first_tick % 5, 4'000);
            all.entered += some.entered;
            all.refused += some.refused;
            all.replaced += some.replaced;
            all.ended += some.ended;
        }
        REQUIRE(all.entered > 500);
        REQUIRE(all.refused > 100);
        REQUIRE(all.replaced > 100);
        REQUIRE(all.ended > 50);
    }
}

}  // namespace

TEST_CASE("key_table: random programs do what a map does") {
    walks<1, pawl::manual_platform>();
    walks<2, pawl::manual_platform>();
    walks<3, pawl::manual_platform>();
    walks<7, pawl::manual_platform>();
    walks<8, pawl::manual_platform>();
    walks<9, pawl::manual_platform>();
    walks<40, pawl::manual_platform>();
    walks<64, pawl::std_platform>();
}

TEST_CASE("key_table: the same where words are critical sections") {
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    walks<3, masked_board>();
    walks<24, masked_board>();
}

TEST_CASE("key_table: who holds a key, and who does not") {
    plain_table<16> keys;
    REQUIRE(keys.find(7, 0) == 0);
    REQUIRE(keys.enter(7, 100, 0).result == key_result::entered);
    REQUIRE(keys.find(7, 0) == 100);
    const auto second = keys.enter(7, 200, 0);
    REQUIRE(second.result == key_result::exists);
    REQUIRE(second.value == 100);
    REQUIRE_FALSE(keys.leave(7, 200));
    REQUIRE(keys.replace(7, 200, 300, 0) == key_change::gone);
    REQUIRE(keys.replace(7, 100, 300, 0) == key_change::done);
    REQUIRE_FALSE(keys.leave(7, 100));
    REQUIRE(keys.find(7, 0) == 300);
    REQUIRE(keys.approx_size() == 1);
    REQUIRE(keys.leave(7, 300));
    REQUIRE_FALSE(keys.leave(7, 300));
    REQUIRE(keys.approx_size() == 0);
}

TEST_CASE("key_table: an entry ends at its tick, not before, and across the end of ticks") {
    for (const std::uint32_t entered_at : {0U, 100U, 0xFFFF'FFF8U, 0x7FFF'FFFEU}) {
        plain_table<4> keys;
        const std::uint32_t until = plain_table<4>::until_after(entered_at, 10);
        REQUIRE(keys.enter(7, 100, entered_at, until).result == key_result::entered);
        REQUIRE(keys.find(7, until - 1) == 100);
        REQUIRE(keys.enter(7, 200, until - 1).result == key_result::exists);
        REQUIRE(keys.sweep(until - 1, keys.places()) == 0);
        REQUIRE(keys.find(7, until) == 0);
        REQUIRE(keys.find(7, until + 0x7FFF'FFFF) == 0);
        REQUIRE(keys.approx_size() == 1);
        REQUIRE(keys.enter(7, 200, until).result == key_result::entered);
        REQUIRE(keys.approx_size() == 1);
        REQUIRE_FALSE(keys.leave(7, 100));
        REQUIRE(keys.find(7, until + 0x7FFF'FFFF) == 200);
        // The key is held for a time after its job's end, and then it is free.
        REQUIRE(keys.extend(7, 200, until, until + 5) == key_change::done);
        REQUIRE(keys.find(7, until + 4) == 200);
        REQUIRE(keys.extend(7, 200, until + 4, until + 9) == key_change::done);
        REQUIRE(keys.find(7, until + 8) == 200);
        REQUIRE(keys.sweep(until + 9, keys.places()) == 1);
        REQUIRE(keys.extend(7, 200, until + 9, until + 20) == key_change::gone);
        REQUIRE(keys.approx_size() == 0);
    }
}

TEST_CASE("key_table: a place at a time, and the clock is asked only where an entry has one") {
    plain_table<4> keys;
    unsigned asked = 0;
    const auto round = [&](std::uint32_t now) {
        for (std::uint32_t place = 0; place < keys.places(); ++place) {
            keys.sweep_next([&] {
                ++asked;
                return now;
            });
        }
    };
    REQUIRE(keys.enter(7, 100, 1).result == key_result::entered);
    round(5);
    REQUIRE(asked == 0);
    REQUIRE(keys.enter(8, 200, 1, 10).result == key_result::entered);
    round(9);
    REQUIRE(asked == 1);
    REQUIRE(keys.approx_size() == 2);
    round(10);
    REQUIRE(keys.approx_size() == 1);
    REQUIRE(keys.find(7, 10) == 100);
}

TEST_CASE("key_table: entries whose time is over make room") {
    plain_table<5> small;
    plain_table<40> large;
    const auto fill = [](auto& keys) {
        std::uint32_t now = 1000;
        std::uint32_t next = 1;
        for (int round = 0; round < 50; ++round, now += 10) {
            for (std::uint32_t i = 0; i < keys.capacity(); ++i, ++next) {
                REQUIRE(keys.enter(next, next, now, now + 10).result == key_result::entered);
            }
            REQUIRE(keys.approx_size() >= keys.capacity());
        }
    };
    fill(small);
    fill(large);
}

TEST_CASE("key_table: full is said of a full table, changes nothing, and ends") {
    plain_table<7> keys;
    std::vector<std::uint32_t> held;
    for (std::uint32_t key = 1; key <= 8; ++key) {
        REQUIRE(keys.enter(key, key + 100, 0).result == key_result::entered);
    }
    const auto refused = keys.enter(9, 109, 0);
    REQUIRE(refused.result == key_result::full);
    REQUIRE(refused.value == 0);
    REQUIRE(keys.replace(3, 103, 203, 0) == key_change::full);
    REQUIRE(keys.enter(3, 9, 0).value == 103);
    REQUIRE(keys.replace(9, 103, 203, 0) == key_change::gone);
    REQUIRE(keys.approx_size() == 8);
    REQUIRE(keys.leave(5, 105));
    REQUIRE(keys.replace(3, 103, 203, 0) == key_change::done);
    REQUIRE(keys.enter(9, 109, 0).result == key_result::entered);
    REQUIRE(keys.approx_size() == 8);
}

namespace {

// Fills a table, keeps it at its capacity while keys come and go, and returns how many entries out
// of how many were refused.
template <std::uint32_t Capacity, class Next>
tallies churn(Next next, std::uint32_t turns) {
    cleared<plain_table<Capacity>> keys;
    dice random{Capacity};
    std::vector<std::uint32_t> held;
    tallies done;
    const auto enter = [&] {
        for (;;) {
            const std::uint32_t key = next();
            const auto answer = keys->enter(key, key, 0);
            if (answer.result == key_result::entered) {
                ++done.entered;
                held.push_back(key);
                return;
            }
            done.full += answer.result == key_result::full ? 1 : 0;
        }
    };
    while (held.size() < Capacity) {
        enter();
    }
    for (std::uint32_t i = 0; i < turns * Capacity; ++i) {
        const std::size_t chosen = random() % held.size();
        const std::uint32_t key = held[chosen];
        held[chosen] = held.back();
        held.pop_back();
        REQUIRE(keys->leave(key, key));
        enter();
    }
    for (const std::uint32_t key : held) {
        REQUIRE(keys->find(key, 0) == key);
    }
    REQUIRE(keys->approx_size() == Capacity);
    return done;
}

// How much of the places is taken when `full` is heard first, in per cent.
template <std::uint32_t Capacity>
std::uint32_t load_when_full(std::uint32_t seed) {
    cleared<plain_table<Capacity>> keys;
    dice random{seed};
    std::uint32_t size = 0;
    for (;;) {
        const std::uint32_t key = random() | 1;
        const auto result = keys->enter(key, key, 0).result;
        if (result == key_result::full) {
            return size * 100 / keys->places();
        }
        size += result == key_result::entered ? 1 : 0;
    }
}

template <std::uint32_t Capacity>
void fits(std::uint32_t turns) {
    INFO("capacity " << Capacity);
    dice random{Capacity + 1};
    const tallies any = churn<Capacity>([&] { return random() | 1; }, turns);
    REQUIRE(any.entered == Capacity * (turns + 1));
    REQUIRE(any.full == 0);
    std::uint32_t number = 0;
    REQUIRE(churn<Capacity>([&] { return ++number; }, turns).full == 0);
    number = 0;
    REQUIRE(churn<Capacity>([&] { return (++number << 12) + 1; }, turns).full == 0);
}

}  // namespace

TEST_CASE("key_table: has room for Capacity keys, random ones and numbered ones") {
    fits<1>(1'000);
    fits<7>(1'000);
    fits<8>(2'000);
    fits<16>(1'000);
    fits<64>(300);
    fits<1000>(20);
    fits<20000>(1);
}

TEST_CASE("key_table: full begins at more than half of the places") {
    std::uint32_t least = 100;
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        const std::uint32_t first = load_when_full<500>(seed);
        least = first < least ? first : least;
    }
    REQUIRE(load_when_full<30000>(7) >= 60);
    REQUIRE(least >= 60);
}

TEST_CASE("key_table: zero of them") {
    pawl::key_table<0, pawl::manual_platform> none;
    REQUIRE(none.sweep(5, 5) == 0);
    REQUIRE(none.approx_size() == 0);
}

namespace {

constexpr std::uint32_t stress_keys = 3;
constexpr unsigned stress_threads = 4;

// What the threads say beside the table: who holds a key. An owner writes itself where 0 must be,
// and takes itself away before it leaves.
struct owners {
    std::array<std::atomic<std::uint32_t>, stress_keys> holder{};
    std::array<std::uint64_t, stress_keys> entered{};  // plain: guarded by the key
    std::atomic<std::uint32_t> broken{0};

    void come(std::uint32_t key, std::uint32_t me) {
        std::uint32_t nobody = 0;
        broken += holder[key].compare_exchange_strong(nobody, me) ? 0 : 1;
        ++entered[key];
    }
    void go(std::uint32_t key, std::uint32_t me) {
        broken += holder[key].exchange(0) == me ? 0 : 1;
    }
};

template <class Table>
void contend(Table& tested, int turns) {
    owners seen;
    std::array<std::array<std::uint64_t, stress_keys>, stress_threads> won{};
    std::atomic<std::uint32_t> full{0};
    const auto work = [&](std::uint32_t me) {
        dice random{me};
        for (int i = 0; i < turns; ++i) {
            const std::uint32_t number = random() % stress_keys;
            const std::uint32_t key = number + 1;
            const std::uint32_t value = (static_cast<std::uint32_t>(i) << 4 | (me + 1)) + 16;
            const auto answer = tested.enter(key, value, 0);
            if (answer.result == key_result::exists) {
                seen.broken += answer.value == 0 || answer.value == value ? 1 : 0;
                continue;
            }
            if (answer.result == key_result::full) {
                ++full;
                continue;
            }
            seen.come(number, value);
            ++won[me][number];
            seen.broken += tested.find(key, 0) == value ? 0 : 1;
            seen.broken += tested.enter(key, value + 1, 0).value == value ? 0 : 1;
            std::uint32_t mine = value;
            if (random() % 4 == 0) {
                // The next owner is this one again, with another value.
                seen.broken +=
                    tested.replace(key, value, value | 0x8000'0000, 0) == key_change::done ? 0 : 1;
                mine = value | 0x8000'0000;
            }
            seen.go(number, value);
            seen.broken += tested.leave(key, mine ^ 0x8000'0000) ? 1 : 0;
            seen.broken += tested.leave(key, mine) ? 0 : 1;
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < stress_threads; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE(seen.broken == 0);
    REQUIRE(full == 0);
    std::uint64_t all = 0;
    for (std::uint32_t key = 0; key < stress_keys; ++key) {
        std::uint64_t sum = 0;
        for (const auto& each : won) {
            sum += each[key];
        }
        REQUIRE(seen.entered[key] == sum);
        all += sum;
    }
    REQUIRE(all > 0);
    REQUIRE(tested.approx_size() == 0);
    for (std::uint32_t key = 1; key <= tested.places(); ++key) {
        REQUIRE(tested.enter(key, key, 0).result != key_result::exists);
    }
}

}  // namespace

TEST_CASE("key_table: a key has one owner at a time, whatever threads do") {
    cleared<pawl::key_table<1000, pawl::std_platform>> large;
    contend(*large, 150'000);
    cleared<pawl::key_table<7, pawl::std_platform>> small;
    contend(*small, 150'000);
}

TEST_CASE("key_table: threads that move each other's entries lose none") {
    // Windows of three in eleven places, ten of which are to be taken: most entries have to make
    // room for another one.
    using table = pawl::key_table_places<11, 3, pawl::std_platform>;
    cleared<table> tested;
    std::atomic<std::uint32_t> broken{0};
    std::array<std::uint64_t, stress_threads> entered{};
    const auto work = [&](std::uint32_t me) {
        dice random{me};
        std::array<std::uint32_t, 2> mine{};
        for (std::uint32_t i = 0; i < 60'000; ++i) {
            std::uint32_t& key = mine[random() % mine.size()];
            if (key == 0) {
                const std::uint32_t next = i * 16 + me + 1;  // nobody else's
                if (tested->enter(next, me + 1, 0).result == key_result::entered) {
                    key = next;
                    ++entered[me];
                }
            } else if (random() % 4 == 0) {
                broken += tested->leave(key, me + 1) ? 0 : 1;
                broken += tested->find(key, 0) == 0 ? 0 : 1;
                key = 0;
            } else {
                broken += tested->find(key, 0) == me + 1 ? 0 : 1;
            }
        }
        for (const std::uint32_t key : mine) {
            broken += key == 0 || tested->leave(key, me + 1) ? 0 : 1;
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < stress_threads; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE(broken == 0);
    for (const std::uint64_t each : entered) {
        REQUIRE(each > 1'000);
    }
    REQUIRE(tested->approx_size() == 0);
}

TEST_CASE("key_table: times end while threads compete, and one entry follows the other") {
    // Each entry lasts three ticks, as those see it who come after it, and time is moved by all: no
    // two entries begin within three ticks.
    using table = pawl::key_table<5, pawl::std_platform>;
    constexpr std::uint32_t start = 0xFFFF'8000;  // the end of the tick counter is passed, too
    cleared<table> tested;
    std::atomic<std::uint32_t> now{start};
    std::array<std::vector<std::uint32_t>, stress_threads> begun;
    const auto work = [&](std::uint32_t me) {
        for (std::uint32_t i = 0; i < 40'000; ++i) {
            const std::uint32_t at = now.load();
            if (tested->enter(7, me + 1, at, table::until_after(at, 3)).result ==
                key_result::entered) {
                begun[me].push_back(at - start);
            }
            if (i % 4 == 0) {
                now.fetch_add(1);
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < stress_threads; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
    std::vector<std::uint32_t> all;
    for (const auto& each : begun) {
        all.insert(all.end(), each.begin(), each.end());
    }
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() > 1'000);
    for (std::size_t i = 1; i < all.size(); ++i) {
        REQUIRE(all[i] - all[i - 1] >= 3);
    }
    REQUIRE(tested->approx_size() == 1);
    REQUIRE(tested->sweep(now.load() + 4, tested->places()) == 1);
    REQUIRE(tested->approx_size() == 0);
}
