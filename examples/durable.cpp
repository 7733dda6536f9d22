// SPDX-License-Identifier: BSL-1.0
//
// Jobs that outlive the program: what was acknowledged is in the file, and what had not ended when
// the program did runs in the next one. Here both are lives of one program.
// requires: posix
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>

#include <pawl/durability/file_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

using namespace std::chrono_literals;

namespace {

// A name that never changes, plain data, a call operator.
struct send_mail {
    static constexpr std::string_view job_type = "send_mail";
    std::uint32_t user;
    void operator()(pawl::job_context&) const { std::printf("mail to %u\n", user); }
};

using durable = pawl::journal<pawl::file_medium, pawl::job_types<send_mail>>;
using scheduler = pawl::scheduler<pawl::limits{.workers = 2}, pawl::std_platform, durable>;
constexpr const char* path = "durable_example.wal";

// Opens the log and takes over what is in it.
bool start(scheduler& jobs) {
    const pawl::durable_start opened = jobs.start();
    const pawl::recovery_report& found = opened.recovered;
    if (!opened) {
        std::printf("%s: %s, %s, at byte %llu\n", opened.medium, describe(opened.error()),
                    describe(found.log.io.error),
                    static_cast<unsigned long long>(found.log.offset()));
        return false;
    }
    std::printf("%s, %u jobs in it\n", found.log.made ? "a new log" : "a log", found.jobs);
    return true;
}

}  // namespace

int main() {
    std::remove(path);  // a demonstration begins with nothing
    pawl::job_id reminder;
    {
        scheduler jobs{pawl::file_medium{path}, pawl::deferred_start};
        if (!start(jobs)) {
            return 1;
        }
        const auto mail = jobs.enqueue(send_mail{1}, {.durability = pawl::synced});  // on the disk
        jobs.then(mail, send_mail{2});  // will be there in a millisecond
        reminder = jobs.schedule(24h, send_mail{3});
        const pawl::journal_ticket both = jobs.ticket();  // to be looked at later, or waited for
        if (!jobs.is_durable(both) && !jobs.wait_durable(both, 10s)) {
            std::printf("not on the disk: %s\n", describe(jobs.journal_failure()));
            return 1;
        }
        jobs.stop(pawl::drain);  // what is ready runs; the rest stays in the log
    }
    {
        scheduler jobs{pawl::file_medium{path}, pawl::deferred_start};
        if (!start(jobs)) {
            return 1;
        }
        jobs.run_now(reminder);  // a handle from before names the same job
        while (jobs.state(reminder) != pawl::job_state::succeeded) {
            std::this_thread::sleep_for(1ms);
        }
    }
    std::remove(path);
}
