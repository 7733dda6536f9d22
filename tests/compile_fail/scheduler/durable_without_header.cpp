// SPDX-License-Identifier: BSL-1.0
//
// A scheduler with a journal, without the header that has it.
// EXPECT: journal_part
#include <string_view>

#include <pawl/durability/journal.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#ifdef PAWL_CONTROL
#include <pawl/scheduler/durable_scheduler.hpp>
#endif

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() const {}
};

using durable = pawl::journal<pawl::ram_medium<4096, 8>, pawl::job_types<work>>;
static pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, pawl::manual_platform, durable> jobs{
    pawl::deferred_start};

int main() { jobs.poll(); }
