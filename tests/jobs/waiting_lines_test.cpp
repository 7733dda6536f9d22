// SPDX-License-Identifier: BSL-1.0
//
// waiting_lines: first in, first out, over one array.
//
// Goal: every line is a deque, whatever happens to the others. Method: random operations beside
// std::deque, and the sizes.
#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>

#include <pawl/jobs/waiting_lines.hpp>

static_assert(sizeof(pawl::waiting_lines<100>) == 200 &&
              sizeof(pawl::waiting_lines<100>::line) == 4);
static_assert(sizeof(pawl::waiting_lines<65'534>) == 2 * 65'534);
static_assert(sizeof(pawl::waiting_lines<65'535>) == 4 * 65'535);

TEST_CASE("waiting_lines: as deques") {
    constexpr std::uint32_t members = 20;
    constexpr std::uint32_t count = 3;
    using lines_type = pawl::waiting_lines<members>;
    lines_type lines;
    lines_type::line line[count];
    std::deque<std::uint32_t> model[count];
    std::deque<std::uint32_t> outside;
    for (std::uint32_t index = 0; index < members; ++index) {
        outside.push_back(index);
    }
    std::mt19937 random{1};
    for (int operation = 0; operation < 50'000; ++operation) {
        const auto which = random() % count;
        auto& same = model[which];
        const auto what = random() % 4;
        if (what < 2 && !outside.empty()) {
            const std::uint32_t index = outside.front();
            outside.pop_front();
            if (what == 0) {
                lines.push_back(line[which], index);
                same.push_back(index);
            } else {
                lines.push_front(line[which], index);
                same.push_front(index);
            }
        } else if (what >= 2 && !same.empty()) {
            REQUIRE(lines.front(line[which]) == same.front());
            REQUIRE(lines.pop_front(line[which]) == same.front());
            outside.push_back(same.front());
            same.pop_front();
        }
        REQUIRE(line[which].empty() == same.empty());
        REQUIRE(line[which].size() == same.size());
        const auto index = static_cast<std::uint32_t>(random() % members);
        REQUIRE(lines.waits(index) ==
                (std::find(outside.begin(), outside.end(), index) == outside.end()));
    }
}
