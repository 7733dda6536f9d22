// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: limits.local is a power of two, or 0: no pool
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1, .local = 4}> jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1, .local = 3}> jobs;
#endif
