// A time in one word.
//
// Goal: what is read is never before what was stored, exact when near, and late by a 2^24th of the
// distance at most; whenever it is read before its time, and wherever the counter stands.
// Method: distances around every power of two, at starts around every power of two.
#include "catch.hpp"

#include <cstdint>

#include <pawl/time/coarse_deadline.hpp>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using deadline = pawl::coarse_deadline<u64>;

}  // namespace

TEST_CASE("coarse_deadline: never early, exact when near, a 2^24th late when far") {
    u32 wrong = 0;
    for (unsigned at = 0; at < 62; ++at) {
        for (int below = -2; below <= 2; ++below) {
            const u64 now = (u64{1} << at) + static_cast<u64>(below) + 7;
            for (unsigned far = 0; far < 56; ++far) {
                for (int off = -3; off <= 3; ++off) {
                    const u64 distance = (u64{1} << far) + static_cast<u64>(off);
                    if (distance > (u64{1} << 57)) {
                        continue;
                    }
                    const u64 due = now + distance;
                    const deadline stored{due, now};
                    const deadline again{stored.bits()};
                    const u64 slack = distance < (u64{1} << 25) ? 0 : distance >> 24;
                    for (const u64 reader : {now, now + distance / 2, due}) {
                        const u64 read = again.seen_from(reader);
                        wrong += read < due || read - due > slack ? 1U : 0U;
                    }
                }
            }
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("coarse_deadline: one that has passed is still in the past") {
    const deadline stored{1'000, 900};
    CHECK(stored.seen_from(1'000'000) == 1'000);
    CHECK(stored.seen_from(1'000) == 1'000);
}

TEST_CASE("coarse_deadline: a tick of 32 bits is kept as it is, across its wrap") {
    constexpr pawl::coarse_deadline<u32> stored{5, 0xFFFF'FFF0};
    static_assert(stored.seen_from(0xFFFF'FFF0) == 5);
    static_assert(stored.bits() == 5);
}
