// SPDX-License-Identifier: BSL-1.0
//
// signup: the two stories that introduce every job server, as one program.
//
//   c++ -std=c++20 -O2 -pthread -Iinclude examples/signup/main.cpp -o signup
//   ./signup                        virtual time: two days at once, and the same on every run
//   ./signup --live                 threads, and 16 real seconds
//   ./signup --config FILE          where the backup goes; FILE is examples/signup/backup.conf
//
// The stories (sign_up.hpp, nightly_backup.hpp) do not know which of the two it is: a scheduler is
// a type that they are given.
#include <chrono>
#include <cstdio>
#include <semaphore>
#include <string_view>

#include <pawl/pawl.hpp>

#include "diary.hpp"
#include "nightly_backup.hpp"
#include "sign_up.hpp"

namespace {

using namespace std::chrono_literals;

constexpr signup::user ada{1, "ada@example.org"};
constexpr signup::user friends[] = {
    {2, "grace@example.org"}, {3, "busy@example.org"}, {4, "alan@example.org"}};

template <class Jobs>
void print_counts(const Jobs& jobs) {
    const auto counts = jobs.counts();
    std::printf("succeeded %d, failed %d, deleted %d, retried %d\n",
                static_cast<int>(counts.succeeded), static_cast<int>(counts.failed),
                static_cast<int>(counts.deleted), static_cast<int>(counts.retried));
}

// A day and a half, beginning on an evening.
void run_in_virtual_time(const char* config) {
    constexpr auto evening = std::chrono::sys_days{2026y / 3 / 1} + 18h + 30min;
    pawl::scheduler<pawl::limits{.jobs = 64, .workers = 0}, pawl::manual_platform> jobs{
        pawl::manual_platform{evening}};
    signup::backup_every_night(jobs, config);
    signup::sign_up(jobs, ada, friends);
    jobs.advance(36h);
    print_counts(jobs);
}

// The same with real seconds. No night passes meanwhile: the backup is triggered by hand.
void run_live(const char* config) {
    pawl::scheduler<pawl::limits{.workers = 2}> jobs;
    signup::backup_every_night(jobs, config);
    const pawl::job_id reminder = signup::sign_up(jobs, ada, friends);
    jobs.trigger_recurring("nightly backup");

    std::binary_semaphore told{0};
    jobs.then(reminder, [&] { told.release(); }, {.when = pawl::when::any});
    told.acquire();
    jobs.stop(pawl::drain);
    print_counts(jobs);
}

}  // namespace

int main(int count, char** arguments) {
    const char* config = "examples/signup/backup.conf";
    bool live = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--live") {
            live = true;
        } else if (argument == "--config" && i + 1 < count) {
            config = arguments[++i];
        } else {
            std::fprintf(stderr, "usage: %s [--live] [--config FILE]\n", arguments[0]);
            return 2;
        }
    }
    live ? run_live(config) : run_in_virtual_time(config);
}
