// SPDX-License-Identifier: BSL-1.0
//
// A callable whose copy into the slot could throw: it has to be moved.
// EXPECT: putting this callable into its slot could throw
#include <pawl/pawl.hpp>

#include <utility>

struct may_throw {
    may_throw() = default;
    may_throw(const may_throw&) {}
    may_throw(may_throw&&) noexcept {}
    void operator()() const noexcept {}
} work;

pawl::scheduler<pawl::limits{.jobs = 4, .job_bytes = 16, .workers = 0}> jobs;

#ifdef PAWL_CONTROL
void submit() { jobs.enqueue(std::move(work)); }
#else
void submit() { jobs.enqueue(work); }
#endif
