// SPDX-License-Identifier: BSL-1.0
//
// What the tests of recurring jobs have in common: a scheduler in virtual time, and a log of when
// its jobs began.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

namespace recurring {

using namespace std::chrono_literals;
using namespace pawl::literals;
using std::chrono::milliseconds;

inline constexpr pawl::limits small{
    .jobs = 16, .recurring = 4, .workers = 0, .recurring_policies = true};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

template <class Jobs>
std::int64_t now_ms(Jobs& jobs) {
    return std::chrono::duration_cast<milliseconds>(jobs.platform().now().time_since_epoch())
        .count();
}

// When runs began, in ms of virtual time.
using times = std::vector<std::int64_t>;

template <class Jobs>
auto noting(Jobs& jobs, times& begun) {
    return [&jobs, &begun] { begun.push_back(now_ms(jobs)); };
}

// A job that takes so long: it rests that long after its first attempt began, and then ends.
template <class Jobs>
auto taking(Jobs& jobs, times& begun, milliseconds length) {
    return [&jobs, &begun, length, resting = false]() mutable {
        resting = !resting;
        if (resting) {
            begun.push_back(now_ms(jobs));
            return pawl::outcome::snooze(length);
        }
        return pawl::outcome::success();
    };
}

// A poll that comes late: nobody has looked for so long.
template <class Jobs>
void poll_after(Jobs& jobs, milliseconds time) {
    jobs.platform().elapse(time);
    jobs.poll();
}

}  // namespace recurring
