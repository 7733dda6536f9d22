// SPDX-License-Identifier: BSL-1.0
//
// tables: what a scheduler says of itself, as a page. Knows nothing of what its jobs do, and takes
// any scheduler whose limits have times, progress, error_bytes, types and recurring_policies.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <pawl/pawl.hpp>

#include "page.hpp"

namespace watch {

// Lines of a table; of more, how many.
inline constexpr std::uint32_t lines_max = 5;

inline void draw_more(page& to, std::uint32_t matching) {
    if (matching > lines_max) {
        to.text("  and ").right(1, std::uint64_t{matching - lines_max}).text("more").end_line();
    }
}

template <class Snapshot>
void draw_states(page& to, const Snapshot& now) {
    const pawl::job_counts& is = now.counts;
    const auto used = is.awaiting + is.scheduled + is.enqueued + is.processing + now.kept;
    to.title(18, "STATES").text("awaiting ").right(4, is.awaiting).text("scheduled ");
    to.right(4, is.scheduled).text("enqueued ").right(4, is.enqueued).text("processing ");
    to.right(4, is.processing).text("slots ").right(1, used).text("of ").right(1, now.slots);
    to.end_line();
    to.title(18, "TOTALS").text("succeeded ").right(4, is.succeeded).text("failed ");
    to.right(4, is.failed).text("deleted ").right(4, is.deleted).text("retried ");
    to.right(4, is.retried).text("refused ").right(1, is.refused).end_line();
}

template <class Snapshot>
void draw_queues(page& to, const Snapshot& now) {
    to.title(18, "QUEUES").right(8, "ready").right(8, "running").right(8, "at most");
    to.right(8, "oldest").end_line();
    for (const auto& queue : now.queues) {
        to.left(18, queue.called).right(8, queue.ready).right(8, queue.running);
        to.right(8, queue.running_max == 0 ? "-" : std::to_string(queue.running_max));
        to.right(8, queue.oldest).text(queue.paused ? "paused" : "").end_line();
    }
}

// What the workers do, and what is under way between two slices.
template <class Jobs>
void draw_running(page& to, Jobs& jobs, std::uint32_t workers) {
    typename Jobs::info_type found[lines_max];
    const auto listed = jobs.list(found, [](const auto& job) {
        return job.state == pawl::job_state::processing ||
               (job.progress != 0 && !is_final(job.state));
    });
    to.title(18, "RUNNING").right(8, "for").right(8, "attempt").text("workers ");
    to.right(1, workers).end_line();
    for (const auto& job : std::span{found, listed.written}) {
        to.left(18, job.called.view());
        if (job.began) {
            to.right(8, jobs.platform().now() - *job.began);
        } else {
            to.right(8, "-");
        }
        to.right(8, job.attempts);
        if (job.progress != 0) {
            std::string bar(20, '.');
            std::fill_n(bar.begin(), std::min(job.progress / 50, 20U), '#');
            to.text("[").text(bar).text("] ").text(std::to_string(job.progress / 10)).text("%");
        }
        to.end_line();
    }
    draw_more(to, listed.matching);
}

// Who rests before the next attempt, the next one first.
template <class Jobs>
void draw_retries(page& to, Jobs& jobs) {
    typename Jobs::info_type found[lines_max];
    const auto listed = jobs.list(found, [](const auto& job) {
        return job.state == pawl::job_state::scheduled && job.attempts != 0;
    });
    const auto resting = std::span{found, listed.written};
    std::sort(resting.begin(), resting.end(),
              [](const auto& left, const auto& right) { return left.due < right.due; });
    to.title(18, "RETRIES").right(8, "in").right(8, "attempt").text("why").end_line();
    for (const auto& job : resting) {
        to.left(18, job.called.view()).right(8, *job.due - jobs.platform().now());
        to.right(8, job.attempts + 1).right(3, job.error.code).text(job.error_text()).end_line();
    }
    draw_more(to, listed.matching);
}

template <class Jobs>
void draw_recurring(page& to, Jobs& jobs) {
    typename Jobs::recurring_info_type found[Jobs::capacity.recurring];
    const std::uint32_t count = jobs.list_recurring(found);
    to.title(18, "RECURRING").right(8, "next in").right(8, "runs").right(8, "missed");
    to.right(8, "skipped").text("last").end_line();
    for (const auto& job : std::span{found, count}) {
        to.left(18, job.called.view());
        if (job.next) {
            to.right(8, *job.next - jobs.platform().now());
        } else {
            to.right(8, job.paused ? "paused" : "-");
        }
        to.right(8, job.runs).right(8, job.missed).right(8, job.skipped);
        to.text(job.last_run ? to_string(job.last_state) : "-").end_line();
    }
}

// Failed for good, and kept, so that they can be requeued.
template <class Jobs>
void draw_failed(page& to, Jobs& jobs) {
    typename Jobs::info_type found[lines_max];
    const auto listed = jobs.list(found, [](const auto& job) { return job.kept; });
    to.title(18, "FAILED").right(8, "attempts").text("why").end_line();
    for (const auto& job : std::span{found, listed.written}) {
        to.left(18, job.called.view()).right(8, job.attempts).right(3, job.error.code);
        to.text(job.error_text()).end_line();
    }
    draw_more(to, listed.matching);
}

template <class Jobs>
void draw_types(page& to, Jobs& jobs) {
    using tick = typename Jobs::platform_type::tick;
    pawl::job_type_numbers found[Jobs::capacity.types];
    const std::uint32_t count = jobs.types(found);
    to.title(18, "TYPES").right(8, "good").right(8, "failed").right(8, "retried");
    to.right(8, "late 50%").right(8, "99%").right(8, "run 50%").right(8, "99%").end_line();
    for (const auto& type : std::span{found, count}) {
        const auto time = [](const auto& of, std::uint32_t percent) {
            return std::chrono::nanoseconds{tick{of.percentile(percent)}};
        };
        to.left(18, type.called.view()).right(8, type.succeeded).right(8, type.failed);
        to.right(8, type.retried);
        to.right(8, time(type.latency, 50)).right(8, time(type.latency, 99));
        to.right(8, time(type.duration, 50)).right(8, time(type.duration, 99)).end_line();
    }
}

template <class Jobs>
void draw(page& to, Jobs& jobs) {
    const auto now = jobs.snapshot();
    draw_states(to, now);
    to.end_line();
    draw_queues(to, now);
    to.end_line();
    draw_running(to, jobs, now.workers);
    to.end_line();
    draw_retries(to, jobs);
    to.end_line();
    draw_recurring(to, jobs);
    to.end_line();
    draw_failed(to, jobs);
    to.end_line();
    draw_types(to, jobs);
}

}  // namespace watch
