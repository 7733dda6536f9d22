// SPDX-License-Identifier: BSL-1.0
//
// Goal: of who brings work and who goes to sleep, or stops, or passes work on, one sees the other,
// also where no fence is passed but the orders of the operations stand for it; and no value of a
// deque is taken twice. Method: neither_sees.hpp: the real operations are recorded, and C++20's
// memory model is asked. (That it notices weaker orders: mutants/memory_orders.cpp.)
#include "catch.hpp"

#include "orders/neither_sees.hpp"

TEST_CASE("orders: a job that is posted is seen by who falls asleep, or he is seen") {
    CHECK(orders::post_and_sleep());
    CHECK(orders::put_and_sleep());
    CHECK(orders::spawn_and_sleep());
}

TEST_CASE("orders: who looks for work sees what relies on that") {
    CHECK(orders::post_and_find_another());
    CHECK(orders::post_and_give_up_looking());
}

TEST_CASE("orders: who stops sees every job that was accepted") {
    CHECK(orders::post_and_stop());
    CHECK(orders::put_and_stop());
}

TEST_CASE("orders: owner and thief do not take one value") {
    CHECK(orders::pop_and_steal_both());
    CHECK(orders::pop_and_steal_one());
}

TEST_CASE("orders: what need not see the other may not") {
    // A ticket is seen before its item: who stops has to wait for that (pool_core.hpp).
    const auto seen = orders::alone_together<orders::parts>(
        orders::as_it_is,
        [](orders::parts& of) {
            return orders::posts(of) && of.lot.look_after_put().phase() == pawl::phase::accepting;
        },
        [](orders::parts& of) {
            std::uint32_t value = 0;
            return of.lot.enter(pawl::phase::stopped) && !of.jobs.try_pop(value);
        });
    CHECK(seen.as_meant);
    CHECK(seen.possible);
}
