// SPDX-License-Identifier: BSL-1.0
//
// What a configuration says that it takes is what it takes.
#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/memory_use.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "catch.hpp"

namespace {

using board = pawl::manual_platform;

constexpr pawl::limits lean{.jobs = 16,
                            .job_bytes = 16,
                            .edges = 0,
                            .batches = 0,
                            .recurring = 0,
                            .workers = 0,
                            .names = false,
                            .retries = false,
                            .failed = 0};
constexpr pawl::limits with_names = [] {
    auto result = lean;
    result.names = true;
    return result;
}();

template <pawl::limits L>
constexpr std::size_t bytes_of(std::string_view name) {
    for (const pawl::ram_part& part : pawl::ram_parts<L, board>) {
        if (name == part.name) {
            return part.bytes;
        }
    }
    return ~std::size_t{0};
}

static_assert(pawl::ram_bytes<lean, board> == sizeof(pawl::scheduler<lean, board>));
static_assert(bytes_of<lean>("names") == 0 && bytes_of<lean>("edges") == 0);
static_assert(bytes_of<with_names>("names") ==
              pawl::ram_bytes<with_names, board> - pawl::ram_bytes<lean, board>);
static_assert(bytes_of<with_names>("names") >= with_names.jobs * sizeof(void*));

}  // namespace

TEST_CASE("memory_use: a scheduler is no larger than it says, and lies nowhere else") {
    static pawl::scheduler<lean, board> jobs;
    REQUIRE(sizeof(jobs) == pawl::ram_bytes<lean, board>);
    // Fixed part and jobs are all of the lean one, but for what rounding takes.
    const std::size_t sum = bytes_of<lean>("fixed") + bytes_of<lean>("jobs");
    REQUIRE(sum >= pawl::ram_bytes<lean, board> - 256);
    REQUIRE(sum <= pawl::ram_bytes<lean, board> + pawl::ram_bytes_per_job<lean, board> + 256);
}

TEST_CASE("memory_use: every feature that takes bytes is a part") {
    constexpr pawl::limits rich{.jobs = 64,
                                .workers = 0,
                                .queue_control = true,
                                .recurring_policies = true,
                                .then_delay = true,
                                .slices = true,
                                .reschedule = true,
                                .deadlines = true,
                                .times = true,
                                .owners = true,
                                .progress = true,
                                .failed = 8,
                                .error_bytes = 16,
                                .result_bytes = 8,
                                .history = 16,
                                .events = 32,
                                .types = 4,
                                .keys = 8,
                                .limiters = {"camera", "network"}};
    // What is words and flags in a slot may fit into its padding.
    constexpr std::string_view fits_in_padding[] = {
        "local",  "slices",  "reschedule", "queue_control", "then_delay", "recurring_policies",
        "owners", "progress"};
    for (const pawl::ram_part& part : pawl::ram_parts<rich, board>) {
        INFO(part.name);
        if (std::ranges::find(fits_in_padding, part.name) == std::end(fits_in_padding)) {
            REQUIRE(part.bytes > 0);
        }
        REQUIRE(part.bytes < pawl::ram_bytes<rich, board>);
    }
}
