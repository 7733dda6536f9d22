// The slots: generations, handles, free rings.
//
// Goal: a handle names its own job only, across the wrap of the 24 bits that lie in the state word.
// Method: one slot lives through more than 2^24 lives; the handles around the wrap are asked.
#include "catch.hpp"

#include <cstdint>
#include <vector>

#include <pawl/jobs/edge_pool.hpp>
#include <pawl/jobs/job_table.hpp>
#include <pawl/platform/manual_platform.hpp>

namespace {

constexpr pawl::limits one{.jobs = 1, .batches = 2};
using table = pawl::job_table<one, pawl::manual_platform>;

// One whole life of the only slot.
pawl::job_id live(table& slots) {
    std::uint32_t index = 0;
    REQUIRE(slots.take_job(index));
    const pawl::job_id id = slots.begin(index, 0);
    slots.publish(id, pawl::job_state::succeeded);
    slots.give_back(index);
    return id;
}

}  // namespace

TEST_CASE("job_table: a handle is its own job's, across 2^24 lives of the slot") {
    table slots;
    const pawl::job_id first = live(slots);
    REQUIRE(first.generation() == 1);
    constexpr std::uint32_t wrap = std::uint32_t{1} << pawl::state_word::generation_bits;
    pawl::job_id last = first;
    while (last.generation() != wrap - 1) {
        std::uint32_t index = 0;
        static_cast<void>(slots.take_job(index));
        last = slots.begin(index, 0);
        slots.publish(last, pawl::job_state::succeeded);
        slots.give_back(index);
    }
    REQUIRE(slots.find(last).state() == pawl::job_state::succeeded);
    const pawl::job_id after = live(slots);  // the low bits are 0 now
    REQUIRE(after.generation() == wrap);
    REQUIRE(slots.find(after).state() == pawl::job_state::succeeded);
    REQUIRE(slots.find(last).state() == pawl::job_state::gone);
    const pawl::job_id same_low_bits = live(slots);
    REQUIRE(same_low_bits.generation() == wrap + 1);
    REQUIRE(slots.state(0).is_of(first.generation()));  // the state word alone cannot tell
    REQUIRE(slots.find(first).state() == pawl::job_state::gone);
}

TEST_CASE(
    "job_table: a slot that is being built answers gone, and queue and attempts are its own") {
    table slots;
    std::uint32_t index = 0;
    REQUIRE(slots.take_job(index));
    const pawl::job_id id = slots.begin(index, 5);
    REQUIRE(slots.find(id).state() == pawl::job_state::gone);
    REQUIRE(slots.line_of(index) == 5);
    slots.set_attempts(index, 3);
    REQUIRE(slots.attempts(index) == 3);
    slots.set_attempts(index, 0x12345);
    REQUIRE(slots.attempts(index) == table::attempts_max);  // saturates
    REQUIRE(slots.line_of(index) == 5);
    REQUIRE(slots.id_of(index) == id);
    REQUIRE_FALSE(slots.take_job(index));
}

TEST_CASE("job_table: parents are counted for one generation only") {
    table slots;
    std::uint32_t index = 0;
    REQUIRE(slots.take_job(index));
    const pawl::job_id id = slots.begin(index, 0);
    slots.expect_parents(id, 2);
    REQUIRE_FALSE(slots.release_parent(id));
    REQUIRE_FALSE(slots.release_parent(pawl::job_id{index, id.generation() + 1}));
    REQUIRE(slots.release_parent(id));        // the last
    REQUIRE_FALSE(slots.release_parent(id));  // and it never goes below zero
}

TEST_CASE("job_table: batches have nodes of their own") {
    table slots;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::uint32_t third = 0;
    REQUIRE(slots.take_batch(first));
    REQUIRE(slots.take_batch(second));
    REQUIRE_FALSE(slots.take_batch(third));
    REQUIRE(first == 1);
    REQUIRE(second == 2);
    REQUIRE(table::is_batch(first));
    slots.put_free(first);
    REQUIRE(slots.take_batch(third));
    REQUIRE(third == first);
}

TEST_CASE("edge_pool: the list of one parent, in order, and nobody else's") {
    using pool = pawl::edge_pool<3, pawl::manual_platform>;
    pool edges;
    struct {
        pawl::plain_word edges;
    } parent;
    pool::open(parent, 41);
    std::uint32_t edge = 0;
    for (std::uint32_t child = 0; child < 3; ++child) {
        REQUIRE(edges.take(edge));
        REQUIRE(edges.add(parent, 41, edge, pawl::job_id{child, 1}, pawl::when::any) ==
                pool::added::waiting);
    }
    REQUIRE_FALSE(edges.take(edge));
    REQUIRE(edges.add(parent, 40, 0, pawl::job_id{9, 1}, pawl::when::any) == pool::added::gone);
    std::vector<std::uint32_t> order;
    edges.close(parent, 41,
                [&](pawl::job_id child, pawl::when) { order.push_back(child.index()); });
    REQUIRE(order == std::vector<std::uint32_t>{0, 1, 2});
    REQUIRE(edges.take(edge));
    REQUIRE(edges.add(parent, 41, edge, pawl::job_id{9, 1}, pawl::when::any) ==
            pool::added::sealed);
}
