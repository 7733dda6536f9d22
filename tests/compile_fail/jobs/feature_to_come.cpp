// SPDX-License-Identifier: BSL-1.0
//
// A capacity of a feature that is not there yet.
// EXPECT: of features to come: leave them at 0
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}> jobs;
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0, .history = 8}> jobs;
#endif
