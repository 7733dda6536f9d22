// SPDX-License-Identifier: BSL-1.0
//
// Admission: whether a job may run now is asked before it is given to a worker. Jobs of one key
// exclude each other, or run in their order; a limiter says how many run at once, or how often; a
// unique job exists once; a debounced one waits until nobody asks for it any more.
//
// In virtual time, so that it prints the same on every run.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<
    pawl::limits{
        .jobs = 64, .workers = 0, .reschedule = true, .keys = 16, .limiters = {"smtp", "api"}},
    pawl::manual_platform>
    jobs;

long long now_ms() { return jobs.platform().now().time_since_epoch() / 1ms; }

}  // namespace

int main() {
    // A chain: the jobs of a device run one after the other, to each one's end. That the first has
    // to try again keeps the others of its device in line, and nobody else.
    for (const int step : {1, 2}) {
        for (const std::uint32_t device : {7U, 8U}) {
            jobs.enqueue(
                [=](pawl::job_context& job) {
                    const bool busy = device == 7 && step == 1 && job.attempt() == 1;
                    std::printf("%4lld ms: device %u, step %d%s\n", now_ms(), device, step,
                                busy ? " is busy" : "");
                    return busy ? pawl::outcome::retry_in(50ms) : pawl::outcome::success();
                },
                {.key = pawl::key{device}, .chain = true});
        }
    }
    jobs.advance(100ms);

    // Who finds the key taken need not wait.
    const auto backup = [] { return pawl::outcome::snooze(1h); };
    jobs.enqueue(backup, {.key = pawl::key{"backup"}, .chain = true});
    jobs.poll();
    const auto second =
        jobs.enqueue([] {}, {.key = pawl::key{"backup"}, .on_busy = pawl::on_busy::skip});
    jobs.poll();
    std::printf("a second backup %s\n",
                jobs.state(second) == pawl::job_state::deleted ? "is left out" : "runs");

    // Two mails at once, then one each second; an API has limits for each of its users.
    jobs.set_limit("smtp", {.tokens = 1, .period = 1s, .burst = 2});
    jobs.set_limit("api", {.tokens = 1, .period = 500ms, .per_key = true});
    for (int mail = 1; mail <= 4; ++mail) {
        jobs.enqueue([=] { std::printf("%4lld ms: mail %d\n", now_ms(), mail); },
                     {.limit = "smtp"});
    }
    jobs.advance(2s);
    for (const std::uint32_t user : {1U, 1U, 2U}) {
        jobs.enqueue([=] { std::printf("%4lld ms: call of user %u\n", now_ms(), user); },
                     {.key = pawl::key{user}, .exclusive = false, .limit = "api"});
    }
    jobs.advance(1s);

    // Unique: asked for three times, run once.
    for (int i = 0; i < 3; ++i) {
        jobs.enqueue([] { std::puts("reindexed once"); }, {.unique = pawl::key{"reindex"}});
    }
    // Debounce: it runs 200 ms after the last of these.
    for (int keystroke = 0; keystroke < 5; ++keystroke) {
        jobs.schedule(200ms, [] { std::printf("%4lld ms: saved\n", now_ms()); },
                      {.unique = pawl::key{"save"}, .conflict = pawl::conflict::postpone});
        jobs.advance(100ms);
    }
    jobs.advance(1s);
}
