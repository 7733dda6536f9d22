// SPDX-License-Identifier: BSL-1.0
//
// Workers on a platform that has no threads.
// EXPECT: this platform has no threads: set limits.workers to 0
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, pawl::manual_platform> jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 1}, pawl::manual_platform> jobs;
#endif
