// SPDX-License-Identifier: BSL-1.0
//
// recurring_info: what is known of one recurring job, for lists and views. Plain data.
//
// Each time of a recurring job ends up in exactly one of these counts, but for those that the rule
// "coalesced" stands for at once (see there):
//   runs       it became a job
//   missed     no run stands for it: no job slot was free (when_full::drop), or it passed too long
//              ago (misfire::skip)
//   skipped    the run before had not ended (overlap)
//   coalesced  it passed unseen together with another time, and one run stands for both. More than
//              64 such times of the calendar in a row are counted as 65
//
// An update that leaves the rule `unchanged` keeps the counts, another one starts them anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/recurring_table.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class TimePoint>
struct basic_recurring_info {
    recurring_id id;
    name called;

    // When it comes next, on the monotonic clock, its jitter included: none while it is paused,
    // while the run has not ended that a fixed delay counts from, and if it has no further time.
    std::optional<TimePoint> next;
    // Of the calendar: its next time on the wall clock, without jitter.
    std::optional<std::chrono::sys_seconds> next_by_calendar;
    std::optional<TimePoint> last_run;  // when the last occurrence was made

    // Modulo 2^32.
    std::uint32_t runs = 0;  // that the schedule brought about
    std::uint32_t missed = 0;
    std::uint32_t skipped = 0;
    std::uint32_t coalesced = 0;
    std::uint32_t deferred = 0;   // how often there was no room, and it was tried again later
    std::uint32_t triggered = 0;  // runs that trigger() brought about

    // The last occurrence, and where it is; `gone` once its slot serves another job.
    job_id last;
    // What the last attempt said that has ended, of whichever occurrence, and its error code.
    std::uint16_t last_code = 0;
    std::optional<outcome::kind> last_said;
    job_state last_state = job_state::gone;
    // Why the last time made no job: `full`, `overlapping`, or `none` if it made one.
    submit_error error = submit_error::none;

    bool paused = false;
    bool finished = false;  // no further time: `until`, `max_runs`, or the calendar has no more
};

}  // namespace PAWL_ABI
}  // namespace pawl
