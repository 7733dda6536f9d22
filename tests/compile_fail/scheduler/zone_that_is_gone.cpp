// SPDX-License-Identifier: BSL-1.0
//
// A zone that ends with the statement, for a job that refers to it.
// EXPECT: (deleted|is not implicitly|conversion function from 'pawl::.*posix_tz')
#include <pawl/pawl.hpp>

using namespace pawl::literals;

bool start(pawl::scheduler<>& jobs) {
#ifdef PAWL_CONTROL
    const pawl::zone_ref zone = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">;
#else
    const pawl::zone_ref zone = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
#endif
    return static_cast<bool>(jobs.recurring("nightly", "0 3 * * *"_cron, [] {}, {.zone = zone}));
}
