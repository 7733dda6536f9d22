// SPDX-License-Identifier: BSL-1.0
//
// Retries: what fails is tried again, after a rest that a policy of eight bytes says, or the job
// itself, or a function of its type; and every job ends at last. To say "not yet", or to work in
// slices, is no failure and costs no attempt.
//
// In virtual time: the minutes that these jobs rest pass at once.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;
using pawl::outcome;

pawl::scheduler<pawl::limits{.jobs = 16, .workers = 0, .slices = true}, pawl::manual_platform> jobs;

// Runs a job that fails four times, and shows after how many seconds it is tried.
void show(const char* what, pawl::retry_policy policy) {
    std::printf("%-25s", what);
    const auto start = jobs.platform().now();
    jobs.enqueue(
        [start](pawl::job_context& job) {
            std::printf(" %lld", static_cast<long long>((jobs.platform().now() - start) / 1s));
            return job.attempt() > 4 ? outcome::success() : outcome::retry();
        },
        {.retry = policy});
    jobs.advance(24h);
    std::putchar('\n');
}

// What the errors of a server are worth belongs to the type of the job.
struct send_mail {
    static constexpr std::uint16_t no_such_user = 550;
    static bool is_failure(std::uint16_t error) noexcept { return error != no_such_user; }

    static std::optional<std::chrono::seconds> next_retry(std::uint32_t retry,
                                                          std::uint16_t) noexcept {
        return retry <= 2 ? std::optional{10s * retry} : std::nullopt;
    }
    static void on_dead(pawl::job_context& job) noexcept {
        std::printf("given up at attempt %u\n", job.attempt());
    }

    std::uint16_t answer;
    outcome operator()() const { return outcome::retry(answer); }
};

}  // namespace

int main() {
    show("fixed:", pawl::fixed_backoff(10s));
    show("exponential, capped:", pawl::exponential_backoff(1s).at_most(3s));
    show("a list, its last repeats:", pawl::backoff_list(1s, 5s, 1min));
    show("at most two retries:", pawl::fixed_backoff(10s).max_retries(2));

    // Ten retries by Hangfire's formula are the default. They are eleven runs.
    int runs = 0;
    const auto hopeless = jobs.enqueue([&] { return ++runs, outcome::retry(); });
    jobs.advance(24h);
    std::printf("by default: %d runs, then it has %s\n", runs,
                jobs.state(hopeless) == pawl::job_state::failed ? "failed" : "not failed");

    jobs.enqueue(send_mail{451});
    jobs.enqueue(send_mail{send_mail::no_such_user});
    jobs.advance(1min);

    // The bus is busy: no attempt is lost.
    int looks = 0;
    jobs.enqueue([&](pawl::job_context& job) {
        if (++looks < 100) {
            return outcome::snooze(5ms);
        }
        std::printf("looked %d times, attempt %u\n", looks, job.attempt());
        return outcome::success();
    });
    jobs.advance(1s);

    // A long job lets others in between its slices.
    jobs.enqueue([](pawl::job_context& job) {
        std::printf("slice %u of 3\n", job.cursor() + 1);
        return job.cursor() == 2 ? outcome::success() : outcome::yield(job.cursor() + 1);
    });
    jobs.enqueue([] { std::puts("another job"); });
    jobs.poll();
}
