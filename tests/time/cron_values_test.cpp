// SPDX-License-Identifier: BSL-1.0
//
// Goal: the patterns in a set of values are found, and none where there is none. Method: every
// subset of small fields, against plain loops over a list of the values.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pawl/time/cron_values.hpp>

namespace {

using pawl::cron_values;

static_assert(cron_values{0b10101, 60}.step() == 2);
static_assert(cron_values{0b10101, 6}.star_step() == 2);
static_assert(cron_values{0b10101, 7}.star_step() == 0);
static_assert(cron_values{0b1010101, 7}.star_step() == 2);
static_assert(cron_values{0b1010101, 7}.cycle_step() == 0);
static_assert(cron_values{0b111, 24, 1}.one_run());
static_assert(cron_values{0b1100001, 7}.turned(1).low() == 5);  // Friday to Sunday

std::vector<std::uint32_t> list_of(const cron_values& values) {
    std::vector<std::uint32_t> list;
    values.for_each([&list](std::uint32_t value) { list.push_back(value); });
    return list;
}

}  // namespace

TEST_CASE("steps and runs of every subset of a field") {
    for (std::uint32_t size = 2; size <= 12; ++size) {
        for (std::uint64_t bits = 1; bits >> size == 0; ++bits) {
            const cron_values values{bits, size, 1};
            std::vector<std::uint32_t> list;
            for (std::uint32_t bit = 0; bit < size; ++bit) {
                if ((bits >> bit & 1) != 0) {
                    list.push_back(bit + 1);
                }
            }
            bool right = list_of(values) == list && values.count() == list.size() &&
                         values.low() == list.front() && values.high() == list.back() &&
                         values.all() == (list.size() == size) &&
                         values.single() == (list.size() == 1) && values.end() == size;

            std::uint32_t step = list.size() > 1 ? list[1] - list[0] : 0;
            bool one_run = true;
            for (std::size_t i = 1; i < list.size(); ++i) {
                step = list[i] - list[i - 1] == step ? step : 0;
                one_run = one_run && list[i] - list[i - 1] == 1;
            }
            right = right && values.step() == step && values.one_run() == one_run;

            const bool star = step != 0 && list.front() == 1 && list.back() + step > size;
            right = right && values.star_step() == (star ? step : 0);
            right = right && values.cycle_step() == (star && size % step == 0 ? step : 0);

            // Runs put together again are the set, and of the least number.
            for (const std::uint32_t least : {1U, 3U, 64U}) {
                std::vector<std::uint32_t> joined;
                std::uint32_t runs = 0;
                values.for_each_run(least, [&](std::uint32_t low, std::uint32_t high) {
                    right = right && (low == high || high - low + 1 >= least);
                    for (std::uint32_t value = low; value <= high; ++value) {
                        joined.push_back(value);
                    }
                    ++runs;
                });
                right = right && joined == list && runs == values.runs(least);
                std::uint32_t expected = 0;
                for (std::size_t i = 0; i < list.size();) {
                    std::size_t length = 1;
                    while (i + length < list.size() && list[i + length] == list[i] + length) {
                        ++length;
                    }
                    expected += length >= least ? 1 : static_cast<std::uint32_t>(length);
                    i += length;
                }
                right = right && runs == expected;
            }
            INFO("bits " << bits << " of " << size);
            REQUIRE(right);
        }
    }
}

TEST_CASE("a turned set has the same values and never a run of three torn apart") {
    for (std::uint32_t turn = 0; turn < 7; ++turn) {
        for (std::uint64_t bits = 1; bits < 128; ++bits) {
            const std::vector<std::uint32_t> list = list_of(cron_values{bits, 7}.turned(turn));
            std::uint64_t again = 0;
            bool in_order = true;
            for (std::size_t i = 0; i < list.size(); ++i) {
                again |= std::uint64_t{1} << list[i];
                in_order = in_order && (i == 0 || (list[i] + 7 - list[0]) % 7 >
                                                      (list[i - 1] + 7 - list[0]) % 7);
            }
            INFO("bits " << bits << " turned by " << turn);
            REQUIRE(again == bits);
            REQUIRE(in_order);

            const bool torn = bits != 127 && (list[0] + 6) % 7 == list.back();
            const auto joins = [bits](std::uint32_t day) { return (bits >> day % 7 & 1) != 0; };
            REQUIRE_FALSE((torn && (joins(list[0] + 1) || joins(list.back() + 6))));
            // Without such a run it begins where it was told to.
            const bool whole = !(joins(turn) && joins(turn + 6)) || bits == 127;
            REQUIRE((!whole || (list[0] + 7 - turn) % 7 <= (list.back() + 7 - turn) % 7));
        }
    }
}
