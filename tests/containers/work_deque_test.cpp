// labels: concurrent
//
// work_deque: the owner takes what it pushed last, thieves the oldest.
//
// Goal: bounds and both orders, all 32 bits of a value, arguments as they were when nothing is
// taken, zero bytes a valid deque, counters crossing 2^32; the same on platforms of plain memory
// and without compare-and-swap; between threads nothing lost, doubled or unseen, and thieves in
// order. Method: a random walk against std::deque; then an owner and thieves, with a cell of plain
// memory for each value, which ThreadSanitizer watches. What is stopped or interleaved is shown by
// work_deque_explore.cpp and tests/freeze, the memory orders by tests/relacy.
#include "catch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/containers/work_deque.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/membarrier_platform.hpp>

#include "containers/queue_checks.hpp"
#include "explore/interrupt_board.hpp"

namespace {

using pawl::steal_result;
using near_wrap = queue_checks::platform<0xFFFF'FF00>;
using masked_board = explore::interrupt_board<true>;
using board = explore::interrupt_board<false>;

#if defined(__linux__)
// Its owner passes no fence as long as nobody steals; here it soon thinks so.
struct restless : pawl::membarrier_platform {
    static constexpr std::uint32_t quiet_pops_max = 3;
};
static_assert(pawl::thieves<restless>::any && pawl::thieves<restless>::quiet_max == 3);
#endif

constinit pawl::work_deque<8> at_start;
constexpr std::uint32_t untouched = 0x5A5A'5A5A;

// Each value is its number by a bijection of all 32 bits, so that none is special.
constexpr std::uint32_t scattered(std::uint32_t number) { return number * 0x9E37'79B1 - 1; }

template <class Deque>
void check_sizes(const Deque& tested, std::size_t size) {
    REQUIRE(tested.approx_size() == size);
    REQUIRE(tested.empty() == (size == 0));
}

// Values come and go in runs, so that the deque is full, empty and in between.
template <class Deque>
void walk(Deque& tested, std::uint32_t seed) {
    std::deque<std::uint32_t> model;
    std::mt19937 random{seed};
    std::uint32_t number = 0;
    for (int run = 0; run < 2'000; ++run) {
        const auto what = random() % 4;
        const auto length = random() % (Deque::capacity() + 2);
        for (std::uint32_t i = 0; i < length; ++i) {
            std::uint32_t value = untouched;
            if (what < 2) {
                value = scattered(number++);
                const bool room = model.size() < Deque::capacity();
                REQUIRE(tested.push(value) == room);
                if (room) {
                    model.push_back(value);
                }
            } else if (what == 2) {
                REQUIRE(tested.pop(value) == !model.empty());
                REQUIRE(value == (model.empty() ? untouched : model.back()));
                if (!model.empty()) {
                    model.pop_back();
                }
            } else {
                REQUIRE(tested.steal(value) ==
                        (model.empty() ? steal_result::empty : steal_result::taken));
                REQUIRE(value == (model.empty() ? untouched : model.front()));
                if (!model.empty()) {
                    model.pop_front();
                }
            }
            check_sizes(tested, model.size());
        }
    }
}

template <class Deque>
void walks() {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        const auto tested = std::make_unique<Deque>();
        walk(*tested, seed);
    }
}

// One owner pushes `count` values and pops some, thieves steal: each value comes out once, with
// what its pusher wrote, and no thief sees an older value after a newer one.
template <class Deque>
void nothing_is_lost(unsigned thieves, std::uint32_t count) {
    const auto tested = std::make_unique<Deque>();
    std::vector<std::uint32_t> cells(count);  // plain memory: written, pushed, taken, read
    std::vector<std::uint8_t> taken(count);
    std::atomic<bool> over{false};
    std::atomic<bool> wrong{false};
    const auto run = [&](std::uint32_t number) {
        if (number >= count || cells[number] != scattered(number) || taken[number]++ != 0) {
            wrong = true;
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < thieves; ++i) {
        threads.emplace_back([&] {
            std::uint32_t next = 0;
            for (;;) {
                std::uint32_t number = untouched;
                const bool last_look = over.load();
                switch (tested->steal(number)) {
                    case steal_result::taken:
                        if (number < next) {
                            wrong = true;
                        }
                        next = number + 1;
                        run(number);
                        break;
                    case steal_result::empty:
                        if (last_look) {
                            return;
                        }
                        std::this_thread::yield();
                        break;
                    case steal_result::lost_race: break;
                }
                if (wrong) {
                    return;
                }
            }
        });
    }
    // As a worker does: bursts of what a job spawns, then pops, sometimes all. Who is full runs it.
    std::mt19937 random{thieves};
    std::uint32_t next = 0;
    while (next < count && !wrong) {
        for (auto burst = random() % (Deque::capacity() + 2); burst > 0 && next < count; --burst) {
            cells[next] = scattered(next);
            if (!tested->push(next)) {
                run(next);
            }
            ++next;
        }
        std::uint32_t number = untouched;
        for (auto pops = random() % (Deque::capacity() + 2); pops > 0 && tested->pop(number);
             --pops) {
            run(number);
        }
        if (random() % 16 == 0) {
            std::this_thread::yield();
        }
    }
    over = true;
    for (std::thread& each : threads) {
        each.join();
    }
    std::uint32_t number = untouched;
    REQUIRE_FALSE(tested->pop(number));
    REQUIRE_FALSE(wrong);
    for (const std::uint8_t times : taken) {
        REQUIRE(times == 1);
    }
}

}  // namespace

static_assert(!std::is_copy_constructible_v<pawl::work_deque<8>>);
static_assert(std::is_trivially_destructible_v<pawl::work_deque<8>>);
static_assert(std::is_nothrow_default_constructible_v<pawl::work_deque<8>>);
// Counters and entries share no cache line; without threads there is nothing to keep apart.
static_assert(sizeof(pawl::work_deque<256>) == 4 * 256 + 64);
static_assert(sizeof(pawl::work_deque<256, pawl::manual_platform>) == 4 * 256 + 8);
static_assert(sizeof(pawl::work_deque<16, masked_board>) == 4 * 16 + 8);

TEST_CASE("work_deque: both ends, against std::deque") {
    walks<pawl::work_deque<1>>();
    walks<pawl::work_deque<2>>();
    walks<pawl::work_deque<8>>();
    walks<pawl::work_deque<64>>();
}

TEST_CASE("work_deque: counters cross 2^32") {
    walks<pawl::work_deque<1, near_wrap>>();
    walks<pawl::work_deque<8, near_wrap>>();
    walks<pawl::work_deque<64, near_wrap>>();
}

TEST_CASE("work_deque: plain memory, and one core") {
    walks<pawl::work_deque<8, pawl::manual_platform>>();
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    walks<pawl::work_deque<8, board>>();
    walks<pawl::work_deque<1, masked_board>>();
    walks<pawl::work_deque<8, masked_board>>();
}

TEST_CASE("work_deque: a value may be anything") {
    for (const std::uint32_t value : {0U, 1U, 0x7FFF'FFFFU, 0x8000'0000U, 0xFFFF'FFFFU}) {
        pawl::work_deque<2> tested;
        std::uint32_t got = ~value;
        REQUIRE(tested.push(value));
        REQUIRE(tested.pop(got));
        REQUIRE(got == value);
        got = ~value;
        REQUIRE(tested.push(value));
        REQUIRE(tested.steal(got) == steal_result::taken);
        REQUIRE(got == value);
    }
}

TEST_CASE("work_deque: zero bytes are an empty deque") {
    using zero = pawl::work_deque<8>;
    alignas(zero) static std::byte memory[sizeof(zero)];
    std::memset(memory, 0, sizeof memory);
    walk(*std::launder(reinterpret_cast<zero*>(memory)), 4);
    std::uint32_t value = untouched;
    REQUIRE(at_start.empty());
    REQUIRE(at_start.push(7));
    REQUIRE(at_start.steal(value) == steal_result::taken);
    REQUIRE(value == 7);
}

namespace {

// Cells of plain memory beside the deque, filled at the place of the next push, as a pool does. At
// every moment values() is what is inside, by their places.
template <class Deque>
void places_are_free(std::uint32_t seed) {
    const auto tested = std::make_unique<Deque>();
    std::vector<bool> taken(Deque::capacity());
    std::mt19937 random{seed};
    std::uint32_t inside = 0;
    for (int step = 0; step < 20'000; ++step) {
        std::uint32_t place = untouched;
        if (random() % 2 == 0) {
            const bool room = tested->place(place);
            REQUIRE(room == (inside < Deque::capacity()));
            if (room) {
                REQUIRE(place < Deque::capacity());
                REQUIRE_FALSE(taken[place]);
                std::uint32_t again = untouched;
                REQUIRE(tested->place(again));
                REQUIRE(again == place);
                taken[place] = true;
                REQUIRE(tested->push(place));
                ++inside;
            }
        } else if (random() % 2 == 0 ? tested->pop(place)
                                     : tested->steal(place) == steal_result::taken) {
            REQUIRE(taken[place]);
            taken[place] = false;
            --inside;
        } else {
            REQUIRE(inside == 0);
        }
    }
}

// Marks are taken and looked at in the order of a stack, as groups open and close. The model keeps
// for each value how many had been pushed before it.
template <class Deque>
void marks_divide(std::uint32_t seed) {
    const auto tested = std::make_unique<Deque>();
    struct entry {
        std::uint32_t number;
        std::uint32_t level;  // of the marks when it was pushed
    };
    std::deque<entry> model;
    std::vector<std::uint32_t> marks;
    std::mt19937 random{seed};
    std::uint32_t number = 0;
    for (int step = 0; step < 50'000; ++step) {
        const auto level = static_cast<std::uint32_t>(marks.size());
        const bool newer = !model.empty() && level != 0 && model.back().level == level;
        switch (random() % 6) {
            case 0:
                if (level < 5) {
                    marks.push_back(tested->mark());
                }
                break;
            case 1:
                // A group is closed when nothing is left that was pushed since it was opened.
                if (level != 0 && !newer) {
                    marks.pop_back();
                }
                break;
            case 2:
            case 3:
                if (tested->push(number)) {
                    model.push_back({number, level});
                }
                ++number;
                break;
            case 4: {
                // The owner takes the newest, if that is above its last mark.
                std::uint32_t value = untouched;
                if (level == 0 || newer) {
                    REQUIRE(tested->pop(value) == !model.empty());
                    REQUIRE(value == (model.empty() ? untouched : model.back().number));
                    if (!model.empty()) {
                        model.pop_back();
                    }
                }
                break;
            }
            default: {
                // A thief takes the oldest, or nothing if that is older than a mark.
                std::uint32_t value = untouched;
                const auto of = level == 0 ? 0 : static_cast<std::uint32_t>(random() % level);
                const bool since = level != 0 && random() % 2 == 0;
                const bool takes = !model.empty() && (!since || model.front().level > of);
                const steal_result result =
                    since ? tested->steal_since(marks[of], value) : tested->steal(value);
                REQUIRE(result == (takes ? steal_result::taken : steal_result::empty));
                REQUIRE(value == (takes ? model.front().number : untouched));
                if (takes) {
                    model.pop_front();
                }
                break;
            }
        }
    }
}

template <class Deque>
void thieves_are_polite() {
    const auto tested = std::make_unique<Deque>();
    std::uint32_t seen = 0;
    std::uint32_t other = 0;
    std::uint32_t value = untouched;
    REQUIRE_FALSE(tested->worth_stealing(seen));
    // One alone is its owner's at first; if it still lies there it is anybody's.
    REQUIRE(tested->push(1));
    REQUIRE_FALSE(tested->worth_stealing(seen));
    REQUIRE(tested->worth_stealing(seen));
    REQUIRE(tested->worth_stealing(seen));
    // Each thief for itself.
    REQUIRE_FALSE(tested->worth_stealing(other));
    // Of several there is one for a thief, at once.
    REQUIRE(tested->push(2));
    REQUIRE(tested->worth_stealing(seen));
    REQUIRE(tested->steal(value) == steal_result::taken);
    REQUIRE(tested->worth_stealing(seen));  // that one was there before
    REQUIRE(tested->pop(value));
    REQUIRE_FALSE(tested->worth_stealing(seen));
    REQUIRE(tested->push(3));
    REQUIRE_FALSE(tested->worth_stealing(seen));
}

}  // namespace

TEST_CASE("work_deque: the place of the next push is free, and stays so") {
    places_are_free<pawl::work_deque<1>>(1);
    places_are_free<pawl::work_deque<8>>(2);
    places_are_free<pawl::work_deque<8, near_wrap>>(3);
    places_are_free<pawl::work_deque<8, pawl::manual_platform>>(4);
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    places_are_free<pawl::work_deque<8, masked_board>>(5);
}

TEST_CASE("work_deque: marks divide what was pushed before from what comes after") {
    marks_divide<pawl::work_deque<4>>(1);
    marks_divide<pawl::work_deque<16>>(2);
    marks_divide<pawl::work_deque<16, near_wrap>>(3);
    marks_divide<pawl::work_deque<16, pawl::manual_platform>>(4);
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    marks_divide<pawl::work_deque<16, masked_board>>(5);
}

TEST_CASE("work_deque: a thief leaves to its owner what that has just pushed") {
    thieves_are_polite<pawl::work_deque<8>>();
    thieves_are_polite<pawl::work_deque<8, pawl::manual_platform>>();
}

TEST_CASE("work_deque: a thief may ask what it would take") {
    const auto check = [](auto& tested) {
        std::uint32_t value = untouched;
        const auto even = [](std::uint32_t oldest) { return oldest % 2 == 0; };
        REQUIRE(tested.steal_if(even, value) == steal_result::empty);
        REQUIRE(tested.push(2));
        REQUIRE(tested.push(3));
        REQUIRE(tested.push(4));
        REQUIRE(tested.steal_if(even, value) == steal_result::taken);
        REQUIRE(value == 2);
        value = untouched;
        REQUIRE(tested.steal_if(even, value) == steal_result::empty);
        REQUIRE(value == untouched);
        REQUIRE(tested.approx_size() == 2);
    };
    pawl::work_deque<4> hosted;
    check(hosted);
    pawl::work_deque<4, near_wrap> wrapping;
    check(wrapping);
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    pawl::work_deque<4, masked_board> masked;
    check(masked);
}

TEST_CASE("work_deque: an owner and thieves") {
    nothing_is_lost<pawl::work_deque<1>>(1, 20'000);
    nothing_is_lost<pawl::work_deque<2>>(2, 50'000);
    nothing_is_lost<pawl::work_deque<4, near_wrap>>(2, 50'000);
    nothing_is_lost<pawl::work_deque<64, near_wrap>>(1, 100'000);
    // More threads than cores.
    nothing_is_lost<pawl::work_deque<16>>(4, 50'000);
}

#if defined(__linux__)
TEST_CASE("work_deque: an owner without a fence, and thieves") {
    walks<pawl::work_deque<8, restless>>();
    places_are_free<pawl::work_deque<8, restless>>(9);
    marks_divide<pawl::work_deque<16, restless>>(9);
    thieves_are_polite<pawl::work_deque<8, restless>>();
    nothing_is_lost<pawl::work_deque<2, restless>>(1, 50'000);
    nothing_is_lost<pawl::work_deque<16, restless>>(1, 100'000);
    nothing_is_lost<pawl::work_deque<64, pawl::membarrier_platform>>(1, 100'000);
    nothing_is_lost<pawl::work_deque<16, restless>>(4, 50'000);
}
#endif
