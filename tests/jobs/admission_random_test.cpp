// SPDX-License-Identifier: BSL-1.0
//
// admission, random programs: every answer equals the model's.
//
// Goal: lines, limits, rates and cells are right in any order of events: jobs that come, end, are
// retried, cancelled, replaced, come early and late; limits that change while jobs wait.
// Method: admission_model.hpp; 100,000 operations a seed, in ticks of 64 bits, and of 32 bits that
// wrap in the middle; with keys and limiters, and without either.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include <pawl/platform/manual_platform.hpp>

#include "jobs/admission_model.hpp"

namespace {

using admission_model::comparison;
using admission_model::met;
using pawl::verdict;

using short_tick = std::chrono::duration<std::int32_t, std::milli>;
using wide = pawl::manual_platform;
using narrow = pawl::basic_manual_platform<short_tick>;

template <std::uint32_t Jobs, std::uint32_t Keys, std::uint32_t Limiters, class Platform>
met compare(std::uint32_t seed, std::uint32_t operations,
            typename pawl::tick_clock<Platform>::tick start) {
    CAPTURE(Jobs, Keys, Limiters, seed);
    const auto both = std::make_unique<comparison<Jobs, Keys, Limiters, Platform>>(seed, start);
    const std::string wrong = both->run(operations);
    CAPTURE(wrong);
    REQUIRE(wrong.empty());
    return both->seen();
}

// Ticks wrap in the middle of a run.
constexpr std::uint32_t near_the_end = std::numeric_limits<std::uint32_t>::max() - 20'000;

}  // namespace

TEST_CASE("admission, random: keys and limiters") {
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        met seen = compare<24, 6, 3, wide>(seed, 100'000, 0);
        for (const verdict each : {verdict::run, verdict::waiting, verdict::later, verdict::skip,
                                   verdict::fail, verdict::replace, verdict::no_cell}) {
            CAPTURE(static_cast<int>(each));
            REQUIRE(seen.verdicts[each] > 100);
        }
        REQUIRE(seen.dropped > 50);
        REQUIRE(seen.called > 1'000);
        REQUIRE(seen.changed > 100);
        REQUIRE(seen.taken > 20);
    }
}

TEST_CASE("admission, random: ticks of 32 bits that wrap") {
    for (std::uint32_t seed = 11; seed <= 13; ++seed) {
        compare<24, 6, 3, narrow>(seed, 100'000, near_the_end);
    }
    compare<24, 6, 3, narrow>(14, 20'000, 0x7FFF'F000);
}

TEST_CASE("admission, random: many jobs, few keys") {
    for (std::uint32_t seed = 21; seed <= 22; ++seed) {
        compare<100, 2, 1, wide>(seed, 100'000, 0);
    }
}

TEST_CASE("admission, random: few jobs, as many keys as a look round finds") {
    compare<8, 32, 2, wide>(31, 100'000, 0);
}

TEST_CASE("admission, random: keys alone, limiters alone, one of each") {
    compare<24, 6, 0, wide>(41, 100'000, 0);
    compare<24, 0, 3, wide>(42, 100'000, 0);
    compare<12, 1, 1, narrow>(43, 100'000, near_the_end);
}
