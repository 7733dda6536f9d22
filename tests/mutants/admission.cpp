// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of admission must not get past: a program of its own, because one with a test
// framework takes ten times as long to compile.
//
// Method: the random programs of jobs/admission_model.hpp, some thousand steps each, in ticks of 64
// bits and of 32 bits that wrap; a long run of one rate, by its formula.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <pawl/platform/manual_platform.hpp>

#include "jobs/admission_model.hpp"

namespace {

using admission_model::comparison;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

template <std::uint32_t Jobs, std::uint32_t Keys, std::uint32_t Limiters, class Platform>
void compare(std::uint32_t seed, typename pawl::tick_clock<Platform>::tick start) {
    const auto both = std::make_unique<comparison<Jobs, Keys, Limiters, Platform>>(seed, start);
    check(both->run(30'000) == "", "another answer than the model's");
}

// Three tokens in ten ticks, two at once, each taken as it comes.
void take_each_token() {
    pawl::token_rate<std::uint32_t> rate;
    check(rate.set(3, 10, 2), "the rate is accepted");
    pawl::token_bucket<std::uint32_t> bucket;
    std::uint32_t now = 0xFFFF'F000;
    std::uint64_t time = 0;
    for (std::uint64_t start = 0; start < 3'000; ++start) {
        const std::uint32_t due = bucket.due(rate, now);
        time += due - now;
        now = due;
        check(time == (start < 2 ? 0 : (start - 1) * 10 + 2) / 3, "a start at another tick");
        bucket.take(rate, now);
    }
}

}  // namespace

int main() {
    using wide = pawl::manual_platform;
    using narrow = pawl::basic_manual_platform<std::chrono::duration<std::int32_t, std::milli>>;
    take_each_token();
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        compare<24, 6, 3, wide>(seed, 0);
        compare<24, 6, 3, narrow>(seed, 0xFFFF'F000);
        compare<24, 6, 3, narrow>(seed, 0x7FFF'F000);
        compare<40, 12, 2, wide>(seed, 0);
    }
}
