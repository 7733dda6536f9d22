// SPDX-License-Identifier: BSL-1.0
//
// Deadlines: a job that could not begin in time is left out, one that runs too long is asked to
// stop and told why, one that keeps failing is given up at its time. All of it is counted, and who
// looks finds the worker that is stuck.
//
// In virtual time; elapse() is what a job takes.
#include <chrono>
#include <cstdio>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0, .deadlines = true, .times = true},
                pawl::manual_platform>
    jobs;

void take(std::chrono::milliseconds time) { jobs.platform().elapse(time); }
long long now_ms() { return jobs.platform().now().time_since_epoch() / 1ms; }

}  // namespace

int main() {
    // Everybody waits for a job of 20 ms. A control step that would come too late is of no use; the
    // log line is, and knows how late it is.
    jobs.enqueue([] { take(20ms); });
    jobs.enqueue([] { std::puts("never printed"); }, {.deadline = 5ms});
    jobs.enqueue(
        [](pawl::job_context& job) {
            std::printf("%3lld ms: the log, %lld ms late\n", now_ms(),
                        static_cast<long long>(job.lateness() / 1ms));
        },
        {.deadline = 5ms, .late = pawl::late::run});
    jobs.poll();

    // A run of at most 30 ms: the job looks whether it should stop, and says what it has done.
    jobs.enqueue(
        [](pawl::job_context& job) {
            int rows = 0;
            while (!job.stop_requested()) {
                take(8ms);
                ++rows;
            }
            std::printf("%3lld ms: stopped after %d rows, %s\n", now_ms(), rows,
                        job.stop_reason() == pawl::stop_reason::deadline ? "it ran too long"
                                                                         : "somebody asked");
        },
        {.name = "import", .run_at_most = 30ms});
    jobs.poll();

    // A thread cannot be ended from outside, but found.
    jobs.enqueue([] {
        take(1h);
        decltype(jobs)::info_type stuck[1];
        std::printf("stuck for more than a minute: %u\n", jobs.list_stuck(stuck, 1min).matching);
    });
    jobs.poll();

    // Retries end after ten seconds, whatever the policy has left.
    int attempts = 0;
    jobs.enqueue([&] { return ++attempts, pawl::outcome::retry(); },
                 {.retry = pawl::fixed_backoff(3s).max_retries(100), .retry_for = 10s});
    jobs.advance(1h);
    std::printf("attempts within ten seconds: %d\n", attempts);

    const auto now = jobs.snapshot();
    std::printf("expired: %d, late: %d, ran too long: %d\n", static_cast<int>(now.expired),
                static_cast<int>(now.late), static_cast<int>(now.overran));
}
