// SPDX-License-Identifier: BSL-1.0
//
// What weaker memory orders must not get past: as in orders/lost_wakeups_test.cpp, as a program of
// its own, for the reasons that policies.cpp names.
#include "mutants/check.hpp"
#include "orders/neither_sees.hpp"

int main() {
    using mutants::check;
    check(orders::post_and_sleep(), "a post sees who sleeps, or is seen");
    check(orders::post_and_find_another(), "a post is seen by who looks and finds something else");
    check(orders::post_and_give_up_looking(), "a post is seen by who looks no longer");
    check(orders::post_and_stop(), "a post sees the end, or is seen");
    check(orders::put_and_sleep(), "an enqueue sees who sleeps, or is seen");
    check(orders::put_and_stop(), "an enqueue sees the end, or is seen");
    check(orders::spawn_and_sleep(), "a spawn sees who sleeps, or is seen");
    check(orders::pop_and_steal_both(), "owner and thief do not take one of two values");
    check(orders::pop_and_steal_one(), "owner and thief do not take one value");
}
