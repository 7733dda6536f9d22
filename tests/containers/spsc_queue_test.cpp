// labels: concurrent
//
// spsc_queue: a bounded queue from one producer to one consumer.
//
// Goal: bounds, order, lifetimes, refused arguments as they were, zero bytes a valid queue; between
// threads nothing lost, doubled, torn or out of its producer's order.
// Method: queue_checks.hpp. What a stopped operation does is shown by tests/freeze, and the memory
// orders by tests/relacy.
#include "catch.hpp"

#include <cstdint>
#include <type_traits>

#include <pawl/containers/spsc_queue.hpp>

#include "containers/queue_checks.hpp"

namespace {

using queue_checks::item;

constinit pawl::spsc_queue<std::uint32_t, 8> at_start;

}  // namespace

static_assert(!std::is_copy_constructible_v<pawl::spsc_queue<int, 8>>);
static_assert(!std::is_move_constructible_v<pawl::spsc_queue<int, 8>>);
static_assert(std::is_trivially_destructible_v<pawl::spsc_queue<int, 8>>);
static_assert(!std::is_trivially_destructible_v<pawl::spsc_queue<item, 8>>);

TEST_CASE("spsc_queue: bounds, order, lifetimes") {
    queue_checks::bounds_and_order<pawl::spsc_queue<item, 2>>();
    queue_checks::bounds_and_order<pawl::spsc_queue<item, 5>>();
    queue_checks::bounds_and_order<pawl::spsc_queue<item, 64>>();
}

TEST_CASE("spsc_queue: zero bytes are an empty queue") {
    queue_checks::zero_bytes_are_an_empty_queue<pawl::spsc_queue<std::uint32_t, 8>>();
    REQUIRE(at_start.empty());
    REQUIRE(at_start.try_push(7));
    REQUIRE(at_start.try_pop() == 7);
}

TEST_CASE("spsc_queue: between two threads") {
    queue_checks::nothing_is_lost<pawl::spsc_queue<std::uint64_t, 1>>(1, 1, 20'000);
    queue_checks::nothing_is_lost<pawl::spsc_queue<std::uint64_t, 3>>(1, 1, 50'000);
    queue_checks::nothing_is_lost<pawl::spsc_queue<std::uint64_t, 64>>(1, 1, 100'000);
}
