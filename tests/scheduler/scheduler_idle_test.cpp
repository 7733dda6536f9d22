// An idle scheduler sleeps: it uses no processor time, and wakes for deadlines only.
//
// Goal: no busy wait, no polling period. Method: the process's own CPU time and its context
// switches over a second in which nothing is due, and over one in which a job is due each 100 ms.
// Processor time is counted by the system for this process; it does not depend on what else the
// machine does.
#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <pawl/pawl.hpp>

#include "house/usage.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

#if defined(__unix__)
using house::during;
using house::usage;

TEST_CASE("idle: less than 1 ms of CPU a second, with timers and calendars armed") {
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 2}> jobs;
    for (int i = 0; i < 20; ++i) {
        jobs.schedule(1h + i * 1min, [] {});
    }
    jobs.every(1h, [] {});
    jobs.recurring("nightly", "0 3 1 1 *"_cron, [] {});
    std::this_thread::sleep_for(50ms);  // until the workers have armed all of it
    const usage idle = during(1s);
    INFO("cpu us " << idle.cpu_us << ", voluntary context switches " << idle.switches);
    CHECK(idle.cpu_us < 1'000);
    CHECK(idle.switches <= 4);  // this thread's sleep is one
}

TEST_CASE("idle: a deadline wakes one worker, not all of them") {
    std::atomic<int> runs{0};
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 8}> jobs;
    jobs.every(100ms, [&] { ++runs; });
    std::this_thread::sleep_for(50ms);
    const usage seen = during(1s);
    INFO("cpu us " << seen.cpu_us << ", voluntary context switches " << seen.switches);
    CHECK(runs >= 5);
    // At a deadline the timekeeper wakes, wakes one other to keep the time while it runs the job,
    // and both sleep again: two switches a firing. Eight would be a herd.
    CHECK(seen.switches <= 4 * (runs + 2));
    jobs.stop(pawl::finish);
}
#endif
