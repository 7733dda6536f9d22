// SPDX-License-Identifier: BSL-1.0
// labels: concurrent long
//
// graph: random graphs against an oracle: more of it.
//
// Goal and method: as in graph_random_test.cpp, with a hundred times as many graphs.
#include "catch.hpp"

#include <cstdint>

#include "execution/graph_checks.hpp"
#include "execution/graph_random.hpp"

namespace {

using graph_checks::cancel_random_graphs;
using graph_checks::manual;
using graph_checks::manual_narrow;
using graph_checks::one_worker;
using graph_checks::polled;
using graph_checks::run_random_graphs;
using graph_checks::three_workers;
using graph_checks::two_narrow;
using graph_checks::two_workers;

using four_narrow = graph_checks::kind<4, pawl::std_platform, 2>;

}  // namespace

#define EVERY_POOL                                                                                 \
    manual, manual_narrow, polled, one_worker, two_workers, two_narrow, three_workers, four_narrow

TEMPLATE_TEST_CASE("graph: many random ones equal the oracle", "", EVERY_POOL) {
    CHECK(run_random_graphs<TestType>(101, 100'000, 10, 5).wrong == 0);
    CHECK(run_random_graphs<TestType>(102, 10'000, 300, 5).wrong == 0);
    CHECK(run_random_graphs<TestType, 10'000>(103, 50, 10'000, 5).wrong == 0);
}

TEMPLATE_TEST_CASE("graph: many random ones, cancelled", "", EVERY_POOL) {
    CHECK(cancel_random_graphs<TestType>(104, 100'000, 10, 5).wrong == 0);
    CHECK(cancel_random_graphs<TestType>(105, 10'000, 300, 5).wrong == 0);
}
