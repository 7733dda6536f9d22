// SPDX-License-Identifier: BSL-1.0
//
// Goal: memory_model says of programs whose verdict is known what C++20 says. Method: the programs
// that papers on memory models have names for (store buffering, message passing, independent reads
// of independent writes and so on), each in several orders, with fences and without.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

#include "orders/memory_model.hpp"

namespace {

using orders::action;
using orders::event;
using orders::possible;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

constexpr std::uint32_t x = 0;
constexpr std::uint32_t y = 1;

event load(std::uint32_t place, std::uint32_t seen, std::memory_order order) {
    return {action::load, order, place, seen, 0};
}
event store(std::uint32_t place, std::uint32_t value, std::memory_order order) {
    return {action::store, order, place, 0, value};
}
event exchange(std::uint32_t place, std::uint32_t seen, std::uint32_t value,
               std::memory_order order) {
    return {action::exchange, order, place, seen, value};
}
event fence(std::memory_order order) { return {action::fence, order}; }

const std::vector<std::uint32_t> zero{0, 0};

// Each writes one place, then reads the other one's as it was.
bool buffers(std::memory_order writes, std::memory_order reads) {
    return possible(
        {{store(x, 1, writes), load(y, 0, reads)}, {store(y, 1, writes), load(x, 0, reads)}}, zero);
}

// Sees the message, and not what was written before it.
bool loses(std::memory_order writes, std::memory_order reads) {
    return possible(
        {{store(x, 1, relaxed), store(y, 1, writes)}, {load(y, 1, reads), load(x, 0, relaxed)}},
        zero);
}

// Two readers see two writes in two orders.
bool disagrees(std::memory_order writes, std::memory_order reads) {
    return possible({{store(x, 1, writes)},
                     {store(y, 1, writes)},
                     {load(x, 1, reads), load(y, 0, reads)},
                     {load(y, 1, reads), load(x, 0, reads)}},
                    zero);
}

}  // namespace

TEST_CASE("memory model: what one thread does, it sees") {
    CHECK(possible({{store(x, 1, relaxed), load(x, 1, relaxed)}}, zero));
    CHECK_FALSE(possible({{store(x, 1, relaxed), load(x, 0, relaxed)}}, zero));
    CHECK_FALSE(possible({{load(x, 7, relaxed)}}, zero));
    CHECK(possible({{exchange(x, 0, 1, relaxed), exchange(x, 1, 2, relaxed)}}, zero));
    CHECK_FALSE(possible({{exchange(x, 0, 1, relaxed), exchange(x, 0, 2, relaxed)}}, zero));
}

TEST_CASE("memory model: store buffering") {
    CHECK(buffers(relaxed, relaxed));
    CHECK(buffers(release, acquire));
    CHECK(buffers(seq_cst, acquire));
    CHECK(buffers(release, seq_cst));
    CHECK_FALSE(buffers(seq_cst, seq_cst));

    const auto with_fences = [](std::memory_order one, std::memory_order other) {
        return possible({{store(x, 1, relaxed), fence(one), load(y, 0, relaxed)},
                         {store(y, 1, relaxed), fence(other), load(x, 0, relaxed)}},
                        zero);
    };
    CHECK_FALSE(with_fences(seq_cst, seq_cst));
    CHECK(with_fences(seq_cst, acq_rel));
    CHECK(with_fences(acq_rel, acq_rel));

    // A fence on one side, the orders of the operations on the other.
    const auto mixed = [](std::memory_order writes, std::memory_order reads) {
        return possible({{store(x, 1, writes), load(y, 0, reads)},
                         {store(y, 1, relaxed), fence(seq_cst), load(x, 0, relaxed)}},
                        zero);
    };
    CHECK_FALSE(mixed(seq_cst, seq_cst));
    CHECK(mixed(seq_cst, acquire));
    CHECK(mixed(release, seq_cst));
}

TEST_CASE("memory model: message passing") {
    CHECK(loses(relaxed, relaxed));
    CHECK(loses(release, relaxed));
    CHECK(loses(relaxed, acquire));
    CHECK_FALSE(loses(release, acquire));
    CHECK_FALSE(loses(seq_cst, seq_cst));
    const auto with_fences = [](std::memory_order one, std::memory_order other) {
        return possible({{store(x, 1, relaxed), fence(one), store(y, 1, relaxed)},
                         {load(y, 1, relaxed), fence(other), load(x, 0, relaxed)}},
                        zero);
    };
    CHECK_FALSE(with_fences(release, acquire));
    CHECK_FALSE(with_fences(acq_rel, seq_cst));
    CHECK(with_fences(acquire, acquire));
    CHECK(with_fences(release, release));
}

TEST_CASE("memory model: a release sequence goes on through read-modify-writes only") {
    const auto passed_on = [](event between, std::uint32_t seen) {
        return possible({{store(x, 1, relaxed), store(y, 1, release)},
                         {between},
                         {load(y, seen, acquire), load(x, 0, relaxed)}},
                        zero);
    };
    CHECK_FALSE(passed_on(exchange(y, 1, 2, relaxed), 2));
    CHECK(passed_on(exchange(y, 0, 2, relaxed), 2));
    CHECK(passed_on(store(y, 2, relaxed), 2));
    CHECK_FALSE(passed_on(store(y, 2, relaxed), 1));
}

TEST_CASE("memory model: reads of one place do not go back") {
    CHECK_FALSE(
        possible({{store(x, 1, relaxed)}, {load(x, 1, relaxed), load(x, 0, relaxed)}}, zero));
    CHECK_FALSE(possible(
        {{store(x, 1, relaxed), store(x, 2, relaxed)}, {load(x, 2, relaxed), load(x, 1, relaxed)}},
        zero));
    CHECK(possible({{store(x, 1, relaxed)},
                    {store(x, 2, relaxed)},
                    {load(x, 2, relaxed), load(x, 1, relaxed)}},
                   zero));
    CHECK_FALSE(possible({{store(x, 1, relaxed)},
                          {store(x, 2, relaxed)},
                          {load(x, 2, relaxed), load(x, 1, relaxed)},
                          {load(x, 1, relaxed), load(x, 2, relaxed)}},
                         zero));
}

TEST_CASE("memory model: independent reads of independent writes") {
    CHECK(disagrees(relaxed, relaxed));
    CHECK(disagrees(release, acquire));
    CHECK_FALSE(disagrees(seq_cst, seq_cst));
    CHECK_FALSE(possible({{store(x, 1, relaxed)},
                          {store(y, 1, relaxed)},
                          {load(x, 1, relaxed), fence(seq_cst), load(y, 0, relaxed)},
                          {load(y, 1, relaxed), fence(seq_cst), load(x, 0, relaxed)}},
                         zero));
}

TEST_CASE("memory model: what is written, read and passed on") {
    const auto passed = [](std::memory_order order) {
        return possible({{store(x, 1, relaxed)},
                         {load(x, 1, relaxed), store(y, 1, order)},
                         {load(y, 1, acquire), load(x, 0, relaxed)}},
                        zero);
    };
    CHECK(passed(relaxed));
    CHECK_FALSE(passed(release));
}

TEST_CASE("memory model: two that take one value") {
    CHECK_FALSE(possible({{exchange(x, 0, 1, relaxed)}, {exchange(x, 0, 2, relaxed)}}, zero));
    CHECK(possible({{exchange(x, 0, 1, relaxed)}, {exchange(x, 1, 2, relaxed)}}, zero));
}
