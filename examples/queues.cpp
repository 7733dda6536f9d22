// SPDX-License-Identifier: BSL-1.0
//
// Queues: several, named at compile time, served strictly in their order or by weight, with bands
// of priority in each. A queue can be paused, limited in the jobs that run at once and in those
// that wait; and what becomes of one too many is its own policy.
#include <atomic>
#include <cstdio>
#include <string_view>

#include <pawl/pawl.hpp>

namespace {

constexpr pawl::limits by_order{.jobs = 64,
                                .workers = 0,
                                .queues = {"alarms", "default", "log"},
                                .bands = 2,
                                .queue_control = true};
constexpr pawl::limits by_weight{.jobs = 64,
                                 .workers = 0,
                                 .queues = {"alarms", "default", "log"},
                                 .weights = {3, 2, 1},
                                 .starvation_bound = 0};
constexpr pawl::limits with_threads{.workers = 3, .queues = {"default", "reports"}};

pawl::scheduler<by_order, pawl::manual_platform> jobs;
pawl::scheduler<by_weight, pawl::manual_platform> fair;

// A job that prints one letter.
auto put(char letter) {
    return [letter] { std::putchar(letter); };
}

// Runs what there is.
template <class Scheduler>
void show(const char* what, Scheduler& of) {
    std::printf("%-20s", what);
    of.poll();
    std::putchar('\n');
}

// Three may wait; what becomes of a fourth?
void overflow(const char* what, pawl::queue_full policy) {
    std::printf("%-20s", what);
    jobs.limit_depth("log", 3, policy);
    pawl::job_id last;
    for (const char letter : {'1', '2', '3', '4'}) {
        last = jobs.enqueue(put(letter), {.queue = "log"});
    }
    jobs.poll();
    if (!last) {
        const std::string_view why = to_string(last.error());
        std::printf(" (%.*s)", static_cast<int>(why.size()), why.data());
    }
    std::putchar('\n');
}

}  // namespace

int main() {
    // Queue by queue; in each the upper band first, and in that who came first.
    for (const char letter : {'1', '2'}) {
        jobs.enqueue(put(letter), {.queue = "log"});
        jobs.enqueue(put(letter), {.queue = "alarms"});
    }
    jobs.enqueue(put('!'), {.queue = "alarms", .priority = 1});
    jobs.raise(jobs.enqueue(put('^'), {.queue = "log"}), 1);
    show("strict order:", jobs);

    // Of six starts three are of the first queue, two of the second, one of the third.
    for (int i = 0; i < 6; ++i) {
        fair.enqueue(put('a'), {.queue = "alarms"});
        fair.enqueue(put('d'));
        fair.enqueue(put('l'), {.queue = "log"});
    }
    show("weighted 3 2 1:", fair);

    // A paused queue accepts jobs and starts none.
    jobs.pause("default");
    jobs.enqueue(put('d'));
    jobs.enqueue(put('l'), {.queue = "log"});
    show("default is paused:", jobs);
    jobs.resume("default");
    show("and resumed:", jobs);

    overflow("reject:", pawl::queue_full::reject);
    overflow("drop oldest:", pawl::queue_full::drop_oldest);
    overflow("run inline:", pawl::queue_full::run_inline);

    // Three workers, one report at a time, and nobody waits inside a job for that.
    std::atomic<int> running = 0;
    std::atomic<bool> two_at_once = false;
    pawl::scheduler<with_threads> office;
    office.limit_running("reports", 1);
    const auto report = [&] {
        if (running.fetch_add(1) != 0) {
            two_at_once = true;
        }
        running.fetch_sub(1);
    };
    for (int i = 0; i < 500; ++i) {
        office.enqueue(report, {.queue = "reports"});
    }
    office.stop(pawl::drain);
    std::printf("two reports at once: %s\n", two_at_once ? "yes" : "never");
}
