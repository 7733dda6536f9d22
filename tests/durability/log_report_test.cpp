// SPDX-License-Identifier: BSL-1.0
//
// What opening a log can come to.
//
// Goal: each error has a sentence of its own, a report is good only without one, and a place is
// found in a file. Method: all values there are, and one that there is not.
#include "catch.hpp"

#include <cstdint>
#include <limits>
#include <string_view>

#include <pawl/durability/log_report.hpp>

namespace {

using pawl::open_error;

constexpr auto last = static_cast<int>(open_error::no_thread);

}  // namespace

TEST_CASE("log report: each error has its own sentence") {
    for (int one = 0; one <= last; ++one) {
        const std::string_view text = pawl::describe(static_cast<open_error>(one));
        INFO("error " << one);
        CHECK(text.size() > 5);
        CHECK(text != "unknown error");
        for (int other = 0; other < one; ++other) {
            CHECK(text != pawl::describe(static_cast<open_error>(other)));
        }
    }
    CHECK(std::string_view{pawl::describe(static_cast<open_error>(last + 1))} == "unknown error");
}

TEST_CASE("log report: good is what has no error, whatever was lost") {
    pawl::log_report report;
    CHECK(report.ok());
    report.damage = 3;  // salvage goes on
    CHECK(static_cast<bool>(report));
    for (int error = 1; error <= last; ++error) {
        report.error = static_cast<open_error>(error);
        CHECK_FALSE(report.ok());
        CHECK_FALSE(static_cast<bool>(report));
    }
}

TEST_CASE("log report: a place in a file of more than 4 GiB") {
    constexpr pawl::log_place place{.block = 4097, .offset = 72, .sequence = 5};
    static_assert(place.offset_in(1U << 20) == (std::uint64_t{4097} << 20) + 72);
    static_assert(pawl::log_place{}.offset_in(512) == 0);
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    static_assert(pawl::log_place{most, most, 0}.offset_in(most) ==
                  std::uint64_t{most} * most + most);
    CHECK(place.offset_in(4096) == 4097ULL * 4096 + 72);
}
