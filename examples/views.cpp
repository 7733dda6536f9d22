// SPDX-License-Identifier: BSL-1.0
//
// Views: what there is to know of a scheduler, into memory of the caller's and without stopping
// anybody: one job, lists of jobs, what happened lately, what has ended, numbers of all and of each
// type. Enough for a screen, a log, an alarm; examples/watch is such a screen.
//
// In virtual time; elapse() is what a job takes.
#include <chrono>
#include <cstdio>
#include <span>
#include <string_view>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

constexpr pawl::limits with_views{.jobs = 16,
                                  .workers = 0,
                                  .times = true,
                                  .progress = true,
                                  .failed = 4,
                                  .error_bytes = 32,
                                  .history = 8,
                                  .events = 32,
                                  .types = 4};
pawl::scheduler<with_views, pawl::manual_platform> jobs;

void put(std::string_view text) { std::printf("%.*s", static_cast<int>(text.size()), text.data()); }
void line(std::string_view first, std::string_view second, std::string_view why) {
    put(first);
    put(" ");
    put(second);
    put(why.empty() ? "" : ": ");
    put(why);
    put("\n");
}

struct resize {
    static constexpr std::string_view job_type = "resize";
    int file;

    pawl::outcome operator()(pawl::job_context& job) const {
        jobs.platform().elapse(2ms);
        job.progress(500);
        if (const auto now = jobs.info(job.id())) {
            std::printf("file %d is half done: %u of 1000\n", file, now->progress);
        }
        return file == 2 ? job.fail(22, "no picture") : pawl::outcome::success();
    }
};

}  // namespace

int main() {
    for (const int file : {1, 2}) {
        jobs.enqueue(resize{file}, {.name = "resize"});
    }
    const auto later = jobs.schedule(1h, [] {}, {.name = "clean up"});
    auto events = jobs.events();
    jobs.poll();

    std::puts("-- what happened");
    for (pawl::job_event event; events.next(event);) {
        std::printf("job %u: ", event.index);
        line(to_string(event.from), to_string(event.to), to_string(event.why));
    }

    std::puts("-- all that wait or have failed");
    decltype(jobs)::info_type found[16];
    const auto wanted = [](const auto& job) {
        return job.state == pawl::job_state::scheduled || job.kept;
    };
    const auto listed = jobs.list(found, wanted);
    for (const auto& job : std::span{found, listed.written}) {
        line(job.called.view(), to_string(job.state), job.error_text());
    }

    std::puts("-- what has ended, the last first");
    jobs.cancel(later);
    pawl::job_record ended[8];
    const auto known = jobs.history(ended);
    for (const auto& job : std::span{ended, known}) {
        line(job.called.view(), to_string(job.state), to_string(job.why));
    }

    std::puts("-- numbers");
    const auto now = jobs.snapshot();
    std::printf("%u of %u slots are of failed jobs, %u jobs wait\n", now.kept, now.slots,
                now.queues[0].ready);
    pawl::job_type_numbers types[4];
    const auto count = jobs.types(types);
    for (const auto& type : std::span{types, count}) {
        put(type.called.view());
        std::printf(": %u succeeded, %u failed, began at most %u ticks late, ran at most %u\n",
                    type.succeeded, type.failed, type.latency.max, type.duration.max);
    }
}
