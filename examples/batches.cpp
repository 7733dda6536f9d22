// SPDX-License-Identifier: BSL-1.0
//
// Batches: jobs that end together. One can lie in another, grow while it runs, be refused as a
// whole, be cancelled as a whole; and it has two ends to wait for: that all of it went well, and
// that all of it is over.
//
// In virtual time, so that it prints the same on every run.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{.jobs = 32, .workers = 0}, pawl::manual_platform> jobs;

void say(const char* what) {
    std::printf("%3lld s: %s\n",
                static_cast<long long>(jobs.platform().now().time_since_epoch() / 1s), what);
}

}  // namespace

int main() {
    std::puts("-- a batch in a batch");
    auto night = jobs.batch();
    auto pictures = night.batch();
    pictures.enqueue_n(3, [](std::uint32_t i) { return [i] { std::printf("picture %u\n", i); }; });
    jobs.then(pictures.seal(), [] { say("pictures are done"); });
    night.schedule(10s, [] { say("the index, which takes longest"); });

    // A member that finds more to do adds it to its own batch, which stays open for it.
    night.enqueue([](pawl::job_context& job) {
        auto own = jobs.own_batch(job);
        own.schedule(5s, [] { say("a file that was found on the way"); });
    });
    jobs.then(night.seal(), [] { say("the night is done"); });
    jobs.advance(1min);

    std::puts("-- one member fails");
    auto mails = jobs.batch();
    mails.enqueue([] { return pawl::outcome::fail(); });
    mails.schedule(20s, [] { say("the last mail"); });
    const auto sent = mails.seal();
    jobs.then(sent, [] { say("never printed: not all were sent"); });
    jobs.then(sent, [] { say("all are over, not all went well"); }, {.when = pawl::when::any});
    jobs.advance(1min);

    std::puts("-- all or nothing");
    auto large = jobs.batch();
    const auto made = large.enqueue_n(1'000, [](std::uint32_t) { return [] {}; });
    std::printf("a thousand jobs: %s, %u were made\n", made ? "accepted" : "refused",
                jobs.counts().enqueued);
    jobs.then(large.seal(), [] { say("a batch that missed some has failed"); },
              {.when = pawl::when::failure});
    jobs.poll();

    std::puts("-- cancelled, and empty");
    auto unwanted = jobs.batch();
    unwanted.schedule(1s, [] { say("never printed"); });
    const auto id = unwanted.seal();
    jobs.then(id, [] { say("the batch was cancelled"); }, {.when = pawl::when::deletion});
    jobs.cancel(id);
    jobs.then(jobs.batch().seal(), [] { say("an empty one succeeds"); });
    jobs.advance(1min);
}
