// SPDX-License-Identifier: BSL-1.0
//
// A feature whose capacity is 0. The error names the limit.
// EXPECT: limits.batches is 0: this scheduler has no batches
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .batches = 1, .workers = 0}> jobs;
void submit() { static_cast<void>(jobs.batch()); }
#else
pawl::scheduler<pawl::limits{.jobs = 4, .batches = 0, .workers = 0}> jobs;
void submit() { static_cast<void>(jobs.batch()); }
#endif
