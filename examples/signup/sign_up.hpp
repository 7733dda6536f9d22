// SPDX-License-Identifier: BSL-1.0
//
// Somebody signs up: a welcome mail at once, the account when that is out, a reminder 15 seconds
// later, and a mail to each of the friends who invited her, with a report when all are sent.
//
// What a server answers at once, and what takes its time behind that, are two things: sign_up()
// returns before any mail is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

#include <pawl/pawl.hpp>

#include "diary.hpp"

namespace signup {

struct user {
    std::uint32_t id;
    const char* address;
};

// As mail servers are: one of them is too busy at first.
template <class Jobs>
pawl::outcome send(Jobs& jobs, const char* what, const user& to, const pawl::job_context& job) {
    if (std::string_view{to.address}.starts_with("busy") && job.attempt() < 3) {
        note(jobs, "the server is busy:", to.address);
        return pawl::outcome::retry(450);
    }
    note(jobs, what, to.address);
    return pawl::outcome::success();
}

// The handle is the reminder's. Jobs hold copies of what they need: the caller may go on.
template <class Jobs>
pawl::job_id sign_up(Jobs& jobs, const user& who, std::span<const user> friends) {
    using namespace std::chrono_literals;
    constexpr pawl::retry_policy patient =
        pawl::exponential_backoff(1s).max_retries(8).at_most(1min);

    note(jobs, "signed up:", who.address);
    const auto welcome = jobs.enqueue(
        [&jobs, who](pawl::job_context& job) { return send(jobs, "welcome mail to", who, job); },
        {.name = "welcome", .retry = patient});

    jobs.then(welcome, [&jobs, who] { note(jobs, "activated the account of", who.address); },
              {.name = "activate"});

    const auto reminder =
        jobs.schedule(15s,
                      [&jobs, who](pawl::job_context& job) {
                          return send(jobs, "reminder to complete the profile to", who, job);
                      },
                      {.name = "remind", .retry = patient});

    auto mails = jobs.batch();
    for (const user& each : friends) {
        mails.enqueue(
            [&jobs, each](pawl::job_context& job) {
                return send(jobs, "thank you for the invitation to", each, job);
            },
            {.name = "thank", .retry = patient});
    }
    jobs.then(mails.seal(), [&jobs] { note(jobs, "report: all friends have been thanked"); },
              {.name = "report"});
    return reminder;
}

}  // namespace signup
