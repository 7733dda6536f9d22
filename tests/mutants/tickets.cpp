// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of journal tickets must not get past: a program of its own, for the reasons that
// policies.cpp names.
//
// Method: a log in memory that counts its syncs, and fails when it is told to.
#include <cstdint>
#include <string_view>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "mutants/check.hpp"

namespace {

using namespace std::chrono_literals;

using mutants::check;

struct nothing {
    static constexpr std::string_view job_type = "nothing";
    std::uint32_t number;
    void operator()() const {}
};

struct disk_type : pawl::ram_medium<4096, 8> {
    bool fails = false;
    pawl::io_status sync() noexcept {
        return fails ? pawl::io_status{pawl::io_error::failed, 5} : pawl::io_status{};
    }
};
using scheduler = pawl::scheduler<
    pawl::limits{.jobs = 8, .recurring = 0, .workers = 0}, pawl::manual_platform,
    pawl::journal<pawl::medium_ref<disk_type>, pawl::job_types<nothing>,
                  pawl::journal_limits{.cells = 16, .buffer_bytes = 1024, .blocks_max = 8}>>;

}  // namespace

int main() {
    disk_type disk{};
    {
        scheduler jobs{pawl::medium_ref{disk}, pawl::deferred_start};
        check(static_cast<bool>(jobs.start()), "a new log opens");
        check(static_cast<bool>(jobs.schedule(1h, nothing{1})), "a job is taken");
        const pawl::journal_ticket first = jobs.ticket();
        check(!jobs.is_durable(first), "handed over is not durable");
        jobs.poll();
        check(!jobs.is_durable(first), "written is not durable");
        check(jobs.request_sync(), "a sync can be asked for");
        jobs.poll();
        check(jobs.is_durable(first), "a sync that was asked for makes it so");
        check(jobs.wait_durable(jobs.ticket()).ok(), "a ticket can be waited for");
    }
    scheduler jobs{pawl::medium_ref{disk}, pawl::deferred_start};
    const pawl::durable_start again = jobs.start();
    check(static_cast<bool>(again) && again.recovered.jobs == 1, "the log has the job and no more");
    check(static_cast<bool>(jobs.schedule(1h, nothing{2})), "a job is taken");
    const pawl::journal_ticket second = jobs.ticket();
    disk.fails = true;
    check(!jobs.wait_durable(second).ok(), "who waits hears of a failed disk");
    check(!jobs.is_durable(second), "and what it has not is not durable");
}
