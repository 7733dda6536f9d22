// SPDX-License-Identifier: BSL-1.0
//
// What the tests of graphs share: pools of every kind, and nodes that write down when they ran.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

namespace graph_checks {

using u32 = std::uint32_t;

constexpr pawl::graph_options roomy{.node_bytes = 32};

// A kind of pool, and the graphs that fit it.
template <u32 Workers, class Platform, u32 Local = 16>
struct kind {
    using platform = Platform;
    static constexpr bool has_workers = Workers != 0;
    static constexpr u32 workers = Workers;
    static constexpr pawl::pool_limits limits{.workers = Workers, .queue = 64, .local = Local};
    using pool = pawl::thread_pool<limits, Platform>;
    template <u32 Nodes, u32 Edges, pawl::graph_options Options = roomy>
    using graph = pawl::graph<Nodes, Edges, Options, Platform>;
};
using manual = kind<0, pawl::manual_platform>;  // plain words
using polled = kind<0, pawl::std_platform>;
using one_worker = kind<1, pawl::std_platform>;
using two_workers = kind<2, pawl::std_platform>;
using three_workers = kind<3, pawl::std_platform>;
// Two jobs in a deque: nearly everything has to go through the nodes themselves.
using manual_narrow = kind<0, pawl::manual_platform, 2>;
using two_narrow = kind<2, pawl::std_platform, 2>;

// Runs it as soon as there is room: a worker that is stopped while it takes a job keeps its place.
template <class Pool, class Graph>
pawl::graph_run insist(Pool& pool, Graph& graph) {
    pawl::graph_run run = pool.run(graph);
    while (run.error() == pawl::graph_error::full) {
        std::this_thread::yield();
        run = pool.run(graph);
    }
    return run;
}

// When each node of a graph began and ended in a run, by a clock that counts these events.
class history {
public:
    struct entry {
        std::atomic<u32> runs{0};
        std::atomic<u32> began{0};
        std::atomic<u32> ended{0};
    };

    explicit history(std::size_t nodes) : entries_(nodes) {}

    void begin(u32 node) noexcept {
        entries_[node].runs.fetch_add(1, std::memory_order_relaxed);
        entries_[node].began.store(++clock_, std::memory_order_relaxed);
    }
    void end(u32 node) noexcept { entries_[node].ended.store(++clock_, std::memory_order_relaxed); }

    [[nodiscard]] u32 runs(u32 node) const noexcept { return entries_[node].runs.load(); }
    // Whether the first one had ended when the other one began; both have run.
    [[nodiscard]] bool in_order(u32 first, u32 second) const noexcept {
        return entries_[first].runs != 0 && entries_[second].runs != 0 &&
               entries_[first].ended < entries_[second].began;
    }
    // How many nodes ran, and whether none ran twice.
    [[nodiscard]] u32 total() const noexcept {
        u32 sum = 0;
        for (const entry& each : entries_) {
            sum += each.runs.load();
        }
        return sum;
    }
    [[nodiscard]] bool all_ran(u32 times) const noexcept {
        bool right = true;
        for (const entry& each : entries_) {
            right = right && each.runs == times;
        }
        return right;
    }
    void forget() noexcept {
        for (entry& each : entries_) {
            each.runs = each.began = each.ended = 0;
        }
        clock_ = 0;
    }

private:
    std::vector<entry> entries_;
    std::atomic<u32> clock_{0};
};

// A node that writes down that it ran, and ends as it is told.
struct step {
    history* of;
    u32 node;
    bool good = true;

    bool operator()() const noexcept {
        of->begin(node);
        of->end(node);
        return good;
    }
};

}  // namespace graph_checks
