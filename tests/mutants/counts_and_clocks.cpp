// What the mutants of histogram and game_platform must not get past: a program of its own, because
// one with a test framework takes ten times as long to compile.
//
// Method: percentiles beside a sorted array, a game's clock beside the sum of its steps.
#include <algorithm>
#include <chrono>
#include <cstdint>

#include <pawl/containers/histogram.hpp>
#include <pawl/platform/game_platform.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "mutants/check.hpp"

namespace {

using namespace std::chrono_literals;

using mutants::check;

void histograms() {
    constexpr std::uint32_t count = 300;
    pawl::histogram<33, pawl::manual_platform> tested;
    std::uint32_t values[count];
    std::uint32_t state = 1;
    for (std::uint32_t i = 0; i < count; ++i) {
        state = state * 1'664'525 + 1'013'904'223;
        values[i] = state >> (i % 32);
        tested.add(values[i]);
    }
    std::sort(values, values + count);
    for (std::uint32_t part = 1; part <= 100; ++part) {
        const std::uint32_t exact = values[(count * part + 99) / 100 - 1];
        const std::uint32_t said = tested.percentile(part);
        check(said >= exact, "a percentile is not below its number");
        check(said <= std::uint64_t{exact} * 2, "nor more than twice as much");
    }
    for (std::uint32_t i = 1; i <= 7; ++i) {
        const std::uint32_t exact = values[(count * i + 6) / 7 - 1];
        check(tested.percentile(i, 7) ==
                  std::min(tested.highest(tested.bucket_of(exact)), values[count - 1]),
              "of any whole");
    }
    check(tested.min() == values[0] && tested.max() == values[count - 1], "the extremes");

    pawl::histogram_snapshot<3> few;
    few.counts[1] = 2;
    few.counts[2] = 1;
    few.max = 3;
    check(few.percentile(66) == 1 && few.percentile(67) == 3, "rounded up");

    pawl::histogram_snapshot<33> large;
    large.counts[10] = std::uint64_t{0xFFFF'FFFF} << 24;
    large.counts[20] = std::uint64_t{1} << 24;
    large.max = large.highest(20);
    check(large.percentile(0xFFFF'FFFE, 0xFFFF'FFFF) == large.highest(10), "no overflow");
}

void game_clocks() {
    pawl::game_platform clock;
    check(clock.set_scale(1, 3), "a third of the speed");
    for (int i = 0; i < 1'000; ++i) {
        clock.step(10ns);
    }
    check(clock.now().time_since_epoch() == 3'333ns, "many small steps are one large one");
    clock.pause();
    check(clock.step(1s) == 0s && clock.now().time_since_epoch() == 3'333ns, "a pause");
    clock.resume();
    check(!clock.set_scale(1, 0), "no such scale");
    check(clock.set_scale(1, 1), "real speed");
    check(clock.step(1s) == 1s, "a fraction of thirds is none of a whole");
    check(clock.set_scale(1, 2) && clock.step(1ns) == 0ns, "half a nanosecond");
    check(clock.set_scale(1, 4) && clock.step(1ns) == 0ns, "and a quarter");
    check(clock.set_scale(0xFFFF'FFFF), "fast");
    check(clock.scaled(24h * 365) == pawl::game_platform::step_max, "no overflow");
    check(clock.step(-1s) == 0s, "never back");
    pawl::game_platform::parker parker;
    const auto before = clock.now();
    clock.park_until(parker, before + 1h);
    check(clock.now() == before, "waiting moves nothing");
}

}  // namespace

int main() {
    histograms();
    game_clocks();
}
