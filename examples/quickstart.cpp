// Every kind of job, in a screen of code.
//
//   c++ -std=c++20 -O2 -pthread -Iinclude examples/quickstart.cpp -o quickstart && ./quickstart
#include <pawl/pawl.hpp>

#include <cstdio>
#include <thread>

using namespace std::chrono_literals;
using namespace pawl::literals;

int main() {
    pawl::scheduler<> jobs;  // 1024 job slots, one worker per core; no heap from here on

    jobs.enqueue([] { std::puts("fire and forget"); });
    auto photo = jobs.schedule(200ms, [] { std::puts("delayed"); });
    jobs.then(photo, [] { std::puts("continuation"); });
    jobs.recurring("heartbeat", "* * * * * *"_cron, [] { std::puts("recurring"); });

    jobs.enqueue(
        [](pawl::job_context& job) {
            std::printf("flaky, attempt %u\n", job.attempt());
            return job.attempt() < 3 ? pawl::outcome::retry() : pawl::outcome::success();
        },
        {.name = "flaky", .retry = pawl::exponential_backoff(10ms).max_retries(5)});

    auto mails = jobs.batch();
    for (int i = 0; i < 3; ++i) mails.enqueue([i] { std::printf("mail %d\n", i); });
    jobs.then(mails.seal(), [] { std::puts("all mails sent"); });

    std::this_thread::sleep_for(2s);
    jobs.stop(pawl::drain);

    const auto counts = jobs.counts();
    std::printf("succeeded %llu, failed %llu, deleted %llu, retried %llu\n",
                static_cast<unsigned long long>(counts.succeeded),
                static_cast<unsigned long long>(counts.failed),
                static_cast<unsigned long long>(counts.deleted),
                static_cast<unsigned long long>(counts.retried));
}
