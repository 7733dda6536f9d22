// SPDX-License-Identifier: BSL-1.0
//
// What one feature of pawl::limits costs: prints "FIGURE COUNT" a line. Compiled with
//   -DFEATURE=name   one of meter_feature.hpp
//   -DUSED           the program uses it; without, it is only switched on
// Without a FEATURE there is nothing in the place of the scheduler: the difference in size is its.
//
// The program is that of size_scheduler.cpp: jobs from an interrupt, delayed, periodic, cancelled.
// Each operation is called in one place, as firmware would, so that the compiler puts it there; the
// job that is measured uses none of the feature. At the end comes one that does.
#include "meter_feature.hpp"

#include <chrono>
#include <cstdint>

#include "board/board.hpp"
#include "lean.hpp"
#include "meter.hpp"

namespace {

using namespace std::chrono_literals;
using meter::count;
using meter::report;

#ifdef FEATURE
using feature = features::FEATURE;
#else
using feature = features::lean;
#endif
constexpr pawl::limits configured(std::uint32_t jobs) { return feature::on(lean(jobs, 4)); }

#ifndef FEATURE
struct nothing {
    template <class F>
    static void enqueue(F&&) {}
    template <class F>
    static void every(std::chrono::milliseconds, F&&) {}
    template <class F>
    static pawl::job_id schedule(std::chrono::milliseconds, F&&) {
        return {};
    }
    static void poll() {}
    static void wait() {}
    static void cancel(pawl::job_id) {}
};
nothing jobs;
#else
template <std::uint32_t Jobs>
using of_size = pawl::scheduler<configured(Jobs), still_board>;
constinit of_size<16> jobs;
#endif

std::uint32_t submitting = 0;
pawl::job_id later;

[[gnu::noinline]] std::uint32_t poll() {
    return count([] { jobs.poll(); });
}
[[gnu::noinline]] std::uint32_t schedule() {
    return count([] { later = jobs.schedule(777ms, work); });
}

}  // namespace

extern "C" void Interrupt0_Handler() {
    submitting = count([] { jobs.enqueue(work); });
}

int main() {
    meter::start();
    board::enable(0);
    if constexpr (configured(16).recurring > 0) {
        jobs.every(3600s, work);
    }
#ifdef USED
    feature::use(jobs);
#endif
    // What the program has done so far comes to its end.
    for (int polls = 0; polls < 8; ++polls) {
        poll();
    }
    const std::uint32_t idle = poll();
    report("idle_poll", idle);
    board::pend(0);  // submits, and counts itself
    report("submit_from_interrupt", submitting);
    jobs.wait();  // returns at once: there is a job
    report("run_one_job", poll() - idle);
    report("schedule_call", schedule());
    poll();
    jobs.cancel(later);
    poll();

#ifdef USED
    if constexpr (feature::has_call) {
        feature::prepare(jobs);
        report("own_call", count([] { feature::call(jobs); }));
        if (feature::wait_ms > 0) {
            poll();
            still_board::milliseconds += feature::wait_ms;
        }
        const std::uint32_t ran_before = ran;
        const std::uint32_t own = poll();
        if (ran != ran_before) {
            report("own_run", own - idle);
        }
    }
#endif
#ifdef FEATURE
    report("bytes_16_jobs", sizeof(of_size<16>));
    report("bytes_per_job", (sizeof(of_size<64>) - sizeof(of_size<32>)) / 32);
#endif
    return 0;
}
