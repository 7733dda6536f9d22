// SPDX-License-Identifier: BSL-1.0
//
// States: a job is in exactly one state at any moment. Whoever has its handle can ask which, and
// change it, and is told whether it was he who did. A job that has failed for good keeps its slot
// and its callable for a while: it says why, and can be run again.
//
// In virtual time, so that it prints the same on every run.
#include <chrono>
#include <cstdio>
#include <string_view>

#include <pawl/pawl.hpp>

namespace {

using namespace std::chrono_literals;

pawl::scheduler<pawl::limits{
                    .jobs = 16, .workers = 0, .reschedule = true, .failed = 4, .error_bytes = 32},
                pawl::manual_platform>
    jobs;

void say(const char* what, pawl::job_id job) {
    const std::string_view state = to_string(jobs.state(job));
    std::printf("%-32s %.*s\n", what, static_cast<int>(state.size()), state.data());
}
void say(const char* what, bool done) { std::printf("%-32s %s\n", what, done ? "yes" : "no"); }

bool printer_is_on = false;

pawl::outcome print_invoice(pawl::job_context& job) {
    return printer_is_on ? pawl::outcome::success() : job.fail(503, "the printer is off");
}

}  // namespace

int main() {
    std::puts("-- a job that waits for its time");
    const auto reminder =
        jobs.schedule(1h, [](pawl::job_context& job) { say("while it runs:", job.id()); });
    say("in an hour:", reminder);
    say("in ten minutes instead?", jobs.reschedule(reminder, 10min));
    say("now?", jobs.run_now(reminder));
    jobs.poll();
    say("afterwards:", reminder);
    say("cancel it now?", jobs.cancel(reminder));

    std::puts("-- a job that is not wanted any more");
    const auto newsletter = jobs.schedule(1h, [] { std::puts("never printed"); });
    say("cancel it?", jobs.cancel(newsletter));
    say("cancel it once more?", jobs.cancel(newsletter));
    say("afterwards:", newsletter);

    std::puts("-- a job that fails");
    const auto invoice =
        jobs.enqueue(print_invoice, {.name = "invoice", .retry = pawl::no_retry()});
    jobs.poll();
    decltype(jobs)::info_type failed[4];
    const auto found = jobs.list(failed, pawl::job_state::failed);
    for (std::uint32_t i = 0; i < found.written; ++i) {
        const std::string_view name = failed[i].called.view();
        const std::string_view why = failed[i].error_text();
        std::printf("%.*s failed, code %u: %.*s\n", static_cast<int>(name.size()), name.data(),
                    unsigned{failed[i].error.code}, static_cast<int>(why.size()), why.data());
    }
    printer_is_on = true;
    const auto again = jobs.requeue(invoice);  // the same callable, in a new job
    jobs.poll();
    say("requeued:", again);
    say("the failed one:", invoice);
}
