// SPDX-License-Identifier: BSL-1.0
//
// multiplications: what the processor does while nothing is waited for but itself, as a limit.
//
// Sixteen instructions of three cycles that wait for each other: as long as a CRC of 128 bytes. For
// what computes, and has no compare-and-swap that a target in nanoseconds could be scaled by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../harness.hpp"

namespace bench {

inline constexpr const char* multiplications = "16 multiplications in a row";

inline void add_multiplications(contest& row) {
    row.also(std::string{"floor: "} + multiplications);
    row.ours([](stopwatch& watch) -> std::uint64_t {
        constexpr std::size_t count = 64;
        std::size_t factor = 3;
        keep(factor);
        std::size_t product = factor;
        const auto one_more = [&] {
            product *= factor;
            asm volatile("" : "+r"(product));  // one after the other, and not a power
        };
        watch.start();
        for (std::size_t i = 0; i < count * 4; ++i) {
            one_more();
            one_more();
            one_more();
            one_more();
        }
        keep(product);
        watch.stop();
        check(product % 2 == 1, "odd numbers have an even product");
        return count;
    });
}

}  // namespace bench
