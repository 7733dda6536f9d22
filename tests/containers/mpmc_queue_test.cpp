// labels: concurrent
//
// mpmc_queue: a bounded queue for any number of producers and consumers that a stopped one cannot
// block.
//
// Goal: bounds, order, lifetimes, refused arguments as they were, zero bytes a valid queue; between
// threads nothing lost, doubled, torn or out of its producer's order, counters crossing 2^32 too.
// Method: queue_checks.hpp. What a stopped operation does is shown by tests/freeze, and the memory
// orders by tests/relacy.
#include "catch.hpp"

#include <cstdint>
#include <type_traits>

#include <pawl/containers/mpmc_queue.hpp>

#include "containers/queue_checks.hpp"

namespace {

using queue_checks::item;

// Words that reach 2^32 soon.
using near_wrap = queue_checks::platform<0xFFFF'FF00>;

constinit pawl::mpmc_queue<std::uint32_t, 8> at_start;

}  // namespace

static_assert(!std::is_copy_constructible_v<pawl::mpmc_queue<int, 8>>);
static_assert(!std::is_move_constructible_v<pawl::mpmc_queue<int, 8>>);
static_assert(std::is_trivially_destructible_v<pawl::mpmc_queue<int, 8>>);
static_assert(!std::is_trivially_destructible_v<pawl::mpmc_queue<item, 8>>);

TEST_CASE("mpmc_queue: bounds, order, lifetimes") {
    queue_checks::bounds_and_order<pawl::mpmc_queue<item, 2>>();
    queue_checks::bounds_and_order<pawl::mpmc_queue<item, 5>>();
    queue_checks::bounds_and_order<pawl::mpmc_queue<item, 64>>();
    queue_checks::bounds_and_order<pawl::mpmc_queue<item, 64, near_wrap>>();
}

TEST_CASE("mpmc_queue: zero bytes are an empty queue") {
    queue_checks::zero_bytes_are_an_empty_queue<pawl::mpmc_queue<std::uint32_t, 8>>();
    REQUIRE(at_start.empty());
    REQUIRE(at_start.try_push(7));
    REQUIRE(at_start.try_pop() == 7);
}

// At most 16 bytes a slot for an item of 8.
static_assert(sizeof(pawl::mpmc_queue<std::uint64_t, 1024>) <= 16 * 1024 + 256);

TEST_CASE("mpmc_queue: between threads") {
    queue_checks::nothing_is_lost<pawl::mpmc_queue<std::uint64_t, 2>>(2, 2, 20'000);
    queue_checks::nothing_is_lost<pawl::mpmc_queue<std::uint64_t, 64, near_wrap>>(2, 2, 50'000);
    // More threads than cores.
    queue_checks::nothing_is_lost<pawl::mpmc_queue<std::uint64_t, 16>>(4, 4, 20'000);
}
