// SPDX-License-Identifier: BSL-1.0
//
// A callable whose copy could throw, which nobody could report.
// EXPECT: putting this callable into its node could throw
#include <utility>

#include <pawl/execution/graph.hpp>

struct task {
    task() = default;
    task(const task&) {}
    task(task&&) noexcept {}
    void operator()() {}
};

pawl::graph<4, 4> frame;

#ifdef PAWL_CONTROL
void build(task& of) { frame.add(std::move(of)); }
#else
void build(task& of) { frame.add(of); }
#endif
