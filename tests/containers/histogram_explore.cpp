// SPDX-License-Identifier: BSL-1.0
//
// Goal: every number is counted, the least and the greatest are kept, and a snapshot never counts a
// number that its maximum and minimum do not know, wherever a writer stands.
// Method: two writers and a reader in every interleaving; one writer with histogram_writers::one.
// requires: posix
#include <cstdint>

#include <pawl/containers/histogram.hpp>

#include "explore/suite.hpp"

namespace {

using pawl::histogram_writers;

template <histogram_writers Writers>
using tested_type = pawl::histogram<12, explore_platform, Writers>;

template <class Tested>
void look(const Tested& tested) {
    const pawl::histogram_snapshot<12> now = tested.snapshot();
    if (now.counts[7] != 0) {
        const std::uint32_t greatest = now.counts[7] == 2 ? 100 : 99;
        explore::check(now.max >= greatest && now.percentile(100) >= greatest,
                       "the greatest is known");
    }
    if (now.counts[1] != 0) {
        explore::check(now.min <= 1, "the least is known");
    }
    if (now.counts[4] != 0) {
        explore::check(now.min <= 9 && now.max >= 9, "it lies between");
    }
}

}  // namespace

int main() {
    explore::must_pass("2 writers, a reader", {.schedules_min = 100}, [] {
        tested_type<histogram_writers::many> tested;
        tested.add(9);
        const auto high = [&] { tested.add(100); };
        const auto low = [&] {
            tested.add(1);
            tested.add(99);
        };
        const auto read = [&] { look(tested); };
        explore::threads(high, low, read);
        explore::check(tested.count() == 4 && tested.bucket(7) == 2, "each is counted");
        explore::check(tested.min() == 1 && tested.max() == 100, "the extremes");
    });
    explore::must_pass("one writer, 2 readers", {.schedules_min = 20}, [] {
        tested_type<histogram_writers::one> tested;
        const auto write = [&] {
            tested.add(9);
            tested.add(100);
            tested.add(1);
        };
        const auto read = [&] { look(tested); };
        explore::threads(write, read, read);
        explore::check(tested.count() == 3, "each is counted");
        explore::check(tested.min() == 1 && tested.max() == 100, "the extremes");
    });
}
