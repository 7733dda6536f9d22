// SPDX-License-Identifier: BSL-1.0
//
// admission: who may run now, who stands in line, and who comes after whom.
//
// Goal: the semantics, a case each, with the rows of the feature list that they come from (38, 86
// to 93, K 1 and 2, M 4, 5 and 10). Method: a small caller that keeps what it is told, so that a
// case reads as a story. Random stories: admission_random_test.cpp; threads:
// admission_stress_test.cpp.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <pawl/jobs/admission.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

namespace {

using u32 = std::uint32_t;
using pawl::on_busy;
using pawl::verdict;
using request = pawl::admission_request;
using list = std::vector<u32>;

template <u32 Jobs, u32 Keys, u32 Limiters>
class caller {
public:
    using gates = pawl::admission<Jobs, Keys, Limiters, pawl::manual_platform>;
    using limit = typename gates::limit;
    using answer = typename gates::answer;

    answer ask(u32 index, const request& asked) {
        requests_[index] = asked;
        return again(index);
    }
    // With the request that it came with.
    answer again(u32 index) {
        return real.ask(
            index, requests_[index], now, [&](u32 next) { called.push_back(next); },
            [&](u32 other) { cancelled.push_back(other); });
    }
    // Who was called because of this.
    list done(u32 index, bool is_final = true) {
        called.clear();
        real.done(index, requests_[index], is_final, now,
                  [&](u32 next) { called.push_back(next); });
        return called;
    }
    list set(u32 limiter, const limit& to) {
        called.clear();
        CHECK(real.set_limit(limiter, to, now, [&](u32 next) { called.push_back(next); }));
        return called;
    }

    gates real = {};
    typename gates::tick now = 1'000;
    list called = {};
    list cancelled = {};

private:
    request requests_[Jobs] = {};
};

using small = caller<16, 4, 2>;

constexpr u32 nobody = small::answer::nobody;

}  // namespace

// ---- keys ----

TEST_CASE("admission: one job of a key at a time, the others in line, in their order (87, K 1)") {
    small all;
    REQUIRE(all.ask(0, {.key = 7}).what == verdict::run);
    REQUIRE(all.ask(5, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.ask(3, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.ask(4, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.ask(9, {.key = 8}).what == verdict::run);  // another key
    REQUIRE(all.ask(10, {}).what == verdict::run);         // none
    REQUIRE(all.real.key_load(7).running == 1);
    REQUIRE(all.real.key_load(7).waiting == 3);

    // However long it takes: time gives nobody the key (what DisableConcurrentExecution is said
    // to do, and does not).
    all.now += 1'000'000;
    REQUIRE(all.ask(6, {.key = 7}).what == verdict::waiting);

    REQUIRE(all.done(0) == list{5});
    REQUIRE(all.again(5).what == verdict::run);
    REQUIRE(all.done(5) == list{3});
    // Who was called has the key already: a newcomer stands behind.
    REQUIRE(all.ask(0, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.again(3).what == verdict::run);
    REQUIRE(all.done(3) == list{4});
    REQUIRE(all.done(4) == list{6});  // was cancelled while it stood there: asks no more
    REQUIRE(all.done(6) == list{0});
    REQUIRE(all.again(0).what == verdict::run);
    REQUIRE(all.done(0).empty());
    REQUIRE(all.real.key_load(7).running == 0);
}

TEST_CASE(
    "admission: an attempt that failed gives its key back, for the time until its retry (89)") {
    small all;
    REQUIRE(all.ask(0, {.key = 7}).what == verdict::run);
    REQUIRE(all.ask(1, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.done(0, false) == list{1});
    REQUIRE(all.again(0).what == verdict::waiting);  // its retry stands behind
    REQUIRE(all.again(1).what == verdict::run);
    REQUIRE(all.done(1) == list{0});
}

TEST_CASE("admission: a chain keeps its key over retries, to its end (38)") {
    small all;
    const request strand{.key = 7, .chain = true};
    REQUIRE(all.ask(0, strand).what == verdict::run);
    REQUIRE(all.ask(1, strand).what == verdict::waiting);
    REQUIRE(all.ask(2, {.key = 7}).what == verdict::waiting);
    for (int retry = 0; retry < 3; ++retry) {
        REQUIRE(all.done(0, false).empty());
        REQUIRE(all.real.key_load(7).running == 1);
        REQUIRE(all.again(0).what == verdict::run);
    }
    REQUIRE(all.done(0, false).empty());
    REQUIRE(all.done(0) == list{1});  // cancelled between two attempts
    REQUIRE(all.done(1) == list{2});
}

TEST_CASE("admission: skip and fail answer at once and hold nothing (88, M 4)") {
    small all;
    REQUIRE(all.ask(0, {.key = 7, .busy = on_busy::skip}).what == verdict::run);
    REQUIRE(all.ask(1, {.key = 7, .busy = on_busy::skip}).what == verdict::skip);
    REQUIRE(all.ask(2, {.key = 7, .busy = on_busy::fail}).what == verdict::fail);
    REQUIRE(all.real.key_load(7).waiting == 0);
    REQUIRE(all.done(0).empty());
    REQUIRE(all.ask(1, {.key = 7, .busy = on_busy::fail}).what == verdict::run);
    REQUIRE(all.done(1).empty());
    // A key that was given to a waiter is taken, though that one does not run yet.
    REQUIRE(all.ask(0, {.key = 7}).what == verdict::run);
    REQUIRE(all.ask(1, {.key = 7}).what == verdict::waiting);
    REQUIRE(all.done(0) == list{1});
    REQUIRE(all.ask(2, {.key = 7, .busy = on_busy::skip}).what == verdict::skip);
    all.done(1);
}

TEST_CASE("admission: replace cancels the running one and comes next, only the newest (88)") {
    small all;
    const request newest{.key = 7, .busy = on_busy::replace};
    REQUIRE(all.ask(0, newest).what == verdict::run);  // nobody to replace
    REQUIRE(all.ask(1, {.key = 7}).what == verdict::waiting);
    const auto first = all.ask(2, newest);
    REQUIRE(first.what == verdict::replace);
    REQUIRE(first.dropped == nobody);
    REQUIRE(all.cancelled == list{0});
    const auto second = all.ask(3, newest);
    REQUIRE(second.what == verdict::replace);
    REQUIRE(second.dropped == 2);
    REQUIRE(all.cancelled == list{0, 0});
    REQUIRE(all.done(2).empty());  // held nothing but its cell
    REQUIRE(all.done(0) == list{3});
    REQUIRE(all.again(3).what == verdict::run);
    // Who waits because it said wait is never dropped, and comes after.
    REQUIRE(all.ask(4, newest).dropped == nobody);
    REQUIRE(all.cancelled.back() == 3);
    REQUIRE(all.done(3) == list{4});
    REQUIRE(all.done(4) == list{1});
    // Called by its turn, it is no replacement any more.
    REQUIRE(all.ask(5, newest).dropped == nobody);
    REQUIRE(all.cancelled.back() == 1);
    REQUIRE(all.done(1) == list{5});
    REQUIRE(all.done(5).empty());
}

TEST_CASE("admission: cells are as many as keys in use, and free themselves") {
    small all;
    for (u32 index = 0; index < 4; ++index) {
        REQUIRE(all.ask(index, {.key = 100 + index}).what == verdict::run);
    }
    REQUIRE(all.ask(4, {.key = 104}).what == verdict::no_cell);
    REQUIRE(all.ask(5, {.key = 103}).what == verdict::waiting);  // has one
    REQUIRE(all.done(0).empty());
    REQUIRE(all.again(4).what == verdict::run);
    REQUIRE(all.done(3) == list{5});
    REQUIRE(all.ask(6, {.key = 105}).what == verdict::no_cell);
    all.done(5);
    for (u32 key = 1'001; key <= 11'000; ++key) {
        REQUIRE(all.ask(6, {.key = key}).what == verdict::run);
        all.done(6);
    }
}

// ---- limits at once ----

TEST_CASE("admission: at most so many at once, in their order (87, 90, M 10)") {
    small all;
    REQUIRE(all.set(0, {.running_max = 2}).empty());
    const request one{.limiter = 0};
    REQUIRE(all.ask(0, one).what == verdict::run);
    REQUIRE(all.ask(1, one).what == verdict::run);
    for (u32 index = 2; index < 6; ++index) {
        REQUIRE(all.ask(index, one).what == verdict::waiting);
    }
    REQUIRE(all.ask(8, {.limiter = 1}).what == verdict::run);
    REQUIRE(all.real.limiter_load(0).running == 2);
    REQUIRE(all.real.limiter_load(0).waiting == 4);
    REQUIRE(all.done(1) == list{2});
    REQUIRE(all.ask(1, one).what == verdict::waiting);  // not past those in line
    REQUIRE(all.again(2).what == verdict::run);
    REQUIRE(all.done(2, false) == list{3});
    REQUIRE(all.again(2).what == verdict::waiting);
    REQUIRE(all.done(0) == list{4});
    REQUIRE(all.done(3) == list{5});
    REQUIRE(all.done(4) == list{1});
    REQUIRE(all.done(5) == list{2});
}

TEST_CASE("admission: a limit that is raised lets go at once, a lowered one as jobs end (90)") {
    small all;
    all.set(0, {.running_max = 2});
    const request one{.limiter = 0};
    for (u32 index = 0; index < 8; ++index) {
        all.ask(index, one);
    }
    REQUIRE(all.set(0, {.running_max = 4}) == list{2, 3});
    REQUIRE(all.set(0, {.running_max = 2}).empty());
    REQUIRE(all.real.limiter_load(0).running == 4);
    REQUIRE(all.done(0).empty());
    REQUIRE(all.done(1).empty());
    REQUIRE(all.done(2) == list{4});
    REQUIRE(all.set(0, {}) == list{5, 6, 7});
    REQUIRE(all.ask(9, one).what == verdict::run);
}

TEST_CASE("admission: each key has the limit for itself, and need not exclude") {
    small all;
    all.set(0, {.running_max = 2, .per_key = true});
    const auto of = [](u32 key) { return request{.key = key, .limiter = 0, .exclusive = false}; };
    REQUIRE(all.ask(0, of(1)).what == verdict::run);
    REQUIRE(all.ask(1, of(1)).what == verdict::run);
    REQUIRE(all.ask(2, of(1)).what == verdict::waiting);
    REQUIRE(all.ask(3, of(2)).what == verdict::run);
    REQUIRE(all.ask(4, of(2)).what == verdict::run);
    REQUIRE(all.ask(5, of(2)).what == verdict::waiting);
    REQUIRE(all.real.key_load(1, 0).running == 2);
    REQUIRE(all.real.key_load(2, 0).waiting == 1);
    REQUIRE(all.real.limiter_load(0).running == 4);
    REQUIRE(all.real.limiter_load(0).waiting == 2);
    // Who has no key has the limiter's own.
    REQUIRE(all.ask(6, {.limiter = 0}).what == verdict::run);
    REQUIRE(all.done(4) == list{5});
    REQUIRE(all.done(0) == list{2});
    all.ask(7, of(1));
    REQUIRE(all.set(0, {.running_max = 3, .per_key = true}) == list{7});
}

TEST_CASE("admission: a key first, then a place, and what it has it keeps") {
    small all;
    all.set(0, {.running_max = 1});
    const request both{.key = 7, .limiter = 0};
    REQUIRE(all.ask(0, {.limiter = 0}).what == verdict::run);
    REQUIRE(all.ask(1, both).what == verdict::waiting);  // has the key
    REQUIRE(all.ask(2, both).what == verdict::waiting);  // for the key
    REQUIRE(all.real.key_load(7).running == 1);
    REQUIRE(all.real.key_load(7).waiting == 1);
    REQUIRE(all.real.limiter_load(0).waiting == 1);
    REQUIRE(all.ask(3, {.limiter = 0}).what == verdict::waiting);
    REQUIRE(all.done(0) == list{1});
    REQUIRE(all.again(1).what == verdict::run);
    // It ends: the place goes to 3, and the key to 2, which then waits for a place.
    REQUIRE(all.done(1) == list{3, 2});
    REQUIRE(all.again(3).what == verdict::run);
    REQUIRE(all.again(2).what == verdict::waiting);
    REQUIRE(all.done(3) == list{2});
    REQUIRE(all.again(2).what == verdict::run);
}

TEST_CASE("admission: jobs that need two cells do not wait for each other's") {
    small all;  // four cells
    all.set(0, {.running_max = 1, .per_key = true});
    const auto of = [](u32 key) { return request{.key = key, .limiter = 0, .chain = true}; };
    REQUIRE(all.ask(0, of(1)).what == verdict::run);
    REQUIRE(all.ask(1, of(2)).what == verdict::run);
    REQUIRE(all.ask(2, of(3)).what == verdict::no_cell);
    REQUIRE(all.ask(3, {.key = 3}).what == verdict::no_cell);
    // A chain has both until its end, so that it can always go on.
    REQUIRE(all.done(0, false).empty());
    REQUIRE(all.ask(3, {.key = 3}).what == verdict::no_cell);
    REQUIRE(all.again(0).what == verdict::run);
    all.done(0);
    // One is not enough: it leaves none behind.
    REQUIRE(all.ask(3, {.key = 3}).what == verdict::run);
    REQUIRE(all.ask(2, of(4)).what == verdict::no_cell);
    REQUIRE(all.ask(4, {.key = 4}).what == verdict::run);
}

// ---- rates ----

TEST_CASE("admission: who finds no token is told when, and the line stands behind (91, 92)") {
    small all;
    all.set(0, {.tokens = 1, .period = 10, .burst = 2});
    const request one{.limiter = 0};
    REQUIRE(all.ask(0, one).what == verdict::run);
    REQUIRE(all.ask(1, one).what == verdict::run);
    const auto told = all.ask(2, one);
    REQUIRE(told.what == verdict::later);
    REQUIRE(told.due == 1'010);
    REQUIRE(all.ask(3, one).what == verdict::waiting);
    REQUIRE(all.ask(4, one).what == verdict::waiting);
    REQUIRE(all.done(0).empty());  // a place is no token
    // Too early, it is told again.
    all.now = 1'009;
    REQUIRE(all.again(2).due == 1'010);
    all.now = 1'010;
    all.called.clear();
    REQUIRE(all.again(2).what == verdict::run);
    REQUIRE(all.called == list{3});
    REQUIRE(all.again(3).due == 1'020);
    REQUIRE(all.ask(5, one).what == verdict::waiting);
    // However late they come: starts count, not reservations.
    all.now = 1'100;
    REQUIRE(all.again(3).what == verdict::run);
    REQUIRE(all.again(4).what == verdict::run);
    REQUIRE(all.again(5).due == 1'110);
}

TEST_CASE("admission: a job that is cancelled before its start costs no token") {
    small all;
    all.set(0, {.tokens = 1, .period = 10, .burst = 1});
    const request one{.limiter = 0};
    REQUIRE(all.ask(0, one).what == verdict::run);
    REQUIRE(all.ask(1, one).due == 1'010);
    REQUIRE(all.ask(2, one).what == verdict::waiting);
    REQUIRE(all.ask(3, one).what == verdict::waiting);
    REQUIRE(all.done(1) == list{2});
    REQUIRE(all.done(2) == list{3});
    REQUIRE(all.again(3).due == 1'010);
    all.now = 1'010;
    REQUIRE(all.again(3).what == verdict::run);
}

TEST_CASE("admission: no burst gathers behind a key or a place") {
    small all;
    all.set(0, {.running_max = 1, .tokens = 1, .period = 10, .burst = 1});
    const request both{.key = 7, .limiter = 0};
    for (u32 index = 0; index < 4; ++index) {
        all.ask(index, both);
    }
    all.now = 2'000;  // all were due long ago
    REQUIRE(all.done(0) == list{1});
    REQUIRE(all.again(1).what == verdict::run);
    REQUIRE(all.done(1) == list{2});
    REQUIRE(all.again(2).due == 2'010);
}

TEST_CASE("admission: a rate for each key, whose cell stays until its debt has passed (93)") {
    small all;
    all.set(0, {.tokens = 1, .period = 10, .burst = 1, .per_key = true});
    const auto of = [](u32 key) { return request{.key = key, .limiter = 0, .exclusive = false}; };
    for (u32 key = 1; key <= 4; ++key) {
        REQUIRE(all.ask(key, of(key)).what == verdict::run);
        all.done(key);
    }
    REQUIRE(all.ask(1, of(1)).due == 1'010);
    REQUIRE(all.ask(5, of(5)).what == verdict::no_cell);  // nobody's debt is forgotten for it
    all.now = 1'011;
    REQUIRE(all.again(5).what == verdict::run);
    REQUIRE(all.again(1).what == verdict::run);
}

TEST_CASE("admission: a rate that changes, and who was told later") {
    small all;
    all.set(0, {.tokens = 1, .period = 1'000, .burst = 1});
    const request one{.limiter = 0};
    all.ask(0, one);
    REQUIRE(all.ask(1, one).due == 2'000);
    REQUIRE(all.ask(2, one).what == verdict::waiting);
    all.now = 1'100;
    REQUIRE(all.set(0, {.tokens = 1, .period = 10, .burst = 1}).empty());
    list told;
    all.real.told_later(0, [&](u32 index) { told.push_back(index); });
    REQUIRE(told == list{1});  // the caller calls it before its time
    REQUIRE(all.again(1).due == 1'110);
    // No rate any more: the line goes, and who was told may go too.
    REQUIRE(all.set(0, {}) == list{2});
    REQUIRE(all.again(2).what == verdict::run);
    REQUIRE(all.again(1).what == verdict::run);
    // Refused, and nothing changed.
    REQUIRE_FALSE(all.real.set_limit(0, {.running_max = 1, .tokens = 1}, all.now, [](u32) {}));
    REQUIRE(all.ask(3, one).what == verdict::run);
}

// ---- the end ----

TEST_CASE("admission: everybody can be taken out of the lines") {
    small all;
    all.set(0, {.running_max = 1});
    all.set(1, {.running_max = 1, .per_key = true});
    all.ask(0, {.key = 7, .limiter = 0});
    all.ask(1, {.key = 7});
    all.ask(2, {.limiter = 0});
    all.ask(3, {.key = 8, .limiter = 0});  // has the key
    all.ask(4, {.key = 9, .limiter = 1, .exclusive = false});
    all.ask(5, {.key = 9, .limiter = 1, .exclusive = false});
    list taken;
    all.real.take_waiting([&](u32 index) {
        taken.push_back(index);
        REQUIRE(all.done(index).empty());
    });
    std::sort(taken.begin(), taken.end());
    REQUIRE(taken == list{1, 2, 3, 5});
    REQUIRE(all.done(0).empty());
    REQUIRE(all.done(4).empty());
    for (u32 limiter = 0; limiter < 2; ++limiter) {
        REQUIRE(all.real.limiter_load(limiter).running == 0);
        REQUIRE(all.real.limiter_load(limiter).waiting == 0);
    }
    for (u32 index = 0; index < 4; ++index) {  // all cells are free
        REQUIRE(all.ask(index, {.key = 100 + index}).what == verdict::run);
    }
}

TEST_CASE("admission: after half of what a tick can count, in ticks of 32 bits (settle)") {
    using tick = std::chrono::duration<std::int32_t, std::milli>;
    pawl::admission<4, 2, 1, pawl::basic_manual_platform<tick>> real;
    const auto nothing = [](u32) {};
    REQUIRE(real.set_limit(0, {.tokens = 1, .period = 1'000, .per_key = true}, 0, nothing));
    for (const u32 key : {0U, 5U}) {  // the limiter's own bucket, and one in a cell
        const request one{.key = key, .limiter = 0, .exclusive = false};
        REQUIRE(real.ask(0, one, 10, nothing, nothing).what == verdict::run);
        real.done(0, one, true, 10, nothing);
    }
    real.settle(0x7000'0000);
    for (const u32 key : {0U, 5U}) {
        const request one{.key = key, .limiter = 0, .exclusive = false};
        REQUIRE(real.ask(0, one, 0xE000'0000, nothing, nothing).what == verdict::run);
        real.done(0, one, true, 0xE000'0000, nothing);
    }
}

// ---- bytes ----

TEST_CASE("admission: what is not there has no bytes, and zero bytes are the beginning") {
    using pawl::manual_platform;
    STATIC_REQUIRE(std::is_empty_v<pawl::admission<64, 0, 0, manual_platform>>);
    STATIC_REQUIRE(std::is_empty_v<pawl::admission<64, 0, 0, pawl::std_platform>>);
    // Three bytes a job.
    STATIC_REQUIRE(sizeof(pawl::admission<1'064, 0, 1, manual_platform>) ==
                   sizeof(pawl::admission<64, 0, 1, manual_platform>) + 3'000);
    STATIC_REQUIRE(sizeof(pawl::admission<64, 0, 2, manual_platform>) <=
                   sizeof(pawl::admission<64, 0, 1, manual_platform>) + 80);
    STATIC_REQUIRE(sizeof(pawl::admission<64, 1'024, 0, manual_platform>) <=
                   sizeof(pawl::admission<64, 1, 0, manual_platform>) + 1'024U * 22);
    STATIC_REQUIRE(sizeof(pawl::admission<64, 1'024, 1, manual_platform>) <=
                   sizeof(pawl::admission<64, 1, 1, manual_platform>) + 1'024U * 42);
    STATIC_REQUIRE(std::is_trivially_destructible_v<small::gates>);

    static constinit small::gates initial;
    alignas(small::gates) unsigned char zero[sizeof(small::gates)] = {};
    REQUIRE(std::memcmp(zero, static_cast<const void*>(&initial), sizeof(zero)) == 0);
}
