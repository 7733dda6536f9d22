// SPDX-License-Identifier: BSL-1.0
//
// graph: no heap.
//
// Goal: building and running graphs calls no operator new, whatever the pool and however full its
// deques. Method: counted operator new, while a graph with another one inside is built, run and
// cancelled again and again.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "execution/graph_checks.hpp"
#include "execution/pool_checks.hpp"
#include "house/counting_new.hpp"

namespace {

using namespace std::chrono_literals;
using graph_checks::manual;
using graph_checks::manual_narrow;
using graph_checks::one_worker;
using graph_checks::polled;
using graph_checks::two_narrow;
using graph_checks::two_workers;
using pawl::graph_outcome;
using pawl::graph_run;
using pool_checks::becomes;
using u32 = std::uint32_t;

}  // namespace

TEMPLATE_TEST_CASE("graph: building and running call no operator new", "", manual, manual_narrow,
                   polled, one_worker, two_workers, two_narrow) {
    constexpr u32 size = 1'000;
    static typename TestType::pool pool;
    // A thread's first moments are the system's.
    static std::atomic<u32> runs{0};
    REQUIRE(pool.post([] { ++runs; }));
    REQUIRE(becomes([&] {
        pool.poll();
        return runs == 1;
    }));
    std::this_thread::sleep_for(20ms);
    using inner_type = typename TestType::template graph<3, 3>;
    using graph_type = typename TestType::template graph<size, 2 * size>;
    static inner_type inner;
    static graph_type graph;

    const house::allocation_scope scope;
    inner.add([] { ++runs; });
    inner.add([] { ++runs; });
    auto last = graph.add([] { ++runs; }, "first");
    for (u32 i = 1; i + 1 < size; ++i) {
        const auto next = graph.add([] { ++runs; }, "next").after(last);
        last = i % 7 == 0 ? next : last;
    }
    graph.add(inner).after(last);
    bool good = true;
    for (int round = 0; round < 50; ++round) {
        const graph_run run = pool.run(graph);
        if (round % 5 == 4) {
            run.cancel();
            run.wait();
        } else {
            good = good && run.wait() == graph_outcome::succeeded;
        }
    }
    const auto allocations = scope.count();
    CHECK(allocations == 0);
    CHECK(good);
    CHECK(runs > 40 * size);
}
