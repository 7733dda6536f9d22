// SPDX-License-Identifier: BSL-1.0
//
// requires: posix
// labels: long
//
// Durable jobs in processes that are killed: the same as durable_kill_test.cpp, 500 times.
#include "scheduler/durable_kill.hpp"

using namespace durable_kill;

TEST_CASE("killed: 500 times, whatever was acknowledged runs, and nothing else") {
    // Ten programs of fifty lives, so that a log that was killed often is not all that is seen.
    for (std::uint32_t program = 0; program < 10; ++program) {
        constexpr std::uint32_t kills = 50;
        const verdict found = kill_and_judge(kills, 100 + program);
        require_good(found, kills);
        CHECK(found.again > 0);
    }
}
