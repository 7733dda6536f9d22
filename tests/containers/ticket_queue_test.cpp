// labels: concurrent
//
// ticket_queue: a bounded queue for threads that go on.
//
// Goal: bounds, order, lifetimes, refused arguments as they were, zero bytes a valid queue; between
// threads nothing lost, doubled, torn or out of its producer's order, counters crossing 2^32 too.
// Method: queue_checks.hpp. What a stopped operation does is shown by tests/freeze, and the memory
// orders by tests/relacy.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <type_traits>

#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "containers/queue_checks.hpp"

namespace {

using queue_checks::item;

// Words that reach 2^32 soon.
using near_wrap = queue_checks::platform<0xFFFF'FF00>;

// Words whose next exchanges are lost, as to another core.
struct unlucky : pawl::std_platform {
    static inline int losses = 0;
    struct word : std::atomic<std::uint32_t> {
        using std::atomic<std::uint32_t>::atomic;
        bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                                   std::memory_order success, std::memory_order failure) noexcept {
            if (losses != 0) {
                --losses;
                expected = load(failure);
                return false;
            }
            return std::atomic<std::uint32_t>::compare_exchange_weak(expected, desired, success,
                                                                     failure);
        }
    };
};

constinit pawl::ticket_queue<std::uint32_t, 8> at_start;

}  // namespace

static_assert(!std::is_copy_constructible_v<pawl::ticket_queue<int, 8>>);
static_assert(!std::is_move_constructible_v<pawl::ticket_queue<int, 8>>);
static_assert(std::is_trivially_destructible_v<pawl::ticket_queue<int, 8>>);
static_assert(!std::is_trivially_destructible_v<pawl::ticket_queue<item, 8>>);

TEST_CASE("ticket_queue: bounds, order, lifetimes") {
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 2>>();
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 8>>();
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 64>>();
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 64, near_wrap>>();
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 2, pawl::manual_platform>>();
    queue_checks::bounds_and_order<pawl::ticket_queue<item, 64, pawl::manual_platform>>();
}

TEST_CASE("ticket_queue: zero bytes are an empty queue") {
    queue_checks::zero_bytes_are_an_empty_queue<pawl::ticket_queue<std::uint32_t, 8>>();
    queue_checks::zero_bytes_are_an_empty_queue<
        pawl::ticket_queue<std::uint32_t, 8, pawl::manual_platform>>();
    REQUIRE(at_start.empty());
    REQUIRE(at_start.try_push(7));
    REQUIRE(at_start.try_pop() == 7);
}

// At most 16 bytes a slot for an item of 8.
static_assert(sizeof(pawl::ticket_queue<std::uint64_t, 1024>) <= 16 * 1024 + 256);

namespace {

template <class Platform>
void consumes_in_the_cell() {
    item::alive = 0;
    pawl::ticket_queue<item, 2, Platform> queue;
    REQUIRE(queue.try_emplace(std::uint32_t{1}));
    REQUIRE(queue.try_emplace(std::uint32_t{2}));
    bool refused = false;
    REQUIRE(queue.try_consume([&](item& first) noexcept {
        refused = !queue.try_emplace(std::uint32_t{3});  // its cell is not free yet
        refused = refused && first.number() == 1 && item::alive == 2;
    }));
    REQUIRE(refused);
    REQUIRE(item::alive == 1);
    REQUIRE(queue.try_emplace(std::uint32_t{3}));
}

template <class Platform>
void takes_out_of_the_cell() {
    item::alive = 0;
    pawl::ticket_queue<item, 2, Platform> queue;
    const auto nothing = [](item&, pawl::vacancy<Platform>) noexcept { std::abort(); };
    REQUIRE_FALSE(queue.try_take(nothing));
    for (std::uint32_t round = 0; round < 300; ++round) {
        REQUIRE(queue.try_emplace(2 * round));
        REQUIRE(queue.try_emplace(2 * round + 1));
        std::uint32_t number = 0;
        bool refused = false;
        bool accepted = false;
        REQUIRE(queue.try_take([&](item& first, pawl::vacancy<Platform> cell) noexcept {
            number = first.number();
            refused = !queue.try_emplace(std::uint32_t{77});  // the cell is not free yet
            first.~item();
            refused = refused && !queue.try_emplace(std::uint32_t{77});
            cell.announce();
            accepted = queue.try_emplace(std::uint32_t{78});  // and now it is
        }));
        REQUIRE(number == 2 * round);
        REQUIRE(refused);
        REQUIRE(accepted);
        REQUIRE(item::alive == 2);
        // Items behind one that is held can be taken meanwhile.
        REQUIRE(queue.try_take([&](item& held, pawl::vacancy<Platform> cell) noexcept {
            const std::optional<item> next = queue.try_pop();
            number = next ? next->number() : 0;
            refused = !queue.try_take(nothing);
            held.~item();
            cell.announce();
        }));
        REQUIRE(number == 78);
        REQUIRE(refused);
        REQUIRE(item::alive == 0);
        REQUIRE(queue.empty());
    }
}

}  // namespace

TEST_CASE("ticket_queue: an item is consumed in its cell") {
    consumes_in_the_cell<pawl::default_platform>();
    consumes_in_the_cell<pawl::manual_platform>();
}

TEST_CASE("ticket_queue: an item is taken out of its cell, which is then announced") {
    takes_out_of_the_cell<near_wrap>();
    takes_out_of_the_cell<pawl::manual_platform>();
}

TEST_CASE("ticket_queue: who loses an item to another one is told before each further try") {
    pawl::ticket_queue<std::uint32_t, 8, unlucky> queue;
    for (const int losses : {0, 1, 3}) {
        REQUIRE(queue.try_push(7));
        unlucky::losses = losses;
        int lost = 0;
        std::uint32_t taken = 0;
        REQUIRE(queue.try_take(
            [&](std::uint32_t& first, pawl::vacancy<unlucky> cell) noexcept {
                taken = first;
                cell.announce();
            },
            [&lost] { return ++lost % 2 == 0; }));
        REQUIRE(lost == losses);
        REQUIRE(taken == 7);
    }
    // Another one has taken the item meanwhile, and a second one.
    REQUIRE(queue.try_push(8));
    REQUIRE(queue.try_push(9));
    REQUIRE(queue.try_push(10));
    unlucky::losses = 1;
    std::uint32_t taken = 0;
    REQUIRE(queue.try_take(
        [&](std::uint32_t& first, pawl::vacancy<unlucky> cell) noexcept {
            taken = first;
            cell.announce();
        },
        [&queue] { return queue.try_pop() == 8U && queue.try_pop() == 9U; }));
    REQUIRE(taken == 10);
}

TEST_CASE("ticket_queue: between threads") {
    queue_checks::nothing_is_lost<pawl::ticket_queue<std::uint64_t, 2>>(2, 2, 20'000);
    queue_checks::nothing_is_lost<pawl::ticket_queue<std::uint64_t, 64, near_wrap>>(2, 2, 50'000);
    queue_checks::nothing_is_lost<pawl::ticket_queue<std::uint64_t, 16>>(4, 4, 20'000);
}
