// SPDX-License-Identifier: BSL-1.0
//
// advance() of time that is not virtual.
// EXPECT: advance\(\) moves virtual time
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, pawl::manual_platform> jobs;
void drive() { jobs.advance(std::chrono::hours{1}); }
#else
pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}> jobs;
void drive() { jobs.advance(std::chrono::hours{1}); }
#endif
