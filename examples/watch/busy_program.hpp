// SPDX-License-Identifier: BSL-1.0
//
// busy_program: something to watch. A sensor, pictures, mails to a server that is not always there,
// a film that is rendered in slices, and what comes at its hour.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>

#include <pawl/pawl.hpp>

namespace watch {

using namespace std::chrono_literals;
using namespace pawl::literals;

// What a job takes: in virtual time, none of ours.
template <class Jobs>
void work(Jobs& jobs, std::chrono::milliseconds time) {
    if constexpr (Jobs::has_workers) {
        std::this_thread::sleep_for(time);
    } else {
        jobs.platform().elapse(time);
    }
}

template <class Jobs>
struct resize_picture {
    static constexpr std::string_view job_type = "resize";
    Jobs* jobs;
    std::uint32_t number;

    void operator()() const { work(*jobs, std::chrono::milliseconds{20 + number % 5 * 10}); }
};

template <class Jobs>
struct send_mail {
    static constexpr std::string_view job_type = "mail";
    Jobs* jobs;
    std::uint32_t number;

    pawl::outcome operator()(pawl::job_context& job) const {
        work(*jobs, 5ms);
        if (number % 7 == 6) {
            return job.fail(550, "no such user");
        }
        return number % 3 == 0 && job.attempt() < 4 ? job.retry(450, "the server is busy")
                                                    : pawl::outcome::success();
    }
};

template <class Jobs>
struct render_film {
    static constexpr std::string_view job_type = "render";
    static constexpr std::uint32_t scenes = 125;
    Jobs* jobs;

    pawl::outcome operator()(pawl::job_context& job) const {
        const std::uint32_t scene = job.cursor() + 1;
        work(*jobs, 40ms);
        job.progress(1000 * scene / scenes);
        return scene == scenes ? pawl::outcome::success() : pawl::outcome::yield(scene);
    }
};

template <class Jobs>
void begin(Jobs& jobs) {
    jobs.every(100ms, [&jobs] { work(jobs, 1ms); }, {.name = "sensor", .queue = "critical"});
    jobs.every(250ms,
               [&jobs, number = 0U]() mutable {
                   jobs.enqueue(resize_picture<Jobs>{&jobs, number++}, {.name = "resize"});
               },
               {.name = "camera"});

    jobs.limit_running("mails", 1);
    jobs.every(300ms,
               [&jobs, number = 0U]() mutable {
                   jobs.enqueue(send_mail<Jobs>{&jobs, number++},
                                {.name = "mail",
                                 .queue = "mails",
                                 .retry = pawl::exponential_backoff(700ms).max_retries(5)});
               },
               {.name = "shop"});
    jobs.schedule(2500ms, [&jobs] { jobs.pause("mails"); }, {.name = "pause the mails"});
    jobs.schedule(4s, [&jobs] { jobs.resume("mails"); }, {.name = "resume the mails"});

    const auto film = jobs.enqueue(render_film<Jobs>{&jobs}, {.name = "film", .queue = "films"});
    jobs.then(film, [] {}, {.name = "publish the film"});

    jobs.recurring("backup", "0 3 * * *"_cron, [&jobs] { work(jobs, 2s); });
    jobs.recurring("report", "*/5 * * * *"_cron, [&jobs] { work(jobs, 200ms); });
    jobs.recurring("clean up", "@hourly"_cron, [] {});
    jobs.pause_recurring("clean up");
}

}  // namespace watch
