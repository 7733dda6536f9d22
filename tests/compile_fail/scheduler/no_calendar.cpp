// SPDX-License-Identifier: BSL-1.0
//
// A cron expression on a platform that does not know the date.
// EXPECT: this platform does not know the date: give it wall_now\(\)
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
using board = pawl::manual_platform;
#else
struct board : pawl::manual_platform {
    static void wall_now() = delete;
};
#endif

int main() {
    using namespace pawl::literals;
    pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, board> jobs;
    jobs.recurring("hourly", "0 * * * *"_cron, [] {});
}
