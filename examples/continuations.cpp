// SPDX-License-Identifier: BSL-1.0
//
// Continuations: a job runs when its parents have ended as it asks: well, badly, or in any way. It
// may have several parents, wait a while longer, and read what its parent left. None waits for
// ever: what can run no more is deleted, and so is what waits for its success.
//
// In virtual time, so that it prints the same on every run.
#include <chrono>
#include <cstdio>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{.jobs = 32, .workers = 0, .then_delay = true, .result_bytes = 16},
                pawl::manual_platform>
    jobs;

void say(const char* what) {
    std::printf("%4lld s: %s\n",
                static_cast<long long>(jobs.platform().now().time_since_epoch() / 1s), what);
}

struct size {
    int width, height;
};

}  // namespace

int main() {
    std::puts("-- several parents");
    const auto photo = jobs.schedule(3s, [] { say("photo is there"); });
    const auto title = jobs.schedule(1s, [] { say("title is there"); });
    const auto page = jobs.then({photo, title}, [] { say("page, of both"); });
    jobs.then(page, [] { say("reminder, a minute after the page"); }, {.delay = 1min});
    jobs.advance(2min);

    std::puts("-- a result goes to the child");
    const auto measured = jobs.enqueue([](pawl::job_context& job) { job.result(size{640, 480}); });
    jobs.then(measured, [](pawl::job_context& job) {
        const auto found = job.parent_result<size>().value_or(size{});
        std::printf("%d x %d\n", found.width, found.height);
    });
    jobs.poll();

    std::puts("-- try, catch, finally");
    for (const bool works : {true, false}) {
        const auto attempt = jobs.enqueue([works] {
            say(works ? "try: it works" : "try: it fails");
            return works ? pawl::outcome::success() : pawl::outcome::fail();
        });
        const auto next = jobs.then(attempt, [] { say("then"); });
        jobs.then(attempt, [] { say("catch"); }, {.when = pawl::when::failure});
        jobs.then(attempt, [] { say("finally"); }, {.when = pawl::when::any});
        jobs.then(next, [] { say("and what comes after then"); });
        jobs.poll();
    }

    std::puts("-- what became of all of them");
    const auto counts = jobs.counts();
    std::printf("waiting: %d, succeeded: %d, failed: %d, deleted: %d\n",
                static_cast<int>(counts.awaiting), static_cast<int>(counts.succeeded),
                static_cast<int>(counts.failed), static_cast<int>(counts.deleted));
    // A parent that has ended already is asked at once.
    jobs.then(page, [] { say("the page has been ready for long"); });
    jobs.poll();
}
