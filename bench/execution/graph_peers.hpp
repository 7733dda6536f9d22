// SPDX-License-Identifier: BSL-1.0
//
// graph_peers: graphs of jobs, ours and others', behind one shape.
//
//   Graphs pool;                                // with so many workers
//   Graphs::graph<nodes, edges> graph{pool};    // so many; the first node is the only start
//   auto node = graph.add(done);                // counts itself in the tally
//   graph.edge(from, to);
//   graph.edges(one, other, to);                // optional: both at once
//   graph.seal();                               // what has to be done before the first run
//   graph.run();                                // returns when all nodes have run
//   graph.settle();                             // what has to be done before the next one
//
// Who runs a graph takes part in it, where the library lets it: so many workers and the caller.
// Only Taskflow's does not.
//
// Peers are here if their headers are found; those that need linking, if bench/CMakeLists.txt found
// them. each_graphs() goes through them; note_graphs() says what a reader has to know of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <pawl/execution/graph.hpp>
#include <pawl/execution/thread_pool.hpp>

#include "../report.hpp"
#include "tally.hpp"

#if defined(PAWL_BENCH_TBB)
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/version.h>
#endif
#if __has_include(<taskflow/taskflow.hpp>)
#include <taskflow/taskflow.hpp>
#define PAWL_BENCH_TASKFLOW 1
#endif
#if defined(PAWL_BENCH_ENKITS)
#include <TaskScheduler.h>
#endif
#if defined(PAWL_BENCH_MARL)
#include <marl/dag.h>
#include <marl/scheduler.h>
#endif

namespace bench::graphs {

// --- Ours ----------------------------------------------------------------------------------------

template <std::uint32_t Workers>
struct pawl_graphs {
    pawl::thread_pool<pawl::pool_limits{.workers = Workers}> pool;

    template <std::uint32_t Nodes, std::uint32_t Edges>
    class graph {
    public:
        explicit graph(pawl_graphs& on) : on_{on} {}
        auto add(tally& done) {
            return graph_.add([&done] { done.add(); });
        }
        template <class Node>
        void edge(Node from, Node to) {
            to.after(from);
        }
        template <class Node>
        void edges(Node first, Node second, Node to) {
            to.after(first, second);
        }
        void seal() { check(graph_.check() == pawl::graph_error::none, "a graph is wrong"); }
        void run() { on_.pool.run(graph_).wait(); }
        void settle() {}

    private:
        pawl_graphs& on_;
        pawl::graph<Nodes, Edges> graph_;
    };
};

// --- oneTBB --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_TBB)
template <std::uint32_t Workers>
struct tbb_graphs {
    tbb::global_control threads{tbb::global_control::max_allowed_parallelism, Workers + 1};
    tbb::task_arena arena{static_cast<int>(Workers) + 1, 1};

    template <std::uint32_t Nodes, std::uint32_t Edges>
    class graph {
        using message = tbb::flow::continue_msg;
        using node = tbb::flow::continue_node<message>;

    public:
        explicit graph(tbb_graphs& on) : arena_{on.arena} {
            arena_.execute([this] { graph_.emplace(); });
        }
        node* add(tally& done) {
            return &nodes_.emplace_back(*graph_, [&done](message) {
                done.add();
                return message{};
            });
        }
        void edge(node* from, node* to) { tbb::flow::make_edge(*from, *to); }
        void seal() {}
        void run() {
            arena_.execute([this] {
                nodes_.front().try_put(message{});
                graph_->wait_for_all();
            });
        }
        void settle() {}

    private:
        tbb::task_arena& arena_;
        std::optional<tbb::flow::graph> graph_;
        std::deque<node> nodes_;
    };
};
#endif

// --- Taskflow ------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_TASKFLOW)
template <std::uint32_t Workers>
struct taskflow_graphs {
    tf::Executor pool{Workers};

    template <std::uint32_t Nodes, std::uint32_t Edges>
    class graph {
    public:
        explicit graph(taskflow_graphs& on) : pool_{on.pool} {}
        tf::Task add(tally& done) {
            return graph_.emplace([&done] { done.add(); });
        }
        void edge(tf::Task from, tf::Task to) { from.precede(to); }
        void edges(tf::Task first, tf::Task second, tf::Task to) { to.succeed(first, second); }
        void seal() {}
        void run() { pool_.run(graph_).wait(); }
        void settle() {}

    private:
        tf::Executor& pool_;
        tf::Taskflow graph_;
    };
};
#endif

// --- enkiTS --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_ENKITS)
template <std::uint32_t Workers>
struct enki_graphs {
    // Each node of a chain starts the next one from inside: a million end the stack.
    static constexpr std::uint32_t chain_max = 5000;

    enki::TaskScheduler scheduler;
    enki_graphs() { scheduler.Initialize(Workers + 1); }

    template <std::uint32_t Nodes, std::uint32_t Edges>
    class graph {
        struct node final : enki::ITaskSet {
            tally* done = nullptr;
            void ExecuteRange(enki::TaskSetPartition, std::uint32_t) override { done->add(); }
        };

    public:
        explicit graph(enki_graphs& on) : scheduler_{on.scheduler} {}
        node* add(tally& done) {
            node& added = nodes_[next_node_++];
            added.done = &done;
            return &added;
        }
        void edge(node* from, node* to) { edges_[next_edge_++].SetDependency(from, to); }
        void seal() {}
        void run() {
            scheduler_.AddTaskSetToPipe(nodes_.data());
            scheduler_.WaitforAll();
        }
        void settle() {
            for (const node& each : nodes_) {
                while (!each.GetIsComplete()) {
                    std::this_thread::yield();
                }
            }
        }

    private:
        enki::TaskScheduler& scheduler_;
        std::size_t next_node_ = 0;
        std::size_t next_edge_ = 0;
        std::vector<node> nodes_ = std::vector<node>(Nodes);
        std::vector<enki::Dependency> edges_ = std::vector<enki::Dependency>(Edges);
    };
};
#endif

// --- marl ----------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_MARL)
template <std::uint32_t Workers>
struct marl_graphs {
    marl::Scheduler scheduler{marl::Scheduler::Config{}.setWorkerThreadCount(int{Workers})};
    marl_graphs() { scheduler.bind(); }
    ~marl_graphs() { marl::Scheduler::unbind(); }
    marl_graphs(const marl_graphs&) = delete;
    marl_graphs& operator=(const marl_graphs&) = delete;

    template <std::uint32_t Nodes, std::uint32_t Edges>
    class graph {
        using node = marl::DAG<void>::NodeBuilder;

    public:
        explicit graph(marl_graphs&) {}
        node add(tally& done) {
            node added = builder_.node([&done] { done.add(); });
            if (first_) {
                builder_.addDependency(builder_.root(), added);
                first_ = false;
            }
            return added;
        }
        void edge(node from, node to) { builder_.addDependency(from, to); }
        void seal() { graph_ = builder_.build(); }
        void run() { graph_->run(); }
        void settle() {}

    private:
        marl::DAG<void>::Builder builder_;
        bool first_ = true;
        marl::Allocator::unique_ptr<marl::DAG<void>> graph_;
    };
};
#endif

// --- All of them ---------------------------------------------------------------------------------

// visit.operator()<Graphs>(name) for each peer.
template <std::uint32_t Workers, class Visit>
void each_peer([[maybe_unused]] Visit&& visit) {
#if defined(PAWL_BENCH_TBB)
    visit.template operator()<tbb_graphs<Workers>>("tbb");
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    visit.template operator()<taskflow_graphs<Workers>>("taskflow");
#endif
#if defined(PAWL_BENCH_ENKITS)
    visit.template operator()<enki_graphs<Workers>>("enkiTS");
#endif
#if defined(PAWL_BENCH_MARL)
    visit.template operator()<marl_graphs<Workers>>("marl");
#endif
}

inline void note_graphs(report& target) {
#if defined(PAWL_BENCH_TBB)
    target.note("tbb " TBB_VERSION_STRING,
                "graphs: flow::graph of continue_nodes; 4 to 5 pieces on the heap a node");
#else
    target.missing("tbb", "libtbb-dev");
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    target.note(
        "taskflow " + std::string{tf::version()},
        "graphs: tf::Taskflow; some 240 bytes on the heap a node; the caller takes no part");
#else
    target.missing("taskflow", "its headers in --include-path");
#endif
#if defined(PAWL_BENCH_ENKITS)
    target.note("enkiTS",
                "graphs: dependencies of tasks, the caller's memory; a node runs the next one from "
                "inside, so its chain is of 5000 nodes; built with its numbers of nodes and edges");
#else
    target.missing("enkiTS", "TaskScheduler.h and libenkiTS in --include-path");
#endif
#if defined(PAWL_BENCH_MARL)
    target.note("marl",
                "graphs: marl::DAG; a chain stays on the caller, and counts on the compiler to "
                "reuse its stack");
#else
    target.missing("marl", "marl/dag.h and libmarl in --include-path");
#endif
}

}  // namespace bench::graphs
