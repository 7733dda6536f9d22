// SPDX-License-Identifier: BSL-1.0
//
// Every firing of crontab files in a span of time, computed at once: the same scheduler as the one
// that runs the commands, on a platform whose clock is moved by hand.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <pawl/pawl.hpp>

#include "crontab_file.hpp"

namespace crontab {

// Lines that can be scheduled at once, in all files together.
inline constexpr std::uint32_t entries_max = 1024;

// All entries may be due at the same moment, so there is a slot for each.
inline constexpr pawl::limits plan_limits{
    .jobs = entries_max, .edges = 0, .batches = 0, .recurring = entries_max, .workers = 0};
using plan_scheduler = pawl::scheduler<plan_limits, pawl::manual_platform>;

struct firing {
    std::chrono::sys_seconds time;
    std::size_t file = 0;
    const entry* what = nullptr;
};

struct plan_result {
    std::uint64_t firings = 0;
    pawl::submit_error error = pawl::submit_error::none;  // an entry that could not be scheduled
};

// Calls sink(firing) for every firing from `from` on and before `from + span`, in the order of
// time, then of files, then of lines. @reboot fires at `from`.
template <class Sink>
plan_result plan(const std::vector<file>& files, std::chrono::sys_seconds from,
                 std::chrono::seconds span, Sink&& sink) {
    using namespace std::chrono_literals;
    std::list<std::string> names;  // they outlive the jobs and stay where they are
    // A millisecond early, because a schedule's next time lies strictly after the present one.
    const auto jobs = std::make_unique<plan_scheduler>(
        pawl::manual_platform{pawl::wall_time{from} - std::chrono::milliseconds{1}});
    plan_result result;
    std::vector<firing> now;  // what fires at one moment, until time goes on
    const auto flush = [&] {
        std::sort(now.begin(), now.end(), [](const firing& left, const firing& right) {
            return left.file != right.file ? left.file < right.file
                                           : left.what->line < right.what->line;
        });
        for (const firing& each : now) {
            sink(each);
        }
        result.firings += now.size();
        now.clear();
    };
    const auto fire = [&](std::size_t index, const entry& what) {
        const auto time = std::chrono::floor<std::chrono::seconds>(jobs->platform().wall_now());
        if (!now.empty() && now.front().time != time) {
            flush();
        }
        now.push_back({time, index, &what});
    };

    for (std::size_t index = 0; index < files.size(); ++index) {
        for (const entry& what : files[index].entries) {
            if (what.at_start) {
                if (span > 0s) {
                    now.push_back({from, index, &what});
                }
                continue;
            }
            names.push_back(std::to_string(index) + ':' + std::to_string(what.line));
            const pawl::recurring_id made = jobs->recurring(
                pawl::borrowed(names.back()), what.when,
                [&fire, index, &what] { fire(index, what); }, {.zone = zone_of(what)});
            if (!made && made.error() != pawl::submit_error::never) {
                result.error = made.error();
            }
        }
    }
    // In steps, because a scheduler's clock does not count a century of nanoseconds at once.
    constexpr std::chrono::seconds step_max = std::chrono::hours{24 * 365};
    for (std::chrono::seconds rest = span; rest > 0s;) {
        const std::chrono::seconds step = std::min(rest, step_max);
        jobs->advance(step);
        rest -= step;
    }
    flush();
    jobs->stop(pawl::abandon);
    return result;
}

}  // namespace crontab
