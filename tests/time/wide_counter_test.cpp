// A counter of few bits as a time of many: wraps are counted through, steps back are not followed.
//
// Method: a 64-bit time runs on in random steps; the counter is its lowest bits, of every width
// that hardware has. Now and then a reading is a little old.
#include "catch.hpp"

#include <cstdint>
#include <random>

#include <pawl/time/wide_counter.hpp>

namespace {

template <class Narrow, unsigned Bits>
void follows(std::uint64_t start) {
    constexpr std::uint64_t range = std::uint64_t{1} << Bits;
    const auto reading = [](std::uint64_t time) { return static_cast<Narrow>(time % range); };
    std::mt19937_64 random{Bits};
    pawl::wide_counter<Narrow, std::uint64_t, Bits> counter{reading(start), start};
    std::uint64_t time = start;
    std::uint32_t steps_back = 0;
    for (int i = 0; i < 2'000; ++i) {
        time += i % 10 == 0 ? (range - 1) / 2 : random() % (range / 2);
        REQUIRE(counter.update(reading(time)) == time);
        if (i % 7 == 0) {
            const std::uint64_t back = i % 2 == 0 ? 1 : 1 + random() % (range / 2);
            REQUIRE(counter.update(reading(time - back)) == time);
            ++steps_back;
            REQUIRE(counter.steps_back() == steps_back);
        }
        REQUIRE(counter.time() == time);
    }
    REQUIRE(time - start > 100 * range);  // it has wrapped many times
}

constexpr bool counts_at_compile_time() {
    pawl::wide_counter<std::uint8_t, std::uint32_t> counter;
    counter.update(100);
    counter.update(200);
    counter.update(44);
    return counter.time() == 300 && counter.steps_back() == 0;
}
static_assert(counts_at_compile_time());

}  // namespace

TEST_CASE("wide_counter: time goes on through every wrap, and never back") {
    follows<std::uint32_t, 32>(5);
    follows<std::uint32_t, 32>((std::uint64_t{1} << 32) - 3);
    follows<std::uint32_t, 24>(0xFF'FFF0);
    follows<std::uint16_t, 16>(0);
    follows<std::uint8_t, 8>(250);
}
